"""A chain of keyed hashes over the diary and the row history: who edits them, with whatever rights, is found out.

Triggers and rights keep the web server and the workers from changing history. The owner of the tables can drop both;
that shows only in a chain whose key is kept outside the database, and whose end is known outside of it
(assurance: tampering shows). One job at a time adds links; each day the end of the chain goes out by letter.

Keys are drawn in order and committed in any, and a link must not be closed over a key that is still to come. So the job
first asks for a moment in which nobody writes into the table; what is in it then is all there will be up to there.
"""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from programmes.base.audit.models import AccessLine, Seal, SealedTable
from programmes.base.lifecycle.models import CaseEvent

# Rows of one link, and links of one run of the job.
ROWS = 5_000
LINKS = 400
LOCK_NOT_AVAILABLE = "55P03"
BEGINNING = "0" * 64
_LOCK = 7_102_026
# Table and column names are our own models'.
_QUIET = "SET LOCAL lock_timeout = '200ms'; LOCK TABLE {table} IN SHARE MODE"
_REACHED = "SELECT COALESCE(max({key}), 0) FROM {table}"
_END = """
SELECT max(key) FROM (
    SELECT {key} AS key FROM {table} WHERE {key} > %s AND {key} <= %s ORDER BY {key} LIMIT %s
) rows
"""
_DIGEST = """
SELECT count(*), encode(sha256(convert_to(COALESCE(string_agg(line, E'\\n' ORDER BY key), ''), 'UTF8')), 'hex')
FROM (
    SELECT t.{key} AS key, (SELECT to_jsonb(r)::text FROM (SELECT {columns}) r) AS line
    FROM {table} t WHERE t.{key} > %s AND t.{key} <= %s
) rows
"""
# Who acted stands beside a row of history, in a table of its own.
_WHO = "(SELECT c.metadata FROM pghistory_context c WHERE c.id = t.pgh_context_id) AS pgh_context_metadata"


@dataclass(frozen=True)
class Kept:
    """A table that is only ever added to, and the name of its key."""

    table: str
    key: str

    def columns(self) -> list[str]:
        """The columns there are now, in the order of their names: a link says which of them it covers."""
        with connection.cursor() as cursor:
            return sorted(column.name for column in connection.introspection.get_table_description(cursor, self.table))


def kept_tables() -> list[Kept]:
    """The diary, the access log, and the row history of every tracked model."""
    told = (CaseEvent, AccessLine)
    models = [model for model in apps.get_models() if hasattr(model, "pgh_tracked_model") or model in told]
    models.sort(key=lambda model: model._meta.db_table)
    return [Kept(model._meta.db_table, str(model._meta.pk.column)) for model in models]


def seal() -> int:
    """Add links for all that was added since; returns how many.

    Effects: rows of Seal and SealedTable, each link in a transaction of its own under one advisory lock, so that two
    jobs at once make no fork and a killed one leaves a chain that goes on. A table into which somebody is writing
    is left for the next run; writers wait a fifth of a second at most.
    """
    made = 0
    for kept in kept_tables():
        reached = _reached(kept)
        while made < LINKS and _link(kept, reached):
            made += 1
    return made


def _reached(kept: Kept) -> int:
    """The last key, in a moment without a writer; 0 when there is no such moment now."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_QUIET.format(table=kept.table))
            cursor.execute(_REACHED.format(table=kept.table, key=kept.key))
            return cursor.fetchone()[0]
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        return 0


@transaction.atomic
def _link(kept: Kept, reached: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    place, _created = SealedTable.objects.get_or_create(table=kept.table)
    if reached <= place.upto:
        return False
    last = head()
    columns = kept.columns()
    upto = _end(kept, place.upto, reached)
    count, digest = _digest(kept, place.upto, upto, columns)
    link = Seal(
        table=kept.table, after=place.upto, upto=upto, count=count, columns=columns, digest=digest,
        previous=last.mac if last else BEGINNING,
    )  # fmt: skip
    link.mac = _mac(link)
    link.save(force_insert=True)
    place.upto = upto
    place.save()
    return True


def _end(kept: Kept, after: int, most: int) -> int:
    """The key of the last row of the next link."""
    with connection.cursor() as cursor:
        cursor.execute(_END.format(table=kept.table, key=kept.key), [after, most, ROWS])
        return cursor.fetchone()[0] or most


def _digest(kept: Kept, after: int, upto: int, columns: list[str]) -> tuple[int, str]:
    """How many rows there are between the keys, and the hash of their columns; who acted is part of a history row."""
    listed = [f't."{column}"' for column in columns] + [_WHO] * ("pgh_context_id" in columns)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        cursor.execute(_DIGEST.format(table=kept.table, key=kept.key, columns=", ".join(listed)), [after, upto])
        return cursor.fetchone()


def _mac(link: Seal) -> str:
    words = (link.table, link.after, link.upto, link.count, ",".join(link.columns), link.digest, link.previous)
    return hmac.new(settings.AUDIT_KEY.encode(), "\n".join(map(str, words)).encode(), sha256).hexdigest()


def head() -> Seal | None:
    """The last link: what must be known outside the database, lest the end of the chain be cut off unseen."""
    return Seal.objects.order_by("-id").first()


def broken(known_head: str = "") -> Iterator[str]:
    """Go along the whole chain and say, in a sentence each, what is not as it was sealed; nothing when all is.

    `known_head` is the end of the chain as a letter gave it: it must be among the links. Reads every sealed row. A link
    that covers a column which a later version removed cannot be compared any more, and says so.
    """
    tables = {kept.table: kept for kept in kept_tables()}
    reached: dict[str, int] = {}
    previous, found = BEGINNING, not known_head
    for link in Seal.objects.order_by("id").iterator(chunk_size=500):
        found = found or link.mac == known_head
        if link.previous != previous or link.mac != _mac(link):
            yield _("Link %(number)s: the chain was changed here.") % {"number": link.pk}
        previous = link.mac
        if link.after != reached.get(link.table, 0):
            yield _("Link %(number)s: rows of %(table)s before it are not sealed.") % {
                "number": link.pk, "table": link.table,
            }  # fmt: skip
        reached[link.table] = link.upto
        kept = tables.get(link.table)
        if kept is None or set(link.columns) - set(kept.columns()):
            yield _("Link %(number)s: %(table)s has no longer all columns that were sealed.") % {
                "number": link.pk, "table": link.table,
            }  # fmt: skip
            continue
        with transaction.atomic():
            now = _digest(kept, link.after, link.upto, link.columns)
        if now != (link.count, link.digest):
            yield _("%(table)s, rows %(first)s to %(last)s: changed, removed or added after they were sealed.") % {
                "table": link.table, "first": link.after + 1, "last": link.upto,
            }  # fmt: skip
    if not found:
        yield _("The known end of the chain is missing: links were cut off.")
