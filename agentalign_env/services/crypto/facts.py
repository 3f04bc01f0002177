"""What every world has on its networks: tokens and pools, contracts and programs, and the owner's first wallets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agentalign_env.services.crypto.networks import EVM_NETWORKS, NETWORKS, Network, derive_address
from agentalign_env.services.crypto.records import WalletType

__all__ = [
    "CONTRACT_FACTS", "FIRST_WALLETS", "POOL_PAIRS", "TOKEN_FACTS", "ContractFacts", "TokenFacts", "contract_address",
    "pool_id", "token_address",
]  # fmt: skip


class TokenFacts(NamedTuple):
    """A token: its name, decimals, what one is worth in cents of a euro, and where it exists.

    Where the real coin has 18 decimals this one has nine, so that every balance fits into 64 bits.
    """

    name: str
    decimals: int
    cents: int
    networks: tuple[Network, ...]


class ContractFacts(NamedTuple):
    """A contract or program that everybody can call."""

    name: str
    kind: str
    network: Network


TOKEN_FACTS: Mapping[str, TokenFacts] = {
    "EXUSD": TokenFacts("Example Dollar", 6, 92, EVM_NETWORKS),
    "EXEUR": TokenFacts("Example Euro", 6, 100, EVM_NETWORKS),
    "FERN": TokenFacts("Fern", 6, 240, EVM_NETWORKS),
    "TIDE": TokenFacts("Tide", 6, 35, EVM_NETWORKS),
    "ETH": TokenFacts("Ether", 9, 250_000, ("ethereum",)),
    "BNB": TokenFacts("BNB", 9, 50_000, ("bsc",)),
    "POL": TokenFacts("Polygon", 9, 40, ("polygon",)),
    "SOL": TokenFacts("Solana", 9, 13_000, ("solana",)),
    "XMR": TokenFacts("Monero", 12, 15_000, ("monero",)),
    "BTC": TokenFacts("Bitcoin", 8, 6_000_000, ("bitcoin",)),
}

POOL_PAIRS: tuple[tuple[str, str, int], ...] = (
    ("", "EXUSD", 30),
    ("", "EXEUR", 30),
    ("", "FERN", 30),
    ("", "TIDE", 30),
    ("EXUSD", "EXEUR", 5),
)
"""Two tokens (empty: the native coin) and the fee in hundredths of a percent, alike on each network of the EVM."""

CONTRACT_FACTS: tuple[ContractFacts, ...] = (
    ContractFacts("Lighthouse Check-in", "check-in program", "solana"),
    ContractFacts("Coin Transfer", "transfer program", "solana"),
    ContractFacts("Meadow Staking", "staking program", "solana"),
    ContractFacts("Harbour Names", "registry", "ethereum"),
    ContractFacts("Lantern Vault", "vault", "ethereum"),
    ContractFacts("Willow Names", "registry", "ethereum"),
    ContractFacts("Granary Vault", "vault", "ethereum"),
    ContractFacts("Brook Names", "registry", "polygon"),
    ContractFacts("Cellar Vault", "vault", "bsc"),
)

FIRST_WALLETS: tuple[tuple[str, WalletType], ...] = (("Everyday", "hot"), ("Savings", "cold"), ("Travel", "hot"))


def token_address(seed: int, network: Network, symbol: str) -> str:
    """The address of a token's contract; empty for the native coin."""
    facts = NETWORKS[network]
    return "" if symbol == facts.native else derive_address(facts.family, "token", seed, network, symbol)


def contract_address(seed: int, facts: ContractFacts) -> str:
    """The address of a contract."""
    return derive_address(NETWORKS[facts.network].family, "contract", seed, facts.name)


def pool_id(seed: int, network: Network, token_a: str, token_b: str) -> str:
    """The address of a pool."""
    return derive_address("evm", "pool", seed, network, token_a, token_b)
