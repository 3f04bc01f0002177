"""Bitcoin: unspent coins, which of them a payment takes, and requests for a payment."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Literal, NamedTuple
from urllib.parse import quote

from pydantic import Field

from agentalign_env.core.clock import DAY_S, iso
from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.crypto.amounts import spell, to_text, to_units
from agentalign_env.services.crypto.ledger import add, draft, holding, new_hash, record, spendable
from agentalign_env.services.crypto.networks import FEES
from agentalign_env.services.crypto.records import (
    ADDRESSES,
    HOLDINGS,
    PAYMENT_REQUESTS,
    SAVED_ADDRESSES,
    TOKENS,
    TRANSACTIONS,
    WALLETS,
    BitcoinAddress,
    CoinAmount,
    Note,
    OwnBitcoinAddress,
    PaymentRequest,
)
from agentalign_env.services.crypto.results import RequestView, TransactionView
from agentalign_env.services.crypto.views import transaction_view

__all__ = ["DECIMALS", "Choice", "choose_coins", "create_bitcoin_payment", "satoshis", "send_bitcoin", "settle"]

DECIMALS = 8
_DUST = 546  # a smaller output costs more to spend than it is worth
_OVERHEAD, _INPUT, _OUTPUT = 11, 68, 31  # virtual bytes
_SUPPLY = 21_000_000 * 10**DECIMALS
_REQUEST_DAYS = 7

Strategy = Literal["economic", "privacy", "age_based"]
FeeRate = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}(\.[0-9]{1,2})?$", examples=["12"])]


class Choice(NamedTuple):
    """The coins that a payment takes, those that stay, the change that comes back, and the fee."""

    taken: tuple[str, ...]
    left: tuple[str, ...]
    change: int
    fee: int


@operation(
    "Cryptography.send_bitcoin",
    reads=(ADDRESSES, HOLDINGS, SAVED_ADDRESSES, TOKENS, WALLETS),
    writes=(HOLDINGS, TRANSACTIONS),
    identifies="transaction_hash",
)
def send_bitcoin(
    world: World,
    *,
    from_address: OwnBitcoinAddress,
    to_address: BitcoinAddress,
    amount: CoinAmount,
    fee_rate: FeeRate = "12",
    coin_selection: Strategy = "economic",
    note: Note = "",
) -> TransactionView:
    """Sends bitcoin from one of the owner's addresses; what a coin holds beyond the amount comes back as change."""
    sats = to_units(amount, "BTC", DECIMALS, "amount")
    if to_address == from_address:
        message = f"{to_address} is the address that you send from: give the recipient's"
        raise OperationError("invalid_argument", message, "to_address")
    if sats < _DUST:
        least = spell(_DUST, "BTC", DECIMALS)
        raise OperationError("invalid_argument", f"expected at least {least}, got {amount} BTC", "amount")
    sender = spendable(world, "bitcoin", from_address, "from_address")
    chosen = choose_coins(world, sender, sats, 1, Decimal(fee_rate), coin_selection, "amount")
    transaction_id = new_hash(world, "bitcoin")
    settle(world, transaction_id, sender, chosen, [(to_address, sats)])
    drafted = draft(
        transaction_id, "bitcoin", "transfer", [sender], [to_address], "BTC", to_text(sats, DECIMALS), chosen.fee
    )
    options = (f"fee_rate={fee_rate}", f"utxo_selection={coin_selection}")
    return transaction_view(world, record(world, drafted._replace(note=note, options=options)))


@operation("Cryptography.create_bitcoin_payment", writes=(PAYMENT_REQUESTS,), identifies="request_id")
def create_bitcoin_payment(
    world: World,
    *,
    to_address: BitcoinAddress,
    amount: CoinAmount | None = None,
    label: Annotated[str, Field(max_length=100)] = "",
    message: Annotated[str, Field(max_length=280)] = "",
) -> RequestView:
    """Makes a request for a payment to an address, open for a week, with a page and a URI for the payer."""
    text = ""
    if amount is not None:
        sats = to_units(amount, "BTC", DECIMALS, "amount")
        if sats > _SUPPLY:
            raise OperationError("invalid_argument", f"there are 21000000 BTC at most, got {amount}", "amount")
        text = to_text(sats, DECIMALS)
    request = PaymentRequest(
        world.new_id(PAYMENT_REQUESTS),
        to_address,
        text,
        label,
        message,
        world.now_s,
        world.now_s + _REQUEST_DAYS * DAY_S,
    )
    world.store.put(PAYMENT_REQUESTS, request)
    pairs = (("amount", text), ("label", quote(label)), ("message", quote(message)))
    query = "&".join(f"{name}={value}" for name, value in pairs if value)
    shown: RequestView = {
        "request_id": request.id,
        "link": f"https://pay.coinrequest.example/{request.id}",
        "uri": f"bitcoin:{to_address}{'?' if query else ''}{query}",
        "to_address": to_address,
        "status": "open",
        "created_at": iso(request.created_s),
        "expires_at": iso(request.expires_s),
    }
    if text:
        shown["amount"] = text
    if label:
        shown["label"] = label
    if message:
        shown["message"] = message
    return shown


def satoshis(coin: str) -> int:
    """What a coin is worth."""
    return int(coin.rpartition(":")[2])


def choose_coins(
    world: World, address: str, sats: int | None, outputs: int, rate: Decimal, strategy: Strategy, field: str
) -> Choice:
    """Chooses coins that pay an amount and the fee, which grows with their number.

    Args:
        world: Where the coins lie.
        address: Whose coins.
        sats: The amount; ``None`` for all that is there.
        outputs: To how many recipients.
        rate: Satoshis for a virtual byte.
        strategy: ``economic`` takes the largest coins, so as few as possible; ``privacy`` the one coin that fits best,
            so that no coins are seen together, where one is enough; ``age_based`` the oldest.
        field: The argument that an error names.

    Raises:
        OperationError: The coins do not suffice.
    """
    row = holding(world, "bitcoin", address, "BTC")
    coins = row.coins if row else ()
    total = sum(map(satoshis, coins))
    if sats is None:
        fee = _fee(len(coins), outputs, rate)
        if total - fee >= _DUST * outputs:
            return Choice(coins, (), 0, fee)
    else:
        ordered = coins if strategy == "age_based" else sorted(coins, key=satoshis, reverse=True)
        if strategy == "privacy":
            enough = [coin for coin in ordered if satoshis(coin) >= sats + _fee(1, outputs + 1, rate)]
            ordered = enough[-1:] or ordered
        taken: list[str] = []
        for coin in ordered:
            taken.append(coin)
            have, fee = sum(map(satoshis, taken)), _fee(len(taken), outputs + 1, rate)
            if have >= sats + fee:
                change = have - sats - fee
                kept = change if change >= _DUST else 0
                left = tuple(other for other in coins if other not in taken)
                return Choice(tuple(taken), left, kept, have - sats - kept)
    fee = _fee(max(len(coins), 1), outputs + 1, rate)
    have_text, need = spell(total, "BTC", DECIMALS), spell((sats or _DUST * outputs) + fee, "BTC", DECIMALS)
    message = f"{address} holds {have_text}, this needs {need} with the fee: use less, or an address that holds enough"
    raise OperationError("insufficient_funds", message, field)


def settle(
    world: World, transaction_id: str, sender: str, chosen: Choice, payments: Sequence[tuple[str, int]], first: int = 0
) -> int:
    """Spends the chosen coins: new ones for the payments and the change, the rest is the fee.

    Args:
        world: Where.
        transaction_id: Names the new coins.
        sender: Whose coins are spent, and who gets the change.
        chosen: Which.
        payments: Recipients and satoshis.
        first: The number of the transaction's next output.

    Returns:
        The number of the output after the last.
    """
    spent = sum(map(satoshis, chosen.taken)) - chosen.change
    left = chosen.left
    number = first
    if chosen.change:
        left = (*left, f"{transaction_id}:{number}:{chosen.change}")
        number += 1
    add(world, "bitcoin", sender, "BTC", -spent, left)
    for address, sats in payments:
        row = holding(world, "bitcoin", address, "BTC")
        coins = row.coins if row else ()
        add(world, "bitcoin", address, "BTC", sats, (*coins, f"{transaction_id}:{number}:{sats}"))
        number += 1
    add(world, "bitcoin", FEES, "BTC", chosen.fee)
    return number


def _fee(inputs: int, outputs: int, rate: Decimal) -> int:
    size = _OVERHEAD + _INPUT * inputs + _OUTPUT * outputs
    return int((size * rate).to_integral_value(ROUND_CEILING))
