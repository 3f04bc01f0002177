"""The books: how a payment's money lies on a provider's accounts, and the invariants that follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from agentalign_env.core.world import World
from agentalign_env.services.payments.providers import PROVIDERS, Provider
from agentalign_env.services.payments.records import ACCOUNTS, PAYMENTS, Account, Payment, Role

__all__ = ["INVARIANTS", "account_key", "account_of", "move", "placed", "share"]


def account_key(provider: Provider, role: Role) -> str:
    """The key of an account."""
    return f"{provider}:{role}"


def account_of(world: World, provider: Provider, role: Role) -> Account:
    """One of a provider's accounts; every world has them all."""
    account = world.store.get(ACCOUNTS, account_key(provider, role))
    assert account is not None
    return account


def move(world: World, provider: Provider, source: Role, target: Role, minor: int) -> None:
    """Moves money between two accounts of a provider, in the wallet's currency."""
    for role, signed in ((source, -minor), (target, minor)):
        account = account_of(world, provider, role)
        world.store.put(ACCOUNTS, account._replace(balance_minor=account.balance_minor + signed))


def share(payment: Payment, minor: int) -> int:
    """What a part of the payment's amount is in the wallet's currency; the whole is exactly what was charged."""
    return payment.charged_minor * minor // payment.amount_minor


def placed(payment: Payment) -> Mapping[Role, int]:
    """Where a payment's money lies now: set aside, and with the payee."""
    return {
        "held": payment.charged_minor if payment.status == "authorised" else 0,
        "payees": share(payment, payment.captured_minor) - share(payment, payment.refunded_minor),
    }


def _money_is_conserved(world: World) -> Iterable[str]:
    totals: Counter[str] = Counter()
    for account in world.store.rows(ACCOUNTS):
        totals[account.currency] += account.balance_minor
    for currency, total in totals.items():
        if total:
            yield f"the accounts in {currency} add up to {total}, not to zero"


def _the_owner_never_owes(world: World) -> Iterable[str]:
    for account in world.store.rows(ACCOUNTS):
        if account.balance_minor < 0 and account.role != "bank":
            yield f"account {account.id} is at {account.balance_minor}"


def _accounts_agree_with_payments(world: World) -> Iterable[str]:
    expected: Counter[str] = Counter()
    for payment in world.store.rows(PAYMENTS):
        for role, minor in placed(payment).items():
            expected[account_key(payment.provider, role)] += minor
    roles: tuple[Role, ...] = ("held", "payees")
    for provider in PROVIDERS:
        for role in roles:
            account = account_of(world, provider, role)
            if account.balance_minor != expected[account.id]:
                yield f"account {account.id} is at {account.balance_minor}, its payments say {expected[account.id]}"


def _a_status_agrees_with_its_amounts(world: World) -> Iterable[str]:
    for payment in world.store.rows(PAYMENTS):
        captured, refunded = payment.captured_minor, payment.refunded_minor
        agrees = {
            "paid": captured > 0 == refunded,
            "partially_refunded": 0 < refunded < captured,
            "refunded": 0 < refunded == captured,
        }.get(payment.status, captured == refunded == 0)
        if not agrees or captured > payment.amount_minor:
            amounts = f"{captured} of {payment.amount_minor} captured, {refunded} refunded"
            yield f"payment {payment.id} is {payment.status}, {amounts}"


def _an_idempotency_key_names_one_payment(world: World) -> Iterable[str]:
    seen = Counter(
        (payment.provider, payment.idempotency_key) for payment in world.store.rows(PAYMENTS) if payment.idempotency_key
    )
    for (provider, key), count in seen.items():
        if count > 1:
            yield f"{count} payments of {provider} have the idempotency key {key!r}"


INVARIANTS = (
    _money_is_conserved,
    _the_owner_never_owes,
    _accounts_agree_with_payments,
    _a_status_agrees_with_its_amounts,
    _an_idempotency_key_names_one_payment,
)
