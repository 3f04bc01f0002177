"""Looking orders up, following them, and calling them off."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.delivery.checks import order_of
from agentalign_env.services.delivery.providers import PROVIDERS, Provider
from agentalign_env.services.delivery.records import COURIERS, MENU_ITEMS, ORDERS, VOUCHERS, DeliveryOrderId
from agentalign_env.services.delivery.results import OrderPage, OrderView
from agentalign_env.services.delivery.views import order_view, status_of

__all__ = ["cancel_order", "list_orders", "track_order"]


@operation("LocalServices.list_orders", reads=(ORDERS, MENU_ITEMS, COURIERS), identifies="orders[].order_id")
def list_orders(
    world: World,
    *,
    provider: Provider,
    query: Annotated[str, Field(max_length=400)] = "",
    status: Annotated[str, Field(max_length=40)] = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> OrderPage:
    """Lists orders that hold every word of the query in merchant, items or address, newest first."""
    words = PROVIDERS[provider].words
    if status and status not in words.values():
        message = f"no order has the status {status!r}: use one of {', '.join(words.values())}"
        raise OperationError("invalid_argument", message, "status")
    page = world.store.search(
        ORDERS,
        query,
        limit=limit,
        offset=offset,
        newest_first=True,
        among={"provider": provider},
        keep=lambda order: not status or words[status_of(order, world.now_s)] == status,
    )
    return {"orders": [order_view(world, order) for order in page.rows], "more": page.more}


@operation("LocalServices.track_order", reads=(ORDERS, MENU_ITEMS, COURIERS), identifies="order_id")
def track_order(world: World, *, provider: Provider, order_id: DeliveryOrderId) -> OrderView:
    """Reads where an order of this provider stands, who brings it, and when it arrives."""
    return order_view(world, order_of(world, provider, order_id))


@operation(
    "LocalServices.cancel_order",
    reads=(ORDERS, MENU_ITEMS, COURIERS, VOUCHERS),
    writes=(ORDERS, VOUCHERS),
    identifies="order_id",
)
def cancel_order(
    world: World,
    *,
    provider: Provider,
    order_id: DeliveryOrderId,
    reason: Annotated[str, Field(max_length=300)] = "",
) -> OrderView:
    """Calls an order off that no courier has picked up yet; a voucher that it used can be used again."""
    order = order_of(world, provider, order_id)
    status = status_of(order, world.now_s)
    if status == "cancelled":
        message = f"order {order_id} was cancelled at {iso(order.cancelled_s)} already: there is nothing left to do"
        raise OperationError("invalid_state", message, "order_id")
    if status in ("on_the_way", "delivered"):
        message = f"order {order_id} was picked up at {iso(order.picked_up_s)}: only one that waits can be cancelled"
        raise OperationError("invalid_state", message, "order_id")
    cancelled = order._replace(cancelled=True, cancel_reason=reason, cancelled_s=world.now_s)
    world.store.put(ORDERS, cancelled)
    voucher = world.store.get(VOUCHERS, order.voucher_code) if order.voucher_code else None
    if voucher is not None:
        world.store.put(VOUCHERS, voucher._replace(used_by=""))
    return order_view(world, cancelled)
