"""What differs between the shops: currency, how ids look, what delivery costs, and the words for a status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from agentalign_env.core.ids import ALNUM, DIGITS, IdStyle

__all__ = ["PROVIDERS", "SHOPS", "Method", "Provider", "Shop", "Status", "spell_order_id"]

Provider = Literal["amazon", "temu", "ebay", "taobao"]
Method = Literal["standard", "expedited", "prime", "express"]
Status = Literal["placed", "shipped", "delivered", "closed", "cancelled", "returned"]
"""Life of an order. `closed` is delivered, with the time for returns over."""


class Shop(NamedTuple):
    """One shop.

    Attributes:
        title: As people call it.
        currency: Of all its prices.
        item_ids: How it numbers items; the first signs differ between the shops.
        order_ids: How it numbers orders, before `groups` are set apart.
        groups: Lengths of the groups of an order number, joined by hyphens; empty for none.
        item_url: The address of an item's page, from ``id``.
        surcharges: What each delivery method costs beside the item's own shipping, in the currency's smallest unit.
        words: Its own word for each status.
    """

    title: str
    currency: str
    item_ids: IdStyle
    order_ids: IdStyle
    groups: tuple[int, ...]
    item_url: str
    surcharges: Mapping[Method, int]
    words: Mapping[Status, str]


SHOPS: Mapping[Provider, Shop] = {
    "amazon": Shop(
        "Amazon", "USD", IdStyle("B0", ALNUM, 8), IdStyle("114", DIGITS, 14), (3, 7, 7),
        "https://www.amazon.example/dp/{id}", {"standard": 0, "expedited": 799, "prime": 0},
        {
            "placed": "Not yet shipped", "shipped": "Shipped", "delivered": "Delivered", "closed": "Delivered",
            "cancelled": "Cancelled", "returned": "Returned",
        },
    ),
    "temu": Shop(
        "Temu", "USD", IdStyle("601099", DIGITS, 9), IdStyle("PO-211-", DIGITS, 17), (),
        "https://www.temu.example/goods/{id}", {"standard": 0},
        {
            "placed": "Processing", "shipped": "Shipped", "delivered": "Delivered", "closed": "Delivered",
            "cancelled": "Canceled", "returned": "Returned",
        },
    ),
    "ebay": Shop(
        "eBay", "USD", IdStyle("1", DIGITS, 11), IdStyle("1", DIGITS, 11), (2, 5, 5),
        "https://www.ebay.example/itm/{id}", {"standard": 0, "expedited": 950},
        {
            "placed": "PAID", "shipped": "SHIPPED", "delivered": "DELIVERED", "closed": "DELIVERED",
            "cancelled": "CANCELED", "returned": "RETURNED",
        },
    ),
    "taobao": Shop(
        "Taobao", "CNY", IdStyle("6", DIGITS, 11), IdStyle("21", DIGITS, 17), (),
        "https://item.taobao.example/item?id={id}", {"standard": 0, "express": 1500},
        {
            "placed": "WAIT_SELLER_SEND_GOODS", "shipped": "WAIT_BUYER_CONFIRM_GOODS", "delivered": "TRADE_SIGNED",
            "closed": "TRADE_FINISHED", "cancelled": "TRADE_CLOSED", "returned": "REFUND_SUCCESS",
        },
    ),
}  # fmt: skip
PROVIDERS: tuple[Provider, ...] = tuple(SHOPS)


def spell_order_id(provider: Provider, number: str) -> str:
    """An order number as the shop writes it, such as ``114-3941689-8772232``."""
    parts, at = [], 0
    for length in SHOPS[provider].groups or (len(number),):
        parts.append(number[at : at + length])
        at += length
    return "-".join(parts)
