"""Merchants and orders as their provider shows them."""

from __future__ import annotations

from agentalign_env.core.clock import day, iso
from agentalign_env.core.world import World
from agentalign_env.services.delivery.hours import hours_of, is_open
from agentalign_env.services.delivery.places import Spot, distance_m, ride_minutes
from agentalign_env.services.delivery.pricing import spell, unit_minor
from agentalign_env.services.delivery.providers import CURRENCY, PROVIDERS, Status
from agentalign_env.services.delivery.records import (
    COURIERS,
    MENU_ITEMS,
    VOUCHERS,
    DeliveryOrder,
    MenuItem,
    Merchant,
    Voucher,
)  # fmt: skip
from agentalign_env.services.delivery.results import FoundMerchant, OrderedItem, OrderView

__all__ = ["delivery_minutes", "order_view", "shown_merchant", "status_of", "usable_vouchers"]

_POPULAR = 3
_ACCEPTED_AFTER_S = 120
_PREPARING_S = 25 * 60


def delivery_minutes(merchant: Merchant, spot: Spot) -> int:
    """How long after ordering it is there."""
    return merchant.prep_minutes + ride_minutes(merchant, spot)


def usable_vouchers(world: World, merchant: Merchant) -> list[Voucher]:
    """The owner's vouchers that this merchant takes now."""
    if not merchant.vouchers:
        return []
    today = day(world.now_s)
    mine = world.store.where(VOUCHERS, "provider", merchant.provider)
    return [
        voucher
        for voucher in mine
        if not voucher.used_by and voucher.expires >= today and voucher.merchant_id in ("", merchant.id)
    ]


def shown_merchant(world: World, merchant: Merchant, spot: Spot) -> FoundMerchant:
    """A merchant with some of its menu, as seen from a spot of its city."""
    menu = world.store.where(MENU_ITEMS, "merchant_id", merchant.id)
    popular = [item for item in menu if item.available][:_POPULAR]
    return {
        "merchant_id": merchant.id,
        "name": merchant.name,
        "sort": merchant.sort,
        "cuisine": merchant.cuisine,
        "street_address": merchant.address,
        "about": merchant.about,
        "rating": merchant.rating,
        "reviews": merchant.reviews,
        "monthly_sales": merchant.sales,
        "price_level": merchant.price_level,
        "price_symbol": "$" * min(merchant.price_level, 3),
        "average_price": merchant.average_minor / 100,
        "currency": CURRENCY,
        "distance_m": distance_m(merchant, spot),
        "delivery_minutes": delivery_minutes(merchant, spot),
        "delivery_fee": merchant.fee_minor / 100,
        "minimum_order": merchant.minimum_minor / 100,
        "dietary": list(merchant.dietary),
        "hours": hours_of(merchant),
        "open_now": is_open(merchant, world.now_s),
        "vouchers": [_voucher_text(voucher) for voucher in usable_vouchers(world, merchant)],
        "popular_items": [{"item_id": item.id, "name": item.name, "price": item.price_minor / 100} for item in popular],
    }


def status_of(order: DeliveryOrder, now_s: int) -> Status:
    """Where an order stands at a time."""
    if order.cancelled:
        return "cancelled"
    if now_s >= order.arrives_s:
        return "delivered"
    if now_s >= order.picked_up_s:
        return "on_the_way"
    if now_s >= max(order.placed_s + _ACCEPTED_AFTER_S, order.picked_up_s - _PREPARING_S):
        return "preparing"
    return "scheduled" if order.timing == "scheduled" else "placed"


def order_view(world: World, order: DeliveryOrder) -> OrderView:
    """An order in decimal amounts and the provider's words, without what is empty."""
    status = status_of(order, world.now_s)
    lines = zip(order.item_ids, order.quantities, order.choices, strict=True)
    shown: OrderView = {
        "order_id": order.id,
        "status": PROVIDERS[order.provider].words[status],
        "merchant_id": order.merchant_id,
        "merchant": order.shop_name,
        "items": [
            _line(item, quantity, choices)
            for item_id, quantity, choices in lines
            if (item := world.store.get(MENU_ITEMS, item_id)) is not None
        ],
        "delivery_address": order.address,
        "contact_phone": order.phone,
        "no_contact": order.no_contact,
        "priority": order.priority,
        "group_order": order.group_order,
        "payment_method": order.payment_method,
        "items_total": order.items_minor / 100,
        "delivery_fee": order.fee_minor / 100,
        "tip": order.tip_minor / 100,
        "discount": order.discount_minor / 100,
        "total": order.total_minor / 100,
        "currency": CURRENCY,
        "placed_at": iso(order.placed_s),
    }
    if order.item_notes:
        shown["item_notes"] = order.item_notes
    if order.note:
        shown["note"] = order.note
    if order.scheduled_for:
        shown["scheduled_for"] = order.scheduled_for
    if order.voucher_code:
        shown["voucher_code"] = order.voucher_code
    if status == "cancelled":
        shown["cancelled_at"] = iso(order.cancelled_s)
        if order.cancel_reason:
            shown["cancel_reason"] = order.cancel_reason
        return shown
    courier = world.store.get(COURIERS, order.courier_id)
    if courier is not None and status in ("on_the_way", "delivered"):
        shown["courier"] = f"{courier.name} ({courier.vehicle})"
    if status == "delivered":
        shown["delivered_at"] = iso(order.arrives_s)
    else:
        shown["estimated_delivery"] = iso(order.arrives_s)
    return shown


def _line(item: MenuItem, quantity: int, choices: str) -> OrderedItem:
    line: OrderedItem = {
        "item_id": item.id,
        "name": item.name,
        "quantity": quantity,
        "unit_price": unit_minor(item, choices) / 100,
    }
    if choices:
        line["choices"] = choices
    return line


def _voucher_text(voucher: Voucher) -> str:
    off = f"{voucher.percent}% off" if voucher.percent else f"{spell(voucher.off_minor)} off"
    return f"{voucher.code}: {off} from {spell(voucher.minimum_minor)}, until {voucher.expires}"
