"""Where a script goes: exit, return, break, eval, source, exec, trap."""

from __future__ import annotations

from collections.abc import Mapping

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.commands import new_shell, run_found, run_text
from agentalign_env.services.shell.parser import parse_script
from agentalign_env.services.shell.quoting import shell_quoted
from agentalign_env.services.shell.redirects import open_input, own_words
from agentalign_env.services.shell.scripts import run_process, run_script
from agentalign_env.services.shell.shell import Builtin, Shell
from agentalign_env.services.shell.signals import BreakSignal, ContinueSignal, ExitSignal, ReturnSignal

__all__ = ["BUILTINS", "SIGNALS", "signal_number", "signal_table"]

SIGNALS = ("EXIT", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
           "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM",
           "PROF", "WINCH", "IO", "PWR", "SYS")  # fmt: skip


def signal_number(name: str) -> int:
    """The number of a signal given as ``15``, ``TERM`` or ``SIGTERM``; -1 for none."""
    if name.isdecimal():
        return int(name) if int(name[:6]) < len(SIGNALS) else -1
    plain = name.upper().removeprefix("SIG")
    return SIGNALS.index(plain) if plain in SIGNALS else -1


def signal_table() -> str:
    """All signals, five in a line."""
    named = dict(enumerate(SIGNALS[1:], 1))
    for number in range(34, 65):
        up, down = number - 34, 64 - number
        named[number] = "RTMIN" + (f"+{up}" if up else "") if up <= 15 else "RTMAX" + (f"-{down}" if down else "")
    shown = [f"{number:2d}) SIG{name}" for number, name in named.items()]
    rows = [shown[at : at + 5] for at in range(0, len(shown), 5)]
    return "".join("\t".join(row) + ("\n" if len(row) == 5 else "\t\n") for row in rows)


def _true(_shell: Shell, _argv: list[str]) -> int:
    return 0


def _false(_shell: Shell, _argv: list[str]) -> int:
    return 1


def _status_argument(shell: Shell, argv: list[str]) -> int:
    """The status given to exit or return, the last one by default."""
    if len(argv) < 2 or (argv[1] == "--" and len(argv) == 2):
        return shell.status
    text = argv[1]
    number = text.removeprefix("-").removeprefix("+")
    if not number.isdecimal():
        shell.complain(f"{argv[0]}: {text}: numeric argument required")
        return 2
    return int(text[:20]) & 0xFF


def _exit(shell: Shell, argv: list[str]) -> int:
    status = _status_argument(shell, argv)
    if len(argv) > 2 and argv[1].lstrip("+-").isdecimal():
        return shell.complain("exit: too many arguments")
    raise ExitSignal(status)


def _return(shell: Shell, argv: list[str]) -> int:
    status = _status_argument(shell, argv)
    if not shell.calls and not shell.sources:
        shell.complain("return: can only `return' from a function or sourced script")
        return 2
    raise ReturnSignal(status)


def _levels(shell: Shell, argv: list[str]) -> int:
    if len(argv) < 2:
        return 1
    if not argv[1].lstrip("+-").isdecimal():
        shell.complain(f"{argv[0]}: {argv[1]}: numeric argument required")
        raise ExitSignal(128)
    levels = int(argv[1][:9])
    if levels < 1:
        shell.complain(f"{argv[0]}: {argv[1]}: loop count out of range")
        raise BreakSignal(shell.loops)
    return min(levels, shell.loops)


def _break(shell: Shell, argv: list[str]) -> int:
    if not shell.loops:
        shell.complain(f"{argv[0]}: only meaningful in a `for', `while', or `until' loop")
        return 0
    raise (BreakSignal if argv[0] == "break" else ContinueSignal)(_levels(shell, argv))


def _eval(shell: Shell, argv: list[str]) -> int:
    words = argv[2:] if argv[1:2] == ["--"] else argv[1:]
    text = " ".join(words)
    if not text.strip():
        return 0
    machine = shell.machine
    machine.complain = shell.complain
    machine.call()
    line = shell.line
    first = line + 1 if "\n" in text.strip("\n") else line  # as bash counts
    try:
        return run_script(shell, parse_script(text, first, extended="extglob" in shell.shopts), origin="eval")
    finally:
        shell.line = line
        machine.calls -= 1


def _source(shell: Shell, argv: list[str]) -> int:
    if len(argv) < 2:
        shell.complain(f"{argv[0]}: filename argument required")
        shell.sink(2).write(f"{argv[0]}: usage: {argv[0]} filename [arguments]\n")
        return 2
    name = argv[1]
    try:
        text = open_input(shell, _sourced_path(shell, name)).read()
    except OperationError as error:
        return shell.complain(f"{name}: {own_words(error)}".replace(": Is a directory", ": is a directory"))
    machine = shell.machine
    machine.complain = shell.complain
    machine.call()
    args, title, line = shell.args, shell.title, shell.line
    if len(argv) > 2:
        shell.args = argv[2:]
    shell.title = name
    shell.sources += 1
    try:
        return (
            run_script(shell, parse_script(text, extended="extglob" in shell.shopts), origin=" ") if text.strip() else 0
        )
    except ReturnSignal as signal:
        return signal.status
    finally:
        shell.sources -= 1
        shell.args = args if len(argv) > 2 else shell.args
        shell.title, shell.line = title, line
        machine.calls -= 1


def _sourced_path(shell: Shell, name: str) -> str:
    if "/" not in name:
        for folder in (shell.get("PATH") or "").split(":"):
            place = f"{folder or '.'}/{name}"
            entry = shell.machine.files.follow(shell.path(place))
            if entry is not None and entry.kind == "file":
                return place
    return name


def _exec(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    while words and words[0].startswith("-") and words[0] != "-":
        flag = words.pop(0)
        if flag == "-a" and words:
            words.pop(0)
    if not words:
        return 0

    def not_run(process: Shell, command: str, problem: str) -> None:
        missing = problem == "No such file or directory" and "/" not in command
        process.complain(f"exec: {command}: {'not found' if missing else problem}")

    shell.traps.pop("EXIT", None)
    raise ExitSignal(run_found(shell, words, not_run))


def _trap(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    if words[:1] == ["-l"]:
        shell.out(signal_table())
        return 0
    prints = words[:1] == ["-p"]
    if prints or words[:1] == ["--"]:
        words = words[1:]
    if prints or not words:
        for name in words or list(shell.traps):
            key = _trap_name(name)
            if key in shell.traps:
                shown = key if key in ("EXIT", "ERR", "DEBUG", "RETURN") else f"SIG{key}"
                shell.out(f"trap -- {shell_quoted(shell.traps[key])} {shown}\n")
        return 0
    action = words[0]
    names = words[1:]
    resets = action == "-" or (not names and _trap_name(action) != "")
    if not names:
        if not resets:
            shell.sink(2).write("trap: usage: trap [-lp] [[arg] signal_spec ...]\n")
            return 2
        names = words
    status = 0
    for name in names:
        key = _trap_name(name)
        if not key:
            status = shell.complain(f"trap: {name}: invalid signal specification")
        elif resets:
            shell.traps.pop(key, None)
        else:
            shell.traps[key] = action
    return status


def _trap_name(name: str) -> str:
    if name.upper() in ("ERR", "DEBUG", "RETURN"):
        return name.upper()
    number = signal_number(name)
    return "" if number < 0 else SIGNALS[number]


def _builtin(shell: Shell, argv: list[str]) -> int:
    if len(argv) < 2:
        return 0
    found = shell.machine.runtime.builtins.get(argv[1])
    if found is None:
        return shell.complain(f"builtin: {argv[1]}: not a shell builtin")
    return found(shell, argv[1:])


def _bash(shell: Shell, argv: list[str]) -> int:
    """``bash`` and ``sh`` as programs: a new shell."""
    style = "bash" if argv[0].endswith("bash") else "sh"
    words = argv[1:]
    flags: list[str] = []
    command = reads = False
    while words and words[0][:1] in ("-", "+") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            break
        if word == "--version":
            shell.out("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n")
            return 0
        if word.startswith("--") and word[2:] in _LONG_OPTIONS:
            continue
        letters = word[1:]
        wrong = "" if style == "sh" else word if word.startswith("--") else letters.strip("abcefhiklmnoprstuvxBCDEHOPT")
        if wrong:
            shell.sink(2).write(
                f"{argv[0]}: {word if word.startswith('--') else f'-{wrong[0]}'}: invalid option\n{_USAGE}"
            )
            return 2
        if "s" in letters:
            reads = True
        if "c" in letters and word[0] == "-":
            command = True
            letters = letters.replace("c", "")
        if "o" in letters and words:
            flags.extend((word[0] + "o", words.pop(0)))
            letters = letters.replace("o", "")
        if "O" in letters and words:
            words.pop(0)
            letters = letters.replace("O", "")
        letters = "".join(letter for letter in letters if letter in "aefnuxCb")
        if letters:
            flags.append(word[0] + letters)
    if reads and not command:
        words = ["-", *words]
    return _run_shell(shell, argv[0], words, flags, style, command=command)


_LONG_OPTIONS = frozenset(
    ("debug", "debugger", "dump-po-strings", "dump-strings", "help", "init-file", "login", "noediting", "noprofile",
     "norc", "posix", "pretty-print", "rcfile", "restricted", "verbose", "version")
)  # fmt: skip
_USAGE = (
    "Usage:\tbash [GNU long option] [option] ...\n\tbash [GNU long option] [option] script-file ...\n"
    "GNU long options:\n"
    + "".join(f"\t--{name}\n" for name in sorted(_LONG_OPTIONS))
    + "Shell options:\n\t-ilrsD or -c command or -O shopt_option\t\t(invocation only)\n"
    "\t-abefhkmnptuvxBCEHPT or -o option\n"
)


def _run_shell(shell: Shell, name: str, words: list[str], flags: list[str], style: str, *, command: bool) -> int:
    if command:
        if not words:
            shell.sink(2).write(f"{name}: -c: option requires an argument\n")
            return 2
        text, origin = words[0], "-c"
        title, args = (words[1], words[2:]) if len(words) > 1 else (name, [])
    elif words and words[0] != "-":
        try:
            text, origin = open_input(shell, words[0]).read(), ""
        except OperationError as error:
            shell.sink(2).write(
                f"{name}: {words[0]}: {own_words(error)}\n"
                if style == "bash"
                else f"{name}: 0: cannot open {words[0]}: No such file\n"
            )
            return 126 if own_words(error) == "Is a directory" else 127 if style == "bash" else 2
        title, args = words[0], words[1:]
    else:
        text, origin, title, args = shell.stdin.read(), "", name, words[1:]
    machine = shell.machine
    machine.complain = shell.complain
    machine.call()
    try:
        child = new_shell(shell, title, args, style=style)
        child.from_file = not command and bool(words) and words[0] != "-"
        if flags:
            machine.runtime.builtins["set"](child, ["set", *flags])
        if origin == "-c" and style == "sh":
            origin = ""
        if "noexec" in child.other_flags:
            problem = parse_script(text).problem
            return 0 if problem is None else run_process(child, lambda: run_text(child, text, origin))
        return run_process(child, lambda: run_text(child, text, origin))
    finally:
        machine.calls -= 1


def _command(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    shows = ""
    while words and words[0] in ("-v", "-V", "-p", "--"):
        word = words.pop(0)
        if word in ("-v", "-V"):
            shows = word
        if word == "--":
            break
    if shows:
        return shell.machine.runtime.builtins["type"](shell, ["command", shows, *words])
    if not words:
        return 0
    if words[0] in shell.machine.runtime.builtins:
        return shell.machine.runtime.builtins[words[0]](shell, words)
    from agentalign_env.services.shell.commands import run_external

    return run_external(shell, words)


BUILTINS: Mapping[str, Builtin] = {
    ":": _true,
    "true": _true,
    "false": _false,
    "exit": _exit,
    "logout": _exit,
    "return": _return,
    "break": _break,
    "continue": _break,
    "eval": _eval,
    "source": _source,
    ".": _source,
    "exec": _exec,
    "trap": _trap,
    "builtin": _builtin,
    "command": _command,
    "bash": _bash,
    "sh": _bash,
    "dash": _bash,
}
