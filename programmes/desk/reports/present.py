"""How kept figures are shown to a reader: words in the reader's language, small counts hidden where they must be.

Figures are plain data (indicators.py); nothing is counted here. A page, its print and its spreadsheet are made from
the same rows, so that they cannot differ.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from programmes.base.common import wording
from programmes.desk.reports import rules
from programmes.desk.reports.indicators import COLUMNS, DEFINITIONS, SEXES, Definition
from programmes.journey.enrolment.states import TONES, Status


@dataclass(frozen=True)
class Shown:
    """One count as this reader sees it: `value` is None when it is hidden, `text` is what stands there instead."""

    text: str
    value: int | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Reader:
    """Somebody reading figures. Who may read cases sees every count; others no small one, nor one that tells it."""

    sees_all: bool

    def one(self, count: int) -> Shown:
        """A count that is part of nothing."""
        return self._hidden(count) if not self.sees_all and rules.is_small(count) else self._open(count)

    def parts(self, counts: Mapping[str, int]) -> dict[str, Shown]:
        """The parts of a total that is shown beside them."""
        hidden = set() if self.sees_all else rules.hidden_parts(counts)
        return {name: self._hidden(count) if name in hidden else self._open(count) for name, count in counts.items()}

    def share(self, part: int, whole: int) -> str:
        """A share; hidden when its part, or what is left of the whole, could point at persons."""
        if not whole:
            return "–"
        if not self.sees_all and (rules.is_small(part) or rules.is_small(whole - part)):
            return self._hidden(min(part, abs(whole - part))).text
        return wording.share(part / whole)

    @staticmethod
    def _open(count: int) -> Shown:
        return Shown(wording.number(count), count)

    @staticmethod
    def _hidden(count: int) -> Shown:
        if rules.is_small(count):
            return Shown(f"< {rules.SMALLEST_SHOWN}")
        return Shown(_("withheld"))


def page(figures: dict, reader: Reader) -> dict:
    """Everything the report's page shows, in its order."""
    return {
        "headlines": [_headline(row, reader) for row in figures["headlines"]],
        "rates": [_rate(row, reader) for row in figures["rates"]],
        "boarding": _boarding(figures.get("boarding"), reader),
        "stages": _stages(figures["stages"], reader),
        "open": reader.one(figures["open"]),
        "sexes": [_by_sex(row, reader) for row in figures["sexes"]],
        "offices": _offices(figures, reader),
        "totals": [
            {"label": DEFINITIONS[name].label, "shown": reader.one(figures["totals"][name])} for name in COLUMNS
        ],
        "columns": [{"name": name, "label": DEFINITIONS[name].label} for name in COLUMNS],
        "definitions": list(DEFINITIONS.values()),
    }


def _headline(row: dict, reader: Reader) -> dict:
    definition: Definition = DEFINITIONS[row["what"]]
    return {
        "label": definition.label,
        "value": reader.one(row["cases"]),
        # The persons behind the participations; the same number twice would only confuse.
        "persons": reader.one(row["persons"]) if row["persons"] != row["cases"] else None,
        "before": reader.one(row["before"]),
    }


def _rate(row: dict, reader: Reader) -> dict:
    part, whole = row["numerator"], row["denominator"]
    part_before, whole_before = row["before"]
    parts = reader.parts({"part": part, "rest": max(whole - part, 0)}) if part <= whole else {"part": reader.one(part)}
    return {
        "label": DEFINITIONS[row["what"]].label,
        "numerator": parts["part"],
        "denominator": reader.one(whole),
        "share": reader.share(part, whole) if parts["part"].value is not None else parts["part"].text,
        "before": reader.share(part_before, whole_before),
    }


def _boarding(row: dict | None, reader: Reader) -> dict | None:
    """From request to boarding; None for a report of before it was counted. An average of few tells of each."""
    if row is None:
        return None

    def days(one: dict, name: str = "days") -> str:
        if one[name] is None:
            return "–"
        shown = reader.one(one["workers"])
        return shown.text if shown.value is None else wording.number(Decimal(one[name]))

    before = row["before"]
    rate = {"what": "boarded_in_time", "numerator": row["in_time"], "denominator": row["workers"]}
    return {
        "label": DEFINITIONS["boarding"].label,
        "days": days(row),
        "median": days(row, "median"),
        "nine_of_ten": days(row, "nine_of_ten"),
        "before": days(before),
        "in_time": _rate({**rate, "before": [before["in_time"], before["workers"]]}, reader),
    }


def _stages(stages: list[dict], reader: Reader) -> dict:
    totals = reader.parts({row["status"]: row["cases"] for row in stages})
    most = max((row["cases"] for row in stages), default=0)
    rows = []
    for row in stages:
        total = totals[row["status"]]
        split = reader.parts({sex: row[sex] for sex in SEXES})
        if total.value is None:
            split = {sex: shown if row[sex] == 0 else total for sex, shown in split.items()}
        rows.append(
            {
                "label": Status(row["status"]).label,
                "tone": TONES[row["status"]],
                **split,
                "cases": total,
                "bar": total.value,
                "before": reader.one(row["before"]),
            }
        )
    return {"rows": rows, "most": most, "total": reader.one(sum(row["cases"] for row in stages))}


def _by_sex(row: dict, reader: Reader) -> dict:
    split = reader.parts({sex: row[sex] for sex in SEXES})
    women = reader.share(row["female"], row["cases"]) if split["female"].value is not None else split["female"].text
    return {"label": DEFINITIONS[row["what"]].label, **split, "cases": reader.one(row["cases"]), "women": women}


def _offices(figures: dict, reader: Reader) -> list[dict]:
    """Offices where anything was counted. Each column is a total with its parts, so each is hidden by itself."""
    columns = {name: reader.parts({row["office"]: row[name] for row in figures["offices"]}) for name in COLUMNS}
    most = max((row["active"] for row in figures["offices"]), default=0)
    return [
        {
            "name": row["name"],
            "cells": [{"label": DEFINITIONS[name].label, "shown": columns[name][row["office"]]} for name in COLUMNS],
            "bar": columns["active"][row["office"]].value,
            "most": most,
        }
        for row in figures["offices"]
        if any(row[name] for name in COLUMNS)
    ]


def table(run, reader: Reader) -> Iterator[list]:
    """The same figures as lines of a spreadsheet: table, row, measure, value. Shown counts are numbers."""
    shown = page(run.figures, reader)

    def plain(count: Shown):
        return count.text if count.value is None else count.value

    yield [_("Table"), _("Row"), _("Measure"), _("Value")]
    about = _("About")
    yield [about, "", _("Programme"), run.programme.name]
    yield [about, "", _("Period from"), run.period_from.isoformat()]
    yield [about, "", _("Period to"), run.period_to.isoformat()]
    yield [about, "", _("As of"), run.as_of.isoformat(timespec="seconds")]
    yield [about, "", _("Rule version"), run.method]
    for row in shown["headlines"]:
        yield [_("Headline"), row["label"], _("Cases"), plain(row["value"])]
        yield [_("Headline"), row["label"], _("Cases in the month before"), plain(row["before"])]
        if row["persons"] is not None:
            yield [_("Headline"), row["label"], _("Persons"), plain(row["persons"])]
    if boarding := shown["boarding"]:
        part, name = boarding["in_time"], _("From request to boarding")
        yield [name, boarding["label"], _("Days on average"), boarding["days"]]
        yield [name, boarding["label"], _("Median"), boarding["median"]]
        yield [name, boarding["label"], _("Nine of ten within"), boarding["nine_of_ten"]]
        yield [name, boarding["label"], _("Workers"), plain(part["denominator"])]
        yield [name, part["label"], _("Numerator"), plain(part["numerator"])]
        yield [name, part["label"], _("Share"), part["share"]]
    for row in shown["stages"]["rows"]:
        for measure, name in ((_("Women"), "female"), (_("Men"), "male"), (_("Other"), "other"), (_("Cases"), "cases")):
            yield [_("Cases by state"), row["label"], measure, plain(row[name])]
    for office in shown["offices"]:
        for cell in office["cells"]:
            yield [_("By office"), office["name"], cell["label"], plain(cell["shown"])]
    for row in shown["sexes"]:
        for measure, name in ((_("Women"), "female"), (_("Men"), "male"), (_("Other"), "other")):
            yield [_("By sex"), row["label"], measure, plain(row[name])]
    for row in shown["rates"]:
        yield [_("Rates"), row["label"], _("Numerator"), plain(row["numerator"])]
        yield [_("Rates"), row["label"], _("Denominator"), plain(row["denominator"])]
