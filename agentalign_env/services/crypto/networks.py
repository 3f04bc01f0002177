"""The networks: how each is called, counts time in blocks, charges fees, and writes addresses and hashes.

No address can exist outside a world: the marks in the prefixes break the checksum or the length of the real form, or
(where any address is possible) say that it is a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import shake_256
from typing import Literal, NamedTuple

from agentalign_env.core.ids import BASE58, HEX, IdStyle
from agentalign_env.errors import OperationError

__all__ = [
    "EVM_NETWORKS",
    "FAMILIES",
    "FEES",
    "NETWORKS",
    "EvmNetwork",
    "Family",
    "Network",
    "NetworkFacts",
    "Speed",
    "block_at",
    "block_hash",
    "derive_address",
    "family_of",
    "included_s",
]  # fmt: skip

Network = Literal["bitcoin", "ethereum", "bsc", "polygon", "solana", "monero"]
EvmNetwork = Literal["ethereum", "bsc", "polygon"]
Family = Literal["bitcoin", "evm", "solana", "monero"]
Speed = Literal["low", "medium", "high"]

EVM_NETWORKS: tuple[EvmNetwork, ...] = ("ethereum", "bsc", "polygon")
FAMILIES: tuple[Family, ...] = ("bitcoin", "evm", "solana", "monero")
FEES = "fees"
"""Stands as the address of whoever keeps a network running and earns its fees."""

_REFERENCE_S = 1_767_571_200  # 2026-01-05, when the heights below were reached
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


class NetworkFacts(NamedTuple):
    """One network.

    Attributes:
        title: As people call it.
        family: Networks of one family share their addresses.
        native: The coin in which fees are paid.
        interval_s: Seconds from block to block.
        height: The number of the block at the start of 2026.
        price: What one unit of work costs, in the native coin's smallest unit, by how much of a hurry one is in.
        transaction_ids: How it names transactions.
    """

    title: str
    family: Family
    native: str
    interval_s: int
    height: int
    price: Mapping[Speed, int]
    transaction_ids: IdStyle


NETWORKS: Mapping[Network, NetworkFacts] = {
    "bitcoin": NetworkFacts(
        "Bitcoin", "bitcoin", "BTC", 600, 931_000, {"low": 4, "medium": 12, "high": 30}, IdStyle("", HEX, 64)
    ),
    "ethereum": NetworkFacts(
        "Ethereum", "evm", "ETH", 12, 24_170_000, {"low": 8, "medium": 12, "high": 20}, IdStyle("0x", HEX, 64)
    ),
    "bsc": NetworkFacts(
        "BNB Smart Chain", "evm", "BNB", 1, 74_100_000, {"low": 1, "medium": 2, "high": 3}, IdStyle("0x", HEX, 64)
    ),
    "polygon": NetworkFacts(
        "Polygon", "evm", "POL", 2, 81_300_000, {"low": 30, "medium": 40, "high": 80}, IdStyle("0x", HEX, 64)
    ),
    "solana": NetworkFacts(
        "Solana", "solana", "SOL", 1, 391_000_000, {"low": 1, "medium": 1, "high": 2},
        IdStyle("4vTwD8yHj3RkqLm6ZsPnXb1uFcGa9KeWQ5tYr7VoMhSd", BASE58, 43),
    ),
    "monero": NetworkFacts(
        "Monero", "monero", "XMR", 120, 3_580_000, {"low": 1, "medium": 4, "high": 20}, IdStyle("", HEX, 64)
    ),
}  # fmt: skip

# Prefix, alphabet and length of the rest.
_FORMS: Mapping[Family, tuple[str, str, int]] = {
    "bitcoin": ("bc1qdemo", _BECH32, 34),  # the o is no sign of bech32
    "evm": ("0x7e57", HEX, 36),
    "solana": ("zDemo", BASE58, 39),  # larger than 32 bytes
    "monero": ("4zDemo", BASE58, 89),  # no such second sign
}


def derive_address(family: Family, *names: str | int) -> str:
    """The address that belongs to these names; the same everywhere, as the addresses of one wallet follow its key."""
    prefix, alphabet, length = _FORMS[family]
    text = "/".join(f"{len(str(name))}:{name}" for name in ("address", family, *names))
    return prefix + "".join(alphabet[sign % len(alphabet)] for sign in shake_256(text.encode()).digest(length))


def family_of(address: str, field: str) -> Family:
    """Which family an address is of, by how it is written.

    Raises:
        OperationError: It is none.
    """
    if address.startswith("bc1"):
        return "bitcoin"
    if address.startswith("0x") and len(address) == 42:
        return "evm"
    if address.startswith("4") and len(address) == 95:
        return "monero"
    if 32 <= len(address) <= 44 and all(sign in BASE58 for sign in address):
        return "solana"
    message = (
        f"{address!r} is no address: expected bc1... (Bitcoin), 0x and 40 hex digits (Ethereum, BNB Smart Chain, "
        "Polygon), 32 to 44 signs of base58 (Solana) or 95 signs from a 4 on (Monero)"
    )
    raise OperationError("invalid_argument", message, field)


def block_at(network: Network, time_s: int) -> int:
    """The number of the newest block at a time."""
    facts = NETWORKS[network]
    return facts.height + (time_s - _REFERENCE_S) // facts.interval_s


def included_s(network: Network, block: int) -> int:
    """When a block is added."""
    facts = NETWORKS[network]
    return _REFERENCE_S + (block - facts.height) * facts.interval_s


def block_hash(network: Network, block: int) -> str:
    """The hash of a block."""
    digest = shake_256(f"block/{network}/{block}".encode()).digest(32)
    if NETWORKS[network].family == "solana":
        return "".join(BASE58[sign % 58] for sign in digest)
    return f"{'0x' if NETWORKS[network].family == 'evm' else ''}{digest.hex()}"
