"""Make the first administrator of a new installation."""

import datetime

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import invitations
from accounts.managers import fold_email
from accounts.models import Membership, Office, User
from accounts.roles import Role


class Command(BaseCommand):
    """`create_administrator --email … --name … --country GTM`: prints the link by which a password is chosen."""

    help = "Create the first administrator and print the one-time link by which they choose a password."

    def add_arguments(self, parser):
        """Declare the options."""
        parser.add_argument("--email", required=True, help="Address the administrator signs in with.")
        parser.add_argument("--name", default="", help="Full name; the address is used when left out.")
        parser.add_argument("--office", default="HQ", help="Code of the office; made when it does not exist.")
        parser.add_argument("--country", default="GTM", help="Country of a new office, ISO 3166 alpha-3.")
        parser.add_argument("--time-zone", default="America/Guatemala", help="Time zone of a new office.")

    @transaction.atomic
    def handle(self, *args, **options):
        """Create office, user and membership.

        Refuses when a working administrator exists already: later ones are made in the configuration site, where the
        deed is recorded with who did it.
        """
        today = datetime.datetime.now(tz=datetime.UTC).date()
        seats = Membership.objects.current(today).filter(role=Role.ADMINISTRATOR, user__is_active=True)
        if any(seat.user.has_usable_password() for seat in seats.select_related("user")):
            raise CommandError("There is an administrator already. Further ones are made in the configuration site.")
        office = Office.objects.filter(code=options["office"]).first()
        try:
            if office is None:
                office = Office(
                    code=options["office"],
                    name=options["office"],
                    kind=Office.Kind.MISSION,
                    country=options["country"].upper(),
                    time_zone=options["time_zone"],
                )
                office.full_clean()
                office.save()
            user = User.objects.filter(email=fold_email(options["email"])).first()
            if user is None:
                user = User(email=options["email"], full_name=options["name"] or options["email"])
                user.time_zone = office.time_zone
                user.set_unusable_password()
                user.full_clean()
                user.save()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        Membership.objects.get_or_create(
            user=user, office=office, role=Role.ADMINISTRATOR, defaults={"valid_from": office.today()}
        )
        self.stdout.write(f"Open this link within 24 hours and choose a password:\n{invitations.link_for(user)}")
