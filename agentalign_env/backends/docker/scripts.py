"""A script, and the line of shell that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import NamedTuple

from agentalign_env.backends.docker.options import CONTROL_ROOT

__all__ = ["NO_PLACE", "SCRIPT_FILE", "STDIN_FILE", "Script", "launch", "long_text"]

NO_PLACE = -1
"""The status of a script that has no directory to start in; no process can have it."""
SCRIPT_FILE = f"{CONTROL_ROOT}/script"
STDIN_FILE = f"{CONTROL_ROOT}/stdin"
_ARGUMENT_BYTES = 100_000  # what surely fits into one argument


class Script(NamedTuple):
    """A script to run.

    Attributes:
        text: In the language of bash.
        cwd: Where it starts: absolute.
        env: All variables that it has.
        stdin: What it reads.
    """

    text: str
    cwd: str
    env: Mapping[str, str]
    stdin: bytes = b""


def long_text(script: Script) -> str | None:
    """The script's text, when it is too long to be an argument and has to lie in `SCRIPT_FILE`."""
    text = _text(script)
    return text if len(text) > _ARGUMENT_BYTES or len(text.encode(errors="replace")) > _ARGUMENT_BYTES else None


def launch(script: Script) -> str:
    """The command that runs it as the leader of a group of processes of its own, with its variables and no others."""
    text = f'eval "$(<{SCRIPT_FILE})"' if long_text(script) is not None else _text(script)
    given = STDIN_FILE if script.stdin else "/dev/null"
    variables = " ".join(f"{name}={quote(value)}" for name, value in script.env.items())
    run = f"exec setsid bash -c {quote(text)} bash <{given} 2>&3 3>&-"
    place = quote(script.cwd)
    # The shell's own word about how the script died goes nowhere; the script's errors pass beside it. Without the
    # colon dash would redirect the inner group alone.
    return (
        f"if [ -d {place} ]; then {{ :; ( cd {place} 2>&3 || exit 1; unset OLDPWD; export {variables}; {run} ); }} "
        f"3>&2 2>/dev/null; else r={NO_PLACE}; fi"
    )


def _text(script: Script) -> str:
    return script.text.replace("\0", "")
