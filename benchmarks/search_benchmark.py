"""A page of search results, in a world and in one with ten times the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from agentalign_env import load_tools, new_world
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.types import ToolCall
from benchmarks.fixtures import rows_of, world_of
from benchmarks.measure import Figure, Settings, Work, measure, ratio

__all__ = ["run"]

_GROWTH_GOAL = 3.0
_CASES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("mail, a common word", "search_gmail", {"q": "invoice"}),
    ("mail, two words", "search_gmail", {"q": "week invoice"}),
    ("mail, no such word", "search_gmail", {"q": "zyzzyva"}),
    ("mail, no query", "search_gmail", {}),
    ("SMS", "search_sms", {"query": "week"}),
    ("chats", "search_telegram_messages", {"query": "week"}),
    ("contacts", "search_contacts", {"query": "anna"}),
    ("web", "search_google", {"query": "garden water"}),
    ("posts", "search_twitter_content", {"query": "garden"}),
    ("payments", "list_stripe_payments", {}),
    ("files", "list_files", {}),
    ("products", "search_products_amazon", {"keyword": "garden lamp"}),
    ("products, cheapest first", "search_products_taobao", {"keyword": "garden", "sort": "price_asc"}),
    ("shop orders", "list_amazon_orders", {}),
    ("restaurants", "search_merchant_doordash", {"query": "pizza", "address": "here"}),
    ("coin transactions", "list_crypto_transactions", {}),
)


def run(settings: Settings) -> Iterator[Figure]:
    """Every search tool that reads a table of its own; the call alone, without an environment."""
    sizes = [world_of(settings.large_rows // share) for share in (10, 1)]
    rows = [rows_of(size) for size in sizes]
    works = [Work(_search(size, tool, arguments)) for _, tool, arguments in _CASES for size in sizes]
    timings = measure(works, settings)
    for at, (what, _, _) in enumerate(_CASES):
        small, large = timings[2 * at : 2 * at + 2]
        yield Figure.of(f"{what}, {rows[0]:,} rows", small)
        yield Figure.of(f"{what}, {rows[1]:,} rows", large)
        yield Figure(f"{what}, 10 times the rows", value=ratio(large, small), unit="x", goal=_GROWTH_GOAL)


def _search(size: str, tool: str, arguments: dict[str, Any]) -> Callable[[], ToolResult]:
    world, tools, call = new_world(size), load_tools(), ToolCall("1", tool, arguments)
    first = execute(world, tools, call)
    if first.code:
        raise RuntimeError(f"expected {tool} to answer, got {first.content}")
    return lambda: execute(world, tools, call)
