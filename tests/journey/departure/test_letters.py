"""Letters on paper: issued once, made in the background, checked by anybody, and templates that administrators edit."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from programmes.base.common.storage import private_storage
from programmes.base.papers import actions as letters
from programmes.base.papers import composing, kinds, pdf, shipped
from programmes.models import CaseEvent, IssuedLetter, LetterTemplate, TemplateEdition
from tests.factories.departure import ContractFactory, OrientationFactory, TripFactory, hold_position
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import IdentityFactory
from tests.fixtures.threads import at_once
from tests.journey.departure.pdftext import words_of

TODAY = date.today()


@pytest.fixture
def case(season):
    """A case with all that the shipped letters name."""
    shipped.load()
    found = EnrolmentFactory(season=season, status="in_documentation")
    selection = hold_position(found)
    ContractFactory(
        selection=selection, longest_day="12", overtime_percent=150, deduct_housing="30", gives_housing=True,
        gives_return=True,
    )  # fmt: skip
    OrientationFactory(enrolment=found, modules=["rights", "contract"])
    TripFactory(enrolment=found)
    IdentityFactory(person=found.person, kind="passport", number="205847311")
    return found


@pytest.fixture
def officer(client_for):
    """A liaison who reads English."""
    return client_for("liaison", language="en")


def template(kind):
    """The shipped template of a kind."""
    return LetterTemplate.objects.get(kind=kind)


def issued(case, by, kind="consulate_letter", languages=("es", "fr")):
    """A letter that waits for its file."""
    return letters.issue(case, by=by, template=template(kind), languages=languages, on=TODAY)


def page(name, *records):
    """An address of this room."""
    return reverse(f"departure:{name}", args=[record.public_id for record in records])


def strings(data):
    """Every string of a letter's data."""
    if isinstance(data, str):
        yield data
    for part in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from strings(part)


def raw_fields(text, kind):
    """What stands in the words of a letter and should have been filled."""
    names = [name for name in kinds.KINDS[kind].fields if "_" in name]
    return [*re.findall(r"[{}]|\bNone\b", text), *(name for name in names if name in text)]


def file_of(letter):
    """What its worker made."""
    with private_storage().open(letter.file.stored) as file:
        return file.read()


# --- Making ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["job_offer", "consulate_letter", "orientation_certificate", "travel_sheet", "contract_summary"]
)
def test_every_shipped_letter_is_made_in_spanish_and_french_without_a_raw_field(case, user_for, kind):
    letter = issued(case, user_for("liaison"), kind)
    data = composing.compose(IssuedLetter.objects.get(pk=letter.pk))
    del data["qr"]
    assert [column["lang"] for column in data["columns"]] == ["es", "fr"]
    assert not [text for text in strings(data) if "{" in text or "}" in text or (not text.strip() and text)]
    assert case.person.full_name in json.dumps(data, ensure_ascii=False)
    letters.make(letter.pk)
    letter.refresh_from_db()
    assert (letter.status, letter.failure) == ("ready", "")
    content = file_of(letter)
    assert content.startswith(b"%PDF-1.7")
    assert b"pdfuaid:part" in content
    text = words_of(content)
    assert case.person.full_name in text
    assert raw_fields(text, kind) == []
    assert letter.sha256 == letter.file.sha256


def test_values_are_written_in_the_language_of_their_column(case, user_for):
    letter = issued(case, user_for("liaison"), "contract_summary")
    spanish, french = composing.compose(letter)["columns"]
    facts = [{block["label"]: block["text"] for block in column["blocks"]} for column in (spanish, french)]
    assert facts[0]["Salario"].endswith("17,20 por hora") or facts[0]["Salario"].endswith("17.20 por hora")
    assert facts[1]["Salaire"].endswith("17,20 de l'heure")
    assert facts[1]["Profession"] == "Manœuvres, cultures"
    assert facts[1]["L'employeur fournit"] == "le logement et le voyage de retour"
    assert facts[1]["Heures supplémentaires"] == "150 % du salaire"


def test_words_of_a_case_are_never_layout(case, user_for):
    case.person.given_names = '#panic("x") $a$ *b* {wage} \\ @c <d> | - # '
    case.person.save()
    letter = issued(case, user_for("liaison"))
    letters.make(letter.pk)
    letter.refresh_from_db()
    assert letter.status == "ready"
    # What somebody is called is printed as it is; so a field that was left would be seen.
    text = words_of(file_of(letter))
    assert '#panic("x") $a$ *b* {wage}' in text
    assert "{" in raw_fields(text, "consulate_letter")


def test_second_hint_and_second_worker_make_nothing_twice(case, user_for):
    letter = issued(case, user_for("liaison"))
    letters.make(letter.pk)
    first = IssuedLetter.objects.get(pk=letter.pk)
    letters.make(letter.pk)
    second = IssuedLetter.objects.get(pk=letter.pk)
    assert (first.file_id, first.sha256, first.version) == (second.file_id, second.sha256, second.version)
    assert case.files.count() == 1


def test_letter_of_a_worker_that_was_killed_is_made_by_the_next(case, user_for):
    letter = issued(case, user_for("liaison"))
    rows = IssuedLetter.objects.filter(pk=letter.pk)
    rows.update(claimed_at=timezone.now())
    letters.make(letter.pk)
    assert rows.get().status == "waiting"
    rows.update(claimed_at=timezone.now() - timedelta(minutes=6))
    letters.make(letter.pk)
    assert rows.get().status == "ready"


def test_later_letter_replaces_the_earlier_one_which_stays_readable(case, user_for, officer):
    by = user_for("liaison")
    first, other = issued(case, by), issued(case, by, "job_offer")
    for letter in (first, other):
        letters.make(letter.pk)
    second = issued(case, by, languages=["en"])
    assert IssuedLetter.objects.get(pk=first.pk).status == "ready"
    letters.make(second.pk)
    states = dict(IssuedLetter.objects.values_list("pk", "status"))
    assert states == {first.pk: "superseded", other.pk: "ready", second.pk: "ready"}
    assert officer.get(page("letter_file", case, first)).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_the_same_moment_make_one_file(case, user_for):
    letter = issued(case, user_for("liaison"))
    _given, raised = at_once(3, lambda _n: letters.make(letter.pk))
    assert raised == []
    assert IssuedLetter.objects.get(pk=letter.pk).status == "ready"
    assert case.files.count() == 1
    assert CaseEvent.objects.filter(what="letter_ready").count() == 1


# --- Faults ------------------------------------------------------------------------------------------------------


def test_full_storage_is_tried_again_then_told_and_mended(case, user_for, officer, settings, tmp_path):
    letter = issued(case, user_for("liaison"))
    blocked = tmp_path / "full"
    blocked.write_text("no directory")
    kept, private = settings.STORAGES, settings.STORAGES["private"]
    settings.STORAGES = {**kept, "private": {**private, "OPTIONS": {**private["OPTIONS"], "location": str(blocked)}}}
    for _try in range(2):
        letters.make(letter.pk)
        assert IssuedLetter.objects.get(pk=letter.pk).status == "waiting"
    letters.make(letter.pk)
    settings.STORAGES = kept
    shown = officer.get(page("letter", case, letter)).content.decode()
    assert "could not be stored" in shown
    again = page("letter_retry", case, letter)
    form = officer.get(again).context["form"]
    assert officer.post(again, {"version": form.initial["version"]}).status_code == 302
    letters.make(letter.pk)
    assert IssuedLetter.objects.get(pk=letter.pk).status == "ready"
    told = list(CaseEvent.objects.filter(subject="letter").order_by("id").values_list("what", flat=True))
    assert told == ["letter_issued", "letter_failed", "letter_retried", "letter_ready"]


def test_fact_that_went_away_meanwhile_is_named(case, user_for, officer):
    letter = issued(case, user_for("liaison"), "travel_sheet")
    case.trips.update(cancelled_on=TODAY)
    letters.make(letter.pk)
    shown = officer.get(page("letter", case, letter)).content.decode()
    assert "ticket number" in shown
    assert "Try again" in shown


# --- Pages -------------------------------------------------------------------------------------------------------


def send(client, address, **typed):
    """Open a form and send it."""
    form = client.get(address).context["form"]
    return client.post(address, {"key": str(form.initial["key"]), **typed})


def test_letter_is_issued_once_per_click_waited_for_and_downloaded(case, officer):
    address = page("issue", case)
    form = officer.get(address).context["form"]
    typed = {"key": str(form.initial["key"]), "template": template("job_offer").pk, "language": "es", "second": "fr"}
    one, two = officer.post(address, typed), officer.post(address, typed)
    assert one.status_code == two.status_code == 302
    assert one.url == two.url
    letter = IssuedLetter.objects.get()
    waiting = officer.get(one.url).content.decode()
    assert 'hx-trigger="every 2s"' in waiting
    assert "The file is being made" in waiting
    assert "<noscript>" in waiting
    assert officer.get(page("letter_file", case, letter)).status_code == 404
    letters.make(letter.pk)
    ready = officer.get(one.url).content.decode()
    assert "every 2s" not in ready
    assert "Download the PDF" in ready
    file = officer.get(page("letter_file", case, letter))
    assert file["Content-Type"] == "application/pdf"
    assert file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Disposition"] == f'attachment; filename="job-offer-{letter.number}.pdf"'
    assert letter.number in officer.get(page("letters", case)).content.decode()


def test_list_asks_as_much_for_three_letters_as_for_one(case, user_for, officer, django_assert_num_queries):
    by, address = user_for("liaison"), page("letters", case)
    issued(case, by)
    officer.get(address)
    with CaptureQueriesContext(connection) as one:
        officer.get(address)
    for kind in ("job_offer", "travel_sheet"):
        issued(case, by, kind)
    with django_assert_num_queries(len(one)):
        assert officer.get(address).content.decode().count("Being made") == 3


def test_missing_facts_and_languages_are_named_and_nothing_is_issued(season, officer):
    shipped.load()
    bare = EnrolmentFactory(season=season, status="in_documentation")
    refused = send(officer, page("issue", bare), template=template("travel_sheet").pk, language="es", second="")
    assert refused.status_code == 422
    said = refused.content.decode()
    assert "Record first:" in said
    assert "ticket number" in said
    refused = send(officer, page("issue", bare), template=template("travel_sheet").pk, language="pt", second="es")
    assert "This letter is written in: Español, English, Français." in refused.content.decode()
    refused = send(officer, page("issue", bare), template=template("travel_sheet").pk, language="es", second="es")
    assert "Choose another language" in refused.content.decode()
    assert not IssuedLetter.objects.exists()


def test_whoever_may_not_see_the_case_or_the_numbers_gets_no_file(case, user_for, client_for):
    letter = issued(case, user_for("liaison"))
    letters.make(letter.pk)
    file = page("letter_file", case, letter)
    assert client_for("caseworker").get(file).status_code == 200
    assert client_for("auditor").get(file).status_code == 403
    assert client_for("partner").get(file).status_code == 403
    assert client_for("caseworker", office="CO-BOG").get(file).status_code == 404
    other = EnrolmentFactory(season=case.season, status="in_documentation")
    assert client_for("caseworker").get(page("letter_file", other, letter)).status_code == 404


# --- The public check --------------------------------------------------------------------------------------------


def check(client, code):
    """What the public page says of a code."""
    return client.get(reverse("papers:verified", args=[code]), headers={"accept-language": "en"})


def test_check_shows_number_day_and_hash_and_nothing_about_anybody(case, user_for, client, django_assert_num_queries):
    by = user_for("liaison")
    letter = issued(case, by, "contract_summary")
    assert check(client, letter.code).status_code == 404
    letters.make(letter.pk)
    letter.refresh_from_db()
    with django_assert_num_queries(1):
        shown = check(client, letter.code)
    said = shown.content.decode()
    assert shown.status_code == 200
    for known in (letter.number, letter.sha256, letter.code_shown, "in force"):
        assert known in said
    person = case.person
    demand = case.selections.get().position.demand
    for secret in (
        person.given_names, person.first_surname, person.national_id, "205847311", str(person.birth_date.year),
        case.number, by.full_name, demand.employer.name, demand.site.place, case.office.name, case.programme.name,
        "contract", "Contract summary",
    ):  # fmt: skip
        assert not secret or secret not in said, secret
    assert shown["X-Robots-Tag"] == "noindex"
    assert "no-store" in shown["Cache-Control"]
    typed = client.post(reverse("papers:verify"), {"code": f" {letter.code_shown.lower()} "})
    assert letter.sha256 in typed.content.decode()
    letters.withdraw(letter, by=by, version=letter.version, reason="a wrong day")
    assert "was withdrawn" in check(client, letter.code).content.decode()


def test_unknown_malformed_and_unmade_codes_get_the_very_same_answer(case, user_for, client, django_assert_num_queries):
    waiting = issued(case, user_for("liaison"))
    answers = set()
    for code in ("0" * 16, waiting.code, "x", "' OR 1=1", "A" * 39):
        with django_assert_num_queries(1):
            shown = check(client, code)
        answers.add((shown.status_code, shown.content.decode().replace(f'value="{code}"', "").replace("&#x27;", "'")))
    assert {status for status, _said in answers} == {404}
    assert all("No letter carries this code" in said for _status, said in answers)
    assert len({len(said.partition("<form")[0]) for _status, said in answers}) == 1


def test_check_is_limited_for_each_network_address(client, db):
    cache.clear()
    codes = [check(client, "0" * 16).status_code for _n in range(31)]
    assert codes == [404] * 30 + [429]
    assert check(client, "0" * 16)["Retry-After"]
    assert client.get(reverse("papers:verify"), REMOTE_ADDR="203.0.113.9").status_code == 200
    cache.clear()


# --- Templates ---------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(client_for):
    """An administrator who reads English."""
    shipped.load()
    return client_for("administrator", language="en")


def sent(admin, address, **changes):
    """Send the page of a template as it stands, with changes."""
    form = admin.get(address).context["adminform"].form
    typed = {"opened": form.instance.version or "", "kind": form.instance.kind, "active": "on"}
    typed |= {"names_es": "Carta", "names_en": "Letter"}
    for name, field in form.fields.items():
        if name.startswith(("title_", "body_")):
            typed[name] = field.initial
    return admin.post(address, typed | changes)


def test_unknown_field_is_refused_at_save_and_named(admin):
    found = template("job_offer")
    address = reverse("admin:programmes_lettertemplate_change", args=[found.pk])
    text = found.newest.texts["fr"]["body"]
    refused = sent(admin, address, body_fr=text + "\n\n{worker_nme}")
    assert refused.status_code == 200
    assert "There is no field {worker_nme}. Did you mean {worker_name}?" in refused.content.decode()
    assert "{worker_nme}" in refused.context["adminform"].form["body_fr"].value()
    refused = sent(admin, address, body_fr=text + "\n\nEncore un mot.")
    assert "do not stand side by side" in str(refused.context["adminform"].form.errors)
    assert found.editions.count() == 1


def test_edit_makes_a_new_edition_and_issued_letters_keep_theirs(admin, case, user_for):
    found = template("job_offer")
    letter = issued(case, user_for("liaison"), "job_offer")
    address = reverse("admin:programmes_lettertemplate_change", args=[found.pk])
    shown = admin.get(address).content.decode()
    assert "{occupation}" in shown
    assert "{ticket_number}" not in shown
    saved = sent(admin, address, title_fr="Promesse d'embauche")
    assert saved.status_code == 302
    assert sent(admin, address, title_fr="Promesse d'embauche").status_code == 302
    assert found.editions.count() == 2
    shipped.load()
    assert LetterTemplate.objects.get(pk=found.pk).newest.texts["fr"]["title"] == "Promesse d'embauche"
    assert composing.compose(letter)["columns"][1]["title"] == "Offre d'emploi"
    preview = reverse("admin:programmes_lettertemplate_preview", args=[found.pk])
    shown = admin.get(preview, {"language": ["es", "fr"]}).content.decode()
    assert "María Tzoc Caal" in shown
    assert "Promesse d&#x27;embauche" in shown
    assert "{" not in shown.partition("<table")[2].partition("</table>")[0]
    assert "?pdf=1&amp;language=es&amp;language=fr" in shown
    made = admin.get(preview, {"language": ["es", "fr"], "pdf": "1"})
    assert (made.status_code, made["Content-Type"]) == (200, "application/pdf")
    text = words_of(made.content)
    for words in ("María Tzoc Caal", "Promesse d'embauche", "Muestra", "UUUU-UUUU-UUUU-UUUU"):
        assert words in text
    assert raw_fields(text, "job_offer") == []
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE programmes_templateedition SET texts = '{}' WHERE number = 1")
    assert TemplateEdition.objects.get(template=found, number=1).texts["fr"]["title"] == "Offre d'emploi"


def test_engine_is_loaded_by_whoever_makes_a_letter_and_nobody_else():
    """36 MB of it would be in every web process: it is imported inside one function of one module."""
    importing = re.compile(r"^( *)(?:import|from) typst\b", re.MULTILINE)
    root = Path(settings.BASE_DIR)
    found = {
        str(path.relative_to(root)): importing.findall(path.read_text())
        for top in ("accounts", "iomcase", "programmes")
        for path in (root / top).rglob("*.py")
    }
    assert {name: places for name, places in found.items() if places} == {"programmes/base/papers/pdf.py": ["    "]}


def test_long_letter_has_its_code_and_number_on_every_page():
    words = "es"
    column = composing.column({"title": "Carta", "body": "\n\n".join(["Una línea larga. " * 40] * 30)}, words, {})
    data = {
        "title": "Carta", "number": "L2026-000001", "office": "Oficina", "programme": "P", "officer": "Rosa Xoc",
        "site": "https://example.org/verify/", "code": "ABCD-EFGH-JKMN-PQRS", "qr": pdf.qr_svg("https://example.org"),
        "columns": [{**column, "day": "1 de marzo de 2026"}],
    }  # fmt: skip
    assert pdf.render(data).startswith(b"%PDF")
