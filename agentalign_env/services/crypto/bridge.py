"""The bridge: tokens are locked on one chain and credited, less a fee, on another."""

from __future__ import annotations

from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.crypto.amounts import spell, to_text, to_units
from agentalign_env.services.crypto.ledger import (
    canonical,
    default_wallet,
    draft,
    gas_fee,
    held,
    move,
    native,
    new_hash,
    pay_fee,
    record,
    require,
)
from agentalign_env.services.crypto.networks import NETWORKS, EvmNetwork, derive_address
from agentalign_env.services.crypto.records import (
    HOLDINGS,
    SAVED_ADDRESSES,
    TOKENS,
    TRANSACTIONS,
    WALLETS,
    CoinAmount,
    EvmAddress,
    Token,
    TokenAddress,
)
from agentalign_env.services.crypto.results import BridgeResult
from agentalign_env.services.crypto.views import status_of

__all__ = ["bridge_address", "transfer_cross_chain"]

_WORK = 120_000
_FEE_BPS = 10


def bridge_address(seed: int, network: EvmNetwork) -> str:
    """Where the bridge keeps what it has locked on a network."""
    return derive_address("evm", "bridge", seed, network)


@operation(
    "Cryptography.transfer_cross_chain",
    reads=(HOLDINGS, SAVED_ADDRESSES, TOKENS, WALLETS),
    writes=(HOLDINGS, TRANSACTIONS),
    identifies="transaction_hash",
)
def transfer_cross_chain(
    world: World,
    *,
    from_chain: EvmNetwork,
    to_chain: EvmNetwork,
    token_address: TokenAddress,
    amount: CoinAmount,
    recipient: EvmAddress,
) -> BridgeResult:
    """Moves tokens of the owner's default wallet to an address on another chain."""
    if from_chain == to_chain:
        message = f"both chains are {from_chain}: give two different ones"
        raise OperationError("invalid_argument", message, "to_chain")
    token, twin = _bridged(world, from_chain, to_chain, token_address)
    receiver = canonical(recipient)
    target, source = NETWORKS[to_chain], NETWORKS[from_chain]
    units = to_units(amount, token.symbol, token.decimals, "amount")
    bridge_fee = max(units * _FEE_BPS // 10_000, 1)
    received = units - bridge_fee
    if received <= 0:
        raise OperationError("invalid_argument", f"{amount} {token.symbol} does not cover the fee: send more", "amount")
    seed = world.base.key.seed
    reserve = held(world, to_chain, bridge_address(seed, to_chain), token.symbol)
    sender = default_wallet(world).evm
    fee = gas_fee(from_chain, _WORK)
    require(world, from_chain, sender, {token.symbol: units, source.native: fee}, "amount")
    if received > reserve:
        have = spell(reserve, twin.symbol, twin.decimals)
        message = f"the bridge can pay out {have} on {target.title}, this needs {amount}: send less"
        raise OperationError("invalid_state", message, "amount")
    locked, credited = new_hash(world, from_chain), new_hash(world, to_chain)
    pay_fee(world, from_chain, sender, fee)
    move(world, from_chain, sender, bridge_address(seed, from_chain), token.symbol, units)
    move(world, to_chain, bridge_address(seed, to_chain), receiver, twin.symbol, received)
    text, got = to_text(units, token.decimals), to_text(received, twin.decimals)
    vault, payer = bridge_address(seed, from_chain), bridge_address(seed, to_chain)
    out = record(world, draft(locked, from_chain, "bridge_out", [sender], [vault], token.symbol, text, fee))
    record(world, draft(credited, to_chain, "bridge_in", [payer], [receiver], twin.symbol, got, 0))
    return {
        "transaction_hash": locked,
        "target_transaction_hash": credited,
        "status": status_of(world, out),
        "from_chain": from_chain,
        "to_chain": to_chain,
        "token": token.symbol,
        "amount": text,
        "amount_received": got,
        "bridge_fee": spell(bridge_fee, token.symbol, token.decimals),
        "network_fee": spell(fee, source.native, native(world, from_chain).decimals),
        "recipient": receiver,
    }


def _bridged(world: World, from_chain: EvmNetwork, to_chain: EvmNetwork, token_address: str) -> tuple[Token, Token]:
    """The token of this address, and its twin on the other chain."""
    wanted = canonical(token_address)
    token = next((one for one in world.store.where(TOKENS, "address", wanted) if one.network == from_chain), None)
    if token is None:
        known = [one for one in world.store.where(TOKENS, "network", from_chain) if one.address]
        listed = ", ".join(f"{one.symbol} at {one.address}" for one in known)
        message = f"the bridge knows no token {token_address!r} on {from_chain}: use one of {listed}"
        raise OperationError("not_found", message, "token_address")
    twin = world.store.get(TOKENS, f"{to_chain}:{token.symbol}")
    assert twin is not None  # tokens that have an address exist on every network of the family
    return token, twin
