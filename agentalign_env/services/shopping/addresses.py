"""The owner's address book, which all shops share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.services.shopping.records import ADDRESSES
from agentalign_env.services.shopping.results import AddressBook

__all__ = ["list_addresses"]


@operation("eCommerce.list_addresses", reads=(ADDRESSES,), identifies="addresses[].address")
def list_addresses(
    world: World,
    *,
    query: Annotated[str, Field(max_length=200)] = "",
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> AddressBook:
    """Lists saved addresses that have every word of the query in label, name, relation or address."""
    page = world.store.search(ADDRESSES, query, limit=limit, offset=offset)
    return {
        "addresses": [
            {"label": row.label, "name": row.name, "relation": row.relation, "address": row.address}
            for row in page.rows
        ],
        "more": page.more,
    }
