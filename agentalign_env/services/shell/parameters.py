"""The values of parameters, and what ``${...}`` does with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from agentalign_env.services.shell.globs import compile_glob
from agentalign_env.services.shell.quoting import quote_value, shell_quoted, transform
from agentalign_env.services.shell.signals import ExitSignal
from agentalign_env.services.shell.syntax import Parameter, Word
from agentalign_env.services.shell.variables import Assoc, Indexed

if TYPE_CHECKING:
    from agentalign_env.services.shell.shell import Shell

__all__ = ["parameter", "values_of"]

_Found = str | list[str] | Word | None
_INDIRECT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[(.*)\])?", re.DOTALL)


def parameter(shell: Shell, part: Parameter, *, quoted: bool) -> _Found:
    """What a parameter expands to: a text, several (as ``$@``), the operand that stands for it, or nothing."""
    name, operator = part.name, part.operator
    if not operator and part.subscript is None and not part.indirect:
        value = shell.variables.values.get(name)
        if type(value) is str and not shell.has_references:
            return value
        if name == "@":
            return shell.args.copy()
        if name == "*":
            return _joined(shell, shell.args, quoted=quoted)
        found = plain_value(shell, name)
        if found is None and shell.nounset:
            _unbound(shell, name)
        return found
    return _operated(shell, part, quoted=quoted)


def plain_value(shell: Shell, name: str) -> str | None:
    """The value of a variable or special parameter."""
    if name[0].isdigit():
        number = int(name)
        if number == 0:
            return shell.arg0
        return shell.args[number - 1] if number <= len(shell.args) else None
    special = _SPECIAL.get(name)
    return special(shell) if special is not None else shell.get(name)


_SPECIAL: dict[str, Callable[[Shell], str | None]] = {
    "?": lambda shell: str(shell.status),
    "#": lambda shell: str(len(shell.args)),
    "$": lambda shell: str(shell.main_pid),
    "!": lambda shell: shell.background or None,
    "-": lambda shell: shell.flags(),
    "@": lambda shell: " ".join(shell.args) if shell.args else None,
    "*": lambda shell: " ".join(shell.args) if shell.args else None,
}


def _unbound(shell: Shell, name: str) -> None:
    shell.complain(f"{'$' if name[0].isdigit() else ''}{name}: unbound variable")
    raise ExitSignal(1 if shell.level or shell.errexit else 127)


def _joined(shell: Shell, values: list[str], *, quoted: bool) -> str | list[str]:
    """``$*``: one text in quotes, several without."""
    if not quoted:
        return values.copy()
    ifs = shell.variables.values.get("IFS", " \t\n")
    return str(ifs)[:1].join(values)


def values_of(shell: Shell, name: str) -> list[str]:
    """All elements of an array, or the one value of a variable."""
    value = shell.array(name)
    if value is None:
        return []
    return [value] if isinstance(value, str) else [element for _, element in value.in_order()]


def _operated(shell: Shell, part: Parameter, *, quoted: bool) -> _Found:
    name, operator = part.name, part.operator
    if operator == "bad":
        shell.fail(f"${{{part.source}}}: bad substitution")
    if operator == "names":
        names = list(shell.variables.names(name))
        return names if part.word is not None and part.word.source == "@" else _joined(shell, names, quoted=quoted)
    if operator == "keys":
        return _keys(shell, part, quoted=quoted)
    whole = ""  # "@" or "*" when all elements are meant
    subscript = None
    if name in ("@", "*"):
        whole = name
    elif part.subscript is not None:
        if part.subscript.source in ("@", "*"):
            whole = part.subscript.source
        else:
            subscript = _subscript(shell, part)
    if part.indirect:
        return _indirect(shell, part, subscript, quoted=quoted)
    if whole:
        values = shell.args.copy() if name in ("@", "*") else values_of(shell, name)
        return _whole(shell, part, whole, values, quoted=quoted)
    value = plain_value(shell, name) if subscript is None else shell.element(name, subscript)
    return _single(shell, part, value, subscript)


def _subscript(shell: Shell, part: Parameter) -> str:
    from agentalign_env.services.shell.expansion import text_of

    assert part.subscript is not None
    return text_of(shell, part.subscript)


def _keys(shell: Shell, part: Parameter, *, quoted: bool) -> _Found:
    value = shell.array(part.name)
    if isinstance(value, Assoc | Indexed):
        keys = [str(key) for key, _ in value.in_order()]
    else:
        keys = [] if value is None else ["0"]
    assert part.subscript is not None
    return keys if part.subscript.source == "@" else _joined(shell, keys, quoted=quoted)


def _indirect(shell: Shell, part: Parameter, subscript: str | None, *, quoted: bool) -> _Found:
    held = plain_value(shell, part.name) if subscript is None else shell.element(part.name, subscript)
    if "n" in shell.variables.attributes.get(part.name, ""):
        return str(shell.variables.values.get(part.name, ""))
    found = _INDIRECT.fullmatch(held or "")
    if found is None:
        if held and (held.isdecimal() or held in _SPECIAL):
            return parameter(shell, Parameter(held, None, part.operator, part.word, part.second), quoted=quoted)
        if held is None and part.operator in (":-", "-", ":+", "+"):
            return _single(shell, part, None, None)
        shell.fail(f"{part.name}: invalid indirect expansion" if held is None else f"{held}: invalid variable name")
        return None
    from agentalign_env.services.shell.parser import parse_word

    inner = found.group(2)
    word = None if inner is None else Word(parse_word(inner).parts, inner)
    return parameter(
        shell, Parameter(found.group(1), word, part.operator, part.word, part.second, source=part.source), quoted=quoted
    )


def _whole(shell: Shell, part: Parameter, whole: str, values: list[str], *, quoted: bool) -> _Found:
    operator = part.operator
    if operator == "length":
        return str(len(values))
    if operator in (":-", "-", ":=", "=", ":?", "?", ":+", "+"):
        return _whole_default(shell, part, whole, values, quoted=quoted)
    if operator == ":":
        values = _slice(shell, part, values)
    elif operator[:1] == "@":
        values = _whole_transformed(shell, part, values)
    elif operator:
        act = _edit(shell, part)
        values = [act(value) for value in values]
    return values if whole == "@" else _joined(shell, values, quoted=quoted)


def _whole_default(shell: Shell, part: Parameter, whole: str, values: list[str], *, quoted: bool) -> _Found:
    missing = not values or (part.operator[0] == ":" and not any(values))
    if part.operator[-1] == "+":
        return None if missing else part.word
    if not missing:
        return values if whole == "@" else _joined(shell, values, quoted=quoted)
    return _single(shell, part, None, None)


def _slice(shell: Shell, part: Parameter, values: list[str]) -> list[str]:
    from agentalign_env.services.shell.expansion import arithmetic_of

    assert part.word is not None
    offset = arithmetic_of(shell, part.word)
    count = arithmetic_of(shell, part.second) if part.second is not None else None
    positional = part.name in ("@", "*")
    if positional:
        values = [shell.arg0, *values]
    else:
        held = shell.array(part.name)
        if isinstance(held, Indexed) and len(held) != held.end:
            first = offset + held.end if offset < 0 else offset
            chosen = [element for index, element in held.in_order() if index >= first]
            return chosen if count is None else chosen[: max(count, 0)]
    if offset < 0:
        offset += len(values)
        if offset < 0:
            return []
    if positional and offset == 0 and count is not None:
        return values[:count]
    if count is not None and count < 0:
        shell.fail(f"{part.second.source if part.second else ''}: substring expression < 0")
    return values[offset:] if count is None else values[offset : offset + max(count, 0)]


def _whole_transformed(shell: Shell, part: Parameter, values: list[str]) -> list[str]:
    letter = part.operator[1:]
    held = shell.array(part.name) if part.name not in ("@", "*") else None
    if letter in ("K", "k", "A") and isinstance(held, Assoc | Indexed):
        pairs = [
            f"{key if isinstance(held, Indexed) else quote_key(str(key))} {quote_value(value, always=True)}"
            for key, value in held.in_order()
        ]
        if letter == "A":
            return [declaration(shell, part.name) or ""]
        return [" ".join(pairs)]
    if letter == "a":
        return [declared_letters(shell, part.name)] * len(values)
    return [transform(value, letter, shell) for value in values]


def _single(shell: Shell, part: Parameter, value: str | None, subscript: str | None) -> _Found:
    operator = part.operator
    if operator in (":-", "-", ":=", "=", ":?", "?", ":+", "+"):
        missing = value is None or (operator[0] == ":" and not value)
        if operator[-1] == "+":
            return None if missing else part.word
        return _default(shell, part, subscript) if missing else value
    if value is None:
        if operator == "@a":
            return declared_letters(shell, part.name)
        if operator == "@A":
            return again(shell, part.name)
        if shell.nounset and part.name not in ("@", "*"):
            _unbound(
                shell,
                part.name if subscript is None else f"{part.name}[{part.subscript.source if part.subscript else ''}]",
            )
        if operator == "length":
            return "0"
        return None
    if not operator:
        return value
    if operator == "length":
        return str(len(value))
    if operator == ":":
        return _substring(shell, part, value)
    if operator == "@A":
        return again(shell, part.name)
    if operator == "@a":
        return declared_letters(shell, part.name)
    if operator[0] == "@":
        return transform(value, operator[1:], shell)
    return _edit(shell, part)(value)


def _default(shell: Shell, part: Parameter, subscript: str | None) -> _Found:
    from agentalign_env.services.shell.expansion import text_of

    kind = part.operator[-1]
    assert part.word is not None
    if kind == "-":
        return part.word
    text = text_of(shell, part.word)
    if kind == "=":
        if part.name[0].isdigit() or part.name in _SPECIAL:
            shell.fail(f"${part.name}: cannot assign in this way")
        if subscript is None:
            shell.assign(part.name, text)
        else:
            shell.assign_element(part.name, subscript, text)
        return text
    shown = part.name if subscript is None else f"{part.name}[{subscript}]"
    shell.complain(
        f"{shown}: {text or ('parameter null or not set' if part.operator == ':?' else 'parameter not set')}"
    )
    raise ExitSignal(1 if shell.level or shell.errexit else 127)


def _substring(shell: Shell, part: Parameter, value: str) -> str:
    from agentalign_env.services.shell.expansion import arithmetic_of

    assert part.word is not None
    offset = arithmetic_of(shell, part.word)
    if offset < 0:
        offset += len(value)
        if offset < 0:
            return ""
    if part.second is None:
        return value[offset:]
    count = arithmetic_of(shell, part.second)
    if count >= 0:
        return value[offset : offset + count]
    end = len(value) + count
    if end < offset:
        shell.fail(f"{part.second.source}: substring expression < 0")
    return value[offset:end]


def _edit(shell: Shell, part: Parameter) -> Callable[[str], str]:
    """What the operator does with one value."""
    from agentalign_env.services.shell.expansion import pattern_of

    operator, word = part.operator, part.word
    assert word is not None
    if operator[0] in "^,~":
        return _case_edit(operator, pattern_of(shell, word) if word.source else "")
    glob = compile_glob(pattern_of(shell, word))
    if operator[0] == "#":

        def cut_start(value: str) -> str:
            end = glob.prefix(value, longest=operator == "##")
            return value if end < 0 else value[end:]

        return cut_start
    if operator[0] == "%":

        def cut_end(value: str) -> str:
            start = glob.suffix(value, longest=operator == "%%")
            return value if start < 0 else value[:start]

        return cut_end
    return _replacement(shell, part)


def _replacement(shell: Shell, part: Parameter) -> Callable[[str], str]:
    from agentalign_env.services.shell.expansion import pattern_of

    operator = part.operator
    assert part.word is not None
    pattern = pattern_of(shell, part.word)
    make = _replacing_text(shell, part.second)
    glob = compile_glob(pattern, ignore_case="nocasematch" in shell.shopts)

    def replace(value: str) -> str:
        if operator == "/#":
            end = glob.prefix(value, longest=True) if pattern else 0
            return value if end < 0 else make(value[:end]) + value[end:]
        if operator == "/%":
            start = glob.suffix(value, longest=True) if pattern else len(value)
            return value if start < 0 else value[:start] + make(value[start:])
        if not pattern:
            return value
        found, at = [], 0
        while at <= len(value):
            span = glob.search(value, at)
            if span is None:
                break
            start, end = span
            if start == end:
                if start >= len(value):
                    break
                found.append(value[at : start + 1])
                at = start + 1
                continue
            found.extend((value[at:start], make(value[start:end])))
            at = end
            if operator == "/":
                break
        found.append(value[at:])
        return "".join(found)

    return replace


def _replacing_text(shell: Shell, word: Word | None) -> Callable[[str], str]:
    """The replacement; an ``&`` without quotes is what was matched."""
    from agentalign_env.services.shell.expansion import text_of
    from agentalign_env.services.shell.syntax import Literal, Quoted

    if word is None:
        return lambda _: ""
    if not any(type(part) is Literal and "&" in part.text for part in word.parts):
        text = text_of(shell, word)
        return lambda _: text
    pieces: list[str | None] = []
    for part in word.parts:
        if type(part) is Literal and "&" in part.text:
            for number, piece in enumerate(part.text.split("&")):
                if number:
                    pieces.append(None)
                pieces.append(piece)
        else:
            pieces.append(part.text if type(part) is Quoted else text_of(shell, Word((part,), "")))
    return lambda matched: "".join(matched if piece is None else piece for piece in pieces)


def _case_edit(operator: str, pattern: str) -> Callable[[str], str]:
    glob = compile_glob(pattern or "?")

    def change(sign: str) -> str:
        if not glob.matches(sign):
            return sign
        return sign.upper() if operator[0] == "^" else sign.lower() if operator[0] == "," else sign.swapcase()

    if len(operator) == 1:
        return lambda value: change(value[:1]) + value[1:]
    if not pattern:
        return {"^": str.upper, ",": str.lower, "~": str.swapcase}[operator[0]]
    return lambda value: "".join(map(change, value))


# How values are shown


def declared_letters(shell: Shell, name: str) -> str:
    """The attributes of a variable, as ``declare`` takes them."""
    value = shell.array(name)
    kind = "a" if isinstance(value, Indexed) else "A" if isinstance(value, Assoc) else ""
    have = shell.variables.attributes.get(name, "")
    return kind + "".join(letter for letter in "inrtxlu" if letter in have)


def quote_key(key: str) -> str:
    """A key as ``declare -p`` shows it."""
    return key if re.fullmatch(r"[A-Za-z0-9_./:@%+,=-]+", key) else quote_value(key, always=True)


def again(shell: Shell, name: str) -> str | None:
    """``${name@A}``: an assignment, or what declares a variable with attributes."""
    value = shell.array(name)
    if not isinstance(value, str):
        return declaration(shell, name)
    letters = declared_letters(shell, name)
    text = f"{name}={shell_quoted(value)}"
    return f"declare -{letters} {text}" if letters else text


def declaration(shell: Shell, name: str) -> str | None:
    """The command that would make this variable again; ``None`` when there is none."""
    value = shell.array(name)
    letters = declared_letters(shell, name)
    flags = f"-{letters}" if letters else "--"
    if value is None:
        return f"declare {flags} {name}" if letters else None
    if isinstance(value, str):
        return f"declare {flags} {name}={quote_value(value, always=True)}"
    pairs = [
        f"[{key if isinstance(value, Indexed) else quote_key(str(key))}]={quote_value(element, always=True)}"
        for key, element in value.in_order()
    ]
    space = " " if isinstance(value, Assoc) and pairs else ""
    return f"declare {flags} {name}=({' '.join(pairs)}{space})"
