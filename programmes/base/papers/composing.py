"""What stands in one letter: its text filled from the case, in each of its languages, as data for the layout."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from programmes.base.common.wording import long_day
from programmes.base.papers import kinds, pdf
from programmes.base.papers.kinds import Kind
from programmes.base.papers.models import IssuedLetter, TemplateEdition
from programmes.base.papers.rules import blocks_of, fields_in, filled
from programmes.base.papers.words import words

# No letter has it: U is no sign of a code.
SPECIMEN_CODE = "UUUU-UUUU-UUUU-UUUU"


class Incomplete(Exception):
    """Facts the letter names are not recorded: `fields` are their names."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__("fields are missing")
        self.fields = fields


def fields_of(edition: TemplateEdition, languages) -> list[str]:
    """The fields these languages of a text use."""
    used = (fields_in(text) for language in languages for text in edition.texts[language].values())
    return list(dict.fromkeys(name for names in used for name in names))


def missing_fields(edition: TemplateEdition, languages, enrolment) -> list[str]:
    """Fields the letter would leave empty for this case."""
    kind = kinds.KINDS[edition.template.kind]
    about = kind.about(enrolment)
    return [name for name in fields_of(edition, languages) if not kind.fields[name].read(about)]


def compose(letter: IssuedLetter) -> dict:
    """The data of a letter (pdf.render). Raises Incomplete when a fact is missing by now."""
    edition, case = letter.edition, letter.enrolment
    kind = kinds.KINDS[edition.template.kind]
    missing = missing_fields(edition, letter.languages, case)
    if missing:
        raise Incomplete(missing)
    about = kind.about(case)
    check = settings.SITE_URL + reverse("papers:verify")
    columns = []
    for language in letter.languages:
        with translation.override(language):
            values = {name: kind.fields[name].read(about) for name in fields_of(edition, [language])}
            columns.append({**column(edition.texts[language], language, values), "day": long_day(letter.issued_on)})
    with translation.override(letter.languages[0]):
        programme = case.programme.name
    return {
        "title": " / ".join(one["title"] for one in columns),
        "number": letter.number,
        "office": case.office.name,
        "programme": programme,
        "officer": letter.created_by.full_name if letter.created_by else case.office.name,
        "site": check,
        "code": letter.code_shown,
        "qr": pdf.qr_svg(settings.SITE_URL + reverse("papers:verified", args=[letter.code])),
        "columns": columns,
    }


def column(text: dict, language: str, values: dict[str, str]) -> dict:
    """One language of a letter. Blocks are cut before the fields are filled, so that no value makes a block."""
    return {
        "lang": language,
        "title": filled(text["title"], values),
        "words": words()[language],
        "blocks": [
            {"kind": block.kind, "text": filled(block.text, values), "label": filled(block.label, values)}
            for block in blocks_of(text["body"])
        ],
    }


def specimen_letter(kind: Kind, texts: dict[str, dict], languages) -> dict:
    """The data of a whole letter (pdf.render) with invented values. Its code is that of no letter."""
    check = settings.SITE_URL + reverse("papers:verify")
    today = timezone.localdate()
    columns = []
    for one in specimen(kind, texts, languages):
        with translation.override(one["lang"]):
            columns.append({**one, "day": long_day(today)})
    with translation.override(languages[0]):
        invented = {
            "number": _("Specimen"),
            "office": _("Name of the office"),
            "programme": _("Name of the programme"),
            "officer": _("name of the officer"),
        }
    return {
        **invented,
        "title": " / ".join(one["title"] for one in columns),
        "site": check,
        "code": SPECIMEN_CODE,
        "qr": pdf.qr_svg(check),
        "columns": columns,
    }


def specimen(kind: Kind, texts: dict[str, dict], languages) -> list[dict]:
    """The columns of a letter with invented values, for the preview."""
    columns = []
    for language in languages:
        with translation.override(language):
            used = fields_in(texts[language]["title"]) + fields_in(texts[language]["body"])
            columns.append(column(texts[language], language, {name: kind.fields[name].sample() for name in used}))
    return columns
