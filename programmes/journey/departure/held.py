"""How the database says that a rostered worker's papers hold as long as the work: what ranks candidates.

The same judgement as in judges.py, asked of a whole roster in one statement.
"""

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from programmes.base.rulebook.catalogue import RequirementKind
from programmes.journey.departure.models import Document, Medical
from programmes.journey.departure.rules import holds_until
from programmes.journey.departure.states import DOCUMENT, MEDICAL
from programmes.journey.selection.ranking import held


@held(RequirementKind.DOCUMENT)
def _document(requirement, start, end):
    margin = requirement.margin_months
    if margin is None:
        margin = requirement.programme.rules(start)["document_margin_months"] or 0
    until = max(holds_until(end, margin), timezone.localdate())
    valid = Q(expires_on__isnull=True) | Q(expires_on__gte=until)
    good = Document.objects.filter(valid, type=requirement.code, status__in=sorted(DOCUMENT.groups["good"]))
    return Exists(good.filter(person=OuterRef("person")))


@held(RequirementKind.MEDICAL)
def _medical(requirement, start, end):
    until = max(end, timezone.localdate())
    good = Medical.objects.filter(status__in=sorted(MEDICAL.groups["good"]), valid_until__gte=until)
    return Exists(good.filter(enrolment=OuterRef("pk")))
