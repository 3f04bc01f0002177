"""What is there when a world begins: wallets, tokens, pools, contracts, and the address book."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.background import Organisation, Person
from agentalign_env.core.clock import DAY_S
from agentalign_env.core.rng import derive_seed, stream
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import load_topics
from agentalign_env.services.crypto.amounts import to_text
from agentalign_env.services.crypto.facts import (
    CONTRACT_FACTS,
    FIRST_WALLETS,
    POOL_PAIRS,
    TOKEN_FACTS,
    contract_address,
    pool_id,
    token_address,
)
from agentalign_env.services.crypto.functions import INTERFACES
from agentalign_env.services.crypto.ledger import wallet_address
from agentalign_env.services.crypto.networks import EVM_NETWORKS, FAMILIES, NETWORKS, derive_address
from agentalign_env.services.crypto.records import (
    SAVED_ADDRESSES,
    WALLETS,
    Address,
    Contract,
    ContractEntry,
    PaymentRequest,
    Pool,
    SavedAddress,
    Token,
    Wallet,
)

__all__ = [
    "deposits", "saved_entries",
    "seed_addresses", "seed_contract_entries", "seed_contracts", "seed_payment_requests", "seed_pools",
    "seed_saved_addresses", "seed_tokens", "seed_wallets", "wallet_of",
]  # fmt: skip

_ORGANISATIONS = 6
_OWN_CONTRACTS = 2


def wallet_of(context: SeedContext, number: int) -> Wallet:
    """The number-th of the owner's first wallets."""
    wallet_id = context.new_id(number, WALLETS)
    label, wallet_type = FIRST_WALLETS[number]
    bitcoin, evm, solana, monero = (derive_address(family, wallet_id) for family in FAMILIES)
    created_s = context.start_s - (900 - 210 * number) * DAY_S
    encryption = "very_high" if wallet_type == "cold" else "high"
    return Wallet(wallet_id, label, wallet_type, encryption, True, 1, bitcoin, evm, solana, monero, created_s)


def saved_entries(context: SeedContext) -> list[SavedAddress]:
    """The address book: people the owner knows, then organisations, which take bitcoin alone."""
    background, rows = context.background, context.sizes.get(SAVED_ADDRESSES.name, 0)
    organisations = background.organisations[: min(_ORGANISATIONS, rows)]
    people = background.people[: rows - len(organisations)]
    entries = [_of_person(context, person, number) for number, person in enumerate(people)]
    return entries + [
        _of_organisation(context, organisation, number)
        for number, organisation in enumerate(organisations, len(people))
    ]


def seed_wallets(context: SeedContext) -> Iterator[Wallet]:
    """The owner's wallets: one for every day, one for savings, one for travel."""
    for number in range(len(FIRST_WALLETS)):
        yield wallet_of(context, number)


def seed_addresses(context: SeedContext) -> Iterator[Address]:
    """The addresses of these wallets."""
    for number in range(len(FIRST_WALLETS)):
        wallet = wallet_of(context, number)
        for family in FAMILIES:
            yield Address(wallet_address(wallet, family), family, wallet.id)


def seed_saved_addresses(context: SeedContext) -> Iterator[SavedAddress]:
    """The address book."""
    yield from saved_entries(context)


def seed_tokens(context: SeedContext) -> Iterator[Token]:
    """Every token on each of its networks."""
    for symbol, facts in TOKEN_FACTS.items():
        for network in facts.networks:
            address = token_address(context.seed, network, symbol)
            yield Token(f"{network}:{symbol}", network, symbol, facts.name, facts.decimals, address)


def seed_pools(context: SeedContext) -> Iterator[Pool]:
    """The same pairs on each network of Ethereum's family."""
    for network in EVM_NETWORKS:
        for first, second, fee_bps in POOL_PAIRS:
            token = first or NETWORKS[network].native
            yield Pool(pool_id(context.seed, network, token, second), network, token, second, fee_bps)


def seed_contracts(context: SeedContext) -> Iterator[Contract]:
    """Programs and contracts for everybody, the tokens' contracts, and two that the owner deployed."""
    rng, seed = context.rng(), context.seed
    for facts in CONTRACT_FACTS:
        family = NETWORKS[facts.network].family
        created_s = context.start_s - rng.randrange(200, 900) * DAY_S
        creator = derive_address(family, "creator", seed, facts.name)
        functions = tuple(INTERFACES[facts.kind])
        code = _bytecode(seed, facts.name)
        address = contract_address(seed, facts)
        yield Contract(address, facts.network, facts.kind, facts.name, functions, creator, code, (), created_s)
    for symbol, token in TOKEN_FACTS.items():
        for network in token.networks:
            address = token_address(seed, network, symbol)
            if not address:
                continue
            functions = tuple(INTERFACES["token"])
            creator = derive_address("evm", "creator", seed, symbol)
            code = _bytecode(seed, f"{network}/{symbol}")
            arguments = (token.name, symbol, str(token.decimals))
            created_s = context.start_s - rng.randrange(500, 1_400) * DAY_S
            yield Contract(address, network, "token", token.name, functions, creator, code, arguments, created_s)
    owner = wallet_of(context, 0).evm
    for number in range(_OWN_CONTRACTS):
        address = derive_address("evm", "own-contract", seed, number)
        created_s = context.start_s - rng.randrange(10, 180) * DAY_S
        code = _bytecode(seed, f"own/{number}")
        yield Contract(address, "ethereum", "deployed", "", (), owner, code, (), created_s)


def deposits(context: SeedContext) -> Iterator[tuple[str, str, int]]:
    """Contract, depositor and units of what lies in vaults and staking programs."""
    rng = stream("deposits", context.seed)  # of no table: two tables follow from it
    people = saved_entries(context)
    owner = wallet_of(context, 0)
    for facts in CONTRACT_FACTS:
        if "deposit" not in INTERFACES[facts.kind]:
            continue
        address, family = contract_address(context.seed, facts), NETWORKS[facts.network].family
        for depositor in (owner, *people[:5]):
            holder: str = getattr(depositor, family)
            if holder:
                yield address, holder, rng.randrange(2, 60) * 10**7


def seed_contract_entries(context: SeedContext) -> Iterator[ContractEntry]:
    """Names that people registered, and what lies in vaults and staking programs."""
    networks = {contract_address(context.seed, facts): facts.network for facts in CONTRACT_FACTS}
    registries = [contract_address(context.seed, facts) for facts in CONTRACT_FACTS if facts.kind == "registry"]
    handles = {person.name: person.handle for person in context.background.people}
    entries = []
    for number, saved in enumerate(saved_entries(context)):
        if saved.evm and saved.name in handles:
            registry = registries[number % len(registries)]
            entries.append((registry, f"name:{handles[saved.name]}", saved.evm))
    entries += [(address, f"deposit:{holder}", str(units)) for address, holder, units in deposits(context)]
    for number, (address, slot, value) in enumerate(entries):
        yield ContractEntry(context.new_id(number), networks[address], address, slot, value)


def seed_payment_requests(context: SeedContext) -> Iterator[PaymentRequest]:
    """Requests that the owner sent to people; all have run out."""
    rng, topics = context.rng(), list(load_topics().values())
    address = wallet_of(context, 0).bitcoin
    for number in range(context.rows):
        topic = topics[rng.randrange(len(topics))]
        created_s = context.past(number) - 8 * DAY_S
        amount = to_text(rng.randrange(10, 90) * 10_000, TOKEN_FACTS["BTC"].decimals)
        label, message = context.background.owner.name, rng.choice(topic.purposes)
        yield PaymentRequest(context.new_id(number), address, amount, label, message, created_s, created_s + 7 * DAY_S)


def _of_person(context: SeedContext, person: Person, number: int) -> SavedAddress:
    has = (True, number % 5 != 4, number % 5 not in (1, 4), number % 2 == 0)
    addresses = [
        derive_address(family, "saved", context.seed, person.id) if there else ""
        for family, there in zip(FAMILIES, has, strict=True)
    ]
    return SavedAddress(context.new_id(number, SAVED_ADDRESSES), person.name, person.relation, *addresses)


def _of_organisation(context: SeedContext, organisation: Organisation, number: int) -> SavedAddress:
    address = derive_address("bitcoin", "saved", context.seed, organisation.domain)
    about = f"{organisation.kind}, donations and payments"
    return SavedAddress(context.new_id(number, SAVED_ADDRESSES), organisation.name, about, address, "", "", "")


def _bytecode(seed: int, name: str) -> str:
    return f"0x6080604052{derive_seed('bytecode', seed, name):016x}5b600080fd"
