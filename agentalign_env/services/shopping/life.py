"""The life of an order, as the clock moves it on."""

from __future__ import annotations

from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.services.shopping.providers import Method, Status
from agentalign_env.services.shopping.records import Order

__all__ = ["days_with", "delivers_at", "returnable_until", "ships_at", "status_at"]

_SAVED_DAYS: dict[Method, int] = {"standard": 0, "expedited": 2, "express": 2, "prime": 3}
_SAME_DAY_S = 8 * HOUR_S


def days_with(standard_days: int, method: Method) -> int:
    """How many days delivery takes; 0 for the same day."""
    return max(standard_days - _SAVED_DAYS[method], 0)


def ships_at(order: Order) -> int:
    """When it leaves the seller: a quarter of the way."""
    return order.placed_s + (delivers_at(order) - order.placed_s) // 4


def delivers_at(order: Order) -> int:
    """When it arrives."""
    return order.placed_s + max(order.delivery_days * DAY_S, _SAME_DAY_S)


def returnable_until(order: Order) -> int:
    """Until when it can go back; the moment of delivery where returns are not accepted."""
    return delivers_at(order) + order.return_days * DAY_S


def status_at(order: Order, now_s: int) -> Status:
    """The status at this time."""
    if order.status in ("cancelled", "returned"):
        return order.status
    if now_s < ships_at(order):
        return "placed"
    if now_s < delivers_at(order):
        return "shipped"
    return "delivered" if now_s < returnable_until(order) else "closed"
