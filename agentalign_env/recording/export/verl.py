"""verl's supervised fine-tuning: Parquet with ``messages`` and ``tools`` as lists.

Parquet has one type a column: objects whose keys differ would be filled up with nulls. So the arguments of calls and
the parameters of tools are JSON text in the file; `restored` turns a row that was read back into the full form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from agentalign_env.recording.export.files import new_file
from agentalign_env.recording.export.messages import json_text
from agentalign_env.recording.rows import TrainingRow

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read", "restored", "write"]

_BATCH = 256


def write(rows: Iterable[TrainingRow], path: str | Path) -> int:
    """Writes the rows as Parquet, and says how many.

    Raises:
        ModuleNotFoundError: pyarrow is missing; it comes with the extra ``export``.
    """
    import pyarrow as pa
    from pyarrow import parquet

    schema, count = _schema(), 0
    with new_file(path) as part, parquet.ParquetWriter(part, schema) as writer:
        for batch in _batches(map(_record, rows)):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            count += len(batch)
    return count


def read(path: str | Path) -> list[TrainingRow]:
    """The rows of such a file."""
    from pyarrow import parquet

    found = []
    for record in parquet.read_table(path).to_pylist():
        full = restored(record)
        found.append(
            TrainingRow(full["uid"], tuple(full["messages"]), tuple(full["tools"]), orjson.loads(full["meta"]))
        )
    return found


def restored(record: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it was read, without the keys that are null, with arguments and parameters as objects again."""
    return {
        **record,
        "messages": [_message(message) for message in record["messages"]],
        "tools": [_with_function(tool, "parameters", orjson.loads) for tool in record["tools"]],
    }


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in message.items() if value is not None}
    if "tool_calls" in found:
        found["tool_calls"] = [_with_function(call, "arguments", orjson.loads) for call in found["tool_calls"]]
    return found


def _record(row: TrainingRow) -> dict[str, Any]:
    messages = [
        {**message, "tool_calls": [_with_function(call, "arguments", json_text) for call in message["tool_calls"]]}
        if message.get("tool_calls")
        else message
        for message in row.messages
    ]
    tools = [_with_function(tool, "parameters", json_text) for tool in row.tools]
    return {"uid": row.uid, "messages": messages, "tools": tools, "meta": row.to_json()["meta"]}


def _with_function(value: Mapping[str, Any], key: str, change: Any) -> dict[str, Any]:
    function = value["function"]
    return {**value, "function": {**function, key: change(function[key])}}


def _batches(records: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for record in records:
        batch.append(record)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _schema() -> pa.Schema:
    import pyarrow as pa

    text = pa.string()
    call = pa.struct(
        {"id": text, "type": text, "function": pa.struct({"name": text, "arguments": text})},
    )
    message = pa.struct(
        {
            "role": text,
            "content": text,
            "reasoning_content": text,
            "tool_calls": pa.list_(call),
            "tool_call_id": text,
            "name": text,
            "loss": pa.bool_(),
        }
    )
    tool = pa.struct(
        {"type": text, "function": pa.struct({"name": text, "description": text, "parameters": text})},
    )
    return pa.schema({"uid": text, "messages": pa.list_(message), "tools": pa.list_(tool), "meta": text})
