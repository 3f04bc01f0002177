"""Ordering an item."""

from __future__ import annotations

import re
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from agentalign_env.core.addresses import PostalAddress
from agentalign_env.core.ids import DIGITS, IdStyle
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import Amount, ProductId
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.shopping.life import days_with
from agentalign_env.services.shopping.pricing import costs_of
from agentalign_env.services.shopping.providers import SHOPS, Method, Provider, spell_order_id
from agentalign_env.services.shopping.records import (
    CUSTOMERS,
    ORDERS,
    PRODUCTS,
    STOCK,
    Customer,
    ItemOption,
    Order,
    Product,
    Stock,
)
from agentalign_env.services.shopping.results import OrderView
from agentalign_env.services.shopping.views import left, order_view, product_of, spell

__all__ = ["create_order", "put_stock", "tracking_number"]

_TRACKING_IDS = IdStyle("WPC", DIGITS, 12)
_ACCEPTED_PERCENT = 90
_BETWEEN_OPTIONS = re.compile(r"\s*[,;/|+]\s*")
_Message = Annotated[str, Field(max_length=500)]


class _Options(NamedTuple):
    colour: str
    size: str


@operation(
    "eCommerce.create_order",
    reads=(PRODUCTS, STOCK, CUSTOMERS),
    writes=(ORDERS, STOCK, CUSTOMERS),
    identifies="order_id",
)
def create_order(
    world: World,
    *,
    provider: Provider,
    item_id: ProductId,
    quantity: Annotated[int, Field(ge=1, le=999)],
    shipping_address: PostalAddress,
    shipping_method: Method = "standard",
    colour: ItemOption = "",
    size: Annotated[str, Field(max_length=80)] = "",
    variant: ItemOption = "",
    offer_price: Amount | None = None,
    prime: bool = False,
    insurance: bool = False,
    gift: bool = False,
    gift_message: _Message = "",
    seller_message: _Message = "",
    payment_method: Literal["", "paypal", "card"] = "",
    use_points: bool = False,
) -> OrderView:
    """Orders an item from this shop and charges a saved way to pay.

    Without a colour or size the first one offered is sent. An offer is accepted at 90 % of the price or more. Prime
    pays the item's own shipping; the method ``prime`` is for items that have it.
    """
    product = product_of(world, provider, item_id)
    customer = world.store.get(CUSTOMERS, provider)
    assert customer is not None
    address = " ".join(shipping_address.split())
    if not any(sign.isalpha() for sign in address) or " " not in address:
        message = f"expected a street address such as 12 Alder Street, Norwick; got {shipping_address[:80]!r}"
        raise OperationError("invalid_argument", message, "shipping_address")
    if "buy_it_now" not in product.buy_formats:
        message = f"item {product.id} is sold by auction only: choose an item with the format buy_it_now"
        raise OperationError("invalid_state", message, "item_id")
    prime = _with_prime(product, shipping_method, prime)
    options = _from_variant(product, variant) if variant.strip() else _Options(colour.strip(), size.strip())
    options = _Options(
        _one_of(options.colour, product.colours, "colour", "variant" if variant else "colour"),
        _one_of(options.size, product.sizes, "size", "variant" if variant else "size"),
    )
    unit_minor = product.price_minor if offer_price is None else _accepted_offer(product, offer_price)
    available = left(world, product)
    if quantity > available:
        remedy = f"order at most {available}" if available else "choose another item"
        message = f"{available} of item {product.id} are left, {quantity} were asked for: {remedy}"
        raise OperationError("conflict", message, "quantity")
    costs = costs_of(
        product, quantity, unit_minor, shipping_method, prime=prime, insured=insurance,
        points=customer.points if use_points else 0,
    )  # fmt: skip
    number = world.new_id(ORDERS, SHOPS[provider].order_ids)
    order = Order(
        id=spell_order_id(provider, number),
        provider=provider,
        item_id=product.id,
        title=product.title,
        quantity=quantity,
        colour=options.colour,
        size=options.size,
        unit_minor=unit_minor,
        shipping_method=shipping_method,
        insured=insurance,
        gift=gift or bool(gift_message.strip()),
        gift_message=gift_message.strip(),
        seller_message=seller_message.strip(),
        payment_method=payment_method or "card",
        uses_points=use_points,
        shipping_address=address,
        status="placed",
        returned=0,
        cancel_reason="",
        shipping_minor=costs.shipping_minor,
        insurance_minor=costs.insurance_minor,
        discount_minor=costs.discount_minor,
        points=costs.points,
        total_minor=costs.total_minor,
        payment=_payment(customer, payment_method),
        tracking=tracking_number(number, world.base.salts[ORDERS.name]),
        return_days=product.return_days,
        delivery_days=days_with(product.delivery_days, shipping_method),
        placed_s=world.now_s,
    )
    world.store.put(ORDERS, order)
    put_stock(world, product, available - quantity)
    if costs.points:
        world.store.put(CUSTOMERS, customer._replace(points=customer.points - costs.points))
    return order_view(world, order)


def put_stock(world: World, product: Product, available: int) -> None:
    """Notes how many are left; an item of which all are there needs no note."""
    if available == product.stocked:
        world.store.delete(STOCK, product.id)
    else:
        world.store.put(STOCK, Stock(product.id, product.provider, available))


def _with_prime(product: Product, method: Method, prime: bool) -> bool:
    """Whether Prime pays the shipping."""
    if method not in SHOPS[product.provider].surcharges:
        known = ", ".join(SHOPS[product.provider].surcharges)
        raise OperationError("invalid_argument", f"expected one of {known}, got {method!r}", "shipping_method")
    wanted = prime or method == "prime"
    if wanted and not product.prime:
        field = "shipping_method" if method == "prime" else "prime"
        message = f"item {product.id} does not have Prime: order it without, by standard or expedited shipping"
        raise OperationError("invalid_argument", message, field)
    return wanted


def _from_variant(product: Product, text: str) -> _Options:
    """A colour, a size, or both in one text, such as ``Blue / M``."""
    colour = size = ""
    whole = {f"{one} {other}".casefold(): (one, other) for one in product.colours for other in product.sizes}
    pair = whole.get(" ".join(text.split()).casefold())
    if pair:
        return _Options(*pair)
    for part in _BETWEEN_OPTIONS.split(text.strip()):
        value = part.rpartition(":")[2].strip()
        if value.casefold() in {known.casefold() for known in product.sizes}:
            size = value
        elif value:
            colour = value
    return _Options(colour, size)


def _one_of(value: str, offered: tuple[str, ...], what: str, field: str) -> str:
    """The offered value that this names, the first one for none."""
    if not value:
        return offered[0] if offered else ""
    for known in offered:
        if known.casefold() == value.casefold():
            return known
    choice = f"it comes in {', '.join(offered)}" if offered else f"it comes in one {what} only: leave it out"
    raise OperationError("invalid_argument", f"the item has no {what} {value[:80]!r}; {choice}", field)


def _accepted_offer(product: Product, offer: float) -> int:
    """The offered price in the smallest unit."""
    minor, price = round(offer * 100), product.price_minor
    if not product.best_offer:
        message = f"the seller of item {product.id} takes no offers: leave the offer out to pay {spell(price, 'USD')}"
        raise OperationError("invalid_argument", message, "offer_price")
    if abs(offer * 100 - minor) > 1e-6 or not 0 < minor <= price:
        message = f"expected an offer of whole cents up to the price of {spell(price, product.currency)}, got {offer}"
        raise OperationError("invalid_argument", message, "offer_price")
    if minor * 100 < price * _ACCEPTED_PERCENT:
        least = spell(-(-price * _ACCEPTED_PERCENT // 100), product.currency)
        message = f"the seller declined {spell(minor, product.currency)}, which is too low: offer at least {least}"
        raise OperationError("conflict", message, "offer_price")
    return minor


def _payment(customer: Customer, method: str) -> str:
    return customer.paypal if method == "paypal" else customer.card


def tracking_number(order_number: str, salt: int) -> str:
    """The carrier's number, which follows from the order's own."""
    return _TRACKING_IDS.encode(int("".join(filter(str.isdigit, order_number))), salt)
