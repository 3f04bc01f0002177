"""What an order costs."""

from __future__ import annotations

from typing import NamedTuple

from agentalign_env.services.shopping.providers import SHOPS, Method
from agentalign_env.services.shopping.records import Order, Product

__all__ = ["Costs", "costs_of", "refund_for"]

_INSURANCE_PERCENT, _LEAST_INSURANCE_MINOR = 2, 50
_POINTS_SHARE = 10  # points, one cent each, pay at most a tenth of the goods


class Costs(NamedTuple):
    """The parts of a bill in the smallest unit of the shop's currency, and the points spent."""

    shipping_minor: int
    insurance_minor: int
    discount_minor: int
    points: int
    total_minor: int


def costs_of(
    product: Product, quantity: int, unit_minor: int, method: Method, *, prime: bool, insured: bool, points: int
) -> Costs:
    """The bill.

    Args:
        product: What is ordered.
        quantity: How many.
        unit_minor: The price of one, which is below the item's where an offer was accepted.
        method: How it is sent.
        prime: Whether Prime pays the item's own shipping.
        insured: With insurance of the shipment.
        points: How many points may be spent.
    """
    goods = unit_minor * quantity
    shipping = (0 if prime else product.shipping_minor) + SHOPS[product.provider].surcharges[method]
    insurance = max(goods * _INSURANCE_PERCENT // 100, _LEAST_INSURANCE_MINOR) if insured else 0
    spent = min(points, goods // _POINTS_SHARE)
    discount = min(product.coupon_minor, goods) + spent
    return Costs(shipping, insurance, discount, spent, goods + shipping + insurance - discount)


def refund_for(order: Order, returned: int) -> int:
    """What is refunded in all when this many have gone back: their share of the goods after the discount."""
    return (order.unit_minor * order.quantity - order.discount_minor) * returned // order.quantity
