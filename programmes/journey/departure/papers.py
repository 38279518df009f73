"""Everything a case has gathered for the journey: the judges read one kind at a time, the page all of it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone

from programmes.journey.departure import rules
from programmes.journey.departure.models import Contract, Document, Medical, Orientation, Permit, Trip
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.requirements import reads_together
from programmes.journey.selection.models import Selection


def _newest(model):
    return lambda cases: model.objects.filter(enrolment__in=[case.pk for case in cases])


# Each kind of paper: how it is read for some cases at once. Documents are those of the person: one that was verified in
# an earlier season counts while it is valid.
_READ: dict[str, Callable[[Sequence[Enrolment]], Any]] = {
    "documents": lambda cases: Document.objects.filter(person__in=[c.person_id for c in cases]).order_by("-id"),
    "medicals": _newest(Medical),
    "permits": _newest(Permit),
    "contracts": lambda cases: _newest(Contract)(cases).select_related("selection__position__demand__employer"),
    "orientations": _newest(Orientation),
    "trips": _newest(Trip),
    "selections": lambda cases: (
        _newest(Selection)(cases)
        .filter(released_on__isnull=True)
        .select_related("position__demand__employer", "position__demand__site", "position__demand__authorisation")
        .order_by("pk")
    ),
}


class Reading:
    """The papers of some cases: one query per kind for all of them, when one of them is asked for it."""

    def __init__(self, enrolments: Sequence[Enrolment]):
        self.enrolments = enrolments
        self._kept: dict[str, dict[int, list]] = {}

    def rows(self, kind: str, enrolment: Enrolment) -> list:
        """The papers of one kind of one of the cases."""
        if kind not in self._kept:
            self._kept[kind] = defaultdict(list)
            for row in _READ[kind](self.enrolments):
                self._kept[kind][row.person_id if kind == "documents" else row.enrolment_id].append(row)
        return self._kept[kind][enrolment.person_id if kind == "documents" else enrolment.pk]


class Papers:
    """The rows of one case, one query per kind, only those that are asked for. Newest first."""

    def __init__(self, enrolment: Enrolment, reading: Reading | None = None):
        self.enrolment = enrolment
        self.today = timezone.localdate()
        self._reading = reading or Reading([enrolment])

    @property
    def documents(self) -> list[Document]:
        """All documents of the person."""
        return self._reading.rows("documents", self.enrolment)

    @property
    def medicals(self) -> list[Medical]:
        """The case's medical exams."""
        return self._reading.rows("medicals", self.enrolment)

    @property
    def permits(self) -> list[Permit]:
        """The case's applications for visas and permits."""
        return self._reading.rows("permits", self.enrolment)

    @property
    def contracts(self) -> list[Contract]:
        """Every version of the case's contract, with the position it is for."""
        return self._reading.rows("contracts", self.enrolment)

    @property
    def live_contracts(self) -> list[Contract]:
        """The versions for the position the case holds now."""
        return [contract for contract in self.contracts if contract.selection.released_on is None]

    @property
    def orientations(self) -> list[Orientation]:
        """Orientations attended."""
        return self._reading.rows("orientations", self.enrolment)

    @property
    def trips(self) -> list[Trip]:
        """Booked and cancelled trips."""
        return self._reading.rows("trips", self.enrolment)

    @property
    def selection(self) -> Selection | None:
        """The position the case holds, with its demand, employer and authorisation."""
        return next(iter(self._reading.rows("selections", self.enrolment)), None)


@reads_together
def read_together(enrolments: Sequence[Any]) -> None:
    """Let many cases that are judged at once share one reading."""
    reading = Reading(enrolments)
    for enrolment in enrolments:
        enrolment.papers = Papers(enrolment, reading)


def of(enrolment: Enrolment) -> Papers:
    """The papers a page has read for this very instance, else fresh ones: a deed never judges by an old reading."""
    return getattr(enrolment, "papers", None) or Papers(enrolment)


def is_late(enrolment: Enrolment, contract: Contract) -> bool:
    """Whether this contract came to the worker after departure, and none that was in time stands before it."""
    departed = enrolment.departed_on
    if not rules.is_late(contract.given_on, contract.worker_signed_on, departed):
        return False
    before = [c for c in of(enrolment).contracts if c.contract_version < contract.contract_version]
    return not any(c.worker_signed_on and not rules.is_late(c.given_on, c.worker_signed_on, departed) for c in before)
