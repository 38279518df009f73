"""The columns of the case list: what each reads, how it is drawn, what stands of it in a file."""

from functools import cache

from django.db.models import BigIntegerField, Case, Count, F, Func, OuterRef, Subquery, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, ExtractYear, NullIf, TruncDate
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from accounts.roles import Permission
from programmes.base.common import wording
from programmes.base.common.addresses import address_of
from programmes.base.common.markup import markup
from programmes.base.common.tags import person_name, tone_tag, when
from programmes.base.lists.columns import Column, Joined, Worded, WordedList
from programmes.base.rulebook import codes
from programmes.base.rulebook.catalogue import DEADLINES
from programmes.base.rulebook.models import FALLBACK_LANGUAGES, Requirement, translated
from programmes.journey.departure.readiness.wording import OTHERS, words
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Step
from programmes.journey.enrolment.states import TONES, Status
from programmes.journey.people.models import Person

P = Permission
# The labels of the requirement that a next step such as "requirement:24" names.
_AFTER_THE_COLON = Func(OuterRef("next_step"), Value(":"), Value(2), function="split_part")
_REQUIRED = Requirement.objects.filter(pk=Cast(NullIf(_AFTER_THE_COLON, Value("")), BigIntegerField()))
# The labels of the requirement that a blocker such as "document:passport" names.
_BLOCKING = Requirement.objects.filter(
    programme=OuterRef("programme"),
    kind=Func(OuterRef("readiness__blocker"), Value(":"), Value(1), function="split_part"),
    code=Func(OuterRef("readiness__blocker"), Value(":"), Value(2), function="split_part"),
)
_OPEN_STEPS = Step.objects.filter(enrolment=OuterRef("pk"), done_at__isnull=True, requirement__isnull=False)
MISSING = Coalesce(Subquery(_OPEN_STEPS.order_by().values("enrolment").annotate(n=Count("pk")).values("n")), Value(0))
CONTACTED = Coalesce("last_contact_on", "registered_on")


def in_language(field: str, fallback):
    """The text of an object of languages, as `translated` finds it."""
    language = (get_language() or "es").lower()
    tried = dict.fromkeys((language, language.split("-")[0], *FALLBACK_LANGUAGES))
    return Coalesce(*[KeyTextTransform(code, field) for code in tried], fallback, output_field=TextField())


def _step_words() -> dict[str, str]:
    return {kind: steps.label(kind) for kind in (*DEADLINES, *steps.OWN_LABELS)}


def _required_words():
    return Subquery(_REQUIRED.values(text=in_language("labels", F("code"))))


def _blocking_words():
    return Subquery(_BLOCKING.values(text=in_language("labels", F("code")))[:1])


def _travel(row):
    if row["readiness__ready"] is None:
        return "–"
    if row["readiness__ready"]:
        return tone_tag("done", _("Can travel"))
    code, waits_for = row["readiness__blocker"], row["readiness__waits_for"]
    lacking = words(code, {code: translated(row["lacking"], "")} if row["lacking"] else {})
    who = wording.who_has_it(waits_for) if waits_for else ""
    return markup('{}<span class="sub">{}</span>', tone_tag("waiting", lacking), who)


def _papers(row):
    if row["readiness__papers"] is None:
        return "–"
    missing, ends = row["readiness__papers"], row["readiness__expires_on"]
    tag = tone_tag("waiting", _missing_papers(missing)) if missing else ""
    until = _("one ends on %(day)s") % {"day": wording.short_day(ends)} if ends else ""
    if not tag and not until:
        return tone_tag("done", _("Complete"))
    return markup('{}<span class="sub{}">{}</span>', tag, " late" if until else "", until)


def _missing_papers(count: int) -> str:
    return ngettext("%(count)s missing", "%(count)s missing", count) % {"count": wording.number(count)}


def prepare(rows, user) -> None:
    """Put words to codes, once per page and not once per cell."""
    today = timezone.localdate()
    states = {code: str(words) for code, words in Status.choices}
    said = cache(steps.label)
    for row in rows:
        row["case_url"] = address_of("casefile:overview", row["public_id"])
        if "status" in row:
            row["state"], row["tone"] = states[row["status"]], TONES[row["status"]]
        if "next_step" in row:
            kind, _colon, pk = row["next_step"].partition(":")
            row["step"] = translated(row["required"], "") if pk else said(kind) if kind else ""
            row["late"] = row["next_due_on"] is not None and row["next_due_on"] < today
        if "person__given_names" in row:
            parts = (row["person__given_names"], row["person__first_surname"], row["person__second_surname"])
            row["say"] = " ".join(part for part in parts if part)
        else:
            row["say"] = row["number"]


def _link(row, words):
    return markup('<a class="name" href="{}">{}</a>', row["case_url"], words)


def _name(row):
    return markup('{}<span class="sub">{}</span>', _link(row, person_name(row["say"])), row["number"])


def _number(row):
    return row["number"] if "person__given_names" in row else _link(row, row["number"])


def _programme(row):
    words = translated(row["programme__names"], row["programme__code"])
    return markup('{}<span class="sub">{}</span>', words, row["season__code"])


def _state(row):
    tag = tone_tag(row["tone"], row["state"])
    return markup('{}<span class="sub">{}</span>', tag, wording.short_day(row["status_since"]))


def _next(row):
    if not row["next_due_on"]:
        return row["step"]
    late = " late" if row["late"] else ""
    return markup('{}<span class="sub{}">{}</span>', row["step"], late, when(row["next_due_on"], row["late"]))


def _owner(row):
    return row["owner__full_name"] or _("Nobody yet")


def _tags(row):
    return format_html_join(
        " ", '<span class="tag t-neutral filled">{}</span>', ((codes.label("case_tag", code),) for code in row["tags"])
    )


def _day(name):
    return lambda row: wording.short_day(row[name]) if row[name] else "–"


def _plain(name):
    return lambda row: row[name] or "–"


def _masked(name):
    # Whoever looks over a shoulder reads no number; the person's page and a file with names have all of it.
    return lambda row: f"… {row[name][-4:]}" if row[name] else "–"


def _coded(name, code_list):
    return lambda row: codes.label(code_list, row[name]) or "–"


def _day_column(code, label, field, **more) -> Column:
    return Column(code, label, (field,), _day(field), lambda: F(field), **more)


NAMES = ("person__given_names", "person__first_surname", "person__second_surname")
BY_NAME = ("person__first_surname", "person__second_surname", "person__given_names", "id")
COLUMNS = (
    Column(
        "number",
        gettext_lazy("Case number"),
        (),
        _number,
        lambda: F("number"),
        sort=("number",),
        css="person",
        keys_first=True,
    ),
    Column(
        "name",
        gettext_lazy("Person"),
        NAMES,
        _name,
        lambda: Joined(*NAMES),
        typed=True,
        sort=BY_NAME,
        needs=P.PERSON_VIEW,
        identifies=True,
        css="person",
        fixed=True,
        searched=True,
    ),
    Column(
        "programme",
        gettext_lazy("Programme, season"),
        ("programme__names", "programme__code", "season__code"),
        _programme,
        lambda: Joined(in_language("programme__names", F("programme__code")), "season__code"),
        typed=True,
        css="no",
    ),
    Column(
        "since",
        gettext_lazy("State, since"),
        ("status", "status_since"),
        _state,
        lambda: Worded("status", dict(Status.choices)),
        sort=("status_since", "id"),
        css="st",
    ),
    Column(
        "since_day",
        gettext_lazy("In this state since"),
        ("status_since",),
        _day("status_since"),
        lambda: TruncDate("status_since"),
    ),
    Column(
        "due",
        gettext_lazy("Next step, due"),
        ("next_step", "next_due_on", "required"),
        _next,
        lambda: Coalesce(_required_words(), Worded("next_step", _step_words()), output_field=TextField()),
        typed=True,
        sort=("next_due_on", "id"),
        css="due-cell",
        ranged_by="status",
        adds={"required": Subquery(_REQUIRED.values("labels"))},
    ),
    _day_column("due_day", gettext_lazy("Due on"), "next_due_on"),
    Column(
        "owner",
        gettext_lazy("Owner"),
        ("owner__full_name",),
        _owner,
        lambda: Coalesce("owner__full_name", Value("")),
        typed=True,
    ),
    Column(
        "missing",
        gettext_lazy("Missing"),
        ("missing",),
        lambda row: row["missing"] or _("Nothing"),
        lambda: MISSING,
        needs=P.PERSON_VIEW,
        adds={"missing": MISSING},
    ),
    Column(
        "tags",
        gettext_lazy("Tags"),
        ("tags",),
        _tags,
        lambda: Coalesce(WordedList("tags", codes.labels_of("case_tag")), Value("")),
        typed=True,
        needs=P.PERSON_VIEW,
    ),
    Column(
        "contact",
        gettext_lazy("Last contact"),
        ("last_contact_on",),
        _day("last_contact_on"),
        lambda: F("last_contact_on"),
        sort=("contacted", "id"),
        needs=P.PERSON_VIEW,
        adds={"contacted": CONTACTED},
    ),
    Column(
        "office",
        gettext_lazy("Office"),
        ("office__name",),
        _plain("office__name"),
        lambda: F("office__name"),
        typed=True,
    ),
    Column(
        "destination",
        gettext_lazy("Office of destination"),
        ("destination_office__name",),
        _plain("destination_office__name"),
        lambda: Coalesce("destination_office__name", Value("")),
        typed=True,
    ),
    Column(
        "travel",
        gettext_lazy("Can travel"),
        ("readiness__ready", "readiness__blocker", "readiness__waits_for", "lacking"),
        _travel,
        lambda: Case(
            When(readiness__ready=True, then=Value(str(_("Can travel")))),
            When(readiness__ready=False, then=Coalesce(_blocking_words(), Worded("readiness__blocker", OTHERS))),
            default=Value(""),
            output_field=TextField(),
        ),
        needs=P.CASE_MATCH,
        adds={"lacking": Subquery(_BLOCKING.values("labels")[:1])},
    ),
    Column(
        "papers",
        gettext_lazy("Documents for the journey"),
        ("readiness__papers", "readiness__expires_on"),
        _papers,
        lambda: F("readiness__papers"),
        needs=P.DOCUMENT_VIEW,
    ),
    _day_column("paper_ends", gettext_lazy("Ends too early on"), "readiness__expires_on", needs=P.DOCUMENT_VIEW),
    _day_column("registered", gettext_lazy("Registered on"), "registered_on", sort=("registered_on", "id")),
    _day_column("start", gettext_lazy("Planned start"), "planned_start"),
    _day_column("end", gettext_lazy("Planned end"), "planned_end"),
    _day_column("departed", gettext_lazy("Departed on"), "departed_on", needs=P.PERSON_VIEW),
    _day_column("arrived", gettext_lazy("Arrived on"), "arrived_on", needs=P.PERSON_VIEW),
    _day_column("returned", gettext_lazy("Returned on"), "returned_on", needs=P.PERSON_VIEW),
    Column(
        "sex",
        gettext_lazy("Sex"),
        ("person__sex",),
        lambda row: Person.Sex(row["person__sex"]).label,
        lambda: Worded("person__sex", dict(Person.Sex.choices)),
        needs=P.PERSON_VIEW,
    ),
    Column(
        "born",
        gettext_lazy("Year of birth"),
        ("person__birth_date",),
        lambda row: row["person__birth_date"].year,
        lambda: ExtractYear("person__birth_date"),
        needs=P.PERSON_VIEW,
    ),
    _day_column("birth", gettext_lazy("Date of birth"), "person__birth_date", needs=P.PERSON_VIEW, identifies=True),
    Column(
        "nationality",
        gettext_lazy("Nationality"),
        ("person__nationality",),
        _coded("person__nationality", "country"),
        lambda: Worded("person__nationality", codes.labels_of("country")),
        needs=P.PERSON_VIEW,
    ),
    Column(
        "department",
        gettext_lazy("Department"),
        ("person__subdivision",),
        _coded("person__subdivision", "subdivision"),
        lambda: Worded("person__subdivision", codes.labels_of("subdivision")),
        needs=P.PERSON_VIEW,
    ),
    Column(
        "municipality",
        gettext_lazy("Municipality"),
        ("person__municipality",),
        _plain("person__municipality"),
        lambda: F("person__municipality"),
        typed=True,
        needs=P.PERSON_VIEW,
        identifies=True,
    ),
    Column(
        "phone",
        gettext_lazy("Phone"),
        ("person__phone",),
        _plain("person__phone"),
        lambda: F("person__phone"),
        typed=True,
        needs=P.PERSON_VIEW,
        identifies=True,
    ),
    Column(
        "national_id",
        gettext_lazy("National identity number"),
        ("person__national_id",),
        _masked("person__national_id"),
        lambda: F("person__national_id"),
        typed=True,
        needs=P.PERSON_VIEW,
        identifies=True,
    ),
)
SHOWN = ("name", "programme", "since", "due", "owner")
