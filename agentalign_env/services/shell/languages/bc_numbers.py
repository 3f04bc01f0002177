"""bc's numbers: whole ones with so many digits behind the point, and how their scales come about."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

__all__ = [
    "ONE", "ZERO", "BcError", "Number", "add", "arctangent", "cosine", "digits_of", "divide", "exponential",
    "logarithm", "modulo", "multiply", "parse_number", "power", "shown", "sine", "square_root", "subtract",
]  # fmt: skip

_MOST_DIGITS: Final = 20_000
_WIDTH: Final = 69
_GUARD: Final = 10


class BcError(Exception):
    """A statement cannot be run; the message is bc's."""


class Number(NamedTuple):
    """``value / 10 ** scale``."""

    value: int
    scale: int


ZERO: Final = Number(0, 0)
ONE: Final = Number(1, 0)


def _bounded(value: int) -> int:
    if value.bit_length() > _MOST_DIGITS * 3.33:
        raise BcError("Out of memory")
    return value


def _cut(value: int, places: int) -> int:
    """The value without so many last digits, towards zero."""
    if places <= 0:
        return value * int(10**-places)
    unit = int(10**places)
    return value // unit if value >= 0 else -(-value // unit)


def _at(number: Number, scale: int) -> int:
    return _cut(number.value, number.scale - scale)


def add(left: Number, right: Number) -> Number:
    """The sum."""
    scale = max(left.scale, right.scale)
    return Number(_bounded(_at(left, scale) + _at(right, scale)), scale)


def subtract(left: Number, right: Number) -> Number:
    """The difference."""
    return add(left, Number(-right.value, right.scale))


def multiply(left: Number, right: Number, scale: int) -> Number:
    """The product."""
    full = left.scale + right.scale
    kept = min(full, max(scale, left.scale, right.scale))
    return Number(_cut(_bounded(left.value * right.value), full - kept), kept)


def divide(left: Number, right: Number, scale: int) -> Number:
    """The quotient, cut to the scale."""
    if right.value == 0:
        raise BcError("Divide by zero")
    shift = scale + right.scale - left.scale
    top, bottom = (left.value * 10**shift, right.value) if shift >= 0 else (left.value, right.value * 10**-shift)
    found = abs(_bounded(top)) // abs(bottom)
    return Number(found if (top < 0) == (bottom < 0) else -found, scale)


def modulo(left: Number, right: Number, scale: int) -> Number:
    """What a division to this scale leaves."""
    if right.value == 0:
        raise BcError("Modulo by zero")
    kept = max(left.scale, scale + right.scale)
    quotient = divide(left, right, scale)
    return subtract(Number(_at(left, kept), kept), Number(quotient.value * _at(right, kept - quotient.scale), kept))


def power(base: Number, exponent: Number, scale: int) -> Number:
    """The power; the exponent is cut to a whole number."""
    times = _cut(exponent.value, exponent.scale)
    if times == 0:
        return ONE
    if base.value.bit_length() * abs(times) > _MOST_DIGITS * 4 and abs(base.value) != 1:
        raise BcError("Out of memory")
    full = base.scale * abs(times)
    found = base.value ** abs(times)
    if times < 0:
        return divide(ONE, Number(found, full), scale)
    kept = min(full, max(scale, base.scale))
    return Number(_cut(found, full - kept), kept)


def square_root(number: Number, scale: int) -> Number:
    """The square root."""
    if number.value < 0:
        raise BcError("Square root of a negative number")
    kept = max(scale, number.scale)
    return Number(math.isqrt(_bounded(_at(number, 2 * kept))), kept)


# The functions of the mathematical library. All work with guard digits, then cut.


def _work(number: Number, scale: int) -> tuple[int, int]:
    places = scale + _GUARD + len(str(abs(_cut(number.value, number.scale)))[:40])
    return _at(number, places), 10**places


def _finish(value: int, unit: int, scale: int) -> Number:
    top = value * 10**scale
    return Number(top // unit if top >= 0 else -(-top // unit), scale)


def exponential(number: Number, scale: int) -> Number:
    """``e(x)``."""
    if abs(_cut(number.value, number.scale)) > _MOST_DIGITS // 4:
        raise BcError("Out of memory")
    extra = Number(number.value, number.scale)
    x, unit = _work(extra, scale + abs(_cut(number.value, number.scale)) // 2)
    halvings = 0
    while abs(x) > unit:
        x //= 2
        halvings += 1
    precise = 10 ** (halvings + 5)
    x, unit = x * precise, unit * precise
    total = term = unit
    count = 1
    while term:
        term = term * x // (unit * count) if (term * x) >= 0 else -(-term * x // (unit * count))
        total += term
        count += 1
    for _ in range(halvings):
        total = total * total // unit
    return _finish(total, unit, scale)


def logarithm(number: Number, scale: int) -> Number:
    """``l(x)``."""
    if number.value <= 0:
        digits = "9" * max(scale, 1)
        return Number(-int(digits), 0) if scale == 0 else Number(1 - 10 ** (2 * scale), scale)
    x, unit = _work(number, scale + 5)
    doublings = 0
    while x > 2 * unit or 2 * x < unit:
        x = math.isqrt(x * unit)
        doublings += 1
    precise = 10 ** (doublings + 5)
    # Once more from the start with as many digits as the roots cost.
    x, unit = _at(number, len(str(unit)) - 1 + doublings + 5), unit * precise
    for _ in range(doublings):
        x = math.isqrt(x * unit)
    ratio = (x - unit) * unit // (x + unit)
    square, power_, total, count = ratio * ratio // unit, ratio, 0, 1
    while power_ not in {0, -1}:
        total += power_ // count
        power_ = power_ * square // unit
        count += 2
    return _finish(2 * total * 2**doublings, unit, scale)


def _pi(unit: int) -> int:
    def inverse(number: int) -> int:
        total = term = unit // number
        count, sign = 3, -1
        while term:
            term //= number * number
            total += sign * (term // count)
            count, sign = count + 2, -sign
        return total

    return 4 * (4 * inverse(5) - inverse(239))


def _sine(x: int, unit: int) -> int:
    total, term, count = x, x, 1
    while term not in {0, -1}:
        term = -term * x // unit * x // unit // ((count + 1) * (count + 2))
        total += term
        count += 2
    return total


def sine(number: Number, scale: int) -> Number:
    """``s(x)``."""
    x, unit = _work(number, scale + 5)
    x %= 2 * _pi(unit)
    return _finish(_sine(x, unit), unit, scale)


def cosine(number: Number, scale: int) -> Number:
    """``c(x)``."""
    x, unit = _work(number, scale + 5)
    pi = _pi(unit)
    # A hair more than nothing, so that what is 1 is not cut to 0.99...
    return _finish(_sine((x + pi // 2) % (2 * pi), unit) + unit // 10 ** (scale + _GUARD // 2), unit, scale)


def arctangent(number: Number, scale: int) -> Number:
    """``a(x)``."""
    x, unit = _work(number, scale + 5)
    halvings = 0
    while abs(x) * 10 > unit:
        x = x * unit // (unit + math.isqrt(unit * unit + x * x))
        halvings += 1
    square, power_, total, count, sign = x * x // unit, x, 0, 1, 1
    while power_ not in {0, -1}:
        total += sign * (power_ // count)
        power_ = power_ * square // unit
        count, sign = count + 2, -sign
    return _finish(total * 2**halvings, unit, scale)


# Reading and writing


def parse_number(text: str, base: int) -> Number:
    """A number as it is written in a base; one digit alone stands for itself in every base."""
    whole, _, rest = text.partition(".")
    if base == 10 and (whole + rest).isdigit():
        return Number(_int(whole + rest), len(rest))
    digits = [int(char, 16) for char in whole + rest]
    if len(digits) > 1 or rest:
        digits = [min(digit, base - 1) for digit in digits]
    value = 0
    for digit in digits:
        value = value * base + digit
    return divide(Number(value, 0), Number(base ** len(rest), 0), len(rest)) if rest else Number(value, 0)


def _int(digits: str) -> int:
    value = 0
    for start in range(0, len(digits), 2000):
        chunk = digits[start : start + 2000]
        value = value * 10 ** len(chunk) + int(chunk)
    return value


def _decimal(value: int) -> str:
    """The digits of a whole number, which may be more than Python writes at once."""
    parts: list[str] = []
    unit = 10**2000
    while value >= unit:
        value, rest = divmod(value, unit)
        parts.append(f"{rest:02000d}")
    return str(value) + "".join(reversed(parts))


def digits_of(number: Number) -> int:
    """How many digits a number has."""
    return max(len(_decimal(abs(number.value))), number.scale)


def shown(number: Number, base: int) -> str:
    """A number as bc writes it, long ones over several lines."""
    if number.value == 0:
        return "0"
    sign = "-" if number.value < 0 else ""
    text = sign + (_decimal_text(number) if base == 10 else _based_text(number, base))
    if len(text) <= _WIDTH:
        return text
    return "\\\n".join(text[start : start + _WIDTH - 1] for start in range(0, len(text), _WIDTH - 1))


def _decimal_text(number: Number) -> str:
    digits = _decimal(abs(number.value))
    if number.scale == 0:
        return digits
    digits = digits.rjust(number.scale, "0")
    return f"{digits[: -number.scale]}.{digits[-number.scale :]}"


def _based_text(number: Number, base: int) -> str:
    unit = 10**number.scale
    whole, rest = divmod(abs(number.value), unit)
    digits: list[int] = []
    while whole:
        whole, digit = divmod(whole, base)
        digits.append(digit)
    text = "".join(_digit(digit, base) for digit in reversed(digits))
    if number.scale == 0:
        return text
    behind: list[int] = []
    reach = 1
    while len(_decimal(reach)) <= number.scale:
        digit, rest = divmod(rest * base, unit)
        behind.append(digit)
        reach *= base
    return f"{text}.{''.join(_digit(digit, base) for digit in behind)}"


def _digit(digit: int, base: int) -> str:
    return "0123456789ABCDEF"[digit] if base <= 16 else f" {digit:0{len(str(base - 1))}}"
