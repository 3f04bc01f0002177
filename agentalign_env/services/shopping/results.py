"""What the shops answer."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from agentalign_env.core.addresses import PostalAddress
from agentalign_env.core.semantics import PersonName, ProductId
from agentalign_env.services.shopping.records import (
    ItemOption,
    OrderId,
    ProductUrl,
    ReturnId,
    ReturnReason,
    TrackingNumber,
)

__all__ = [
    "AddressBook", "FoundProduct", "OrderPage", "OrderView", "ProductPage", "ProductView", "ReturnView", "SavedAddress",
    "TrackingEvent",
]  # fmt: skip


class FoundProduct(TypedDict):
    """An item as a list of results shows it. Prices are in units of the currency, times in days."""

    item_id: ProductId
    title: str
    price: float
    currency: str
    condition: str
    rating: float
    reviews: int
    sold: int
    brand: str
    category: str
    category_id: str
    seller: str
    seller_rating: float
    location: str
    shipping_cost: float
    free_shipping: bool
    delivery_days: int
    fastest_delivery_days: int
    buy_formats: list[str]
    best_offer: bool
    returns_accepted: bool
    return_days: int
    prime: bool
    tmall: bool
    coupon: float
    colours: list[ItemOption]
    sizes: list[str]
    in_stock: bool
    url: ProductUrl


class ProductPage(TypedDict):
    """A page of results."""

    products: list[FoundProduct]
    page: int
    more: bool


class ProductView(FoundProduct):
    """An item with its description, how many are left, and the countries to which it is sent."""

    description: str
    stock: int
    regions: list[str]
    listed_on: str


class TrackingEvent(TypedDict):
    """One step of a parcel's way."""

    at: str
    event: str


class OrderView(TypedDict):
    """An order. The status is in the shop's word, money in units of its currency."""

    order_id: OrderId
    status: str
    item_id: ProductId
    title: str
    product_url: ProductUrl
    quantity: int
    colour: NotRequired[str]
    size: NotRequired[str]
    unit_price: float
    shipping_cost: float
    insurance_cost: NotRequired[float]
    discount: NotRequired[float]
    points_used: NotRequired[int]
    total: float
    currency: str
    shipping_method: str
    shipping_address: PostalAddress
    gift: NotRequired[bool]
    gift_message: NotRequired[str]
    seller_message: NotRequired[str]
    payment: str
    placed_at: str
    delivery_on: NotRequired[str]
    return_until: NotRequired[str]
    returned_quantity: NotRequired[int]
    cancel_reason: NotRequired[str]
    tracking_number: NotRequired[TrackingNumber]
    events: NotRequired[list[TrackingEvent]]


class OrderPage(TypedDict):
    """A page of orders, newest first."""

    orders: list[OrderView]
    more: bool


class ReturnView(TypedDict):
    """A return and what is refunded for it."""

    return_id: ReturnId
    order_id: OrderId
    item_id: ProductId
    title: str
    quantity: int
    reason: ReturnReason
    refund: float
    currency: str
    refunded_to: str
    order_status: str
    created_at: str


class SavedAddress(TypedDict):
    """An entry of the address book."""

    label: str
    name: PersonName
    relation: str
    address: PostalAddress


class AddressBook(TypedDict):
    """Saved addresses, the owner's own first."""

    addresses: list[SavedAddress]
    more: bool
