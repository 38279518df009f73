"""A sheet of people becomes people with cases: over HTTP, from the upload to the undoing."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from programmes.base.batches import runner
from programmes.base.batches.states import RowState, Status
from programmes.base.rulebook import codes, shipped
from programmes.models import Batch, CaseEvent, Code, Consent, Enrolment, Identity, Letter, Person, Step
from tests.factories.people import PersonFactory
from tests.factories.rulebook import SeasonFactory
from tests.journey.people.sheets import HEADER, as_csv, as_xlsx, cui, good_row

pytestmark = pytest.mark.django_db
UPLOAD = "/imports/people_import/"


@pytest.fixture(autouse=True)
def _lists(db):
    """The code lists as they are shipped."""
    Code.objects.bulk_create(shipped.code_lists(), ignore_conflicts=True)
    codes.forget()


@pytest.fixture
def client(client_for):
    return client_for("data", language="en")


@pytest.fixture
def season(db):
    return SeasonFactory()


def send(client, content, name="personas.csv", **more):
    data = {"office": client.office.pk, "file": SimpleUploadedFile(name, content), "title": "Ministry", **more}
    return client.post(UPLOAD, data)


def complaint(answer):
    """What the page says is wrong, for a test that did not expect it."""
    page = answer.content.decode()
    place = page.find("errsum")
    return page[place : place + 1500]


def batch_of(answer):
    assert answer.status_code == 302, complaint(answer)
    return Batch.objects.latest("pk")


def columns(batch, season=None, **more):
    """What the page of columns sends back when nothing is changed on it."""
    params = batch.params
    data = {f"column_{place}": code or "-" for place, code in enumerate(params["mapping"])}
    data |= {
        "version": batch.version, "date_style": "dmy", "m_is_woman": "", "nationality": "", "season": season.pk if season else "",
        "on": date.today().isoformat(), "owner": "", "purposes": ["case_management"], "mode": "written", "language": "es",
        "given_on": date.today().isoformat(), "expires_on": "", "header_line": params["header_line"],
    }  # fmt: skip
    data |= {name: params[name].replace("\t", "tab") for name in ("encoding", "separator") if params.get(name)}
    if params["sheets"]:
        data["sheet"] = params["sheets"].index(params["sheet"])
    return data | more


def check(client, batch, season=None, **more):
    """Send the columns and let a worker check the rows."""
    answer = client.post(reverse("batches:columns", args=[batch.public_id]), columns(batch, season, **more))
    assert answer.status_code == 302, complaint(answer)
    runner.work(batch.pk)
    return Batch.objects.get(pk=batch.pk)


def checked(client, rows, season=None, *, header=HEADER, content=None, name="personas.csv", **more):
    return check(client, batch_of(send(client, content or as_csv([header, *rows]), name)), season, **more)


def deed(client, batch, name):
    batch = Batch.objects.get(pk=batch.pk)
    answer = client.post(reverse("batches:deed", args=[batch.public_id, name]), {"version": batch.version})
    assert answer.status_code == 302, complaint(answer)
    runner.work(batch.pk)
    return Batch.objects.get(pk=batch.pk)


def reasons(batch, state=RowState.REFUSED):
    """Row number → the codes of what is wrong, with their columns."""
    return {
        row.number: {(one.get("column", ""), one["code"]) for one in row.problems if not one.get("warning")}
        for row in batch.rows.filter(state=state)
    }


def test_a_sheet_becomes_people_with_consent_cases_and_first_steps(client, season):
    batch = checked(client, [good_row(n) for n in range(40)], season)
    assert batch.status == Status.STAGED, batch.problem
    assert batch.counts == {"staged": 40}, list(batch.rows.values_list("problems", flat=True))
    assert not Person.objects.exists(), "nothing is registered before somebody says so"
    batch = deed(client, batch, "start")
    assert batch.status == Status.DONE
    assert batch.outcomes == {"created": 40}
    assert (Person.objects.count(), Consent.objects.count(), Identity.objects.count()) == (40, 40, 40)
    case = Enrolment.objects.order_by("pk").first()
    assert (case.season, case.status, case.owner, case.next_step) == (season, "registered", None, "screening")
    assert Step.objects.filter(kind="screening", done_at=None).count() == 40
    assert Enrolment.objects.values("number").distinct().count() == 40
    diary = set(CaseEvent.objects.filter(person=case.person).values_list("what", flat=True))
    assert diary == {"person_registered", "consent_given"} or "registered" in diary
    person = Person.objects.get(national_id=cui(10_000_001))
    assert (person.sex, person.birth_date, person.nationality) == ("female", date(1961, 1, 2), "GTM")


def test_the_good_rows_go_in_and_the_wrong_ones_come_back_as_a_file(client, season):
    rows = [good_row(n) for n in range(6)]
    rows[1][4] = "31/02/1990"
    rows[3][3] = "quizás"
    rows[4][0] = ""
    batch = checked(client, rows, season)
    assert reasons(batch) == {
        3: {("birth_date", "said")}, 5: {("sex", "word_unknown_alone")}, 6: {("given_names", "field_required")},
    }  # fmt: skip
    page = client.get(batch.get_absolute_url() + "?state=refused").content.decode()
    assert "This word is not in the list." in page
    assert "That month has only 28 days. Enter a day from 1 to 28." in page
    batch = deed(client, batch, "start")
    assert batch.outcomes == {"created": 3}
    assert sum(batch.outcomes.values()) + batch.count("refused") == batch.total == 6
    answer = client.post(reverse("batches:rows", args=[batch.public_id]), {"state": "refused", "format": "csv"})
    sent_back = b"".join(answer.streaming_content)
    corrected = sent_back.replace(b"31/02/1990", b"28/02/1990").replace("quizás".encode(), b"mujer")
    again = check(client, batch_of(send(client, corrected, "corrected.csv")), season)
    assert again.params["mapping"][:7] == batch.params["mapping"]
    assert reasons(again) == {4: {("given_names", "field_required")}}
    assert deed(client, again, "start").outcomes == {"created": 2}
    assert Person.objects.count() == 5


def test_the_same_file_again_creates_nothing_and_says_so(client, season):
    content = as_csv([HEADER, *[good_row(n) for n in range(3)]])
    batch = deed(client, check(client, batch_of(send(client, content)), season), "start")
    answer = send(client, content, "other-name.csv")
    assert answer.headers["Location"] == batch.get_absolute_url()
    assert Batch.objects.count() == 1
    assert "uploaded before" in client.get(answer.headers["Location"]).content.decode()


def two_sheets(book, page):
    """A second sheet with somebody else, behind a blank one."""
    book.add_worksheet("Hoja2")
    other = book.add_worksheet(" Marzo ")
    for line, row in enumerate([["Ministerio"], HEADER, good_row(7)]):
        other.write_row(line, 0, row)


def test_each_sheet_of_a_workbook_is_taken_in_for_itself_and_once(client, season):
    content = as_xlsx([HEADER, good_row(1)], prepare=two_sheets)
    first = batch_of(send(client, content, "year.xlsx"))
    address = reverse("batches:columns", args=[first.public_id])
    question = client.get(address).content.decode()
    assert "Which sheet?" in question
    assert "Hoja2" not in question, "what is blank is not asked about"
    client.post(address, {"again": "1", "sheet": "2"})
    first.refresh_from_db()
    assert (first.params["sheet"], first.params["header_line"]) == (" Marzo ", 2)
    assert deed(client, check(client, first, season), "start").outcomes == {"created": 1}
    second = batch_of(send(client, content, "year.xlsx"))
    assert second.params["sheet"] == "Hoja1", "the sheet that is left is proposed"
    address = reverse("batches:columns", args=[second.public_id])
    assert "This sheet was uploaded before." in client.get(address).content.decode()
    refused = client.post(address, {"again": "1", "sheet": "2"}, follow=True)
    assert refused.redirect_chain[-1][0] == first.get_absolute_url()
    assert "This sheet was uploaded before. Nothing was taken in twice: see here." in refused.content.decode()
    client.post(address, {"again": "1", "sheet": "0"})
    second.refresh_from_db()
    assert deed(client, check(client, second, season), "start").outcomes == {"created": 1}
    assert "Other sheets, not read" in client.get(second.get_absolute_url()).content.decode()
    again = send(client, content, "year-copy.xlsx")
    assert (again.status_code, Batch.objects.count(), Person.objects.count()) == (302, 2, 2)


def test_known_people_are_matched_by_document_and_get_their_case(client, season):
    row = good_row(1)
    person = PersonFactory(
        given_names=row[0], first_surname=row[1], second_surname=row[2], birth_date=date(1961, 1, 2), national_id=row[6]
    )
    batch = deed(client, checked(client, [row, good_row(2)], season), "start")
    assert batch.outcomes == {"created": 1, "matched": 1}
    assert Person.objects.count() == 2
    assert person.enrolments.get().season == season


def test_whoever_imports_gets_a_letter_when_rows_wait_and_when_it_is_done(client, season):
    rows = [good_row(n) for n in range(4)]
    rows[1][4] = "31/02/1990"
    batch = deed(client, checked(client, rows, season), "start")
    waits, done = Letter.objects.filter(to=client.user).order_by("pk")
    assert "Ready: 3. To decide: 0. Wrong: 1. Left out: 0." in waits.body_text
    assert "Done: 3. Wrong: 1. Left out: 0." in done.body_text
    assert batch.get_absolute_url() in done.body_text
    for letter in (waits, done):
        assert not any(str(cell) in letter.body_text + letter.subject for row in rows for cell in row[:3] + row[4:])
    deed(client, checked(client, [good_row(9)], season, name="small.csv"), "start")
    assert Letter.objects.count() == 3, "a few rows that are all right are seen on the page"


def test_somebody_alike_is_decided_by_a_person(client, season):
    row = [*good_row(1)[:6], ""]
    known = PersonFactory(given_names=row[0], first_surname=row[1], second_surname=row[2], birth_date=date(1961, 1, 2))
    batch = checked(client, [row, good_row(2)], season)
    assert batch.counts == {"staged": 1, "doubtful": 1}
    address = reverse("batches:decide", args=[batch.public_id])
    page = client.get(address).content.decode()
    assert known.full_name in page
    assert "same date of birth" in page
    assert "2 Jan 1961" in page
    client.post(address, {"row_2": f"same:{known.public_id}"})
    batch = deed(client, batch, "start")
    assert batch.outcomes == {"created": 1, "matched": 1}
    assert known.enrolments.count() == 1
    assert "may be a person who is known" not in client.get(batch.get_absolute_url()).content.decode(), "it is decided"


def test_rows_that_were_taken_in_before_are_known_again_and_nobody_is_asked_twice(client, season):
    """A sheet that comes again with a row more: without numbers, names and days alone would be for a person to decide."""
    rows = [[*good_row(n)[:6], ""] for n in range(6)]
    first = deed(client, checked(client, rows[:5], season), "start")
    people = dict(first.rows.values_list("number", "subject_id"))
    Person.objects.filter(pk=people[3]).update(birth_date=date(1950, 5, 5))
    again = checked(client, [*rows[:4], [*rows[4][:4], "30/12/1999", *rows[4][5:]], rows[5]], season, name="more.csv")
    assert again.counts == {"staged": 6}
    again = deed(client, again, "start")
    assert again.outcomes == {"created": 2, "matched": 4}, "one row is new, and one says another day by now"
    assert {n: pk for n, pk in again.rows.values_list("number", "subject_id") if n < 6} == {
        n: pk for n, pk in people.items() if n < 6
    }
    assert Enrolment.objects.count() == Person.objects.count() == 7, "and nobody has a second case"


def test_people_of_other_offices_reveal_nothing(client, season, office_for):
    row = good_row(1)
    PersonFactory(
        given_names=row[0], first_surname=row[1], second_surname=row[2], birth_date=date(1961, 1, 2), national_id=row[6],
        office=office_for("CO-BOG"),
    )  # fmt: skip
    alike = [*good_row(2)[:6], ""]
    PersonFactory(
        given_names=alike[0], first_surname=alike[1], second_surname=alike[2], birth_date=date(1962, 1, 3),
        office=office_for("CO-BOG"), nationality="GTM",
    )  # fmt: skip
    batch = checked(client, [row, alike], season)
    assert reasons(batch) == {2: {("national_id", "number_elsewhere")}}
    assert batch.count("staged") == 1, "who is only alike and out of sight is never mentioned"
    page = client.get(batch.get_absolute_url()).content.decode()
    assert "BOG" not in page


def test_the_same_person_five_times_in_the_file_is_one_person(client, season):
    rows = [good_row(1)] * 4 + [[*good_row(1)[:6], ""], good_row(2)]
    batch = checked(client, rows, season)
    assert batch.counts == {"staged": 2, "skipped": 4}
    assert deed(client, batch, "start").outcomes == {"created": 2}
    assert (
        "The same person stands in row 2 already."
        in client.get(batch.get_absolute_url() + "?state=skipped").content.decode()
    )


def test_an_import_is_undone_until_its_cases_move_on(client, season, user_for):
    known = PersonFactory(given_names="Ana", national_id="X1", nationality="GTM")
    batch = deed(client, checked(client, [good_row(n) for n in range(8)], season), "start")
    from programmes.journey.enrolment import actions

    moved = Enrolment.objects.order_by("pk").first()
    actions.move(moved, "withdrawn", by=user_for("manager"), on=date.today(), reason="family")
    batch = deed(client, batch, "undo")
    assert batch.status == Status.UNDONE
    assert (batch.count("undone"), batch.count("stuck")) == (7, 1)
    assert set(Person.objects.values_list("pk", flat=True)) == {known.pk, moved.person_id}
    assert Enrolment.objects.count() == 1
    assert Consent.objects.filter(person=moved.person).exists()


def test_more_rows_than_the_limit_need_a_second_person(client, client_for, season, settings):
    settings.BATCH_CONFIRM_ABOVE = 2
    batch = checked(client, [good_row(n) for n in range(3)], season)
    batch = deed(client, batch, "start")
    assert batch.status == Status.WAITING
    assert client.get(reverse("batches:deed", args=[batch.public_id, "confirm"])).status_code == 403
    assert deed(client_for("manager"), batch, "confirm").outcomes == {"created": 3}


def test_a_caseworker_and_an_auditor_cannot_import(client_for):
    for role in ("caseworker", "auditor", "liaison", "partner"):
        assert client_for(role).get(UPLOAD).status_code == 403


def test_the_template_is_a_workbook_that_can_be_filled_in_and_sent(client, season):
    import io

    import openpyxl

    answer = client.get("/imports/people_import/template/")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert len(book.sheetnames) == 4
    header = [cell.value for cell in book.worksheets[0][1]]
    example = [cell.value for cell in book.worksheets[1][2]]
    batch = checked(client, [], season, content=as_xlsx([header, example]), name="filled.xlsx")
    assert batch.counts == {"staged": 1}, list(batch.rows.values_list("problems", flat=True))


def test_a_name_of_columns_is_remembered_for_the_next_file_of_the_source(client, season):
    header = ["A", "B", "C", "D"]
    batch = batch_of(send(client, as_csv([header, ["Ana", "Tzoc", "mujer", "01/02/1990"]])))
    refused = client.post(reverse("batches:columns", args=[batch.public_id]), columns(batch, season))
    assert refused.status_code == 422
    assert "no column of the file stands for them" in refused.content.decode()
    chosen = {"column_0": "given_names", "column_1": "first_surname", "column_2": "sex", "column_3": "birth_date"}
    batch = check(client, batch, season, nationality="GTM", **chosen)
    assert batch.counts == {"staged": 1}
    following = batch_of(send(client, as_csv([header, ["Eva", "Caal", "mujer", "03/02/1990"]]), "next.csv"))
    assert following.params["mapping"] == list(chosen.values())
    page = client.get(reverse("batches:columns", args=[following.public_id])).content.decode()
    assert "Eva" in page


def test_a_file_with_tabs_can_be_sent_and_read_again_with_another_header_line(client, season):
    rows = [["Ministerio", *[""] * 6], [""] * 7, HEADER, *[good_row(n) for n in range(3)]]
    batch = batch_of(send(client, as_csv(rows, separator="\t")))
    assert (batch.params["separator"], batch.params["header_line"]) == ("\t", 3), "the header in row 3 is found"
    address = reverse("batches:columns", args=[batch.public_id])
    client.post(address, columns(batch, season, header_line=1, again="1"))
    batch.refresh_from_db()
    assert batch.params["header"] == ["Ministerio"]
    client.post(address, columns(batch, season, header_line=3, again="1"))
    batch.refresh_from_db()
    batch = check(client, batch, season)
    assert batch.counts == {"staged": 3}
    assert list(batch.rows.values_list("number", flat=True)) == [4, 5, 6]
