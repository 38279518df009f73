"""Registered at start-up: the sentences of the diary about letters on paper."""

from django.utils.translation import gettext_lazy

from programmes.base.lifecycle import sentences

sentences.register(
    {
        "letter_issued": gettext_lazy("issued letter {number}"),
        "letter_ready": gettext_lazy("made the file of letter {number}"),
        "letter_failed": gettext_lazy("could not make the file of letter {number}"),
        "letter_retried": gettext_lazy("had letter {number} made again"),
        "letter_superseded": gettext_lazy("replaced letter {number} by {later}"),
        "letter_withdrawn": gettext_lazy("withdrew letter {number}"),
    }
)
