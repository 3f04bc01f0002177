"""The bounds of one script, in one place."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DEFAULT_SHELL_LIMITS", "ShellLimits"]


class ShellLimits(NamedTuple):
    """What a script may spend.

    Attributes:
        script_chars: Length of a script.
        fuel: Steps: a simple command, a loop's turn, a hundred words expanded, a line or a KiB handled.
        fuel_per_second: Steps that count as one second of work for a command that is given a time limit.
        parser_depth: How deep commands and substitutions are nested in the text.
        exec_depth: How deep functions, substitutions and subshells call each other.
        variable_chars: Length of a variable's value.
        output_chars: What is kept of each stream for the agent.
        flow_chars: What one command writes to a pipe or file.
        words: Words that one command is given, or that braces make.
        pattern_chars: Length of a pattern.
        pending_files: Files that are kept open for appending before they are put away.
    """

    script_chars: int = 1 << 20
    fuel: int = 200_000
    fuel_per_second: int = 10_000
    parser_depth: int = 100
    exec_depth: int = 400
    variable_chars: int = 1 << 20
    output_chars: int = 64 * 1024
    flow_chars: int = 16 * 1024 * 1024
    words: int = 20_000
    pattern_chars: int = 32 * 1024
    pending_files: int = 64


DEFAULT_SHELL_LIMITS = ShellLimits()
