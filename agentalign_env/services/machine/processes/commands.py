"""The shell's commands on processes, units and the system as such."""

from __future__ import annotations

from collections.abc import Mapping

from agentalign_env.core.commands import Command, Invocation
from agentalign_env.core.computer import hostname
from agentalign_env.services.machine.arguments import UnknownOptionError, read_options
from agentalign_env.services.machine.processes.commands_list import run_free, run_ps, run_top, run_uptime
from agentalign_env.services.machine.processes.commands_signal import run_kill, run_pgrep, run_pkill
from agentalign_env.services.machine.processes.commands_units import run_crontab, run_systemctl
from agentalign_env.services.machine.system import KERNEL

__all__ = ["PROCESS_COMMANDS"]


def _uname(invocation: Invocation) -> int:
    host = hostname(invocation.world.background)
    facts = {
        "s": "Linux", "n": host, "r": KERNEL, "v": "#1 SMP PREEMPT_DYNAMIC Harbour 6.1", "m": "x86_64", "p": "unknown",
        "i": "unknown", "o": "GNU/Linux",
    }  # fmt: skip
    long = {
        "all": "a", "kernel-name": "s", "nodename": "n", "kernel-release": "r", "kernel-version": "v", "machine": "m",
        "processor": "p", "hardware-platform": "i", "operating-system": "o",
    }  # fmt: skip
    try:
        given = read_options(invocation.args, f"a {' '.join(facts)} {' '.join(long)}")
    except UnknownOptionError as error:
        invocation.err(f"uname: unrecognized option '{error}'\nTry 'uname --help' for more information.\n")
        return 1
    asked = {long.get(name, name) for name in given.options} or {"s"}
    shown = [value for key, value in facts.items() if key in asked or ("a" in asked and value != "unknown")]
    invocation.out(f"{' '.join(shown)}\n")
    return 0


def _hostname(invocation: Invocation) -> int:
    from agentalign_env.services.machine.network.records import INTERFACES

    if invocation.args[:1] in (["-I"], ["-i"]):
        rows = [row for row in invocation.world.store.rows(INTERFACES) if row.name != "lo"]
        invocation.out(f"{' '.join(row.address for row in rows)} \n")
        return 0
    if any(not arg.startswith("-") for arg in invocation.args):
        invocation.err("hostname: you must be root to change the host name\n")
        return 1
    entry = invocation.files.follow("/etc/hostname")
    name = entry.content.strip() if entry is not None and entry.kind == "file" else ""
    invocation.out(f"{name or hostname(invocation.world.background)}\n")
    return 0


PROCESS_COMMANDS: Mapping[str, Command] = {
    "crontab": run_crontab,
    "free": run_free,
    "hostname": _hostname,
    "kill": run_kill,
    "killall": run_pkill,
    "pgrep": run_pgrep,
    "pkill": run_pkill,
    "ps": run_ps,
    "systemctl": run_systemctl,
    "top": run_top,
    "uname": _uname,
    "uptime": run_uptime,
}
