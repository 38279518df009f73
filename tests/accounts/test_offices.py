"""Offices as a tree, and their calendars."""

import datetime
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Membership, Office, OfficeHoliday
from accounts.offices import national_holidays

# A calendar of its own for property tests: no database needed.
DAYS = st.dates(datetime.date(2020, 1, 1), datetime.date(2035, 12, 31))
WEEKS = st.sets(st.integers(0, 6), min_size=1).map(sorted)
COUNTRIES = st.sampled_from(["GTM", "COL", "CAN", "ESP", "NZL", "XXX"])


def calendar(country, week, days_off=()):
    office = Office(code="T", country=country, working_days=week, path="/1/")
    office._holidays = frozenset(days_off)
    return office


@settings(deadline=None)
@given(DAYS, st.integers(1, 60), COUNTRIES, WEEKS)
def test_the_nth_working_day_has_n_working_days_behind_it(day, n, country, week):
    office = calendar(country, week)
    end = office.add_working_days(day, n)
    between = [day + datetime.timedelta(days=k) for k in range(1, (end - day).days + 1)]
    assert sum(office.is_working_day(each) for each in between) == n
    assert office.is_working_day(end)


@settings(deadline=None)
@given(DAYS, st.integers(1, 30), st.integers(1, 30), COUNTRIES, WEEKS)
def test_counting_twice_is_counting_once(day, n, m, country, week):
    office = calendar(country, week)
    assert office.add_working_days(office.add_working_days(day, n), m) == office.add_working_days(day, n + m)


@settings(deadline=None)
@given(DAYS, st.integers(1, 30), COUNTRIES, WEEKS)
def test_counting_back_undoes_counting_on(day, n, country, week):
    office = calendar(country, week)
    start = office.add_working_days(day, 0)
    assert office.add_working_days(office.add_working_days(start, n), -n) == start


@settings(deadline=None)
@given(DAYS, COUNTRIES, WEEKS)
def test_zero_days_stay_on_a_working_day_and_else_move_on(day, country, week):
    office = calendar(country, week)
    end = office.add_working_days(day, 0)
    assert (end == day) == office.is_working_day(day)
    assert end >= day


@settings(deadline=None)
@given(DAYS, st.sets(DAYS, max_size=20))
def test_days_off_are_never_worked(day, days_off):
    office = calendar("GTM", [0, 1, 2, 3, 4, 5, 6], days_off)
    assert office.add_working_days(day, 1) not in days_off


def test_a_calendar_without_a_working_day_is_a_mistake_that_is_said():
    office = calendar("GTM", [0])
    first = datetime.date(2026, 1, 1)
    office._holidays = frozenset(first + datetime.timedelta(days=k) for k in range(800))
    with pytest.raises(ValueError, match="no working day"):
        office.add_working_days(first, 1)


@pytest.mark.parametrize(
    ("country", "day", "worked"),
    [
        ("GTM", datetime.date(2026, 9, 15), False),  # independence of Guatemala, a Tuesday
        ("CAN", datetime.date(2026, 9, 15), True),
        ("CAN", datetime.date(2026, 7, 1), False),  # Canada Day, a Wednesday
        ("COL", datetime.date(2026, 7, 20), False),  # independence of Colombia, a Monday
        ("ESP", datetime.date(2026, 10, 12), False),
        ("NZL", datetime.date(2026, 2, 6), False),  # Waitangi Day, a Friday
        ("GTM", datetime.date(2026, 9, 19), False),  # a Saturday
    ],
)
def test_national_holidays_follow_the_country(country, day, worked):
    assert calendar(country, [0, 1, 2, 3, 4]).is_working_day(day) is worked


def test_a_country_without_known_holidays_has_its_week():
    assert national_holidays("XXX", 2026) == frozenset()


@pytest.mark.django_db
def test_holidays_of_the_mission_hold_below_and_not_above(office_for):
    mission, office = office_for("GT"), office_for("GT-CHM")
    OfficeHoliday.objects.create(office=mission, day=datetime.date(2026, 3, 4), name="Mission day")
    OfficeHoliday.objects.create(office=office, day=datetime.date(2026, 3, 5), name="Office day")
    mission, office = Office.objects.get(pk=mission.pk), Office.objects.get(pk=office.pk)
    assert not office.is_working_day(datetime.date(2026, 3, 4))
    assert not office.is_working_day(datetime.date(2026, 3, 5))
    assert mission.is_working_day(datetime.date(2026, 3, 5))
    assert office.add_working_days(datetime.date(2026, 3, 3), 1) == datetime.date(2026, 3, 6)


def test_counting_a_month_asks_the_database_once(office_for, django_assert_num_queries):
    office = office_for("GT-CHM")
    with django_assert_num_queries(1):
        office.add_working_days(datetime.date(2026, 3, 3), 22)
        office.add_working_days(datetime.date(2026, 5, 3), 22)


def test_today_is_the_date_on_the_office_wall(office_for, time_machine_at):
    time_machine_at("2026-03-15T03:00:00Z")
    assert office_for("GT").today() == datetime.date(2026, 3, 14)
    assert office_for("NZ").today() == datetime.date(2026, 3, 15)


@pytest.fixture
def time_machine_at():
    import time_machine

    travels = []

    def travel(moment):
        travel = time_machine.travel(datetime.datetime.fromisoformat(moment), tick=False)
        travel.start()
        travels.append(travel)

    yield travel
    for travel_ in travels:
        travel_.stop()


# --- The tree ---------------------------------------------------------------------------------------------------


def test_path_names_every_ancestor(office_for):
    mission, office = office_for("GT"), office_for("GT-CHM")
    assert mission.path == f"/{mission.pk}/"
    assert office.path == f"/{mission.pk}/{office.pk}/"
    assert office.ancestor_ids == [mission.pk, office.pk]
    assert set(Office.objects.within(mission)) == {mission, office}


def test_moving_an_office_takes_those_below_along(office_for):
    mission, office, other = office_for("GT"), office_for("GT-CHM"), office_for("CO")
    desk = office_for("GT-CHM-1", parent=office)
    office.parent = other
    office.save()
    desk.refresh_from_db()
    assert desk.path == f"/{other.pk}/{office.pk}/{desk.pk}/"
    assert set(Office.objects.within(mission)) == {mission}


def test_moving_by_sql_keeps_the_paths_too(office_for):
    office, other = office_for("GT-CHM"), office_for("CO")
    desk = office_for("GT-CHM-1", parent=office)
    Office.objects.filter(pk=office.pk).update(parent=other, path="/nonsense/")
    desk.refresh_from_db()
    assert desk.path == f"/{other.pk}/{office.pk}/{desk.pk}/"


def test_an_office_cannot_stand_below_itself(office_for):
    mission, office = office_for("GT"), office_for("GT-CHM")
    mission.parent = office
    with pytest.raises(ValidationError, match="below itself"):
        mission.full_clean()
    with pytest.raises(IntegrityError, match="below itself"), transaction.atomic():
        mission.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Office.objects.filter(pk=office.pk).update(parent=office)


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_make_no_circle(office_for):
    one, two = office_for("CO"), office_for("ES")
    outcomes = []

    def move(what, under):
        try:
            Office.objects.filter(pk=what.pk).update(parent=under)
            outcomes.append("moved")
        except Exception as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("moved") == 1
    one.refresh_from_db()
    two.refresh_from_db()
    assert {one.parent_id is None, two.parent_id is None} == {True, False}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("country", "GT", "country"),
        ("country", "XXX", "country"),
        ("country", "ANT", "country"),  # withdrawn
        ("time_zone", "America/Nowhere", "time zone"),
        ("working_days", [], "working"),
        ("working_days", [7], "6"),
        ("code", "", "blank"),
    ],
)
def test_office_refuses(office_for, field, value, says):
    office = office_for("GT")
    setattr(office, field, value)
    with pytest.raises(ValidationError) as refusal:
        office.full_clean()
    assert field in refusal.value.message_dict or "__all__" in refusal.value.message_dict


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"country": "gtm"}, "office_country_three_letters"),
        ({"working_days": []}, "office_works_some_day"),
        ({"working_days": [9]}, "office_works_some_day"),
    ],
)
def test_database_refuses_a_wrong_office(office_for, values, constraint):
    office = office_for("GT")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Office.objects.filter(pk=office.pk).update(**values)


def test_same_day_off_twice_is_refused(office_for):
    office = office_for("GT")
    OfficeHoliday.objects.create(office=office, day=datetime.date(2026, 3, 4), name="One")
    with pytest.raises(IntegrityError, match="office_holiday_once_a_day"), transaction.atomic():
        OfficeHoliday.objects.create(office=office, day=datetime.date(2026, 3, 4), name="Two")


# --- Memberships ------------------------------------------------------------------------------------------------


def membership(user, office, start, end, role="caseworker"):
    day = datetime.date(2026, 1, 1)
    return Membership(
        user=user,
        office=office,
        role=role,
        valid_from=day + datetime.timedelta(days=start),
        valid_to=None if end is None else day + datetime.timedelta(days=end),
    )


@pytest.mark.parametrize(
    ("first", "second", "fits"),
    [
        ((0, 10), (11, 20), True),
        ((0, 10), (10, 20), False),
        ((0, None), (5, 6), False),
        ((0, 10), (-5, None), False),
        ((0, 10), (-5, -1), True),
    ],
)
def test_equal_memberships_never_overlap(user_for, office_for, first, second, fits):
    user, office = user_for(), office_for("GT")
    membership(user, office, *first).save()
    again = membership(user, office, *second)
    if fits:
        again.full_clean()
        again.save()
        return
    with pytest.raises(ValidationError, match="already has this role"):
        again.full_clean()
    with pytest.raises(IntegrityError, match="membership_no_overlap"), transaction.atomic():
        again.save()


@pytest.mark.parametrize("change", ["user", "office", "role"])
def test_different_memberships_may_overlap(user_for, office_for, change):
    user, office = user_for(), office_for("GT")
    membership(user, office, 0, 10).save()
    other = membership(user, office, 0, 10)
    setattr(other, change, {"user": user_for(), "office": office_for("CO"), "role": "liaison"}[change])
    other.full_clean()
    other.save()


def test_membership_ends_after_it_starts(user_for, office_for):
    wrong = membership(user_for(), office_for("GT"), 0, -1)
    with pytest.raises(ValidationError) as refusal:
        wrong.full_clean()
    assert "valid_to" in refusal.value.message_dict
    with pytest.raises(IntegrityError, match="membership_"), transaction.atomic():
        wrong.save()


def test_database_refuses_an_unknown_role(user_for, office_for):
    with pytest.raises(IntegrityError, match="membership_role_is_known"), transaction.atomic():
        membership(user_for(), office_for("GT"), 0, 1, role="superuser").save()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10)), min_size=1, max_size=8))
def test_what_the_database_keeps_never_overlaps(db, periods):
    from tests.fixtures.accounts import make_office, make_user

    with transaction.atomic():
        user, office = make_user(), make_office("GT")
        kept = []
        for start, length in periods:
            try:
                with transaction.atomic():
                    membership(user, office, start, start + length).save()
                kept.append((start, start + length))
            except IntegrityError:
                assert any(start <= end and begin <= start + length for begin, end in kept)
        assert len(kept) == len({day for begin, end in kept for day in range(begin, end + 1)}) - sum(
            end - begin for begin, end in kept
        )
        transaction.set_rollback(True)
