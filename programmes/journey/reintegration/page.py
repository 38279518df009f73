"""What the page of a reintegration shows: its stages, next step, lines, budget and follow-ups. It only reads."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common import wording
from programmes.base.rulebook.codes import label
from programmes.journey.reintegration import actions, rules
from programmes.journey.reintegration.models import FollowUp, PlanLine, Reintegration
from programmes.journey.reintegration.states import FOLLOW_UP, FollowUpStatus, Status

# The strip over the page: stage → the states that stand in it.
STAGES = [
    (gettext_lazy("Assessment"), {Status.OPENED}),
    (gettext_lazy("Plan"), {Status.ASSESSED, Status.PLAN_DRAFTED}),
    (gettext_lazy("Agreed"), {Status.PLAN_AGREED}),
    (gettext_lazy("Under way"), {Status.IN_IMPLEMENTATION}),
    (gettext_lazy("Completed"), {Status.COMPLETED}),
    (gettext_lazy("Monitoring"), {Status.IN_MONITORING}),
    (gettext_lazy("Closed"), {Status.CLOSED}),
]
# State → next deed: what it leads to, the words of its button, the state whose guards are asked.
NEXT = {
    Status.OPENED: ("assess", gettext_lazy("Record the assessment"), Status.ASSESSED),
    Status.ASSESSED: ("plan", gettext_lazy("Draft the plan"), Status.PLAN_DRAFTED),
    Status.PLAN_DRAFTED: ("agree", gettext_lazy("Record the agreement"), Status.PLAN_AGREED),
    Status.PLAN_AGREED: ("implement", gettext_lazy("Start to carry it out"), Status.IN_IMPLEMENTATION),
    Status.IN_IMPLEMENTATION: ("complete", gettext_lazy("Mark as completed"), Status.COMPLETED),
    Status.COMPLETED: ("monitor", gettext_lazy("Start the monitoring"), Status.IN_MONITORING),
    Status.PAUSED: ("resume", gettext_lazy("Go on"), None),
}
TONES = {
    FollowUpStatus.SCHEDULED: "neutral",
    FollowUpStatus.DUE: "waiting",
    FollowUpStatus.DONE: "done",
    FollowUpStatus.MISSED: "problem",
    FollowUpStatus.REFUSED: "neutral",
    FollowUpStatus.UNREACHABLE: "problem",
}


def stages(reintegration: Reintegration) -> list[dict]:
    """The strip: where the reintegration stands; a paused one stands where it was paused."""
    status = reintegration.status
    if status == Status.PAUSED:
        status = actions.stood_before_pause(reintegration)
    here = next(place for place, (_words, states) in enumerate(STAGES) if status in states)
    return [
        {"label": words, "state": "now" if place == here else "was" if place < here else ""}
        for place, (words, _states) in enumerate(STAGES)
    ]


def next_step(reintegration: Reintegration, follow_ups: list[FollowUp]) -> dict:
    """The outlined box: the next deed with what it misses, and the others."""
    case = reintegration.enrolment.public_id
    others = []
    if reintegration.status in actions.PLAN_OPEN and reintegration.status != Status.ASSESSED:
        others.append({"label": _("Change the plan"), "href": reverse("reintegration:plan", args=[case])})
    if reintegration.status not in {Status.PAUSED, Status.CLOSED}:
        others.append({"label": _("Pause"), "href": reverse("reintegration:deed", args=[case, "pause"])})
    if reintegration.status in NEXT:
        name, words, target = NEXT[reintegration.status]
        href = (
            reverse("reintegration:plan", args=[case])
            if name == "plan"
            else reverse("reintegration:deed", args=[case, name])
        )
        return {
            "title": Status(target).label.capitalize() if target else _("Reintegration goes on"),
            "do": words,
            "href": href,
            "missing": reintegration.missing_for(target) if target else [],
            "others": others,
        }
    waiting = [one for one in follow_ups if one.status not in FOLLOW_UP.groups["answered"]]
    if reintegration.status == Status.IN_MONITORING and waiting:
        return {
            "title": _("Follow-up after %(months)d months") % {"months": waiting[0].months},
            "do": _("Record the interview"),
            "href": reverse("reintegration:follow_up", args=[case, waiting[0].public_id]),
            "missing": [],
            "others": others,
        }
    return {}


def facts(reintegration: Reintegration, *, today: date) -> list[dict]:
    """The side column: the days that count, and whether the plan came in time."""
    enrolment = reintegration.enrolment
    rows: list[dict[str, Any]] = [
        {"label": _("State"), "value": reintegration.get_status_display().capitalize()},
        {"label": _("Opened on"), "value": wording.short_day(reintegration.opened_on)},
    ]
    if enrolment.returned_on:
        rows.insert(1, {"label": _("Returned on"), "value": wording.short_day(enrolment.returned_on)})
        deadline = rules.plan_deadline(enrolment.returned_on, enrolment.programme.deadlines()["plan"])
        late = (reintegration.agreed_on or today) > deadline
        open_or_late = reintegration.agreed_on is None or late
        if open_or_late and reintegration.status != Status.CLOSED:
            rows.append({"label": _("Plan to agree by"), "value": wording.short_day(deadline), "late": late})
    if reintegration.assessed_on:
        rows.append({"label": _("Assessed on"), "value": wording.short_day(reintegration.assessed_on)})
    if reintegration.agreed_on:
        in_time = not any(row.get("late") for row in rows)
        agreed = wording.short_day(reintegration.agreed_on)
        words = _("%(day)s, in time") if in_time else _("%(day)s, late")
        rows.append({"label": _("Plan agreed on"), "value": words % {"day": agreed}, "late": not in_time})
    return rows


def lines(reintegration: Reintegration, *, may: bool) -> list[dict]:
    """The plan's lines with what may be done with each."""
    editable = may and reintegration.status in actions.PLAN_OPEN
    deliverable = may and reintegration.status in {Status.PLAN_AGREED, Status.IN_IMPLEMENTATION}
    case = reintegration.enrolment.public_id
    rows = []
    for one in PlanLine.objects.filter(reintegration=reintegration):
        name = label("assistance", one.assistance)
        rows.append(
            {
                "line": one,
                "name": name,
                "change": reverse("reintegration:line", args=[case, one.public_id])
                if editable and not one.done_on
                else "",
                "deliver": reverse("reintegration:deliver", args=[case, one.public_id])
                if deliverable and not one.done_on
                else "",
            }
        )
    return rows


def budget(rows: list[dict]) -> list[dict]:
    """For each currency what the plan costs and what of it was delivered."""
    planned = rules.totals((row["line"].cost, row["line"].currency) for row in rows)
    spent = rules.totals((row["line"].cost, row["line"].currency) for row in rows if row["line"].done_on)
    return [
        {"currency": currency, "planned": total, "delivered": spent.get(currency, Decimal(0))}
        for currency, total in planned.items()
    ]


def calendar(reintegration: Reintegration, follow_ups: list[FollowUp], *, may: bool, today: date) -> list[dict]:
    """The follow-ups as a task list: when each is due, how it went, what the person answered."""
    case = reintegration.enrolment.public_id
    rows = []
    for one in follow_ups:
        answered = one.status in FOLLOW_UP.groups["answered"]
        late = not answered and one.due_on < today
        rows.append(
            {
                "tone": "problem" if late else TONES[one.status],
                "state": one.get_status_display().capitalize(),
                "title": _("After %(months)d months") % {"months": one.months},
                "note": _answers(one) if answered else "",
                "done_on": one.done_on,
                "due_on": None if answered else one.due_on,
                "waits_for": "",
                "href": "" if answered or not may else reverse("reintegration:follow_up", args=[case, one.public_id]),
                "do": _("Record"),
            }
        )
    return rows


def _answers(one: FollowUp) -> str:
    said = []
    if one.in_work is not None:
        said.append(_("in work") if one.in_work else _("not in work"))
    if one.able_to_stay is not None:
        said.append(_("feels able to stay") if one.able_to_stay else _("does not feel able to stay"))
    answers = ", ".join(said).capitalize()
    return ". ".join(part for part in (answers, one.summary) if part)
