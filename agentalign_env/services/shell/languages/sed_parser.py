"""Reads sed scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from agentalign_env.services.shell.languages.patterns import Pattern, PatternError, compile_pattern
from agentalign_env.services.shell.languages.sed_script import Address, Edit, Piece, SedError, Substitution

__all__ = ["Fragment", "parse_sed"]

Fragment = tuple[str, str]
"""Where a part of the script comes from (empty for ``-e``, or a file), and its text."""

_COMMANDS: Final = frozenset("{}=:abcdDeFgGhHilnNpPqQrRstTvwWxyz")
_ONE_ADDRESS: Final = frozenset("qQ")
_ESCAPES: Final = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_MAX_EDITS: Final = 10_000


def parse_sed(fragments: Sequence[Fragment], *, extended: bool) -> list[Edit]:
    """The commands of a script in order; blocks and jumps know where they lead.

    Raises:
        SedError: The script is invalid.
    """
    parser = _Parser(fragments, extended=extended)
    edits = parser.edits()
    labels = {edit.text: index for index, edit in enumerate(edits) if edit.name == ":"}
    for index, edit in enumerate(edits):
        if edit.name in {"b", "t", "T"}:
            if edit.text and edit.text not in labels:
                raise SedError(f"can't find label for jump to `{edit.text}'", 4)
            edits[index] = edit._replace(number=labels.get(edit.text, len(edits)))
    return edits


class _Parser:
    def __init__(self, fragments: Sequence[Fragment], *, extended: bool) -> None:
        self._text = "\n".join(text.removesuffix("\n") if source else text for source, text in fragments)
        self._fragments, self._extended = fragments, extended
        self._at = 0

    # Reading

    def _fail(self, problem: str, at: int | None = None) -> NoReturn:
        """Ends with the place of a problem, as sed names it."""
        place = self._at if at is None else at
        start = expression = 0
        for source, text in self._fragments:
            expression += not source
            length = len(text.removesuffix("\n")) if source else len(text)
            if place <= start + length:
                if source:
                    line = self._text.count("\n", start, place) + 1
                    raise SedError(f"file {source} line {line}: {problem}")
                break
            start += length + 1
        raise SedError(f"-e expression #{expression}, char {place - start}: {problem}")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += len(char)
        return char

    def _skip(self, chars: str) -> None:
        while self._peek() and self._peek() in chars:
            self._at += 1

    def _number(self) -> int:
        start = self._at
        self._skip("0123456789")
        return int(self._text[start : self._at][:15] or "0")

    # Commands

    def edits(self) -> list[Edit]:
        """All commands."""
        found: list[Edit] = []
        blocks: list[int] = []
        while True:
            self._skip(" \t\n;\f\v\r")
            if not self._peek():
                break
            edit = self._edit()
            if edit is None:
                continue
            if edit.name == "{":
                blocks.append(len(found))
            elif edit.name == "}":
                if not blocks:
                    self._fail("unexpected `}'")
                opening = blocks.pop()
                found[opening] = found[opening]._replace(number=len(found))
                self._end()
            found.append(edit)
            if len(found) > _MAX_EDITS:
                self._fail("memory exhausted")
        if blocks:
            raise SedError("-e expression #1, char 0: unmatched `{'")
        return found

    def _edit(self) -> Edit | None:
        first = self._address()
        second = None
        if first is not None:
            self._skip(" \t")
            if self._peek() == ",":
                self._at += 1
                self._skip(" \t")
                second = self._address(second=True)
                if second is None:
                    self._at += 1
                    self._fail("unexpected `,'", min(self._at, len(self._text)))
            if first.kind == "line" and first.number == 0 and (second is None or second.kind != "pattern"):
                self._fail("invalid usage of line address 0", self._at + 1)
        self._skip(" \t")
        negated = False
        while self._peek() == "!":
            self._at += 1
            if negated:
                self._fail("multiple `!'s")
            negated = True
            self._skip(" \t")
        name = self._next()
        if not name:
            self._fail("missing command")
        if name == "#":
            return self._comment(first)
        if name in "+~":
            self._fail("invalid usage of +N or ~N as first address", self._at + 1)
        if name not in _COMMANDS:
            self._fail(f"unknown command: `{name}'")
        if name == ":" and first is not None:
            self._fail(": doesn't want any addresses")
        if second is not None and name in _ONE_ADDRESS:
            self._fail("command only uses one address")
        if name == "}" and first is not None:
            self._fail("} doesn't want any addresses")
        return self._arguments(Edit(name, first, second, negated))

    def _comment(self, first: Address | None) -> Edit | None:
        if first is not None:
            self._fail("comments don't accept any addresses")
        start = self._at
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end
        return Edit("#n") if start == 1 and self._text[1 : self._at] == "n" else None

    def _arguments(self, edit: Edit) -> Edit:
        name = edit.name
        if name in "{}":
            return edit
        if name in "aic":
            return edit._replace(text=self._long_text())
        if name in ":btT":
            return edit._replace(text=self._label(name))
        if name in "rRwW":
            return edit._replace(text=self._file())
        if name == "e":
            return edit._replace(text=self._rest().strip())
        if name == "s":
            edit = edit._replace(substitution=self._substitution())
        elif name == "y":
            edit = edit._replace(table=self._table())
        elif name in "qQlL":
            self._skip(" \t")
            if self._peek().isdigit():
                edit = edit._replace(number=self._number())
        elif name == "v":
            self._label(name)
        self._end()
        return edit

    def _end(self) -> None:
        """Reads what ends a command."""
        self._skip(" \t\r")
        char = self._peek()
        if not char or char in "}#":
            return
        self._at += 1
        if char not in ";\n":
            self._fail("extra characters after command")

    def _rest(self) -> str:
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        found = self._text[self._at : end]
        self._at = end
        return found

    def _label(self, name: str) -> str:
        self._skip(" \t")
        start = self._at
        while self._peek() and self._peek() not in ("\n; \t" if name == ":" else "\n; \t}"):
            self._at += 1
        label = self._text[start : self._at].strip()
        if name == ":" and not label:
            self._fail('":" lacks a label')
        return label

    def _file(self) -> str:
        self._skip(" \t")
        name = self._rest()
        if not name:
            self._fail("missing filename in r/R/w/W commands")
        return name

    def _long_text(self) -> str:
        """The text of a, i or c: on the same line, or after a backslash and a newline."""
        self._skip(" \t")
        if not self._peek():
            self._fail("expected \\ after `a', `c' or `i'")
        if self._peek() == "\\":
            self._at += 1
            ahead = self._at
            self._skip(" \t")
            if self._peek() == "\n":
                self._at += 1
            else:
                self._at = ahead
                if not self._peek():
                    return ""
                return self._continued(plain_first=True)
        return self._continued(plain_first=False)

    def _continued(self, *, plain_first: bool) -> str:
        parts: list[str] = []
        while (char := self._next()) and char != "\n":
            if char == "\\":
                following = self._next()
                if not following:
                    break
                escaped = _ESCAPES.get(following)
                parts.append(following if escaped is None or (plain_first and not parts) else escaped)
            else:
                parts.append(char)
        return "".join(parts) + "\n"

    # Addresses

    def _address(self, *, second: bool = False) -> Address | None:
        char = self._peek()
        if char.isdigit():
            number = self._number()
            self._skip(" \t") if self._text[self._at :].lstrip(" \t").startswith("~") else None
            if self._peek() == "~" and not second:
                self._at += 1
                return Address("step", number, self._number())
            return Address("line", number)
        if char in {"+", "~"} and second:
            self._at += 1
            return Address("more" if char == "+" else "multiple", self._number())
        if char == "$":
            self._at += 1
            return Address("last")
        if char in {"/", "\\"}:
            self._at += 1
            delimiter = self._next() if char == "\\" else "/"
            text = self._delimited(delimiter, regex=True) if delimiter and delimiter not in "\n\\" else None
            if text is None:
                self._fail("unterminated address regex")
            fold = lines = False
            while self._peek() in {"I", "M"}:
                flag = self._next()
                fold, lines = fold or flag == "I", lines or flag == "M"
            return Address("pattern", pattern=self._pattern(text, fold=fold, lines=lines))
        return None

    def _delimited(self, delimiter: str, *, regex: bool) -> str | None:
        """The text up to the delimiter; ``None`` if that never comes."""
        parts: list[str] = []
        in_set = 0  # the place of the bracket that opened a set
        while (char := self._next()) and char != "\n":
            if char == "\\" and not in_set:
                following = self._next()
                if following == delimiter:
                    # An escaped delimiter that is special by itself stays a plain character.
                    parts.append(following if regex or following != "&" else "\\&")
                elif following == "n" and regex:
                    parts.append("\n")
                else:
                    parts.append("\\" + following)
                continue
            if char == delimiter and not in_set:
                return "".join(parts)
            if regex and char == "[" and not in_set:
                in_set = self._at
                parts.append(char)
                if self._peek() == "^":
                    parts.append(self._next())
                if self._peek() == "]":
                    parts.append(self._next())
                continue
            if in_set:
                if char == "[" and self._peek() in {":", ".", "="}:
                    end = self._text.find(self._peek() + "]", self._at + 1)
                    if end > 0:
                        parts.append(char + self._text[self._at : end + 2])
                        self._at = end + 2
                        continue
                if char == "\\" and self._peek() in _ESCAPES:
                    char = _ESCAPES[self._next()]
                elif char == "\\" and self._peek() == "]":
                    pass
                in_set = 0 if char == "]" else in_set
            parts.append(char)
        return None

    def _pattern(self, text: str, *, fold: bool, lines: bool) -> Pattern | None:
        if not text:
            return None
        try:
            flavour = "extended" if self._extended else "basic"
            return compile_pattern(_unescaped(text), flavour, ignore_case=fold, lines=lines)  # type: ignore[arg-type]
        except PatternError as error:
            words = str(error)
            if words.startswith("character class"):
                raise SedError(words) from None
            self._fail(words)

    # s and y

    def _substitution(self) -> Substitution:
        delimiter = self._next()
        text = self._delimited(delimiter, regex=True) if delimiter and delimiter not in "\n\\" else None
        replacement = None if text is None else self._replacement(delimiter)
        if text is None or replacement is None:
            self._fail("unterminated `s' command")
        flags, first = "", 0
        file = ""
        while (char := self._peek()) and char not in "};\n#":
            self._at += 1
            if char in "gp" and char in flags:
                self._fail(f"multiple `{char}' options to `s' command")
            if char in "gpiIMme":
                flags += char
            elif char.isdigit():
                self._at -= 1
                if first:
                    self._fail("multiple number options to `s' command", self._at + 1)
                first = self._number()
                if not first:
                    self._fail("number option to `s' command may not be zero")
            elif char == "w":
                file = self._file()
            elif char not in " \t\r":
                self._fail("unknown option to `s'")
        pattern = self._pattern(text, fold="i" in flags.lower(), lines="m" in flags.lower())
        most = max((piece.group for piece in replacement), default=0)
        if pattern is not None and most > pattern.groups:
            self._fail(f"invalid reference \\{most} on `s' command's RHS")
        return Substitution(pattern, replacement, first or 1, "g" in flags, "p" in flags, "e" in flags, file)

    def _replacement(self, delimiter: str) -> tuple[Piece, ...] | None:
        pieces: list[Piece] = []
        plain: list[str] = []

        def add(piece: Piece) -> None:
            if plain:
                pieces.append(Piece("".join(plain)))
                plain.clear()
            pieces.append(piece)

        while (char := self._next()) != delimiter:
            if not char or char == "\n":
                return None
            if char == "&":
                add(Piece(group=0))
            elif char != "\\":
                plain.append(char)
            else:
                char = self._next()
                if char.isdigit() and char != delimiter:
                    add(Piece(group=int(char)))
                elif char and char in "LUluE" and char != delimiter:
                    add(Piece(case=char))
                elif char == "":
                    return None
                else:
                    plain.append(self._escaped(char))
        if plain:
            pieces.append(Piece("".join(plain)))
        return tuple(pieces)

    def _escaped(self, char: str) -> str:
        """What a backslash and this character stand for in a replacement."""
        if char in _ESCAPES:
            return _ESCAPES[char]
        code, length = _coded(self._text, self._at - 1)
        if length:
            self._at += length - 1
            return chr(code)
        return char

    def _table(self) -> dict[int, str]:
        delimiter = self._next()
        sides: list[list[str]] = []
        for _ in range(2):
            side: list[str] = []
            while (char := self._next()) != delimiter:
                if not char:
                    self._fail("unterminated `y' command")
                if char == "\\":
                    char = self._next()
                    if char not in {"\\", delimiter, *_ESCAPES}:
                        side.append("\\")
                    char = _ESCAPES.get(char, char)
                side.append(char)
            sides.append(side)
        if len(sides[0]) != len(sides[1]):
            self._fail("strings for `y' command are different lengths")
        table: dict[int, str] = {}
        for old, new in zip(*sides, strict=True):
            table.setdefault(ord(old), new)
        return table


def _coded(text: str, at: int) -> tuple[int, int]:
    """The character that ``xHH``, ``oNNN``, ``dNNN`` or ``cX`` here stands for, and its length; 0 for none."""
    kind, digits = text[at : at + 1], text[at + 1 : at + 4]
    if kind == "x":
        digits = digits[:2] if digits[1:2] in _HEX and digits[1:2] else digits[:1]
        return (int(digits, 16), 1 + len(digits)) if digits and digits[0] in _HEX else (0, 0)
    if kind == "o" and len(digits) == 3 and all(digit in "01234567" for digit in digits):
        return int(digits, 8) & 255, 4
    if kind == "d" and len(digits) == 3 and digits.isascii() and digits.isdigit():
        return int(digits) & 255, 4
    if kind == "c" and digits:
        return ord(digits[0].upper()) ^ 64, 2
    return 0, 0


def _unescaped(text: str) -> str:
    r"""A pattern with ``\t``, ``\x41`` and the like replaced; what would be special then stays escaped."""
    if "\\" not in text:
        return text
    parts: list[str] = []
    at = 0
    while at < len(text):
        if text[at] != "\\":
            parts.append(text[at])
            at += 1
            continue
        following = text[at + 1 : at + 2]
        code, length = _coded(text, at + 1)
        if length:
            char = chr(code)
            parts.append("\\" + char if char in "[]\\" else char)
            at += 1 + length
        else:
            parts.append(_ESCAPES.get(following, "\\" + following))
            at += 2
    return "".join(parts)
