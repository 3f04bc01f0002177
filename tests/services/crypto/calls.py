"""Driving the crypto service through its tools."""

from typing import Any

import orjson

from agentalign_env.core.world import World
from agentalign_env.services.crypto.service import SERVICE
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall


def call(world: World, tool: str, **arguments: Any) -> Any:
    return orjson.loads(execute(world, load_tools(), ToolCall("1", tool, arguments)).content)


def refusal(world: World, tool: str, **arguments: Any) -> tuple[str, str | None]:
    """The code and the field of the error; the call must leave no trace."""
    before = world.digest()
    error = call(world, tool, **arguments)["error"]
    assert world.digest() == before
    return error["code"], error.get("field")


def violations(world: World) -> list[str]:
    return [sentence for check in SERVICE.invariants for sentence in check(world)]


def wallet(world: World, label: str = "Everyday") -> dict[str, Any]:
    (found,) = call(world, "list_crypto_wallets", query=label)["wallets"]
    assert isinstance(found, dict)
    return found


def balance(world: World, network: str, asset: str, label: str = "Everyday") -> str:
    lines = wallet(world, label)["balances"]
    return next((line["amount"] for line in lines if (line["network"], line["asset"]) == (network, asset)), "0")


def known_contract(world: World, query: str) -> str:
    return str(call(world, "search_smart_contracts", query=query)["contracts"][0]["contract_address"])
