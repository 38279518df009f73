"""Names for a great many people: the common ones of each region, and behind them a long tail of rare ones.

A million people of the region carry some thirty-seven thousand different name words: a few hundred are shared by half
of them, the rest are rare. The common ones are listed; the rare ones are put together from syllables as Spanish,
K'iche' and their neighbours have them, so that sound-alikes (b/v, z/s, ll/y, silent h) occur as they do in life.
"""

import re
from dataclasses import dataclass
from itertools import product
from random import Random

from programmes.management.seeding import names
from programmes.management.seeding.names import _listed

WOMEN = _listed(
    "María, Ana, Rosa, Juana, Marta, Carmen, Irma, Dora, Elvira, Silvia, Gloria, Sandra, Norma, Lucía, "
    "Verónica, Patricia, Yesenia, Wendy, Floridalma, Blanca, Ingrid, Julia, Sonia, Heidy, Catarina, Micaela, "
    "Candelaria, Petrona, Isabela, Inés, Aura, Olga, Elena, Teresa, Francisca, Josefa, Manuela, Tomasa, "
    "Dominga, Paulina, Santa, Lidia, Marina, Mirna, Vilma, Telma, Thelma, Zoila, Brenda, Karla, Karina, "
    "Evelyn, Jennifer, Yolanda, Yaquelin, Jaqueline, Marleny, Magdalena, Manuelita, Angelina, Antonia, "
    "Apolonia, Bertha, Berta, Celia, Clara, Cristina, Delmi, Delfina, Edna, Elsa, Ester, Esther, Eugenia, "
    "Fabiola, Glendy, Hilda, Ilda, Iris, Jimena, Ximena, Leticia, Lilian, Liseth, Lizeth, Mayra, Maira, "
    "Mercedes, Miriam, Nancy, Nidia, Noemí, Odilia, Otilia, Reina, Reyna, Roxana, Sara, Sebastiana, Tránsito, "
    "Valeria, Vicenta, Victoria, Virginia, Viviana, Walda, Yeimy, Zulma"
)
WOMEN_SECOND = _listed(
    "Elena, Isabel, Lucía, del Carmen, Magdalena, Esperanza, Victoria, Beatriz, Angélica, Luz, Marisol, "
    "Guadalupe, del Rosario, de los Ángeles, Concepción, Dolores, Consuelo, Fernanda, Alejandra, Gabriela, "
    "Estela, Amparo, Soledad, Leticia, Nohemí, Judith, Azucena, Roxana, Paola, Marisela"
)
MEN = _listed(
    "José, Juan, Luis, Carlos, Pedro, Mario, Óscar, Edgar, Jorge, Manuel, Francisco, Miguel, Santos, Marvin, "
    "Wilmer, Elmer, Byron, Walter, Selvin, Rubén, Víctor, Hugo, Rolando, Édgar, Mateo, Tomás, Pascual, "
    "Domingo, Andrés, Julián, Gaspar, Diego, Marcos, Lucas, Felipe, Sebastián, Bartolo, Baltazar, Nicolás, "
    "Cristóbal, Lorenzo, Esteban, Vicente, Agustín, Alfonso, Alonso, Álvaro, Amílcar, Anastasio, Arnoldo, "
    "Arturo, Aroldo, Haroldo, Benito, Benjamín, Bernabé, Braulio, Brayan, Bryan, Cándido, César, Clemente, "
    "Crisanto, Cruz, Daniel, David, Édison, Edwin, Eduin, Eliseo, Emilio, Enrique, Erick, Eric, Ernesto, "
    "Esvin, Eswin, Fausto, Feliciano, Félix, Fidel, Florencio, Gabriel, Genaro, Gerardo, Germán, Gilberto, "
    "Gregorio, Guillermo, Gustavo, Hector, Héctor, Hermenegildo, Ismael, Jacinto, Jaime, Jeremías, Jerónimo, "
    "Joel, Joaquín, Josué, Kevin, Leonel, Leonardo, Lázaro, Macario, Mariano, Martín, Maynor, Mainor, Moisés, "
    "Nery, Neri, Noé, Obdulio, Osvaldo, Oswaldo, Otto, Pablo, Rafael, Ramiro, Raúl, Ricardo, Rigoberto, "
    "Roberto, Rodrigo, Rogelio, Romeo, Rony, Samuel, Saúl, Sergio, Silverio, Simón, Valentín, Wilson, "
    "Yonatan, Jonathan, Zacarías"
)
MEN_SECOND = _listed(
    "Antonio, Alberto, Fernando, Ángel, Estuardo, Rolando, Enrique, Armando, Israel, de Jesús, Alejandro, "
    "Alfredo, Augusto, David, Eduardo, Emanuel, Ernesto, Gabriel, Geovany, Giovanni, Humberto, Isaías, "
    "Leonel, Orlando, René, Ricardo, Rafael, Vinicio, Ismael, Benedicto"
)
WOMEN_COLOMBIA = _listed(
    "Luz, Sandra, Yuly, Leidy, Diana, Paola, Claudia, Martha, Adriana, Yaneth, Ruby, Nubia, Carolina, "
    "Liliana, Ana, Doris, Yolanda, Mónica, Gloria, Blanca, Nelly, Nancy, Viviana, Angie, Daniela, Tatiana, "
    "Natalia, Erika, Ingrid, Jenny, Yenny, Lina, Maritza, Milena, Paula, Marcela, Esperanza, Flor, Rosalba, "
    "Omaira, Leonor, Libia, Fanny, Aleida, Deisy, Yurani, Yuliana, Karen, Kelly, Katherine, Catalina, Ximena, "
    "Vanessa, Valentina, Stella, Rubiela, Mariela"
)
MEN_COLOMBIA = _listed(
    "Jhon, Carlos, Luis, Yeison, Brayan, Wilson, Hernán, Diego, Óscar, Julio, Edinson, Jesús, Fabián, Álvaro, "
    "Héctor, Robinson, José, Mauricio, Jairo, Fredy, Javier, Andrés, Camilo, Duván, Yerson, Jefferson, "
    "Harold, Harol, Arley, Albeiro, Alirio, Arnulfo, Aurelio, Bernardo, Cristian, Darío, Efraín, Elkin, Ever, "
    "Heber, Ferney, Gildardo, Gerardo, Gonzalo, Hugo, Iván, James, Jhonatan, Leonardo, Libardo, Marino, "
    "Milton, Nelson, Norbey, Orlando, Oswaldo, Rubén, Sebastián, Uriel, Víctor, Willian, William, Yamid, "
    "Zamir"
)
WOMEN_COLOMBIA_SECOND = _listed(
    "Dary, Milena, Andrea, Johanna, Marcela, Lucía, Patricia, Stella, Marina, Elena, del Socorro, Amparo, "
    "Fernanda, Yaneth, Esperanza, Viviana, Alejandra, Liliana, Maritza, del Pilar, Mary, Ángela, Cecilia, "
    "Edith, Inés"
)
MEN_COLOMBIA_SECOND = _listed(
    "Jairo, Andrés, Alfonso, Fernando, Iván, César, María, Wilmer, Alberto, Eduardo, Alexander, Antonio, "
    "Enrique, Arley, Mauricio, Fabián, Edison, Felipe, David, Orlando, Armando, Elías, Humberto, Hernán"
)
LADINO = _listed(
    "López, García, Pérez, Hernández, Morales, González, Ramírez, Méndez, Gómez, Vásquez, Castillo, Estrada, "
    "Ordóñez, Muñoz, Peña, Cifuentes, Monzón, Castañeda, Chávez, Juárez, Ajú, Marroquín, de León, de la Cruz, "
    "del Cid, de Paz, Barrios, Orozco, Escobar, Sandoval, Gálvez, Iboy, Rodríguez, Martínez, Ramos, Reyes, "
    "Cruz, Díaz, Flores, Velásquez, Vázquez, Aguilar, Alvarado, Álvarez, Arriaga, Arévalo, Ávila, Barrera, "
    "Bautista, Cabrera, Calderón, Cardona, Carrillo, Castro, Chacón, Contreras, Corado, Cordón, Coronado, "
    "Cortez, Cortés, Cuéllar, Dávila, Domínguez, Donis, Duarte, Enríquez, Espinoza, Espinosa, Esquivel, "
    "Esteban, Figueroa, Franco, Fuentes, Galicia, Girón, Godínez, Godoy, Guerra, Gutiérrez, Guzmán, Herrera, "
    "Ibarra, Jiménez, Ximénez, Lemus, Lima, Lorenzo, Lucas, Maldonado, Marín, Mazariegos, Medina, Mejía, "
    "Mencos, Mendoza, Menéndez, Miranda, Molina, Monterroso, Montes, Moreno, Nájera, Navarro, Ochoa, Oliva, "
    "Orellana, Ortega, Ortiz, Pacheco, Palacios, Palencia, Paredes, Pineda, Pinto, Polanco, Portillo, "
    "Quezada, Quesada, Quintana, Recinos, Rivas, Rivera, Robles, Rojas, Roldán, Román, Rosales, Ruano, Ruiz, "
    "Salazar, Salguero, Samayoa, Sánchez, Santizo, Santos, Sarceño, Sazo, Sican, Solares, Solís, Soto, "
    "Suárez, Toledo, Tobar, Tovar, Trujillo, Urrutia, Valdez, Valdés, Valenzuela, Vargas, Vega, Véliz, "
    "Vicente, Villatoro, Yanes, Zacarías, Zamora, Zapeta, Zelada, Zepeda, Zúñiga, de la Rosa, de los Santos, "
    "del Águila, de Mata"
)
COLOMBIAN = _listed(
    "Rodríguez, Gómez, Cárdenas, Ospina, Valencia, Quintero, Zúñiga, Montoya, Giraldo, Peña, Muñoz, Ríos, "
    "Salazar, Arango, de la Rosa, del Río, Castaño, Beltrán, Cañón, Acuña, Patiño, Hurtado, González, "
    "Martínez, García, López, Hernández, Sánchez, Ramírez, Pérez, Díaz, Torres, Rojas, Vargas, Moreno, "
    "Gutiérrez, Jiménez, Álvarez, Restrepo, Cardona, Marín, Henao, Bedoya, Betancourt, Betancur, Bolaños, "
    "Buitrago, Bustamante, Caballero, Calderón, Camacho, Camargo, Carvajal, Ceballos, Cifuentes, Correa, "
    "Cortés, Delgado, Echeverri, Erazo, Escobar, Fajardo, Franco, Galeano, Gallego, Garzón, Guerrero, Guzmán, "
    "Herrera, Jaramillo, Lasso, Londoño, Lozano, Medina, Mejía, Melo, Mendoza, Mesa, Meza, Molano, Molina, "
    "Mora, Morales, Moncayo, Murillo, Narváez, Navia, Orozco, Ortiz, Osorio, Páez, Palacios, Parra, Pineda, "
    "Pinzón, Posada, Prada, Prado, Ramos, Rendón, Reyes, Rincón, Rivera, Romero, Rubio, Ruiz, Salcedo, "
    "Sandoval, Santacruz, Serna, Sierra, Solarte, Suárez, Tabares, Tovar, Trujillo, Uribe, Velasco, "
    "Velásquez, Vélez, Villa, Villegas, Yepes, Zapata, Zuluaga"
)
# Syllables of rare names.
_MAYAN_FIRST = _listed(
    "Aj, Ix, Tz, Ch, K, Q, X, B, C, P, T, M, N, J, S, W, Y, Tuy, Xic, Cux, Bat, Coj, Toj, Sac, Quem, Chav, "
    "Chab, Pir, Sim, Tum, Yos, Ot, Ib, Hic, Ic"
)
_MAYAN_MIDDLE = _listed("a, e, i, o, u, aj, uch, ocom, iq, ax, il, ul, oy, aloj, utz, ama, ixo, ucu, apa, eqe, ola")
_MAYAN_LAST = _listed(
    "c, j, l, n, p, t, x, y, tz, ch, b, m, oy, ol, um, il, ub, ín, ón, al, ak, ijay, icay, ul, aná, abán, "
    "utux, ajau, iquín"
)
_SPANISH_FIRST = _listed(
    "Al, Ar, Az, Bar, Ber, Bal, Val, Ver, Cal, Car, Cas, Cor, Cend, Zend, Dom, Dur, Esc, Esp, Fer, Fon, Gal, "
    "Gav, Gab, Her, Er, Hin, Iba, Iva, Jar, Gir, Lar, Llan, Yan, Mal, Mon, Mor, Nar, Nav, Ol, Or, Pal, Per, "
    "Quin, Rob, Rov, Ros, Sal, Sev, Seb, Tal, Tor, Ur, Vill, Zam, Sam, Zar"
)
_SPANISH_MIDDLE = _listed(
    "ab, ac, ad, al, an, ar, ed, el, en, er, ib, id, in, ir, ol, on, or, ub, ul, und, ist, ent, arr, err, "
    "igu, uz, es, ezc"
)
_SPANISH_LAST = _listed(
    "ero, era, eda, ález, ándiz, engo, illa, iya, osa, oza, uela, ares, ón, ano, ez, es, ique, ura, azo, aso, "
    "ecia, ín, ués, aldo, abal, aval, ejo, egui, ugo, onde"
)
_GIVEN_FIRST = _listed(
    "Yor, Wil, Bray, Yes, Kei, Mar, Ed, Dei, Ley, Bri, Dar, Ger, Nel, Jen, Yen, Ros, Flor, An, El, Her, Er, "
    "Jos, Lis, Liz, Dan, Ev, Sel, Ner, Al, Rod, Cris, Kris, Mil, Mel, Or, Oz, Hen, Ym, Im, Ar, Vil, Bil, Gel, "
    "Del, Zul, Sul, Od, Om, Den, Ken"
)
_GIVEN_MIDDLE = _listed("a, e, i, o, el, il, an, in, er, is, al, en, or, eli, ani, ari, edi, uli")
_MEN_LAST = _listed("son, der, mar, ber, ver, mer, nar, ín, ías, do, no, lio, cio, vin, bin, ndo, sto, berto, ldo, el")
_WOMEN_LAST = _listed(
    "lyn, lin, ida, elda, isa, iza, ina, da, na, lia, cia, bel, vel, ndra, sta, berta, lda, mara, ris, dys"
)
# What nobody could pronounce: three vowels or consonants in a row, a word that ends in two consonants.
_HARD = re.compile("[aeiouáéíóú]{3}|[^aeiouáéíóú]{3}|(?!tz|ch)[^aeiouáéíóú]{2}$", re.IGNORECASE)
MAYAN_SURNAMES, SPANISH_SURNAMES, RARE_GIVEN = 15_000, 15_000, 3_500


@dataclass(frozen=True)
class Pool:
    """What a name is drawn from: a short list that most share, and a long one; `common` is the share of the first."""

    head: tuple[str, ...]
    tail: str
    common: float


def tails(rng: Random) -> dict[str, list[str]]:
    """The long lists, the same for the same generator: rare surnames of two origins, rare given names."""
    known = {word for pool in pools().values() for word in pool.head}
    made = {
        "mayan": (_MAYAN_FIRST, _MAYAN_MIDDLE, _MAYAN_LAST, MAYAN_SURNAMES),
        "spanish": (_SPANISH_FIRST, _SPANISH_MIDDLE, _SPANISH_LAST, SPANISH_SURNAMES),
        "female": (_GIVEN_FIRST, _GIVEN_MIDDLE, _WOMEN_LAST, RARE_GIVEN),
        "male": (_GIVEN_FIRST, _GIVEN_MIDDLE, _MEN_LAST, RARE_GIVEN),
    }
    return {name: _composed(rng, parts, known) for name, parts in made.items()}


def _composed(rng: Random, parts: tuple, known: set[str]) -> list[str]:
    """So many words of three parts, each once, none of those that are `known`."""
    *syllables, most = parts
    words = sorted(word for word in {"".join(word) for word in product(*syllables)} - known if not _HARD.search(word))
    rng.shuffle(words)
    known.update(words[:most])
    return words[:most]


def pools() -> dict[str, Pool]:
    """Every pool by its name: given names by sex and country, surnames by department."""
    found = {
        "female GTM": Pool(WOMEN + names.MAYAN_GIVEN, "female", 0.9),
        "male GTM": Pool(MEN, "male", 0.9),
        "female COL": Pool(WOMEN_COLOMBIA, "female", 0.86),
        "male COL": Pool(MEN_COLOMBIA, "male", 0.86),
        "second female GTM": Pool(WOMEN_SECOND, "female", 0.97),
        "second male GTM": Pool(MEN_SECOND, "male", 0.97),
        "second female COL": Pool(WOMEN_COLOMBIA_SECOND, "female", 0.95),
        "second male COL": Pool(MEN_COLOMBIA_SECOND, "male", 0.95),
    }
    for homes in names.HOMES.values():
        for place, _weight in homes:
            colombian = place.subdivision.startswith("CO")
            here, country = ("spanish", COLOMBIAN) if colombian else ("mayan", LADINO)
            found[f"family {place.subdivision}"] = Pool(place.families, here, 0.72)
            found[f"surname {place.subdivision}"] = Pool(country, "spanish", 0.8)
    return found


# Kinds and families of the farms, by the country they stand in.
FARMS = {
    "kinds_can": _listed(
        "Ferme, Les Jardins, Serres, Vergers, Pépinière, Maraîchers, Les Fraises, Production, Érablière, Horticulture"
    ),
    "families_can": _listed(
        "Tremblay, Gagnon, Roy, Côté, Bouchard, Gauthier, Morin, Lavoie, Fortin, Gagné, Ouellet, Pelletier, "
        "Bélanger, Lévesque, Bergeron, Leblanc, Paquette, Girard, Simard, Boucher, Caron, Beaulieu, Cloutier, "
        "Dubé, Poirier, Fournier, Lapointe, Leclerc, Lefebvre, Poulin, Thibault, Saint-Pierre, Nadeau, "
        "Martel, Landry, Parent, Lachance, Grenier, Desjardins, Hébert, Savard, Lemieux, Turcotte, Demers, "
        "Gosselin, Rousseau, Lessard, Couture, Perron, Trudel, Beaudoin, Michaud, Langlois, Audet, Drouin, "
        "Blais, Vachon, Champagne, Veilleux, Racine"
    ),
    "kinds_esp": _listed("Fruites, Agrícola, Horticultura, Cooperativa, Fruits, Finca, Vivers, Cítrics"),
    "families_esp": _listed(
        "Puig, Solé, Farré, Vidal, Serra, Ferrer, Roca, Soler, Bosch, Pujol, Rovira, Sala, Font, Vila, Camps, "
        "Mas, Riera, Casals, Prat, Llopis, Domènech, Esteve, Freixes, Gual, Jové, Llorens, Miralles, Oliver, "
        "Pons, Queralt, Ribes, Sabaté, Torrent, Valls, Xifré, Alsina, Balcells, Cortada, Duran, Escolà"
    ),
}
