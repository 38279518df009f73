"""Two whole files of one person, and the database as text, so that two moments can be compared."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from programmes.base.notifications import actions as letters
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.enrolment import steps
from programmes.models import (
    Batch,
    BatchRow,
    Draft,
    Enrolment,
    HouseholdMember,
    Identity,
    ListPreference,
    PersonAddress,
    PersonPhone,
    Photo,
    SavedView,
)
from tests.factories.departure import DocumentFactory, MedicalFactory
from tests.factories.enrolment import EnrolmentFactory, StepFactory
from tests.factories.people import ConsentFactory, PersonFactory
from tests.factories.placement import CheckInFactory, PlacementFactory, ship_codes
from tests.factories.reintegration import FollowUpFactory, PlanLineFactory, ReintegrationFactory
from tests.factories.returns import ReturnFactory
from tests.factories.rulebook import RequirementFactory, SeasonFactory

# What is only ever added to, and what says that a merge was made and undone.
APPENDED = ("programmes_caseevent", "programmes_merge", "pghistory_context")
DAY = date.today()


def dump() -> dict[str, list[str]]:
    """Every row of every table as text, the append-only ones apart."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall() if name not in APPENDED and not name.endswith("event")]
        found = {}
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t ORDER BY 1')
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


def changed(before: dict, after: dict) -> list[str]:
    """The tables in which two dumps differ."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def full_file(user, *, years: tuple[int, int], **fields):
    """A person with cases in two seasons and whatever hangs on a person or a case."""
    first, second = years
    person = PersonFactory(**fields)
    ConsentFactory(person=person, mode="oral", witness="Ana Coc")
    seasons = [SeasonFactory(code=f"{person.pk}-{year}") for year in years]
    old = {"person": person, "season": seasons[0], "planned_start": ago(first, 200), "planned_end": ago(first, 20)}
    plan = ReintegrationFactory(case=old | {"status": "in_reintegration"}, status="plan_drafted", returned=12)
    PlanLineFactory(reintegration=plan)
    FollowUpFactory(reintegration=plan)
    ReturnFactory(enrolment=plan.enrolment)
    DocumentFactory(enrolment=plan.enrolment)
    new = {"person": person, "season": seasons[1], "planned_start": ago(second, 60), "planned_end": ago(second, -60)}
    work = PlacementFactory(
        case=new | {"status": "active", "departed_on": ago(second, 62), "arrived_on": ago(second, 61)},
        starts_on=ago(second, 60), ends_on=ago(second, -60),
    )  # fmt: skip
    CheckInFactory(placement=work)
    MedicalFactory(enrolment=work.enrolment)
    DocumentFactory(enrolment=work.enrolment, type="visa")
    StepFactory(enrolment=work.enrolment, kind="check_in")
    closed = EnrolmentFactory(person=person, season=SeasonFactory(code=f"{person.pk}-x"), status="closed")
    enrolments.write_note(closed, by=user, text="Prefiere llamadas por la tarde.", kind="note", on=DAY)
    letters.queue(
        key=f"file:{person.pk}", to=user, kind="case_assigned", context={"case_number": closed.number},
        enrolment=closed, path="/",
    )  # fmt: skip
    Identity.objects.create(person=person, kind="passport", country="GTM", number=f"A{person.pk:08d}")
    PersonPhone.objects.create(person=person, kind="mobile", number=f"+5025555{person.pk % 10000:04d}")
    PersonAddress.objects.create(person=person, kind="home", country="GTM", municipality="Patzún")
    HouseholdMember.objects.create(person=person, relation="child", name="Luis", birth_year=2015)
    HouseholdMember.objects.create(person=PersonFactory(), relation="sibling", name="H.", other=person)
    Photo.objects.create(person=person, image=f"i{person.pk}", thumbnail=f"t{person.pk}", width=9, height=9, size=9)
    bookkeeping(user, person, new["season"])
    return person


def bookkeeping(user, person, season):
    """What else names the person or their cases: tags, a case that waits for papers, an import, a list, a draft."""
    Enrolment.objects.filter(person=person, status="active").update(tags=["priority"])
    # The paper is due before the next step of the state, so it is the next step of the case.
    waiting = EnrolmentFactory(
        person=person, season=SeasonFactory(code=f"{person.pk}-w"), status="eligible",
        planned_start=ago(0, -10), planned_end=ago(0, -100),
    )  # fmt: skip
    RequirementFactory(programme=waiting.programme, stage="rostered", kind="consent", code="photo")
    steps.renew(waiting, on=DAY)
    waiting.refresh_from_db()
    batch = Batch.objects.create(kind="people", office=person.office, created_by=user, total=2)
    for number, made in enumerate((person, waiting), start=2):
        BatchRow.objects.create(
            batch=batch, number=number, raw=[person.full_name], values={"name": person.full_name}, state="done",
            outcome="created", subject=made._meta.model_name, subject_id=made.pk, after=made.version,
        )  # fmt: skip
    view = SavedView.objects.create(
        created_by=user, listing="cases", name=f"Like {person.pk}", query=f"season={season.code}"
    )
    ListPreference.objects.get_or_create(user=user, listing="cases", defaults={"home": view, "columns": ["person"]})
    Draft.objects.create(user=user, page=f"/people/{person.public_id}/edit/", key=uuid4(), data={"given_names": ["M"]})


def ago(year: int, days: int) -> date:
    """So many days before today, in the year that lies `year` years back."""
    return DAY - timedelta(days=days + 365 * year)


@pytest.fixture
def two_files(user_for):
    """Two records of Marta Choc: other seasons, another spelling, each with facts the other lacks."""
    ship_codes("note_kind")
    user = user_for("manager", language="en")
    survivor = full_file(
        user, years=(1, 0), given_names="Marta", first_surname="Choc", second_surname="Cucul", national_id="",
        languages=["es", "kek"], birth_date=date(1990, 4, 5), phone="",
    )  # fmt: skip
    absorbed = full_file(
        user, years=(3, 2), given_names="Martha", first_surname="Choc", second_surname="Cucul",
        national_id="2345678901601", languages=["kek", "en"], birth_date=date(1990, 5, 4), email="marta@example.org",
    )  # fmt: skip
    for person in (survivor, absorbed):
        person.refresh_from_db()
    assert Enrolment.objects.filter(person__in=[survivor, absorbed]).count() == 8
    return user, survivor, absorbed
