"""Looking things up: the owner's transactions, and what an explorer knows about a network."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.crypto.contracts import contract_view
from agentalign_env.services.crypto.ledger import canonical, wallet_with
from agentalign_env.services.crypto.networks import NETWORKS, Network, block_at, block_hash, family_of, included_s
from agentalign_env.services.crypto.records import (
    ADDRESSES,
    CONTRACTS,
    HOLDINGS,
    TOKENS,
    TRANSACTIONS,
    WALLETS,
    Transaction,
    TransactionHash,
)
from agentalign_env.services.crypto.results import BlockView, ChainData, TransactionPage, TransactionView
from agentalign_env.services.crypto.views import balances, transaction_view

__all__ = ["list_transactions", "query_data"]

_RECENT = 10


@operation("Cryptography.list_transactions", reads=(TOKENS, TRANSACTIONS), identifies="transactions[].transaction_hash")
def list_transactions(
    world: World,
    *,
    network: Network | None = None,
    query: Annotated[str, Field(max_length=400)] = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> TransactionPage:
    """Lists the owner's transactions that hold every word of the query, newest first.

    Words may be in the note, the other side's name, the addresses, the kind, the network or the asset.
    """
    page = world.store.search(
        TRANSACTIONS,
        query,
        limit=limit,
        offset=offset,
        newest_first=True,
        among={"network": network} if network else None,
    )
    return {"transactions": [transaction_view(world, row) for row in page.rows], "more": page.more}


@operation(
    "Cryptography.query_data",
    reads=(ADDRESSES, CONTRACTS, HOLDINGS, TOKENS, TRANSACTIONS, WALLETS),
    identifies="identifier",
)
def query_data(
    world: World,
    *,
    network: Network,
    query_type: Literal["transaction", "block", "address", "contract"],
    identifier: TransactionHash,
    include_details: bool = False,
) -> ChainData:
    """Looks up a transaction by hash, a block by number or a transaction in it, an address, a contract or a program.

    With details, an address or contract shows its latest transactions, a transaction its block, and a block the hashes
    of the transactions that are known here.
    """
    title = NETWORKS[network].title
    wanted = canonical(identifier)
    found: ChainData = {"network": network, "query_type": query_type, "identifier": wanted}
    if query_type == "transaction":
        row = world.store.get(TRANSACTIONS, wanted)
        if row is None or row.network != network:
            message = f"{title} knows no transaction {identifier!r}: check the hash and the network"
            raise OperationError("not_found", message, "identifier")
        found["transaction"] = transaction_view(world, row)
        if include_details and row.block <= block_at(network, world.now_s):
            found["block"] = _block(world, network, row.block, details=True)
    elif query_type == "block":
        found["block"] = _block(world, network, _height(world, network, identifier), details=include_details)
    elif query_type == "contract":
        contract = world.store.get(CONTRACTS, wanted)
        if contract is None or contract.network != network:
            message = f"{title} has no contract at {identifier!r}: check the address and the network"
            raise OperationError("not_found", message, "identifier")
        found["contract"] = contract_view(contract)
        found["balances"] = [line for line in balances(world, wanted) if line["network"] == network]
        if include_details:
            found["transactions"] = _recent(world, network, "contract", wanted)
    else:
        _check_address(world, network, wanted)
        found["balances"] = [line for line in balances(world, wanted) if line["network"] == network]
        if include_details:
            sent, received = (_recent(world, network, side, wanted) for side in ("senders", "recipients"))
            both = {view["transaction_hash"]: view for view in (*sent, *received)}
            latest = sorted(both.values(), key=lambda view: view["created_at"], reverse=True)
            found["transactions"] = latest[:_RECENT]
    return found


def _check_address(world: World, network: Network, address: str) -> None:
    """Refuses an address that cannot be looked up: of another network, hidden, or never used."""
    family, title = NETWORKS[network].family, NETWORKS[network].title
    if family_of(address, "identifier") != family:
        message = f"{address} is no address of {title}: check the address and the network"
        raise OperationError("invalid_argument", message, "identifier")
    if wallet_with(world, family, address) is not None:
        return
    if network == "monero":
        message = "Monero hides what others hold: look up an address of your own"
        raise OperationError("permission_denied", message, "identifier")
    if not any(row.network == network for row in world.store.where(HOLDINGS, "address", address)):
        message = f"{title} has seen no transaction of {address}: check the address and the network"
        raise OperationError("not_found", message, "identifier")


def _height(world: World, network: Network, text: str) -> int:
    """The number of the block that is meant: by itself, or by a transaction in it."""
    newest = block_at(network, world.now_s)
    row = world.store.get(TRANSACTIONS, canonical(text))
    if row is not None and row.network == network:
        height = row.block
    elif text.isascii() and text.isdigit() and len(text) < 16:
        height = int(text)
    else:
        message = f"expected the number of a block, or a transaction of {NETWORKS[network].title}, got {text[:80]!r}"
        raise OperationError("invalid_argument", f"{message}: the newest block is {newest}", "identifier")
    if height > newest:
        message = f"{NETWORKS[network].title} has no block {height} yet: the newest is {newest}"
        raise OperationError("not_found", message, "identifier")
    return height


def _block(world: World, network: Network, height: int, *, details: bool) -> BlockView:
    rows = world.store.where(TRANSACTIONS, "block", height) if details else []
    return {
        "height": height,
        "block_hash": block_hash(network, height),
        "time": iso(max(included_s(network, height), 0)),
        "confirmations": block_at(network, world.now_s) - height + 1,
        "transactions": [row.id for row in rows if row.network == network],
    }


def _recent(world: World, network: Network, field: str, address: str) -> list[TransactionView]:
    """The latest transactions that have the address in this field."""
    rows: list[Transaction] = [row for row in world.store.where(TRANSACTIONS, field, address) if row.network == network]
    return [transaction_view(world, row) for row in rows[: -_RECENT - 1 : -1]]
