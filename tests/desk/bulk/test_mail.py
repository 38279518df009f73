"""A message to the workers of many cases: to whom it goes, what it says, that it goes once and only with consent."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from programmes.base.batches import actions as batches
from programmes.base.batches import runner
from programmes.base.batches.states import Status
from programmes.base.common.errors import RuleBroken
from programmes.base.notifications import delivery
from programmes.desk.bulk.kinds import DEEDS
from programmes.models import Batch, CaseEvent, Letter
from tests.desk.bulk.deeds import preview, reasons, run
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import ConsentFactory, PersonFactory
from tests.factories.rulebook import SeasonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_lists_of_codes")]
WORDS = {
    "subject_es": "Reunión del lunes",
    "text_es": "Hola {nombre}: tu expediente es {expediente}.\n\nTe espera {oficina}.",
    "subject_en": "Meeting on Monday",
    "text_en": "Hello {first_name}, your case is {case_number}.",
}
NUMBERS = iter(range(10**6))


def worker(**more):
    """A case whose worker can be written to, unless `more` says otherwise."""
    more = {"person__email": f"worker{next(NUMBERS)}@example.org", **more}
    return EnrolmentFactory(**more)


def deliver():
    return delivery.deliver(Letter.objects.order_by("pk").values_list("pk", flat=True))


def test_the_preview_says_who_gets_it_and_who_cannot_and_sends_nothing(client_for):
    client = client_for("caseworker", language="en")
    season = SeasonFactory()
    fine, without, unasked = worker(), worker(person__email=""), worker(person__consent=False)
    home, follow_up = worker(status="returned"), worker(status="returned")
    ConsentFactory(person=follow_up.person, purposes=["follow_up"])
    over, died = worker(status="closed"), worker(status="deceased")
    again = EnrolmentFactory(person=fine.person, season=season)
    expired = worker(person__consent=False)
    ConsentFactory(
        person=expired.person, given_on=date.today() - timedelta(days=9), expires_on=date.today() - timedelta(days=1)
    )
    chosen = [fine, without, unasked, home, follow_up, over, died, again, expired]
    batch = preview(client, "message", chosen, **WORDS)
    assert reasons(batch) == {
        without.pk: "case_no_email",
        unasked.pk: "case_no_consent",
        expired.pk: "case_no_consent",
        home.pk: "case_no_consent",
        over.pk: "case_over",
        died.pk: "case_deceased",
        again.pk: "case_same_person",
    }
    page = client.get(batch.get_absolute_url()).content.decode()
    assert "Workers who will be written to: 2. Left out: 7." in page
    assert "What was sent cannot be undone." in page
    assert "Send the messages" in page
    assert "Hola {nombre}" in page
    assert not Letter.objects.exists()
    assert mail.outbox == []


def test_each_gets_it_in_their_language_filled_in_and_the_diary_says_so(client_for):
    client = client_for("caseworker")
    anna = worker(person__mother_tongue="cak", person__languages=["cak", "en"])
    luz = worker(person__given_names="Luz", person__languages=["es"])
    batch = run(preview(client, "message", [anna, luz], **WORDS))
    assert batch.status == Status.DONE
    assert batch.outcomes == {"written": 2}
    assert deliver() == 2
    english, spanish = sorted(mail.outbox, key=lambda message: message.extra_headers["Content-Language"])
    assert (english.to, english.subject) == ([anna.person.email], "Meeting on Monday")
    assert f"Hello {anna.person.given_names}, your case is {anna.number}." in english.body
    assert (spanish.to, spanish.subject) == ([luz.person.email], "Reunión del lunes")
    assert f"Hola Luz: tu expediente es {luz.number}.\n\nTe espera {luz.office.name}." in spanish.body
    html = spanish.alternatives[0].content
    assert f"Hola Luz: tu expediente es {luz.number}." in html
    assert not set(spanish.extra_headers) & {"List-Unsubscribe"}
    for case in (anna, luz):
        line = CaseEvent.objects.get(enrolment=case, what="worker_written_to")
        assert line.data == {"message_subject": "Reunión del lunes", "batch": str(batch.public_id)}
        assert "Reunión del lunes" in client.get(f"{case.get_absolute_url()}history/").content.decode()
    letters = Letter.objects.all()
    assert [(letter.state, letter.to, letter.body_text, letter.body_html) for letter in letters] == 2 * [
        ("sent", None, "", "")
    ]
    assert "@" not in str(list(letters.values_list("subject", "last_error", "case_number")))


def test_it_goes_once_however_often_the_work_is_taken_up(client_for):
    client = client_for("caseworker")
    case = worker()
    batch = run(preview(client, "message", [case], **WORDS))
    runner.work(batch.pk)
    DEEDS["message"].apply(batch, list(batch.rows.all()), client.user)
    assert Letter.objects.count() == 1
    assert deliver() == 1
    assert deliver() == 0
    assert len(mail.outbox) == 1
    assert mail.outbox[0].extra_headers["Message-ID"] == Letter.objects.get().message_id


@pytest.mark.parametrize("when", ["before it is carried out", "before it is sent"])
def test_a_consent_that_is_withdrawn_holds_the_message_back(client_for, when):
    client = client_for("caseworker")
    case = worker()
    batch = preview(client, "message", [case], **WORDS)

    def withdraw():
        case.person.consents.update(withdrawn_at=timezone.now(), withdrawn_by=client.user)

    if when == "before it is carried out":
        withdraw()
        assert reasons(run(batch)) == {case.pk: "case_no_consent"}
        assert not Letter.objects.exists()
        return
    run(batch)
    withdraw()
    assert deliver() == 0
    letter = Letter.objects.get()
    assert (letter.state, letter.body_text) == ("dropped", "")
    assert "does not agree" in letter.last_error
    assert mail.outbox == []


def test_what_was_sent_cannot_be_undone_and_says_so(client_for):
    client = client_for("caseworker", language="en")
    batch = run(preview(client, "message", [worker()], **WORDS))
    page = client.get(batch.get_absolute_url()).content.decode()
    assert "What was sent cannot be undone." in page
    assert "/undo/" not in page
    with pytest.raises(RuleBroken):
        batches.undo(batch, by=client.user)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"text_es": "Hola {apellido}", "subject_es": "Hola"}, "{apellido}"),
        ({"text_es": "Hola"}, "subject"),
        ({}, "at least one language"),
        ({"text_es": "x" * 3001, "subject_es": "Hola"}, "3000"),
        ({"text_es": "Hola {{nombre}}", "subject_es": "{}"}, "{}"),
    ],
)
def test_a_message_that_cannot_be_filled_in_is_refused_with_the_word(client_for, typed, said):
    client = client_for("caseworker", language="en")
    refused = preview(client, "message", [worker()], **typed)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert said in page
    assert typed.get("text_es", "")[:40] in page
    assert not Batch.objects.exists()


def test_words_that_look_like_markup_stay_words(client_for):
    client = client_for("caseworker")
    case = worker(person__given_names="<b>Ana")
    typed = {"subject_es": "1 < 2 & 3", "text_es": "{nombre} %(now)s &amp; <script>x</script>"}
    run(preview(client, "message", [case], **typed))
    deliver()
    (sent,) = mail.outbox
    assert sent.subject == "1 < 2 & 3"
    assert "<b>Ana %(now)s &amp; <script>x</script>" in sent.body
    assert "<script>" not in sent.alternatives[0].content


def test_a_chunk_asks_as_often_for_many_as_for_few(client_for):
    client = client_for("caseworker")
    asked = []
    for count in (2, 9):
        people = [PersonFactory(email=f"w{next(NUMBERS)}@example.org") for _n in range(count)]
        batch = preview(client, "message", [EnrolmentFactory(person=one) for one in people], **WORDS)
        batches.start(batch, by=client.user)
        with CaptureQueriesContext(connection) as queries:
            runner.work(batch.pk)
        asked.append(len(queries))
    assert asked[0] == asked[1]
