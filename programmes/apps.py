"""The one domain application."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Rooms whose guards, diary sentences and letter sources must be known before the first move is judged.
SPEAKING_ROOMS = (
    "programmes.base.papers.diary",
    "programmes.journey.people.diary",
    "programmes.journey.people.duplicates.diary",
    "programmes.journey.employers.guards",
    "programmes.journey.demand.guards",
    "programmes.journey.demand.reminders",
    "programmes.journey.enrolment.guards",
    "programmes.journey.enrolment.reminders",
    "programmes.journey.enrolment.contacting",
    "programmes.journey.enrolment.imports",
    "programmes.journey.selection.guards",
    "programmes.journey.departure.guards",
    "programmes.journey.departure.held",
    "programmes.journey.departure.letter_kinds",
    "programmes.journey.departure.training.guards",
    "programmes.journey.departure.travel.guards",
    "programmes.journey.placement.guards",
    "programmes.journey.returns.guards",
    "programmes.journey.recall.guards",
    "programmes.journey.reintegration.guards",
    "programmes.desk.casefile.guards",
    # Lists and what can be done with many rows at once.
    "programmes.base.lists.kinds",
    "programmes.journey.people.peoplelist",
    "programmes.journey.departure.travel.listing",
    "programmes.desk.worklist.caselist",
    "programmes.desk.bulk.kinds",
    "programmes.desk.bulk.preparing",
    "programmes.desk.readiness.filters",
)


class ProgrammesConfig(AppConfig):
    """Programmes and the cases in them."""

    name = "programmes"
    verbose_name = _("Programmes")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """Let every room register its guards and sentences."""
        for room in SPEAKING_ROOMS:
            import_module(room)
        # Needs every model, so it cannot be said in the models themselves.
        import_module("programmes.journey.people.duplicates.relations").guard_against_merged_persons()
