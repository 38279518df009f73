"""Which cases a deed is about: those that were ticked, or all of a list; then its filters are the selection, no ids."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core import signing
from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext as _

from programmes.base.common import wording
from programmes.base.common.choices import is_identifier
from programmes.base.common.errors import RuleBroken
from programmes.base.lists import page
from programmes.base.lists.listing import LISTINGS
from programmes.journey.enrolment.models import Enrolment

# More than this is better done in parts that somebody can look through.
MOST_CASES = 50_000
MOST_TICKED = 500
SALT = "bulk.selection"


@dataclass(frozen=True)
class Source:
    """A list of cases that is defined by its address: where it stands, and which cases an address of it means."""

    url: Callable[[str], str]
    cases: Callable[[QueryDict, Any], Any]


def _listed(query, user):
    asked, _furniture, filters = page.ask(LISTINGS["cases"], query, user)
    return page.matching(asked, filters)


# The case list; other rooms of the desk add theirs.
SOURCES = {"cases": Source(lambda query: LISTINGS["cases"].url(query), _listed)}


@dataclass(frozen=True)
class Selection:
    """A definition of a list of cases, or public ids. Read anew with the rights of whoever looks."""

    query: str = ""
    ids: tuple[str, ...] = field(default=())
    source: str = "cases"

    @classmethod
    def of(cls, post) -> "Selection":
        """What a list's form sent: ticked boxes, or "all of this list"."""
        if post.get("selection"):
            return cls.read(post["selection"])
        source = post.get("list", "cases")
        if source not in SOURCES:
            raise BadRequest("Not a list of ours.")
        if post.get("all"):
            return cls(query=post.get("q", ""), source=source)
        ids = tuple(dict.fromkeys(post.getlist("pick")))
        if not all(is_identifier(one) for one in ids):
            raise BadRequest("Not the identifier of a case.")
        return cls(query=post.get("q", ""), ids=ids, source=source)

    @classmethod
    def read(cls, token: str) -> "Selection":
        """What `token` says; a bent one is refused."""
        try:
            found = signing.loads(token, salt=SALT, max_age=24 * 3600)
        except signing.BadSignature as error:
            raise BadRequest("Not a selection of ours.") from error
        return cls(query=found["q"], ids=tuple(found["ids"]), source=found["from"])

    def token(self) -> str:
        """The selection for a form's hidden field."""
        return signing.dumps({"q": self.query, "ids": self.ids, "from": self.source}, salt=SALT, compress=True)

    @property
    def back(self) -> str:
        """The list it was made in."""
        return SOURCES[self.source].url(self.query)

    def cases(self, user):
        """The cases, as far as this user sees them. Raises RuleBroken when one of those that were ticked is not seen:
        the whole deed is refused, and nothing tells which one or why."""
        seen = Enrolment.objects.visible_to(user)
        if self.ids:
            if len(self.ids) > MOST_TICKED:
                raise RuleBroken(
                    _("At most %(most)s cases can be ticked one by one. Filter the list and take all of it instead.")
                    % {"most": wording.number(MOST_TICKED)}
                )
            found = seen.filter(public_id__in=self.ids)
            if found.count() != len(self.ids):
                raise RuleBroken(_("Not all of these cases are there for you. Go back to the list and choose again."))
            return found
        return SOURCES[self.source].cases(QueryDict(self.query), user)
