"""The diary sentences about employers; registered at start-up."""

from django.utils.translation import gettext_lazy as _

from programmes.base.lifecycle import sentences
from programmes.journey.employers.parts import PARTS

sentences.register(
    {
        "employer_registered": _("registered the employer"),
        "employer_edited": _("changed the employer"),
        "site_added": _("added the site {site}"),
        "site_edited": _("changed the site {site}"),
        "part_added": _("wrote down: {part}"),
        "part_edited": _("corrected: {part}"),
        "part_removed": _("took away: {part}"),
        "association_registered": _("recorded the association"),
        "association_edited": _("changed the association"),
        "recruiter_registered": _("recorded the recruiter"),
        "fair_answered": _("answered questions of fair recruitment: {count}"),
        "recruiter_edited": _("changed the recruiter"),
    }
)
_PARTS = {part.model._meta.model_name: part.model._meta.verbose_name for part in PARTS.values()}
sentences.quote("part", lambda code: str(_PARTS.get(code, code)))
