"""After the secret key was changed: seal the secrets of second factors with the new key."""

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.adapter import SealedSecretsAdapter

SEALED = ("secret", "seed")


class Command(BaseCommand):
    """`reseal_factors`: run once after rotating `SECRET_KEY`, while the old one is in `SECRET_KEY_FALLBACKS`."""

    help = "Seal the secrets of all second factors with the newest SECRET_KEY, so that older ones can be removed."

    @transaction.atomic
    def handle(self, *args, **options):
        """Open each secret with whichever key fits and seal it anew. Nothing is changed when one cannot be opened."""
        adapter, count = SealedSecretsAdapter(), 0
        factors = Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN)
        for factor in factors.order_by("pk"):
            for name in SEALED:
                if name in factor.data:
                    factor.data[name] = adapter.encrypt(adapter.decrypt(factor.data[name]))
            factor.save(update_fields=["data"])
            count += 1
        self.stdout.write(f"{count} second factors are sealed with the newest key.")
