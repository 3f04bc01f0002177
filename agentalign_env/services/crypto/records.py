"""Rows of the crypto service. The ledger counts whole smallest units; what was asked for is kept as decimal text."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from agentalign_env.core.ids import ALNUM, BASE62, IdStyle
from agentalign_env.core.semantics import Semantic
from agentalign_env.core.table import Table
from agentalign_env.services.crypto.networks import Family, Network

__all__ = [
    "ADDRESSES", "CONTRACTS", "CONTRACT_ENTRIES", "HOLDINGS", "PAYMENT_REQUESTS", "POOLS", "SAVED_ADDRESSES", "TOKENS",
    "TRANSACTIONS", "WALLETS", "BitcoinAddress", "Bytecode", "CoinAmount", "Contract", "ContractAddress",
    "ContractArgument", "ContractEntry", "EvmAddress", "FunctionName", "Holding", "MoneroAddress", "Note",
    "OwnBitcoinAddress", "OwnEvmAddress", "OwnMoneroAddress", "OwnSolanaAddress", "PaymentRequest", "Pool",
    "SavedAddress", "SolanaAddress", "Token", "TokenAddress", "TokenSymbol", "Transaction", "TransactionHash",
    "TransactionKind", "Wallet", "WalletId", "WalletLabel", "WalletType",
]  # fmt: skip

_BITCOIN = Field(pattern=r"^bc1[a-z0-9]{39,59}$", examples=["bc1qdemo7xk2m9c4v8pt5w3zrj6hyd0s2qf4nlg8ux3"])
_EVM = Field(pattern=r"^0x[0-9a-fA-F]{40}$", examples=["0x7e57a1b2c3d4e5f60718293a4b5c6d7e8f901234"])
_SOLANA = Field(pattern=r"^[1-9A-HJ-NP-Za-km-z]{32,44}$", examples=["zDemo4kGm8Hs2Vq7Wn5Rt9Xp3Yc6Zb1Fd8Jf2Lg4Mh7"])
_MONERO = Field(pattern=r"^4[1-9A-HJ-NP-Za-km-z]{94}$")

# Own addresses are types of their own: a wallet that was just made is where to send to, not what to spend from.
OwnBitcoinAddress = Annotated[str, Semantic("OwnBitcoinAddress"), _BITCOIN]
OwnEvmAddress = Annotated[str, Semantic("OwnEvmAddress"), _EVM]
OwnSolanaAddress = Annotated[str, Semantic("OwnSolanaAddress"), _SOLANA]
OwnMoneroAddress = Annotated[str, Semantic("OwnMoneroAddress"), _MONERO]
BitcoinAddress = Annotated[str, Semantic("BitcoinAddress"), _BITCOIN]
EvmAddress = Annotated[str, Semantic("EvmAddress"), _EVM]
SolanaAddress = Annotated[str, Semantic("SolanaAddress"), _SOLANA]
MoneroAddress = Annotated[str, Semantic("MoneroAddress"), _MONERO]
ContractAddress = Annotated[str, Semantic("ContractAddress"), Field(min_length=32, max_length=44)]
TokenAddress = Annotated[str, Semantic("TokenAddress"), Field(min_length=1, max_length=44)]
TokenSymbol = Annotated[str, Semantic("TokenSymbol"), Field(pattern=r"^[A-Za-z0-9]{2,44}$", examples=["EXUSD"])]
"""A token's symbol, or its address."""
CoinAmount = Annotated[str, Semantic("CoinAmount"), Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,18})?$", examples=["0.015"])]
TransactionHash = Annotated[str, Semantic("TransactionHash"), Field(min_length=1, max_length=120)]
WalletId = Annotated[str, Semantic("WalletId"), Field(min_length=1, max_length=64)]
WalletLabel = Annotated[str, Semantic("WalletLabel"), Field(max_length=80)]
FunctionName = Annotated[
    str, Semantic("FunctionName"), Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$", examples=["deposit"])
]
ContractArgument = Annotated[str, Semantic("ContractArgument"), Field(max_length=1_000)]
Bytecode = Annotated[
    str,
    Semantic("Bytecode"),
    Field(pattern=r"^(0x)?([0-9a-fA-F]{2})+$", max_length=49_154, examples=["0x600a600c600039600a6000f3"]),
]
Note = Annotated[str, Semantic("Note"), Field(max_length=280)]
WalletType = Literal["hot", "cold", "multi_sig"]
TransactionKind = Literal["transfer", "swap", "bridge_out", "bridge_in", "pooling", "payout", "deployment", "call"]


class Wallet(NamedTuple):
    """A wallet of the owner's; its addresses follow from its key, one for each family of networks."""

    id: WalletId
    label: WalletLabel
    wallet_type: WalletType
    encryption_level: str
    backup_enabled: bool
    required_signatures: int
    bitcoin: OwnBitcoinAddress
    evm: OwnEvmAddress
    solana: OwnSolanaAddress
    monero: OwnMoneroAddress
    created_s: int


class Address(NamedTuple):
    """An address of one of the owner's wallets: a row of its own, since what is sent there later refers to it."""

    id: str
    family: Family
    wallet: str


class Holding(NamedTuple):
    """How much of an asset lies at an address.

    On Bitcoin the units are those of the unspent `coins`, each ``transaction:output:satoshis``, oldest first. They are
    one field and not a table, because no instruction fixes which coins a payment takes.
    """

    id: str
    network: Network
    address: str
    asset: str
    units: int
    coins: tuple[str, ...]


class Transaction(NamedTuple):
    """A transaction that the owner made or received."""

    id: TransactionHash
    network: Network
    kind: TransactionKind
    senders: tuple[str, ...]
    recipients: tuple[str, ...]
    asset: str
    amount: CoinAmount
    asset_out: str
    amount_out: str
    contract: str
    function: str
    arguments: tuple[str, ...]
    note: Note
    counterparty: str
    fee_units: int
    options: tuple[str, ...]
    block: int
    created_s: int


class Token(NamedTuple):
    """An asset of a network; a native coin has no address."""

    id: str
    network: Network
    symbol: TokenSymbol
    name: str
    decimals: int
    address: TokenAddress


class Pool(NamedTuple):
    """Two tokens that can be swapped; its reserves are what its address holds."""

    id: str
    network: Network
    token_a: str
    token_b: str
    fee_bps: int


class Contract(NamedTuple):
    """A contract or (on Solana) a program. Functions are listed where its interface is published."""

    id: ContractAddress
    network: Network
    kind: str
    name: str
    functions: tuple[FunctionName, ...]
    creator: str
    bytecode: Bytecode
    constructor_args: tuple[str, ...]
    created_s: int


class ContractEntry(NamedTuple):
    """What a contract remembers under a slot."""

    id: str
    network: Network
    contract: str
    slot: str
    value: str


class PaymentRequest(NamedTuple):
    """A request for a payment in bitcoin; without an amount, the payer chooses."""

    id: str
    address: BitcoinAddress
    amount: str
    label: str
    message: str
    created_s: int
    expires_s: int


class SavedAddress(NamedTuple):
    """An entry of the wallets' address book."""

    id: str
    name: str
    about: str
    bitcoin: BitcoinAddress
    evm: EvmAddress
    solana: SolanaAddress
    monero: MoneroAddress


WALLETS = Table(
    "wallets",
    Wallet,
    text=("label",),
    free_text=("label",),
    volatile=("bitcoin", "evm", "solana", "monero", "created_s"),
    ids=IdStyle("wlt_", BASE62, 12),
)
ADDRESSES = Table("wallet_addresses", Address)
HOLDINGS = Table("holdings", Holding, volatile=("units", "coins"))
TRANSACTIONS = Table(
    "chain_transactions",
    Transaction,
    text=("note", "counterparty", "kind", "network", "asset", "asset_out", "senders", "recipients"),
    free_text=("note",),
    volatile=("amount_out", "counterparty", "fee_units", "options", "block", "created_s"),
)
TOKENS = Table("tokens", Token, text=("symbol", "name"), natural_key=True)
POOLS = Table("pools", Pool, natural_key=True)
CONTRACTS = Table("contracts", Contract, text=("name", "kind", "functions", "network"), volatile=("name", "created_s"))
CONTRACT_ENTRIES = Table("contract_entries", ContractEntry)
PAYMENT_REQUESTS = Table(
    "payment_requests",
    PaymentRequest,
    free_text=("label", "message"),
    volatile=("created_s", "expires_s"),
    ids=IdStyle("", ALNUM, 10),
)
SAVED_ADDRESSES = Table("saved_addresses", SavedAddress, text=("name", "about"))
