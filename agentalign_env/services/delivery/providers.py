"""What differs between the delivery providers: how ids look, and the words for a status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from agentalign_env.core.ids import ALNUM, DIGITS, HEX, IdStyle

__all__ = ["CURRENCY", "PROVIDERS", "PROVIDER_NAMES", "Provider", "ProviderFacts", "Status"]

Provider = Literal["meituan", "doordash", "ubereats", "foodpanda"]
Status = Literal["scheduled", "placed", "preparing", "on_the_way", "delivered", "cancelled"]
CURRENCY = "EUR"


class ProviderFacts(NamedTuple):
    """One provider.

    Attributes:
        title: As people call it.
        shop_ids: How it numbers merchants; no two providers number alike, so that an id belongs to one of them.
        item_ids: How it numbers what is on menus.
        order_ids: How it numbers orders.
        vouchers: Whether it takes voucher codes.
        tips: Whether couriers are tipped through it.
        words: Its own word for each status.
    """

    title: str
    shop_ids: IdStyle
    item_ids: IdStyle
    order_ids: IdStyle
    vouchers: bool
    tips: bool
    words: Mapping[Status, str]


PROVIDERS: Mapping[Provider, ProviderFacts] = {
    "meituan": ProviderFacts(
        "Meituan", IdStyle("60", DIGITS, 11), IdStyle("17", DIGITS, 12), IdStyle("310", DIGITS, 15), False, False,
        {
            "scheduled": "RESERVED", "placed": "WAITING_FOR_MERCHANT", "preparing": "PREPARING",
            "on_the_way": "DELIVERING", "delivered": "COMPLETED", "cancelled": "CANCELED",
        },
    ),
    "doordash": ProviderFacts(
        "DoorDash", IdStyle("2", DIGITS, 9), IdStyle("8", DIGITS, 10), IdStyle("d-", HEX, 12), False, True,
        {
            "scheduled": "scheduled", "placed": "created", "preparing": "confirmed",
            "on_the_way": "enroute_to_dropoff", "delivered": "delivered", "cancelled": "cancelled",
        },
    ),
    "ubereats": ProviderFacts(
        "Uber Eats", IdStyle("st-", HEX, 10), IdStyle("it-", HEX, 11), IdStyle("UE", ALNUM, 9), False, True,
        {
            "scheduled": "SCHEDULED", "placed": "CREATED", "preparing": "ACCEPTED",
            "on_the_way": "EN_ROUTE", "delivered": "DELIVERED", "cancelled": "CANCELED",
        },
    ),
    "foodpanda": ProviderFacts(
        "foodpanda", IdStyle("v", ALNUM, 7), IdStyle("p", ALNUM, 8), IdStyle("fp-", ALNUM, 8), True, False,
        {
            "scheduled": "PREORDERED", "placed": "RECEIVED", "preparing": "READY_SOON",
            "on_the_way": "DISPATCHED", "delivered": "DELIVERED", "cancelled": "CANCELLED",
        },
    ),
}  # fmt: skip

PROVIDER_NAMES: tuple[Provider, ...] = tuple(PROVIDERS)
