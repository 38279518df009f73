"""What every import shares: a file comes in, its columns are matched, its rows are kept as received and then judged."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, ClassVar, cast

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from programmes.base.batches import actions, sheets
from programmes.base.batches.kinds import Going, Kind
from programmes.base.batches.models import Batch, BatchRow
from programmes.base.batches.problems import Unreadable, problem
from programmes.base.batches.sheets import Cell, reading, xlsx
from programmes.base.batches.sheets.meaning import shown
from programmes.base.batches.states import RowState, Status
from programmes.base.common import text
from programmes.base.common.errors import Collision
from programmes.base.common.storage import RandomName, private_storage

# Rows of one COPY while a file is read.
AT_ONCE = 1_000
_COPIED_BYTES = 1_000_000


class ImportKind(Kind):
    """A kind whose rows come from a file. A room adds what its columns are called and what a row means."""

    always_told = True
    # Columns without which no row can be right; a tuple inside is a choice of one.
    required: ClassVar[Sequence[str | tuple[str, ...]]] = ()
    # What else is asked on the page of columns (a WorkForm; see import_forms.ColumnsForm).
    form: ClassVar[Any] = None

    def guess(self, header: str) -> str:
        """The column a header stands for, or ""."""
        raise NotImplementedError

    def is_aside(self, sheet: str) -> bool:
        """Whether a sheet of this name stands in the template only to explain it."""
        return False

    def template(self) -> Iterable[tuple[str, Sequence[Any], Iterable[Sequence[Any]]]]:
        """The sheets of the workbook that people fill in: name, header, rows. In the reader's language."""
        raise NotImplementedError

    def doubts(self, rows: Sequence[BatchRow], user) -> Iterable[dict]:
        """For each row to decide: `row`, `name`, `facts`, and `candidates` with value, title, line and evidence."""
        return []

    def decision(self, row: BatchRow, choice: str, user) -> str:
        """The decision that a choice on the page stands for, or "" when the row does not offer it."""
        return choice if choice in {"new", "skip"} else ""

    def needs_second(self, batch: Batch) -> bool:
        """Above a limit somebody else looks at it first."""
        return batch.count(RowState.STAGED) > settings.BATCH_CONFIRM_ABOVE

    def ways(self, batch: Batch, user) -> list[dict]:
        """To the columns, and to the rows that are to decide."""
        found = []
        if batch.status == Status.STAGED and batch.count(RowState.DOUBTFUL):
            href = reverse("batches:decide", args=[batch.public_id])
            found.append({"label": _("Decide the doubtful rows"), "href": href, "primary": True})
        if batch.status in {Status.DRAFTED, Status.STAGED, Status.FAILED}:
            href = reverse("batches:columns", args=[batch.public_id])
            found.append({"label": _("Columns"), "href": href, "primary": batch.status == Status.DRAFTED})
        return found

    def stage(self, batch: Batch, by, *, going: Going) -> None:
        """Read the file and keep every row as it was received, from where an earlier reading ended."""
        params = batch.params
        merged = _lines_of_merged(batch)
        after = max(params["header_line"], batch.read_to)
        total, waiting = batch.total, []
        with opened(batch) as file:
            for line, cells in reading.rows_of(file, params):
                if line <= after:
                    continue
                total += 1
                if total > sheets.MOST_ROWS:
                    raise Unreadable("file_too_long", rows=sheets.MOST_ROWS)
                about = {"merged": True} if line in merged else {}
                waiting.append(BatchRow(batch=batch, number=line, raw=cells, values=about))
                if len(waiting) >= AT_ONCE:
                    _keep(batch, waiting)
                    waiting = []
                    if not going():
                        return
            _keep(batch, waiting)
        if not total:
            raise Unreadable("file_no_rows")

    def raw_by_column(self, batch: Batch, row: BatchRow) -> dict[str, Cell]:
        """The cells of a row by the columns they were matched with."""
        mapping = batch.params["mapping"]
        return {code: cell for code, cell in zip(mapping, row.raw, strict=False) if code and cell is not None}

    def shape_problem(self, batch: Batch, row: BatchRow) -> dict | None:
        """What is wrong with the row as a whole, before any of its cells is looked at."""
        width = len(batch.params["header"])
        if row.values.get("merged"):
            return problem("row_merged")
        if len(row.raw) > width and not sheets.is_blank(row.raw[width:]):
            return problem("row_longer", cells=len(row.raw), header=width)
        if batch.params["file_kind"] == "csv" and len(row.raw) < width:
            return problem("row_shorter", cells=len(row.raw), header=width)
        return None


@contextmanager
def opened(batch: Batch) -> Iterator[BinaryIO]:
    """The file as it was received."""
    with batch.file.open("rb") as file:
        yield cast(BinaryIO, file.file)


def _keep(batch: Batch, rows: list[BatchRow]) -> None:
    if not rows:
        return
    with transaction.atomic():
        BatchRow.objects.copy_in(rows)
        fresh = Batch.objects.locked().only("counts", "total").get(pk=batch.pk)
        counts = {**fresh.counts, RowState.RECEIVED: fresh.counts.get(RowState.RECEIVED, 0) + len(rows)}
        Batch.objects.filter(pk=batch.pk).update(counts=counts, total=fresh.total + len(rows), read_to=rows[-1].number)


def _lines_of_merged(batch: Batch) -> set[int]:
    """Lines with merged cells below the header: nobody can tell to which row such a cell belongs."""
    if batch.params["file_kind"] != "xlsx":
        return set()
    with opened(batch) as file:
        ranges = xlsx.Workbook(file).merged_rows(batch.params["sheet"])
    header, lines = batch.params["header_line"], set[int]()
    for first, last in ranges:
        if last - first > sheets.MOST_ROWS:
            raise Unreadable("file_merged")
        lines.update(line for line in range(max(first, header + 1), last + 1))
    return lines


# --- The file comes in ------------------------------------------------------------------------------------------------
def digest_of(file: BinaryIO) -> str:
    """The SHA-256 of the bytes, read in pieces."""
    file.seek(0)
    digest = hashlib.sha256()
    while part := file.read(_COPIED_BYTES):
        digest.update(part)
    return digest.hexdigest()


def identity_of(digest: str, sheet: str, of: Sequence[str]) -> str:
    """What tells one upload from another: the bytes, and in a workbook of several sheets also which one is meant."""
    return hashlib.sha256(f"{digest}\n{sheet}".encode()).hexdigest() if len(of) > 1 else digest


def same_file(kind: str, office, identity: str, *, but: Batch | None = None) -> Batch | None:
    """The batch of this office that holds this very file or sheet and was not given up; `but` is another one."""
    given_up = (Status.CANCELLED, Status.FAILED, Status.UNDONE)
    found = Batch.objects.filter(kind=kind, office=office, file_sha256=identity).exclude(status__in=given_up)
    return found.exclude(pk=but.pk if but else None).first()


def receive(kind: ImportKind, upload, *, by, office, title: str = "") -> tuple[Batch, bool]:
    """Keep an uploaded file and open a batch for it; the batch, and whether it is a new one.

    The same bytes again, also at the same moment, lead to the batch that has them. In a workbook each sheet is taken
    in for itself: the batch is about the next one that no batch has, and where several may be meant its parameter
    `ask` names them. Raises Unreadable for a file that cannot be read, and RuleBroken when the right does not reach
    the office. Effects: the file in the private storage, the batch with what was found in the file.
    """
    digest = digest_of(upload.file)
    shape = reading.shape_of(upload.file, upload.size)
    meant = [name for name in shape.looks if not kind.is_aside(name)] or list(shape.looks)
    have = {name: same_file(kind.code, office, identity_of(digest, name, shape.sheets)) for name in meant or [""]}
    if all(have.values()):
        return next(batch for batch in have.values() if batch), False
    left = [name for name in meant if not have[name]]
    if left:
        shape.sheet = max(left, key=lambda name: _known_headers(kind, shape.looks[name]))
        shape.first = shape.looks[shape.sheet]
    params = first_guess(kind, shape, office) | {"digest": digest}
    if len(meant) > 1:
        params["ask"] = [_about_sheet(kind, shape, name, have[name]) for name in meant]
    identity = identity_of(digest, shape.sheet, shape.sheets)
    storage = private_storage()
    upload.seek(0)
    stored = storage.save(RandomName("batches")(None, ""), upload)
    try:
        return actions.open_batch(
            kind.code, by=by, office=office, title=title, params=params, file=stored,
            file_name=shown_name(upload.name), file_sha256=identity, file_size=upload.size,
        ), True  # fmt: skip
    except BaseException as error:
        storage.delete(stored)
        twin = same_file(kind.code, office, identity) if isinstance(error, IntegrityError | Collision) else None
        if twin is None:
            raise
        return twin, False


def _known_headers(kind: ImportKind, first: Sequence[sheets.Row]) -> int:
    return max(sum(bool(kind.guess(shown(cell))) for cell in cells if cell is not None) for _line, cells in first)


def _about_sheet(kind: ImportKind, shape: sheets.Shape, name: str, taken: Batch | None) -> dict[str, Any]:
    """What the question which sheet is meant says about one of them."""
    _line, header = header_of(kind, shape.looks[name])
    return {
        "name": name, "place": str(shape.sheets.index(name)), "header": [words for words in header if words][:8],
        "taken": str(taken.public_id) if taken else "",
    }  # fmt: skip


def shown_name(name: str) -> str:
    """A file name as it is shown: without its path, control characters and tricks of direction, at most 120 long."""
    clean = "".join(c for c in text.normalise(name or "").replace("\\", "/").rpartition("/")[2] if c.isprintable())
    clean = clean.replace('"', "").strip(". ") or "file"
    return clean if len(clean) <= 120 else f"{clean[:100]}…{clean[-16:]}"


# --- Columns ----------------------------------------------------------------------------------------------------------
def first_guess(kind: ImportKind, shape: sheets.Shape, office, *, header_line: int = 0) -> dict[str, Any]:
    """What is found out about a file by itself: where its header stands, what its columns are, how it is written.

    The choices of the last import of the office whose header was the same are taken over.
    """
    line, header = header_of(kind, shape.first, header_line)
    params: dict[str, Any] = {
        "file_kind": shape.kind, "sheet": shape.sheet, "sheets": shape.sheets, "ask": [],
        "hidden": shape.hidden, "encoding": shape.encoding, "separator": shape.separator, "header_line": line,
        "header": header, "header_key": header_key(header), "mapping": guessed(kind, header),
        "samples": samples_of(shape.first, line, len(header)),
    }  # fmt: skip
    before = (
        Batch.objects.filter(kind=kind.code, office=office, params__header_key=params["header_key"])
        .exclude(status=Status.DRAFTED)
        .order_by("-created_at")
        .first()
    )
    if before is not None and len(before.params.get("mapping", ())) == len(header):
        params["mapping"] = before.params["mapping"]
        params["remembered"] = before.params.get("options", {})
    return params


def header_of(kind: ImportKind, first: Sequence[sheets.Row], chosen: int = 0) -> tuple[int, list[str]]:
    """The line of the header and its texts: the chosen line, else the first with the most headers that are known."""
    best_line, best_cells, best = first[0][0], first[0][1], -1
    for line, cells in first:
        if chosen:
            if line == chosen:
                best_line, best_cells = line, cells
            continue
        known = sum(bool(kind.guess(shown(cell))) for cell in cells if cell is not None)
        if known > best:
            best_line, best_cells, best = line, cells, known
    header = [text.normalise(shown(cell))[:100] for cell in best_cells]
    while header and not header[-1]:
        header.pop()
    return best_line, header


def guessed(kind: ImportKind, header: Sequence[str]) -> list[str]:
    """A column for each header; the second that claims the same one stays unread."""
    mapping: list[str] = []
    for name in header:
        code = kind.guess(name)
        mapping.append("" if code in mapping else code)
    return mapping


def header_key(header: Sequence[str]) -> str:
    """The same for sheets with the same headers in the same order."""
    return hashlib.sha256("\n".join(text.fold(name) for name in header).encode()).hexdigest()[:16]


def samples_of(first: Sequence[sheets.Row], header_line: int, width: int) -> list[list[str]]:
    """Up to three values of each column, shortened, for people to see what a column holds."""
    found: list[list[str]] = [[] for _place in range(width)]
    for line, cells in first:
        if line <= header_line:
            continue
        for place, cell in enumerate(cells[:width]):
            if cell is not None and len(found[place]) < 3:
                found[place].append(shown(cell)[:40])
    return found


def look_again(
    kind: ImportKind, batch: Batch, *, by, sheet: str = "", header_line: int = 0, encoding: str = "",
    separator: str = "",
) -> Batch:  # fmt: skip
    """Read the file of a batch anew: another sheet, header line, encoding or separator.

    Returns the batch, or the other one that has this sheet already. Raises Unreadable, and what `prepare` raises.
    """
    params = batch.params
    with opened(batch) as file:
        shape = reading.shape_of(
            file, batch.file_size, sheet=sheet or params["sheet"], encoding=encoding or params["encoding"],
            separator=separator or params["separator"],
        )  # fmt: skip
    found = first_guess(kind, shape, batch.office, header_line=header_line)
    identity = batch.file_sha256
    if params.get("digest"):
        identity = identity_of(params["digest"], shape.sheet, shape.sheets)
    try:
        return same_file(kind.code, batch.office, identity, but=batch) or actions.prepare(
            batch, by=by, params=found, identity=identity
        )
    except (IntegrityError, Collision):
        twin = same_file(kind.code, batch.office, identity, but=batch)
        if twin is None:
            raise
        return twin


def missing_columns(kind: ImportKind, mapping: Sequence[str]) -> list[str]:
    """The labels of required columns that no column of the file stands for."""
    found = []
    for wanted in kind.required:
        choices = (wanted,) if isinstance(wanted, str) else wanted
        if not set(choices) & set(mapping):
            found.append(" / ".join(str(kind.columns[code]) for code in choices))
    return found
