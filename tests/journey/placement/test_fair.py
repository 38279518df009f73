"""Fair recruitment (domain.md M09): the share of yes and what is red; asked about a recruiter and about a placement."""

from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from programmes.journey.employers import fair
from programmes.models import CaseEvent, PlacementAnswer, RecruiterAnswer
from tests.factories.employers import RecruiterFactory
from tests.factories.placement import TODAY, PlacementFactory, days, ship_codes
from tests.fixtures.matching import send

QUESTIONS = ["no_fee", "holds_passport", "free_to_leave", "contract_before_departure", "contract_as_offered"]
QUESTIONS += ["remedy_explained"]
ALL_YES = dict.fromkeys(QUESTIONS, "yes")


@pytest.mark.parametrize(
    ("changed", "share", "red"),
    [
        ({}, "100.0", ()),
        # A no that is not red lowers the share alone; so does what nobody knows.
        ({"contract_before_departure": "no"}, "83.3", ()),
        ({"remedy_explained": "unknown", "free_to_leave": "unknown"}, "66.7", ()),
        # Fee, passport, freedom to leave and substitution are red at five of six.
        *(({code: "no"}, "83.3", (code,)) for code in (*QUESTIONS[:3], "contract_as_offered")),
        # A fee that was given back whole cost the worker nothing.
        ({"no_fee": "refunded"}, "100.0", ()),
    ],
)
def test_the_score_is_the_share_of_yes_and_four_noes_are_red_regardless(changed, share, red):
    standing = fair.judge(QUESTIONS, ALL_YES | changed)
    assert (standing.share, standing.red) == (Decimal(share), red)


@given(st.dictionaries(st.sampled_from([*QUESTIONS, "asked_no_more"]), st.sampled_from(fair.Answer.values)))
def test_a_better_answer_never_lowers_the_share_nor_makes_it_red(answers):
    before = fair.judge(QUESTIONS, answers)
    assert 0 <= before.share <= 100
    for question in answers:
        after = fair.judge(QUESTIONS, answers | {question: "yes"})
        assert after.share >= before.share
        assert set(after.red) <= set(before.red)
        assert question not in after.red


@pytest.mark.django_db
def test_a_placement_is_asked_about_and_its_demand_says_what_is_red(client_for):
    ship_codes("fair_placement")
    placement = PlacementFactory()
    client = client_for("liaison", language="en", full_name="Ana Enlace")
    page, url = (reverse(f"placement:{name}", args=[placement.enrolment.public_id]) for name in ("detail", "fair"))
    shown = client.get(page).content.decode()
    assert "The worker holds the passport" in shown
    assert "Nobody has asked yet" in shown
    asked = {f"q_{code}": answer for code, answer in (ALL_YES | {"no_fee": "no"}).items()}
    wrong = {**asked, "q_no_fee": "yes", "fee": "1500", "currency": "GTQ", "on": TODAY.isoformat()}
    assert "no fee was charged" in send(client, url, **wrong).content.decode()
    assert send(client, url, **{**wrong, "on": days(2).isoformat(), "fee": ""}).status_code == 422
    assert send(client, url, **asked, fee="1500", currency="gtq", on=days(-3).isoformat()).status_code == 302
    fee = PlacementAnswer.objects.get(question="no_fee")
    assert (fee.fee, fee.currency, fee.on, fee.by) == (1500, "GTQ", days(-3), client.user)
    shown = client.get(page).content.decode()
    assert "83.3" in shown
    assert "Ana Enlace" in shown
    assert ">red<" in shown.replace("</svg>red", ">red").replace("red</span>", "red<")
    demand = client.get(placement.position.demand.get_absolute_url()).content.decode()
    assert "1 placement is red" in demand
    assert "Asked about 1 of 1 placement" in demand
    # The fee is given back: that answer alone has a new day, the diary has one line for each time.
    again = {**asked, "q_no_fee": "refunded", "fee": "1500", "currency": "GTQ", "on": days(-1).isoformat()}
    assert send(client, url, **again).status_code == 302
    assert set(PlacementAnswer.objects.values_list("on", flat=True)) == {days(-3), days(-1)}
    told = CaseEvent.objects.filter(what="fair_answered", enrolment=placement.enrolment).order_by("pk")
    assert [line.data["count"] for line in told] == [6, 1]
    assert "placement is red" not in client.get(placement.position.demand.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_a_recruiter_is_asked_about_by_the_office_that_keeps_it(client_for):
    ship_codes("fair_recruiter")
    agency = RecruiterFactory()
    url = reverse("employers:recruiter_fair", args=[agency.public_id])
    assert client_for("manager").get(url).status_code == 403
    liaison = client_for("liaison", language="en")
    old = {"version": "1", "q_no_fees": "yes", "on": TODAY.isoformat()}
    assert (
        send(liaison, url, q_no_fees="no", q_no_minors="yes", q_remedy="unknown", on=days(-1).isoformat()).status_code
        == 302
    )
    assert liaison.post(url, old).status_code == 409
    assert RecruiterAnswer.objects.count() == 3
    shown = liaison.get(agency.get_absolute_url()).content.decode()
    assert "It charges workers no fees" in shown
    assert "11.1" in shown
    assert "not asked" in shown
