"""Statements that are worked out once say what the querysets they came from say."""

import pytest
from django.utils import timezone

from accounts.models import Membership, User
from accounts.statements import Standing, Whole
from programmes.models import Person
from tests.fixtures.accounts import make_user


def test_a_standing_statement_takes_other_values_each_time(db, django_assert_num_queries):
    first, second = make_user("caseworker"), make_user("manager")
    names = Standing(lambda pk: User.objects.filter(pk=pk).values_list("full_name"), -7301)
    with django_assert_num_queries(2):
        assert names.rows(first.pk) == [(first.full_name,)]
        assert names.rows(second.pk) == [(second.full_name,)]
    assert names.rows(-7301) == []


def test_a_value_that_does_not_stand_in_the_text_is_refused(db):
    lost = Standing(lambda pk: User.objects.filter(pk=abs(pk)).values_list("pk"), -7301)
    with pytest.raises(ValueError, match="does not stand in its text"):
        lost.rows(1)


def test_a_model_whose_fields_are_converted_is_refused():
    with pytest.raises(TypeError, match="Person"):
        Whole(Person)


def test_memberships_come_with_their_office_and_reach_as_the_queryset_gives_them(db):
    user = make_user("manager")
    expected = Membership.objects.filter(user=user).around(timezone.now()).with_reach().select_related("office").get()
    (held,) = User.objects.get(pk=user.pk).current_memberships
    for name in ("pk", "role", "valid_from", "valid_to", "office_ids", "programme_ids"):
        assert getattr(held, name) == getattr(expected, name), name
    assert held.office.__dict__.keys() >= {field.attname for field in held.office._meta.concrete_fields}
    assert (held.office, held.office.today()) == (expected.office, expected.office.today())
