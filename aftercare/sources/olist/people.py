"""Customers of Olist, who are known by a number only: we invent how to greet and write to them."""

import unicodedata
import zlib
from pathlib import Path

from aftercare.events.fields import Person
from aftercare.sources.olist.tables import rows

FIRST_NAMES = (
    *("Adriana", "Alice", "Ana", "André", "Antônio", "Beatriz", "Bianca", "Bruno", "Caio"),
    *("Camila", "Carla", "Carlos", "Cecília", "Clara", "Cláudia", "Daniel", "Débora", "Diego"),
    *("Eduardo", "Elaine", "Fábio", "Felipe", "Fernanda", "Flávia", "Gabriel", "Gustavo"),
    *("Helena", "Henrique", "Igor", "Isabela", "Ivone", "Joana", "João", "Jorge", "José"),
    *("Juliana", "Larissa", "Leandro", "Letícia", "Lívia", "Lucas", "Luiz", "Manuela"),
    *("Marcelo", "Márcia", "Maria", "Marina", "Mateus", "Miguel", "Mônica", "Natália"),
    *("Otávio", "Patrícia", "Paulo", "Pedro", "Priscila", "Rafael", "Raquel", "Renata"),
    *("Ricardo", "Rita", "Rodrigo", "Rosa", "Sandra", "Sérgio", "Simone", "Sofia", "Sônia"),
    *("Tatiana", "Tiago", "Valéria", "Vera", "Vinícius", "Vitória", "Viviane", "Yasmin"),
)


def customers(folder: Path) -> dict[str, str]:
    """From the customer id of an order, which Olist makes anew each time, to the person's own."""
    table = rows(folder, "customers", "customer_id", "customer_unique_id")
    return {row["customer_id"]: row["customer_unique_id"] for row in table}


def person(customer_id: str) -> Person:
    """The invented person behind an id: always the same, and at example.com."""
    number = zlib.crc32(customer_id.encode())
    name = FIRST_NAMES[number % len(FIRST_NAMES)]
    address = f"{plain(name)}.{customer_id[:12].lower()}@example.com"
    return Person(email=address, first_name=name, language="pt", country="BR")


def plain(name: str) -> str:
    """A name as it stands in an address: lower case, no accents."""
    apart = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in apart if letter.isascii() and letter.isalnum())
