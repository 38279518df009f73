"""The message catalogues say everything, with the words of the glossary, and hold every text of the source."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation

CATALOGUE = Path("locale/es/LC_MESSAGES/django.po")
SOURCES = ("accounts", "iomcase", "programmes", "templates", "locale")
EXTRACT = ["makemessages", "--locale", "es", "--no-location", "--no-wrap", "--no-obsolete"]  # as `make messages` does
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")
MARKUP = re.compile(r"<[^>]*>")
# An entry whose English holds the word on the left has the word on the right in Spanish (docs/glossary.md).
GLOSSARY = {
    r"rosters?": r"bolsa",
    r"recall(?:s|ed)?": r"llamamiento",
    r"cases?": r"expediente",
    r"caseworkers?": r"gest(?:ión|or/a) de casos",
    r"seasons?": r"temporada",
    r"programmes?": r"programa",
    r"employers?": r"emplead|empresa",
    r"liaison": r"enlace",
    r"demands?": r"demanda",
    r"positions?": r"plaza|puesto",
    r"candidates?": r"candidat",
    r"authorisations?": r"autorización|autorizaciones",
    r"contracts?": r"contrato",
    r"permits?": r"permiso",
    r"medical": r"médic",
    r"orientation": r"orientación",
    r"departure": r"salida|partida",
    r"arrival": r"llegada",
    r"placements?": r"colocaci",
    r"check-ins?": r"contacto",
    r"extension|extended?": r"pr[oó]rrog",
    r"returns?": r"retorn",
    r"reintegration": r"reintegración",
    r"follow-ups?": r"seguimiento",
    r"closure": r"cierre",
    r"consents?": r"consent|consient",
    r"housing": r"alojamiento|vivienda",
    r"wages?": r"salari",
    r"offices?": r"oficina",
    r"deadlines?": r"plazo",
    r"overdue": r"vencid|atras|retras",
    r"digests?": r"resumen|resúmenes",
}
# Where the English word means something else, or the Spanish sentence is better without it.
NOT_THE_TERM = {
    "reintegration case",
    "reintegration cases",
    "named by the employer",
    "Test the candidate",
    "The demand is open: candidates can be selected.",
    "Return for correction",
}


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    """The Spanish catalogue."""
    return polib.pofile(settings.BASE_DIR / CATALOGUE)


def pairs(catalogue) -> Iterator[tuple[str, str]]:
    """Each English text with its Spanish; of a plural entry each form with its own."""
    for entry in catalogue:
        if entry.msgid_plural:
            yield entry.msgid, entry.msgstr_plural[0]
            yield entry.msgid_plural, entry.msgstr_plural[1]
        else:
            yield entry.msgid, entry.msgstr


def test_nothing_is_missing_or_fuzzy(catalogue):
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == []
    assert not catalogue.metadata_is_fuzzy, "without its header the catalogue has no character set and no plural forms"


def test_every_plural_has_its_forms(catalogue):
    count = int(re.search(r"nplurals=(\d)", catalogue.metadata["Plural-Forms"])[1])
    entries = [entry for entry in catalogue if entry.msgid_plural]
    assert [
        e.msgid for e in entries if [*e.msgstr_plural] != [*range(count)] or not all(e.msgstr_plural.values())
    ] == []
    with translation.override("es"):
        shown = {
            entry: [translation.ngettext(entry.msgid, entry.msgid_plural, number) for number in (0, 1, 2, 1_000_000)]
            for entry in entries
            if not entry.msgctxt
        }
    wrong = [e.msgid for e, words in shown.items() if words != [e.msgstr_plural[n] for n in (1, 0, 1, 1)]]
    assert wrong == []


def test_placeholders_are_the_same_on_both_sides(catalogue):
    wrong = [(english, spanish) for english, spanish in pairs(catalogue) if _gaps(english) != _gaps(spanish)]
    # "one day" may stand for "%(count)s day".
    assert [pair for pair in wrong if not _gaps(pair[1]) < _gaps(pair[0]) or "count" not in str(_gaps(pair[0]))] == []


def _gaps(words: str) -> set[str]:
    return set(PLACEHOLDER.findall(words))


def test_markup_is_the_same_on_both_sides(catalogue):
    wrong = [
        (english, spanish)
        for english, spanish in pairs(catalogue)
        if sorted(MARKUP.findall(english)) != sorted(MARKUP.findall(spanish))
    ]
    assert wrong == []


def test_both_sides_begin_and_end_alike(catalogue):
    def ends(words):
        return words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :], words.rstrip().endswith("…")

    assert [(english, spanish) for english, spanish in pairs(catalogue) if ends(english) != ends(spanish)] == []


@pytest.mark.parametrize("english", GLOSSARY)
def test_terms_are_those_of_the_glossary(catalogue, english):
    spanish = re.compile(GLOSSARY[english], re.IGNORECASE)
    term = re.compile(rf"\b(?:{english})\b", re.IGNORECASE)
    found = [
        (source, target)
        for source, target in pairs(catalogue)
        if term.search(_words(source)) and source not in NOT_THE_TERM
    ]
    assert found, "the term is used nowhere"
    assert [pair for pair in found if not spanish.search(_words(pair[1]))] == []


def _words(text: str) -> str:
    return MARKUP.sub(" ", PLACEHOLDER.sub(" ", text))


def test_exceptions_are_still_needed(catalogue):
    assert {english for english, _spanish in pairs(catalogue)} >= NOT_THE_TERM


@pytest.mark.slow
def test_every_text_of_the_source_is_in_the_catalogue(tmp_path):
    """Extract the texts anew from a copy of the source: the catalogue stays as it is."""
    if shutil.which("xgettext") is None:
        pytest.skip("GNU gettext is missing (Debian: apt-get install gettext); it extracts the texts from the source.")
    for name in SOURCES:
        shutil.copytree(settings.BASE_DIR / name, tmp_path / name, ignore=shutil.ignore_patterns("*.mo", "__pycache__"))
    shutil.copy(settings.BASE_DIR / "manage.py", tmp_path)
    command, environment = (
        [sys.executable, "manage.py", *EXTRACT],
        os.environ | {"DJANGO_SETTINGS_MODULE": "iomcase.settings"},
    )
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr
    kept, extracted = (polib.pofile(root / CATALOGUE) for root in (settings.BASE_DIR, tmp_path))
    assert _sources(extracted) - _sources(kept) == set(), "texts that are not in the catalogue: make messages"
    assert _sources(kept) - _sources(extracted) == set(), "entries that the source no longer has: make messages"
    assert [entry.msgid for entry in extracted.untranslated_entries() + extracted.fuzzy_entries()] == []


def _sources(catalogue) -> set[tuple[str | None, str, str]]:
    return {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in catalogue if not entry.obsolete}
