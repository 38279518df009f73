"""The terms of a contract in words, and two versions of it side by side."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from programmes.base.common.wording import money, number, short_day
from programmes.base.rulebook.codes import label
from programmes.journey.demand.models import JobDemand
from programmes.journey.departure.models import Contract
from programmes.journey.departure.rules import DEDUCTIONS, JUDGED, Terms, turn_of

UNITS = dict(JobDemand.WageUnit.choices)
_COLUMNS = {field.name: field for field in Contract._meta.concrete_fields}


def name_of(term: str) -> str:
    """What a term is called, as within a sentence."""
    return _("employer") if term == "employer" else str(_COLUMNS[term].verbose_name)


def value_of(term: str, contract: Contract) -> str:
    """What a version says of one term, in the reader's language."""
    if term == "employer":
        return contract.selection.position.demand.employer.name
    value = getattr(contract, term)
    if term == "wage":
        return f"{money(value, contract.wage_currency)} {UNITS.get(contract.wage_unit, '')}".strip()
    if term in DEDUCTIONS:
        return money(value, contract.wage_currency) if value else _("none")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value is None:
        return _("as the hours per week") if term == "longest_week" else _("not agreed")
    return f"{value} %" if term == "overtime_percent" else number(value)


def all_of(contract: Contract) -> list[dict]:
    """Every term of a version, as the component `facts` shows them: where and what work first, then what is judged."""
    demand = contract.selection.position.demand
    rows = [
        (_("Employer"), demand.employer.name),
        (_("Place of work"), str(demand.site)),
        (_("Occupation"), label("isco", demand.occupation)),
        (_("Stay"), f"{short_day(contract.starts_on)} – {short_day(contract.ends_on)}"),
        *((capfirst(name_of(term)), value_of(term, contract)) for term in JUDGED if term != "employer"),
        (_("Other terms"), contract.other_terms),
    ]
    return [{"label": words, "value": value} for words, value in rows if value]


def story_of(contract: Contract) -> list[dict]:
    """How a version came about: explained, handed over, signed; only what has happened."""
    rows = [
        (_("State"), contract.get_status_display().capitalize()),
        (_("Explained on"), contract.explained_on and short_day(contract.explained_on)),
        (_("In which language"), label("language", contract.language)),
        (_("Explained by"), contract.explained_by),
        (_("Handed to the worker on"), contract.given_on and short_day(contract.given_on)),
        (_("Signed by the worker on"), contract.worker_signed_on and short_day(contract.worker_signed_on)),
        (_("Signed by the employer on"), contract.employer_signed_on and short_day(contract.employer_signed_on)),
    ]
    return [{"label": words, "value": value} for words, value in rows if value]


def compared(earlier: Contract, later: Contract) -> list[dict]:
    """Each judged term that differs, with both values and how it turned for the worker; worse ones first."""
    before, after = Terms.of(earlier), Terms.of(later)
    words = {-1: (_("Worse"), "problem"), 0: (_("Said otherwise"), "neutral"), 1: (_("Better"), "done")}
    rows = []
    for term in JUDGED:
        old, new, turn = value_of(term, earlier), value_of(term, later), turn_of(term, before, after)
        if turn or old != new:
            said, tone = words[turn]
            row = {"term": capfirst(name_of(term)), "before": old, "after": new}
            rows.append({**row, "turn": turn, "said": said, "tone": tone})
    return sorted(rows, key=lambda row: row["turn"])
