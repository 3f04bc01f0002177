"""The functions of jq that make a value of the input and of plain arguments."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Final

from agentalign_env.core.text import to_bytes
from agentalign_env.services.shell.languages.jq_operators import OPERATORS, formatted, split, text_of
from agentalign_env.services.shell.languages.jq_paths import delete_paths, index, set_path
from agentalign_env.services.shell.languages.jq_reader import JsonProblemError, read_one
from agentalign_env.services.shell.languages.jq_times import TIME_FUNCTIONS
from agentalign_env.services.shell.languages.jq_values import (
    JqError,
    Json,
    MemoryProblemError,
    charge,
    compare_key,
    dump,
    in_error,
    kind,
    same,
)

__all__ = ["FUNCTIONS"]

_MOST: Final = 1_000_000


def _length(value: Json) -> Json:
    if value is None:
        return 0.0
    if isinstance(value, bool):
        raise JqError(f"{in_error(value)} has no length")
    return abs(value) if isinstance(value, float) else float(len(value))


def _keys(value: Json) -> Json:
    if isinstance(value, dict):
        return sorted(value)
    return _keys_unsorted(value)


def _keys_unsorted(value: Json) -> Json:
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, list):
        return [float(at) for at in range(len(value))]
    raise JqError(f"{in_error(value)} has no keys")


def _has(value: Json, key: Json) -> Json:
    if isinstance(value, dict) and isinstance(key, str):
        return key in value
    if isinstance(value, list) and isinstance(key, float):
        return 0 <= key < len(value)
    raise JqError(f"Cannot check whether {kind(value)} has a {kind(key)} key")


def _contains(value: Json, part: Json) -> Json:
    return _holds(value, part, 0)


def _holds(value: Json, part: Json, depth: int) -> bool:
    if depth > 200:
        raise MemoryProblemError
    if isinstance(value, list | dict | str) and isinstance(part, list | dict | str):
        charge(len(value) // 64 if isinstance(value, str) else len(value) * len(part))
    if isinstance(value, dict) and isinstance(part, dict):
        return all(name in value and _inner(value[name], inner, depth) for name, inner in part.items())
    if isinstance(value, list) and isinstance(part, list):
        return all(any(_inner(held, inner, depth) for held in value) for inner in part)
    if isinstance(value, str) and isinstance(part, str):
        return part in value
    if type(value) is type(part):
        return same(value, part)
    raise JqError(f"{in_error(value)} and {in_error(part)} cannot have their containment checked")


def _inner(value: Json, part: Json, depth: int) -> bool:
    return type(value) is type(part) and _holds(value, part, depth + 1)


def _add(value: Json) -> Json:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        raise JqError(f"Cannot iterate over {in_error(value)}")
    if value and all(isinstance(part, str) for part in value):
        return "".join(value)
    if value and all(isinstance(part, list) for part in value):
        if sum(map(len, value)) > _MOST:
            raise MemoryProblemError
        return [item for part in value for item in part]
    if value and all(isinstance(part, dict) for part in value):
        return {name: inner for part in value for name, inner in part.items()}
    total: Json = None
    for part in value:
        total = OPERATORS["+"](total, part)
    return total


def _join(value: Json, separator: Json) -> Json:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        raise JqError(f"Cannot iterate over {in_error(value)}")
    parts: list[str] = []
    for part in value:
        if parts and separator is not None:
            if not isinstance(separator, str):
                raise JqError(f"{in_error(''.join(parts))} and {in_error(separator)} cannot be added")
            parts.append(separator)
        if isinstance(part, list | dict):
            raise JqError(f"{in_error(''.join(parts))} and {in_error(part)} cannot be added")
        parts.append("" if part is None else text_of(part))
    return "".join(parts)


def _flatten(value: Json, depth: Json = 1e9) -> Json:
    if not isinstance(depth, float):
        raise JqError("flatten depth must not be negative")
    if depth < 0:
        raise JqError("flatten depth must not be negative")
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        raise JqError(f"Cannot iterate over {in_error(value)}")
    found: list[Json] = []
    ahead: list[tuple[Json, float]] = [(part, depth) for part in reversed(value)]
    while ahead:
        part, left = ahead.pop()
        if isinstance(part, list) and left > 0:
            ahead.extend((inner, left - 1) for inner in reversed(part))
        else:
            found.append(part)
        if len(found) + len(ahead) > _MOST:
            raise MemoryProblemError
    return found


def _sorted(value: Json) -> Json:
    if not isinstance(value, list):
        raise JqError(f"{in_error(value)} cannot be sorted, as it is not an array")
    return sorted(value, key=compare_key)


def _unique(value: Json) -> Json:
    if not isinstance(value, list):
        raise JqError(f"{in_error(value)} cannot be sorted, as it is not an array")
    found: list[Json] = []
    last: object = None
    for key, part in sorted(((compare_key(part), part) for part in value), key=lambda pair: pair[0]):
        if key != last:
            found.append(part)
        last = key
    return found


def _extreme(value: Json, *, most: bool) -> Json:
    if not isinstance(value, list):
        raise JqError(f"{in_error(value)} and {in_error(value)} cannot be iterated over")
    if not value:
        return None
    return max(reversed(value), key=compare_key) if most else min(value, key=compare_key)


def _to_number(value: Json) -> Json:
    if isinstance(value, float):
        return value
    if not isinstance(value, str):
        raise JqError(f"{in_error(value)} cannot be parsed as a number")
    return _from_json(value)


def _from_json(value: Json) -> Json:
    if not isinstance(value, str):
        raise JqError(f"{in_error(value)} only strings can be parsed")
    try:
        return read_one(value)
    except JsonProblemError as error:
        raise JqError(str(error)) from None


def _strings(name: str, function: Callable[[str, str], Json]) -> Callable[[Json, Json], Json]:
    def call(value: Json, part: Json) -> Json:
        if not isinstance(value, str) or not isinstance(part, str):
            raise JqError(f"{name}() requires string inputs")
        return function(value, part)

    return call


def _cut(function: Callable[[str, str], str]) -> Callable[[Json, Json], Json]:
    return lambda value, part: function(value, part) if isinstance(value, str) and isinstance(part, str) else value


def _split(value: Json, separator: Json) -> Json:
    if not isinstance(value, str) or not isinstance(separator, str):
        raise JqError("split input and separator must be strings")
    return split(value, separator)


def _case(name: str, function: Callable[[str], str]) -> Callable[[Json], Json]:
    def call(value: Json) -> Json:
        if not isinstance(value, str):
            raise JqError(f"{name} input must be a string")
        return "".join(function(char) if char.isascii() else char for char in value)

    return call


def _trim(name: str, function: Callable[[str], str]) -> Callable[[Json], Json]:
    def call(value: Json) -> Json:
        if not isinstance(value, str):
            raise JqError(f"{name} input must be a string")
        return function(value)

    return call


def _explode(value: Json) -> Json:
    if not isinstance(value, str):
        raise JqError("explode input must be a string")
    return [float(ord(char)) for char in value]


def _implode(value: Json) -> Json:
    if not isinstance(value, list):
        raise JqError("implode input must be an array")
    chars: list[str] = []
    for code in value:
        if not isinstance(code, float) or not math.isfinite(code):
            raise JqError(f"{in_error(code)} can't be imploded, unicode codepoint needs to be numeric")
        valid = 0 <= code < 0x110000 and not 0xD800 <= code < 0xE000
        chars.append(chr(int(code)) if valid else "\ufffd")
    return "".join(chars)


def _indices(value: Json, part: Json) -> Json:
    if value is None:
        return None
    if isinstance(value, str) and isinstance(part, str):
        found: list[Json] = []
        at = value.find(part) if part else -1
        while at >= 0:
            found.append(float(at))
            at = value.find(part, at + 1)
        return found or (None if not part else [])
    if isinstance(value, list) and not isinstance(part, list):
        return index(value, [part])
    return index(value, part)


def _delpaths(value: Json, paths: Json) -> Json:
    if not isinstance(paths, list):
        raise JqError("Paths must be specified as an array")
    return delete_paths(value, paths)


def _setpath(value: Json, path: Json, new: Json) -> Json:
    if not isinstance(path, list):
        raise JqError("Path must be specified as an array")
    return set_path(value, path, new)


def _transpose(value: Json) -> Json:
    if not isinstance(value, list):
        raise JqError(f"Cannot iterate over {in_error(value)}")
    width = max((int(_length(row)) for row in value), default=0)
    if width * len(value) > _MOST:
        raise MemoryProblemError
    return [[index(row, float(at)) for row in value] for at in range(width)]


def _bsearch(value: Json, target: Json) -> Json:
    if not isinstance(value, list):
        raise JqError(f"{in_error(value)} cannot be searched from")
    keys = [compare_key(part) for part in value]
    wanted = compare_key(target)
    at = bisect_left(keys, wanted)
    return float(at) if at < len(keys) and keys[at] == wanted else float(-1 - at)


def _number(function: Callable[[float], float]) -> Callable[[Json], Json]:
    def call(value: Json) -> Json:
        if not isinstance(value, float):
            raise JqError(f"{in_error(value)} number required")
        return _counted(function, value)

    return call


def _asked(function: Callable[[float], bool]) -> Callable[[Json], Json]:
    def call(value: Json) -> Json:
        if not isinstance(value, float):
            raise JqError(f"{in_error(value)} number required")
        return function(value)

    return call


def _numbers(function: Callable[[float, float], float]) -> Callable[[Json, Json, Json], Json]:
    def call(_: Json, one: Json, two: Json) -> Json:
        for value in (one, two):
            if not isinstance(value, float):
                raise JqError(f"{in_error(value)} number required")
        return _counted(function, one, two)

    return call


def _counted(function: Callable[..., float], *values: float) -> float:
    try:
        found = function(*values)
    except OverflowError:
        return math.inf
    except (ValueError, ZeroDivisionError):
        return math.nan
    return float(found) if not isinstance(found, complex) else math.nan


def _whole(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda number: function(number) if math.isfinite(number) else number


def _round(number: float) -> float:
    return math.copysign(math.floor(abs(number) + 0.5), number)


def _log(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda number: -math.inf if number == 0 else function(number)


def _exp10(number: float) -> float:
    return float(10.0**number)


def _frexp(value: Json) -> Json:
    if not isinstance(value, float):
        raise JqError(f"{in_error(value)} number required")
    mantissa, power = math.frexp(value)
    return [mantissa, float(power)]


def _utf8(value: Json) -> Json:
    if not isinstance(value, str):
        raise JqError(f"{in_error(value)} only strings have UTF-8 byte length")
    return float(len(to_bytes(value)))


def _abs(value: Json) -> Json:
    if not isinstance(value, float):
        raise JqError(f"{in_error(value)} has no absolute value")
    return abs(value)


def _format(value: Json, how: Json) -> Json:
    if not isinstance(how, str):
        raise JqError(f"{in_error(how)} is not a valid format")
    return formatted(how, value)


FUNCTIONS: Final[Mapping[str, Callable[..., Json]]] = {
    "length/0": _length,
    "utf8bytelength/0": _utf8,
    "not/0": lambda value: value is None or value is False,
    "keys/0": _keys,
    "keys_unsorted/0": _keys_unsorted,
    "has/1": _has,
    "contains/1": _contains,
    "add/0": _add,
    "join/1": _join,
    "flatten/0": _flatten,
    "flatten/1": _flatten,
    "sort/0": _sorted,
    "unique/0": _unique,
    "min/0": lambda value: _extreme(value, most=False),
    "max/0": lambda value: _extreme(value, most=True),
    "type/0": kind,
    "tostring/0": text_of,
    "tonumber/0": _to_number,
    "tojson/0": dump,
    "fromjson/0": _from_json,
    "startswith/1": _strings("startswith", str.startswith),
    "endswith/1": _strings("endswith", str.endswith),
    "ltrimstr/1": _cut(str.removeprefix),
    "rtrimstr/1": _cut(str.removesuffix),
    "trim/0": _trim("trim", str.strip),
    "ltrim/0": _trim("trim", str.lstrip),
    "rtrim/0": _trim("trim", str.rstrip),
    "split/1": _split,
    "ascii_downcase/0": _case("ascii_downcase", str.lower),
    "ascii_upcase/0": _case("ascii_upcase", str.upper),
    "explode/0": _explode,
    "implode/0": _implode,
    "indices/1": _indices,
    "setpath/2": _setpath,
    "delpaths/1": _delpaths,
    "transpose/0": _transpose,
    "bsearch/1": _bsearch,
    "format/1": _format,
    "infinite/0": lambda _: math.inf,
    "nan/0": lambda _: math.nan,
    "isinfinite/0": _asked(math.isinf),
    "isnan/0": _asked(math.isnan),
    "isnormal/0": _asked(lambda number: math.isfinite(number) and abs(number) >= 2.2250738585072014e-308),
    "input_line_number/0": lambda _: 0.0,
    "abs/0": _abs,
    "fabs/0": _number(abs),
    "floor/0": _number(_whole(math.floor)),
    "ceil/0": _number(_whole(math.ceil)),
    "round/0": _number(_whole(_round)),
    "trunc/0": _number(_whole(math.trunc)),
    "rint/0": _number(_whole(round)),
    "nearbyint/0": _number(_whole(round)),
    "sqrt/0": _number(math.sqrt),
    "cbrt/0": _number(lambda number: math.copysign(abs(number) ** (1 / 3), number)),
    "exp/0": _number(math.exp),
    "exp2/0": _number(lambda number: 2.0**number),
    "exp10/0": _number(_exp10),
    "log/0": _number(_log(math.log)),
    "log2/0": _number(_log(math.log2)),
    "log10/0": _number(_log(math.log10)),
    "sin/0": _number(math.sin),
    "cos/0": _number(math.cos),
    "tan/0": _number(math.tan),
    "asin/0": _number(math.asin),
    "acos/0": _number(math.acos),
    "atan/0": _number(math.atan),
    "sinh/0": _number(math.sinh),
    "cosh/0": _number(math.cosh),
    "tanh/0": _number(math.tanh),
    "significand/0": _number(lambda number: math.frexp(number)[0] * 2),
    "logb/0": _number(lambda number: math.frexp(number)[1] - 1.0),
    "frexp/0": _frexp,
    "pow/2": _numbers(lambda base, power: base**power),
    "atan2/2": _numbers(math.atan2),
    "fmod/2": _numbers(math.fmod),
    "fmin/2": _numbers(min),
    "fmax/2": _numbers(max),
    **TIME_FUNCTIONS,
}
