"""The role table, literally: a change of rights must be a change of this file too."""

import datetime

import pytest

from accounts.models import Membership
from accounts.roles import GRANTS, Permission, Role

# One line per right, one column per role, in the order of `Role`:
# caseworker, liaison, manager, data, protection, auditor, partner, administrator.
EXPECTED = """
self                 x x x x x x x x
person_view          x x x x x x . .
person_edit          x . x . x . . .
person_import        . . x x . . . .
duplicate_review     x . x x x . . .
person_merge         . . x . . . . .
case_view            x x x x x x x .
case_read            x . x x x x . .
case_shared          . . . . . . x .
case_edit            x . x . . . . .
case_match           x x x . . . . .
case_assign          . . x . . . . .
case_reopen          . . x . . . . .
case_export          x x x x x x . .
export_identified    . . x x x . . .
note_write           x x x . x . . .
document_view        x x x . x x . .
document_edit        x . . . x . . .
file_view            x x x . x . . .
employer_view        x x x x x x . .
employer_edit        . x . . . . . .
demand_view          x x x x x x . .
demand_edit          . x . . . . . .
demand_approve       . . x . . . . .
placement_edit       x x x . . . . .
return_edit          x x x . . . . .
reintegration_view   x . x x x x . .
reintegration_edit   x . . . x . . .
report_view          x x x x x x . .
report_run           . . x x . . . .
code_list_edit       . . . x . . . x
configure            . . . . . . . x
users_manage         . . . . . . . x
history_view         . . x . x x . x
"""
TABLE = {
    line.split()[0]: {role for role, mark in zip(Role, line.split()[1:], strict=True) if mark == "x"}
    for line in EXPECTED.strip().splitlines()
}


def test_every_right_is_in_the_table():
    assert set(TABLE) == {str(permission) for permission in Permission} == {str(permission) for permission in GRANTS}


@pytest.mark.parametrize("permission", list(Permission))
def test_grants_are_those_of_the_table(permission):
    assert GRANTS[permission] == TABLE[permission]


@pytest.mark.parametrize("role", list(Role))
def test_user_may_exactly_what_the_table_says(user_for, role):
    user = user_for(role)
    assert {permission for permission in Permission if user.may(permission)} == {
        permission for permission in Permission if role in TABLE[permission]
    }


def test_administrator_reads_no_case(user_for):
    administrator = user_for("administrator")
    assert administrator.reach(Permission.CASE_VIEW) == []
    assert administrator.reach(Permission.PERSON_VIEW) == []
    assert administrator.is_staff


@pytest.mark.parametrize("role", ["caseworker", "liaison", "manager", "protection", "auditor", "partner"])
def test_configuration_site_is_closed_to_everybody_else(user_for, role):
    assert not user_for(role).is_staff


def test_reach_holds_the_offices_below(user_for, office_for):
    mission, office, other = office_for("GT"), office_for("GT-CHM"), office_for("CO")
    desk = office_for("GT-CHM-1", parent=office)
    [reach] = user_for("manager", office="GT").reach(Permission.CASE_VIEW)
    assert reach.office_ids == {mission.pk, office.pk, desk.pk}
    assert other.pk not in reach.office_ids
    assert reach.programme_ids is None


def test_reach_of_an_office_does_not_climb(user_for, office_for):
    office = office_for("GT-CHM")
    [reach] = user_for("caseworker").reach(Permission.CASE_VIEW)
    assert reach.office_ids == {office.pk}


def test_office_two_is_not_below_office_twenty(office_for, user_for):
    """`/2/` is no prefix of `/20/`: the path ends in a slash."""
    offices = [office_for(f"X{number}") for number in range(12)]
    for office in offices:
        [reach] = user_for("caseworker", office=office).reach(Permission.CASE_VIEW)
        assert reach.office_ids == {office.pk}


def test_rights_are_read_in_one_query(user_for, django_assert_num_queries):
    user = user_for("manager", office="GT")
    user_for("manager", office="GT-CHM")
    with django_assert_num_queries(1):
        assert user.may(Permission.CASE_VIEW)
        assert user.may(Permission.CASE_ASSIGN)
        assert user.reach(Permission.CASE_VIEW)
        assert user.role_names
        assert not user.is_staff


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [(-10, None, True), (0, 0, True), (-10, -1, False), (1, None, False), (-10, 0, True), (0, 10, True)],
)
def test_membership_counts_on_its_days_only(user_for, office_for, starts, ends, holds):
    user, office = user_for(), office_for("GT-CHM")
    day = office.today()
    Membership.objects.create(
        user=user,
        office=office,
        role=Role.CASEWORKER,
        valid_from=day + datetime.timedelta(days=starts),
        valid_to=None if ends is None else day + datetime.timedelta(days=ends),
    )
    assert user.may(Permission.CASE_VIEW) is holds


def test_deactivated_user_may_nothing(user_for):
    user = user_for("manager")
    user.is_active = False
    assert not any(user.may(permission) for permission in Permission)


def test_two_memberships_reach_two_places(user_for, office_for):
    user = user_for("caseworker", office="GT-CHM")
    Membership.objects.create(user=user, office=office_for("CO"), role=Role.AUDITOR)
    user.refresh_from_db()
    assert {frozenset(reach.office_ids) for reach in user.reach(Permission.CASE_VIEW)} == {
        frozenset({office_for("GT-CHM").pk}),
        frozenset({office_for("CO").pk}),
    }
    assert [reach.office_ids for reach in user.reach(Permission.CASE_EDIT)] == [{office_for("GT-CHM").pk}]
    assert user.roles == {"caseworker", "auditor"}
