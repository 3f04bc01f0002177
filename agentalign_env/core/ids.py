"""Ids that look like the real ones, are never issued twice, and need no state but a counter.

The n-th id of a style is ``((n + 1) * PRIME + salt) mod size`` in the style's alphabet: a bijection, so distinct numbers give distinct
ids, and the salt (from the world's seed and the table's name) makes them differ between worlds.
"""

from __future__ import annotations

import string
from typing import NamedTuple

__all__ = ["ALNUM", "BASE58", "BASE62", "BASE64URL", "DIGITS", "HEX", "HEX16", "IdStyle"]

_PRIME = 0x9a20a7cbe0b2cd9364e7d38d2145311d64ab877a3a8753633daee894828a3471  # 256 bits, so that long ids vary in every sign
DIGITS = string.digits
HEX = "0123456789abcdef"
ALNUM = string.digits + string.ascii_uppercase
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
BASE64URL = BASE62 + "-_"


class IdStyle(NamedTuple):
    """How ids of one kind look.

    Attributes:
        prefix: What each begins with, such as ``pi_``.
        alphabet: The characters of the rest.
        length: How many of them; at least 10**8 ids must fit.
    """

    prefix: str
    alphabet: str
    length: int

    def encode(self, number: int, salt: int) -> str:
        """The id of this number; distinct below ``9/10 * len(alphabet) ** length``. Never starts with the alphabet's first sign."""
        base = len(self.alphabet)
        floor = base ** (self.length - 1)
        value = floor + ((number + 1) * _PRIME + salt) % (floor * (base - 1))
        if self.alphabet is HEX:
            return f"{self.prefix}{value:x}"
        if self.alphabet is DIGITS:
            return f"{self.prefix}{value}"
        signs = []
        for _ in range(self.length):
            value, rest = divmod(value, base)
            signs.append(self.alphabet[rest])
        return self.prefix + "".join(reversed(signs))


HEX16 = IdStyle("", HEX, 16)
