"""Who holds what when a world begins: the owner, the people of the address book, pools, bridge and contracts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agentalign_env.core.rng import Random
from agentalign_env.core.service import SeedContext
from agentalign_env.services.crypto.amounts import to_units
from agentalign_env.services.crypto.bitcoin import satoshis
from agentalign_env.services.crypto.bridge import bridge_address
from agentalign_env.services.crypto.facts import (
    CONTRACT_FACTS,
    FIRST_WALLETS,
    POOL_PAIRS,
    TOKEN_FACTS,
    contract_address,
    pool_id,
)
from agentalign_env.services.crypto.ledger import wallet_address
from agentalign_env.services.crypto.mixing import pool_address
from agentalign_env.services.crypto.networks import EVM_NETWORKS, FEES, NETWORKS, Network
from agentalign_env.services.crypto.records import TRANSACTIONS, Holding, Transaction
from agentalign_env.services.crypto.seed import deposits, saved_entries, wallet_of
from agentalign_env.services.crypto.seed_history import seed_transactions

__all__ = ["seed_holdings"]

# What the owner's wallets hold, about, in whole coins or tokens; bitcoin comes from what was received.
_OWN: tuple[tuple[tuple[Network, str, str], ...], ...] = (
    (
        ("ethereum", "ETH", "0.4"), ("ethereum", "EXUSD", "520"), ("ethereum", "EXEUR", "300"),
        ("ethereum", "FERN", "160"), ("ethereum", "TIDE", "420"), ("bsc", "BNB", "0.8"), ("bsc", "EXUSD", "300"),
        ("bsc", "EXEUR", "220"),
        ("bsc", "FERN", "130"), ("bsc", "TIDE", "260"), ("polygon", "POL", "300"), ("polygon", "EXUSD", "240"),
        ("polygon", "EXEUR", "160"), ("polygon", "FERN", "130"), ("polygon", "TIDE", "240"), ("solana", "SOL", "3.5"),
        ("monero", "XMR", "4.5"),
    ),
    (("ethereum", "ETH", "0.6"),),
    (("ethereum", "ETH", "0.08"), ("ethereum", "EXUSD", "210"), ("ethereum", "EXEUR", "180"), ("solana", "SOL", "0.9")),
)  # fmt: skip

_COINS_KEPT = 6  # of what a wallet received, the newest are unspent
_POOL_CENTS = 200_000_000
_RESERVE_CENTS = 60_000_000
_BITCOIN_POOL_COINS = 40

_Draft = tuple[Network, str, str, int, tuple[str, ...]]


def seed_holdings(context: SeedContext) -> Iterator[Holding]:
    """One holding for each address, network and asset, the owner's first."""
    drafts = [*_of_owner(context), *_of_others(context), *_of_contracts(context)]
    for number, (network, address, asset, units, coins) in enumerate(drafts):
        yield Holding(context.new_id(number), network, address, asset, units, coins)


def _of_owner(context: SeedContext) -> Iterator[_Draft]:
    rng, history = context.rng("owner"), _history(context)
    for number, assets in zip(range(len(FIRST_WALLETS)), _OWN, strict=True):
        wallet = wallet_of(context, number)
        received = [row for row in history if row.network == "bitcoin" and wallet.bitcoin in row.recipients]
        coins = tuple(_coin(row) for row in received[-_COINS_KEPT:])
        yield "bitcoin", wallet.bitcoin, "BTC", sum(map(satoshis, coins)), coins
        for network, asset, about in assets:
            address = wallet_address(wallet, NETWORKS[network].family)
            units = to_units(about, asset, TOKEN_FACTS[asset].decimals, "")
            yield network, address, asset, units * rng.randrange(85, 131) // 100, ()


def _of_others(context: SeedContext) -> Iterator[_Draft]:
    """A native balance for each address of the book, and what came from the owner."""
    rng = context.rng("others")
    owners = {address for number in range(len(FIRST_WALLETS)) for address in wallet_of(context, number)[6:10]}
    sent: dict[str, list[Transaction]] = {}
    for row in _history(context):
        if row.kind == "transfer" and row.recipients[0] not in owners:
            sent.setdefault(row.recipients[0], []).append(row)
    networks: tuple[Network, ...] = ("bitcoin", "ethereum", "solana", "monero")
    for entry in saved_entries(context):
        for network in networks:
            address: str = getattr(entry, NETWORKS[network].family)
            if not address:
                continue
            asset = NETWORKS[network].native
            got = sent.get(address, [])
            if network == "bitcoin":
                first = f"{rng.getrandbits(256):064x}:{rng.randrange(3)}:{rng.randrange(10, 400) * 10_000}"
                coins = (first, *(_coin(row) for row in got))
                yield network, address, asset, sum(map(satoshis, coins)), coins
                continue
            received = {row.asset: 0 for row in got} | {asset: _worth(asset, rng.randrange(5_000, 200_000))}
            for row in got:
                received[row.asset] += to_units(row.amount, row.asset, TOKEN_FACTS[row.asset].decimals, "")
            for symbol, units in received.items():
                yield network, address, symbol, units, ()


def _of_contracts(context: SeedContext) -> Iterator[_Draft]:
    rng, seed = context.rng("contracts"), context.seed
    for network in EVM_NETWORKS:
        for first, second, _ in POOL_PAIRS:
            token = first or NETWORKS[network].native
            pool = pool_id(seed, network, token, second)
            cents = _POOL_CENTS * rng.randrange(70, 140) // 100
            for symbol in (token, second):
                yield network, pool, symbol, _jitter(_worth(symbol, cents), rng, 995, 1_006), ()
    for chain in EVM_NETWORKS:
        for symbol, facts in TOKEN_FACTS.items():
            if chain in facts.networks and symbol != NETWORKS[chain].native:
                yield chain, bridge_address(seed, chain), symbol, _jitter(_worth(symbol, _RESERVE_CENTS), rng), ()
    coins = tuple(f"{rng.getrandbits(256):064x}:0:{rng.randrange(25, 75) * 10**6}" for _ in range(_BITCOIN_POOL_COINS))
    yield "bitcoin", pool_address(seed, "bitcoin"), "BTC", sum(map(satoshis, coins)), coins
    yield "ethereum", pool_address(seed, "ethereum"), "ETH", _jitter(60 * 10**9, rng), ()
    lying: dict[str, int] = {}
    for contract, _, units in deposits(context):
        lying[contract] = lying.get(contract, 0) + units
    for facts_of in CONTRACT_FACTS:
        address = contract_address(seed, facts_of)
        if address in lying:
            yield facts_of.network, address, NETWORKS[facts_of.network].native, lying[address], ()
    for home, home_facts in NETWORKS.items():
        yield home, FEES, home_facts.native, _jitter(_worth(home_facts.native, 10_000_000), rng), ()


def _history(context: SeedContext) -> list[Transaction]:
    rows = context.sizes.get(TRANSACTIONS.name, 0)
    return list(seed_transactions(replace(context, table=TRANSACTIONS, rows=rows)))


def _coin(row: Transaction) -> str:
    return f"{row.id}:0:{to_units(row.amount, 'BTC', TOKEN_FACTS['BTC'].decimals, '')}"


def _worth(symbol: str, cents: int) -> int:
    facts = TOKEN_FACTS[symbol]
    units: int = cents * 10**facts.decimals // facts.cents
    return units


def _jitter(units: int, rng: Random, low: int = 800, high: int = 1_250) -> int:
    share: int = rng.randrange(low, high)
    return units * share // 1_000
