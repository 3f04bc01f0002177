"""Commands on texts: as GNU's answer, and properties of sorting and of differences."""

from __future__ import annotations

import shlex
from functools import cmp_to_key

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.services.shell.coreutils.edit_script import changes
from agentalign_env.services.shell.coreutils.sort_keys import version_order
from agentalign_env.services.shell.sandbox import memory_sandbox
from tests.services.shell.tables import Case, answer, cases

COMMANDS = (
    "sort",
    "uniq",
    "cut",
    "tr",
    "head",
    "tail",
    "paste",
    "fold",
    "fmt",
    "nl",
    "column",
    "numfmt",
    "seq",
    "od",
    "join",
)
WORDS = (
    "-n",
    "-k",
    "-d",
    "-f",
    "-c",
    "-w",
    "-s",
    "1",
    ",",
    "2,1",
    "-1",
    "9" * 40,
    "1K",
    "x",
    "t",
    "u",
    "-",
    "[a-z]",
    "",
    "-t",
)
LINES = st.lists(st.text("abc 1.", max_size=6), max_size=12)


@pytest.mark.parametrize("case", cases("texts"), ids=lambda case: case.script[:60])
def test_a_command_on_texts_answers_as_gnus_does(case: Case) -> None:
    assert answer(case.script) == case


@given(old=LINES, new=LINES)
def test_the_differences_turn_one_text_into_the_other(old: list[str], new: list[str]) -> None:
    made, at = [], 0
    for change in changes(old, new, lambda _: None):
        assert change.old_end > change.old_start or change.new_end > change.new_start
        made += old[at : change.old_start] + new[change.new_start : change.new_end]
        at = change.old_end
    assert made + old[at:] == new


@given(lines=LINES)
def test_a_text_does_not_differ_from_itself(lines: list[str]) -> None:
    assert changes(lines, lines, lambda _: None) == []


@given(lines=LINES)
def test_versions_have_one_order_whatever_order_they_come_in(lines: list[str]) -> None:
    key = cmp_to_key(version_order)
    assert sorted(sorted(lines), key=key) == sorted(sorted(lines, reverse=True), key=key)


@settings(max_examples=40)
@given(lines=LINES, option=st.sampled_from(["", "-r", "-n", "-f", "-V", "-h", "-k2", "-u"]))
def test_sorting_twice_changes_nothing(lines: list[str], option: str) -> None:
    box = memory_sandbox({"/t": "".join(f"{line}\n" for line in lines)}, "/")
    assert box.exec(f"sort {option} t > u; sort {option} u | cmp - u").stdout == ""


@settings(max_examples=40)
@given(text=st.text("ab\n\té", max_size=60), width=st.integers(1, 9))
def test_joining_folded_bytes_gives_the_text_back(text: str, width: int) -> None:
    box = memory_sandbox({"/t": text}, "/")
    result = box.exec(f"fold -b -w {width} t | tr -d '\\n' > u; tr -d '\\n' < t | cmp - u && echo same")
    assert result.stdout == "same\n"


@settings(max_examples=60)
@given(
    command=st.sampled_from(COMMANDS),
    words=st.lists(st.sampled_from(WORDS), max_size=4),
)
def test_no_arguments_make_a_command_fault_or_run_on(command: str, words: list[str]) -> None:
    box = memory_sandbox({"/t": "a b\nc\n", "/u": "1 2\n"}, "/")
    result = box.exec(" ".join(map(shlex.quote, [command, *words])), stdin="x y\n3\n")
    assert result.rc in (0, 1, 2)
