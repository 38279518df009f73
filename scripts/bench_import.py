"""Measure the import of 50,000 people with cases: `python scripts/bench_import.py`, or `measure()` from `make bench`.

The file is the same each time. Two real workers take it up, are killed twice on the way when asked, and everything is
counted; beside it stands the same work in hand-written SQL (COPY into a staging table, INSERT … SELECT through every
constraint, trigger and index), which is the yardstick on a machine with neighbours.

    KILLS=15000,15000 python scripts/bench_import.py     in the database of this checkout; a kill in each phase
    python scripts/bench_import.py repeat                in two fresh ones, with a fingerprint of the result
"""

import csv
import hashlib
import io
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROWS, BAD = 50_000, 0.01
HEADER = [
    "Nombres", "Primer apellido", "Segundo apellido", "Sexo", "Fecha de nacimiento", "Nacionalidad", "CUI", "Teléfono",
    "Departamento", "Municipio", "Comunidad", "Idiomas", "Escolaridad", "Años de experiencia", "Dependientes",
]  # fmt: skip
_GIVEN = [
    "María",
    "José",
    "Elena",
    "Luis",
    "Rosa",
    "Juan",
    "Ana",
    "Pedro",
    "Lucía",
    "Mario",
    "Sofía",
    "Carlos",
    "Marta",
    "Jorge",
    "Irma",
    "Oscar",
    "Delia",
    "Hugo",
]
_SURNAMES = [
    "Tzoc",
    "Caal",
    "Ixcoy",
    "Quej",
    "Chub",
    "Pop",
    "Xol",
    "Morales",
    "Pérez",
    "López",
    "García",
    "Hernández",
    "Gómez",
    "Ramírez",
    "Cux",
    "Batz",
    "Sis",
    "Coc",
    "Choc",
    "Tiul",
    "Ajú",
    "Bal",
    "Cumes",
    "Patzán",
    "Sunuc",
    "Yol",
    "Zamora",
    "Vásquez",
    "Ortiz",
    "Reyes",
    "Mendoza",
    "Castro",
    "Rivas",
    "Soto",
    "Luna",
    "Vega",
    "Ríos",
    "Paz",
    "Rojas",
]


def cui(number: int) -> str:
    """A CUI with a right check digit, another one for each number."""
    digits = f"{number:08d}"
    check = sum(int(digit) * (place + 2) for place, digit in enumerate(digits)) % 11
    return f"{digits}{check if check < 10 else 0}0101"


def person_row(number: int) -> list[object]:
    """The row of one invented person; the same for the same number."""
    dice = int.from_bytes(hashlib.blake2b(str(number).encode(), digest_size=8).digest())

    def pick(words: list[str]) -> str:
        nonlocal dice
        dice, place = divmod(dice, len(words))
        return words[place]

    born = date(1960, 1, 1) + timedelta(days=number * 7919 % 16_000)
    return [
        f"{pick(_GIVEN)} {pick(_GIVEN)}", pick(_SURNAMES), pick(_SURNAMES), pick(["mujer", "hombre"]),
        f"{born:%d/%m/%Y}", "guatemalteca", cui(90_000_000 + number), f"+5025{number % 10_000_000:07d}",
        "Chimaltenango", "Patzún", f"Aldea {number % 300}", "es, cak", "primaria", str(number % 20), str(number % 6),
    ]  # fmt: skip


def table(rows: int = ROWS, bad: float = BAD) -> list[list[object]]:
    """Header and rows; each `1 / bad`-th row is wrong in one of four ways."""
    found: list[list[object]] = [HEADER]
    every = round(1 / bad) if bad else 0
    for number in range(rows):
        row = person_row(number)
        if every and number % every == every - 1:
            place, value = [(4, "31/02/1990"), (0, ""), (3, "?"), (7, "12")][number // every % 4]
            row[place] = value
        found.append(row)
    return found


def make_file(path: str, rows: int = ROWS, bad: float = BAD) -> None:
    """Write the workbook."""
    from programmes.base.batches.files import write_xlsx

    header, *rest = table(rows, bad)
    write_xlsx(path, header, rest)


# --- The import -------------------------------------------------------------------------------------------------------
class Workers:
    """Celery workers on this process's database and queue."""

    def __init__(self, environment: dict[str, str], count: int = 2) -> None:
        self.environment, self.count = environment, count
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start what is not running."""
        while len(self.running) < self.count:
            words = [sys.executable, "-W", "ignore", "-m", "celery", "--app", "iomcase", "--quiet", "worker"]
            words += ["--concurrency", "1", "--loglevel", "error", "--without-gossip", "--without-mingle"]
            words += ["--hostname", f"import{len(self.running)}-{time.monotonic_ns()}@localhost"]
            self.running.append(subprocess.Popen(words, env=self.environment, cwd=ROOT, start_new_session=True))

    def kill_one(self) -> None:
        """End the first one and its children as a power cut would."""
        worker = self.running.pop(0)
        with suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def memory_mb(self) -> float:
        """The largest memory that one of their processes has had."""
        most = 0
        for status in Path("/proc").glob("[0-9]*/status"):
            with suppress(OSError, ValueError, IndexError):
                text = status.read_text()
                group = os.getpgid(int(status.parent.name))
                if any(group == worker.pid for worker in self.running):
                    most = max(most, int(text.partition("VmHWM:")[2].split()[0]))
        return most / 1000

    def stop(self) -> None:
        """End all of them."""
        while self.running:
            self.kill_one()


def options(season, today: date) -> dict:
    """What is answered on the page of columns."""
    consent = {"purposes": ["case_management"], "mode": "written", "language": "es", "witness": ""}
    consent |= {"given_on": today.isoformat(), "expires_on": (today + timedelta(days=700)).isoformat()}
    return {
        "date_style": "dmy", "short_years": False, "m_is_woman": "", "nationality": "GTM", "season": season.pk,
        "on": today.isoformat(), "owner": None, "consent": consent,
    }  # fmt: skip


def run_import(
    path: str, *, by, office, season, workers: Workers, kills: Sequence[int] = (), note: Callable = print
) -> dict:
    """Import the file with real workers; returns seconds, memory and counts.

    A worker is killed after so many rows are checked (the first of `kills`) and carried out (the second).
    """
    from django.utils import timezone

    from programmes.base.batches import actions, imports, kinds, runner
    from programmes.base.batches.sheets import reading
    from programmes.models import Batch

    kind = kinds.KINDS["people_import"]
    start, memory, killed = time.monotonic(), 0.0, 0
    with open(path, "rb") as file:
        shape = reading.shape_of(file, os.path.getsize(path))
        params = imports.first_guess(kind, shape, office)  # type: ignore[arg-type]
        file.seek(0)
        stored = imports.private_storage().save(imports.RandomName("batches")(None, ""), file)  # type: ignore[arg-type]
    batch = actions.open_batch(
        kind.code, by=by, office=office, params=params, file=stored, file_name=Path(path).name,
        file_size=os.path.getsize(path),
    )  # fmt: skip
    actions.check(batch, by=by, params={"options": options(season, timezone.localdate())})
    staged = 0.0
    while True:
        time.sleep(0.2)
        batch = Batch.objects.get(pk=batch.pk)
        memory = max(memory, workers.memory_mb())
        done = batch.total - batch.count("received") if not staged else sum(batch.outcomes.values())
        if killed < len(kills) and done > kills[killed] and (killed == 0 or staged):
            workers.kill_one()
            workers.start()
            killed += 1
        if batch.status == "staged":
            staged = time.monotonic() - start
            note(f"staged after {staged:.1f} s: {batch.counts}")
            # What may be known is decided by one click for all: the work of the others is what is measured.
            doubtful = batch.rows.filter(state="doubtful").values_list("number", flat=True)
            actions.decide(batch, by=by, choices=dict.fromkeys(doubtful, "new"))
            batch = actions.start(batch, by=by)
            if batch.status == "waiting":
                # Somebody else has looked at it; the time that takes is nobody's to measure.
                Batch.objects.filter(pk=batch.pk).update(status="staged")
                raise SystemExit("Set BATCH_CONFIRM_ABOVE above the number of rows to measure.")
        if batch.status in {"done", "failed"}:
            break
        runner.sweep()
    seconds = time.monotonic() - start
    note(f"{batch.status} after {seconds:.1f} s: {batch.counts} {batch.outcomes}, {memory:.0f} MB")
    return {
        "seconds": seconds, "staged": staged, "memory_mb": memory, "counts": batch.counts, "outcomes": batch.outcomes,
        "total": batch.total, "kills": killed, "status": batch.status, "problem": batch.problem, "batch": batch.pk,
    }  # fmt: skip


# What a record says, without the keys, times and numbers that another run gives anew.
_SAYS = """COALESCE((SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb({0}))
    WHERE key !~ '^(id|public_id|number|status_since)$|_(id|at)$'), '{{}}')"""
_EACH = "(SELECT jsonb_agg({says} ORDER BY {says}::text) FROM {table} x WHERE x.{column} = {owner}.id)"
_DIARY = """(SELECT jsonb_agg(d.what || d.to_status || (d.data - 'batch')::text ORDER BY d.what, d.to_status)
    FROM programmes_caseevent d WHERE d.person_id = p.id)"""
_RESULT = """
SELECT r.number, jsonb_build_array(
    r.state, r.outcome, r.raw, r.values, r.problems, split_part(r.decision, ':', 1),
    (SELECT jsonb_agg(one - 'person') FROM jsonb_array_elements(r.found) one),
    {person}, {consents}, {papers}, {cases}, {steps}, {diary}
)::text
FROM programmes_batchrow r LEFT JOIN programmes_person p ON p.id = r.subject_id AND r.subject = 'person'
LEFT JOIN programmes_enrolment e ON e.id = (r.before ->> 'case')::bigint
WHERE r.batch_id = %s ORDER BY r.number
"""


def result_of(pk: int) -> dict[int, str]:
    """What became of each row, to the last column of person, consent, document, case, steps and diary.

    Left out is what no two runs have in common: keys, times, and which of the new case numbers a case has.
    """
    from django.db import connection

    def each(table: str, column: str, owner: str = "p") -> str:
        return _EACH.format(says=_SAYS.format("x"), table=f"programmes_{table}", column=column, owner=owner)

    asked = _RESULT.format(
        person=_SAYS.format("p"), consents=each("consent", "person_id"), papers=each("identity", "person_id"),
        cases=_SAYS.format("e"), steps=each("step", "enrolment_id", "e"), diary=_DIARY,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(asked, [pk])
        return dict(cursor.fetchall())


def fingerprint(pk: int) -> str:
    """A short word that is the same for the same result."""
    digest = hashlib.sha256()
    for number, said in result_of(pk).items():
        digest.update(f"{number}:{said}\n".encode())
    return digest.hexdigest()[:16]


def take_back(pk: int, by, note: Callable = print) -> float:
    """Undo the import, so that the next one finds the database as this one did; returns the seconds."""
    from programmes.base.batches import actions
    from programmes.models import Batch

    start = time.monotonic()
    actions.undo(Batch.objects.get(pk=pk), by=by)
    while (batch := Batch.objects.get(pk=pk)).status == "undoing":
        time.sleep(0.2)
    note(f"{batch.status} after {time.monotonic() - start:.1f} s: {batch.counts}")
    return time.monotonic() - start


# --- The yardstick ----------------------------------------------------------------------------------------------------
_STAGE = """
CREATE TEMPORARY TABLE staging (
    number int, given text, first text, second text, sex text, born text, nationality text, cui text, phone text,
    department text, municipality text, community text, languages text, education text, experience text, dependants text
) ON COMMIT DROP
"""


def reference(office, season, by, rows: int = ROWS, bad: float = BAD) -> float:
    """Seconds that COPY and INSERT … SELECT by hand take for people, consents and cases; taken back afterwards."""
    import uuid

    from django.db import connection, models, transaction

    from programmes.base.audit.context import many_rows
    from programmes.models import Consent, Enrolment, Person

    out = io.StringIO()
    for number, row in enumerate(table(rows, bad)[1:]):
        csv.writer(out).writerow([number, *row])

    def insert(model: type[models.Model], given: dict[str, str], source: str) -> str:
        """An INSERT … SELECT that fills every column with its default but those given."""
        names, values = [], []
        for field in model._meta.local_concrete_fields:
            if field.primary_key or isinstance(field, models.GeneratedField):
                continue
            names.append(field.column)
            values.append(given.get(field.attname) or _default(field))
        quoted = ", ".join(f'"{name}"' for name in names)
        return f"INSERT INTO {model._meta.db_table} ({quoted}) SELECT {', '.join(values)} FROM {source}"  # noqa: S608 -- our own names

    def _default(field: models.Field) -> str:
        if field.name == "public_id":
            return "gen_random_uuid()"
        if isinstance(field, models.DateTimeField):
            return "NULL" if field.null else "now()"
        value = field.get_default()
        if value is None and field.null:
            return "NULL"
        if isinstance(value, list):
            return "'{}'"
        if isinstance(value, dict):
            return "'{}'::jsonb"
        return repr(str(value or "")) if not isinstance(value, bool | int) else str(value).lower()

    good = "staging WHERE given <> '' AND sex IN ('mujer', 'hombre') AND length(phone) > 6 AND born !~ '^31/02'"
    start = time.monotonic()
    with suppress(_Enough), many_rows(reference=str(uuid.uuid4())), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_STAGE)
            with cursor.copy("COPY staging FROM STDIN (FORMAT csv)") as copy:
                copy.write(out.getvalue())
            person = {
                "given_names": "given", "first_surname": "first", "second_surname": "second",
                "sex": "CASE sex WHEN 'mujer' THEN 'female' ELSE 'male' END",
                "birth_date": "to_date(born, 'DD/MM/YYYY')", "nationality": "'GTM'", "national_id": "cui",
                "phone": "phone", "municipality": "municipality",
                "community": "community", "office_id": str(office.pk), "created_by_id": str(by.pk),
            }  # fmt: skip
            cursor.execute(insert(Person, person, good))
            consent = {
                "person_id": "id", "purposes": "'{case_management}'", "mode": "'written'", "language": "'es'",
                "notice": "'2026-1'", "given_on": "current_date", "created_by_id": str(by.pk),
            }  # fmt: skip
            new = f"programmes_person WHERE office_id = {office.pk} AND created_at >= now()"
            cursor.execute(insert(Consent, consent, new))
            case = {
                "person_id": "id", "programme_id": str(season.programme_id), "season_id": str(season.pk),
                "office_id": str(office.pk), "number": "'REF-' || id", "registered_on": "current_date",
                "status": "'registered'", "created_by_id": str(by.pk), "next_step": "'screening'",
                "next_due_on": "current_date + 7",
            }  # fmt: skip
            cursor.execute(insert(Enrolment, case, new))
        seconds = time.monotonic() - start
        raise _Enough
    return seconds


class _Enough(Exception):
    """Everything was done and measured; nothing of it shall stay."""


def prepared() -> tuple:
    """Somebody who may import, an office and a season of its programme: of the demo data, or made now."""
    from django.utils import timezone

    from accounts.models import Membership, Office, User
    from programmes.models import Programme, Season

    office = Office.objects.filter(programmes__isnull=False, active=True).order_by("pk").first()
    season = Season.objects.filter(programme__offices=office, active=True, programme__active=True).last()
    if office is None:
        office = Office.objects.create(code="GT-IMP", name="Import", country="GTM", time_zone="UTC", kind="office")
        programme = Programme.objects.create(
            code="import", names={"es": "I", "en": "I"}, origin="GTM", destination="CAN"
        )
        programme.offices.set([office])
        today = timezone.localdate()
        season = Season.objects.create(
            programme=programme, code="s1", starts_on=today, ends_on=today + timedelta(days=400)
        )
    by, _new = User.objects.get_or_create(email="import-bench@example.org", defaults={"full_name": "Import Bench"})
    Membership.objects.get_or_create(user=by, office=office, role="data", valid_from=date(2020, 1, 1))
    return by, office, season


def measure(
    rows: int = ROWS, kills: Sequence[int] = (), note: Callable = print, *, again: bool = False, undo: bool = True
) -> dict:
    """The entry `import_50k` of `make bench`: seconds, memory and counts, and the yardstick's seconds.

    With `again` the same rows come a second time, and `again` in the result says what became of them. Needs a prepared
    Django, a database that it may fill, and a Redis whose queue is its own.
    """
    from django.conf import settings

    by, office, season = prepared()
    environment = {
        **os.environ, "DATABASE_URL": settings.DATABASE_URL, "DATABASE_OWNER_URL": settings.DATABASE_OWNER_URL,
        "REDIS_URL": settings.REDIS_URL, "BATCH_CONFIRM_ABOVE": "1000000", "BATCH_SWEEP_AFTER_SECONDS": "3",
    }  # fmt: skip
    settings.BATCH_CONFIRM_ABOVE, settings.BATCH_SWEEP_AFTER_SECONDS = 1_000_000, 3
    by_hand = reference(office, season, by, rows)
    note(f"by hand {by_hand:.1f} s")
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/people.xlsx"
        make_file(path, rows)
        workers = Workers(environment)
        workers.start()
        try:
            time.sleep(8)  # the time a worker takes to start belongs to nobody's import
            found = run_import(path, by=by, office=office, season=season, workers=workers, kills=kills, note=note)
            if again:
                found["fingerprint"] = fingerprint(found["batch"])
                known = run_import(path, by=by, office=office, season=season, workers=workers, note=note)
                found["again"] = {name: known[name] for name in ("seconds", "counts", "outcomes", "total")}
            if undo:
                found["undo_seconds"] = take_back(found["batch"], by, note)
        finally:
            workers.stop()
    return {**found, "reference_seconds": by_hand}


def repeat() -> None:
    """The same file into two fresh databases, with workers killed at other places, and into each a second time."""
    from iomcase import embedded

    for place, kills in enumerate(("15000,15000", "31000,38000")):
        folder = ROOT / "var" / f"bench-import-{place}"
        if folder.exists():
            embedded.reset(folder)
        environment = os.environ | {
            "IOMCASE_VAR": str(folder), "IOMCASE_MODE": "demo", "KILLS": kills, "AGAIN": "1", "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        for words in (("manage.py", "migrate", "--verbosity", "0"), ("manage.py", "load_rulebook"), (__file__,)):
            subprocess.run([sys.executable, *words], check=True, cwd=ROOT, env=environment)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if sys.argv[1:] == ["repeat"]:
        sys.exit(repeat())
    os.environ |= {"DJANGO_SETTINGS_MODULE": "iomcase.settings", "IOMCASE_DATABASE_ROLE": "owner", "LOG_LEVEL": "ERROR"}
    import django

    django.setup()
    places = [int(after) for after in (os.environ.get("KILLS") or "").split(",") if after]
    often = bool(os.environ.get("AGAIN"))
    print(measure(int(os.environ.get("ROWS") or ROWS), places, again=often, undo=not often))
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"own memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000} MB")
