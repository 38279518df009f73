"""Issue a letter about a case: the case is open and locked, the rest is the letters' own room."""

from datetime import date

from django.db import transaction

from programmes.base.papers import actions as letters
from programmes.base.papers.models import IssuedLetter, LetterTemplate
from programmes.journey.departure.actions.ground import open_case


@transaction.atomic
def issue_letter(enrolment, *, by, template: LetterTemplate, languages: list[str], on: date) -> IssuedLetter:
    """Issue a letter about an open case. Effects: base.papers.actions.issue."""
    return letters.issue(open_case(enrolment), by=by, template=template, languages=languages, on=on)
