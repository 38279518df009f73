"""Every move of a case as the case file offers it: its words, what the form asks, which deed it is, who may do it.

The table of legal moves is enrolment/states.py; this one only says through which door each is made. A move whose
facts belong to a later room goes through that room's deed; the others through `enrolment.actions.move`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.desk.casefile import actions as casefile
from programmes.desk.casefile.forms import CloseForm, ReopenForm, VoidForm
from programmes.journey.departure import actions as departure
from programmes.journey.departure import forms as departure_forms
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.enrolment.forms import OnForm, ReasonForm
from programmes.journey.enrolment.states import Status
from programmes.journey.placement import actions as placement
from programmes.journey.placement import forms as placement_forms
from programmes.journey.recall import actions as recall
from programmes.journey.recall import forms as recall_forms
from programmes.journey.reintegration import actions as reintegration
from programmes.journey.reintegration import forms as reintegration_forms
from programmes.journey.returns import actions as returns
from programmes.journey.returns import forms as returns_forms
from programmes.journey.selection import actions as selection
from programmes.journey.selection import forms as selection_forms

S = Status
CASE = frozenset({Permission.CASE_EDIT})
BOTH = frozenset({Permission.CASE_EDIT, Permission.CASE_MATCH})


@dataclass(frozen=True)
class Move:
    """One way on: the verb on its button, its form, its deed, and the rights of which one is enough."""

    do: Promise
    form: type
    deed: Callable[..., Any]
    permissions: frozenset[Permission]
    # Needs nothing but its day and perhaps a reason, so that it can be made for many cases at once.
    is_plain: bool = False

    def allowed_to(self, user, enrolment) -> bool:
        """Whether one of the rights reaches the case; where the case stands is the state machine's matter."""
        held = [permission for permission in self.permissions if user.may(permission)]
        return bool(held) and enrolment.is_reached_by(user, *held)


def plain(target: str) -> Callable[..., Any]:
    """The deed of a move that needs no facts of another room."""

    def deed(enrolment, *, by, **facts):
        return enrolments.move(enrolment, target, by=by, **facts)

    return deed


def reasons(code_list: str) -> type:
    """A form whose reason is chosen from a code list."""
    return type("ReasonForm", (ReasonForm,), {"code_list": code_list})


def step(do: Promise, target: str, form: type = OnForm, permissions=CASE, deed=None) -> Move:
    """A move with the usual form and rights."""
    return Move(do=do, form=form, deed=deed or plain(target), permissions=permissions, is_plain=deed is None)


# By target; a pair (source, target) goes before the target alone.
MOVES: dict[Any, Move] = {
    S.ELIGIBLE: step(_("Mark as eligible"), S.ELIGIBLE),
    S.INELIGIBLE: step(_("Mark as ineligible"), S.INELIGIBLE, reasons("ineligibility")),
    S.WAITLISTED: step(_("Put on the waiting list"), S.WAITLISTED),
    S.REGISTERED: step(_("Screen again"), S.REGISTERED),
    S.ROSTERED: step(_("Put on the roster"), S.ROSTERED),
    S.SUSPENDED: step(_("Suspend"), S.SUSPENDED, reasons("suspension")),
    S.SELECTED: step(_("Select for a position"), S.SELECTED, selection_forms.SelectForm, BOTH, selection.select),
    (S.SELECTED, S.ROSTERED): step(
        _("Give the position back"), S.ROSTERED, selection_forms.ReleaseForm, BOTH, selection.release
    ),
    (S.IN_DOCUMENTATION, S.ROSTERED): step(
        _("Give the position back"), S.ROSTERED, selection_forms.ReleaseForm, BOTH, selection.release
    ),
    (S.SELECTED, S.IN_DOCUMENTATION): step(
        _("Record that the offer was accepted"), S.IN_DOCUMENTATION, selection_forms.AcceptForm, BOTH, selection.accept
    ),
    S.IN_DOCUMENTATION: step(_("Apply again"), S.IN_DOCUMENTATION),
    (S.READY_TO_TRAVEL, S.IN_DOCUMENTATION): step(
        _("Back to documentation"), S.IN_DOCUMENTATION, reasons("back_to_documents")
    ),
    S.READY_TO_TRAVEL: step(_("Mark ready to travel"), S.READY_TO_TRAVEL),
    S.REFUSED: step(_("Visa refused"), S.REFUSED, departure_forms.RefuseForm, CASE, departure.refuse),
    S.UNFIT: step(_("Medically unfit"), S.UNFIT, departure_forms.UnfitForm, CASE, departure.declare_unfit),
    S.TRAVELLING: step(_("Record the departure"), S.TRAVELLING, departure_forms.DepartForm, CASE, departure.depart),
    S.NO_SHOW: step(_("Did not show up"), S.NO_SHOW, reasons("no_show")),
    S.ACTIVE: step(_("Confirm the arrival"), S.ACTIVE, placement_forms.ArriveForm, BOTH, placement.confirm_arrival),
    (S.LEFT_EMPLOYMENT, S.ACTIVE): step(
        _("Back at work"), S.ACTIVE, placement_forms.ResumeForm, BOTH, placement.resume
    ),
    (S.ENDED, S.ACTIVE): step(_("Back at work"), S.ACTIVE, placement_forms.ResumeForm, BOTH, placement.resume),
    (S.ENDED_EARLY, S.ACTIVE): step(_("Back at work"), S.ACTIVE, placement_forms.ResumeForm, BOTH, placement.resume),
    S.TURNED_BACK: step(_("Turned back at the border"), S.TURNED_BACK, reasons("turned_back"), BOTH),
    S.ENDED: step(_("End the season"), S.ENDED, placement_forms.EndForm, BOTH, placement.end_season),
    S.ENDED_EARLY: step(_("End early"), S.ENDED_EARLY, placement_forms.EndEarlyForm, BOTH, placement.end_early),
    S.LEFT_EMPLOYMENT: step(
        _("Left the employer"), S.LEFT_EMPLOYMENT, placement_forms.LeaveForm, BOTH, placement.leave
    ),
    S.WHEREABOUTS_UNKNOWN: step(_("Whereabouts unknown"), S.WHEREABOUTS_UNKNOWN, OnForm, BOTH),
    S.STATUS_CHANGED: step(_("Stays lawfully on another status"), S.STATUS_CHANGED, OnForm, BOTH),
    S.DECEASED: step(_("Record the death"), S.DECEASED, reasons("death")),
    S.RETURNED: step(_("Confirm the return"), S.RETURNED, returns_forms.ReturnForm, BOTH, returns.confirm_return),
    S.RETURN_OVERDUE: step(_("Mark the return as overdue"), S.RETURN_OVERDUE, OnForm, BOTH),
    S.RECALL_OFFERED: step(_("Offer a recall"), S.RECALL_OFFERED, recall_forms.OfferForm, BOTH, recall.offer),
    S.IN_REINTEGRATION: step(
        _("Start reintegration"),
        S.IN_REINTEGRATION,
        reintegration_forms.StartForm,
        frozenset({Permission.REINTEGRATION_EDIT, Permission.CASE_REOPEN}),
        reintegration.start,
    ),
    S.WITHDRAWN: step(_("Record the withdrawal"), S.WITHDRAWN, reasons("withdrawal")),
    S.EXPIRED: step(_("Let it expire"), S.EXPIRED),
    S.VOID_DUPLICATE: step(
        _("Void as duplicate"), S.VOID_DUPLICATE, VoidForm, frozenset({Permission.CASE_REOPEN}), casefile.void
    ),
    S.CLOSED: step(_("Close the case"), S.CLOSED, CloseForm, CASE, casefile.close),
    S.REOPENED: step(_("Reopen"), S.REOPENED, ReopenForm, frozenset({Permission.CASE_REOPEN}), casefile.reopen),
}

# Where more than one way leads on, this is the one the case file puts first: the way a season usually goes.
USUAL = {
    S.REGISTERED: S.ELIGIBLE, S.WAITLISTED: S.ELIGIBLE, S.INELIGIBLE: S.REGISTERED, S.ELIGIBLE: S.ROSTERED,
    S.ROSTERED: S.SELECTED, S.SUSPENDED: S.ROSTERED, S.SELECTED: S.IN_DOCUMENTATION,
    S.IN_DOCUMENTATION: S.READY_TO_TRAVEL, S.REFUSED: S.IN_DOCUMENTATION, S.UNFIT: S.SUSPENDED,
    S.READY_TO_TRAVEL: S.TRAVELLING, S.NO_SHOW: S.ROSTERED, S.TRAVELLING: S.ACTIVE, S.TURNED_BACK: S.IN_DOCUMENTATION,
    S.ACTIVE: S.ENDED, S.LEFT_EMPLOYMENT: S.RETURNED, S.WHEREABOUTS_UNKNOWN: S.RETURNED, S.STATUS_CHANGED: S.CLOSED,
    S.ENDED: S.RETURNED, S.ENDED_EARLY: S.RETURNED, S.RETURN_OVERDUE: S.RETURNED, S.RETURNED: S.IN_REINTEGRATION,
    S.RECALL_OFFERED: S.CLOSED, S.IN_REINTEGRATION: S.CLOSED, S.DECEASED: S.CLOSED, S.CLOSED: S.REOPENED,
}  # fmt: skip


def move_for(source: str, target: str) -> Move:
    """The door of one move."""
    return MOVES.get((source, target)) or MOVES[target]


def still_missing(enrolment, target: str, move: Move) -> list:
    """What is missing before the move, without what its own form supplies (a position, the dates it brings)."""
    brings: frozenset[str] = getattr(move.form, "brings", frozenset())
    return [item for item in enrolment.missing_for(target) if item.code not in brings]


def offered(enrolment, user) -> list[tuple[str, Move]]:
    """The moves the table allows from here and the user may make, the usual one first."""
    usual = USUAL.get(enrolment.status)
    moves = [
        (target, move_for(enrolment.status, target))
        for target in enrolment.possible_moves()
        if enrolment.status != S.REOPENED and move_for(enrolment.status, target).allowed_to(user, enrolment)
    ]
    return sorted(moves, key=lambda pair: pair[0] != usual)
