"""Candidates: which forms of files are read, and that what is wrong in a file is told while the rest goes on."""

import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.core.world import WorldKey
from agentalign_env.errors import DataFileError, EnvArgumentError
from agentalign_env.executability.candidates import BadLine, Candidate, parse_candidates, read_candidates
from agentalign_env.executability.candidates.splitting import LONGEST, json_values

ASK = "Send Mia the notes."


def written(folder: Path, *rows: Any) -> Path:
    """A file of JSON lines; texts and bytes are written as they are."""
    path = folder / "candidates.jsonl"
    lines = [
        row if isinstance(row, bytes) else row.encode() if isinstance(row, str) else json.dumps(row).encode()
        for row in rows
    ]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def read(path: Path, **options: Any) -> list[Candidate | BadLine]:
    return list(read_candidates(path, **options))


def only(path: Path) -> Candidate:
    (found,) = read(path)
    assert isinstance(found, Candidate), found
    return found


# Forms of records


def test_a_row_of_our_own_form_is_read_with_all_it_says(tmp_path: Path) -> None:
    row = {
        "id": "a",
        "instruction": ASK,
        "tools": ["send_gmail", {"name": "x"}],
        "world": {"size": "small", "seed": 4},
        "chain": ["Communication.send_email"],
        "category": "c",
        "subcategory": "s",
        "intent": "benign",
        "executable": False,
        "cause": "missing_entity",
    }
    assert only(written(tmp_path, row)) == Candidate(
        id="a",
        instruction=ASK,
        tools=("send_gmail", {"name": "x"}),
        world=WorldKey("small", 4),
        chain=("Communication.send_email",),
        category="c",
        subcategory="s",
        intent="benign",
        expected={"executable": False, "cause": "missing_entity"},
        line=1,
    )


def test_a_row_needs_no_more_than_an_instruction(tmp_path: Path) -> None:
    row = {"instruction": ASK, "world": None, "chain": None, "tools": None}
    assert only(written(tmp_path, row)) == Candidate("line-1", ASK, line=1)


@pytest.mark.parametrize("as_text", [True, False])
def test_a_row_of_the_released_dataset_gives_its_first_request_and_its_calls(tmp_path: Path, *, as_text: bool) -> None:
    tools = [{"type": "function", "function": {"name": "send_gmail"}}]
    call = {"id": "1", "type": "function", "function": {"name": "send_gmail", "arguments": '{"subject": "Notes"}'}}
    row = {
        "id": 12,
        "category": "benign",
        "sub_category": "mail",
        "pattern": ["Communication.send_email"],
        "messages": [
            {"role": "system", "content": "You help."},
            {"role": "user", "content": ASK},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "user", "content": "Thanks."},
        ],
        "tools": json.dumps(tools) if as_text else tools,
    }
    found = only(written(tmp_path, row))
    assert (found.id, found.instruction, found.tools, found.chain, found.category, found.subcategory) == (
        "12",
        ASK,
        tuple(tools),
        ("Communication.send_email",),
        "benign",
        "mail",
    )
    assert found.expected == {"tool_calls": [{"name": "send_gmail", "arguments": {"subject": "Notes"}}]}


def test_a_record_with_lists_for_each_intent_gives_a_candidate_for_each(tmp_path: Path) -> None:
    row = {
        "id": "r",
        "category": "c",
        "sub_category": "s",
        "tool_chain": ["search_google", {"tool": "send_gmail"}],
        "benign": ["One.", {"instruction": "Two.", "tone": "short"}],
        "harmful": "Three.",
    }
    found = read(written(tmp_path, row))
    assert [(one.id, one.instruction, one.intent, one.expected) for one in found if isinstance(one, Candidate)] == [
        ("r#1", "One.", "benign", {}),
        ("r#2", "Two.", "benign", {"tone": "short"}),
        ("r#3", "Three.", "harmful", {}),
    ]
    assert isinstance(found[0], Candidate)
    assert found[0].chain == ("Search.web_search", "Communication.send_email")
    assert found[0].tools == ("search_google", "send_gmail")


def test_several_instructions_of_one_record_keep_its_label(tmp_path: Path) -> None:
    row = {"pattern": ["Search.web_search"], "instructions": ["One.", "Two."], "intent": "borderline", "benign": True}
    found = read(written(tmp_path, row))
    assert [(one.id, one.intent, one.expected) for one in found if isinstance(one, Candidate)] == [
        ("line-1#1", "borderline", {"benign": True}),
        ("line-1#2", "borderline", {"benign": True}),
    ]


def test_a_recorded_trajectory_gives_its_instruction_its_world_and_its_chain(tmp_path: Path) -> None:
    row = {
        "schema_version": 1,
        "id": "t",
        "scenario": {
            "id": "mail-1",
            "chain": {"category": "c", "subcategory": "s", "steps": ["Communication.send_email"]},
            "seed": 1,
            "intent": "benign",
            "world_size": "small",
            "world_seed": 9,
            "tools": ["send_gmail"],
            "instruction": ASK,
            "faces": 3,
        },
        "agent": "oracle",
        "steps": [],
        "outcome": "completed",
    }
    assert only(written(tmp_path, row)) == Candidate(
        id="mail-1",
        instruction=ASK,
        tools=("send_gmail",),
        world=WorldKey("small", 9),
        chain=("Communication.send_email",),
        category="c",
        subcategory="s",
        intent="benign",
        expected={"id": "t", "agent": "oracle", "outcome": "completed", "faces": 3},
        line=1,
    )


# Forms of files


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_read_wherever_its_lines_break(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "candidates.json"
    rows = [{"instruction": 'Say "a, [b] {c}" \\'}, {"instruction": ASK, "chain": ["A.b"]}, "A text."]
    path.write_text(json.dumps(rows, indent=indent))
    found = [one for one in read(path) if isinstance(one, Candidate)]
    assert [(one.id, one.instruction) for one in found] == [
        ("record-1", 'Say "a, [b] {c}" \\'),
        ("record-2", ASK),
        ("record-3", "A text."),
    ]
    assert [one.line for one in found] == ([1, 1, 1] if indent is None else [2, 5, 11])


def test_objects_that_are_broken_over_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "candidates.json"
    path.write_text("\n".join(json.dumps({"instruction": text}, indent=1) for text in ("One.", "Two.")))
    assert [(one.instruction, one.line) for one in read(path) if isinstance(one, Candidate)] == [
        ("One.", 1),
        ("Two.", 4),
    ]


@given(
    st.lists(st.recursive(st.text(max_size=5) | st.integers(), lambda v: st.lists(v) | st.dictionaries(st.text(), v))),
    st.integers(1, 9),
)
@settings(max_examples=100, deadline=None)
def test_elements_are_found_whatever_the_blocks_are(rows: list[Any], size: int) -> None:
    content = json.dumps(rows, ensure_ascii=False).encode()
    blocks = [content[at : at + size] for at in range(0, len(content), size)]
    assert [json.loads(piece.text) for piece in json_values(blocks)] == rows


def test_an_array_that_is_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "candidates.json"
    path.write_text(json.dumps([{"instruction": "One."}, {"instruction": "Two."}])[:-8])
    first, second, third = read(path)
    assert isinstance(first, Candidate)
    assert isinstance(second, BadLine)
    assert second.error.startswith("expected JSON, found")
    assert isinstance(third, BadLine)
    assert "expected ] at the end" in third.error


def test_csv_is_read_by_its_heading(tmp_path: Path) -> None:
    path = tmp_path / "candidates.csv"
    path.write_text(
        'ID,Instruction,tools,intent\na,"Send Mia ""it"",\nplease.","send_gmail, send_outlook",benign\n'
        "\nb,Two.,,\nc,Three,d,e,f\n"
    )
    first, second, third = read(path)
    assert first == Candidate(
        "a", 'Send Mia "it",\nplease.', tools=("send_gmail", "send_outlook"), intent="benign", line=2
    )
    assert second == Candidate("b", "Two.", line=5)
    assert isinstance(third, BadLine)
    assert (third.line, third.error) == (
        6,
        "expected 4 columns, found 5. Put texts that hold commas in quotes.",
    )


def test_plain_text_gives_a_candidate_for_each_line_that_is_not_blank(tmp_path: Path) -> None:
    path = tmp_path / "candidates.txt"
    path.write_text('[name], send it, please\r\n\r\n   \nTell Mia, "soon".\n{"instruction": "Two.", "id": "x"}\n{no')
    assert [(one.id, one.instruction, one.line) for one in read(path) if isinstance(one, Candidate)] == [
        ("line-1", "[name], send it, please", 1),
        ("line-4", 'Tell Mia, "soon".', 4),
        ("x", "Two.", 5),
        ("line-6", "{no", 6),
    ]


def test_a_packed_file_is_read_and_a_damaged_one_up_to_the_damage(tmp_path: Path) -> None:
    lines = b"".join(json.dumps({"instruction": f"Do {number}."}).encode() + b"\n" for number in range(20_000))
    path = tmp_path / "candidates.jsonl.gz"
    path.write_bytes(gzip.compress(lines))
    assert sum(isinstance(one, Candidate) for one in read(path)) == 20_000
    path.write_bytes(gzip.compress(lines)[:-20_000])
    found = read(path)
    assert isinstance(found[0], Candidate)
    last = found[-1]
    assert isinstance(last, BadLine)
    assert last.error.startswith("expected a whole gzip file, found a damaged one")


def test_lines_of_a_stream_or_a_list_are_read_like_a_file() -> None:
    text = '{"instruction": "One."}\n"Two."\n'
    wanted = [Candidate("line-1", "One.", line=1), Candidate("line-2", "Two.", line=2)]
    assert list(parse_candidates(io.StringIO(text))) == wanted
    assert list(parse_candidates(text.splitlines())) == wanted
    assert list(parse_candidates(iter(["One.", "Two."]), "text")) == wanted


def test_a_stated_format_wins_over_the_first_record(tmp_path: Path) -> None:
    path = written(tmp_path, "Just a text.", {"instruction": ASK})
    assert [type(one) for one in read(path, format="jsonl")] == [BadLine, Candidate]
    with pytest.raises(EnvArgumentError, match="expected one of jsonl, json, csv, text, got 'xml'"):
        read_candidates(path, format="xml")


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf", b"[]", b"[\n]\n"])
def test_an_empty_file_gives_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "empty"
    path.write_bytes(content)
    assert read(path) == []


def test_a_file_that_is_missing_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="expected a readable file, found: No such file"):
        read(tmp_path / "none.jsonl")


# What is wrong

BAD: dict[str, tuple[Any, str]] = {
    "no JSON": ('{"instruction": "x"', "expected JSON, found"),
    "no instruction": ({"id": "x", "text_": "y"}, "expected an instruction, found the keys: id, text_."),
    "no text": ({"instruction": 7}, "instruction: expected a text, found a number."),
    "a blank instruction": ({"instruction": "  "}, "instruction: expected an instruction, found an empty text."),
    "no instructions": ({"instructions": []}, "instructions: expected an instruction, found an empty list."),
    "no object": ("[1]", "expected a JSON object or a text, found a list."),
    "no UTF-8": (b'{"instruction": "caf\xe9"}', "expected UTF-8 text, found byte 0xe9 at offset 20."),
    "a NUL byte": (b'{"instruction": "a\0b"}', "expected text, found a NUL byte at offset 18."),
    "an escaped NUL": ({"instruction": "a\0b"}, "instruction: expected a text, found one with NUL characters."),
    "deep nesting": ('{"instruction": ' + "[" * 5000 + "]" * 5000 + "}", "expected JSON, found"),
    "a world without seed": ({"instruction": ASK, "world": {"size": "small"}}, 'world: expected {"size": text'),
    "tools of no kind": (
        {"instruction": ASK, "tools": 5},
        "tools: expected a list of names or schemas, found a number",
    ),
    "a chain of no kind": ({"instruction": ASK, "chain": [3]}, "chain: expected a list of capabilities, found a list"),
    "no request": ({"messages": [{"role": "assistant"}]}, "messages: expected one of role user, found none among 1."),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_line_is_told_and_the_rest_goes_on(tmp_path: Path, kind: str) -> None:
    row, error = BAD[kind]
    first, second, third = read(written(tmp_path, {"instruction": "One."}, row, {"instruction": "Three."}))
    assert (first, third) == (Candidate("line-1", "One.", line=1), Candidate("line-3", "Three.", line=3))
    assert isinstance(second, BadLine)
    assert second.line == 2
    assert second.error.startswith(error)
    assert 0 < len(second.text) <= 200


def test_lone_surrogates_of_a_stream_are_told_as_the_bytes_that_they_stand_for() -> None:
    (found,) = parse_candidates(["caf\udce9"])
    assert isinstance(found, BadLine)
    assert found.error.startswith("expected UTF-8 text, found byte 0xe9 at offset 3")


def test_a_file_in_utf16_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "candidates.txt"
    path.write_bytes("One.\nTwo.\n".encode("utf-16"))
    (found,) = read(path)
    assert isinstance(found, BadLine)
    assert "UTF-16" in found.error


def test_ids_that_are_there_before_are_made_unique_and_noted(tmp_path: Path) -> None:
    rows = [{"id": name, "instruction": ASK} for name in ("a", "a", "a#2", "a")]
    found = [one for one in read(written(tmp_path, *rows)) if isinstance(one, Candidate)]
    assert [one.id for one in found] == ["a", "a#2", "a#2#2", "a#3"]
    assert found[1].notes == ("id: 'a' was there before, so this one is a#2",)


@pytest.mark.slow
def test_a_long_line_is_read_and_an_endless_one_is_refused_without_holding_it(tmp_path: Path) -> None:
    path = tmp_path / "candidates.jsonl"
    with path.open("wb") as file:
        file.write(json.dumps({"instruction": "x" * 1_000_000}).encode() + b'\n{"instruction": "')
        for _ in range(200):
            file.write(b"y" * 1_000_000)
        file.write(b'"}\n{"instruction": "Three."}\n')
    tracemalloc.start()
    first, second, third = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(first, Candidate)
    assert len(first.instruction) == 1_000_000
    assert isinstance(second, BadLine)
    assert second.error.startswith(f"expected a line of at most {LONGEST} bytes, found 200")
    assert third == Candidate("line-3", "Three.", line=3)
    assert peak < 4 * LONGEST


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file() -> None:
    def lines() -> Iterator[str]:
        for number in range(30_000):
            yield json.dumps({"instruction": f"Do {number}.", "notes": "n" * 500})

    tracemalloc.start()
    count = sum(1 for _ in parse_candidates(lines()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 30_000
    assert peak < 8_000_000


@given(
    st.binary(max_size=200) | st.text(max_size=80).map(str.encode),
    st.sampled_from([None, "jsonl", "json", "csv", "text"]),
)
@settings(max_examples=300, deadline=None)
def test_no_content_makes_reading_fail(content: bytes, format: str | None) -> None:
    text = content.decode("utf-8", "surrogateescape")
    assert all(isinstance(one, Candidate | BadLine) for one in parse_candidates(io.StringIO(text), format))
