"""Template filters of the rulebook; built in to every template."""

from django import template

from programmes.base.rulebook import codes
from programmes.base.rulebook.models import translated

register = template.Library()


@register.filter
def code(value: str, name: str) -> str:
    """The label of a code in a list: `{{ "passport"|code:"document" }}`."""
    return codes.label(name, value)


@register.filter
def in_language(labels: dict, fallback: str = "") -> str:
    """The text of an object of languages in the reader's: `{{ row.names|in_language:row.code }}`."""
    return translated(labels, fallback)
