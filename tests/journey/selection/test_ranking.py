"""The ranking: what counts, that the database adds up what the rule says, and that every candidate's place is told."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.journey.selection import rules
from programmes.journey.selection.ranking import ORDER, Ranking, candidates
from programmes.models import Enrolment, InterviewDay, TestResult
from tests.factories.demand import JobDemandFactory
from tests.factories.departure import DocumentFactory, MedicalFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.factories.rulebook import RequirementFactory, RuleValueFactory, SeasonFactory
from tests.factories.selection import SelectionFactory

TODAY = date.today()
WEIGHTS = rules.Weights(
    named=100, seasons=20, ready=15, occupation=20, experience=2, language=15, near=5, women=15, first_time=5
)
facts = st.builds(
    rules.Facts, seasons_here=st.integers(0, 40), years=st.integers(0, 60),
    **dict.fromkeys(
        ("named", "tests", "papers", "fit", "same_occupation", "related_occupation", "language", "near", "woman",
         "first_time"), st.booleans(),
    ),
)  # fmt: skip


@given(facts, st.sampled_from(["tests", "papers", "fit", "language", "near", "woman", "first_time", "named"]))
def test_one_thing_more_never_lowers_the_points_and_is_told(known, name):
    without = rules.Facts(**{**known.__dict__, name: False})
    also = rules.Facts(**{**known.__dict__, name: True})
    assert rules.total(also, WEIGHTS) > rules.total(without, WEIGHTS)
    more = {r.words for r in rules.weigh(also, WEIGHTS)} - {r.words for r in rules.weigh(without, WEIGHTS)}
    assert len(more) == 1


@given(facts)
def test_whoever_is_named_comes_before_whoever_is_not_but_brings_the_same(known):
    assert rules.total(rules.Facts(named=True), WEIGHTS) == WEIGHTS.named
    points = [reason.points for reason in rules.weigh(known, WEIGHTS)]
    assert points == sorted(points, reverse=True)
    assert all(points)


@given(facts, st.sampled_from(sorted(rules.Weights.__dataclass_fields__)))
def test_a_weight_of_nothing_leaves_its_reason_out(known, name):
    less = rules.Weights(**{**WEIGHTS.__dict__, name: 0})
    assert rules.total(known, less) <= rules.total(known, WEIGHTS)
    assert all(reason.points for reason in rules.weigh(known, less))


@pytest.mark.parametrize(
    ("women", "positions", "aimed_at", "sought"),
    [(0, 12, None, False), (0, 12, 0, False), (3, 12, 25, False), (2, 12, 25, True), (0, 1, 1, True)],
)
def test_women_are_sought_while_they_hold_less_than_the_share_aimed_at(women, positions, aimed_at, sought):
    assert rules.women_are_sought(women=women, positions=positions, aimed_at=aimed_at) is sought


def _world():
    """A demand that asks for a test, a passport and an exam; the employer had workers before; women are sought."""
    season = SeasonFactory()
    programme = season.programme
    RuleValueFactory(programme=programme, key="women_share", value=50)
    asked = {
        kind: RequirementFactory(programme=programme, kind=kind, code=code, stage=stage)
        for kind, code, stage in (
            ("test", "literacy", "rostered"), ("document", "passport", "ready_to_travel"),
            ("medical", "exam", "ready_to_travel"),
        )
    }  # fmt: skip
    demand = JobDemandFactory(status="open", season=season, positions=4, language="en")
    InterviewDay.objects.create(demand=demand, day=TODAY, place="Salón", subdivision="GT-04")
    before = JobDemandFactory(status="closed", employer=demand.employer, season=SeasonFactory(programme=programme))
    return demand, before, asked


def _candidate(demand, before, asked, n: int) -> Enrolment:
    """One of many: each bit of `n` is one thing that speaks for the candidate."""
    has = [bool(n >> bit & 1) for bit in range(8)]
    person = PersonFactory(
        sex="female" if has[0] else "male", occupation=["9214", "9211", "5120"][n % 3],
        experience_years=n % 15 or None, subdivision="GT-04" if has[1] else "GT-13",
    )  # fmt: skip
    case = EnrolmentFactory(season=demand.season, status="rostered", person=person)
    if has[2]:
        TestResult.objects.create(enrolment=case, requirement=asked["test"], taken_on=TODAY, passed=has[3])
    if has[4]:
        # Long enough only for some.
        last = demand.ends_on + timedelta(days=400 if has[5] else 20)
        DocumentFactory(enrolment=case, person=person, type="passport", status="verified", expires_on=last)
    if has[6]:
        last = demand.ends_on + timedelta(days=1 if has[5] else -1)
        MedicalFactory(enrolment=case, status="fit", valid_until=last)
    for _season in range((n % 5) if has[7] else 0):
        earlier = EnrolmentFactory(
            person=person, season=SeasonFactory(programme=demand.season.programme), status="closed",
            departed_on=TODAY - timedelta(300),
        )  # fmt: skip
        SelectionFactory(demand=JobDemandFactory(status="closed", employer=before.employer, season=earlier.season),
                         enrolment=earlier, position_status="vacated")  # fmt: skip
    return case


@pytest.mark.django_db
def test_the_database_adds_up_what_the_rule_says_and_orders_by_it(user_for):
    demand, before, asked = _world()
    for n in (0, 1, 7, 15, 20, 48, 63, 112, 127, 130, 200, 255):
        _candidate(demand, before, asked, n)
    wanted = _candidate(demand, before, asked, 2)
    wanted.person.languages = ["es", "en"]
    wanted.person.save()
    demand.places.filter(number=1).update(named=True, wanted=wanted.person)
    ranking = Ranking.of(demand)
    rows = list(ranking.ranked(candidates(user_for("liaison"), demand)).order_by(*ORDER).values("id", "points"))
    told = ranking.told(row["id"] for row in rows)
    assert [case.points for case in told] == [row["points"] for row in rows]
    assert [case.points for case in told] == [rules.total(case.speaks, ranking.weights) for case in told]
    assert [case.points for case in told] == sorted((case.points for case in told), reverse=True)
    assert told[0] == wanted
    assert {"The employer asks for this worker by name", "Speaks the language of the work"} <= {
        reason.words for reason in told[0].reasons
    }
    spoken = {words for case in told for words in (reason.words for reason in case.reasons)}
    assert {"Tests passed", "Papers valid long enough", "Medical exam valid long enough", "Same occupation",
            "Related occupation", "Lives in the department of the interview", "First season abroad",
            "A woman; there are fewer than the programme aims at"} <= spoken  # fmt: skip


@pytest.mark.django_db
def test_the_programme_says_what_counts(user_for):
    demand, before, asked = _world()
    case = _candidate(demand, before, asked, 112)
    RuleValueFactory(programme=demand.season.programme, key="rank_ready", value=0)
    RuleValueFactory(programme=demand.season.programme, key="rank_first_time", value=77)
    (told,) = Ranking.of(JobDemandFactory._meta.model.objects.get(pk=demand.pk)).told([case.pk])
    assert "First season abroad" in {reason.words for reason in told.reasons if reason.points == 77}
    assert not {reason.words for reason in told.reasons} & {"Tests passed", "Papers valid long enough"}
