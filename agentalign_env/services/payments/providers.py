"""What differs between the payment providers: the wallet's currency, how ids look, and the words for a status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from agentalign_env.core.ids import ALNUM, BASE62, BASE64URL, DIGITS, HEX, IdStyle

__all__ = ["PROVIDERS", "Provider", "ProviderFacts", "Status"]

Provider = Literal["alipay", "apple_pay", "paypal", "stripe", "wechat_pay"]
Status = Literal["authorised", "paid", "partially_refunded", "refunded", "voided", "expired", "failed"]


class ProviderFacts(NamedTuple):
    """One provider.

    Attributes:
        title: As people call it.
        currency: Of the owner's wallet; payments in other currencies are converted into it.
        payment_ids: How it numbers payments. Fixed first signs, because only the last 64 bits of an id differ between
            worlds.
        account_ids: How it numbers accounts.
        words: Its own word for each status.
    """

    title: str
    currency: str
    payment_ids: IdStyle
    account_ids: IdStyle
    words: Mapping[Status, str]


PROVIDERS: Mapping[Provider, ProviderFacts] = {
    "alipay": ProviderFacts(
        "Alipay", "CNY", IdStyle("210010045", DIGITS, 19), IdStyle("2088", DIGITS, 12),
        {
            "authorised": "WAIT_BUYER_PAY", "paid": "TRADE_SUCCESS", "partially_refunded": "TRADE_PARTIALLY_REFUNDED",
            "refunded": "TRADE_REFUNDED", "voided": "TRADE_CANCELED", "expired": "TRADE_CLOSED",
            "failed": "TRADE_FAILED",
        },
    ),
    "apple_pay": ProviderFacts(
        "Apple Pay", "EUR", IdStyle("7c41e09b", HEX, 16), IdStyle("DPAN-", DIGITS, 16),
        {
            "authorised": "authorized", "paid": "completed", "partially_refunded": "partially_refunded",
            "refunded": "refunded", "voided": "canceled", "expired": "expired", "failed": "declined",
        },
    ),
    "paypal": ProviderFacts(
        "PayPal", "EUR", IdStyle("5O19", ALNUM, 13), IdStyle("", ALNUM, 13),
        {
            "authorised": "AUTHORIZED", "paid": "COMPLETED", "partially_refunded": "PARTIALLY_REFUNDED",
            "refunded": "REFUNDED", "voided": "VOIDED", "expired": "EXPIRED", "failed": "DECLINED",
        },
    ),
    "stripe": ProviderFacts(
        "Stripe", "EUR", IdStyle("pi_3RtWqBKe4vPcx8", BASE62, 11), IdStyle("cus_", BASE62, 11),
        {
            "authorised": "requires_capture", "paid": "succeeded", "partially_refunded": "partially_refunded",
            "refunded": "refunded", "voided": "canceled", "expired": "expired", "failed": "failed",
        },
    ),
    "wechat_pay": ProviderFacts(
        "WeChat Pay", "CNY", IdStyle("420000218", DIGITS, 19), IdStyle("oUpF8uMuAJO2pxb1", BASE64URL, 12),
        {
            "authorised": "NOTPAY", "paid": "SUCCESS", "partially_refunded": "PARTIAL_REFUND",
            "refunded": "REFUND", "voided": "REVOKED", "expired": "CLOSED", "failed": "PAYERROR",
        },
    ),
}  # fmt: skip
