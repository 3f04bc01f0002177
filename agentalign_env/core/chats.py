"""Chat ids of people: several services name them, and services do not import each other."""

from __future__ import annotations

from functools import lru_cache

from agentalign_env.core.ids import DIGITS, IdStyle
from agentalign_env.core.rng import derive_seed

__all__ = ["chat_id_of"]

_STYLE = IdStyle("", DIGITS, 10)


@lru_cache(maxsize=256)
def _salt(seed: int) -> int:
    return derive_seed("chat ids", seed)


def chat_id_of(person_id: str, seed: int) -> str:
    """The numeric chat id of a person, as ten digits; distinct people of a world have distinct ones.

    Args:
        person_id: The id of a `Person` of the background, such as ``person-00012``.
        seed: The world's seed.
    """
    return _STYLE.encode(int(person_id.rpartition("-")[2]), _salt(seed))
