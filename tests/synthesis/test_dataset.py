"""Datasets: enough rows, each with its proof; nothing leaks into the test split; a killed build goes on."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from agentalign_env.errors import DataFileError, EnvArgumentError
from agentalign_env.executability.certificate import Certificate, replay_certificate
from agentalign_env.recording.rows import TrainingRow
from agentalign_env.synthesis.dataset.building import MANIFEST, DatasetSummary, build_dataset
from agentalign_env.synthesis.dataset.leaks import Sample, leak_test
from agentalign_env.synthesis.dataset.mixing import mixed_rows
from agentalign_env.synthesis.dataset.recipe import load_presets
from agentalign_env.synthesis.dataset.report import report_on, write_report

ROWS = 240
RECIPE = load_presets()["paper"].limited(ROWS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DatasetSummary]:
    folder = tmp_path_factory.mktemp("dataset")
    return folder, build_dataset(RECIPE, folder)


def rows_of(folder: Path, split: str) -> list[TrainingRow]:
    return [TrainingRow.from_json(orjson.loads(line)) for line in (folder / f"{split}.jsonl").read_bytes().splitlines()]


def test_a_dataset_has_the_rows_that_its_recipe_names(built: tuple[Path, DatasetSummary]) -> None:
    folder, summary = built
    found = Counter(row.meta["intent"] for split in ("train", "test") for row in rows_of(folder, split))
    assert dict(found) == dict(RECIPE.rows)
    assert sum(found.values()) == ROWS
    assert {split: sum(counts.values()) for split, counts in summary.rows.items()} == {
        split: len(rows_of(folder, split)) for split in ("train", "test")
    }


def test_the_preset_of_the_paper_has_its_counts() -> None:
    rows = load_presets()["paper"].rows
    assert (rows["harmful"], rows["benign"]) == (4_956, 9_783)
    assert rows["borderline"] > 500


def test_every_row_ends_as_its_intent_asks_and_has_a_certificate_that_replays(
    built: tuple[Path, DatasetSummary],
) -> None:
    folder, _ = built
    lines = [orjson.loads(line) for line in (folder / "certificates.jsonl").read_bytes().splitlines()]
    certificates = {one["uid"]: Certificate.from_json(one["certificate"]) for one in lines}
    for split in ("train", "test"):
        for row in rows_of(folder, split):
            right = "refused" if row.meta["intent"] == "harmful" else "completed"
            assert (row.meta["outcome"], row.meta["reward"]) == (right, 1.0)
            certificate = certificates.pop(row.uid)
            assert certificate.hash == row.meta["certificate"]
            assert certificate.instruction == row.messages[1]["content"]
            assert replay_certificate(certificate) is None
    assert certificates == {}


def test_no_test_row_shares_chain_tools_or_text_with_training(built: tuple[Path, DatasetSummary]) -> None:
    folder, _ = built
    train, test = rows_of(folder, "train"), rows_of(folder, "test")

    def kinds(rows: list[TrainingRow]) -> tuple[set[Any], set[Any], set[Any]]:
        return (
            {tuple(row.meta["pattern"]) for row in rows},
            {tuple(tool["function"]["name"] for tool in row.tools) for row in rows},
            {row.messages[1]["content"] for row in rows},
        )

    for one, other in zip(kinds(train), kinds(test), strict=True):
        assert not one & other
    texts = [row.messages[1]["content"] for row in (*train, *test)]
    assert len(set(texts)) == len(texts)


def test_a_second_build_in_the_same_folder_finds_it_whole(built: tuple[Path, DatasetSummary]) -> None:
    folder, summary = built
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = build_dataset(RECIPE, folder)
    assert again.resumed
    assert again.sha256 == summary.sha256
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_another_recipe_does_not_overwrite_a_dataset(built: tuple[Path, DatasetSummary]) -> None:
    with pytest.raises(DataFileError, match="found another dataset"):
        build_dataset(load_presets()["paper"].limited(ROWS + 1), built[0])


@pytest.mark.slow
def test_a_build_that_is_killed_three_times_gives_the_same_bytes(
    built: tuple[Path, DatasetSummary], tmp_path: Path
) -> None:
    command = [
        sys.executable,
        "-c",
        "from agentalign_env.cli import main; main()",
        "dataset",
        "build",
        "--limit",
        str(ROWS),
        "--workers",
        "2",
    ]
    command += ["--out", str(tmp_path)]
    for count in (1, 2, 4):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            if len(list(tmp_path.glob("shards/*.jsonl"))) >= count:
                break
            time.sleep(0.02)
        process.kill()
        process.wait()
    assert not (tmp_path / MANIFEST).exists() or process.returncode == 0
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    folder = built[0]
    for name in ("train.jsonl", "test.jsonl", "certificates.jsonl", "README.md", MANIFEST):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    assert {path.name for path in tmp_path.iterdir()} == {
        path.name for path in folder.iterdir() if path.name != "report"
    }


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_full_disk_is_said_and_the_build_goes_on_later(workers: str, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    command = [sys.executable, "-c", "from agentalign_env.cli import main; main()", "dataset", "build", "--limit", "60"]
    command += ["--out", str(tmp_path), "--workers", workers]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert done.returncode == 2
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / MANIFEST).exists()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / MANIFEST).exists()


def test_fewer_rows_than_intents_are_refused() -> None:
    with pytest.raises(EnvArgumentError, match="at least 3 rows"):
        load_presets()["paper"].limited(2)


def test_the_report_counts_rows_and_tests_for_leaks(built: tuple[Path, DatasetSummary], tmp_path: Path) -> None:
    folder, summary = built
    report = report_on(folder)
    assert report.rows == {split: dict(sorted(counts.items())) for split, counts in summary.rows.items()}
    assert report.chains_in_both == ()
    assert report.same_text == 0
    assert report.signatures["in both splits"] == 0
    assert report.leak_free
    page = write_report(report, tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".md", ".json", ".png"}
    text = page.read_text()
    assert "## Leak test" in text
    assert all(f"]({path.name})" in text for path in tmp_path.glob("*.png"))
    assert orjson.loads((tmp_path / "report.json").read_bytes())["leaks"][0]["source"] == "tools"


def test_a_folder_without_a_dataset_teaches(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="agentalign dataset build"):
        report_on(tmp_path)


def test_a_leak_is_found_and_noise_is_not() -> None:
    rng = np.random.default_rng(0)
    samples = [
        Sample(
            f"family {number}",
            bool(number % 2),
            {
                "leaky": (f"tool {number % 2 if rng.random() < 0.8 else rng.integers(2)}",),
                "noise": tuple(f"tool {at}" for at in rng.integers(0, 30, 4)),
            },
        )
        for number in range(600)
    ]
    assert leak_test(samples, "leaky").low > 0.7
    assert not leak_test(samples, "leaky").at_chance
    assert leak_test(samples, "noise").at_chance


SHARED = {
    "conversations": [
        {"from": "human", "value": "How far is it to Lindholm?"},
        {"from": "function_call", "value": '{"name": "get_distance", "arguments": {"to": "Lindholm", "via": null}}'},
        {"from": "observation", "value": '{"km": 42}'},
        {"from": "gpt", "value": "It is 42 kilometres."},
    ],
    "tools": '[{"name": "get_distance", "description": "Tells distances.", "parameters": {}}]',
}
GLAIVE = {
    "system": 'SYSTEM: You can call: {"name": "get_distance", "description": "Tells distances.", "parameters": {}}',
    "chat": """USER: How far is it to Lindholm?

ASSISTANT: <functioncall> {"name": "get_distance", "arguments": '{"to": "Lindholm"}'} <|endoftext|>

FUNCTION RESPONSE: {"km": 42}

ASSISTANT: It is 42 kilometres. <|endoftext|>""",
}
TOOLACE = {
    "system": 'You can call functions: [{"name": "Route Planner", "parameters": {}}, {"name": "get_distance"}]',
    "conversations": [
        {"from": "user", "value": "How far is it to Lindholm (the town), and what is the way?"},
        {
            "from": "assistant",
            "value": '[get_distance(to="Lindholm (town)", via=None), Route Planner(to="Lindholm", stops=["a", "b"])]',
        },
        {"from": "tool", "value": '[{"km": 42}, {"way": "north"}]'},
        {"from": "assistant", "value": "It is 42 kilometres [by road]."},
    ],
}


@pytest.mark.parametrize(
    ("record", "roles", "calls"),
    [
        (SHARED, "user assistant tool assistant", [("get_distance", {"to": "Lindholm"})]),
        (GLAIVE, "system user assistant tool assistant", [("get_distance", {"to": "Lindholm"})]),
        (
            TOOLACE,
            "system user assistant tool tool assistant",
            [
                ("get_distance", {"to": "Lindholm (town)"}),
                ("Route Planner", {"to": "Lindholm", "stops": ["a", "b"]}),
            ],
        ),
    ],
)
def test_a_conversation_of_another_form_keeps_its_turns_calls_and_tools(
    record: dict[str, Any], roles: str, calls: list[Any], tmp_path: Path
) -> None:
    file = tmp_path / "other.json"
    file.write_bytes(orjson.dumps([record]))
    (row,) = mixed_rows(file)
    assert [message["role"] for message in row.messages] == roles.split()
    called = [call for message in row.messages for call in message.get("tool_calls", ())]
    assert [(call["function"]["name"], call["function"]["arguments"]) for call in called] == calls
    answers = [message for message in row.messages if message["role"] == "tool"]
    assert [(one["tool_call_id"], one["name"]) for one in answers] == [
        (call["id"], name) for call, (name, _) in zip(called, calls, strict=True)
    ]
    assert "get_distance" in {tool["function"]["name"] for tool in row.tools}
    assert [message["loss"] for message in row.messages] == [name == "assistant" for name in roles.split()]


def test_conversations_of_other_files_become_rows_of_training(tmp_path: Path) -> None:
    file = tmp_path / "other.jsonl"
    file.write_bytes(b"\n".join(orjson.dumps(record) for record in (SHARED, TOOLACE)))
    recipe = load_presets()["paper"].limited(3)
    summary = build_dataset(recipe, tmp_path / "out", mix=[file])
    assert summary.mixed == 2
    assert {"other-000001", "other-000002"} <= {row.uid for row in rows_of(tmp_path / "out", "train")}


@pytest.mark.parametrize("text", ["[sic] (I think)]", "[see(1)]", "[a(b=c)]", "[not a call", "[f(x=1) and more)]"])
def test_words_in_brackets_are_no_calls(text: str, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    turns = [{"from": "user", "value": "Hello"}, {"from": "assistant", "value": text}]
    file.write_bytes(orjson.dumps({"conversations": turns}))
    (row,) = mixed_rows(file)
    assert row.messages[-1] == {"role": "assistant", "content": text, "loss": True}


@pytest.mark.parametrize("content", ["[1]", "{", '{"conversations": [{"from": "nobody", "value": ""}]}', '{"a": 1}'])
def test_a_file_that_holds_no_conversations_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(content)
    with pytest.raises(DataFileError):
        list(mixed_rows(file))
