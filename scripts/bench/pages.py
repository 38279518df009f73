"""The pages that are measured: who asks for what, and the same by hand and in the stock admin."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from scripts import bench_search
from scripts.bench.visits import Visited, Visitor

DEEP_PAGES = 99
SEARCHES = 600
# Common names are asked for with the date of birth.
_DATE = re.compile(r" (\d\d)/(\d\d)/(\d{4})$")


@dataclass
class Page:
    """One entry: `floor` is the address of the same work by hand, `stock` that in the admin.

    `most_queries` and `most_kilobytes` (compressed) are ceilings that do not depend on the machine. `filters` are
    further addresses of the same page, measured beside it.
    """

    name: str
    ours: Visited
    floor: Visited
    stock: Visited | None
    most_queries: int
    most_kilobytes: float
    filters: dict[str, Visited] = field(default_factory=dict)
    said: str = ""


def pages() -> list[Page]:
    """The pages, for the busiest people of the largest office and for readers who see everything."""
    from django.db.models import Count, Q

    from accounts.models import Office, User
    from programmes.models import Enrolment

    open_cases = Count("cases", filter=Q(cases__is_open=True))
    caseworker = User.objects.filter(memberships__role="caseworker").annotate(n=open_cases).order_by("-n")[0]
    manager = User.objects.get(email="manager@example.org")
    data = User.objects.get(email="data@example.org")
    seen = Enrolment.objects.visible_to(manager)
    office = Office.objects.get(pk=heaviest_office())
    own = Enrolment.objects.filter(owner=caseworker)
    longest = own.annotate(n=Count("diary")).order_by("-n")[0]
    season = seen.order_by().values("season").annotate(n=Count("pk")).order_by("-n")[0]["season"]
    programme = longest.programme_id
    lists = {
        "caseworker, own cases": Visited("/cases/?view=mine", caseworker),
        "caseworker, open cases of the office": Visited("/cases/?view=open", caseworker),
        "office, programme and state": Visited(
            f"/cases/?view=all&office={office.pk}&programme={programme}&status=active", manager
        ),
        "all open": Visited("/cases/?view=open", manager),
        "all": Visited("/cases/?view=all", manager),
        "all, both missions": Visited("/cases/?view=all", data),
        "rare state": Visited("/cases/?view=all&status=turned_back", manager),
        "stage": Visited("/cases/?view=all&stage=placement", manager),
        "late": Visited("/cases/?view=open&late=on", manager),
        "season": Visited(f"/cases/?view=all&season={season}", manager),
        "without owner": Visited("/cases/?view=open&nobody=on", manager),
        "all by number": Visited("/cases/?view=all&sort=number", manager),
        "all by name": Visited("/cases/?view=all&sort=name", manager),
        "office by name": Visited(f"/cases/?view=open&sort=name&office={office.pk}", manager),
        "people": Visited("/people/", manager),
        "people, caseworker": Visited("/people/", caseworker),
    }
    enrolments, people = "/stock/programmes/enrolment/", "/stock/programmes/person/"
    found = [
        Page(
            "case_list",
            Visited(f"/cases/?view=open&office={office.pk}", manager),
            Visited(f"/cases?office={office.pk}"),
            Visited(f"{enrolments}?office__id__exact={office.pk}&is_open__exact=1", manager),
            8,
            12,
            lists,
        ),
        Page(
            "case_list_deep",
            Visited("/cases/?view=all", manager),
            Visited(""),
            Visited(f"{enrolments}?p={DEEP_PAGES + 1}", manager),
            8,
            12,
        ),
        Page(
            "case_file",
            Visited(f"/cases/{longest.public_id}/", caseworker),
            Visited(f"/case?case={longest.pk}"),
            Visited(f"{enrolments}{longest.pk}/change/", caseworker),
            15,
            15,
        ),
        Page(
            "today",
            Visited("/", caseworker),
            Visited(f"/today?user={caseworker.pk}"),
            Visited(f"{enrolments}?owner__id__exact={caseworker.pk}&is_open__exact=1", caseworker),
            12,
            12,
            {"manager": Visited("/", manager), "liaison": Visited("/", User.objects.get(email="liaison@example.org"))},
        ),
        # Its addresses are those of seasons that exist while it is measured (boards.py).
        Page("readiness_board", Visited(BOARD, manager), Visited("/readiness"), None, 9, 12),
        # The same of a roster (rosters.py).
        Page("candidates", Visited(ROSTER, manager), Visited("/candidates"), None, 10, 12),
    ]
    offices = ",".join(str(pk) for pk in reach_of(manager))
    asked = searches(manager)
    for kind, page in (("exact", "named"), ("slip", "alike"), ("sound", "alike")):
        forms = [{"q": form["q"]} for form in asked[kind]]
        by_hand = [{"q": _DATE.sub("", form["q"]), "born": _born(form["q"])} for form in asked[kind]]
        names = [{"q": form["q"]} for form in by_hand]
        found.append(
            Page(
                f"search_{kind}",
                Visited("/people/search/", manager, forms),
                Visited(f"/{page}?offices={offices}", forms=by_hand, by_get=True),
                Visited(people, manager, names, by_get=True),
                10,
                14,
            )
        )
    return found


BOARD = "/readiness/"


def put_on_board(page: Page, seasons: dict[str, Any], seconds: float) -> None:
    """Let `page` be the board of the larger season, and beside it that of the smaller one."""
    small, large = seasons
    offices = ",".join(str(pk) for pk in reach_of(page.ours.user))
    page.ours.path = f"{BOARD}?season={seasons[large].public_id}"
    page.filters = {small: Visited(f"{BOARD}?season={seasons[small].public_id}", page.ours.user)}
    page.floor.path = f"/readiness?season={seasons[large].pk}&offices={offices}"
    page.said = f"{large}; all rows of both judged in {seconds:.1f} s"


ROSTER = "/candidates/"


def put_on_roster(page: Page, demand: Any, size: int) -> None:
    """Let `page` be the candidates of this demand; by hand the same facts of the same roster are counted."""
    from programmes.journey.departure.rules import holds_until
    from programmes.journey.selection import ready
    from programmes.journey.selection.ranking import Ranking

    asked = Ranking.of(demand).asked
    usual: Any = demand.season.programme.rules(demand.starts_on)["document_margin_months"] or 0
    until = {
        r.code: holds_until(demand.ends_on, usual if r.margin_months is None else r.margin_months)
        for r in asked
        if r.kind == "document" and ready.in_hand(r)
    }
    by_hand = {
        "season": demand.season_id,
        "offices": ",".join(str(pk) for pk in reach_of(page.ours.user)),
        "occupation": demand.occupation,
        "tests": ",".join(str(r.pk) for r in asked if r.kind == "test"),
        "papers": ",".join(f"{code}:{day}" for code, day in until.items()),
        "until": demand.ends_on,
    }
    page.ours.path = demand.get_absolute_url() + "candidates/"
    page.floor.path = f"/candidates?{urlencode(by_hand)}"
    page.said = f"{size:,} on the roster"


def heaviest_office() -> int:
    """The key of the office with the most open cases."""
    from django.db.models import Count

    from programmes.models import Enrolment

    counted = Enrolment.objects.filter(is_open=True).order_by().values("office").annotate(n=Count("pk"))
    return counted.order_by("-n")[0]["office"]


def reach_of(user: Any) -> list[int]:
    """The offices whose people this user sees."""
    from accounts.roles import Permission

    return sorted({pk for reach in user.reach(Permission.PERSON_EDIT) for pk in reach.office_ids})


def searches(user: Any) -> dict[str, list[dict[str, str]]]:
    """What somebody types who looks for people they may see: as written, with a slip, as it sounds."""
    asked = bench_search.queries(user, SEARCHES)
    kinds = {"exact": "exact", "slip": "one edit", "sound": "sound-alike"}
    return {
        name: [{"q": query.typed, "person": str(query.person)} for query in asked if query.kind == kind]
        for name, kind in kinds.items()
    }


def _born(typed: str) -> str:
    found = _DATE.search(typed)
    return "-".join(reversed(found.groups())) if found else ""


def go_deep(page: Page, web: Any) -> None:
    """Let `page` be the hundredth page of its list, found by following "next" as a reader would; by hand the same."""
    from programmes.models import Enrolment

    visitor = Visitor(web, page.ours)
    path = page.ours.path
    for _ in range(DEEP_PAGES):
        following = re.search(r'rel="next" href="([^"]+)"', visitor.read(path))
        if following is None:
            break
        path = page.ours.path.partition("?")[0] + following[1].replace("&amp;", "&")
    page.ours.path = path
    seen = Enrolment.objects.visible_to(page.ours.user).order_by("next_due_on", "id")
    last = (
        seen[DEEP_PAGES * 25 - 1 : DEEP_PAGES * 25].values("next_due_on", "id").first()
        or seen.values("next_due_on", "id").first()
    )
    offices = ",".join(str(pk) for pk in reach_of(page.ours.user))
    page.floor.path = f"/deep?offices={offices}&due={last['next_due_on'] or '2000-01-01'}&id={last['id']}"
