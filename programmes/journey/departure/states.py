"""The machines of everything a worker needs to travel (domain.md 2.3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from programmes.base.lifecycle.machine import Machine


class DocumentStatus(models.TextChoices):
    REQUIRED = "required", _("required")
    REQUESTED = "requested", _("requested")
    SUBMITTED = "submitted", _("submitted")
    VERIFIED = "verified", _("verified")
    REJECTED = "rejected", _("rejected")
    EXPIRING = "expiring", _("expiring")
    EXPIRED = "expired", _("expired")
    REVOKED = "revoked", _("revoked")
    WAIVED = "waived", _("waived")


D = DocumentStatus
DOCUMENT = Machine(
    name="document",
    states=DocumentStatus,
    moves={
        D.REQUIRED: frozenset({D.REQUESTED, D.WAIVED}),
        D.REQUESTED: frozenset({D.SUBMITTED}),
        D.SUBMITTED: frozenset({D.VERIFIED, D.REJECTED}),
        D.VERIFIED: frozenset({D.EXPIRING, D.REVOKED}),
        D.EXPIRING: frozenset({D.EXPIRED}),
    },
    reasons=frozenset({D.REJECTED, D.REVOKED, D.WAIVED}),
    groups={
        "good": frozenset({D.VERIFIED, D.EXPIRING}),
        "awaited": frozenset({D.REQUIRED, D.REQUESTED, D.SUBMITTED}),
        "settled": frozenset({D.VERIFIED, D.REJECTED, D.EXPIRING, D.EXPIRED, D.REVOKED}),
    },
)


class PermitStatus(models.TextChoices):
    PREPARING = "preparing", _("preparing")
    LODGED = "lodged", _("lodged")
    BIOMETRICS_DUE = "biometrics_due", _("biometrics due")
    IN_PROCESS = "in_process", _("in process")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    APPEALED = "appealed", _("appealed")
    RELODGED = "relodged", _("lodged again")


V = PermitStatus
# Where the published table ends (an appeal or a new lodging), the application goes back into process.
PERMIT = Machine(
    name="permit",
    states=PermitStatus,
    moves={
        V.PREPARING: frozenset({V.LODGED}),
        V.LODGED: frozenset({V.BIOMETRICS_DUE}),
        V.BIOMETRICS_DUE: frozenset({V.IN_PROCESS}),
        V.IN_PROCESS: frozenset({V.APPROVED, V.REFUSED, V.WITHDRAWN}),
        V.REFUSED: frozenset({V.APPEALED, V.RELODGED}),
        V.APPEALED: frozenset({V.IN_PROCESS}),
        V.RELODGED: frozenset({V.IN_PROCESS}),
    },
    reasons=frozenset({V.REFUSED}),
    groups={"pending": frozenset({V.PREPARING, V.LODGED, V.BIOMETRICS_DUE, V.IN_PROCESS, V.APPEALED, V.RELODGED})},
)


class MedicalStatus(models.TextChoices):
    SCHEDULED = "scheduled", _("scheduled")
    DONE = "done", _("done")
    FIT = "fit", _("fit")
    FIT_CONDITIONS = "fit_conditions", _("fit with conditions")
    TEMPORARILY_UNFIT = "temporarily_unfit", _("temporarily unfit")
    UNFIT = "unfit", _("unfit")
    MISSED = "missed", _("missed")
    EXPIRED = "expired", _("expired")


M = MedicalStatus
MEDICAL = Machine(
    name="medical",
    states=MedicalStatus,
    moves={
        M.SCHEDULED: frozenset({M.DONE, M.MISSED}),
        M.DONE: frozenset({M.FIT, M.FIT_CONDITIONS, M.TEMPORARILY_UNFIT, M.UNFIT}),
        M.FIT: frozenset({M.EXPIRED}),
        M.FIT_CONDITIONS: frozenset({M.EXPIRED}),
    },
    groups={"good": frozenset({M.FIT, M.FIT_CONDITIONS})},
)


class ContractStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    EXPLAINED = "explained", _("explained")
    SIGNED_WORKER = "signed_worker", _("signed by the worker")
    SIGNED_ALL = "signed_all", _("signed by both")
    IN_FORCE = "in_force", _("in force")
    COMPLETED = "completed", _("completed")
    TERMINATED = "terminated", _("terminated")
    SUPERSEDED = "superseded", _("superseded")


C = ContractStatus
CONTRACT = Machine(
    name="contract",
    states=ContractStatus,
    moves={
        C.DRAFT: frozenset({C.EXPLAINED}),
        C.EXPLAINED: frozenset({C.SIGNED_WORKER}),
        C.SIGNED_WORKER: frozenset({C.SIGNED_ALL}),
        C.SIGNED_ALL: frozenset({C.IN_FORCE}),
        C.IN_FORCE: frozenset({C.COMPLETED, C.TERMINATED, C.SUPERSEDED}),
    },
    reasons=frozenset({C.TERMINATED, C.SUPERSEDED}),
    groups={"good": frozenset({C.SIGNED_ALL, C.IN_FORCE})},
)

# The tone of each status tag; words always stand beside it.
TONES: dict[str, dict[str, str]] = {
    "document": {
        D.REQUESTED: "waiting",
        D.SUBMITTED: "active",
        D.VERIFIED: "done",
        D.EXPIRING: "waiting",
        D.REJECTED: "problem",
        D.EXPIRED: "problem",
        D.REVOKED: "problem",
    },
    "permit": {
        V.PREPARING: "active",
        V.LODGED: "waiting",
        V.BIOMETRICS_DUE: "active",
        V.IN_PROCESS: "waiting",
        V.APPROVED: "done",
        V.REFUSED: "problem",
        V.APPEALED: "waiting",
        V.RELODGED: "waiting",
    },
    "medical": {
        M.SCHEDULED: "active",
        M.DONE: "active",
        M.FIT: "done",
        M.FIT_CONDITIONS: "done",
        M.TEMPORARILY_UNFIT: "waiting",
        M.UNFIT: "problem",
        M.MISSED: "problem",
        M.EXPIRED: "problem",
    },
    "contract": {
        C.DRAFT: "active",
        C.EXPLAINED: "active",
        C.SIGNED_WORKER: "waiting",
        C.SIGNED_ALL: "done",
        C.IN_FORCE: "done",
        C.COMPLETED: "done",
        C.TERMINATED: "problem",
    },
}
