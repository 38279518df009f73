"""Cases: who may see them, and the questions that are asked about many."""

from django.db.models import Q

from accounts.roles import Permission
from programmes.base.common.models import RecordQuerySet
from programmes.journey.enrolment.states import ENROLMENT


class EnrolmentQuerySet(RecordQuerySet):
    """Cases, and who may see them."""

    def visible_to(self, user):
        """The one query behind every list, page, search, export, report, digest and job.

        Cases of the offices (origin or destination) and programmes of the user's memberships; cases the user owns; for
        liaisons only those on the roster or further; for partners only cases shared with their office; for
        administrators none.
        """
        seen = Q(pk__in=[])
        read = user.reach(Permission.CASE_READ)
        for reach in read:
            seen |= self._within(reach)
        for reach in user.reach(Permission.CASE_MATCH):
            if not any(wider.covers(reach) for wider in read):
                seen |= self._within(reach) & Q(status__in=ENROLMENT.groups["matched"])
        for reach in user.reach(Permission.CASE_SHARED):
            shared = self.model.shared_with.through.objects.filter(office__in=reach.office_ids).values("enrolment")
            condition = Q(pk__in=shared)
            if reach.programme_ids is not None:
                condition &= Q(programme__in=reach.programme_ids)
            seen |= condition
        if user.may(Permission.CASE_EDIT):
            seen |= Q(owner=user)
        return self.filter(seen)

    def within_reach_of(self, user, *permissions):
        """Cases of the offices and programmes where one of these rights holds, not those that are merely owned.

        Without rights: those this person could be given to work on.
        """
        reached = Q(pk__in=[])
        for permission in permissions or (Permission.CASE_EDIT, Permission.CASE_MATCH):
            for reach in user.reach(permission):
                reached |= self._within(reach)
        return self.filter(reached)

    @staticmethod
    def _within(reach):
        condition = Q(office__in=reach.office_ids) | Q(destination_office__in=reach.office_ids)
        if reach.programme_ids is not None:
            condition &= Q(programme__in=reach.programme_ids)
        return condition

    def open(self):
        """Cases in which something is still to happen."""
        return self.filter(is_open=True)

    def owned_by(self, user):
        """Cases this person answers for."""
        return self.filter(owner=user)
