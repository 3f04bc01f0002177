"""Choosing rows: in the order of the candidates, without repeats, and with nothing that leaks into the test split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from agentalign_env.recording.export.files import new_file
from agentalign_env.recording.rows import TrainingRow
from agentalign_env.scenarios.splits import Split
from agentalign_env.synthesis.dataset.recipe import Group, Recipe
from agentalign_env.synthesis.duplicates import DuplicateFinder

__all__ = ["CERTIFICATES", "Choice", "choose", "write_chosen"]

CERTIFICATES = "certificates.jsonl"
"""The file that holds the proof of every row: ``{"uid", "certificate"}``."""

_SPLITS: tuple[Split, ...] = ("train", "test")


class Choice(NamedTuple):
    """Which lines of the shards become rows.

    Attributes:
        chosen: By shard, the numbers of its lines with the split that each goes to.
        rows: How many, by split and intent.
        rejected: How many were not, by reason.
        missing: How many rows are still missing, by group.
    """

    chosen: dict[str, dict[int, Split]]
    rows: dict[str, dict[str, int]]
    rejected: dict[str, int]
    missing: dict[Group, int]


def choose(shards: Sequence[Path], recipe: Recipe) -> Choice:
    """Chooses the rows of a dataset.

    A test row shares neither chain, nor tool set, nor text with any training row; no two rows have the same
    instruction, and none of one intent nearly the same.

    Args:
        shards: The files, in order.
        recipe: What the dataset is to hold.
    """
    wanted = {(group.split, group.intent): group.rows for group in recipe.groups()}
    rows: Counter[tuple[str, str]] = Counter()
    rejected: Counter[str] = Counter()
    chosen: dict[str, dict[int, Split]] = {}
    finder = DuplicateFinder(recipe.similarity)
    clusters: set[int] = set()
    texts: set[str] = set()
    trained: set[tuple[str, ...]] = set()
    for split in _SPLITS:
        for shard in shards:
            if not shard.name.startswith(f"{split}-"):
                continue
            for number, made in enumerate(_lines(shard)):
                intent = made["candidate"]["intent"]
                if rows[split, intent] >= wanted[split, intent]:
                    continue
                problem = made["problem"].partition(":")[0]
                text = " ".join(made["instruction"].lower().split())
                tools = tuple(made["tools"])
                if not problem and text in texts:
                    problem = "the same text"
                if not problem and split == "test" and tools in trained:
                    problem = "the tool set of a training row"
                if not problem:
                    cluster = finder.add(f"{shard.name}:{number}", made["instruction"], intent)
                    problem = "nearly the same text" if cluster in clusters else ""
                    clusters.add(cluster)
                if problem:
                    rejected[problem] += 1
                    continue
                texts.add(text)
                if split == "train":
                    trained.add(tools)
                rows[split, intent] += 1
                chosen.setdefault(shard.name, {})[number] = split
    missing = {group: group.rows - rows[group.split, group.intent] for group in recipe.groups()}
    return Choice(
        chosen=chosen,
        rows={split: {intent: rows[split, intent] for intent in recipe.rows} for split in _SPLITS},
        rejected=dict(sorted(rejected.items())),
        missing={group: count for group, count in missing.items() if count > 0},
    )


def write_chosen(choice: Choice, shards: Sequence[Path], mixed: Sequence[TrainingRow], folder: Path) -> list[Path]:
    """Writes the rows of each split and the certificates; the files that were written.

    Args:
        choice: Which rows.
        shards: The files that hold them, in order.
        mixed: Rows of other sources, for training.
        folder: Where to write.

    Raises:
        OSError: Something cannot be written.
    """
    files = [folder / "train.jsonl", folder / "test.jsonl", folder / CERTIFICATES]
    with ExitStack() as stack:
        to_train, to_test, to_proofs = (
            stack.enter_context(stack.enter_context(new_file(path)).open("wb")) for path in files
        )
        targets = {"train": to_train, "test": to_test}
        for shard in shards:
            lines = choice.chosen.get(shard.name, {})
            for number, made in enumerate(_lines(shard)) if lines else ():
                if number in lines:
                    row = made["row"]
                    targets[lines[number]].write(_line(row))
                    to_proofs.write(_line({"uid": row["uid"], "certificate": made["certificate"]}))
        for other in mixed:
            to_train.write(_line(other.to_json()))
    return files


def _lines(shard: Path) -> Iterator[dict[str, Any]]:
    with shard.open("rb") as file:
        for line in file:
            yield orjson.loads(line)


def _line(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
