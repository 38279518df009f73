"""`manage.py seed`: believable demo data."""

import time
from argparse import ArgumentParser
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from programmes.journey.people.models import Person
from programmes.management.seeding import seed
from programmes.management.seeding.scale import multiply

# Beyond this a detailed population is multiplied inside PostgreSQL.
LARGEST_IN_DETAIL = 20_000


class Command(BaseCommand):
    """Only for demonstration and tests: the demo users' password is public."""

    help = "Adds demo data: offices, users, employers, people and their cases. The same numbers give the same data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many, which, and as of which day."""
        parser.add_argument("--people", type=int, default=300, help="how many workers (default 300)")
        parser.add_argument("--seed", type=int, default=1, help="another number gives other data (default 1)")
        parser.add_argument("--today", type=date.fromisoformat, help="the day the data are made for (default: today)")
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are people already")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse in production, else generate and say how long it took."""
        if settings.PRODUCTION:
            raise CommandError("Demo data are never added in production: everybody knows the demo users' password.")
        if options["people"] < 1:
            raise CommandError("Give at least one person.")
        if options["if_empty"] and Person.objects.exists():
            return
        began = time.monotonic()
        # The day begins in the west, where most of the offices are; nothing may have happened later than now.
        today = options["today"] or datetime.now(ZoneInfo("America/Guatemala")).date()
        if options["people"] > LARGEST_IN_DETAIL:
            if Person.objects.exists():
                raise CommandError("So many people can only be added to a database without people.")
            say = self.stdout.write if options["verbosity"] > 1 else lambda words: None
            counts = multiply.generate(people=options["people"], seed_number=options["seed"], today=today, say=say)
        else:
            counts = seed.generate(people=options["people"], seed=options["seed"], today=today)
        seed.analyse()
        if options["verbosity"]:
            self.stdout.write(
                f"{counts['Person']} people, {counts['Enrolment']} cases, {sum(counts.values())} rows"
                f" in {time.monotonic() - began:.1f} seconds."
            )
