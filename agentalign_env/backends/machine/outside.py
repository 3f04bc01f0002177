"""Commands that a container has not: they are asked of the world, whose packages, hosts and processes they are about.

A script calls them like any other. What stands for a command writes down how it was called and waits; whoever runs the
script looks for such calls, carries them out on the world, and writes the answer beside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from shlex import join, quote
from typing import NamedTuple

from agentalign_env.backends.docker.container import Container
from agentalign_env.backends.docker.options import CONTROL_ROOT
from agentalign_env.backends.machine.archives import Item, packed
from agentalign_env.core.sandbox import ExecResult
from agentalign_env.core.text import from_bytes, to_bytes

__all__ = ["COMMANDS_ROOT", "START_FILE", "Call", "answer", "asked", "lay_commands"]

COMMANDS_ROOT = f"{CONTROL_ROOT}/bin"
START_FILE = f"{CONTROL_ROOT}/start"
"""What bash reads before a script, when ``BASH_ENV`` names it."""
_CALLS = f"{CONTROL_ROOT}/asked"
# The number of the shell names a call, and a call is there when its last file is.
_ASK = f"""#!/bin/sh
d={_CALLS}/$$
mkdir -p $d && mkfifo $d/done && exec 3<>$d/done || exit 127
case " $* " in *" - "*|*" @- "*|*-stdin*) cat >$d/in ;; *) : >$d/in ;; esac
printf '%s\\0' "$PWD" "${{0##*/}}" "$@" >$d/new && mv $d/new $d/call
read -r status <&3
cat $d/out
cat $d/err >&2
rm -rf $d
exit "$status"
"""

# The shell has a `kill` of its own, which knows only what runs in the container; others are the world's processes.
_START = f"""unset BASH_ENV
kill() {{ builtin kill "$@" 2>/dev/null || {COMMANDS_ROOT}/kill "$@"; }}
"""


class Call(NamedTuple):
    """A command that a script called.

    Attributes:
        number: Names the call.
        cwd: Where.
        argv: The command and its arguments.
        stdin: What it was given to read.
    """

    number: str
    cwd: str
    argv: tuple[str, ...]
    stdin: str

    @property
    def script(self) -> str:
        """The call as a line of a script."""
        return join(self.argv)


def lay_commands(container: Container, names: Iterable[str]) -> None:
    """Puts what stands for the commands into the container."""
    texts = {START_FILE: _START, **{f"{COMMANDS_ROOT}/{name}": _ASK for name in names}}
    items = [Item(path, text.encode(), 0o755) for path, text in texts.items()]
    folders = [Item(COMMANDS_ROOT, None, 0o755), Item(_CALLS, None, 0o1777)]
    container.unpack(packed([*folders, *items], 0), root=True)
    container.control.run(f"rm -rf {_CALLS}/*")


def asked(container: Container) -> list[Call]:
    """The calls that wait for an answer."""
    listed = container.control.run(f'for c in {_CALLS}/*/call; do [ -f "$c" ] && printf "%s\\0" "$c"; done').stdout
    found = []
    for path in from_bytes(listed).split("\0")[:-1]:
        folder = path.rpartition("/")[0]
        parts = from_bytes(container.control.run(f"cat {quote(path)}").stdout).split("\0")[:-1]
        given = from_bytes(container.control.run(f"cat {quote(folder)}/in; rm -rf {quote(path)}").stdout)
        if len(parts) >= 2:
            found.append(Call(folder.rpartition("/")[2], parts[0], tuple(parts[1:]), given))
    return found


def answer(container: Container, call: Call, result: ExecResult) -> None:
    """Lets a waiting call go on with what the command wrote."""
    folder = f"{_CALLS}/{quote(call.number)}"
    for name, text in (("out", result.stdout), ("err", result.stderr)):
        container.put(f"{folder}/{name}", to_bytes(text))
    container.control.run(f"echo {result.rc} 1<>{folder}/done")
