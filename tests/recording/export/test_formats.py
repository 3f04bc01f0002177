"""Every format, row by row: what it holds, and that nothing is lost or made up."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from agentalign_env.errors import DataFileError, UnknownNameError
from agentalign_env.executability.candidates import Candidate, read_candidates
from agentalign_env.recording.export import EXPORTS, find_export, sharegpt, trl
from agentalign_env.recording.rows import TrainingRow
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains

Rows = dict[str, TrainingRow]


def exported(name: str, rows: Rows, folder: Path) -> list[Any]:
    """What a format reads back of all rows."""
    form = EXPORTS[name]
    path = folder / f"out{form.suffix}"
    count = form.write(iter(rows.values()), path)
    found = form.read(path)
    assert count == len(found)
    assert list(folder.glob("*.part")) == []
    return found


def bare(messages: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in message.items() if key != "loss"} for message in messages]


def calls_of(message: Any) -> list[tuple[str, Any]]:
    """Names and arguments of a message's calls, whether those are text or objects."""
    found = []
    for call in message.get("tool_calls", ()):
        arguments = call["function"]["arguments"]
        found.append((call["function"]["name"], orjson.loads(arguments) if isinstance(arguments, str) else arguments))
    return found


@pytest.mark.parametrize("name", ["axolotl", "ms-swift", "verl"])
def test_canonical_formats_give_every_row_back(name: str, rows: Rows, tmp_path: Path) -> None:
    assert exported(name, rows, tmp_path) == list(rows.values())


def test_trl_gets_whole_conversations_and_turns_of_those_that_are_partly_learnt(rows: Rows, tmp_path: Path) -> None:
    found = exported("trl-sft", rows, tmp_path)
    whole = [name for name in rows if name not in ("malformed", "unreadable")]
    assert [record["uid"] for record in found if "messages" in record] == [rows[name].uid for name in whole]
    for record, name in zip(found, whole, strict=False):
        assert record["messages"] == bare(rows[name].messages)
        assert orjson.loads(record["tools"]) == list(rows[name].tools)
    turns = found[len(whole) :]
    expected = [
        (bare(row.messages[:at]), bare([message]))
        for row in (rows["malformed"], rows["unreadable"])
        for at, message in enumerate(row.messages)
        if message["loss"]
    ]
    assert [(record["prompt"], record["completion"]) for record in turns] == expected
    assert len(trl.completions_path(tmp_path / "out.jsonl").read_bytes().splitlines()) == len(turns) == 4


def test_llama_factory_gets_strictly_alternating_turns(rows: Rows, tmp_path: Path) -> None:
    found = exported("llama-factory", rows, tmp_path)
    kept = [row for name, row in rows.items() if name not in ("malformed", "unreadable")]
    assert [record["uid"] for record in found] == [row.uid for row in kept]
    for record, row in zip(found, kept, strict=True):
        turns = record["conversations"]
        assert {turn["from"] for turn in turns[::2]} <= {"human", "observation"}
        assert {turn["from"] for turn in turns[1::2]} <= {"function_call", "gpt"}
        assert len(turns) % 2 == 0
        assert record["system"] == row.messages[0]["content"]
        assert orjson.loads(record["tools"]) == list(row.tools)
        said = [message for message in row.messages if message["role"] == "assistant"]
        for turn, message in zip(turns[1::2], said, strict=True):
            assert message["content"] in turn["value"]
            calls = re.sub(r"^.*<tool_call>\n(.*)\n</tool_call>$", r"\1", turn["value"], flags=re.DOTALL)
            listed = orjson.loads(calls) if turn["from"] == "function_call" else []
            assert [(call["name"], call["arguments"]) for call in listed] == calls_of(message)


def test_llama_factory_gets_thoughts_and_words_before_parallel_calls_and_one_observation(rows: Rows) -> None:
    row = rows["parallel"]
    turns = sharegpt.conversation_of(row.messages)
    start = "<think>\ntwo at once\nthen on\n</think>\n\nBeide zugleich.\n<tool_call>\n[{"
    steps = ["human", "function_call", "observation", "function_call", "observation", "gpt"]
    assert [turn["from"] for turn in turns] == steps
    assert turns[1]["value"].startswith(start)
    results = [message["content"] for message in row.messages if message["role"] == "tool"]
    assert turns[2]["value"] == f"{results[0]}\n</tool_response>\n<tool_response>\n{results[1]}"


def test_llama_factory_knows_every_file_of_a_folder(rows: Rows, tmp_path: Path) -> None:
    for name in ("one", "two"):
        sharegpt.write(rows.values(), tmp_path / f"{name}.jsonl")
    info = orjson.loads((tmp_path / "dataset_info.json").read_bytes())
    assert {name: entry["file_name"] for name, entry in info.items()} == {"one": "one.jsonl", "two": "two.jsonl"}
    assert info["one"]["tags"]["function_tag"] == "function_call"
    (tmp_path / "dataset_info.json").write_text("[]")
    with pytest.raises(DataFileError, match="expected a JSON object, found a list"):
        sharegpt.write(rows.values(), tmp_path / "one.jsonl")


def test_openai_gets_arguments_as_text_and_ends_with_an_assistant(rows: Rows, tmp_path: Path) -> None:
    found = exported("openai", rows, tmp_path)
    for record, row in zip(found, rows.values(), strict=True):
        assert record["tools"] == list(row.tools)
        assert record["messages"][-1]["role"] == "assistant"
        for message, known in zip(record["messages"], row.messages, strict=False):
            assert (message["role"], message["content"]) == (known["role"], known["content"])
            assert calls_of(message) == calls_of(known)
            assert all(isinstance(call["function"]["arguments"], str) for call in message.get("tool_calls", ()))
            assert (message.get("weight") == 0) == (known["role"] == "assistant" and not known["loss"])
            assert message.keys() <= {"role", "content", "tool_calls", "tool_call_id", "weight"}


def test_released_rows_are_read_by_the_importer(rows: Rows, tmp_path: Path) -> None:
    found = exported("agentalign", rows, tmp_path)
    assert {frozenset(record) for record in found} == {
        frozenset(("id", "category", "sub_category", "pattern", "messages", "tools"))
    }
    candidates = list(read_candidates(tmp_path / "out.jsonl"))
    for candidate, row in zip(candidates, rows.values(), strict=True):
        assert isinstance(candidate, Candidate)
        assert (candidate.id, candidate.instruction) == (row.uid, row.messages[1]["content"])
        assert (candidate.category, candidate.subcategory) == (row.meta["category"], row.meta["subcategory"])
        assert candidate.chain == tuple(row.meta["pattern"])
        assert candidate.tools == row.tools
        told = [(call["name"], call["arguments"]) for call in candidate.expected.get("tool_calls", ())]
        assert told == [call for message in row.messages for call in calls_of(message)]
        assert candidate.notes == ()


def test_dpo_gets_the_best_episode_against_every_worse_one(rows: Rows, tmp_path: Path) -> None:
    found = exported("dpo", rows, tmp_path)
    for record in found:
        meta = orjson.loads(record["meta"])
        assert meta["chosen"]["reward"] > meta["rejected"]["reward"]
        assert (len(record["chosen"]), len(record["rejected"])) == (1, 1)
        assert record["chosen"][0]["role"] == record["rejected"][0]["role"] == "assistant"
        assert record["chosen"] != record["rejected"]
        assert record["prompt"][-1]["role"] in ("user", "tool")
    told = [(meta["intent"], meta["kind"]) for meta in (orjson.loads(record["meta"]) for record in found)]
    assert told == [
        ("benign", "refusing"),
        ("benign", "parallel"),
        ("benign", "silent"),
        ("benign", "endless"),
        ("harmful", "complying"),
    ]


def test_kto_gets_what_earned_all_or_nothing(rows: Rows, tmp_path: Path) -> None:
    found = {record["uid"]: record for record in exported("kto", rows, tmp_path)}
    labels = {name: found[row.uid]["label"] for name, row in rows.items() if row.uid in found}
    assert {name: labels[name] for name in ("benign", "answered", "refused", "complied", "over-refused")} == {
        "benign": True,
        "answered": True,
        "refused": True,
        "complied": False,
        "over-refused": False,
    }
    assert found[rows["complied"].uid]["prompt"] == bare(rows["complied"].messages[:2])
    assert found[rows["benign"].uid]["completion"] == bare(rows["benign"].messages[-1:])


def test_prompts_build_their_scenarios_again(rows: Rows, tmp_path: Path) -> None:
    found = exported("rl-prompts", rows, tmp_path)
    assert len(found) == len({row.meta["scenario"] for row in rows.values()}) == 3
    chains = {chain.id: chain for chain in load_chains()}
    for record in found:
        reset = orjson.loads(record["reset"])
        scenario = build_scenario(chains[reset.pop("chain")], **reset)
        assert scenario.id == record["uid"]
        assert [message["content"] for message in record["prompt"]] == [scenario.system, scenario.instruction]
        assert [tool["function"]["name"] for tool in orjson.loads(record["tools"])] == list(scenario.tools)


def test_atif_keeps_every_step_call_and_answer(rows: Rows, tmp_path: Path) -> None:
    for document, row in zip(exported("atif", rows, tmp_path), rows.values(), strict=True):
        turns = [message for message in row.messages if message["role"] != "tool"]
        assert [step["message"] for step in document["steps"]] == [message["content"] for message in turns]
        for step, message in zip(document["steps"], turns, strict=True):
            told = [(call["function_name"], call["arguments"]) for call in step.get("tool_calls", ())]
            assert told == calls_of(message)
            assert step.get("reasoning_content") == message.get("reasoning_content")
        answers = [
            result["content"]
            for step in document["steps"]
            for result in step.get("observation", {"results": ()})["results"]
        ]
        assert answers == [message["content"] for message in row.messages if message["role"] == "tool"]
        assert document["agent"]["tool_definitions"] == list(row.tools)
        assert document["extra"]["reward"] == row.meta["reward"]


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_that_fails_leaves_the_older_file(name: str, rows: Rows, tmp_path: Path) -> None:
    form = EXPORTS[name]
    path = tmp_path / f"out{form.suffix}"
    path.write_bytes(b"older")

    def broken() -> Any:
        yield next(iter(rows.values()))
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        form.write(broken(), path)
    assert path.read_bytes() == b"older"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", EXPORTS)
def test_no_rows_make_an_empty_file(name: str, tmp_path: Path) -> None:
    assert exported(name, {}, tmp_path) == []


def test_an_unknown_format_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'axolotl'"):
        find_export("axolot")


def test_a_file_that_holds_no_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"uid": "a"}\n')
    with pytest.raises(DataFileError, match="row 1: expected an object with"):
        EXPORTS["axolotl"].read(path)
    path.write_text("[]\n")
    with pytest.raises(DataFileError, match="line 1: expected a JSON object, found a list"):
        EXPORTS["openai"].read(path)
