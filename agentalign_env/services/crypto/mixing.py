"""Pooling for privacy: coins go into a pool with those of others, and others' coins come out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import Semantic
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.crypto.amounts import spell, to_text, to_units
from agentalign_env.services.crypto.bitcoin import Choice, choose_coins, satoshis, settle
from agentalign_env.services.crypto.ledger import (
    canonical,
    draft,
    gas_fee,
    held,
    move,
    native,
    new_hash,
    pay_fee,
    record,
    spendable,
)
from agentalign_env.services.crypto.networks import NETWORKS, Network, derive_address, family_of
from agentalign_env.services.crypto.records import (
    ADDRESSES,
    HOLDINGS,
    SAVED_ADDRESSES,
    TOKENS,
    TRANSACTIONS,
    WALLETS,
    CoinAmount,
)
from agentalign_env.services.crypto.results import PoolingResult
from agentalign_env.services.crypto.views import status_of

__all__ = ["POOLED_NETWORKS", "mix_tokens", "pool_address"]

POOLED_NETWORKS: tuple[Network, ...] = ("bitcoin", "ethereum")
_FEE_BPS = 100
_WORK = 120_000
_RATE = Decimal(12)
_LEAST = 10_000  # smallest units that an output is worth

_Inputs = Annotated[
    list[Annotated[str, Semantic("OwnBitcoinAddress"), Field(min_length=26, max_length=95)]],
    Field(min_length=1, max_length=20),
]
_Outputs = Annotated[
    list[Annotated[str, Semantic("BitcoinAddress"), Field(min_length=26, max_length=95)]],
    Field(min_length=1, max_length=20),
]


class DelayRange(TypedDict, total=False):
    """How many minutes the pool may wait before it pays out."""

    min: Annotated[int, Field(ge=0, le=10_080)]
    max: Annotated[int, Field(ge=0, le=10_080)]


class _Share(TypedDict):
    """What one input gives: units for the pool, and the network's fee on top."""

    address: str
    units: int
    fee: int
    chosen: Choice | None


def pool_address(seed: int, network: Network) -> str:
    """Where the pool of a network keeps its coins."""
    return derive_address(NETWORKS[network].family, "privacy-pool", seed, network)


@operation(
    "Cryptography.mix_tokens",
    reads=(ADDRESSES, HOLDINGS, SAVED_ADDRESSES, TOKENS, WALLETS),
    writes=(HOLDINGS, TRANSACTIONS),
    identifies="transaction_hash",
)
def mix_tokens(
    world: World,
    *,
    input_addresses: _Inputs,
    output_addresses: _Outputs,
    amount: CoinAmount | None = None,
    delay_range: DelayRange | None = None,
) -> PoolingResult:
    """Pools the native coin of the owner's addresses with that of others and pays it out, less one percent.

    Without an amount, all that the input addresses hold is pooled. The outputs get equal parts after the delay.
    """
    network, sources, targets = _addresses(world, input_addresses, output_addresses)
    delay_s = _delay_s(delay_range)
    coin = native(world, network)
    wanted = None if amount is None else to_units(amount, coin.symbol, coin.decimals, "amount")
    shares = _shares(world, network, sources, wanted)
    units, fees = sum(share["units"] for share in shares), sum(share["fee"] for share in shares)
    pool_fee = units * _FEE_BPS // 10_000
    parts = _split(units - pool_fee, len(targets))
    if parts[0] < _LEAST:
        least = spell(_LEAST * len(targets), coin.symbol, coin.decimals)
        message = (
            f"expected at least {least} for {len(targets)} outputs, got {spell(units, coin.symbol, coin.decimals)}"
        )
        raise OperationError("invalid_argument", message, "amount")
    pool = pool_address(world.base.key.seed, network)
    entry, payout = new_hash(world, network), new_hash(world, network)
    number = 0
    for share in shares:
        if share["chosen"] is None:
            move(world, network, share["address"], pool, coin.symbol, share["units"])
            pay_fee(world, network, share["address"], share["fee"])
        else:
            number = settle(world, entry, share["address"], share["chosen"], [(pool, share["units"])], number)
    payout_fee = _pay_out(world, network, payout, pool, list(zip(targets, parts, strict=True)))
    text = to_text(units, coin.decimals)
    total = to_text(units - pool_fee, coin.decimals)
    paid_in = record(world, draft(entry, network, "pooling", sources, [pool], coin.symbol, text, fees))
    drafted = draft(payout, network, "payout", [pool], targets, coin.symbol, total, payout_fee)
    record(world, drafted._replace(options=(f"delay_s={delay_s}",)), delay_s=delay_s)
    return {
        "transaction_hash": entry,
        "payout_transaction_hash": payout,
        "status": status_of(world, paid_in),
        "network": network,
        "asset": coin.symbol,
        "amount": text,
        "pool_fee": to_text(pool_fee, coin.decimals),
        "network_fee": to_text(fees, coin.decimals),
        "outputs": [
            {"address": address, "amount": to_text(part, coin.decimals)}
            for address, part in zip(targets, parts, strict=True)
        ],
        "payout_at": iso(world.now_s + delay_s),
    }


def _addresses(world: World, inputs: Sequence[str], outputs: Sequence[str]) -> tuple[Network, list[str], list[str]]:
    """The network that the addresses are of, and both lists without repeats, in order."""
    names = {NETWORKS[network].family: network for network in POOLED_NETWORKS}
    family = family_of(canonical(inputs[0]), "input_addresses")
    network = names.get(family)
    if network is None:
        titles = " and ".join(NETWORKS[one].title for one in POOLED_NETWORKS)
        message = f"there are pools for {titles}, {inputs[0]} is of neither: give addresses of one of them"
        raise OperationError("invalid_argument", message, "input_addresses")
    lists = []
    for field, given in (("input_addresses", inputs), ("output_addresses", outputs)):
        addresses = sorted({canonical(address) for address in given})
        for address in addresses:
            if family_of(address, field) != family:
                message = f"{address} is not of {NETWORKS[network].title}, the first input is: use one network for all"
                raise OperationError("invalid_argument", message, field)
        lists.append(addresses)
    sources, targets = lists
    for address in sources:
        spendable(world, family, address, "input_addresses")
    both = [address for address in targets if address in sources]
    if both:
        message = f"{both[0]} is both input and output: pay out to other addresses"
        raise OperationError("invalid_argument", message, "output_addresses")
    return network, sources, targets


def _delay_s(delay: DelayRange | None) -> int:
    """The longest wait that is allowed: the more coins pass by, the better."""
    if not delay:
        return 0
    least = delay.get("min", 0)
    most = delay.get("max", least)
    if most < least:
        message = f"expected min to be at most max, got {least} to {most} minutes: swap them"
        raise OperationError("invalid_argument", message, "delay_range")
    return most * 60


def _shares(world: World, network: Network, sources: Sequence[str], wanted: int | None) -> list[_Share]:
    """What each input gives: all that it holds, or, one after the other, until the amount is reached."""
    coin = native(world, network)
    shares: list[_Share] = []
    left = wanted
    for number, address in enumerate(sources):
        have, chosen = held(world, network, address, coin.symbol), None
        part = None if left is None else left if number == len(sources) - 1 else min(left, have * 9 // 10)
        if part == 0:
            continue
        if network == "bitcoin":
            chosen = choose_coins(world, address, part, 1, _RATE, "economic", "input_addresses")
            units = sum(map(satoshis, chosen.taken)) - chosen.change - chosen.fee
            fee = chosen.fee
        else:
            fee = gas_fee(network, _WORK)
            units = have - fee if part is None else part
            if units <= 0 or units + fee > have:
                need = spell(max(units, 1) + fee, coin.symbol, coin.decimals)
                holds = spell(have, coin.symbol, coin.decimals)
                message = f"{address} holds {holds}, this needs {need} with the fee: pool less"
                raise OperationError("insufficient_funds", message, "input_addresses")
        shares.append({"address": address, "units": units, "fee": fee, "chosen": chosen})
        left = None if left is None else left - units
    return shares


def _split(units: int, parts: int) -> list[int]:
    """Equal parts; the last takes what is left over."""
    share = units // parts
    return [*[share] * (parts - 1), units - share * (parts - 1)]


def _pay_out(world: World, network: Network, payout: str, pool: str, payments: Sequence[tuple[str, int]]) -> int:
    """Pays the outputs from the pool, which bears the fee; the fee."""
    if network == "bitcoin":
        chosen = choose_coins(
            world, pool, sum(units for _, units in payments), len(payments), _RATE, "age_based", "amount"
        )
        settle(world, payout, pool, chosen, payments)
        return chosen.fee
    coin = NETWORKS[network].native
    for address, units in payments:
        move(world, network, pool, address, coin, units)
    fee = gas_fee(network, _WORK)
    pay_fee(world, network, pool, fee)
    return fee
