"""What holds for orders, vouchers and couriers, whatever happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from agentalign_env.core.world import World
from agentalign_env.services.delivery.couriers import rides_of
from agentalign_env.services.delivery.pricing import unit_minor
from agentalign_env.services.delivery.records import COURIERS, MENU_ITEMS, MERCHANTS, ORDERS, VOUCHERS

__all__ = ["INVARIANTS"]


def _items_are_on_the_menu(world: World) -> Iterable[str]:
    for order in world.store.rows(ORDERS):
        merchant = world.store.get(MERCHANTS, order.merchant_id)
        if merchant is None or merchant.provider != order.provider:
            yield f"order {order.id} is from {order.merchant_id}, which {order.provider} does not list"
        if not len(order.item_ids) == len(order.quantities) == len(order.choices):
            yield f"order {order.id} has lines of different lengths"
        for item_id in order.item_ids:
            item = world.store.get(MENU_ITEMS, item_id)
            if item is None or item.merchant_id != order.merchant_id:
                yield f"order {order.id} has {item_id}, which is not on the menu of {order.merchant_id}"


def _totals_add_up(world: World) -> Iterable[str]:
    for order in world.store.rows(ORDERS):
        value = 0
        for item_id, quantity, choices in zip(order.item_ids, order.quantities, order.choices, strict=True):
            item = world.store.get(MENU_ITEMS, item_id)
            value += unit_minor(item, choices) * quantity if item is not None else 0
        if value != order.items_minor:
            yield f"the items of order {order.id} cost {value}, it says {order.items_minor}"
        total = order.items_minor + order.fee_minor + order.tip_minor - order.discount_minor
        if total != order.total_minor or not 0 <= order.discount_minor <= order.items_minor:
            yield f"order {order.id} comes to {total}, it says {order.total_minor}"


def _a_voucher_is_used_once(world: World) -> Iterable[str]:
    used = Counter(
        order.voucher_code for order in world.store.rows(ORDERS) if order.voucher_code and not order.cancelled
    )
    for code, times in used.items():
        if times > 1:
            yield f"voucher {code} was used {times} times"
    for voucher in world.store.rows(VOUCHERS):
        order = world.store.get(ORDERS, voucher.used_by) if voucher.used_by else None
        if bool(voucher.used_by) != (voucher.code in used) or (order and order.voucher_code != voucher.code):
            yield f"voucher {voucher.code} says it was used by {voucher.used_by!r}"


def _times_agree(world: World) -> Iterable[str]:
    for order in world.store.rows(ORDERS):
        if not 0 < order.ride_s <= order.lead_s or order.placed_s > world.now_s:
            yield f"order {order.id} was placed at {order.placed_s}, for {order.lead_s} s later, {order.ride_s} s away"
        if order.cancelled and not order.placed_s <= order.cancelled_s <= order.picked_up_s:
            yield f"order {order.id} was cancelled at {order.cancelled_s}"
        if not order.cancelled and order.cancelled_s:
            yield f"order {order.id} stands and has a time of cancellation"
        if (order.timing == "scheduled") != bool(order.scheduled_for):
            yield f"order {order.id} is {order.timing}, for {order.scheduled_for!r}"


def _a_courier_carries_one_order_at_a_time(world: World) -> Iterable[str]:
    for courier in world.store.rows(COURIERS):
        rides = sorted(rides_of(world, courier), key=lambda ride: ride.picked_up_s)
        for one, following in pairwise(rides):
            if following.picked_up_s < one.arrives_s:
                yield f"courier {courier.id} picks one order up before {one.arrives_s}, when the last one arrives"


def _couriers_ride_for_their_provider_in_their_city(world: World) -> Iterable[str]:
    for order in world.store.rows(ORDERS):
        courier, merchant = world.store.get(COURIERS, order.courier_id), world.store.get(MERCHANTS, order.merchant_id)
        if courier is None or merchant is None or (courier.provider, courier.city) != (order.provider, merchant.city):
            yield f"order {order.id} is brought by {order.courier_id}, who rides elsewhere"


INVARIANTS = (
    _items_are_on_the_menu,
    _totals_add_up,
    _a_voucher_is_used_once,
    _times_agree,
    _a_courier_carries_one_order_at_a_time,
    _couriers_ride_for_their_provider_in_their_city,
)
