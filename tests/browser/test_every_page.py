"""Every page of the table of routes: nothing for axe to find, in both languages, colours and widths; in Spanish no English.

The browser looks at the Spanish pages: the whole rule set runs at both widths, once in each colour; in the other colour
only what colours decide runs again. The English pages are shown to be built of the same elements, so that axe would be
given the same to judge; English words are the shorter ones. With ALL_RULES=1, as before a release, the browser looks at
the pages of both languages, and every rule runs in both colours and widths.
"""

import os
import re
from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path

import axe_playwright_python
import polib
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from programmes.base.rulebook import codes, shipped
from programmes.models import Code, Letter, Programme
from tests.browser.build import build
from tests.conventions.routes import ROWS, Row
from tests.conventions.world import OWN_OFFICE, PERSONAL, World
from tests.fixtures.accounts import PASSWORD, make_office, make_user, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# Selectors are worked out for every element that was looked at, and nobody reads them: the HTML is quoted.
HOW = {"resultTypes": ["violations"], "preload": False, "selectors": False, "iframes": False}
EVERY_RULE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], **HOW}
RULES_OF_COLOUR = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, **HOW}
NARROW, WIDE = {"width": 360, "height": 800}, {"width": 1280, "height": 800}
ALL = [(size, colour, EVERY_RULE) for size in (WIDE, NARROW) for colour in ("light", "dark")]
ENOUGH = [
    (WIDE, "light", EVERY_RULE),
    (WIDE, "dark", RULES_OF_COLOUR),
    (NARROW, "dark", EVERY_RULE),
    (NARROW, "light", RULES_OF_COLOUR),
]
LANGUAGES, PASSES = (["es", "en"], ALL) if os.environ.get("ALL_RULES") else (["es"], ENOUGH)
# So many tests share the pages of one language, so that two processes have about the same to do.
PARTS = 6
NAMES = {
    "liaison": "Luc Tremblay", "manager": "Ana Beltrán", "protection": "Rosa Ixcot", "data": "Iván Sam",
    "administrator": "Olga Rivas",
}  # fmt: skip
# Pages that lead elsewhere unless the reader has, or lacks, a password or a factor.
LOOKED_AT_BY = {"account_set_password": "liaison", "account_reauthenticate": "manager", "mfa_activate_totp": "manager"}
# Who looks, when several may: whoever does most of the work first, so that as few as possible sign in.
LOOKS_FIRST = ["caseworker", "liaison", "manager", "protection", "data", "administrator"]
# The configuration site, for its administrator: its first page, every list, and a form of each kind.
CONFIGURATION = [
    "index",
    "accounts_user_changelist",
    "accounts_user_add",
    "accounts_office_changelist",
    "programmes_letter_changelist",
    "programmes_programme_changelist",
    "programmes_programme_add",
    "programmes_code_changelist",
    "accounts_membership_add",
    "programmes_reportschedule_add",
]
# Pages that answer a search: sent from the page before them.
SEARCHES = {"people:search": "people:list", "selection:find": "selection:candidates"}
# Answers of one page or of none: JSON, a redirect for those who are already inside.
NO_PAGES = {"mfa_authenticate", "mfa_reauthenticate_webauthn", "account_reset_password_from_key"}
LETTERS = {"notifications:preview", "notifications:mailbox_html"}
AT_REST = """async () => {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
  for (const change of document.getAnimations()) change.finish()
}"""
VISIBLE_WORDS = """() => {
  const found = [document.title]
  const spoken = node => {
    const tongue = node.closest('[lang]')
    return tongue && tongue.lang === 'es' && node.checkVisibility({visibilityProperty: true})
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const around = walker.currentNode.parentElement
    if (!around.closest('script, style, template, .word') && spoken(around)) found.push(walker.currentNode.data)
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
    for (const node of document.querySelectorAll(`[${name}]`)) if (spoken(node)) found.push(node.getAttribute(name))
  return [...new Set(found.map(words => words.replace(/\\s+/g, ' ').trim()).filter(words => /[a-z]/i.test(words)))]
}"""
ENGLISH = re.compile(
    r"\b(the|and|of|with|for|from|this|that|is|are|was|were|your|you|been|not|which|must|when|save|cancel|edit|open|close"
    r"|new|name|day|until|worker|page|date)\b",
    re.IGNORECASE,
)


@pytest.fixture
def world(settings):
    """One record of each kind in the programme as it ships, and somebody of each role who may look at it."""
    settings.DEMO = True
    office = make_office(OWN_OFFICE, name="Chimaltenango")
    shipped.load(today=date.today())
    codes.forget()
    programme = Programme.objects.get(code="gt-ca-agriculture")
    programme.offices.add(office)
    here = (
        programme.seasons.filter(starts_on__lte=date.today(), ends_on__gte=date.today()).order_by("-starts_on").first()
    )
    world = World("caseworker", here=here).build()
    # The caseworker has a password and every second factor, the manager a password only, the others neither.
    world.users = {role: make_user(role, office=OWN_OFFICE, full_name=name) for role, name in NAMES.items()}
    world.users["caseworker"] = world.user
    for role in ("caseworker", "manager"):
        world.users[role].set_password(PASSWORD)
        world.users[role].save()
    return world


def pages_of(world) -> list[tuple[str | None, str, str]]:
    """(role, name, address) of every page, sorted by who looks."""
    found = []
    for row in ROWS:
        if row.how in {"page", "form"} and row.name not in NO_PAGES:
            args = [*(world.own.args(row.record) if row.record else []), *([row.last] if row.last else [])]
            found.append((_looker(row), str(row), reverse(SEARCHES.get(row.name, row.name), args=args)))
    found += [("administrator", name, reverse(f"admin:{name}")) for name in CONFIGURATION]
    return sorted(found, key=lambda entry: LOOKS_FIRST.index(entry[0]) if entry[0] else -1)


def _looker(row: Row) -> str | None:
    if row.roles is None:
        return None
    if row.name in LOOKED_AT_BY or row.record in PERSONAL:
        return LOOKED_AT_BY.get(row.name, "caseworker")
    return next(role for role in LOOKS_FIRST if role in row.roles)


def found_by_axe(page, options) -> list[str]:
    """What axe finds on the page, one line each."""
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page(page, live_server, world, language, part):
    User.objects.update(language=language)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    wrong, inside = [], None
    data = {*Code.objects.values_list("code", flat=True), *Letter.objects.values_list("kind", flat=True)}
    pages = pages_of(world)
    show = _Screen(page)
    for role, name, address in pages[len(pages) * part // PARTS : len(pages) * (part + 1) // PARTS]:
        if role != inside:
            session = sign_in(world.users[role]).cookies["sessionid"].value
            page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            inside = role
        show(WIDE, "light")
        answer = page.goto(live_server.url + address)
        if answer.status != 200 or page.url != live_server.url + address:
            wrong.append((name, answer.status, page.url))
            continue
        if name.partition(" ")[0] in SEARCHES:
            page.locator("main [name=q]").fill("Tzoc")
            with page.expect_response(lambda response: response.request.method == "POST"):
                page.locator("main [name=q]").press("Enter")
            page.wait_for_load_state()
        elif name.partition(" ")[0] not in LETTERS:
            wrong += [(name, words) for words in _frame(page, language)]
        page.evaluate(AXE)
        for size, colour, options in PASSES:
            show(size, colour)
            wrong += [(name, size["width"], colour, words) for words in found_by_axe(page, options)]
            if size is NARROW and page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            ):
                wrong.append((name, "scrolls sideways"))
        if language == "es":
            wrong += [
                (name, "English", words)
                for words in page.evaluate(VISIBLE_WORDS)
                if is_english(words) and words not in data
            ]
    assert not wrong, "\n".join(map(str, wrong))


def test_english_pages_are_built_like_the_spanish_ones_and_no_two_have_the_same_title(world):
    titles, otherwise = defaultdict(set), {}
    clients = {role: sign_in(user) for role, user in world.users.items()} | {None: Client()}
    for role, name, address in pages_of(world):
        if name.partition(" ")[0] in {*SEARCHES, *LETTERS}:
            continue
        builds = []
        for language in ("es", "en"):
            User.objects.update(language=language)
            clients[role].cookies["django_language"] = language
            answer = clients[role].get(address)
            assert answer.status_code == 200, name
            assert f'<html lang="{language}"' in answer.text, name
            builds.append(build(answer.text))
            title = re.search(r"<title>(.*?)</title>", answer.text, re.DOTALL)
            titles[language, " ".join(title[1].split())].add(name.partition(" of ")[0])
        spanish, english = builds
        if spanish != english:
            otherwise[name] = [*(spanish - english), *(english - spanish)]
    assert not {title: names for title, names in titles.items() if len(names) > 1}
    assert not otherwise


class _Screen:
    """Brings a page to a size and a colour; what is so already is not said to the browser again."""

    def __init__(self, page):
        self.page, self.size, self.colour = page, None, None

    def __call__(self, size, colour):
        if size is not self.size:
            self.page.set_viewport_size(size)
        if colour != self.colour:
            self.page.emulate_media(color_scheme=colour)
            self.page.evaluate(AT_REST)  # nothing is judged while its colours still change
        self.size, self.colour = size, colour


def _frame(page, language) -> list[str]:
    headings = page.locator("h1").count()
    return [
        words
        for words, right in (
            ("no title", page.title().strip()),
            (f"{headings} headings of the first rank", headings == 1),
            ("another language", page.locator("html").get_attribute("lang") == language),
        )
        if not right
    ]


@cache
def _sources() -> tuple[frozenset[str], list[re.Pattern]]:
    """The English sources whose Spanish differs: those without a gap as they are, the others as patterns."""
    entries = polib.pofile(django_settings.BASE_DIR / "locale/es/LC_MESSAGES/django.po")
    whole, gaps = set(), []
    spanish = {entry.msgstr for entry in entries}
    for entry in entries:
        forms = {entry.msgid: entry.msgstr} if not entry.msgid_plural else {
            entry.msgid: entry.msgstr_plural[0], entry.msgid_plural: entry.msgstr_plural[1]
        }  # fmt: skip
        for english, translated in forms.items():
            parts = re.split(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", english)
            if english == translated or english in spanish:
                continue
            if len(parts) == 1:
                whole.add(" ".join(english.split()))
            elif len(" ".join(parts).split()) > 1:
                gaps.append(re.compile(".+".join(re.escape(" ".join(part.split(" "))) for part in parts)))
    return frozenset(whole), gaps


@cache
def is_english(words: str) -> bool:
    """Whether words on a Spanish page are a source text that was not translated, or hold common English words."""
    whole, gaps = _sources()
    if words.startswith("/"):
        return False  # the address of a page
    return words in whole or any(pattern.fullmatch(words) for pattern in gaps) or bool(ENGLISH.search(words))
