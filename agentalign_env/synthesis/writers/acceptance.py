"""Whether a text may take the place of its draft: nothing that was stated is lost, and nothing is added."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agentalign_env.synthesis.values import numbers_in, stated_values

__all__ = ["accepted", "flat_values", "rejection"]

_LONGER, _MORE_CHARS = 3, 400


def accepted(draft: str, written: str, values: Iterable[Any] = ()) -> bool:
    """Whether a written text keeps all that its draft states; see `rejection`."""
    return not rejection(draft, written, values)


def rejection(draft: str, written: str, values: Iterable[Any] = ()) -> str:
    """Why a written text cannot take the place of its draft, or ``""``.

    Args:
        draft: What was to be said.
        written: How it was said.
        values: What must survive word for word where the draft has it, such as the values of a scenario's slots. Links,
            addresses, numbers, paths and ids of the draft must survive in any case, and none may be added.
    """
    if not written.strip():
        return "it is empty"
    if len(written) > _LONGER * len(draft) + _MORE_CHARS:
        return f"it is {len(written)} characters long, the draft {len(draft)}"
    for value in flat_values(values):
        if _has(draft, value) and not _has(written, value):
            return f"{str(value)[:80]!r} is lost"
    stated, new = set(stated_values(draft)), set(stated_values(written))
    for kind, text in sorted(stated - new):
        return f"the {kind} {text[:80]!r} is lost"
    for kind, text in sorted(new - stated):
        return f"the {kind} {text[:80]!r} is added"
    return ""


def flat_values(values: Any) -> Iterator[Any]:
    """The texts and numbers among values, also inside of lists and objects."""
    if isinstance(values, str | int | float):
        if not isinstance(values, bool) and values != "":
            yield values
    elif isinstance(values, Mapping):
        yield from flat_values(values.values())
    elif isinstance(values, Iterable):
        for value in values:
            yield from flat_values(value)


def _has(text: str, value: Any) -> bool:
    if isinstance(value, str):
        start, end = (r"(?<!\w)" if value[0].isalnum() else ""), (r"(?!\w)" if value[-1].isalnum() else "")
        return re.search(f"{start}{re.escape(value)}{end}", text) is not None
    return numbers_in(str(value)) <= numbers_in(text)
