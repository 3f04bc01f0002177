"""What an agent sent, copied into plain JSON values: no foreign types, cycles, or texts that cannot be written."""

from __future__ import annotations

from math import isfinite
from typing import Any

__all__ = ["NotJsonError", "copy_arguments", "copy_flat", "require_text"]

_DEPTH = 64
_NODES = 100_000
_FLAT, _FLAT_CHARS = 32, 4_000
_LEAST_INT, _MOST_INT = -(1 << 63), (1 << 64) - 1


class NotJsonError(ValueError):
    """A value that JSON text cannot hold; the message says where, what, and what to do."""


def copy_arguments(arguments: dict[Any, Any], chars: int) -> dict[str, Any]:
    """A copy of a call's arguments in plain JSON values.

    Args:
        arguments: What the agent sent.
        chars: How many characters all texts together may have.

    Raises:
        NotJsonError: Something in it is not a JSON value, or it is nested too deeply or too large.
    """
    plain = copy_flat(arguments) if type(arguments) is dict else None
    if plain is not None:
        return plain
    copied = _Copy(chars).value(arguments, "arguments", 0)
    assert isinstance(copied, dict)
    return copied


def copy_flat(arguments: dict[Any, Any]) -> dict[str, Any] | None:
    """The copy of what agents nearly always send: short ASCII texts, numbers, lists of such texts. Else ``None``."""
    if len(arguments) > _FLAT:
        return None
    copied = arguments.copy()
    for key, value in arguments.items():
        kind = type(value)
        if type(key) is not str or not key.isascii():
            return None
        if kind is str:
            if not value.isascii() or len(value) > _FLAT_CHARS:
                return None
        elif kind is list:
            if len(value) > _FLAT or not _are_plain_texts(value):
                return None
            copied[key] = value.copy()
        elif kind is int:
            if not _LEAST_INT <= value <= _MOST_INT:
                return None
        elif kind is float:
            if not isfinite(value):
                return None
        elif kind is not bool and value is not None:
            return None
    return copied


def _are_plain_texts(values: list[Any]) -> bool:
    for value in values:  # noqa: SIM110 - a generator would take twice as long
        if type(value) is not str or not value.isascii() or len(value) > _FLAT_CHARS:
            return False
    return True


def require_text(value: object, what: str, chars: int, *, least: int = 0) -> str:
    """The value as a plain string.

    Raises:
        NotJsonError: It is no string, too long or too short, or holds a lone surrogate.
    """
    if not isinstance(value, str):
        raise NotJsonError(f"got {what} of type {type(value).__name__}. Make it text.")
    text = str.__str__(value)
    if not least <= len(text) <= chars:
        raise NotJsonError(f"got {what} with {len(text)} characters. Use {least} to {chars}.")
    if not text.isascii():
        _require_unicode(text, what)
    return text


def _require_unicode(text: str, what: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotJsonError(
            f"got {what} with a lone surrogate at character {error.start}. Send valid Unicode."
        ) from None


class _Copy:
    """One copy in progress, with what it may still take."""

    __slots__ = ("chars", "nodes")

    def __init__(self, chars: int) -> None:
        self.chars, self.nodes = chars, _NODES

    def value(self, value: object, where: str, depth: int) -> Any:
        """The plain copy of a value at a place."""
        self.nodes -= 1
        if self.nodes < 0:
            raise NotJsonError(f"got more than {_NODES} values in the arguments. Send less in one call.")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(value, where)
        if isinstance(value, dict | list | tuple):
            if depth == _DEPTH:
                raise NotJsonError(f"got arguments nested deeper than {_DEPTH} levels. Flatten them.")
            if isinstance(value, dict):
                return self._object(value, where, depth)
            return [self.value(item, f"{where}[{number}]", depth + 1) for number, item in enumerate(value)]
        if type(value) is int:
            if _LEAST_INT <= value <= _MOST_INT:
                return value
            raise NotJsonError(f"got an integer beyond 64 bits at {where}. Send it as text.")
        if type(value) is float:
            if isfinite(value):
                return value
            raise NotJsonError(
                f"got a number that is not finite at {where}. JSON has no NaN or infinity; send a finite number."
            )
        raise NotJsonError(f"got a value of type {type(value).__name__} at {where}. Use JSON values only.")

    def _text(self, value: str, where: str) -> str:
        text = require_text(value, f"text at {where}", self.chars)
        self.chars -= len(text)
        return text

    def _object(self, value: dict[Any, Any], where: str, depth: int) -> dict[str, Any]:
        copied = {}
        for key, item in dict.items(value):
            if not isinstance(key, str):
                raise NotJsonError(f"got a key of type {type(key).__name__} in {where}. Keys are text.")
            name = self._text(key, f"a key of {where}")
            copied[name] = self.value(item, f"{where}.{name[:40]}", depth + 1)
        return copied
