"""What stands around employers and demands: associations, recruiters, licences, inspections, terms, names asked for."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from programmes.base.rulebook.models import Programme
from programmes.journey.demand.models import Deduction, JobDemand, Position
from programmes.journey.demand.states import DEMAND, DemandStatus, PositionStatus
from programmes.journey.employers.models import Employer, Site
from programmes.journey.employers.registry import (
    Association,
    AssociationMember,
    ComplianceEvent,
    Contact,
    Engagement,
    Inspection,
    Licence,
    Recruiter,
    SitePartner,
)
from programmes.journey.employers.states import Status as EmployerStatus
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status

D = DemandStatus
ASSOCIATIONS = {"CAN": "FERME", "ESP": "Unió de Pagesos"}
UNIONS = {"CAN": "TUAC Québec", "ESP": "CCOO Lleida"}
CONSULATES = {"GTM": "Consulado General de Guatemala", "COL": "Consulado General de Colombia"}
AGENCIES = {"GTM": ("Servicios Agrícolas del Altiplano", "Reclutamiento San Martín"), "COL": ("Agroempleo Quindío", "")}
TERMS = {
    "CAN": {
        "national_code": "85101", "housing": "employer_on_site", "transport": "employer_pays_all", "language": "fr",
        "language_level": "A1", "criteria": "Experiencia en cultivos de campo; trabajo de pie y al aire libre.",
    },
    "ESP": {
        "national_code": "9512", "housing": "employer_off_site", "transport": "employer_pays_journey", "language": "es",
        "criteria": "Experiencia en recolección de fruta.",
    },
}  # fmt: skip
DEDUCTIONS = {
    "CAN": (("housing", Decimal("30.00"), None, "week"), ("social_security", None, Decimal("6.40"), "pay")),
    "ESP": (("social_security", None, Decimal("6.47"), "month"), ("meals", Decimal("4.50"), None, "day")),
}
NAMES_ASKED_FOR = ("María Tzoc", "J. Pérez (hermano de Luis)")


def write_around(programme: Programme, liaison: User, manager: User, today: date) -> None:
    """Give the employers and demands of one programme what stands around them; some of it lapsed, some unsettled."""
    # Those that have it already were written by an earlier run: what was edited since stays as it is.
    employers = list(Employer.objects.filter(programmes=programme, licences__isnull=True).order_by("pk"))
    if not employers:
        return
    _registry(programme, employers, liaison, today)
    _compliance(programme, employers, liaison, today)
    _terms(programme, liaison, manager)
    _names(programme, liaison)


def _registry(programme: Programme, employers: list[Employer], liaison: User, today: date) -> None:
    country, office = programme.destination, employers[0].office
    name = ASSOCIATIONS[country]
    association, _new = Association.objects.get_or_create(
        country=country, name=name, defaults={"office": office, "created_by": liaison}
    )
    there = set(association.members.values_list("employer", flat=True))
    joined = today - timedelta(days=1500)
    AssociationMember.objects.bulk_create(
        AssociationMember(association=association, employer=employer, number=f"{n:04d}", joined_on=joined)
        for n, employer in enumerate(employers, start=1)
        if employer.pk not in there
    )
    Contact.objects.bulk_create(
        Contact(
            employer=employer, name=employer.contact_name, job="Responsable de personal", email=employer.contact_email
        )
        for employer in employers
    )
    Licence.objects.bulk_create(
        Licence(
            employer=employer, kind="employer_accreditation", number=f"ACR-{n + 1:05d}", country=country,
            valid_from=today - timedelta(days=600), valid_until=today + timedelta(days=(n * 37) % 400 - 30),
        )
        for n, employer in enumerate(employers)
    )  # fmt: skip
    first, second = AGENCIES[programme.origin]
    agency, made = Recruiter.objects.get_or_create(
        country=programme.origin, name=first,
        defaults={
            "office": office, "created_by": liaison,
            "checked_on": today - timedelta(days=90), "checked_result": "passed",
        },
    )  # fmt: skip
    if made:
        Licence.objects.create(
            recruiter=agency, kind="recruiter_licence", number="R-0217", country=programme.origin,
            valid_until=today + timedelta(days=40),
        )  # fmt: skip
        Licence.objects.create(
            recruiter=agency, kind="iris", country=programme.origin, valid_until=today + timedelta(days=500)
        )
        if second:
            Recruiter.objects.get_or_create(
                country=programme.origin, name=second, defaults={"office": office, "agent_of": agency}
            )
        Engagement.objects.bulk_create(
            Engagement(recruiter=agency, employer=employer, since=today - timedelta(days=400))
            for employer in employers[::4]
        )


def _compliance(programme: Programme, employers: list[Employer], liaison: User, today: date) -> None:
    sites = list(Site.objects.filter(employer__in=employers).order_by("pk"))
    Inspection.objects.bulk_create(
        Inspection(site=site, inspected_on=site.housing_inspected_on, inspector="Municipalidad")
        for site in sites
        if site.housing_inspected_on
    )
    consulate, union = CONSULATES[programme.origin], UNIONS[programme.destination]
    SitePartner.objects.bulk_create(
        [
            *(SitePartner(site=site, kind="consulate", name=consulate) for site in sites),
            *(SitePartner(site=site, kind="union", name=union) for site in sites[::2]),
        ]
    )
    events = []
    for n, employer in enumerate(employers):
        day = today - timedelta(days=20 + n % 200)
        if n % 3 == 0:
            events.append(ComplianceEvent(employer=employer, kind="visit", on=day, settled_on=day))
        if n % 7 == 2:
            settled = day + timedelta(days=6) if n % 2 else None
            note = "Calefacción insuficiente en dos habitaciones."
            events.append(ComplianceEvent(employer=employer, kind="complaint", on=day, note=note, settled_on=settled))
        if employer.status == EmployerStatus.SUSPENDED:
            events.append(ComplianceEvent(employer=employer, kind="suspension", on=day, created_by=liaison))
    ComplianceEvent.objects.bulk_create(events)


def _terms(programme: Programme, liaison: User, manager: User) -> None:
    demands = JobDemand.objects.filter(season__programme=programme, national_code="")
    new = list(demands.order_by("pk").values_list("pk", flat=True))
    demands = JobDemand.objects.filter(pk__in=new)
    terms, now = TERMS[programme.destination], timezone.now()
    handed_in = demands.exclude(status__in=[D.DRAFT])
    demands.filter(status=D.DRAFT).update(**terms)
    handed_in.filter(approved_by__isnull=True).exclude(
        status__in=[D.SUBMITTED, D.UNDER_REVIEW, D.RETURNED, D.REJECTED]
    ).update(**terms, submitted_by=liaison, submitted_at=now, approved_by=manager, approved_at=now)
    handed_in.filter(submitted_by__isnull=True).update(**terms, submitted_by=liaison, submitted_at=now)
    Deduction.objects.bulk_create(
        (
            Deduction(demand_id=pk, what=what, amount=amount, per_cent=share, how_often=how_often)
            for pk in new
            for what, amount, share, how_often in DEDUCTIONS[programme.destination]
        ),
        batch_size=2000,
    )


def _names(programme: Programme, liaison: User) -> None:
    """Two workers asked for by name where a demand is on its way to approval or takes workers."""
    for status in (D.SUBMITTED, D.UNDER_REVIEW, D.APPROVED, D.OPEN):
        demand = JobDemand.objects.filter(season__programme=programme, status=status, positions__gte=4).last()
        if demand is None or demand.places.filter(named=True).exists():
            continue
        roster = Enrolment.objects.filter(season=demand.season, status=Status.ROSTERED).order_by("pk")
        known = [case.person for case in roster.select_related("person")[:1]]
        asked = [(person.full_name, person) for person in known] + [(name, None) for name in NAMES_ASKED_FOR]
        free = list(demand.places.filter(status=PositionStatus.VACANT).order_by("number")[:2])
        if not free and demand.status not in DEMAND.groups["following"]:
            free = [Position(demand=demand, number=number, created_by=liaison) for number in (1, 2)]
        for place, (name, person) in zip(free, asked, strict=False):
            place.named, place.wanted_name, place.wanted = True, name, person
            place.save()
