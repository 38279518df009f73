"""Names and places as the region writes them: two surnames, particles, accents, Mayan and Nasa families."""

from dataclasses import dataclass
from random import Random


def _listed(names: str) -> tuple[str, ...]:
    return tuple(names.split(", "))


WOMEN = _listed(
    "María, Ana, Rosa, Juana, Marta, Carmen, Irma, Dora, Elvira, Silvia, Gloria, Sandra, Norma, Lucía, Verónica, "
    "Patricia, Yesenia, Wendy, Floridalma, Blanca, Ingrid, Julia, Sonia, Heidy, Catarina, Micaela, Candelaria, "
    "Petrona, Isabela, Inés"
)
WOMEN_SECOND = _listed("Elena, Isabel, Lucía, del Carmen, Magdalena, Esperanza, Victoria, Beatriz, Angélica, Luz")
MEN = _listed(
    "José, Juan, Luis, Carlos, Pedro, Mario, Óscar, Edgar, Jorge, Manuel, Francisco, Miguel, Santos, Marvin, Wilmer, "
    "Elmer, Byron, Walter, Selvin, Rubén, Víctor, Hugo, Rolando, Édgar, Mateo, Tomás, Pascual, Domingo, Andrés, "
    "Julián, Gaspar, Diego"
)
MEN_SECOND = _listed("Antonio, Alberto, Fernando, Ángel, Estuardo, Rolando, Enrique, Armando, Israel, de Jesús")
WOMEN_COLOMBIA = _listed(
    "Luz Dary, Sandra Milena, Yuly Andrea, Leidy Johanna, Diana Marcela, Paola, Claudia, Martha Lucía, Adriana, "
    "Yaneth, Ruby, Nubia, Carolina, Liliana, Ana Milena, Doris, Yolanda, Mónica"
)
MEN_COLOMBIA = _listed(
    "Jhon Jairo, Carlos Andrés, Luis Alfonso, Yeison, Brayan, Wilson, Hernán, Diego Fernando, Óscar Iván, Julio "
    "César, Edinson, Jesús María, Fabián, Álvaro, Héctor, Robinson, José Wilmer, Mauricio"
)
MAYAN_GIVEN = ("Ixchel", "Nikté", "Ixmucané", "Ixquic", "Sak Nikté")
LADINO = _listed(
    "López, García, Pérez, Hernández, Morales, González, Ramírez, Méndez, Gómez, Vásquez, Castillo, Estrada, Ordóñez, "
    "Muñoz, Peña, Cifuentes, Monzón, Castañeda, Chávez, Juárez, Ajú, Marroquín, de León, de la Cruz, del Cid, de Paz, "
    "Barrios, Orozco, Escobar, Sandoval, Gálvez, Iboy"
)
KAQCHIKEL = _listed(
    "Xicay, Cutzal, Simón, Tuyuc, Coc, Bal, Cúmez, Chacach, Sirín, Patal, Ajsivinac, Telón, Cúa, Xinico, Chonay, "
    "Poyón, Sotz, Tzoy, Ajuchán, Otzoy, Curruchich, Calí, Mux"
)
KICHE = _listed("Tzul, Batz, Ixcot, Sac, Coyoy, Quiej, Tzunún, Chaj, Pac, Ajanel, Tax, Ixchop, Us, Tum, Cúmatz")
QEQCHI = _listed("Caal, Choc, Pop, Tiul, Cucul, Ical, Maquín, Tut, Xol, Chub, Cac, Tzoc, Che, Coc, Bá")
COLOMBIAN = _listed(
    "Rodríguez, Gómez, Cárdenas, Ospina, Valencia, Quintero, Zúñiga, Montoya, Giraldo, Peña, Muñoz, Ríos, Salazar, "
    "Arango, de la Rosa, del Río, Castaño, Beltrán, Cañón, Acuña, Patiño, Hurtado"
)
PACIFIC = _listed("Mosquera, Ibargüen, Caicedo, Angulo, Quiñones, Riascos, Viáfara, Balanta, Mina, Carabalí")
NASA = _listed("Yule, Dagua, Ulcué, Tombé, Chocué, Guetio, Pacho, Trochez, Ipia, Quiguanás")


@dataclass(frozen=True)
class Place:
    """Where people of an office come from: department, its municipalities and communities, languages, families."""

    subdivision: str
    municipalities: dict[str, tuple[str, ...]]
    languages: tuple[str, ...]
    families: tuple[str, ...]
    share_of_families: float


CHIMALTENANGO = Place(
    "GT-04",
    {
        "Chimaltenango": ("Buena Vista", "San Jacinto", "Las Lomas"),
        "Tecpán Guatemala": ("Santa Victoria", "Paquixic", "Xenimajuyú"),
        "Patzún": ("El Sitio", "Xepatán", "Las Camelias"),
        "San Juan Comalapa": ("Pamumus", "Panabajal", "Simajhuleu"),
        "Patzicía": ("La Canoa", "El Camán", "Pahuit"),
    },
    ("cak",),
    KAQCHIKEL,
    0.62,
)
GUATEMALA = Place(
    "GT-01",
    {
        "San Juan Sacatepéquez": ("Cruz Blanca", "Loma Alta", "Sajcavillá"),
        "San Pedro Ayampuc": ("La Lagunilla", "Los Vados"),
        "Palencia": ("Los Mixcos", "El Manzano"),
    },
    ("cak",),
    KAQCHIKEL,
    0.25,
)
SACATEPEQUEZ = Place(
    "GT-03",
    {
        "Santa María de Jesús": ("El Rejón",),
        "Sumpango": ("El Rejón", "Santa Marta"),
        "Magdalena Milpas Altas": ("San Miguel",),
    },
    ("cak",),
    KAQCHIKEL,
    0.5,
)
QUETZALTENANGO = Place(
    "GT-09",
    {
        "Quetzaltenango": ("Chiquilajá", "Las Majadas"),
        "Cantel": ("Pasac", "Xecam"),
        "Zunil": ("La Estancia", "Chuitinamit"),
        "Concepción Chiquirichapa": ("Toj Alic", "Tzicol"),
    },
    ("quc", "mam"),
    KICHE,
    0.55,
)
SAN_MARCOS = Place(
    "GT-12",
    {"Comitancillo": ("Chicajalaj", "Tuilelén"), "Tacaná": ("Chequín", "Sanajabá"), "Concepción Tutuapa": ("Tuismo",)},
    ("mam",),
    KICHE,
    0.4,
)
ALTA_VERAPAZ = Place(
    "GT-16",
    {
        "Cobán": ("Chitocán", "Salacuim", "Chicojl"),
        "San Pedro Carchá": ("Caquigual", "Chelac", "Sesuj"),
        "San Juan Chamelco": ("Chamil", "Santa Cecilia"),
        "Santa Cruz Verapaz": ("Chijou",),
    },
    ("kek", "poh"),
    QEQCHI,
    0.78,
)
CUNDINAMARCA = Place(
    "CO-CUN",
    {"Soacha": ("Chacua",), "Fusagasugá": ("La Aguadita", "El Triunfo"), "Facatativá": ("Mancilla", "La Tribuna")},
    (),
    COLOMBIAN,
    1.0,
)
VALLE = Place(
    "CO-VAC",
    {
        "Palmira": ("Rozo", "La Buitrera"),
        "Tuluá": ("Monteloro", "La Marina"),
        "Buenaventura": ("Bajo Calima", "Zacarías"),
        "Ginebra": ("Costa Rica", "La Floresta"),
    },
    (),
    PACIFIC,
    0.35,
)
CAUCA = Place(
    "CO-CAU",
    {
        "Caldono": ("Pioyá", "Pueblo Nuevo"),
        "Toribío": ("Tacueyó", "San Francisco"),
        "Santander de Quilichao": ("Canoas",),
    },
    ("pbb",),
    NASA,
    0.7,
)
# Office → places and their weights.
HOMES: dict[str, tuple[tuple[Place, int], ...]] = {
    "GT-CHM": ((CHIMALTENANGO, 9), (SACATEPEQUEZ, 2)),
    "GT-GUA": ((GUATEMALA, 6), (SACATEPEQUEZ, 3)),
    "GT-QTZ": ((QUETZALTENANGO, 6), (SAN_MARCOS, 3)),
    "GT-COB": ((ALTA_VERAPAZ, 1),),
    "CO-VAC": ((VALLE, 3), (CAUCA, 2)),
    "CO-BOG": ((CUNDINAMARCA, 1),),
}
# How much of the work each office has: skewed, as in the field.
WEIGHTS = {"GT-CHM": 38, "CO-VAC": 18, "GT-QTZ": 16, "GT-GUA": 12, "GT-COB": 9, "CO-BOG": 7}
RELATIONS = ("spouse", "mother", "father", "sibling", "child")


def skewed(rng: Random, values: tuple[str, ...]) -> str:
    """One of the values, the first ones far more often: names have a short head and a long tail."""
    return values[int(len(values) * rng.random() ** 1.7)]


def home_of(rng: Random, office: str) -> Place:
    """Where a person registered at this office comes from."""
    places, weights = zip(*HOMES[office], strict=True)
    return rng.choices(places, weights)[0]


def given_names(rng: Random, sex: str, country: str) -> str:
    """One or two given names."""
    if country == "COL":
        return skewed(rng, WOMEN_COLOMBIA if sex == "female" else MEN_COLOMBIA)
    if sex == "female" and rng.random() < 0.03:
        return rng.choice(MAYAN_GIVEN)
    first = skewed(rng, WOMEN if sex == "female" else MEN)
    if rng.random() < 0.45:
        return first
    return f"{first} {skewed(rng, WOMEN_SECOND if sex == 'female' else MEN_SECOND)}"


def surname(rng: Random, place: Place) -> str:
    """A surname of the place: of its own families, or of the country's."""
    common = COLOMBIAN if place.subdivision.startswith("CO") else LADINO
    return skewed(rng, place.families if rng.random() < place.share_of_families else common)


def cui(rng: Random, place: Place, serial: int) -> str:
    """A CUI with a right check digit: eight digits, the check, department and municipality of birth.

    `serial` (below ten million) makes it unique. A number whose check would be ten does not exist; of two numbers that
    differ in their first digit alone at most one is such a number.
    """
    department, municipality = int(place.subdivision[3:]), rng.randint(1, 5)
    for first in rng.sample((1, 2, 3), 2):
        number = f"{first}{serial:07d}"
        check = sum(int(digit) * (index + 2) for index, digit in enumerate(number)) % 11
        if check < 10:
            break
    return f"{number}{check}{department:02d}{municipality:02d}"


def phone(rng: Random, country: str) -> str:
    """A mobile number as it is stored (E.164)."""
    if country == "COL":
        return f"+57{rng.choice((300, 301, 310, 311, 312, 313, 314, 315, 320, 321))}{rng.randint(1000000, 9999999)}"
    return f"+502{rng.choice((3, 4, 5))}{rng.randint(1000000, 9999999)}"
