"""The one door through which a row may change the person it is about: a merge, or its being undone."""

from django.db import migrations

# The transaction names its merge (set_config('iomcase.merge', …)); the merge's own row says which two records it joins,
# and whether it is being made or undone. PL/pgSQL, because the table is read when it is called and comes later.
MERGING = """
CREATE FUNCTION iomcase_merging(before bigint, after bigint) RETURNS boolean
LANGUAGE plpgsql STABLE AS $merging$
BEGIN
    RETURN EXISTS (
        SELECT FROM programmes_merge m
        WHERE m.id = nullif(current_setting('iomcase.merge', true), '')::bigint
          AND CASE WHEN m.undone_at IS NULL
              THEN m.absorbed_id = before AND m.survivor_id = after
              ELSE m.survivor_id = before AND m.absorbed_id = after END
    );
END
$merging$;
"""


class Migration(migrations.Migration):
    dependencies = [("programmes", "0006_names_in_full_and_their_words")]
    operations = [migrations.RunSQL(MERGING, "DROP FUNCTION iomcase_merging(bigint, bigint)")]
