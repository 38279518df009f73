"""Deeds on a case that need no later room: open it, move it, set its dates, record tests and ticks, assign it."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from programmes.base.common.bulk import insert_many
from programmes.base.common.errors import Collision, RuleBroken
from programmes.base.lifecycle.models import CaseEvent, make_moves, record, record_many
from programmes.base.rulebook.models import Requirement
from programmes.journey.enrolment import letters, requirements, rules, stays, steps
from programmes.journey.enrolment.models import CaseNumber, Enrolment, TestResult, Tick
from programmes.journey.enrolment.states import ENROLMENT, Status
from programmes.journey.people.models import Consent, Person

_ISO2 = {
    "GTM": "GT",
    "COL": "CO",
    "HND": "HN",
    "SLV": "SV",
    "MEX": "MX",
    "WSM": "WS",
    "TON": "TO",
    "VUT": "VU",
    "FJI": "FJ",
}


def next_numbers(country: str, year: int, count: int) -> list[str]:
    """The next case numbers of a country and year, such as `GT-2026-00418`. Locks the counter until the commit."""
    prefix = f"{_ISO2.get(country, country)}-{year}"
    CaseNumber.objects.bulk_create([CaseNumber(prefix=prefix)], ignore_conflicts=True)
    CaseNumber.objects.filter(prefix=prefix).update(last=F("last") + count)
    last = CaseNumber.objects.values_list("last", flat=True).get(prefix=prefix)
    return [f"{prefix}-{number:05d}" for number in range(last - count + 1, last + 1)]


@transaction.atomic
def register(person, *, by, programme, season, office, owner=None, on: date, previous=None) -> Enrolment:
    """Open a case for `person` in a season; it is the caller's own unless `owner` says otherwise.

    Checks: consent in force on `on` (domain.md 2.2, stage 1: consent is recorded first), programme and season take
    new cases, the office runs the programme, the person is old enough at the start of the season. Effects: the case
    with its number, a diary line, its first step, a letter to the owner when it is somebody else.
    """
    (case,) = register_many(
        [person], by=by, programme=programme, season=season, office=office, owner=owner or by, on=on, previous=previous
    )
    if isinstance(case, RuleBroken):
        raise case
    return case


@transaction.atomic
def register_many(
    people: Sequence[Person], *, by, programme, season, office, owner, on: date, previous=None, told: dict | None = None
) -> list[Enrolment | RuleBroken]:
    """Open a case for each of these people in one season: the case, or why not, in their order.

    The same rules and effects as `register`, in a few statements whatever their number. `owner` None leaves the cases
    for somebody to take; `told` are facts that the diary lines carry, such as the batch. Raises RuleBroken for what
    forbids all of them.
    """
    _judge_opening(programme, season, office, on)
    fresh = {row.pk: row for row in Person.objects.locked().filter(pk__in=[p.pk for p in people]).order_by("pk")}
    agreed = set(Consent.objects.in_force(on).filter(person__in=fresh).values_list("person", flat=True))
    void = (Status.VOID_DUPLICATE, Status.WITHDRAWN, Status.EXPIRED)
    taken = set(
        Enrolment.objects.filter(person__in=fresh, season=season)
        .exclude(status__in=void)
        .values_list("person", flat=True)
    )
    minimum = programme.rules(season.ends_on)["minimum_age"]
    found: list[Enrolment | RuleBroken] = []
    for person in people:
        refusal = _opening_refusal(fresh[person.pk], season, agreed, taken, minimum)
        if refusal is not None:
            found.append(refusal)
            continue
        taken.add(person.pk)
        case = Enrolment(
            person=person, programme=programme, season=season, office=office,
            destination_office_id=programme.destination_office_id, owner=owner, registered_on=on, previous=previous,
            status=Status.ROSTERED if previous else Status.REGISTERED, created_by=by,
        )  # fmt: skip
        found.append(case)
    new = [case for case in found if isinstance(case, Enrolment)]
    first = steps.first_steps(new, on=on)
    for case, number in zip(new, next_numbers(programme.origin, season.starts_on.year, len(new)), strict=True):
        case.number = number
    insert_many(new)
    steps.open_first(first)
    record_many(new, by=by, what="registered", on=on, **(told or {}))
    if owner is not None and owner != by:
        letters.queue_assigned_many(new)
    return found


def _judge_opening(programme, season, office, on: date) -> None:
    if season.programme_id != programme.pk:
        raise RuleBroken(_("The season belongs to another programme."), field="season")
    if not (programme.active and season.active):
        raise RuleBroken(_("This season takes no new cases."), field="season")
    if not programme.offices.filter(pk=office.pk).exists():
        raise RuleBroken(_("This office does not run that programme."), field="office")
    if on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="on")


def _opening_refusal(person, season, agreed: set[int], taken: set[int], minimum) -> RuleBroken | None:
    if person.pk not in agreed:
        return RuleBroken(_("Record the person's consent first."), code="consent")
    problem = rules.age_problem(person.age_on(season.ends_on), minimum)
    if problem:
        return RuleBroken(problem, code="age")
    if person.pk in taken:
        return Collision(_("This person already has a case in this season."), code="case_one_per_person_and_season")
    return None


@transaction.atomic
def move(enrolment, to, *, by, on: date, reason="", note="", version=None, override=False, **changes) -> CaseEvent:
    """Move a case: lock, compare the version, judge, write, open the next step.

    The door for every move that needs no facts of its own; rooms with facts call it from their own deeds. Raises
    RuleBroken naming all that is missing, Stale when somebody else changed the case meanwhile.
    """
    enrolment = locked(enrolment, version)
    _judge_day(enrolment, on)
    if override and not by.may(Permission.CASE_REOPEN):
        raise RuleBroken(_("Only a programme manager may make an exception."), code="override")
    event = enrolment.move_to(to, by=by, reason=reason, note=note, on=on, override=override, **changes)
    steps.renew(enrolment, on=on, by=by)
    return event


def _judge_day(enrolment, on: date) -> None:
    if on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="on")
    if on < enrolment.registered_on:
        raise RuleBroken(_("The day lies before the registration."), field="on")


@transaction.atomic
def move_many(cases: Sequence[Enrolment], to, *, by, on: date, reason="", note="") -> dict[int, CaseEvent | RuleBroken]:
    """Move locked cases (with person, programme and season): for each its diary line, or why it stays where it is.

    Each is judged as `move` judges it, with the same effects, but what they share is read once and what is written
    takes a few statements whatever their number. Raises what the consequence of a single one raises: then none moves.
    """
    requirements.read_together(cases)
    said: dict[int, CaseEvent | RuleBroken] = {}
    for case in cases:
        try:
            _judge_day(case, on)
            case.judge_move(to, by=by, reason=reason, on=on)
        except RuleBroken as refusal:
            said[case.pk] = refusal
    moving = [case for case in cases if case.pk not in said]
    for event in make_moves(moving, to, by=by, reason=reason, note=note, on=on):
        said[event.subject_id] = event
    # What followed may have changed facts that the next steps are chosen by.
    requirements.read_together(moving)
    steps.renew_many(moving, on=on, by=by)
    return said


def locked(enrolment, version=None) -> Enrolment:
    """The case, locked and fresh, with person, programme and season; Stale when `version` is not the present one."""
    fresh = Enrolment.objects.locked().select_related("person", "programme", "season").get(pk=enrolment.pk)
    if version is not None:
        fresh.expect_version(version)
    return fresh


def refuse_when_over(enrolment) -> None:
    """A case that is over is read-only (domain.md 2.4)."""
    if enrolment.status in ENROLMENT.groups["over"]:
        raise RuleBroken(_("This case is closed. Reopen it before changing it."), code="over")


@transaction.atomic
def set_dates(enrolment, *, by, planned_start: date, planned_end: date, version) -> Enrolment:
    """Set the planned stay. It must lie inside the programme's rules and the season's exclusion of double bookings."""
    enrolment = locked(enrolment, version)
    refuse_when_over(enrolment)
    if planned_end < planned_start:
        raise RuleBroken(_("The planned end lies before the planned start."), field="planned_end")
    problems = stays.problems(enrolment, planned_start, planned_end)
    if problems:
        raise RuleBroken(" ".join(problems), field="planned_end", code="stay")
    enrolment.planned_start, enrolment.planned_end = planned_start, planned_end
    enrolment.write("planned_start", "planned_end")
    record(enrolment, by=by, what="dates_set", start=planned_start.isoformat(), end=planned_end.isoformat())
    steps.renew_requirements(enrolment, by=by)
    return enrolment


@transaction.atomic
def record_test(enrolment, requirement: Requirement, *, by, taken_on: date, passed: bool, score=None) -> Enrolment:
    """Record a test; a later one counts instead of it. Effects: diary line, step finished when it is passed."""
    enrolment = locked(enrolment)
    refuse_when_over(enrolment)
    if taken_on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="taken_on")
    TestResult.objects.create(
        enrolment=enrolment, requirement=requirement, taken_on=taken_on, passed=passed, score=score, created_by=by
    )
    record(enrolment, by=by, what="test_recorded", on=taken_on, requirement=requirement.pk)
    steps.renew_requirements(enrolment, by=by)
    return enrolment


@transaction.atomic
def tick(enrolment, requirement: Requirement, *, by, done_on: date) -> Enrolment:
    """Tick a requirement that is checked by hand."""
    enrolment = locked(enrolment)
    refuse_when_over(enrolment)
    if done_on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="done_on")
    Tick.objects.create(enrolment=enrolment, requirement=requirement, done_on=done_on, created_by=by)
    record(enrolment, by=by, what="ticked", on=done_on, requirement=requirement.pk)
    steps.renew_requirements(enrolment, by=by)
    return enrolment


@transaction.atomic
def waive(enrolment, requirement: Requirement, *, by, reason: str) -> Enrolment:
    """A manager's word that this case does not need something, kept with its reason for ever."""
    enrolment = locked(enrolment)
    refuse_when_over(enrolment)
    if not by.may(Permission.CASE_REOPEN):
        raise RuleBroken(_("Only a programme manager may make an exception."), code="override")
    if not reason.strip():
        raise RuleBroken(_("Say why this is not needed."), field="reason")
    Tick.objects.filter(enrolment=enrolment, requirement=requirement).delete()
    Tick.objects.create(
        enrolment=enrolment,
        requirement=requirement,
        done_on=timezone.localdate(),
        waived=True,
        reason=reason,
        created_by=by,
    )
    record(enrolment, by=by, what="waived", note=reason, requirement=requirement.pk)
    steps.renew_requirements(enrolment, by=by)
    return enrolment


@transaction.atomic
def assign(enrolment, *, by, owner: User, version=None, note: str = "") -> Enrolment:
    """Give a case to a colleague of its office. Effects: diary line, one letter to the new owner."""
    fresh = locked(enrolment, version)
    refusal = assign_many([fresh], by=by, owner=owner, note=note)[fresh.pk]
    if refusal is not None:
        raise refusal
    if owner != by:
        letters.queue_assigned(fresh, by=by)
    return fresh


@transaction.atomic
def assign_many(cases: Sequence[Enrolment], *, by, owner: User, note: str = "") -> dict[int, RuleBroken | None]:
    """Give cases to a colleague of their offices: for each (locked, fresh) why it was refused, or None.

    Effects in a few statements whatever their number: owner, version, a diary line each. The letter is the caller's:
    about one case, or about all of them at once.
    """
    pks = [case.pk for case in cases]
    reached = set(Enrolment.objects.filter(pk__in=pks).within_reach_of(owner).values_list("pk", flat=True))
    said: dict[int, RuleBroken | None] = {}
    given = []
    for case in cases:
        if case.owner_id == owner.pk:
            said[case.pk] = RuleBroken(_("This person already has the case."), field="owner", code="has_it")
        elif case.pk not in reached:
            said[case.pk] = RuleBroken(
                _("This person has no right to work on cases of this office."), field="owner", code="no_reach"
            )
        else:
            said[case.pk] = None
            case.owner, case.version = owner, case.version + 1
            given.append(case)
    Enrolment.objects.filter(pk__in=[case.pk for case in given]).update(owner=owner, version=F("version") + 1)
    record_many(given, by=by, what="assigned", note=note, owner=owner.full_name)
    return said


@transaction.atomic
def tag(enrolment, *, by, add: Sequence[str] = (), remove: Sequence[str] = (), version=None) -> Enrolment:
    """Put tags on a case and take others away. Effects: a diary line that names them.

    Raises RuleBroken when the case is over, or when nothing would change.
    """
    fresh = locked(enrolment, version)
    refusal = tag_many([fresh], by=by, add=add, remove=remove)[fresh.pk]
    if refusal is not None:
        raise refusal
    return fresh


@transaction.atomic
def tag_many(
    cases: Sequence[Enrolment], *, by, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> dict[int, RuleBroken | None]:
    """The same for many locked cases, in a few statements: for each why it was refused, or None."""
    said: dict[int, RuleBroken | None] = {}
    changed = []
    for case in cases:
        wanted = [code for code in dict.fromkeys([*case.tags, *add]) if code not in remove]
        if case.status in ENROLMENT.groups["over"]:
            said[case.pk] = RuleBroken(_("This case is closed. Reopen it before changing it."), code="over")
        elif wanted == case.tags:
            said[case.pk] = RuleBroken(_("The tags are so already."), field="tags", code="same")
        else:
            said[case.pk] = None
            case.tags, case.version = wanted, case.version + 1
            changed.append(case)
    Enrolment.objects.bulk_update(changed, ["tags", "version"], batch_size=1000)
    if add:
        record_many(changed, by=by, what="tagged", tags=list(add))
    if remove:
        record_many(changed, by=by, what="untagged", tags=list(remove))
    return said


@transaction.atomic
def write_note(enrolment, *, by, text: str, kind: str, on: date) -> CaseEvent:
    """Write a note into the diary. It stays; a correction is another note."""
    if not text.strip():
        raise RuleBroken(_("Write the note."), field="text")
    if on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="on")
    return record(enrolment, by=by, kind=CaseEvent.Kind.NOTE, what=kind, on=on, note=text)


@transaction.atomic
def snooze(step, *, by, until: date, reason: str):
    """Put a step off: it leaves Today and the digest until that day. Returns the case. Effects: diary line."""
    if until <= timezone.localdate():
        raise RuleBroken(_("Choose a day after today."), field="until")
    enrolment = locked(step.enrolment)
    step.snoozed_until = until
    step.save(update_fields=["snoozed_until"])
    record(enrolment, by=by, what="snoozed", note=reason, step=step.kind, until=until.isoformat())
    return enrolment
