"""Rows that nobody foresaw: none is lost, none breaks anything, each is taken in or comes back with its reason.

A thousand of them in every run; ten thousand with IMPORT_ROWS=10000, as each night.
"""

import os
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from programmes.base.batches import actions, imports, kinds, runner
from programmes.base.batches.said import problems_of
from programmes.base.batches.states import RowState, Status
from programmes.base.rulebook import codes, shipped
from programmes.models import Batch, Code, Enrolment, Person
from tests.factories.rulebook import SeasonFactory
from tests.journey.people.sheets import HEADER, as_csv, as_xlsx, good_row

pytestmark = pytest.mark.django_db
ROWS = int(os.environ.get("IMPORT_ROWS") or 1000)
A_FILE = 100
MAPPING = ["given_names", "first_surname", "second_surname", "sex", "birth_date", "nationality", "national_id"]

nasty = st.sampled_from(
    ["", " ", "\u200b", "\u202egnp.exe", "=cmd|' /C calc'!A0", "+1", "-1", "@x", "' OR 1=1--", "<script>alert(1)</script>",
     "{{7*7}}", "x" * 300, "NULL", "#N/A", "1e3", "1_000", "٢١", "00123", "1.23E+11", "31/02/1990", "03/27/1994", "0001-01-01",
     "9999-12-31", "29/02/2027", "1/1/1900", "60", "tomorrow", "M", "H", "guatemalteca", "XX", "2345678990101", "é" * 150,
     "O'Brien-Łukasz", "محمد", "አበበ", "\ud800", "\x0b", "a\0b", "😀", "\t", "’", "%", "\\", "{}", "None", "true"]
)  # fmt: skip
text = st.text(max_size=60) | nasty
number = st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 60_000)
cell = st.one_of(text, text, number, st.booleans(), st.none())
row = st.lists(cell, min_size=len(HEADER), max_size=len(HEADER))


@pytest.fixture
def importer(user_for):
    Code.objects.bulk_create(shipped.code_lists(), ignore_conflicts=True)
    codes.forget()
    user = user_for("manager")
    user.season = SeasonFactory()
    return user


def taken_in(user, content: bytes, name: str) -> Batch:
    """Upload, check and carry out, as a person and a worker do."""
    office = user.current_memberships[0].office
    file = SimpleUploadedFile(name, content)
    file.file.seek(0)
    batch, _new = imports.receive(kinds.KINDS["people_import"], file, by=user, office=office)
    today = date.today().isoformat()
    consent = {
        "purposes": ["case_management"],
        "mode": "written",
        "language": "es",
        "witness": "",
        "given_on": today,
        "expires_on": None,
    }
    options = {
        "date_style": "dmy", "short_years": False, "m_is_woman": "", "nationality": "", "season": user.season.pk, "on": today,
        "owner": None, "consent": consent,
    }  # fmt: skip
    actions.check(batch, by=user, params={"mapping": MAPPING, "options": options})
    runner.work(batch.pk)
    batch.refresh_from_db()
    if batch.status == Status.STAGED and batch.count(RowState.STAGED):
        actions.start(batch, by=user)
        runner.work(batch.pk)
    return Batch.objects.get(pk=batch.pk)


def accounted_for(batch, sent: int, good: int):
    """Every row that was sent is there once, taken in or with its reason."""
    assert batch.status in {Status.DONE, Status.STAGED}, batch.problem
    assert batch.total == batch.rows.count() == sent
    counted = sum(batch.outcomes.values()) + batch.count(RowState.REFUSED) + batch.count(RowState.FAILED)
    counted += batch.count(RowState.SKIPPED) + (batch.count(RowState.DOUBTFUL) if batch.status == Status.STAGED else 0)
    assert counted == batch.total
    columns = kinds.KINDS["people_import"].columns
    for one in batch.rows.exclude(state=RowState.DONE):
        said = problems_of(one, columns)
        assert said, (one.number, one.raw)
        assert all(problem.sentence for problem in said)
    assert not batch.rows.filter(problems__contains=[{"code": "unexpected"}]).exists(), "no row meets an error of ours"
    assert sum(batch.outcomes.values()) >= good
    assert Enrolment.objects.count() == Person.objects.count()


@settings(
    max_examples=max(1, ROWS // A_FILE // 2),
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(bad=st.lists(row, min_size=A_FILE - 3, max_size=A_FILE - 3))
def test_bad_rows_of_csv_files_are_all_accounted_for(importer, bad):
    before = Person.objects.count()
    lines = [*bad, *[good_row(before + n) for n in range(3)]]
    lines = [["" if c is None else c for c in line] for line in lines]
    content = _csv([HEADER, *lines])
    blank = sum(all(not str(c).strip() for c in line) for line in lines)
    accounted_for(taken_in(importer, content, "rows.csv"), len(lines) - blank, good=3)


def _csv(lines) -> bytes:
    """UTF-8 can hold no half of a pair of surrogates: no program writes one into a CSV."""
    clean = [[str(c).encode("utf-8", "replace").decode() for c in line] for line in lines]
    return as_csv(clean)


@settings(
    max_examples=max(1, ROWS // A_FILE // 2),
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(bad=st.lists(row, min_size=A_FILE - 3, max_size=A_FILE - 3))
def test_bad_rows_of_workbooks_are_all_accounted_for(importer, bad):
    before = Person.objects.count()
    lines = [*[[_storable(c) for c in line] for line in bad], *[good_row(before + n) for n in range(3)]]
    blank = sum(all(c is None or c == "" for c in line) for line in lines)
    content = as_xlsx([HEADER, *lines], strings_to_urls=False, strings_to_numbers=False)
    accounted_for(taken_in(importer, content, "rows.xlsx"), len(lines) - blank, good=3)


def _storable(value):
    """What the library that writes the test's workbook can write."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
