"""Variables: export, declare, local, readonly, unset, shift, let."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentalign_env.services.shell.arithmetic import ArithmeticProblem, calculate
from agentalign_env.services.shell.assigning import ArrayWord, assign_array
from agentalign_env.services.shell.parameters import declaration, declared_letters
from agentalign_env.services.shell.quoting import shell_quoted
from agentalign_env.services.shell.shell import Builtin, Shell
from agentalign_env.services.shell.variables import Assoc, Indexed

__all__ = ["BUILTINS", "show_function"]

_WORD = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[([^\]]*)\])?(\+?)(?:(=)(.*))?", re.DOTALL)
_LETTERS = frozenset("aAfFgiIlnrtuxp")


def _declare(shell: Shell, argv: list[str]) -> int:
    name = argv[0]
    words = argv[1:]
    on, off = set[str](), set[str]()
    if name == "export":
        on.add("x")
    elif name == "readonly":
        on.add("r")
    while words and words[0][:1] in ("-", "+") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            break
        for letter in word[1:]:
            if name == "export" and letter == "n" and word[0] == "-":
                on.discard("x")
                off.add("x")
            elif letter not in _LETTERS:
                shell.complain(f"{name}: {word[0]}{letter}: invalid option")
                shell.sink(2).write(f"{name}: usage: {_USAGE.get(name, name)}\n")
                return 2
            elif word[0] == "-":
                on.add(letter)
            else:
                off.add(letter)
    if "f" in on or "F" in on:
        return _functions(shell, name, words, on)
    if name == "local" and not shell.calls:
        return shell.complain("local: can only be used in a function")
    if "p" in on or not words:
        return _show(shell, name, words, on - {"p"})
    local = bool(shell.calls) and name in ("local", "declare", "typeset") and "g" not in on
    status = 0
    for word in words:
        status = _declare_one(shell, name, word, on, off, local=local) or status
    return status


_USAGE = {
    "export": "export [-fn] [name[=value] ...] or export -p",
    "readonly": "readonly [-aAf] [name[=value] ...] or readonly -p",
    "local": "local [option] name[=value] ...",
    "declare": "declare [-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] [name ...]",
    "typeset": "typeset [-aAfFgiIlnrtux] name[=value] ... or typeset -p [-aAfFilnrtux] [name ...]",
}


def _declare_one(shell: Shell, builtin: str, word: str, on: set[str], off: set[str], *, local: bool) -> int:
    found = _WORD.fullmatch(word)
    if found is None:
        return shell.complain(f"{builtin}: `{word}': not a valid identifier")
    name, subscript, append, assigned, value = found.groups()
    variables = shell.variables
    if "n" in on and "n" not in variables.attributes.get(name, ""):
        shell.has_references = True
    elif shell.has_references and "n" not in on and not local:
        name = shell.target(name)
    letters = variables.attributes.get(name, "")
    if "r" in letters and (assigned or "r" in off):
        return shell.complain(f"{builtin}: {name}: readonly variable")
    if local:
        kept = variables.values.get(name) if "I" in on else None
        if variables.hide(name) and kept is not None:
            variables.values[name] = kept
    if not _make_array(shell, builtin, name, on):
        return 1
    kept_letters = "".join(letter for letter in on if letter in "ilunx")
    if kept_letters:
        if "l" in on:
            variables.unmark(name, "u")
        if "u" in on:
            variables.unmark(name, "l")
        variables.mark(name, kept_letters)
    if off:
        variables.unmark(name, "".join(off))
    _give_value(shell, word, name, subscript, bool(append), value if assigned else None, reference="n" in on)
    if "r" in on:
        variables.mark(name, "r")
    return 0


def _make_array(shell: Shell, builtin: str, name: str, on: set[str]) -> bool:
    """Makes a variable the kind of array that was asked for; whether that could be done."""
    values = shell.variables.values
    held = values.get(name)
    if "A" in on and not isinstance(held, Assoc):
        if isinstance(held, Indexed):
            shell.complain(f"{builtin}: {name}: cannot convert indexed to associative array")
            return False
        values[name] = Assoc()
    elif "a" in on and not isinstance(held, Indexed):
        if isinstance(held, Assoc):
            shell.complain(f"{builtin}: {name}: cannot convert associative to indexed array")
            return False
        values[name] = Indexed() if held is None else Indexed({0: held})
    return True


def _give_value(
    shell: Shell, word: str, name: str, subscript: str | None, append: bool, value: str | None, *, reference: bool
) -> None:
    if isinstance(word, ArrayWord):
        items = word.assignment.value
        assert isinstance(items, tuple)
        assign_array(shell, name, items, append=append)
    elif value is None:
        pass
    elif reference:
        shell.variables.values[name] = value
    elif subscript is not None:
        shell.assign_element(name, subscript, value, append=append)
    else:
        shell.assign(name, value, append=append)


def _show(shell: Shell, name: str, words: list[str], letters: set[str]) -> int:
    status = 0
    wanted = letters & set("aAilnrux")
    for word in words:
        text = declaration(shell, word)
        if text is None:
            status = shell.complain(f"{name}: {word}: not found")
        else:
            shell.out(text + "\n")
    if words:
        return status
    names = {*shell.variables.values, *shell.variables.attributes}
    if name == "local":
        names = set(shell.variables.frames[-1]) if shell.variables.frames else set()
    for each in sorted(names):
        if wanted and not wanted <= set(declared_letters(shell, each)):
            continue
        if name == "declare" and not letters and not wanted:
            value = shell.variables.values.get(each)
            shell.out(
                f"{each}={quote_plain(value)}\n"
                if isinstance(value, str)
                else f"{(declaration(shell, each) or '').partition(' -')[2].partition(' ')[2]}\n"
            )
        else:
            shell.out(f"{declaration(shell, each)}\n")
    return 0


def quote_plain(value: str) -> str:
    """A value as ``set`` shows it."""
    return value if value and re.fullmatch(r"[A-Za-z0-9_./:@%+,=-]+", value) else shell_quoted(value) if value else ""


def _functions(shell: Shell, name: str, words: list[str], on: set[str]) -> int:
    status = 0
    for word in words or sorted(shell.functions):
        if word not in shell.functions:
            status = 1
        elif "F" in on:
            shell.out(f"{word}\n" if words else f"declare -f {word}\n")
        elif name == "export" or "x" in on:
            shell.variables.mark(f"{word}()", "x")
        elif "r" in on:
            shell.variables.mark(f"{word}()", "r")
        else:
            shell.out(show_function(shell, word) + "\n")
    return status


def show_function(shell: Shell, name: str) -> str:
    """A function's text."""
    from agentalign_env.services.shell.printing import function_text

    return function_text(name, shell.functions[name][0])


def _unset(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    kind = ""
    while words and words[0] in ("-f", "-v", "-n", "--"):
        word = words.pop(0)
        if word == "--":
            break
        kind = word
    if words and words[0].startswith("-"):
        shell.complain(f"unset: {words[0][:2]}: invalid option")
        shell.sink(2).write("unset: usage: unset [-f] [-v] [-n] [name ...]\n")
        return 2
    status = 0
    for word in words:
        if kind == "-f":
            shell.functions.pop(word, None)
            continue
        found = _WORD.fullmatch(word)
        if found is None and not kind and not word[:1].isalpha():
            continue  # could be a function's name: none such is fine
        if found is None or found.group(4):
            status = shell.complain(f"unset: `{word}': not a valid identifier")
            continue
        status = _unset_one(shell, found.group(1), found.group(2), kind) or status
    return status


def _unset_one(shell: Shell, name: str, subscript: str | None, kind: str) -> int:
    variables = shell.variables
    if kind != "-n":
        name = shell.target(name)
    if "r" in variables.attributes.get(name, ""):
        return shell.complain(f"unset: {name}: cannot unset: readonly variable")
    held = variables.values.get(name)
    if subscript is not None:
        if subscript in ("@", "*"):
            if isinstance(held, Assoc | Indexed):
                held.clear()
        elif isinstance(held, Assoc):
            held.pop(shell.subscript_text(subscript), None)
        elif isinstance(held, Indexed):
            index = shell.index_of(subscript, held)
            if index < 0:
                return shell.complain(f"unset: [{subscript}]: bad array subscript")
            held.remove(index)
        return 0
    if held is None and name not in variables.attributes and not kind and name in shell.functions:
        shell.functions.pop(name)
    shell.unset(name)
    return 0


def _shift(shell: Shell, argv: list[str]) -> int:
    text = argv[1] if len(argv) > 1 else "1"
    if not text.lstrip("-").isdecimal():
        return shell.complain(f"shift: {text}: numeric argument required")
    count = int(text[:9])
    if count < 0:
        return shell.complain(f"shift: {text}: shift count out of range")
    if count > len(shell.args):
        return 1
    del shell.args[:count]
    return 0


def _let(shell: Shell, argv: list[str]) -> int:
    if len(argv) < 2:
        return shell.complain("let: expression expected")
    value = 0
    for text in argv[1:]:
        try:
            value = calculate(text, shell)
        except ArithmeticProblem as problem:
            return shell.complain(f"let: {problem}")
    return int(value == 0)


def _getopts(shell: Shell, argv: list[str]) -> int:
    if len(argv) < 3:
        shell.sink(2).write("getopts: usage: getopts optstring name [arg ...]\n")
        return 2
    spec, name = argv[1], argv[2]
    args = argv[3:] or shell.args
    silent = spec.startswith(":")
    spec = spec.removeprefix(":")
    held = shell.get("OPTIND") or "1"
    index = max(int(held) if held.isdecimal() else 1, 1)
    place = shell.option_place or 1
    arg = args[index - 1] if index <= len(args) else ""
    if place == 1 and (arg[:1] != "-" or arg == "-"):
        return _end_of_options(shell, name, index)
    if arg == "--" and place == 1:
        return _end_of_options(shell, name, index + 1)
    letter = arg[place : place + 1]
    rest = arg[place + 1 :]
    shell.unset("OPTARG")
    at = spec.find(letter) if letter != ":" else -1
    if at >= 0 and spec[at + 1 : at + 2] == ":":
        if rest:
            shell.assign("OPTARG", rest)
            index += 1
        elif index < len(args):
            shell.assign("OPTARG", args[index])
            index += 2
        else:
            index += 1
            letter = _bad_option(shell, letter, "option requires an argument", ":" if silent else "?", silent=silent)
        rest = ""
    else:
        if at < 0:
            letter = _bad_option(shell, letter, "illegal option", "?", silent=silent)
        if not rest:
            index += 1
    shell.assign(name, letter)
    shell.assign("OPTIND", str(index))
    shell.option_place = place + 1 if rest else 0
    return 0


def _bad_option(shell: Shell, letter: str, message: str, found: str, *, silent: bool) -> str:
    if silent:
        shell.assign("OPTARG", letter)
    elif shell.get("OPTERR") != "0":
        shell.sink(2).write(f"{shell.arg0}: {message} -- {letter}\n")
    return found


def _end_of_options(shell: Shell, name: str, index: int) -> int:
    shell.assign("OPTIND", str(index))
    shell.unset("OPTARG")
    shell.assign(name, "?")
    return 1


BUILTINS: Mapping[str, Builtin] = {
    "declare": _declare,
    "typeset": _declare,
    "local": _declare,
    "export": _declare,
    "readonly": _declare,
    "unset": _unset,
    "shift": _shift,
    "let": _let,
    "getopts": _getopts,
}
