"""Keeping the rows true: whatever a trigger noted is judged again, all of it at once; time passing is noted nightly."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import Office
from programmes.journey.departure.readiness import judging, rules
from programmes.journey.departure.readiness.models import Readiness, ReadinessDue
from programmes.journey.enrolment.models import Enrolment

log = structlog.get_logger(__name__)
# Notes taken up at once; one deed leaves a few of them about the same case.
NOTES = 2 * judging.CHUNK
# What a request judges itself, so that whoever changed something sees the answer on the next page; more is the tick's.
NOTES_OF_A_REQUEST = 100
# Time may change more than the last days that we know of (a rule that comes into force): so each row is looked at anew
# after so many days, a part of them every night.
LONGEST_UNSEEN = timedelta(days=7)
# What is judged of a case, by column; `since` follows from it, and the key never changes.
JUDGED = {
    field.attname: field.name
    for field in Readiness._meta.local_concrete_fields
    if field.name not in {"id", "enrolment", "since", "judged_at"}
}


def keep(most: int = NOTES) -> int:
    """Judge the cases of the oldest `most` notes that nobody else is judging; returns how many notes were taken up.

    In one transaction; a case of which another note is written meanwhile is judged again later. Running it twice, or
    twice at once, changes nothing.
    """
    # Asked outside a transaction: nearly always there is nothing to do.
    if not ReadinessDue.objects.exists():
        return 0
    with transaction.atomic():
        notes = ReadinessDue.objects.select_for_update(skip_locked=True).order_by("pk")
        cases = set(notes.values_list("case", flat=True)[:most])
        # All that was noted about them by now is answered by one judgement.
        taken = list(notes.filter(case__in=cases).values_list("pk", flat=True))
        rejudge(cases)
        ReadinessDue.objects.filter(pk__in=taken).delete()
    return len(taken)


def keep_all() -> int:
    """Judge until nothing is noted any more; returns how many notes there were."""
    total = 0
    while taken := keep():
        total += taken
    return total


@transaction.atomic
def rejudge(pks: Iterable[int]) -> None:
    """Write the rows of these cases as they stand now; a case in which no travel is prepared has none.

    The rows are locked before the facts are read, lowest key first: of two that judge one case the later reads what
    the earlier could not see yet.
    """
    asked = sorted(set(pks))
    for start in range(0, len(asked), judging.CHUNK):
        _rejudge(asked[start : start + judging.CHUNK])


def _rejudge(pks: Sequence[int]) -> None:
    there = Enrolment.objects.filter(pk__in=pks, status__in=rules.PREPARED).order_by("pk").values_list("pk", flat=True)
    known = set(Readiness.objects.filter(enrolment__in=pks).values_list("enrolment", flat=True))
    blank = [Readiness(enrolment_id=pk, blockers=1, blocker="new") for pk in there if pk not in known]
    Readiness.objects.bulk_create(blank, ignore_conflicts=True)
    locked = Readiness.objects.select_for_update().filter(enrolment__in=pks).order_by("enrolment")
    before = {row.enrolment_id: row for row in locked}
    rows = judging.judge(pks)
    changed = []
    for row in rows:
        old = before.get(row.enrolment_id)
        # The first judgement of a case is as old as its state; later ones begin when the answer changes.
        if old is not None and old.blocker != "new":
            same = (old.blocker, old.waits_for) == (row.blocker, row.waits_for)
            row.since = old.since if same else row.judged_at
        if old is None or any(getattr(old, name) != getattr(row, name) for name in JUDGED):
            changed.append(row)
    Readiness.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["enrolment"],
        update_fields=[*JUDGED.values(), "judged_at", "since"],
    )
    as_before = {row.enrolment_id for row in rows} - {row.enrolment_id for row in changed}
    if as_before:
        Readiness.objects.filter(enrolment__in=as_before).update(judged_at=timezone.now())
    gone = set(pks) - {row.enrolment_id for row in rows}
    if gone:
        Readiness.objects.filter(enrolment__in=gone).delete()


def note_what_time_changes(now: datetime) -> int:
    """Note the rows that may have changed because a day has passed at their office, those not seen for a week, and
    prepared cases without a row; returns how many. Only those are touched, of however many cases."""
    zones: dict[str, list[int]] = {}
    for pk, zone in Office.objects.values_list("pk", "time_zone"):
        zones.setdefault(zone, []).append(pk)
    due = Q(judged_at__lt=now - LONGEST_UNSEEN)
    for zone, offices in zones.items():
        due |= Q(changes_on__lte=now.astimezone(ZoneInfo(zone)).date(), enrolment__office__in=offices)
    cases = set(Readiness.objects.filter(due).values_list("enrolment", flat=True))
    cases |= set(Readiness.objects.exclude(enrolment__status__in=rules.PREPARED).values_list("enrolment", flat=True))
    without = Enrolment.objects.filter(status__in=rules.PREPARED).exclude(
        Exists(Readiness.objects.filter(enrolment=OuterRef("pk")))
    )
    cases |= set(without.values_list("pk", flat=True))
    cases -= set(ReadinessDue.objects.values_list("case", flat=True))
    ReadinessDue.objects.bulk_create([ReadinessDue(case=pk) for pk in sorted(cases)], batch_size=5000)
    return len(cases)


def keep_after_writing() -> None:
    """At the end of a request that changed something. A fault here is not for whoever sent a form: the tick goes on."""
    try:
        keep(NOTES_OF_A_REQUEST)
    except Exception:
        log.exception("readiness_not_kept")
