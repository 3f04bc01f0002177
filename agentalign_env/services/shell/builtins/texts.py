"""Writing texts: echo and printf."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS
from agentalign_env.services.shell.quoting import backslashed
from agentalign_env.services.shell.shell import Builtin, Shell
from agentalign_env.services.shell.signals import ExitSignal

__all__ = ["BUILTINS"]

_ECHO_FLAGS = re.compile(r"-[neE]+")
_ESCAPE = re.compile(
    r"\\(?:([abeEfnrtv\\])|(c)|0([0-7]{0,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([1-7][0-7]{0,2})|([\"'?]))"
)
_SIGNS = {
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
}
_CONVERSION = re.compile(
    r"%(?:(%)|([-+ #0']*)(\*|[0-9]*)(?:(\.)(\*|-?[0-9]*))?(?:[hlLjzt]*)(\([^)]*\)T|.)?)", re.DOTALL
)
_NUMBER = re.compile(r"\s*([-+]?)(0[xX][0-9a-fA-F]+|[0-9]+)")
_FLOAT = re.compile(
    r"\s*[-+]?(?:[0-9]+\.?[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|inf(?:inity)?|nan)", re.IGNORECASE
)
_MAX_WIDTH = 4_000_000


class _EndOfOutput(Exception):  # noqa: N818 - a way out of a text
    r"""A ``\c``: nothing is written any more."""

    def __init__(self, text: str) -> None:
        self.text = text


def unescape(text: str, *, echo: bool, format_text: bool = False) -> str:
    r"""The text with its backslashes carried out.

    Raises:
        _EndOfOutput: It holds ``\\c``.
    """
    if "\\" not in text:
        return text
    found: list[str] = []
    at, raw = 0, False
    for match in _ESCAPE.finditer(text):
        letter, ends, octal, hexadecimal, short, long, plain, quote = match.groups()
        if (plain and echo) or (quote and echo):
            continue
        found.append(text[at : match.start()])
        at = match.end()
        if letter:
            found.append(_SIGNS[letter])
        elif ends and not format_text:
            raise _EndOfOutput("".join(found))
        elif ends:
            found.append("\\c")
        elif quote:
            found.append(quote)
        elif short or long:
            code = int(short or long, 16)
            found.append(chr(code) if code < 0xD800 or 0xDFFF < code < 0x110000 else "")
        else:
            if octal is not None and format_text:
                octal = match.group()[1:4]
                at = match.start() + 1 + len(octal)
            code = int(hexadecimal, 16) if hexadecimal else int(plain or octal or "0", 8) & 0xFF
            raw = raw or code > 0x7F
            found.append(chr(code) if code < 0x80 else chr(0xEF00 + code))
    found.append(text[at:])
    done = "".join(found)
    return from_bytes(to_bytes(done)) if raw else done


def _echo(shell: Shell, argv: list[str]) -> int:
    at, newline, escapes = 1, True, shell.style == "sh" or "xpg_echo" in shell.shopts
    while at < len(argv) and _ECHO_FLAGS.fullmatch(argv[at]):
        if shell.style == "sh" and argv[at] != "-n":
            break
        for flag in argv[at][1:]:
            if flag == "n":
                newline = False
            else:
                escapes = flag == "e"
        at += 1
    text = " ".join(argv[at:])
    if escapes:
        try:
            text = unescape(text, echo=True)
        except _EndOfOutput as end:
            text, newline = end.text, False
    return _write(shell, argv[0], text + "\n" if newline else text)


def _write(shell: Shell, name: str, text: str) -> int:
    sink = shell.fds.get(1)
    if sink is None or not hasattr(sink, "write"):
        return shell.complain(f"{name}: write error: Bad file descriptor")
    if text:
        shell.machine.fuel -= len(text) >> 10
        sink.write(text)
    return 0


class _Printer:
    """One call of printf."""

    def __init__(self, shell: Shell, args: list[str]) -> None:
        self.shell, self.args, self.at = shell, args, 0
        self.status = 0
        self.used = False

    def next(self) -> str | None:
        self.used = True
        if self.at >= len(self.args):
            return None
        self.at += 1
        return self.args[self.at - 1]

    def render(self, form: str) -> str:
        found: list[str] = []
        size = 0
        while True:
            self.used = False
            before = self.at
            piece = self.once(form)
            found.append(piece)
            size += len(piece)
            self.shell.machine.spend(1 + (len(piece) >> 7))
            if size > DEFAULT_SHELL_LIMITS.flow_chars:
                raise ExitSignal(2)
            if self.at >= len(self.args) or not self.used or self.at == before:
                return "".join(found)

    def once(self, form: str) -> str:
        found: list[str] = []
        at = 0
        for match in _CONVERSION.finditer(form):
            if match.start() < at:
                continue
            found.append(unescape(form[at : match.start()], echo=False, format_text=True))
            at = match.end()
            if match.group(1):
                found.append("%")
                continue
            found.append(self.convert(match))
        found.append(unescape(form[at:], echo=False, format_text=True))
        return "".join(found)

    def convert(self, match: re.Match[str]) -> str:
        flags, width_text, dot, precision_text, kind = match.groups()[1:]
        if kind is None:
            self.shell.complain(f"printf: `{match.group()}': missing format character")
            raise _EndOfOutput("")
        if not (kind.endswith("T") or kind in "diouxXeEfFgGaAcsbqQ"):
            self.shell.complain(f"printf: `{kind}': invalid format character")
            raise _EndOfOutput("")
        width = self.size(width_text)
        precision = self.size(precision_text or "0") if dot else -1
        if width < 0:
            flags, width = flags + "-", -width
        text = self.text_of(kind, flags, precision)
        if width > _MAX_WIDTH:
            self.shell.machine.spend(width >> 10)
            width = _MAX_WIDTH
        if "-" in flags:
            return text.ljust(width)
        if "0" in flags and kind in "diouxXeEfFgGaA" and not (precision >= 0 and kind in "diouxX"):
            sign = text[:1] if text[:1] in "+- " and text else ""
            body = text[len(sign) :]
            if body[:2] in ("0x", "0X"):
                return sign + body[:2] + body[2:].rjust(width - len(sign) - 2, "0")
            return sign + body.rjust(width - len(sign), "0")
        return text.rjust(width)

    def size(self, text: str) -> int:
        if text == "*":
            return self.integer(self.next())
        return int(text[:10]) if text and text != "-" else 0

    def text_of(self, kind: str, flags: str, precision: int) -> str:
        if kind.endswith("T"):
            return self.time(kind[1:-2])
        value = self.next()
        if kind in "diouxX":
            return _integer_text(self.integer(value), kind, flags, precision)
        if kind in "eEfFgGaA":
            return _float_text(self.float(value), kind, flags, precision)
        text = value or ""
        if kind == "c":
            return text[:1]
        if kind == "b":
            try:
                text = unescape(text, echo=False)
            except _EndOfOutput as end:
                raise _EndOfOutput(end.text) from None
        elif kind in "qQ":
            text = backslashed(text)
        return text if precision < 0 else text[:precision]

    def invalid(self, text: str) -> None:
        self.status = self.shell.complain(f"printf: {text}: invalid number")

    def integer(self, text: str | None) -> int:
        if not text:
            return 0
        if text[0] in "\"'":
            return ord(text[1]) if len(text) > 1 else 0
        match = _NUMBER.match(text)
        if match is None:
            self.invalid(text)
            return 0
        sign, digits = match.groups()
        rest = text[match.end() :]
        if digits[:2] in ("0x", "0X"):
            number = int(digits[:40], 16)
        elif digits[0] == "0":
            octal = re.match("[0-7]+", digits)
            assert octal is not None
            rest = digits[octal.end() :] + rest
            number = int(octal.group()[:40], 8)
        else:
            number = int(digits[:40])
        number = -number if sign == "-" else number
        if rest.strip():
            self.invalid(text)
        if not -(1 << 63) <= number < 1 << 64:
            self.shell.sink(2).write(f"{self.shell.prefix()}printf: warning: {text}: Numerical result out of range\n")
            number = (1 << 63) - 1 if number > 0 else -(1 << 63)
        return number

    def float(self, text: str | None) -> float:
        if not text:
            return 0.0
        if text[0] in "\"'":
            return float(ord(text[1]) if len(text) > 1 else 0)
        match = _FLOAT.match(text)
        if match is None or text.lstrip()[:2].lower() == "0x":
            if text.lstrip()[:2].lower() == "0x":
                return float(self.integer(text))
            self.invalid(text)
            return 0.0
        if match.end() < len(text):
            self.invalid(text)
        return float(match.group())

    def time(self, form: str) -> str:
        from datetime import UTC, datetime

        value = self.next()
        number = -1 if value in (None, "") else self.integer(value)
        seconds = self.shell.machine.now_s if number in (-1, -2) else number
        return datetime.fromtimestamp(min(max(seconds, 0), 253_402_300_799), UTC).strftime(form or "%X")


def _integer_text(number: int, kind: str, flags: str, precision: int) -> str:
    if kind in "di":
        digits = str(abs(number))
    else:
        value = number & ((1 << 64) - 1)
        digits = {"o": f"{value:o}", "u": str(value), "x": f"{value:x}", "X": f"{value:X}"}[kind]
    if precision >= 0:
        digits = digits.rjust(min(precision, 4096), "0") if number or precision else ""
    if "#" in flags and number:
        digits = {"o": "0", "x": "0x", "X": "0X"}.get(kind, "") + digits
    if kind in "di":
        return ("-" if number < 0 else "+" if "+" in flags else " " if " " in flags else "") + digits
    return digits


def _float_text(number: float, kind: str, flags: str, precision: int) -> str:
    if kind in "aA":
        return number.hex()
    sign = "+" if "+" in flags else " " if " " in flags else ""
    digits = min(precision if precision >= 0 else 6, 4096)
    form = f"%{'#' if '#' in flags else ''}{sign}.{digits}{kind}"
    return form % number


_NAME = re.compile(r"[A-Za-z_]\w*(?:\[.*\])?", re.ASCII | re.DOTALL)


def _printf(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    name = ""
    if words[:1] == ["-v"] and len(words) > 1:
        name, words = words[1], words[2:]
        if not _NAME.fullmatch(name):
            shell.complain(f"printf: `{name}': not a valid identifier")
            return 2
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        shell.sink(2).write("printf: usage: printf [-v var] format [arguments]\n")
        return 2
    printer = _Printer(shell, words[1:])
    try:
        text = printer.render(words[0])
    except _EndOfOutput as end:
        text = end.text
        if printer.status == 0 and not end.text:
            printer.status = int("%" in words[0])
    if name:
        if name.endswith("]") and "[" in name:
            base, _, subscript = name[:-1].partition("[")
            shell.assign_element(base, subscript, text)
        else:
            shell.assign(name, text)
        return printer.status
    return _write(shell, "printf", text) or printer.status


BUILTINS: Mapping[str, Builtin] = {"echo": _echo, "printf": _printf}
