"""What scripts cost in a container, against the machine in memory: ``python -m benchmarks.sandbox``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import NamedTuple

from agentalign_env.backends.docker.engine import connect
from agentalign_env.backends.docker.options import DEFAULT_IMAGE, ContainerOptions
from agentalign_env.backends.docker.ownership import owned
from agentalign_env.backends.docker.pool import ContainerPool
from agentalign_env.backends.docker.sandbox import DockerSandbox
from agentalign_env.core.sandbox import Sandbox
from agentalign_env.services.shell.sandbox import memory_sandbox

FILES = {f"/proj/src/file{number}.py": f"x = {number}\n# TODO\n" * 20 for number in range(20)}
SCRIPTS = {
    "`true`": "true",
    "`ls`": "ls src",
    "three-stage pipe": "grep -n TODO src/*.py | sort -r | wc -l",
}


class Figure(NamedTuple):
    """Milliseconds: the median, the least, and what nine of ten stay below; in memory where there is such a thing."""

    what: str
    ms: float
    least_ms: float
    ms_90: float
    memory_ms: float | None = None


def timed(act: Callable[[], object], count: int, before: Callable[[], object] = lambda: None) -> list[float]:
    samples = []
    for _ in range(count):
        before()
        begun = perf_counter()
        act()
        samples.append((perf_counter() - begun) * 1_000)
    return samples


def figure(what: str, samples: Sequence[float], memory: Sequence[float] | None = None) -> Figure:
    high = quantiles(samples, n=10)[-1] if len(samples) > 1 else samples[0]
    return Figure(what, median(samples), min(samples), high, None if memory is None else median(memory))


def containers(options: ContainerOptions, count: int) -> list[Figure]:
    """Starts, takes and the steps of the ladder back to the beginning."""
    pool = ContainerPool(options)
    started: list[float] = []
    for _ in range(max(2, count // 10)):
        begun = perf_counter()
        container = pool.take()
        started.append((perf_counter() - begun) * 1_000)
        pool.drop(container)
    pool.warm()
    taken = timed(lambda: pool.give(pool.take()), 1)  # everything has run once
    taken.clear()
    for _ in range(count):
        begun = perf_counter()
        container = pool.take()
        taken.append((perf_counter() - begun) * 1_000)
        pool.give(container)
    box, memory = DockerSandbox(pool, FILES, "/proj"), memory_sandbox(FILES, "/proj")
    live = box._live
    wiped = timed(live.wipe, count)
    killed = timed(live.wipe, count, lambda: live.control.run("sleep 60 >/dev/null 2>&1 &"))
    reset = timed(box.reset, count, lambda: box.exec("echo x >y"))
    reset_in_memory = timed(memory.reset, count, lambda: memory.exec("echo x >y"))
    box.close()
    pool.close()
    return [
        figure("start a container", started),
        figure("take a warm one", taken),
        figure("wipe", wiped),
        figure("kill what runs, and wipe", killed),
        figure("reset: wipe and lay 20 files", reset, reset_in_memory),
    ]


def scripts(options: ContainerOptions, count: int) -> list[Figure]:
    """Scripts and files, in both machines in turn."""
    pool = ContainerPool(options)
    boxes: list[Sandbox] = [DockerSandbox(pool, FILES, "/proj"), memory_sandbox(FILES, "/proj")]
    figures = []
    for what, script in SCRIPTS.items():
        answers = [box.exec(script) for box in boxes]
        if answers[0] != answers[1]:
            raise RuntimeError(f"expected the same answers to {script!r}, got {answers}")
        figures.append(figure(what, *(timed(partial(box.exec, script), count) for box in boxes)))
    content = "text\n" * 2_000
    acts: dict[str, Callable[[Sandbox], object]] = {
        "write a file of 10 KB": lambda box: box.write_file("new/file", content),
        "read a file of 10 KB": lambda box: box.read_file("new/file"),
    }
    for what, act in acts.items():
        figures.append(figure(what, *(timed(partial(act, box), count) for box in boxes)))
    boxes[0].close()
    pool.close()
    return figures


def left_behind(options: ContainerOptions, episodes: int) -> int:
    """Containers that are there after so many episodes, and were not before."""
    before = owned(connect(options.url))
    pool = ContainerPool(options)
    for number in range(episodes):
        box = DockerSandbox(pool, {"/proj/a": f"{number}\n"}, "/proj")
        if box.exec("cat a").stdout != f"{number}\n":
            raise RuntimeError(f"episode {number} began with files of another")
        box.close()
    pool.close()
    return len(owned(connect(options.url)) - before)


def table(figures: Sequence[Figure]) -> list[str]:
    rows = ["| ms | least | median | 90 % below | in memory |", "|---|---|---|---|---|"]
    for what, ms, least, high, memory in figures:
        rows.append(f"| {what} | {least:.2f} | {ms:.2f} | {high:.2f} | {'' if memory is None else f'{memory:.3f}'} |")
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sandbox", description=__doc__)
    parser.add_argument("--count", type=int, default=100, metavar="N", help="samples of a figure, 100 by default")
    parser.add_argument("--episodes", type=int, default=500, metavar="N", help="to look for leftovers, 500 by default")
    parser.add_argument("--image", default=DEFAULT_IMAGE, metavar="NAME", help="of the containers")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    given = parser.parse_args(arguments)
    options = ContainerOptions(image=given.image)
    figures = [*containers(options, given.count), *scripts(options, given.count)]
    print("\n".join(table(figures)))
    left = left_behind(options, given.episodes)
    print(f"{given.episodes} episodes left {left} containers behind")
    if given.json is not None:
        told = {"figures": [one._asdict() for one in figures], "episodes": given.episodes, "left": left}
        given.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
