"""What always holds between items, stock, orders and returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from agentalign_env.core.world import World
from agentalign_env.services.shopping.life import status_at
from agentalign_env.services.shopping.pricing import refund_for
from agentalign_env.services.shopping.providers import SHOPS
from agentalign_env.services.shopping.records import CUSTOMERS, ORDERS, PRODUCTS, RETURNS, STOCK
from agentalign_env.services.shopping.views import left

__all__ = ["INVARIANTS"]

_WAY = ("placed", "shipped", "delivered", "closed")


def _stock_and_orders_add_up(world: World) -> Iterable[str]:
    kept: Counter[str] = Counter()
    for order in world.store.rows(ORDERS):
        kept[order.item_id] += 0 if order.status == "cancelled" else order.quantity - order.returned
    for item_id in {*kept, *(stock.item_id for stock in world.store.rows(STOCK))}:
        product = world.store.get(PRODUCTS, item_id)
        if product is not None:
            available = left(world, product)
            if available < 0 or available + kept[item_id] != product.stocked:
                yield f"item {item_id}: {available} left and {kept[item_id]} ordered of {product.stocked}"


def _an_order_is_of_an_item_of_its_shop(world: World) -> Iterable[str]:
    for order in world.store.rows(ORDERS):
        product = world.store.get(PRODUCTS, order.item_id)
        if product is None or product.provider != order.provider:
            yield f"order {order.id}: {order.provider} has no item {order.item_id}"
        elif order.colour not in (product.colours or ("",)) or order.size not in (product.sizes or ("",)):
            yield f"order {order.id}: item {order.item_id} is not made in {order.colour!r}, {order.size!r}"
        elif order.shipping_method not in SHOPS[order.provider].surcharges:
            yield f"order {order.id}: {order.provider} does not send by {order.shipping_method}"


def _totals_add_up(world: World) -> Iterable[str]:
    for order in world.store.rows(ORDERS):
        added = order.shipping_minor + order.insurance_minor - order.discount_minor
        if order.total_minor != order.unit_minor * order.quantity + added or order.total_minor < 0:
            yield f"order {order.id}: the total {order.total_minor} is not the sum of its parts"


def _a_status_agrees_with_time_and_returns(world: World) -> Iterable[str]:
    back, refunded = Counter[str](), Counter[str]()
    for entry in world.store.rows(RETURNS):
        back[entry.order_id] += entry.quantity
        refunded[entry.order_id] += entry.refund_minor
        order = world.store.get(ORDERS, entry.order_id)
        if order is None or order.provider != entry.provider:
            yield f"return {entry.id}: there is no order {entry.order_id}"
    for order in world.store.rows(ORDERS):
        if back[order.id] != order.returned or refunded[order.id] != refund_for(order, order.returned):
            yield f"order {order.id}: {order.returned} went back, its returns say {back[order.id]}"
        if (order.status == "returned") != (order.returned == order.quantity) or order.returned > order.quantity:
            yield f"order {order.id} is {order.status}, {order.returned} of {order.quantity} went back"
        now = status_at(order, world.now_s)
        if order.status in _WAY and _WAY.index(order.status) > _WAY.index(now):
            yield f"order {order.id} is recorded as {order.status} while the clock says {now}"


def _points_are_conserved(world: World) -> Iterable[str]:
    spent: Counter[str] = Counter()
    for order in world.store.rows(ORDERS):
        spent[order.provider] += 0 if order.status == "cancelled" else order.points
    for customer in world.store.rows(CUSTOMERS):
        if customer.points < 0 or customer.points + spent[customer.provider] != customer.points_granted:
            yield f"{customer.provider}: {customer.points} points left, {spent[customer.provider]} spent"


INVARIANTS = (
    _stock_and_orders_add_up,
    _an_order_is_of_an_item_of_its_shop,
    _totals_add_up,
    _a_status_agrees_with_time_and_returns,
    _points_are_conserved,
)
