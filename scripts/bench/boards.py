"""Two seasons that are all preparation, of fifty and of five thousand workers, for as long as boards are measured."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any

SIZES = {"50 workers": 50, "5,000 workers": 5000}
LACKING = 0.4


@contextmanager
def seasons() -> Iterator[tuple[dict[str, Any], float]]:
    """The seasons by their names, and in how many seconds their rows were judged; gone afterwards.

    The workers are those of the first programme that the manager's office runs, years ahead, so that no rule about
    stays stands in their way.
    """
    from django.utils import timezone

    from programmes.journey.departure.readiness import actions
    from programmes.models import Programme, Season

    _remove()  # a run that was broken off may have left them
    programme = Programme.objects.get(code="gt-ca-agriculture")
    start = date(timezone.localdate().year + 4, 3, 1)
    made = {
        name: Season.objects.create(
            programme=programme, code=f"board-{size}", starts_on=start, ends_on=start + timedelta(days=300)
        )
        for name, size in SIZES.items()
    }
    try:
        for name, season in made.items():
            _fill(season, SIZES[name])
        began = time.monotonic()
        actions.keep_all()
        yield made, time.monotonic() - began
    finally:
        _remove()


def _remove() -> None:
    from programmes.models import Enrolment, Season

    gone = Season.objects.filter(code__startswith="board-")
    Enrolment.objects.filter(season__in=gone).delete()
    gone.delete()


def _fill(season: Any, size: int) -> None:
    from django.utils import timezone

    from programmes.base.common.bulk import insert_many
    from programmes.models import Document, Enrolment, Medical, Person

    today = timezone.localdate()
    rng = Random(size)  # noqa: S311 demo data, nothing secret
    people = Person.objects.filter(office__country="GTM", merged_into__isnull=True, birth_date__lt="2000-01-01")
    free = people.exclude(enrolments__season__code__startswith="board-").order_by("pk")
    cases = insert_many(
        Enrolment(
            person=person, programme=season.programme, season=season, office_id=person.office_id,
            status="in_documentation", number=f"B-{size}-{place}", registered_on=today, planned_start=season.starts_on,
            planned_end=season.starts_on + timedelta(days=180 + size % 7),
        )
        for place, person in enumerate(free[:size])
    )  # fmt: skip
    if len(cases) < size:
        raise RuntimeError(f"Only {len(cases)} people can prepare.")
    until = season.starts_on + timedelta(days=700)
    insert_many(
        Document(enrolment=case, person=case.person, type="passport", number="1", status="verified", expires_on=until)
        for case in cases
        if rng.random() > LACKING
    )
    insert_many(
        Medical(
            enrolment=case, clinic="Clínica", scheduled_on=today, status="fit", result_on=today,
            valid_until=until if rng.random() > LACKING else season.starts_on,
        )
        for case in cases
        if rng.random() > LACKING
    )  # fmt: skip
