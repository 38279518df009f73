"""Who could take a position: the roster of the demand's season, those the employer knows first."""

import re

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from programmes.base.common import text
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status
from programmes.journey.people.dictionary import like
from programmes.journey.selection.models import Selection

# Best known to the employer first, then who has waited longest.
ORDER = ("-seasons_here", "status_since", "id")
MOST_FOUND = 50
_CASE = re.compile(r"^[A-Za-z]{2,3}-\d{4}-\d{1,6}$")


def candidates(user, demand):
    """Cases on the roster that `user` may see, of the demand's season, ready for `keyset(order=ORDER)`.

    `seasons_here` counts the person's earlier seasons with this employer: named workers come first (domain.md 2.2,
    stage 5), and who was there before is whom employers name.
    """
    earlier = (
        Selection.objects.filter(
            enrolment__person=OuterRef("person"),
            enrolment__departed_on__isnull=False,
            position__demand__employer=demand.employer_id,
        )
        .order_by()
        .values("enrolment__person")
        .annotate(seasons=Count("pk"))
        .values("seasons")
    )
    return (
        Enrolment.objects.visible_to(user)
        .filter(season=demand.season_id, status=Status.ROSTERED)
        .select_related("person")
        .annotate(seasons_here=Coalesce(Subquery(earlier), 0))
    )


def matching(cases, typed: str):
    """Those of `cases` whose number is `typed`, or whose name holds every word of it, or a word like it."""
    typed = text.plain_digits(text.normalise(typed))[:200]
    if _CASE.match(typed):
        return cases.filter(number__iexact=typed)
    words = like(typed.split())
    found = Q() if words else Q(pk__in=[])
    for word in words:
        found &= Q(person__name_tokens__overlap=sorted(word.all))
    return cases.filter(found)
