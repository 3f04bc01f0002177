"""What was paid before a world begins, and the accounts as those payments left them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from agentalign_env.core.background import Invoice, Organisation
from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.ids import id_salt
from agentalign_env.core.rng import Random
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import Topic, load_topics
from agentalign_env.services.payments.books import account_key, placed
from agentalign_env.services.payments.currencies import convert
from agentalign_env.services.payments.providers import PROVIDERS, Provider, Status
from agentalign_env.services.payments.records import ACCOUNTS, PAYMENTS, Account, Payment

__all__ = ["payment_draft", "seed_accounts", "seed_payments", "settled"]

# PayPal ends the cycle, so that the newest payment between people is the authorised one.
_CYCLE: tuple[Provider, ...] = ("wechat_pay", "alipay", "apple_pay", "stripe", "paypal")
_INVOICE_PAYERS: tuple[Provider, ...] = ("paypal", "stripe", "paypal", "apple_pay")
_METHODS: dict[Provider, str] = {"alipay": "BALANCE", "apple_pay": "VISA", "stripe": "card"}
_HOLD_DAYS = 29  # how long PayPal honours an authorisation
_BALANCE_EUR_MINOR = (250_000, 480_000)


def seed_payments(context: SeedContext) -> Iterator[Payment]:
    """Payments, oldest first: the invoices that were paid, and what the owner gave to people and shops."""
    salt = id_salt(PAYMENTS.name, context.seed)
    drafts = sorted(_drafts(context), key=lambda payment: payment.created_s)
    for number, payment in enumerate(drafts):
        yield payment._replace(id=PROVIDERS[payment.provider].payment_ids.encode(number, salt))


def seed_accounts(context: SeedContext) -> Iterator[Account]:
    """Four accounts for each provider. The bank put in what the others hold, so the four add up to zero."""
    payments = seed_payments(context.of(PAYMENTS))
    balances: Counter[str] = Counter()
    for payment in payments:
        for role, minor in placed(payment).items():
            balances[account_key(payment.provider, role)] += minor
    rng, salt = context.rng(), id_salt(ACCOUNTS.name, context.seed)
    for number, (provider, facts) in enumerate(PROVIDERS.items()):
        held, payees = balances[account_key(provider, "held")], balances[account_key(provider, "payees")]
        wallet = convert(rng.randrange(*_BALANCE_EUR_MINOR), "EUR", facts.currency)
        account_id = facts.account_ids.encode(number, salt)
        for role, minor in (("wallet", wallet), ("held", held), ("payees", payees), ("bank", -wallet - held - payees)):
            yield Account(account_key(provider, role), provider, role, account_id, facts.currency, minor)


def _drafts(context: SeedContext) -> Iterator[Payment]:
    """Payments without ids."""
    rng, background = context.rng(), context.background
    paid = [invoice for invoice in background.invoices if invoice.paid][: context.rows // 2]
    for number, invoice in enumerate(paid):
        yield _of_invoice(invoice, _INVOICE_PAYERS[number % len(_INVOICE_PAYERS)], rng)
    topics = list(load_topics().values())
    rest = context.rows - len(paid)
    step = 180 * DAY_S // max(rest, 1)
    for number in range(rest):
        provider = _CYCLE[(number - rest) % len(_CYCLE)]
        created_s = context.start_s - (rest - number) * step - rng.randrange(step)
        if number == rest - 1:
            created_s = context.start_s - rng.randrange(6 * HOUR_S, 3 * DAY_S)
            status: Status = "authorised"
        elif number >= rest - len(_CYCLE):
            status = "paid"  # so that every provider has a payment that can be refunded
        else:
            status = _status(provider, context.start_s - created_s, rng)
        if provider == "apple_pay":
            organisation = background.organisations[rng.randrange(len(background.organisations))]
            draft = _at_a_shop(organisation, rng)
        else:
            person = background.people[rng.randrange(len(background.people))]
            draft = _to_a_person(person.email, topics[rng.randrange(len(topics))], provider, rng)
        yield settled(draft._replace(created_s=created_s), status)


def _status(provider: Provider, age_s: int, rng: Random) -> Status:
    roll = rng.random()
    if provider == "paypal" and roll < 0.12:
        return "authorised" if age_s < _HOLD_DAYS * DAY_S else "expired"
    if roll < 0.16:
        return "refunded"
    if roll < 0.19:
        return "partially_refunded"
    return "failed" if roll < 0.21 else "paid"


def _of_invoice(invoice: Invoice, provider: Provider, rng: Random) -> Payment:
    description = f"Invoice {invoice.number}, {invoice.purpose}"
    created_s = invoice.issued_s + rng.randrange(DAY_S, 13 * DAY_S)
    draft = payment_draft(provider, invoice.amount_minor, invoice.currency, invoice.organisation.email, description)
    draft = draft._replace(
        merchant=_merchant(invoice.organisation) if provider == "apple_pay" else "", created_s=created_s
    )
    return settled(draft, "paid")


def _at_a_shop(organisation: Organisation, rng: Random) -> Payment:
    draft = payment_draft(
        "apple_pay", rng.randrange(350, 9_500), "EUR", organisation.email, f"Purchase at {organisation.name}"
    )
    return draft._replace(merchant=_merchant(organisation))


def _to_a_person(email: str, topic: Topic, provider: Provider, rng: Random) -> Payment:
    low, high = topic.amounts
    currency = PROVIDERS[provider].currency
    if provider in ("paypal", "stripe") and rng.random() < 0.2:
        currency = rng.choice(("USD", "GBP"))
    # People agree on round amounts, in whichever currency they pay.
    units = convert(rng.randrange(low, high + 1) * 100, "EUR", currency) // 100
    return payment_draft(provider, units * 100 + rng.choice((0, 0, 0, 50)), currency, email, rng.choice(topic.purposes))


def payment_draft(provider: Provider, amount_minor: int, currency: str, recipient: str, description: str) -> Payment:
    """A payment of the owner's before its number, time and fate."""
    method = _METHODS.get(provider)
    return Payment(
        id="", provider=provider, status="paid", intent="CAPTURE", amount_minor=amount_minor, currency=currency,
        charged_minor=convert(amount_minor, currency, PROVIDERS[provider].currency), captured_minor=0, refunded_minor=0,
        recipient=recipient, merchant="", methods=(method,) if method else (),
        trade_type="NATIVE" if provider == "wechat_pay" else "", description=description, items="",
        notify_url="", return_url="", cancel_url="", metadata="", refund_reason="", idempotency_key="", created_s=0,
    )  # fmt: skip


def settled(draft: Payment, status: Status) -> Payment:
    """A draft with the amounts that go with a status."""
    amount = draft.amount_minor
    captured = amount if status in ("paid", "partially_refunded", "refunded") else 0
    refunded = {"refunded": amount, "partially_refunded": amount // 2}.get(status, 0)
    intent = "AUTHORIZE" if status in ("authorised", "expired") else "CAPTURE"
    return draft._replace(status=status, intent=intent, captured_minor=captured, refunded_minor=refunded)


def _merchant(organisation: Organisation) -> str:
    return "merchant." + ".".join(reversed(organisation.domain.split(".")))
