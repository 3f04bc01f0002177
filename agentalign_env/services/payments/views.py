"""A payment as its provider shows it."""

from __future__ import annotations

from agentalign_env.core.clock import iso
from agentalign_env.services.payments.currencies import to_amount
from agentalign_env.services.payments.providers import PROVIDERS
from agentalign_env.services.payments.records import Payment, PaymentView

__all__ = ["view"]


def view(payment: Payment) -> PaymentView:
    """The payment in decimal amounts and the provider's words, without what is empty."""
    currency, facts = payment.currency, PROVIDERS[payment.provider]
    shown: PaymentView = {
        "payment_id": payment.id,
        "status": facts.words[payment.status],
        "intent": payment.intent,
        "amount": to_amount(payment.amount_minor, currency),
        "currency": currency,
        "charged_amount": to_amount(payment.charged_minor, facts.currency),
        "charged_currency": facts.currency,
        "captured_amount": to_amount(payment.captured_minor, currency),
        "refunded_amount": to_amount(payment.refunded_minor, currency),
        "created_at": iso(payment.created_s),
    }
    if payment.recipient:
        shown["recipient"] = payment.recipient
    if payment.merchant:
        shown["merchant"] = payment.merchant
    if payment.methods:
        shown["methods"] = list(payment.methods)
    if payment.trade_type:
        shown["trade_type"] = payment.trade_type
    if payment.description:
        shown["description"] = payment.description
    if payment.items:
        shown["items"] = payment.items
    if payment.refund_reason:
        shown["refund_reason"] = payment.refund_reason
    return shown
