"""Which cases a deed is about: those that were ticked, or all of a list; then its filters are the selection, no ids."""

from dataclasses import dataclass, field

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
class Selection:
    """A definition of the case list, or public ids. Read anew with the rights of whoever looks."""

    query: str = ""
    ids: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, post) -> "Selection":
        """What a list's form sent: ticked boxes, or "all of this list"."""
        if post.get("selection"):
            return cls.read(post["selection"])
        if post.get("all"):
            return cls(query=post.get("q", ""))
        ids = tuple(dict.fromkeys(post.getlist("pick")))
        if not all(is_identifier(one) for one in ids):
            raise BadRequest("Not the identifier of a case.")
        return cls(query=post.get("q", ""), ids=ids)

    @classmethod
    def read(cls, token: str) -> "Selection":
        """What `token` says; a bent one is refused."""
        try:
            found = signing.loads(token, salt=SALT, max_age=24 * 3600)
        except signing.BadSignature as error:
            raise BadRequest("Not a selection of ours.") from error
        return cls(query=found["q"], ids=tuple(found["ids"]))

    def token(self) -> str:
        """The selection for a form's hidden field."""
        return signing.dumps({"q": self.query, "ids": self.ids}, salt=SALT, compress=True)

    @property
    def back(self) -> str:
        """The list it was made in."""
        return LISTINGS["cases"].url(self.query)

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
        asked, _furniture, filters = page.ask(LISTINGS["cases"], QueryDict(self.query), user)
        return page.matching(asked, filters)
