"""The arguments of tar: its three styles of options, and those that act where they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentalign_env.services.shell.options import Syntax

__all__ = ["SYNTAX", "TarError", "modern", "ordered"]

SYNTAX = Syntax.of(
    "A|catenate|concatenate c|create d|diff|compare delete r|append t|list u|update x|extract|get a|auto-compress "
    "C|directory= f|file= h|dereference j|bzip2 J|xz k|keep-old-files m|touch O|to-stdout p|preserve-permissions "
    "P|absolute-names s|preserve-order T|files-from= v|verbose w|interactive X|exclude-from= z|gzip|gunzip|ungzip "
    "Z exclude= strip-components= transform|xform= wildcards no-wildcards no-recursion owner= group= mode= mtime= "
    "sort= numeric-owner no-same-owner same-owner no-same-permissions overwrite skip-old-files remove-files "
    "one-top-level=? totals format= H= warning= checkpoint=? exclude-vcs show-transformed-names null "
    "to-command= b= record-size= I|use-compress-program= i|ignore-zeros R|block-number S|sparse W|verify o "
    "keep-newer-files unlink-first recursive-unlink newer= N= exclude-caches hard-dereference full-time "
    "warning= ignore-failed-read quoting-style= one-file-system anchored no-anchored add-file="
)
_LEADING = re.compile(r"[A-Za-z]+")


class TarError(Exception):
    """The archive cannot be used at all; the message is tar's."""


def modern(args: list[str]) -> list[str]:
    """The arguments with a first word of letters alone (``tar xzf a.tgz``) as options."""
    if not args or not _LEADING.fullmatch(args[0]):
        return args
    found, rest = [], args[1:]
    for letter in args[0]:
        takes = SYNTAX.values.get(SYNTAX.keys.get(letter, ""))
        if takes == "=":
            if not rest:
                raise TarError(f"Old option '{letter}' requires an argument.")
            found.extend([f"-{letter}", rest.pop(0)])
        else:
            found.append(f"-{letter}")
    return [*found, *rest]


def ordered(args: Sequence[str]) -> list[tuple[str, str]]:
    """The operands (kind empty), and the options that act where they stand: ``C``, ``T``, and ``X`` for a pattern."""
    found: list[tuple[str, str]] = []
    ahead = iter(modern(list(args)))
    for arg in ahead:
        if arg == "--":
            found.extend(("", rest) for rest in ahead)
        elif arg.startswith("--"):
            name, attached, value = arg[2:].partition("=")
            near = (SYNTAX.keys[known] for known in SYNTAX.keys if len(name) > 2 and known.startswith(name))
            key = SYNTAX.keys.get(name) or next(near, "")
            if SYNTAX.values.get(key) == "=" and not attached:
                value = next(ahead, "")
            if key in ("C", "T", "exclude"):
                found.append(("X" if key == "exclude" else key, value))
            elif key == "add-file":
                found.append(("", value))
        elif arg.startswith("-") and arg != "-":
            for at, letter in enumerate(arg[1:], 2):
                key = SYNTAX.keys.get(letter, "")
                if SYNTAX.values.get(key):
                    value = arg[at:] or (next(ahead, "") if SYNTAX.values[key] == "=" else "")
                    if key in ("C", "T"):
                        found.append((key, value))
                    break
        else:
            found.append(("", arg))
    return found
