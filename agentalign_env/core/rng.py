"""Named random streams. Each is a pure function of its names, so no stream ever shifts another."""

from __future__ import annotations

import hashlib
from random import Random

__all__ = ["Random", "derive_seed", "stream"]


def derive_seed(*names: str | int) -> int:
    """A 64-bit seed from names; the same in every process and on every platform."""
    text = "".join(
        f"{type(name).__name__}:{len(str(name))}:{name}" for name in names
    )  # no two lists of names read alike
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def stream(*names: str | int) -> Random:
    """A generator of its own for these names."""
    return Random(derive_seed(*names))
