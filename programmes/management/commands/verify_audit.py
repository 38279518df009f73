"""`manage.py verify_audit [--head …]`: whether the diary and the row history are as they were sealed."""

from django.core.management.base import BaseCommand, CommandError

from programmes.base.audit import seals


class Command(BaseCommand):
    """Read every sealed row again and go along the chain."""

    help = "Check that nobody changed the diary or the row history. Ends with an error when somebody did."

    def add_arguments(self, parser):
        """The end of the chain as the last letter to auditors gave it."""
        parser.add_argument("--head", default="", help="the end of the chain as a letter gave it")

    def handle(self, *args, **options):
        """Print what is broken, or how far the chain reaches."""
        found = 0
        for words in seals.broken(options["head"]):
            found += 1
            self.stderr.write(words)
        if found:
            raise CommandError(f"{found} places are not as they were sealed.")
        last = seals.head()
        self.stdout.write(f"As sealed. {last.pk if last else 0} links; the chain ends with {last.mac if last else '-'}")
