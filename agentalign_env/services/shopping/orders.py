"""The owner's orders: listed, tracked, cancelled and sent back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentalign_env.core.clock import day, iso
from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.shopping.life import delivers_at, returnable_until, status_at
from agentalign_env.services.shopping.ordering import put_stock
from agentalign_env.services.shopping.pricing import refund_for
from agentalign_env.services.shopping.providers import SHOPS, Provider
from agentalign_env.services.shopping.records import (
    CUSTOMERS,
    ORDERS,
    PRODUCTS,
    RETURNS,
    STOCK,
    Order,
    OrderId,
    Return,
    ReturnReason,
)
from agentalign_env.services.shopping.results import OrderPage, OrderView, ReturnView
from agentalign_env.services.shopping.views import left, order_of, order_view, product_of, tracking_events

__all__ = ["cancel_order", "get_order", "list_orders", "return_order"]


@operation("eCommerce.list_orders", reads=(ORDERS,), identifies="orders[].order_id")
def list_orders(
    world: World,
    *,
    provider: Provider,
    query: Annotated[str, Field(max_length=400)] = "",
    status: Annotated[str, Field(max_length=40)] = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> OrderPage:
    """Lists orders at this shop whose title has every word of the query, newest first."""
    words, now_s = SHOPS[provider].words, world.now_s
    if status and status not in words.values():
        known = ", ".join(dict.fromkeys(words.values()))
        raise OperationError("invalid_argument", f"no order has the status {status!r}: use one of {known}", "status")
    page = world.store.search(
        ORDERS,
        query,
        limit=limit,
        offset=offset,
        newest_first=True,
        among={"provider": provider},
        keep=lambda order: not status or words[status_at(order, now_s)] == status,
    )
    return {"orders": [order_view(world, order) for order in page.rows], "more": page.more}


@operation("eCommerce.get_order", reads=(ORDERS,), identifies="order_id")
def get_order(world: World, *, provider: Provider, order_id: OrderId) -> OrderView:
    """Shows one order at this shop with the way of its parcel so far."""
    order = order_of(world, provider, order_id)
    shown = order_view(world, order)
    shown["events"] = tracking_events(order, world.now_s)
    return shown


@operation(
    "eCommerce.cancel_order",
    reads=(ORDERS, PRODUCTS, STOCK, CUSTOMERS),
    writes=(ORDERS, STOCK, CUSTOMERS),
    identifies="order_id",
)
def cancel_order(
    world: World, *, provider: Provider, order_id: OrderId, reason: Annotated[str, Field(max_length=500)] = ""
) -> OrderView:
    """Cancels an order that has not been sent yet; the money and the points come back."""
    order = order_of(world, provider, order_id)
    status = status_at(order, world.now_s)
    if status != "placed":
        word = SHOPS[provider].words[status]
        remedy = "" if status in ("cancelled", "returned") else ": send it back once it is delivered"
        message = f"order {order.id} is {word}; only one that has not been sent can be cancelled{remedy}"
        raise OperationError("invalid_state", message, "order_id")
    cancelled = order._replace(status="cancelled", cancel_reason=reason.strip())
    world.store.put(ORDERS, cancelled)
    _restock(world, order, order.quantity)
    customer = world.store.get(CUSTOMERS, provider)
    if order.points and customer is not None:
        world.store.put(CUSTOMERS, customer._replace(points=customer.points + order.points))
    return order_view(world, cancelled)


@operation(
    "eCommerce.return_order",
    reads=(ORDERS, PRODUCTS, STOCK),
    writes=(ORDERS, STOCK, RETURNS),
    identifies="return_id",
)
def return_order(
    world: World,
    *,
    provider: Provider,
    order_id: OrderId,
    reason: ReturnReason,
    quantity: Annotated[int, Field(ge=1, le=999)] | None = None,
) -> ReturnView:
    """Sends a delivered order back, or a part of it, and refunds the goods."""
    order = order_of(world, provider, order_id)
    _check_returnable(world, order)
    if not reason.strip():
        raise OperationError("invalid_argument", "the seller needs a reason: say what is wrong", "reason")
    kept = order.quantity - order.returned
    number = kept if quantity is None else quantity
    if number > kept:
        message = f"{kept} of order {order.id} can go back, not {number}: return at most {kept}"
        raise OperationError("conflict", message, "quantity")
    returned = order.returned + number
    refund_minor = refund_for(order, returned) - refund_for(order, order.returned)
    back = Return(world.new_id(RETURNS), provider, order.id, number, reason.strip(), refund_minor, world.now_s)
    changed = order._replace(returned=returned, status="returned" if returned == order.quantity else order.status)
    world.store.put(RETURNS, back)
    world.store.put(ORDERS, changed)
    _restock(world, order, number)
    return {
        "return_id": back.id,
        "order_id": order.id,
        "item_id": order.item_id,
        "title": order.title,
        "quantity": number,
        "reason": back.reason,
        "refund": refund_minor / 100,
        "currency": SHOPS[provider].currency,
        "refunded_to": order.payment,
        "order_status": SHOPS[provider].words[status_at(changed, world.now_s)],
        "created_at": iso(back.created_s),
    }


def _check_returnable(world: World, order: Order) -> None:
    status = status_at(order, world.now_s)
    if status == "delivered":
        return
    word = SHOPS[order.provider].words[status]
    why = {
        "placed": "it has not been sent yet: cancel it instead",
        "shipped": f"it arrives on {day(delivers_at(order))}: return it after that",
        "closed": f"it could be returned until {day(returnable_until(order))}"
        if order.return_days
        else "the seller accepts no returns",
    }.get(status, "there is nothing left to return")
    raise OperationError("invalid_state", f"order {order.id} is {word}; {why}", "order_id")


def _restock(world: World, order: Order, number: int) -> None:
    product = product_of(world, order.provider, order.item_id)
    put_stock(world, product, left(world, product) + number)
