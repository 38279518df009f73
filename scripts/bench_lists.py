"""What the lists do with many rows, beside the same in hand-written SQL: for `make bench`.

Each function gets the number of people and returns the figures of one entry; nothing of what it does stays.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

ROUNDS = 5
PREVIEWED, TAKEN = 10_000, 100_000
COLUMNS = ["name", "programme", "since", "due", "owner", "office", "registered", "department"]
# A step with few conditions, so that most of the cases make it.
FROM = ("registered", "waitlisted", "eligible", "rostered")
MOVE = {"target": "withdrawn", "reason": "family", "note": ""}
# The same judgement by hand, its rows copied into the table of rows as the application does.
_PREVIEW = """
INSERT INTO programmes_batchrow
    (batch_id, number, state, outcome, raw, values, problems, found, decision, subject, subject_id)
SELECT %(batch)s, row_number() OVER (ORDER BY e.id),
    CASE WHEN e.owner_id = %(owner)s THEN 'skipped' ELSE 'staged' END, '', jsonb_build_array(e.number), '{}',
    CASE WHEN e.owner_id = %(owner)s THEN '[{"code": "case_has_it"}]' ELSE '[]' END::jsonb, '[]', '', 'enrolment', e.id
FROM programmes_enrolment e WHERE e.id = ANY(%(cases)s)
"""
_EXPORT = """
SELECT e.number, concat_ws(' ', p.given_names, p.first_surname, p.second_surname), g.names ->> 'es', s.code, e.status,
    e.next_step, u.full_name, o.name, e.registered_on, p.subdivision
FROM programmes_enrolment e JOIN programmes_person p ON p.id = e.person_id
JOIN programmes_programme g ON g.id = e.programme_id JOIN programmes_season s ON s.id = e.season_id
JOIN accounts_office o ON o.id = e.office_id LEFT JOIN accounts_user u ON u.id = e.owner_id
WHERE e.office_id = ANY(%(offices)s) OR e.destination_office_id = ANY(%(offices)s) ORDER BY e.number LIMIT %(rows)s
"""


def _times(deed: Callable[[], object]) -> tuple[float, float]:
    """p50 and longest in milliseconds, after a first time that is not counted."""
    deed()
    found = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        deed()
        found.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(found), 1), round(max(found), 1)


def _manager():
    from accounts.models import User

    return User.objects.get(email="manager@example.org")


def _carried_out(name: str, params: dict, keys: list[int], user) -> tuple[float, float]:
    """Seconds that one worker takes for the deed on these cases, and for taking it back. Nothing of it stays."""
    from django.db import transaction

    from programmes.base.batches import actions as batches
    from programmes.base.batches import runner
    from programmes.desk.bulk.kinds import DEEDS
    from programmes.models import Batch, Enrolment

    def seconds(deed: Callable) -> float:
        deed(Batch.objects.get(pk=batch.pk), by=user)
        began = time.perf_counter()
        while Batch.objects.get(pk=batch.pk).is_at_work:
            runner.work(batch.pk)
        return round(time.perf_counter() - began, 1)

    kind = DEEDS[name]
    with transaction.atomic():
        rows = kind.preview(Enrolment.objects.filter(pk__in=keys), params, user)
        office = user.current_memberships[0].office
        batch = batches.open_batch(kind.code, by=user, office=office, params=params, rows=rows)
        found = seconds(batches.start), seconds(batches.undo)
        transaction.set_rollback(True)
    return found


def bulk_10k_preview(people: int) -> dict[str, Any]:
    """Who of ten thousand cases would be assigned and who is left out: from the selection to the rows of the batch."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from programmes.base.batches import actions as batches
    from programmes.desk.bulk.kinds import DEEDS
    from programmes.models import Enrolment

    user = _manager()
    office = user.current_memberships[0].office
    params = {"owner": user.pk, "note": ""}
    chosen = Enrolment.objects.visible_to(user).filter(is_open=True)
    keys = list(chosen.order_by("pk").values_list("pk", flat=True)[:PREVIEWED])
    cases = Enrolment.objects.visible_to(user).filter(pk__in=keys)

    def preview() -> None:
        with transaction.atomic():
            rows = DEEDS["assign"].preview(cases, params, user)
            batches.open_batch("cases_assign", by=user, office=office, params=params, rows=rows)
            transaction.set_rollback(True)

    def by_hand() -> None:
        with transaction.atomic():
            batch = batches.open_batch("cases_assign", by=user, office=office, params=params)
            with connection.cursor() as cursor:
                cursor.execute(_PREVIEW, {"batch": batch.pk, "owner": user.pk, "cases": keys})
            transaction.set_rollback(True)

    with CaptureQueriesContext(connection) as queries:
        preview()
    moved = list(chosen.filter(status__in=FROM).order_by("pk").values_list("pk", flat=True)[:PREVIEWED])
    assigned_in, assign_undone_in = _carried_out("assign", params, keys, user)
    moved_in, move_undone_in = _carried_out("move", MOVE | {"on": timezone.localdate().isoformat()}, moved, user)
    p50, longest = _times(preview)
    hand_p50, hand_longest = _times(by_hand)
    return {
        "p50_ms": p50,
        "p95_ms": longest,
        "reference_p50_ms": hand_p50,
        "reference_p95_ms": hand_longest,
        "queries": len(queries),
        "bytes": 0,
        "extra": {
            "rows": len(keys),
            "assign_seconds": assigned_in,
            "assign_undo_seconds": assign_undone_in,
            "moved_rows": len(moved),
            "move_seconds": moved_in,
            "move_undo_seconds": move_undone_in,
            "said": f"{len(keys):,} cases judged and written down as rows of a batch; one worker assigns them in"
            f" {assigned_in:.0f} s (taken back in {assign_undone_in:.0f} s) and moves {len(moved):,} in"
            f" {moved_in:.0f} s (taken back in {move_undone_in:.0f} s)",
        },
    }


def export_100k_csv(people: int) -> dict[str, Any]:
    """A hundred thousand cases as CSV, with words in the reader's language and no formula, beside COPY by hand."""
    from django.db import connection

    from programmes.base.lists import export
    from programmes.models import Export

    user = _manager()
    office = user.current_memberships[0].office
    taken = Export(
        listing="cases", query="view=all&sort=number", columns=COLUMNS, format="csv", identified=True, purpose="audit",
        why="Measured.", office=office, created_by=user,
    )  # fmt: skip
    offices = sorted({pk for row in user.current_memberships for pk in row.office_ids})
    size = [0]

    def copied(statement: str, values: Any) -> None:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY ({statement}) TO STDOUT WITH (FORMAT csv)", values) as copy,
        ):
            size[0] = sum(len(part) for part in copy)

    def ours() -> None:
        rows, _columns = export.rows_of(taken, user)
        copied(*rows[:TAKEN].query.sql_with_params())

    p50, longest = _times(ours)
    weight = size[0]
    hand_p50, hand_longest = _times(lambda: copied(_EXPORT, {"offices": offices, "rows": TAKEN}))
    return {
        "p50_ms": p50,
        "p95_ms": longest,
        "reference_p50_ms": hand_p50,
        "reference_p95_ms": hand_longest,
        "queries": 1,
        "bytes": weight,
        "extra": {
            "rows": TAKEN,
            "of_copy": round(hand_p50 / p50, 2),
            "said": f"{hand_p50 / p50:.2f} of the speed of COPY",
        },
    }
