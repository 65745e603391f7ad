"""What was bought and what it cost: items by order, and totals."""

from collections import Counter, defaultdict
from decimal import Decimal, InvalidOperation
from pathlib import Path

from aftercare.events.fields import Item, Money
from aftercare.sources.olist.tables import rows

CURRENCY = "BRL"


def product_names(folder: Path) -> dict[str, str]:
    """A name for each product: its category in English, or in Portuguese where no one translated
    it. Products without a category have none."""
    table = rows(folder, "translation", "product_category_name", "product_category_name_english")
    english = {r["product_category_name"]: r["product_category_name_english"] for r in table}
    products = rows(folder, "products", "product_id", "product_category_name")
    named = ((r["product_id"], r["product_category_name"]) for r in products)
    return {
        product: english.get(category, category).replace("_", " ").title()
        for product, category in named
        if category
    }


def items(folder: Path, names: dict[str, str]) -> dict[str, list[Item]]:
    """The named items of each order; like ones are one line with a quantity."""
    counted: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in rows(folder, "order_items", "order_id", "product_id", "price"):
        if name := names.get(row["product_id"]):
            counted[row["order_id"]][name, row["price"]] += 1
    return {
        order: [Item(name, quantity, money(price)) for (name, price), quantity in lines.items()]
        for order, lines in counted.items()
    }


def totals(folder: Path) -> dict[str, Decimal]:
    """What each order cost: the sum of its payments, or else of its items and their freight."""
    paid = _sums(folder, "order_payments", "payment_value")
    return _sums(folder, "order_items", "price", "freight_value") | paid


def money(amount: Decimal | str | None) -> Money | None:
    """An amount in reais with two decimals; None when it is none."""
    if amount is None or (number := _number(str(amount))) is None:
        return None
    return Money(f"{number:.2f}", CURRENCY)


def _sums(folder: Path, table: str, *columns: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for row in rows(folder, table, "order_id", *columns):
        value = sum((_number(row[column]) or Decimal() for column in columns), Decimal())
        sums[row["order_id"]] = sums.get(row["order_id"], Decimal()) + value
    return sums


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
