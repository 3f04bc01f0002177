"""The service: its tables, operations and invariants."""

from __future__ import annotations

from agentalign_env.core.service import Service
from agentalign_env.services.shopping.addresses import list_addresses
from agentalign_env.services.shopping.invariants import INVARIANTS
from agentalign_env.services.shopping.notices import past_notices
from agentalign_env.services.shopping.ordering import create_order
from agentalign_env.services.shopping.orders import cancel_order, get_order, list_orders, return_order
from agentalign_env.services.shopping.premises import lay_acquaintance, lay_address, lay_order, lay_product
from agentalign_env.services.shopping.records import ADDRESSES, CUSTOMERS, ORDERS, PRODUCTS, RETURNS, STOCK
from agentalign_env.services.shopping.searching import get_product, search_products
from agentalign_env.services.shopping.seed import (
    seed_addresses,
    seed_customers,
    seed_orders,
    seed_products,
    seed_returns,
    seed_stock,
)

__all__ = ["SERVICE"]

SERVICE = Service(
    name="shopping",
    module=__name__,
    tables={
        PRODUCTS: seed_products,
        STOCK: seed_stock,
        ORDERS: seed_orders,
        RETURNS: seed_returns,
        ADDRESSES: seed_addresses,
        CUSTOMERS: seed_customers,
    },
    operations=(
        search_products,
        get_product,
        create_order,
        list_orders,
        get_order,
        cancel_order,
        return_order,
        list_addresses,
    ),
    notices=past_notices,
    premises={
        "OrderId": lay_order,
        "PersonName": lay_acquaintance,
        "PostalAddress": lay_address,
        "ProductId": lay_product,
    },
    invariants=INVARIANTS,
)
