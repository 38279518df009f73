"""Contract substitution: every worsening of a term is caught, no improvement is; by the rule, the deed, the page and SQL."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from hypothesis import assume, given
from hypothesis import strategies as st

from programmes.base.common.errors import RuleBroken
from programmes.journey.departure import actions, rules
from programmes.journey.departure.rules import BENEFITS, DEDUCTIONS, JUDGED, Terms, substitutions
from programmes.models import CaseEvent, Contract
from tests.factories.departure import ContractFactory, hold_position
from tests.factories.enrolment import EnrolmentFactory

TODAY = date.today()
MONEY = st.decimals("0.01", "9999", places=2)
HOURS = st.decimals("1", "80", places=1)
MORE = st.decimals("0.01", "500", places=2)
TENTHS = st.decimals("0.1", "20", places=1)
UNITS = st.sampled_from(["hour", "day", "week", "month", "piece"])


@st.composite
def any_terms(draw):
    """Terms that the constraints of the table allow."""
    hours = draw(HOURS)
    return Terms(
        employer=draw(st.integers(1, 3)),
        wage=draw(MONEY),
        wage_currency=draw(st.sampled_from(["CAD", "EUR", "USD"])),
        wage_unit=draw(UNITS),
        hours_per_week=hours,
        longest_week=draw(st.none() | st.decimals(hours, "112", places=1)),
        longest_day=draw(st.none() | st.decimals("1", "16", places=1)),
        overtime_percent=draw(st.none() | st.integers(100, 500)),
        **{name: draw(st.decimals("0", "500", places=2)) for name in DEDUCTIONS},
        **{name: draw(st.booleans()) for name in BENEFITS},
    )


def longest_week(terms):
    """The most hours in a week that these terms mean."""
    return terms.longest_week or terms.hours_per_week


@st.composite
def worsened(draw, term):
    """Terms, and the same terms with this one made worse."""
    before = draw(any_terms())
    if term == "employer":
        return before, replace(before, employer=before.employer + draw(st.integers(1, 3)))
    if term == "wage":
        how = draw(st.sampled_from(["less", "another currency", "another unit", "more hours for the same week"]))
        if how == "another currency":
            return before, replace(before, wage_currency="GTQ", wage=before.wage * 100)
        if how == "another unit":
            before = replace(before, wage_unit=draw(st.sampled_from(["day", "piece"])))
            other = draw(UNITS.filter(lambda unit: unit != before.wage_unit))
            return before, replace(before, wage_unit=other, wage=before.wage * 100)
        if how == "more hours for the same week":
            before = replace(before, wage_unit=draw(st.sampled_from(["week", "month"])), longest_week=Decimal(112))
            return before, replace(before, hours_per_week=before.hours_per_week + draw(TENTHS))
        less = draw(st.decimals("0", before.wage, places=2))
        assume(less < before.wage)
        return before, replace(before, wage=less)
    if term == "hours_per_week":
        fewer = draw(st.decimals("0.1", before.hours_per_week, places=1))
        assume(fewer < before.hours_per_week)
        return before, replace(before, hours_per_week=fewer)
    if term == "longest_week":
        return before, replace(before, longest_week=longest_week(before) + draw(TENTHS))
    if term == "longest_day":
        before = replace(before, longest_day=before.longest_day or Decimal(8))
        return before, replace(before, longest_day=draw(st.none() | TENTHS.map(lambda more: before.longest_day + more)))
    if term == "overtime_percent":
        before = replace(before, overtime_percent=draw(st.integers(101, 500)))
        return before, replace(before, overtime_percent=draw(st.none() | st.integers(100, before.overtime_percent - 1)))
    if term in DEDUCTIONS:
        return before, replace(before, **{term: getattr(before, term) + draw(MORE)})
    return replace(before, **{term: True}), replace(before, **{term: False})


@st.composite
def improved(draw):
    """Terms, and terms that are at least as good in each and better in any number of them."""
    before = draw(any_terms())
    better = {}
    for name in DEDUCTIONS:
        better[name] = draw(st.decimals("0", getattr(before, name), places=2))
    for name in BENEFITS:
        better[name] = getattr(before, name) or draw(st.booleans())
    if draw(st.booleans()):
        better["longest_day"] = draw(st.decimals("1", before.longest_day or "16", places=1))
    if draw(st.booleans()):
        better["overtime_percent"] = draw(st.integers(before.overtime_percent or 100, 500))
    better["hours_per_week"] = draw(st.decimals(before.hours_per_week, longest_week(before), places=1))
    better["longest_week"] = draw(st.decimals(better["hours_per_week"], longest_week(before), places=1))
    # More hours for a wage by the week or month: the hour may not fall.
    by_the_week = before.wage_unit in {"week", "month"}
    raised = before.wage * (better["hours_per_week"] / before.hours_per_week if by_the_week else 1)
    better["wage"] = raised.quantize(Decimal("0.01"), "ROUND_CEILING") + draw(st.decimals("0", "500", places=2))
    return before, replace(before, **better)


@given(st.sampled_from(JUDGED).flatmap(lambda term: st.tuples(st.just(term), worsened(term))))
def test_every_worsening_of_a_term_is_caught(case):
    term, (before, after) = case
    assert term in substitutions(before, after)


@given(st.sampled_from(JUDGED).flatmap(worsened), improved())
def test_nothing_that_is_better_elsewhere_makes_up_for_it(worse, better):
    """Each term is judged by itself: what is caught stays caught when the other terms turn to the better."""
    before, after = worse
    caught = substitutions(before, after)
    same = [name for name in (*DEDUCTIONS, *BENEFITS) if getattr(before, name) == getattr(after, name)]
    good = {name: Decimal(0) if name in DEDUCTIONS else True for name in same}
    assert set(caught) == set(substitutions(before, replace(after, **good)))


@given(improved())
def test_no_improvement_is_caught(case):
    assert substitutions(*case) == []


@given(any_terms())
def test_what_stays_the_same_is_no_substitution(terms):
    assert substitutions(terms, terms) == []


@given(any_terms(), any_terms(), any_terms())
def test_three_versions_cannot_do_what_two_may_not(first, second, third):
    """Whatever is worse than the first is worse than a version between, or that one was worse already."""
    if substitutions(first, third):
        assert substitutions(first, second) or substitutions(second, third)


@pytest.mark.parametrize(
    ("before", "after", "rises"),
    [
        (("16.60", "hour", "45"), ("747.00", "week", "45"), 0),  # 45 × 16.60
        (("16.60", "hour", "45"), ("746.99", "week", "45"), -1),
        (("16.60", "hour", "45"), ("3237.00", "month", "45"), 0),  # 52 weeks in 12 months
        (("16.60", "hour", "45"), ("3236.99", "month", "45"), -1),
        (("700", "week", "40"), ("700", "week", "42"), -1),
        (("100", "day", "40"), ("101", "day", "40"), 1),
        (("100", "day", "40"), ("30", "hour", "40"), None),
        (("1", "piece", "40"), ("1", "piece", "48"), 0),
    ],
)
def test_pay_is_compared_by_the_hour_where_it_can_be(before, after, rises):
    one, other = (
        Terms(1, Decimal(wage), "CAD", unit, Decimal(hours)) for wage, unit, hours in (before, after)
    )  # fmt: skip
    assert rules.pay_rises(one, other) == rises


# --- The deed, the page, the database ---------------------------------------------------------------------------

GOOD = {
    "longest_week": Decimal(50), "longest_day": Decimal(9), "overtime_percent": 150, "deduct_housing": Decimal(30),
    **dict.fromkeys(BENEFITS, True),
}  # fmt: skip
WORSE = {
    "wage": "17.19", "wage_currency": "EUR", "wage_unit": "piece", "hours_per_week": "44", "longest_week": "50.5",
    "longest_day": "9.5", "overtime_percent": "149", **dict.fromkeys(DEDUCTIONS, "30.01"), **dict.fromkeys(BENEFITS, False),
}  # fmt: skip
GONE = {"longest_week": "60", "longest_day": None, "overtime_percent": None}


@pytest.fixture
def case(season):
    """A case in documentation."""
    return EnrolmentFactory(season=season, status="in_documentation")


@pytest.fixture
def selection(case):
    """Its position."""
    return hold_position(case)


def test_sql_refuses_what_the_rule_refuses(selection):
    ContractFactory(selection=selection, **GOOD)
    second = ContractFactory(selection=selection, contract_version=2, status="draft", **GOOD)
    for name, value in [*WORSE.items(), *GONE.items()]:
        with (
            pytest.raises(DatabaseError, match="may not be worse"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE programmes_contract SET {name} = %s WHERE id = %s", [value, second.pk])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE programmes_contract SET wage = 18, hours_per_week = 46, longest_week = 48, longest_day = 8,"
            " overtime_percent = 200, deduct_housing = 0 WHERE id = %s",
            [second.pk],
        )
        # 774.00 a week for 45 hours are 17.20 an hour.
        cursor.execute(
            "UPDATE programmes_contract SET wage = 774, wage_unit = 'week', hours_per_week = 45 WHERE id = %s",
            [second.pk],
        )


def test_deed_refuses_every_worse_term_and_names_it(case, user_for, selection):
    by = user_for("manager")
    actions.draft_contract(case, by=by, **GOOD)
    for name, value in [*WORSE.items(), *GONE.items()]:
        worse = value if value is None or isinstance(value, bool) else str(value)
        column = Contract._meta.get_field(name)
        with pytest.raises(RuleBroken) as refusal, transaction.atomic():
            actions.draft_contract(case, by=by, **{name: column.to_python(worse)})
        named = "wage" if name in {"wage_currency", "wage_unit"} else name
        assert refusal.value.field == named, name
    better = actions.draft_contract(case, by=by, wage=Decimal(19), longest_day=Decimal(8), deduct_housing=Decimal(0))
    assert (better.contract_version, better.gives_meals) == (2, True)


def test_deductions_come_from_the_demand_and_never_rise_above_it(case, user_for, selection):
    by, demand = user_for("manager"), selection.position.demand
    demand.deductions.create(what="housing", amount="130.00", how_often="month")
    demand.deductions.create(what="utilities", amount="5.00", how_often="week")
    demand.deductions.create(what="meals", per_cent="7", how_often="pay")
    demand.deductions.create(what="income_tax", per_cent="20", how_often="pay")
    for column, more in (("deduct_housing", "30.01"), ("deduct_other", "5.01"), ("deduct_transport", "0.01")):
        with pytest.raises(RuleBroken, match="More would be taken off") as refusal, transaction.atomic():
            actions.draft_contract(case, by=by, **{column: Decimal(more)})
        assert refusal.value.field == column
    contract = actions.draft_contract(case, by=by, deduct_meals=Decimal(50))
    assert [getattr(contract, name) for name in DEDUCTIONS] == [Decimal(30), 0, Decimal(50), 0, Decimal(5)]


def test_another_employer_after_departure_is_a_substitution(season, user_for):
    """Before departure a position given back takes its contract along; after it only a transfer changes the employer."""
    by = user_for("manager")
    case = EnrolmentFactory(season=season, status="travelling", departed_on=TODAY)
    first = hold_position(case)
    ContractFactory(selection=first)
    first.released_on, first.release_reason = TODAY, "the employer cancelled"
    first.write("released_on", "release_reason")
    hold_position(case, wage="30.00")
    with pytest.raises(RuleBroken, match="employer"), transaction.atomic():
        actions.draft_contract(case, by=by)
    type(case).objects.filter(pk=case.pk).update(departed_on=None)
    case.refresh_from_db()
    assert actions.draft_contract(case, by=by).contract_version == 2


def test_page_shows_the_substitution_side_by_side_and_stops_it(client_for, case, selection):
    ContractFactory(selection=selection, **GOOD)
    client = client_for("liaison", language="en")
    address = reverse("departure:contract", args=[case.public_id])
    form = client.get(address).context["form"]
    posted = {
        "key": str(form.initial["key"]), "starts_on": TODAY.isoformat(),
        "ends_on": (TODAY + timedelta(days=90)).isoformat(), "wage": "18", "hours_per_week": "45", "longest_week": "50",
        "longest_day": "10", "overtime_percent": "150", "deduct_housing": "30", "gives": [*BENEFITS[:-1]],
    }  # fmt: skip
    refused = client.post(address, posted)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "contract substitution" in page
    assert 'value="18"' in page
    shown = refused.context["compared"]()["rows"]
    assert [(row["turn"], row["before"], row["after"]) for row in shown] == [
        (-1, "9", "10"),
        (-1, "Yes", "No"),
        (1, "CAD 17.20 per hour", "CAD 18.00 per hour"),
    ]
    assert Contract.objects.count() == 1
    assert client.post(address, {**posted, "longest_day": "9", "gives": [*BENEFITS]}).status_code == 302
    second = Contract.objects.get(contract_version=2)
    page = client.get(reverse("departure:terms", args=[case.public_id, second.public_id])).content.decode()
    assert "Compared with version 1" in page
    assert "CAD 18.00 per hour" in page


@pytest.mark.parametrize(("given", "late"), [(-1, False), (0, False), (1, True)])
def test_contract_given_after_departure_is_marked_as_a_breach(client_for, user_for, season, given, late):
    departed = TODAY - timedelta(days=3)
    case = EnrolmentFactory(season=season, status="travelling", departed_on=departed)
    contract = ContractFactory(
        selection=hold_position(case), status="draft", explained_on=None, worker_signed_on=None, employer_signed_on=None
    )
    day = departed + timedelta(days=given)
    actions.explain_contract(
        contract, by=user_for("manager"), version=1, language="es", on=day, explained_by="Rosa Xoc", given_on=day
    )
    assert CaseEvent.objects.filter(what="contract_late").exists() is late
    page = client_for("caseworker", language="en").get(
        reverse("departure:terms", args=[case.public_id, contract.public_id])
    )
    assert ("a breach" in page.content.decode()) is late
    assert "Rosa Xoc" in page.content.decode()
