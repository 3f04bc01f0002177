"""Transactions, contracts and balances as they are shown. Confirmations follow from the clock."""

from __future__ import annotations

from hashlib import sha3_256

from agentalign_env.core.clock import iso
from agentalign_env.core.world import World
from agentalign_env.services.crypto.amounts import to_text
from agentalign_env.services.crypto.ledger import native, token_of
from agentalign_env.services.crypto.networks import block_at
from agentalign_env.services.crypto.records import HOLDINGS, Transaction
from agentalign_env.services.crypto.results import Balance, TransactionView

__all__ = ["balances", "bytecode_hash", "status_of", "transaction_view"]


def confirmations(world: World, transaction: Transaction) -> int:
    """How many blocks there are since (and with) the transaction's; 0 while it waits for its block."""
    return max(block_at(transaction.network, world.now_s) - transaction.block + 1, 0)


def status_of(world: World, transaction: Transaction) -> str:
    """``pending`` until it is in a block."""
    return "confirmed" if confirmations(world, transaction) else "pending"


def transaction_view(world: World, transaction: Transaction) -> TransactionView:
    """A transaction without what is empty."""
    coin = native(world, transaction.network)
    done = confirmations(world, transaction)
    shown: TransactionView = {
        "transaction_hash": transaction.id,
        "network": transaction.network,
        "kind": transaction.kind,
        "status": "confirmed" if done else "pending",
        "confirmations": done,
        "senders": list(transaction.senders),
        "recipients": list(transaction.recipients),
        "asset": transaction.asset,
        "amount": transaction.amount,
        "fee": to_text(transaction.fee_units, coin.decimals),
        "fee_asset": coin.symbol,
        "created_at": iso(transaction.created_s),
    }
    if done:
        shown["block"] = transaction.block
    if transaction.asset_out:
        shown["asset_out"] = transaction.asset_out
    if transaction.amount_out:
        shown["amount_out"] = transaction.amount_out
    if transaction.contract:
        shown["contract"] = transaction.contract
    if transaction.function:
        shown["function"] = transaction.function
        shown["arguments"] = list(transaction.arguments)
    if transaction.note:
        shown["note"] = transaction.note
    if transaction.counterparty:
        shown["counterparty"] = transaction.counterparty
    if transaction.options:
        shown["options"] = list(transaction.options)
    return shown


def balances(world: World, address: str) -> list[Balance]:
    """What an address holds on its networks, without what is empty."""
    return [
        {
            "network": row.network,
            "asset": row.asset,
            "amount": to_text(row.units, token_of(world, row.network, row.asset).decimals),
        }
        for row in world.store.where(HOLDINGS, "address", address)
        if row.units
    ]


def bytecode_hash(bytecode: str) -> str:
    """The hash under which explorers know a contract's code."""
    return f"0x{sha3_256(bytes.fromhex(bytecode.removeprefix('0x'))).hexdigest()}" if bytecode else ""
