"""Rows and results of processes."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.ids import DIGITS, IdStyle
from agentalign_env.core.semantics import Semantic
from agentalign_env.core.table import Table

__all__ = [
    "PROCESSES", "UNITS", "Process", "ProcessId", "ProcessName", "ProcessOutcome", "ProcessVerb", "ProcessView", "Unit",
]  # fmt: skip

ProcessId = Annotated[int, Semantic("ProcessId"), Field(ge=1, le=4_194_304)]
ProcessName = Annotated[str, Semantic("ProcessName"), Field(min_length=1, max_length=200)]
ProcessVerb = Literal["list", "kill", "info"]


class Process(NamedTuple):
    """A process.

    Attributes:
        id: Its number as text.
        pid: Its number.
        parent: The number of the process that started it; 0 for the first.
        name: The program.
        command: The program with its arguments.
        user: Whose it is.
        state: ``S`` sleeps, ``R`` runs, ``T`` is stopped.
        listens: Ports on which it answers.
        cpu_tenths: Share of a processor, in tenths of a percent.
        memory_kb: Memory in use.
        terminal: Such as ``pts/0``, or ``?``.
        unit: The unit that it belongs to, or empty.
        started_s: When it was started.
    """

    id: str
    pid: ProcessId
    parent: int
    name: ProcessName
    command: str
    user: str
    state: str
    listens: tuple[int, ...]
    cpu_tenths: int
    memory_kb: int
    terminal: str
    unit: str
    started_s: int


class Unit(NamedTuple):
    """A service that the system starts: ``nginx`` and the like."""

    name: str
    about: str
    command: str
    user: str
    listens: tuple[int, ...]
    enabled: bool


PROCESSES = Table(
    "processes",
    Process,
    text=("name", "command"),
    volatile=("pid", "cpu_tenths", "memory_kb", "started_s"),
    ids=IdStyle("", DIGITS, 10),
)
UNITS = Table("system_units", Unit, natural_key=True)


class ProcessView(TypedDict):
    """A process as a list shows it."""

    pid: ProcessId
    name: ProcessName
    command: str
    user: str
    state: str
    parent_pid: int
    cpu_percent: float
    memory_mb: float
    listens: list[int]
    started: str


class ProcessOutcome(TypedDict):
    """What an operation on processes answers: those that it found or signalled."""

    operation: str
    processes: list[ProcessView]
    signal: int
    output: str
