"""What the delivery providers mailed the owner about the orders that a world begins with."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.clock import day, iso
from agentalign_env.core.notices import Notice
from agentalign_env.core.service import SeedContext
from agentalign_env.services.delivery.pricing import spell
from agentalign_env.services.delivery.providers import PROVIDERS
from agentalign_env.services.delivery.records import ORDERS, DeliveryOrder
from agentalign_env.services.delivery.seed import seed_orders

__all__ = ["past_notices"]

_DELAY_S = 60  # between what happens and the mail about it


def past_notices(context: SeedContext) -> Iterator[Notice]:
    """The latest mail about every order: that it was cancelled, has been delivered, or is to come."""
    for order in seed_orders(context.of(ORDERS)):
        notice = _about(order, context.start_s)
        if notice.sent_s < context.start_s:
            yield notice


def _about(order: DeliveryOrder, now_s: int) -> Notice:
    name = f"{PROVIDERS[order.provider].title} order {order.id}"
    if order.cancelled:
        text = f"Your order from {order.shop_name} was cancelled. What you paid goes back to the same card."
        reason = ("Reason", order.cancel_reason)
        return _notice(order, f"Cancelled: your {name}", text, order.cancelled_s, reason)
    arrives = iso(order.arrives_s)
    if order.arrives_s + _DELAY_S < now_s:
        text = f"We hope you enjoyed it. This is your receipt for the order from {order.shop_name}."
        return _notice(order, f"Receipt for your {name}", text, order.arrives_s, ("Delivered at", arrives))
    text = f"Thank you, {order.shop_name} has your order."
    return _notice(order, f"Your {name}", text, order.placed_s, ("Expected at", arrives))


def _notice(order: DeliveryOrder, subject: str, text: str, at_s: int, more: tuple[str, str]) -> Notice:
    facts = (
        ("Order number", order.id),
        ("Ordered on", day(order.placed_s)),
        ("Items", order.summary),
        ("Delivery address", order.address),
        ("Total", spell(order.total_minor)),
        more,
    )
    company = PROVIDERS[order.provider].title
    return Notice(f"orders@{order.provider}.example", company, subject, text, facts, at_s + _DELAY_S)
