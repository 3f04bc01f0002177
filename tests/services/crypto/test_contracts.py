"""Contracts and programs: known functions do what they say, and explorers show what was done."""

from decimal import Decimal

import pytest

from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.crypto.records import CONTRACT_ENTRIES, SAVED_ADDRESSES, TRANSACTIONS
from tests.services.crypto.calls import balance, call, known_contract, refusal, violations, wallet

CODE = "0x600a600c600039600a6000f3602a60005260206000f3"


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def run(world: World, contract: str, function: str, *arguments: str, **more: str) -> dict[str, str]:
    found = call(
        world, "ethereum_contract_interaction", contract_address=contract, function_name=function,
        function_args=list(arguments), **more,
    )  # fmt: skip
    assert isinstance(found, dict)
    return found


def test_a_deployed_contract_can_be_looked_up_but_publishes_no_functions(world: World) -> None:
    done = call(world, "deploy_smart_contract", contract_bytecode=CODE[2:].upper(), network="ethereum")
    found = call(
        world, "query_blockchain_data", network="ethereum", query_type="contract",
        identifier=done["contract_address"], include_details=True,
    )  # fmt: skip
    assert found["contract"]["bytecode_hash"] == done["bytecode_hash"]
    assert found["contract"]["creator"] == wallet(world)["evm_address"]
    assert [one["transaction_hash"] for one in found["transactions"]] == [done["transaction_hash"]]
    called = refusal(
        world, "ethereum_contract_interaction", contract_address=done["contract_address"], function_name="run",
        function_args=[],
    )  # fmt: skip
    assert called == ("not_found", "function_name")
    assert violations(world) == []


def test_a_deployment_needs_hexadecimal_code_and_enough_gas(world: World) -> None:
    for code in ("0x6", "hello", ""):
        found = refusal(world, "deploy_smart_contract", contract_bytecode=code, network="bsc")
        assert found == ("invalid_argument", "contract_bytecode")
    found = refusal(world, "deploy_smart_contract", contract_bytecode=CODE, network="bsc", gas_limit="21000")
    assert found == ("invalid_argument", "gas_limit")


def test_a_name_is_registered_once(world: World) -> None:
    registry = known_contract(world, "Harbour Names")
    done = run(world, registry, "register", "Tulips")
    assert (done["output"], done["value"]) == ("true", "0")
    assert run(world, registry, "resolve", "tulips")["output"] == wallet(world)["evm_address"]
    again = refusal(
        world, "ethereum_contract_interaction", contract_address=registry, function_name="register",
        function_args=["tulips"],
    )  # fmt: skip
    assert again == ("conflict", "function_args")


def test_reading_functions_cost_nothing_and_leave_no_trace(world: World) -> None:
    registry, digest = known_contract(world, "Harbour Names"), world.digest()
    assert run(world, registry, "name") == {"contract_address": registry, "function": "name", "output": "Harbour Names"}
    entry = next(row for row in world.store.rows(CONTRACT_ENTRIES) if row.contract == registry)
    assert run(world, registry, "resolve", entry.slot.removeprefix("name:"))["output"] == entry.value
    assert world.digest() == digest


def test_what_is_put_into_a_vault_can_be_taken_out_and_no_more(world: World) -> None:
    vault, own = known_contract(world, "Lantern Vault"), wallet(world)["evm_address"]
    before, deposited = Decimal(balance(world, "ethereum", "ETH")), int(run(world, vault, "depositOf", own)["output"])
    paid = run(world, vault, "deposit", value_eth="0.02")
    assert Decimal(balance(world, "ethereum", "ETH")) == before - Decimal("0.02") - Decimal(paid["fee"])
    assert int(run(world, vault, "depositOf", own)["output"]) == deposited + 20_000_000
    for number, code in (
        (str(deposited + 20_000_001), "invalid_state"),
        ("0", "invalid_state"),
        ("-1", "invalid_argument"),
    ):
        found = refusal(
            world, "ethereum_contract_interaction", contract_address=vault, function_name="withdraw",
            function_args=[number],
        )  # fmt: skip
        assert found == (code, "function_args")
    run(world, vault, "withdraw", "20000000")
    assert int(run(world, vault, "depositOf", own)["output"]) == deposited
    assert violations(world) == []


def test_a_token_contract_moves_tokens(world: World) -> None:
    token = call(world, "list_crypto_tokens", network="ethereum", query="FERN")["tokens"][0]["token_address"]
    other = next(row.evm for row in world.store.rows(SAVED_ADDRESSES) if row.evm)
    before = Decimal(balance(world, "ethereum", "FERN"))
    run(world, token, "transfer", other, "2500000")
    assert Decimal(balance(world, "ethereum", "FERN")) == before - Decimal("2.5")
    assert int(run(world, token, "balanceOf", other)["output"]) == 2_500_000
    run(world, token, "approve", other, "7")
    assert run(world, token, "allowance", wallet(world)["evm_address"], other)["output"] == "7"
    assert violations(world) == []


@pytest.mark.parametrize(
    ("function", "arguments", "more", "expected"),
    [
        ("melt", [], {}, ("not_found", "function_name")),
        ("register", [], {}, ("invalid_argument", "function_args")),
        ("register", [" "], {}, ("invalid_argument", "function_args")),
        ("register", ["kite"], {"value_eth": "0.1"}, ("invalid_argument", "value_eth")),
    ],
)
def test_a_call_that_does_not_fit_is_refused(
    world: World, function: str, arguments: list[str], more: dict[str, str], expected: tuple[str, str]
) -> None:
    registry = known_contract(world, "Harbour Names")
    found = refusal(
        world, "ethereum_contract_interaction", contract_address=registry, function_name=function,
        function_args=arguments, **more,
    )  # fmt: skip
    assert found == expected


def test_a_program_sends_lamports_from_the_account_that_signs(world: World) -> None:
    program = known_contract(world, "Coin Transfer")
    other = next(row.solana for row in world.store.rows(SAVED_ADDRESSES) if row.solana)
    travel = wallet(world, "Travel")["solana_address"]
    call(world, "solana_program_call", program_id=program, instruction="transfer", accounts=[other], lamports="5000000")
    call(
        world, "solana_program_call", program_id=program, instruction="transfer", accounts=[travel, other],
        lamports="5000000",
    )  # fmt: skip
    newest = list(world.store.newest(TRANSACTIONS))[:2]
    assert [row.senders for row in newest] == [(travel,), (wallet(world)["solana_address"],)]
    assert {(row.recipients, row.amount, row.arguments) for row in newest} == {((other,), "0.005", (other,))}
    assert violations(world) == []


def test_an_own_account_can_be_the_recipient(world: World) -> None:
    program = known_contract(world, "Coin Transfer")
    fresh = call(world, "create_wallet", wallet_type="hot", label="Fresh")["addresses"]["solana"]
    call(world, "solana_program_call", program_id=program, instruction="transfer", accounts=[fresh], lamports="7000000")
    assert balance(world, "solana", "SOL", "Fresh") == "0.007"


def test_a_block_is_found_by_number_or_transaction_once_it_is_there(world: World) -> None:
    row = next(row for row in world.store.rows(TRANSACTIONS) if row.network == "bitcoin")
    by_number, by_hash = (
        call(
            world, "query_blockchain_data", network="bitcoin", query_type="block", identifier=identifier,
            include_details=True,
        )["block"]
        for identifier in (str(row.block), row.id)
    )  # fmt: skip
    assert by_number == by_hash
    assert row.id in by_number["transactions"]
    future = refusal(
        world, "query_blockchain_data", network="bitcoin", query_type="block", identifier=str(row.block + 10**6)
    )
    assert future == ("not_found", "identifier")


@pytest.mark.parametrize(
    ("network", "query_type", "identifier", "code"),
    [
        ("ethereum", "transaction", "0x00", "not_found"),
        ("bitcoin", "block", "the newest", "invalid_argument"),
        ("bitcoin", "address", f"0x{'0' * 40}", "invalid_argument"),
        ("ethereum", "address", f"0x{'0' * 40}", "not_found"),
        ("bsc", "contract", f"0x{'0' * 40}", "not_found"),
    ],
)
def test_what_a_network_does_not_know_is_said(
    world: World, network: str, query_type: str, identifier: str, code: str
) -> None:
    found = refusal(world, "query_blockchain_data", network=network, query_type=query_type, identifier=identifier)
    assert found == (code, "identifier")


def test_monero_shows_own_addresses_only(world: World) -> None:
    other = next(row.monero for row in world.store.rows(SAVED_ADDRESSES) if row.monero)
    hidden = refusal(world, "query_blockchain_data", network="monero", query_type="address", identifier=other)
    assert hidden == ("permission_denied", "identifier")
    own = wallet(world)["monero_address"]
    found = call(world, "query_blockchain_data", network="monero", query_type="address", identifier=own)
    assert [line["asset"] for line in found["balances"]] == ["XMR"]


def test_the_history_is_found_by_person_and_network(world: World) -> None:
    row = next(row for row in world.store.newest(TRANSACTIONS) if row.counterparty)
    found = call(world, "list_crypto_transactions", query=row.counterparty, network=row.network)["transactions"]
    assert found[0]["transaction_hash"] == row.id
    (entry,) = call(world, "search_crypto_addresses", query=row.counterparty)["entries"]
    assert entry["name"] == row.counterparty
