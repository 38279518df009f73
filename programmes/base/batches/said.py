"""A batch in words: its title, how it stands, what can be done with it, what was wrong with a row."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from programmes.base.batches import actions, kinds, problems, reasons
from programmes.base.batches.models import Batch, BatchRow
from programmes.base.batches.states import ROW_TONES, Outcome, RowState, Status
from programmes.base.common import wording
from programmes.base.lifecycle import sentences

S = Status

sentences.register(
    {
        "batch_downloaded": gettext_lazy("downloaded {rows} rows: {state}"),
        "batch_file_downloaded": gettext_lazy("downloaded the file as it was received"),
        "batch_result_downloaded": gettext_lazy("downloaded the file that was made"),
    }
)


def title_of(batch: Batch) -> str:
    """What is being done, and with what: "Import of people: march.xlsx"."""
    kind = kinds.KINDS.get(batch.kind)
    what = str(kind.title) if kind else batch.kind
    about = batch.title or batch.file_name
    return f"{what}: {about}" if about else what


def slug(batch: Batch) -> str:
    """A short name for files about it, without personal data."""
    return re.sub(r"[^a-z0-9]+", "-", f"{batch.kind}-{batch.created_at:%Y-%m-%d}").strip("-")


def rows_in_words(count: int) -> str:
    """ "3 rows" in the reader's language."""
    return ngettext("%(count)s row", "%(count)s rows", count) % {"count": wording.number(count)}


def line_of(batch: Batch) -> str:
    """How it stands, in one sentence."""
    done, total = wording.number(batch.finished_rows), wording.number(batch.total)
    if batch.status == S.STAGING:
        if not batch.is_read and not batch.total:
            return _("The file is being read.")
        return _("%(done)s of %(total)s rows are checked.") % {"done": done, "total": total}
    if batch.status == S.RUNNING:
        return _("%(done)s of %(total)s rows are carried out.") % {"done": done, "total": total}
    if batch.status == S.UNDOING:
        return _("%(left)s rows are still to be undone.") % {"left": wording.number(batch.count(RowState.DONE))}
    kind = kinds.KINDS.get(batch.kind)
    if batch.status in {S.STAGED, S.WAITING} and kind and kind.on_ready:
        ready = batch.count(RowState.STAGED)
        return str(kind.on_ready) % {
            "ready": wording.number(ready),
            "left": wording.number(batch.total - ready),
        }
    if batch.status in {S.STAGED, S.WAITING}:
        return _("%(ready)s of %(total)s rows are ready.") % {
            "ready": wording.number(batch.count(RowState.STAGED)),
            "total": total,
        }
    if batch.status == S.DONE:
        return _("%(done)s of %(total)s rows were carried out.") % {
            "done": wording.number(batch.count(RowState.DONE)),
            "total": total,
        }
    if batch.status == S.UNDONE:
        return _("%(undone)s rows were put back, %(stuck)s could not be.") % {
            "undone": wording.number(batch.count(RowState.UNDONE)),
            "stuck": wording.number(batch.count(RowState.STUCK)),
        }
    return rows_in_words(batch.total) if batch.total else ""


def figures(batch: Batch) -> list[dict]:
    """The counts that add up to all rows: what became of them, else how they stand."""
    found = []
    for outcome in Outcome:
        if batch.outcomes.get(outcome):
            found.append({"label": outcome.label, "value": batch.outcomes[outcome]})
    for state in RowState:
        if batch.count(state) and not (state == RowState.DONE and found):
            found.append({"label": state_in_words(batch, state), "value": batch.count(state)})
    return found


def state_in_words(batch: Batch, state: RowState) -> str:
    """What rows in this state are called: of some kinds one can say more than "ready"."""
    kind = kinds.KINDS.get(batch.kind)
    return str((kind.state_words if kind else {}).get(state, state.label))


def reasons_of(batch: Batch, user) -> tuple[list[dict], bool]:
    """Why rows were left out, for the page: each reason in words with its count, its first rows and the way to all.

    And whether there are more reasons than are told.
    """
    found, more = reasons.of(batch)
    kind = kinds.KINDS.get(batch.kind)
    examples = [row for reason in found for row in reason.examples]
    seen = {row.pk: shown for row, shown in zip(examples, kind.present(examples, user), strict=True)} if kind else {}
    columns = kind.columns if kind else {}
    return [
        {
            "state": state_in_words(batch, RowState(reason.state)),
            "tone": ROW_TONES[RowState(reason.state)],
            "said": problems.say(reason.problem, columns),
            "count": reason.count,
            "href": f"?state={reason.state}&why={reason.key}",
            "key": reason.key,
            "examples": [
                {"number": row.number, **seen.get(row.pk, {"name": "", "href": ""})} for row in reason.examples
            ],
        }
        for reason in found
    ], more


def facts(batch: Batch) -> list[dict]:
    """Who, where, when, why, with which file."""
    kind, asked_at = kinds.KINDS.get(batch.kind), wording.clock(batch.created_at)
    shown: list[dict] = [
        {"label": _("Office"), "value": batch.office.name},
        {"label": _("Asked for by"), "value": batch.created_by},
        {"label": _("Asked for on"), "value": f"{wording.full_day(batch.created_at)}, {asked_at}"},
    ]
    if batch.confirmed_by:
        shown.append({"label": _("Confirmed by"), "value": batch.confirmed_by.full_name})
    if batch.purpose:
        shown.append({"label": _("Purpose"), "value": batch.purpose})
    if batch.file_name:
        size = _("%(size)s kB") % {"size": wording.number(max(1, batch.file_size // 1000))}
        shown.append({"label": _("File"), "value": f"{batch.file_name} ({size})"})
    if batch.expires_on:
        shown.append({"label": _("The file is kept until"), "value": wording.full_day(batch.expires_on)})
    return [*shown, *(kind.about(batch) if kind else [])]


def state_to_show(batch: Batch) -> str:
    """The rows a person most likely wants to see first: those that need her, else those that are done."""
    order = [R.STUCK, R.FAILED, R.DOUBTFUL, R.REFUSED, R.STAGED, R.DONE, R.SKIPPED, R.UNDONE, R.RECEIVED]
    return next((state for state in order if batch.count(state)), R.STAGED)


R = RowState


def tabs(batch: Batch, shown: str) -> list[dict]:
    """One tab for each state that has rows."""
    return [
        {
            "label": state_in_words(batch, state),
            "href": f"?state={state.value}",
            "current": state == shown,
            "count": wording.number(batch.count(state)),
            "late": state in {R.REFUSED, R.FAILED, R.STUCK},
        }
        for state in RowState
        if batch.count(state)
    ]


def problems_of(row: BatchRow, columns: Mapping[str, Any]) -> list[problems.Said]:
    """What is wrong with the row, in the reader's language."""
    return [problems.say(kept, columns) for kept in row.problems]


def in_line(one: problems.Said) -> str:
    """A problem as one line of text, for files."""
    place = f"{one.column}: " if one.column else ""
    value = f"“{one.value}” " if one.value else ""
    return f"{place}{value}{one.sentence} {one.remedy}".strip()


def result_of(row: BatchRow) -> str:
    """What became of the row."""
    if row.state == R.DONE and row.outcome:
        return str(Outcome(row.outcome).label)
    return str(RowState(row.state).label)


def raw_text(cell: Any) -> Any:
    """A cell as it was received, for people and files."""
    if isinstance(cell, dict):
        return next(iter(cell.values()), "")
    return "" if cell is None else cell


def trouble(batch: Batch) -> problems.Said | None:
    """Why the batch stopped."""
    if batch.status != S.FAILED or not batch.problem:
        return None
    return problems.say(batch.problem, {})


def in_words(refusal: problems.Unreadable) -> str:
    """Why a file cannot be read, and what to do."""
    return in_line(problems.say(problems.problem(refusal.code, **refusal.facts), {}))


@dataclass(frozen=True)
class Deed:
    """Something that can be done with a whole batch."""

    name: str
    label: str | Promise
    done: str | Promise
    act: Callable[..., Any]
    allowed_in: frozenset[str]
    warn: str | Promise = ""
    primary: bool = False
    danger: bool = False
    by_second: bool = False

    def words(self, batch: Batch) -> str:
        """What stands on its button: a kind may have a word of its own for its start."""
        kind = kinds.KINDS.get(batch.kind)
        return str((kind.do if kind and self.name == "start" else "") or self.label)

    def is_allowed(self, batch: Batch, user) -> bool:
        """Whether this person may do it with a batch of this kind; whether it is possible now is judged by the deed."""
        kind = kinds.KINDS.get(batch.kind)
        if kind is None:
            return self.name == "cancel" and user.pk == batch.created_by_id
        if self.by_second:
            return kind.may_confirm(batch, user)
        return user.pk == batch.created_by_id or kind.is_permitted(batch, user)

    def is_offered(self, batch: Batch, user) -> bool:
        """Whether its button stands on the page."""
        if batch.status not in self.allowed_in or not self.is_allowed(batch, user):
            return False
        kind = kinds.KINDS.get(batch.kind)
        if self.name == "undo":
            return bool(kind and kind.can_be_undone and batch.count(R.DONE))
        return self.name != "start" or bool(batch.count(R.STAGED))

    def effects(self, batch: Batch) -> list[str]:
        """What follows, in sentences."""
        said = [str(self.warn)] if self.warn else []
        if self.name == "start":
            said = [_("%(rows)s will be carried out.") % {"rows": rows_in_words(batch.count(R.STAGED))}]
            left = batch.count(R.REFUSED) + batch.count(R.DOUBTFUL)
            if left:
                said.append(
                    _("%(rows)s are left out: the wrong ones and those nobody has decided.")
                    % {"rows": rows_in_words(left)}
                )
            kind = kinds.KINDS.get(batch.kind)
            if kind and kind.warning:
                said.append(str(kind.warning))
            if kind and kind.needs_second(batch):
                said.append(_("A second person confirms first, because there are so many."))
        if self.name == "undo":
            said.append(_("%(rows)s are looked at.") % {"rows": rows_in_words(batch.count(R.DONE))})
        return said


DEEDS = {
    deed.name: deed
    for deed in (
        Deed(
            "start", gettext_lazy("Carry out the ready rows"), gettext_lazy("Workers carry it out now."), actions.start,
            frozenset({S.STAGED}), primary=True,
        ),
        Deed(
            "confirm", gettext_lazy("Confirm and carry out"), gettext_lazy("Confirmed. Workers carry it out now."),
            actions.confirm, frozenset({S.WAITING}),
            warn=gettext_lazy("You say that this is right and may be done in the name of whoever prepared it."),
            primary=True, by_second=True,
        ),
        Deed(
            "send_back", gettext_lazy("Send back"), gettext_lazy("It went back to whoever prepared it."),
            actions.send_back, frozenset({S.WAITING}),
        ),
        Deed(
            "pause", gettext_lazy("Pause"), gettext_lazy("It stops after the rows that are in hand."), actions.pause,
            frozenset({S.RUNNING}),
        ),
        Deed(
            "resume", gettext_lazy("Go on"), gettext_lazy("It goes on."), actions.resume,
            frozenset({S.PAUSED, S.FAILED}), primary=True,
        ),
        Deed(
            "cancel", gettext_lazy("Cancel"), gettext_lazy("It was cancelled."), actions.cancel,
            frozenset({S.DRAFTED, S.STAGING, S.STAGED, S.WAITING, S.PAUSED, S.FAILED}),
            warn=gettext_lazy("What is done stays done. The remaining rows are left out."), danger=True,
        ),
        Deed(
            "undo", gettext_lazy("Undo"), gettext_lazy("Workers put the rows back now."), actions.undo,
            frozenset({S.DONE}),
            warn=gettext_lazy("What nobody has touched since is put back. The rest stays, and the page says why."),
            danger=True,
        ),
    )
}  # fmt: skip


def deeds_for(batch: Batch, user) -> list[dict]:
    """The buttons of the page."""
    return [
        {
            "label": deed.words(batch),
            "href": reverse("batches:deed", args=[batch.public_id, deed.name]),
            "primary": deed.primary,
            "danger": deed.danger,
        }
        for deed in DEEDS.values()
        if deed.is_offered(batch, user)
    ]
