"""Two people changed the same record: what stood in the form, and what stands in the record by now."""

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext as _


def conflict_of(form) -> dict | None:
    """Both versions for components/conflict.html, field by field; None when the form was not stale.

    `form.record` is already read afresh. Who saved first, and when, is told by the row history.
    """
    record = form.record
    if not getattr(form, "stale", False) or record is None:
        return None
    rows = []
    for bound in form.visible_fields():
        if not hasattr(record, bound.name):
            continue
        theirs = getattr(record, bound.name)
        if hasattr(theirs, "all"):
            theirs = list(theirs.all())
        mine = form.cleaned_data.get(bound.name, bound.data)
        shown = _in_words(bound.field, mine), _in_words(bound.field, theirs)
        rows.append({"label": bound.label, "mine": shown[0], "theirs": shown[1], "changed": shown[0] != shown[1]})
    by, at = _last_change(record)
    return {"rows": rows, "by": by, "at": at, "reload": ""}


def _in_words(field, value) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, str):
        return str(dict(getattr(field, "choices", None) or []).get(value, value))
    if hasattr(value, "__iter__"):
        values = [_in_words(field, one) for one in value]
        return ", ".join(values)
    return str(value)


def _last_change(record):
    """Who changed the record last, and when, from its row history; now and nobody when it keeps none."""
    events = getattr(record, "events", None)
    last = None
    if events is not None:
        last = events.order_by("-pgh_id").values("pgh_created_at", "pgh_context__metadata").first()
    if last is None:
        return "", timezone.now()
    user = (last["pgh_context__metadata"] or {}).get("user")
    found = get_user_model().objects.filter(pk=user).first() if user else None
    return (found.full_name if found else ""), last["pgh_created_at"]
