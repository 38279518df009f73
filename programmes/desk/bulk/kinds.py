"""What can be done with many cases at once. Each kind judges all of them in one statement, for the preview, and then
does with each what its own page would do, through the same action."""

from datetime import date

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission
from programmes.base.batches.kinds import register
from programmes.base.batches.problems import from_error, problem
from programmes.base.batches.states import Outcome, RowState
from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import CaseEvent, record, record_each
from programmes.base.lists.listing import BULK
from programmes.base.rulebook.codes import label
from programmes.desk.bulk import letters, moving
from programmes.desk.bulk.casedeed import OVER, CaseDeed
from programmes.desk.bulk.mail import Mail
from programmes.desk.casefile.moves import MOVES, move_for
from programmes.journey.departure import actions as departure
from programmes.journey.departure.models import Document
from programmes.journey.departure.states import DOCUMENT
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import ENROLMENT, Status


class Assign(CaseDeed):
    """Give cases to a colleague."""

    code = "cases_assign"
    title = _("Assign cases")
    button = _("Assign")
    permission = Permission.CASE_ASSIGN
    permissions = (Permission.CASE_ASSIGN,)
    chunk = 500
    related = ()

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
        back = []
        for row, case in pairs:
            if case.owner_id != batch.params["owner"]:
                row.stick(problem("changed_since"))
                continue
            case.owner_id, case.version = (row.before or {}).get("owner"), case.version + 1
            back.append(case)
            row.undone()
        Enrolment.objects.bulk_update(back, ["owner", "version"])
        names = User.objects.in_bulk({case.owner_id for case in back if case.owner_id})
        told = [(case, {"owner": names[case.owner_id].full_name if case.owner_id else "–"}) for case in back]
        record_each(told, by=by, what="assigned")


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
    related = ()

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


class Tell(CaseDeed):
    """Ask the owners to tell the workers something: the words stand in the diary, the step on Today."""

    code = "cases_message"
    title = _("Ask the owners to tell the workers")
    button = _("Ask owners")
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

    def usual(self, query):
        """The document that all of the board's group lack."""
        kind, _colon, code = query.get("blocker", "").partition(":")
        return {"document": code} if kind == "document" else {}

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
        self.take_back(pairs, Document.objects.all(), "document", by)


class Move(CaseDeed):
    """Move cases to their next state, each through the same guards as on its own page."""

    code = "cases_move"
    title = _("Move cases")
    button = _("Move step")
    permission = Permission.CASE_EDIT

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
        """Through the action of each case's own page, for all of the chunk at once."""
        target, on = batch.params["target"], date.fromisoformat(batch.params["on"])
        going = []
        for row, case in pairs:
            if is_plain(case.status, target) and move_for(case.status, target).allowed_to(by, case):
                going.append((row, case))
            else:
                row.skip(problem("case_no_move"))
        reason, note = batch.params["reason"], batch.params["note"]
        # What is missing is kept as it was said: in the language of whoever will read it.
        with translation.override(by.language):
            said = moving.move([case for _row, case in going], target, by=by, on=on, reason=reason, note=note)
        for row, case in going:
            before = said[case.pk]
            if isinstance(before, RuleBroken):
                row.skip(*_why(before))
            else:
                row.done(Outcome.CHANGED, subject=case, before=before)

    def undo_it(self, batch, pairs, by):
        """Back to where the case was, where nothing has happened in it since."""
        why = moving.why_not_back({case.pk: (case, row.before or {}, row.after) for row, case in pairs})
        free = []
        for row, case in pairs:
            if why[case.pk]:
                row.stick(problem(why[case.pk]))
            else:
                free.append((case, row.before))
                row.undone()
        moving.back(free, by=by, on=timezone.localdate())


def _why(refusal: RuleBroken) -> list[dict]:
    """One problem for each thing that is missing, so that they can be counted over many cases."""
    return [problem("case_missing", what=str(one.label)) for one in refusal.missing] or [
        from_error(refusal) or problem("unexpected")
    ]


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
    ("message", Mail()),
    ("tell", Tell()),
    ("request", Request()),
    ("move", Move()),
):
    DEEDS[_name] = _kind
    register(_kind)
