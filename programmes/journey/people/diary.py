"""The sentences this room writes into the diary."""

from django.utils.translation import gettext_lazy as _

from programmes.base.lifecycle import sentences
from programmes.base.rulebook.codes import label
from programmes.journey.people.models import Person

sentences.register(
    {
        "person_registered": _("registered the person"),
        "person_corrected": _("corrected: {fields}"),
        "consent_given": _("recorded consent for: {purposes}"),
        "consent_withdrawn": _("recorded that consent was withdrawn for: {purposes}"),
    }
)
sentences.quote("purposes", lambda codes: ", ".join(label("consent_purpose", code) for code in codes))
sentences.quote("fields", lambda names: ", ".join(str(Person._meta.get_field(name).verbose_name) for name in names))  # type: ignore[union-attr]
