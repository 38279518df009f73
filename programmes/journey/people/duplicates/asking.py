"""Saving a form over a strong match: the question "why is this a different person?", and what becomes of the answer."""

from programmes.base.common.errors import RuleBroken
from programmes.base.common.models import Submission
from programmes.journey.people.duplicates import checking
from programmes.journey.people.duplicates.checking import Possible
from programmes.journey.people.duplicates.facts import COMPARED
from programmes.journey.people.models import Person
from programmes.journey.people.rules import plain_number

FIELD = "different_because"


def attend(form, user, *, but: Person | None = None) -> Possible:
    """Check a valid form; where somebody like this is known and no reason is given, ask for it at its field.

    Let through are a form that changes nothing by which people are compared, one that was sent before (the deed leads
    to its first result), and one with a number that somebody has (the database refuses it, whatever the reason).
    """
    key = form.cleaned_data.get("key")
    if but is not None and all(getattr(but, name) == form.cleaned_data.get(name) for name in COMPARED):
        return Possible([], [])
    if key and Submission.objects.filter(user=user, key=key).exclude(result_url="").exists():
        return Possible([], [])
    facts = checking.typed_facts(form)
    possible = checking.check(user, facts, but=but)
    number = (facts.get("nationality"), plain_number(facts.get("national_id", "")))
    if number[1] and any((one.person.nationality, one.person.national_id) == number for one in possible.strong):
        return possible
    if possible.strong:
        form.ask_why_different()
    try:
        checking.ask_why_different(possible, form.cleaned_data.get(FIELD, ""))
    except RuleBroken as refusal:
        form.add_error(FIELD, refusal.message)
    return possible


def settle(person: Person, possible: Possible, form, *, by) -> Person:
    """Keep the reason with the pairs; call it in the transaction of the deed. Returns the person."""
    checking.tell_apart(person, possible, by=by, reason=form.cleaned_data.get(FIELD, ""))
    return person
