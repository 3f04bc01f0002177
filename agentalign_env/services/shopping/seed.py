"""What the shops list, and what the owner ordered before a world begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from agentalign_env.core.addresses import office_address, street_address
from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.ids import id_salt
from agentalign_env.core.rng import Random, stream
from agentalign_env.core.service import SeedContext
from agentalign_env.services.shopping.catalogue import load_catalogue
from agentalign_env.services.shopping.life import days_with, delivers_at, status_at
from agentalign_env.services.shopping.listings import Listings
from agentalign_env.services.shopping.ordering import tracking_number
from agentalign_env.services.shopping.pricing import costs_of, refund_for
from agentalign_env.services.shopping.providers import PROVIDERS, SHOPS, Method, Provider, spell_order_id
from agentalign_env.services.shopping.records import (
    ORDERS,
    PRODUCTS,
    RETURNS,
    Address,
    Customer,
    Order,
    Product,
    Return,
    Stock,
)

__all__ = [
    "returns_of", "seed_addresses", "seed_customers", "seed_orders", "seed_products", "seed_returns", "seed_stock",
]  # fmt: skip

_REASONS = (
    "It arrived with a crack.",
    "It is larger than I thought.",
    "It is not the colour in the picture.",
    "I ordered it twice by mistake.",
    "A part was missing.",
)
_WISHES = ("Happy birthday!", "Thank you for everything.", "Enjoy it!", "Congratulations on the new flat!")
_HISTORY_DAYS = 400
_UNDER_WAY, _DELIVERED, _RETURNED = 2, (3, 4), 5  # the newest orders of a shop, counted back from the last


def seed_products(context: SeedContext) -> Iterator[Product]:
    """Items, most popular first, the shops in turn."""
    listings = Listings(context)
    return (listings.item(number) for number in range(context.rows))


def seed_addresses(context: SeedContext) -> Iterator[Address]:
    """The owner's home and work, then people."""
    owner = context.background.owner
    rows = [
        Address("home", "Home", owner.name, "self", street_address(context.seed, owner)),
        Address("work", "Work", owner.name, "self", office_address(context.seed, owner)),
    ]
    for person in context.background.people:
        address = street_address(context.seed, person)
        rows.append(Address(person.id, person.first_name, person.name, person.relation, address))
    yield from rows[: context.rows]


def seed_customers(context: SeedContext) -> Iterator[Customer]:
    """The owner's account with each shop."""
    paypal = f"PayPal ({context.background.owner.email})"
    for provider in PROVIDERS:
        points = context.rng(provider).randrange(1_800, 6_400) if provider == "taobao" else 0
        yield Customer(provider, provider, _card(context.seed, provider), paypal, points, points)


def seed_stock(context: SeedContext) -> Iterator[Stock]:
    """What is left of the items that were ordered."""
    listings, kept = Listings(context), Counter[int]()
    for number, order in _ordered(context):
        if order.status != "cancelled":
            kept[number] += order.quantity - order.returned
    for number, quantity in kept.items():
        if quantity:
            product = listings.item(number)
            yield Stock(product.id, product.provider, product.stocked - quantity)


def seed_orders(context: SeedContext) -> Iterator[Order]:
    """Orders, oldest first."""
    return (order for _, order in _ordered(context))


def seed_returns(context: SeedContext) -> Iterator[Return]:
    """What went back of those orders, oldest first."""
    return returns_of(context, seed_orders(context))


def returns_of(context: SeedContext, orders: Iterable[Order]) -> Iterator[Return]:
    """What went back of these orders, which are all of the world's."""
    context = context.of(RETURNS)
    rng = context.rng()
    for number, order in enumerate(order for order in orders if order.returned):
        created_s = delivers_at(order) + rng.randrange(HOUR_S, 3 * DAY_S)
        yield Return(
            context.new_id(number), order.provider, order.id, order.returned, rng.choice(_REASONS),
            refund_for(order, order.returned), created_s,
        )  # fmt: skip


def _ordered(context: SeedContext) -> list[tuple[int, Order]]:
    """Each order with the number of its item, oldest first.

    Of every shop's newest orders two have not been sent yet, one is under way, two have been delivered and can go back,
    and one has gone back; so whatever a person may ask about is there.
    """
    context = context.of(ORDERS)
    places = min(context.sizes.get(PRODUCTS.name, 0) // len(PROVIDERS), len(load_catalogue().kinds))
    if not places:
        return []
    rng, listings = context.rng(), Listings(context)
    drafts: list[tuple[int, Order]] = []
    items: dict[int, Product] = {}
    ordered: Counter[int] = Counter()
    for number in range(context.rows):
        recent, turn = divmod(number, len(PROVIDERS))
        while True:
            at = rng.randrange(places) * len(PROVIDERS) + turn
            product = items[at] = items.get(at) or listings.item(at)
            quantity = min(rng.choice((1, 1, 1, 2, 3)), product.stocked - ordered[at] - 1)
            if quantity > 0 and (product.return_days or recent not in (*_DELIVERED, _RETURNED)):
                break
        ordered[at] += quantity
        drafts.append((at, _draft(context, product, quantity, recent, rng)))
    drafts.sort(key=lambda pair: pair[1].placed_s)
    salt = id_salt(ORDERS.name, context.seed)
    found = []
    for number, (at, draft) in enumerate(drafts):
        plain = SHOPS[draft.provider].order_ids.encode(number, salt)
        order_id = spell_order_id(draft.provider, plain)
        found.append((at, draft._replace(id=order_id, tracking=tracking_number(plain, salt))))
    return found


def _draft(context: SeedContext, product: Product, quantity: int, recent: int, rng: Random) -> Order:
    """An order without its numbers; `recent` counts the orders that the shop got after it."""
    owner, people = context.background.owner, context.background.people
    method: Method = rng.choice(tuple(SHOPS[product.provider].surcharges)) if recent > _RETURNED else "standard"
    if method == "prime" and not product.prime:
        method = "standard"
    days = days_with(product.delivery_days, method)
    costs = costs_of(product, quantity, product.price_minor, method, prime=method == "prime", insured=False, points=0)
    gift = product.provider == "amazon" and recent > _RETURNED and bool(people) and rng.random() < 0.4
    receiver = people[rng.randrange(len(people))] if gift else owner
    at_work = not gift and rng.random() < 0.2
    draft = Order(
        id="", provider=product.provider, item_id=product.id, title=product.title, quantity=quantity,
        colour=rng.choice(product.colours or ("",)), size=rng.choice(product.sizes or ("",)),
        unit_minor=product.price_minor, shipping_method=method, insured=False, gift=gift,
        gift_message=rng.choice(_WISHES) if gift else "", seller_message="", payment_method="card", uses_points=False,
        shipping_address=(office_address if at_work else street_address)(context.seed, receiver), status="placed",
        returned=0, cancel_reason="", shipping_minor=costs.shipping_minor, insurance_minor=0,
        discount_minor=costs.discount_minor, points=0, total_minor=costs.total_minor,
        payment=_card(context.seed, product.provider), tracking="", return_days=product.return_days,
        delivery_days=days, placed_s=context.start_s - _age_s(context, recent, days, rng),
    )  # fmt: skip
    if recent == _RETURNED:
        return draft._replace(returned=quantity, status="returned")
    if recent > _RETURNED and rng.random() < 0.12:
        return draft._replace(status="cancelled", cancel_reason="No longer needed")
    return draft._replace(status=status_at(draft, context.start_s))


def _age_s(context: SeedContext, recent: int, days: int, rng: Random) -> int:
    """How long ago the order was placed."""
    if recent < _UNDER_WAY:
        return recent * 3 * HOUR_S + rng.randrange(HOUR_S, 3 * HOUR_S)
    if recent == _UNDER_WAY:
        return days * DAY_S * 6 // 10
    if recent <= _RETURNED:  # a day and a half apart
        since = (recent - _UNDER_WAY) * 36 * HOUR_S
        return days * DAY_S + since + rng.randrange(-DAY_S, 0)
    step = _HISTORY_DAYS * DAY_S // max(context.rows // len(PROVIDERS), 1)
    return 25 * DAY_S + recent * step + rng.randrange(step)


def _card(seed: int, provider: Provider) -> str:
    """The card saved at a shop."""
    rng = stream("card", seed, provider)
    return f"{rng.choice(('Visa', 'Mastercard'))} ending {rng.randrange(1000, 10_000)}"
