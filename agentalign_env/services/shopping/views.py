"""Items and orders as their shop shows them."""

from __future__ import annotations

from agentalign_env.core.clock import day, iso
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.shopping.catalogue import load_catalogue
from agentalign_env.services.shopping.life import days_with, delivers_at, returnable_until, ships_at, status_at
from agentalign_env.services.shopping.providers import SHOPS, Provider
from agentalign_env.services.shopping.records import ORDERS, PRODUCTS, STOCK, Order, Product
from agentalign_env.services.shopping.results import FoundProduct, OrderView, TrackingEvent

__all__ = ["found_product", "left", "order_of", "order_view", "product_of", "spell", "tracking_events"]


def product_of(world: World, provider: Provider, item_id: str) -> Product:
    """The item of this shop.

    Raises:
        OperationError: The shop lists no such item.
    """
    product = world.store.get(PRODUCTS, item_id.strip())
    if product is None or product.provider != provider:
        message = f"{SHOPS[provider].title} lists no item {item_id!r}: take the id of an item found by a search there"
        raise OperationError("not_found", message, "item_id")
    return product


def order_of(world: World, provider: Provider, order_id: str) -> Order:
    """The owner's order at this shop.

    Raises:
        OperationError: There is no such order.
    """
    order = world.store.get(ORDERS, order_id.strip())
    if order is None or order.provider != provider:
        message = (
            f"you have no order {order_id!r} at {SHOPS[provider].title}: take an id from your list of orders there"
        )
        raise OperationError("not_found", message, "order_id")
    return order


def left(world: World, product: Product) -> int:
    """How many of the item can be ordered."""
    stock = world.store.get(STOCK, product.id)
    return product.stocked if stock is None else stock.available


def spell(minor: int, currency: str) -> str:
    """An amount as text, such as ``12.50 USD``."""
    return f"{minor / 100:,.2f} {currency}"


def found_product(world: World, product: Product) -> FoundProduct:
    """The item as a list of results shows it."""
    return {
        "item_id": product.id,
        "title": product.title,
        "price": product.price_minor / 100,
        "currency": product.currency,
        "condition": product.condition,
        "rating": product.rating,
        "reviews": product.reviews,
        "sold": product.sold,
        "brand": product.brand,
        "category": product.category,
        "category_id": load_catalogue().departments[product.category].number,
        "seller": product.seller,
        "seller_rating": product.seller_rating,
        "location": product.location,
        "shipping_cost": product.shipping_minor / 100,
        "free_shipping": product.free_shipping,
        "delivery_days": product.delivery_days,
        "fastest_delivery_days": fastest_days(product),
        "buy_formats": list(product.buy_formats),
        "best_offer": product.best_offer,
        "returns_accepted": product.return_days > 0,
        "return_days": product.return_days,
        "prime": product.prime,
        "tmall": product.tmall,
        "coupon": product.coupon_minor / 100,
        "colours": list(product.colours),
        "sizes": list(product.sizes),
        "in_stock": left(world, product) > 0,
        "url": product.url,
    }


def fastest_days(product: Product) -> int:
    """How many days the fastest delivery takes that the shop has for this item."""
    methods = (method for method in SHOPS[product.provider].surcharges if method != "prime" or product.prime)
    return min(days_with(product.delivery_days, method) for method in methods)


def order_view(world: World, order: Order) -> OrderView:
    """The order, without what is empty."""
    shop = SHOPS[order.provider]
    status = status_at(order, world.now_s)
    shown: OrderView = {
        "order_id": order.id,
        "status": shop.words[status],
        "item_id": order.item_id,
        "title": order.title,
        "product_url": shop.item_url.format(id=order.item_id),
        "quantity": order.quantity,
        "unit_price": order.unit_minor / 100,
        "shipping_cost": order.shipping_minor / 100,
        "total": order.total_minor / 100,
        "currency": shop.currency,
        "shipping_method": order.shipping_method,
        "shipping_address": order.shipping_address,
        "payment": order.payment,
        "placed_at": iso(order.placed_s),
    }
    if order.colour:
        shown["colour"] = order.colour
    if order.size:
        shown["size"] = order.size
    if order.insurance_minor:
        shown["insurance_cost"] = order.insurance_minor / 100
    if order.discount_minor:
        shown["discount"] = order.discount_minor / 100
    if order.points:
        shown["points_used"] = order.points
    if order.gift:
        shown["gift"] = True
    if order.gift_message:
        shown["gift_message"] = order.gift_message
    if order.seller_message:
        shown["seller_message"] = order.seller_message
    if order.returned:
        shown["returned_quantity"] = order.returned
    if order.cancel_reason:
        shown["cancel_reason"] = order.cancel_reason
    if status != "cancelled":
        shown["delivery_on"] = day(delivers_at(order))
        if order.return_days:
            shown["return_until"] = day(returnable_until(order))
        if status != "placed":
            shown["tracking_number"] = order.tracking
    return shown


def tracking_events(order: Order, now_s: int) -> list[TrackingEvent]:
    """What has happened to the order so far, oldest first."""
    if order.status == "cancelled":
        return [_event(order.placed_s, "Order placed"), _event(order.placed_s, "Order cancelled")]
    way = (
        (order.placed_s, "Order placed"),
        (ships_at(order), "Handed to the carrier"),
        ((ships_at(order) + delivers_at(order)) // 2, "Arrived at the local depot"),
        (delivers_at(order), "Delivered"),
    )
    return [_event(at_s, event) for at_s, event in way if at_s <= now_s]


def _event(at_s: int, event: str) -> TrackingEvent:
    return {"at": iso(at_s), "event": event}
