"""awk's printf."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Final

from agentalign_env.services.shell.languages.awk_values import AwkError, Scalar, StrNum, format_number, to_number
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS

__all__ = ["MAX_CHARS", "formatted"]

MAX_CHARS: Final = DEFAULT_SHELL_LIMITS.variable_chars
_SPEC: Final = re.compile(r"%([-+ #0']*)(\*|\d+)?(?:\.(\*|\d*))?[hlLqjzt]*(.)", re.DOTALL)


def formatted(how: str, args: Sequence[Scalar], to_text: Callable[[Scalar], str]) -> str:
    """The arguments written as the format says.

    Raises:
        AwkError: An argument is missing, or a field is too wide.
    """
    ahead = iter(args)
    parts: list[str] = []
    at = 0
    for found in _SPEC.finditer(how):
        if found.start() < at:
            continue
        parts.append(how[at : found.start()])
        at = found.end()
        flags, width, precision, kind = found.groups()
        if kind == "%":
            parts.append("%")
            continue

        def following(end: int = found.end()) -> Scalar:
            for value in ahead:
                return value
            words = (
                f"not enough arguments to satisfy format string\n\t`{how}'\n\t{' ' * (end - 1)}^ ran out for this one"
            )
            raise AwkError(words)

        wide = _size(width, following)
        sharp = None if precision is None else _size(precision or "0", following)
        if kind not in "diouxXeEfFgGcsaA":
            parts.append(found[0])
            continue
        if wide is not None and wide < 0:
            flags, wide = flags + "-", -wide
        head = "%" + flags.replace("'", "") + ("" if wide is None else str(wide))
        head += "" if sharp is None or sharp < 0 else f".{sharp}"
        parts.append(_one(head, kind, following(), to_text))
        if sum(map(len, parts[-2:])) > MAX_CHARS:
            raise AwkError("out of memory")
    return "".join(parts) + how[at:]


def _size(text: str | None, following: Callable[[], Scalar]) -> int | None:
    if text is None:
        return None
    size = int(to_number(following())) if text == "*" else int(text[:9])
    if abs(size) > MAX_CHARS:
        raise AwkError("out of memory")
    return size


def _one(head: str, kind: str, value: Scalar, to_text: Callable[[Scalar], str]) -> str:
    if kind == "s":
        return (head + "s") % to_text(value)
    if kind == "c":
        if isinstance(value, float) or (isinstance(value, StrNum) and value != ""):
            number = int(to_number(value)) if math.isfinite(to_number(value)) else 0
            char = chr(number) if 0 <= number < 0x110000 and not 0xD800 <= number < 0xE000 else ""
        else:
            char = value[:1]
        return (head + "s") % char
    number_value = to_number(value)
    if not math.isfinite(number_value):
        return (head.partition(".")[0].replace("0", "") + "s") % format_number(number_value, "%.6g")
    if kind in "diouxX":
        whole = int(number_value)
        if kind in "ouxX" and whole < 0:
            return (head.partition(".")[0] + "d") % whole
        text = (head + {"i": "d", "u": "d"}.get(kind, kind)) % whole
        return text.replace("0o", "0", 1) if kind == "o" else text
    return (head + kind.replace("a", "e").replace("A", "E")) % number_value
