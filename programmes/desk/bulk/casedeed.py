"""What every deed on many cases has in common: judged in one statement for the preview, done on locked cases."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.base.batches.kinds import Kind
from programmes.base.batches.models import BatchRow
from programmes.base.batches.problems import from_error, problem
from programmes.base.batches.problems import register as register_problems
from programmes.base.batches.states import Outcome, RowState
from programmes.base.common.errors import RuleBroken
from programmes.base.common.models import RecordQuerySet
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import ENROLMENT

register_problems(
    {
        "case_over": (_("The case is over."), _("Reopen it first, if something is still to happen in it.")),
        "case_out_of_reach": (_("You see this case, but you do not work on it."), _("Ask a colleague of its office.")),
        "case_has_it": (_("This person already has the case."), ""),
        "case_no_reach": (
            _("That person has no right to work on cases of this office."),
            _("Choose a colleague of its office."),
        ),
        "case_has_owner": (_("Somebody already answers for the case."), _("A manager can assign it to you.")),
        "case_tagged_so": (_("The tags are so already."), ""),
        "case_awaited": (_("This document is already awaited, or recorded and awaits verification."), ""),
        "case_deceased": (_("The worker died."), _("Write to the family from the case’s own page.")),
        "case_no_email": (_("No e-mail address is recorded."), _("Record it on the person’s page, or call.")),
        "case_no_consent": (
            _("The worker did not agree to be contacted for this, or the consent is over."),
            _("Ask, and record the consent on the person’s page."),
        ),
        "case_same_person": (_("The worker gets the message already, about another case of this list."), ""),
        "case_missing": (_("Missing: %(what)s"), _("Complete it on the case’s own page.")),
        "case_told": (_("The owner is already asked to tell the worker something."), _("Wait until that is done.")),
        "case_no_move": (
            _("From where the case stands now, this step is not possible, or it needs more facts."),
            _("Make it on the case's own page."),
        ),
        "case_entangled": (
            _("This step had consequences in other records, which cannot be taken back with it."),
            _("Put it right on the case's own page."),
        ),
    }
)
OVER = sorted(ENROLMENT.groups["over"])


class CaseDeed(Kind):
    """A deed on many cases. `reasons` says in SQL why a case is left out; the first that holds counts."""

    permissions: ClassVar[tuple[Permission, ...]] = (Permission.CASE_EDIT,)
    chunk = 250
    # One word for the button in the bar under the list.
    button: ClassVar[str | Promise] = ""
    # What the deed reads of each case beside its own columns.
    related: ClassVar[tuple[str, ...]] = ("person", "programme", "season", "office")
    do = _("Change these cases")
    # Whether it is done once for each person, however many of their cases are chosen.
    once_per_person: ClassVar[bool] = False
    state_words = {RowState.STAGED: _("will be changed"), RowState.SKIPPED: _("left out")}
    on_ready = _("Cases that will be changed: %(ready)s. Left out: %(left)s.")

    def is_for(self, user) -> bool:
        """Whether this person may do it at all."""
        return any(user.may(permission) for permission in self.permissions)

    def is_permitted(self, batch, by):
        """Whether one of the rights still holds; each case is asked again when its turn comes."""
        return self.is_for(by)

    def reasons(self, params: Mapping[str, Any], by) -> list[tuple[Any, str]]:
        """Pairs of a condition and the code of the reason."""
        return []

    def usual(self, query) -> dict[str, Any]:
        """What the form proposes where the list itself says what is meant; `query` is the list's."""
        return {}

    def preview(self, cases, params: Mapping[str, Any], by) -> Iterable[BatchRow]:
        """One row for each case, ready or left out with the reason, judged in one statement that is read before the
        first row is given: whoever copies the rows in has the connection for that alone."""
        worked_on = Enrolment.objects.within_reach_of(by, *self.permissions).filter(pk=OuterRef("pk"))
        found = [(~Exists(worked_on) & ~Q(owner=by), "case_out_of_reach"), *self.reasons(params, by)]
        whens = [When(condition, then=Value(code)) for condition, code in found]
        reason = Case(*whens, default=Value(""), output_field=CharField())
        asked = cases.order_by("pk").annotate(reason=reason)
        judged = list(asked.values_list("pk", "number", "person_id", "reason"))
        return self._rows(judged)

    def _rows(self, judged: Sequence[tuple[int, str, int, str]]) -> Iterator[BatchRow]:
        seen: set[int] = set()
        for number, (pk, case_number, person, why) in enumerate(judged, 1):
            if self.once_per_person and not why:
                why = "case_same_person" if person in seen else ""
                seen.add(person)
            yield BatchRow(
                number=number,
                state=RowState.SKIPPED if why else RowState.STAGED,
                raw=[case_number],
                problems=[problem(why)] if why else [],
                subject="enrolment",
                subject_id=pk,
            )

    def present(self, rows, user):
        """Number and name of each case, for whoever may see it."""
        seen = (
            Enrolment.objects.visible_to(user).filter(pk__in=[row.subject_id for row in rows]).select_related("person")
        )
        cases = {case.pk: case for case in seen}
        named = user.may(Permission.PERSON_VIEW)
        for row in rows:
            case = cases.get(row.subject_id)
            if case is None:
                yield {"name": "", "href": "", "cells": []}
            else:
                name = case.person.full_name if named else case.number
                yield {"name": name, "href": case.get_absolute_url(), "cells": [case.number] if named else []}

    def locked(self, rows: Sequence[BatchRow], by) -> dict[int, Enrolment]:
        """The cases of these rows that `by` still sees and works on, locked, with what deeds read of them; lowest key
        first, so that two batches never wait for each other in a ring."""
        pks = [row.subject_id for row in rows]
        seen = Enrolment.objects.visible_to(by).filter(pk__in=pks)
        # One condition on the same rows: asked as "one of those in reach", a million of them are gathered each time.
        may = seen.filter(owner=by) | (seen & Enrolment.objects.within_reach_of(by, *self.permissions))
        allowed = list(may.values_list("pk", flat=True))
        found = Enrolment.objects.locked()
        found = found.select_related(*self.related) if self.related else found
        return {case.pk: case for case in found.filter(pk__in=allowed).order_by("pk")}

    def apply(self, batch, rows, by):
        """Do the deed on each case of the chunk."""
        cases = self.locked(rows, by)
        here = [row for row in rows if row.subject_id in cases]
        for row in rows:
            if row.subject_id not in cases:
                row.skip(problem("unseen"))
        self.do_it(batch, [(row, cases[row.subject_id]) for row in here], by)

    def do_it(self, batch, pairs: Sequence[tuple[BatchRow, Enrolment]], by) -> None:
        """The deed itself."""
        raise NotImplementedError

    def one_by_one(self, pairs, deed: Callable[[Enrolment], Any]) -> None:
        """For deeds that are judged case by case: a refusal is that case's own."""
        for row, case in pairs:
            try:
                before = deed(case)
            except RuleBroken as refusal:
                row.skip(from_error(refusal))
            else:
                row.done(Outcome.CHANGED, subject=case, before=before)

    def take_back(self, pairs, made: RecordQuerySet, key: str, by) -> None:
        """Delete what was made for each case, named by `key` in what the row keeps, where nothing more is known of it:
        its version is still the one it was made with. What the case lacks is worked out again."""
        for row, case in pairs:
            kept = row.before or {}
            found = made.locked().filter(pk=kept.get(key), version=kept.get("version")).first()
            if found is None:
                row.stick(problem("changed_since"))
                continue
            found.delete()
            steps.renew_requirements(case, by=by)
            row.undone()

    def undo(self, batch, rows, by):
        """Put back what is still as this batch left it."""
        cases = self.locked(rows, by)
        for row in rows:
            if row.subject_id not in cases:
                row.stick(problem("unseen"))
        self.undo_it(batch, [(row, cases[row.subject_id]) for row in rows if row.subject_id in cases], by)

    def undo_it(self, batch, pairs: Sequence[tuple[BatchRow, Enrolment]], by) -> None:
        """The way back."""
        raise NotImplementedError
