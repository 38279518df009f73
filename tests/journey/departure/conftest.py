"""A case in documentation in a programme that asks for five things before the worker may travel."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from programmes.base.rulebook import codes
from programmes.models import Requirement
from tests.factories.departure import hold_position
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.rulebook import CodeFactory, RequirementFactory, RuleValueFactory, SeasonFactory

TODAY = date.today()
FIVE = [
    ("document", "passport", "Passport"),
    ("medical", "medical_clearance", "Medical clearance"),
    ("permit", "work_permit", "Work permit"),
    ("contract", "employment_contract", "Contract signed by both"),
    ("orientation", "pdo", "Pre-departure orientation"),
]
TICKET = ("ticket", "air_ticket", "Air ticket")


@pytest.fixture(autouse=True)
def _fresh_labels():
    """Labels are kept by the process; each test has its own lists."""
    codes.forget()
    yield
    codes.forget()


@pytest.fixture(autouse=True)
def _english():
    """The tests quote English sentences."""
    with translation.override("en"):
        yield


@pytest.fixture
def by(user_for):
    """A caseworker."""
    return user_for("caseworker", language="en")


@pytest.fixture
def season(db):
    """A season of a programme with a lowest wage; the lists that the forms offer."""
    season = SeasonFactory()
    for name, code in (
        ("document", "passport"),
        ("document", "visa"),
        ("document", "birth_certificate"),
        ("document", "work_permit"),
        ("language", "es"),
        ("language", "kek"),
        ("visa_refusal", "incomplete"),
    ):
        CodeFactory(list=name, code=code)
    RuleValueFactory(programme=season.programme, key="minimum_wage", value="CAD 16.60")
    return season


@pytest.fixture
def require(season):
    """`require("document", "passport", "Passport")`: one more requirement to become ready to travel."""

    def require(kind, code, label=None, **fields) -> Requirement:
        labels = {"es": label or code, "en": label or code}
        fields.setdefault("stage", "ready_to_travel")
        return RequirementFactory(programme=season.programme, kind=kind, code=code, labels=labels, **fields)

    return require


@pytest.fixture
def case(season):
    """A case in documentation from in 30 days for about six months, without any requirement yet."""
    return EnrolmentFactory(
        season=season, status="in_documentation", registered_on=TODAY - timedelta(days=60), person__languages=["kek"]
    )


@pytest.fixture
def selection(case):
    """The position the case holds."""
    return hold_position(case)


@pytest.fixture
def five(require):
    """The five requirements, in order."""
    return [require(kind, code, label, order=order) for order, (kind, code, label) in enumerate(FIVE)]
