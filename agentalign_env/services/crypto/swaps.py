"""Swapping tokens, asking beforehand what a swap would give, and which tokens there are."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.crypto.amounts import to_text, to_units
from agentalign_env.services.crypto.ledger import (
    default_wallet,
    draft,
    gas_fee,
    held,
    new_hash,
    pay_fee,
    record,
    require,
    spendable,
    token_named,
    wallet_address,
)
from agentalign_env.services.crypto.networks import NETWORKS, EvmNetwork, Network
from agentalign_env.services.crypto.pools import Preference, best_route, execute, impact_percent, price_text
from agentalign_env.services.crypto.records import (
    ADDRESSES,
    HOLDINGS,
    POOLS,
    SAVED_ADDRESSES,
    TOKENS,
    TRANSACTIONS,
    WALLETS,
    CoinAmount,
    OwnEvmAddress,
    TokenSymbol,
)
from agentalign_env.services.crypto.results import SwapQuote, TokenPage, TokenView, TransactionView
from agentalign_env.services.crypto.views import transaction_view

__all__ = ["list_tokens", "quote_swap", "swap_bnb", "swap_tokens"]

_WORK = 150_000  # gas for each pool on the way

Slippage = Annotated[float, Field(ge=0, le=50)]
_READS = (HOLDINGS, POOLS, SAVED_ADDRESSES, TOKENS, WALLETS)


@operation(
    "Cryptography.swap_tokens",
    reads=(ADDRESSES, *_READS),
    writes=(HOLDINGS, TRANSACTIONS),
    identifies="transaction_hash",
)
def swap_tokens(
    world: World,
    *,
    from_token: TokenSymbol,
    to_token: TokenSymbol,
    amount: CoinAmount,
    wallet_address: OwnEvmAddress,
    slippage: Slippage = 1.0,
    network: EvmNetwork = "ethereum",
) -> TransactionView:
    """Swaps tokens of one of the owner's wallets in the pools of a network."""
    address = spendable(world, "evm", wallet_address, "wallet_address")
    return _swap(world, network, address, from_token, to_token, amount, slippage, "balanced")


@operation("Cryptography.swap_bnb", reads=_READS, writes=(HOLDINGS, TRANSACTIONS), identifies="transaction_hash")
def swap_bnb(
    world: World,
    *,
    from_token: TokenSymbol,
    to_token: TokenSymbol,
    amount: CoinAmount,
    slippage: Slippage = 1.0,
    route_preference: Preference = "balanced",
) -> TransactionView:
    """Swaps tokens of the owner's default wallet on BNB Smart Chain."""
    address = wallet_address(default_wallet(world), "evm")
    return _swap(world, "bsc", address, from_token, to_token, amount, slippage, route_preference)


@operation("Cryptography.quote_swap", reads=(HOLDINGS, POOLS, TOKENS), identifies="question")
def quote_swap(
    world: World,
    *,
    from_token: TokenSymbol,
    to_token: TokenSymbol,
    amount: CoinAmount,
    network: EvmNetwork = "ethereum",
) -> SwapQuote:
    """Says what a swap would give at this moment; nothing is swapped."""
    source = token_named(world, network, from_token, "from_token")
    target = token_named(world, network, to_token, "to_token")
    units = to_units(amount, source.symbol, source.decimals, "amount")
    route = best_route(world, network, source, target, units, "balanced")
    text = to_text(units, source.decimals)
    return {
        "question": f"{text} {source.symbol} to {target.symbol} on {NETWORKS[network].title}",
        "network": network,
        "from_token": source.symbol,
        "to_token": target.symbol,
        "amount": text,
        "amount_out": to_text(route.units_out, target.decimals),
        "price": price_text(units, source, route.units_out, target),
        "price_impact_percent": f"{impact_percent(route):.4f}",
        "route": list(route.symbols),
    }


@operation("Cryptography.list_tokens", reads=(HOLDINGS, TOKENS, WALLETS), identifies="tokens[].symbol")
def list_tokens(
    world: World,
    *,
    network: Network | None = None,
    query: Annotated[str, Field(max_length=100)] = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 20,
    offset: Annotated[int, Field(ge=0, le=10_000)] = 0,
) -> TokenPage:
    """Lists tokens that hold every word of the query in symbol or name, with the default wallet's balance."""
    among = {"network": network} if network else None
    page = world.store.search(TOKENS, query, limit=limit, offset=offset, among=among)
    wallet = default_wallet(world)
    tokens = []
    for token in page.rows:
        own = wallet_address(wallet, NETWORKS[token.network].family)
        shown: TokenView = {
            "network": token.network,
            "symbol": token.symbol,
            "name": token.name,
            "decimals": token.decimals,
            "balance": to_text(held(world, token.network, own, token.symbol), token.decimals),
        }
        if token.address:
            shown["token_address"] = token.address
        tokens.append(shown)
    return {"tokens": tokens, "more": page.more}


def _swap(
    world: World,
    network: EvmNetwork,
    address: str,
    from_token: str,
    to_token: str,
    amount: str,
    slippage: float,
    prefer: Preference,
) -> TransactionView:
    source = token_named(world, network, from_token, "from_token")
    target = token_named(world, network, to_token, "to_token")
    units = to_units(amount, source.symbol, source.decimals, "amount")
    route = best_route(world, network, source, target, units, prefer)
    if impact_percent(route) > Decimal(str(slippage)):
        quoted = price_text(units, source, route.units_out, target)
        least = int(route.ideal_out * (100 - Decimal(str(slippage))) / 100)
        tolerated = price_text(units, source, least, target)
        message = f"the pools quote {quoted}; with {slippage} % slippage at least {tolerated} is tolerated"
        raise OperationError("invalid_state", f"{message}: swap less, or tolerate more", "slippage")
    fee = gas_fee(network, _WORK * len(route.pools))
    needs = {source.symbol: units}
    coin = NETWORKS[network].native
    needs[coin] = needs.get(coin, 0) + fee
    require(world, network, address, needs, "amount")
    transaction_id = new_hash(world, network)
    pay_fee(world, network, address, fee)
    execute(world, network, address, route, units)
    drafted = draft(
        transaction_id, network, "swap", [address], [address], source.symbol, to_text(units, source.decimals), fee
    )
    done = drafted._replace(
        asset_out=target.symbol,
        amount_out=to_text(route.units_out, target.decimals),
        options=(f"slippage={slippage}", f"route={' > '.join(route.symbols)}"),
    )
    return transaction_view(world, record(world, done))
