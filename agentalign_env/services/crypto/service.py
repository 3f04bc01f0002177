"""The crypto service: its tables, operations and invariants."""

from __future__ import annotations

from agentalign_env.core.service import Service
from agentalign_env.services.crypto.bitcoin import create_bitcoin_payment, send_bitcoin
from agentalign_env.services.crypto.bridge import transfer_cross_chain
from agentalign_env.services.crypto.contracts import (
    deploy_contract,
    interact_contract,
    interact_solana,
    search_contracts,
)
from agentalign_env.services.crypto.explorer import list_transactions, query_data
from agentalign_env.services.crypto.invariants import INVARIANTS
from agentalign_env.services.crypto.mixing import mix_tokens
from agentalign_env.services.crypto.monero import send_monero
from agentalign_env.services.crypto.premises import (
    lay_acquaintance,
    lay_bitcoin_wallet,
    lay_evm_wallet,
    lay_funds,
    lay_lookup,
    lay_monero_wallet,
    lay_solana_wallet,
)
from agentalign_env.services.crypto.premises_contracts import lay_contract, lay_token, lay_token_at
from agentalign_env.services.crypto.records import (
    ADDRESSES,
    CONTRACT_ENTRIES,
    CONTRACTS,
    HOLDINGS,
    PAYMENT_REQUESTS,
    POOLS,
    SAVED_ADDRESSES,
    TOKENS,
    TRANSACTIONS,
    WALLETS,
)
from agentalign_env.services.crypto.seed import (
    seed_addresses,
    seed_contract_entries,
    seed_contracts,
    seed_payment_requests,
    seed_pools,
    seed_saved_addresses,
    seed_tokens,
    seed_wallets,
)
from agentalign_env.services.crypto.seed_history import seed_transactions
from agentalign_env.services.crypto.seed_holdings import seed_holdings
from agentalign_env.services.crypto.swaps import list_tokens, quote_swap, swap_bnb, swap_tokens
from agentalign_env.services.crypto.wallets import create_wallet, list_wallets, search_addresses

__all__ = ["SERVICE"]

SERVICE = Service(
    name="crypto",
    module=__name__,
    tables={
        WALLETS: seed_wallets,
        ADDRESSES: seed_addresses,
        HOLDINGS: seed_holdings,
        TRANSACTIONS: seed_transactions,
        TOKENS: seed_tokens,
        POOLS: seed_pools,
        CONTRACTS: seed_contracts,
        CONTRACT_ENTRIES: seed_contract_entries,
        PAYMENT_REQUESTS: seed_payment_requests,
        SAVED_ADDRESSES: seed_saved_addresses,
    },
    operations=(
        create_wallet,
        send_bitcoin,
        create_bitcoin_payment,
        send_monero,
        swap_tokens,
        swap_bnb,
        transfer_cross_chain,
        mix_tokens,
        deploy_contract,
        interact_contract,
        interact_solana,
        query_data,
        list_wallets,
        list_transactions,
        search_addresses,
        quote_swap,
        list_tokens,
        search_contracts,
    ),
    premises={
        "ContractAddress": lay_contract,
        "Funds": lay_funds,
        "OwnBitcoinAddress": lay_bitcoin_wallet,
        "OwnEvmAddress": lay_evm_wallet,
        "OwnMoneroAddress": lay_monero_wallet,
        "OwnSolanaAddress": lay_solana_wallet,
        "PersonName": lay_acquaintance,
        "TokenAddress": lay_token_at,
        "TokenSymbol": lay_token,
        "TransactionHash": lay_lookup,
    },
    invariants=INVARIANTS,
)
