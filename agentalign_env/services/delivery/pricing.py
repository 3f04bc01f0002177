"""What an order costs: options, lines, tips and vouchers; in cents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from agentalign_env.services.delivery.providers import CURRENCY
from agentalign_env.services.delivery.records import MenuItem, Voucher

__all__ = [
    "PRIORITY_MINOR",
    "PRO_MINIMUM_MINOR",
    "discount_of",
    "option_prices",
    "spell",
    "summary_of",
    "to_cents",
    "unit_minor",
]

PRIORITY_MINOR = 199
PRO_MINIMUM_MINOR = 1200
"""From this value of the items on, members of foodpanda pro pay no delivery fee."""


def option_prices(item: MenuItem) -> Mapping[str, Mapping[str, int]]:
    """By group of options, what each choice adds."""
    found: dict[str, dict[str, int]] = {}
    for option in item.options:
        group, choice, added = option.split("|")
        found.setdefault(group, {})[choice] = int(added)
    return found


def unit_minor(item: MenuItem, choices: str) -> int:
    """The price of one, with the choices as an order keeps them: ``extras: cheese, olives; size: large``."""
    prices, total = option_prices(item), item.price_minor
    for part in filter(None, choices.split("; ")):
        group, _, names = part.partition(": ")
        total += sum(prices[group][name] for name in names.split(", "))
    return total


def discount_of(voucher: Voucher, items_minor: int) -> int:
    """What a voucher takes off; never more than the items cost."""
    return min(voucher.off_minor + items_minor * voucher.percent // 100, items_minor)


def summary_of(items: Iterable[MenuItem], quantities: Sequence[int], choices: Sequence[str]) -> str:
    """The lines of an order in words."""
    lines = zip(items, quantities, choices, strict=True)
    return "; ".join(
        f"{quantity} x {item.name}" + (f" ({chosen})" if chosen else "") for item, quantity, chosen in lines
    )


def spell(minor: int) -> str:
    """An amount as text, such as ``12.50 EUR``."""
    return f"{minor / 100:.2f} {CURRENCY}"


def to_cents(amount: float) -> int:
    """A decimal amount in cents, halves rounded up."""
    return int((Decimal(str(amount)) * 100).quantize(Decimal(1), ROUND_HALF_UP))
