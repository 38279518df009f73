"""Kinds of rule: each value of the catalogue has a function that judges by it, and a line that says so."""

from pathlib import Path

import pytest

from programmes.base.rulebook import kinds
from programmes.base.rulebook.catalogue import RULES
from programmes.journey.demand import rules as demand

# The rooms are imported when Django starts; these judge without being asked by any page yet.
from programmes.journey.departure import rules as departure

ROOT = Path(__file__).parents[3]
DOC = (ROOT / "docs" / "rules.md").read_text()
TESTS = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("key", RULES)
def test_every_rule_is_judged_documented_and_tested(key):
    judges = kinds.judges_of(key)
    assert judges, f"nothing judges by {key}"
    lines = [line for line in DOC.splitlines() if f"`{key}`" in line]
    assert len(lines) == 1, f"docs/rules.md has {len(lines)} lines about {key}"
    for judge in judges:
        assert f"`{judge.__module__.removeprefix('programmes.').replace('.', '/')}.{judge.__name__}`" in lines[0]
        assert f"{judge.__name__}(" in TESTS, f"no test calls {judge.__name__}"


def test_a_slip_in_a_key_stops_the_start():
    with pytest.raises(LookupError, match="max_stay_month$"):
        kinds.judges_rules("max_stay_month")
    with pytest.raises(LookupError, match="does not say"):
        kinds.judges_rules("minimum_age")(lambda age: None)


def test_the_rooms_are_known():
    assert demand.inspection_problem in kinds.judges_of("housing_inspection_months")
    assert departure.holds_until in kinds.judges_of("document_margin_months")
