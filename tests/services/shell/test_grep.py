"""grep as GNU's answers, and that nothing makes it fault."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.services.shell.sandbox import memory_sandbox
from tests.services.shell.tables import Case, answer, cases

OPTIONS = st.sampled_from(
    [
        "-i",
        "-v",
        "-c",
        "-l",
        "-L",
        "-n",
        "-o",
        "-q",
        "-w",
        "-x",
        "-E",
        "-F",
        "-P",
        "-A1",
        "-B1",
        "-2",
        "-m1",
        "-z",
        "-b",
    ]
)
LINES = st.lists(st.text("ab .", max_size=5), max_size=8)


@pytest.mark.parametrize("case", cases("grep"), ids=lambda case: case.script[-60:])
def test_grep_answers_as_gnus_does(case: Case) -> None:
    assert answer(case.script) == case


def test_a_search_through_folders_goes_by_name() -> None:
    box = memory_sandbox({"/p/b": "x\n", "/p/a/c": "x\n", "/p/a/b": "x\n"}, "/p")
    assert box.exec("grep -r x").stdout == "a/b:x\na/c:x\nb:x\n"


def test_a_search_through_folders_follows_no_links_unless_asked() -> None:
    box = memory_sandbox({"/p/d/f": "x\n"}, "/p")
    assert box.exec("ln -s d l; grep -rc x .").stdout == "./d/f:1\n"
    assert box.exec("grep -Rc x .").stdout == "./d/f:1\n./l/f:1\n"


def test_an_endless_input_is_read_no_further_than_needed() -> None:
    result = memory_sandbox({}, "/").exec("yes | grep -m2 y; yes | grep -q y; echo $?")
    assert (result.stdout, result.timed_out) == ("y\ny\n0\n", False)


@settings(max_examples=80)
@given(lines=LINES, pattern=st.sampled_from(["a", "a*", "b$", "^a", "[ab]b", "x", ""]))
def test_a_line_is_selected_either_by_a_pattern_or_by_its_opposite(lines: list[str], pattern: str) -> None:
    box = memory_sandbox({"/t": "".join(f"{line}\n" for line in lines)}, "/")
    result = box.exec(f"grep -c -- '{pattern}' t; grep -vc -- '{pattern}' t")
    assert sum(map(int, result.stdout.split())) == len(lines)


@settings(max_examples=120)
@given(options=st.lists(OPTIONS, max_size=4), pattern=st.text("ab.*[](){}\\^$|+?", max_size=8), lines=LINES)
def test_no_arguments_make_grep_fault(options: list[str], pattern: str, lines: list[str]) -> None:
    box = memory_sandbox({"/t": "\n".join(lines)}, "/")
    result = box.exec(shlex.join(["grep", *options, "--", pattern, "t"]))
    assert result.rc in {0, 1, 2}
