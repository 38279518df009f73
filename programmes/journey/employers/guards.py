"""The diary sentences about employers; registered at start-up."""

from django.utils.translation import gettext_lazy as _

from programmes.base.lifecycle import sentences

sentences.register(
    {
        "employer_registered": _("registered the employer"),
        "employer_edited": _("changed the employer"),
        "site_added": _("added the site {site}"),
        "site_edited": _("changed the site {site}"),
    }
)
