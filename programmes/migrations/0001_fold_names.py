"""The functions by which names are compared and rows change hands: before the first table that uses them."""

from django.db import migrations

FOLD = r"""
CREATE FUNCTION iomcase_fold(VARIADIC parts text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $fold$
    SELECT trim(regexp_replace(
        lower(regexp_replace(normalize(array_to_string(parts, ' '), NFD), '[\u0300-\u036f\u200c\u200d\u0640]', '', 'g')),
        '[[:space:][:punct:]\u2018\u2019\u02bc\u2010-\u2015\u00b7]+', ' ', 'g'))
$fold$;
"""

# Names in the letters of Spanish, English and Portuguese take the first way, at a third of the time; all others are
# folded. Letters that do not come apart into a base letter and an accent are replaced by hand; vowel signs of Arabic
# are left out. A word with an apostrophe inside stands in its parts and in one piece (Tz'oc: tz, oc, tzoc), one with ç
# also with the s it sounds like, because neither outlives the fold. Sorted, so that equal names have equal words. The schema is named, because a backup
# is read back with an empty search path.
TOKENS = r"""
CREATE FUNCTION iomcase_tokens(VARIADIC parts text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $tokens$
DECLARE
    written text := array_to_string(parts, ' ');
    words text := translate(lower(written), 'áéíóúüñàèìòùâêîôûäëïöãõ-.,', 'aeiouunaeiouaeiouaeioao   ');
BEGIN
    IF words !~ '^[a-z0-9 ]*$' THEN
        written := normalize(written, NFC);
        words := public.iomcase_fold(written);
        IF written ~ '[çÇ''´`’‘ʼʻ]' THEN
            words := words || ' ' || public.iomcase_fold(regexp_replace(
                translate(written, 'çÇ', 'ss'), '([[:alpha:]])[''´`’‘ʼʻ](?=[[:alpha:]])', '\1', 'g'));
        END IF;
        words := regexp_replace(translate(words, 'łøđħıþð´`ʻ', 'lodhitd   '), '[\u064b-\u065f\u0670]', '', 'g');
        words := replace(replace(replace(words, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe');
    END IF;
    RETURN ARRAY(
        SELECT DISTINCT word COLLATE "C" FROM unnest(string_to_array(words, ' ')) word WHERE word <> '' ORDER BY 1
    );
END
$tokens$;
"""

# Capitals stand for sounds that later rules must leave alone: C is ch. The order of the rules is the point: qu
# becomes k and never c, which would be soft before e and i; the u of que and gui is gone before vowels are looked at.
SOUND = r"""
CREATE FUNCTION iomcase_sound(word text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $sound$
DECLARE
    w text := replace(public.iomcase_fold(word), ' ', '');
BEGIN
    w := replace(w, 'ph', 'f');                              -- Sophia, Sofía
    w := regexp_replace(w, '[ckz]h', 'C', 'g');              -- Choc is not Coc
    w := replace(replace(w, 'sh', 's'), 'th', 't');          -- Shirley, Yaneth
    w := replace(w, 'h', '');                                -- Hernández, Ernández, Jhon
    w := regexp_replace(w, 'q(u(?=[ei]))?', 'k', 'g');       -- Quiñónez, Ixquic
    w := regexp_replace(w, 'gu?(?=[ei])', 'j', 'g');         -- Giménez; Guerra, Gerra
    w := regexp_replace(w, 'lly$', 'li');                    -- Kelly
    w := regexp_replace(w, 'll(?=i[aeou])', 'l', 'g');       -- William
    w := regexp_replace(w, 'll(?=[aeiou])', 'y', 'g');       -- Castillo, Castiyo
    w := regexp_replace(w, 'y(?![aeiou])', 'i', 'g');        -- Heidy, Ysabel
    w := regexp_replace(w, '^i(?=[aeou])', 'y');             -- Iolanda
    w := regexp_replace(w, '([aeiou])i(?=[aeo])', '\1y', 'g');  -- Aiala
    w := regexp_replace(w, 'x(?![aeiou]|$)', 's', 'g');      -- Ixcot, Calixto
    w := regexp_replace(w, '^x(?=o|u|io)', 's');             -- Xol, Xiomara
    w := regexp_replace(w, '^x', 'j');                       -- Ximénez
    w := regexp_replace(w, '([ei])x$', '\1s');               -- Félix, Beatrix
    w := regexp_replace(w, 'x$', 'j');                       -- Cux, Cuj
    w := replace(w, 'x', 's');                               -- Roxana
    w := regexp_replace(w, 's?c(?=[ei])', 's', 'g');         -- García, Ascencio
    w := translate(w, 'czvw', 'ksbb');                       -- Cac and Kak, Vásquez and Básquez
    w := regexp_replace(w, 'ks', 's', 'g');                  -- Alecsis, Alexis
    w := regexp_replace(w, 'm(?=[bpf]|$)', 'n', 'g');        -- Zanbrano; Wilian
    w := regexp_replace(w, '(.)\1+', '\1', 'g');             -- Guera, Caal
    RETURN CASE WHEN w = '' THEN word ELSE w END;
END
$sound$;
"""

# Two words are at most one letter apart (one more, one less, another one, two neighbours changed about) only if these
# sets share a member; the converse is judged afterwards. Forty letters are enough to tell words apart.
SLIPS = r"""
CREATE FUNCTION iomcase_slips(word text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $slips$
    SELECT ARRAY(
        SELECT DISTINCT slip COLLATE "C" FROM (
            SELECT left(word, 40) AS slip
            UNION ALL
            SELECT left(word, n - 1) || substr(left(word, 40), n + 1)
            FROM generate_series(1, least(length(word), 40)) n
        ) slips WHERE slip <> '' ORDER BY 1
    )
$slips$;
"""

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
    initial = True
    dependencies: list = []
    operations = [
        migrations.RunSQL(FOLD, "DROP FUNCTION iomcase_fold(VARIADIC text[])"),
        migrations.RunSQL(TOKENS, "DROP FUNCTION iomcase_tokens(VARIADIC text[])"),
        migrations.RunSQL(SOUND, "DROP FUNCTION iomcase_sound(text)"),
        migrations.RunSQL(SLIPS, "DROP FUNCTION iomcase_slips(text)"),
        migrations.RunSQL(MERGING, "DROP FUNCTION iomcase_merging(bigint, bigint)"),
    ]
