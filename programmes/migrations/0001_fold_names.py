"""The function by which names are compared must exist before the first table that uses it."""

from django.db import migrations

FOLD = r"""
CREATE FUNCTION iomcase_fold(VARIADIC parts text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $fold$
    SELECT trim(regexp_replace(
        lower(regexp_replace(normalize(array_to_string(parts, ' '), NFD), '[\u0300-\u036f\u200c\u200d\u0640]', '', 'g')),
        '[[:space:][:punct:]\u2018\u2019\u02bc\u2010-\u2015\u00b7]+', ' ', 'g'))
$fold$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: list = []
    operations = [migrations.RunSQL(FOLD, "DROP FUNCTION iomcase_fold(VARIADIC text[])")]
