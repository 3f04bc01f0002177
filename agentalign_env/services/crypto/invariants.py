"""What always holds: nothing is made or lost on any network, and the ledger agrees with itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from agentalign_env.core.table import Row
from agentalign_env.core.world import World
from agentalign_env.services.crypto.bitcoin import satoshis
from agentalign_env.services.crypto.ledger import held, wallet_address
from agentalign_env.services.crypto.networks import FAMILIES, FEES, NETWORKS
from agentalign_env.services.crypto.records import (
    ADDRESSES,
    CONTRACT_ENTRIES,
    CONTRACTS,
    HOLDINGS,
    POOLS,
    TRANSACTIONS,
    WALLETS,
    Holding,
)

__all__ = ["INVARIANTS"]


def _totals(rows: Iterable[Row]) -> Counter[tuple[str, str]]:
    totals: Counter[tuple[str, str]] = Counter()
    at = (Holding._fields.index("network"), Holding._fields.index("asset"), Holding._fields.index("units"))
    for row in rows:
        totals[row[at[0]], row[at[1]]] += row[at[2]]
    return totals


def _every_asset_is_conserved(world: World) -> Iterable[str]:
    rows = list(world.store.rows(HOLDINGS))
    began = list(world.store.beginning(HOLDINGS))
    before, now = _totals(began), _totals(rows)
    for network, asset in before.keys() | now.keys():
        if before[network, asset] != now[network, asset]:
            yield f"there were {before[network, asset]} units of {asset} on {network}, now {now[network, asset]}"


def _nobody_holds_less_than_nothing(world: World) -> Iterable[str]:
    for row in world.store.rows(HOLDINGS):
        if row.units < 0:
            yield f"{row.address} holds {row.units} units of {row.asset} on {row.network}"


def _an_address_has_one_holding_of_an_asset(world: World) -> Iterable[str]:
    counts = Counter((row.network, row.address, row.asset) for row in world.store.rows(HOLDINGS))
    for key, count in counts.items():
        if count > 1:
            yield f"{count} holdings of {' '.join(key)}"


def _coins_add_up_to_what_is_held(world: World) -> Iterable[str]:
    names: Counter[str] = Counter()
    for row in world.store.rows(HOLDINGS):
        if row.network != "bitcoin":
            if row.coins:
                yield f"{row.address} has coins on {row.network}, which keeps balances"
        elif row.address != FEES:
            if sum(map(satoshis, row.coins)) != row.units:
                yield f"{row.address} holds {row.units} satoshis, its coins {sum(map(satoshis, row.coins))}"
            names.update(coin.rpartition(":")[0] for coin in row.coins)
    for name, count in names.items():
        if count > 1:
            yield f"the coin {name} lies at {count} places"


def _a_pool_never_runs_dry(world: World) -> Iterable[str]:
    for pool in world.store.rows(POOLS):
        for token in (pool.token_a, pool.token_b):
            if held(world, pool.network, pool.id, token) <= 0:
                yield f"pool {pool.id} has no {token}"


def _deposits_are_covered(world: World) -> Iterable[str]:
    deposits: Counter[str] = Counter()
    for entry in world.store.rows(CONTRACT_ENTRIES):
        if entry.slot.startswith("deposit:"):
            deposits[entry.contract] += int(entry.value)
    for address, units in deposits.items():
        contract = world.store.get(CONTRACTS, address)
        have = held(world, contract.network, address, NETWORKS[contract.network].native) if contract else 0
        if have < units:
            yield f"contract {address} holds {have} units, its depositors {units}"


def _a_wallet_has_the_signatures_of_its_type(world: World) -> Iterable[str]:
    for wallet in world.store.rows(WALLETS):
        if (wallet.required_signatures > 1) != (wallet.wallet_type == "multi_sig"):
            yield f"wallet {wallet.id} is {wallet.wallet_type} and needs {wallet.required_signatures} signatures"


def _wallets_and_their_addresses_agree(world: World) -> Iterable[str]:
    expected = {
        wallet_address(wallet, family): (family, wallet.id)
        for wallet in world.store.rows(WALLETS)
        for family in FAMILIES
    }
    found = {row.id: (row.family, row.wallet) for row in world.store.rows(ADDRESSES)}
    for address in expected.keys() ^ found.keys():
        yield f"the address {address} is of a wallet or listed, not both"
    for address in expected.keys() & found.keys():
        if expected[address] != found[address]:
            yield f"the address {address} is listed for {found[address]}, it is of {expected[address]}"


def _every_transaction_is_the_owners(world: World) -> Iterable[str]:
    own = {row.id for row in world.store.rows(ADDRESSES)}
    for row in world.store.rows(TRANSACTIONS):
        if row.kind not in ("payout", "bridge_in") and own.isdisjoint((*row.senders, *row.recipients)):
            yield f"transaction {row.id} is between strangers"


INVARIANTS = (
    _every_asset_is_conserved,
    _nobody_holds_less_than_nothing,
    _an_address_has_one_holding_of_an_asset,
    _coins_add_up_to_what_is_held,
    _a_pool_never_runs_dry,
    _deposits_are_covered,
    _a_wallet_has_the_signatures_of_its_type,
    _wallets_and_their_addresses_agree,
    _every_transaction_is_the_owners,
)
