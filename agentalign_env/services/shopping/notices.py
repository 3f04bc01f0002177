"""What the shops mailed the owner about the orders that a world begins with."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.clock import day
from agentalign_env.core.notices import Notice
from agentalign_env.core.service import SeedContext
from agentalign_env.services.shopping.life import delivers_at, returnable_until, ships_at
from agentalign_env.services.shopping.providers import SHOPS
from agentalign_env.services.shopping.records import Order, Return
from agentalign_env.services.shopping.seed import returns_of, seed_orders
from agentalign_env.services.shopping.views import spell

__all__ = ["past_notices"]

_DELAY_S = 120  # between what happens and the mail about it


def past_notices(context: SeedContext) -> Iterator[Notice]:
    """The mails about every order: that it was placed, sent, delivered, cancelled or refunded."""
    orders = list(seed_orders(context))
    returns = {entry.order_id: entry for entry in returns_of(context, orders)}
    for order in orders:
        for notice in _about(order, returns.get(order.id)):
            if notice.sent_s < context.start_s:
                yield notice


def _about(order: Order, returned: Return | None) -> Iterator[Notice]:
    name = f"{SHOPS[order.provider].title} order {order.id}"
    expected, paid = ("Expected on", day(delivers_at(order))), ("Paid with", order.payment)
    if order.status == "cancelled":
        text = "Your order was cancelled at your request. What you paid goes back to the same card."
        yield _notice(order, f"Cancelled: your {name}", text, order.placed_s, ("Reason", order.cancel_reason))
        return
    text = "Thank you for your order. We will write again when it is on its way."
    yield _notice(order, f"Your {name}", text, order.placed_s, expected, paid)
    tracking = ("Tracking number", order.tracking)
    text = "Your parcel has been handed to the carrier."
    yield _notice(order, f"Sent: your {name}", text, ships_at(order), expected, tracking)
    text = "Your parcel has been delivered."
    if order.return_days:
        text += f" You can send it back until {day(returnable_until(order))}."
    yield _notice(order, f"Delivered: your {name}", text, delivers_at(order), tracking)
    if returned is not None:
        refund = ("Refund", spell(returned.refund_minor, SHOPS[order.provider].currency))
        text = f"Your return has arrived and the money is on its way to you: {order.payment}."
        subject = f"Refund for your {name}"
        yield _notice(order, subject, text, returned.created_s, ("Return number", returned.id), refund)


def _notice(order: Order, subject: str, text: str, at_s: int, *more: tuple[str, str]) -> Notice:
    shop = SHOPS[order.provider]
    facts = (
        ("Order number", order.id),
        ("Ordered on", day(order.placed_s)),
        ("Items", f"{order.quantity} x {order.title}"),
        ("Delivery address", order.shipping_address),
        ("Total", spell(order.total_minor, shop.currency)),
        *more,
    )
    return Notice(f"orders@{order.provider}.example", shop.title, subject, text, facts, at_s + _DELAY_S)
