"""Who is due: the steps of cases, as lines of a digest and as letters on their day. The same rows as Today."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Membership, User
from accounts.roles import Permission, roles_with
from programmes.base.notifications import sources
from programmes.base.notifications.actions import reminder_key
from programmes.base.notifications.kinds import STEP_DUE
from programmes.base.notifications.rules import local_time
from programmes.base.notifications.sources import Group, Line, Reminder
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import OPEN

DAYS_AHEAD = 7
DAYS_BACK = 3


def _due():
    """Open steps of open cases that somebody answers for, in one statement with what their words need.

    An owner who lost the right to work on cases hears no more of them, not even a number.
    """
    today = timezone.now().date()
    rights = Membership.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=today),
        user=OuterRef("enrolment__owner"),
        role__in=roles_with(Permission.CASE_EDIT),
        valid_from__lte=today + timedelta(days=1),
    )
    return (
        Step.objects.open()
        .telling()
        .filter(Exists(rights), enrolment__status__in=sorted(OPEN))
        .select_related("enrolment", "requirement")
        .order_by("due_on", "id")
    )


def digest_lines(users, days) -> dict[int, list[Line]]:
    """What each of `users` has overdue, today and this week, in their language; put-off steps wait for their day."""
    by_pk = {user.pk: user for user in users}
    if not by_pk:
        return {}
    latest = max(days.values()) + timedelta(days=DAYS_AHEAD)
    lines: dict[int, list[Line]] = {}
    for step in _due().filter(enrolment__owner__in=by_pk, due_on__lte=latest):
        owner = step.enrolment.owner_id
        today = days[owner]
        if step.due_on > today + timedelta(days=DAYS_AHEAD) or (step.snoozed_until and step.snoozed_until > today):
            continue
        group = Group.OVERDUE if step.due_on < today else Group.TODAY if step.due_on == today else Group.WEEK
        with translation.override(by_pk[owner].language):
            label = steps.label(step.kind, step.requirement)
        lines.setdefault(owner, []).append(
            Line(
                group=group,
                due_on=step.due_on,
                label=label,
                case_number=step.enrolment.number,
                path=reverse("casefile:overview", args=[step.enrolment.public_id]),
            )
        )
    return lines


def due_letters(now: datetime):
    """One letter per step whose day has come in its owner's time zone, within the last three days."""
    earliest, latest = now.date() - timedelta(days=DAYS_BACK), now.date() + timedelta(days=1)
    due = _due().filter(due_on__range=(earliest, latest), enrolment__owner__is_active=True)
    for step in due.filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=latest)).select_related(
        "enrolment__owner", "requirement"
    ):
        owner = step.enrolment.owner
        today = local_time(now, owner.time_zone).date()
        if step.due_on > today or (step.snoozed_until and step.snoozed_until > today):
            continue
        with translation.override(owner.language):
            label = steps.label(step.kind, step.requirement)
        yield Reminder(
            key=reminder_key(step.kind, step.pk, step.due_on),
            to=owner,
            kind=STEP_DUE,
            context={"case_number": step.enrolment.number, "step": label, "due_on": step.due_on},
            path=reverse("casefile:overview", args=[step.enrolment.public_id]),
            enrolment=step.enrolment,
        )


def still_seen(pairs) -> set[tuple[int, int]]:
    """Which of these (user, case) pairs still hold: asked right before a letter goes out."""
    wanted: dict[int, tuple[User, list[int]]] = {}
    for user, enrolment_pk in pairs:
        wanted.setdefault(user.pk, (user, []))[1].append(enrolment_pk)
    return {
        (user.pk, pk)
        for user, pks in wanted.values()
        for pk in Enrolment.objects.visible_to(user).filter(pk__in=pks).values_list("pk", flat=True)
    }


sources.register("enrolment", digest_lines)
sources.register_reminders("enrolment", due_letters)
sources.register_access(still_seen)
