"""Why rows of a batch were left out, refused or could not be put back: counted by reason, with examples of each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from programmes.base.batches.models import Batch, BatchRow
from programmes.base.batches.states import RowState

# States whose rows say why.
TOLD = (RowState.STUCK, RowState.FAILED, RowState.REFUSED, RowState.DOUBTFUL, RowState.SKIPPED)
MOST_REASONS = 30
EXAMPLES = 3
# A reason is its code with its facts; the value of a single row does not make it another one. The key names it in an
# address, where the facts themselves have no place.
_KEY = "left(md5(jsonb_build_array(p->'column', p->'code', p->'facts')::text), 12)"
_COUNTED = f"""
SELECT state, key, min(what::text), count(*), (array_agg(id ORDER BY number))[1:{EXAMPLES}]
FROM (
    SELECT DISTINCT ON (r.id, {_KEY}) r.id, r.number, r.state, {_KEY} AS key, p - 'value' AS what
    FROM programmes_batchrow r CROSS JOIN LATERAL jsonb_array_elements(r.problems) AS p
    WHERE r.batch_id = %s AND r.state = ANY(%s)
) AS told GROUP BY state, key
ORDER BY array_position(%s, state::text), count(*) DESC, key LIMIT {MOST_REASONS + 1}
"""  # noqa: S608 -- only constants of this module
_HAS = f"EXISTS (SELECT FROM jsonb_array_elements(problems) AS p WHERE {_KEY} = %s)"


@dataclass(frozen=True)
class Reason:
    """One reason: the state of its rows, the problem as it is kept, how many rows have it, the first of them."""

    state: str
    key: str
    problem: dict
    count: int
    examples: Sequence[BatchRow]


def of(batch: Batch) -> tuple[list[Reason], bool]:
    """The reasons of a batch, and whether there are more than are told. At most two statements.

    Those that somebody has to see to stand first, of each state the commonest first.
    """
    states = [state.value for state in TOLD if batch.count(state)]
    if not states:
        return [], False
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [batch.pk, states, states])
        found = cursor.fetchall()
    shown = found[:MOST_REASONS]
    rows = batch.rows.in_bulk([pk for *_rest, pks in shown for pk in pks])
    told = [
        Reason(state, key, json.loads(what), count, [rows[pk] for pk in pks]) for state, key, what, count, pks in shown
    ]
    return told, len(found) > MOST_REASONS


def with_reason(rows, key: str):
    """The rows of a queryset that have this reason."""
    return rows.filter(RawSQL(_HAS, [key], output_field=BooleanField()))  # noqa: S611 -- a constant of this module
