"""The sentences of this room's deeds."""

from django.utils.translation import gettext_lazy as _

from programmes.base.lifecycle import sentences
from programmes.base.rulebook.codes import label

sentences.register(
    {
        "recalled": _("opened the case by recall from {previous}"),
        "recall_declined": _("recorded that the worker does not come again: {recall_refusal}"),
    }
)
sentences.quote("recall_refusal", lambda code: label("withdrawal", code))
