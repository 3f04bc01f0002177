"""How tar shows and cleans the names of members."""

from __future__ import annotations

import re

__all__ = ["escaped", "safe_name", "stripped"]

_CLIMB = re.compile(r"^(?:.*/)?\.\.(?:/|$)")


def safe_name(name: str) -> tuple[str, str]:
    """A member's name without its way out of the directory, and what was taken away."""
    climb = _CLIMB.match(name)
    if climb is not None:
        return name[climb.end() :].lstrip("/") or ".", climb.group()
    if name.startswith("/"):
        rest = name.lstrip("/")
        return rest or ".", "/"
    return name, ""


def stripped(name: str, count: int) -> str:
    """The name without so many leading parts; empty when nothing is left."""
    parts = [part for part in name.split("/") if part]
    rest = "/".join(parts[count:])
    return rest + "/" if rest and name.endswith("/") else rest


def escaped(name: str) -> str:
    """The name as tar lists it."""
    shown = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return (
        "".join(f"\\{byte:03o}" if byte >= 0x80 else chr(byte) for byte in shown.encode(errors="replace"))
        if not shown.isascii()
        else shown
    )
