"""The shop's customers: invented people who read Portuguese or English."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from aftercare.sources.olist.people import plain

_PT = (
    *("Aline Moreira", "Amanda Siqueira", "André Valadares", "Bento Carvalhal", "Bruna Tavares"),
    *("Caetano Prado", "Carolina Meireles", "Célia Andrade", "Cícero Bastos", "Clarice Fontes"),
    *("Dalva Rezende", "Davi Linhares", "Dirce Peixoto", "Edson Quintela", "Elis Barreto"),
    *("Érica Sampaio", "Fabiana Couto", "Francisco Leal", "Gilberto Nogueira", "Heitor Macedo"),
    *("Iara Coutinho", "Inácio Teles", "Ivete Salgueiro", "Jandira Pacheco", "Joaquim Veloso"),
    *("Jussara Motta", "Lara Figueira", "Leonel Brandão", "Lúcia Arantes", "Luana Cordeiro"),
    *("Márcio Evangelista", "Marisa Pontes", "Milena Duarte", "Nair Guimarães", "Nelson Aragão"),
    *("Olívia Sarmento", "Osvaldo Freire", "Paula Bittencourt", "Quitéria Lobo", "Raul Cerqueira"),
    *("Regina Estrela", "Rogério Padilha", "Rute Cavalcanti", "Samuel Diniz", "Sueli Varela"),
    *("Tainá Rabelo", "Telma Queiroz", "Ubirajara Lins", "Valdir Assunção", "Vilma Espíndola"),
    *("Wagner Tolentino", "Zélia Carneiro", "Zuleica Damasceno", "Augusto Bragança", "Bia Furtado"),
    *("Cauã Montenegro", "Dora Vilela", "Enzo Gusmão", "Flora Camargo", "Gael Rocha"),
)
_EN = (
    *("Abigail Thorne", "Alfie Marsh", "Bridget O'Dowd", "Callum Reeve", "Daisy Fairweather"),
    *("Declan Moran", "Edith Calloway", "Ewan Strachan", "Fiona Gallagher", "George Pennington"),
    *("Hazel Whitlock", "Imogen Hart", "Jasper Lowe", "Keira Donnelly", "Leo Ashworth"),
    *("Maeve Brennan", "Nora Fielding", "Oscar Trent", "Penelope Shaw", "Quentin Mabey"),
    *("Rosie Kettle", "Silas Drummond", "Tess Harrow", "Una McBride", "Victor Hale"),
    *("Willa Prescott", "Xander Boyle", "Yvonne Castle", "Zachary Lund", "Hugh Tindall"),
)


@dataclass(frozen=True)
class Buyer:
    """A customer, and how many orders there were before our story begins."""

    id: str
    person: dict[str, Any] = field(hash=False)
    earlier_orders: int = 0

    @property
    def language(self) -> str:
        return str(self.person["language"])


def cast(random: Random) -> list[Buyer]:
    """Ninety people in no particular order; the same for the same seed."""
    people = [_person(name, "pt", "BR") for name in _PT]
    people += [_person(name, "en", random.choice(("GB", "GB", "IE"))) for name in _EN]
    for person in random.sample(people, 5):
        person["consents"] = {"small_extra": False}
    random.shuffle(people)
    return [
        Buyer(f"c-{1000 + number}", person, random.choice((0, 0, 1, 1, 2, 6)))
        for number, person in enumerate(people)
    ]


def _person(name: str, language: str, country: str) -> dict[str, Any]:
    first, last = name.split(" ", 1)
    return {
        "email": f"{plain(first)}.{plain(last)}@example.com",
        "first_name": first,
        "last_name": last,
        "language": language,
        "country": country,
    }
