"""Is the person in front of you known already? Answered while their facts are typed, and before they are saved."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Office
from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.journey.people.duplicates import candidates
from programmes.journey.people.duplicates.facts import COMPARED, Facts, of_values, with_facts
from programmes.journey.people.duplicates.facts import of_person as facts_of_person
from programmes.journey.people.duplicates.models import LEVEL_TONES, STRONG, DuplicatePair, Level
from programmes.journey.people.duplicates.scoring import Comparison, Reason, compare
from programmes.journey.people.models import Person

MOST_SHOWN = 5
# So many hints at other offices one user is given within an hour. A brigade meets fewer; who tries out facts, more.
HINTS_AN_HOUR = 30


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be the person, within the reader's reach."""

    person: Person
    score: int
    level: str
    reasons: tuple[Reason, ...]

    @property
    def is_strong(self) -> bool:
        """Worth stopping for: saving another record needs a reason."""
        return self.level in STRONG

    @property
    def tone(self) -> str:
        """The tone of the level's tag."""
        return LEVEL_TONES[Level(self.level)]

    @property
    def level_words(self) -> str:
        """The level in words."""
        return str(Level(self.level).label)

    @property
    def evidence(self) -> list[dict[str, str]]:
        """The reasons as the duplicate card shows them."""
        return [{"sign": reason.sign, "text": reason.text} for reason in self.reasons]


@dataclass(frozen=True)
class Possible:
    """What a check found: `visible` people with reasons, best first; `elsewhere` the offices to ask, and no more."""

    visible: list[Candidate]
    elsewhere: list[Office]

    @property
    def strong(self) -> list[Candidate]:
        """Those for whom "a different person, because …" is asked."""
        return [one for one in self.visible if one.is_strong]

    def __bool__(self) -> bool:
        return bool(self.visible or self.elsewhere)


def check(user, facts: dict, *, but: Person | None = None) -> Possible:
    """People who may be the one whose `facts` are typed (columns of Person; `documents`, `phones` as lists beside).

    `but` is the record that is being edited; whoever was told apart from it is left out. At most five people within the
    user's reach, with their reasons. Of people outside it only a strong match counts, and only the name of its office
    is told: each time that is written down (who, when, which office), and no more than 30 an hour are given to one
    user. At most six statements.
    """
    typed = of_values(facts)
    found = candidates.find(typed, but=but.pk if but else None)
    if not found:
        return Possible([], [])
    seen, unseen = [], set()
    for person, comparison in _compared(typed, found, user, but):
        if person.seen:  # type: ignore[attr-defined]
            seen.append(Candidate(person, comparison.score, comparison.level, comparison.reasons))
        elif comparison.is_strong:
            unseen.add(person.office_id)
    seen.sort(key=lambda one: (-one.score, one.person.pk))
    return Possible(seen[:MOST_SHOWN], _hint(user, unseen) if unseen else [])


def like_person(user, person: Person) -> list[Candidate]:
    """Who is like a registered person, within the user's reach, also whoever was told apart before. No hints."""
    facts = facts_of_person(person)
    found = [
        Candidate(other, c.score, c.level, c.reasons)
        for other, c in _compared(facts, candidates.find(facts, but=person.pk), user, None)
        if other.seen  # type: ignore[attr-defined]
    ]
    return sorted(found, key=lambda one: (-one.score, one.person.pk))


def typed_facts(form) -> dict:
    """What can be read already of a form with the fields of a person."""
    cleaned = getattr(form, "cleaned_data", {})
    return {name: cleaned[name] for name in COMPARED if cleaned.get(name)}


def _compared(typed: Facts, keys: list[int], user, but: Person | None) -> Iterable[tuple[Person, Comparison]]:
    visible = Person.objects.visible_to(user).filter(pk=OuterRef("pk"))
    people = with_facts(Person.objects.filter(pk__in=keys)).select_related("office").annotate(seen=Exists(visible))
    apart = _told_apart_from(but) if but else set()
    for person in people:
        if person.pk not in apart:
            comparison = compare(typed, facts_of_person(person))
            if comparison.level:
                yield person, comparison


def _told_apart_from(person: Person) -> set[int]:
    decided = DuplicatePair.objects.filter(Q(first=person) | Q(second=person), state=DuplicatePair.State.DIFFERENT)
    return {key for pair in decided.values_list("first", "second") for key in pair if key != person.pk}


def _hint(user, offices: set[int]) -> list[Office]:
    """Write down that these offices are named to the user, unless that were too many; return those to name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO programmes_duplicatehint (user_id, office_id, at) "
            "SELECT %(user)s, office, %(now)s FROM unnest(%(offices)s::bigint[]) office WHERE %(most)s > "
            "(SELECT count(*) FROM programmes_duplicatehint WHERE user_id = %(user)s AND at > %(since)s) "
            "RETURNING office_id",
            {
                "user": user.pk,
                "offices": sorted(offices),
                "now": timezone.now(),
                "since": timezone.now() - timedelta(hours=1),
                "most": HINTS_AN_HOUR,
            },
        )
        told = [key for (key,) in cursor.fetchall()]
    return list(Office.objects.filter(pk__in=told).order_by("name", "pk")) if told else []


def ask_why_different(possible: Possible, reason: str) -> None:
    """Refuse to save over a strong match without a reason why it is a different person."""
    if possible.strong and not reason.strip():
        raise RuleBroken(
            _("Somebody like this is registered already. Say why this is a different person, or open that record."),
            field="different_because",
            code="possible_duplicate",
        )


def tell_apart(person: Person, possible: Possible, *, by, reason: str) -> list[DuplicatePair]:
    """Record that `person` is none of the strong matches, with the reason. Call it in the transaction of the deed."""
    pairs = []
    for one in possible.strong:
        pairs.append(
            settle(
                person, one.person, by=by, reason=reason, score=one.score, level=one.level,
                reasons=[r.as_data() for r in one.reasons],
            )
        )  # fmt: skip
    return pairs


def settle(one: Person, other: Person, *, by, reason: str, **found) -> DuplicatePair:
    """Two records are different persons, because …: the pair is kept with that decision, and a line in each diary."""
    first, second = sorted((one, other), key=lambda person: person.pk)
    decision = {
        "state": DuplicatePair.State.DIFFERENT,
        "reason": reason.strip()[:300],
        "decided_by": by,
        "decided_at": timezone.now(),
    }
    pair, made = DuplicatePair.objects.get_or_create(
        first=first, second=second, defaults={**found, **decision, "created_by": by}
    )
    if not made:
        for name, value in decision.items():
            setattr(pair, name, value)
        pair.write(*decision)
    for person in (first, second):
        record(person, by=by, what="records_different", pair=str(pair.public_id))
    return pair


__all__ = ["Candidate", "Level", "Possible", "ask_why_different", "check", "settle", "tell_apart", "typed_facts"]
