"""Everything a case has gathered for the journey: the judges read one kind at a time, the page all of it."""

from functools import cached_property

from django.utils import timezone

from programmes.journey.departure.models import Contract, Document, Medical, Orientation, Permit, Trip
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.selection.models import Selection


class Papers:
    """The rows of one case, one query per kind, only those that are asked for. Newest first."""

    def __init__(self, enrolment: Enrolment):
        self.enrolment = enrolment
        self.today = timezone.localdate()

    @cached_property
    def documents(self) -> list[Document]:
        """All documents of the person: one that was verified in an earlier season counts while it is valid."""
        return list(Document.objects.filter(person=self.enrolment.person_id).order_by("-id"))

    @cached_property
    def medicals(self) -> list[Medical]:
        """The case's medical exams."""
        return list(Medical.objects.filter(enrolment=self.enrolment))

    @cached_property
    def permits(self) -> list[Permit]:
        """The case's applications for visas and permits."""
        return list(Permit.objects.filter(enrolment=self.enrolment))

    @cached_property
    def contracts(self) -> list[Contract]:
        """Every version of the case's contract, with the position it is for."""
        return list(
            Contract.objects.filter(enrolment=self.enrolment).select_related("selection__position__demand__employer")
        )

    @cached_property
    def live_contracts(self) -> list[Contract]:
        """The versions for the position the case holds now."""
        return [contract for contract in self.contracts if contract.selection.released_on is None]

    @cached_property
    def orientations(self) -> list[Orientation]:
        """Orientations attended."""
        return list(Orientation.objects.filter(enrolment=self.enrolment))

    @cached_property
    def trips(self) -> list[Trip]:
        """Booked and cancelled trips."""
        return list(Trip.objects.filter(enrolment=self.enrolment))

    @cached_property
    def selection(self) -> Selection | None:
        """The position the case holds, with its demand, employer and authorisation."""
        return (
            Selection.objects.filter(enrolment=self.enrolment, released_on__isnull=True)
            .select_related("position__demand__employer", "position__demand__site", "position__demand__authorisation")
            .first()
        )


def of(enrolment: Enrolment) -> Papers:
    """The papers a page has read for this very instance, else fresh ones: a deed never judges by an old reading."""
    return getattr(enrolment, "papers", None) or Papers(enrolment)
