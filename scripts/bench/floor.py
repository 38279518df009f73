"""The same work by hand: what the pages of `make bench` cost at the least on this machine.

Hand-written SQL on the application's own indexes, its rows as dicts with the dates already text, the smallest template
that shows them, no middleware, no sign-in. `/yardstick` is the page all others are measured in: one query over five
tables, fifty rows. Runs under `gunicorn scripts.bench.floor`; FLOOR_DATABASE holds the connection string.
"""

import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import psycopg
from django.conf import settings
from django.template import Context, Template
from psycopg.rows import dict_row

if not settings.configured:
    settings.configure(
        USE_I18N=False, USE_TZ=False, TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
    )
    import django

    django.setup()

_CASES = """
SELECT e.public_id::text, e.id, e.number, e.status, e.next_step, to_char(e.next_due_on, 'DD Mon YYYY') AS due,
    to_char(e.status_since, 'DD Mon YYYY') AS since, p.given_names, p.first_surname, p.second_surname,
    g.code AS programme, s.code AS season, u.full_name AS owner
FROM programmes_enrolment e
JOIN programmes_person p ON p.id = e.person_id
JOIN programmes_programme g ON g.id = e.programme_id
JOIN programmes_season s ON s.id = e.season_id
LEFT JOIN accounts_user u ON u.id = e.owner_id
"""
YARDSTICK = f"{_CASES} WHERE e.office_id = %(office)s AND e.is_open ORDER BY e.next_due_on, e.id LIMIT 50"
CASES = f"{_CASES} WHERE e.office_id = %(office)s AND e.is_open ORDER BY e.next_due_on, e.id LIMIT 26"
DEEP = f"""{_CASES} WHERE e.next_due_on >= %(due)s::date AND (e.next_due_on, e.id) > (%(due)s::date, %(id)s::bigint)
AND e.office_id = ANY(string_to_array(%(offices)s, ',')::bigint[]) ORDER BY e.next_due_on, e.id LIMIT 26"""
# A person's file: the case, its steps, the latest of its diary, where the worker is, the papers.
CASE_FILE = (
    f"{_CASES} WHERE e.id = %(case)s::bigint",
    """SELECT s.kind, to_char(s.due_on, 'DD Mon YYYY') AS due, r.labels FROM programmes_step s
    LEFT JOIN programmes_requirement r ON r.id = s.requirement_id
    WHERE s.enrolment_id = %(case)s::bigint AND s.done_at IS NULL ORDER BY s.due_on, s.id""",
    """SELECT v.kind, v.what, v.from_status, v.to_status, v.note, to_char(v."on", 'DD Mon YYYY') AS due, u.full_name
    FROM programmes_caseevent v LEFT JOIN accounts_user u ON u.id = v.by_id
    WHERE v.enrolment_id = %(case)s::bigint ORDER BY v.at DESC, v.id DESC LIMIT 50""",
    """SELECT a.name AS employer, l.status, to_char(l.starts_on, 'DD Mon YYYY') AS due FROM programmes_placement l
    JOIN programmes_position o ON o.id = l.position_id JOIN programmes_jobdemand d ON d.id = o.demand_id
    JOIN programmes_employer a ON a.id = d.employer_id WHERE l.enrolment_id = %(case)s::bigint""",
    """SELECT d.type, d.status, to_char(d.expires_on, 'DD Mon YYYY') AS due FROM programmes_document d
    WHERE d.person_id = (SELECT person_id FROM programmes_enrolment WHERE id = %(case)s::bigint)""",
)
TODAY = """
SELECT s.kind, to_char(s.due_on, 'DD Mon YYYY') AS due, e.public_id::text, e.number, e.status,
    p.given_names, p.first_surname, p.second_surname
FROM programmes_enrolment e JOIN programmes_step s ON s.enrolment_id = e.id
JOIN programmes_person p ON p.id = e.person_id
WHERE e.owner_id = %(user)s::bigint AND e.is_open AND s.done_at IS NULL AND s.due_on <= current_date + 7
ORDER BY s.due_on, s.id LIMIT 50
"""
_FOUND = """
SELECT p.public_id::text, p.given_names, p.first_surname, p.second_surname, p.national_id AS number, f.name AS owner,
    to_char(p.birth_date, 'DD Mon YYYY') AS due
FROM programmes_person p JOIN accounts_office f ON f.id = p.office_id
WHERE p.merged_into_id IS NULL AND p.office_id = ANY(string_to_array(%(offices)s, ',')::bigint[]) AND {named}
AND (%(born)s = '' OR p.birth_date = nullif(%(born)s, '')::date)
ORDER BY p.first_surname, p.second_surname, p.given_names, p.id LIMIT 25
"""
NAMED = _FOUND.format(named="p.name_tokens @> iomcase_tokens(%(q)s)")
# Each typed word stands for those of the dictionary that sound the same or are a slip away; every one must be there.
ALIKE = """
SELECT array_agg(DISTINCT t.text) AS words FROM unnest(iomcase_tokens(%(q)s)) typed
JOIN LATERAL (SELECT text FROM programmes_nametoken WHERE text = typed
    UNION SELECT text FROM programmes_nametoken WHERE sound = iomcase_sound(typed)
    UNION SELECT text FROM programmes_nametoken WHERE slips && iomcase_slips(typed)) t ON true
GROUP BY typed
"""
# Who prepares in a season, closest to travel first.
READINESS = """
SELECT e.public_id::text, e.number, e.status, r.blocker AS next_step, to_char(r.since, 'DD Mon YYYY') AS since,
    to_char(r.departs_on, 'DD Mon YYYY') AS due, p.given_names, p.first_surname, p.second_surname
FROM programmes_readiness r JOIN programmes_enrolment e ON e.id = r.enrolment_id
JOIN programmes_person p ON p.id = e.person_id
WHERE e.season_id = %(season)s::bigint AND e.office_id = ANY(string_to_array(%(offices)s, ',')::bigint[])
ORDER BY r.blockers, e.id LIMIT 26
"""
# The points of a whole roster, each fact read once for all: `papers` is "type:day,type:day".
CANDIDATES = """
WITH wanted AS (
    SELECT split_part(w, ':', 1) AS type, split_part(w, ':', 2)::date AS until
    FROM unnest(string_to_array(%(papers)s, ',')) w
), tested AS (
    SELECT enrolment_id FROM programmes_testresult
    WHERE passed AND requirement_id = ANY(string_to_array(%(tests)s, ',')::bigint[])
    GROUP BY enrolment_id HAVING count(DISTINCT requirement_id) = cardinality(string_to_array(%(tests)s, ','))
), papers AS (
    SELECT d.person_id FROM programmes_document d JOIN wanted w ON w.type = d.type
    WHERE d.status IN ('verified', 'expiring') AND (d.expires_on IS NULL OR d.expires_on >= w.until)
    GROUP BY d.person_id HAVING count(DISTINCT d.type) = (SELECT count(*) FROM wanted)
), fit AS (
    SELECT DISTINCT enrolment_id FROM programmes_medical
    WHERE status IN ('fit', 'fit_conditions') AND valid_until >= %(until)s::date
), been AS (SELECT DISTINCT person_id FROM programmes_enrolment WHERE departed_on IS NOT NULL)
SELECT e.public_id::text, e.number, e.status, to_char(e.status_since, 'DD Mon YYYY') AS since,
    p.given_names, p.first_surname, p.second_surname,
    15 * ((t.enrolment_id IS NOT NULL OR e.previous_id IS NOT NULL)::int + (d.person_id IS NOT NULL)::int
        + (f.enrolment_id IS NOT NULL)::int)
    + 5 * (b.person_id IS NULL)::int + 2 * LEAST(COALESCE(p.experience_years, 0), 10)
    + CASE WHEN p.occupation = %(occupation)s THEN 20
        WHEN left(p.occupation, 3) = left(%(occupation)s, 3) THEN 10 ELSE 0 END AS due
FROM programmes_enrolment e JOIN programmes_person p ON p.id = e.person_id
LEFT JOIN tested t ON t.enrolment_id = e.id LEFT JOIN papers d ON d.person_id = e.person_id
LEFT JOIN fit f ON f.enrolment_id = e.id LEFT JOIN been b ON b.person_id = e.person_id
WHERE e.season_id = %(season)s::bigint AND e.status = 'rostered'
AND e.office_id = ANY(string_to_array(%(offices)s, ',')::bigint[])
ORDER BY due DESC, e.status_since, e.id LIMIT 26
"""
PAGE = Template(
    """<!doctype html><html lang="en"><title>Rows</title><table>{% for row in rows %}<tr>
<td><a href="/cases/{{ row.public_id }}/">{{ row.given_names }} {{ row.first_surname }} {{ row.second_surname }}</a>
{{ row.number }}</td><td>{{ row.programme }} {{ row.season }}</td><td>{{ row.status }} {{ row.since }}</td>
<td>{{ row.next_step }}{{ row.kind }}{{ row.what }}{{ row.type }} {{ row.due }}</td><td>{{ row.owner }}</td></tr>
{% endfor %}</table></html>"""
)


@cache
def _connection() -> psycopg.Connection[dict[str, Any]]:
    return psycopg.Connection[dict[str, Any]].connect(
        os.environ["FLOOR_DATABASE"],
        autocommit=True,
        row_factory=dict_row,
    )


def _alike(connection: psycopg.Connection[dict[str, Any]], values: dict[str, str]) -> list[dict[str, Any]]:
    words = [row["words"] for row in connection.execute(ALIKE, values).fetchall()]
    named = " AND ".join(f"p.name_tokens && %(w{place})s::text[]" for place in range(len(words))) or "false"
    return connection.execute(
        _FOUND.format(named=named), values | {f"w{place}": found for place, found in enumerate(words)}
    ).fetchall()


def _asking(*queries: str) -> Callable[[psycopg.Connection[dict[str, Any]], dict[str, str]], list[dict[str, Any]]]:
    return lambda connection, values: [row for query in queries for row in connection.execute(query, values).fetchall()]


PAGES: dict[str, Callable[[psycopg.Connection[dict[str, Any]], dict[str, str]], list[dict[str, Any]]]] = {
    "/yardstick": _asking(YARDSTICK),
    "/cases": _asking(CASES),
    "/deep": _asking(DEEP),
    "/case": _asking(*CASE_FILE),
    "/today": _asking(TODAY),
    "/readiness": _asking(READINESS),
    "/candidates": _asking(CANDIDATES),
    "/named": _asking(NAMED),
    "/alike": _alike,
}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the page of this address (WSGI); the query string holds its values."""
    values = {name: found[0] for name, found in parse_qs(environ["QUERY_STRING"], keep_blank_values=True).items()}
    rows = PAGES[environ["PATH_INFO"]](_connection(), values)
    body = PAGE.render(Context({"rows": rows})).encode()
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]
