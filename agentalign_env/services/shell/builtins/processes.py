"""Processes: wait, jobs, kill, timeout, times, umask, ulimit."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentalign_env.services.shell.builtins.flow import SIGNALS, signal_number, signal_table
from agentalign_env.services.shell.invocation import Call
from agentalign_env.services.shell.jobs import find_job, wait_for
from agentalign_env.services.shell.scripts import run_trap
from agentalign_env.services.shell.shell import Builtin, Shell
from agentalign_env.services.shell.signals import ExitSignal
from agentalign_env.services.shell.streams import Capture

__all__ = ["BUILTINS"]


def _wait(shell: Shell, argv: list[str]) -> int:
    words = [word for word in argv[1:] if word not in ("-f", "--")]
    if words[:1] == ["-n"]:
        waiting = sorted(shell.jobs, key=lambda job: job.end_s)
        if not waiting:
            return 127
        shell.jobs.remove(waiting[0])
        return wait_for(shell, waiting[0])
    if not words:
        for job in shell.jobs:
            wait_for(shell, job)
        shell.jobs.clear()
        return 0
    status = 0
    for word in words:
        found = find_job(shell, word)
        if found is None:
            if word.startswith("%"):
                status = 127
                shell.complain(f"wait: {word}: no such job")
            elif not word.isdecimal():
                shell.complain(f"wait: `{word}': not a pid or valid job spec")
                status = 1
            else:
                shell.complain(f"wait: pid {word} is not a child of this shell")
                status = 127
        else:
            status = wait_for(shell, found)
    return status


def _jobs(shell: Shell, argv: list[str]) -> int:
    running = [job for job in shell.jobs if job.end_s > shell.machine.clock]
    for job in running:
        if "-p" in argv:
            shell.out(f"{job.pid}\n")
        else:
            mark = "+" if job is running[-1] else "-" if len(running) > 1 and job is running[-2] else " "
            pid = f"{job.pid} " if "-l" in argv else ""
            shell.out(f"[{job.number}]{mark}  {pid}{'Running':24s}{job.source} &\n")
    return 0


def _foreground(shell: Shell, argv: list[str]) -> int:
    return shell.complain(f"{argv[0]}: no job control")


def _disown(shell: Shell, argv: list[str]) -> int:
    words = [word for word in argv[1:] if not word.startswith("-")]
    missing = [word for word in words if find_job(shell, word) is None]
    if missing:
        return shell.complain(f"disown: {missing[0]}: no such job")
    if not words and not shell.jobs:
        return shell.complain("disown: current: no such job")
    gone = [job for word in words if (job := find_job(shell, word)) is not None] if words else shell.jobs[-1:]
    shell.jobs = [job for job in shell.jobs if job not in gone]
    return 0


_KILL_USAGE = "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n"


def _kill(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    signal = 15
    if not words:
        shell.sink(2).write(_KILL_USAGE)
        return 2
    if words[0] in ("-l", "-L"):
        return _signals(shell, words[1:])
    if words[0] in ("-s", "-n") and len(words) > 1:
        signal = signal_number(words[1])
        shown, words = words[1], words[2:]
    elif words[0].startswith("-") and len(words[0]) > 1 and words[0] != "--":
        signal = signal_number(words[0][1:])
        shown, words = words[0][1:], words[1:]
    else:
        shown = ""
    if signal < 0:
        return shell.complain(f"kill: {shown}: invalid signal specification")
    words = words[1:] if words[:1] == ["--"] else words
    if not any(words):
        shell.sink(2).write(_KILL_USAGE)
        return 2
    status = 0
    for word in words:
        status = _kill_one(shell, word, signal) or status
    return status


def _signals(shell: Shell, words: list[str]) -> int:
    for word in words:
        if word.isdecimal():
            number = int(word[:6])
            number = number - 128 if number > 128 else number
            shell.out(f"{SIGNALS[number] if 0 <= number < len(SIGNALS) else word}\n")
        else:
            shell.out(f"{signal_number(word)}\n")
    if not words:
        shell.out(signal_table())
    return 0


def _kill_one(shell: Shell, word: str, signal: int) -> int:
    if word in (str(shell.main_pid), str(shell.pid), "0"):
        return _signal_self(shell, signal)
    job = find_job(shell, word)
    if job is not None:
        if job.end_s <= shell.machine.clock:
            return 1 if signal == 0 and word.startswith("%") else _no_process(shell, word)
        if signal and SIGNALS[signal] not in ("CONT", "STOP", "TSTP", "WINCH", "CHLD", "URG"):
            ended = job._replace(status=128 + signal, end_s=shell.machine.clock)
            shell.jobs[shell.jobs.index(job)] = ended
        return 0
    if word.startswith("%"):
        return shell.complain(f"kill: {word}: no such job")
    if not word.lstrip("-").isdecimal():
        return shell.complain(f"kill: {word}: arguments must be process or job IDs")
    command = shell.machine.world.base.commands.get("kill")
    if command is not None:
        said = Capture()
        outer, shell.fds = shell.fds, {**shell.fds, 2: said}
        try:
            status = command(Call(shell, ["kill", f"-{signal}", word]))
        finally:
            shell.fds = outer
        for line in said.text().splitlines():
            shell.complain(line)
        return status
    return _no_process(shell, word)


def _no_process(shell: Shell, word: str) -> int:
    return shell.complain(f"kill: ({word}) - No such process")


def _signal_self(shell: Shell, signal: int) -> int:
    name = SIGNALS[signal]
    if signal == 0 or name in ("CHLD", "CONT", "URG", "WINCH"):
        return 0
    action = shell.traps.get(name)
    if action is not None and name not in ("KILL", "STOP"):
        if action and not shell.in_trap:
            run_trap(shell, name)
        return 0
    if name in ("KILL", "STOP"):
        shell.traps.pop("EXIT", None)
    raise ExitSignal(128 + signal)


_DURATION = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([smhd]?)")
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def _timeout(shell: Shell, argv: list[str]) -> int:
    """As a program: it runs another one, on the virtual clock."""
    words = argv[1:]
    status_kept, signal = False, 15
    while words and words[0].startswith("-") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            break
        if word == "--preserve-status":
            status_kept = True
        elif word in ("-s", "--signal", "-k", "--kill-after"):
            value = words.pop(0) if words else ""
            signal = signal_number(value) if word in ("-s", "--signal") else signal
        elif word.startswith("--signal="):
            signal = signal_number(word[9:])
        elif word.startswith("-s"):
            signal = signal_number(word[2:])
    if len(words) < 2:
        shell.sink(2).write("Try 'timeout --help' for more information.\n")
        return 125
    found = _DURATION.fullmatch(words[0])
    if found is None:
        shell.sink(2).write(
            f"timeout: invalid time interval \u2018{words[0]}\u2019\nTry 'timeout --help' for more information.\n"
        )
        return 125
    seconds = float(found.group(1)[:12]) * _UNITS[found.group(2)]
    call = Call(shell, ["timeout", *words])
    if seconds == 0:
        return call.run(words[1:])
    status = call.limited(seconds, words[1:])
    if status is not None:
        return status
    return 128 + signal if status_kept or signal == 9 else 124


def _times(shell: Shell, _argv: list[str]) -> int:
    shell.out("0m0.001s 0m0.001s\n0m0.000s 0m0.000s\n")
    return 0


def _umask(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    symbolic = "-S" in words
    words = [word for word in words if word not in ("-S", "-p")]
    if not words:
        if symbolic:
            shell.out(
                ",".join(
                    f"{who}={_letters(~shell.umask >> shift & 7)}" for who, shift in (("u", 6), ("g", 3), ("o", 0))
                )
                + "\n"
            )
        else:
            shell.out(f"{'umask ' if '-p' in argv else ''}{shell.umask:04o}\n")
        return 0
    if re.fullmatch("[0-7]{1,4}", words[0]):
        shell.umask = int(words[0], 8) & 0o777
        return 0
    if re.fullmatch("[0-9]+", words[0]):
        return shell.complain(f"umask: {words[0]}: octal number out of range")
    return _symbolic_umask(shell, words[0])


def _letters(bits: int) -> str:
    return "".join(letter for letter, bit in (("r", 4), ("w", 2), ("x", 1)) if bits & bit)


def _symbolic_umask(shell: Shell, text: str) -> int:
    for clause in text.split(","):
        found = re.fullmatch(r"([ugoa]*)([-+=])([rwx]*)", clause)
        if found is None:
            stop = clause.lstrip("ugoa")
            kind = "character" if stop[:1] in ("-", "+", "=") else "operator"
            shown = stop.lstrip("-+=").lstrip("rwx")[:1] if kind == "character" else stop[:1]
            return shell.complain(f"umask: `{shown}': invalid symbolic mode {kind}")
        bits = sum({"r": 4, "w": 2, "x": 1}[letter] for letter in set(found.group(3)))
        allowed = ~shell.umask & 0o777
        for who, shift in (("u", 6), ("g", 3), ("o", 0)):
            if not found.group(1) or who in found.group(1) or "a" in found.group(1):
                mask = bits << shift
                allowed = {"+": allowed | mask, "-": allowed & ~mask, "=": allowed & ~(7 << shift) | mask}[
                    found.group(2)
                ]
        shell.umask = ~allowed & 0o777
    return 0


def _ulimit(shell: Shell, argv: list[str]) -> int:
    flags = "".join(word[1:] for word in argv[1:] if word.startswith("-"))
    values = [word for word in argv[1:] if not word.startswith("-")]
    if not values:
        shell.out({"n": "1024\n", "u": "15000\n", "s": "8192\n", "c": "0\n"}.get(flags[-1:], "unlimited\n"))
    return 0


def _suspend(shell: Shell, argv: list[str]) -> int:
    return shell.complain(f"{argv[0]}: cannot suspend: no job control")


BUILTINS: Mapping[str, Builtin] = {
    "wait": _wait,
    "jobs": _jobs,
    "fg": _foreground,
    "bg": _foreground,
    "disown": _disown,
    "kill": _kill,
    "timeout": _timeout,
    "times": _times,
    "umask": _umask,
    "ulimit": _ulimit,
    "suspend": _suspend,
}
