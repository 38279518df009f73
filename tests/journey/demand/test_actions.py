"""Demands and authorisations: every move, legal and illegal, and what each refuses."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from programmes.base.common.errors import RuleBroken, Stale
from programmes.journey.demand import actions
from programmes.journey.demand.states import DEMAND, POSITION, DemandStatus, PositionStatus
from programmes.models import Authorisation, CaseEvent, JobDemand, Position
from tests.factories.demand import AuthorisationFactory, JobDemandFactory, PositionFactory
from tests.factories.employers import EmployerFactory, SiteFactory
from tests.factories.rulebook import ProgrammeFactory, RuleValueFactory, SeasonFactory
from tests.factories.selection import take

pytestmark = pytest.mark.django_db
TODAY = date.today()


@pytest.fixture
def by(user_for):
    return user_for("liaison", language="en")


@pytest.fixture
def manager(user_for):
    return user_for("manager", language="en")


@pytest.fixture
def season(by):
    return SeasonFactory()


@pytest.fixture
def employer(season):
    return EmployerFactory(programmes=[season.programme])


@pytest.fixture
def site(employer):
    return SiteFactory(employer=employer)


def terms(season, site, **changes):
    return {
        "season": season,
        "site": site,
        "authorisation": None,
        "occupation": "9214",
        "positions": 8,
        "starts_on": TODAY + timedelta(30),
        "ends_on": TODAY + timedelta(200),
        "wage": Decimal("16.60"),
        "wage_currency": "CAD",
        "wage_unit": "hour",
        "hours_per_week": Decimal("45"),
        "terms": "",
        "requested_on": TODAY,
        **changes,
    }


def needing_lmia(season):
    season.programme.authorisation_kind = "lmia_approval"
    season.programme.save()
    return season


# --- Drafts -------------------------------------------------------------------------------------------------------


def test_draft_gets_the_next_number_of_the_year_of_its_season(by, employer, season, site):
    first = actions.draft(employer, by=by, **terms(season, site))
    second = actions.draft(employer, by=by, **terms(season, site))
    year = season.starts_on.year
    assert (first.number, second.number) == (f"D-{year}-0001", f"D-{year}-0002")
    assert (first.status, first.created_by, first.employer) == ("draft", by, employer)
    assert CaseEvent.objects.get(subject="demand", subject_id=first.pk).what == "demand_drafted"
    JobDemandFactory(number=f"D-{year}-9999")
    assert actions.draft(employer, by=by, **terms(season, site)).number == f"D-{year}-10000"
    assert actions.draft(employer, by=by, **terms(season, site)).number == f"D-{year}-10001"


def test_draft_refuses_a_suspended_employer(by, season):
    employer = EmployerFactory(status="suspended", programmes=[season.programme])
    with pytest.raises(RuleBroken, match="suspended"):
        actions.draft(employer, by=by, **terms(season, SiteFactory(employer=employer)))


@pytest.mark.parametrize(
    ("what", "field", "words"),
    [
        ("season", "season", "does not take part in that programme"),
        ("site", "site", "belongs to another employer"),
        ("authorisation", "authorisation", "belongs to another employer"),
    ],
)
def test_draft_refuses_what_belongs_to_others(by, employer, season, site, what, field, words):
    foreign = {"season": SeasonFactory, "site": SiteFactory, "authorisation": AuthorisationFactory}[what]()
    with pytest.raises(RuleBroken, match=words) as refusal:
        actions.draft(employer, by=by, **{**terms(season, site), what: foreign})
    assert refusal.value.field == field


def test_draft_refuses_a_closed_season_and_a_request_from_the_future(by, employer, season, site):
    with pytest.raises(RuleBroken, match="future"):
        actions.draft(employer, by=by, **terms(season, site, requested_on=TODAY + timedelta(1)))
    season.active = False
    with pytest.raises(RuleBroken, match="season is closed"):
        actions.draft(employer, by=by, **terms(season, site))


def test_draft_refuses_a_wage_below_the_minimum_at_entry(by, employer, season, site):
    RuleValueFactory(programme=season.programme, key="minimum_wage", value="CAD 17.00")
    with pytest.raises(RuleBroken, match=r"lowest wage of this programme is CAD 17\.00") as refusal:
        actions.draft(employer, by=by, **terms(season, site))
    assert refusal.value.field == "wage"
    assert not JobDemand.objects.exists()


def test_draft_refuses_an_authorisation_of_another_kind_or_time(by, employer, season, site):
    needing_lmia(season)
    held = AuthorisationFactory(employer=employer, kind="agreement_to_recruit")
    with pytest.raises(RuleBroken, match="of the kind"):
        actions.draft(employer, by=by, **terms(season, site, authorisation=held))
    held = AuthorisationFactory(employer=employer, valid_until=TODAY + timedelta(60))
    with pytest.raises(RuleBroken, match="lies outside"):
        actions.draft(employer, by=by, **terms(season, site, authorisation=held))


def test_edit_changes_only_a_draft_or_a_returned_demand(by, employer, season, site):
    demand = actions.draft(employer, by=by, **terms(season, site))
    actions.edit(demand, by=by, version=demand.version, **terms(season, site, positions=9))
    demand.refresh_from_db()
    assert (demand.positions, demand.version) == (9, 2)
    with pytest.raises(Stale):
        actions.edit(demand, by=by, version=1, **terms(season, site, positions=10))
    JobDemand.objects.filter(pk=demand.pk).update(status="submitted")
    demand.refresh_from_db()
    with pytest.raises(RuleBroken, match="Only a draft"):
        actions.edit(demand, by=by, version=demand.version, **terms(season, site))


# --- The way to approval ------------------------------------------------------------------------------------------


def test_the_whole_way_of_a_demand(by, manager, employer, season, site):
    held = AuthorisationFactory(employer=employer, positions=8)
    needing_lmia(season)
    demand = actions.draft(employer, by=by, **terms(season, site, authorisation=held))
    demand = actions.submit(demand, by=by, version=demand.version)
    demand = actions.take_up(demand, by=manager, version=demand.version)
    demand = actions.return_for_correction(
        demand, by=manager, version=demand.version, reason="terms_incomplete", note="Which housing?"
    )
    demand = actions.edit(demand, by=by, version=demand.version, **terms(season, site, authorisation=held, positions=7))
    demand = actions.submit(demand, by=by, version=demand.version)
    demand = actions.take_up(demand, by=manager, version=demand.version)
    assert not Position.objects.exists()
    demand = actions.approve(demand, by=manager, version=demand.version)
    assert list(Position.objects.order_by("number").values_list("demand", "number", "status")) == [
        (demand.pk, n, "vacant") for n in range(1, 8)
    ]
    demand = actions.open_demand(demand, by=by, version=demand.version)
    demand.refresh_from_db()
    assert demand.status == "open"
    moves = CaseEvent.objects.filter(subject="demand", kind="move").order_by("id").values_list("to_status", flat=True)
    assert list(moves) == [
        "submitted", "under_review", "returned", "submitted", "under_review", "approved", "open",
    ]  # fmt: skip


def test_submit_names_everything_that_is_missing(by, employer, season, site):
    demand = JobDemandFactory(employer=employer, site=site, season=season, positions=3)
    needing_lmia(season)
    RuleValueFactory(programme=season.programme, key="minimum_batch", value=5)
    RuleValueFactory(programme=season.programme, key="minimum_wage", value="CAD 18.00")
    type(employer).objects.filter(pk=employer.pk).update(status="suspended")
    with pytest.raises(RuleBroken, match="Not yet: 4 things are missing") as refusal:
        actions.submit(demand, by=by, version=demand.version)
    missing = {item.code: item for item in refusal.value.missing}
    assert set(missing) == {"employer", "terms:positions", "terms:wage", "authorisation"}
    assert missing["terms:wage"].href == f"/demands/{demand.public_id}/edit/#id_wage"
    assert all(item.href for item in missing.values())


def test_submit_refuses_more_positions_than_authorised_for_all_demands_together(by, employer, season, site):
    needing_lmia(season)
    held = AuthorisationFactory(employer=employer, positions=10)
    first, second = (
        JobDemandFactory(employer=employer, site=site, season=season, positions=6, authorisation=held) for _ in range(2)
    )
    actions.submit(first, by=by, version=first.version)
    with pytest.raises(RuleBroken, match="covers 10 positions; other demands use 6, so 4 are left"):
        actions.submit(second, by=by, version=second.version)
    first.refresh_from_db()
    actions.cancel(first, by=by, version=first.version, reason="no_work")
    actions.submit(second, by=by, version=second.version)


def test_a_lapsed_authorisation_approves_nothing(manager, season, employer, site):
    needing_lmia(season)
    starts = TODAY - timedelta(days=300)
    SeasonFactory._meta.model.objects.filter(pk=season.pk).update(starts_on=starts)
    season.refresh_from_db()
    held = AuthorisationFactory(employer=employer, valid_from=starts, valid_until=TODAY - timedelta(1))
    demand = JobDemandFactory(
        employer=employer, site=site, season=season, authorisation=held, status="under_review",
        starts_on=starts, ends_on=TODAY - timedelta(1),
    )  # fmt: skip
    with pytest.raises(RuleBroken, match="lapsed on"):
        actions.approve(demand, by=manager, version=demand.version)


def test_nobody_approves_a_demand_of_their_own(manager):
    demand = JobDemandFactory(status="under_review", created_by=manager)
    with pytest.raises(RuleBroken, match="Nobody approves a demand of their own"):
        actions.approve(demand, by=manager, version=demand.version)
    assert not Position.objects.exists()


@pytest.mark.parametrize("deed", ["return_for_correction", "reject", "cancel"])
def test_returning_rejecting_and_cancelling_need_a_reason(manager, deed):
    demand = JobDemandFactory(status="under_review")
    with pytest.raises(RuleBroken, match="reason") as refusal:
        getattr(actions, deed)(demand, by=manager, version=demand.version, reason="")
    assert refusal.value.field == "reason"


@pytest.mark.parametrize("deed", ["cancel", "close"])
def test_a_demand_does_not_end_under_somebody_who_holds_a_position(by, deed):
    demand = JobDemandFactory(status="filled" if deed == "close" else "open", positions=2)
    take(demand, "accepted")
    arguments = {"reason": "no_work"} if deed == "cancel" else {}
    with pytest.raises(RuleBroken, match="1 position is still held") as refusal:
        getattr(actions, deed)(demand, by=by, version=demand.version, **arguments)
    assert refusal.value.missing[0].href.endswith("#seats")


def test_close_when_everybody_went_home(by):
    demand = JobDemandFactory(status="filled", positions=1)
    take(demand, "vacated")
    assert actions.close(demand, by=by, version=demand.version).status == "closed"


def refuses_or_allows(machine, rows, source, make):
    """Try every move from `source` by SQL: the database's trigger and the table must agree."""
    for target in machine.states.values:
        if target == source:
            continue
        pk = make(source).pk
        if machine.allows(source, target):
            assert rows.filter(pk=pk).update(status=target) == 1
        else:
            with pytest.raises(DatabaseError, match="Invalid transition"), transaction.atomic():
                rows.filter(pk=pk).update(status=target)


@pytest.mark.parametrize("source", DemandStatus.values)
def test_the_table_of_moves_is_the_database_s_too(source):
    refuses_or_allows(DEMAND, JobDemand.objects, source, lambda status: JobDemandFactory(status=status, positions=1))


@pytest.mark.parametrize("source", PositionStatus.values)
def test_the_table_of_positions_is_the_database_s_too(source):
    def make(status):
        return PositionFactory(demand=JobDemandFactory(positions=1), status=status)

    refuses_or_allows(POSITION, Position.objects, source, make)


MOVING = {
    "submit": ("submitted", {"draft", "returned"}),
    "take_up": ("under_review", {"submitted"}),
    "approve": ("approved", {"under_review"}),
    "open_demand": ("open", {"approved"}),
    "close": ("closed", {"filled", "partly_filled"}),
    "cancel": ("cancelled", {"draft", "submitted", "under_review", "returned", "approved", "open", "partly_filled"}),
    "reject": ("rejected", {"under_review"}),
    "return_for_correction": ("returned", {"under_review"}),
}


@pytest.mark.parametrize("deed", MOVING)
def test_every_deed_from_every_state(manager, deed):
    target, sources = MOVING[deed]
    reason = {"reason": "other"} if deed in {"cancel", "close", "reject", "return_for_correction"} else {}
    for source in DemandStatus.values:
        demand = JobDemandFactory(status=source, positions=1)
        if source in sources:
            assert getattr(actions, deed)(demand, by=manager, version=demand.version, **reason).status == target
        else:
            with pytest.raises(RuleBroken, match=r"cannot become|Only an approved demand"):
                getattr(actions, deed)(demand, by=manager, version=demand.version, **reason)


# --- Positions ----------------------------------------------------------------------------------------------------


def test_the_demand_follows_its_positions(by):
    demand = JobDemandFactory(status="open", positions=2)

    def status():
        demand.refresh_from_db()
        return demand.status

    first, second = (actions.reserve(demand, by=by) for _ in range(2))
    assert (first.number, second.number, status()) == (1, 2, "open")
    for place in (first, second):
        actions.move_position(place, "offered", by=by)
    actions.move_position(first, "accepted", by=by)
    assert status() == "partly_filled"
    actions.move_position(second, "accepted", by=by)
    assert status() == "filled"
    actions.give_back(second, by=by, reason="visa")
    assert status() == "partly_filled"
    actions.give_back(first, by=by, reason="visa")
    assert status() == "open"
    assert set(Position.objects.values_list("status", flat=True)) == {"vacant"}


def test_a_position_that_was_occupied_stays_filled(by):
    demand = JobDemandFactory(status="filled", positions=1)
    place = take(demand, "occupied")
    actions.give_back(place, by=by)
    demand.refresh_from_db()
    place.refresh_from_db()
    assert (place.status, demand.status) == ("vacated", "filled")
    actions.give_back(place, by=by)
    place.refresh_from_db()
    assert place.status == "vacated"


def test_reserve_passes_over_a_position_somebody_is_taking(by):
    demand = JobDemandFactory(status="open", positions=2)
    take(demand, "reserved")
    assert actions.reserve(demand, by=by).number == 2


# --- Lapsed authorisations ----------------------------------------------------------------------------------------


def test_expire_lapsed_expires_only_approved_demands_with_a_lapsed_authorisation(by):
    held = AuthorisationFactory(valid_until=TODAY)
    lapsed = JobDemandFactory(status="approved", authorisation=held)
    running = JobDemandFactory(status="open", authorisation=held)
    other = JobDemandFactory(status="approved", authorisation=AuthorisationFactory())
    assert actions.expire_lapsed(TODAY) == 0
    assert actions.expire_lapsed(TODAY + timedelta(1)) == 1
    assert actions.expire_lapsed(TODAY + timedelta(1)) == 0
    for demand in (lapsed, running, other):
        demand.refresh_from_db()
    assert (lapsed.status, running.status, other.status) == ("expired", "open", "approved")
    assert CaseEvent.objects.get(subject="demand", to_status="expired").by is None


# --- Authorisations -----------------------------------------------------------------------------------------------


def test_an_authorisation_is_recorded_once(by, employer):
    facts = {
        "kind": "lmia_approval", "number": "8412345", "positions": 10,
        "valid_from": TODAY, "valid_until": TODAY + timedelta(300),
    }  # fmt: skip
    held = actions.add_authorisation(employer, by=by, **facts)
    assert (held.employer, held.created_by) == (employer, by)
    with pytest.raises(IntegrityError, match="authorisation_number_once"), transaction.atomic():
        actions.add_authorisation(employer, by=by, **facts)
    with pytest.raises(RuleBroken, match="lies before"):
        actions.add_authorisation(employer, by=by, **{**facts, "number": "2", "valid_until": TODAY - timedelta(1)})
    with pytest.raises(RuleBroken, match="1 to 5,000"):
        actions.add_authorisation(employer, by=by, **{**facts, "number": "2", "positions": 0})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"positions": 5}, "positions"),
        ({"kind": "agreement_to_recruit"}, "kind"),
        ({"valid_from": TODAY + timedelta(31)}, "valid_from"),
        ({"valid_until": TODAY + timedelta(100)}, "valid_until"),
    ],
)
def test_an_authorisation_is_not_cut_under_its_demands(by, season, changes, field):
    held = AuthorisationFactory()
    JobDemandFactory(status="submitted", season=season, positions=6, authorisation=held)
    facts = {name: getattr(held, name) for name in ("kind", "number", "positions", "valid_from", "valid_until")}
    with pytest.raises(RuleBroken) as refusal:
        actions.edit_authorisation(held, by=by, version=held.version, **{**facts, **changes})
    assert refusal.value.field == field
    actions.edit_authorisation(held, by=by, version=held.version, **{**facts, "positions": 6, "number": "new"})
    held.refresh_from_db()
    assert (held.positions, held.number) == (6, "new")


# --- The database behind the rules --------------------------------------------------------------------------------


def sql(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize(
    ("change", "constraint", "allowed"),
    [
        ("positions = 0", "demand_has_positions", "positions = 1"),
        ("positions = 2001", "demand_has_positions", "positions = 2000"),
        ("wage = 0", "demand_wage_is_positive", "wage = 0.01"),
        ("hours_per_week = 0", "demand_hours_in_range", "hours_per_week = 1"),
        ("hours_per_week = 80.1", "demand_hours_in_range", "hours_per_week = 80"),
        ("ends_on = starts_on - 1", "demand_ends_after_it_starts", "ends_on = starts_on"),
    ],
)
def test_the_database_refuses_impossible_terms(change, constraint, allowed):
    demand = JobDemandFactory()
    with pytest.raises(IntegrityError, match=constraint):
        sql(f"UPDATE programmes_jobdemand SET {change} WHERE id = %s", demand.pk)
    sql(f"UPDATE programmes_jobdemand SET {allowed} WHERE id = %s", demand.pk)


def test_the_database_refuses_impossible_authorisations():
    held = AuthorisationFactory()
    for change, constraint in (
        ("valid_until = valid_from - 1", "authorisation_ends_after_it_starts"),
        ("positions = 0", "authorisation_has_positions"),
        ("positions = 5001", "authorisation_has_positions"),
    ):
        with pytest.raises(IntegrityError, match=constraint):
            sql(f"UPDATE programmes_authorisation SET {change} WHERE id = %s", held.pk)
    sql("UPDATE programmes_authorisation SET valid_until = valid_from, positions = 1 WHERE id = %s", held.pk)
    assert Authorisation.objects.get().positions == 1


def test_the_season_of_a_demand_belongs_to_a_programme_of_the_employer(by, site, employer):
    other = SeasonFactory(programme=ProgrammeFactory())
    with pytest.raises(RuleBroken, match="does not take part"):
        actions.draft(employer, by=by, **terms(other, site))
