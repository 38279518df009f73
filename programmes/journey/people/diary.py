"""The sentences this room writes into the diary."""

from django.utils.translation import gettext_lazy as _

from programmes.base.lifecycle import sentences
from programmes.base.rulebook.codes import label
from programmes.journey.people.models import Person

sentences.register(
    {
        "person_registered": _("registered the person"),
        "person_corrected": _("corrected: {fields}"),
        "identity_added": _("recorded an identity document: {document}"),
        "identity_corrected": _("corrected an identity document: {document}"),
        "identity_removed": _("removed an identity document: {document}"),
        "phone_added": _("recorded a phone"),
        "phone_corrected": _("corrected a phone"),
        "phone_removed": _("removed a phone"),
        "address_added": _("recorded an address"),
        "address_corrected": _("corrected an address"),
        "address_removed": _("removed an address"),
        "household_member_added": _("recorded a member of the household: {relation}"),
        "household_member_corrected": _("corrected a member of the household: {relation}"),
        "household_member_removed": _("removed a member of the household: {relation}"),
        "photo_added": _("added a photo"),
        "photo_removed": _("removed the photo"),
        "consent_given": _("recorded consent for: {purposes}"),
        "consent_withdrawn": _("recorded that consent was withdrawn for: {purposes}"),
    }
)
sentences.quote("purposes", lambda codes: ", ".join(label("consent_purpose", code) for code in codes))
sentences.quote("relation", lambda code: label("relation", code))
sentences.quote("fields", lambda names: ", ".join(str(Person._meta.get_field(name).verbose_name) for name in names))  # type: ignore[union-attr]
