"""Rollouts into a folder, exactly once: shards that are there whole or not at all, and a manifest of them.

``plan.json`` says what is to be there; it is written first. ``shards/`` holds a file for each shard, whose name tells
its place and a digest of all that decides its bytes. ``manifest.json`` is written last, with the SHA-256 of each.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

import orjson

from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.core.world import GENERATOR_VERSION
from agentalign_env.envs.backend import Backend
from agentalign_env.errors import DataFileError
from agentalign_env.recording.trajectory import SCHEMA_VERSION
from agentalign_env.rollouts.executors import Execution, lines
from agentalign_env.rollouts.local import SHARD_SIZE, ExecutorName
from agentalign_env.rollouts.sharding import Shard, cut
from agentalign_env.rollouts.sources import AgentSource, ScenarioSource, agent_label

__all__ = ["MANIFEST", "PLAN", "SHARDS", "RolloutOutput", "clear_rollout", "publish", "rollout_to"]

PLAN, MANIFEST, SHARDS = "plan.json", "manifest.json", "shards"

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}


class RolloutOutput(NamedTuple):
    """What is in the folder.

    Attributes:
        folder: Where.
        episodes: How many records.
        shards: The files, in the scenarios' order.
        made: Episodes that this run made; the others were there.
    """

    folder: Path
    episodes: int
    shards: tuple[Path, ...]
    made: int


def rollout_to(
    folder: str | Path,
    agent: AgentSource,
    scenarios: Iterable[ScenarioSource],
    *,
    executor: ExecutorName = "local",
    workers: int | None = None,
    shard_size: int = SHARD_SIZE,
    step_timeout_s: float | None = None,
    episode_timeout_s: float | None = None,
    max_steps: int = DEFAULT_LIMITS.steps,
    backend: Backend = "memory",
    name: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> RolloutOutput:
    """Records an agent in every scenario, or goes on with what an earlier run of the same left.

    Whatever ends a run, a later one makes the shards that are missing and no others. The files of an agent that acts by
    the scenario alone hold the same bytes whichever executor made them, with however many workers and interruptions.
    Several runs may fill one folder at once; the first to publish a shard wins.

    Args:
        folder: Where; made if it is not there.
        agent: Who acts: an agent, the name of a built-in one, or a function that makes one.
        scenarios: Where; read whole at the start, so give a `ScenarioSpec` each where there are many.
        executor: See `rollout`.
        workers: See `rollout`.
        shard_size: Episodes in a file.
        step_timeout_s: See `rollout`.
        episode_timeout_s: See `rollout`.
        max_steps: Steps before an episode is truncated.
        backend: See `rollout`.
        name: Tells the agent from others; its own name, or that of the function, where left out.
        progress: Told how many episodes of how many are there.

    Raises:
        DataFileError: The folder holds another rollout, or a shard was changed.
        EnvArgumentError: An argument is out of range.
        MissingExtraError: Ray is asked for and not installed.
        AgentAlignError: Workers cannot be started, or a scenario cannot be built.
        OSError: Something cannot be written.
    """
    how = Execution(executor, workers, shard_size, max_steps, step_timeout_s, episode_timeout_s, backend)
    how.require_valid()
    where = Path(folder)
    settings = {
        "agent": agent_label(agent) if name is None else name,
        "max_steps": max_steps,
        "step_timeout_s": step_timeout_s,
        "episode_timeout_s": episode_timeout_s,
        "schema_version": SCHEMA_VERSION,
        "generator_version": GENERATOR_VERSION,
        **({} if backend == "memory" else {"backend": repr(backend)}),
    }
    shards = cut(scenarios, shard_size, settings)
    _begin(where, settings, shards)
    missing = [shard for shard in shards if not _path(where, shard).exists()]
    total, made = sum(len(shard.scenarios) for shard in shards), 0
    done = total - sum(len(shard.scenarios) for shard in missing)
    if progress is not None:
        progress(done, total)
    with closing(lines(agent, (scenario for shard in missing for scenario in shard.scenarios), how)) as written:
        for shard in missing:
            publish(
                _path(where, shard), b"".join(_counted(written, len(shard.scenarios), done + made, total, progress))
            )
            made += len(shard.scenarios)
    _finish(where, shards)
    return RolloutOutput(where, total, tuple(_path(where, shard) for shard in shards), made)


def publish(path: Path, content: bytes) -> bool:
    """Puts a file in its place, whole, unless there is one; whether there was none.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.stem}-", suffix=".part", delete=False) as part:
        try:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
            os.link(part.name, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            Path(part.name).replace(path)  # no links here; another run would have put the same bytes there
        finally:
            Path(part.name).unlink(missing_ok=True)
    return True


def clear_rollout(folder: str | Path) -> None:
    """Removes what `rollout_to` wrote into a folder, and nothing else.

    Raises:
        OSError: Something cannot be removed.
    """
    where = Path(folder)
    (where / MANIFEST).unlink(missing_ok=True)
    if (where / SHARDS).is_dir():
        shutil.rmtree(where / SHARDS)
    (where / PLAN).unlink(missing_ok=True)


def _begin(where: Path, settings: dict[str, Any], shards: Sequence[Shard]) -> None:
    """Writes the plan, or checks that the one that is there is the same."""
    named = [{"file": shard.file, "episodes": len(shard.scenarios)} for shard in shards]
    plan = orjson.dumps({**settings, "shards": named}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if not publish(where / PLAN, plan) and (where / PLAN).read_bytes() != plan:
        raise DataFileError(
            str(where / PLAN),
            "file",
            "expected the plan of this rollout, found that of another agent, of other scenarios or settings",
            "Repeat the earlier rollout as it was, or choose another folder.",
        )


def _finish(where: Path, shards: Sequence[Shard]) -> None:
    """Checks every shard, and writes the manifest."""
    rows = []
    for shard in shards:
        path = _path(where, shard)
        content = path.read_bytes()
        found = content.count(b"\n")
        if found != len(shard.scenarios) or not content.endswith(b"\n"):
            problem = f"expected {len(shard.scenarios)} lines, found {found}"
            raise DataFileError(str(path), "file", problem, "Remove it, and run the rollout again.")
        digest = hashlib.sha256(content).hexdigest()
        rows.append({"file": shard.file, "episodes": len(shard.scenarios), "sha256": digest})
    manifest = orjson.dumps({"shards": rows}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if not publish(where / MANIFEST, manifest) and (where / MANIFEST).read_bytes() != manifest:
        raise DataFileError(
            str(where / MANIFEST),
            "sha256",
            "expected the shards that were published, found that one was changed since",
            "Choose another folder, or remove shards and manifest and run the rollout again.",
        )


def _counted(
    written: Iterator[bytes], count: int, before: int, total: int, progress: Callable[[int, int], None] | None
) -> Iterator[bytes]:
    for number, line in enumerate(islice(written, count), 1):
        yield line
        if progress is not None:
            progress(before + number, total)


def _path(where: Path, shard: Shard) -> Path:
    return where / SHARDS / shard.file
