"""Which lines differ between two texts: Myers's algorithm from both ends, with GNU diff's choice of equal answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

__all__ = ["Change", "changes"]

_LEAST_COST = 256


class Change(NamedTuple):
    """A run of lines that differ: from ``old_start`` to ``old_end`` (not included), and likewise in the new text."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def changes(old: Sequence[str], new: Sequence[str], spend: Callable[[int], None]) -> list[Change]:
    """The runs in which two texts differ, in order; `spend` is told of the work."""
    numbers: dict[str, int] = {}
    before = [numbers.setdefault(line, len(numbers)) for line in old]
    after = [numbers.setdefault(line, len(numbers)) for line in new]
    marks = _Marks(before, after)
    marks.compare(spend)
    _shift(marks.old, marks.new, before)
    _shift(marks.new, marks.old, after)
    found, at, beside = [], 0, 0
    while at < len(before) or beside < len(after):
        if not marks.old[at] and not marks.new[beside]:
            at, beside = at + 1, beside + 1
            continue
        start, first = at, beside
        while marks.old[at]:
            at += 1
        while marks.new[beside]:
            beside += 1
        found.append(Change(start, at, first, beside))
    return found


class _Marks:
    """Marks of the lines that differ; one more than there are lines, so that a run always ends."""

    def __init__(self, before: list[int], after: list[int]) -> None:
        self.old, self.new = [False] * (len(before) + 2), [False] * (len(after) + 2)
        # Lines that the other text has nowhere are different for sure; the search goes on without them.
        common = set(before) & set(after)
        self._places = [at for at, number in enumerate(before) if number in common]
        self._others = [at for at, number in enumerate(after) if number in common]
        for marks, lines in ((self.old, before), (self.new, after)):
            for at, number in enumerate(lines):
                marks[at] = number not in common
        self._x = [before[at] for at in self._places]
        self._y = [after[at] for at in self._others]

    def compare(self, spend: Callable[[int], None]) -> None:
        """Marks what differs among the lines that both have."""
        x, y = self._x, self._y
        ahead = [(0, len(x), 0, len(y))]
        spend(1 + (len(x) + len(y)) // 16)
        while ahead:
            left, right, low, high = ahead.pop()
            while left < right and low < high and x[left] == y[low]:
                left, low = left + 1, low + 1
            while left < right and low < high and x[right - 1] == y[high - 1]:
                right, high = right - 1, high - 1
            if left == right:
                for at in range(low, high):
                    self.new[self._others[at]] = True
            elif low == high:
                for at in range(left, right):
                    self.old[self._places[at]] = True
            else:
                middle, beside = _middle(x, y, (left, right, low, high), spend)
                ahead.append((middle, right, beside, high))
                ahead.append((left, middle, low, beside))


def _middle(
    x: list[int], y: list[int], area: tuple[int, int, int, int], spend: Callable[[int], None]
) -> tuple[int, int]:
    """A point on a shortest way through the area, where a search from either end meets the other."""
    left, right, low, high = area
    least, most = left - high, right - low
    ahead, back = {left - low: left}, {right - high: right}
    first = last = left - low
    start = end = right - high
    odd = (first - start) & 1
    far = right + high + 1
    limit = max(_LEAST_COST, int((right - left + high - low) ** 0.5))
    for cost in range(1, right - left + high - low + 2):
        spend(1 + (last - first + end - start) // 16)
        first, last = _wider(ahead, first, last, least, most, -1)
        for diagonal in range(last, first - 1, -2):
            below, above = ahead[diagonal - 1], ahead[diagonal + 1]
            at = above if below < above else below + 1
            while at < right and at - diagonal < high and x[at] == y[at - diagonal]:
                at += 1
            ahead[diagonal] = at
            if odd and start <= diagonal <= end and back[diagonal] <= at:
                return at, at - diagonal
        start, end = _wider(back, start, end, least, most, far)
        for diagonal in range(end, start - 1, -2):
            below, above = back[diagonal - 1], back[diagonal + 1]
            at = below if below < above else above - 1
            while left < at and low < at - diagonal and x[at - 1] == y[at - diagonal - 1]:
                at -= 1
            back[diagonal] = at
            if not odd and first <= diagonal <= last and at <= ahead[diagonal]:
                return at, at - diagonal
        if cost >= limit:
            return _furthest(ahead, (first, last), back, (start, end), area)
    raise AssertionError("the two searches meet within the sum of the lengths")


def _wider(reached: dict[int, int], first: int, last: int, least: int, most: int, nothing: int) -> tuple[int, int]:
    """One diagonal more on either side, or one less at the border."""
    if first > least:
        first -= 1
        reached[first - 1] = nothing
    else:
        first += 1
    if last < most:
        last += 1
        reached[last + 1] = nothing
    else:
        last -= 1
    return first, last


def _furthest(
    ahead: dict[int, int],
    forth: tuple[int, int],
    back: dict[int, int],
    backward: tuple[int, int],
    area: tuple[int, int, int, int],
) -> tuple[int, int]:
    """Gives up the search for the shortest way: the point that one of the searches got furthest to."""
    left, right, low, high = area
    best, at_best = -1, left
    for diagonal in range(forth[1], forth[0] - 1, -2):
        at = min(ahead[diagonal], right, high + diagonal)
        if best < 2 * at - diagonal:
            best, at_best = 2 * at - diagonal, at
    worst, at_worst = 1 << 60, right
    for diagonal in range(backward[1], backward[0] - 1, -2):
        at = max(left, back[diagonal], low + diagonal)
        if 2 * at - diagonal < worst:
            worst, at_worst = 2 * at - diagonal, at
    if right + high - worst < best - (left + low):
        return at_best, best - at_best
    return at_worst, worst - at_worst


class _Run:
    """A run of changes that is moved about, and the place in the other text that keeps step with its end."""

    def __init__(self, marks: list[bool], others: list[bool], lines: list[int]) -> None:
        self._marks, self._others, self._lines = marks, others, lines
        self._start = self._at = self._beside = 0

    def next(self) -> bool:
        """Goes to the next run; whether there is one."""
        while self._at < len(self._lines) and not self._marks[self._at]:
            self._forth()
            self._at += 1
        if self._at == len(self._lines):
            return False
        self._start = self._at
        while self._marks[self._at]:
            self._at += 1
        while self._others[self._beside]:
            self._beside += 1
        return True

    def _forth(self) -> None:
        while self._others[self._beside]:
            self._beside += 1
        self._beside += 1

    def _back(self) -> None:
        self._beside -= 1
        while self._beside and self._others[self._beside]:
            self._beside -= 1

    def settle(self) -> None:
        """Moves the run up and down until it grows no more; then to its partner in the other text."""
        while True:
            length = self._at - self._start
            self._rise()
            partner = self._sink()
            if length == self._at - self._start:
                break
        while partner < self._at:
            self._up()
            self._back()

    def _up(self) -> None:
        self._start, self._at = self._start - 1, self._at - 1
        self._marks[self._start], self._marks[self._at] = True, False

    def _rise(self) -> None:
        while self._start and self._lines[self._start - 1] == self._lines[self._at - 1]:
            self._up()
            while self._start and self._marks[self._start - 1]:
                self._start -= 1
            self._back()

    def _sink(self) -> int:
        """Down as far as it goes; the last place on the way that had a partner."""
        end = len(self._lines)
        partner = self._at if self._beside and self._others[self._beside - 1] else end
        while self._at != end and self._lines[self._start] == self._lines[self._at]:
            self._marks[self._start], self._marks[self._at] = False, True
            self._start, self._at = self._start + 1, self._at + 1
            while self._marks[self._at]:
                self._at += 1
            self._beside += 1
            while self._others[self._beside]:
                partner = self._at
                self._beside += 1
        return partner


def _shift(marks: list[bool], others: list[bool], lines: list[int]) -> None:
    """Moves each run of changes to where it joins others, or as far down as it goes."""
    run = _Run(marks, others, lines)
    while run.next():
        run.settle()
