"""The deed of a first meeting: a person, their consent, their document and perhaps their case, all or nothing.

It lives here and not with the people, because it may open a case.
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.people import actions as people
from programmes.journey.people import duplicates, known
from programmes.journey.people.models import Person


@transaction.atomic
def take_in(
    *, by, office, consent: dict, facts: dict, document: dict | None = None, season=None, on: date, seen=frozenset(),
    different_because: str = "",
) -> Person | Enrolment:  # fmt: skip
    """Register a person whom somebody has in front of them; returns the case when one was opened, else the person.

    `facts` are columns of Person, `consent` the arguments of `people.give_consent`, `document` kind, country and number
    of an identity document, `season` that of the case to open (None: no case yet), `seen` what the writer was warned of
    (`tokens`). Raises RuleBroken when somebody like this is registered: for a strong match until `different_because`
    says why it is another person, for others until they were shown once. Effects: person, consent, document, case with
    its first step, decided pairs of the strong matches; the diary lines of each.
    """
    compared = facts | ({"documents": [document]} if document else {})
    possible = duplicates.check(by, compared)
    duplicates.ask_why_different(possible, different_because)
    if not different_because and not tokens(possible) <= set(seen):
        raise RuleBroken(
            _("Somebody similar is registered already. Compare, and save again if this is a different person."),
            code="possible_duplicate",
        )
    if document and document["kind"] == known.MAIN_KIND and document["country"] == facts["nationality"]:
        facts = facts | {"national_id": document["number"]}
    person = people.register(by=by, office=office, consent=consent, **facts)
    if document and known.learn(person, by=by, **document) is None:
        raise RuleBroken(
            _(
                "Another person has a document with this number. Compare it with the document; if it is right, "
                "both may be the same person."
            ),
            field="document_number",
            code="document_held",
        )
    duplicates.tell_apart(person, possible, by=by, reason=different_because)
    if season is None:
        return person
    return enrolments.register(person, by=by, programme=season.programme, season=season, office=office, on=on)


def tokens(possible: duplicates.Possible) -> set[str]:
    """What a page remembers of a warning it has shown: whom, and which offices."""
    return {str(one.person.public_id) for one in possible.visible} | {str(o.public_id) for o in possible.elsewhere}
