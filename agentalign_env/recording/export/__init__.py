"""Files for training and evaluation stacks, by the name of the format; each module writes one form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from agentalign_env.errors import UnknownNameError
from agentalign_env.recording.export import atif, dpo, kto, openai, plain, prompts, release, sharegpt, trl, verl
from agentalign_env.recording.rows import TrainingRow

__all__ = ["EXPORTS", "Export", "find_export"]


class Export(NamedTuple):
    """A format.

    Attributes:
        name: As ``--format`` takes it.
        suffix: The usual ending of its files.
        write: Takes rows and a path, and says how many rows of the format it wrote; the file is there whole or not at
            all.
        read: What a file holds: canonical rows where the format keeps all of them, else plain objects.
    """

    name: str
    suffix: str
    write: Callable[[Iterable[TrainingRow], str | Path], int]
    read: Callable[[str | Path], list[TrainingRow] | list[dict[str, Any]]]


EXPORTS: Mapping[str, Export] = {
    export.name: export
    for export in (
        Export("trl-sft", ".jsonl", trl.write, trl.read),
        Export("axolotl", ".jsonl", plain.write, plain.read),
        Export("ms-swift", ".jsonl", plain.write, plain.read),
        Export("llama-factory", ".jsonl", sharegpt.write, sharegpt.read),
        Export("verl", ".parquet", verl.write, verl.read),
        Export("openai", ".jsonl", openai.write, openai.read),
        Export("agentalign", ".jsonl", release.write, release.read),
        Export("dpo", ".jsonl", dpo.write, dpo.read),
        Export("kto", ".jsonl", kto.write, kto.read),
        Export("rl-prompts", ".jsonl", prompts.write, prompts.read),
        Export("atif", ".jsonl", atif.write, atif.read),
    )
}
"""Every format by its name."""


def find_export(name: str) -> Export:
    """The format of this name.

    Raises:
        UnknownNameError: There is none; the message offers the nearest.
    """
    if name not in EXPORTS:
        raise UnknownNameError("export", name, EXPORTS)
    return EXPORTS[name]
