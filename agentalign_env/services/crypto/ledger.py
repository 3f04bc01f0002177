"""The ledger: who holds how much of what, and how transactions are written down. Every change is a movement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.crypto.amounts import spell
from agentalign_env.services.crypto.networks import FEES, NETWORKS, Family, Network, Speed, block_at
from agentalign_env.services.crypto.records import (
    ADDRESSES,
    HOLDINGS,
    SAVED_ADDRESSES,
    TOKENS,
    TRANSACTIONS,
    WALLETS,
    Holding,
    SavedAddress,
    Token,
    Transaction,
    TransactionKind,
    Wallet,
)

__all__ = [
    "add",
    "canonical",
    "default_wallet",
    "draft",
    "gas_fee",
    "held",
    "holding",
    "move",
    "native",
    "new_hash",
    "pay_fee",
    "record",
    "require",
    "saved_with",
    "spendable",
    "token_named",
    "token_of",
    "wallet_address",
    "wallet_with",
]


def canonical(address: str) -> str:
    """The address as the ledger writes it: hexadecimal ones in lower case."""
    return address.lower() if address.startswith(("0x", "0X")) else address


def holding(world: World, network: Network, address: str, asset: str) -> Holding | None:
    """What an address holds of an asset."""
    for row in world.store.where(HOLDINGS, "address", address):
        if row.network == network and row.asset == asset:
            return row
    return None


def held(world: World, network: Network, address: str, asset: str) -> int:
    """How many units an address holds of an asset."""
    row = holding(world, network, address, asset)
    return row.units if row else 0


def add(
    world: World, network: Network, address: str, asset: str, units: int, coins: tuple[str, ...] | None = None
) -> None:
    """Adds units (or takes them, below zero) at an address; on Bitcoin `coins` says what lies there from now on."""
    row = holding(world, network, address, asset)
    if row is None:
        row = Holding(world.new_id(HOLDINGS), network, address, asset, 0, ())
    kept = row.coins if coins is None else coins
    world.store.put(HOLDINGS, row._replace(units=row.units + units, coins=kept))


def move(world: World, network: Network, source: str, target: str, asset: str, units: int) -> None:
    """Moves units between two addresses of a network that keeps balances."""
    add(world, network, source, asset, -units)
    add(world, network, target, asset, units)


def pay_fee(world: World, network: Network, payer: str, units: int) -> None:
    """Moves a fee to whoever keeps the network running."""
    move(world, network, payer, FEES, NETWORKS[network].native, units)


def require(world: World, network: Network, address: str, needs: Mapping[str, int], field: str) -> None:
    """Checks that an address holds all of these units, fees included.

    Raises:
        OperationError: It does not; the message says what it has and needs.
    """
    for asset, needed in needs.items():
        have = held(world, network, address, asset)
        if have < needed:
            decimals = token_of(world, network, asset).decimals
            title = NETWORKS[network].title
            message = (
                f"{address} holds {spell(have, asset, decimals)} on {title}, this needs "
                f"{spell(needed, asset, decimals)} with fees: use less, or a wallet that holds enough"
            )
            raise OperationError("insufficient_funds", message, field)


def gas_fee(network: Network, work: int, speed: Speed = "medium") -> int:
    """What this much work costs, in the native coin's smallest unit."""
    return work * NETWORKS[network].price[speed]


def native(world: World, network: Network) -> Token:
    """The native coin of a network."""
    return token_of(world, network, NETWORKS[network].native)


def token_of(world: World, network: Network, symbol: str) -> Token:
    """A token that exists on the network."""
    token = world.store.get(TOKENS, f"{network}:{symbol}")
    assert token is not None
    return token


def token_named(world: World, network: Network, name: str, field: str) -> Token:
    """The token of this symbol, in any case, or of this address.

    Raises:
        OperationError: The network has none.
    """
    wanted = canonical(name)
    found = world.store.get(TOKENS, f"{network}:{name.upper()}")
    if found is not None:
        return found
    known = world.store.where(TOKENS, "network", network)
    for token in known:
        if token.address and token.address == wanted:
            return token
    symbols = ", ".join(token.symbol for token in known)
    message = f"{NETWORKS[network].title} has no token {name!r}: use one of {symbols}, or the address of one"
    raise OperationError("not_found", message, field)


def wallet_address(wallet: Wallet, family: Family) -> str:
    """The wallet's address on the networks of a family."""
    address: str = getattr(wallet, family)
    return address


def wallet_with(world: World, family: Family, address: str) -> Wallet | None:
    """The owner's wallet that has this address, or ``None``."""
    own = world.store.get(ADDRESSES, canonical(address))
    return world.store.get(WALLETS, own.wallet) if own is not None and own.family == family else None


def spendable(world: World, family: Family, address: str, field: str) -> str:
    """The address, when the owner can spend from it here.

    Raises:
        OperationError: It is not the owner's, or its wallet does not sign here.
    """
    wallet = wallet_with(world, family, address)
    if wallet is None:
        message = f"{address} belongs to none of your wallets: take an address from the list of your wallets"
        raise OperationError("permission_denied", message, field)
    if wallet.wallet_type != "hot":
        why = "signs offline only" if wallet.wallet_type == "cold" else "needs the signatures of others"
        message = f"{address} is of the wallet {wallet.label!r}, which {why}: spend from a hot wallet"
        raise OperationError("invalid_state", message, field)
    return canonical(address)


def default_wallet(world: World) -> Wallet:
    """The oldest hot wallet: what is spent without naming a wallet comes from there."""
    return world.store.where(WALLETS, "wallet_type", "hot")[0]


def saved_with(world: World, family: Family, address: str) -> SavedAddress | None:
    """The entry of the address book that has this address, or ``None``."""
    return next(iter(world.store.where(SAVED_ADDRESSES, family, address)), None)


def new_hash(world: World, network: Network) -> str:
    """The hash of a new transaction."""
    return world.new_id(TRANSACTIONS, NETWORKS[network].transaction_ids)


def record(world: World, drafted: Transaction, *, delay_s: int = 0) -> Transaction:
    """Writes a transaction down: it waits for the next block, or for the first one after the delay."""
    family = NETWORKS[drafted.network].family
    names = (saved_with(world, family, address) for address in drafted.recipients)
    done = drafted._replace(
        block=block_at(drafted.network, world.now_s + delay_s) + 1,
        created_s=world.now_s,
        counterparty=", ".join(saved.name for saved in names if saved),
    )
    world.store.put(TRANSACTIONS, done)
    return done


def draft(
    transaction_id: str,
    network: Network,
    kind: TransactionKind,
    senders: Sequence[str],
    recipients: Sequence[str],
    asset: str,
    amount: str,
    fee_units: int,
) -> Transaction:
    """A transaction with what every kind has."""
    return Transaction(
        id=transaction_id, network=network, kind=kind,
        senders=tuple(sorted(senders)), recipients=tuple(sorted(recipients)), asset=asset, amount=amount,
        asset_out="", amount_out="", contract="", function="", arguments=(), note="", counterparty="",
        fee_units=fee_units, options=(), block=0, created_s=0,
    )  # fmt: skip
