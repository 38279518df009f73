"""The engine of all state machines, and the diary it writes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from programmes.base.common.bulk import insert_many
from programmes.base.common.errors import Missing, RuleBroken
from programmes.base.lifecycle import guards
from programmes.base.lifecycle.machine import Machine


class CaseEvent(models.Model):
    """One line of the diary: a move, a deed or a note. Written once, never changed."""

    class Kind(models.TextChoices):
        MOVE = "move", gettext_lazy("move")
        DEED = "deed", gettext_lazy("deed")
        NOTE = "note", gettext_lazy("note")

    at = models.DateTimeField(gettext_lazy("recorded at"), default=timezone.now)
    on = models.DateField(gettext_lazy("happened on"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=gettext_lazy("by"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    kind = models.CharField(gettext_lazy("kind"), max_length=4, choices=Kind)
    subject = models.CharField(gettext_lazy("subject"), max_length=20)
    subject_id = models.BigIntegerField()
    enrolment = models.ForeignKey("programmes.Enrolment", on_delete=models.CASCADE, null=True, related_name="diary")
    person = models.ForeignKey("programmes.Person", on_delete=models.CASCADE, null=True, related_name="diary")
    what = models.CharField(gettext_lazy("what"), max_length=40, blank=True)
    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20, blank=True)
    reason = models.CharField(gettext_lazy("reason"), max_length=60, blank=True)
    note = models.TextField(gettext_lazy("note"), blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = gettext_lazy("diary line")
        verbose_name_plural = gettext_lazy("diary lines")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["enrolment", "-at", "-id"], name="case_event_by_case"),
            models.Index(fields=["person", "-at", "-id"], name="case_event_by_person"),
            models.Index(fields=["subject", "subject_id"], name="case_event_by_subject"),
            models.Index(
                fields=["on", "to_status"],
                name="case_event_moves_by_day",
                condition=models.Q(kind="move", subject="enrolment"),
            ),
            # What somebody handed over lately, and whether they ever wrote a note: few lines among many of theirs.
            models.Index(
                fields=["by", "-at"],
                name="case_event_by_person_who",
                condition=models.Q(what="assigned") | models.Q(kind="note"),
            ),
        ]
        triggers = [pgtrigger.Protect(name="written_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.subject} {self.what or self.to_status}"


def record(
    subject: models.Model, *, by, kind: str = CaseEvent.Kind.DEED, what: str = "", on=None, note: str = "", **facts: Any
) -> CaseEvent:
    """Write a line into the diary of `subject`.

    `by` is the user (None: the system itself), `on` the day it really happened (default today, the user's zone),
    `what` the code of the sentence (lifecycle/sentences.py), `facts` the values that sentence quotes; keep personal
    data out of them. The case and the person are found on the subject itself.
    """
    line = _line(subject, by=by, kind=kind, what=what, on=on, note=note, **facts)
    line.save(force_insert=True)
    return line


def record_many(subjects: Iterable[models.Model], *, by, what: str, on=None, note: str = "", **facts: Any) -> None:
    """Write the same line into the diary of each subject, in one statement."""
    record_each(((subject, facts) for subject in subjects), by=by, what=what, on=on, note=note)


def record_each(
    told: Iterable[tuple[models.Model, Mapping[str, Any]]], *, by, what: str, on=None, note: str = ""
) -> None:
    """Write a line with facts of its own into the diary of each subject, in one statement."""
    insert_many(
        _line(subject, by=by, kind=CaseEvent.Kind.DEED, what=what, on=on, note=note, **facts) for subject, facts in told
    )


def _line(subject: models.Model, *, by, kind: str, what: str, on, note: str, **facts: Any) -> CaseEvent:
    machine = getattr(subject, "MACHINE", None)
    name = machine.name if machine else subject._meta.model_name
    columns = {k: facts.pop(k) for k in ("from_status", "to_status", "reason") if k in facts}
    return CaseEvent(
        by=by,
        kind=kind,
        what=what,
        on=on or timezone.localdate(),
        subject=name,
        subject_id=subject.pk,
        enrolment_id=subject.pk if name == "enrolment" else getattr(subject, "enrolment_id", None),
        person_id=subject.pk if name == "person" else getattr(subject, "person_id", None),
        note=note,
        data=facts,
        **columns,
    )


class Lifecycle(models.Model):
    """A record that moves through states. The concrete model sets `MACHINE` and a `status` field."""

    MACHINE: ClassVar[Machine]

    status_since = models.DateTimeField(gettext_lazy("in this state since"), default=timezone.now, editable=False)

    class Meta:
        abstract = True

    def missing_for(self, target: str, *, on=None, by=None) -> list[Missing]:
        """What the guards of every room still miss before this move; empty when it may be made."""
        return guards.missing_for(self.MACHINE.name, self, target, on=on or timezone.localdate(), by=by)

    def possible_moves(self) -> list[str]:
        """The states the table leads to from here, whether or not something is still missing."""
        order = list(self.MACHINE.states.values)
        return sorted(self.MACHINE.moves.get(self.status, ()), key=order.index)

    def judge_move(self, target, *, by, reason="", on=None, override=False):
        """Raise RuleBroken when this move may not be made now, naming everything that is missing at once."""
        target = str(target)
        states = self.MACHINE.states
        if not transaction.get_connection().in_atomic_block:
            raise RuntimeError("A move belongs inside a transaction, on a locked row.")
        if not self.MACHINE.allows(self.status, target):
            raise RuleBroken(
                _("“%(from)s” cannot become “%(to)s”.")
                % {"from": self.get_status_display(), "to": states(target).label},
                code="illegal_move",
            )
        if self.MACHINE.needs_reason(self.status, target) and not reason.strip():
            raise RuleBroken(_("Give the reason for this step."), field="reason", code="reason_needed")
        missing = [] if override else self.missing_for(target, on=on, by=by)
        if missing:
            raise RuleBroken(
                ngettext(
                    "Not yet: %(count)d thing is missing: %(list)s.",
                    "Not yet: %(count)d things are missing: %(list)s.",
                    len(missing),
                )
                % {"count": len(missing), "list": "; ".join(item.label for item in missing)},
                missing=missing,
                code="missing",
            )

    def move_to(self, target, *, by, reason="", note="", on=None, override=False, what="", facts=None, **changes):
        """Judge the move, make it, save only what changed, write the diary line.

        Call it on a locked row, inside a transaction. `on` is the day it happened; `changes` are other columns set
        in the same statement. Raises RuleBroken (`judge_move`). `override` is a manager's exception: guards are
        passed over, and the diary says so for ever. `what` and `facts` give the line a sentence of its own
        (lifecycle/sentences.py).
        """
        target = str(target)
        self.judge_move(target, by=by, reason=reason, on=on, override=override)
        before, self.status, self.status_since = self.status, target, timezone.now()
        for name, value in changes.items():
            setattr(self, name, value)
        self.version += 1
        self.save(update_fields=["status", "status_since", "version", *changes])
        facts = {**(facts or {}), **({"override": True} if override else {})}
        event = record(
            self, by=by, kind=CaseEvent.Kind.MOVE, what=what, on=on, note=note,
            from_status=before, to_status=target, reason=reason.strip(), **facts,
        )  # fmt: skip
        guards.follow(self.MACHINE.name, self, target, event=event, by=by)
        return event


def make_moves(records: Sequence[Any], target, *, by, reason="", note="", on) -> list[CaseEvent]:
    """Make the same move of many locked records of one kind that were judged a moment ago (`judge_move`).

    One statement for all of them, a diary line each (returned in their order), then what follows for each of them.
    Raises what a consequence raises: then none of them is moved, and the caller finds out which it was.
    """
    if not records:
        return []
    target, moment = str(target), timezone.now()
    lines = []
    for record_ in records:
        before, record_.status, record_.status_since = record_.status, target, moment
        record_.version += 1
        lines.append(
            _line(
                record_, by=by, kind=CaseEvent.Kind.MOVE, what="", on=on, note=note,
                from_status=before, to_status=target, reason=reason.strip(),
            )
        )  # fmt: skip
    rows = type(records[0]).objects.filter(pk__in=[record_.pk for record_ in records])
    rows.update(status=target, status_since=moment, version=F("version") + 1)
    insert_many(lines)
    for record_, line in zip(records, lines, strict=True):
        guards.follow(record_.MACHINE.name, record_, target, event=line, by=by)
    return lines
