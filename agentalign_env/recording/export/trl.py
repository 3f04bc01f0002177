"""TRL's supervised fine-tuning: ``messages`` and ``tools``, or prompt and completion where turns are not to be learnt.

TRL has no mark of loss at a message. An episode with a turn that is not to be learnt becomes one row for every other
assistant turn, with what came before as its prompt; those rows have other columns, so they lie in a file of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from agentalign_env.recording.export.files import new_file, read_lines, write_lines
from agentalign_env.recording.export.messages import trained_turns, unmarked
from agentalign_env.recording.rows import TrainingRow
from agentalign_env.types import JsonObject

__all__ = ["completions_path", "read", "write"]


def write(rows: Iterable[TrainingRow], path: str | Path) -> int:
    """Writes whole conversations to the file, and the turns of the others to `completions_path`; says how many rows.

    Both files are always written; the second may be empty.
    """
    split = 0

    def whole() -> Iterator[dict[str, Any]]:
        nonlocal split
        for row in rows:
            if all(message["loss"] for message in row.messages if message["role"] == "assistant"):
                yield {**row.to_json(), "messages": unmarked(row.messages)}
            else:
                turns = list(_turns(row))
                split += len(turns)
                file.writelines(turns)

    with new_file(completions_path(path)) as part, part.open("wb") as file:
        count = write_lines(whole(), path)
    return count + split


def completions_path(path: str | Path) -> Path:
    """``a.jsonl`` as ``a.completions.jsonl``."""
    file = Path(path)
    return file.with_name(f"{file.stem}.completions{file.suffix}")


def _turns(row: TrainingRow) -> Iterator[bytes]:
    import orjson

    common: JsonObject = row.to_json()
    messages = unmarked(row.messages)
    for at in trained_turns(row):
        turn = {
            "uid": f"{row.uid}/{at}",
            "prompt": messages[:at],
            "completion": messages[at : at + 1],
            "tools": common["tools"],
            "meta": common["meta"],
        }
        yield orjson.dumps(turn, option=orjson.OPT_APPEND_NEWLINE)


def read(path: str | Path) -> list[dict[str, Any]]:
    """The rows of both files."""
    return [*read_lines(path), *read_lines(completions_path(path))]
