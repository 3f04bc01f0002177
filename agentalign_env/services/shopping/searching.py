"""Searching a shop's catalogue, and looking at one item."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentalign_env.core.clock import day
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import ProductId, Query
from agentalign_env.core.store import Page
from agentalign_env.core.world import World
from agentalign_env.services.shopping.filters import (
    BuyFormat,
    Condition,
    Filters,
    Price,
    PriceRange,
    Sort,
    Wanted,
    accepts,
    among,
    sort_key,
)
from agentalign_env.services.shopping.providers import Provider
from agentalign_env.services.shopping.records import PRODUCTS, STOCK, Product
from agentalign_env.services.shopping.results import ProductPage, ProductView
from agentalign_env.services.shopping.views import found_product, left, product_of

__all__ = ["get_product", "search_products"]

_SORTED_MATCHES = 400
_Text = Annotated[str, Field(max_length=120)]


@operation("eCommerce.search_products", reads=(PRODUCTS, STOCK), identifies="products[].item_id")
def search_products(
    world: World,
    *,
    provider: Provider,
    query: Query,
    category: _Text = "",
    sort: Sort = "relevance",
    price_range: PriceRange | None = None,
    min_price: Price | None = None,
    max_price: Price | None = None,
    min_rating: Annotated[float, Field(ge=1, le=5)] | None = None,
    filters: Filters | None = None,
    conditions: Annotated[list[Condition], Field(max_length=3)] | None = None,
    buy_formats: Annotated[list[BuyFormat], Field(max_length=3)] | None = None,
    location: _Text = "",
    shipping_region: Annotated[str, Field(max_length=40)] = "",
    delivery_days: Annotated[int, Field(ge=1)] | None = None,
    prime_only: bool = False,
    free_shipping: bool = False,
    best_offer: bool = False,
    returns_accepted: bool = False,
    tmall_only: bool = False,
    has_coupon: bool = False,
    page: Annotated[int, Field(ge=1, le=10_000)] = 1,
    page_size: Annotated[int, Field(ge=1, le=100)] = 20,
) -> ProductPage:
    """Finds items with every word, most popular first, then those with some of the words.

    In another order than the shop's own, items with only some of the words are left out unless none has all.
    """
    wanted = Wanted(
        category, price_range, min_price, max_price, min_rating, filters or {}, conditions or [], buy_formats or [],
        location, shipping_region, delivery_days, prime_only, free_shipping, best_offer, returns_accepted, tmall_only,
        has_coupon,
    )  # fmt: skip
    found = _page(world, provider, query, wanted, sort, (page - 1) * page_size, page_size)
    return {
        "products": [found_product(world, product) for product in found.rows],
        "page": page,
        "more": found.more,
    }


@operation("eCommerce.get_product", reads=(PRODUCTS, STOCK), identifies="item_id")
def get_product(world: World, *, provider: Provider, item_id: ProductId) -> ProductView:
    """Shows one item of this shop with its description and how many are left."""
    product = product_of(world, provider, item_id)
    return {
        **found_product(world, product),
        "description": product.description,
        "stock": left(world, product),
        "regions": list(product.regions),
        "listed_on": day(product.listed_s),
    }


def _page(
    world: World, provider: Provider, query: str, wanted: Wanted, sort: Sort, offset: int, limit: int
) -> Page[Product]:
    fixed, keep, key = among(provider, wanted), accepts(wanted), sort_key(sort)
    store = world.store
    if key is None:
        return store.search(PRODUCTS, query, limit=limit, offset=offset, relaxed=True, among=fixed, keep=keep)
    best = store.search(PRODUCTS, query, limit=_SORTED_MATCHES, among=fixed, keep=keep)
    if not best.rows:
        best = store.search(PRODUCTS, query, limit=_SORTED_MATCHES, relaxed=True, among=fixed, keep=keep)
    rows = sorted(best.rows, key=key)
    end = offset + limit
    return Page(rows[offset:end], len(rows) > end)
