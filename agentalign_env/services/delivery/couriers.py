"""Who brings an order: the first courier of the provider in the city who is free then, else the one free soonest."""

from __future__ import annotations

from typing import NamedTuple

from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.delivery.records import COURIERS, ORDERS, Courier, Merchant

__all__ = ["Ride", "ride_for", "rides_of"]


class Ride(NamedTuple):
    """From picking an order up to handing it over."""

    courier_id: str
    picked_up_s: int
    arrives_s: int


def rides_of(world: World, courier: Courier) -> list[Ride]:
    """What a courier has done and will do."""
    orders = world.store.where(ORDERS, "courier_id", courier.id)
    return [Ride(courier.id, order.picked_up_s, order.arrives_s) for order in orders if not order.cancelled]


def ride_for(world: World, merchant: Merchant, arrives_s: int, ride_s: int) -> Ride:
    """The ride of a new order; it arrives later than wanted when everybody is busy.

    Raises:
        OperationError: Nobody rides for the provider in this city.
    """
    best: Ride | None = None
    for courier in world.store.where(COURIERS, "city", merchant.city):
        if courier.provider != merchant.provider:
            continue
        rides = rides_of(world, courier)
        start_s = arrives_s - ride_s
        if all(ride.arrives_s <= start_s or ride.picked_up_s >= arrives_s for ride in rides):
            return Ride(courier.id, start_s, arrives_s)
        free_s = max(ride.arrives_s for ride in rides)
        if best is None or free_s < best.picked_up_s:
            best = Ride(courier.id, free_s, free_s + ride_s)
    if best is None:
        message = f"nobody delivers in {merchant.city} at the moment: choose a place in another city"
        raise OperationError("conflict", message, "merchant_id")
    return best
