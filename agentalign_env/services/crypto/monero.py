"""Private transfers on Monero."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.crypto.amounts import to_text, to_units
from agentalign_env.services.crypto.ledger import (
    default_wallet,
    draft,
    gas_fee,
    move,
    native,
    new_hash,
    pay_fee,
    record,
    require,
)
from agentalign_env.services.crypto.networks import Speed
from agentalign_env.services.crypto.records import (
    HOLDINGS,
    SAVED_ADDRESSES,
    TOKENS,
    TRANSACTIONS,
    WALLETS,
    CoinAmount,
    MoneroAddress,
    Note,
)
from agentalign_env.services.crypto.results import TransactionView
from agentalign_env.services.crypto.views import transaction_view

__all__ = ["send_monero"]

_SPEEDS: dict[str, Speed] = {"slow": "low", "normal": "medium", "fast": "high"}
_WORK = 2_000_000  # piconero for each member of the ring, at the lowest price


@operation(
    "Cryptography.send_monero",
    reads=(HOLDINGS, SAVED_ADDRESSES, TOKENS, WALLETS),
    writes=(HOLDINGS, TRANSACTIONS),
    identifies="transaction_hash",
)
def send_monero(
    world: World,
    *,
    to_address: MoneroAddress,
    amount: CoinAmount,
    ring_size: Annotated[int, Field(ge=11, le=128)] = 16,
    priority: Literal["slow", "normal", "fast"] = "normal",
    note: Note = "",
) -> TransactionView:
    """Sends monero from the owner's default wallet; a larger ring and more hurry cost a higher fee."""
    coin = native(world, "monero")
    units = to_units(amount, coin.symbol, coin.decimals, "amount")
    sender = default_wallet(world).monero
    if to_address == sender:
        message = f"{to_address} is the address that you send from: give the recipient's"
        raise OperationError("invalid_argument", message, "to_address")
    fee = gas_fee("monero", _WORK * ring_size, _SPEEDS[priority])
    require(world, "monero", sender, {coin.symbol: units + fee}, "amount")
    transaction_id = new_hash(world, "monero")
    move(world, "monero", sender, to_address, coin.symbol, units)
    pay_fee(world, "monero", sender, fee)
    text = to_text(units, coin.decimals)
    drafted = draft(transaction_id, "monero", "transfer", [sender], [to_address], coin.symbol, text, fee)
    options = (f"ring_size={ring_size}", f"priority={priority}")
    return transaction_view(world, record(world, drafted._replace(note=note, options=options)))
