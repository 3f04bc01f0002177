"""Which items, orders and addresses can be put into the shops before an episode."""

from __future__ import annotations

from collections.abc import Mapping

from agentalign_env.core.addresses import street_address
from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.premises import (
    Hints,
    acquaintance,
    address_label,
    checked,
    choice_hint,
    number_hint,
    one_line_address,
    premise_rng,
    recognised,
    refuse_known,
    text_hint,
    texts_hint,
)
from agentalign_env.core.rng import Random
from agentalign_env.core.semantics import ProductId
from agentalign_env.core.text import tokens
from agentalign_env.core.world import World
from agentalign_env.errors import PremiseError
from agentalign_env.services.shopping.catalogue import Kind, load_catalogue
from agentalign_env.services.shopping.life import delivers_at
from agentalign_env.services.shopping.listings import Listings
from agentalign_env.services.shopping.ordering import put_stock, tracking_number
from agentalign_env.services.shopping.pricing import costs_of
from agentalign_env.services.shopping.providers import PROVIDERS, SHOPS, Provider, Status, spell_order_id
from agentalign_env.services.shopping.records import (
    ADDRESSES,
    CUSTOMERS,
    ORDERS,
    PRODUCTS,
    Address,
    Order,
    OrderId,
    Product,
)
from agentalign_env.services.shopping.views import left, product_of

__all__ = ["lay_acquaintance", "lay_address", "lay_order", "lay_product"]

_ITEM_FORMS: tuple[tuple[Provider, str], ...] = (
    ("temu", r"6010\d{8,}"), ("taobao", r"6\d{11}"), ("ebay", r"[1-5]\d{11}"), ("amazon", r"[0-9A-Z]{10}"),
)  # fmt: skip
_ORDER_FORMS: tuple[tuple[Provider, str], ...] = (
    ("amazon", r"\d{3}-\d{7}-\d{7}"), ("temu", r"PO-.*"), ("ebay", r"\d{2}-\d{5}-\d{5}"), ("taobao", r"\d{16,20}"),
)  # fmt: skip
_FOR: Mapping[str, Status] = {"cancel": "placed", "track": "shipped", "return": "delivered", "get": "shipped"}
_STATUSES: tuple[Status, ...] = ("placed", "shipped", "delivered", "closed", "cancelled")
_FARTHEST = 100_000  # designs of a kind that no size of world lists


def lay_product(world: World, value: str, hints: Hints) -> None:
    """An item with this number, or the next one; in stock, and for sale at once.

    Hints: ``provider``, ``title`` (a search finds it), ``price``, ``max_price`` (it costs less), ``has_coupon``,
    ``colours``, ``sizes``.
    """
    provider = choice_hint(hints, "provider", PROVIDERS, recognised(value, _ITEM_FORMS, "amazon"))
    _put_product(world, provider, value, hints, premise_rng(world, "ProductId", value))


def lay_order(world: World, value: str, hints: Hints) -> None:
    """An order with this number, or the next one.

    Hints: ``provider``; ``for``: cancel, track, return or get, which says how it stands; or ``status`` itself;
    ``item_id`` of an item of the shop, or its ``title``; ``quantity``.
    """
    provider = choice_hint(hints, "provider", PROVIDERS, recognised(value, _ORDER_FORMS, "amazon"))
    shop, rng = SHOPS[provider], premise_rng(world, "OrderId", value)
    issued = world.new_id(ORDERS, shop.order_ids)
    order_id = checked("OrderId", OrderId, value) if value else spell_order_id(provider, issued)
    refuse_known(world, ORDERS, order_id, "OrderId")
    status = choice_hint(hints, "status", _STATUSES, _FOR[choice_hint(hints, "for", _FOR, "get")])
    product = _ordered(world, provider, hints, rng)
    quantity = int(number_hint(hints, "quantity", 1))
    available = left(world, product)
    if not 1 <= quantity <= available:
        raise PremiseError(f"{available} of item {product.id} are left, {quantity} cannot be ordered: order fewer")
    customer = world.store.get(CUSTOMERS, provider)
    assert customer is not None
    costs = costs_of(product, quantity, product.price_minor, "standard", prime=False, insured=False, points=0)
    order = Order(
        id=order_id, provider=provider, item_id=product.id, title=product.title, quantity=quantity,
        colour=rng.choice(product.colours or ("",)), size=rng.choice(product.sizes or ("",)),
        unit_minor=product.price_minor, shipping_method="standard", insured=False, gift=False, gift_message="",
        seller_message="", payment_method="card", uses_points=False,
        shipping_address=street_address(world.base.key.seed, world.owner), status="placed", returned=0,
        cancel_reason="", shipping_minor=costs.shipping_minor, insurance_minor=0, discount_minor=costs.discount_minor,
        points=0, total_minor=costs.total_minor, payment=customer.card,
        tracking=tracking_number(issued, world.base.salts[ORDERS.name]), return_days=max(product.return_days, 14),
        delivery_days=product.delivery_days, placed_s=world.now_s,
    )  # fmt: skip
    whole_s = delivers_at(order) - order.placed_s
    ago_s = {
        "placed": min(rng.randrange(HOUR_S, 2 * HOUR_S), whole_s // 8), "shipped": whole_s * 6 // 10,
        "delivered": whole_s + rng.randrange(DAY_S, 4 * DAY_S), "closed": whole_s + (order.return_days + 3) * DAY_S,
        "cancelled": whole_s // 2,
    }[status]  # fmt: skip
    order = order._replace(placed_s=world.now_s - ago_s, status=status)
    if status == "cancelled":
        order = order._replace(cancel_reason="No longer needed")
    else:
        put_stock(world, product, available - quantity)
    world.store.put(ORDERS, order)


def lay_address(world: World, value: str, hints: Hints) -> None:
    """A saved address. Hints: ``label``, ``name`` of whoever lives there."""
    address = one_line_address(value)
    if any(row.address.casefold() == address.casefold() for row in world.store.rows(ADDRESSES)):
        return  # the other address book may lack it
    label = address_label(world, value, hints)
    _put_address(world, label, text_hint(hints, "name", world.owner.name), "self", address)


def lay_acquaintance(world: World, value: str, hints: Hints) -> None:
    """Where somebody of this name lives; hints as for a contact."""
    person = acquaintance(world, value, hints)
    _put_address(
        world, person.first_name, person.name, person.relation, street_address(world.base.key.seed, person)
    )  # fmt: skip


def _put_address(world: World, label: str, name: str, relation: str, address: str) -> None:
    key = f"saved-{world.store.count(ADDRESSES) + 1}"
    world.store.put(ADDRESSES, Address(key, label, name, relation, address))


def _ordered(world: World, provider: Provider, hints: Hints, rng: Random) -> Product:
    item_id = text_hint(hints, "item_id")
    if item_id:
        return product_of(world, provider, item_id)
    return _put_product(world, provider, "", hints, rng)


def _put_product(world: World, provider: Provider, value: str, hints: Hints, rng: Random) -> Product:
    shop = SHOPS[provider]
    item_id = str(checked("ProductId", ProductId, value)) if value else world.new_id(PRODUCTS, shop.item_ids)
    refuse_known(world, PRODUCTS, item_id, "ProductId")
    title = text_hint(hints, "title")
    kind, fits = _kind_of(title, rng)
    listings = Listings(world.base.seed_context(PRODUCTS.name))
    drawn = listings.item(listings.number(kind, provider, _FARTHEST + rng.randrange(_FARTHEST)))
    drawn_price = drawn.price_minor / 100
    most = number_hint(hints, "max_price", drawn_price * 2)
    price_minor = round(number_hint(hints, "price", drawn_price if drawn_price < most else most * 0.9) * 100)
    coupon_minor = price_minor // 10 if hints.get("has_coupon") is True else 0
    sold = rng.randrange(40, 900)
    product = drawn._replace(
        id=item_id, url=shop.item_url.format(id=item_id), price_minor=max(price_minor, 1),
        coupon_minor=coupon_minor, sold=sold, reviews=sold // 8 + 1, stocked=max(drawn.stocked, 12),
        buy_formats=("buy_it_now",), best_offer=False,
        colours=texts_hint(hints, "colours", drawn.colours), sizes=texts_hint(hints, "sizes", drawn.sizes),
        regions=drawn.regions if "US" in drawn.regions else ("US", *drawn.regions),
    )  # fmt: skip
    if title:
        product = product._replace(title=title, brand="", keywords=f"{product.keywords} {title}" if fits else title)
    if title and not fits:
        about = f"{title}. New, in its original packaging, with a short manual."
        product = product._replace(
            kind=title.lower(), description=about, colours=texts_hint(hints, "colours", ()),
            sizes=texts_hint(hints, "sizes", ()),
        )  # fmt: skip
    world.store.put(PRODUCTS, product)
    return product


def _kind_of(title: str, rng: Random) -> tuple[Kind, bool]:
    """The kind that shares most words with a title, and whether all of the kind's own are there."""
    words, kinds = set(tokens(title)), load_catalogue().kinds
    scores = [len(words & set(tokens(kind.name))) for kind, _ in kinds]
    best = max(scores)
    fitting = [pair for pair, score in zip(kinds, scores, strict=True) if score == best]
    kind, _ = fitting[0] if best else rng.choice(fitting)
    return kind, not title or set(tokens(kind.name)) <= words
