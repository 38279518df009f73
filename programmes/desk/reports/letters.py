"""What this room writes to staff: a report is ready."""

from django.utils import timezone
from django.utils.functional import lazy

from accounts.models import Membership, User
from accounts.roles import Role
from programmes.base.notifications import actions as notifications
from programmes.base.notifications.kinds import REPORT_READY
from programmes.desk.reports.models import ReportRun


def managers_of(programme) -> list[User]:
    """The active managers whose offices run or receive the programme, each once."""
    offices = set(programme.offices.values_list("pk", flat=True)) | {programme.destination_office_id}
    memberships = (
        Membership.objects.around(timezone.now())
        .filter(role=Role.MANAGER, user__is_active=True)
        .with_reach()
        .select_related("user", "office")
    )
    found = {
        row.user.pk: row.user
        for row in memberships
        if row.holds_on(row.office.today())
        and offices & row.reach.office_ids
        and (row.reach.programme_ids is None or programme.pk in row.reach.programme_ids)
    }
    return [found[key] for key in sorted(found)]


def queue_ready(run: ReportRun) -> int:
    """One letter to each manager of the programme; returns how many are new."""
    # The name is said in each reader's language when the letter is written.
    name = lazy(lambda: run.programme.name, str)
    letters = [
        notifications.queue(
            key=f"report_ready:{run.pk}:{user.pk}",
            to=user,
            kind=REPORT_READY,
            context={"programme": name(), "month": run.period_from},
            path=run.get_absolute_url(),
        )
        for user in managers_of(run.programme)
    ]
    return sum(letter is not None for letter in letters)
