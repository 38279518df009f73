"""`manage.py load_rulebook`: add the code lists, programmes and letters that come with iomcase."""

from typing import Any

from django.core.management.base import BaseCommand

from programmes.base.papers import shipped as letters
from programmes.base.rulebook import shipped


class Command(BaseCommand):
    """Add what is missing; what was edited stays as it is."""

    help = "Adds the code lists, programmes and letters that come with iomcase. What exists is never changed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say how much is new."""
        new = shipped.load()
        new_letters = letters.load()
        if options["verbosity"]:
            self.stdout.write(f"{new['codes']} codes, {new['programmes']} programmes and {new_letters} letters added.")
