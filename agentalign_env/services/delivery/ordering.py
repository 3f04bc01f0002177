"""Placing orders."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agentalign_env.core.addresses import PostalAddress
from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import PhoneNumber
from agentalign_env.core.world import World
from agentalign_env.services.delivery.checks import (
    Line,
    discount_for,
    lines_of,
    merchant_of,
    require_minimum,
    require_reach,
    wanted_time,
)  # fmt: skip
from agentalign_env.services.delivery.couriers import ride_for
from agentalign_env.services.delivery.places import ride_minutes, spot_in
from agentalign_env.services.delivery.pricing import (
    PRIORITY_MINOR,
    PRO_MINIMUM_MINOR,
    summary_of,
    to_cents,
    unit_minor,
)  # fmt: skip
from agentalign_env.services.delivery.providers import PROVIDERS, Provider
from agentalign_env.services.delivery.records import (
    COURIERS,
    MENU_ITEMS,
    MERCHANTS,
    ORDERS,
    VOUCHERS,
    DeliveryOrder,
    Merchant,
    MerchantShopId,
)  # fmt: skip
from agentalign_env.services.delivery.results import Basket, OrderView
from agentalign_env.services.delivery.views import order_view

__all__ = ["create_order"]

_SOONER = 4  # a priority order saves the fourth part of the preparation


@operation(
    "LocalServices.create_order",
    reads=(MERCHANTS, MENU_ITEMS, COURIERS, VOUCHERS, ORDERS),
    writes=(ORDERS, VOUCHERS),
    identifies="order_id",
)
def create_order(
    world: World,
    *,
    provider: Provider,
    merchant_id: MerchantShopId,
    items: Basket,
    delivery_address: PostalAddress,
    contact_phone: PhoneNumber = "",
    note: Annotated[str, Field(max_length=500)] = "",
    tip_amount: Annotated[float, Field(ge=0, le=500)] = 0,
    tip_percent: Annotated[float, Field(ge=0, le=100)] = 0,
    schedule: Annotated[str, Field(max_length=40)] = "",
    no_contact: bool = False,
    priority: bool = False,
    group_order: bool = False,
    voucher_code: Annotated[str, Field(max_length=40)] = "",
    payment_method: Literal["card", "cash"] = "card",
    pro_member: bool = False,
) -> OrderView:
    """Orders items of a merchant's menu to an address in its city, at once or for a time within its hours.

    A priority order costs more and is prepared sooner; pro members pay no delivery fee from a certain value on.
    """
    merchant = merchant_of(world, provider, merchant_id)
    require_reach(world, merchant, delivery_address)
    lines = lines_of(world, merchant, items)
    items_minor = sum(unit_minor(line.item, line.choices) * line.quantity for line in lines)
    require_minimum(merchant, items_minor)
    ride = ride_minutes(merchant, spot_in(world.base.key.seed, merchant.city, delivery_address))
    prepared = merchant.prep_minutes - (merchant.prep_minutes // _SOONER if priority else 0)
    wanted_s = wanted_time(world, merchant, schedule, prepared + ride)
    code = voucher_code.strip().upper()
    discount_minor = discount_for(world, merchant, code, items_minor)
    tip_minor = to_cents(tip_amount) + to_cents(items_minor * tip_percent / 10_000)
    fee_minor = _fee(merchant, items_minor, priority, pro_member)
    now_s = world.now_s
    trip = ride_for(world, merchant, wanted_s or now_s + (prepared + ride) * 60, ride * 60)
    order = DeliveryOrder(
        id=world.new_id(ORDERS, PROVIDERS[provider].order_ids),
        provider=provider,
        merchant_id=merchant.id,
        item_ids=tuple(line.item.id for line in lines),
        quantities=tuple(line.quantity for line in lines),
        choices=tuple(line.choices for line in lines),
        item_notes=_notes(lines),
        address=delivery_address,
        phone=contact_phone or world.owner.phone,
        note=note,
        timing="scheduled" if wanted_s else "asap",
        scheduled_for=iso(wanted_s) if wanted_s else "",
        no_contact=no_contact,
        priority=priority,
        group_order=group_order,
        pro_member=pro_member,
        payment_method=payment_method,
        voucher_code=code,
        tip_minor=tip_minor,
        cancelled=False,
        cancel_reason="",
        shop_name=merchant.name,
        summary=summary_of(
            [line.item for line in lines], [line.quantity for line in lines], [line.choices for line in lines]
        ),
        items_minor=items_minor,
        fee_minor=fee_minor,
        discount_minor=discount_minor,
        total_minor=items_minor + fee_minor + tip_minor - discount_minor,
        courier_id=trip.courier_id,
        placed_s=now_s,
        lead_s=trip.arrives_s - now_s,
        ride_s=ride * 60,
        cancelled_s=0,
    )
    world.store.put(ORDERS, order)
    voucher = world.store.get(VOUCHERS, code) if code else None
    if voucher is not None:
        world.store.put(VOUCHERS, voucher._replace(used_by=order.id))
    return order_view(world, order)


def _fee(merchant: Merchant, items_minor: int, priority: bool, pro_member: bool) -> int:
    free = pro_member and items_minor >= PRO_MINIMUM_MINOR
    return (0 if free else merchant.fee_minor) + (PRIORITY_MINOR if priority else 0)


def _notes(lines: list[Line]) -> str:
    """What was said about single items, with their names."""
    return "; ".join(f"{line.item.name}: {line.note}" for line in lines if line.note)
