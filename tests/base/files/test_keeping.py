"""Files: how they are called, kept, counted, scanned and swept. What people meet is in the tests of the upload pages."""

import dataclasses
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.utils import DatabaseError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from programmes.base.common.errors import RuleBroken
from programmes.base.common.storage import private_storage
from programmes.base.files import actions, rules, scanner, storing, tasks
from programmes.models import CaseEvent, Letter, StoredFile
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.files import PDF, full_disk, keep_file, pdf
from tests.factories.people import picture
from tests.fixtures.clamd import EICAR, clamd
from tests.fixtures.threads import at_once

NAMES = {
    "../../etc/passwd": "passwd.pdf",
    "a/b.pdf": "b.pdf",
    "C:\\temp\\b.pdf": "b.pdf",
    "..": "file.pdf",
    ".htaccess": "htaccess.pdf",
    "CON.pdf": "_CON.pdf",
    "lpt1.acta.pdf": "_lpt1.acta.pdf",
    "resume.pdf.exe": "resume.pdf",
    "Cédula de María.JPG": "Cédula de María.pdf",
    "acta\x00\r\nX-Evil: 1.pdf": "acta X-Evil 1.pdf",
    '"a";filename="b.exe': "a filename= b.pdf",
    "\u202efdp.exe": "fdp.pdf",
    "Sr. Pérez 2024.03": "Sr. Pérez 2024.03.pdf",
    "": "file.pdf",
    "x" * 300 + ".pdf": "x" * 76 + ".pdf",
}


@pytest.mark.parametrize("name", NAMES)
def test_shown_name_is_cleaned_and_shortened(name):
    assert rules.shown_name(name, rules.PDF) == NAMES[name]


@given(st.text(max_size=400))
def test_no_name_leads_anywhere(name):
    shown = rules.shown_name(name, rules.JPEG)
    assert shown.endswith(".jpg")
    assert 4 < len(shown) <= rules.LONGEST_NAME
    assert shown.isprintable()
    assert not set(shown) & set('/\\<>:"|?*')
    assert not shown.startswith((".", " "))
    assert rules.shown_name(shown, rules.JPEG) == shown


def files() -> list[str]:
    storage = private_storage()
    return sorted(storage.listdir(storing.FOLDER)[1]) if storage.exists(storing.FOLDER) else []


def test_a_file_is_kept_under_a_random_name_and_never_changes(db):
    case = EnrolmentFactory()
    file = keep_file(case)
    assert (file.name, file.kind, file.size, file.enrolment) == ("scan.pdf", rules.PDF, len(PDF), case)
    assert files() == [file.stored.removeprefix("files/")]
    with private_storage().open(file.stored) as content:
        assert content.read() == PDF
    with pytest.raises(DatabaseError), transaction.atomic():
        StoredFile.objects.filter(pk=file.pk).update(sha256="0" * 64)


def test_what_no_row_names_does_not_stay(db):
    case = EnrolmentFactory()
    with storing.passing([pdf(), picture()]) as stored:
        kept = actions.keep(stored[0], by=None, office=case.office)
        assert len(files()) == 2
    assert files() == [kept.stored.removeprefix("files/")]
    with pytest.raises(RuleBroken), storing.passing([pdf(), pdf(content=b"MZ\x90\x00")]):
        pass
    assert len(files()) == 1


def test_a_content_left_by_a_killed_process_is_swept_when_it_is_old(db):
    kept = keep_file(EnrolmentFactory())
    storing.put(pdf(), storing.FOLDER)
    tasks.sweep()
    assert len(files()) == 2
    assert storing.sweep(older_than=timedelta(seconds=-5)) == 1
    assert files() == [kept.stored.removeprefix("files/")]


def test_a_removed_file_goes_with_its_content(db, django_capture_on_commit_callbacks):
    file = keep_file(EnrolmentFactory())
    with django_capture_on_commit_callbacks(execute=True):
        actions.remove(file)
    assert files() == []


def test_what_we_made_needs_no_scanner_and_counts_for_nobody(db, settings):
    settings.FILES_PER_CASE, settings.CLAMAV = 1, "tcp://127.0.0.1:1"
    case = EnrolmentFactory()
    keep_file(case)
    with storing.passing_made(PDF, name="Carta.pdf", kind=rules.PDF) as stored:
        letter = actions.keep(stored, by=None, office=case.office, enrolment=case)
    assert (letter.is_available, letter.scan_words, letter.is_picture) == (True, "", False)


def test_a_full_store_leaves_nothing_and_says_so(db, media):
    with full_disk(media), pytest.raises(RuleBroken, match="could not be stored"), storing.passing([pdf()]):
        pass
    assert not StoredFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_pass_the_limit_of_a_case_or_of_an_office(settings):
    settings.FILES_PER_CASE = 2
    case = EnrolmentFactory()
    one = keep_file(case)
    with storing.passing([pdf(), pdf()]) as stored:
        assert _keep_both(stored, [case, case]) == ["case_is_full"]
    settings.FILES_PER_CASE, settings.FILES_OFFICE_MEGABYTES = 25, 3 * one.size / 1_000_000
    with storing.passing([pdf(), pdf()]) as stored:
        assert _keep_both(stored, [EnrolmentFactory(), EnrolmentFactory()]) == ["office_is_full"]
    assert len(files()) == 3


def _keep_both(stored: list[storing.Stored], cases: list) -> list[str]:
    """Keep two contents at the same moment; the codes of what was refused."""
    keep = actions.keep
    _kept, raised = at_once(2, lambda n: keep(stored[n], by=None, office=cases[n].office, enrolment=cases[n]))
    return [refusal.code for refusal in raised]


# --- The scanner ------------------------------------------------------------------------------------------------


def test_without_a_scanner_files_are_open_and_the_page_says_so(db):
    file = keep_file(EnrolmentFactory())
    assert file.is_available
    assert "no virus scanner is set up" in file.scan_words
    assert actions.scan_waiting() == 0


def test_with_a_scanner_only_what_is_clean_is_open(user_for, settings):
    case = EnrolmentFactory()
    uploader = user_for("caseworker", language="en")
    good, bad = keep_file(case), keep_file(case, by=uploader, upload=pdf(content=PDF[:20] + EICAR + PDF[20:]))
    with clamd() as (settings.CLAMAV, seen):
        assert not good.is_available  # also what came before there was a scanner
        assert actions.scan_waiting() == 2
        assert seen == [good.size, bad.size]
        good.refresh_from_db()
        bad.refresh_from_db()
        assert (good.is_available, good.scan_words) == (True, "")
        assert (bad.is_available, bad.finding) == (False, "Eicar-Test-Signature")
        assert "Quarantined" in bad.scan_words
        assert actions.scan_waiting() == 0
        tasks.scan(bad.pk)
    assert CaseEvent.objects.filter(what="file_infected", enrolment=case).count() == 1
    letter = Letter.objects.get()
    assert (letter.to, letter.enrolment) == (uploader, case)
    assert case.number in letter.subject
    assert bad.name not in letter.body_text
    settings.CLAMAV = ""
    assert not bad.is_available  # what was found once is not forgotten with the scanner


def test_a_scanner_that_is_away_or_confused_keeps_files_waiting(db, settings):
    settings.CLAMAV = "tcp://127.0.0.1:1"
    one, other = keep_file(EnrolmentFactory()), keep_file(EnrolmentFactory())
    tasks.scan(one.pk)
    tasks.scan(2**31)
    assert actions.scan_waiting() == 0
    with pytest.raises(scanner.Away):
        actions.scan(one.pk)
    with clamd(b"INSTREAM size limit exceeded. ERROR\0") as (settings.CLAMAV, seen):
        assert actions.scan_waiting() == 0
        assert len(seen) == 2  # one that cannot be judged does not stop the others
    with clamd(b"") as (settings.CLAMAV, seen):
        assert actions.scan_waiting() == 0
    one.refresh_from_db()
    assert (one.status, one.is_available, other.is_available) == ("waiting", False, False)
    assert "Waiting for the virus scanner" in one.scan_words


def test_after_a_month_it_is_scanned_again(db, settings):
    file = keep_file(EnrolmentFactory())
    with clamd() as (settings.CLAMAV, seen):
        tasks.scan_waiting()
        StoredFile.objects.filter(pk=file.pk).update(scanned_at=timezone.now() - timedelta(days=31))
        tasks.scan_waiting()
        tasks.scan_waiting()
    assert len(seen) == 2


def test_stored_describes_exactly_the_columns_it_fills():
    columns = {field.name for field in StoredFile._meta.fields}
    assert {field.name for field in dataclasses.fields(storing.Stored)} <= columns
