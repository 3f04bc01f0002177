"""Searching merchants near a place, and reading their menus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from agentalign_env.core.addresses import PostalAddress
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import Query
from agentalign_env.core.text import tokens
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.delivery.checks import merchant_of
from agentalign_env.services.delivery.hours import hours_of, is_open, parse_time
from agentalign_env.services.delivery.kinds import DIETS
from agentalign_env.services.delivery.places import Spot, city_in, distance_m, spot_in
from agentalign_env.services.delivery.pricing import option_prices, to_cents
from agentalign_env.services.delivery.providers import CURRENCY, Provider
from agentalign_env.services.delivery.records import (
    COURIERS,
    MENU_ITEMS,
    MERCHANTS,
    VOUCHERS,
    MenuItem,
    Merchant,
    MerchantShopId,
)
from agentalign_env.services.delivery.results import MenuLine, MenuView, MerchantFilters, MerchantPage
from agentalign_env.services.delivery.views import delivery_minutes, shown_merchant, usable_vouchers

__all__ = ["get_menu", "search_merchant"]

_MATCHES = 200  # merchants that a search orders
_TOP_RATING = 4.5
_Sort = Literal["recommended", "comprehensive", "distance", "rating", "sales", "delivery_time", "price"]
_Diets = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=10)]
_Money = Annotated[float, Field(ge=0, le=1000)]


class _Place(NamedTuple):
    """Where something is to be delivered."""

    city: str
    spot: Spot


@operation(
    "LocalServices.search_merchant",
    reads=(MERCHANTS, MENU_ITEMS, COURIERS, VOUCHERS),
    identifies="merchants[].merchant_id",
)
def search_merchant(
    world: World,
    *,
    provider: Provider,
    query: Query,
    location: PostalAddress,
    cuisine: Annotated[str, Field(max_length=60)] = "",
    dietary: _Diets | None = None,
    price_symbol: Literal["$", "$$", "$$$"] | None = None,
    price_levels: Annotated[list[Annotated[int, Field(ge=1, le=4)]], Field(max_length=4)] | None = None,
    filters: MerchantFilters | None = None,
    rating_min: Annotated[float, Field(ge=1, le=5)] | None = None,
    minutes_max: Annotated[int, Field(ge=1, le=600)] | None = None,
    fee_max: _Money | None = None,
    minimum_max: _Money | None = None,
    deliver_at: Annotated[str, Field(max_length=40)] = "",
    top_rated: bool = False,
    free_delivery: bool = False,
    vouchers_only: bool = False,
    sort: _Sort = "recommended",
    page: Annotated[int, Field(ge=1, le=1000)] = 1,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> MerchantPage:
    """Finds merchants that deliver to a place: those with all words before those with some, the open ones first.

    Of the open ones, those that are of the kind (or name) that is looked for come before those that have it as a dish.

    The place is a city of the world or an address in one; a text that names none means the owner's city.
    """
    place = _place(world, location)
    more: MerchantFilters = filters or {}
    low, high = sorted(more.get("price_range", (0, 1000)))
    cuisines = [text.casefold() for text in (cuisine, more.get("cuisine_type", "")) if text.strip()]
    diets = _diets(dietary)
    minutes = [most for most in (minutes_max, more.get("delivery_time")) if most is not None]
    then_s = _delivery_wish(deliver_at, world.now_s, minutes)

    def keep(merchant: Merchant) -> bool:
        return (
            all(wanted in f"{merchant.cuisine} {merchant.sort} {merchant.keywords}".casefold() for wanted in cuisines)
            and diets <= {*merchant.dietary}
            and (price_symbol is None or min(merchant.price_level, 3) == len(price_symbol))
            and (not price_levels or merchant.price_level in price_levels)
            and to_cents(low) <= merchant.average_minor <= to_cents(high)
            and (rating_min is None or merchant.rating >= rating_min)
            and (not top_rated or merchant.rating >= _TOP_RATING)
            and (fee_max is None or merchant.fee_minor <= to_cents(fee_max))
            and (not free_delivery or merchant.fee_minor == 0)
            and (minimum_max is None or merchant.minimum_minor <= to_cents(minimum_max))
            and (then_s is None or is_open(merchant, then_s))
            and all(delivery_minutes(merchant, place.spot) <= most for most in minutes)
            and (not vouchers_only or bool(usable_vouchers(world, merchant)))
        )

    found = _ranked(world, provider, query, place, keep, sort)
    start = (page - 1) * limit
    shown: MerchantPage = {
        "merchants": [shown_merchant(world, merchant, place.spot) for merchant in found[start : start + limit]],
        "city": place.city,
        "more": len(found) > start + limit,
    }
    if location.strip().casefold() != place.city.casefold():
        shown["deliver_to"] = location
    return shown


@operation("LocalServices.get_menu", reads=(MERCHANTS, MENU_ITEMS), identifies="merchant_id")
def get_menu(
    world: World,
    *,
    provider: Provider,
    merchant_id: MerchantShopId,
    dietary: _Diets | None = None,
) -> MenuView:
    """Reads the menu of a merchant, the popular items first; with `dietary`, only what fits all of these diets."""
    merchant, diets = merchant_of(world, provider, merchant_id), _diets(dietary)
    menu = world.store.where(MENU_ITEMS, "merchant_id", merchant.id)
    return {
        "merchant_id": merchant.id,
        "name": merchant.name,
        "cuisine": merchant.cuisine,
        "city": merchant.city,
        "hours": hours_of(merchant),
        "open_now": is_open(merchant, world.now_s),
        "minimum_order": merchant.minimum_minor / 100,
        "delivery_fee": merchant.fee_minor / 100,
        "currency": CURRENCY,
        "items": [_menu_line(item) for item in menu if diets <= {*item.dietary}],
    }


def _place(world: World, location: str) -> _Place:
    city = city_in(world, location) or world.owner.city
    return _Place(city, spot_in(world.base.key.seed, city, location))


def _ranked(
    world: World, provider: Provider, query: str, place: _Place, keep: Callable[[Merchant], bool], sort: _Sort
) -> list[Merchant]:
    """Matches in the order to show."""
    among = {"city": place.city, "provider": provider}
    full = {row.id for row in world.store.search(MERCHANTS, query, limit=_MATCHES, among=among, keep=keep).rows}
    found = world.store.search(MERCHANTS, query, limit=_MATCHES, relaxed=True, among=among, keep=keep).rows
    orders: dict[str, Callable[[Merchant], float]] = {
        "distance": lambda merchant: distance_m(merchant, place.spot),
        "rating": lambda merchant: -merchant.rating,
        "sales": lambda merchant: -merchant.sales,
        "delivery_time": lambda merchant: delivery_minutes(merchant, place.spot),
        "price": lambda merchant: merchant.average_minor,
    }
    order = orders.get(sort)
    if order is None:
        words = {*tokens(query)}

        def fit(merchant: Merchant) -> tuple[bool, bool, bool]:
            named = words <= {*tokens(f"{merchant.name} {merchant.cuisine} {merchant.sort}")}
            return merchant.id not in full, not is_open(merchant, world.now_s), not named

        return sorted(found, key=fit)
    return sorted(found, key=lambda merchant: (not is_open(merchant, world.now_s), order(merchant)))


def _diets(given: list[str] | None) -> set[str]:
    diets = {diet.strip().casefold().replace(" ", "-").replace("_", "-") for diet in given or ()}
    unknown = sorted(diets - {*DIETS})
    if unknown:
        message = f"no diet is named {unknown[0]!r}: use some of {', '.join(DIETS)}"
        raise OperationError("invalid_argument", message, "dietary")
    return diets


def _delivery_wish(text: str, now_s: int, minutes: list[int]) -> int | None:
    """The time at which a merchant has to be open; a wish such as ``30 min`` goes to the minutes instead."""
    wish = text.strip().casefold()
    if not wish:
        return None
    if wish in ("now", "asap"):
        return now_s
    number = wish.removesuffix("minutes").removesuffix("mins").removesuffix("min").strip()
    if number.isascii() and number.isdecimal() and len(number) < 4:
        minutes.append(int(number))
        return now_s
    return parse_time(text, now_s, "deliver_at")


def _menu_line(item: MenuItem) -> MenuLine:
    return {
        "item_id": item.id,
        "name": item.name,
        "price": item.price_minor / 100,
        "dietary": list(item.dietary),
        "available": item.available,
        "options": [
            {"group": group, "choice": choice, "added_price": added / 100}
            for group, choices in option_prices(item).items()
            for choice, added in choices.items()
        ],
    }
