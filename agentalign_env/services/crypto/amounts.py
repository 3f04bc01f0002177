"""Amounts: whole smallest units inside, decimal text outside, and nothing in between."""

from __future__ import annotations

from agentalign_env.errors import OperationError

__all__ = ["spell", "to_text", "to_units"]


def to_units(text: str, asset: str, decimals: int, field: str) -> int:
    """A decimal text in the asset's smallest units.

    Args:
        text: Such as ``0.015``; digits with at most one point.
        asset: Its symbol, for errors.
        decimals: How many the asset has.
        field: The argument that an error names.

    Raises:
        OperationError: More decimals than the asset has, or nothing at all.
    """
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    if len(part) > decimals:
        message = f"{asset} has at most {decimals} decimals, {text} has more: round the amount"
        raise OperationError("invalid_argument", message, field)
    units = int(whole + part.ljust(decimals, "0"))
    if not units:
        raise OperationError("invalid_argument", f"expected more than 0 {asset}, got {text}", field)
    return units


def to_text(units: int, decimals: int) -> str:
    """The decimal text: ``1500000`` with eight decimals is ``0.015``."""
    whole, rest = divmod(units, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}".rstrip("0").rstrip(".") if rest else str(whole)


def spell(units: int, asset: str, decimals: int) -> str:
    """The amount with its symbol, such as ``0.015 BTC``."""
    return f"{to_text(units, decimals)} {asset}"
