"""What can be done with many cases at once. Each kind judges all of them in one statement, for the preview, and then
does with each what its own page would do, through the same action."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission
from programmes.base.batches.kinds import Kind, register
from programmes.base.batches.models import BatchRow
from programmes.base.batches.problems import from_error, problem
from programmes.base.batches.problems import register as register_problems
from programmes.base.batches.states import Outcome, RowState
from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import CaseEvent, record, record_many
from programmes.base.lists.listing import BULK
from programmes.base.rulebook.codes import label
from programmes.desk.bulk import letters, moving
from programmes.desk.casefile.moves import MOVES, move_for
from programmes.journey.departure import actions as departure
from programmes.journey.departure.models import Document
from programmes.journey.departure.states import DOCUMENT
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import ENROLMENT, Status

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
    # Whether something is only judged case by case when it runs.
    judged_later: ClassVar[bool] = False

    def is_for(self, user) -> bool:
        """Whether this person may do it at all."""
        return any(user.may(permission) for permission in self.permissions)

    def is_permitted(self, batch, by):
        """Whether one of the rights still holds; each case is asked again when its turn comes."""
        return self.is_for(by)

    def reasons(self, params: Mapping[str, Any], by) -> list[tuple[Any, str]]:
        """Pairs of a condition and the code of the reason."""
        return []

    def preview(self, cases, params: Mapping[str, Any], by) -> Iterable[BatchRow]:
        """One row for each case, ready or left out with the reason, judged in one statement that is read before the
        first row is given: whoever copies the rows in has the connection for that alone."""
        worked_on = Enrolment.objects.within_reach_of(by, *self.permissions).filter(pk=OuterRef("pk"))
        found = [(~Exists(worked_on) & ~Q(owner=by), "case_out_of_reach"), *self.reasons(params, by)]
        whens = [When(condition, then=Value(code)) for condition, code in found]
        reason = Case(*whens, default=Value(""), output_field=CharField())
        judged = list(cases.order_by("pk").annotate(reason=reason).values_list("pk", "number", "reason"))
        return (
            BatchRow(
                number=number,
                state=RowState.SKIPPED if why else RowState.STAGED,
                raw=[case_number],
                problems=[problem(why)] if why else [],
                subject="enrolment",
                subject_id=pk,
            )
            for number, (pk, case_number, why) in enumerate(judged, 1)
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
        may = Enrolment.objects.visible_to(by).filter(pk__in=pks)
        may = may.filter(Q(owner=by) | Q(pk__in=Enrolment.objects.within_reach_of(by, *self.permissions).values("pk")))
        allowed = list(may.values_list("pk", flat=True))
        found = Enrolment.objects.locked().select_related("person", "programme", "season")
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


class Assign(CaseDeed):
    """Give cases to a colleague."""

    code = "cases_assign"
    title = _("Assign cases")
    button = _("Assign")
    permission = Permission.CASE_ASSIGN
    permissions = (Permission.CASE_ASSIGN,)
    chunk = 500

    def reasons(self, params, by):
        """Whoever has the case already; whoever may not work on it."""
        owner = User.objects.get(pk=params["owner"])
        reached = Enrolment.objects.within_reach_of(owner).filter(pk=OuterRef("pk"))
        return [(Q(owner=owner), "case_has_it"), (~Exists(reached), "case_no_reach")]

    def about(self, batch):
        """To whom."""
        owner = User.objects.filter(pk=batch.params.get("owner")).first()
        return [{"label": _("Owner"), "value": str(owner or "–")}]

    def do_it(self, batch, pairs, by):
        """All of the chunk in a few statements."""
        owner = User.objects.get(pk=batch.params["owner"])
        before = {case.pk: case.owner_id for _row, case in pairs}
        said = enrolments.assign_many(
            [case for _row, case in pairs], by=by, owner=owner, note=batch.params.get("note", "")
        )
        for row, case in pairs:
            refusal = said[case.pk]
            if refusal is None:
                row.done(Outcome.CHANGED, subject=case, before={"owner": before[case.pk]})
            else:
                row.skip(problem(f"case_{refusal.code}"))

    def finish(self, batch, by):
        """One letter about all of them, not ten thousand."""
        count = batch.rows.filter(state=RowState.DONE).count()
        owner = User.objects.get(pk=batch.params["owner"])
        if count and owner != by:
            letters.queue_many_assigned(batch, to=owner, count=count)

    def undo_it(self, batch, pairs, by):
        """Back to the owner before, where nobody else was given the case since."""
        same = [(row, case) for row, case in pairs if case.owner_id == batch.params["owner"]]
        back: dict[int | None, list[Enrolment]] = {}
        for row, case in pairs:
            if case.owner_id != batch.params["owner"]:
                row.stick(problem("changed_since"))
        for row, case in same:
            back.setdefault((row.before or {}).get("owner"), []).append(case)
            row.undone()
        for owner, cases in back.items():
            for case in cases:
                case.version += 1
            Enrolment.objects.filter(pk__in=[case.pk for case in cases]).update(
                owner=owner, version=enrolments.F("version") + 1
            )
            name = User.objects.filter(pk=owner).values_list("full_name", flat=True).first() or "–"
            record_many(cases, by=by, what="assigned", owner=name)


class TakeOver(Assign):
    """Take cases that nobody answers for."""

    code = "cases_take"
    title = _("Take over cases")
    button = _("Take over")
    permission = Permission.CASE_EDIT
    permissions = (Permission.CASE_EDIT,)

    def reasons(self, params, by):
        """Only those without an owner."""
        return [
            (Q(owner=by), "case_has_it"),
            (Q(owner__isnull=False), "case_has_owner"),
            (Q(status__in=OVER), "case_over"),
        ]

    def do_it(self, batch, pairs, by):
        """Whoever got an owner meanwhile is left out."""
        for row, case in pairs:
            if case.owner_id not in {None, by.pk}:
                row.skip(problem("case_has_owner"))
        super().do_it(batch, [(row, case) for row, case in pairs if case.owner_id in {None, by.pk}], by)


class Tag(CaseDeed):
    """Put tags on, take tags off."""

    code = "cases_tag"
    title = _("Tag cases")
    button = _("Tag")
    chunk = 500

    def reasons(self, params, by):
        """What is over, and what is so already."""
        same = Q(tags__contains=params["add"])
        for one in params["remove"]:
            same &= ~Q(tags__contains=[one])
        return [(Q(status__in=OVER), "case_over"), (same, "case_tagged_so")]

    def about(self, batch):
        """Which tags."""
        return [
            {"label": words, "value": ", ".join(label("case_tag", code) for code in batch.params[name])}
            for name, words in (("add", _("Put on")), ("remove", _("Take off")))
            if batch.params[name]
        ]

    def do_it(self, batch, pairs, by):
        """All of the chunk in a few statements."""
        before = {case.pk: list(case.tags) for _row, case in pairs}
        said = enrolments.tag_many(
            [case for _row, case in pairs], by=by, add=batch.params["add"], remove=batch.params["remove"]
        )
        for row, case in pairs:
            refusal = said[case.pk]
            if refusal is None:
                row.done(Outcome.CHANGED, subject=case, before={"tags": before[case.pk], "after": case.tags})
            else:
                row.skip(problem("case_over" if refusal.code == "over" else "case_tagged_so"))

    def undo_it(self, batch, pairs, by):
        """Where the tags are still those that this batch left; cases that went the same way go back together."""
        back: dict[tuple, list[Enrolment]] = {}
        for row, case in pairs:
            kept = row.before or {}
            if case.tags != kept.get("after"):
                row.stick(problem("changed_since"))
                continue
            off = tuple(code for code in case.tags if code not in kept["tags"])
            on = tuple(code for code in kept["tags"] if code not in case.tags)
            back.setdefault((on, off), []).append(case)
            row.undone()
        for (on, off), cases in back.items():
            said = enrolments.tag_many(cases, by=by, add=on, remove=off)
            stuck = {pk for pk, refusal in said.items() if refusal is not None}
            for row, case in pairs:
                if case.pk in stuck:
                    row.stick(problem("case_over"))


class Message(CaseDeed):
    """Ask the owners to tell the workers something: the words stand in the diary, the step on Today."""

    code = "cases_message"
    title = _("Message to workers")
    button = _("Message")
    permission = Permission.NOTE_WRITE
    permissions = (Permission.CASE_EDIT,)

    def reasons(self, params, by):
        """What is over; where the last message still waits."""
        waiting = Step.objects.filter(enrolment=OuterRef("pk"), kind="tell_worker", done_at__isnull=True)
        return [(Q(status__in=OVER), "case_over"), (Exists(waiting), "case_told")]

    def about(self, batch):
        """The words."""
        return [
            {"label": _("To tell"), "value": batch.params["text"]},
            {"label": _("By when"), "value": batch.params["until"]},
        ]

    def do_it(self, batch, pairs, by):
        """A diary line and a step for each."""
        until = date.fromisoformat(batch.params["until"])

        def tell(case):
            enrolments.refuse_when_over(case)
            event = record(case, by=by, kind=CaseEvent.Kind.NOTE, what="tell_worker", note=batch.params["text"])
            step = steps.open_step(case, "tell_worker", until)
            return {"step": step.pk, "event": event.pk}

        self.one_by_one(pairs, tell)

    def undo_it(self, batch, pairs, by):
        """The step is taken back where nobody has done it yet; the line in the diary stays."""
        for row, case in pairs:
            step = Step.objects.filter(pk=(row.before or {}).get("step"), done_at__isnull=True).first()
            if step is None:
                row.stick(problem("worked_on"))
                continue
            steps.finish(case, "tell_worker", by=by)
            row.undone()


class Request(CaseDeed):
    """Note that the workers were asked for a document."""

    code = "cases_request"
    title = _("Request a document")
    button = _("Request document")
    permission = Permission.DOCUMENT_EDIT
    permissions = (Permission.DOCUMENT_EDIT,)
    chunk = 100

    def reasons(self, params, by):
        """What is over; what is awaited already."""
        awaited = Document.objects.filter(
            enrolment=OuterRef("pk"),
            type=params["document"],
            status__in=sorted(DOCUMENT.groups["awaited"] - {"required"}),
        )
        return [(Q(status__in=OVER), "case_over"), (Exists(awaited), "case_awaited")]

    def about(self, batch):
        """Which document."""
        return [{"label": _("Document"), "value": label("document", batch.params["document"])}]

    def do_it(self, batch, pairs, by):
        """Through the deed of the departure room."""

        def ask(case):
            asked = departure.request_document(case, by=by, kind=batch.params["document"])
            return {"document": asked.pk, "version": asked.version}

        self.one_by_one(pairs, ask)

    def undo_it(self, batch, pairs, by):
        """A request nobody has answered yet is withdrawn; its lines in the diary stay."""
        for row, case in pairs:
            kept = row.before or {}
            asked = Document.objects.locked().filter(pk=kept.get("document"), version=kept.get("version")).first()
            if asked is None:
                row.stick(problem("changed_since"))
                continue
            asked.delete()
            steps.renew_requirements(case, by=by)
            row.undone()


class Move(CaseDeed):
    """Move cases to their next state, each through the same guards as on its own page."""

    code = "cases_move"
    title = _("Move cases")
    button = _("Move step")
    permission = Permission.CASE_EDIT
    chunk = 50
    judged_later = True

    def reasons(self, params, by):
        """Where the machine knows no such step, or it needs facts of its own."""
        target = params["target"]
        sources = [source for source in Status.values if is_plain(source, target)]
        return [(~Q(status__in=sources), "case_no_move")]

    def about(self, batch):
        """Where to, and why."""
        facts = [{"label": _("Move to"), "value": Status(batch.params["target"]).label}]
        if batch.params.get("reason"):
            code_list = getattr(MOVES[batch.params["target"]].form, "code_list", "")
            facts.append({"label": _("Reason"), "value": label(code_list, batch.params["reason"])})
        return [
            *facts,
            {
                "label": _("Judged later"),
                "value": _(
                    "What each case still lacks is judged when its turn comes; it is then left out, with the reason."
                ),
            },
        ]

    def do_it(self, batch, pairs, by):
        """Through the door of each case's own page."""
        target, on = batch.params["target"], date.fromisoformat(batch.params["on"])

        def go(case):
            if not is_plain(case.status, target) or not move_for(case.status, target).allowed_to(by, case):
                raise RuleBroken(_("This step is not possible from here."), code="no_move")
            return moving.move(case, target, by=by, on=on, reason=batch.params["reason"], note=batch.params["note"])

        self.one_by_one(pairs, go)

    def undo_it(self, batch, pairs, by):
        """Back to where the case was, where nothing has happened in it since."""
        for row, case in pairs:
            why = moving.why_not_back(case, row.before or {}, version=row.after)
            if why:
                row.stick(problem(why))
            else:
                moving.back(case, row.before, by=by, on=timezone.localdate())
                row.undone()


def is_plain(source: str, target: str) -> bool:
    """Whether the machine knows this step and it needs no facts of its own."""
    if not ENROLMENT.allows(source, target) or (target not in MOVES and (source, target) not in MOVES):
        return False
    return move_for(source, target).is_plain


DEEDS: dict[str, CaseDeed] = {}


def offered(user) -> list[dict]:
    """The buttons in the bar under the list, for this user."""
    return [
        {"label": kind.button, "href": reverse("bulk:deed", args=[name])}
        for name, kind in DEEDS.items()
        if kind.is_for(user)
    ]


BULK["cases"] = offered
for _name, _kind in (
    ("assign", Assign()),
    ("take", TakeOver()),
    ("tag", Tag()),
    ("message", Message()),
    ("request", Request()),
    ("move", Move()),
):
    DEEDS[_name] = _kind
    register(_kind)
