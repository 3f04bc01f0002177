"""Commands that make or rewrite numbers: seq, yes, factor, numfmt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    InvalidOperation,
)
from typing import TYPE_CHECKING

from agentalign_env.services.shell.coreutils.inputs import lines_of
from agentalign_env.services.shell.coreutils.quoting import curly
from agentalign_env.services.shell.coreutils.sizes import whole
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS"]

_SEQ = Syntax.of("f|format= s|separator= w|equal-width", in_order=True)
_NEGATIVE = re.compile(r"-[.\d]")
_DIRECTIVE = re.compile(r"%([-+ #0']*)(\d*)(?:\.(\d+))?([aefgEFG])")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,4})?|0[xX][0-9a-fA-F]+")
_BATCH = 512
_MAX_DIGITS = 400
_MAX_NUMBER = 24


def _seq(invocation: Invocation) -> int:
    args = list(invocation.args)
    first = next((at for at, arg in enumerate(args) if _NEGATIVE.match(arg) or not arg.startswith("-")), len(args))
    options = parse(invocation, _SEQ, args=_guarded(args, first))
    if isinstance(options, int):
        return options
    words = options.operands
    if not words:
        return usage_error(invocation, "missing operand")
    if len(words) > 3:
        return usage_error(invocation, f"extra operand {curly(words[3])}")
    numbers = []
    for word in words:
        if not _NUMBER.fullmatch(word.strip()) or len(word) > _MAX_DIGITS:
            return usage_error(invocation, f"invalid floating point argument: {curly(word)}")
        text = word.strip()
        numbers.append(Decimal(int(text, 16)) if "x" in text.lower() else Decimal(text))
    start, step, end = (
        (Decimal(1), Decimal(1), numbers[0])
        if len(numbers) == 1
        else (numbers[0], Decimal(1), numbers[1])
        if len(numbers) == 2
        else (numbers[0], numbers[1], numbers[2])
    )
    if step == 0:
        return usage_error(invocation, f"invalid Zero increment value: {curly(words[1])}")
    form = options.get("f")
    if problem := _format_problem(form):
        invocation.err(f"seq: format {curly(form)} {problem}\n")
        return 1
    places = max(0, *(_places(number) for number in (start, step)))
    _count(invocation, (start, step, end), places, options)
    return 0


def _format_problem(form: str) -> str:
    plain = form.replace("%%", "")
    count = plain.count("%")
    if not form or (count == 1 and _DIRECTIVE.search(plain)):
        return ""
    if not count:
        return "has no % directive"
    letter = re.search(r"%[-+ #0']*\d*(?:\.\d+)?(.?)", plain)
    if count > 1:
        return "has too many % directives"
    return f"has unknown %{letter[1]} directive" if letter is not None and letter[1] else "ends in %"


def _guarded(args: list[str], first: int) -> list[str]:
    """The arguments with negative numbers kept from being read as options."""
    at = 0
    while at < first:
        if args[at] in ("-s", "-f", "--separator", "--format"):
            at += 1
        at += 1
    at = min(at, len(args))
    return [*args[:at], "--", *args[at:]] if at < len(args) and args[at] != "--" and _NEGATIVE.match(args[at]) else args


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _count(invocation: Invocation, bounds: tuple[Decimal, Decimal, Decimal], places: int, options: Options) -> None:
    start, step, end = bounds
    separator, form = options.get("s") if "s" in options else "\n", options.get("f")
    count = int((end - start) / step) + 1 if (end - start) / step >= 0 else 0
    width = (
        max(len(f"{start:.{places}f}"), len(f"{start + step * max(count - 1, 0):.{places}f}")) if "w" in options else 0
    )
    whole_numbers = not places and not form and all(number == int(number) for number in (start, step))
    for first in range(0, count, _BATCH):
        last = min(first + _BATCH, count)
        invocation.spend(1 + (last - first) // (32 if whole_numbers else 8))
        if whole_numbers:
            low, by = int(start), int(step)
            shown = [str(low + by * at) for at in range(first, last)]
        elif form:
            shown = [_formatted(form, start + step * at) for at in range(first, last)]
        else:
            shown = [f"{start + step * at:.{places}f}" for at in range(first, last)]
        if width:
            shown = [text.zfill(width) for text in shown]
        invocation.out(separator.join(shown) + (separator if last < count else "\n"))


def _formatted(form: str, number: Decimal) -> str:
    def one(found: re.Match[str]) -> str:
        flags, width, precision, letter = found.groups()
        spec = f"%{flags.replace(chr(39), '')}{min(whole(width, 0), 1000) or ''}"
        return (spec + (f".{min(whole(precision), 100)}" if precision else "") + letter.replace("a", "g")) % float(
            number
        )

    return "%".join(_DIRECTIVE.sub(one, part) for part in form.split("%%"))


def _yes(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("", in_order=True))
    if isinstance(options, int):
        return options
    line = (" ".join(options.operands) if options.operands else "y") + "\n"
    invocation.out(line)
    chunk = line * 64
    while True:
        invocation.spend(8)
        invocation.out(chunk)


def _factor(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("h|exponents"))
    if isinstance(options, int):
        return options
    words = options.operands or [word for line in invocation.stdin for word in line.split()]
    status = 0
    for word in words:
        text = word.strip().lstrip("+")
        if not text.isdecimal() or len(text) > 40:
            invocation.err(f"factor: {curly(word)} is not a valid positive integer\n")
            status = 1
            continue
        factors = _factors(invocation, int(text))
        invocation.out(f"{int(text)}:{''.join(f' {factor}' for factor in factors)}\n")
    return status


def _factors(invocation: Invocation, number: int) -> list[int]:
    found, divisor = [], 2
    while divisor * divisor <= number:
        if divisor % 1024 == 1:
            invocation.spend(8)
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1 if divisor == 2 else 2
    return [*found, number] if number > 1 else found


_NUMFMT = Syntax.of(
    "d|delimiter= field= format= from= from-unit= grouping header=? invalid= padding= round= suffix= to= to-unit= "
    "z|zero-terminated debug"
)
_POWERS = "KMGTPEZY"
_ROUNDING = {
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "from-zero": ROUND_UP,
    "towards-zero": ROUND_DOWN,
    "nearest": ROUND_HALF_UP,
    "ceiling": ROUND_CEILING,
    "floor": ROUND_FLOOR,
}
_SCALED = re.compile(r"(-?\d+(?:\.\d*)?)\s?([KMGTPEZYk]?)(i?)(.*)")


class _ScaleError(ValueError):
    """A number that cannot be read; the message is numfmt's."""


def _numfmt(invocation: Invocation) -> int:
    args = list(invocation.args)
    first = next((at for at, arg in enumerate(args) if re.fullmatch(r"-\d.*", arg)), len(args))
    options = parse(invocation, _NUMFMT, args=[*args[:first], "--", *args[first:]] if first < len(args) else args)
    if isinstance(options, int):
        return options
    for key, scales in (("from", ("none", "auto", "si", "iec", "iec-i")), ("to", ("none", "si", "iec", "iec-i"))):
        if options.get(key, "none") not in scales:
            valid = "".join(f"\n  - {curly(scale)}" for scale in scales)
            problem = f"invalid argument {curly(options.get(key))} for {curly(f'--{key}')}\nValid arguments are:{valid}"
            return usage_error(invocation, problem)
    if options.operands:
        lines, header = options.operands, 0
    else:
        lines = lines_of(invocation, invocation.stdin)
        header = whole(options.get("header"), 1) if "header" in options else 0
    for at, line in enumerate(lines):
        try:
            invocation.out((line if at < header else _rewritten(line, options)) + "\n")
        except _ScaleError as error:
            if options.get("invalid") != "ignore":
                invocation.err(f"numfmt: {error}\n")
            if options.get("invalid") in ("warn", "ignore"):
                invocation.out(line + "\n")
                continue
            return 2
    return 0


def _rewritten(line: str, options: Options) -> str:
    wanted = _field_set(options.get("field", "1"))
    delimiter = options.get("d")
    if delimiter:
        fields = line.split(delimiter)
        return delimiter.join(
            _number_text(field, options) if number in wanted or 0 in wanted else field
            for number, field in enumerate(fields, 1)
        )
    parts = re.findall(r"\s*\S+", line) or [line]
    shown = []
    for number, part in enumerate(parts, 1):
        if number in wanted or 0 in wanted:
            text = _number_text(part.strip(), options)
            gap = part[: len(part) - len(part.lstrip())]
            # As GNU's: a field keeps its width when it was aligned by blanks.
            shown.append(text.rjust(len(part)) if len(gap) > 1 or (gap and number == 1) else gap + text)
        else:
            shown.append(part)
    return "".join(shown)


def _field_set(text: str) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        low, dash, high = part.partition("-")
        if part == "-":
            return {0}
        if not low.isdecimal() and not high.isdecimal():
            raise _ScaleError(f"invalid field value {curly(part)}")
        first = whole(low, 1)
        found.update(range(first, (whole(high, most=10_000) if high else 1000) + 1) if dash else (first,))
    return found


def _number_text(text: str, options: Options) -> str:
    suffix = options.get("suffix")
    found = _SCALED.fullmatch(text.removesuffix(suffix) if suffix else text)
    if found is None:
        raise _ScaleError(f"invalid number: {curly(text)}")
    digits, letter, binary, rest = found.groups()
    if len(digits) > _MAX_NUMBER:
        raise _ScaleError(f"value too large to be converted: {curly(text)}")
    source = options.get("from", "none")
    if rest or (letter and source == "none"):
        if letter and source == "none" and not rest:
            raise _ScaleError(f"rejecting suffix in input: {curly(text)} (consider using --from)")
        raise _ScaleError(f"invalid suffix in input: {curly(text)}")
    try:
        value = Decimal(digits)
    except InvalidOperation:
        raise _ScaleError(f"invalid number: {curly(text)}") from None
    if letter:
        base = 1000 if source == "si" or (source == "auto" and not binary) else 1024
        value *= base ** (_POWERS.index(letter.upper()) + 1)
    value *= max(whole(options.get("from-unit"), 1), 1)
    value /= max(whole(options.get("to-unit"), 1), 1)
    shown = _scaled(value, options.get("to", "none"), options) + suffix
    padding = options.get("padding")
    form = _DIRECTIVE.search(options.get("format"))
    if form is not None:
        padding = padding or (("-" if "-" in form[1] else "") + form[2])
        before, after = options.get("format")[: form.start()], options.get("format")[form.end() :]
        return before + _padded(shown, padding) + after
    return _padded(shown, padding)


def _padded(text: str, padding: str) -> str:
    if not padding.lstrip("-").isdecimal():
        return text
    width = min(abs(whole(padding)), 1000)
    return text.ljust(width) if padding.startswith("-") else text.rjust(width)


def _scaled(value: Decimal, unit: str, options: Options) -> str:
    rounding = _ROUNDING.get(options.get("round", "from-zero"), ROUND_HALF_EVEN)
    form = _DIRECTIVE.search(options.get("format"))
    places = whole(form[3], most=100) if form is not None and form[3] else None
    if unit == "none":
        if places is not None:
            value = value.quantize(Decimal(1).scaleb(-places), rounding=rounding)
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text and places is None else text
    base, power = Decimal(1000 if unit == "si" else 1024), 0
    while abs(value) >= base and power < len(_POWERS):
        value, power = value / base, power + 1
    digits = places if places is not None else (1 if power and abs(value) < 10 else 0)
    value = value.quantize(Decimal(1).scaleb(-digits), rounding=rounding)
    if abs(value) >= base and power < len(_POWERS):
        value, power = (value / base).quantize(Decimal("0.1"), rounding=rounding), power + 1
    elif digits == 1 and places is None and abs(value) >= 10:
        value = value.quantize(Decimal(1))
    letter = _POWERS[power - 1] if power else ""
    return f"{value:f}{letter}{'i' if unit == 'iec-i' and letter else ''}"


COMMANDS: Mapping[str, Command] = {"factor": _factor, "numfmt": _numfmt, "seq": _seq, "yes": _yes}
