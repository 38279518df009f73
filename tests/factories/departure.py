"""What a worker needs to travel, as the database would hold it: good papers by default."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import factory
from factory.django import DjangoModelFactory

from programmes.models import (
    Authorisation,
    Contract,
    Document,
    Employer,
    FlightGroup,
    FlightLeg,
    JobDemand,
    Medical,
    Orientation,
    Permit,
    Position,
    Selection,
    Site,
    TrainingSeat,
    TrainingSession,
    Trip,
)
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.rulebook import ProgrammeFactory, SeasonFactory
from tests.fixtures.accounts import make_office


def in_days(days):
    """A day from today."""
    return factory.LazyFunction(lambda: date.today() + timedelta(days=days))


class PaperFactory(DjangoModelFactory):
    """Shared: a paper of a case in documentation."""

    class Meta:
        abstract = True

    enrolment = factory.SubFactory(EnrolmentFactory, status="in_documentation")


class DocumentFactory(PaperFactory):
    """A verified passport that holds for five years. Give `status` and `expires_on`."""

    class Meta:
        model = Document

    person = factory.LazyAttribute(lambda o: o.enrolment.person)
    type = "passport"
    number = factory.Sequence(lambda n: f"P{n + 1000000}")
    issuer = "IGM"
    issued_on = in_days(-100)
    expires_on = in_days(5 * 365)
    status = "verified"


class MedicalFactory(PaperFactory):
    """Fit, for almost a year."""

    class Meta:
        model = Medical

    clinic = "Clínica del Valle"
    scheduled_on = in_days(-10)
    result_on = in_days(-8)
    valid_until = in_days(355)
    status = "fit"


class PermitFactory(PaperFactory):
    """An approved work permit from yesterday for a year."""

    class Meta:
        model = Permit

    type = "work_permit"
    application_number = "W300123456"
    lodged_on = in_days(-60)
    decided_on = in_days(-5)
    valid_from = in_days(-1)
    valid_until = in_days(364)
    status = "approved"


class ContractFactory(PaperFactory):
    """Version 1, signed by both. Give `selection`, which brings the case."""

    class Meta:
        model = Contract

    enrolment = factory.LazyAttribute(lambda o: o.selection.enrolment)
    language = "es"
    explained_on = in_days(-9)
    worker_signed_on = in_days(-9)
    employer_signed_on = in_days(-7)
    starts_on = factory.LazyAttribute(lambda o: o.enrolment.planned_start)
    ends_on = factory.LazyAttribute(lambda o: o.enrolment.planned_end)
    wage = "17.20"
    wage_currency = "CAD"
    wage_unit = "hour"
    hours_per_week = "45.0"
    status = "signed_all"


class OrientationFactory(PaperFactory):
    """Six hours of orientation last week."""

    class Meta:
        model = Orientation

    attended_on = in_days(-7)
    place = "Chimaltenango"
    hours = "6.0"
    language = "es"


class TripFactory(PaperFactory):
    """A booked flight on the planned first day."""

    class Meta:
        model = Trip

    carrier = "Avianca"
    flight = "AV640"
    origin = "GUA"
    destination = "YUL"
    departs_on = factory.LazyAttribute(lambda o: o.enrolment.planned_start)
    ticket_number = "134-2400123456"
    paid_by = "employer"


class FlightGroupFactory(DjangoModelFactory):
    """A group with one leg tomorrow at eight, Guatemala to Montréal."""

    class Meta:
        model = FlightGroup
        skip_postgeneration_save = True

    season = factory.SubFactory(SeasonFactory)
    name = factory.Sequence(lambda n: f"Montréal {n + 1}")
    first_day = in_days(1)

    @factory.post_generation
    def legs(self, create, extracted, **kwargs):
        clock = datetime.combine(self.first_day, time(8), ZoneInfo("America/Guatemala"))
        FlightLeg.objects.create(
            group=self, number=1, carrier="Avianca", flight="AV640", origin="GUA", destination="YUL",
            departs_at=clock, departs_zone="America/Guatemala",
            arrives_at=clock + timedelta(hours=7), arrives_zone="America/Toronto",
        )  # fmt: skip


class TrainingSessionFactory(DjangoModelFactory):
    """A session of three hours at eight o'clock this morning, with twenty places."""

    class Meta:
        model = TrainingSession

    programme = factory.SubFactory(ProgrammeFactory)
    office = factory.LazyFunction(lambda: make_office("GT-CHM"))
    title = factory.Sequence(lambda n: f"Orientación {n + 1}")
    place = "Chimaltenango"
    zone = "America/Guatemala"
    starts_at = factory.LazyAttribute(
        lambda o: datetime.combine(datetime.now(ZoneInfo(o.zone)).date(), time(8), ZoneInfo(o.zone))
    )
    hours = "3.0"
    languages = ("es",)
    places = 20
    modules = ("rights", "contract")


class TrainingSeatFactory(PaperFactory):
    """A place in a session of the case's own programme."""

    class Meta:
        model = TrainingSeat

    session = factory.SubFactory(TrainingSessionFactory, programme=factory.SelfAttribute("..enrolment.programme"))


def hold_position(enrolment, *, authorised=None, **terms):
    """Let a case hold an accepted position of a new demand with its own dates; returns the Selection.

    `terms` are fields of the demand; `authorised` (first day, last day) adds an authorisation.
    """
    number = JobDemand.objects.count() + 1
    office = enrolment.office
    employer = Employer.objects.create(office=office, name=f"Serres du Val {number}", country="CAN", sector="A")
    employer.programmes.add(enrolment.programme)
    site = Site.objects.create(employer=employer, name="Serre 1", place="Saint-Rémi")
    authorisation = None
    if authorised:
        authorisation = Authorisation.objects.create(
            employer=employer,
            kind="lmia_approval",
            number=f"LMIA-{number}",
            positions=5,
            valid_from=authorised[0],
            valid_until=authorised[1],
        )
    terms = {
        "starts_on": enrolment.planned_start,
        "ends_on": enrolment.planned_end,
        "wage": "17.20",
        "wage_currency": "CAD",
        "wage_unit": "hour",
        "hours_per_week": "45.0",
        **terms,
    }
    demand = JobDemand.objects.create(
        number=f"D-{number}",
        season=enrolment.season,
        employer=employer,
        site=site,
        authorisation=authorisation,
        occupation="9211",
        positions=3,
        requested_on=date.today(),
        status="open",
        **terms,
    )
    position = Position.objects.create(demand=demand, number=1, status="accepted")
    return Selection.objects.create(enrolment=enrolment, position=position, selected_on=date.today())
