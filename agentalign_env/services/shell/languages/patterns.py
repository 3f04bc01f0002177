r"""Regular expressions that an agent supplies: the POSIX kinds with GNU's additions, awk's, Perl's, plain strings.

All become patterns of RE2, which takes linear time. What RE2 cannot do (back-references, looking around) is matched by
backtracking within a bound. Python's own `re` is not used: one short pattern can stop it for hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple, Protocol

import re2

from agentalign_env.services.shell.languages.regex_machine import Machine, Spans, TooManyStepsError
from agentalign_env.services.shell.languages.regex_nodes import (
    Alternatives,
    Assertion,
    Chars,
    Group,
    Node,
    PatternError,
    Sequence_,
    renumber,
)
from agentalign_env.services.shell.languages.regex_perl import parse_perl
from agentalign_env.services.shell.languages.regex_posix import WORD, parse_posix
from agentalign_env.services.shell.languages.regex_re2 import bounded, has_words, to_re2
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS

__all__ = ["Flavour", "Match", "Pattern", "PatternError", "Whole", "compile_any", "compile_pattern"]

Flavour = Literal["basic", "extended", "awk", "fixed", "perl"]
Whole = Literal["", "word", "line"]

_MAX_CHARS: Final = DEFAULT_SHELL_LIMITS.pattern_chars
_MAX_PROGRAM: Final = 10_000
_STEPS: Final = 200_000
_STEPS_PER_FUEL: Final = 12
_CHARS_PER_FUEL: Final = 8192
_MATCHES_PER_CHARGE: Final = 8
_LONG: Final = 256


class Match(NamedTuple):
    """Where a pattern matched.

    Attributes:
        text: What was searched.
        spans: Start and end of the match and of each group, flat; -1 where a group took no part.
    """

    text: str
    spans: Spans

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.spans[0]

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.spans[1]

    @property
    def groups(self) -> int:
        """How many groups the pattern has."""
        return len(self.spans) // 2 - 1

    def group(self, number: int = 0) -> str | None:
        """What a group matched; ``None`` if it took no part or there is no such group."""
        if not 0 <= 2 * number < len(self.spans):
            return None
        start, end = self.spans[2 * number : 2 * number + 2]
        return None if start < 0 or end < 0 else self.text[start:end]


class Pattern:
    """A pattern made ready; shared, never changed.

    Attributes:
        groups: How many groups it has.
        names: The numbers of groups with names.
    """

    def __init__(self, node: Node, groups: int, names: Mapping[str, int], *, perl: bool, inner: bool) -> None:
        self.groups, self.names = groups, names
        self._node, self._perl, self._inner = node, perl, inner
        self._words = has_words(node)
        self._machine: Machine | None = None
        self._plain = None if inner else _plain(node)
        self._regexp = _compiled(to_re2(node), perl=perl) if self._plain is None else None
        if self._plain is None and self._regexp is None:
            self._machine = self._new_machine()

    def _new_machine(self) -> Machine:
        return Machine(self._node, self.groups + self._inner, longest=not self._perl)

    def search(self, text: str, start: int = 0, spend: Callable[[int], None] | None = None) -> Match | None:
        """The leftmost match from here on (of those the longest, except for Perl's).

        Args:
            text: What to search.
            start: Where to begin; what stands before it is seen by anchors and word borders.
            spend: Takes the fuel that a long text or a backtracking pattern costs.

        Raises:
            PatternError: A backtracking pattern took too many steps.
        """
        if spend is not None and start == 0 and len(text) >= _CHARS_PER_FUEL:
            spend(len(text) // _CHARS_PER_FUEL)
        return self._search(text, start, spend)

    def _search(self, text: str, start: int, spend: Callable[[int], None] | None) -> Match | None:
        if self._plain is not None:
            at = text.find(self._plain, start)
            return None if at < 0 else Match(text, (at, at + len(self._plain)))
        if self._regexp is None or (self._words and not text.isascii()):
            spans = self._backtrack(text, start, spend)
        else:
            spans = _searched(self._regexp, text, start)
        if spans is None:
            return None
        wanted = 2 * (self.groups + 1)
        return Match(text, spans[2 : 2 + wanted] if self._inner else spans[:wanted])

    def _backtrack(self, text: str, start: int, spend: Callable[[int], None] | None) -> Spans | None:
        if self._machine is None:
            self._machine = self._new_machine()
        budget = [_STEPS]
        try:
            return self._machine.search(text, start, budget)
        except TooManyStepsError:
            raise PatternError("exceeded PCRE's backtracking limit" if self._perl else "Memory exhausted") from None
        finally:
            if spend is not None:
                spend((_STEPS - budget[0]) // _STEPS_PER_FUEL)

    def finditer(self, text: str, start: int = 0, spend: Callable[[int], None] | None = None) -> Iterator[Match]:
        """The matches that do not overlap, from left to right; no empty one right behind another."""
        last = -1
        match = self.search(text, start, spend)
        count = 0
        while match is not None:
            count += 1
            if spend is not None and not count % _MATCHES_PER_CHARGE:
                spend(_MATCHES_PER_CHARGE // 2)
            if match.end > match.start or match.start != last:
                yield match
                last = match.end
            start = match.end if match.end > match.start else match.end + 1
            match = self._search(text, start, spend) if start <= len(text) else None


class _Found(Protocol):
    def span(self, group: int) -> tuple[int, int]: ...


class _Regexp(Protocol):
    """A compiled pattern of the re2 package, which brings no types."""

    groups: int
    programsize: int

    def search(self, text: bytes, pos: int) -> _Found | None: ...


def compile_pattern(text: str, flavour: Flavour, *, ignore_case: bool = False, lines: bool = False) -> Pattern:
    r"""Makes a pattern ready.

    Args:
        text: The pattern.
        flavour: How it is written. ``basic`` and ``extended`` know ``\w \b \< \+`` and back-references as GNU's do.
        ignore_case: Whether case does not matter.
        lines: Whether anchors stand at every line of the text.

    Raises:
        PatternError: It is invalid, in the words of the GNU tools.
    """
    return compile_any((text,), flavour, ignore_case=ignore_case, lines=lines)


def compile_any(
    texts: Sequence[str],
    flavour: Flavour,
    *,
    ignore_case: bool = False,
    lines: bool = False,
    whole: Whole = "",
    lenient: bool = False,
    dots: bool = False,
    spaced: bool = False,
) -> Pattern:
    """Makes one pattern out of several of which any may match.

    Args:
        texts: The patterns.
        flavour: How they are written.
        ignore_case: Whether case does not matter.
        lines: Whether anchors stand at every line of the text.
        whole: Whether a match must be whole words, or the whole text.
        lenient: Whether an operator without an operand is passed over, as grep does.
        dots: Whether Perl's dot stands for a newline too.
        spaced: Whether white space in Perl's patterns means nothing.

    Raises:
        PatternError: One is invalid.
    """
    return _made(tuple(texts), flavour, ignore_case, lines, whole, lenient or flavour == "awk", dots, spaced)


@lru_cache(maxsize=128)
def _made(
    texts: tuple[str, ...],
    flavour: Flavour,
    fold: bool,
    lines: bool,
    whole: Whole,
    lenient: bool,
    dots: bool,
    spaced: bool,
) -> Pattern:
    if sum(map(len, texts)) > _MAX_CHARS:
        raise PatternError("Regular expression too big")
    nodes: list[Node] = []
    groups = 0
    names: dict[str, int] = {}
    node: Node
    for text in texts:
        if flavour == "fixed":
            node, count = Sequence_(tuple(Chars(((ord(char), ord(char)),), fold=fold) for char in text)), 0
        elif flavour == "perl":
            node, count, names = parse_perl(text, fold=fold, spaced=spaced, dots=dots)
        else:
            node, count = parse_posix(text, flavour, fold=fold, lines=lines, lenient=lenient)
        nodes.append(renumber(node, groups) if groups else node)
        groups += count
    node = bounded(nodes[0] if len(nodes) == 1 else Alternatives(tuple(nodes)))
    if whole:
        node = _whole(node, whole)
    return Pattern(node, groups, names, perl=flavour == "perl", inner=bool(whole))


def _whole(node: Node, whole: Whole) -> Node:
    """The pattern between the borders that it must fill; what it matches itself is group 1."""
    part = Group(1, renumber(node, 1))
    start, end = Assertion("text_start"), Assertion("text_end")
    if whole == "line":
        return Sequence_((start, part, end))
    other = WORD._replace(negated=True)
    return Sequence_((Alternatives((start, other)), part, Alternatives((other, end))))


def _compiled(text: str | None, *, perl: bool) -> _Regexp | None:
    """The pattern for RE2; ``None`` where it has to be matched by backtracking."""
    if text is None:
        return None
    options = re2.Options()
    options.log_errors = False
    options.longest_match = not perl
    try:
        found: _Regexp = re2.compile(text.encode(errors="surrogatepass"), options)
    except re2.error:
        return None
    if found.programsize > _MAX_PROGRAM:
        raise PatternError("Regular expression too big")
    return found


def _plain(node: Node) -> str | None:
    """The text that the pattern stands for, if it stands for one only."""
    parts = node.parts if isinstance(node, Sequence_) else (node,)
    chars: list[str] = []
    for part in parts:
        if not isinstance(part, Chars) or part.fold or part.negated or part.classes or len(part.ranges) != 1:
            return None
        low, high = part.ranges[0]
        if low != high:
            return None
        chars.append(chr(low))
    return "".join(chars)


class _Encoded(NamedTuple):
    """A text in UTF-8, with the place of each character in it, and back."""

    data: bytes
    to_byte: tuple[int, ...]
    to_char: Mapping[int, int]


def _searched(regexp: _Regexp, text: str, start: int) -> Spans | None:
    if text.isascii():
        found = regexp.search(_ascii(text) if len(text) > _LONG else text.encode(), start)
        return None if found is None else tuple(at for group in range(regexp.groups + 1) for at in found.span(group))
    encoded = _encoded(text) if len(text) > _LONG else _encode(text)
    found = regexp.search(encoded.data, encoded.to_byte[start])
    if found is None:
        return None
    back = encoded.to_char
    return tuple(back.get(at, -1) for group in range(regexp.groups + 1) for at in found.span(group))


def _encode(text: str) -> _Encoded:
    places, at = [0], 0
    for char in text:
        code = ord(char)
        at += 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
        places.append(at)
    return _Encoded(text.encode(errors="surrogatepass"), tuple(places), {at: index for index, at in enumerate(places)})


# A long text is searched many times over (every match of ``s/a/b/g``): it is encoded once.
_encoded = lru_cache(maxsize=2)(_encode)
_ascii = lru_cache(maxsize=2)(str.encode)
