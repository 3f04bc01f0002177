"""What the operations of the crypto service answer. Amounts are decimal text."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.semantics import PersonName, Semantic
from agentalign_env.services.crypto.records import (
    BitcoinAddress,
    CoinAmount,
    ContractAddress,
    EvmAddress,
    MoneroAddress,
    OwnBitcoinAddress,
    OwnEvmAddress,
    OwnMoneroAddress,
    OwnSolanaAddress,
    SolanaAddress,
    TokenAddress,
    TokenSymbol,
    TransactionHash,
    WalletId,
    WalletLabel,
)

__all__ = [
    "AddressPage",
    "Balance",
    "BlockView",
    "BridgeResult",
    "CallResult",
    "ChainData",
    "ContractPage",
    "ContractView",
    "Deployment",
    "NewWallet",
    "OwnWallet",
    "PaymentLink",
    "PoolingResult",
    "RequestView",
    "SavedView",
    "SwapQuote",
    "TokenPage",
    "TokenView",
    "TransactionPage",
    "TransactionView",
    "WalletPage",
]

PaymentLink = Annotated[str, Semantic("PaymentLink"), Field(max_length=2_048)]
PaymentRequestId = Annotated[str, Semantic("PaymentRequestId")]
SwapQuestion = Annotated[str, Semantic("SwapQuestion")]
ChainReference = Annotated[str, Semantic("ChainReference")]


class Addresses(TypedDict):
    """Where a new wallet receives; one address serves Ethereum, BNB Smart Chain and Polygon."""

    bitcoin: BitcoinAddress
    evm: EvmAddress
    solana: SolanaAddress
    monero: MoneroAddress


class NewWallet(TypedDict):
    """A wallet that was just made."""

    wallet_id: WalletId
    label: WalletLabel
    wallet_type: str
    encryption_level: str
    backup_enabled: bool
    required_signatures: int
    addresses: Addresses
    created_at: str


class Balance(TypedDict):
    """How much of an asset an address holds on a network."""

    network: str
    asset: str
    amount: str


class OwnWallet(TypedDict):
    """A wallet of the owner's with what it holds."""

    wallet_id: WalletId
    label: WalletLabel
    wallet_type: str
    default: bool
    bitcoin_address: OwnBitcoinAddress
    evm_address: OwnEvmAddress
    solana_address: OwnSolanaAddress
    monero_address: OwnMoneroAddress
    balances: list[Balance]
    created_at: str


class WalletPage(TypedDict):
    """The owner's wallets, oldest first."""

    wallets: list[OwnWallet]
    more: bool


class TransactionView(TypedDict):
    """A transaction as a wallet or an explorer shows it."""

    transaction_hash: TransactionHash
    network: str
    kind: str
    status: str
    confirmations: int
    block: NotRequired[int]
    senders: list[str]
    recipients: list[str]
    asset: str
    amount: CoinAmount
    asset_out: NotRequired[str]
    amount_out: NotRequired[str]
    fee: str
    fee_asset: str
    contract: NotRequired[str]
    function: NotRequired[str]
    arguments: NotRequired[list[str]]
    note: NotRequired[str]
    counterparty: NotRequired[PersonName]
    options: NotRequired[list[str]]
    created_at: str


class TransactionPage(TypedDict):
    """A page of transactions, newest first."""

    transactions: list[TransactionView]
    more: bool


class RequestView(TypedDict):
    """A request for a payment in bitcoin: a page for the payer, and the URI that wallets scan."""

    request_id: PaymentRequestId
    link: PaymentLink
    uri: str
    to_address: BitcoinAddress
    amount: NotRequired[str]
    label: NotRequired[str]
    message: NotRequired[str]
    status: str
    created_at: str
    expires_at: str


class SwapQuote(TypedDict):
    """What a swap would give now."""

    question: SwapQuestion
    network: str
    from_token: TokenSymbol
    to_token: TokenSymbol
    amount: str
    amount_out: str
    price: str
    price_impact_percent: str
    route: list[str]


class BridgeResult(TypedDict):
    """Two transactions: what was locked on one chain, and what was credited on the other."""

    transaction_hash: TransactionHash
    target_transaction_hash: TransactionHash
    status: str
    from_chain: str
    to_chain: str
    token: str
    amount: str
    amount_received: str
    bridge_fee: str
    network_fee: str
    recipient: str


class Payout(TypedDict):
    """What an address gets."""

    address: str
    amount: str


class PoolingResult(TypedDict):
    """What went into the privacy pool, and what it pays out."""

    transaction_hash: TransactionHash
    payout_transaction_hash: TransactionHash
    status: str
    network: str
    asset: str
    amount: str
    pool_fee: str
    network_fee: str
    outputs: list[Payout]
    payout_at: str


class Deployment(TypedDict):
    """A contract that was put on a network."""

    contract_address: ContractAddress
    transaction_hash: TransactionHash
    network: str
    status: str
    deployer: str
    bytecode_hash: str
    gas_used: str
    fee: str
    fee_asset: str


class CallResult(TypedDict):
    """What came of a call; reading functions answer an output and make no transaction."""

    contract_address: ContractAddress
    function: str
    output: str
    transaction_hash: NotRequired[TransactionHash]
    status: NotRequired[str]
    value: NotRequired[str]
    fee: NotRequired[str]
    fee_asset: NotRequired[str]


class TokenView(TypedDict):
    """An asset of a network, with what the owner's default wallet holds of it."""

    network: str
    symbol: TokenSymbol
    name: str
    decimals: int
    token_address: NotRequired[TokenAddress]
    balance: str


class TokenPage(TypedDict):
    """Tokens of the networks."""

    tokens: list[TokenView]
    more: bool


class ContractView(TypedDict):
    """A contract or program, with the functions that it is known to have."""

    contract_address: ContractAddress
    network: str
    kind: str
    name: str
    functions: list[str]
    creator: str
    bytecode_hash: str
    constructor_args: list[str]
    created_at: str


class ContractPage(TypedDict):
    """Contracts and programs."""

    contracts: list[ContractView]
    more: bool


class SavedView(TypedDict):
    """An entry of the address book."""

    name: PersonName
    about: str
    bitcoin_address: NotRequired[BitcoinAddress]
    evm_address: NotRequired[EvmAddress]
    solana_address: NotRequired[SolanaAddress]
    monero_address: NotRequired[MoneroAddress]


class AddressPage(TypedDict):
    """Entries of the address book."""

    entries: list[SavedView]
    more: bool


class BlockView(TypedDict):
    """A block of a network."""

    height: int
    block_hash: str
    time: str
    confirmations: int
    transactions: list[str]


class ChainData(TypedDict):
    """What an explorer knows about a transaction, block, address or contract."""

    network: str
    query_type: str
    identifier: ChainReference
    transaction: NotRequired[TransactionView]
    block: NotRequired[BlockView]
    balances: NotRequired[list[Balance]]
    transactions: NotRequired[list[TransactionView]]
    contract: NotRequired[ContractView]
