"""What the database knows of a person's earlier stays: the facts that rules about windows of months are judged by."""

from datetime import date

from programmes.journey.enrolment.models import Enrolment


def earlier(enrolment: Enrolment) -> list[tuple[date, date]]:
    """First and last day of the person's other stays in the same programme.

    A stay begins with the departure. It ends with the return; while that is unknown, with the planned end.
    """
    rows = (
        Enrolment.objects.filter(
            person=enrolment.person_id, programme=enrolment.programme_id, departed_on__isnull=False
        )
        .exclude(pk=enrolment.pk)
        .values_list("departed_on", "returned_on", "planned_end")
    )
    return [(start, back or end) for start, back, end in rows if back or end]
