"""How columns and values of people are called in the sheets that offices and ministries send, in four languages.

Everything here is folded (small letters, no accents) when it is compared.
"""

import re
from functools import cache

from babel import Locale
from babel.core import get_global

from programmes.base.common import text
from programmes.base.rulebook.models import Code

LANGUAGES = ("es", "en", "fr", "pt")

# Column code → what its header may be called. Order within a line: Spanish, English, French, Portuguese.
HEADERS: dict[str, tuple[str, ...]] = {
    "given_names": (
        "nombres", "nombre", "nombre s", "primer nombre", "nombres de pila", "given names", "given name",
        "first name", "first names", "forename", "forenames", "prenoms", "prenom", "nomes proprios", "nome proprio",
        "nome", "nomes",
    ),
    "first_surname": (
        "primer apellido", "apellido paterno", "apellido 1", "1er apellido", "apellido", "first surname", "surname",
        "last name", "family name", "surname 1", "premier nom", "nom de famille", "nom", "primeiro apelido",
        "primeiro sobrenome", "sobrenome", "apelido",
    ),
    "second_surname": (
        "segundo apellido", "apellido materno", "apellido 2", "2do apellido", "2o apellido", "second surname",
        "second last name", "surname 2", "deuxieme nom", "second nom", "segundo sobrenome", "segundo apelido",
    ),
    "surnames": (
        "apellidos", "surnames", "last names", "family names", "noms de famille", "noms", "sobrenomes", "apelidos",
    ),
    "married_name": ("apellido de casada", "married name", "nom d epouse", "nome de casada"),
    "sex": ("sexo", "genero", "sex", "gender", "sexe", "genre"),
    "birth_date": (
        "fecha de nacimiento", "fecha nacimiento", "f nacimiento", "nacimiento", "fec nac", "fecha nac",
        "date of birth", "birth date", "birthdate", "dob", "born", "date de naissance", "naissance",
        "data de nascimento", "nascimento",
    ),
    "nationality": (
        "nacionalidad", "pais de nacionalidad", "pais", "nationality", "citizenship", "country", "nationalite",
        "nacionalidade",
    ),
    "national_id": (
        "cui", "dpi", "cui dpi", "dpi cui", "cedula", "no de dpi", "numero de dpi", "documento",
        "numero de documento", "no documento", "identidad", "numero de identidad", "documento de identidad", "dni",
        "national id", "national identity number", "id number", "identity number", "document number",
        "numero d identite", "numero de piece d identite", "documento de identidade", "numero do documento",
    ),
    "phone": (
        "telefono", "telefono movil", "celular", "movil", "tel", "no telefono", "numero de telefono", "phone",
        "phone number", "mobile", "telephone", "portable", "telefone", "celular numero",
    ),
    "email": ("correo", "correo electronico", "e mail", "email", "mail", "courriel", "correio eletronico"),
    "subdivision": ("departamento", "depto", "provincia", "estado", "department", "province", "state", "departement"),
    "municipality": ("municipio", "ciudad", "municipality", "town", "city", "commune", "municipalite", "cidade"),
    "community": (
        "comunidad", "aldea", "caserio", "vereda", "canton", "community", "village", "communaute", "comunidade",
        "aldeia",
    ),
    "languages": ("idiomas", "idioma", "lenguas", "languages", "language", "langues", "langue", "linguas", "lingua"),
    "education": (
        "educacion", "escolaridad", "nivel educativo", "nivel de estudios", "grado academico", "estudios",
        "education", "education level", "niveau d etudes", "education niveau", "escolaridade", "nivel de ensino",
    ),
    "occupation": ("ocupacion", "codigo ciuo", "occupation", "isco", "metier code", "ocupacao"),
    "occupation_words": (
        "oficio", "trabajo", "profesion", "job", "work", "trade", "metier", "profissao", "oficio palabras",
    ),
    "experience_years": (
        "anos de experiencia", "experiencia", "years of experience", "experience", "annees d experience",
    ),
    "dependants": (
        "dependientes", "cargas familiares", "hijos", "dependants", "dependents", "personnes a charge",
        "dependentes",
    ),
    "emergency_name": ("contacto de emergencia", "emergency contact", "contact d urgence", "contato de emergencia"),
    "emergency_relation": ("parentesco", "relacion", "relation", "relationship", "lien de parente", "relacao"),
    "emergency_phone": (
        "telefono de emergencia", "telefono del contacto", "tel emergencia", "emergency phone",
        "telephone d urgence", "telefone de emergencia",
    ),
}  # fmt: skip
# Headers of our own files about rows that were not carried out: left unread when such a file comes back.
OWN_HEADERS = frozenset(
    ("row", "what became of it", "reasons", "fila", "que paso con ella", "motivos", "resultado", "razones")
)

FEMALE = frozenset(
    ("femenino", "femenina", "fem", "f", "mujer", "hembra", "female", "woman", "feminin", "femme", "feminino", "mulher")
)
MALE = frozenset(
    ("masculino", "masculina", "masc", "hombre", "varon", "h", "v", "male", "man", "masculin", "homme", "homem")
)
OTHER = frozenset(("otro", "otra", "no especificado", "other", "unspecified", "x", "autre", "outro"))

# People call their nationality by the adjective. Singular forms, man and woman.
DEMONYMS: dict[str, str] = {
    "GTM": "guatemalteco guatemalteca guatemalan guatemalteque chapin chapina",
    "HND": "hondureno hondurena honduran hondurien hondurienne hondurenho hondurenha",
    "SLV": "salvadoreno salvadorena salvadoran salvadorien salvadorienne salvadorenho salvadorenha",
    "NIC": "nicaraguense nicaraguan nicaraguayen nicaraguayenne",
    "CRI": "costarricense costa_rican costaricien costaricienne costarriquenho",
    "PAN": "panameno panamena panamanian panameen panameenne panamenho panamenha",
    "MEX": "mexicano mexicana mexican mexicain mexicaine",
    "COL": "colombiano colombiana colombian colombien colombienne",
    "VEN": "venezolano venezolana venezuelan venezuelien venezuelienne venezuelano venezuelana",
    "ECU": "ecuatoriano ecuatoriana ecuadorian equatorien equatorienne equatoriano equatoriana",
    "PER": "peruano peruana peruvian peruvien peruvienne",
    "BOL": "boliviano boliviana bolivian bolivien bolivienne",
    "DOM": "dominicano dominicana dominican dominicain dominicaine",
    "HTI": "haitiano haitiana haitian haitien haitienne",
    "JAM": "jamaicano jamaicana jamaican jamaicain jamaicaine jamaiquino jamaiquina",
    "CUB": "cubano cubana cuban cubain cubaine",
    "ESP": "espanol espanola spanish espagnol espagnole espanhol espanhola",
    "USA": "estadounidense american americano americana americain americaine eeuu ee_uu",
    "CAN": "canadiense canadian canadien canadienne canadense",
    "WSM": "samoano samoana samoan samoen samoenne",
    "TON": "tongano tongana tongan tongien tongienne",
    "VUT": "vanuatuense ni_vanuatu vanuatais vanuatuan",
    "FJI": "fiyiano fiyiana fijian fidjien fidjienne fijiano",
    "BRA": "brasileno brasilena brazilian bresilien bresilienne brasileiro brasileira",
}
EDUCATION: dict[str, str] = {
    "none": "ninguna ninguno sin_estudios none aucun aucune nenhuma nenhum analfabeta",
    "1": "primaria primary primaire elementary ensino_fundamental",
    "2": "secundaria basico basicos ciclo_basico middle_school college tercero_basico lower_secondary",
    "3": "bachillerato bachiller diversificado high_school lycee ensino_medio preparatoria upper_secondary perito",
    "4": "tecnico technical technique postsecundaria",
    "5": "tecnico_universitario short_cycle tecnologo",
    "6": "universidad universitaria universitario licenciatura licenciado university bachelor universitaire graduacao",
    "7": "maestria master mestrado",
    "8": "doctorado doctorate phd doctorat doutorado",
}


@cache
def header_words() -> dict[str, str]:
    """Folded header → column code."""
    return {text.fold(name): code for code, names in HEADERS.items() for name in names}


def column_for(header: str) -> str:
    """The column a header stands for, or "": by its words, else by the longest known name that it contains."""
    folded = text.fold(re.sub(r"[*:#().]", " ", header))
    known = header_words()
    if folded in known:
        return known[folded]
    if not folded or folded in OWN_HEADERS:
        return ""
    inside = [name for name in known if len(name) > 4 and f" {name} " in f" {folded} "]
    return known[max(inside, key=len)] if inside else ""


def _spread(table: dict[str, str]) -> dict[str, str]:
    return {word.replace("_", " "): code for code, line in table.items() for word in line.split()}


def countries() -> dict[str, str]:
    """Folded word → alpha-3 code: codes, names in four languages, adjectives."""
    found = {}
    for code, labels in Code.objects.filter(list="country").values_list("code", "labels"):
        for word in (code, *labels.values(), *_territory_names(code)):
            found[text.fold(word)] = code
    return found | _spread(DEMONYMS)


@cache
def _territory_names(alpha3: str) -> tuple[str, ...]:
    two = (get_global("territory_aliases").get(alpha3) or [""])[0]
    if len(two) != 2:
        return ()
    return (two, *(str(Locale(language).territories.get(two, two)) for language in LANGUAGES))


def sexes(*, m_is_woman: bool = False) -> dict[str, str]:
    """Folded word → code. `m` alone is a man, but a woman where the sheet says `h` for men."""
    found = dict.fromkeys(FEMALE, "female") | dict.fromkeys(MALE, "male") | dict.fromkeys(OTHER, "other")
    return found | {"m": "female" if m_is_woman else "male"}


def levels() -> dict[str, str]:
    """Folded word → level of education."""
    return _labels("isced") | _spread(EDUCATION)


def occupations() -> dict[str, str]:
    """Folded word → occupation."""
    return _labels("isco")


def subdivisions() -> dict[str, str]:
    """Folded word → department or province; names that two of them share are left out."""
    found: dict[str, str] = {}
    for word, code in _pairs("subdivision"):
        found[word] = "" if found.get(word, code) != code else code
    for code in Code.objects.filter(list="subdivision").values_list("code", flat=True):
        found[text.fold(code)] = code
    return {word: code for word, code in found.items() if code}


def languages() -> dict[str, str]:
    """Folded word → language, with its names in four languages."""
    found = _labels("language")
    for code in list(Code.objects.filter(list="language").values_list("code", flat=True)):
        for reader in LANGUAGES:
            name = Locale(reader).languages.get(code)
            if name:
                found.setdefault(text.fold(name), code)
    return found


def _pairs(name: str) -> list[tuple[str, str]]:
    rows = Code.objects.filter(list=name, active=True).values_list("code", "labels")
    return [(text.fold(word), code) for code, labels in rows for word in labels.values()]


def _labels(name: str) -> dict[str, str]:
    found = dict(_pairs(name))
    codes = Code.objects.filter(list=name, active=True).values_list("code", flat=True)
    return found | {text.fold(code): code for code in codes}
