"""Rows and results of the payments service."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.semantics import Amount, CurrencyCode, EmailAddress, PaymentId, PersonName, Semantic
from agentalign_env.core.table import Table
from agentalign_env.services.payments.providers import Provider, Status

__all__ = [
    "ACCOUNTS", "PAYMENTS", "Account", "AccountId", "Balance", "CardData", "Item", "LineItem", "MerchantId", "Payment",
    "PaymentPage", "PaymentView", "Purpose", "Role",
]  # fmt: skip

AccountId = Annotated[str, Semantic("AccountId"), Field(min_length=1, max_length=254)]
MerchantId = Annotated[str, Semantic("MerchantId"), Field(min_length=1, max_length=128)]
Purpose = Annotated[str, Semantic("Purpose"), Field(max_length=500)]
"""What a payment is for, in a person's words."""

Role = Literal["wallet", "held", "payees", "bank"]
"""What an account of a provider's books is for: the owner's balance, what is set aside for authorised payments, what
the payees got, and (below zero) what the owner's bank put in."""


class Account(NamedTuple):
    """One account of a provider's books; the four accounts of a provider always add up to zero."""

    id: str
    provider: Provider
    role: Role
    account_id: AccountId
    currency: CurrencyCode
    balance_minor: int


class Payment(NamedTuple):
    """One payment by the owner. Amounts are in its own currency, `charged_minor` is the whole of it in the wallet's."""

    id: PaymentId
    provider: Provider
    status: Status
    intent: str
    amount_minor: int
    currency: CurrencyCode
    charged_minor: int
    captured_minor: int
    refunded_minor: int
    recipient: EmailAddress
    merchant: MerchantId
    methods: tuple[str, ...]
    trade_type: str
    description: Purpose
    items: str
    notify_url: str
    return_url: str
    cancel_url: str
    metadata: str
    refund_reason: str
    idempotency_key: str
    created_s: int


# A balance follows from the payments, so goals read those alone.
ACCOUNTS = Table("accounts", Account, volatile=("balance_minor",), natural_key=True)
# Callback addresses, items and metadata are often added unasked: goals look only for what the instruction states.
PAYMENTS = Table(
    "payments",
    Payment,
    text=("recipient", "merchant", "description", "items"),
    free_text=("description", "items", "notify_url", "return_url", "cancel_url", "metadata", "refund_reason"),
    volatile=("charged_minor", "idempotency_key", "created_s"),
)


class CardData(TypedDict):
    """The card behind a device payment."""

    network: NotRequired[Literal["VISA", "MASTERCARD", "AMEX", "DISCOVER"]]


class Item(TypedDict):
    """Something that is paid for: a name, how many, and the price of one."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    quantity: NotRequired[Annotated[int, Field(ge=1, le=10_000)]]
    unit_amount: Annotated[float, Field(ge=0, le=1_000_000)]


class LineItem(TypedDict):
    """A line of the sheet that the payer sees; a discount is below zero."""

    label: Annotated[str, Field(min_length=1, max_length=200)]
    amount: Annotated[float, Field(ge=-1_000_000, le=1_000_000)]


class PaymentView(TypedDict):
    """A payment as its provider shows it. The status is in the provider's word."""

    payment_id: PaymentId
    status: str
    intent: str
    amount: Amount
    currency: CurrencyCode
    charged_amount: float
    charged_currency: str
    captured_amount: float
    refunded_amount: float
    recipient: NotRequired[EmailAddress]
    merchant: NotRequired[MerchantId]
    methods: NotRequired[list[str]]
    trade_type: NotRequired[str]
    description: NotRequired[Purpose]
    items: NotRequired[str]
    refund_reason: NotRequired[str]
    created_at: str


class PaymentPage(TypedDict):
    """A page of payments, newest first."""

    payments: list[PaymentView]
    more: bool


class Balance(TypedDict):
    """The owner's balance at a provider; what is held is not available."""

    account_id: AccountId
    holder: PersonName
    email: EmailAddress
    available: float
    held: float
    currency: CurrencyCode
