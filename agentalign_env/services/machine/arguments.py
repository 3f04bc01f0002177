"""Arguments of shell commands: options, their values, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agentalign_env.core.commands import Invocation
from agentalign_env.errors import OperationError

__all__ = ["Given", "UnknownOptionError", "acting_user", "read_options", "said", "whole_number"]


class UnknownOptionError(Exception):
    """An option that the command has not, or one without its value; the text is the option as given."""


class Given(NamedTuple):
    """What was given: the values of each option, in order (``""`` for one that takes none), and everything else."""

    options: dict[str, list[str]]
    rest: list[str]

    def has(self, *names: str) -> bool:
        """Whether one of these options was given."""
        return any(name in self.options for name in names)

    def value(self, *names: str, default: str = "") -> str:
        """The last value of the first of these options that was given."""
        return next((self.options[name][-1] for name in names if name in self.options), default)

    def values(self, *names: str) -> list[str]:
        """All values of these options."""
        return [value for name in names for value in self.options.get(name, ())]


def read_options(
    args: Sequence[str], flags: str, valued: str = "", *, in_order: bool = False, numbers: bool = False
) -> Given:
    """Reads GNU-style arguments.

    Args:
        args: Without the command's name.
        flags: Names of options without a value, separated by spaces: single letters and long ones, without dashes.
        valued: Those with a value.
        in_order: Whether the first that is no option ends the options.
        numbers: Whether ``-5`` stands for the option ``n`` with the value 5.

    Raises:
        UnknownOptionError: An option is not among these.
    """
    plain, taking = set(flags.split()), set(valued.split())
    options: dict[str, list[str]] = {}
    rest: list[str] = []
    waiting = list(args)
    while waiting:
        arg = waiting.pop(0)
        if arg == "--":
            return Given(options, [*rest, "--", *waiting])
        if not arg.startswith("-") or arg == "-":
            rest.append(arg)
            if in_order:
                return Given(options, [*rest, *waiting])
        elif numbers and whole_number(arg[1:]) is not None:
            options.setdefault("n", []).append(arg[1:])
        elif arg.startswith("--"):
            name, equals, value = arg[2:].partition("=")
            if name in taking:
                if not equals and not waiting:
                    raise UnknownOptionError(arg)
                options.setdefault(name, []).append(value if equals else waiting.pop(0))
            elif name in plain and not equals:
                options.setdefault(name, []).append("")
            else:
                raise UnknownOptionError(arg)
        else:
            _letters(arg, plain, taking, options, waiting)
    return Given(options, rest)


def _letters(arg: str, plain: set[str], taking: set[str], options: dict[str, list[str]], waiting: list[str]) -> None:
    letters = arg[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in taking:
            if not letters and not waiting:
                raise UnknownOptionError(f"-{letter}")
            options.setdefault(letter, []).append(letters or waiting.pop(0))
            return
        if letter not in plain:
            raise UnknownOptionError(f"-{letter}")
        options.setdefault(letter, []).append("")


def whole_number(text: str, most: int = 2**31 - 1) -> int | None:
    """The number that a text spells in the digits 0 to 9; ``None`` for any other text, and beyond `most`."""
    digits = text.lstrip("0") or text[:1]
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > len(str(most)) or int(digits) > most:
        return None
    return int(digits)


def said(error: OperationError) -> str:
    """An error in the words of the real command: without the advice for callers of tools."""
    return error.message.partition("; ")[0]


def acting_user(invocation: Invocation) -> str:
    """Who runs the command: the owner, or root below ``sudo``."""
    env = invocation.env
    return "root" if env.get("USER") == "root" or "SUDO_USER" in env else invocation.files.user
