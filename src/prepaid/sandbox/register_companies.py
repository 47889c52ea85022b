"""The companies of the sandbox register. All are invented, and none can have a real number.

French ones fail the check digit, German ones stand in courts that do not exist, Italian ones
fail the check digit, British ones have a prefix that is not given out.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from prepaid.domain.countries import TEST


class Company(NamedTuple):
    """What the register knows of one company; the rest is made from it."""

    country: str
    id: str
    name: str
    form: str
    city: str
    activity: str
    director: str
    owner: str


_FORMS: Final = {"FR": "SAS", "DE": "GmbH", "IT": "S.r.l.", "GB": "Ltd", TEST: "Inc"}

# Country, id, name, city, activity, director, owner.
_TABLE: Final = """
FR|900000008|Boulangerie du Pont Oblique|Lyon|Bakery|Odette Marsan|Holding Marsan
FR|900000002|Ateliers Vermeille|Nantes|Furniture|Basile Corvin|Basile Corvin
FR|900000003|Mistral Cordages|Marseille|Ropes|Solange Ridel|Mistral Participations
FR|900000004|Librairie des Trois Lunes|Rennes|Bookshop|Armel Quintin|Armel Quintin
FR|900000005|Verger Solaire|Montpellier|Solar power|Capucine Aubel|Verger Groupe
FR|900000006|Pixel et Papier|Lille|Printing|Lazare Fontel|Capucine Aubel
FR|900000007|Transports Gabelou|Dijon|Road freight|Hermine Vasseul|Holding Gabelou
FR|900000009|Maison Orfraie|Bordeaux|Wine trade|Cyprien Talmon|Maison Orfraie Groupe
FR|900000010|Horlogerie Demi-Lune|Besançon|Watches|Ondine Perrault-Sy|Ondine Perrault-Sy
DE|Musterstadt HRB 10001|Nordlicht Werkzeuge|Musterstadt|Tools|Hanno Brettle|Brettle Holding
DE|Musterstadt HRB 10002|Silberbach Optik|Musterstadt|Lenses|Wiebke Osterloh|Wiebke Osterloh
DE|Musterstadt HRB 10003|Kranich Logistik|Musterstadt|Logistics|Arved Thunig|Kranich Gruppe
DE|Beispielheim HRB 20001|Apfelhof Säfte|Beispielheim|Juice|Gesche Runkel|Gesche Runkel
DE|Beispielheim HRB 20002|Drahtwerk Immergrün|Beispielheim|Wire|Ottokar Pless|Pless Beteiligung
DE|Beispielheim HRB 20003|Funkturm Medien|Beispielheim|Radio|Svea Lammert|Funkturm Holding
DE|Probenburg HRB 30001|Moorland Torf|Probenburg|Soil|Kuno Brinkhoff|Kuno Brinkhoff
DE|Probenburg HRB 30002|Zahnrad Uhlig|Probenburg|Gears|Edda Uhlig-Roth|Uhlig Familien
DE|Probenburg HRB 30003|Wolkenfaden Textil|Probenburg|Textiles|Merle Janko|Wolkenfaden Gruppe
IT|90000000010|Officine Girasole|Torino|Machine tools|Fiamma Bertolai|Girasole Holding
IT|90000000002|Caffè Meridiana|Napoli|Coffee|Ercole Sanvito|Ercole Sanvito
IT|90000000003|Vetreria Lagunare|Venezia|Glass|Ginevra Morosel|Lagunare Gruppo
IT|90000000004|Tipografia Aurelia|Roma|Printing|Tullio Carnesi|Tullio Carnesi
IT|90000000005|Barche del Levante|Genova|Boats|Ottavia Spadoni|Levante Partecipazioni
IT|90000000006|Pastificio Due Torri|Bologna|Pasta|Nereo Galvan|Due Torri Holding
IT|90000000007|Seta e Filo|Como|Silk|Lavinia Brusati|Lavinia Brusati
IT|90000000008|Miele dei Colli|Perugia|Honey|Amedeo Farnetti|Colli Gruppo
IT|90000000009|Ceramiche Zefiro|Faenza|Ceramics|Ilaria Ponzani|Zefiro Holding
GB|ZX000001|Thistle Lantern|Edinburgh|Lighting|Rowan Alderby|Alderby Holdings
GB|ZX000002|Kestrel Umbrellas|Leeds|Umbrellas|Imogen Tarrow|Imogen Tarrow
GB|ZX000003|Harbour Clockworks|Bristol|Clocks|Giles Penhallan|Harbour Group
GB|ZX000004|Saltmarsh Foods|Norwich|Food|Bronwen Catley|Bronwen Catley
GB|ZX000005|Copperfield Maps|London|Maps|Lionel Dray|Copperfield Holdings
GB|ZX000006|Moor and Tide|Cardiff|Outdoor gear|Tamsin Vale-Orrin|Tide Group
GB|ZX000007|Quillfeather Press|Oxford|Publishing|Edmund Straik|Edmund Straik
GB|ZX000008|Bramble Robotics|Manchester|Robots|Nerys Holloway-Pitt|Bramble Ventures
GB|ZX000009|Gannet Ferries|Belfast|Ferries|Fergus Malden|Gannet Holdings
"""


def find(country: str, company_id: str) -> Company | None:
    """The company; in TEST every id is one. None where there is no such company."""
    if country == TEST:
        return _test_company(company_id)
    return COMPANIES.get((country, company_id))


def _test_company(company_id: str) -> Company:
    name = f"Test Company {company_id}"
    return Company(
        TEST, company_id, name, _FORMS[TEST], "Testville", "Testing", "Terry Tester", "Test Holding"
    )


def _companies() -> Mapping[tuple[str, str], Company]:
    found: dict[tuple[str, str], Company] = {}
    for line in _TABLE.strip().splitlines():
        country, company_id, name, city, activity, director, owner = line.split("|")
        found[country, company_id] = Company(
            country, company_id, name, _FORMS[country], city, activity, director, owner
        )
    return found


#: By country and id.
COMPANIES: Final = _companies()
