"""The delivery service: what it can do, its tables, and the addresses that the owner has saved."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentalign_env.core.operation import operation
from agentalign_env.core.service import Service
from agentalign_env.core.world import World
from agentalign_env.services.delivery.invariants import INVARIANTS
from agentalign_env.services.delivery.notices import past_notices
from agentalign_env.services.delivery.ordering import create_order
from agentalign_env.services.delivery.orders import cancel_order, list_orders, track_order
from agentalign_env.services.delivery.premises import (
    lay_acquaintance,
    lay_address,
    lay_dish,
    lay_merchant,
    lay_order,
    lay_shop,
)
from agentalign_env.services.delivery.records import ADDRESSES, COURIERS, MENU_ITEMS, MERCHANTS, ORDERS, VOUCHERS
from agentalign_env.services.delivery.results import AddressBook
from agentalign_env.services.delivery.search import get_menu, search_merchant
from agentalign_env.services.delivery.seed import (
    seed_addresses,
    seed_couriers,
    seed_menu_items,
    seed_merchants,
    seed_orders,
    seed_vouchers,
)  # fmt: skip

__all__ = ["SERVICE"]

_SHOWN = 50


@operation("LocalServices.list_addresses", reads=(ADDRESSES,), identifies="addresses[].address")
def list_addresses(world: World, *, query: Annotated[str, Field(max_length=200)] = "") -> AddressBook:
    """Lists saved addresses that hold every word of the query in label, recipient or address, the owner's own first."""
    page = world.store.search(ADDRESSES, query, limit=_SHOWN)
    return {
        "addresses": [
            {"label": row.label, "recipient": row.recipient, "address": row.address, "city": row.city}
            for row in page.rows
        ]
    }


SERVICE = Service(
    name="delivery",
    module=__name__,
    tables={
        MERCHANTS: seed_merchants,
        MENU_ITEMS: seed_menu_items,
        COURIERS: seed_couriers,
        VOUCHERS: seed_vouchers,
        ORDERS: seed_orders,
        ADDRESSES: seed_addresses,
    },
    operations=(search_merchant, get_menu, create_order, list_orders, track_order, cancel_order, list_addresses),
    notices=past_notices,
    premises={
        "DeliveryOrderId": lay_order,
        "MenuItemId": lay_dish,
        "MerchantShopId": lay_merchant,
        "PersonName": lay_acquaintance,
        "PostalAddress": lay_address,
        "ShopName": lay_shop,
    },
    invariants=INVARIANTS,
)
