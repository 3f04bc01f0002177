"""Ids that look like the real ones, are never issued twice, and need no state but a counter.

The n-th id of a style is ``((n + 1) * PRIME + salt * SPREAD) mod size`` in the style's alphabet: a bijection, so
distinct numbers give distinct ids, and the salt (of the world's seed and the table) makes them differ between worlds.
"""

from __future__ import annotations

import string

from agentalign_env.core.rng import derive_seed

__all__ = ["ALNUM", "BASE58", "BASE62", "BASE64URL", "DIGITS", "HEX", "HEX16", "IdStyle", "id_salt"]

_PRIME = (
    0x9A20A7CBE0B2CD9364E7D38D2145311D64AB877A3A8753633DAEE894828A3471  # 256 bits, so that long ids vary in every sign
)
_SPREAD = _PRIME >> 3 | 1  # carries a 64-bit salt into every sign of a long id
DIGITS = string.digits
HEX = "0123456789abcdef"
ALNUM = string.digits + string.ascii_uppercase
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
BASE64URL = BASE62 + "-_"


class IdStyle:
    """How ids of one kind look.

    Args:
        prefix: What each begins with, such as ``pi_``.
        alphabet: The characters of the rest.
        length: How many of them; at least 10**8 ids must fit.
    """

    __slots__ = ("_floor", "_size", "_spread", "_step", "alphabet", "length", "prefix")

    def __init__(self, prefix: str, alphabet: str, length: int) -> None:
        self.prefix, self.alphabet, self.length = prefix, alphabet, length
        self._floor = len(alphabet) ** (length - 1)
        self._size = self._floor * (len(alphabet) - 1)
        self._step, self._spread = _PRIME % self._size, _SPREAD % self._size

    def __repr__(self) -> str:
        return f"IdStyle({self.prefix!r}, {self.alphabet!r}, {self.length})"

    def encode(self, number: int, salt: int) -> str:
        """The id of this number; distinct for numbers that differ by less than ``9/10 * len(alphabet) ** length``."""
        value = self._floor + ((number + 1) * self._step + salt * self._spread) % self._size
        alphabet = self.alphabet
        if alphabet is HEX:
            return f"{self.prefix}{value:x}"
        if alphabet is DIGITS:
            return f"{self.prefix}{value}"
        base, signs = len(alphabet), []
        for _ in range(self.length):
            value, rest = divmod(value, base)
            signs.append(alphabet[rest])
        signs.reverse()
        return self.prefix + "".join(signs)


def id_salt(table: str, seed: int) -> int:
    """What makes the ids of a table differ between worlds of different seeds."""
    return derive_seed("ids", table, seed)


HEX16 = IdStyle("", HEX, 16)
