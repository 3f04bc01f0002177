"""Currencies: how many decimals each has, and the fixed rates between them."""

from __future__ import annotations

from decimal import Decimal

from agentalign_env.errors import OperationError

__all__ = ["convert", "spell", "to_amount", "to_minor"]

_DECIMALS = {"BHD": 3, "CLP": 0, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "TND": 3, "UGX": 0, "VND": 0}
"""Where it is not two: the minor units of ISO 4217."""

# What one unit is worth, in millionths of a euro. Frozen: the same payment always costs the same.
_MICRO_EUR = {
    "AED": 250_000, "ARS": 900, "AUD": 605_000, "BGN": 511_300, "BHD": 2_440_000, "BRL": 165_000,
    "CAD": 672_000, "CHF": 1_050_000, "CLP": 970, "CNY": 127_000, "CZK": 39_800, "DKK": 134_000,
    "EGP": 18_600, "EUR": 1_000_000, "GBP": 1_165_000, "HKD": 118_000, "HUF": 2_520, "IDR": 57,
    "ILS": 252_000, "INR": 10_700, "ISK": 6_900, "JOD": 1_298_000, "JPY": 6_100, "KES": 7_120,
    "KRW": 665, "KWD": 3_000_000, "MAD": 93_000, "MXN": 47_000, "MYR": 207_000, "NGN": 600,
    "NOK": 85_500, "NZD": 555_000, "PHP": 16_100, "PLN": 234_500, "RON": 201_000, "SAR": 245_000,
    "SEK": 88_500, "SGD": 711_000, "THB": 26_400, "TND": 297_000, "TRY": 24_000, "TWD": 28_400,
    "UAH": 21_300, "UGX": 250, "USD": 920_000, "VND": 35, "ZAR": 50_000,
}  # fmt: skip


def to_minor(amount: float, currency: str, field: str) -> int:
    """An amount in the currency's smallest unit.

    Args:
        amount: In units of the currency, such as ``12.5``.
        currency: Its code.
        field: The argument that an error names.

    Raises:
        OperationError: No such currency, or more decimals than it has.
    """
    if currency not in _MICRO_EUR:
        known = ", ".join(_MICRO_EUR)
        raise OperationError(
            "invalid_argument", f"{currency!r} is not a currency that can be paid in: use one of {known}", "currency"
        )
    decimals = _DECIMALS.get(currency, 2)
    minor = Decimal(str(amount)).scaleb(decimals)
    if minor != minor.to_integral_value():
        allowed = f"at most {decimals} decimals" if decimals else "no decimals"
        raise OperationError(
            "invalid_argument", f"{currency} has {allowed}, {amount} has more: round the amount", field
        )
    return int(minor)


def to_amount(minor: int, currency: str) -> float:
    """The decimal amount: ``1250`` cents are ``12.5``, whole numbers where the currency has no decimals."""
    unit = _unit(currency)
    return minor if unit == 1 else minor / unit


def spell(minor: int, currency: str) -> str:
    """The amount as text, such as ``12.50 EUR``."""
    decimals = _DECIMALS.get(currency, 2)
    return f"{Decimal(minor).scaleb(-decimals):,.{decimals}f} {currency}"


def convert(minor: int, source: str, target: str) -> int:
    """The value in another currency's smallest unit, to the nearest; at least one, so that no payment is free."""
    if source == target:
        return minor
    worth, one = minor * _MICRO_EUR[source] * _unit(target), _MICRO_EUR[target] * _unit(source)
    return max((2 * worth + one) // (2 * one), 1)


def _unit(currency: str) -> int:
    return int(10 ** _DECIMALS.get(currency, 2))
