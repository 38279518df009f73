"""The sentences that merges write into the diary."""

from django.utils.translation import gettext_lazy as _

from programmes.base.lifecycle import sentences

sentences.register(
    {
        "records_merged": _("joined two records of this person into one"),
        "merge_undone": _("took two records apart that had been joined as one person"),
        "records_different": _("recorded that another record is a different person"),
    }
)
