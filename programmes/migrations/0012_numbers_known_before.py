"""Numbers that were kept as columns of people become identity documents too, with their check."""

from django.db import migrations

from programmes.journey.people.rules import checksum_ok

BLOCK = 2000


def make_known(apps, schema_editor):
    """One identity document for each main number. Harmless twice; a number that is known already stays as it is."""
    people = apps.get_model("programmes", "Person").objects.exclude(national_id="").filter(merged_into__isnull=True)
    identity = apps.get_model("programmes", "Identity")
    rows = []
    for row in people.values("pk", "nationality", "national_id", "created_at").iterator(BLOCK):
        rows.append(
            identity(
                person_id=row["pk"],
                kind="national_id",
                country=row["nationality"],
                number=row["national_id"],
                checksum_ok=checksum_ok("national_id", row["nationality"], row["national_id"]),
                created_at=row["created_at"],
            )
        )
        if len(rows) >= BLOCK:
            identity.objects.bulk_create(rows, ignore_conflicts=True)
            rows = []
    identity.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("programmes", "0011_people_by_place")]
    operations = [migrations.RunPython(make_known, migrations.RunPython.noop, elidable=True)]
