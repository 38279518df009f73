"""The words of names: folded, heard, misspelt; and the dictionary that holds them."""

import re
import threading
import unicodedata

import pytest
from django.apps import apps as django_apps
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from programmes.journey.people.dictionary import NameToken, like, tidy
from programmes.models import Person
from tests.factories.people import PersonFactory


def ask(function, *words):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({', '.join(['%s::text'] * len(words))})", words)
        return cursor.fetchone()[0]


SOUND_THE_SAME = """
    Vásquez Básquez · Hernández Ernandes · González Gonsales · Jiménez Giménez · Guerra Gerra · Cux Cuj · Zoila Soyla
    Quiñónez Kiñones · Quiñónez Quinones · Castillo Castiyo · Ximénez Jiménez · Xavier Javier · Wilson Vilson
    William Wiliam · Wilian William · Heidy Heidi · Kelly Keli · Sophia Sofía · Yaneth Yanet · Shirley Sirley
    Ixquic Ixkik · Batz Vats · Caal Cal · Caal Kaal · Coc Kok · Sac Zac · Xol Sol · Quiej Kiej · Tzoc Tsoc · Tax Taj
    Félix Felis · Beatriz Beatrix · Alexis Aleksis · Roxana Rosana · Xiomara Siomara · Zambrano Sanbrano
    Iolanda Yolanda · Ysabel Isabel · Irma Yrma · Jhon Jon · Cecilia Sesilia · Ascencio Asencio · Mejía Megía
    Bá Vá · Chávez Chabes · Walter Valter · Zúñiga Suniga · Ulcué Hulcué · Echeverría Hecheberia · Villa Biya
    Guillermo Gillermo · Miguel Migel · Peralta Peralta · Llamas Yamas · Maya Maia · Cúmez Cumes · Ajsivinac Ajsibinac
"""
SOUND_DIFFERENT = """
    Choc Coc · Hernández Fernández · Juan Juana · Luis Luisa · Choc Chocué · Martín Martínez · Cruz Cruces · Peña Piña
    Pop Pap · Tiul Tul · Chub Cub · Mario María · Gómez Gámez · López Lobes · Tzul Sul · Sánchez Sancez · Caal Cul
    Ramos Ramas · Pac Chac · Tut Tum · Coyoy Coy · Pérez Paredes · Bal Cal · Jorge Gorge · Cúmez Gómez · Rosa Rosario
    Guerra Garra · Mux Mus · Batz Baz
"""


def pairs(table):
    return [tuple(pair.split()) for pair in re.split(r"·|\n", table) if pair.strip()]


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other"), pairs(SOUND_THE_SAME))
def test_words_that_sound_the_same_have_one_sound(one, other):
    assert ask("iomcase_sound", one) == ask("iomcase_sound", other)


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other"), pairs(SOUND_DIFFERENT))
def test_words_that_sound_different_have_two(one, other):
    assert ask("iomcase_sound", one) != ask("iomcase_sound", other)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("María José NÚÑEZ", ["jose", "maria", "nunez"]),
        ("López de la Cruz López", ["cruz", "de", "la", "lopez"]),
        ("Tz'oc", ["oc", "tz", "tzoc"]),
        ("Q’anil", ["anil", "q", "qanil"]),
        ("Gonçalves", ["goncalves", "gonsalves"]),
        ("Gonc\u0327alves", ["goncalves", "gonsalves"]),
        ("O’Brien-Łukasz", ["brien", "lukasz", "o", "obrien"]),
        ("Groß Ægir", ["aegir", "gross"]),
        ("مُحَمَّد", ["محمد"]),
        ("陳大文", ["陳大文"]),
        ("  ", []),
    ],
)
def test_the_words_of_a_name(name, words):
    assert ask("iomcase_tokens", name) == words


LETTERS = st.sampled_from("abcdefghijlmnopqrstuvxyzáéíóúüñçÁÉÑÜłß '-.’ʼ\u0301\u0327عمد陳")
NAMES = st.text(LETTERS, max_size=30)
WORDS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=1, max_size=14)


@pytest.mark.django_db
@settings(max_examples=60)
@given(NAMES)
def test_folding_twice_is_folding_once(name):
    words = ask("iomcase_tokens", name)
    assert ask("iomcase_tokens", " ".join(words)) == words
    assert ask("iomcase_fold", ask("iomcase_fold", name)) == ask("iomcase_fold", name)


@pytest.mark.django_db
@settings(max_examples=60)
@given(st.text(st.sampled_from("abcxyzáéíóúüñàèìòùâêîôûäëïöãõÁÉÍÓÚÜÑ -.,"), max_size=40))
def test_the_short_way_for_our_letters_leads_where_the_long_way_does(name):
    assert ask("iomcase_tokens", name) == sorted(set(ask("iomcase_fold", name).split()))


@pytest.mark.django_db
@settings(max_examples=60)
@given(NAMES)
def test_a_name_composed_or_in_pieces_has_the_same_words(name):
    forms = [ask("iomcase_tokens", unicodedata.normalize(form, name)) for form in ("NFC", "NFD")]
    assert forms[0] == forms[1]


@pytest.mark.django_db
@settings(max_examples=100)
@given(
    WORDS, st.integers(0, 13), st.sampled_from("aeñz"), st.sampled_from(["one more", "one less", "another", "turned"])
)
def test_every_word_one_letter_away_shares_a_slip(word, place, letter, how):
    place %= len(word)
    changed = {
        "one more": word[:place] + letter + word[place:],
        "one less": word[:place] + word[place + 1 :],
        "another": word[:place] + letter + word[place + 1 :],
        "turned": word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
    }[how]
    if changed:
        assert set(ask("iomcase_slips", word)) & set(ask("iomcase_slips", changed)) or len(word) == 1


def words_of(person):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name_tokens, iomcase_tokens(VARIADIC ARRAY[given_names, first_surname, second_surname, married_name,"
            " native_name] || aliases::text[]) FROM programmes_person WHERE id = %s",
            [person.pk],
        )
        return cursor.fetchone()


def known():
    return set(NameToken.objects.values_list("text", flat=True))


@pytest.mark.django_db
@settings(max_examples=30)
@given(
    st.fixed_dictionaries(
        dict.fromkeys(("given_names", "first_surname", "second_surname", "married_name", "native_name"), NAMES)
        | {"aliases": st.lists(NAMES, max_size=3)}
    )
)
def test_after_any_write_the_words_are_those_of_the_name_and_known(names):
    with transaction.atomic():
        person = PersonFactory(consent=False)
        Person.objects.filter(pk=person.pk).update(
            **names | {"given_names": names["given_names"] or "x", "first_surname": names["first_surname"] or "y"}
        )
        stored, expected = words_of(person)
        assert stored == expected
        assert set(stored) <= known()
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_every_name_a_person_goes_by_is_searched():
    person = PersonFactory(
        given_names="Ana", first_surname="Caal", second_surname="", married_name="de Xol", native_name="አና",
        aliases=["Nita", "La Seca"],
    )  # fmt: skip
    assert words_of(person)[0] == sorted(["ana", "caal", "de", "xol", "አና", "nita", "la", "seca"])


@pytest.mark.django_db
def test_words_written_by_copy_and_by_sql_are_known():
    person = PersonFactory(given_names="Ana")
    columns = [
        field.column for field in Person._meta.local_concrete_fields if not field.generated and not field.primary_key
    ]
    copied = {"public_id": "7c1d2f9a-64ec-4dcb-8f00-1a2b3c4d5e6f", "given_names": "Copiada", "language_levels": "{}"}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM programmes_person WHERE id = %s", [person.pk])
        row = dict(zip(columns, cursor.fetchone(), strict=True)) | copied
        with cursor.copy(f"COPY programmes_person ({', '.join(columns)}) FROM STDIN") as copy:
            copy.write_row([row[column] for column in columns])
        cursor.execute("UPDATE programmes_person SET second_surname = 'Escrita' WHERE given_names = 'Copiada'")
    assert {"copiada", "escrita"} <= known()


@pytest.mark.django_db
def test_words_of_names_are_nobodys_change():
    person = PersonFactory()
    Person.objects.filter(pk=person.pk).update(aliases=["Chepa"])
    person.refresh_from_db()
    assert person.version == 2
    history = django_apps.get_model("programmes", "PersonEvent")
    assert "aliases" in {field.name for field in history._meta.get_fields()}
    assert "name_tokens" not in {field.name for field in history._meta.get_fields()}


@pytest.mark.django_db
def test_like_tells_the_known_word_from_slips_and_sounds():
    for surname in ("Hernández", "Ernandes", "Hernande", "Hernándes", "Fernández"):
        PersonFactory(first_surname=surname)
    (match,) = like(["Hernández"])
    assert match.known
    assert match.sounds == {"ernandes", "hernandes"}
    assert match.slips == {"hernande", "fernandez"}
    (unknown,) = like(["Ernandez"])
    assert not unknown.known
    assert (unknown.sounds, unknown.slips) == ({"hernandez", "ernandes", "hernandes"}, {"fernandez"})


@pytest.mark.django_db
def test_like_finds_words_that_begin_so_when_asked():
    PersonFactory(first_surname="Hernández")
    assert like(["hern"])[0].starts == frozenset()
    assert like(["hern"], beginning="hern")[0].starts == {"hernandez"}


@pytest.mark.django_db
@pytest.mark.parametrize("typed", [[], [""], ["%"], ["'"], ["\\"], ["_" * 300]])
def test_like_of_nothing_is_nothing(typed):
    assert like(typed) == []


@pytest.mark.django_db
def test_tidy_adds_what_is_missing_and_removes_what_nobody_is_called():
    PersonFactory(given_names="Ana", first_surname="Caal", second_surname="Xol")
    NameToken.objects.filter(text="caal").delete()
    NameToken.objects.create(text="nadie")
    NameToken.objects.create(text="xol")
    assert tidy() == (1, 2)
    assert sorted(NameToken.objects.values_list("text", flat=True)) == ["ana", "caal", "xol"]


@pytest.mark.django_db(transaction=True)
def test_two_imports_with_the_same_new_words_in_another_order_do_not_wait_for_each_other():
    first, second = PersonFactory(consent=False), PersonFactory(consent=False)
    half_way, finished = threading.Barrier(2, timeout=10), []

    def rename(person, *names):
        try:
            with transaction.atomic():
                connection.cursor().execute("SET LOCAL lock_timeout = '3s'")
                Person.objects.filter(pk=person.pk).update(married_name=names[0])
                half_way.wait()
                Person.objects.filter(pk=person.pk).update(married_name=" ".join(names))
                half_way.wait()
            finished.append(person)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=rename, args=(first, "Zacual", "Yurrita")),
        threading.Thread(target=rename, args=(second, "Yurrita", "Zacual")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(finished) == 2
    assert {"zacual", "yurrita"} <= known()
    assert like(["yurita"])[0].sounds == {"yurrita"}
