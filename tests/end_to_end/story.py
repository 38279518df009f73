"""One season of one worker, told as steps: who does what on which page. Two tests walk it: over HTTP and in a browser.

The season lies in the past, because what has happened cannot be recorded in the future.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.urls import reverse

from programmes.base.rulebook import codes, shipped
from programmes.models import (
    Contract,
    Document,
    Employer,
    Enrolment,
    FollowUp,
    JobDemand,
    Medical,
    Permit,
    Person,
    PlanLine,
    Programme,
)
from tests.fixtures.accounts import make_office, make_user


@dataclass(frozen=True)
class Deed:
    """One form that one person sends: the page it stands on, the fields typed, and the page that links to it."""

    by: str
    page: str
    typed: dict = field(default_factory=dict)
    found_on: str = ""


class World:
    """The programme as it ships, three offices, a caseworker, a liaison and a manager."""

    def __init__(self, password: str | None = None):
        today = date.today()
        make_office("GT-CHM", name="Chimaltenango")
        make_office("CA-MTL", name="Montréal", time_zone="America/Toronto")
        shipped.load(today=today)
        codes.forget()
        self.programme = Programme.objects.get(code="gt-ca-agriculture")
        self.programme.offices.add(make_office("GT-CHM"))
        self.users = {
            "caseworker": make_user("caseworker", full_name="Carla Méndez", email="carla@example.org", password=password),
            "liaison": make_user("liaison", office="CA-MTL", full_name="Luc Tremblay", email="luc@example.org", password=password),
            "manager": make_user("manager", office="GT", full_name="Ana Beltrán", email="ana@example.org", password=password),
            "destination": make_user("manager", office="CA-MTL", full_name="Inès Roy", email="ines@example.org", password=password),
        }  # fmt: skip
        for user in self.users.values():
            user.language = "es"
            user.save()
        self.start, self.end = today - timedelta(days=200), today - timedelta(days=30)

    def day(self, offset: int) -> str:
        """ISO day, `offset` days after the first day of work (negative: before)."""
        return (self.start + timedelta(days=offset)).isoformat()

    @property
    def season(self):
        """The season in which the work lies."""
        return (
            self.programme.seasons.filter(starts_on__lte=self.start, ends_on__gte=self.end)
            .order_by("-starts_on")
            .first()
        )


def boxes(name: str, day: date) -> dict:
    """A day in three boxes."""
    return {f"{name}_0": str(day.day), f"{name}_1": str(day.month), f"{name}_2": str(day.year)}


def whole_season(world: World) -> Iterator[Deed]:
    """From an employer's demand and a registration in Guatemala to Québec, home, reintegration, closure and reopening."""
    yield from employers_demand(world)
    yield from registration(world)
    yield from preparation(world)
    yield from abroad(world)
    yield from home_again(world)


def employers_demand(world: World) -> Iterator[Deed]:
    """The liaison records who asks for whom; a manager approves."""
    yield Deed("liaison", reverse("employers:new"), {
        "name": "Serres du Val-Clair", "programmes": [str(world.programme.public_id)], "country": "CAN", "sector": "A",
        "registration": "QC-1182", "contact_name": "Marie Gagnon", "contact_email": "marie@serres.example",
    }, reverse("employers:list"))  # fmt: skip
    employer = Employer.objects.get()
    yield Deed("liaison", reverse("employers:add_site", args=[employer.public_id]), {
        "name": "Serre 4", "place": "Saint-Rémi", "region": "CA-QC", "housing": "employer_on_site",
    }, employer.get_absolute_url())  # fmt: skip
    yield Deed("liaison", reverse("demand:add_authorisation", args=[employer.public_id]), {
        "kind": "lmia_approval", "number": "LMIA-77120", "positions": "3", "valid_from": world.day(-60), "valid_until": world.day(400),
    }, employer.get_absolute_url())  # fmt: skip
    authorisation = employer.authorisations.get()
    yield Deed("liaison", reverse("demand:new") + f"?employer={employer.public_id}", {
        "season": str(world.season.public_id), "site": str(employer.sites.get().public_id), "occupation": "6113", "positions": "2",
        "starts_on": world.day(0), "ends_on": world.end.isoformat(), "wage": "16.60", "wage_currency": "CAD", "wage_unit": "hour",
        "hours_per_week": "45", "authorisation": str(authorisation.public_id), "requested_on": world.day(-50),
    }, employer.get_absolute_url())  # fmt: skip
    demand = JobDemand.objects.get()
    for by, deed in (("liaison", "submit"), ("destination", "review"), ("destination", "approve"), ("liaison", "open")):
        yield Deed(by, reverse(f"demand:{deed}", args=[demand.public_id]), {}, demand.get_absolute_url())


def registration(world: World) -> Iterator[Deed]:
    """The caseworker registers María with consent, opens the case, screens and tests her."""
    office = make_office("GT-CHM")
    yield Deed("caseworker", reverse("people:new"), {
        "purposes": ["case_management", "sharing_employer"], "mode": "written", "language": "cak", "witness": "",
        "given_on": world.day(-50), "expires_on": world.day(700), "office": str(office.pk),
        "given_names": "María", "first_surname": "Tzoc", "second_surname": "Caal", "sex": "female",
        **boxes("birth_date", date(1992, 3, 14)), "birth_precision": "day", "nationality": "GTM",
        "national_id": "2345 67899 0101", "phone": "+502 5555 0142", "subdivision": "GT-04", "municipality": "Patzún",
        "languages": ["cak", "es"], "education": "1", "occupation": "6113", "experience_years": "6", "dependants": "3",
        "emergency_name": "Marta Caal Tzoc", "emergency_relation": "hermana", "emergency_phone": "+502 5555 0177",
    }, reverse("enrolment:intake"))  # fmt: skip
    person = Person.objects.get()
    yield Deed("caseworker", reverse("enrolment:new", args=[person.public_id]), {
        "season": str(world.season.pk), "office": str(office.pk), "on": world.day(-50),
    }, person.get_absolute_url())  # fmt: skip
    case = Enrolment.objects.get()
    for requirement in world.programme.requirements.filter(stage="eligible", kind="check"):
        page = reverse("enrolment:tick", args=[case.public_id, requirement.public_id])
        yield Deed("caseworker", page, {"done_on": world.day(-49)}, case.get_absolute_url())
    yield move(case, "eligible", world.day(-48))
    for requirement in world.programme.requirements.filter(stage="rostered", kind="test"):
        page = reverse("enrolment:test", args=[case.public_id, requirement.public_id])
        yield Deed(
            "caseworker", page, {"taken_on": world.day(-47), "passed": "yes", "score": "80"}, case.get_absolute_url()
        )
    yield move(case, "rostered", world.day(-46))


def move(case, target: str, day: str, by: str = "caseworker", **typed) -> Deed:
    """A move of the case, on the page the case file leads to."""
    page = reverse("casefile:move", args=[case.public_id, target])
    return Deed(by, page, {"on": day, **typed}, case.get_absolute_url())


def preparation(world: World) -> Iterator[Deed]:
    """Selected by the liaison; then passport, papers, medical, permit, contract, orientation and ticket."""
    case, demand = Enrolment.objects.get(), JobDemand.objects.get()
    yield move(case, "selected", world.day(-40), "liaison", demand=str(demand.public_id))
    yield move(case, "in_documentation", world.day(-38), "liaison")
    papers = reverse("departure:documents", args=[case.public_id])
    args = [case.public_id]
    for requirement in world.programme.requirements.filter(kind="document"):
        page = reverse("departure:record", args=[*args, requirement.public_id])
        yield Deed("caseworker", page, {
            "number": f"GT{requirement.pk}778", "issuer": "IGM", **boxes("issued_on", world.start - timedelta(days=90)),
            **boxes("expires_on", world.end + timedelta(days=1500)),
        }, papers)  # fmt: skip
        paper = Document.objects.latest("id")
        yield Deed("caseworker", reverse("departure:verify", args=[*args, paper.public_id]), {}, papers)
    yield Deed(
        "caseworker",
        reverse("departure:medical", args=args),
        {"clinic": "Clínica Santa Ana", "scheduled_on": world.day(-30)},
        papers,
    )
    yield Deed("caseworker", reverse("departure:result", args=[*args, Medical.objects.get().public_id]), {
        "result": "fit", "result_on": world.day(-28), "valid_until": world.day(330),
    }, papers)  # fmt: skip
    permit_required = world.programme.requirements.get(kind="permit")
    yield Deed(
        "caseworker",
        reverse("departure:permit", args=[*args, permit_required.public_id]),
        {"application_number": "W30"},
        papers,
    )
    step = reverse("departure:permit_step", args=[*args, Permit.objects.get().public_id])
    yield Deed("caseworker", step, {"on": world.day(-29), "application_number": "W30551"}, papers)
    yield Deed("caseworker", step, {"on": world.day(-28), "biometrics_on": world.day(-25)}, papers)
    yield Deed("caseworker", step, {"on": world.day(-24)}, papers)
    yield Deed("caseworker", step, {
        "approved": "yes", "on": world.day(-15), **boxes("valid_from", world.start - timedelta(days=5)),
        **boxes("valid_until", world.end + timedelta(days=20)), "reason": "",
    }, papers)  # fmt: skip
    yield Deed("caseworker", reverse("departure:contract", args=args), {
        "starts_on": world.day(0), "ends_on": world.end.isoformat(), "wage": "16.60", "hours_per_week": "45",
    }, papers)  # fmt: skip
    contract = [*args, Contract.objects.get().public_id]
    yield Deed(
        "caseworker",
        reverse("departure:explain", args=contract),
        {"on": world.day(-14), "language": "cak", "explained_by": "Rosa Xoc", "given_on": world.day(-14)},
        papers,
    )
    yield Deed("caseworker", reverse("departure:worker_signs", args=contract), {"on": world.day(-14)}, papers)
    yield Deed("liaison", reverse("departure:employer_signs", args=contract), {"on": world.day(-12)}, papers)
    yield Deed("caseworker", reverse("departure:orientation", args=args), {
        "attended_on": world.day(-10), "place": "Chimaltenango", "hours": "6", "language": "cak",
    }, papers)  # fmt: skip
    yield Deed("caseworker", reverse("departure:trip", args=args), {
        "carrier": "Avianca", "flight": "AV 624", "origin": "GUA", "destination": "YUL", "departs_on": world.day(-1),
        "ticket_number": "134-2200445566", "paid_by": "employer", "cost": "690.00", "currency": "CAD",
    }, papers)  # fmt: skip
    yield move(case, "ready_to_travel", world.day(-5))


def abroad(world: World) -> Iterator[Deed]:
    """Departure, arrival, two contacts, the end of the season."""
    case = Enrolment.objects.get()
    yield move(case, "travelling", world.day(-1))
    yield move(case, "active", world.day(-1), "liaison", starts_on=world.day(0))
    placement = reverse("placement:detail", args=[case.public_id])
    check_in = reverse("placement:check_in", args=[case.public_id])
    yield Deed(
        "caseworker", check_in, {"on": world.day(4), "mode": "phone", "wellbeing": "good", "alone": True}, placement
    )
    yield Deed("liaison", check_in, {
        "on": world.day(18), "mode": "in_person", "wellbeing": "fair", "concerns": "Frío en el alojamiento; ya hay calefacción.",
    }, placement)  # fmt: skip
    yield Deed("caseworker", reverse("casefile:note", args=[case.public_id]), {
        "kind": "note_call", "on": world.day(60), "text": "La familia recibió el primer envío de dinero.",
    }, case.get_absolute_url())  # fmt: skip
    yield move(case, "ended", world.end.isoformat(), "liaison", hours_worked="1080", employer_rating="5", worker_rating="4",
               planned_return_on=(world.end + timedelta(days=3)).isoformat())  # fmt: skip


def home_again(world: World) -> Iterator[Deed]:
    """Return, reintegration with its plan and first follow-up, closure; the manager reopens and closes again."""
    case = Enrolment.objects.get()
    home = world.end + timedelta(days=3)
    yield move(
        case, "returned", home.isoformat(), departed_on=home.isoformat(), port="La Aurora", confirmed_by_means="phone"
    )
    yield move(case, "in_reintegration", (home + timedelta(days=2)).isoformat())
    plan = reverse("reintegration:detail", args=[case.public_id])

    def deed(name, **typed):
        return Deed("caseworker", reverse("reintegration:deed", args=[case.public_id, name]), typed, plan)

    yield deed("assess", on=(home + timedelta(days=4)).isoformat())
    yield Deed("caseworker", reverse("reintegration:plan", args=[case.public_id]), {
        "goals": "Quiero abrir una tienda de semillas con mi hermana.", "economic": "Capital semilla y curso de administración.",
        "social": "", "psychosocial": "",
    }, plan)  # fmt: skip
    yield Deed("caseworker", reverse("reintegration:line_new", args=[case.public_id]), {
        "dimension": "economic", "assistance": "@first", "description": "Estantes y primer inventario", "cost": "4500.00", "currency": "GTQ",
    }, plan)  # fmt: skip
    yield deed("agree", on=(home + timedelta(days=10)).isoformat())
    yield deed("implement", on=(home + timedelta(days=12)).isoformat())
    line = PlanLine.objects.get()
    yield Deed("caseworker", reverse("reintegration:deliver", args=[case.public_id, line.public_id]), {
        "on": (home + timedelta(days=20)).isoformat(),
    }, plan)  # fmt: skip
    assert FollowUp.objects.count() == 3
    yield move(
        case,
        "closed",
        date.today().isoformat(),
        reason="completed_support",
        outcome="La tienda abrió y vende desde junio.",
    )
    reopen = reverse("casefile:move", args=[case.public_id, "reopened"])
    yield Deed("manager", reopen, {"reason": "new_facts"}, case.get_absolute_url())
    yield move(
        case,
        "closed",
        date.today().isoformat(),
        "manager",
        reason="completed_support",
        outcome="La tienda sigue abierta.",
    )
