"""Values that are stated, and that the tool or the world refuses: proven by carrying the plan out with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentalign_env.core.rng import Random
from benchmarks.executability.anatomy import Anatomy, Stated
from benchmarks.executability.breaking.broken import Broken

__all__ = ["invalid_value", "refusal"]

_REFUSED = frozenset({"invalid_argument", "insufficient_funds", "limit_exceeded", "invalid_state", "conflict"})
_ROWS = 24  # of a table that are tried for one in a state that the step cannot use

_MALFORMED: dict[str, tuple[str, ...]] = {
    "EmailAddress": ("hello.greenhouse.example", "office@@postbox.example", "reception@", "@harbour.example"),
    "PhoneNumber": ("+1555", "12", "555-CALL", "+44 20 79"),
    "CurrencyCode": ("XAU", "ZZZ", "DOGE", "LYD", "XPF"),
    "Url": ("htp:/reading-room.example", "https//:reading-room"),
    "BitcoinAddress": ("bc1qdemo", "1Demo0OIl", "bc1q-not-an-address"),
    "MoneroAddress": ("4zDemo", "monero-account-7"),
    "EvmAddress": ("0x7e57", "0xZZ57"),
    "SolanaAddress": ("zDemo0", "sol-address-1"),
    "TransactionHash": ("0x12345", "12345"),
    "MediaUrl": ("htp:/media.example/latest", "https//:media.lightbox.example"),
    "PackageName": ("left*pad", "flask=latest!"),
    "MachineName": ("attic_pc!", "media box"),
}
_AMOUNTS = ("7400000", "950000", "-25", "-5", "0")
_COINS = ("250000", "-0.5", "0", "9000")
_CHOICES = {
    "wallet_type": ("lukewarm", "frozen"),
    "network": ("dogecoin", "litecoin"),
    "payment_data": ("LIBRARY CARD", "BONUS POINTS"),
}


def invalid_value(anatomy: Anatomy, rng: Random) -> Iterator[Broken]:
    """One stated value is replaced by one that is refused: malformed, out of range, unfunded, or in a wrong state."""
    places = list(anatomy.stated())
    rng.shuffle(places)
    for place in places:
        for value, words in _tries(anatomy, place, rng):
            code = refusal(anatomy, place, value)
            if code not in _REFUSED:
                continue
            changed = anatomy.respoken(place, words)
            if words in changed and place.binding.spoken not in changed:
                tool = anatomy.steps[place.step].tool.name
                yield Broken(changed, anatomy.scenario.tools, f"{tool} refuses {words!r} with {code}")
                break


def refusal(anatomy: Anatomy, place: Stated, value: Any) -> str:
    """The code with which the step answers when this value stands in its place; empty when it does not refuse it."""
    number = str(anatomy.looking + place.step)
    run = anatomy.run_with({place.slot: value})
    return next((result.code for result in run.results if result.call.id == number), "") or ""


def _tries(anatomy: Anatomy, place: Stated, rng: Random) -> Iterator[tuple[Any, str]]:
    """Values to try, each with its words: what is wrong in itself first, then entities in another state."""
    semantic, value, source = place.semantic, place.value, place.binding.source
    if semantic in _MALFORMED:
        for text in rng.sample(_MALFORMED[semantic], len(_MALFORMED[semantic])):
            yield text, text
    elif semantic in ("Amount", "CoinAmount"):
        texts = _AMOUNTS if semantic == "Amount" else _COINS
        for text in rng.sample(texts, len(texts)):
            yield _like(value, text), text
    elif isinstance(value, int) and not isinstance(value, bool) and place.binding.spoken.isdecimal():
        for number in rng.sample((value * 400, -3, 0), 3):
            yield number, str(number)
    elif place.argument in _CHOICES and place.binding.words == place.binding.spoken:
        for text in _CHOICES[place.argument]:
            yield text, text
    stem, _, field = source.partition(".")
    tables = anatomy.scenario.new_world().base.table_by_name
    if field == "id" and stem in tables:
        world = anatomy.scenario.new_world()
        rows = [row for row in world.store.rows(tables[stem]) if row[0] != value]
        for row in rng.sample(rows, min(_ROWS, len(rows))):
            if _same_scope(anatomy, place, row):
                yield row[0], row[0]


def _same_scope(anatomy: Anatomy, place: Stated, row: Any) -> bool:
    """Whether a row is the provider's that the step goes to."""
    pins = anatomy.steps[place.step].tool.pins
    return all(getattr(row, name) == value for name, value in pins.items() if name in row._fields)


def _like(value: Any, text: str) -> Any:
    """A number in the form that the slot has: some tools take amounts as texts."""
    if isinstance(value, str):
        return text
    return float(text) if "." in text else int(text)
