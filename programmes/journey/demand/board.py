"""What the page of one demand shows: terms, positions by status, who holds what and what they still lack.

Cases belong to a later room, so they are read through the reverse relations of the position.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from accounts.roles import Permission
from programmes.base.common.wording import money, number, short_day
from programmes.base.rulebook.codes import label
from programmes.journey.demand import clock, rules
from programmes.journey.demand.clock import Clock
from programmes.journey.demand.models import JobDemand, Position
from programmes.journey.demand.states import DEMAND, POSITION, PositionStatus
from programmes.journey.employers import fair
from programmes.journey.people.models import Person

P = PositionStatus
# Above this many positions a drawing of each one says nothing any more.
MOST_DRAWN = 60


@dataclass(frozen=True)
class Counts:
    """How many positions stand in each status."""

    by_status: dict[str, int]

    @property
    def total(self) -> int:
        """All positions."""
        return sum(self.by_status.values())

    @property
    def given(self) -> int:
        """Accepted, occupied or vacated."""
        return sum(self.by_status.get(status, 0) for status in POSITION.groups["given"])

    @property
    def vacant(self) -> int:
        """Free to be reserved."""
        return self.by_status.get(P.VACANT, 0)

    @property
    def is_drawn(self) -> bool:
        """Few enough to draw each."""
        return self.total <= MOST_DRAWN

    def drawn(self, tone: str) -> int:
        """How many boxes of one colour the drawing has."""
        return sum(count for status, count in self.by_status.items() if _BOXES[status] == tone)

    @property
    def boxes(self) -> list[int]:
        """Boxes from filled to free: done, waiting, accent, free."""
        return [self.drawn(tone) for tone in ("done", "waiting", "accent", "free")]

    @property
    def words(self) -> str:
        """`2 accepted, 1 reserved, 5 vacant`."""
        held = [(status, self.by_status[status]) for status in P.values if self.by_status.get(status)]
        return ", ".join(WORDS[status] % {"count": number(count), "n": count} for status, count in held)


TONES = {
    P.VACANT: "neutral", P.RESERVED: "active", P.OFFERED: "waiting", P.ACCEPTED: "done", P.OCCUPIED: "done",
    P.VACATED: "neutral", P.DECLINED: "problem", P.LOST: "problem",
}  # fmt: skip
# Each with its plural, because in Spanish the state agrees with the number: "5 vacantes".
WORDS = {
    P.VACANT: ngettext_lazy("%(count)s vacant", "%(count)s vacant", "n"),
    P.RESERVED: ngettext_lazy("%(count)s reserved", "%(count)s reserved", "n"),
    P.OFFERED: ngettext_lazy("%(count)s offered", "%(count)s offered", "n"),
    P.ACCEPTED: ngettext_lazy("%(count)s accepted", "%(count)s accepted", "n"),
    P.OCCUPIED: ngettext_lazy("%(count)s occupied", "%(count)s occupied", "n"),
    P.VACATED: ngettext_lazy("%(count)s vacated", "%(count)s vacated", "n"),
    P.DECLINED: ngettext_lazy("%(count)s declined", "%(count)s declined", "n"),
    P.LOST: ngettext_lazy("%(count)s lost", "%(count)s lost", "n"),
}
_BOXES = {
    P.VACANT: "free", P.RESERVED: "accent", P.OFFERED: "waiting", P.ACCEPTED: "done", P.OCCUPIED: "done",
    P.VACATED: "done", P.DECLINED: "free", P.LOST: "free",
}  # fmt: skip


def counts(demand: JobDemand) -> Counts:
    """Positions by status, in one query."""
    return Counts(dict(demand.places.order_by().values_list("status").annotate(count=Count("pk"))))


@dataclass(frozen=True)
class Figures:
    """What is said of a demand beside its own columns: the reader's rights over it, its clock, for how many vacant
    positions somebody is `proposed`, and how many positions of its authorisation are `claimed` by demands."""

    rights: frozenset[Permission]
    clock: Clock
    proposed: int
    claimed: int


def figures(demand: JobDemand, user, rights: Sequence[Permission], *, today: date) -> Figures:
    """The figures of a demand for this user; one statement."""
    proposed = Position.objects.vacant().filter(demand=OuterRef("pk"), proposals__status="open")
    claimed = JobDemand.objects.claiming().filter(authorisation=OuterRef("authorisation"))
    row = _beside(
        demand,
        **_reached(user, rights),
        **clock.columns(),
        proposed=_sum(proposed, "demand", Count("pk")),
        claimed=_sum(claimed, "authorisation", Sum("positions")),
    )
    return Figures(
        rights=_held(row, rights),
        clock=clock.read(demand, row, today=today),
        proposed=row["proposed"],
        claimed=row["claimed"],
    )


def rights_over(demand: JobDemand, user, rights: Sequence[Permission]) -> frozenset[Permission]:
    """Which of these rights the user holds over this demand; one query."""
    return _held(_beside(demand, **_reached(user, rights)), rights)


def _beside(demand, **columns) -> Mapping[str, Any]:
    row: Any = JobDemand.objects.filter(pk=demand.pk).order_by().values(**columns).get()
    return row


def _sum(found, each: str, figure) -> Coalesce:
    of_each = found.order_by().values(each).annotate(figure=figure).values("figure")
    return Coalesce(Subquery(of_each, output_field=IntegerField()), 0)


def _reached(user, rights: Sequence[Permission]) -> dict[str, Exists]:
    return {
        f"may_{right.value}": Exists(JobDemand.objects.reachable_by(user, right).filter(pk=OuterRef("pk")))
        for right in rights
    }


def _held(row: Mapping[str, Any], rights: Sequence[Permission]) -> frozenset[Permission]:
    return frozenset(right for right in rights if row[f"may_{right.value}"])


def told_positions(demand: JobDemand):
    """Positions with a story: held, or asked for by name."""
    return demand.places.exclude(status=P.VACANT, named=False)


def seats(positions: Iterable[Position], user) -> list[dict]:
    """Who holds or is wanted for each of these positions, and what an accepted worker still lacks; two queries.

    A worker whose case the reader may not see is counted and not named; so is one who is asked for by name.
    """
    positions = list(positions)
    selections: Any = Position._meta.get_field("selections").related_model
    cases = selections._meta.get_field("enrolment").related_model
    steps = cases._meta.get_field("steps").related_model
    lacking = steps.objects.filter(enrolment=OuterRef("enrolment"), done_at__isnull=True, kind="requirement")
    live = {
        held.position_id: held
        for held in selections.objects.filter(position__in=positions, released_on__isnull=True)
        .select_related("enrolment__person")
        .annotate(
            is_seen=Exists(cases.objects.visible_to(user).filter(pk=OuterRef("enrolment"))),
            lacks=_sum(lacking, "enrolment", Count("pk")),
        )
    }
    wanted = {place.wanted_id for place in positions if place.wanted_id}
    people = {person.pk: person for person in Person.objects.visible_to(user).filter(pk__in=wanted)} if wanted else {}
    return [_seat(place, live.get(place.pk), people) for place in positions]


def _seat(place: Position, held: Any, people: dict) -> dict:
    case = held.enrolment if held and held.is_seen else None
    wanted = people.get(place.wanted_id)
    holds = case is not None and wanted is not None and case.person_id == wanted.pk
    return {
        "number": place.number,
        "tone": TONES[place.status],
        "label": place.get_status_display(),
        "case": case,
        "named": place.named or bool(held and held.named),
        "is_named": place.named,
        "wanted": wanted,
        # A name that nobody matched yet is the employer's word; that of a matched person is for those who may see them.
        "wanted_name": "" if place.wanted_id else place.wanted_name,
        "is_for_another": place.named and not holds,
        "open_since": place.open_to_others_on,
        "is_vacant": place.status == P.VACANT,
        "since": held.selected_on if held else None,
        "lacks": held.lacks if case and place.status == P.ACCEPTED else None,
        "is_held": held is not None,
        "is_reserved": bool(case) and place.status == P.RESERVED,
        "is_offered": bool(case) and place.status == P.OFFERED,
    }


def notes(demand: JobDemand, found: Counts, *, proposed: int, can_renew: bool) -> list[dict]:
    """What must be said clearly on the demand: a lapsed authorisation, for how many free positions somebody is
    `proposed` (0 for whoever may not give them), housing."""
    said = []
    if proposed:
        words = ngettext(
            "%(count)d position came free; the next worker of the reserve list is proposed for it.",
            "%(count)d positions came free; the next workers of the reserve list are proposed for them.",
            proposed,
        ) % {"count": proposed}
        href = reverse("selection:shortlist", args=[demand.public_id])
        said.append({"tone": "waiting", "text": words, "href": href, "label": _("Decide")})
    held = demand.authorisation
    if held and held.is_lapsed and demand.status in DEMAND.groups["following"]:
        kept = found.total - found.by_status.get(P.VACANT, 0) - found.by_status.get(P.VACATED, 0)
        words = _("The authorisation %(number)s lapsed: it carried work until %(day)s.") % {
            "number": held.number,
            "day": short_day(held.last_day),
        }
        stays = ngettext(
            "%(count)d position is held and stays held; nobody travels and nobody is selected until it is renewed.",
            "%(count)d positions are held and stay held; nobody travels and nobody is selected until it is renewed.",
            kept,
        ) % {"count": kept}
        said.append(
            {
                "tone": "problem",
                "text": f"{words} {stays}",
                "href": reverse("demand:renew", args=[demand.public_id]) if can_renew else "",
                "label": _("Put on another authorisation"),
            }
        )
    if demand.status not in DEMAND.groups["over"]:
        applied_on = held.applied_on if held and held.applied_on else demand.requested_on
        months: Any = demand.season.programme.rules(demand.starts_on)["housing_inspection_months"]
        problem = rules.inspection_problem(demand.site.housing_inspected_on, applied_on, months)
        if problem:
            href = reverse("employers:detail", args=[demand.employer.public_id]) + "#sites-h"
            said.append({"tone": "waiting", "text": problem, "href": href, "label": _("Sites of the employer")})
    return said


def fair_recruitment(demand: JobDemand, found: Counts) -> dict[str, int] | None:
    """How many placed workers there are, of how many somebody asked how they were recruited, and how many are red;
    None, without a query, while nobody has been placed."""
    if not any(found.by_status.get(status) for status in (P.OCCUPIED, P.VACATED)):
        return None
    red = Q(placements__answers__answer=fair.Answer.NO, placements__answers__question__in=fair.RED)
    return demand.places.aggregate(
        placed=Count("placements", distinct=True),
        asked=Count("placements", filter=Q(placements__answers__isnull=False), distinct=True),
        red=Count("placements", filter=red, distinct=True),
    )


def deductions(demand: JobDemand) -> list[dict]:
    """What is taken off the wage, a line each, and the record behind it."""
    return [
        {
            "label": label("deduction", line.what),
            "value": f"{_how_much(line, demand)} {line.get_how_often_display()}",
            "line": line,
        }
        for line in demand.deductions.all()
    ]


def _how_much(line, demand) -> str:
    if line.amount is not None:
        return money(line.amount, demand.wage_currency)
    return _("%(count)s %% of the wage") % {"count": number(line.per_cent.normalize())}


def band(demand: JobDemand, found: Counts) -> dict:
    """The ink band of every page about this demand (components/identity_bar.html)."""
    filled = _("%(given)s of %(all)s accepted") % {"given": number(found.given), "all": number(demand.positions)}
    place = ", ".join(part for part in (demand.site.place, label("subdivision", demand.site.region)) if part)
    workers = f"{number(demand.positions)} × {label('isco', demand.occupation)}"
    cells = [
        {"label": _days(demand), "value": _hours(demand)},
        {"label": _("Wage"), "value": _wage(demand), "opt": True},
    ]
    if demand.authorisation:
        kind = label("document", demand.authorisation.kind)
        cells.append({"label": kind, "value": short_day(demand.authorisation.valid_until), "opt": True})
    cells.append({"label": capfirst(demand.get_status_display()), "value": filled})
    return {
        "label": _("Demand"),
        "name": demand.employer.name,
        "href": demand.get_absolute_url(),
        "number": demand.number,
        "line": " · ".join([place, workers]),
        "short": filled,
        "cells": cells,
        "phone": demand.employer.contact_phone,
    }


def _days(demand):
    return f"{short_day(demand.starts_on)} – {short_day(demand.ends_on)}"


def _hours(demand):
    return _("%(hours)s h a week") % {"hours": number(demand.hours_per_week.normalize())}


def _wage(demand):
    return f"{money(demand.wage, demand.wage_currency)} {demand.get_wage_unit_display()}"


def terms(demand: JobDemand) -> list[dict]:
    """The terms as facts."""
    site = demand.site
    return [
        {
            "label": _("Employer"),
            "value": demand.employer.name,
            "href": demand.employer.get_absolute_url(),
        },
        {"label": _("Programme and season"), "value": f"{demand.season.programme.name} · {demand.season.code}"},
        {"label": _("Site"), "value": str(site)},
        {"label": _("Occupation"), "value": label("isco", demand.occupation)},
        {"label": _("Occupation codes"), "value": _codes(demand)},
        {"label": _("Positions"), "value": number(demand.positions)},
        {"label": _("Work"), "value": _days(demand)},
        {"label": _("Hours"), "value": _hours(demand)},
        {"label": _("Wage"), "value": _wage(demand)},
        {"label": _("Housing"), "value": label("housing", demand.housing or site.housing)},
        {"label": _("Transport"), "value": label("transport", demand.transport)},
        {"label": _("Language at work"), "value": _language(demand)},
        {"label": _("Requested on"), "value": short_day(demand.requested_on)},
    ]


def _codes(demand) -> str:
    return " · ".join(part for part in (f"ISCO {demand.occupation}", demand.national_code) if part)


def _language(demand) -> str:
    level = label("language_level", demand.language_level)
    return ", ".join(part for part in (label("language", demand.language), level) if part)


def ground(demand: JobDemand, *, claimed: int) -> dict | None:
    """The authorisation as facts, with what demands leave of it; None when the programme needs none."""
    held, kind = demand.authorisation, demand.season.programme.authorisation_kind
    if held is None:
        return (
            {"title": label("document", kind), "rows": [{"label": _("Number"), "value": _("Not yet")}]}
            if kind
            else None
        )
    left = rules.positions_left(held.positions, claimed)
    return {
        "title": label("document", held.kind),
        "rows": [
            {
                "label": _("Number"),
                "value": held.number,
                "href": reverse("demand:edit_authorisation", args=[demand.employer.public_id, held.public_id]),
            },
            {
                "label": _("Valid"),
                "value": f"{short_day(held.valid_from)} – {short_day(held.last_day)}",
                "late": held.is_lapsed,
            },
            {
                "label": _("Positions"),
                "value": ngettext("%(all)s, %(left)s left", "%(all)s, %(left)s left", left)
                % {"all": number(held.positions), "left": number(left)},
            },
        ],
    }
