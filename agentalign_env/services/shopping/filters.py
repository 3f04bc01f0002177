"""What narrows and orders a search for products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.text import tokens
from agentalign_env.errors import OperationError
from agentalign_env.services.shopping.catalogue import department_named
from agentalign_env.services.shopping.records import Product
from agentalign_env.services.shopping.views import fastest_days

__all__ = ["BuyFormat", "Condition", "Filters", "Price", "PriceRange", "Sort", "Wanted", "accepts", "among", "sort_key"]

Sort = Literal[
    "relevance", "recommended", "default",
    "price_asc", "price_low", "price_desc", "price_high",
    "rating", "reviews", "orders", "sales", "newest", "credit",
]  # fmt: skip
Condition = Literal["new", "used", "not_specified"]
BuyFormat = Literal["auction", "buy_it_now", "best_offer"]
Price = Annotated[float, Field(ge=0, le=10_000_000)]
PriceRange = Annotated[list[Price], Field(min_length=2, max_length=2)]

_SPEEDS = {"same_day": 0, "one_day": 1, "two_day": 2}
_COUNTRIES = {"usa": "us", "america": "us", "uk": "gb", "britain": "gb", "germany": "de", "china": "cn"}
_REGIONS = frozenset({"US", "CA", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "SE", "PT", "AU", "MX"})


class Filters(TypedDict, total=False):
    """Amazon's further filters."""

    brand: Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=20)]
    condition: Literal["new", "used", "renewed"]
    shipping_speed: Literal["same_day", "one_day", "two_day"]


class Wanted(NamedTuple):
    """What a search asks for, beside words and order."""

    category: str
    price_range: list[float] | None
    min_price: float | None
    max_price: float | None
    min_rating: float | None
    filters: Filters
    conditions: list[Condition]
    buy_formats: list[BuyFormat]
    location: str
    region: str
    delivery_days: int | None
    prime_only: bool
    free_shipping: bool
    best_offer: bool
    returns_accepted: bool
    tmall_only: bool
    has_coupon: bool


def among(provider: str, wanted: Wanted) -> dict[str, object]:
    """The conditions that an index answers.

    Raises:
        OperationError: There is no such category.
    """
    fixed: dict[str, object] = {"provider": provider}
    if wanted.category.strip():
        fixed["category"] = department_named(wanted.category, "category").name
    for field, asked in (
        ("prime", wanted.prime_only),
        ("free_shipping", wanted.free_shipping),
        ("best_offer", wanted.best_offer),
        ("tmall", wanted.tmall_only),
    ):
        if asked:
            fixed[field] = True
    return fixed


def accepts(wanted: Wanted) -> Callable[[Product], bool]:
    """The other conditions, as one predicate.

    Raises:
        OperationError: A range is upside down, or a country is not known.
    """
    low, high = _prices(wanted)
    brands = {brand.strip().casefold() for brand in wanted.filters.get("brand", ())}
    conditions = {*wanted.conditions} | ({wanted.filters["condition"]} if "condition" in wanted.filters else set())
    fastest = _SPEEDS.get(wanted.filters.get("shipping_speed", ""))
    place = _place(wanted.location)
    region = wanted.region.strip().upper()
    if region and region not in _REGIONS:
        known = ", ".join(sorted(_REGIONS))
        message = f"expected the code of a country that is delivered to ({known}), got {wanted.region[:40]!r}"
        raise OperationError("invalid_argument", message, "shipping_region")

    def keep(product: Product) -> bool:
        return (
            low <= product.price_minor <= high
            and (wanted.min_rating is None or product.rating >= wanted.min_rating)
            and (not brands or product.brand.casefold() in brands)
            and (not conditions or product.condition in conditions)
            and (fastest is None or fastest_days(product) <= fastest)
            and (not wanted.buy_formats or not set(wanted.buy_formats).isdisjoint(product.buy_formats))
            and (not place or place <= _place(product.location))
            and (not region or region in product.regions)
            and (wanted.delivery_days is None or product.delivery_days <= wanted.delivery_days)
            and (not wanted.returns_accepted or product.return_days > 0)
            and (not wanted.has_coupon or product.coupon_minor > 0)
        )

    return keep


def sort_key(sort: Sort) -> Callable[[Product], Any] | None:
    """By what the results are ordered; ``None`` for the shop's own order."""
    keys: dict[str, Callable[[Product], Any]] = {
        "price_asc": lambda product: product.price_minor,
        "price_low": lambda product: product.price_minor,
        "price_desc": lambda product: -product.price_minor,
        "price_high": lambda product: -product.price_minor,
        "rating": lambda product: -product.rating,
        "reviews": lambda product: -product.reviews,
        "orders": lambda product: -product.sold,
        "sales": lambda product: -product.sold,
        "newest": lambda product: -product.listed_s,
        "credit": lambda product: -product.seller_rating,
    }
    return keys.get(sort)


def _prices(wanted: Wanted) -> tuple[float, float]:
    """The lowest and highest price in the smallest unit."""
    low, high, field = wanted.min_price, wanted.max_price, "max_price"
    if wanted.price_range is not None:
        (low, high), field = wanted.price_range, "price_range"
    if low is not None and high is not None and low > high:
        message = f"the lowest price {low} is above the highest {high}: give the lower one first"
        raise OperationError("invalid_argument", message, field)
    return (low or 0) * 100, float("inf") if high is None else high * 100


def _place(text: str) -> set[str]:
    words = tokens(text.casefold().replace("united states", "us").replace("united kingdom", "uk"))
    return {_COUNTRIES.get(word, word) for word in words}
