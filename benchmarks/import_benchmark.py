"""`import agentalign_env` against `import gymnasium`, each in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from benchmarks.measure import Figure, Settings

__all__ = ["run"]

_TIME_GOAL, _MEMORY_GOAL = 1.5, 1.3
_PROBE = """
from time import process_time
start = process_time()
import {module}
spent = process_time() - start
with open("/proc/self/status", encoding="ascii") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
print(spent * 1e6, int(peak) / 1024)
"""  # the process's own peak: ru_maxrss would begin with that of the process that started it


class _Import(NamedTuple):
    us: float
    mib: float


def run(settings: Settings) -> Iterator[Figure]:
    """Alternating, after one run of each that fills the file cache; ratios of neighbours. Linux only."""
    if not sys.platform.startswith("linux"):
        return
    for module in ("gymnasium", "agentalign_env"):
        _import(module)
    pairs = [(_import("gymnasium"), _import("agentalign_env")) for _ in range(settings.repeats)]
    yield Figure("import gymnasium", us=median(theirs.us for theirs, _ in pairs))
    yield Figure("import agentalign_env", us=median(ours.us for _, ours in pairs))
    yield Figure(
        "time, of gymnasium's", value=median(ours.us / theirs.us for theirs, ours in pairs), unit="x", goal=_TIME_GOAL
    )
    yield Figure("peak memory, import gymnasium", value=median(theirs.mib for theirs, _ in pairs), unit="MiB")
    yield Figure("peak memory, import agentalign_env", value=median(ours.mib for _, ours in pairs), unit="MiB")
    yield Figure(
        "peak memory, of gymnasium's",
        value=median(ours.mib / theirs.mib for theirs, ours in pairs),
        unit="x",
        goal=_MEMORY_GOAL,
    )


def _import(module: str) -> _Import:
    command = [sys.executable, "-c", _PROBE.format(module=module)]
    us, mib = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout.split()
    return _Import(float(us), float(mib))
