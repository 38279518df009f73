"""Workers abroad: a case on its way, a case at work, check-ins."""

from datetime import date, timedelta

import factory
from factory.django import DjangoModelFactory

from programmes.base.rulebook import codes, shipped
from programmes.models import CheckIn, Code, Placement
from tests.factories.demand import JobDemandFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.selection import SelectionFactory

TODAY = date.today()


def days(n: int) -> date:
    """The day `n` days from today."""
    return TODAY + timedelta(days=n)


def ship_codes(*lists: str) -> None:
    """The shipped entries of these code lists."""
    Code.objects.bulk_create([row for row in shipped.code_lists() if row.list in lists], ignore_conflicts=True)
    codes.forget()


def travelling_case(*, starts=-10, ends=170, departed=-12, season=None, authorisation=None, **fields):
    """A case on its way to an accepted position; `starts`, `ends`, `departed` are days from today."""
    case = EnrolmentFactory(
        status="travelling",
        planned_start=days(starts),
        planned_end=days(ends),
        departed_on=days(departed),
        **({"season": season} if season else {}),
        **fields,
    )
    demand = JobDemandFactory(
        status="open",
        season=case.season,
        starts_on=case.planned_start,
        ends_on=case.planned_end,
        authorisation=authorisation,
    )
    SelectionFactory(enrolment=case, demand=demand, position_status="accepted")
    return case


class PlacementFactory(DjangoModelFactory):
    """A worker at work for two months, for two more, on an occupied position. Give `case` for fields of the case."""

    class Meta:
        model = Placement

    class Params:
        first = -60
        last = 60
        case = factory.LazyFunction(dict)

    enrolment = factory.LazyAttribute(
        lambda o: EnrolmentFactory(
            **{
                "status": "active",
                "planned_start": days(o.first),
                "planned_end": days(o.last),
                "departed_on": days(o.first - 2),
                "arrived_on": days(o.first - 1),
                **o.case,
            }
        )
    )
    person = factory.LazyAttribute(lambda o: o.enrolment.person)
    position = factory.LazyAttribute(lambda o: occupied_position(o.enrolment))
    starts_on = factory.LazyAttribute(lambda o: days(o.first))
    ends_on = factory.LazyAttribute(lambda o: days(o.last))
    status = "started"


def occupied_position(case):
    """The position the case holds, or the first one of a new demand, occupied."""
    demand = JobDemandFactory(
        status="open",
        season=case.season,
        starts_on=case.planned_start or TODAY,
        ends_on=case.planned_end or days(100),
    )
    return SelectionFactory(enrolment=case, demand=demand, position_status="occupied").position


class CheckInFactory(DjangoModelFactory):
    """A call with a worker who is well."""

    class Meta:
        model = CheckIn

    placement = factory.SubFactory(PlacementFactory)
    enrolment = factory.LazyAttribute(lambda o: o.placement.enrolment)
    on = factory.LazyFunction(date.today)
    mode = "phone"
    wellbeing = "good"
