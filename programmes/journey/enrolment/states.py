"""The machine of a case, from registration to closure (domain.md 2.3, *Enrolment*)."""

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from programmes.base.lifecycle.machine import Machine


class Status(models.TextChoices):
    REGISTERED = "registered", _("Registered")
    WAITLISTED = "waitlisted", _("Waitlisted")
    INELIGIBLE = "ineligible", _("Ineligible")
    ELIGIBLE = "eligible", _("Eligible")
    ROSTERED = "rostered", _("On the roster")
    SUSPENDED = "suspended", _("Suspended")
    SELECTED = "selected", _("Selected")
    IN_DOCUMENTATION = "in_documentation", _("In documentation")
    REFUSED = "refused", _("Visa refused")
    UNFIT = "unfit", _("Medically unfit")
    READY_TO_TRAVEL = "ready_to_travel", _("Ready to travel")
    NO_SHOW = "no_show", _("No-show")
    TRAVELLING = "travelling", _("Travelling")
    TURNED_BACK = "turned_back", _("Turned back")
    ACTIVE = "active", _("On placement")
    LEFT_EMPLOYMENT = "left_employment", _("Left employment")
    WHEREABOUTS_UNKNOWN = "whereabouts_unknown", _("Whereabouts unknown")
    STATUS_CHANGED = "status_changed", _("Stays on another status")
    ENDED = "ended", _("Season ended")
    ENDED_EARLY = "ended_early", _("Ended early")
    RETURN_OVERDUE = "return_overdue", _("Return overdue")
    RETURNED = "returned", _("Returned")
    RECALL_OFFERED = "recall_offered", _("Recall offered")
    IN_REINTEGRATION = "in_reintegration", _("In reintegration")
    DECEASED = "deceased", _("Deceased")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")
    VOID_DUPLICATE = "void_duplicate", _("Void: duplicate")
    CLOSED = "closed", _("Closed")
    REOPENED = "reopened", _("Reopened")


S = Status
MOVES = {
    S.REGISTERED: {S.ELIGIBLE, S.INELIGIBLE, S.WAITLISTED, S.WITHDRAWN, S.VOID_DUPLICATE},
    S.WAITLISTED: {S.ELIGIBLE, S.INELIGIBLE, S.WITHDRAWN, S.EXPIRED},
    S.INELIGIBLE: {S.REGISTERED},
    S.ELIGIBLE: {S.ROSTERED, S.WITHDRAWN},
    S.ROSTERED: {S.SELECTED, S.SUSPENDED, S.WITHDRAWN, S.EXPIRED},
    S.SUSPENDED: {S.ROSTERED, S.INELIGIBLE},
    S.SELECTED: {S.IN_DOCUMENTATION, S.ROSTERED, S.WITHDRAWN},
    S.IN_DOCUMENTATION: {S.READY_TO_TRAVEL, S.REFUSED, S.UNFIT, S.ROSTERED, S.WITHDRAWN},
    S.REFUSED: {S.IN_DOCUMENTATION, S.ROSTERED, S.CLOSED},
    S.UNFIT: {S.SUSPENDED, S.CLOSED},
    S.READY_TO_TRAVEL: {S.TRAVELLING, S.NO_SHOW, S.IN_DOCUMENTATION, S.WITHDRAWN},
    S.NO_SHOW: {S.ROSTERED, S.CLOSED},
    S.TRAVELLING: {S.ACTIVE, S.TURNED_BACK},
    S.TURNED_BACK: {S.RETURNED, S.IN_DOCUMENTATION},
    S.ACTIVE: {S.ENDED, S.ENDED_EARLY, S.LEFT_EMPLOYMENT, S.DECEASED},
    S.LEFT_EMPLOYMENT: {S.ACTIVE, S.RETURNED, S.WHEREABOUTS_UNKNOWN, S.STATUS_CHANGED},
    S.WHEREABOUTS_UNKNOWN: {S.RETURNED, S.STATUS_CHANGED, S.CLOSED},
    S.STATUS_CHANGED: {S.CLOSED},
    S.ENDED: {S.RETURNED, S.RETURN_OVERDUE, S.ACTIVE},
    S.ENDED_EARLY: {S.RETURNED, S.RETURN_OVERDUE, S.ACTIVE},
    S.RETURN_OVERDUE: {S.RETURNED, S.STATUS_CHANGED, S.WHEREABOUTS_UNKNOWN},
    S.RETURNED: {S.RECALL_OFFERED, S.IN_REINTEGRATION, S.CLOSED},
    S.RECALL_OFFERED: {S.CLOSED, S.IN_REINTEGRATION},
    S.IN_REINTEGRATION: {S.CLOSED},
    S.DECEASED: {S.CLOSED},
    S.CLOSED: {S.REOPENED},
}
# Reopening leads back to the state the case was closed from; the trigger on `closed_from` holds it to that one.
MOVES[S.REOPENED] = {source for source, targets in MOVES.items() if S.CLOSED in targets}

ENROLMENT = Machine(
    name="enrolment",
    states=Status,
    moves={source: frozenset(targets) for source, targets in MOVES.items()},
    reasons=frozenset(
        {
            S.INELIGIBLE,
            S.WITHDRAWN,
            S.VOID_DUPLICATE,
            S.SUSPENDED,
            S.REFUSED,
            S.UNFIT,
            S.NO_SHOW,
            S.TURNED_BACK,
            S.ENDED_EARLY,
            S.LEFT_EMPLOYMENT,
            S.DECEASED,
            S.REOPENED,
            (S.SELECTED, S.ROSTERED),
            (S.IN_DOCUMENTATION, S.ROSTERED),
            (S.READY_TO_TRAVEL, S.IN_DOCUMENTATION),
        }
    ),
    groups={
        # Nothing further happens in these unless the case is reopened or screened again.
        "over": frozenset({S.CLOSED, S.WITHDRAWN, S.EXPIRED, S.VOID_DUPLICATE, S.INELIGIBLE}),
        # These leave room for another case of the person in the same season (so does one closed as a duplicate).
        "beside": frozenset({S.VOID_DUPLICATE, S.WITHDRAWN, S.EXPIRED}),
        # domain.md 2.4: at most one of these per person at any date.
        "booked": frozenset({S.SELECTED, S.IN_DOCUMENTATION, S.READY_TO_TRAVEL, S.TRAVELLING, S.ACTIVE}),
        # What an employer liaison works with: on the roster and everything after it.
        "matched": frozenset(S) - {S.REGISTERED, S.WAITLISTED, S.INELIGIBLE, S.ELIGIBLE, S.VOID_DUPLICATE},
        "abroad": frozenset(
            {S.TRAVELLING, S.ACTIVE, S.LEFT_EMPLOYMENT, S.ENDED, S.ENDED_EARLY, S.RETURN_OVERDUE, S.WHEREABOUTS_UNKNOWN}
        ),
        # A movement exists: the person can only be anonymised, never deleted.
        "moved": frozenset(
            {
                S.TRAVELLING,
                S.TURNED_BACK,
                S.ACTIVE,
                S.LEFT_EMPLOYMENT,
                S.WHEREABOUTS_UNKNOWN,
                S.STATUS_CHANGED,
                S.ENDED,
                S.ENDED_EARLY,
                S.RETURN_OVERDUE,
                S.RETURNED,
                S.RECALL_OFFERED,
                S.IN_REINTEGRATION,
                S.DECEASED,
            }
        ),
    },
)
OPEN = frozenset(S) - ENROLMENT.groups["over"]

# The strip on the case file: where a case is in its life. A state outside the strip stands where it came from.
STAGES: list[tuple[str, str | Promise, frozenset[str]]] = [
    (
        "registration",
        _("Registration"),
        frozenset({S.REGISTERED, S.WAITLISTED, S.INELIGIBLE, S.ELIGIBLE, S.VOID_DUPLICATE}),
    ),
    ("roster", _("Roster"), frozenset({S.ROSTERED, S.SUSPENDED, S.EXPIRED})),
    ("selection", _("Selection"), frozenset({S.SELECTED})),
    ("documents", _("Documents"), frozenset({S.IN_DOCUMENTATION, S.REFUSED, S.UNFIT})),
    ("travel", _("Travel"), frozenset({S.READY_TO_TRAVEL, S.NO_SHOW, S.TRAVELLING, S.TURNED_BACK})),
    ("placement", _("Placement"), frozenset({S.ACTIVE, S.LEFT_EMPLOYMENT, S.DECEASED})),
    (
        "return",
        _("Return"),
        frozenset(
            {
                S.ENDED,
                S.ENDED_EARLY,
                S.RETURN_OVERDUE,
                S.WHEREABOUTS_UNKNOWN,
                S.STATUS_CHANGED,
                S.RETURNED,
                S.RECALL_OFFERED,
            }
        ),
    ),
    ("reintegration", _("Reintegration"), frozenset({S.IN_REINTEGRATION})),
    ("closed", _("Closed"), frozenset({S.CLOSED, S.REOPENED, S.WITHDRAWN})),
]

TONES = {
    **dict.fromkeys(
        [S.REGISTERED, S.ELIGIBLE, S.ROSTERED, S.CLOSED, S.WITHDRAWN, S.EXPIRED, S.VOID_DUPLICATE, S.REOPENED],
        "neutral",
    ),
    **dict.fromkeys([S.SELECTED, S.IN_DOCUMENTATION, S.TRAVELLING, S.RECALL_OFFERED, S.IN_REINTEGRATION], "active"),
    **dict.fromkeys([S.WAITLISTED, S.SUSPENDED, S.ENDED, S.ENDED_EARLY, S.STATUS_CHANGED], "waiting"),
    **dict.fromkeys([S.READY_TO_TRAVEL, S.ACTIVE, S.RETURNED], "done"),
    **dict.fromkeys(
        [
            S.INELIGIBLE,
            S.REFUSED,
            S.UNFIT,
            S.NO_SHOW,
            S.TURNED_BACK,
            S.LEFT_EMPLOYMENT,
            S.WHEREABOUTS_UNKNOWN,
            S.RETURN_OVERDUE,
            S.DECEASED,
        ],
        "problem",
    ),
}
