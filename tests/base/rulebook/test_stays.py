"""Stays on the calendar: worked examples, and ten thousand histories judged like a clerk who counts every day."""

import random
from bisect import bisect_left
from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.base.rulebook import rules
from programmes.base.rulebook.rules import Breach

HISTORIES = 10_000
RSE = {"max_stay_months": 7, "stay_window_months": 11}
SPAIN = {"max_stay_months": 9, "authorisation_year_months": 9, "authorisation_years": 4}


def broken(start, end, values, earlier=()):
    return [breach.rule for breach in rules.breaches(start, end, values, earlier)]


# --- Months -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (date(2026, 1, 1), 1, date(2026, 1, 31)),
        (date(2026, 1, 15), 12, date(2027, 1, 14)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 1, 28), 1, date(2026, 2, 27)),
        (date(2026, 1, 29), 1, date(2026, 2, 28)),
        (date(2026, 1, 30), 1, date(2026, 2, 28)),
        (date(2026, 3, 31), 1, date(2026, 4, 30)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 28)),
        (date(2026, 12, 1), 3, date(2027, 2, 28)),
    ],
)
def test_the_last_day_of_some_months(start, months, last):
    assert rules.longest_end(start, months) == last


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -13, date(2024, 12, 15)),
    ],
)
def test_the_same_day_months_later_is_held_at_the_end_of_the_month(day, months, later):
    assert rules.months_later(day, months) == later


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 60), st.integers(1, 60))
def test_months_follow_each_other_without_a_gap(start, some, more):
    middle = rules.longest_end(start, some) + timedelta(days=1)
    assert middle <= rules.longest_end(start, some + more)
    if start.day <= 28:
        assert rules.longest_end(middle, more) == rules.longest_end(start, some + more)
    assert rules.longest_end(start, some) <= rules.longest_end(start + timedelta(days=1), some)


# --- The part of the year -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opens", "closes", "start", "end", "breaches"),
    [
        ("01-01", "12-15", date(2026, 1, 1), date(2026, 12, 15), []),
        ("01-01", "12-15", date(2026, 12, 10), date(2027, 2, 1), [Breach("season_closes", date(2026, 12, 15))]),
        ("01-01", "12-15", date(2026, 12, 20), date(2027, 2, 1), [Breach("season_opens", date(2027, 1, 1))]),
        ("01-01", "12-15", date(2026, 12, 20), date(2026, 12, 30), [Breach("season_closes", date(2026, 12, 15))]),
        ("02-01", None, date(2026, 1, 20), date(2026, 1, 30), [Breach("season_opens", date(2026, 2, 1))]),
        ("10-01", "05-31", date(2026, 10, 1), date(2027, 5, 31), []),
        ("10-01", "05-31", date(2026, 11, 1), date(2027, 6, 1), [Breach("season_closes", date(2027, 5, 31))]),
        ("03-01", "02-29", date(2026, 11, 1), date(2028, 11, 1), []),
        ("03-01", "02-28", date(2026, 11, 1), date(2027, 11, 1), []),
        ("03-01", "02-28", date(2027, 11, 1), date(2028, 3, 1), [Breach("season_closes", date(2028, 2, 28))]),
    ],
)
def test_every_day_lies_in_the_open_part_of_the_year(opens, closes, start, end, breaches):
    assert rules.breaches(start, end, {"season_opens": opens, "season_closes": closes}) == breaches


# --- Several stays ------------------------------------------------------------------------------------------------


def test_seven_months_in_any_eleven_exactly():
    earlier = [(date(2026, 1, 1), date(2026, 4, 30))]
    # Four months and three more, then a day too many: August has 31 days, and the seven months from January are 212.
    assert broken(date(2026, 6, 1), date(2026, 8, 31), RSE, earlier) == []
    assert broken(date(2026, 6, 1), date(2026, 9, 1), RSE, earlier) == ["stay_window_months"]
    # Eleven months from the first day end on 30 November; what lies after it counts no more.
    assert broken(date(2026, 9, 1), date(2026, 12, 31), RSE, earlier) == []


def test_a_period_may_be_overfull_only_from_the_last_day_of_a_month():
    values = {"max_stay_months": 6, "stay_window_months": 8}
    earlier = [(date(2026, 8, 31), date(2026, 8, 31)), (date(2026, 10, 1), date(2027, 1, 31))]
    # From 31 August six months have 182 days (they end on 28 February), and eight months end on 30 April.
    assert broken(date(2027, 3, 3), date(2027, 4, 29), values, earlier) == []
    found = rules.breaches(date(2027, 3, 3), date(2027, 4, 30), values, earlier)
    assert found == [Breach("stay_window_months", date(2026, 8, 31))]
    # The same day of stay within a longer one, which begins in time for nothing to be overfull earlier.
    earlier[0] = (date(2026, 8, 29), date(2026, 8, 31))
    assert broken(date(2027, 3, 3), date(2027, 4, 30), values, earlier) == ["stay_window_months"]


def test_what_was_wrong_long_ago_keeps_nobody_at_home():
    overstayed = [(date(2020, 1, 1), date(2021, 12, 31))]
    assert broken(date(2026, 1, 1), date(2026, 7, 31), RSE, overstayed) == []


def test_a_booked_stay_that_comes_later_counts_too():
    later = [(date(2026, 9, 1), date(2026, 12, 31))]
    assert broken(date(2026, 3, 1), date(2026, 6, 30), RSE, later) == ["stay_window_months"]


def test_spain_nine_months_in_each_year_of_a_four_year_authorisation():
    first = (date(2024, 3, 10), date(2024, 11, 9))
    # The first year of authorisation ends on 9 March 2025. Of its nine months, 275 days, 245 are used and 30 are left.
    assert broken(date(2025, 2, 8), date(2025, 9, 30), SPAIN, [first]) == []
    assert broken(date(2025, 2, 7), date(2025, 9, 30), SPAIN, [first]) == ["authorisation_year_months"]
    full = (date(2024, 3, 10), date(2024, 12, 9))
    assert broken(date(2025, 3, 10), date(2025, 12, 9), SPAIN, [full]) == []
    found = rules.breaches(date(2025, 3, 9), date(2025, 9, 30), SPAIN, [full])
    assert found == [Breach("authorisation_year_months", date(2024, 3, 10))]
    # The authorisation of four years ends on 9 March 2028; whoever leaves later begins a new one.
    assert rules.breaches(date(2028, 2, 1), date(2028, 6, 30), SPAIN, [first]) == [
        Breach("authorisation_years", date(2028, 3, 9))
    ]
    assert broken(date(2028, 3, 10), date(2028, 12, 9), SPAIN, [first]) == []


def test_without_a_number_of_years_an_authorisation_is_for_one():
    values = {"authorisation_year_months": 9}
    earlier = [(date(2025, 3, 1), date(2025, 11, 30))]
    assert broken(date(2026, 2, 28), date(2026, 5, 31), values, earlier) == [
        "authorisation_years",
        "authorisation_year_months",
    ]
    assert broken(date(2026, 3, 1), date(2026, 11, 30), values, earlier) == []


def test_each_breach_has_its_sentence():
    values = (
        RSE | SPAIN | {"max_stay_months": 7, "min_stay_months": 2, "season_opens": "02-01", "season_closes": "11-30"}
    )
    earlier = [(date(2025, 3, 1), date(2025, 11, 30))]
    stays = [(date(2026, 1, 1), date(2026, 12, 31)), (date(2026, 2, 1), date(2026, 2, 3)), (date(2029, 2, 1), date(2029, 5, 1))]  # fmt: skip
    found = [breach for stay in stays for breach in rules.breaches(*stay, values, earlier)]
    said = [words for stay in stays for words in rules.stay_problems(*stay, values, earlier)]
    assert {breach.rule for breach in found} >= set(values) - {"stay_window_months", "authorisation_years"}
    assert len(said) == len(found) == len(set(said))


def test_a_demand_passes_when_some_nationality_may_stay_as_long():
    kiribati = RSE | {"max_stay_months": 9}
    start, end = date(2026, 1, 1), date(2026, 9, 30)
    assert rules.stay_problems_of_all(start, end, RSE, [])
    assert rules.stay_problems_of_all(start, end, RSE, [kiribati]) == []
    assert rules.stay_problems_of_all(start, end + timedelta(days=1), RSE, [kiribati])


# --- Ten thousand histories ---------------------------------------------------------------------------------------
# The oracle shares no line with the code: it walks along a calendar of numbered days and counts.

FIRST = date(2022, 1, 1)
CALENDAR = [FIRST + timedelta(days=n) for n in range(11 * 366)]
MONTH = [12 * day.year + day.month for day in CALENDAR]
IN_MONTH = [day.day for day in CALENDAR]
NAMES = [f"{day:%m-%d}" for day in CALENDAR]
LEAP = [day.year % 4 == 0 for day in CALENDAR]


@cache
def last_days(months: int) -> list[int]:
    """For each day the last of so many months: the day before the first that is so many months on."""
    found, later = [], 0
    for day in range(len(CALENDAR) - 31 * months - 31):
        while (MONTH[later] - MONTH[day], IN_MONTH[later]) < (months, IN_MONTH[day]):
            later += 1
        found.append(later - 1)
    return found


def counted(abroad, first, last):
    """The first day of stay in a period, and how many there are."""
    there = abroad[bisect_left(abroad, first) : bisect_left(abroad, last + 1)]
    return (there[0] if there else first), len(there)


def oracle(start, end, values, earlier):
    """What a clerk with a calendar and much time would object to: {(rule, day or None)}."""
    found, get = set(), values.get
    longest, shortest, window = get("max_stay_months"), get("min_stay_months"), get("stay_window_months")
    if longest and end > last_days(longest)[start]:
        found.add(("max_stay_months", last_days(longest)[start]))
    if shortest and end < last_days(shortest)[start]:
        found.add(("min_stay_months", last_days(shortest)[start]))
    found |= closed(start, end, get("season_opens"), get("season_closes"))
    too_long = any(rule == "max_stay_months" for rule, _day in found)
    stays = [*earlier, (start, end)]
    abroad = sorted({day for first, last in stays for day in range(first, last + 1)})
    if window and longest and not too_long:
        ends, allowed = last_days(window), last_days(longest)
        for begins in range(max(0, start - 31 * window - 5), end + 1):
            if ends[begins] >= start:
                first, days = counted(abroad, begins, ends[begins])
                if first + days - 1 > allowed[first]:
                    found.add(("stay_window_months", None))
                    break
    if get("authorisation_year_months"):
        found |= unauthorised(start, end, stays, abroad, get("authorisation_year_months"), get("authorisation_years") or 1, too_long)  # fmt: skip
    return found


def closed(start, end, opens, closes):
    if not opens and not closes:
        return set()
    opens, closes = opens or "01-01", closes or "12-31"
    found, was_open = set(), False
    for day in range(start, end + 1):
        first = "02-28" if opens == "02-29" and not LEAP[day] else opens
        after, before = NAMES[day] >= first, NAMES[day] <= closes
        is_open = (after and before) if opens <= closes else (after or before)
        if is_open and not was_open and day > start and not found:
            found.add(("season_opens", day))
        if was_open and not is_open:
            return found | {("season_closes", day - 1)}
        was_open = is_open
    return found if found or was_open else {("closed throughout", None)}


def unauthorised(start, end, stays, abroad, months, years, too_long):
    found, began, covered, firsts = set(), None, -1, {first for first, _last in stays}
    for day in range(start + 1):
        if day in firsts and day > covered and (began is None or day > last_days(12 * years)[began]):
            began = day
        covered = max([covered, *(last for first, last in stays if first == day)]) if day in firsts else covered
    if end > last_days(12 * years)[began]:
        found.add(("authorisation_years", last_days(12 * years)[began]))
    year_begins = began
    for year in range(1, years + 1):
        year_ends = last_days(12 * year)[began]
        if year_begins <= end and year_ends >= start and not too_long:
            first, days = counted(abroad, year_begins, year_ends)
            if days and first + days - 1 > last_days(months)[first]:
                return found | {("authorisation_year_months", year_begins)}
        year_begins = year_ends + 1
    return found


def some_values(rng):
    """The rules of an invented programme; months are few, so that many stays lie at the limit."""

    def maybe(chance, value):
        return value if rng.random() < chance else None

    longest = maybe(0.8, rng.randint(1, 10))
    return {
        "max_stay_months": longest,
        "min_stay_months": maybe(0.2, rng.randint(1, 4)),
        "stay_window_months": maybe(0.7, (longest or 3) + rng.randint(0, 6)),
        "season_opens": maybe(0.2, rng.choice(["01-01", "02-01", "02-29", "03-01", "10-01"])),
        "season_closes": maybe(0.2, rng.choice(["12-15", "12-31", "02-28", "02-29", "05-31", "09-30"])),
        "authorisation_year_months": maybe(0.4, rng.randint(2, 11)),
        "authorisation_years": maybe(0.5, rng.randint(1, 3)),
    }


def some_stays(rng, values):
    """Stays of one person, most of them exactly as long as allowed or a day more, many at the ends of months."""
    stays, day = [], rng.randint(400, 1100)
    for _number in range(rng.randint(1, 4)):
        if rng.random() < 0.5:
            while IN_MONTH[day] not in {1, 28, 29, 30, 31}:
                day += 1
        months = rng.choice([values["max_stay_months"], values["authorisation_year_months"], rng.randint(1, 6)]) or 2
        months = max(1, months - rng.randint(0, 5)) if rng.random() < 0.6 else months
        last = last_days(months)[day] + rng.choice([0, 0, 0, 1, -1, -rng.randint(0, 60)])
        while rng.random() < 0.1 and IN_MONTH[last] not in {29, 30, 31}:
            last += 1
        stays.append((day, max(day, last)))
        day = max(day + 1, last + rng.choice([1, 1, -10, rng.randint(2, 120), rng.randint(100, 400)]))
    return stays


def at_the_limit(rng, start, values, days):
    """The last day until which the code lets a stay last, or a day more: where a slip of one day would show."""
    good, bad = start, start + 31 * values["max_stay_months"] + 1
    while bad - good > 1:
        middle = (good + bad) // 2
        passes = set(broken(CALENDAR[start], CALENDAR[middle], values, days)) <= {"min_stay_months"}
        good, bad = (middle, bad) if passes else (good, middle)
    return good + rng.choice([0, 0, 0, 1])


def test_ten_thousand_histories_are_judged_as_by_counting_every_day():
    rng, seen = random.Random(20261122), {}
    for number in range(HISTORIES):
        values = some_values(rng)
        stays = some_stays(rng, values)
        start, end = stays.pop(rng.choice([-1, -1, 0]))
        days = [(CALENDAR[first], CALENDAR[last]) for first, last in stays]
        if values["max_stay_months"] and rng.random() < 0.15:
            end = at_the_limit(rng, start, values, days)
        found = {
            (breach.rule, None if breach.rule == "stay_window_months" else (breach.day - FIRST).days)
            for breach in rules.breaches(CALENDAR[start], CALENDAR[end], values, days)
        }
        expected = oracle(start, end, values, stays)
        if ("closed throughout", None) in expected:
            season = [rule for rule, _day in found if rule.startswith("season")]
            assert len(season) == 1, (number, values, days)
            found = {one for one in found if one[0] not in season} | {("closed throughout", None)}
        assert found == expected, (number, CALENDAR[start], CALENDAR[end], values, days)
        for rule, _day in expected:
            seen[rule] = seen.get(rule, 0) + 1
        seen["nothing"] = seen.get("nothing", 0) + (not expected)
    # Each rule was broken often, and as often nothing was: the histories try what they are made to try.
    assert len(seen) == 9, seen
    assert min(seen.values()) > 100, seen
