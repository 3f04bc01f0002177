"""Many episodes whose workers are killed: ``python -m benchmarks.endurance redis ray``.

Each way of rolling out has to give the bytes of an undisturbed run in one process: every record once, none lost.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import NamedTuple

import orjson

from agentalign_env.core.rng import stream
from agentalign_env.errors import ScenarioBuildError
from agentalign_env.rollouts.executors import Execution, lines
from agentalign_env.rollouts.local import EpisodeHost
from agentalign_env.rollouts.sources import ScenarioSpec
from benchmarks.rollouts import specs_of

WAYS = ("redis", "ray", "processes")

_SHARD = 16
_LEASE_S, _TRIES = 5.0, 20
_NONE_ENDED_S = 300.0


class Outcome(NamedTuple):
    """What came of a run. `unique` counts ids."""

    way: str
    workers: int
    kills: int
    records: int
    unique: int
    same_bytes: bool
    seconds: float


class Told(NamedTuple):
    """What a file of records holds."""

    records: int
    unique: int
    sha256: str

    @classmethod
    def of(cls, written: Iterable[bytes]) -> Told:
        digest, ids, count = hashlib.sha256(), set(), 0
        for line in written:
            digest.update(line)
            ids.add(orjson.loads(line)["id"])
            count += 1
        return cls(count, len(ids), digest.hexdigest())


class Kills:
    """Ends workers with SIGKILL after drawn numbers of episodes, between 2 % and 95 % of them.

    Args:
        episodes: Of the run.
        count: How many are ended.
        seed: Of the draw.
    """

    def __init__(self, episodes: int, count: int, seed: int) -> None:
        self._draw = stream("endurance", seed)
        self._due = sorted(self._draw.randint(episodes * 2 // 100, episodes * 95 // 100) for _ in range(count))
        self.made = 0

    def at(self, episodes: int, victims: Callable[[], Sequence[int]]) -> int | None:
        """Ends one of the processes if it is time to; which one."""
        if self.made == len(self._due) or episodes < self._due[self.made]:
            return None
        alive = victims()
        if not alive:
            return None  # all are just being replaced: at the next look
        victim = self._draw.choice(alive)
        os.kill(victim, signal.SIGKILL)
        self.made += 1
        return victim


def by_redis(specs: Sequence[ScenarioSpec], workers: int, kills: Kills, folder: Path) -> Told:
    """Worker commands on a server of this machine; for each one that is killed another one is started."""
    from agentalign_env.backends.queue import WorkQueue
    from agentalign_env.backends.store import open_store
    from agentalign_env.rollouts.remote import collect, submit_rollout

    with server(folder) as url:
        store = open_store(url)
        remote = submit_rollout(store, specs, shard=_SHARD)
        queue = WorkQueue(store, remote.queue)
        command = [sys.executable, "-c", "from agentalign_env.cli import main; main()", "worker", "--store", url]
        command += ["--drain", "--lease-s", str(_LEASE_S), "--tries", str(_TRIES)]
        crew = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(workers)]
        try:
            while not queue.is_drained:
                victim = kills.at(queue.counts().done * _SHARD, lambda: [one.pid for one in crew if one.poll() is None])
                if victim is not None:
                    (dead,) = (one for one in crew if one.pid == victim)
                    dead.wait()
                    crew[crew.index(dead)] = subprocess.Popen(command, stdout=subprocess.DEVNULL)
                if not any(one.poll() is None for one in crew):
                    break
                sleep(0.02)
            if failed := [code for one in crew if (code := one.wait())]:
                raise RuntimeError(f"expected workers that end well, got exit codes {failed}")
        finally:
            for one in crew:
                one.kill()
                one.wait()
        collect(store, remote, folder / "redis.jsonl", timeout_s=_NONE_ENDED_S)
        counts, shards = queue.counts(), len(remote.shards)
        if counts != (shards, 0, shards, 0):
            raise RuntimeError(f"expected {shards} shards, all done, none leased, none put aside; got {counts}")
    with (folder / "redis.jsonl").open("rb") as file:
        return Told.of(file)


def by_ray(specs: Sequence[ScenarioSpec], workers: int, kills: Kills, _folder: Path) -> Told:
    """Ray's worker processes; Ray starts others in the place of those that are killed."""
    return Told.of(_disturbed(specs, Execution("ray", workers, _SHARD), kills, lambda: _below("ray::_run_shard")))


def by_processes(specs: Sequence[ScenarioSpec], workers: int, kills: Kills, _folder: Path) -> Told:
    """Worker processes of this one."""
    return Told.of(_disturbed(specs, Execution("processes", workers, _SHARD), kills, lambda: _below("spawn_main")))


def _disturbed(
    specs: Sequence[ScenarioSpec], how: Execution, kills: Kills, victims: Callable[[], Sequence[int]]
) -> Iterator[bytes]:
    with closing(lines("oracle", specs, how)) as written:
        for number, line in enumerate(written):
            kills.at(number, victims)
            yield line


def _below(title: str) -> list[int]:
    """The processes below this one whose command line holds a title; by /proc, so on Linux."""
    parents, titled = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat, command = (folder / "stat").read_text(), (folder / "cmdline").read_bytes()
        except OSError:
            continue  # it has ended
        state, parent = stat.rpartition(")")[2].split()[:2]
        parents[int(folder.name)] = int(parent)
        if title.encode() in command and state != "Z":
            titled.append(int(folder.name))

    def is_below(process: int) -> bool:
        while process in parents:
            process = parents[process]
            if process == os.getpid():
                return True
        return False

    return [process for process in titled if is_below(process)]


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A Redis server on a free port of this machine, which keeps nothing on disk; its URL."""
    program = shutil.which("redis-server")
    if program is None:
        raise SystemExit("error: expected redis-server, which is not installed: apt-get install redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                sleep(0.05)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            running.terminate()


def undisturbed(episodes: int) -> tuple[list[ScenarioSpec], Told]:
    """What so many scenarios are built from, and what comes of them in this process, one after the other.

    Scenarios that cannot be built are left out: few chains find no values in every world.
    """
    host, specs = EpisodeHost("oracle"), []

    def written() -> Iterator[bytes]:
        for spec in specs_of(episodes * 2):
            if len(specs) == episodes:
                return
            try:
                line = host.run(spec).to_line()
            except ScenarioBuildError as error:
                print(f"left out: {str(error)[:120]} ...", flush=True)
                continue
            specs.append(spec)
            yield line

    told = Told.of(written())
    return specs, told


def run(way: str, specs: Sequence[ScenarioSpec], expected: Told, *, workers: int, kills: int, seed: int) -> Outcome:
    """One way of rolling out, disturbed."""
    carried_out = {"redis": by_redis, "ray": by_ray, "processes": by_processes}[way]
    ends = Kills(len(specs), kills, seed)
    with TemporaryDirectory() as folder:
        begun = perf_counter()
        told = carried_out(specs, workers, ends, Path(folder))
        seconds = perf_counter() - begun
    return Outcome(way, workers, ends.made, told.records, told.unique, told == expected, seconds)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endurance", description=__doc__)
    parser.add_argument("ways", nargs="+", choices=WAYS, help="how to roll out")
    parser.add_argument("--episodes", type=int, default=20_000, metavar="N", help="of a run, 20000 by default")
    parser.add_argument("--workers", type=int, default=3, metavar="N", help="at once, 3 by default")
    parser.add_argument("--kills", type=int, default=10, metavar="N", help="workers that are killed, 10 by default")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the moments and the victims")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args(arguments)
    begun = perf_counter()
    specs, expected = undisturbed(options.episodes)
    print(f"undisturbed, one process: {expected.unique} records in {perf_counter() - begun:.1f} s", flush=True)
    outcomes = []
    for way in options.ways:
        outcomes.append(run(way, specs, expected, workers=options.workers, kills=options.kills, seed=options.seed))
        print(outcomes[-1], flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps([one._asdict() for one in outcomes], indent=1) + "\n", encoding="utf-8")
    if not all(
        (one.kills, one.records, one.unique, one.same_bytes)
        == (options.kills, options.episodes, options.episodes, True)
        for one in outcomes
    ):
        raise SystemExit("error: expected every record once and the bytes of the undisturbed run")


if __name__ == "__main__":
    main()
