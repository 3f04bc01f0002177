"""The functions of awk."""

# ruff: noqa: ARG001 - functions of one form, whatever they need of it

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from agentalign_env.core.rng import Random, stream
from agentalign_env.services.shell.languages.awk_format import formatted
from agentalign_env.services.shell.languages.awk_nodes import Constant, Expr, Field, Index, Name, Pattern_
from agentalign_env.services.shell.languages.awk_values import (
    UNSET,
    AwkError,
    Scalar,
    StrNum,
    from_input,
    to_number,
)
from agentalign_env.services.shell.languages.dates import format_date, from_date_spec
from agentalign_env.services.shell.languages.patterns import Match
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS

if TYPE_CHECKING:
    from agentalign_env.services.shell.languages.awk_compiler import ExpressionCompiler, Value

__all__ = ["BUILTINS", "Builtin_"]

Args = tuple[Expr, ...]


class Builtin_(NamedTuple):  # noqa: N801 - a Builtin is a part of a program
    """One function: how many arguments it takes, and what makes a call of it."""

    least: int
    most: int
    make: Callable[[ExpressionCompiler, Args], Value]


def _math(function: Callable[[float], float]) -> Callable[[ExpressionCompiler, Args], Value]:
    def make(compiler: ExpressionCompiler, args: Args) -> Value:
        number = compiler.number(args[0])

        def call() -> Scalar:
            try:
                return float(function(number()))
            except OverflowError:
                return math.inf
            except ValueError:
                return math.nan

        return call

    return make


def _log(number: float) -> float:
    return -math.inf if number == 0 else math.copysign(math.nan, -1) if number < 0 else math.log(number)


def _int(number: float) -> float:
    return float(math.trunc(number)) if math.isfinite(number) else number


def _length(compiler: ExpressionCompiler, args: Args) -> Value:
    runtime = compiler.runtime
    if not args:
        return lambda: float(len(runtime.record))
    if isinstance(args[0], Name):
        held = compiler.argument(args[0])

        def measure() -> Scalar:
            value = held()
            if isinstance(value, dict):
                return float(len(value))
            return float(len(runtime.text(value))) if isinstance(value, float | str) else 0.0

        return measure
    text = compiler.text(args[0])
    return lambda: float(len(text()))


def _substr(compiler: ExpressionCompiler, args: Args) -> Value:
    text, start = compiler.text(args[0]), compiler.number(args[1])
    size = compiler.number(args[2]) if len(args) > 2 else None

    def call() -> Scalar:
        whole = text()
        first, count = start(), math.inf if size is None else size()
        if math.isnan(first) or math.isnan(count) or first > len(whole):
            return ""
        # As gawk does: a start before the first character is the first.
        begin = max(int(max(first, 1)), 1)
        return whole[begin - 1 :] if count > len(whole) else whole[begin - 1 : begin - 1 + max(int(max(count, 0)), 0)]

    return call


def _index(compiler: ExpressionCompiler, args: Args) -> Value:
    text, part = compiler.text(args[0]), compiler.text(args[1])
    return lambda: float(text().find(part()) + 1)


def _case(upper: bool) -> Callable[[ExpressionCompiler, Args], Value]:
    def make(compiler: ExpressionCompiler, args: Args) -> Value:
        text = compiler.text(args[0])
        return (lambda: text().upper()) if upper else (lambda: text().lower())

    return make


def _sprintf(compiler: ExpressionCompiler, args: Args) -> Value:
    how, values, runtime = compiler.text(args[0]), [compiler.value(arg) for arg in args[1:]], compiler.runtime
    return lambda: runtime.bounded(formatted(how(), [value() for value in values], runtime.text))


def _split(compiler: ExpressionCompiler, args: Args) -> Value:
    runtime, text, array = compiler.runtime, compiler.text(args[0]), compiler.array(args[1])
    pattern = compiler.pattern(args[2]) if len(args) > 2 and isinstance(args[2], Pattern_) else None
    separator = compiler.text(args[2]) if len(args) > 2 and pattern is None else None

    def call() -> Scalar:
        whole = text()
        by = pattern() if pattern else separator() if separator else runtime.text(runtime.get("FS"))
        parts = runtime.split(whole, by)
        found = array()
        found.clear()
        for number, part in enumerate(parts, 1):
            runtime.put(found, str(number), part)
        runtime.invocation.spend(len(parts) // 16)
        return float(len(parts))

    return call


def _match(compiler: ExpressionCompiler, args: Args) -> Value:
    runtime, text, pattern = compiler.runtime, compiler.text(args[0]), compiler.pattern(args[1])
    array = compiler.array(args[2]) if len(args) > 2 else None

    def call() -> Scalar:
        found = pattern().search(text(), 0, runtime.invocation.spend)
        start, length = (0.0, -1.0) if found is None else (found.start + 1.0, float(found.end - found.start))
        runtime.globals["RSTART"], runtime.globals["RLENGTH"] = start, length
        if array is not None:
            parts = array()
            parts.clear()
            if found is not None:
                for number in range(found.groups + 1):
                    part = found.group(number)
                    if part is not None:
                        parts[str(number)] = from_input(part)
                        parts[f"{number}{runtime.subsep}start"] = found.spans[2 * number] + 1.0
                        parts[f"{number}{runtime.subsep}length"] = float(len(part))
        return start

    return call


def _substitute(everywhere: bool) -> Callable[[ExpressionCompiler, Args], Value]:
    def make(compiler: ExpressionCompiler, args: Args) -> Value:
        runtime, pattern, new = compiler.runtime, compiler.pattern(args[0]), compiler.text(args[1])
        target = args[2] if len(args) > 2 else Field(_ZERO)
        text = compiler.text(target)
        put = compiler.setter(target) if isinstance(target, Name | Index | Field) else None

        def call() -> Scalar:
            regex, by, whole = pattern(), new(), text()
            plain = "\\" not in by and "&" not in by
            parts: list[str] = []
            at = count = size = 0
            for match in regex.finditer(whole, 0, runtime.invocation.spend):
                count += 1
                replaced = by if plain else _replacement(by, match)
                parts += (whole[at : match.start], replaced)
                at = match.end
                size += len(replaced)
                if size > _MOST:
                    raise AwkError("out of memory")
                if not everywhere:
                    break
            if count and put is not None:
                runtime.invocation.spend(count // 16)
                put(runtime.bounded("".join(parts) + whole[at:]))
            return float(count)

        return call

    return make


def _replacement(text: str, match: Match, *, groups: bool = False) -> str:
    parts: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        following = text[at + 1 : at + 2]
        at += 1
        if char == "&":
            parts.append(match.group() or "")
        elif char == "\\" and following and (following in "&\\" or (groups and following.isdigit())):
            parts.append(match.group(int(following)) or "" if following.isdigit() else following)
            at += 1
        else:
            parts.append(char)
    return "".join(parts)


def _gensub(compiler: ExpressionCompiler, args: Args) -> Value:
    runtime, pattern, new, which = (
        compiler.runtime,
        compiler.pattern(args[0]),
        compiler.text(args[1]),
        compiler.value(args[2]),
    )
    text = compiler.text(args[3] if len(args) > 3 else Field(_ZERO))

    def call() -> Scalar:
        regex, by, how, whole = pattern(), new(), which(), text()
        everywhere = isinstance(how, str) and how[:1] in {"g", "G"}
        wanted = 0 if everywhere else max(int(to_number(how)), 1)
        parts: list[str] = []
        at = size = 0
        for count, match in enumerate(regex.finditer(whole, 0, runtime.invocation.spend), 1):
            if everywhere or count == wanted:
                parts += (whole[at : match.start], _replacement(by, match, groups=True))
                at = match.end
                size += len(parts[-1])
                if size > _MOST:
                    raise AwkError("out of memory")
            if count == wanted:
                break
        runtime.invocation.spend(len(parts) // 16)
        return runtime.bounded("".join(parts) + whole[at:])

    return call


def _rand(compiler: ExpressionCompiler, args: Args) -> Value:
    return lambda: _numbers(compiler).random()


def _numbers(compiler: ExpressionCompiler) -> Random:
    runtime = compiler.runtime
    if runtime.numbers is None:
        runtime.numbers = stream("awk", "rand", runtime.text(runtime.seed))
    return runtime.numbers


def _srand(compiler: ExpressionCompiler, args: Args) -> Value:
    runtime = compiler.runtime
    seed = compiler.number(args[0]) if args else lambda: float(int(runtime.invocation.now_s))

    def call() -> Scalar:
        before, runtime.seed, runtime.numbers = runtime.seed, seed(), None
        return before

    return call


def _system(compiler: ExpressionCompiler, args: Args) -> Value:
    command, streams = compiler.text(args[0]), compiler.runtime.streams
    return lambda: float(streams.system(command()))


def _close(compiler: ExpressionCompiler, args: Args) -> Value:
    name, streams = compiler.text(args[0]), compiler.runtime.streams
    return lambda: float(streams.close(name()))


def _fflush(compiler: ExpressionCompiler, args: Args) -> Value:
    streams = compiler.runtime.streams

    def call() -> Scalar:
        streams.flush()
        return 0.0

    return call


def _systime(compiler: ExpressionCompiler, args: Args) -> Value:
    invocation = compiler.runtime.invocation
    return lambda: float(int(invocation.now_s))


def _strftime(compiler: ExpressionCompiler, args: Args) -> Value:
    invocation, how = compiler.runtime.invocation, compiler.text(args[0]) if args else None
    when = compiler.number(args[1]) if len(args) > 1 else lambda: invocation.now_s
    return lambda: format_date(how() if how else "%a %b %e %H:%M:%S %Z %Y", when())


def _mktime(compiler: ExpressionCompiler, args: Args) -> Value:
    text = compiler.text(args[0])
    return lambda: float(from_date_spec(text()))


def _asort(keys: bool) -> Callable[[ExpressionCompiler, Args], Value]:
    def make(compiler: ExpressionCompiler, args: Args) -> Value:
        runtime, source = compiler.runtime, compiler.array(args[0])
        target = compiler.array(args[1]) if len(args) > 1 else source

        def call() -> Scalar:
            held = source()
            values: list[Scalar] = list(held) if keys else list(held.values())
            runtime.invocation.spend(len(values) // 8)
            # Numbers come before strings.
            values.sort(key=_order)
            found = target()
            found.clear()
            for number, value in enumerate(values, 1):
                found[str(number)] = value
            return float(len(values))

        return call

    return make


def _order(value: Scalar) -> tuple[int, float, str]:
    if isinstance(value, float | StrNum):
        return 0, to_number(value), ""
    return 1, 0.0, value


def _bits(function: Callable[[int, int], int]) -> Callable[[ExpressionCompiler, Args], Value]:
    def make(compiler: ExpressionCompiler, args: Args) -> Value:
        numbers = [compiler.number(arg) for arg in args]

        def call() -> Scalar:
            values = [number() for number in numbers]
            if any(not math.isfinite(value) or value < 0 or value >= 2**53 for value in values):
                raise AwkError("negative values are not allowed")
            found = int(values[0])
            for value in values[1:]:
                found = function(found, int(value))
            return float(found)

        return call

    return make


def _compl(compiler: ExpressionCompiler, args: Args) -> Value:
    number = compiler.number(args[0])
    return lambda: float(~int(number()) & (2**53 - 1))


def _strtonum(compiler: ExpressionCompiler, args: Args) -> Value:
    value = compiler.value(args[0])

    def call() -> Scalar:
        found = value()
        if isinstance(found, float):
            return found
        text = found.strip().lower()
        try:
            if text.startswith("0x"):
                return float(int(text, 16))
            if text.startswith("0") and text.isdigit() and not set(text) & {"8", "9"}:
                return float(int(text, 8))
        except ValueError:
            return 0.0
        return to_number(found)

    return call


def _isarray(compiler: ExpressionCompiler, args: Args) -> Value:
    held = compiler.argument(args[0])
    return lambda: 1.0 if isinstance(held(), dict) else 0.0


def _typeof(compiler: ExpressionCompiler, args: Args) -> Value:
    held = compiler.argument(args[0])

    def call() -> Scalar:
        value = held()
        if isinstance(value, dict):
            return "array"
        if isinstance(value, float):
            return "number"
        if isinstance(value, StrNum):
            return "unassigned" if value is UNSET else "strnum"
        return "string" if isinstance(value, str) else "untyped"

    return call


def _atan2(compiler: ExpressionCompiler, args: Args) -> Value:
    one, two = compiler.number(args[0]), compiler.number(args[1])
    return lambda: math.atan2(one(), two())


_ZERO: Final = Constant(0.0)
_MOST: Final = DEFAULT_SHELL_LIMITS.variable_chars
BUILTINS: Final[Mapping[str, Builtin_]] = {
    "length": Builtin_(0, 1, _length),
    "substr": Builtin_(2, 3, _substr),
    "index": Builtin_(2, 2, _index),
    "split": Builtin_(2, 4, _split),
    "sub": Builtin_(2, 3, _substitute(False)),
    "gsub": Builtin_(2, 3, _substitute(True)),
    "gensub": Builtin_(3, 4, _gensub),
    "match": Builtin_(2, 3, _match),
    "sprintf": Builtin_(1, 400, _sprintf),
    "tolower": Builtin_(1, 1, _case(False)),
    "toupper": Builtin_(1, 1, _case(True)),
    "sin": Builtin_(1, 1, _math(math.sin)),
    "cos": Builtin_(1, 1, _math(math.cos)),
    "atan2": Builtin_(2, 2, _atan2),
    "exp": Builtin_(1, 1, _math(math.exp)),
    "log": Builtin_(1, 1, _math(_log)),
    "sqrt": Builtin_(1, 1, _math(math.sqrt)),
    "int": Builtin_(1, 1, _math(_int)),
    "rand": Builtin_(0, 0, _rand),
    "srand": Builtin_(0, 1, _srand),
    "system": Builtin_(1, 1, _system),
    "close": Builtin_(1, 2, _close),
    "fflush": Builtin_(0, 1, _fflush),
    "systime": Builtin_(0, 0, _systime),
    "strftime": Builtin_(0, 3, _strftime),
    "mktime": Builtin_(1, 2, _mktime),
    "asort": Builtin_(1, 3, _asort(False)),
    "asorti": Builtin_(1, 3, _asort(True)),
    "and": Builtin_(2, 400, _bits(lambda left, right: left & right)),
    "or": Builtin_(2, 400, _bits(lambda left, right: left | right)),
    "xor": Builtin_(2, 400, _bits(lambda left, right: left ^ right)),
    "lshift": Builtin_(2, 2, _bits(lambda left, right: (left << min(right, 53)) & (2**53 - 1))),
    "rshift": Builtin_(2, 2, _bits(lambda left, right: left >> min(right, 64))),
    "compl": Builtin_(1, 1, _compl),
    "strtonum": Builtin_(1, 1, _strtonum),
    "isarray": Builtin_(1, 1, _isarray),
    "typeof": Builtin_(1, 1, _typeof),
}
