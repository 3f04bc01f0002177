"""Which wallets, coins, transactions and address book entries can be put on the networks before an episode."""

from __future__ import annotations

import re
from typing import Any

from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.premises import (
    Hints,
    acquaintance,
    checked,
    choice_hint,
    premise_rng,
    refuse_known,
    text_hint,
    topic_about,
)
from agentalign_env.core.world import World
from agentalign_env.errors import PremiseError
from agentalign_env.services.crypto.amounts import to_text, to_units
from agentalign_env.services.crypto.facts import TOKEN_FACTS
from agentalign_env.services.crypto.ledger import (
    add,
    canonical,
    default_wallet,
    draft,
    held,
    native,
    saved_with,
    token_named,
    wallet_address,
    wallet_with,
)
from agentalign_env.services.crypto.networks import (
    FAMILIES,
    NETWORKS,
    Family,
    Network,
    block_at,
    derive_address,
    family_of,
)
from agentalign_env.services.crypto.premises_contracts import lay_contract
from agentalign_env.services.crypto.records import (
    ADDRESSES,
    HOLDINGS,
    SAVED_ADDRESSES,
    TOKENS,
    TRANSACTIONS,
    WALLETS,
    Address,
    CoinAmount,
    Note,
    OwnBitcoinAddress,
    OwnEvmAddress,
    OwnMoneroAddress,
    OwnSolanaAddress,
    SavedAddress,
    Token,
    TransactionHash,
    Wallet,
    WalletLabel,
)

__all__ = [
    "lay_acquaintance",
    "lay_bitcoin_wallet",
    "lay_evm_wallet",
    "lay_funds",
    "lay_lookup",
    "lay_monero_wallet",
    "lay_solana_wallet",
]

_FORMS: dict[Family, Any] = {
    "bitcoin": OwnBitcoinAddress, "evm": OwnEvmAddress, "solana": OwnSolanaAddress, "monero": OwnMoneroAddress,
}  # fmt: skip
_FIRST: dict[Family, Network] = {"bitcoin": "bitcoin", "evm": "ethereum", "solana": "solana", "monero": "monero"}
_ADDRESS = re.compile(r"bc1[a-z0-9]{39,59}|0x[0-9a-f]{40}|4[1-9A-HJ-NP-Za-km-z]{94}|[1-9A-HJ-NP-Za-km-z]{32,44}")
_LABELS = ("Projects", "Shared costs", "Rainy day", "Club", "Workshop", "Holidays")
_CENTS = 60_000  # what a laid wallet holds of its native coin, in cents of a euro
_FEE_CENTS = 2_500  # what covers the fees beside a laid balance
_MOST_UNITS = 2**60


def lay_bitcoin_wallet(world: World, value: str, hints: Hints) -> None:
    """A hot wallet of the owner's with this address.

    Hints: ``label``; ``token``, ``network`` and ``amount`` of what it holds beside a native balance.
    """
    _lay_wallet(world, "bitcoin", value, hints)


def lay_evm_wallet(world: World, value: str, hints: Hints) -> None:
    """As for Bitcoin; the address is the same on Ethereum, BNB Smart Chain and Polygon, and has coins on each."""
    _lay_wallet(world, "evm", value, hints)


def lay_solana_wallet(world: World, value: str, hints: Hints) -> None:
    """As for Bitcoin."""
    _lay_wallet(world, "solana", value, hints)


def lay_monero_wallet(world: World, value: str, hints: Hints) -> None:
    """As for Bitcoin."""
    _lay_wallet(world, "monero", value, hints)


def lay_funds(world: World, value: str, hints: Hints) -> None:
    """At least this much of a token at an address of the owner's, and what the fees cost.

    Hints: ``token``, ``network`` (the token's first), ``address`` (the default wallet's). Without ``token`` the money
    is that of a payment provider.
    """
    symbol = text_hint(hints, "token")
    if not symbol:
        return
    known = [name for name in NETWORKS if world.store.get(TOKENS, f"{name}:{symbol.upper()}") is not None]
    if not known:
        raise PremiseError(f"no network has the token {symbol!r:.40}: lay it as a TokenSymbol first")
    network = choice_hint(hints, "network", NETWORKS, known[0])
    token = token_named(world, network, symbol, "token")
    family = NETWORKS[network].family
    address = canonical(text_hint(hints, "address", wallet_address(default_wallet(world), family)))
    if wallet_with(world, family, address) is None:
        raise PremiseError(f"{address!r:.100} belongs to none of the owner's wallets: lay one of this address first")
    units = to_units(checked("Funds", CoinAmount, value), token.symbol, token.decimals, "amount")
    _fill(world, network, address, token, units)
    _fill(world, network, address, native(world, network), _worth(native(world, network), _FEE_CENTS), beside=True)


def lay_lookup(world: World, value: str, hints: Hints) -> None:
    """What an explorer finds under this: a transaction of the owner's, or (for an address) somebody who has coins.

    Hints: ``network``; ``query_type``, with which a contract is laid as one; of a transaction ``amount``, ``token``,
    ``note``, and ``recipient`` or ``sender``, an address.
    """
    sort = choice_hint(hints, "query_type", ("transaction", "address", "contract"), "transaction")
    if sort == "contract":
        lay_contract(world, value, hints)
        return
    wanted = canonical(checked("TransactionHash", TransactionHash, value))
    network = choice_hint(hints, "network", NETWORKS, _network_of(wanted))
    family, rng = NETWORKS[network].family, premise_rng(world, "TransactionHash", wanted)
    if _ADDRESS.fullmatch(wanted):
        _lay_stranger(world, network, family_of(wanted, "identifier"), wanted)
        return
    refuse_known(world, TRANSACTIONS, wanted, "TransactionHash")
    own = wallet_address(default_wallet(world), family)
    other = canonical(text_hint(hints, "recipient", text_hint(hints, "sender"))) or derive_address(
        family, "stranger", world.base.key.seed, wanted
    )
    token = token_named(world, network, text_hint(hints, "token", NETWORKS[network].native), "token")
    drawn = to_text(max(_worth(token, rng.randrange(1_500, 30_000)), 1), token.decimals)
    amount = checked("hint amount", CoinAmount, text_hint({"amount": str(hints.get("amount") or "")}, "amount", drawn))
    sender, recipient = (own, other) if hints.get("recipient") or not hints.get("sender") else (other, own)
    drafted = draft(wanted, network, "transfer", [sender], [recipient], token.symbol, amount, rng.randrange(900, 4_000))
    created_s = world.now_s - rng.randrange(3 * HOUR_S, 40 * DAY_S)
    saved = saved_with(world, family, other)
    note = text_hint(hints, "note", rng.choice(topic_about(rng, "")[0].purposes), Note)
    row = drafted._replace(
        note=note, counterparty=saved.name if saved else "", created_s=created_s, block=block_at(network, created_s) + 1
    )  # fmt: skip
    world.store.put(TRANSACTIONS, row)


def lay_acquaintance(world: World, value: str, hints: Hints) -> None:
    """An entry of the address book for somebody of this name; hints as for a contact."""
    person = acquaintance(world, value, hints)
    addresses = (derive_address(family, "saved", world.base.key.seed, person.id) for family in FAMILIES)
    world.store.put(
        SAVED_ADDRESSES, SavedAddress(world.new_id(SAVED_ADDRESSES), person.name, person.relation, *addresses)
    )  # fmt: skip


def _lay_wallet(world: World, family: Family, value: str, hints: Hints) -> None:
    address = canonical(checked(f"address of {NETWORKS[_FIRST[family]].title}", _FORMS[family], value))
    refuse_known(world, ADDRESSES, address, "address of a wallet")
    rng, wallet_id = premise_rng(world, "Wallet", address), world.new_id(WALLETS)
    addresses = {one: address if one == family else derive_address(one, wallet_id) for one in FAMILIES}
    label = text_hint(hints, "label", rng.choice(_LABELS), WalletLabel)
    created_s = world.now_s - rng.randrange(20, 600) * DAY_S
    wallet = Wallet(
        wallet_id, label, "hot", "high", True, 1, addresses["bitcoin"], addresses["evm"], addresses["solana"],
        addresses["monero"], created_s,
    )  # fmt: skip
    world.store.put(WALLETS, wallet)
    for one, own in addresses.items():
        world.store.put(ADDRESSES, Address(own, one, wallet_id))
    for network, facts in NETWORKS.items():
        if facts.family == family:
            coin = native(world, network)
            _fill(world, network, address, coin, _worth(coin, _CENTS) * rng.randrange(80, 140) // 100)
    if hints.get("amount"):
        symbol = text_hint(hints, "token", NETWORKS[_FIRST[family]].native)
        where = choice_hint(hints, "network", NETWORKS, _FIRST[family])
        lay_funds(world, str(hints["amount"]), {"token": symbol, "network": where, "address": address})


def _lay_stranger(world: World, network: Network, family: Family, address: str) -> None:
    """Somebody's address on a network, with a balance."""
    if NETWORKS[network].family != family:
        raise PremiseError(f"{address!r} is no address of {NETWORKS[network].title}: give the network that it is of")
    if family == "monero":
        raise PremiseError("Monero hides what others hold: no address of somebody else can be looked up there")
    coin, rng = native(world, network), premise_rng(world, "stranger", address)
    if held(world, network, address, coin.symbol):
        raise PremiseError(f"{address!r} is known on {NETWORKS[network].title} already: build on it")
    _fill(world, network, address, coin, _worth(coin, rng.randrange(5_000, 200_000)))


def _fill(world: World, network: Network, address: str, token: Token, units: int, *, beside: bool = False) -> None:
    """Brings a balance up to these units, or adds them; on Bitcoin as one more coin."""
    missing = units if beside else units - held(world, network, address, token.symbol)
    if missing <= 0:
        return
    if missing > _MOST_UNITS:
        most = to_text(_MOST_UNITS, token.decimals)
        raise PremiseError(f"nobody has so much: at most {most} {token.symbol} can be laid")
    if network != "bitcoin":
        add(world, network, address, token.symbol, missing)
        return
    rng = premise_rng(world, "coin", f"{address}/{world.store.issue(TRANSACTIONS.name)}")
    row = next((row for row in world.store.where(HOLDINGS, "address", address)), None)
    coins = row.coins if row is not None else ()
    add(world, network, address, token.symbol, missing, (*coins, f"{rng.getrandbits(256):064x}:0:{missing}"))


def _worth(token: Token, cents: int) -> int:
    """How many units are worth so many cents of a euro; of a token that was laid, as if one were worth a euro."""
    facts = TOKEN_FACTS.get(token.symbol)
    units: int = cents * 10**token.decimals // (facts.cents if facts else 100)
    return units


def _network_of(value: str) -> Network:
    if value.startswith("0x"):
        return "ethereum"
    if re.fullmatch(r"[0-9a-f]{64}|bc1\w+", value):
        return "bitcoin"
    return "monero" if len(value) == 95 else "solana"
