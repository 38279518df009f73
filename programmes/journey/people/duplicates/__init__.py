"""Two records of one person: found, compared, joined, taken apart.

What other rooms ask for is here: `duplicates.check(user, facts, but=person)` while somebody types, then
`duplicates.ask_why_different(possible, reason)` before the deed and `duplicates.tell_apart(person, possible, …)` in it.
"""

from programmes.journey.people.duplicates.checking import (
    Candidate,
    Possible,
    ask_why_different,
    check,
    tell_apart,
    typed_facts,
)

__all__ = ["Candidate", "Possible", "ask_why_different", "check", "tell_apart", "typed_facts"]
