"""What every deed of this room begins and ends with."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.journey.enrolment import actions as enrolment_actions
from programmes.journey.enrolment.models import Enrolment


def open_case(enrolment, version=None) -> Enrolment:
    """The case, locked and fresh; refused when it is over. It is locked before its papers: nobody waits in a ring."""
    enrolment = enrolment_actions.locked(enrolment, version)
    enrolment_actions.refuse_when_over(enrolment)
    return enrolment


def locked(record, version: int):
    """A paper, locked and fresh; Stale when it is not the version the form was opened on."""
    fresh = type(record).objects.locked().get(pk=record.pk)
    fresh.expect_version(version)
    return fresh


def refuse_future(day: date | None, field: str) -> None:
    """A fact has happened: its day is today or earlier."""
    if day is not None and day > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field=field)


def refuse_before(day: date | None, first: date | None, field: str, message) -> None:
    """Refuse a day before `first`; either may be missing."""
    if day is not None and first is not None and day < first:
        raise RuleBroken(message, field=field)
