"""The owner's wallets, and the address book beside them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.crypto.ledger import default_wallet, wallet_address
from agentalign_env.services.crypto.networks import FAMILIES, derive_address
from agentalign_env.services.crypto.records import (
    ADDRESSES,
    HOLDINGS,
    SAVED_ADDRESSES,
    TOKENS,
    WALLETS,
    Address,
    SavedAddress,
    Wallet,
    WalletLabel,
    WalletType,
)
from agentalign_env.services.crypto.results import AddressPage, NewWallet, OwnWallet, SavedView, WalletPage
from agentalign_env.services.crypto.views import balances

__all__ = ["create_wallet", "list_wallets", "search_addresses"]

_LABELS = {"hot": "Hot wallet", "cold": "Cold wallet", "multi_sig": "Shared wallet"}
_PageLimit = Annotated[int, Field(ge=1, le=50)]
_PageOffset = Annotated[int, Field(ge=0, le=100_000)]


@operation("Cryptography.create_wallet", writes=(ADDRESSES, WALLETS), identifies="wallet_id")
def create_wallet(
    world: World,
    *,
    wallet_type: WalletType,
    encryption_level: Literal["standard", "high", "very_high"] = "standard",
    backup_enabled: bool = True,
    required_signatures: Annotated[int, Field(ge=1, le=15)] | None = None,
    label: WalletLabel = "",
) -> NewWallet:
    """Makes an empty wallet with an address for each family of networks.

    A shared wallet needs two signatures unless more are asked for; the others need one.
    """
    shared = wallet_type == "multi_sig"
    signatures = required_signatures or (2 if shared else 1)
    if shared != (signatures > 1):
        expected = "2 to 15 signatures" if shared else "1 signature"
        message = f"a {wallet_type} wallet has {expected}, not {signatures}: change the number, or the wallet type"
        raise OperationError("invalid_argument", message, "required_signatures")
    wallet_id = world.new_id(WALLETS)
    wallet = Wallet(
        id=wallet_id,
        label=label or _LABELS[wallet_type],
        wallet_type=wallet_type,
        encryption_level=encryption_level,
        backup_enabled=backup_enabled,
        required_signatures=signatures,
        bitcoin=derive_address("bitcoin", wallet_id),
        evm=derive_address("evm", wallet_id),
        solana=derive_address("solana", wallet_id),
        monero=derive_address("monero", wallet_id),
        created_s=world.now_s,
    )
    world.store.put(WALLETS, wallet)
    for family in FAMILIES:
        world.store.put(ADDRESSES, Address(wallet_address(wallet, family), family, wallet_id))
    return {
        "wallet_id": wallet.id,
        "label": wallet.label,
        "wallet_type": wallet.wallet_type,
        "encryption_level": wallet.encryption_level,
        "backup_enabled": wallet.backup_enabled,
        "required_signatures": wallet.required_signatures,
        "addresses": {
            "bitcoin": wallet.bitcoin,
            "evm": wallet.evm,
            "solana": wallet.solana,
            "monero": wallet.monero,
        },
        "created_at": iso(wallet.created_s),
    }


@operation("Cryptography.list_wallets", reads=(HOLDINGS, TOKENS, WALLETS), identifies="wallets[].wallet_id")
def list_wallets(
    world: World, *, query: Annotated[str, Field(max_length=200)] = "", limit: _PageLimit = 20, offset: _PageOffset = 0
) -> WalletPage:
    """Lists the owner's wallets that hold every word of the query in their label, oldest first, with what they hold."""
    first = default_wallet(world)
    page = world.store.search(WALLETS, query, limit=limit, offset=offset)
    return {"wallets": [_own(world, wallet, wallet == first) for wallet in page.rows], "more": page.more}


@operation("Cryptography.search_addresses", reads=(SAVED_ADDRESSES,), identifies="entries[].name")
def search_addresses(
    world: World, *, query: Annotated[str, Field(max_length=200)] = "", limit: _PageLimit = 10, offset: _PageOffset = 0
) -> AddressPage:
    """Searches the address book for entries that hold every word of the query in name or description."""
    page = world.store.search(SAVED_ADDRESSES, query, limit=limit, offset=offset)
    return {"entries": [_saved(entry) for entry in page.rows], "more": page.more}


def _own(world: World, wallet: Wallet, default: bool) -> OwnWallet:
    addresses = (wallet.bitcoin, wallet.evm, wallet.solana, wallet.monero)
    return {
        "wallet_id": wallet.id,
        "label": wallet.label,
        "wallet_type": wallet.wallet_type,
        "default": default,
        "bitcoin_address": wallet.bitcoin,
        "evm_address": wallet.evm,
        "solana_address": wallet.solana,
        "monero_address": wallet.monero,
        "balances": [line for address in addresses for line in balances(world, address)],
        "created_at": iso(wallet.created_s),
    }


def _saved(entry: SavedAddress) -> SavedView:
    shown: SavedView = {"name": entry.name, "about": entry.about}
    if entry.bitcoin:
        shown["bitcoin_address"] = entry.bitcoin
    if entry.evm:
        shown["evm_address"] = entry.evm
    if entry.solana:
        shown["solana_address"] = entry.solana
    if entry.monero:
        shown["monero_address"] = entry.monero
    return shown
