"""Values, days and requirements of a programme in the configuration site: changed, taken away, dated, refused."""

from datetime import date

import pytest

from programmes.models import Programme, Requirement, RuleValue
from tests.base.rulebook.pages import SITE, errors_of, line, page_of, requirement_form, send
from tests.factories.rulebook import RequirementFactory, RuleValueFactory


def test_a_value_is_changed_and_taken_away(admin, programme):
    for key, value in {"max_stay_months": 7, "minimum_age": 21}.items():
        RuleValueFactory(programme=programme, key=key, value=value)
    age, stay = line("rule_values", "minimum_age", programme), line("rule_values", "max_stay_months", programme)
    send(admin, page_of(programme), **{f"{age}__value": "", f"{stay}__value": "9"})
    assert dict(programme.rule_values.values_list("key", "value")) == {"max_stay_months": 9}
    assert Programme.objects.get().rules()["minimum_age"] == 18


@pytest.mark.parametrize(
    ("key", "typed", "says"),
    [
        ("max_stay_months", {"value": "-1"}, "greater than or equal to 0"),
        ("max_stay_months", {"value": "1001"}, "1000"),
        ("max_stay_months", {"value": "seven"}, "whole number"),
        ("max_stay_months", {"value": "", "source": "A law"}, "value too"),
        ("season_closes", {"value_day": "31", "value_month": "2"}, "month and day"),
        ("season_closes", {"value_day": "15", "value_month": ""}, "day and the month"),
        ("season_closes", {"value_day": "32", "value_month": "1"}, "31"),
        ("nationalities", {"value": "GTM, XYZ"}, "XYZ is not a country"),
        ("minimum_wage", {"value": "23.15"}, "currency and amount"),
        ("minimum_wage", {"value": "NZD much"}, "currency and amount"),
        ("return_commitment", {"value": "perhaps"}, "valid choice"),
    ],
)
def test_a_wrong_value_is_refused_beside_its_rule(admin, programme, key, typed, says):
    prefix = line("rule_values", key, programme)
    response = send(admin, page_of(programme), **{f"{prefix}__{name}": value for name, value in typed.items()})
    assert says in errors_of(response)[f"{prefix.replace('__', '-')}-value"]
    assert not RuleValue.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"value": "5"}, "valid_from", "already has a value from this day on. Give another day, or change that value."),
        ({"value": "", "valid_from": "2027-01-01"}, "value", "Give the value too, or leave “From” empty."),
        ({"value": "", "nationality": "KIR"}, "value", "leave “Only for nationality” empty."),
        ({"value": "9", "nationality": "XYZ"}, "nationality", "XYZ is not a country. Enter three letters"),
        ({"value": "9", "valid_from": "soon"}, "valid_from", "valid date"),
        ({"value": "9", "valid_from": "2027-02-01", "valid_until": "2027-01-01"}, "", "The last day lies before"),
        ({"value": "5", "valid_from": "2027-01-01"}, "value", ""),
        ({"value": "12", "valid_from": "2027-01-01"}, "value", "more than “within any period of”, which is 11"),
    ],
)
def test_a_wrong_further_value_is_refused_at_its_box(admin, programme, typed, field, says):
    for key, value in {"max_stay_months": 7, "stay_window_months": 11}.items():
        RuleValueFactory(programme=programme, key=key, value=value)
    prefix = line("rule_values", "max_stay_months", programme, further=True)
    response = send(admin, page_of(programme), **{f"{prefix}__{name}": value for name, value in typed.items()})
    if not says:
        assert response.status_code == 302, errors_of(response)
        assert programme.rule_values.count() == 3
        return
    found = errors_of(response)
    assert says in found[f"{prefix.replace('__', '-')}-{field or '__all__'}"], found
    assert programme.rule_values.count() == 2
    # What was typed is still there.
    assert all(f'value="{each}"' in response.content.decode() for each in typed.values() if each)


def test_a_value_taken_away_may_be_written_anew_from_the_same_day(admin, programme):
    RuleValueFactory(programme=programme, key="max_stay_months", value=7)
    old = line("rule_values", "max_stay_months", programme)
    new = line("rule_values", "max_stay_months", programme, further=True)
    typed = {f"{old}__value": "", f"{new}__value": "5", f"{new}__source": "A new law"}
    response = send(admin, page_of(programme), **typed)
    assert response.status_code == 302, errors_of(response)
    assert list(programme.rule_values.values_list("value", "source")) == [(5, "A new law")]


@pytest.mark.parametrize("typed", ["-1", "4000", "soon"])
def test_a_wrong_number_of_days_is_refused_beside_its_deadline(admin, programme, typed):
    prefix = line("deadline_rows", "offer", programme)
    response = send(admin, page_of(programme), **{f"{prefix}__days": typed})
    assert f"{prefix.replace('__', '-')}-days" in errors_of(response)


def test_an_unknown_or_a_doubled_rule_is_refused(admin, programme):
    prefix = line("rule_values", "minimum_age", programme)
    twin = line("rule_values", "max_stay_months", programme)
    response = send(admin, page_of(programme), **{f"{prefix}__key": "nonsense", f"{prefix}__value": "3"})
    assert f"{prefix.replace('__', '-')}-key" in errors_of(response)
    response = send(admin, page_of(programme), **{f"{prefix}__value": "18", f"{twin}__key": "minimum_age", f"{twin}__value": "19"})  # fmt: skip
    assert errors_of(response)
    assert not RuleValue.objects.exists()


def test_the_same_requirement_follows_itself_but_not_on_the_same_days(admin, programme):
    RequirementFactory(programme=programme, stage="ready_to_travel", kind="document", code="passport")
    path, later = f"{SITE}requirement/add/", requirement_form(programme, valid_from="2027-01-01", margin_months="3")
    assert "on these days too" in errors_of(send(admin, path, **later))["valid_from"]
    old = Requirement.objects.get()
    assert send(admin, page_of(old), valid_until="2026-12-31").status_code == 302
    assert send(admin, path, **later).status_code == 302
    days = set(Requirement.objects.values_list("valid_from", "valid_until", "margin_months"))
    assert days == {(None, date(2026, 12, 31), None), (date(2027, 1, 1), None, 3)}
