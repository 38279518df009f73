"""What must be true before a demand moves, and what follows; registered at start-up."""

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from programmes.base.common.errors import Missing
from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.guards import consequence, guard
from programmes.base.rulebook.codes import label
from programmes.journey.demand import actions, rules
from programmes.journey.demand.models import Position
from programmes.journey.demand.states import DemandStatus
from programmes.journey.employers.states import Status as EmployerStatus

D = DemandStatus

sentences.register(
    {
        "authorisation_added": gettext_lazy("recorded the authorisation {number}"),
        "authorisation_edited": gettext_lazy("changed the authorisation {number}"),
        "authorisation_taken_back": gettext_lazy("recorded that the authority took back the authorisation {number}"),
        "demand_renewed": gettext_lazy("put the demand on the authorisation {number}"),
        "demand_drafted": gettext_lazy("wrote down the demand"),
        "demand_edited": gettext_lazy("changed the demand"),
        "worker_named": gettext_lazy("asked for a worker by name (position {position})"),
        "worker_matched": gettext_lazy("said which worker position {position} asks for"),
        "position_opened": gettext_lazy("opened position {position} to others"),
        "position_generic": gettext_lazy("made position {position} generic"),
        "deduction_added": gettext_lazy("wrote down a deduction: {deduction}"),
        "deduction_removed": gettext_lazy("took away a deduction: {deduction}"),
    }
)
sentences.quote("deduction", lambda code: label("deduction", code))


@guard("demand", D.SUBMITTED, D.APPROVED, D.OPEN)
def employer_is_active(demand, *, to, on, by=None):
    """A suspended employer brings no demand."""
    if demand.employer.status != EmployerStatus.ACTIVE:
        yield Missing("employer", _("The employer is suspended"), demand.employer.get_absolute_url())


@guard("demand", D.SUBMITTED, D.APPROVED)
def terms_meet_the_minima(demand, *, to, on, by=None):
    """Terms meet the programme's minima, the dates its season and longest stay (domain.md 2.2 stage 4)."""
    href = reverse("demand:edit", args=[demand.public_id])
    for problem in actions.problems_of(demand):
        yield Missing(f"terms:{problem.field}", problem.message, f"{href}#id_{problem.field}", waits_for="employer")


@guard("demand", D.SUBMITTED, D.APPROVED, D.OPEN)
def authorised(demand, *, to, on, by=None):
    """An authorisation of the programme's kind, valid through the dates, with positions for all its demands."""
    kind = demand.season.programme.authorisation_kind
    if not kind:
        return
    href = reverse("demand:edit", args=[demand.public_id]) + "#id_authorisation"
    if demand.authorisation is None:
        words = label("document", kind)
        yield Missing("authorisation", _("An authorisation: %(kind)s") % {"kind": words}, href, waits_for="employer")
        return
    problem = actions.authorisation_problem(demand)
    if problem:
        yield Missing("authorisation", problem, href, waits_for="employer")
    if demand.authorisation.is_lapsed:
        day = date_format(demand.authorisation.last_day)
        yield Missing("lapsed", _("The authorisation lapsed on %(day)s.") % {"day": day}, href, waits_for="employer")
    excess = rules.authorisation_excess(
        authorised=demand.authorisation.positions,
        claimed=actions.claimed_positions(demand.authorisation, but_not=demand),
        asked=demand.positions,
    )
    if excess:
        yield Missing("authorised_positions", excess, href, waits_for="employer")


@guard("demand", D.CANCELLED, D.CLOSED)
def nobody_holds_a_position(demand, *, to, on, by=None):
    """A demand does not end under somebody who holds one of its positions."""
    held = demand.places.held().count()
    if held:
        words = ngettext(
            "%(count)d position is still held by a worker", "%(count)d positions are still held by workers", held
        ) % {"count": held}
        yield Missing("held", words, demand.get_absolute_url() + "#seats")


@consequence("demand", D.APPROVED)
def number_the_positions(demand, *, event, by):
    """Exactly as many positions as were asked for, numbered from 1, all vacant; named ones stand there already."""
    there = set(demand.places.values_list("number", flat=True))
    Position.objects.bulk_create(
        [
            Position(demand=demand, number=number, created_by=by)
            for number in range(1, demand.positions + 1)
            if number not in there
        ]
    )
