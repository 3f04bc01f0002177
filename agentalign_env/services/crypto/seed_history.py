"""The transactions before a world begins: to and from people, and swaps. Coins of the owner's come from them."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.ids import id_salt
from agentalign_env.core.rng import Random
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import load_topics
from agentalign_env.services.crypto.amounts import to_text
from agentalign_env.services.crypto.facts import FIRST_WALLETS, TOKEN_FACTS
from agentalign_env.services.crypto.ledger import draft, wallet_address
from agentalign_env.services.crypto.networks import FAMILIES, NETWORKS, Network, block_at
from agentalign_env.services.crypto.records import TRANSACTIONS, SavedAddress, Transaction, Wallet
from agentalign_env.services.crypto.seed import saved_entries, wallet_of

__all__ = ["seed_transactions"]

# What happens in turn: the network, the asset, the wallet's number, and the direction.
_CYCLE: tuple[tuple[Network, str, int, str], ...] = (
    ("bitcoin", "BTC", 0, "in"),
    ("bitcoin", "BTC", 2, "in"),
    ("ethereum", "EXUSD", 0, "in"),
    ("ethereum", "EXUSD", 0, "swap"),
    ("bitcoin", "BTC", 0, "in"),
    ("bitcoin", "BTC", 0, "out"),
    ("solana", "SOL", 0, "in"),
    ("bitcoin", "BTC", 1, "in"),
    ("bsc", "EXEUR", 0, "swap"),
    ("monero", "XMR", 0, "out"),
    ("bitcoin", "BTC", 2, "in"),
    ("ethereum", "EXUSD", 0, "out"),
)

_CENTS = (1_500, 30_000)  # what a transaction is worth
_WORK = {"transfer": 65_000, "swap": 150_000}


def seed_transactions(context: SeedContext) -> Iterator[Transaction]:
    """Transactions, oldest first."""
    rng, salt = context.rng(), id_salt(TRANSACTIONS.name, context.seed)
    purposes = [purpose for topic in load_topics().values() for purpose in topic.purposes]
    wallets = [wallet_of(context, number) for number in range(len(FIRST_WALLETS))]
    entries = saved_entries(context)
    by_family = {family: [entry for entry in entries if getattr(entry, family)] for family in FAMILIES}
    for number in range(context.rows):
        network, asset, wallet_number, direction = _CYCLE[number % len(_CYCLE)]
        facts = NETWORKS[network]
        transaction_id = facts.transaction_ids.encode(number, salt)
        wallet = wallets[wallet_number]
        if direction == "swap":
            drafted = _swap(transaction_id, network, asset, wallet, rng)
        else:
            others = by_family[facts.family]
            if not others:  # the smallest worlds know nobody there
                continue
            other = others[rng.randrange(len(others))]
            drafted = _transfer(transaction_id, network, asset, wallet, other, direction, rng)
            drafted = drafted._replace(note=rng.choice(purposes), counterparty=other.name)
        created_s = context.past(number)
        yield drafted._replace(created_s=created_s, block=block_at(network, created_s) + 1)


def _transfer(
    transaction_id: str,
    network: Network,
    asset: str,
    wallet: Wallet,
    other: SavedAddress,
    direction: str,
    rng: Random,
) -> Transaction:
    facts = NETWORKS[network]
    own, theirs = wallet_address(wallet, facts.family), str(getattr(other, facts.family))
    sender, recipient = (own, theirs) if direction == "out" else (theirs, own)
    fee = {"evm": facts.price["medium"] * _WORK["transfer"], "solana": 5_000, "monero": 128_000_000}
    return draft(
        transaction_id,
        network,
        "transfer",
        [sender],
        [recipient],
        asset,
        _amount(asset, rng),
        fee.get(facts.family, rng.randrange(8, 20) * 141),
    )


def _swap(transaction_id: str, network: Network, asset: str, wallet: Wallet, rng: Random) -> Transaction:
    facts, source = NETWORKS[network], TOKEN_FACTS[asset]
    target = TOKEN_FACTS[facts.native]
    amount = rng.randrange(20, 150)
    units = amount * source.cents * 10**target.decimals * rng.randrange(940, 1_060) // (target.cents * 1_000)
    fee = facts.price["medium"] * _WORK["swap"]
    drafted = draft(transaction_id, network, "swap", [wallet.evm], [wallet.evm], asset, str(amount), fee)
    return drafted._replace(asset_out=facts.native, amount_out=to_text(units, target.decimals))


def _amount(asset: str, rng: Random) -> str:
    """An amount as people send it: not more than four digits that are not zero."""
    facts = TOKEN_FACTS[asset]
    units = rng.randrange(*_CENTS) * 10**facts.decimals // facts.cents
    step = int(10 ** max(len(str(units)) - 3, 0))
    return to_text(max(units // step, 1) * step, facts.decimals)
