"""What the delivery providers know when a world begins: merchants, menus, couriers, and the owner's past orders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from agentalign_env.core.addresses import office_address, street_address
from agentalign_env.core.clock import DAY_S, HOUR_S, day, iso
from agentalign_env.core.ids import id_salt
from agentalign_env.core.rng import Random
from agentalign_env.core.service import SeedContext
from agentalign_env.services.delivery.catalogue import Catalogue
from agentalign_env.services.delivery.kinds import load_names
from agentalign_env.services.delivery.places import ride_minutes, spot_in
from agentalign_env.services.delivery.pricing import discount_of, summary_of
from agentalign_env.services.delivery.providers import PROVIDER_NAMES, PROVIDERS, Provider
from agentalign_env.services.delivery.records import (
    COURIERS,
    MERCHANTS,
    ORDERS,
    VOUCHERS,
    Courier,
    DeliveryOrder,
    MenuItem,
    Merchant,
    SavedAddress,
    Voucher,
)  # fmt: skip

__all__ = ["seed_addresses", "seed_couriers", "seed_menu_items", "seed_merchants", "seed_orders", "seed_vouchers"]

_VEHICLES = ("bicycle", "scooter", "cargo bike", "car")
_HOME_SHARE = 3  # times that the owner's city comes in the round of couriers
_COUNT = len(PROVIDER_NAMES)
_NOTES = ("", "", "Please ring twice.", "Second floor, left door.", "", "Leave it at the front desk.", "")
_SPAN_DAYS = 120
_EVENINGS = (18 * 60 + 30, 19 * 60, 19 * 60 + 30, 20 * 60)


class _Times(NamedTuple):
    """When an order was placed and for when."""

    placed_s: int
    lead_s: int
    scheduled: bool


def seed_merchants(context: SeedContext) -> Iterator[Merchant]:
    """Merchants: those of the owner's city, then those further away."""
    catalogue = Catalogue(context)
    return (catalogue.merchant(number) for number in range(context.rows))


def seed_menu_items(context: SeedContext) -> Iterator[MenuItem]:
    """Menus, in the order of the merchants, the popular dish of each first."""
    catalogue = Catalogue(context)
    return (item for number in range(catalogue.merchants) for item in catalogue.menu(number))


def seed_couriers(context: SeedContext) -> Iterator[Courier]:
    """Couriers of every provider in turn, in every city, more of them in the owner's."""
    rng, names, cities = context.rng(), load_names().couriers, _courier_cities(context)
    for number in range(context.rows):
        provider, city = PROVIDER_NAMES[number % _COUNT], cities[number // _COUNT % len(cities)]
        yield Courier(context.new_id(number), provider, rng.choice(names), rng.choice(_VEHICLES), city)


def seed_addresses(context: SeedContext) -> Iterator[SavedAddress]:
    """The owner's home and work, then people they have sent something to."""
    owner, seed = context.background.owner, context.seed
    own = (("home", street_address(seed, owner)), ("work", office_address(seed, owner)))
    for number, (label, address) in enumerate(own):
        yield SavedAddress(context.new_id(number), label, "owner", owner.name, address, owner.city)
    for number, person in enumerate(context.background.people[: max(context.rows - len(own), 0)], len(own)):
        address = street_address(seed, person)
        yield SavedAddress(context.new_id(number), person.first_name, "other", person.name, address, person.city)


def seed_vouchers(context: SeedContext) -> Iterator[Voucher]:
    """Vouchers of the owner's: the first was used for an order, some have expired."""
    provider: Provider = next(name for name in PROVIDER_NAMES if PROVIDERS[name].vouchers)
    for number in range(context.rows):
        used = _voucher_order(context) if number == 0 else None
        expires = context.start_s + (-9 if number % 5 == 4 else 20 + number) * DAY_S
        percent, off_minor, minimum = ((0, 300, 1000), (10, 0, 1000), (0, 500, 2500))[number % 3]
        yield Voucher(
            context.new_id(number), provider, "", percent, off_minor, minimum, day(expires),
            _order_id(context, used) if used is not None else "",
        )  # fmt: skip


def seed_orders(context: SeedContext) -> Iterator[DeliveryOrder]:
    """The owner's orders, oldest first: past ones, one per provider for tonight, and one that is on its way."""
    catalogue, rng = Catalogue(context), context.rng()
    with_voucher = _voucher_order(context)
    for number in range(_orders(context)):
        shop = rng.randrange(catalogue.at_home // _COUNT) * _COUNT + PROVIDER_NAMES.index(_provider(context, number))
        order = _order(context, catalogue.merchant(shop), catalogue.menu(shop), number, rng)
        if number == with_voucher and context.sizes.get(VOUCHERS.name, 0):
            voucher = Voucher(context.new_id(0, VOUCHERS), order.provider, "", 0, 300, 1000, "", order.id)
            off = discount_of(voucher, order.items_minor)
            order = order._replace(
                voucher_code=voucher.code, discount_minor=off, total_minor=order.total_minor - off, cancelled=False,
                cancelled_s=0, cancel_reason="",
            )  # fmt: skip
        yield order


def _order(
    context: SeedContext, merchant: Merchant, menu: tuple[MenuItem, ...], number: int, rng: Random
) -> DeliveryOrder:
    owner = context.background.owner
    address = (street_address if rng.random() < 0.75 else office_address)(context.seed, owner)
    ride_s = ride_minutes(merchant, spot_in(context.seed, merchant.city, address)) * 60
    times = _times(context, number, merchant.prep_minutes * 60 + ride_s, rng)
    lines = [(menu[0], rng.choice((1, 1, 2)))]
    if len(menu) > 1 and rng.random() < 0.6:
        lines.append((menu[1], rng.choice((1, 1, 2, 3))))
    lines.sort(key=lambda line: line[0].id)
    items_minor = sum(item.price_minor * quantity for item, quantity in lines)
    tip_minor = rng.choice((0, 0, 100, 200, 250)) if PROVIDERS[merchant.provider].tips else 0
    cancelled = number < context.rows - _COUNT - 1 and rng.random() < 0.12
    quantities = tuple(quantity for _, quantity in lines)
    return DeliveryOrder(
        id=_order_id(context, number), provider=merchant.provider, merchant_id=merchant.id,
        item_ids=tuple(item.id for item, _ in lines), quantities=quantities, choices=("",) * len(lines),
        item_notes="", address=address, phone=owner.phone, note=rng.choice(_NOTES),
        timing="scheduled" if times.scheduled else "asap",
        scheduled_for=iso(times.placed_s + times.lead_s) if times.scheduled else "",
        no_contact=merchant.provider == "doordash", priority=False, group_order=False, pro_member=False,
        payment_method="card", voucher_code="", tip_minor=tip_minor, cancelled=cancelled,
        cancel_reason="Ordered by mistake" if cancelled else "", shop_name=merchant.name,
        summary=summary_of([item for item, _ in lines], quantities, ("",) * len(lines)),
        items_minor=items_minor, fee_minor=merchant.fee_minor, discount_minor=0,
        total_minor=items_minor + merchant.fee_minor + tip_minor, courier_id=_courier_id(context, number),
        placed_s=times.placed_s, lead_s=times.lead_s, ride_s=ride_s,
        cancelled_s=times.placed_s + 95 if cancelled else 0,
    )  # fmt: skip


def _times(context: SeedContext, number: int, needed_s: int, rng: Random) -> _Times:
    """At most one order a day, so that no courier has two at once; the last ones belong to today."""
    start_s, today = context.start_s, context.start_s // DAY_S
    history = max(context.rows - _COUNT - 1, 0)
    if number < history:
        step = max(_SPAN_DAYS // max(history, 1), 1)
        placed_s = (today - 1 - (history - 1 - number) * step) * DAY_S + 11 * HOUR_S + rng.randrange(8 * HOUR_S)
        return _Times(placed_s, needed_s, False)
    if number == context.rows - 1:
        return _Times(start_s - needed_s + 6 * 60, needed_s, False)  # the courier is six minutes away
    placed_s = today * DAY_S - (context.rows - number) * HOUR_S // 2 - rng.randrange(HOUR_S // 3)  # last night
    return _Times(placed_s, today * DAY_S + rng.choice(_EVENINGS) * 60 - placed_s, True)


def _provider(context: SeedContext, number: int) -> Provider:
    return PROVIDER_NAMES[(number + context.seed) % _COUNT]


def _order_id(context: SeedContext, number: int) -> str:
    return PROVIDERS[_provider(context, number)].order_ids.encode(number, id_salt(ORDERS.name, context.seed))


def _orders(context: SeedContext) -> int:
    """How many orders there are: none in a world too small for a merchant and a courier of every provider."""
    sizes = context.sizes
    enough = sizes.get(MERCHANTS.name, 0) >= _COUNT and sizes.get(COURIERS.name, 0) >= _COUNT * _HOME_SHARE
    return sizes.get(ORDERS.name, 0) if enough else 0


def _voucher_order(context: SeedContext) -> int | None:
    """The number of the first order at a provider that takes vouchers."""
    history = range(max(_orders(context) - _COUNT - 1, 0))
    return next((number for number in history if PROVIDERS[_provider(context, number)].vouchers), None)


def _courier_cities(context: SeedContext) -> tuple[str, ...]:
    cities = Catalogue(context).cities
    return (*cities[:1] * _HOME_SHARE, *cities[1:])


def _courier_id(context: SeedContext, number: int) -> str:
    """A courier of the order's provider in the owner's city."""
    turn = number // _COUNT % _HOME_SHARE
    provider = PROVIDER_NAMES.index(_provider(context, number))
    return context.new_id(turn * _COUNT + provider, COURIERS)
