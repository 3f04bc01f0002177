"""Room for languages whose programs call themselves: each counts its own depth, and Python's must not end first."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_stack

__all__ = ["deep_stack"]


@contextmanager
def deep_stack(frames: int) -> Iterator[None]:
    """Lets Python's stack grow by so many frames inside."""
    before = sys.getrecursionlimit()
    wanted = sum(1 for _ in walk_stack(None)) + frames
    if wanted <= before:
        yield
        return
    sys.setrecursionlimit(wanted)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
