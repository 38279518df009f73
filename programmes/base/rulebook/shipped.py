"""The code lists and programmes that come with iomcase: JSON files beside this module, read into rows.

Rows that exist are never touched, so what administrators and data officers have edited stays as they left it: a code
is added when its list lacks it, a programme with all that belongs to it when no programme has its code. Most of the
programmes come as an example: they take no cases until an administrator chooses their offices and sets them to work.
"""

import json
from datetime import date, timedelta
from pathlib import Path

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.utils import timezone

from accounts.models import Office
from programmes.base.rulebook import codes
from programmes.base.rulebook.models import Code, Deadline, Programme, Requirement, RuleValue, Season

DATA = Path(__file__).parent / "data"
# Seasons are shipped relative to the day they are read: two past ones, this year's and the next.
SEASON_YEARS = range(-2, 2)


def code_lists() -> list[Code]:
    """Every shipped code, unsaved, in the order of the files."""
    return [
        Code(
            list=name,
            code=code,
            labels={"es": spanish, "en": english},
            order=10 * (place + 1),
            standard=words["standard"],
            source=words["source"],
        )
        for path in sorted(DATA.glob("codes_*.json"))
        for name, words in json.loads(path.read_text(encoding="utf-8")).items()
        for place, (code, spanish, english) in enumerate(words["codes"])
    ]


def programmes() -> list[dict]:
    """The shipped programmes as written in their files."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("programme_*.json"))]


@transaction.atomic
def load(*, today: date | None = None) -> dict[str, int]:
    """Add what is missing; running it again changes nothing.

    `today` decides which years' seasons are made (default: the current day). A new programme gets those of its
    offices that exist already; an administrator chooses the others. Returns how many codes and programmes are new.
    """
    known = set(Code.objects.values_list("list", "code"))
    new_codes = [row for row in code_lists() if (row.list, row.code) not in known]
    Code.objects.bulk_create(new_codes, ignore_conflicts=True)
    codes.forget()
    taken = set(Programme.objects.values_list("code", flat=True))
    new = [facts for facts in programmes() if facts["code"] not in taken]
    for facts in new:
        _add(facts, today or timezone.localdate())
    return {"codes": len(new_codes), "programmes": len(new)}


def _add(facts: dict, today: date) -> None:
    programme = Programme.objects.create(
        code=facts["code"],
        names=facts["names"],
        origin=facts["origin"],
        destination=facts["destination"],
        destination_office=Office.objects.filter(code=facts["destination_office"]).first(),
        authorisation_kind=facts["authorisation_kind"],
        currency=facts["currency"],
        active=facts.get("active", True),
        source=facts["source"],
    )
    for mission in Office.objects.filter(code__in=facts["offices"]):
        programme.offices.add(*Office.objects.within(mission).exclude(kind=Office.Kind.PARTNER))
    Season.objects.bulk_create(_season(programme, facts["seasons"], today.year + n) for n in SEASON_YEARS)
    RuleValue.objects.bulk_create(RuleValue(programme=programme, **row) for row in facts["rules"])
    Deadline.objects.bulk_create(Deadline(programme=programme, **row) for row in facts["deadlines"])
    Requirement.objects.bulk_create(
        Requirement(
            programme=programme,
            labels={"es": row["es"], "en": row["en"]},
            order=10 * (place + 1),
            **{name: value for name, value in row.items() if name not in {"es", "en"}},
        )
        for place, row in enumerate(facts["requirements"])
    )


def _season(programme: Programme, when: dict, year: int) -> Season:
    starts = date.fromisoformat(f"{year}-{when['starts']}")
    ends = starts + relativedelta(months=when["months"]) - timedelta(days=1)
    return Season(programme=programme, code=str(year), starts_on=starts, ends_on=ends)
