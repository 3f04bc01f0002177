"""Rows of the shops, and the semantic types of what they show."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import Field

from agentalign_env.core.addresses import PostalAddress
from agentalign_env.core.ids import HEX, IdStyle
from agentalign_env.core.semantics import PersonName, ProductId, Semantic
from agentalign_env.core.table import Table
from agentalign_env.services.shopping.providers import Method, Provider, Status

__all__ = [
    "ADDRESSES", "CUSTOMERS", "ORDERS", "PRODUCTS", "RETURNS", "STOCK", "Address", "Customer", "ItemOption", "Order",
    "OrderId", "Product", "ProductUrl", "Return", "ReturnId", "ReturnReason", "Stock",
    "TrackingNumber",
]  # fmt: skip

OrderId = Annotated[str, Semantic("OrderId"), Field(min_length=1, max_length=64)]
ReturnId = Annotated[str, Semantic("ReturnId"), Field(min_length=1, max_length=64)]
TrackingNumber = Annotated[str, Semantic("TrackingNumber"), Field(max_length=64)]
ItemOption = Annotated[str, Semantic("ItemOption"), Field(max_length=80)]
"""A colour, as an item offers it."""
ReturnReason = Annotated[str, Semantic("ReturnReason"), Field(max_length=500)]
ProductUrl = Annotated[str, Semantic("ProductUrl"), Field(max_length=300)]


class Product(NamedTuple):
    """An item as one shop lists it. Amounts are in the smallest unit of its currency."""

    id: ProductId
    provider: Provider
    kind: str  # what it is, in a few words
    title: str
    description: str
    brand: str  # empty where the shop names none
    category: str
    price_minor: int
    currency: str
    condition: str
    rating: float
    reviews: int
    sold: int
    seller: str
    seller_rating: float  # percent of good reviews
    location: str  # from where it is sent
    colours: tuple[str, ...]
    sizes: tuple[str, ...]
    buy_formats: tuple[str, ...]
    best_offer: bool
    prime: bool
    free_shipping: bool
    shipping_minor: int  # of standard delivery
    return_days: int  # 0: returns are not accepted
    tmall: bool
    coupon_minor: int
    regions: tuple[str, ...]  # countries to which it is sent
    delivery_days: int  # by standard delivery
    stocked: int  # how many there are, ordered ones included
    url: ProductUrl
    keywords: str  # further words that the shop's search knows it by
    listed_s: int


class Stock(NamedTuple):
    """How many are left of an item that somebody ordered; of any other, all that are stocked."""

    item_id: str
    provider: Provider
    available: int


class Order(NamedTuple):
    """An order of one item. Amounts are in the smallest unit of the shop's currency."""

    id: OrderId
    provider: Provider
    item_id: ProductId
    title: str
    quantity: int
    colour: str
    size: str
    unit_minor: int
    shipping_method: Method
    insured: bool
    gift: bool
    gift_message: str
    seller_message: str
    payment_method: str
    uses_points: bool
    shipping_address: PostalAddress
    status: Status  # as last recorded: time may have moved it on, see `life.status_at`
    returned: int  # how many went back
    cancel_reason: str
    shipping_minor: int
    insurance_minor: int
    discount_minor: int
    points: int  # spent on it
    total_minor: int
    payment: str  # the saved method that was charged
    tracking: TrackingNumber
    return_days: int
    delivery_days: int
    placed_s: int


class Return(NamedTuple):
    """Items of one order that went back, and what was refunded."""

    id: ReturnId
    provider: Provider
    order_id: OrderId
    quantity: int
    reason: ReturnReason
    refund_minor: int
    created_s: int


class Address(NamedTuple):
    """An entry of the owner's address book, the same in every shop."""

    id: str
    label: str
    name: PersonName
    relation: str
    address: PostalAddress


class Customer(NamedTuple):
    """The owner's account with a shop: saved ways to pay, and bonus points."""

    id: str
    provider: Provider
    card: str
    paypal: str
    points: int
    points_granted: int


PRODUCTS = Table("products", Product, text=("title", "brand", "keywords"), natural_key=True)
# What is left, and what the owner has in points, follows from the orders: goals read those alone.
STOCK = Table("stock", Stock, volatile=("available",), natural_key=True)
ORDERS = Table(
    "orders",
    Order,
    text=("title",),
    free_text=("gift_message", "seller_message", "shipping_address", "cancel_reason"),
    volatile=(
        "shipping_minor",
        "insurance_minor",
        "discount_minor",
        "points",
        "total_minor",
        "payment",
        "tracking",
        "return_days",
        "delivery_days",
        "placed_s",
    ),
)
RETURNS = Table(
    "returns",
    Return,
    free_text=("reason",),
    volatile=("refund_minor", "created_s"),
    ids=IdStyle("RMA-", HEX, 10),
)
ADDRESSES = Table("shipping_addresses", Address, text=("label", "name", "relation", "address"), natural_key=True)
CUSTOMERS = Table("shop_customers", Customer, volatile=("points",), natural_key=True)
