"""Commands that show processes and what they use: ``ps``, ``top``, ``uptime``, ``free``."""

from __future__ import annotations

from datetime import UTC, datetime

from agentalign_env.core.commands import Invocation
from agentalign_env.services.machine.arguments import Given, UnknownOptionError, read_options
from agentalign_env.services.machine.processes.records import Process
from agentalign_env.services.machine.processes.signalling import (
    all_processes,
)
from agentalign_env.services.machine.system import MEMORY_KB, boot_time_s, memory_of

__all__ = ["run_free", "run_ps", "run_top", "run_uptime"]


def run_ps(invocation: Invocation) -> int:
    """``ps``."""
    args = [arg if arg.startswith("-") or not arg.isalpha() else f"-{arg}" for arg in invocation.args]
    try:
        given = read_options(args, "a u x e f l w A forest no-headers", "p o C U pid sort format user")
    except UnknownOptionError as error:
        invocation.err(f"error: unsupported option: {error}\n")
        return 1
    user = invocation.files.user
    rows = all_processes(invocation.world)
    wanted = given.values("p", "pid")
    if wanted:
        numbers = {number for value in wanted for number in value.replace(",", " ").split()}
        rows = [row for row in rows if row.id in numbers]
    elif given.has("C"):
        rows = [row for row in rows if row.name in given.values("C")]
    elif given.has("U", "user") or (given.has("u") and not given.has("a", "x") and given.rest):
        names = given.values("U", "user") or given.rest
        rows = [row for row in rows if row.user in names]
    elif not given.has("e", "A", "x"):
        rows = [row for row in rows if row.user == user and row.terminal != "?"]
    key = given.value("sort").lstrip("+")
    if key:
        rows.sort(key=lambda row: _column(row, key.lstrip("-"), invocation), reverse=key.startswith("-"))
    invocation.spend(len(rows))
    if given.has("o", "format"):
        names = [name for value in given.values("o", "format") for name in value.replace(",", " ").split()]
        return _ps_columns(invocation, rows, names, given)
    if given.has("u"):
        header, line = "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND", _user_line
    elif given.has("f"):
        header, line = "UID          PID    PPID  C STIME TTY          TIME CMD", _full_line
    else:
        header, line = "    PID TTY          TIME CMD", _short_line
    if not given.has("no-headers"):
        invocation.out(f"{header}\n")
    for row in rows:
        invocation.out(f"{line(row)}\n")
    return 0 if rows else 1


def _ps_columns(invocation: Invocation, rows: list[Process], names: list[str], given: Given) -> int:
    plain = [name.partition("=")[0] for name in names]
    headers = [name.partition("=")[2] if "=" in name else _HEADERS.get(name, name.upper()) for name in names]
    table = [[str(_column(row, name, invocation)) for name in plain] for row in rows]
    if any(headers) and not given.has("no-headers"):
        table.insert(0, headers)
    widths = [max((len(line[at]) for line in table), default=0) for at in range(len(plain))]
    for line in table:
        cells = [
            text if at == len(plain) - 1 else text.rjust(width) if plain[at] in _NUMBERS else text.ljust(width)
            for at, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        invocation.out(f"{' '.join(cells)}\n")
    return 0 if rows else 1


_HEADERS = {
    "pcpu": "%CPU",
    "%cpu": "%CPU",
    "pmem": "%MEM",
    "%mem": "%MEM",
    "comm": "COMMAND",
    "args": "COMMAND",
    "cmd": "CMD",
}


_NUMBERS = frozenset({"pid", "ppid", "pcpu", "%cpu", "pmem", "%mem", "rss", "vsz", "etimes"})


def _column(row: Process, name: str, invocation: Invocation) -> int | float | str:
    values: dict[str, int | float | str] = {
        "pid": row.pid,
        "ppid": row.parent,
        "user": row.user,
        "uid": row.user,
        "comm": row.name,
        "ucmd": row.name,
        "cmd": row.command,
        "args": row.command,
        "command": row.command,
        "pcpu": row.cpu_tenths / 10,
        "%cpu": row.cpu_tenths / 10,
        "pmem": _memory_share(row),
        "%mem": _memory_share(row),
        "rss": row.memory_kb,
        "vsz": row.memory_kb * 3,
        "stat": row.state,
        "state": row.state,
        "s": row.state,
        "tty": row.terminal,
        "tt": row.terminal,
        "time": _cpu_time(row),
        "etimes": int(invocation.now_s) - row.started_s,
        "start": _clock(row.started_s),
        "stime": _clock(row.started_s),
        "lstart": datetime.fromtimestamp(row.started_s, UTC).strftime("%a %b %e %H:%M:%S %Y"),
    }
    return values.get(name, "-")


def _memory_share(row: Process) -> float:
    return round(row.memory_kb * 100 / MEMORY_KB, 1)


def _cpu_time(row: Process) -> str:
    seconds = row.cpu_tenths * 4
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _clock(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%H:%M")


def _short_line(row: Process) -> str:
    return f"{row.pid:>7} {row.terminal:<8} {_cpu_time(row)} {row.name}"


def _full_line(row: Process) -> str:
    clock = _clock(row.started_s)
    return (
        f"{row.user:<8} {row.pid:>7} {row.parent:>7} "
        f"{row.cpu_tenths // 10:>2} {clock} "
        f"{row.terminal:<8} "
        f"{_cpu_time(row)} {row.command}"
    )


def _user_line(row: Process) -> str:
    minutes = row.cpu_tenths * 4
    return (
        f"{row.user:<8} {row.pid:>7} {row.cpu_tenths / 10:>4.1f} {_memory_share(row):>4.1f} {row.memory_kb * 3:>6} "
        f"{row.memory_kb:>5} "
        f"{row.terminal:<8} {row.state:<4} "
        f"{_clock(row.started_s)} "
        f"{minutes // 60:>3}:{minutes % 60:02d} "
        f"{row.command}"
    )


def run_top(invocation: Invocation) -> int:
    """``top``, once."""
    world, rows = invocation.world, all_processes(invocation.world)
    memory = memory_of(world)
    rows.sort(key=lambda row: (-row.cpu_tenths, row.pid))
    invocation.spend(len(rows))
    states = [sum(row.state == state for row in rows) for state in "RST"]
    load = sum(row.cpu_tenths for row in rows) / 40
    invocation.out(
        f"top -{_uptime_words(invocation)}\n"
        f"Tasks: {len(rows):>3} total, "
        f"{states[0]:>3} running, "
        f"{states[1]:>3} sleeping, "
        f"{states[2]:>3} stopped,   0 zombie\n"
        f"%Cpu(s): {load:>4.1f} us,  1.2 sy,  0.0 ni, {98.8 - load:>4.1f} id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\n"
        f"MiB Mem : {memory['total_kb'] / 1024:>8.1f} total, {memory['free_kb'] / 1024:>8.1f} free, "
        f"{memory['used_kb'] / 1024:>8.1f} used, "
        f"{(memory['total_kb'] - memory['free_kb'] - memory['used_kb']) / 1024:>8.1f} "
        "buff/cache\n"
        "MiB Swap: "
        f"{memory['swap_total_kb'] / 1024:>8.1f} total, "
        f"{memory['swap_total_kb'] / 1024:>8.1f} "
        "free,      0.0 used. "
        f"{memory['available_kb'] / 1024:>8.1f} avail Mem\n\n"
        "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n"
    )
    for row in rows:
        seconds = row.cpu_tenths * 4
        invocation.out(
            f"{row.pid:>7} {row.user:<8}  20   0 "
            f"{row.memory_kb * 3:>7} "
            f"{row.memory_kb:>6} "
            f"{row.memory_kb // 3:>6} {row.state} "
            f"{row.cpu_tenths / 10:>5.1f} "
            f"{_memory_share(row):>5.1f} "
            f"{seconds // 60:>3}:{seconds % 60:02d}.00 "
            f"{row.name}\n"
        )
    return 0


def _uptime_words(invocation: Invocation) -> str:
    seconds = max(int(invocation.now_s) - boot_time_s(invocation.world), 0)
    busy = sum(row.cpu_tenths for row in all_processes(invocation.world)) / 1000
    days = f"{seconds // 86_400} day{'' if seconds // 86_400 == 1 else 's'}, " if seconds >= 86_400 else ""
    span = f"{seconds // 3600 % 24:>2}:{seconds // 60 % 60:02d}" if seconds >= 3600 else f"{seconds // 60} min"
    clock = datetime.fromtimestamp(int(invocation.now_s), UTC).strftime("%H:%M:%S")
    return f" {clock} up {days}{span},  1 user,  load average: {busy:.2f}, {busy * 0.9:.2f}, {busy * 0.7:.2f}"


def run_uptime(invocation: Invocation) -> int:
    """``uptime``."""
    booted = boot_time_s(invocation.world)
    if "-s" in invocation.args:
        invocation.out(datetime.fromtimestamp(booted, UTC).strftime("%Y-%m-%d %H:%M:%S\n"))
    elif "-p" in invocation.args:
        minutes = (int(invocation.now_s) - booted) // 60
        invocation.out(f"up {minutes // 60} hours, {minutes % 60} minutes\n")
    else:
        invocation.out(f"{_uptime_words(invocation)}\n")
    return 0


def run_free(invocation: Invocation) -> int:
    """``free``."""
    memory = memory_of(invocation.world)
    flags = "".join(arg.lstrip("-") for arg in invocation.args)

    def shown(kb: int) -> str:
        if "h" in flags:
            return f"{kb / 1024 / 1024:.1f}Gi" if kb >= 1024 * 1024 else f"{kb // 1024}Mi" if kb else "0B"
        return str(
            kb * 1024 if "b" in flags else kb // 1024 if "m" in flags else kb // 1024 // 1024 if "g" in flags else kb
        )

    cache = memory["total_kb"] - memory["used_kb"] - memory["free_kb"]
    main = (memory["total_kb"], memory["used_kb"], memory["free_kb"], 61_440, cache, memory["available_kb"])
    swap = (memory["swap_total_kb"], 0, memory["swap_total_kb"])
    invocation.out("               total        used        free      shared  buff/cache   available\n")
    invocation.out(f"Mem:    {' '.join(f'{shown(kb):>11}' for kb in main)}\n")
    invocation.out(f"Swap:   {' '.join(f'{shown(kb):>11}' for kb in swap)}\n")
    return 0
