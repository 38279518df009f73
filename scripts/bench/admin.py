"""The stock Django admin over people and cases, as its documentation shows it; open to whoever is signed in.

Run under gunicorn with `scripts.bench.admin_settings`, by `make bench` alone.
"""

from typing import Any

from django.contrib import admin
from django.core.wsgi import get_wsgi_application
from django.urls import path

application = get_wsgi_application()

from programmes.models import CaseEvent, Enrolment, Person, Placement, Step  # noqa: E402 models need the applications


class _Open:
    """Who may do what is not compared here."""

    def has_module_permission(self, request: Any) -> bool:
        return True

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return True

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return True


class _Inline(_Open, admin.TabularInline):
    extra = 0


class StepInline(_Inline):
    """The steps of a case."""

    model = Step
    raw_id_fields = ["done_by", "requirement"]


class PlacementInline(_Inline):
    """The placements of a case."""

    model = Placement
    raw_id_fields = ["person", "position"]


class CaseEventInline(_Inline):
    """The diary of a case."""

    model = CaseEvent
    raw_id_fields = ["by", "person"]


class EnrolmentAdmin(_Open, admin.ModelAdmin):
    """Cases."""

    list_display = ["number", "person", "programme", "season", "office", "status", "next_due_on", "owner"]
    list_filter = ["status", "is_open", "office", "programme"]
    search_fields = ["number", "person__given_names", "person__first_surname", "person__second_surname"]
    ordering = ["next_due_on", "id"]
    list_per_page = 25
    raw_id_fields = ["person", "previous", "owner"]
    inlines = [StepInline, PlacementInline, CaseEventInline]


class PersonAdmin(_Open, admin.ModelAdmin):
    """People."""

    list_display = ["given_names", "first_surname", "second_surname", "birth_date", "national_id", "office"]
    list_filter = ["office", "sex", "nationality"]
    search_fields = ["given_names", "first_surname", "second_surname", "national_id"]
    list_per_page = 25


class OpenSite(admin.AdminSite):
    """A site without the question who comes in."""

    def has_permission(self, request: Any) -> bool:
        """Let everybody in who has a session."""
        return request.user.is_authenticated


site = OpenSite("stock")
site.register(Enrolment, EnrolmentAdmin)
site.register(Person, PersonAdmin)
urlpatterns = [path("stock/", site.urls)]
