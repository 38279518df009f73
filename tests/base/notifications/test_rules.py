"""Pure judgements: when a digest is due on every clock of the world, and how long to wait after a failure."""

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.base.notifications import rules
from programmes.base.notifications.sources import Group

ZONES = ["Africa/Cairo", "Asia/Beirut", "Africa/Casablanca", "America/New_York", "America/Guatemala", "Europe/Madrid"]
UTC = dt.UTC


def digests_sent(zone, hour, ticks, last=None):
    """The local dates on which a scheduler that ticks at these moments makes a digest, as (date, local time)."""
    made = []
    for tick in ticks:
        local = rules.local_time(tick, zone)
        if rules.is_digest_hour(tick, zone, hour) and (last is None or last < local.date()):
            last = local.date()
            made.append((last, local))
    return made


def minutes(start, days, step=1):
    return [start + dt.timedelta(minutes=n) for n in range(0, days * 24 * 60, step)]


# The days around a change of the clocks: the zone, a moment before it, and the hour that is skipped or comes twice.
CHANGES = [
    ("Africa/Cairo", dt.datetime(2026, 4, 22, tzinfo=UTC), 0),  # 24 April 00:00 does not exist
    ("Africa/Cairo", dt.datetime(2026, 10, 28, tzinfo=UTC), 23),  # 29 October 23:00 comes twice
    ("Asia/Beirut", dt.datetime(2026, 3, 27, tzinfo=UTC), 0),  # 29 March 00:00 does not exist
    ("Africa/Casablanca", dt.datetime(2026, 2, 13, tzinfo=UTC), 2),  # Ramadan begins: 02:00 comes twice
    ("Africa/Casablanca", dt.datetime(2026, 3, 20, tzinfo=UTC), 2),  # Ramadan ends: 02:00 does not exist
    ("America/New_York", dt.datetime(2026, 10, 30, tzinfo=UTC), 1),  # 1 November 01:00 comes twice
    ("America/New_York", dt.datetime(2026, 3, 6, tzinfo=UTC), 2),  # 8 March 02:00 does not exist
]


@pytest.mark.parametrize(("zone", "start", "hour"), CHANGES)
def test_each_local_date_gets_exactly_one_digest_over_a_change_of_the_clocks(zone, start, hour):
    ticks = minutes(start, days=5)
    days = [day for day, _local in digests_sent(zone, hour, ticks)]

    first, last = rules.local_time(ticks[0], zone), rules.local_time(ticks[-1], zone)
    expected = [first.date() + dt.timedelta(days=n) for n in range((last.date() - first.date()).days + 1)]
    if last.hour < hour:
        expected.pop()
    assert days == expected


@pytest.mark.parametrize(("zone", "start", "hour"), CHANGES)
def test_no_digest_comes_before_its_hour_nor_later_than_the_next(zone, start, hour):
    for day, local in digests_sent(zone, hour, minutes(start, days=5))[1:]:
        assert local.date() == day
        assert hour <= local.hour <= hour + 1


@given(
    zone=st.sampled_from(sorted(zoneinfo.available_timezones())),
    hour=st.integers(0, 23),
    start=st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 12, 1), timezones=st.just(UTC)),
    gaps=st.lists(st.integers(1, 3000), min_size=1, max_size=60),
)
def test_whatever_the_scheduler_does_no_date_gets_two_digests_or_one_before_its_hour(zone, hour, start, gaps):
    ticks = [start + dt.timedelta(minutes=sum(gaps[:n])) for n in range(len(gaps))]
    made = digests_sent(zone, hour, ticks)
    assert len({day for day, _local in made}) == len(made)
    assert all(local.hour >= hour for _day, local in made)


@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    start=st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 12, 1), timezones=st.just(UTC)),
    wrong=st.lists(st.sampled_from([-1440, -60, -5, 0, 5, 60]), min_size=1, max_size=200),
)
def test_a_scheduler_clock_that_jumps_back_sends_nothing_twice(zone, hour, start, wrong):
    ticks = [start + dt.timedelta(minutes=15 * n + off) for n, off in enumerate(wrong)]
    made = digests_sent(zone, hour, ticks)
    assert [day for day, _local in made] == sorted({day for day, _local in made})


@given(now=st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 12, 1), timezones=st.just(UTC)))
def test_zones_are_grouped_by_what_their_clocks_show(now):
    groups = rules.zones_by_wall_clock(now, ZONES)
    assert sorted(zone for names in groups.values() for zone in names) == sorted(ZONES)
    for (day, hour), names in groups.items():
        for name in names:
            local = now.astimezone(zoneinfo.ZoneInfo(name))
            assert (local.date(), local.hour) == (day, hour)


@pytest.mark.parametrize("zone", ["", "Nowhere/Atlantis", "../../etc/passwd", "America/Guatemala\0", "x" * 300])
def test_a_wrong_zone_is_read_as_utc(zone):
    now = dt.datetime(2026, 3, 12, 13, 5, tzinfo=UTC)
    assert rules.local_time(now, zone) == now
    assert rules.is_digest_hour(now, zone, 13)


def test_pauses_grow_to_a_day():
    pauses = [rules.pause_after(n) for n in range(1, 6)]
    assert pauses == sorted(pauses)
    assert pauses[0] == dt.timedelta(minutes=1)
    assert pauses[-1] == dt.timedelta(hours=24)
    # An hour without a mail server costs five attempts at most, so the letter goes out when it is back.
    assert sum(pauses[:3], dt.timedelta()) < dt.timedelta(hours=1) < sum(pauses[:4], dt.timedelta())


@given(attempts=st.integers(1, 20), seed=st.integers(0, 10**9))
def test_pauses_are_spread_by_a_fifth_at_most(attempts, seed):
    pause = rules.pause_after(attempts)
    assert pause <= rules.pause_after(attempts, seed) <= pause * 1.2


@pytest.mark.parametrize(
    ("days", "group"),
    [(-30, Group.OVERDUE), (-1, Group.OVERDUE), (0, Group.TODAY), (1, Group.WEEK), (7, Group.WEEK), (8, None)],
)
def test_a_due_date_stands_in_its_group(days, group):
    today = dt.date(2026, 3, 12)
    assert rules.group_of(today + dt.timedelta(days=days), today) == group


@given(user=st.integers(1, 2**63 - 1), day=st.dates())
def test_the_key_of_a_digest_tells_its_date(user, day):
    assert rules.day_of_digest(rules.digest_key(user, day)) == day


@pytest.mark.parametrize("key", ["", "placed:5", "reminder:x:4:2026-01-01", "digest:5:tomorrow", "digest:5"])
def test_other_keys_tell_no_date(key):
    assert rules.day_of_digest(key) is None


def test_missed_days_are_those_without_a_digest():
    today = dt.date(2026, 3, 12)
    assert rules.missed_days(None, today) == []
    assert rules.missed_days(today - dt.timedelta(days=1), today) == []
    assert rules.missed_days(today - dt.timedelta(days=3), today) == [dt.date(2026, 3, 10), dt.date(2026, 3, 11)]
    assert len(rules.missed_days(today - dt.timedelta(days=400), today)) == 7
    assert rules.missed_days(today + dt.timedelta(days=1), today) == []


@pytest.mark.parametrize(("minute", "late"), [(0, False), (59, False), (60, True), (300, True)])
def test_a_digest_is_late_an_hour_after_its_hour(minute, late):
    now = dt.datetime(2026, 3, 12, 13, 0, tzinfo=UTC) + dt.timedelta(minutes=minute)
    assert rules.is_late(now, "America/Guatemala", 7) is late
