"""The letters of a case on the way to departure: each kind with the closed catalogue of fields it may use.

A field writes its value in the active language. Where a code list has no label in that language, as for French, the
words of `letter_words.json` speak, else the list's own fallback.
"""

import json
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.places import country_name
from programmes.base.common.wording import and_list, locale, long_day, money, number
from programmes.base.papers.kinds import Field, Kind, register
from programmes.base.rulebook.codes import label
from programmes.journey.departure import papers
from programmes.journey.departure.rules import BENEFITS, DEDUCTIONS

WORDS = Path(__file__).parent / "letter_words.json"
EXAMPLE_DAY = date(2027, 4, 12)


@cache
def _words() -> dict:
    return json.loads(WORDS.read_text(encoding="utf-8"))


def _said(group: str, word: str) -> str:
    """A word of a letter in the active language, else in English."""
    texts = _words()[group][word]
    return texts.get(get_language() or "en") or texts["en"]


def _label(name: str, code: str) -> str:
    """A code in the active language: by the words of letters, else by its list."""
    own = _words().get(name, {}).get(get_language() or "en", {})
    return own.get(code) or label(name, code)


class About:
    """A case as its letters read it: each part is read when a field first asks for it."""

    def __init__(self, enrolment):
        self.case, self.person = enrolment, enrolment.person
        self.papers = papers.Papers(enrolment)

    @cached_property
    def demand(self):
        """What the employer of the position asked for."""
        selection = self.papers.selection
        return selection.position.demand if selection else None

    @cached_property
    def contract(self):
        """The newest version of the contract for the position that was explained, else the draft."""
        live = self.papers.live_contracts
        return next((c for c in live if c.explained_on), live[0] if live else None)

    @cached_property
    def trip(self):
        """The booked trip."""
        return next((trip for trip in self.papers.trips if trip.cancelled_on is None), None)

    @cached_property
    def orientation(self):
        """The last orientation attended."""
        return next(iter(self.papers.orientations), None)

    @cached_property
    def passport(self):
        """The number of the passport that holds longest."""
        held = [row for row in self.person.identities.all() if row.kind == "passport" and row.number]
        best = max(held, key=lambda row: (row.expires_on or date.max, row.pk), default=None)
        papers_of_case = [d for d in self.papers.documents if d.type == "passport" and d.number]
        return best.number if best else papers_of_case[0].number if papers_of_case else ""

    def of(self, part: str, write) -> str:
        """What `write` says of a part of the case; nothing while there is no such part."""
        found = getattr(self, part)
        return write(found) if found is not None else ""


def _day(value) -> str:
    return long_day(value) if value else ""


def _wage(terms) -> str:
    return f"{money(terms.wage, terms.wage_currency)} {_said('wage_unit', terms.wage_unit)}"


def _hours(value) -> str:
    return number(value) if value is not None else _said("said", "not_agreed")


def _overtime(contract) -> str:
    percent = contract.overtime_percent
    return f"{percent} % {_said('said', 'of_wage')}" if percent else _said("said", "not_agreed")


def _deductions(contract) -> str:
    taken = [(name, getattr(contract, name)) for name in DEDUCTIONS]
    lines = [f"{_said('deduction', name)} {money(value, contract.wage_currency)}" for name, value in taken if value]
    return and_list(lines) if lines else _said("said", "none")


def _benefits(contract) -> str:
    given = [_said("benefit", name) for name in BENEFITS if getattr(contract, name)]
    return and_list(given) if given else _said("said", "none")


def _language(code: str) -> str:
    return str(locale().languages.get(code) or label("language", code))


def _example_money() -> str:
    return f"{money(Decimal('17.20'), 'CAD')} {_said('wage_unit', 'hour')}"


COMMON = {
    "worker_name": Field(_("name of the worker"), "María Tzoc Caal", lambda a: a.person.full_name),
    "birth_date": Field(
        _("date of birth"), lambda: long_day(date(1994, 3, 2)),
        lambda a: _day(a.person.birth_date) if a.person.birth_precision == "day" else str(a.person.birth_date.year),
    ),
    "nationality": Field(
        _("nationality, as the country"), lambda: country_name("GTM"), lambda a: country_name(a.person.nationality)
    ),
    "passport_number": Field(_("number of the passport"), "205 847 311", lambda a: a.passport),
    "case_number": Field(_("case number"), "GT-2027-00042", lambda a: a.case.number),
    "programme": Field(_("programme"), "Guatemala – Canada", lambda a: a.case.programme.name),
    "origin": Field(
        _("country of origin"), lambda: country_name("GTM"), lambda a: country_name(a.case.programme.origin)
    ),
    "destination": Field(
        _("country of destination"), lambda: country_name("CAN"), lambda a: country_name(a.case.programme.destination)
    ),
    "office": Field(_("office"), "Chimaltenango", lambda a: a.case.office.name),
}  # fmt: skip
WORK = {
    "employer_name": Field(_("employer"), "Serres du Val inc.", lambda a: a.of("demand", lambda d: d.employer.name)),
    "workplace": Field(_("place of work"), "Serre 1, Saint-Rémi", lambda a: a.of("demand", lambda d: str(d.site))),
    "occupation": Field(
        _("occupation"),
        lambda: _label("isco", "9211"),
        lambda a: a.of("demand", lambda d: _label("isco", d.occupation)),
    ),
    "first_day": Field(
        _("first day of work"), lambda: long_day(EXAMPLE_DAY),
        lambda a: _day(a.case.planned_start) or a.of("demand", lambda d: _day(d.starts_on)),
    ),
    "last_day": Field(
        _("last day of work"), lambda: long_day(date(2027, 10, 29)),
        lambda a: _day(a.case.planned_end) or a.of("demand", lambda d: _day(d.ends_on)),
    ),
    "wage": Field(_("wage with its unit"), _example_money, lambda a: a.of("demand", _wage)),
    "hours_per_week": Field(
        _("hours per week"), lambda: number(45), lambda a: a.of("demand", lambda d: number(d.hours_per_week))
    ),
}  # fmt: skip
CONTRACT = {
    "contract_version": Field(
        _("version of the contract"), "2", lambda a: a.of("contract", lambda c: str(c.contract_version))
    ),
    "contract_first_day": Field(
        _("first day of the contract"), lambda: long_day(EXAMPLE_DAY),
        lambda a: a.of("contract", lambda c: _day(c.starts_on)),
    ),
    "contract_last_day": Field(
        _("last day of the contract"), lambda: long_day(date(2027, 10, 29)),
        lambda a: a.of("contract", lambda c: _day(c.ends_on)),
    ),
    "contract_wage": Field(_("wage of the contract with its unit"), _example_money, lambda a: a.of("contract", _wage)),
    "contract_hours": Field(
        _("hours per week of the contract"), lambda: number(45),
        lambda a: a.of("contract", lambda c: number(c.hours_per_week)),
    ),
    "longest_week": Field(
        _("most hours in a week"), lambda: number(60),
        lambda a: a.of("contract", lambda c: _hours(c.longest_week or c.hours_per_week)),
    ),
    "longest_day": Field(
        _("most hours in a day"), lambda: number(12), lambda a: a.of("contract", lambda c: _hours(c.longest_day))
    ),
    "overtime": Field(
        _("pay of overtime"), lambda: f"150 % {_said('said', 'of_wage')}", lambda a: a.of("contract", _overtime)
    ),
    "deductions": Field(
        _("deductions per week"), lambda: f"{_said('deduction', 'deduct_housing')} {money(30, 'CAD')}",
        lambda a: a.of("contract", _deductions),
    ),
    "benefits": Field(
        _("what the employer gives"),
        lambda: and_list([_said("benefit", "gives_housing"), _said("benefit", "gives_return")]),
        lambda a: a.of("contract", _benefits),
    ),
    "other_terms": Field(
        _("other terms of the contract, as they were written"), lambda: _said("said", "none"),
        lambda a: a.of("contract", lambda c: c.other_terms.strip() or _said("said", "none")),
    ),
}  # fmt: skip
ORIENTATION = {
    "orientation_date": Field(
        _("day of the orientation"), lambda: long_day(date(2027, 3, 20)),
        lambda a: a.of("orientation", lambda o: _day(o.attended_on)),
    ),
    "orientation_place": Field(
        _("place of the orientation"), "Chimaltenango", lambda a: a.of("orientation", lambda o: o.place)
    ),
    "orientation_hours": Field(
        _("hours of the orientation"), lambda: number(8), lambda a: a.of("orientation", lambda o: number(o.hours))
    ),
    "orientation_language": Field(
        _("language of the orientation"), lambda: _language("es"),
        lambda a: a.of("orientation", lambda o: _language(o.language)),
    ),
    "orientation_modules": Field(
        _("topics of the orientation"),
        lambda: and_list(_label("orientation_module", code) for code in ("rights", "safety")),
        lambda a: a.of(
            "orientation",
            lambda o: and_list(_label("orientation_module", code) for code in o.modules) or _said("said", "none"),
        ),
    ),
}  # fmt: skip
TRIP = {
    "departure_date": Field(
        _("day of departure"), lambda: long_day(date(2027, 4, 10)), lambda a: a.of("trip", lambda t: _day(t.departs_on))
    ),
    "trip_from": Field(_("leaves from"), "Guatemala", lambda a: a.of("trip", lambda t: t.origin)),
    "trip_to": Field(_("arrives in"), "Montréal", lambda a: a.of("trip", lambda t: t.destination)),
    "trip_service": Field(
        _("carrier and flight or service"),
        "Avianca AV 624",
        lambda a: a.of("trip", lambda t: f"{t.carrier} {t.flight}"),
    ),
    "ticket_number": Field(_("ticket number"), "134-2200445566", lambda a: a.of("trip", lambda t: t.ticket_number)),
}  # fmt: skip

for _kind in (
    Kind("job_offer", _("Job offer"), COMMON | WORK, About),
    Kind("consulate_letter", _("Letter to the consulate"), COMMON | WORK, About),
    Kind("orientation_certificate", _("Orientation certificate"), COMMON | ORIENTATION, About),
    Kind("travel_sheet", _("Travel sheet"), COMMON | WORK | TRIP, About),
    Kind("contract_summary", _("Contract summary"), COMMON | WORK | CONTRACT, About),
):
    register(_kind)
