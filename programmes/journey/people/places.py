"""Places: which municipalities are known in a department, and where a phone number was most likely typed."""

from django.db import connection

from programmes.journey.people.models import Person

MOST = 200
# Where a number without its country code was most likely typed.
REGION = {
    "GTM": "GT",
    "COL": "CO",
    "HND": "HN",
    "SLV": "SV",
    "MEX": "MX",
    "CAN": "CA",
    "ESP": "ES",
    "NZL": "NZ",
    "WSM": "WS",
}
# One step along the index for each municipality, however many people live there.
_KNOWN = """
WITH RECURSIVE known(place) AS (
    (SELECT municipality FROM {table} WHERE subdivision = %(code)s AND municipality <> '' ORDER BY municipality LIMIT 1)
    UNION ALL
    SELECT (SELECT municipality FROM {table} WHERE subdivision = %(code)s AND municipality > place
            ORDER BY municipality LIMIT 1)
    FROM known WHERE place IS NOT NULL
)
SELECT place FROM known WHERE place IS NOT NULL LIMIT %(most)s
"""


def municipalities(subdivision: str) -> list[str]:
    """The municipalities that stand in the records of a department, in order, at most 200. No personal data."""
    if not subdivision:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _KNOWN.format(table=connection.ops.quote_name(Person._meta.db_table)),
            {"code": subdivision, "most": MOST},
        )
        return [place for (place,) in cursor.fetchall()]
