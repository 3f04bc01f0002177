"""A shell's process: its variables, functions, options, open files and place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from agentalign_env.services.shell.arithmetic import ArithmeticProblem, calculate
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS
from agentalign_env.services.shell.printing import command_text
from agentalign_env.services.shell.signals import DiscardSignal, ExitSignal
from agentalign_env.services.shell.streams import NullSink, TextInput
from agentalign_env.services.shell.variables import Assoc, Indexed, Value, Variables

if TYPE_CHECKING:
    from agentalign_env.core.commands import Input
    from agentalign_env.services.shell.machine import Machine
    from agentalign_env.services.shell.streams import Capture, Sink
    from agentalign_env.services.shell.syntax import Command, ProcessPart, Script

__all__ = ["DEFAULT_SHOPTS", "Builtin", "Job", "Runtime", "Shell", "shell_options"]

DEFAULT_SHOPTS = frozenset(
    ("checkwinsize", "cmdhist", "complete_fullquote", "extquote", "force_fignore", "globasciiranges", "globskipdots",
     "hostcomplete", "interactive_comments", "patsub_replacement", "progcomp", "promptvars", "sourcepath")
)  # fmt: skip
_LONG = 1024
_VERSION = ("5", "2", "15", "1", "release", "x86_64-pc-linux-gnu")


class Job(NamedTuple):
    """A command that ran in the background.

    Attributes:
        number: As jobs are counted.
        pid: Its process.
        status: How it ended; 143 once it was killed.
        end_s: When on the script's clock it ended; endless for one that would not have.
        source: As written.
    """

    number: int
    pid: int
    status: int
    end_s: float
    source: str


class Shell:
    """One process that runs commands; subshells are forks of it."""

    # How each begins; what is set is a process's own.
    style = "bash"
    status, line, background = 0, 1, ""
    parent_pid = 4200
    errexit = nounset = noglob = xtrace = pipefail = allexport = False
    guarded = 0  # conditions around: a failure there ends nothing
    loops = sources = level = 0
    in_trap = False
    umask = 0o022
    from_file = False  # whether the script is a file's
    last_argument = ""
    option_place = 0
    has_references = False
    running: Command | None = None  # the simple command that was begun last
    substituted = 0  # the status of the last command substitution
    random_state = 0
    random_seeded = False

    def __init__(self, machine: Machine, title: str, fds: dict[int, Any], env: Mapping[str, str], cwd: str) -> None:
        self.machine, self.title, self.fds, self.cwd = machine, title, fds, cwd
        self.variables = Variables(env, dict.fromkeys(env, "x"))
        values = self.variables.values
        values["IFS"] = " \t\n"
        values["PWD"] = cwd
        values["OPTIND"] = "1"
        values["PS4"] = "+ "
        self.functions: dict[str, tuple[Command, str]] = {}  # with how messages name where they come from
        self.arg0, self.args = title, list[str]()
        self.pipe_statuses = ["0"]
        self.pid = self.main_pid = machine.new_pid()
        self.other_flags = set[str]()
        self.shopts = set(DEFAULT_SHOPTS)
        self.calls: list[tuple[str, int]] = []  # the functions that are running, with the line they were called from
        self.traps: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.directories: list[str] = []
        self.jobs: list[Job] = []
        self.started_s = machine.clock
        self.process_files: list[
            tuple[int, Capture | None, Script]
        ] = []  # process substitutions of the running command

    def fork(self) -> Shell:
        """A subshell: it sees everything and changes only its own."""
        twin = Shell.__new__(Shell)
        twin.__dict__.update(self.__dict__)
        twin.variables = self.variables.copy()
        twin.functions = self.functions.copy()
        twin.fds = self.fds.copy()
        twin.args = self.args.copy()
        twin.shopts = self.shopts.copy()
        twin.traps = {name: action for name, action in self.traps.items() if not action} if self.traps else {}
        twin.calls = self.calls.copy()
        twin.aliases = self.aliases.copy() if self.aliases else {}
        twin.directories = self.directories.copy()
        twin.jobs = []
        twin.process_files = []
        twin.pid = self.machine.new_pid()
        twin.level = self.level + 1
        twin.loops = 0
        return twin

    # Streams and messages

    @property
    def stdin(self) -> Input:
        """What is read."""
        found: Input = self.fds.get(0) or TextInput("")
        return found

    def sink(self, fd: int) -> Sink:
        """Where a descriptor writes to."""
        found = self.fds.get(fd)
        return found if hasattr(found, "write") else NullSink()  # type: ignore[return-value]

    def out(self, text: str) -> None:
        """Writes to standard output."""
        self.machine.fuel -= len(text) >> 10
        self.fds[1].write(text)

    def prefix(self) -> str:
        """How messages begin."""
        return f"{self.title}: {self.line}: " if self.style == "sh" else f"{self.title}: line {self.line}: "

    def complain(self, message: str) -> int:
        """Writes a message with the shell's name and line to standard error; gives 1."""
        self.sink(2).write(f"{self.prefix()}{message}\n")
        return 1

    def fail(self, message: str, status: int = 1) -> None:
        """Gives up the line because an expansion failed.

        Raises:
            DiscardSignal: Always.
        """
        self.complain(message)
        self.status = status
        raise DiscardSignal(status)

    # Variables

    def target(self, name: str) -> str:
        """The name itself, or the one that it refers to."""
        if self.has_references:
            for _ in range(8):
                if "n" not in self.variables.attributes.get(name, ""):
                    break
                held = self.variables.values.get(name)
                if type(held) is not str or not held:
                    break
                name = held
        return name

    def get(self, name: str) -> str | None:
        """The value of a variable, the first element of an array; ``None`` when it is not set."""
        value = self.variables.values.get(name)
        if value is None:
            return self._dynamic(name)
        if self.has_references:
            name = self.target(name)
            value = self.variables.values.get(name)
            if name.endswith("]"):
                base, _, subscript = name[:-1].partition("[")
                return self.element(base, subscript)
        if type(value) is str:
            return value
        if isinstance(value, Assoc):
            return value.get("0")
        return value.get(0) if isinstance(value, Indexed) else None

    def element(self, name: str, subscript: str) -> str | None:
        """One element of an array; ``None`` when it is not set."""
        value = self.array(name)
        if value is None:
            return None
        if type(value) is Assoc:
            return value.get(subscript)
        index = self.index_of(subscript, value)
        if index < 0:
            self.complain(f"{name}: bad array subscript")
        return value.get(index) if type(value) is Indexed else value if index == 0 else None  # type: ignore[return-value]

    def array(self, name: str) -> Value | None:
        """The value of a variable, an array whole."""
        name = self.target(name)
        found = self.variables.values.get(name)
        if found is not None:
            return found
        lists: dict[str, Callable[[], list[str]]] = {
            "PIPESTATUS": lambda: self.pipe_statuses,
            "FUNCNAME": lambda: (
                [call for call, _ in reversed(self.calls)] + ["main"] * self.from_file if self.calls else []
            ),
            "BASH_VERSINFO": lambda: [*_VERSION],
            "BASH_LINENO": lambda: [str(line) for _, line in reversed(self.calls)],
            "BASH_SOURCE": lambda: [self.arg0] * len(self.calls) if self.calls else [],
            "DIRSTACK": lambda: [self.cwd, *self.directories],
            "GROUPS": lambda: ["0" if self.machine.files.user == "root" else "1000"],
        }
        made = lists.get(name)
        if made is not None:
            return Indexed(enumerate(made()))
        return self._dynamic(name)

    def _dynamic(self, name: str) -> str | None:
        made = _DYNAMIC.get(name)
        if made is not None:
            return made(self)
        if name in ("PIPESTATUS", "FUNCNAME", "BASH_VERSINFO", "BASH_LINENO", "BASH_SOURCE", "DIRSTACK", "GROUPS"):
            value = self.array(name)
            return value.get(0) if type(value) is Indexed else None
        return None

    def next_random(self) -> int:
        """The next ``$RANDOM``."""
        if not self.random_seeded:
            self.random_state = self.machine.random("RANDOM").randrange(1 << 31)
            self.random_seeded = True
        self.random_state = (self.random_state * 1_103_515_245 + 12_345) & 0x7FFFFFFF
        return self.random_state >> 16 & 0x7FFF

    def assign(self, name: str, value: str, *, append: bool = False) -> None:
        """Gives a variable a value, the first element where it is an array.

        Raises:
            DiscardSignal: It is readonly, or the value is too long.
        """
        variables = self.variables
        if self.has_references:
            name = self.target(name)
            if name.endswith("]"):
                base, _, subscript = name[:-1].partition("[")
                self.assign_element(base, subscript, value, append=append)
                return
        letters = variables.attributes.get(name)
        held = variables.values.get(name)
        if letters:
            if "r" in letters:
                self.fail(f"{name}: readonly variable")
            if letters != "x":
                value = self._shaped(letters, value, str(self.get(name) or "0") if append else None)
                append = append and "i" not in letters
        if append:
            value = (self.get(name) or "") + value
        if len(value) > _LONG:
            self._weigh(value)
        if held is None or type(held) is str:
            variables.values[name] = value
            if held is None:
                self._assigned(name, value)
        elif type(held) is Assoc:
            held["0"] = value
        else:
            held[0] = value  # type: ignore[index]
        if self.allexport:
            variables.mark(name, "x")
        if name == "OPTIND":
            self.option_place = 0

    def _assigned(self, name: str, value: str) -> None:
        """What assigning to a name that makes its own values does."""
        if name == "RANDOM":
            del self.variables.values[name]
            self.random_state, self.random_seeded = self.number(value), True
        elif name == "SECONDS":
            del self.variables.values[name]
            self.started_s = self.machine.clock - self.number(value)
        elif name in _DYNAMIC and name != "_":
            del self.variables.values[name]

    def _weigh(self, value: str) -> None:
        """Counts a long value as work, and refuses one that is too long."""
        self.machine.spend(len(value) >> 9)
        if len(value) > DEFAULT_SHELL_LIMITS.variable_chars:
            self.complain(f"xrealloc: cannot allocate {len(value)} bytes")
            raise ExitSignal(2)

    def _shaped(self, letters: str, value: str, before: str | None) -> str:
        if "i" in letters:
            number = self.number(value)
            return str(self.number(f"({before})+({number})") if before is not None else number)
        if "l" in letters:
            return value.lower()
        if "u" in letters:
            return value.upper()
        return value

    def assign_element(self, name: str, subscript: str, value: str, *, append: bool = False) -> None:
        """Gives an element of an array a value, making the array.

        Raises:
            DiscardSignal: It is readonly, or the subscript is none.
        """
        name = self.target(name)
        variables = self.variables
        letters = variables.attributes.get(name, "")
        if "r" in letters:
            self.fail(f"{name}: readonly variable")
        held = variables.values.get(name)
        if not subscript:
            self.fail(f"{name}[]: bad array subscript")
        if letters not in ("", "x"):
            before = (self.element(name, subscript) or "0") if append else None
            value = self._shaped(letters, value, before)
            append = append and "i" not in letters
        if type(held) is Assoc:
            held[subscript] = value = (held.get(subscript, "") if append else "") + value
            self._weigh(value)
            return
        if held is None or type(held) is str:
            held = variables.values[name] = Indexed() if held is None else Indexed({0: held})
        assert type(held) is Indexed
        index = self.index_of(subscript, held)
        if index < 0:
            self.fail(f"{name}[{subscript}]: bad array subscript")
        held[index] = value = (held.get(index, "") if append else "") + value
        self._weigh(value)

    def index_of(self, subscript: str, array: Value) -> int:
        """The number that a subscript means, counted from the end when negative."""
        if subscript.isascii() and subscript.isdecimal() and (subscript[0] != "0" or subscript == "0"):
            return int(subscript[:18])
        index = self.number(subscript)
        if index < 0 and type(array) is Indexed:
            index += array.end
        return index

    def unset(self, name: str) -> None:
        """Takes a variable away."""
        self.variables.values.pop(name, None)
        self.variables.attributes.pop(name, None)

    # Arithmetic

    def number(self, text: str) -> int:
        """The value of an arithmetic expression.

        Raises:
            DiscardSignal: It cannot be calculated.
        """
        try:
            return calculate(text, self)
        except ArithmeticProblem as problem:
            self.fail(str(problem))
            raise

    def number_text(self, name: str, subscript: str | None) -> str:
        """The text of a variable in an arithmetic expression."""
        if subscript is None:
            value = self.variables.values.get(name)
            if type(value) is str and not self.has_references:
                return value.strip()
            found = self.get(name)
        else:
            found = self.element(name, self.subscript_text(subscript))
        if found is None and self.nounset:
            self.fail(f"{name}: unbound variable", 127)
        return (found or "").strip()

    def set_number(self, name: str, subscript: str | None, value: int) -> None:
        """Assigns in an arithmetic expression."""
        if subscript is None:
            self.assign(name, str(value))
        else:
            self.assign_element(name, self.subscript_text(subscript), str(value))

    def subscript_text(self, subscript: str) -> str:
        """A subscript that was found inside of an arithmetic expression, without its quotes."""
        if len(subscript) > 1 and subscript[0] == subscript[-1] and subscript[0] in "\"'":
            return subscript[1:-1]
        return subscript

    # Places

    def path(self, name: str) -> str:
        """The absolute canonical path of a name.

        Raises:
            OperationError: There is no such path.
        """
        return self.machine.world_path(name, self.cwd)

    def flags(self) -> str:
        """The options that are on, as ``$-`` shows them."""
        found = "".join(
            letter
            for letter, on in (
                ("a", self.allexport),
                ("e", self.errexit),
                ("f", self.noglob),
                ("h", self.style != "sh"),
                ("u", self.nounset),
                ("x", self.xtrace),
                ("B", self.style != "sh"),
                ("c", not self.from_file),
            )
            if on
        )
        return found + "".join(sorted(letter for letter in self.other_flags if len(letter) == 1))


Builtin = Callable[[Shell, list[str]], int]
"""A command of the shell itself: it is given its words with its name first."""


class Runtime(NamedTuple):
    """How commands are run: what would otherwise have to know each other in a circle.

    Attributes:
        runners: What runs a node of the syntax, by its type.
        builtins: Commands of the shell itself, by name.
        capture: Runs a command substitution; its output.
        substitute: Runs a process substitution; the name under which it is read or written.
        finish: Ends the process substitutions of a command.
        trap: Runs the action of a trap.
    """

    runners: Mapping[type, Callable[[Shell, Any], int]]
    builtins: Mapping[str, Builtin]
    capture: Callable[[Shell, Script], str]
    substitute: Callable[[Shell, ProcessPart], str]
    finish: Callable[[Shell], None]
    trap: Callable[[Shell, str], None]


def _host(shell: Shell) -> str:
    entry = shell.machine.files.follow("/etc/hostname")
    return entry.content.strip() if entry is not None else "localhost"


def _seconds(shell: Shell) -> str:
    return str(int(shell.machine.clock - shell.started_s))


_DYNAMIC: dict[str, Callable[[Shell], str | None]] = {
    "RANDOM": lambda shell: str(shell.next_random()),
    "SRANDOM": lambda shell: str(shell.next_random() << 15 | shell.next_random()),
    "SECONDS": _seconds,
    "EPOCHSECONDS": lambda shell: str(int(shell.machine.now_s)),
    "EPOCHREALTIME": lambda shell: f"{shell.machine.now_s:.6f}",
    "LINENO": lambda shell: str(shell.line),
    "BASHPID": lambda shell: str(shell.pid),
    "BASH_COMMAND": lambda shell: "" if shell.running is None else command_text(shell.running),
    "PPID": lambda shell: str(shell.parent_pid),
    "UID": lambda shell: "0" if shell.machine.files.user == "root" else "1000",
    "EUID": lambda shell: "0" if shell.machine.files.user == "root" else "1000",
    "BASH": lambda _: "/usr/bin/bash",
    "BASH_VERSION": lambda _: "5.2.15(1)-release",
    "BASH_SUBSHELL": lambda shell: str(shell.level),
    "HOSTNAME": _host,
    "HOSTTYPE": lambda _: "x86_64",
    "MACHTYPE": lambda _: "x86_64-pc-linux-gnu",
    "OSTYPE": lambda _: "linux-gnu",
    "SHELLOPTS": lambda shell: ":".join(shell_options(shell)),
    "BASHOPTS": lambda shell: ":".join(sorted(shell.shopts)),
    "_": lambda shell: shell.last_argument,
}


def shell_options(shell: Shell) -> list[str]:
    """The long names of the options that are on."""
    found = {"braceexpand", "hashall", "interactive-comments"}
    for name in ("errexit", "nounset", "noglob", "xtrace", "pipefail", "allexport"):
        if getattr(shell, name):
            found.add(name)
    return sorted(found | {name for name in shell.other_flags if len(name) > 1})
