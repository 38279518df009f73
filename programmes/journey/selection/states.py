"""Why a selection ends before the worker travels (domain.md 7.6, reasons of non-selection and withdrawal)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Release(models.TextChoices):
    EMPLOYER_CHOICE = "employer_choice", _("the employer decided otherwise")
    WORKER_DECLINED = "worker_declined", _("the worker declined the offer")
    WORKER_UNAVAILABLE = "worker_unavailable", _("the worker is not available at these dates")
    DOCUMENTS = "documents", _("documents will not be ready in time")
    DEMAND_CHANGED = "demand_changed", _("the demand changed or was cancelled")
    SELECTED_IN_ERROR = "selected_in_error", _("selected in error")
