"""Swaps and the bridge: prices follow from reserves, and nothing is made or lost on the way."""

from decimal import Decimal

import pytest

from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.crypto.ledger import held
from agentalign_env.services.crypto.records import POOLS
from tests.services.crypto.calls import balance, call, refusal, violations, wallet


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def address(world: World) -> str:
    return str(wallet(world)["evm_address"])


def token_address(world: World, network: str, symbol: str) -> str:
    return str(call(world, "list_crypto_tokens", network=network, query=symbol)["tokens"][0]["token_address"])


def test_a_swap_gives_what_was_quoted_and_its_product_does_not_fall(world: World) -> None:
    pool = next(one for one in world.store.where(POOLS, "network", "ethereum") if one.token_b == "EXUSD")
    reserves = [held(world, "ethereum", pool.id, token) for token in (pool.token_a, pool.token_b)]
    quote = call(world, "quote_token_swap", from_token="EXUSD", to_token="ETH", amount="40")
    before = Decimal(balance(world, "ethereum", "ETH"))
    done = call(
        world, "execute_dex_swap", from_token="EXUSD", to_token="ETH", amount="40", wallet_address=address(world)
    )
    assert (done["asset"], done["amount"], done["asset_out"]) == ("EXUSD", "40", "ETH")
    assert done["amount_out"] == quote["amount_out"]
    after = Decimal(balance(world, "ethereum", "ETH"))
    assert after == before + Decimal(done["amount_out"]) - Decimal(done["fee"])
    now = [held(world, "ethereum", pool.id, token) for token in (pool.token_a, pool.token_b)]
    assert now[0] * now[1] >= reserves[0] * reserves[1]
    assert violations(world) == []


def test_a_token_without_a_pool_of_its_own_goes_over_another(world: World) -> None:
    quote = call(world, "quote_token_swap", from_token="FERN", to_token="TIDE", amount="10", network="polygon")
    assert quote["route"] == ["FERN", "POL", "TIDE"]


def test_a_price_beyond_the_slippage_is_refused_with_both_prices(world: World) -> None:
    arguments = {"from_token": "EXUSD", "to_token": "ETH", "amount": "400", "wallet_address": address(world)}
    assert refusal(world, "execute_dex_swap", **arguments, slippage=0.001) == ("invalid_state", "slippage")
    message = call(world, "execute_dex_swap", **arguments, slippage=0.001)["error"]["message"]
    assert message.count("1 EXUSD = ") == 2
    assert call(world, "execute_dex_swap", **arguments, slippage=5)["kind"] == "swap"


def test_the_route_that_gives_most_gives_no_less_than_the_shortest(world: World) -> None:
    given = {}
    for preference in ("lowest_gas", "highest_return", "balanced"):
        done = call(
            world.fork(), "binance_smart_chain_swap", token_in="EXUSD", token_out="BNB", amount="30",
            route_preference=preference,
        )  # fmt: skip
        given[preference] = Decimal(done["amount_out"])
        assert (done["network"], done["senders"]) == ("bsc", [address(world)])
    assert given["highest_return"] >= given["balanced"]
    assert given["highest_return"] >= given["lowest_gas"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"to_token": "EXUSD"}, ("invalid_argument", "to_token")),
        ({"to_token": "BNB"}, ("not_found", "to_token")),
        ({"amount": "0.0000001"}, ("invalid_argument", "amount")),
        ({"amount": "100000"}, ("invalid_state", "slippage")),
        ({"amount": "900"}, ("insufficient_funds", "amount")),
        ({"wallet_address": f"0x{'1' * 40}"}, ("permission_denied", "wallet_address")),
    ],
)
def test_a_swap_that_cannot_be_is_refused(world: World, changed: dict[str, str], expected: tuple[str, str]) -> None:
    arguments = {"from_token": "EXUSD", "to_token": "ETH", "amount": "10", "wallet_address": address(world)}
    assert refusal(world, "execute_dex_swap", **{**arguments, **changed}) == expected


def test_the_bridge_locks_here_and_credits_there_less_its_fee(world: World) -> None:
    token, to = token_address(world, "ethereum", "EXUSD"), address(world)
    before = [Decimal(balance(world, network, "EXUSD")) for network in ("ethereum", "polygon")]
    done = call(
        world, "execute_cross_chain_transfer", from_chain="ethereum", to_chain="polygon", token_address=token,
        amount="25", recipient=to,
    )  # fmt: skip
    assert (done["token"], done["amount"], done["amount_received"]) == ("EXUSD", "25", "24.975")
    after = [Decimal(balance(world, network, "EXUSD")) for network in ("ethereum", "polygon")]
    assert after == [before[0] - 25, before[1] + Decimal("24.975")]
    there = call(
        world, "query_blockchain_data", network="polygon", query_type="transaction",
        identifier=done["target_transaction_hash"],
    )  # fmt: skip
    assert (there["transaction"]["kind"], there["transaction"]["recipients"]) == ("bridge_in", [to])
    assert violations(world) == []


def test_the_bridge_refuses_one_chain_and_strange_tokens(world: World) -> None:
    token = token_address(world, "ethereum", "FERN")
    arguments = {"from_chain": "ethereum", "to_chain": "bsc", "amount": "5", "recipient": address(world)}
    same = {**arguments, "to_chain": "ethereum", "token_address": token}
    assert refusal(world, "execute_cross_chain_transfer", **same) == ("invalid_argument", "to_chain")
    strange = {**arguments, "token_address": token_address(world, "bsc", "FERN")}
    assert refusal(world, "execute_cross_chain_transfer", **strange) == ("not_found", "token_address")
