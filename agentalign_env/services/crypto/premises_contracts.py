"""Which contracts, programs and tokens can be put on the networks before an episode."""

from __future__ import annotations

from agentalign_env.core.clock import DAY_S
from agentalign_env.core.premises import Hints, checked, choice_hint, number_hint, premise_rng, refuse_known, text_hint
from agentalign_env.core.rng import Random, derive_seed
from agentalign_env.core.world import World
from agentalign_env.errors import PremiseError
from agentalign_env.services.crypto.bridge import bridge_address
from agentalign_env.services.crypto.facts import TOKEN_FACTS
from agentalign_env.services.crypto.functions import INTERFACES
from agentalign_env.services.crypto.ledger import add, canonical, default_wallet
from agentalign_env.services.crypto.networks import EVM_NETWORKS, NETWORKS, Network, derive_address, family_of
from agentalign_env.services.crypto.records import (
    CONTRACTS,
    POOLS,
    TOKENS,
    Contract,
    ContractAddress,
    FunctionName,
    Pool,
    Token,
    TokenAddress,
    TokenSymbol,
)

__all__ = ["lay_contract", "lay_token", "lay_token_at"]

_NAMES = ("Juniper", "Harbour", "Lantern", "Meadow", "Quayside", "Silverbirch", "Tamarind", "Waypoint")
_NOUNS = {
    "registry": "Names", "vault": "Vault", "check-in program": "Check-in", "transfer program": "Transfer",
    "staking program": "Staking",
}  # fmt: skip
_CENTS = {"USDT": 92, "USDC": 92, "DAI": 92, "BUSD": 92, "WBTC": 6_000_000, "WETH": 250_000, "CAKE": 220, "LINK": 1_400}
"""What one of a well-known token is worth, in cents of a euro; of any other it is drawn."""
_DECIMALS, _FEE_BPS = 6, 30
_OWN_CENTS, _POOL_CENTS, _RESERVE_CENTS = 80_000, 200_000_000, 60_000_000


def lay_contract(world: World, value: str, hints: Hints) -> None:
    """A contract or (on Solana) a program at this address.

    Hints: ``network``; ``function`` that it has, which says what kind it is; or ``contract_kind`` itself; ``name``.
    """
    address = canonical(checked("ContractAddress", ContractAddress, value))
    refuse_known(world, CONTRACTS, address, "ContractAddress")
    family = family_of(address, "contract_address")
    fitting = [name for name, facts in NETWORKS.items() if facts.family == family and family in ("evm", "solana")]
    if not fitting:
        raise PremiseError(f"{address!r} is no address of a contract: give one of Ethereum's family or of Solana")
    network = choice_hint(hints, "network", fitting, fitting[0])
    rng = premise_rng(world, "ContractAddress", address)
    kind = _kind(network, hints, rng)
    name = text_hint(hints, "name", f"{rng.choice(_NAMES)} {_NOUNS[kind]}")
    _put_contract(world, address, network, kind, name, (), rng)


def lay_token(world: World, value: str, hints: Hints) -> None:
    """A token of this symbol on the networks of Ethereum's family, with pools and a bridge, and some of it the owner's.

    Hints: ``name``, ``cents``: what one is worth in cents of a euro.
    """
    symbol = str(checked("TokenSymbol", TokenSymbol, value)).upper()
    _put_token(world, symbol, {}, hints, premise_rng(world, "TokenSymbol", symbol))


def lay_token_at(world: World, value: str, hints: Hints) -> None:
    """A token whose contract has this address. Hints: ``network`` of the address, ``symbol``, and as for a symbol."""
    address = canonical(checked("TokenAddress", TokenAddress, value))
    if family_of(address, "token_address") != "evm" or world.store.where(TOKENS, "address", address):
        raise PremiseError(f"{address!r} is a token's already, or no address of Ethereum's family: name another one")
    rng = premise_rng(world, "TokenAddress", address)
    drawn = f"{rng.choice(_NAMES)[:4].upper()}{address[-2:].upper()}"
    symbol = str(checked("hint symbol", TokenSymbol, text_hint(hints, "symbol", drawn))).upper()
    network = choice_hint(hints, "network", EVM_NETWORKS, "ethereum")
    _put_token(world, symbol, {network: address}, hints, rng)


def _kind(network: Network, hints: Hints, rng: Random) -> str:
    """A kind of contract for the network that has the function, if one is named."""
    programs = NETWORKS[network].family == "solana"
    kinds = [kind for kind in _NOUNS if kind.endswith("program") is programs]
    function = text_hint(hints, "function", "", FunctionName)
    fitting = [kind for kind in kinds if not function or function in INTERFACES[kind]]
    if not fitting:
        known = ", ".join(name for kind in kinds for name in INTERFACES[kind])
        raise PremiseError(f"no contract on {NETWORKS[network].title} has a function {function!r}: use one of {known}")
    return choice_hint(hints, "contract_kind", fitting, fitting[0] if function else rng.choice(fitting))


def _put_token(world: World, symbol: str, addresses: dict[Network, str], hints: Hints, rng: Random) -> None:
    seed, name = world.base.key.seed, text_hint(hints, "name", f"{symbol.capitalize()} Token")
    cents = int(number_hint(hints, "cents", _CENTS.get(symbol, rng.randrange(20, 500)), most=10**9))
    for network in EVM_NETWORKS:
        refuse_known(world, TOKENS, f"{network}:{symbol}", "TokenSymbol")
        address = addresses.get(network) or derive_address("evm", "token", seed, network, symbol)
        world.store.put(TOKENS, Token(f"{network}:{symbol}", network, symbol, name, _DECIMALS, address))
        _put_contract(world, address, network, "token", name, (name, symbol, str(_DECIMALS)), rng)
        coin = NETWORKS[network].native
        pool = Pool(derive_address("evm", "pool", seed, network, coin, symbol), network, coin, symbol, _FEE_BPS)
        world.store.put(POOLS, pool)
        facts = TOKEN_FACTS[coin]
        add(world, network, pool.id, coin, _POOL_CENTS * 10**facts.decimals // facts.cents)
        add(world, network, pool.id, symbol, _units(_POOL_CENTS, cents))
        add(world, network, bridge_address(seed, network), symbol, _units(_RESERVE_CENTS, cents))
        add(world, network, default_wallet(world).evm, symbol, _units(_OWN_CENTS, cents))


def _put_contract(
    world: World, address: str, network: Network, kind: str, name: str, arguments: tuple[str, ...], rng: Random
) -> None:
    family, seed = NETWORKS[network].family, world.base.key.seed
    code = f"0x6080604052{derive_seed('bytecode', seed, address):016x}5b600080fd"
    created_s = world.now_s - rng.randrange(60, 900) * DAY_S
    contract = Contract(
        address, network, kind, name, tuple(INTERFACES[kind]), derive_address(family, "creator", seed, address), code,
        arguments, created_s,
    )  # fmt: skip
    world.store.put(CONTRACTS, contract)


def _units(worth_cents: int, cents: int) -> int:
    units: int = worth_cents * 10**_DECIMALS // max(cents, 1)
    return units
