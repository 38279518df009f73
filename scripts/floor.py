"""The yardstick of `make bench`: the least that a page with fifty rows of real data can cost on this machine.

One hand-written query (five tables joined, an index that fits), its rows as dicts with the dates already text, the
smallest template that shows them, no middleware, no sign-in. Runs under `gunicorn scripts.floor`; FLOOR_DATABASE holds
the connection string and FLOOR_OFFICE the key of the office whose open cases are shown.
"""

import os
from functools import cache

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

QUERY = """
SELECT e.public_id::text, e.number, e.status, e.next_step, to_char(e.next_due_on, 'DD Mon YYYY') AS due,
    to_char(e.status_since, 'DD Mon YYYY') AS since, p.given_names, p.first_surname, p.second_surname,
    g.code AS programme, s.code AS season, u.full_name AS owner
FROM programmes_enrolment e
JOIN programmes_person p ON p.id = e.person_id
JOIN programmes_programme g ON g.id = e.programme_id
JOIN programmes_season s ON s.id = e.season_id
LEFT JOIN accounts_user u ON u.id = e.owner_id
WHERE e.office_id = %s AND e.is_open
ORDER BY e.next_due_on, e.id
LIMIT 50
"""
PAGE = Template(
    """<!doctype html><html lang="en"><title>Cases</title><table>{% for row in rows %}<tr>
<td><a href="/cases/{{ row.public_id }}/">{{ row.given_names }} {{ row.first_surname }} {{ row.second_surname }}</a>
{{ row.number }}</td><td>{{ row.programme }} {{ row.season }}</td><td>{{ row.status }} {{ row.since }}</td>
<td>{{ row.next_step }} {{ row.due }}</td><td>{{ row.owner }}</td></tr>{% endfor %}</table></html>"""
)


@cache
def _connection() -> psycopg.Connection:
    return psycopg.connect(os.environ["FLOOR_DATABASE"], autocommit=True, row_factory=dict_row)


def application(environ, start_response):
    """Answer every request with the page (WSGI)."""
    rows = _connection().execute(QUERY, [int(os.environ["FLOOR_OFFICE"])]).fetchall()
    body = PAGE.render(Context({"rows": rows})).encode()
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]
