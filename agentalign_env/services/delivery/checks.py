"""What must hold before an order is taken: the merchant, its items, the address, the time and the voucher."""

from __future__ import annotations

from typing import NamedTuple

from agentalign_env.core.clock import DAY_S, day, iso
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.delivery.hours import clock_time, hours_of, is_open, parse_time
from agentalign_env.services.delivery.places import city_in
from agentalign_env.services.delivery.pricing import discount_of, option_prices, spell
from agentalign_env.services.delivery.providers import PROVIDERS, Provider
from agentalign_env.services.delivery.records import (
    MENU_ITEMS,
    MERCHANTS,
    ORDERS,
    VOUCHERS,
    DeliveryOrder,
    MenuItem,
    Merchant,
)  # fmt: skip
from agentalign_env.services.delivery.results import OrderLine

__all__ = [
    "Line",
    "discount_for",
    "lines_of",
    "merchant_of",
    "order_of",
    "require_minimum",
    "require_reach",
    "wanted_time",
]

_NOTE_KEYS = ("note", "notes", "instructions", "special_instructions")
_SEVERAL = {"extras"}  # groups of which one may take more than one choice
_AHEAD_DAYS = 7
_MOST = 50


class Line(NamedTuple):
    """A line of an order, checked."""

    item: MenuItem
    quantity: int
    choices: str
    note: str


def merchant_of(world: World, provider: Provider, merchant_id: str, field: str = "merchant_id") -> Merchant:
    """The merchant of this id on this provider.

    Raises:
        OperationError: ``not_found``, also when another provider lists it.
    """
    merchant = world.store.get(MERCHANTS, merchant_id)
    if merchant is None or merchant.provider != provider:
        message = f"{PROVIDERS[provider].title} lists no place {merchant_id!r}: take an id from a search there"
        raise OperationError("not_found", message, field)
    return merchant


def order_of(world: World, provider: Provider, order_id: str) -> DeliveryOrder:
    """The owner's order of this id at this provider.

    Raises:
        OperationError: ``not_found``, also when it was made with another provider.
    """
    order = world.store.get(ORDERS, order_id)
    if order is None or order.provider != provider:
        message = f"{PROVIDERS[provider].title} knows no order {order_id!r}: take the id of an order made there"
        raise OperationError("not_found", message, "order_id")
    return order


def require_reach(world: World, merchant: Merchant, address: str) -> None:
    """A merchant delivers in its own city; an address that names no city of the world is taken to lie there."""
    if not address.strip():
        raise OperationError(
            "invalid_argument", "the delivery address is empty: give street and city", "delivery_address"
        )
    city = city_in(world, address)
    if not city and len(address.split()) < 2:
        message = f"{address[:80]!r} is no address: give street and city, as in the list of saved addresses"
        raise OperationError("invalid_argument", message, "delivery_address")
    if city and city != merchant.city:
        message = f"{merchant.name} delivers in {merchant.city} only, not in {city}: choose a place in {city}"
        raise OperationError("invalid_argument", message, "delivery_address")


def lines_of(world: World, merchant: Merchant, items: list[OrderLine]) -> list[Line]:
    """The lines in the order of their ids; those that differ in nothing but the quantity are one."""
    merged: dict[tuple[str, str, str], Line] = {}
    for given in items:
        line = _line(world, merchant, given)
        key = (line.item.id, line.choices, line.note)
        if key in merged:
            line = line._replace(quantity=line.quantity + merged[key].quantity)
        if line.quantity > _MOST:
            message = f"{line.quantity} of {line.item.id} ({line.item.name}) were asked for: order at most {_MOST}"
            raise OperationError("invalid_argument", message, "items")
        merged[key] = line
    return [merged[key] for key in sorted(merged)]


def require_minimum(merchant: Merchant, items_minor: int) -> None:
    """An order must reach the merchant's minimum."""
    missing = merchant.minimum_minor - items_minor
    if missing > 0:
        message = (
            f"{merchant.name} takes orders from {spell(merchant.minimum_minor)}, the items come to "
            f"{spell(items_minor)}: add items for at least {spell(missing)}"
        )
        raise OperationError("invalid_argument", message, "items")


def wanted_time(world: World, merchant: Merchant, schedule: str, minutes: int) -> int | None:
    """When a scheduled order is wanted; ``None`` for one that is wanted at once, which needs an open merchant."""
    now_s = world.now_s
    if not schedule.strip():
        if not is_open(merchant, now_s):
            message = (
                f"{merchant.name} is closed at {clock_time(now_s % DAY_S // 60)}, it is open {hours_of(merchant)}: "
                "schedule the order for then, or choose a place that is open"
            )
            raise OperationError("invalid_state", message, "merchant_id")
        return None
    time_s = parse_time(schedule, now_s, "schedule")
    earliest_s, latest_s = now_s + minutes * 60, now_s + _AHEAD_DAYS * DAY_S
    if not earliest_s <= time_s <= latest_s:
        message = f"{iso(time_s)} is not between {iso(earliest_s)}, the earliest delivery, and {iso(latest_s)}"
        raise OperationError("invalid_argument", f"{message}: choose a time between them", "schedule")
    if not is_open(merchant, time_s):
        message = f"{merchant.name} is closed at {iso(time_s)}: choose a time within {hours_of(merchant)}"
        raise OperationError("invalid_argument", message, "schedule")
    return time_s


def discount_for(world: World, merchant: Merchant, code: str, items_minor: int) -> int:
    """What a voucher takes off this order, nothing without a code.

    Raises:
        OperationError: There is no such voucher, it was used, has expired, or does not fit the order.
    """
    if not code:
        return 0
    voucher = world.store.get(VOUCHERS, code)
    if voucher is None or voucher.provider != merchant.provider:
        title = PROVIDERS[merchant.provider].title
        message = f"you have no {title} voucher {code!r}: take a code that a search shows with the merchant"
        raise OperationError("not_found", message, "voucher_code")
    if voucher.used_by:
        message = f"voucher {code} was used for order {voucher.used_by}: use another one, or none"
        raise OperationError("conflict", message, "voucher_code")
    if voucher.expires < day(world.now_s):
        message = f"voucher {code} expired on {voucher.expires}: use another one, or none"
        raise OperationError("invalid_state", message, "voucher_code")
    if not merchant.vouchers or voucher.merchant_id not in ("", merchant.id):
        message = f"{merchant.name} does not take voucher {code}: leave it out, or choose a place that takes it"
        raise OperationError("invalid_argument", message, "voucher_code")
    if items_minor < voucher.minimum_minor:
        message = (
            f"voucher {code} is for orders from {spell(voucher.minimum_minor)}, the items come to "
            f"{spell(items_minor)}: add items, or leave the voucher out"
        )
        raise OperationError("invalid_argument", message, "voucher_code")
    return discount_of(voucher, items_minor)


def _line(world: World, merchant: Merchant, given: OrderLine) -> Line:
    item = world.store.get(MENU_ITEMS, given["item_id"])
    if item is None or item.merchant_id != merchant.id:
        message = f"{given['item_id']!r} is not on the menu of {merchant.name}: take an item_id from its menu"
        raise OperationError("not_found", message, "items")
    if not item.available:
        message = f"{item.name} is sold out at {merchant.name}: choose something else from its menu"
        raise OperationError("conflict", message, "items")
    note = given.get("special_instructions", "").strip()
    chosen: list[tuple[str, str]] = []
    for group, value in given.get("customizations", {}).items():
        if group.casefold() in _NOTE_KEYS:
            note = " ".join(filter(None, (note, value if isinstance(value, str) else ", ".join(value))))
        else:
            chosen += [_choice(item, name, group) for name in ([value] if isinstance(value, str) else value)]
    chosen += [_choice(item, name) for name in given.get("add_ons", ())]
    return Line(item, int(given["quantity"]), _spell(item, chosen), note)


def _choice(item: MenuItem, name: str, group: str = "") -> tuple[str, str]:
    """The group and the choice that are meant, in any case."""
    wanted_group, wanted = group.strip().casefold(), name.strip().casefold()
    for known, choices in option_prices(item).items():
        if wanted_group in ("", known.casefold()):
            for choice in choices:
                if choice.casefold() == wanted:
                    return known, choice
    known_options = "; ".join(f"{known}: {', '.join(choices)}" for known, choices in option_prices(item).items())
    asked = f"{group}: {name}" if group else name
    remedy = f"it has {known_options}" if known_options else "it has none"
    raise OperationError("invalid_argument", f"{item.name} has no option {asked!r}: {remedy}", "items")


def _spell(item: MenuItem, chosen: list[tuple[str, str]]) -> str:
    """Choices as an order keeps them: ``extras: cheese, olives; size: large``."""
    groups: dict[str, set[str]] = {}
    for group, choice in chosen:
        groups.setdefault(group, set()).add(choice)
    for group, choices in groups.items():
        if len(choices) > 1 and group not in _SEVERAL:
            message = f"{item.name} comes in one {group} only, not in {' and '.join(sorted(choices))}: choose one"
            raise OperationError("invalid_argument", message, "items")
    return "; ".join(f"{group}: {', '.join(sorted(groups[group]))}" for group in sorted(groups))
