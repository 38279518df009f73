"""Template tags of the whole site. They are built in: no template loads them.

Icons and tones:  {% icon "clock" %} · {% tone_tag "waiting" _("With the consulate") %} · {% status_tag case %}
Days and times:   {% due day %} · {% when day %} · {% ago moment %} · {{ day|day }} · {{ day|heading_day }}
People:           {% person_name person %} · {% initials name %}
Numbers:          {{ n|number }} · {{ part|share }} · {% bar 3 8 %} · {% tick 4 7 %}
Links:            {% qs page=2 %} keeps the other parameters of the address · {% sort_head … %}
"""

import datetime as dt
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.template.defaulttags import querystring
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from programmes.base.common import wording
from programmes.base.common.markup import escaped, markup

register = template.Library()

# The five tones and the icon that says the same without colour.
TONES = {"neutral": "open", "active": "half", "waiting": "clock", "done": "done", "problem": "warn"}
NOT_NEEDED = "dash"
BAR_WIDTH = 200
TICK_WIDTH = 56

register.simple_tag(querystring, takes_context=True, name="qs")
register.filter("day", lambda value: wording.short_day(value) if value else "")
register.filter("full_day", lambda value: wording.full_day(value) if value else "")
register.filter("heading_day", lambda value: wording.heading_day(value) if value else "")
register.filter("relative_day", lambda value: wording.relative_day(value) if value else "")
register.filter("clock", lambda value: wording.clock(value) if value else "")
register.filter("is_today", lambda value: wording.as_day(value) == timezone.localdate())
register.filter("span_of_days", wording.span)
register.filter("number", lambda value: wording.number(value) if value not in (None, "") else "")
register.filter("share", lambda value: wording.share(value) if value not in (None, "") else "")
register.filter("money", lambda value, currency: wording.money(value, currency) if value is not None else "")
register.filter("and_list", wording.and_list)
register.filter("who_has_it", wording.who_has_it)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon of the sprite; without a label it is hidden from screen readers (words stand beside it)."""
    if label:
        return markup('<svg class="i" role="img" aria-label="{}">{}</svg>', label, _use(name))
    return _drawing(name)


@cache
def _drawing(name: str) -> SafeString:
    # Asked for a hundred times on a page, and the same as long as the process lives.
    return markup('<svg class="i" aria-hidden="true">{}</svg>', _use(name))


@cache
def _use(name: str) -> SafeString:
    return markup('<use href="{}#{}"/>', static("vendor/bootstrap-icons/icons.svg"), name)


@register.simple_tag
def tone_tag(tone: str, label: str, filled: bool = False, icon_name: str = "") -> SafeString:
    """Show a state as icon, word and colour.

    `tone` is one of neutral, active, waiting, done, problem, or "dash" for a neutral "not needed". `filled` gives
    it a background, for a tag that stands alone. `icon_name` replaces the tone's icon.
    """
    drawing = icon_name or (NOT_NEEDED if tone == NOT_NEEDED else TONES.get(tone, "open"))
    shown = tone if tone in TONES else "neutral"
    return _tag(shown, bool(filled), drawing, escaped(label))


@lru_cache(maxsize=2000)
def _tag(tone: str, filled: bool, drawing: str, label: str) -> SafeString:
    # A list shows the same few states again and again. The label is HTML already.
    more = " filled" if filled else ""
    return markup('<span class="tag t-{}{}">{}{}</span>', tone, more, icon(drawing), SafeString(label))


@register.simple_tag
def status_tag(record: Any, filled: bool = False) -> SafeString:
    """Show the state of a record: its `get_status_display()` in the tone of its `status_tone`."""
    return tone_tag(record.status_tone, record.get_status_display(), filled)


@register.simple_tag
def due(value: dt.date | dt.datetime | None, late: bool | None = None) -> SafeString:
    """Show a due day as a block for the margin: short day over relative words, marked when it is past.

    `late=False` keeps a past day unmarked (the thing is done); None judges by the reader's today.
    """
    if not value:
        return mark_safe("")
    day, today = wording.as_day(value), timezone.localdate()
    return _due_block(day, day < today if late is None else bool(late), today, get_language())


@lru_cache(maxsize=2000)
def _due_block(day: dt.date, is_late: bool, today: dt.date, language: str | None) -> SafeString:
    # Kept, because a list shows the same few days again and again: in this language, seen from this day.
    return markup(
        '<time class="due{}" datetime="{}" title="{}"><b>{}</b> <span>{}</span></time>',
        " is-late" if is_late else "",
        day.isoformat(),
        wording.full_day(day),
        wording.short_day(day),
        wording.relative_day(day, today),
    )


@register.simple_tag
def when(value: dt.date | dt.datetime | None, late: bool | None = False) -> SafeString:
    """Show a day in a line: "16 mar · en 4 días". `late=None` marks it when it is past, True always."""
    if not value:
        return mark_safe("")
    day, today = wording.as_day(value), timezone.localdate()
    return _when_line(day, day < today if late is None else bool(late), today, get_language())


@lru_cache(maxsize=2000)
def _when_line(day: dt.date, is_late: bool, today: dt.date, language: str | None) -> SafeString:
    return markup(
        '<time class="nw{}" datetime="{}" title="{}">{} · {}</time>',
        " late" if is_late else "",
        day.isoformat(),
        wording.full_day(day),
        wording.short_day(day),
        wording.relative_day(day, today),
    )


@register.simple_tag
def ago(value: dt.datetime | None) -> SafeString:
    """Show a past moment in relative words, with the whole date and time as its title."""
    if not value:
        return mark_safe("")
    return markup(
        '<time class="nw" datetime="{}" title="{}, {}">{}</time>',
        value.isoformat(timespec="seconds"),
        wording.full_day(value),
        wording.clock(value),
        wording.relative_moment(value),
    )


@register.simple_tag
def person_name(person: Any) -> SafeString:
    """Show a name as its owner writes it: never translated, never re-ordered by a neighbour's direction."""
    name = person if isinstance(person, str) else getattr(person, "full_name", None) or str(person)
    return markup('<bdi translate="no">{}</bdi>', name)


@register.simple_tag
def initials(name: Any) -> str:
    """Return the two letters that stand for a person beside the name."""
    own = getattr(name, "initials", "")
    return str(own) if own else wording.initials_of(str(getattr(name, "full_name", "") or name))


def _share_of(value: int | float | Decimal, whole: int | float | Decimal, width: int) -> str:
    """Return a length for an SVG attribute: the share of `whole` on `width`, kept inside it, point as decimal."""
    part = 0.0 if not whole else min(max(float(value) / float(whole), 0.0), 1.0)
    return f"{part * width:.1f}"


@register.simple_tag
def bar(
    value: int | float | Decimal,
    whole: int | float | Decimal,
    tone: str = "accent",
    mark: int | float | Decimal | None = None,
    label: str = "",
) -> SafeString:
    """Draw a horizontal bar of `value` out of `whole`; `mark` sets an ink line, such as the last period's value.

    `tone` is accent, done, waiting, problem or edge. The number stands beside the bar in words, so the drawing is
    hidden from screen readers unless a `label` says what no text does.
    """
    line = (
        markup('<rect class="b-mark" x="{}" width="2" height="10"/>', _share_of(mark, whole, BAR_WIDTH - 2))
        if mark is not None
        else ""
    )
    said = markup('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return markup(
        '<svg class="bar" viewBox="0 0 {} 10" preserveAspectRatio="none" {}>'
        '<rect class="b-rest" width="{}" height="10"/><rect class="b-{}" y="1" width="{}" height="8"/>{}</svg>',
        BAR_WIDTH,
        said,
        BAR_WIDTH,
        tone,
        _share_of(value, whole, BAR_WIDTH),
        line,
    )


@register.simple_tag
def seats(*counts_and_tones: Any, label: str = "") -> SafeString:
    """Draw one box for each seat: {% seats 3 "done" 2 "waiting" 1 "accent" 2 "free" label=… %}."""
    pairs = zip(counts_and_tones[::2], counts_and_tones[1::2], strict=True)
    boxes = [tone for count, tone in pairs for _ in range(count)]
    each = 48
    drawn = format_html_join(
        "", '<rect class="b-{}" x="{}" y="1" width="46" height="12"/>', ((t, n * each + 1) for n, t in enumerate(boxes))
    )
    return markup(
        '<svg class="bar" viewBox="0 0 {} 14" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        max(len(boxes), 1) * each,
        label,
        drawn,
    )


@register.simple_tag
def tick(done: int, total: int) -> SafeString:
    """Draw one small box for each required thing, filled for those that are done."""
    if total < 1:
        return mark_safe("")
    each = TICK_WIDTH / total
    boxes = format_html_join(
        "",
        '<rect class="b-{}" x="{}" width="{}" height="6"/>',
        (("accent" if n < done else "rest", f"{n * each:.1f}", f"{each * 0.8:.1f}") for n in range(total)),
    )
    return markup('<svg class="bar tick" viewBox="0 0 {} 6" aria-hidden="true">{}</svg>', TICK_WIDTH, boxes)


@register.simple_tag(takes_context=True)
def sort_head(context: Context, key: str, label: str, current: str = "", number: bool = False) -> SafeString:
    """Write the head cell of a column that sorts the list by `?sort=key`, or `-key` the other way.

    `current` is the sort in force; the cell carries `aria-sort` and an arrow when it is this column.
    """
    direction = "ascending" if current == key else "descending" if current == f"-{key}" else ""
    arrow = {"ascending": " ↑", "descending": " ↓", "": ""}[direction]
    link = querystring(context, sort=f"-{key}" if direction == "ascending" else key, page=None, after=None)
    return markup(
        '<th role="columnheader"{}{}><a href="{}">{}{}</a></th>',
        mark_safe(' class="num"') if number else "",
        markup(' aria-sort="{}"', direction) if direction else "",
        link,
        label,
        arrow,
    )


@register.filter
def error_target(field: BoundField) -> str:
    """Return the id of the control an error about this field leads to: of several boxes the one that is wrong."""
    box_for = getattr(field.field.widget, "box_for", None)
    if box_for:
        faults = field.form.errors.as_data().get(field.name, [])
        return f"{field.auto_id}_{box_for(faults[0].code if faults else '')}"
    return field.id_for_label or f"{field.auto_id}_0"


@register.filter
def refusals(form: BaseForm) -> list[tuple[str, str]]:
    """List what a refused form complains of, as address and words: its fields in their order, then what is missing.

    Errors of the whole form stand over this list; errors of hidden fields are said there too, in better words.
    """
    lines = [
        (f"#{error_target(field)}", f"{field.label}: {error}")
        for field in form
        for error in field.errors
        if not field.is_hidden
    ]
    return lines + [(item.href, item.label) for item in getattr(form, "missing", None) or []]


@register.simple_tag(takes_context=True)
def error_prefix(context: Context) -> str:
    """Return "Error: " for the page title when `form` or one of `forms` was refused, so that the tab says it first."""
    forms = [context.get("form"), *(context.get("forms") or [])]
    refused = any(getattr(form, "is_bound", False) and form.errors for form in forms if form)
    return gettext("Error:") + " " if refused else ""


@register.filter
def allowed(permission: str, user: Any) -> bool:
    """Say whether the user holds a right, for links that lead to pages asking for it: `"case_edit"|allowed:user`."""
    return bool(user.is_authenticated and user.may(permission))
