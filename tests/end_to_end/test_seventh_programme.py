"""A seventh programme with invented rules, written down in the configuration site alone, and judged by at once.

What an administrator does is sent as the site's own forms; a demand and a case then meet the values through their pages.
"""

from datetime import date

import pytest
from dateutil.relativedelta import relativedelta
from django.urls import reverse

from programmes.base.rulebook import codes
from programmes.base.rulebook.shipped import code_lists
from programmes.models import Code, Enrolment, JobDemand, Programme
from tests.base.rulebook.pages import SITE, errors_of, line, new_programme, page_of, requirement_form
from tests.base.rulebook.pages import send as send_settings
from tests.factories.employers import EmployerFactory, SiteFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.fixtures.accounts import make_office
from tests.fixtures.matching import send

pytestmark = pytest.mark.django_db
NEXT = date.today().year + 1
TURN = date(NEXT, 7, 1)
BEFORE, AFTER = date(NEXT, 2, 1), date(NEXT, 8, 1)
# rule → (before the turn, from the turn on)
INVENTED = {
    "max_stay_months": ("5", "4"),
    "stay_window_months": ("8", None),
    "minimum_age": ("20", None),
    "minimum_batch": ("3", "6"),
    "minimum_wage": ("EUR 21.00", "EUR 23.50"),
    "guarantee_block_hours": ("150", None),
    "guarantee_block_weeks": ("4", None),
}


@pytest.fixture
def administrator(client_for):
    Code.objects.bulk_create(code_lists(), ignore_conflicts=True)
    codes.forget()
    yield client_for("administrator", language="en")
    codes.forget()


def write_rules(client) -> None:
    """The values, then on the rule's empty line what holds from the turn on; an exception for one nationality."""
    first = {f"{line('rule_values', key)}__value": now for key, (now, _later) in INVENTED.items()}
    season = {"code": "s", "starts_on": f"{NEXT}-01-01", "ends_on": f"{NEXT + 1}-12-31", "active": "on"}
    first |= {"seasons-TOTAL_FORMS": "1"} | {f"seasons-0-{name}": typed for name, typed in season.items()}
    new = new_programme(make_office("GT-CHM"), code="gt-at-fruit", destination="AUT", currency="EUR", **first)
    response = send_settings(client, f"{SITE}programme/add/", **new)
    assert response.status_code == 302, errors_of(response)
    programme = Programme.objects.get(code="gt-at-fruit")
    later = {key: line("rule_values", key, programme, further=True) for key, (_now, then) in INVENTED.items() if then}
    typed = {f"{prefix}__value": INVENTED[key][1] for key, prefix in later.items()}
    # A day is missing: two values would hold at once, and the page says at which box.
    response = send_settings(client, page_of(programme), **typed)
    assert "already has a value from this day" in errors_of(response)[f"{later['minimum_batch'].replace('__', '-')}-valid_from"]  # fmt: skip
    typed |= {f"{prefix}__valid_from": TURN.isoformat() for prefix in later.values()}
    typed |= {f"{prefix}__source": "Invented decree 7" for prefix in later.values()}
    response = send_settings(client, page_of(programme), **typed)
    assert response.status_code == 302, errors_of(response)
    honduras = line("rule_values", "max_stay_months", programme, further=True)
    typed = {"value": "6", "nationality": "hnd", "source": "Invented treaty"}
    response = send_settings(
        client, page_of(programme), **{f"{honduras}__{name}": each for name, each in typed.items()}
    )
    assert response.status_code == 302, errors_of(response)
    asked = requirement_form(programme, stage="eligible", kind="check", code="pruning", labels_es="Poda", labels_en="Pruning")  # fmt: skip
    response = send_settings(client, f"{SITE}requirement/add/", **asked, valid_from=TURN.isoformat())
    assert response.status_code == 302, errors_of(response)


def ask_for(client, season, site, starts_on, months, **changes):
    """Hand in the form of a demand; the response."""
    values = {
        "season": str(season.public_id), "site": str(site.public_id), "occupation": "9214", "positions": "3",
        "starts_on": starts_on.isoformat(), "ends_on": ends(starts_on, months).isoformat(), "wage": "21.00",
        "wage_currency": "EUR", "wage_unit": "hour", "hours_per_week": "45", "terms": "", "authorisation": "",
        "requested_on": date.today().isoformat(), **changes,
    }  # fmt: skip
    return send(client, f"/demands/new/?employer={site.employer.public_id}", **values)


def ends(starts_on, months):
    """The last day of whole months that begin on the first of one."""
    return starts_on + relativedelta(months=months, days=-1)


def test_the_rules_of_a_seventh_programme_take_the_configuration_site_only(administrator, client_for):
    write_rules(administrator)
    programme = Programme.objects.get(code="gt-at-fruit")
    season = programme.seasons.get()
    history = administrator.get(f"{SITE}programme/{programme.pk}/history/").content.decode()
    assert f"Longest stay: 4, {TURN} – …" in history
    assert "Longest stay: 6, HND" in history
    assert administrator.user.full_name in history

    liaison, caseworker = client_for("liaison", language="en"), client_for("caseworker", language="en")
    site = SiteFactory(employer=EmployerFactory(programmes=[programme]))
    page = ask_for(liaison, season, site, BEFORE, 5, positions="2", wage="20.99").content.decode()
    assert "at least 3 positions" in page
    assert "the lowest wage of this programme is EUR 21.00" in page
    assert ask_for(liaison, season, site, BEFORE, 5).status_code == 302
    # The same demand after the turn breaks the new values; Honduras may still stay six months, so its dates may pass.
    page = ask_for(liaison, season, site, AFTER, 4).content.decode()
    assert "at least 6 positions" in page
    assert "EUR 23.50" in page
    assert ask_for(liaison, season, site, AFTER, 4, positions="6", wage="23.50").status_code == 302
    assert JobDemand.objects.filter(season=season).count() == 2

    def plan(case, first, months):
        url = reverse("enrolment:dates", args=[case.public_id])
        return send(caseworker, url, planned_start=first.isoformat(), planned_end=ends(first, months).isoformat())

    case, other = (
        EnrolmentFactory(season=season, person=PersonFactory(nationality=nationality)) for nationality in ("GTM", "HND")
    )
    assert "longer than 4 months" in plan(case, AFTER, 5).content.decode()
    assert plan(other, BEFORE, 6).status_code == 302
    assert "longer than 5 months" in plan(case, BEFORE, 6).content.decode()
    assert plan(case, BEFORE, 5).status_code == 302
    case = Enrolment.objects.get(pk=case.pk)
    assert (case.planned_start, case.planned_end) == (BEFORE, ends(BEFORE, 5))
    assert {missing.label for missing in case.missing_for("eligible", on=date.today())} == set()
    Enrolment.objects.filter(pk=case.pk).update(planned_start=AFTER, planned_end=ends(AFTER, 4))
    case = Enrolment.objects.get(pk=case.pk)
    assert {missing.label for missing in case.missing_for("eligible", on=date.today())} == {"Pruning"}
