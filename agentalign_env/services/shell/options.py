"""Options of the shell's commands: bundled letters, long names and their abbreviations, with GNU's words for mistakes.

```
_HEAD = Syntax.of("n|lines= c|bytes= q|quiet|silent v|verbose z|zero-terminated")


def head(invocation: Invocation) -> int:
    options = parse(invocation, _HEAD)
    if isinstance(options, int):
        return options
    count = options.get("n", "10")
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.services.shell.usages import help_text, version_text

if TYPE_CHECKING:
    from agentalign_env.core.commands import Invocation

__all__ = ["Options", "Syntax", "parse", "usage_error"]


_OTHER_QUOTES = ("gzip", "gunzip", "zcat")
_NAMED_TWICE = ("cmp", "diff", "patch")


class Syntax(NamedTuple):
    """What a command takes.

    Attributes:
        keys: The option's key by every name of it, short or long.
        values: How each key takes a value: ``"="`` always, ``"=?"`` only when attached; not listed: never.
        in_order: Whether the first operand ends the options, as for commands that run another command.
    """

    keys: Mapping[str, str]
    values: Mapping[str, str]
    in_order: bool = False

    @staticmethod
    @lru_cache(maxsize=512)
    def of(spec: str, *, in_order: bool = False) -> Syntax:
        """A syntax from words such as ``a|all``, ``n|lines=`` (takes a value), ``color=?`` (may have one).

        The first name of a word is the option's key.
        """
        keys: dict[str, str] = {}
        values: dict[str, str] = {}
        for word in spec.split():
            names, takes, optional = word.partition("=")
            key = names.split("|")[0]
            keys.update(dict.fromkeys(names.split("|"), key))
            if takes:
                values[key] = takes + optional
        return Syntax(keys, values, in_order)


class Options:
    """What was given: options in their order, and operands.

    Attributes:
        given: Each option's key with its value, ``""`` for one without.
        operands: Everything else.
    """

    __slots__ = ("_last", "given", "operands")

    def __init__(self, given: list[tuple[str, str]], operands: list[str]) -> None:
        self.given, self.operands = given, operands
        self._last = dict(given)

    def __contains__(self, key: str) -> bool:
        return key in self._last

    def get(self, key: str, default: str = "") -> str:
        """The last value given for this option."""
        return self._last.get(key, default)

    def all(self, key: str) -> list[str]:
        """Every value given for this option, in order."""
        return [value for given, value in self.given if given == key]

    def last(self, keys: Sequence[str], default: str = "") -> str:
        """Which of these keys was given last, for options that override each other."""
        if not self.given:
            return default
        return next((key for key, _ in reversed(self.given) if key in keys), default)


class _MistakeError(Exception):
    """An option that the command does not take; the message is getopt's."""


def parse(
    invocation: Invocation, syntax: Syntax, *, failure: int = 1, args: Sequence[str] | None = None
) -> Options | int:
    """The command's options and operands; or its exit status, when there is nothing more to do.

    A mistake is written to standard error with GNU's words and gives `failure`. ``--help`` and ``--version`` are
    answered here, unless the syntax has options of these names.

    Args:
        invocation: The command.
        syntax: What it takes.
        failure: Its exit status for wrong options.
        args: Arguments to read instead of the command's own.
    """
    try:
        return _read(invocation.args if args is None else args, syntax)
    except _MistakeError as mistake:
        text = str(mistake)
        if text in ("help", "version"):
            if text == "help":
                invocation.out(help_text(invocation.name))
            else:
                invocation.out(version_text(invocation.name))
            return 0
        return usage_error(invocation, text, failure=failure)


def usage_error(invocation: Invocation, problem: str, *, failure: int = 1) -> int:
    """Writes a problem with the arguments and where help is; gives `failure`."""
    name = invocation.name
    where = f"Try '{name} --help' for more information."
    if name in _OTHER_QUOTES:
        where = f"Try `{name} --help' for more information."
    elif name in _NAMED_TWICE:
        where = f"{name}: {where}"
    invocation.err(f"{name}: {problem}\n{where}\n")
    return failure


def _read(args: Sequence[str], syntax: Syntax) -> Options:
    given: list[tuple[str, str]] = []
    operands: list[str] = []
    ahead = iter(args)
    for arg in ahead:
        if arg == "--":
            operands.extend(ahead)
        elif arg.startswith("--"):
            given.append(_long(arg[2:], ahead, syntax))
        elif arg.startswith("-") and arg != "-":
            given.extend(_bundle(arg[1:], ahead, syntax))
        else:
            operands.append(arg)
            if syntax.in_order:
                operands.extend(ahead)
    return Options(given, operands)


def _bundle(letters: str, ahead: Iterator[str], syntax: Syntax) -> Iterator[tuple[str, str]]:
    for index, letter in enumerate(letters):
        key = syntax.keys.get(letter)
        if key is None:
            raise _MistakeError(f"invalid option -- '{letter}'")
        takes = syntax.values.get(key)
        if takes is None:
            yield key, ""
            continue
        attached = letters[index + 1 :]
        if not attached and takes == "=":
            value = next(ahead, None)
            if value is None:
                raise _MistakeError(f"option requires an argument -- '{letter}'")
            attached = value
        yield key, attached
        return


def _long(text: str, ahead: Iterator[str], syntax: Syntax) -> tuple[str, str]:
    name, attached, value = text.partition("=")
    matches = [known for known in syntax.keys if len(known) > 1 and known.startswith(name)]
    if name in syntax.keys and len(name) > 1:
        matches = [name]
    found = {syntax.keys[match] for match in matches}
    if not found:
        if name in ("help", "version"):
            raise _MistakeError(name)
        raise _MistakeError(f"unrecognized option '--{name}'")
    if len(found) > 1:
        possible = " ".join(f"'--{match}'" for match in matches)
        raise _MistakeError(f"option '--{name}' is ambiguous; possibilities: {possible}")
    key, full = found.pop(), matches[0]
    takes = syntax.values.get(key)
    if attached:
        if takes is None:
            raise _MistakeError(f"option '--{full}' doesn't allow an argument")
        return key, value
    if takes == "=":
        following = next(ahead, None)
        if following is None:
            raise _MistakeError(f"option '--{full}' requires an argument")
        return key, following
    return key, ""
