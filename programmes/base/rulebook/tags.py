"""Template filters of the rulebook; built in to every template."""

from django import template

from programmes.base.rulebook import codes
from programmes.base.rulebook.models import translated

register = template.Library()


@register.filter
def by_entry(lines) -> list:
    """The lines of a catalogue's table in its order, those of one entry together; `is_first` marks where one begins.

    A rule's values come first, oldest first, then its empty line. The form that scripts copy is left out.
    """
    filled = [line for line in lines if line.form.entry is not None]
    order = {key: place for place, key in enumerate(filled[0].form.catalogue)} if filled else {}
    filled.sort(key=lambda line: order[line.form.instance.key])
    before = None
    for line in filled:
        line.is_first = line.form.instance.key != before
        before = line.form.instance.key
    return filled


@register.filter
def code(value: str, name: str) -> str:
    """The label of a code in a list: `{{ "passport"|code:"document" }}`."""
    return codes.label(name, value)


@register.filter
def in_language(labels: dict, fallback: str = "") -> str:
    """The text of an object of languages in the reader's: `{{ row.names|in_language:row.code }}`."""
    return translated(labels, fallback)
