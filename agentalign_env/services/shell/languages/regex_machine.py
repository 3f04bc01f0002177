"""Matches what RE2 cannot: back-references, looking around, places between words. Backtracks, within a bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from agentalign_env.services.shell.languages.regex_nodes import (
    Alternatives,
    Assertion,
    Atomic,
    Backreference,
    Chars,
    Group,
    Keep,
    Look,
    Node,
    PatternError,
    Repeat,
    Sequence_,
)

__all__ = ["Machine", "Spans", "TooManyStepsError"]

Spans: TypeAlias = tuple[int, ...]

_MAX_PROGRAM: Final = 20_000
_CLASSES: Final[dict[str, Callable[[str], bool]]] = {
    "alpha": str.isalpha,
    "digit": lambda char: "0" <= char <= "9",
    "alnum": lambda char: char.isalpha() or "0" <= char <= "9" or char.isalnum(),
    "upper": str.isupper,
    "lower": str.islower,
    "space": str.isspace,
    "blank": lambda char: char in " \t",
    "punct": lambda char: char.isprintable() and not char.isalnum() and char != " ",
    "print": str.isprintable,
    "graph": lambda char: char.isprintable() and char != " ",
    "cntrl": lambda char: char < " " or char == "\x7f",
    "xdigit": lambda char: char in "0123456789abcdefABCDEF",
    "word": lambda char: char.isalnum() or char == "_",
}


class TooManyStepsError(Exception):
    """Matching took more steps than are allowed."""


class _Run(NamedTuple):
    """As many of one kind of character as there are."""

    test: Callable[[str], bool]
    low: int
    high: int | None


class _Code(NamedTuple):
    op: str
    a: object = None
    b: int = 0


class _Behind(NamedTuple):
    """What must end here, and how long it can be."""

    code: list[_Code]
    low: int
    high: int


class Machine:
    """A pattern made ready."""

    def __init__(self, node: Node, groups: int, *, longest: bool) -> None:
        self._longest = longest
        self._registers = 2 * (groups + 1)
        self._size = 0
        self._code = self._compile(node)
        self._first = _first_char(node)

    def search(self, text: str, start: int, budget: list[int]) -> Spans | None:
        """The spans of the leftmost match from here on: two numbers for each group, -1 where it took no part.

        Args:
            text: What to search.
            start: Where to begin.
            budget: One number: the steps that are left, counted down.

        Raises:
            TooManyStepsError: They are spent.
        """
        for at in range(start, len(text) + 1):
            if self._first and not text.startswith(self._first, at):
                continue
            empty = (-1,) * self._registers
            found = _run(self._code, text, at, (at, *empty[1:]), budget, longest=self._longest)
            if found is not None:
                end, registers = found
                return (registers[0], end, *registers[2 : self._registers])
        return None

    # Compiling

    def _compile(self, node: Node) -> list[_Code]:
        code: list[_Code] = []
        self._add(node, code)
        code.append(_Code("match"))
        return code

    def _put(self, code: list[_Code], item: _Code) -> int:
        self._size += 1
        if self._size > _MAX_PROGRAM:
            raise PatternError("Regular expression too big")
        code.append(item)
        return len(code) - 1

    def _add(self, node: Node, code: list[_Code]) -> None:
        if isinstance(node, Sequence_):
            for part in node.parts:
                self._add(part, code)
        elif isinstance(node, Chars):
            self._put(code, _Code("char", predicate(node)))
        elif isinstance(node, Alternatives):
            self._add_alternatives(node, code)
        elif isinstance(node, Group):
            self._put(code, _Code("save", None, 2 * node.number))
            self._add(node.part, code)
            self._put(code, _Code("save", None, 2 * node.number + 1))
        elif isinstance(node, Repeat):
            self._add_repeat(node, code)
        elif isinstance(node, Assertion):
            self._put(code, _Code("place", node.kind))
        elif isinstance(node, Backreference):
            self._put(code, _Code("back_fold" if node.fold else "back", None, node.number))
        elif isinstance(node, Keep):
            self._put(code, _Code("save", None, 0))
        elif isinstance(node, Atomic):
            self._put(code, _Code("atomic", self._compile(node.part)))
        else:
            self._add_look(node, code)

    def _add_alternatives(self, node: Alternatives, code: list[_Code]) -> None:
        ends = []
        for part in node.parts[:-1]:
            split = self._put(code, _Code("split"))
            self._add(part, code)
            ends.append(self._put(code, _Code("jump")))
            code[split] = _Code("split", (split + 1), len(code))
        self._add(node.parts[-1], code)
        for end in ends:
            code[end] = _Code("jump", None, len(code))

    def _add_look(self, node: Look, code: list[_Code]) -> None:
        inner = self._compile(node.part)
        if node.ahead:
            self._put(code, _Code("not_ahead" if node.negated else "ahead", inner))
            return
        low, high = _width(node.part)
        if high is None:
            raise PatternError("lookbehind assertion is not fixed length")
        self._put(code, _Code("not_behind" if node.negated else "behind", _Behind(inner, low, high)))

    def _add_repeat(self, node: Repeat, code: list[_Code]) -> None:
        part, low, high, mode = node
        if mode == "possessive":
            self._put(code, _Code("atomic", self._compile(node._replace(mode="greedy"))))
            return
        if isinstance(part, Chars) and mode == "greedy":
            self._put(code, _Code("run", _Run(predicate(part), low, high)))
            return
        for _ in range(low):
            self._add(part, code)
        if high is None:
            register = self._registers
            self._registers += 1
            split = self._put(code, _Code("split"))
            self._put(code, _Code("save", None, register))
            self._add(part, code)
            self._put(code, _Code("moved", None, register))
            self._put(code, _Code("jump", None, split))
            ways = (split + 1, len(code))
            code[split] = _Code("split", *(ways if mode == "greedy" else ways[::-1]))
            return
        splits = []
        for _ in range(high - low):
            splits.append(self._put(code, _Code("split")))
            self._add(part, code)
        for split in splits:
            ways = (split + 1, len(code))
            code[split] = _Code("split", *(ways if mode == "greedy" else ways[::-1]))


def _first_char(node: Node) -> str:
    """The character that every match begins with, if there is one."""
    while isinstance(node, Sequence_ | Group):
        if isinstance(node, Group):
            node = node.part
        elif node.parts:
            node = node.parts[0]
        else:
            return ""
    if isinstance(node, Chars) and not (node.fold or node.negated or node.classes) and len(node.ranges) == 1:
        low, high = node.ranges[0]
        return chr(low) if low == high else ""
    return ""


def predicate(node: Chars) -> Callable[[str], bool]:
    """Whether a character belongs to a set."""
    ranges, classes, negated = node.ranges, node.classes, node.negated
    if len(ranges) == 1 and not classes and not node.fold and ranges[0][0] == ranges[0][1]:
        only = chr(ranges[0][0])
        return (lambda char: char != only) if negated else (lambda char: char == only)
    tests = [(name.startswith("!"), _CLASSES[name.lstrip("!")]) for name in classes]

    def belongs(char: str) -> bool:
        code = ord(char)
        return any(low <= code <= high for low, high in ranges) or any(
            test(char) != opposite for opposite, test in tests
        )

    if node.fold:
        return lambda char: any(map(belongs, {char, char.lower()[:1], char.upper()[:1]})) != negated
    return lambda char: belongs(char) != negated


def _width(node: Node) -> tuple[int, int | None]:
    """The least and the most characters that a match has."""
    if isinstance(node, Chars):
        return 1, 1
    if isinstance(node, Group | Atomic):
        return _width(node.part)
    if isinstance(node, Sequence_):
        widths = [_width(part) for part in node.parts]
        highs = [high for _, high in widths]
        return sum(low for low, _ in widths), None if None in highs else sum(high or 0 for high in highs)
    if isinstance(node, Alternatives):
        widths = [_width(part) for part in node.parts]
        highs = [high for _, high in widths]
        return min(low for low, _ in widths), None if None in highs else max(high or 0 for high in highs)
    if isinstance(node, Repeat):
        low, high = _width(node.part)
        return low * node.low, None if high is None or node.high is None else high * node.high
    if isinstance(node, Backreference):
        return 0, None
    return 0, 0


# Running


def _run(  # noqa: C901 - one loop over the kinds of instructions
    code: list[_Code], text: str, at: int, registers: Spans, budget: list[int], *, longest: bool = False, end: int = -1
) -> tuple[int, Spans] | None:
    """Where a match from this place ends (it must be `end` unless that is -1), and the registers then."""
    best: tuple[int, Spans] | None = None
    size = len(text)
    later: list[tuple[int, int, Spans, int]] = [(0, at, registers, at)]  # the last: how far a run may give back
    while later:
        pc, at, registers, least = later.pop()
        if at > least:
            later.append((pc, at - 1, registers, least))
        while True:
            budget[0] -= 1
            if budget[0] < 0:
                raise TooManyStepsError
            op, a, b = code[pc]
            pc += 1
            if op == "char":
                if at >= size or not a(text[at]):  # type: ignore[operator]
                    break
                at += 1
            elif op == "run":
                least, at = _take_run(a, text, at)  # type: ignore[arg-type]
                if least < 0:
                    break
                budget[0] -= (at - least) // 8
                if at > least:
                    later.append((pc, at - 1, registers, least))
            elif op == "split":
                later.append((b, at, registers, at))
                pc = a  # type: ignore[assignment]
            elif op == "jump":
                pc = b
            elif op == "match":
                best = _better(best, (at, registers), end)
                if best is not None and (not longest or best[0] == size):
                    return best
                break
            else:
                stepped = _step(op, a, b, text, at, registers, budget)
                if stepped is None:
                    break
                at, registers = stepped
    return best


def _better(best: tuple[int, Spans] | None, found: tuple[int, Spans], end: int) -> tuple[int, Spans] | None:
    """The longer of two matches, of those that end where they must."""
    fits = end in {-1, found[0]} and (best is None or found[0] > best[0])
    return found if fits else best


def _take_run(run: _Run, text: str, at: int) -> tuple[int, int]:
    """The least and the most places where this run may end; -1 where it is too short."""
    test, low, high = run
    last = len(text) if high is None else min(len(text), at + high)
    end = at
    while end < last and test(text[end]):
        end += 1
    return (-1, at) if end - at < low else (at + low, end)


def _step(
    op: str, a: object, b: int, text: str, at: int, registers: Spans, budget: list[int]
) -> tuple[int, Spans] | None:
    """The rarer instructions: where the match goes on; ``None`` if it fails."""
    if op == "save":
        return at, (*registers[:b], at, *registers[b + 1 :])
    if op == "place":
        return (at, registers) if _holds(str(a), text, at) else None
    if op == "moved":
        return (at, registers) if registers[b] != at else None
    if op in {"back", "back_fold"}:
        start, end = registers[2 * b], registers[2 * b + 1]
        if start < 0 or end < 0:
            return None
        wanted, there = text[start:end], text[at : at + end - start]
        same = wanted == there if op == "back" else wanted.casefold() == there.casefold()
        return (at + end - start, registers) if same else None
    if op == "atomic":
        return _run(a, text, at, registers, budget)  # type: ignore[arg-type]
    found: tuple[int, Spans] | None = None
    if op in {"ahead", "not_ahead"}:
        found = _run(a, text, at, registers, budget)  # type: ignore[arg-type]
    else:
        behind: _Behind = a  # type: ignore[assignment]
        for width in range(behind.low, min(behind.high, at) + 1):
            found = _run(behind.code, text, at - width, registers, budget, end=at)
            if found is not None:
                break
    if op.startswith("not_"):
        return None if found is not None else (at, registers)
    return None if found is None else (at, found[1])


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")


def _holds(kind: str, text: str, at: int) -> bool:
    if kind == "text_start":
        return at == 0
    if kind == "text_end":
        return at == len(text)
    if kind == "last_end":
        return at == len(text) or (at == len(text) - 1 and text[at] == "\n")
    if kind == "line_start":
        return at == 0 or text[at - 1] == "\n"
    if kind == "line_end":
        return at == len(text) or text[at] == "\n"
    before, after = _is_word(text, at - 1), _is_word(text, at)
    if kind == "begin":
        return after and not before
    if kind == "end":
        return before and not after
    return (before != after) == (kind == "word")
