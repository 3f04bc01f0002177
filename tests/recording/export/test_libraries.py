"""The libraries that trainers read with give the rows back, and chat templates render them."""

import json
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from agentalign_env.recording.export import EXPORTS, verl
from agentalign_env.recording.rows import TrainingRow, without_nulls

Rows = dict[str, TrainingRow]
TEMPLATES = sorted((Path(__file__).parent / "templates").glob("*.jinja"))


def loaded(path: Path, cache: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines, as the datasets library has them."""
    import datasets

    datasets.disable_progress_bars()
    return list(datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=str(cache)))


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["axolotl", "trl-sft", "dpo", "kto", "rl-prompts", "llama-factory"])
def test_the_datasets_library_gives_every_row_back(name: str, rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    EXPORTS[name].write(rows.values(), path)
    written = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert [without_nulls(row) for row in loaded(path, tmp_path / "cache")] == written


@pytest.mark.filterwarnings("ignore")
def test_arguments_come_back_without_the_keys_of_other_calls(rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    EXPORTS["axolotl"].write(rows.values(), path)
    for row, known in zip(loaded(path, tmp_path / "cache"), rows.values(), strict=True):
        for message, expected in zip(row["messages"], known.messages, strict=True):
            calls = [call["function"]["arguments"] for call in message.get("tool_calls") or ()]
            assert calls == [call["function"]["arguments"] for call in expected.get("tool_calls", ())]


def test_pandas_reads_the_parquet_file_as_verl_does(rows: Rows, tmp_path: Path) -> None:
    import pandas as pd

    path = tmp_path / "out.parquet"
    EXPORTS["verl"].write(rows.values(), path)
    frame = pd.read_parquet(path)
    assert list(frame.columns) == ["uid", "messages", "tools", "meta"]
    for record, row in zip(frame.to_dict("records"), rows.values(), strict=True):
        full = verl.restored(record)
        assert [plain(message) for message in full["messages"]] == list(row.messages)
        assert full["tools"] == list(row.tools)


def plain(value: Any) -> Any:
    """Arrays as lists."""
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_chat_template_renders_every_row(template: Path, rows: Rows) -> None:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)  # as transformers has it
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = refuse
    compiled = environment.from_string(template.read_text(encoding="utf-8"))
    for row in rows.values():
        text = compiled.render(messages=row.messages, tools=row.tools)
        assert not re.search(r"\bNone\b", text.replace(row.messages[0]["content"], ""))
        for message in row.messages[1:]:
            shown = [message["content"], tojson(message["content"])]
            assert any(content in text for content in shown)
            for call in message.get("tool_calls", ()):
                assert call["function"]["name"] in text
                strings = [value for value in call["function"]["arguments"].values() if isinstance(value, str)]
                assert all(value in text or tojson(value) in text for value in strings)


def tojson(value: Any, indent: int | None = None) -> str:
    """As transformers defines it for templates."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def refuse(problem: str) -> None:
    raise ValueError(problem)
