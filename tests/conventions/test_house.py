"""The house holds together: halls know every room, languages are whole, templates are clean."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
ROOMS = sorted(
    path for wing in ("base", "journey", "care", "desk") if (ROOT / "programmes" / wing).is_dir()
    for path in (ROOT / "programmes" / wing).iterdir() if (path / "__init__.py").exists()
)  # fmt: skip


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("room", [r for r in ROOMS if (r / "models.py").exists()], ids=lambda r: r.name)
def test_the_hall_of_models_names_every_model(room):
    from django.db.models import Model

    from programmes import models as hall

    module = importlib.import_module(module_of(room / "models"))
    own = {
        name for name, thing in vars(module).items()
        if (inspect.isclass(thing) and issubclass(thing, Model) and thing.__module__ == module.__name__ and not thing._meta.abstract
        and not name.endswith("Event")) or (name == "CaseEvent" and module.__name__.endswith("lifecycle.models"))
    }  # fmt: skip
    missing = {name for name in own if not hasattr(hall, name)}
    assert missing == set()


@pytest.mark.parametrize("kind", ["admin", "tasks", "urls"])
def test_the_halls_import_every_room_that_has_such_a_file(kind):
    hall = (ROOT / "programmes" / f"{kind}.py").read_text()
    missing = [room.name for room in ROOMS if (room / f"{kind}.py").exists() and module_of(room) not in hall]
    assert missing == []


def test_the_database_has_no_table_that_migrations_do_not_make(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_model_with_a_machine_has_its_trigger(db):
    from django.db import connection

    from programmes.base.lifecycle.models import Lifecycle

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname LIKE %s",
            ["pgtrigger_legal_moves%"],
        )
        guarded = {row[0] for row in cursor.fetchall()}
    tables = {model._meta.db_table for model in apps.get_models() if issubclass(model, Lifecycle)}
    assert tables
    assert tables == guarded


def test_no_file_is_longer_than_500_lines():
    long = [
        str(path.relative_to(ROOT)) for top in ("accounts", "iomcase", "programmes")
        for path in (ROOT / top).rglob("*.py") if "migrations" not in path.parts and len(path.read_text().splitlines()) > 500
    ]  # fmt: skip
    assert long == []


# Templates that mark a constant of our own as safe: help texts written in forms, and the banner's empty <b>.
MARKUP_OF_OUR_OWN = {"bootstrap5/layout/help_text.html", "components/page_machinery.html"}
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_templates_carry_no_inline_script_or_style(path):
    if "email" in path.parts:
        pytest.skip("mail readers know no style sheets")
    source = re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL)
    # A block of JSON is data for allauth's passkey script, not a script.
    source = re.sub(r'<script[^>]*type="application/json"[^>]*>', "", source)
    assert not re.search(
        r"\sstyle\s*=|<style|\son\w+\s*=|<script(?![^>]*\bsrc=)[^>]*>(?!\s*</script>)|javascript:", source
    )
    if str(path.relative_to(ROOT / "templates")) not in MARKUP_OF_OUR_OWN:
        assert not re.search(r"\|\s*safe\b|autoescape off", source)


def test_public_functions_of_actions_and_rules_say_what_they_do():
    silent = []
    for path in (ROOT / "programmes").rglob("*.py"):
        if path.stem not in {"actions", "rules", "steps", "requirements"}:
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert silent == []
