"""Arguments and results of the shell's operation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.semantics import Semantic

__all__ = ["CommandOutput", "Execution", "ShellCommand", "WorkingDirectory"]

ShellCommand = Annotated[
    str, Semantic("ShellCommand"), Field(min_length=1, max_length=100_000, examples=["ls -l ~/documents"])
]
CommandOutput = Annotated[str, Semantic("CommandOutput")]
# Repositories are the directories that people run commands in.
WorkingDirectory = Annotated[str, Semantic("RepositoryPath"), Field(min_length=1, max_length=4096)]


class Execution(TypedDict):
    """What a command did; the return code is 124 when it was stopped for taking too long."""

    stdout: CommandOutput
    stderr: str
    return_code: int
    truncated: bool
    timed_out: bool
