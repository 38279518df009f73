"""Deeds on demands, their authorisations and positions."""

from datetime import date

from django.db import connection, transaction
from django.db.models import IntegerField, Max, Sum
from django.db.models.functions import Cast, Substr
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.base.rulebook.codes import label
from programmes.journey.demand import rules
from programmes.journey.demand.models import Authorisation, JobDemand, Position
from programmes.journey.demand.states import DEMAND, DemandStatus, PositionStatus
from programmes.journey.employers.models import Employer
from programmes.journey.employers.states import Status as EmployerStatus

D, P = DemandStatus, PositionStatus
TERMS = (
    "season", "site", "authorisation", "occupation", "national_code", "positions", "starts_on", "ends_on", "wage",
    "wage_currency", "wage_unit", "hours_per_week", "housing", "transport", "language", "language_level", "criteria",
    "terms", "requested_on",
)  # fmt: skip
# How a position goes back, from where it stands (domain.md 2.3, *Position*).
_WAY_BACK: dict[str, tuple[str, ...]] = {
    P.RESERVED: (P.VACANT,),
    P.OFFERED: (P.DECLINED, P.VACANT),
    P.DECLINED: (P.VACANT,),
    P.ACCEPTED: (P.LOST, P.VACANT),
    P.LOST: (P.VACANT,),
    P.OCCUPIED: (P.VACATED,),
}


# --- Authorisations -----------------------------------------------------------------------------------------------


@transaction.atomic
def add_authorisation(
    employer,
    *,
    by,
    kind: str,
    number: str,
    positions: int,
    valid_from: date,
    valid_until: date,
    applied_on: date | None = None,
) -> Authorisation:
    """Record a permission to hire abroad (LMIA, agreement to recruit …; domain.md 2.1). Effects: diary line."""
    Employer.objects.locked().get(pk=employer.pk)
    _refuse_bad_authorisation(positions, valid_from, valid_until, applied_on)
    authorisation = Authorisation.objects.create(
        employer=employer,
        kind=kind,
        number=number,
        positions=positions,
        applied_on=applied_on,
        valid_from=valid_from,
        valid_until=valid_until,
        created_by=by,
    )
    record(employer, by=by, what="authorisation_added", number=number)
    return authorisation


@transaction.atomic
def edit_authorisation(
    authorisation,
    *,
    by,
    version,
    kind: str,
    number: str,
    positions: int,
    valid_from: date,
    valid_until: date,
    applied_on: date | None = None,
    withdrawn_on: date | None = None,
) -> Authorisation:
    """Correct an authorisation, record its extension, or that the authority took it back (`withdrawn_on`).

    Never below the positions that its demands claim, nor off their dates. From `withdrawn_on` on it has lapsed: those
    who hold positions keep them, and nobody travels until it is renewed. Effects: diary line on the employer.
    """
    authorisation = Authorisation.objects.locked().get(pk=authorisation.pk)
    authorisation.expect_version(version)
    _refuse_bad_authorisation(positions, valid_from, valid_until, applied_on)
    if withdrawn_on and withdrawn_on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="withdrawn_on")
    if withdrawn_on and withdrawn_on < valid_from:
        raise RuleBroken(_("“Taken back” lies before “valid from”."), field="withdrawn_on")
    claimed = claimed_positions(authorisation)
    if positions < claimed:
        raise RuleBroken(_("Demands use %(count)d positions of it already.") % {"count": claimed}, field="positions")
    demands = authorisation.demands.filter(status__in=DEMAND.groups["claiming"])
    if demands.exists() and kind != authorisation.kind:
        raise RuleBroken(_("Demands stand on this authorisation: its kind cannot change."), field="kind")
    if demands.filter(starts_on__lt=valid_from).exists():
        raise RuleBroken(_("A demand on this authorisation starts earlier."), field="valid_from")
    if demands.filter(ends_on__gt=valid_until).exists():
        raise RuleBroken(_("A demand on this authorisation ends later."), field="valid_until")
    authorisation.kind, authorisation.number, authorisation.positions = kind, number, positions
    authorisation.valid_from, authorisation.valid_until = valid_from, valid_until
    taken_back = withdrawn_on is not None and withdrawn_on != authorisation.withdrawn_on
    authorisation.applied_on, authorisation.withdrawn_on = applied_on, withdrawn_on
    authorisation.write("kind", "number", "positions", "applied_on", "valid_from", "valid_until", "withdrawn_on")
    what = "authorisation_taken_back" if taken_back else "authorisation_edited"
    record(authorisation.employer, by=by, what=what, number=number)
    return authorisation


def _refuse_bad_authorisation(positions, valid_from, valid_until, applied_on):
    if positions < 1:
        raise RuleBroken(_("An authorisation covers 1 to 5,000 positions."), field="positions")
    if valid_until < valid_from:
        raise RuleBroken(_("“Valid until” lies before “valid from”."), field="valid_until")
    if applied_on and applied_on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="applied_on")
    if applied_on and applied_on > valid_until:
        raise RuleBroken(_("“Applied for” lies after “valid until”."), field="applied_on")


def claimed_positions(authorisation, *, but_not=None) -> int:
    """How many positions of an authorisation its demands claim together, from submission on."""
    demands = JobDemand.objects.claiming().filter(authorisation=authorisation)
    if but_not is not None:
        demands = demands.exclude(pk=but_not.pk)
    return demands.aggregate(all=Sum("positions"))["all"] or 0


# --- Demands ------------------------------------------------------------------------------------------------------


def next_number(year: int) -> str:
    """The next demand number of a year, such as `D-2026-0031`. Nobody else gets one until the commit."""
    prefix = f"D-{year}-"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('iomcase demand number'), %s)", [year])
    taken = JobDemand.objects.filter(number__regex=rf"^{prefix}\d+$")
    last = taken.aggregate(last=Max(Cast(Substr("number", len(prefix) + 1), IntegerField())))["last"] or 0
    return f"{prefix}{last + 1:04d}"


@transaction.atomic
def draft(employer, *, by, **terms) -> JobDemand:
    """Write down what an employer asks for, as a draft.

    `terms` are the columns named in TERMS. Checks: the employer is active and takes part in the programme, the site
    is its own, the terms meet the programme's minima at entry (domain.md 2.4), the authorisation fits when one is
    named already. Effects: the demand with its number, a diary line.
    """
    employer = Employer.objects.locked().get(pk=employer.pk)
    if employer.status != EmployerStatus.ACTIVE:
        raise RuleBroken(_("This employer is suspended: it brings no new demand."), code="suspended")
    demand = JobDemand(employer=employer, created_by=by, number=next_number(terms["season"].starts_on.year), **terms)
    _judge(demand)
    demand.save(force_insert=True)
    record(demand, by=by, what="demand_drafted", on=None)
    return demand


@transaction.atomic
def edit(demand, *, by, version, **terms) -> JobDemand:
    """Change a draft or a returned demand; Stale when somebody else did meanwhile. Effects: diary line."""
    demand = locked(demand, version)
    if demand.status not in DEMAND.groups["editable"]:
        raise RuleBroken(_("Only a draft or a returned demand can be changed."), code="not_editable")
    for name in terms.keys() & set(TERMS):
        setattr(demand, name, terms[name])
    _judge(demand)
    problem = rules.named_problem(demand.places.filter(named=True).count(), demand.positions)
    if problem:
        raise RuleBroken(problem, field="positions")
    demand.write(*(name for name in TERMS if name in terms))
    record(demand, by=by, what="demand_edited")
    return demand


def _judge(demand):
    """Raise RuleBroken for terms that no draft may have; what is only needed later is judged by the guards."""
    season, employer = demand.season, demand.employer
    if not employer.programmes.filter(pk=season.programme_id).exists():
        raise RuleBroken(_("This employer does not take part in that programme."), field="season")
    if not season.active:
        raise RuleBroken(_("This season is closed."), field="season")
    if demand.site.employer_id != employer.pk:
        raise RuleBroken(_("This site belongs to another employer."), field="site")
    if demand.requested_on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="requested_on")
    problems = problems_of(demand)
    if demand.language_level and not demand.language:
        problems.append(rules.Problem("language", _("Choose the language this level is of.")))
    criteria = rules.criteria_problem(demand.criteria)
    if criteria:
        problems.append(rules.Problem("criteria", criteria))
    if demand.authorisation_id:
        if demand.authorisation.employer_id != employer.pk:
            raise RuleBroken(_("This authorisation belongs to another employer."), field="authorisation")
        problem = authorisation_problem(demand)
        problems += [rules.Problem("authorisation", problem)] if problem else []
    if problems:
        first = problems[0]
        same = [p.message for p in problems if p.field == first.field]
        rest = [p.message for p in problems if p.field != first.field and p.message not in same]
        raise RuleBroken(" ".join([*same, *rest]), field=first.field, code="terms")


def problems_of(demand) -> list[rules.Problem]:
    """Everything that is wrong with the terms of a demand."""
    season = demand.season
    return rules.terms_problems(
        rules.Terms.of(demand),
        season_starts=season.starts_on,
        season_ends=season.ends_on,
        values=season.programme.rules(demand.starts_on),
        others=season.programme.rules_of_others(demand.starts_on),
    )


def authorisation_problem(demand) -> str | None:
    """Why the demand's authorisation does not carry it; None when it does or the programme needs none."""
    programme, held = demand.season.programme, demand.authorisation
    if not programme.authorisation_kind or held is None:
        return None
    return rules.authorisation_problem(
        kind=held.kind,
        valid_from=held.valid_from,
        valid_until=held.valid_until,
        wanted_kind=programme.authorisation_kind,
        kind_in_words=label("document", programme.authorisation_kind),
        starts_on=demand.starts_on,
        ends_on=demand.ends_on,
    )


def locked(demand, version=None) -> JobDemand:
    """The demand, locked and fresh, with season and programme; Stale when `version` is not the present one."""
    fresh = (
        JobDemand.objects.locked()
        .select_related("season__programme", "employer", "site", "authorisation")
        .get(pk=demand.pk)
    )
    if version is not None:
        fresh.expect_version(version)
    return fresh


def _move(demand, to, *, by, version=None, on=None, reason="", note="", **changes):
    """Lock the demand and its authorisation, judge, move. Guards and consequences stand in guards.py."""
    demand = locked(demand, version)
    if on is not None and on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="on")
    if demand.authorisation_id:
        # Two demands on one authorisation are judged one after the other.
        demand.authorisation = Authorisation.objects.locked().get(pk=demand.authorisation_id)
    demand.move_to(to, by=by, on=on, reason=reason, note=note, **changes)
    return demand


@transaction.atomic
def submit(demand, *, by, version) -> JobDemand:
    """Hand a draft in for review. Refused with everything that is missing (guards.py)."""
    return _move(demand, D.SUBMITTED, by=by, version=version, submitted_at=timezone.now(), submitted_by=by)


def _refuse_own(demand, by):
    """Whoever wrote a demand down or handed it in judges it in nothing (domain.md 6); two constraints stand behind."""
    if by.pk in {demand.created_by_id, demand.submitted_by_id}:
        raise RuleBroken(_("Nobody approves a demand of their own. Ask a colleague."), code="own_demand")


@transaction.atomic
def take_up(demand, *, by, version) -> JobDemand:
    """Begin the review; not of one's own demand."""
    fresh = locked(demand, version)
    _refuse_own(fresh, by)
    return _move(fresh, D.UNDER_REVIEW, by=by)


@transaction.atomic
def approve(demand, *, by, version) -> JobDemand:
    """Approve a demand under review.

    Nobody approves a demand of their own (domain.md 6). Effects: exactly as many Position rows as the demand has
    positions, numbered from 1 (the consequence in guards.py), diary line.
    """
    fresh = locked(demand, version)
    _refuse_own(fresh, by)
    return _move(fresh, D.APPROVED, by=by, approved_at=timezone.now(), approved_by=by)


@transaction.atomic
def return_for_correction(demand, *, by, version, reason: str, note: str = "") -> JobDemand:
    """Give a demand back to be corrected; `reason` is a code of the list “demand_return”."""
    return _move(demand, D.RETURNED, by=by, version=version, reason=reason, note=note)


@transaction.atomic
def reject(demand, *, by, version, reason: str, note: str = "") -> JobDemand:
    """Refuse a demand for good; `reason` is a code of the list “demand_rejection”."""
    return _move(demand, D.REJECTED, by=by, version=version, reason=reason, note=note)


@transaction.atomic
def open_demand(demand, *, by, version) -> JobDemand:
    """Open an approved demand: from now on its positions may be reserved.

    Later the demand opens and fills by itself, as its positions do.
    """
    demand = locked(demand, version)
    if demand.status != D.APPROVED:
        raise RuleBroken(_("Only an approved demand is opened."), code="illegal_move")
    return _move(demand, D.OPEN, by=by)


@transaction.atomic
def cancel(demand, *, by, version, reason: str, note: str = "") -> JobDemand:
    """Give a demand up before it is filled; `reason` is a code of the list “demand_cancellation”.

    Refused while a worker holds one of its positions.
    """
    return _move(demand, D.CANCELLED, by=by, version=version, reason=reason, note=note)


@transaction.atomic
def close(demand, *, by, version, reason: str = "", note: str = "") -> JobDemand:
    """Close a demand when its workers have gone home.

    One that was never filled is closed with a reason, a code of the list “demand_closing”: why the rest of its
    positions was given up. They stay vacant, for the reports to count.
    """
    return _move(demand, D.CLOSED, by=by, version=version, reason=reason, note=note)


def expire_lapsed(today: date) -> int:
    """Daily: approved demands whose authorisation has lapsed become expired. Returns how many.

    Of a demand that is open already somebody may hold a position: it stays as it is, takes nobody more and lets nobody
    travel until the authorisation is renewed (`renew`, `edit_authorisation`); letters say so (reminders.py).

    Each in a transaction of its own, so that one that fails does not hold up the rest; a demand somebody is working
    on is left for the next day.
    """
    expired = 0
    lapsed = JobDemand.objects.filter(
        status=D.APPROVED, authorisation__in=Authorisation.objects.lapsed_on(today).values("pk")
    )
    for pk in lapsed.values_list("pk", flat=True):
        with transaction.atomic():
            demand = lapsed.select_for_update(of=("self",), no_key=True, skip_locked=True).filter(pk=pk).first()
            if demand is not None:
                demand.move_to(D.EXPIRED, by=None, on=today)
                expired += 1
    return expired


# --- Positions ----------------------------------------------------------------------------------------------------


@transaction.atomic
def renew(demand, *, by, version, authorisation: Authorisation) -> JobDemand:
    """Put an open demand on another authorisation of its employer, because the one it stands on lapses or has lapsed.

    The new one must be of the programme's kind, valid through the dates of work and have positions left for all of
    them. Effects: diary lines on the demand and the employer; whoever holds a position may travel again.
    """
    demand = locked(demand, version)
    if demand.status not in DEMAND.groups["following"]:
        raise RuleBroken(_("Only an open demand is put on another authorisation."), code="not_open")
    held = Authorisation.objects.locked().get(pk=authorisation.pk)
    if held.employer_id != demand.employer_id:
        raise RuleBroken(_("This authorisation belongs to another employer."), field="authorisation")
    if held.pk == demand.authorisation_id:
        raise RuleBroken(_("The demand stands on this authorisation already."), field="authorisation")
    if held.is_lapsed:
        raise RuleBroken(_("This authorisation has lapsed itself."), field="authorisation")
    demand.authorisation = held
    problem = authorisation_problem(demand) or rules.authorisation_excess(
        authorised=held.positions, claimed=claimed_positions(held, but_not=demand), asked=demand.positions
    )
    if problem:
        raise RuleBroken(problem, field="authorisation")
    demand.write("authorisation")
    record(demand, by=by, what="demand_renewed", number=held.number)
    return demand


@transaction.atomic
def reserve(demand, *, by, on: date | None = None, person: int | None = None, number: int | None = None) -> Position:
    """Reserve a vacant position of a demand for a person (its key): the one that asks for them by name, else another.
    `number` asks for one certain position.

    A position that asks for somebody else by name is passed over until it is opened to others. Takes a position no one
    else is taking at this moment (SKIP LOCKED), so that a crowd does not queue behind the last one, and waits only for
    one that was asked for by number; then the demand itself, so that it cannot be cancelled meanwhile. Raises
    RuleBroken when the demand takes no workers, its authorisation has lapsed, or no position is left.
    """
    known = DEMAND.groups["following"]
    if JobDemand.objects.values_list("status", flat=True).get(pk=demand.pk) not in known:
        raise RuleBroken(_("This demand takes no workers now."), field="demand", code="not_open")
    vacant = Position.objects.filter(demand=demand).takeable_by(person)
    if number is not None:
        vacant = vacant.filter(number=number)
    place = vacant.select_for_update(of=("self",), no_key=True, skip_locked=number is None).first()
    if place is None:
        raise _nothing_left(demand)
    fresh = JobDemand.objects.locked().select_related("authorisation").get(pk=demand.pk)
    if fresh.status not in known:
        raise RuleBroken(_("This demand takes no workers now."), field="demand", code="not_open")
    if fresh.authorisation and fresh.authorisation.is_lapsed:
        raise RuleBroken(
            _("The authorisation of this demand has lapsed: nobody is selected until it is renewed."),
            field="demand",
            code="lapsed",
        )
    place.move_to(P.RESERVED, by=by, on=on)
    return place


def _nothing_left(demand) -> RuleBroken:
    named = Position.objects.filter(demand=demand, named=True, open_to_others_on__isnull=True).vacant().count()
    if not named:
        return RuleBroken(_("This demand has no vacant position left."), field="demand", code="no_vacancy")
    return RuleBroken(
        ngettext(
            "The %(count)d position left is for a worker asked for by name. Open it to others first.",
            "The %(count)d positions left are for workers asked for by name. Open one to others first.",
            named,
        )
        % {"count": named},
        field="demand",
        code="named_only",
    )


@transaction.atomic
def move_position(position, to: str, *, by, on: date | None = None, reason: str = "") -> Position:
    """Move a position (offered, accepted, occupied, vacated …) and let its demand's status follow."""
    place = Position.objects.locked().get(pk=position.pk)
    place.move_to(to, by=by, on=on, reason=reason)
    follow_positions(place.demand_id, by=by, on=on)
    return place


@transaction.atomic
def give_back(position, *, by, on: date | None = None, reason: str = "") -> Position:
    """Take a position back from whoever held it, by the way the table allows from where it stands.

    reserved → vacant · offered → declined → vacant · accepted → lost → vacant · occupied → vacated. A vacant or
    vacated position stays as it is. A named position that comes free is opened to others: the worker asked for had it.
    """
    place = Position.objects.locked().get(pk=position.pk)
    for status in _WAY_BACK.get(place.status, ()):
        opened = place.named and place.open_to_others_on is None and status == P.VACANT
        changes = {"open_to_others_on": on or timezone.localdate()} if opened else {}
        place.move_to(status, by=by, on=on, reason=reason or "given_back", **changes)
    follow_positions(place.demand_id, by=by, on=on)
    return place


@transaction.atomic
def follow_positions(demand_pk: int, *, by, on: date | None = None) -> None:
    """Let a demand's status follow its positions: open ↔ partly filled ↔ filled.

    A position counts from acceptance on, also after the worker went home. Locks the demand; does nothing before it
    is open and after it is over.
    """
    demand = JobDemand.objects.locked().get(pk=demand_pk)
    if demand.status not in DEMAND.groups["following"]:
        return
    given = demand.places.given().count()
    target = D.FILLED if given >= demand.positions else D.PARTLY_FILLED if given else D.OPEN
    if target != demand.status:
        demand.move_to(target, by=by, on=on)
