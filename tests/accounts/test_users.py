"""Users as rows: who may exist, what is remembered of their changes, the first administrator."""

import re
from io import StringIO
from urllib.parse import urlsplit

import pghistory.models
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.forms import clean_name
from accounts.managers import fold_email
from accounts.models import Membership, Office, User
from accounts.roles import Permission


@settings(deadline=None)
@given(st.emails())
def test_folding_an_address_twice_is_folding_it_once(email):
    assert fold_email(fold_email(f" {email} ")) == fold_email(email)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_a_cleaned_name_is_clean(name):
    try:
        cleaned = clean_name(name)
    except ValidationError:
        return
    assert cleaned
    assert clean_name(cleaned) == cleaned
    assert cleaned == cleaned.strip()


def test_model_writes_the_address_in_small_letters(db):
    user = User(email="ANA@Example.org", full_name="Ana")
    user.set_unusable_password()
    user.full_clean()
    assert user.email == "ana@example.org"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"email": "ANA@example.org"}, "user_email_in_lower_case"),
        ({"digest_hour": 24}, "user_digest_hour_is_an_hour"),
        ({"digest_hour": -1}, "digest_hour"),
    ],
)
def test_database_refuses(user_for, values, constraint):
    user = user_for()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        User.objects.filter(pk=user.pk).update(**values)


@pytest.mark.parametrize(
    "email",
    ["a@b@c.org", "a\nb@example.org", "x" * 250 + "@example.org", "a@example.org.", "no-at-sign", "", "a@-example.org"],
)
def test_wrong_addresses_are_refused(db, email):
    user = User(email=email, full_name="Ana")
    user.set_unusable_password()
    with pytest.raises(ValidationError) as refusal:
        user.full_clean()
    assert "email" in refusal.value.message_dict


def test_international_domain_is_accepted(db):
    user = User(email="ana@españa.example", full_name="Ana")
    user.set_unusable_password()
    user.full_clean()


def test_nobody_has_djangos_permissions(user_for):
    user = user_for("administrator")
    assert not user.has_perm("accounts.change_user")
    assert not user.has_module_perms("accounts")
    assert not hasattr(user, "is_superuser")


# --- History ------------------------------------------------------------------------------------------------------


def events_of(row):
    return list(
        pghistory.models.Events.objects.tracks(row).order_by("pgh_created_at").values_list("pgh_label", "pgh_diff")
    )


def test_history_sees_edits_by_sql(user_for):
    user = user_for("caseworker", full_name="Ana")
    User.objects.filter(pk=user.pk).update(full_name="Ana María")
    assert events_of(user)[-1] == ("update", {"full_name": ["Ana", "Ana María"]})


def test_history_keeps_no_password_and_no_clock(user_for, client_for):
    user = user_for("caseworker", password="first-password-of-this-person")
    before = len(events_of(user))
    user.set_password("second-password-of-this-person")
    user.save()
    User.objects.filter(pk=user.pk).update(last_seen_at="2026-03-02T08:00:00Z", last_login="2026-03-02T08:00:00Z")
    assert len(events_of(user)) == before
    columns = {field.name for field in User._meta.apps.get_model("accounts", "UserEvent")._meta.get_fields()}
    assert not columns & {"password", "last_login", "last_seen_at"}


def test_history_remembers_a_membership_that_was_deleted(user_for):
    membership = user_for("manager").memberships.get()
    key = membership.pk
    membership.delete()
    events = pghistory.models.Events.objects.filter(pgh_model="accounts.MembershipEvent", pgh_obj_id=str(key))
    assert [event.pgh_label for event in events.order_by("pgh_created_at")] == ["insert", "delete"]


# --- The first administrator --------------------------------------------------------------------------------------


def create_administrator(**options):
    out = StringIO()
    call_command("create_administrator", stdout=out, email="Boss@Example.org", **options)
    return out.getvalue()


def test_first_administrator_gets_a_link_that_works(db, client):
    from tests.accounts.test_signing_in import choose

    said = create_administrator(country="COL", time_zone="America/Bogota")
    user = User.objects.get(email="boss@example.org")
    assert user.may(Permission.USERS_MANAGE)
    assert Office.objects.get(code="HQ").country == "COL"
    link = re.search(r"http\S+", said).group()
    assert choose(client, urlsplit(link).path)["Location"] == "/accounts/login/"
    user.refresh_from_db()
    assert user.has_usable_password()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_first_administrator_begins_on_the_day_of_the_office(db, zone):
    """Between them these two clocks always show another day than UTC."""
    create_administrator(time_zone=zone)
    membership = Membership.objects.get()
    assert membership.valid_from == membership.office.today()


def test_lost_link_is_made_again(db):
    create_administrator()
    create_administrator()
    assert Membership.objects.count() == User.objects.count() == 1


def test_there_is_a_first_administrator_once(user_for):
    user_for("administrator", password="first-password-of-this-person")
    with pytest.raises(CommandError, match="already"):
        create_administrator()
    assert not User.objects.filter(email="boss@example.org").exists()


def test_first_administrator_needs_a_real_country(db):
    with pytest.raises(CommandError, match="XX"):
        create_administrator(country="XX")
    assert not User.objects.exists()
    assert not Office.objects.exists()
