"""Deeds with letters on paper: issue, make in the background, try again, withdraw; and a new edition of a template."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.common.wording import and_list
from programmes.base.files import actions as files
from programmes.base.files import storing
from programmes.base.lifecycle.models import record
from programmes.base.notifications.delivery import hint
from programmes.base.papers import composing, kinds, pdf
from programmes.base.papers.models import IssuedLetter, LetterTemplate, TemplateEdition
from programmes.base.papers.states import LetterStatus

log = structlog.get_logger(__name__)
L = LetterStatus
PDF = "application/pdf"
# After so many attempts a storage that is full or away is told to a person.
MOST_ATTEMPTS = 3
# A letter that nobody began within this time was not announced: the sweep announces it.
LEFT_BEHIND = timedelta(seconds=30)
SWEEP_AT_MOST = 500


@transaction.atomic
def save_texts(template: LetterTemplate, *, by, texts: dict[str, dict]) -> TemplateEdition:
    """Give a template its next edition; nothing happens when the words are the same. The form has judged them."""
    LetterTemplate.objects.locked().get(pk=template.pk)
    newest = template.newest
    if newest is not None and newest.texts == texts:
        return newest
    number = newest.number + 1 if newest else 1
    return TemplateEdition.objects.create(template=template, number=number, texts=texts, created_by=by)


@transaction.atomic
def issue(enrolment: Any, *, by, template: LetterTemplate, languages: Sequence[str], on: date) -> IssuedLetter:
    """Issue a letter about a locked case, in one language or in two side by side.

    Refused: a template that is out of use, a language it is not written in, facts that the text names and the case
    does not have. Effects: the row, a diary line; after the commit the worker is told to make the file.
    """
    edition = template.newest
    if not template.active or edition is None or template.kind not in kinds.KINDS:
        raise RuleBroken(_("This letter can no longer be issued. Choose another."), field="template")
    unknown = [language for language in languages if language not in edition.texts]
    if unknown or not languages or len(set(languages)) != len(languages):
        raise RuleBroken(_("This letter is not written in the languages you chose."), field="languages")
    missing = composing.missing_fields(edition, languages, enrolment)
    if missing:
        raise RuleBroken(_("Record first: %(facts)s.") % {"facts": in_words(template.kind, missing)}, field="template")
    letter = IssuedLetter.objects.create(
        enrolment=enrolment, edition=edition, languages=list(languages), issued_on=on, created_by=by
    )
    record(letter, by=by, what="letter_issued", on=on, number=letter.number)
    transaction.on_commit(lambda: hint("papers.make", letter.pk), robust=True)
    return letter


def in_words(kind: str, fields: Sequence[str]) -> str:
    """What fields are called, as a list; one that the catalogue has lost, by its name."""
    known = kinds.KINDS[kind].fields if kind in kinds.KINDS else {}
    return and_list(known[name].label if name in known else name for name in fields)


def make(pk: int) -> None:
    """Make the file of a letter that waits: claim it, write the PDF outside any transaction, keep it.

    Safe to run twice and after a kill: one worker holds the claim, and a row that moved on meanwhile keeps its own
    file. Effects: the letter in force and earlier ones of its template replaced; or a failure that says why.
    """
    now = timezone.now()
    waiting = IssuedLetter.objects.to_make(now).filter(pk=pk)
    if not waiting.update(claimed_at=now, attempts=F("attempts") + 1):
        return
    letter = IssuedLetter.objects.select_related(
        "edition__template", "created_by", "enrolment__person", "enrolment__programme", "enrolment__office"
    ).get(pk=pk)
    try:
        content = pdf.render(composing.compose(letter))
        name = f"{letter.edition.template.code}-{letter.number}.pdf"
        with storing.passing_made(content, name=name, kind=PDF) as stored:
            _finish(letter, stored, claimed_at=now)
    except composing.Incomplete as error:
        _fail(letter, "facts", claimed_at=now, missing=error.fields)
    except pdf.LayoutFailed:
        _fail(letter, "layout", claimed_at=now)
    except RuleBroken:  # the storage is full or away: storing says so in words for a person, who is not here
        if letter.attempts >= MOST_ATTEMPTS:
            _fail(letter, "storage", claimed_at=now)
        else:
            IssuedLetter.objects.filter(pk=pk, claimed_at=now).update(claimed_at=None)


def _held(letter, claimed_at) -> IssuedLetter | None:
    """The letter, locked after its case, while it is still ours to finish."""
    type(letter.enrolment).objects.locked().only("pk").get(pk=letter.enrolment_id)
    found = IssuedLetter.objects.locked().filter(pk=letter.pk, status=L.WAITING, claimed_at=claimed_at)
    return found.first()


@transaction.atomic
def _finish(letter, stored, *, claimed_at):
    held = _held(letter, claimed_at)
    if held is None:
        return
    file = files.keep(stored, by=None, office=letter.enrolment.office, enrolment=letter.enrolment)
    held.move_to(L.READY, by=None, what="letter_ready", facts={"number": held.number}, file=file, sha256=file.sha256)
    others = IssuedLetter.objects.locked().filter(
        enrolment=letter.enrolment_id, edition__template=letter.edition.template, status=L.READY
    )
    newest = max([held, *others], key=lambda one: one.pk)
    for old in [held, *others.exclude(pk=held.pk)]:
        if old.pk != newest.pk:
            facts = {"number": old.number, "later": newest.number}
            old.move_to(L.SUPERSEDED, by=None, what="letter_superseded", facts=facts)


@transaction.atomic
def _fail(letter, why: str, *, claimed_at, missing: Sequence[str] = ()):
    held = _held(letter, claimed_at)
    if held is None:
        return
    log.warning("letter_not_made", pk=letter.pk, why=why)
    facts = {"number": held.number}
    held.move_to(L.FAILED, by=None, what="letter_failed", facts=facts, failure=why, missing=list(missing))


@transaction.atomic
def retry(letter: IssuedLetter, *, by, version: int) -> IssuedLetter:
    """Have a letter that failed made again, with the facts of now."""
    letter = IssuedLetter.objects.locked().get(pk=letter.pk)
    letter.expect_version(version)
    letter.move_to(
        L.WAITING, by=by, what="letter_retried", facts={"number": letter.number},
        failure="", missing=[], attempts=0, claimed_at=None,
    )  # fmt: skip
    transaction.on_commit(lambda: hint("papers.make", letter.pk), robust=True)
    return letter


@transaction.atomic
def withdraw(letter: IssuedLetter, *, by, version: int, reason: str) -> IssuedLetter:
    """Say that a letter no longer holds: whoever checks it is told. The file stays readable."""
    letter = IssuedLetter.objects.locked().get(pk=letter.pk)
    letter.expect_version(version)
    letter.move_to(L.WITHDRAWN, by=by, reason=reason, what="letter_withdrawn", facts={"number": letter.number})
    return letter


def sweep() -> None:
    """Announce letters whose first announcement was lost, or whose worker was killed."""
    now = timezone.now()
    left = IssuedLetter.objects.to_make(now).filter(status_since__lt=now - LEFT_BEHIND)
    for pk in left.order_by("pk").values_list("pk", flat=True)[:SWEEP_AT_MOST]:
        if not hint("papers.make", pk):
            return
