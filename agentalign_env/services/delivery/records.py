"""Rows of the delivery service."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from agentalign_env.core.addresses import PostalAddress
from agentalign_env.core.ids import ALNUM, DIGITS, IdStyle
from agentalign_env.core.semantics import PersonName, PhoneNumber, Semantic
from agentalign_env.core.table import Table
from agentalign_env.services.delivery.providers import Provider

__all__ = [
    "ADDRESSES", "COURIERS", "MENU_ITEMS", "MERCHANTS", "ORDERS", "VOUCHERS", "Courier", "DeliveryOrder",
    "DeliveryOrderId", "MenuItem", "MenuItemId", "Merchant", "MerchantShopId", "SavedAddress", "ShopName", "Voucher",
]  # fmt: skip

MerchantShopId = Annotated[str, Semantic("MerchantShopId"), Field(min_length=1, max_length=64)]
MenuItemId = Annotated[str, Semantic("MenuItemId"), Field(min_length=1, max_length=64)]
DeliveryOrderId = Annotated[str, Semantic("DeliveryOrderId"), Field(min_length=1, max_length=64)]
ShopName = Annotated[str, Semantic("ShopName"), Field(min_length=1, max_length=120)]


class Merchant(NamedTuple):
    """A restaurant or shop, listed on one provider. Hours are minutes of the day, the same every day.

    `x_m` and `y_m` are where it lies in its city, in metres.
    """

    id: MerchantShopId
    provider: Provider
    name: ShopName
    sort: str
    cuisine: str
    city: str
    address: str
    about: str
    keywords: str
    dishes: tuple[str, ...]
    rating: float
    reviews: int
    sales: int
    price_level: int
    average_minor: int
    prep_minutes: int
    fee_minor: int
    minimum_minor: int
    dietary: tuple[str, ...]
    opens_minute: int
    closes_minute: int
    vouchers: bool
    x_m: int
    y_m: int


class MenuItem(NamedTuple):
    """Something on a menu. Each option reads ``group|choice|what it adds in cents``."""

    id: MenuItemId
    provider: Provider
    merchant_id: MerchantShopId
    name: str
    price_minor: int
    dietary: tuple[str, ...]
    options: tuple[str, ...]
    available: bool
    keywords: str


class Courier(NamedTuple):
    """Somebody who brings orders of one provider in one city, one at a time."""

    id: str
    provider: Provider
    name: str
    vehicle: str
    city: str


class Voucher(NamedTuple):
    """A voucher of the owner's: a percentage or an amount off, at one merchant or at all that take vouchers."""

    code: str
    provider: Provider
    merchant_id: str
    percent: int
    off_minor: int
    minimum_minor: int
    expires: str
    used_by: str


class DeliveryOrder(NamedTuple):
    """An order. Lines are parallel tuples in the order of their item ids.

    It arrives `lead_s` after it was placed; the courier picks it up `ride_s` before that. The status follows.
    """

    id: DeliveryOrderId
    provider: Provider
    merchant_id: MerchantShopId
    item_ids: tuple[MenuItemId, ...]
    quantities: tuple[int, ...]
    choices: tuple[str, ...]
    item_notes: str
    address: PostalAddress
    phone: PhoneNumber
    note: str
    timing: Literal["asap", "scheduled"]
    scheduled_for: str
    no_contact: bool
    priority: bool
    group_order: bool
    pro_member: bool
    payment_method: Literal["card", "cash"]
    voucher_code: str
    tip_minor: int
    cancelled: bool
    cancel_reason: str
    shop_name: ShopName
    summary: str
    items_minor: int
    fee_minor: int
    discount_minor: int
    total_minor: int
    courier_id: str
    placed_s: int
    lead_s: int
    ride_s: int
    cancelled_s: int

    @property
    def picked_up_s(self) -> int:
        """When the courier takes it."""
        return self.placed_s + self.lead_s - self.ride_s

    @property
    def arrives_s(self) -> int:
        """When it is at the door."""
        return self.placed_s + self.lead_s


class SavedAddress(NamedTuple):
    """An address that the owner has saved; `holder` tells their own from those of people they know."""

    id: str
    label: str
    holder: Literal["owner", "other"]
    recipient: PersonName
    address: PostalAddress
    city: str


MERCHANTS = Table(
    "merchants", Merchant, text=("name", "sort", "cuisine", "about", "keywords", "dishes"), ids=IdStyle("", ALNUM, 10)
)
MENU_ITEMS = Table("menu_items", MenuItem, text=("name", "keywords"), ids=IdStyle("", ALNUM, 12))
COURIERS = Table("couriers", Courier, ids=IdStyle("c", DIGITS, 9))
VOUCHERS = Table("delivery_vouchers", Voucher, natural_key=True, ids=IdStyle("SAVE", ALNUM, 6))
# What is charged follows from the lines, the merchant and the voucher, so goals read those alone.
ORDERS = Table(
    "delivery_orders",
    DeliveryOrder,
    text=("shop_name", "summary", "address"),
    free_text=("item_notes", "address", "note", "cancel_reason"),
    volatile=(
        "shop_name", "summary", "items_minor", "fee_minor", "discount_minor", "total_minor",
        "courier_id", "placed_s", "lead_s", "ride_s", "cancelled_s",
    ),
)  # fmt: skip
ADDRESSES = Table(
    "delivery_addresses", SavedAddress, text=("label", "recipient", "address"), ids=IdStyle("a", DIGITS, 9)
)
