"""What others wrote is what the manifest says; what we wrote for the browser stays small and within the policy."""

import hashlib
import json
import re

import brotli
import pytest
from django.conf import settings

STATIC = settings.BASE_DIR / "static"
VENDOR = STATIC / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())
TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
# Letters are read in mail programs, which need their style in the page.
MAIL = "/email/"


def compressed(*paths):
    """Bytes on the wire of some files together."""
    return sum(len(brotli.compress(path.read_bytes())) for path in paths)


def test_every_vendored_file_is_the_one_in_the_manifest():
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert found == MANIFEST["sha256"]


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda package: package["name"])
def test_every_package_is_pinned_and_brings_its_licence(package):
    assert package["integrity"].startswith("sha512-")
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    assert any(target.endswith("LICENSE") for target in package["files"].values())


def test_no_vendored_file_names_a_source_map():
    for path in MANIFEST["sha256"]:
        assert b"sourceMappingURL" not in (VENDOR / path).read_bytes(), path


def test_own_style_script_and_icons_stay_within_their_weight():
    assert compressed(STATIC / "css" / "app.css", STATIC / "css" / "paper.css") <= 7_000
    assert compressed(*(STATIC / "js").glob("*.js")) <= 10_000
    assert compressed(VENDOR / "bootstrap-icons" / "icons.svg") <= 7_000


def test_every_icon_that_a_page_asks_for_is_drawn():
    sprite = (VENDOR / "bootstrap-icons" / "icons.svg").read_text()
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    asked = {name for path in TEMPLATES for name in re.findall(r'{% icon "([^"]+)"', path.read_text())}
    code = (settings.BASE_DIR / "programmes").rglob("*.py")
    asked |= {name for path in code for name in re.findall(r'icon(?:_name)?"?[:=] ?"([a-z]+)"', path.read_text())}
    assert asked - drawn == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_no_template_carries_style_or_script_of_its_own(path):
    if MAIL in str(path):
        pytest.skip("mail")
    words = path.read_text()
    assert not re.search(r"\sstyle=", words), "a style attribute is refused by the content policy"
    assert not re.search(r"<style", words), "a style element is refused by the content policy"
    assert not re.search(r"\son[a-z]+=", words), "an event attribute is refused by the content policy"
    assert not re.search(r"hx-on|hx-vals=['\"]?js:|hx-trigger=\"[^\"]*\[", words), "htmx may not evaluate text"
    for attributes in re.findall(r"<script([^>]*)>", words):
        assert "src=" in attributes or "application/json" in attributes, "a script element without a file"
