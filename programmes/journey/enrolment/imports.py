"""The import of people, with a case for each in a season: what a row does, and how that is taken back."""

from collections.abc import Iterable, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pgtrigger
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.roles import Permission
from programmes.base.batches import kinds
from programmes.base.batches.imports import ImportKind
from programmes.base.batches.models import Batch, BatchRow
from programmes.base.batches.problems import SAID, problem
from programmes.base.batches.states import Outcome, RowState
from programmes.base.common import wording
from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import CaseEvent
from programmes.base.rulebook.models import Season
from programmes.journey.enrolment import actions, rules
from programmes.journey.enrolment.import_forms import PeopleColumnsForm
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.people import actions as people
from programmes.journey.people import words
from programmes.journey.people.duplicates.models import LEVEL_TONES, STRONG, Level
from programmes.journey.people.duplicates.scoring import WORDS
from programmes.journey.people.imports import COLUMNS, REQUIRED, facts_of, kept, keys_of, reader_for
from programmes.journey.people.matching import MOST_SHOWN, Known
from programmes.journey.people.models import Consent, Person
from programmes.journey.people.template import names_of_aids, sheets_of_template

NEW, SAME = "new", "same:"

# The same person again in the file: the first row counts. Two numbers under one name and day are two people.
_REPEATED = """
WITH keyed AS (
    SELECT id, number, values ->> 'key' AS key, COALESCE(values ->> 'paper', '') AS paper,
        COALESCE(values -> 'facts' ->> 'nationality', '') AS country
    FROM programmes_batchrow WHERE batch_id = %s AND state IN ('staged', 'doubtful')
), compared AS (
    SELECT id, number, LEAST(
        CASE WHEN paper = '' THEN min(number) OVER same_name END,
        min(number) FILTER (WHERE paper = '') OVER same_name,
        CASE WHEN paper <> '' THEN min(number) OVER same_paper END,
        min(number) OVER same_both
    ) AS first
    FROM keyed
    WINDOW same_name AS (PARTITION BY key), same_both AS (PARTITION BY key, paper),
        same_paper AS (PARTITION BY country, paper)
)
UPDATE programmes_batchrow r SET state = 'skipped',
    problems = r.problems || jsonb_build_array(
        jsonb_build_object('code', 'same_as_row', 'facts', jsonb_build_object('row', compared.first))
    )
FROM compared WHERE compared.id = r.id AND compared.first < compared.number
"""


# A row of an earlier import of this office that said the very same is about the same person, whatever was corrected
# since: a sheet that comes again with a row more asks nothing twice.
_TAKEN_BEFORE = """
UPDATE programmes_batchrow r SET state = 'staged', decision = 'same:' || earlier.person, found = '[]',
    problems = jsonb_path_query_array(r.problems, '$[*] ? (@.code != "may_be_known")')
FROM (
    SELECT DISTINCT ON (now.id) now.id, COALESCE(p.merged_into_id, p.id) AS person
    FROM programmes_batchrow now
    JOIN programmes_batchrow was ON was.values = now.values
    JOIN programmes_batch b ON b.id = was.batch_id
    JOIN programmes_person p ON p.id = was.subject_id
    WHERE now.batch_id = %(batch)s AND now.state IN ('staged', 'doubtful') AND now.decision IN ('', 'new')
        AND b.kind = %(kind)s AND b.office_id = %(office)s AND b.id <> %(batch)s
        AND was.state = 'done' AND was.subject = 'person'
    ORDER BY now.id, was.id DESC
) earlier
WHERE earlier.id = r.id
"""


class PeopleImport(ImportKind):
    """People of a sheet, with the consent of its source, and a case in a season where one was chosen."""

    code = "people_import"
    title = gettext_lazy("Import of people")
    icon = "upload"
    permission = Permission.PERSON_IMPORT
    overseen_with = Permission.PERSON_IMPORT
    columns = COLUMNS
    required: ClassVar[Sequence[str | tuple[str, ...]]] = REQUIRED
    doubt = "may_be_known"
    form = PeopleColumnsForm

    def guess(self, header: str) -> str:
        """By the words of four languages."""
        return words.column_for(header)

    def template(self) -> Iterable[tuple[str, Sequence[Any], Iterable[Sequence[Any]]]]:
        """The workbook to fill in."""
        return sheets_of_template()

    def is_aside(self, sheet: str) -> bool:
        """The sheets of the template behind the one that is filled in."""
        return sheet in names_of_aids()

    def about(self, batch: Batch) -> list[dict]:
        """The season, and what the file held beside what was read."""
        params, shown = batch.params, []
        if season := season_of(batch):
            shown.append({"label": _("Programme and season"), "value": str(season)})
        if params.get("sheet"):
            shown.append({"label": _("Sheet"), "value": params["sheet"]})
        others = [name for name in params.get("sheets", ()) if name not in {params["sheet"], *params["hidden"]}]
        if others:
            shown.append({"label": _("Other sheets, not read"), "value": ", ".join(others)})
        if params.get("hidden"):
            shown.append({"label": _("Hidden sheets, not read"), "value": ", ".join(params["hidden"])})
        unread = [name for name, code in zip(params["header"], params["mapping"], strict=True) if name and not code]
        if unread:
            shown.append({"label": _("Columns not read"), "value": ", ".join(unread)})
        return shown

    def present(self, rows: Sequence[BatchRow], user) -> Iterable[dict]:
        """The name as the row has it; a link to the record where the reader may see it."""
        keys = [row.subject_id for row in rows if row.subject == "person" and row.subject_id]
        seen = {p.pk: p for p in Person.objects.visible_to(user).filter(pk__in=keys)} if keys else {}
        for row in rows:
            facts = row.values.get("facts", {})
            name = " ".join(facts.get(part, "") for part in ("given_names", "first_surname", "second_surname")).strip()
            person = seen.get(row.subject_id) if row.subject_id else None
            yield {
                "name": person.full_name if person else name,
                "href": person.get_absolute_url() if person else "",
                "cells": _born(facts),
            }

    def doubts(self, rows: Sequence[BatchRow], user) -> Iterable[dict]:
        """Each row beside the people it may be, with what speaks for and against."""
        keys = {one["person"] for row in rows for one in row.found}
        seen = {p.pk: p for p in Person.objects.visible_to(user).filter(pk__in=keys).select_related("office")}
        for row in rows:
            facts = row.values.get("facts", {})
            yield {
                "row": row,
                "name": " ".join(facts.get(part, "") for part in ("given_names", "first_surname", "second_surname")),
                "facts": [*_born(facts), *(facts[name] for name in ("national_id", "municipality") if facts.get(name))],
                "candidates": [
                    {
                        "value": f"{SAME}{seen[one['person']].public_id}",
                        "person": seen[one["person"]],
                        "level": _level(one).label,
                        "tone": LEVEL_TONES[_level(one)],
                        "reasons": [{"sign": sign, "text": str(WORDS[code])} for code, sign in one["reasons"]],
                    }
                    for one in row.found
                    if one["person"] in seen
                ],
            }

    def decision(self, row: BatchRow, choice: str, user) -> str:
        """Somebody new, the best of the people found, one of them, or left out."""
        if choice in {NEW, "skip"}:
            return choice
        if choice == "similar":
            # Somebody new where nobody found is more than possible.
            return NEW if not any(_level(one) in STRONG for one in row.found) else ""
        keys = [one["person"] for one in row.found]
        seen = {str(p.public_id): p.pk for p in Person.objects.visible_to(user).filter(pk__in=keys)}
        if choice == "best":
            best = next((key for key in keys if key in seen.values()), None)
            return f"{SAME}{best}" if best else ""
        key = seen.get(choice.removeprefix(SAME))
        return f"{SAME}{key}" if key else ""

    # --- Checking ---------------------------------------------------------------------------------------------------
    def check(self, batch: Batch, rows: Sequence[BatchRow], by) -> None:
        """Judge each row by the form of a person and the rules of the season; find out who is known."""
        season = season_of(batch)
        reader = reader_for(by, batch.params["options"], [code for code in batch.params["mapping"] if code])
        minimum = cast(int, season.programme.rules(season.ends_on)["minimum_age"]) if season else 0
        good: list[tuple[BatchRow, dict]] = []
        for row in rows:
            wrong_shape = self.shape_problem(batch, row)
            if wrong_shape:
                row.refuse(wrong_shape)
                continue
            facts, problems = reader.person(self.raw_by_column(batch, row))
            row.problems, row.values = problems, {"facts": kept(facts)}
            if not any(not one.get("warning") for one in problems) and season:
                row.problems += _age_problem(facts, season, minimum)
            if any(not one.get("warning") for one in row.problems):
                row.state = RowState.REFUSED
                continue
            row.values |= keys_of(facts)
            good.append((row, facts))
        self._compare(good, by)

    @staticmethod
    def _compare(good: list[tuple[BatchRow, dict]], by) -> None:
        known = Known([facts for _row, facts in good], by)
        for place, (row, _facts) in enumerate(good):
            if known.is_held_elsewhere(place):
                row.refuse(problem("number_elsewhere", column="national_id"))
                continue
            found, holder = known.compared(place), known.holder(place)
            level = next((c.level for key, c in found if key == holder), "")
            if holder is not None and level == "certain":
                row.state, row.decision = RowState.STAGED, f"{SAME}{holder}"
            elif found:
                row.state = RowState.DOUBTFUL
                row.problems = [*row.problems, problem("may_be_known", warning=True)]
                row.found = [
                    {
                        "person": key,
                        "score": c.score,
                        "level": c.level,
                        "reasons": [r.as_data() for r in c.reasons],
                    }
                    for key, c in found[:MOST_SHOWN]
                ]
            else:
                row.state, row.decision = RowState.STAGED, NEW

    def after_checking(self, batch: Batch, by) -> None:
        """What was taken in before is known again; the same person twice in the file counts once."""
        with connection.cursor() as cursor:
            cursor.execute(_TAKEN_BEFORE, {"batch": batch.pk, "kind": batch.kind, "office": batch.office_id})
            cursor.execute(_REPEATED, [batch.pk])

    # --- Carrying out -----------------------------------------------------------------------------------------------
    def apply(self, batch: Batch, rows: Sequence[BatchRow], by) -> None:
        """Register the new, find the known, open the cases: each row whole or not at all."""
        told, consent = {"batch": batch.pk}, consent_of(batch)
        new = [row for row in rows if row.decision == NEW]
        made = people.register_many(
            [facts_of(row.values["facts"]) for row in new], by=by, office=batch.office, consent=consent, told=told
        )
        persons: dict[int, Person] = {}
        for row, registered in zip(new, made, strict=True):
            if isinstance(registered, RuleBroken):
                row.fail(_said(registered))
            else:
                persons[row.number] = registered
        created = set(persons)
        persons |= self._known(rows, by)
        consents = _consents_missing(
            [person for number, person in persons.items() if number not in created], consent, by, told
        )
        season = season_of(batch)
        cases = _open_cases(batch, season, persons, created, by, told) if season else {}
        for row in rows:
            person = persons.get(row.number)
            if person is None:
                continue
            case = cases.get(row.number)
            before = {"new": row.number in created, "case": case.pk if case else None, "case_version": 1}
            before["consent"] = consents.get(person.pk)
            row.done(Outcome.CREATED if row.number in created else Outcome.MATCHED, subject=person, before=before)

    @staticmethod
    def _known(rows: Sequence[BatchRow], by) -> dict[int, Person]:
        """The people that rows were matched with, as far as they may still be seen."""
        keys = {row.number: int(row.decision.removeprefix(SAME)) for row in rows if row.decision.startswith(SAME)}
        seen = {p.pk: p for p in Person.objects.visible_to(by).filter(pk__in=keys.values(), merged_into__isnull=True)}
        for row in rows:
            if row.number in keys and keys[row.number] not in seen:
                row.fail(problem("unseen"))
        return {number: seen[key] for number, key in keys.items() if key in seen}

    # --- Taking back --------------------------------------------------------------------------------------------------
    def undo(self, batch: Batch, rows: Sequence[BatchRow], by) -> None:
        """Remove the cases, consents and people of these rows, unless somebody has worked on them since.

        The diary of what is removed goes with it: it tells of records that should never have been there. The row
        history keeps everything, and so does the batch.
        """
        ready = _unchanged(rows)
        touched = _worked_on(batch, ready)
        cases, consents, gone = [], [], []
        for row in ready:
            if row.number in touched:
                row.stick(problem("worked_on"))
                continue
            before = row.before or {}
            cases += [before["case"]] if before.get("case") else []
            consents += [before["consent"]] if before.get("consent") else []
            gone += [row.subject_id] if before.get("new") else []
            row.undone()
        # A diary is written once; here it goes with a record that is taken back as a whole.
        with pgtrigger.ignore("programmes.CaseEvent:written_once"):
            Enrolment.objects.filter(pk__in=cases).delete()
            CaseEvent.objects.filter(subject="consent", subject_id__in=consents).delete()
            Consent.objects.filter(pk__in=consents).delete()
            Person.objects.filter(pk__in=gone).delete()


def _level(found: dict) -> Level:
    """How sure a likeness is. Rows that were checked before this was kept hold none: all of theirs were probable."""
    return Level(found.get("level", Level.PROBABLE))


def _born(facts: dict[str, Any]) -> list[str]:
    """The date of birth of a kept row as people read it; only the year where no more is known."""
    if not facts.get("birth_date"):
        return []
    born = date.fromisoformat(facts["birth_date"])
    return [str(born.year) if facts.get("birth_precision") == "year" else wording.short_day(born)]


def season_of(batch: Batch) -> Season | None:
    """The season in which cases are opened, if any."""
    key = batch.params.get("options", {}).get("season")
    return Season.objects.select_related("programme").filter(pk=key).first() if key else None


def consent_of(batch: Batch) -> dict[str, Any]:
    """The consent that the source of the file stands for, as the deed takes it."""
    given = dict(batch.params["options"]["consent"])
    for name in ("given_on", "expires_on"):
        given[name] = date.fromisoformat(given[name]) if given.get(name) else None
    return given


def _said(refusal: RuleBroken) -> dict:
    return problem(SAID, column=refusal.field or "", text=refusal.message)


def _age_problem(facts: dict, season: Season, minimum: int) -> list[dict]:
    age = Person.age_on(SimpleNamespace(birth_date=facts["birth_date"]), season.ends_on)  # type: ignore[arg-type]
    said = rules.age_problem(age, minimum)
    return [problem("too_young", column="birth_date", age=age, minimum=minimum)] if said else []


def _consents_missing(known: Sequence[Person], consent: dict, by, told: dict) -> dict[int, int]:
    """Record the consent of known people who have none in force; the consents by person."""
    agreed = set(
        Consent.objects.in_force(consent["given_on"]).filter(person__in=known).values_list("person", flat=True)
    )
    without = [person for person in {p.pk: p for p in known}.values() if person.pk not in agreed]
    given = people.give_consent_many(without, by=by, told=told, **consent)
    return {one.person_id: one.pk for one in given}


def _open_cases(batch: Batch, season: Season, persons: dict[int, Person], created: set[int], by, told: dict) -> dict:
    """A case for each; somebody known who has one in this season keeps it. Raises for a new person without a case."""
    options = batch.params["options"]
    owner = User.objects.filter(pk=options["owner"], is_active=True).first() if options.get("owner") else None
    numbers = list(persons)
    made = actions.register_many(
        [persons[number] for number in numbers], by=by, programme=season.programme, season=season, office=batch.office,
        owner=owner, on=date.fromisoformat(options["on"]), told=told,
    )  # fmt: skip
    cases = {}
    for number, case in zip(numbers, made, strict=True):
        if isinstance(case, Enrolment):
            cases[number] = case
        elif number in created or case.code != "case_one_per_person_and_season":
            raise case
    return cases


def _unchanged(rows: Sequence[BatchRow]) -> list[BatchRow]:
    """Rows whose person is as the batch left it; the others stay, with the reason."""
    held = dict(Person.objects.filter(pk__in=[row.subject_id for row in rows]).values_list("pk", "version"))
    found = []
    for row in rows:
        version = held.get(row.subject_id or 0)
        if version is None or ((row.before or {}).get("new") and version != row.after):
            row.stick(problem("changed_since"))
        else:
            found.append(row)
    return found


def _worked_on(batch: Batch, rows: Sequence[BatchRow]) -> set[int]:
    """Rows whose case or new person has a diary line that this batch did not write, or whose case has moved."""
    case_of = {row.before["case"]: row.number for row in rows if row.before and row.before.get("case")}
    new = {row.subject_id: row.number for row in rows if row.before and row.before.get("new")}
    moved = Enrolment.objects.filter(pk__in=case_of).exclude(version=1)
    touched = {case_of[key] for key in moved.values_list("pk", flat=True)}
    others = CaseEvent.objects.exclude(data__batch=batch.pk)
    for key in others.filter(enrolment__in=case_of).values_list("enrolment", flat=True):
        touched.add(case_of[key])
    for key in others.filter(person__in=new).values_list("person", flat=True):
        touched.add(new[key])
    return touched


kinds.register(PeopleImport())
