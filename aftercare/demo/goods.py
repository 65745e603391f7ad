"""What the shop sells, named for each reader, with prices in reais."""

from random import Random
from typing import Any

_GOODS = (
    ("Luminária de mesa Aurora", "Aurora table lamp", "189.90"),
    ("Abajur de linho Maré", "Maré linen bedside lamp", "149.00"),
    ("Pendente de palha Ninho", "Ninho woven pendant light", "259.50"),
    ("Arandela de latão Trilho", "Trilho brass wall light", "219.00"),
    ("Varal de luzes Quermesse, 10 m", "Quermesse string lights, 10 m", "119.90"),
    ("Vela de cera de coco Jasmim", "Jasmine coconut wax candle", "54.00"),
    ("Castiçal de cerâmica Duna", "Duna ceramic candlestick", "79.90"),
    ("Manta de algodão Serra", "Serra cotton throw", "169.00"),
    ("Jogo de xícaras Orvalho, 6 peças", "Orvalho cup set, 6 pieces", "134.50"),
    ("Bule esmaltado Fazenda", "Fazenda enamel coffee pot", "98.00"),
    ("Cesto de vime Cerrado", "Cerrado wicker basket", "112.00"),
    ("Espelho redondo Lua, 60 cm", "Lua round mirror, 60 cm", "289.00"),
    ("Tapete de juta Trama", "Trama jute rug", "239.90"),
    ("Vaso de vidro soprado Gota", "Gota blown glass vase", "88.50"),
    ("Relógio de parede Sino", "Sino wall clock", "128.00"),
)


def basket(random: Random, language: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """One to three items, and what they cost together."""
    cents, items = 0, []
    for pt, en, price in random.sample(_GOODS, random.choice((1, 1, 1, 2, 3))):
        quantity = random.choice((1, 1, 1, 1, 2))
        name = pt if language == "pt" else en
        items.append({"name": name, "quantity": quantity, "price": reais(_cents(price))})
        cents += quantity * _cents(price)
    return items, reais(cents)


def reais(cents: int) -> dict[str, str]:
    """An amount in reais."""
    return {"amount": f"{cents // 100}.{cents % 100:02d}", "currency": "BRL"}


def _cents(price: str) -> int:
    return int(price.replace(".", ""))
