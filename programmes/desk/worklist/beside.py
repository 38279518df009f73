"""What stands beside the worklist on Today: what waits for my decision, what was handed to me and by me, where I was.

One statement, whatever there is: each part is read no further than its few lines, and all are sent as one.
"""

from collections import Counter
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, CharField, DateTimeField, F, Func, Q, QuerySet, UUIDField, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, User
from accounts.roles import Permission, Role
from programmes.base.batches.models import Batch
from programmes.base.batches.states import Status as BatchStatus
from programmes.base.common.addresses import address_of
from programmes.base.lifecycle.models import CaseEvent
from programmes.base.lists.listing import LISTINGS
from programmes.base.lists.models import Export, ListPreference, SavedView
from programmes.base.notifications.kinds import CASE_ASSIGNED
from programmes.base.notifications.models import Letter
from programmes.base.rulebook.models import Programme
from programmes.journey.demand import clock
from programmes.journey.demand.models import JobDemand
from programmes.journey.demand.states import DemandStatus
from programmes.journey.departure.training.filters import COMING, UNRECORDED, in_time
from programmes.journey.departure.training.models import TrainingSession
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.people.duplicates.models import STRONG, DuplicatePair

# A case that changed hands is news for so long; a report is due so soon.
NEWS = timedelta(days=7)
MOST = 5
MOST_PINNED = 12
# Nobody reads a larger number here, and counting on would cost.
COUNTED_TO = 100


# --- What waits for me ----------------------------------------------------------------------------------------------


def _managing(user: User) -> list[Membership]:
    return [row for row in user.current_memberships if row.role == Role.MANAGER]


def _waiting_parts(user: User) -> list[tuple[Promise, str, QuerySet[Any]]]:
    """Words, address and rows of each kind of decision that this person may take."""
    parts: list[tuple[Promise, str, QuerySet[Any]]] = []
    if Role.MANAGER in user.roles:
        # As `lists.actions.may_decide`: of the offices one manages and of those below them.
        managed = [Q(office__path__contains=f"/{row.office_id}/") for row in _managing(user)]
        asked = Export.objects.filter(reduce(or_, managed), state=Export.State.ASKED).exclude(created_by=user)
        parts.append((_("Files with names to decide"), reverse("lists:exports"), asked))
    if user.may(Permission.DEMAND_APPROVE):
        handed_in = JobDemand.objects.reachable_by(user, Permission.DEMAND_APPROVE)
        for status, words in (
            (DemandStatus.SUBMITTED, _("Demands to review")),
            (DemandStatus.UNDER_REVIEW, _("Demands to approve")),
        ):
            parts.append((words, f"{reverse('demand:list')}?status={status}", handed_in.filter(status=status)))
    if user.may(Permission.DEMAND_APPROVE) or user.may(Permission.DEMAND_EDIT):
        right = Permission.DEMAND_APPROVE if user.may(Permission.DEMAND_APPROVE) else Permission.DEMAND_EDIT
        mine, today = JobDemand.objects.reachable_by(user, right), timezone.localdate()
        for which, words, judge in (
            ("late", _("Demands late to board"), clock.late),
            ("warned", _("Demands near their last day on time"), clock.warned),
        ):
            # In no order: a hundred are enough, and each costs a look at its positions.
            found = judge(mine, today=today).order_by()
            parts.append((words, f"{reverse('demand:list')}?clock={which}", found))
    if user.may(Permission.CASE_EDIT):
        own, address = TrainingSession.objects.run_by(user).order_by(), reverse("training:list")
        soon = in_time(own, COMING).filter(starts_at__lt=timezone.now() + NEWS)
        parts.append((_("Training sessions within a week"), f"{address}?when={COMING}", soon))
        parts.append((_("Training sessions to close"), f"{address}?when={UNRECORDED}", in_time(own, UNRECORDED)))
    if user.may(Permission.PERSON_IMPORT):
        batches = Batch.objects.visible_to(user)
        others = batches.filter(status=BatchStatus.WAITING).exclude(created_by=user)
        parts.append((_("Imports to confirm as the second person"), reverse("batches:list"), others))
        mine = Batch.objects.filter(created_by=user, status=BatchStatus.STAGED)
        parts.append((_("Imports and bulk work of yours, checked and not started"), reverse("batches:list"), mine))
    if user.may(Permission.DUPLICATE_REVIEW) and user.roles & {Role.MANAGER, Role.DATA}:
        pairs = DuplicatePair.objects.undecided().visible_to(user).order_by("-score", "id")
        pairs = pairs.exclude(later_until__gt=timezone.localdate())
        address = reverse("people:duplicates")
        if user.may(Permission.PERSON_MERGE):
            proposed = pairs.filter(state=DuplicatePair.State.PROPOSED)
            parts.append((_("Merges proposed"), f"{address}?state=proposed", proposed))
        if Role.DATA in user.roles:
            open_ones = pairs.filter(state=DuplicatePair.State.OPEN, level__in=STRONG)
            parts.append((_("Possible duplicates"), address, open_ones))
    if user.may(Permission.REPORT_RUN) and Role.DATA in user.roles:
        # Through the reverse relation: the room of reports stands above this one.
        programmes = Programme.objects.reachable_by(user, Permission.REPORT_RUN).order_by().values("pk")
        soon = Programme.objects.filter(
            pk__in=programmes, report_schedules__active=True, report_schedules__next_run_at__lte=timezone.now() + NEWS
        )
        parts.append((_("Reports due within a week"), reverse("reports:list"), soon))
    return parts


# --- Where cases went, and where I was --------------------------------------------------------------------------------


def _named(user: User, prefix: str) -> Any:
    """The person's name, for whoever may know it."""
    if not user.may(Permission.PERSON_VIEW):
        return Value("", output_field=CharField())
    return Concat(f"{prefix}given_names", Value(" "), f"{prefix}first_surname", output_field=CharField())


# Named so that no model has a column of the name.
COLUMNS = ("a_part", "an_at", "a_number", "a_key", "some_words")


def _line(part: str, at: Any, number: Any, key: Any, words: Any) -> dict[str, Any]:
    """The columns that all parts share."""
    return {
        "a_part": Value(part, output_field=CharField()),
        "an_at": Cast(at, DateTimeField()),
        "a_number": Cast(number, CharField()),
        "a_key": Cast(key, UUIDField()),
        "some_words": Cast(words, CharField()),
    }


def _around_parts(user: User, opened: list[tuple[str, Any]]) -> list[QuerySet[Any]]:
    """Cases given `to_me` and `by_me` within a week, cases I opened last (`recent`), views I pinned (`view`)."""
    nothing = Value(None, output_field=DateTimeField())
    since = timezone.now() - NEWS
    parts: list[QuerySet[Any]] = []
    visible = Enrolment.objects.visible_to(user)
    if user.may(Permission.CASE_EDIT):
        given = Letter.objects.filter(to=user, kind=CASE_ASSIGNED, created_at__gte=since, enrolment__owner=user)
        parts.append(
            given.filter(enrolment__in=visible.values("pk"))
            .annotate(**_line("to_me", F("created_at"), F("enrolment__number"), F("enrolment__public_id"),
                              _named(user, "enrolment__person__")))
            .order_by("-created_at", "-pk")
        )  # fmt: skip
    if user.may(Permission.CASE_ASSIGN):
        gave = CaseEvent.objects.filter(by=user, what="assigned", at__gte=since).exclude(enrolment__owner=user)
        parts.append(
            gave.filter(enrolment__in=visible.values("pk"))
            .annotate(**_line("by_me", F("at"), F("enrolment__number"), F("enrolment__public_id"),
                              Coalesce(KeyTextTransform("owner", "data"), Value(""))))
            .order_by("-at", "-pk")
        )  # fmt: skip
    seen = [key for kind, key in opened if kind == "case"][:MOST]
    if seen and user.may(Permission.CASE_VIEW):
        order = Case(*(When(public_id=key, then=Value(place)) for place, key in enumerate(seen)))
        parts.append(
            visible.filter(public_id__in=seen)
            .annotate(**_line("recent", nothing, F("number"), F("public_id"), _named(user, "person__")))
            .order_by(order)
        )
    pinned = ListPreference.objects.filter(user=user).values(
        key=Func("pinned", function="unnest", output_field=UUIDField())
    )
    if user.may(Permission.CASE_VIEW):
        parts.append(
            SavedView.objects.visible_to(user)
            .filter(public_id__in=pinned)
            .annotate(**_line("view", nothing, F("listing"), F("public_id"), F("name")))
            .order_by("name", "pk")
        )
    return parts


def read(user: User, opened: list[tuple[str, Any]]) -> dict[str, Any]:
    """`waiting`: what waits for my decision, as label, count (up to 100) and href; `around`: lines by part.

    `opened` is what the browser remembers (`recent.opened_by`). Everything is read through `.visible_to`, in one
    statement: a case that left my reach is not named.
    """
    decisions = _waiting_parts(user)
    nothing, nobody = Value(None, output_field=DateTimeField()), Value(None, output_field=UUIDField())
    wanted = [
        rows.annotate(**_line(f"{place}", nothing, Value(""), nobody, Value(""))).values_list(*COLUMNS)[:COUNTED_TO]
        for place, (_words, _address, rows) in enumerate(decisions)
    ]
    wanted += [
        rows.values_list(*COLUMNS)[: MOST_PINNED if rows.model is SavedView else MOST]
        for rows in _around_parts(user, opened)
    ]
    if not wanted:
        return {"waiting": [], "around": {}}
    first, *others = wanted
    counts: Counter[str] = Counter()
    around: dict[str, list[dict[str, Any]]] = {}
    for part, at, number, key, words in first.union(*others, all=True) if others else first:
        counts[part] += 1
        if part == "view" and number in LISTINGS:
            line = {"label": words, "href": LISTINGS[number].url(f"saved={key}")}
        elif part in {"to_me", "by_me", "recent"}:
            line = {"at": at, "number": number, "words": words, "href": address_of("casefile:overview", key)}
        else:
            continue
        around.setdefault(part, []).append(line)
    waiting = [
        {"label": words, "href": address, "count": counts[f"{place}"], "more": counts[f"{place}"] == COUNTED_TO}
        for place, (words, address, _rows) in enumerate(decisions)
        if counts[f"{place}"]
    ]
    return {"waiting": waiting, "around": around}
