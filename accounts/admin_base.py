"""What every page of the configuration site shares.

Rights come from roles, not from Django's permissions. Lists never count millions of rows, nothing can be done to "all
pages", and the history of a row is read from the database's own triggers.
"""

import pghistory.models
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.roles import Permission

COUNT_EXACTLY_BELOW = 10_000
LONGEST_HISTORY = 200
EVENT_LABELS = {
    "insert": gettext_lazy("Created"),
    "update": gettext_lazy("Changed"),
    "delete": gettext_lazy("Deleted"),
}


class EstimatingPaginator(Paginator):
    """Pages of a list whose number of rows is exact only while counting is cheap.

    An unfiltered big table is taken from PostgreSQL's statistics; a filtered one is counted up to a limit.
    """

    @cached_property
    def count(self):
        """Number of rows, or a good guess at it."""
        rows = self.object_list
        if not rows.query.where:
            with connection.cursor() as cursor:
                table = rows.model._meta.db_table
                cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
                estimate = cursor.fetchone()[0]
            if estimate >= COUNT_EXACTLY_BELOW:
                return estimate
        return rows.order_by()[: COUNT_EXACTLY_BELOW + 1].count()


class _GuardedByRole:
    """Answers Django's five permission questions from the role table."""

    permission = Permission.CONFIGURE

    def has_module_permission(self, request):
        """Say whether the model appears on the first page."""
        return request.user.is_authenticated and request.user.may(self.permission)

    def has_view_permission(self, request, obj=None):
        """Say whether rows can be seen."""
        return request.user.may(self.permission)

    def has_add_permission(self, request, obj=None):
        """Say whether rows can be added."""
        return request.user.may(self.permission)

    def has_change_permission(self, request, obj=None):
        """Say whether rows can be changed."""
        return request.user.may(self.permission)

    def has_delete_permission(self, request, obj=None):
        """Say whether rows can be deleted."""
        return request.user.may(self.permission)


class ConfigurationInline(_GuardedByRole, admin.TabularInline):
    """Rows edited within the page of their parent, under the same right."""

    extra = 0


class ConfigurationAdmin(_GuardedByRole, admin.ModelAdmin):
    """One model on the configuration site. Set `permission` when another right than CONFIGURE is asked."""

    paginator = EstimatingPaginator
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    save_on_top = False
    # Tracked models whose rows are edited on the page of this one, and so have a place in its history.
    history_parts: list = []

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Offer no button that deletes the row which is only being chosen."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if hasattr(field, "widget") and hasattr(field.widget, "can_delete_related"):
            field.widget.can_delete_related = False
        return field

    def get_actions(self, request):
        """Offer the model's own actions only: rows are deleted one by one, on a page that lists what goes with them."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def response_action(self, request, queryset):
        """Refuse a deed on rows of pages that nobody has looked at."""
        if request.POST.get("select_across") == "1":
            messages.error(request, _("Choose the rows on this page one by one."))
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset)

    def history_view(self, request, object_id, extra_context=None):
        """Show, read-only, every version of a row as the database's triggers recorded it."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(name)s") % {"name": row},
            "opts": self.opts,
            "object": row,
            "module_name": str(capfirst(self.opts.verbose_name_plural)),
            "entries": history_of(row, self.history_parts),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/row_history.html", context)


def history_of(row, parts=()) -> list[dict]:
    """Return what happened to a row and to its parts, newest first.

    Each is {"at", "by", "what", "about", "changes": [{"field", "old", "new"}]}; `about` names a part, and is empty for
    the row itself. Read from the trigger-written events, so edits by SQL are in it; those have no `by`. At most 200.

    Args:
        row: a saved row of a tracked model.
        parts: tracked models that point to the row, such as those edited in tables on its page.
    """
    queries = [pghistory.models.Events.objects.tracks(row)]
    watched = [part for part in apps.get_models() if getattr(part, "pgh_tracked_model", None) in parts]
    if watched:
        queries.append(pghistory.models.Events.objects.references(row).across(*watched))
    events = [event for query in queries for event in query.order_by("-pgh_created_at", "-pgh_slug")[:LONGEST_HISTORY]]
    events.sort(key=lambda event: (event.pgh_created_at, event.pgh_slug), reverse=True)
    del events[LONGEST_HISTORY:]
    actors = {(event.pgh_context or {}).get("user") for event in events}
    names = dict(User.objects.filter(pk__in=[key for key in actors if key]).values_list("pk", "full_name"))
    return [
        {
            "at": event.pgh_created_at,
            "by": names.get((event.pgh_context or {}).get("user") or 0, ""),
            "what": EVENT_LABELS.get(event.pgh_label, event.pgh_label),
            "about": _part_in_words(event, row),
            "changes": [
                {"field": _label(event, name), "old": _in_words(old), "new": _in_words(new)}
                for name, (old, new) in (event.pgh_diff or {}).items()
                if name != "version"
            ],
        }
        for event in events
    ]


def _tracked_model(event):
    return apps.get_model(event.pgh_model).pgh_tracked_model


def _part_in_words(event, row) -> str:
    """Return what a part of `row` is and how it was called then; empty for an event of the row itself."""
    model = _tracked_model(event)
    if isinstance(row, model):
        return ""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    then = model(
        **{name: fields[name].to_python(value) for name, value in (event.pgh_data or {}).items() if name in fields}
    )
    if model._meta.auto_created:
        # A choice among many: the row at its other end says what was chosen.
        ends = [field for field in model._meta.fields if field.is_relation and not isinstance(row, field.related_model)]
        chosen = ends[0].related_model._base_manager.filter(pk=getattr(then, ends[0].attname)).first()
        return f"{capfirst(ends[0].related_model._meta.verbose_name)}: {chosen or '–'}"
    for field in model._meta.fields:
        if field.is_relation and isinstance(row, field.related_model):
            setattr(then, field.name, row)
    return f"{capfirst(model._meta.verbose_name)}: {then}"


def _in_words(value):
    if isinstance(value, dict):
        return " · ".join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return value


def _label(event, column):
    try:
        return capfirst(_tracked_model(event)._meta.get_field(column.removesuffix("_id")).verbose_name)
    except FieldDoesNotExist:
        return column
