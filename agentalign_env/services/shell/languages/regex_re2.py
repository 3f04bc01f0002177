"""Writes a pattern in RE2's words, where RE2 has words for it."""

from __future__ import annotations

from typing import Final

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
    walk,
)

__all__ = ["bounded", "has_words", "to_re2"]

_PLACES: Final = {
    "text_start": r"\A",
    "text_end": r"\z",
    "last_end": r"\z",
    "line_start": "(?m:^)",
    "line_end": "(?m:$)",
    "word": r"\b",
    "not_word": r"\B",
    "begin": r"\b",
    "end": r"\b",
}
_CLASSES: Final = {
    "alpha": r"\pL",
    "digit": "0-9",
    "alnum": r"\pL\pN",
    "upper": r"\p{Lu}",
    "lower": r"\p{Ll}",
    "space": r"\t-\r ",
    "blank": r"\t ",
    "punct": r"[:punct:]\pP\pS",
    "print": r"[:print:]\pL\pM\pN\pP\pS",
    "graph": r"[:graph:]\pL\pM\pN\pP\pS",
    "cntrl": "[:cntrl:]",
    "xdigit": "[:xdigit:]",
    "word": r"\pL\pN_",
}
_WORD_CLASSES: Final = frozenset({"alpha", "digit", "alnum", "upper", "lower", "xdigit", "word"})
_MOST: Final = 20_000
_MOST_REPEATS: Final = 1000


def to_re2(node: Node) -> str | None:
    """The pattern for RE2; ``None`` where only backtracking gives what the pattern asks for."""
    for part in walk(node):
        if isinstance(part, Backreference | Look | Atomic | Keep):
            return None
        if isinstance(part, Repeat):
            over = max(part.low, part.high or 0) > _MOST_REPEATS
            if part.mode == "possessive" or (over and not isinstance(part.part, Chars)):
                return None
    return _written(node) if _words_are_sure(node) else None


def has_words(node: Node) -> bool:
    """Whether it asks for the borders of words; RE2 knows those of English words only."""
    return any(isinstance(part, Assertion) and part.kind in {"word", "not_word", "begin", "end"} for part in walk(node))


def bounded(node: Node) -> Node:
    """The same pattern.

    Raises:
        PatternError: It is too large.
    """
    if _size(node) > _MOST:
        raise PatternError("Regular expression too big")
    return node


def _size(node: Node) -> int:
    if isinstance(node, Sequence_ | Alternatives):
        return 1 + sum(map(_size, node.parts))
    if isinstance(node, Repeat):
        times = max(node.low, node.high or 0, 1)
        return _size(node.part) * times
    if isinstance(node, Group | Look | Atomic):
        return 1 + _size(node.part)
    return 1


def _words_are_sure(node: Node) -> bool:
    r"""Whether each ``\<`` stands right before a word's character and each ``\>`` right behind one."""
    if isinstance(node, Assertion):
        return node.kind not in {"begin", "end"}
    if isinstance(node, Sequence_):
        for index, part in enumerate(node.parts):
            if isinstance(part, Assertion) and part.kind == "begin":
                if not _word_at(Sequence_(node.parts[index + 1 :]), first=True):
                    return False
            elif isinstance(part, Assertion) and part.kind == "end":
                if not _word_at(Sequence_(node.parts[:index]), first=False):
                    return False
            elif not _words_are_sure(part):
                return False
        return True
    if isinstance(node, Alternatives):
        return all(map(_words_are_sure, node.parts))
    if isinstance(node, Group | Repeat):
        return _words_are_sure(node.part)
    return True


def _word_at(node: Node, *, first: bool) -> bool:
    """Whether every match begins (or ends) with a word's character."""
    if isinstance(node, Chars):
        letters = all(
            chr(low).isalnum() and chr(high).isalnum() and high - low < 26 for low, high in node.ranges if low != 95
        )
        return not node.negated and letters and _WORD_CLASSES.issuperset(node.classes)
    if isinstance(node, Sequence_):
        for part in node.parts if first else node.parts[::-1]:
            if not isinstance(part, Assertion):
                return _word_at(part, first=first)
        return False
    if isinstance(node, Alternatives):
        return all(_word_at(part, first=first) for part in node.parts)
    if isinstance(node, Group):
        return _word_at(node.part, first=first)
    return isinstance(node, Repeat) and node.low > 0 and _word_at(node.part, first=first)


def _written(node: Node) -> str:
    if isinstance(node, Chars):
        return _written_chars(node)
    if isinstance(node, Sequence_):
        return "".join(
            f"(?:{_written(part)})" if isinstance(part, Alternatives) else _written(part) for part in node.parts
        )
    if isinstance(node, Alternatives):
        return "|".join(map(_written, node.parts))
    if isinstance(node, Group):
        return f"({_written(node.part)})"
    if isinstance(node, Assertion):
        return _PLACES[node.kind]
    if isinstance(node, Repeat):
        return _written_repeat(node)
    raise AssertionError(node)


def _written_repeat(node: Repeat) -> str:
    inner = _written(node.part)
    one = inner if isinstance(node.part, Chars | Group) else f"(?:{inner})"
    tail = "?" if node.mode == "lazy" else ""
    if (node.low, node.high) in {(0, None), (1, None), (0, 1)}:
        sign = {(0, None): "*", (1, None): "+", (0, 1): "?"}[node.low, node.high]
        return f"(?:{one}{sign}{tail})"
    whole, rest = divmod(node.low, _MOST_REPEATS)
    parts = [f"{one}{{{_MOST_REPEATS}}}"] * whole + ([f"{one}{{{rest}}}"] if rest else [])
    if node.high is None:
        parts.append(f"{one}*{tail}")
    elif node.high > node.low:
        whole, rest = divmod(node.high - node.low, _MOST_REPEATS)
        parts += [f"{one}{{0,{_MOST_REPEATS}}}{tail}"] * whole + ([f"{one}{{0,{rest}}}{tail}"] if rest else [])
    return f"(?:{''.join(parts)})"


def _written_chars(node: Chars) -> str:
    if not node.ranges and not node.classes:
        return "(?s:.)" if node.negated else r"[^\x{0}-\x{10ffff}]"
    members = []
    for low, high in node.ranges:
        members.append(_code(low) if low == high else f"{_code(low)}-{_code(high)}")
    members.extend(f"[:^{name[1:]}:]" if name.startswith("!") else _CLASSES[name] for name in node.classes)
    if not node.negated and not node.classes and len(members) == 1 and node.ranges[0][0] == node.ranges[0][1]:
        code = node.ranges[0][0]
        return f"(?i:{members[0]})" if node.fold and (code >= 0x80 or chr(code).isalpha()) else members[0]
    text = f"[{'^' if node.negated else ''}{''.join(members)}]"
    return f"(?i:{text})" if node.fold else text


def _code(code: int) -> str:
    char = chr(code)
    return char if char.isascii() and (char.isalnum() or char in " _,:;=@#%\"'<>/!~`") else f"\\x{{{code:x}}}"
