"""Where rows come from, said once for a transaction that writes thousands of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pghistory
from django.db import connection, transaction


@contextmanager
def many_rows(**facts: Any) -> Iterator[None]:
    """A transaction whose rows carry `facts` in the row history, and in which COPY and bulk inserts are quick.

    Without these settings the triggers of pghistory and pgtrigger raise and catch two exceptions for each row, and
    so many aborted subtransactions slow a transaction down with every row. pghistory itself puts its setting before
    each statement, which COPY never sees.
    """
    with pghistory.context(**facts) as context, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('pgtrigger.ignore', '{}', true), set_config('pghistory.context_id', %s, true),"
                " set_config('pghistory.context_metadata', %s, true)",
                [str(context.id), json.dumps(context.metadata)],
            )
        yield
