"""jq's operators and string formats."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.services.shell.languages.jq_values import (
    JqError,
    Json,
    MemoryProblemError,
    charge,
    compare_key,
    dump,
    in_error,
    same,
)

__all__ = ["OPERATORS", "formatted", "text_of"]

_MOST: Final = 4 << 20
_HTML: Final = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", "'": "&#39;", '"': "&quot;"})
_TSV: Final = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"})


def _add(left: Json, right: Json) -> Json:
    if left is None:
        return right
    if right is None:
        return left
    if type(left) is type(right):
        if isinstance(left, float | str | list) and not isinstance(left, bool):
            return left + right
        if isinstance(left, dict):
            charge((len(left) + len(right)) // 16)
            return {**left, **right}
    raise JqError(f"{in_error(left)} and {in_error(right)} cannot be added")


def _subtract(left: Json, right: Json) -> Json:
    if isinstance(left, float) and isinstance(right, float):
        return left - right
    if isinstance(left, list) and isinstance(right, list):
        charge(len(left) * len(right))
        return [part for part in left if not any(same(part, other) for other in right)]
    raise JqError(f"{in_error(left)} and {in_error(right)} cannot be subtracted")


def _multiply(left: Json, right: Json) -> Json:
    if isinstance(left, float) and isinstance(right, float):
        return left * right
    if isinstance(left, str) and isinstance(right, float):
        return _repeated(left, right)
    if isinstance(left, float) and isinstance(right, str):
        return _repeated(right, left)
    if isinstance(left, dict) and isinstance(right, dict):
        return _merged(left, right, 0)
    raise JqError(f"{in_error(left)} and {in_error(right)} cannot be multiplied")


def _repeated(text: str, times: float) -> Json:
    if times <= 0 or math.isnan(times):
        return None
    count = max(math.ceil(times) if math.isfinite(times) else _MOST, 1) if times < 1 else int(min(times, _MOST))
    if len(text) * count > _MOST:
        raise MemoryProblemError
    return text * count


def _merged(left: dict[str, Json], right: dict[str, Json], depth: int) -> dict[str, Json]:
    if depth > 250:
        raise MemoryProblemError
    charge((len(left) + len(right)) // 16)
    found = dict(left)
    for name, part in right.items():
        held = found.get(name)
        both = isinstance(held, dict) and isinstance(part, dict)
        found[name] = _merged(held, part, depth + 1) if both else part  # type: ignore[arg-type]
    return found


def _divide(left: Json, right: Json) -> Json:
    if isinstance(left, float) and isinstance(right, float):
        if right == 0:
            raise JqError(f"{in_error(left)} and {in_error(right)} cannot be divided because the divisor is zero")
        return left / right
    if isinstance(left, str) and isinstance(right, str):
        return split(left, right)
    raise JqError(f"{in_error(left)} and {in_error(right)} cannot be divided")


def split(text: str, separator: str) -> list[Json]:
    """The parts of a text; its characters where the separator is empty."""
    if not text:
        return []
    return list(text) if not separator else list(text.split(separator))


def _remainder(left: Json, right: Json) -> Json:
    if isinstance(left, float) and isinstance(right, float):
        if math.isnan(left) or math.isnan(right):
            return math.nan
        one = int(max(min(left, 2.0**63), -(2.0**63)))
        two = int(max(min(right, 2.0**63), -(2.0**63)))
        if two == 0:
            words = "cannot be divided (remainder) because the divisor is zero"
            raise JqError(f"{in_error(left)} and {in_error(right)} {words}")
        return float(math.copysign(abs(one) % abs(two), one)) if one % two else 0.0
    raise JqError(f"{in_error(left)} and {in_error(right)} cannot be divided (remainder)")


def _less(left: Json, right: Json) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return left < right or math.isnan(left)
    return compare_key(left) < compare_key(right)


OPERATORS: Final[Mapping[str, Callable[[Json, Json], Json]]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _remainder,
    "==": same,
    "!=": lambda left, right: not same(left, right),
    "<": _less,
    ">": lambda left, right: _less(right, left),
    "<=": lambda left, right: not _less(right, left),
    ">=": lambda left, right: not _less(left, right),
}


def text_of(value: Json) -> str:
    """A value as tostring gives it."""
    return value if isinstance(value, str) else dump(value)


def formatted(how: str, value: Json) -> str:
    """A value in a format such as ``base64``.

    Raises:
        JqError: There is no such format, or the value cannot be written in it.
    """
    if how == "text":
        return text_of(value)
    if how == "json":
        return dump(value)
    if how in {"csv", "tsv"}:
        return _row(how, value)
    if how == "html":
        return text_of(value).translate(_HTML)
    if how == "uri":
        return quote(to_bytes(text_of(value)), safe="-_.~")
    if isinstance(value, list | str):
        charge(len(value) // 8)
    if how == "sh":
        return " ".join(map(_shell_word, value if isinstance(value, list) else [value]))
    if how == "base64":
        return base64.b64encode(to_bytes(text_of(value))).decode()
    if how == "base64d":
        text = text_of(value).rstrip("=")
        try:
            data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise JqError(f"{in_error(value)} is not valid base64 data") from None
        return from_bytes(data)
    raise JqError(f"{how} is not a valid format")


def _row(how: str, value: Json) -> str:
    if not isinstance(value, list):
        raise JqError(f"{in_error(value)} cannot be {how}-formatted, only array")
    charge(len(value))
    cells: list[str] = []
    for part in value:
        if isinstance(part, str):
            doubled = part.replace('"', '""')
            cells.append(f'"{doubled}"' if how == "csv" else part.translate(_TSV))
        elif part is None:
            cells.append("")
        elif isinstance(part, list | dict):
            raise JqError(f"{in_error(part)} is not valid in a csv row")
        else:
            cells.append(dump(part))
    return ("," if how == "csv" else "\t").join(cells)


def _shell_word(value: Json) -> str:
    if isinstance(value, list | dict):
        raise JqError(f"{in_error(value)} can not be escaped for shell")
    if not isinstance(value, str):
        return dump(value)
    escaped = value.replace("'", "'\\''")
    return f"'{escaped}'"
