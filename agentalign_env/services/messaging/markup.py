"""Whether Telegram can parse the entities of a text, after the rules of its Bot API ("Formatting options")."""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["ParseMode", "markup_problem"]

ParseMode = Literal["HTML", "Markdown", "MarkdownV2"]

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)([^<>]*)>")
_TAGS = frozenset((
    "a", "b", "blockquote", "code", "del", "em", "i", "ins", "pre", "s", "span", "strike", "strong", "tg-emoji",
    "tg-spoiler", "u",
))  # fmt: skip
_LEGACY_ESCAPES = frozenset("_*`[")
_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
_MARKERS = ("__", "||", "*", "_", "~")  # longest first: Telegram reads "__" as underline, greedily


def markup_problem(text: str, mode: ParseMode) -> str | None:
    """Why the text cannot be parsed in this mode, naming the byte offset; ``None`` when it can."""
    if mode == "HTML":
        return _html_problem(text)
    return _legacy_problem(text) if mode == "Markdown" else _v2_problem(text)


def _offset(text: str, at: int) -> int:
    return len(text[:at].encode())


def _html_problem(text: str) -> str | None:
    opened: list[str] = []
    at = text.find("<")
    while at >= 0:
        tag = _TAG.match(text, at)
        if tag is None:
            return f"a '<' that begins no tag at byte offset {_offset(text, at)}: write it as &lt;"
        name = tag[2].lower()
        if name not in _TAGS:
            return f"unsupported tag \"{tag[2][:40]}\" at byte offset {_offset(text, at)}: write its '<' as &lt;"
        if not tag[1]:
            if name == "span" and "tg-spoiler" not in tag[3]:
                return f'tag "span" must have the class "tg-spoiler" at byte offset {_offset(text, at)}'
            opened.append(name)
        elif not opened or opened.pop() != name:
            return f'unmatched end tag "{name}" at byte offset {_offset(text, at)}'
        at = text.find("<", tag.end())
    return f'cannot find the end tag of start tag "{opened[-1]}"' if opened else None


def _legacy_problem(text: str) -> str | None:
    at = 0
    while at < len(text):
        sign = text[at]
        end = at + 1
        if sign == "\\" and text[at + 1 : at + 2] in _LEGACY_ESCAPES:
            end = at + 2
        elif sign in "_*`":
            marker = "```" if text.startswith("```", at) else sign
            end = text.find(marker, at + len(marker)) + len(marker)
            if end < at + len(marker):
                return _no_end(text, at)
        elif sign == "[":
            close = text.find("]", at)
            if close >= 0 and text.startswith("(", close + 1):
                close = text.find(")", close)
            if close < 0:
                return _no_end(text, at)
            end = close + 1
        at = end
    return None


def _v2_problem(text: str) -> str | None:
    opened: list[tuple[str, int]] = []
    at = 0
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            at += 2
        elif sign == "`":
            fence = "```" if text.startswith("```", at) else sign
            end = _unescaped(text, fence, at + len(fence))
            if end < 0:
                return _no_end(text, at)
            at = end + len(fence)
        elif sign == "]" and opened and opened[-1][0] == "[":
            start = opened.pop()[1]
            at += 1
            if text.startswith("(", at):
                at = _unescaped(text, ")", at) + 1
                if at == 0:
                    return _no_end(text, start)
        elif (marker := _marker(text, at)) is not None:
            if opened and opened[-1][0] == marker != "[":
                opened.pop()
            elif any(marker == other for other, _ in opened):
                return _no_end(text, opened[-1][1])
            else:
                opened.append((marker, at))
            at += len(marker)
        elif (width := _plain_width(text, at)) == 0:
            return (
                f"character {sign!r} is reserved and must be escaped with a preceding backslash "
                f"at byte offset {_offset(text, at)}"
            )
        else:
            at += width
    return _no_end(text, opened[-1][1]) if opened else None


def _no_end(text: str, at: int) -> str:
    return f"cannot find the end of the entity starting at byte offset {_offset(text, at)}"


def _marker(text: str, at: int) -> str | None:
    """The marker that begins or ends an entity here; a link's text begins like any other entity."""
    if text[at] == "[":
        return "["
    return next((marker for marker in _MARKERS if text.startswith(marker, at)), None)


def _plain_width(text: str, at: int) -> int:
    """How many signs here stand for themselves; 0 when the sign needs a backslash."""
    if text[at] not in _RESERVED:
        return 1
    begins_line = at == 0 or text[at - 1] == "\n" or (text[max(at - 3, 0) : at] in ("**", "\n**"))
    if text[at] == ">" and begins_line:  # a quotation
        return 1
    return 1 if text.startswith("![", at) else 0  # a custom emoji


def _unescaped(text: str, marker: str, start: int) -> int:
    at = start
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text.startswith(marker, at):
            return at
        else:
            at += 1
    return -1
