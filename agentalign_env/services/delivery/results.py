"""What the operations of the delivery service take and answer."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.addresses import PostalAddress
from agentalign_env.core.semantics import PersonName
from agentalign_env.services.delivery.records import DeliveryOrderId, MenuItemId, MerchantShopId, ShopName

__all__ = [
    "AddressBook", "Basket", "FoundMerchant", "MenuLine", "MenuView", "MerchantFilters", "MerchantPage", "OptionView",
    "OrderLine", "OrderPage", "OrderView", "OrderedItem", "PopularItem", "SavedAddressView",
]  # fmt: skip

_Choices = Annotated[dict[str, str | list[str]], Field(max_length=12)]


class OrderLine(TypedDict):
    """Something to order: an item of the merchant's menu, how many of it, and how."""

    item_id: MenuItemId
    quantity: Annotated[int, Field(ge=1, le=50)]
    customizations: NotRequired[_Choices]
    add_ons: NotRequired[Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=12)]]
    special_instructions: NotRequired[Annotated[str, Field(max_length=300)]]


Basket = Annotated[list[OrderLine], Field(min_length=1, max_length=40)]


class MerchantFilters(TypedDict):
    """Which merchants to show: spending per person from and to, cuisine, and minutes until delivery."""

    price_range: NotRequired[Annotated[list[Annotated[float, Field(ge=0, le=1000)]], Field(min_length=2, max_length=2)]]
    cuisine_type: NotRequired[Annotated[str, Field(max_length=60)]]
    delivery_time: NotRequired[Annotated[int, Field(ge=1, le=600)]]


class PopularItem(TypedDict):
    """Something that many order there."""

    item_id: MenuItemId
    name: str
    price: float


class FoundMerchant(TypedDict):
    """A merchant as a search shows it. Distance and minutes are those to the place that was asked for."""

    merchant_id: MerchantShopId
    name: ShopName
    sort: str
    cuisine: str
    street_address: str
    about: str
    rating: float
    reviews: int
    monthly_sales: int
    price_level: int
    price_symbol: str
    average_price: float
    currency: str
    distance_m: int
    delivery_minutes: int
    delivery_fee: float
    minimum_order: float
    dietary: list[str]
    hours: str
    open_now: bool
    vouchers: list[str]
    popular_items: list[PopularItem]


class MerchantPage(TypedDict):
    """A page of merchants, the city that they are in, and the address that was asked for, where it was one."""

    merchants: list[FoundMerchant]
    city: str
    deliver_to: NotRequired[PostalAddress]
    more: bool


class OptionView(TypedDict):
    """A choice of a group, and what it adds to the price."""

    group: str
    choice: str
    added_price: float


class MenuLine(TypedDict):
    """Something on a menu."""

    item_id: MenuItemId
    name: str
    price: float
    dietary: list[str]
    available: bool
    options: list[OptionView]


class MenuView(TypedDict):
    """A merchant's menu, the popular items first."""

    merchant_id: MerchantShopId
    name: ShopName
    cuisine: str
    city: str
    hours: str
    open_now: bool
    minimum_order: float
    delivery_fee: float
    currency: str
    items: list[MenuLine]


class OrderedItem(TypedDict):
    """A line of an order."""

    item_id: MenuItemId
    name: str
    quantity: int
    unit_price: float
    choices: NotRequired[str]


class OrderView(TypedDict):
    """An order as its provider shows it. The status is in the provider's word."""

    order_id: DeliveryOrderId
    status: str
    merchant_id: MerchantShopId
    merchant: ShopName
    items: list[OrderedItem]
    item_notes: NotRequired[str]
    delivery_address: PostalAddress
    contact_phone: str
    note: NotRequired[str]
    scheduled_for: NotRequired[str]
    no_contact: bool
    priority: bool
    group_order: bool
    payment_method: str
    voucher_code: NotRequired[str]
    items_total: float
    delivery_fee: float
    tip: float
    discount: float
    total: float
    currency: str
    courier: NotRequired[str]
    placed_at: str
    estimated_delivery: NotRequired[str]
    delivered_at: NotRequired[str]
    cancelled_at: NotRequired[str]
    cancel_reason: NotRequired[str]


class OrderPage(TypedDict):
    """A page of orders, newest first."""

    orders: list[OrderView]
    more: bool


class SavedAddressView(TypedDict):
    """A saved address."""

    label: str
    recipient: PersonName
    address: PostalAddress
    city: str


class AddressBook(TypedDict):
    """The owner's saved addresses, their own first."""

    addresses: list[SavedAddressView]
