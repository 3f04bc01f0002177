"""Liquidity pools: two reserves whose product never falls, routes over them, and what a swap would give."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, NamedTuple

from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.crypto.amounts import to_text
from agentalign_env.services.crypto.ledger import held, move
from agentalign_env.services.crypto.networks import NETWORKS, Network
from agentalign_env.services.crypto.records import POOLS, Pool, Token

__all__ = ["Preference", "Route", "best_route", "execute", "impact_percent", "price_text"]

Preference = Literal["lowest_gas", "highest_return", "balanced"]

_WHOLE_BPS = 10_000
_HOP_COST_BPS = 10  # what a second pool has to gain to be worth its gas


class Route(NamedTuple):
    """A way from one token to another.

    Attributes:
        pools: Each with the token that goes in and the one that comes out.
        units_out: What comes out.
        ideal_out: What would come out if the amount did not move the price; the pools' fees are taken off.
    """

    pools: tuple[tuple[Pool, str, str], ...]
    units_out: int
    ideal_out: int

    @property
    def symbols(self) -> tuple[str, ...]:
        """The tokens along the way."""
        return (self.pools[0][1], *(hop[2] for hop in self.pools))


def best_route(world: World, network: Network, source: Token, target: Token, units: int, prefer: Preference) -> Route:
    """The route that the preference asks for.

    Raises:
        OperationError: There is none, or the amount is too small to give anything.
    """
    if source.symbol == target.symbol:
        message = f"both tokens are {source.symbol}: give two different ones"
        raise OperationError("invalid_argument", message, "to_token")
    routes = [_priced(world, network, hops, units) for hops in _paths(world, network, source.symbol, target.symbol)]
    if not routes:
        message = f"no pool on {NETWORKS[network].title} leads from {source.symbol} to {target.symbol}"
        raise OperationError("invalid_state", f"{message}: choose other tokens", "to_token")
    shortest = min(len(route.pools) for route in routes)
    if prefer == "lowest_gas":
        routes = [route for route in routes if len(route.pools) == shortest]
    cost = _HOP_COST_BPS if prefer == "balanced" else 0
    best = max(routes, key=lambda route: route.units_out * (_WHOLE_BPS - cost * (len(route.pools) - 1)))
    if not best.units_out:
        message = f"{to_text(units, source.decimals)} {source.symbol} is too little to give any {target.symbol}"
        raise OperationError("invalid_argument", f"{message}: swap more", "amount")
    return best


def execute(world: World, network: Network, address: str, route: Route, units: int) -> None:
    """Swaps along a route for an address that holds enough."""
    for pool, source, target in route.pools:
        out, _ = _through(world, network, pool, source, target, units, units)
        move(world, network, address, pool.id, source, units)
        move(world, network, pool.id, address, target, out)
        units = out


def impact_percent(route: Route) -> Decimal:
    """By how much the amount worsens its own price, in percent."""
    return 100 - Decimal(100 * route.units_out) / Decimal(max(route.ideal_out, 1))


def price_text(units_in: int, source: Token, units_out: int, target: Token) -> str:
    """What one unit of the source is worth, such as ``1 ETH = 2710.25 EXUSD``."""
    price = Decimal(units_out).scaleb(-target.decimals) / Decimal(units_in).scaleb(-source.decimals)
    return f"1 {source.symbol} = {price:.8g} {target.symbol}"


def _paths(world: World, network: Network, source: str, target: str) -> Iterator[tuple[tuple[Pool, str, str], ...]]:
    """The pools between two tokens: one, or two with a token between."""
    pools = world.store.where(POOLS, "network", network)
    for pool in pools:
        middle = _other(pool, source)
        if middle == target:
            yield ((pool, source, target),)
        elif middle:
            for second in pools:
                if second.id != pool.id and _other(second, middle) == target:
                    yield ((pool, source, middle), (second, middle, target))


def _other(pool: Pool, symbol: str) -> str:
    """The pool's other token, or an empty text when it does not have this one."""
    return {pool.token_a: pool.token_b, pool.token_b: pool.token_a}.get(symbol, "")


def _priced(world: World, network: Network, hops: tuple[tuple[Pool, str, str], ...], units: int) -> Route:
    out = ideal = units
    for pool, source, target in hops:
        out, ideal = _through(world, network, pool, source, target, out, ideal)
    return Route(hops, out, ideal)


def _through(
    world: World, network: Network, pool: Pool, source: str, target: str, units: int, ideal: int
) -> tuple[int, int]:
    """What comes out of a pool: x * y = k with the fee taken from what goes in, and at the price before the swap."""
    reserve_in, reserve_out = held(world, network, pool.id, source), held(world, network, pool.id, target)
    net, net_ideal = units * (_WHOLE_BPS - pool.fee_bps), ideal * (_WHOLE_BPS - pool.fee_bps)
    return net * reserve_out // (reserve_in * _WHOLE_BPS + net), net_ideal * reserve_out // (reserve_in * _WHOLE_BPS)
