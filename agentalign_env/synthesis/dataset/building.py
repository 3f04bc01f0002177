"""Building a dataset: candidates in shards, side by side; killed at any moment, it goes on where it was.

A shard is a file that is there whole or not at all, and holds the same bytes whoever made it, so shards that are there
need not be made again. When enough are there, one pass chooses the rows, in an order that no process decides.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from agentalign_env.core.world import GENERATOR_VERSION
from agentalign_env.errors import AgentAlignError, DataFileError
from agentalign_env.processes import Crew
from agentalign_env.recording.export.files import new_file, write_json
from agentalign_env.resources import data_root, toml_files
from agentalign_env.scenarios.purposes import load_purposes
from agentalign_env.services import load_base_world
from agentalign_env.synthesis.dataset.choosing import Choice, choose, write_chosen
from agentalign_env.synthesis.dataset.episodes import make
from agentalign_env.synthesis.dataset.recipe import Candidate, Group, Recipe, candidates
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["MANIFEST", "DatasetSummary", "build_dataset"]

MANIFEST = "manifest.json"
"""The file that is written last: where it is, the dataset is whole."""

_SHARDS, _BEGUN = "shards", "recipe.json"
_SHARD_ROWS = 100
_SPARE = 0.06  # more candidates than rows, for those that are rejected
_MORE = 0.1  # ... in each further round
_LEAST_MORE = 16
_MOST_ROUNDS = 12


class DatasetSummary(NamedTuple):
    """What was built.

    Attributes:
        folder: Where.
        rows: By split and intent.
        rejected: Candidates that became no row, by reason.
        mixed: Rows of other files.
        sha256: Of each file, by name.
        resumed: Whether parts of it, or all, were there.
    """

    folder: str
    rows: dict[str, dict[str, int]]
    rejected: dict[str, int]
    mixed: int
    sha256: dict[str, str]
    resumed: bool

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        return self._asdict()


class _Shard(NamedTuple):
    """Candidates that are made together, and the file that holds what came of them."""

    path: Path
    candidates: tuple[Candidate, ...]


def build_dataset(
    recipe: Recipe,
    folder: str | Path,
    *,
    workers: int = 1,
    mix: Sequence[Path] = (),
    progress: Callable[[int, int], None] | None = None,
) -> DatasetSummary:
    """Builds a dataset, or goes on with one that was begun; the bytes depend on recipe, mixed files and version alone.

    Args:
        recipe: What it is to hold.
        folder: Where to put it; made if it is not there.
        workers: How many processes.
        mix: Files of other conversations, whose rows are added to the training split.
        progress: Told how many candidates of how many are done.

    Raises:
        DataFileError: The folder holds a dataset of another recipe or version, or a file to be mixed in is invalid.
        AgentAlignError: The chains do not give enough rows.
        OSError: Something cannot be written.
    """
    where = Path(folder)
    begun = _begin(recipe, mix, where)
    finished = _finished(where, begun)
    if finished is not None:
        return finished
    resumed = (where / _SHARDS).exists()
    taken: list[tuple[Group, int]] = [
        (group, group.rows + max(_LEAST_MORE, round(group.rows * _SPARE))) for group in recipe.groups() if group.rows
    ]
    missing: Mapping[Group, int] = {}
    for _ in range(_MOST_ROUNDS):
        shards = list(_shards(recipe, taken, where / _SHARDS))
        _make_all(shards, workers, progress)
        choice = choose([shard.path for shard in shards], recipe)
        missing = choice.missing
        if not missing:
            return _finish(choice, shards, recipe, mix, where, begun, resumed=resumed)
        taken = [
            (group, count + (max(_LEAST_MORE, round(group.rows * _MORE)) if group in missing else 0))
            for group, count in taken
        ]
    short = ", ".join(f"{count} of {group.split}/{group.intent}" for group, count in missing.items())
    raise AgentAlignError(f"expected enough rows from our chains, {short} are missing: lower the counts or --limit")


def _begin(recipe: Recipe, mix: Sequence[Path], where: Path) -> str:
    """Notes what is being built; the fingerprint of recipe, mixed files, data and version."""
    sha = hashlib.sha256(orjson.dumps([recipe._asdict(), GENERATOR_VERSION], option=orjson.OPT_SORT_KEYS))
    for folder in ("scenarios", "tools"):
        for name in sorted(("", "chains", "intents", "purposes", "responses", "worlds", "datasets")):
            root = data_root(folder).joinpath(name) if name else data_root(folder)
            if root.is_dir():
                for file in toml_files(root):
                    sha.update(file.read_bytes())
    for tool in load_tools().values():
        sha.update(orjson.dumps(tool.openai_schema()))
    for path in mix:
        sha.update(path.read_bytes())
    begun = {"recipe": recipe._asdict(), "mix": [path.name for path in mix], "fingerprint": sha.hexdigest()}
    noted = where / _BEGUN
    if noted.exists():
        found = orjson.loads(noted.read_bytes())
        if found.get("fingerprint") != begun["fingerprint"]:
            problem = f"expected {recipe.name} with {recipe.total} rows by this version, found another dataset"
            raise DataFileError(str(noted), "fingerprint", problem, "Choose another folder, or remove this one.")
    else:
        where.mkdir(parents=True, exist_ok=True)
        write_json(begun, noted)
    return sha.hexdigest()


def _finished(where: Path, fingerprint: str) -> DatasetSummary | None:
    """What the manifest of a whole dataset says."""
    manifest = where / MANIFEST
    if not manifest.exists():
        return None
    content = orjson.loads(manifest.read_bytes())
    if content["fingerprint"] != fingerprint:
        return None
    return DatasetSummary(
        str(where), content["rows"], content["rejected"], content["mixed"], content["sha256"], resumed=True
    )


def _shards(recipe: Recipe, taken: Sequence[tuple[Group, int]], folder: Path) -> Iterator[_Shard]:
    """The shards of all groups; a further round adds shards and leaves the earlier ones as they are."""
    for group, count in taken:
        source = candidates(recipe, group)
        for number in range(0, count, _SHARD_ROWS):
            several = tuple(islice(source, min(_SHARD_ROWS, count - number)))
            name = f"{group.split}-{group.intent}-{number:06d}-{len(several)}.jsonl"
            yield _Shard(folder / name, several)


def _make_all(shards: Sequence[_Shard], workers: int, progress: Callable[[int, int], None] | None) -> None:
    """Makes the shards that are not there yet."""
    open_shards = [shard for shard in shards if not shard.path.exists()]
    total = sum(len(shard.candidates) for shard in shards)
    done = total - sum(len(shard.candidates) for shard in open_shards)
    if progress is not None:
        progress(done, total)
    for made in _made(open_shards, workers):
        done += made
        if progress is not None:
            progress(done, total)


def _made(shards: Sequence[_Shard], workers: int) -> Iterator[int]:
    """How many candidates each shard had, as it is made."""
    if workers <= 1 or len(shards) <= 1:
        for shard in shards:
            yield _make_shard(shard)
        return
    crew: Crew[_Shard, int | OSError] = Crew(_make_shards, workers, _give_up, _prepare)
    for made in crew.results([shard] for shard in shards):
        if isinstance(made, OSError):
            raise made
        yield made


def _make_shards(shards: Sequence[_Shard]) -> list[int | OSError]:
    """What a worker does; what keeps it from writing is for the process that started it to say."""
    made: list[int | OSError] = []
    for shard in shards:
        try:
            made.append(_make_shard(shard))
        except OSError as error:
            made.append(error)
    return made


def _make_shard(shard: _Shard) -> int:
    # Who made shards for a build that was killed may still be finishing one: the same bytes, in a file of its own.
    with new_file(shard.path, writer=str(os.getpid())) as part, part.open("wb") as file:
        for candidate in shard.candidates:
            file.write(make(candidate).to_line())
    return len(shard.candidates)


def _give_up(shard: _Shard) -> int:
    raise AgentAlignError(f"{shard.path.name} ends every process that makes it: build with one worker to see why")


def _prepare() -> None:
    load_tools()
    load_purposes()
    load_base_world("small", 0)


def _finish(
    choice: Choice,
    shards: Sequence[_Shard],
    recipe: Recipe,
    mix: Sequence[Path],
    where: Path,
    fingerprint: str,
    *,
    resumed: bool,
) -> DatasetSummary:
    """Writes the dataset, its card, and last the manifest; then the shards are no longer needed."""
    from agentalign_env.synthesis.dataset.card import card_of
    from agentalign_env.synthesis.dataset.mixing import mixed_rows

    mixed = [row for path in mix for row in mixed_rows(path)]
    files = write_chosen(choice, [shard.path for shard in shards], mixed, where)
    card = where / "README.md"
    with new_file(card) as part:
        part.write_text(card_of(recipe, choice, len(mixed)), encoding="utf-8")
    sha256 = {path.name: _sha256(path) for path in (*files, card)}
    manifest = {
        "fingerprint": fingerprint,
        "recipe": recipe._asdict(),
        "rows": choice.rows,
        "rejected": choice.rejected,
        "mixed": len(mixed),
        "sha256": sha256,
    }
    write_json(manifest, where / MANIFEST)
    shutil.rmtree(where / _SHARDS, ignore_errors=True)
    return DatasetSummary(str(where), choice.rows, choice.rejected, len(mixed), sha256, resumed=resumed)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
