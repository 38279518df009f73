"""Ways that PostgreSQL should not take, where it cannot know better."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def along_indexes() -> Iterator[None]:
    """Let no statement of this block read a table from its beginning, as long as an index leads to the rows too.

    For look-ups whose limit, or whose values from another row, make the planner believe that the table's first rows
    will do. The setting travels with each statement, so that it costs no way to the server, and ends with its
    transaction: inside a longer one it holds for what comes after, too.
    """

    def along(execute, sql, params, many, context):
        done = execute(f"SELECT set_config('enable_seqscan', 'off', true); {sql}", params, many, context)
        while context["cursor"].nextset():  # row history looks at each statement as well, and may be there already
            pass
        return done

    with connection.execute_wrapper(along):
        yield
