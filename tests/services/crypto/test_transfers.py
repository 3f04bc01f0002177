"""Wallets and transfers: what leaves one address arrives at another, less what is said."""

from decimal import Decimal

import pytest

from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.crypto.networks import FEES
from agentalign_env.services.crypto.records import HOLDINGS, SAVED_ADDRESSES, TRANSACTIONS, WALLETS
from tests.services.crypto.calls import balance, call, refusal, violations, wallet


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def saved(world: World, family: str) -> str:
    return str(next(getattr(row, family) for row in world.store.rows(SAVED_ADDRESSES) if getattr(row, family)))


def test_a_new_wallet_is_as_asked_for_and_empty(world: World) -> None:
    made = call(world, "create_wallet", wallet_type="multi_sig", required_signatures=3, label="Choir")
    assert made == {
        "wallet_id": made["wallet_id"],
        "label": "Choir",
        "wallet_type": "multi_sig",
        "encryption_level": "standard",
        "backup_enabled": True,
        "required_signatures": 3,
        "addresses": made["addresses"],
        "created_at": made["created_at"],
    }
    assert made["addresses"].keys() == {"bitcoin", "evm", "solana", "monero"}
    listed = wallet(world, "Choir")
    assert (listed["balances"], listed["default"]) == ([], False)
    assert listed["bitcoin_address"] == made["addresses"]["bitcoin"]
    assert violations(world) == []


@pytest.mark.parametrize(("wallet_type", "signatures"), [("hot", 2), ("cold", 3), ("multi_sig", 1)])
def test_the_number_of_signatures_fits_the_type(world: World, wallet_type: str, signatures: int) -> None:
    found = refusal(world, "create_wallet", wallet_type=wallet_type, required_signatures=signatures)
    assert found == ("invalid_argument", "required_signatures")


def test_two_wallets_share_no_address(world: World) -> None:
    one, other = (call(world, "create_wallet", wallet_type="hot")["addresses"] for _ in range(2))
    assert not {*one.values()} & {*other.values()}


def test_sent_bitcoin_arrives_and_the_change_comes_back(world: World) -> None:
    sender, recipient = wallet(world)["bitcoin_address"], saved(world, "bitcoin")
    before = Decimal(balance(world, "bitcoin", "BTC"))
    fees = world.store.where(HOLDINGS, "address", FEES)[0].units
    sent = call(
        world, "bitcoin_transaction", from_address=sender, to_address=recipient, amount_btc="0.00200", note="Tea"
    )
    assert (sent["status"], sent["confirmations"], sent["amount"], sent["fee_asset"]) == ("pending", 0, "0.002", "BTC")
    assert (sent["senders"], sent["recipients"], sent["note"]) == ([sender], [recipient], "Tea")
    assert Decimal(balance(world, "bitcoin", "BTC")) == before - Decimal("0.002") - Decimal(sent["fee"])
    assert world.store.where(HOLDINGS, "address", FEES)[0].units == fees + int(Decimal(sent["fee"]) * 10**8)
    coins = world.store.where(HOLDINGS, "address", recipient)[0].coins
    assert coins[-1].startswith(sent["transaction_hash"])
    assert coins[-1].endswith(":200000")
    assert violations(world) == []


def test_coins_are_chosen_as_asked(world: World) -> None:
    sender, recipient = wallet(world)["bitcoin_address"], saved(world, "bitcoin")

    def spent(strategy: str) -> set[str]:
        twin = world.fork()
        before = {*twin.store.where(HOLDINGS, "address", sender)[0].coins}
        call(
            twin, "bitcoin_transaction", from_address=sender, to_address=recipient, amount_btc="0.0001",
            utxo_selection=strategy,
        )  # fmt: skip
        return before - {*twin.store.where(HOLDINGS, "address", sender)[0].coins}

    coins = world.store.where(HOLDINGS, "address", sender)[0].coins
    by_worth = sorted(coins, key=lambda coin: int(coin.rpartition(":")[2]))
    enough = [coin for coin in by_worth if int(coin.rpartition(":")[2]) >= 10_000 + 141 * 12]
    assert spent("economic") == {by_worth[-1]}
    assert spent("privacy") == {enough[0]}
    assert spent("age_based") >= {coins[0]}


def test_a_higher_fee_rate_costs_more(world: World) -> None:
    sender, recipient = wallet(world)["bitcoin_address"], saved(world, "bitcoin")
    fees = [
        Decimal(
            call(
                world.fork(), "bitcoin_transaction", from_address=sender, to_address=recipient, amount_btc="0.0001",
                fee_rate=rate,
            )["fee"]
        )
        for rate in ("1", "12", "50.5")
    ]  # fmt: skip
    assert fees == sorted({*fees})


@pytest.mark.parametrize(
    "amount",
    ["0.000000001", "999999999999.000000000000000001", "0", "0.00", "0.00000001", "-1", "1e3", "ten", "", "1,5"],
)
def test_an_amount_that_is_none_is_refused(world: World, amount: str) -> None:
    arguments = {"from_address": wallet(world)["bitcoin_address"], "to_address": saved(world, "bitcoin")}
    assert refusal(world, "bitcoin_transaction", **arguments, amount_btc=amount) == ("invalid_argument", "amount_btc")


def test_only_the_owners_hot_wallets_are_spent_from(world: World) -> None:
    to_address = wallet(world)["bitcoin_address"]
    cold = wallet(world, "Savings")["bitcoin_address"]
    for sender, code in ((saved(world, "bitcoin"), "permission_denied"), (cold, "invalid_state")):
        found = refusal(world, "bitcoin_transaction", from_address=sender, to_address=to_address, amount_btc="0.001")
        assert found == (code, "from_address")


def test_more_than_there_is_cannot_be_sent(world: World) -> None:
    sender = wallet(world)["bitcoin_address"]
    found = refusal(
        world, "bitcoin_transaction", from_address=sender, to_address=saved(world, "bitcoin"), amount_btc="2"
    )
    assert found == ("insufficient_funds", "amount_btc")
    found = refusal(world, "monero_private_transfer", destination=saved(world, "monero"), amount_xmr="1000")
    assert found == ("insufficient_funds", "amount_xmr")


def test_a_payment_request_has_a_link_and_a_uri(world: World) -> None:
    address = wallet(world)["bitcoin_address"]
    made = call(world, "create_bitcoin_payment", to_address=address, amount_btc="0.0100", message="Raised beds")
    assert made["uri"] == f"bitcoin:{address}?amount=0.01&message=Raised%20beds"
    assert made["link"].endswith(made["request_id"])
    assert (made["status"], made["amount"], made["message"]) == ("open", "0.01", "Raised beds")
    free = call(world, "create_bitcoin_payment", to_address=address)
    assert (free["uri"], "amount" in free) == (f"bitcoin:{address}", False)
    too_much = refusal(world, "create_bitcoin_payment", to_address=address, amount_btc="21000001")
    assert too_much == ("invalid_argument", "amount_btc")


def test_monero_goes_from_the_default_wallet_and_hurry_costs(world: World) -> None:
    to_address = saved(world, "monero")
    before = Decimal(balance(world, "monero", "XMR"))
    sent = call(world, "monero_private_transfer", destination=to_address, amount_xmr="0.25", note="Jam")
    assert (sent["recipients"], sent["amount"], sent["note"]) == ([to_address], "0.25", "Jam")
    assert Decimal(balance(world, "monero", "XMR")) == before - Decimal("0.25") - Decimal(sent["fee"])
    fast = call(world, "monero_private_transfer", destination=to_address, amount_xmr="0.25", priority="fast")
    assert Decimal(fast["fee"]) > Decimal(sent["fee"])
    assert violations(world) == []


def test_pooled_coins_come_out_in_equal_parts_less_one_percent(world: World) -> None:
    source, savings = wallet(world)["bitcoin_address"], wallet(world, "Savings")["bitcoin_address"]
    fresh = call(world, "create_wallet", wallet_type="hot", label="Fresh")["addresses"]["bitcoin"]
    done = call(
        world, "mix_cryptocurrency", input_addresses=[source], output_addresses=[fresh, savings], amount="0.002",
        delay_range={"min": 10.0, "max": 120.0},
    )  # fmt: skip
    assert (done["amount"], done["pool_fee"]) == ("0.002", "0.00002")
    assert {line["amount"] for line in done["outputs"]} == {"0.00099"}
    assert balance(world, "bitcoin", "BTC", "Fresh") == "0.00099"
    payout = call(
        world, "query_blockchain_data", network="bitcoin", query_type="transaction",
        identifier=done["payout_transaction_hash"],
    )["transaction"]  # fmt: skip
    assert (payout["status"], source in payout["senders"]) == ("pending", False)
    assert violations(world) == []


def test_everything_is_pooled_without_an_amount(world: World) -> None:
    own = wallet(world)
    call(
        world,
        "mix_cryptocurrency",
        input_addresses=[own["bitcoin_address"]],
        output_addresses=[saved(world, "bitcoin")],
    )
    call(world, "mix_cryptocurrency", input_addresses=[own["evm_address"]], output_addresses=[saved(world, "evm")])
    assert balance(world, "bitcoin", "BTC") == balance(world, "ethereum", "ETH") == "0"
    assert violations(world) == []


def test_pooling_refuses_strangers_other_networks_and_circles(world: World) -> None:
    own, other = wallet(world), saved(world, "bitcoin")
    source = own["bitcoin_address"]
    for inputs, outputs, expected in (
        ([other], [source], ("permission_denied", "input_addresses")),
        ([source], [saved(world, "evm")], ("invalid_argument", "output_addresses")),
        ([source], [source], ("invalid_argument", "output_addresses")),
        ([own["monero_address"]], [saved(world, "monero")], ("invalid_argument", "input_addresses")),
    ):
        found = refusal(world, "mix_cryptocurrency", input_addresses=inputs, output_addresses=outputs, amount="0.001")
        assert found == expected
    backwards = refusal(
        world,
        "mix_cryptocurrency",
        input_addresses=[source],
        output_addresses=[other],
        delay_range={"min": 9, "max": 1},
    )
    assert backwards == ("invalid_argument", "delay_range")


@pytest.mark.parametrize(("size", "seed"), [("small", 0), ("small", 7), ("medium", 1)])
def test_a_world_begins_with_funded_wallets_and_a_past(size: str, seed: int) -> None:
    world = new_world(size, seed)
    assert [row.label for row in world.store.rows(WALLETS)] == ["Everyday", "Savings", "Travel"]
    assert Decimal(balance(world, "bitcoin", "BTC")) > Decimal("0.004")
    names = {person.name for person in world.background.people}
    past = [row for row in world.store.rows(TRANSACTIONS) if row.kind == "transfer"]
    assert {row.counterparty for row in past} & names
    assert {row.network for row in past} == {"bitcoin", "ethereum", "solana", "monero"}
    assert violations(world) == []
