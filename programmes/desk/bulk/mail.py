"""A message by e-mail to the workers of many cases: typed once, filled in for each, sent where it may be."""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.base.batches.problems import problem
from programmes.base.batches.states import Outcome, RowState
from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.models import record_many
from programmes.base.notifications import actions as notifications
from programmes.base.notifications.actions import ToWorker
from programmes.desk.bulk.casedeed import CaseDeed
from programmes.journey.enrolment import contacting
from programmes.journey.enrolment.models import Enrolment

sentences.register({"worker_written_to": _("sent the worker a message by e-mail: “{message_subject}”")})

# Words in braces that are filled in for each worker, in the languages of those who type. Nothing else of a file may
# stand in a message: whoever reads it may not be the worker.
IN_BRACES = {
    "es": {"nombre": "first_name", "expediente": "case_number", "oficina": "office", "programa": "programme"},
    "en": {"first_name": "first_name", "case_number": "case_number", "office": "office", "programme": "programme"},
}
PLACEHOLDERS = {word: fact for words in IN_BRACES.values() for word, fact in words.items()}
_BRACES = re.compile(r"\{([^{}]*)\}")


def words_in_braces(language: str) -> str:
    """The words that are filled in, as somebody types them in this language."""
    return ", ".join(f"{{{word}}}" for word in IN_BRACES.get(language, IN_BRACES["en"]))


def unknown_placeholders(text: str) -> list[str]:
    """What stands in braces and cannot be filled in."""
    return [word for word in _BRACES.findall(text) if word.strip().casefold() not in PLACEHOLDERS]


def filled(text: str, case: Enrolment) -> str:
    """The text with what is known of this case in the place of the words in braces."""
    facts = {
        "first_name": case.person.given_names,
        "case_number": case.number,
        "office": case.office.name,
        "programme": case.programme.name,
    }
    return _BRACES.sub(lambda found: facts[PLACEHOLDERS[found[1].strip().casefold()]], text)


def words_for(case: Enrolment, params: Mapping[str, Any]) -> tuple[str, str, str]:
    """Language, subject and text for the worker of a case: in their language, else in the first that was typed."""
    typed = {code: (params[f"subject_{code}"], params[f"text_{code}"]) for code in languages(params)}
    language = contacting.language_of(case.person)
    if language not in typed:
        language = next(iter(typed))
    subject, text = typed[language]
    return language, filled(subject, case), filled(text, case)


def languages(params: Mapping[str, Any]) -> list[str]:
    """The languages in which the message was typed."""
    return [code for code, _name in settings.LANGUAGES if params.get(f"text_{code}")]


class Mail(CaseDeed):
    """Write to the workers themselves. Nothing goes out before it is started; what went out does not come back."""

    code = "cases_mail"
    title = _("Message to workers")
    button = _("Message")
    do = _("Send the messages")
    permission = Permission.NOTE_WRITE
    permissions = (Permission.CASE_EDIT,)
    once_per_person = True
    can_be_undone = False
    warning = _("Messages go out by e-mail at once. What was sent cannot be undone.")
    state_words = {RowState.STAGED: _("will be written to"), RowState.SKIPPED: _("left out")}
    on_ready = _("Workers who will be written to: %(ready)s. Left out: %(left)s.")

    def reasons(self, params, by):
        """Where there is no address, or no consent to this."""
        return contacting.why_not(timezone.localdate())

    def about(self, batch):
        """The words, in each language, as they were typed."""
        facts = []
        for code in languages(batch.params):
            name = dict(settings.LANGUAGES)[code]
            language = {"language": name}
            facts.append({"label": _("Subject in %(language)s") % language, "value": batch.params[f"subject_{code}"]})
            facts.append({"label": _("Message in %(language)s") % language, "value": batch.params[f"text_{code}"]})
        return facts

    def do_it(self, batch, pairs, by):
        """A letter and a diary line for each of those who may still be written to."""
        refused = contacting.refused([case.pk for _row, case in pairs], timezone.localdate())
        told, wanted = [], []
        for row, case in pairs:
            if case.pk in refused:
                row.skip(problem(refused[case.pk]))
                continue
            language, subject, text = words_for(case, batch.params)
            key = f"{self.code}:{batch.pk}:{case.pk}"
            wanted.append(ToWorker(key, case, language, subject, text, case.office.name))
            told.append(case)
            row.done(Outcome.WRITTEN, subject=case)
        notifications.queue_to_workers(wanted)
        subject = batch.params[f"subject_{languages(batch.params)[0]}"]
        record_many(told, by=by, what="worker_written_to", message_subject=subject, batch=str(batch.public_id))
