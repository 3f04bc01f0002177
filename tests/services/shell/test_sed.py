"""sed as GNU's answers, and that nothing makes it fault or run on."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.services.shell.sandbox import memory_sandbox
from tests.services.shell.tables import Case, answer, cases

PIECES = st.sampled_from([
    "p", "d", "1", "$", ",", "!", "/a/", "s/a/b/", "s/\\(.\\)/\\1&/g", "y/ab/ba/", "{", "}", ";", "\n", "N", "n",
    "G", "h", "x", "D", "P", "q", ":l", "bl", "tl", "a x", "c\\", "i y", "=", "l", "+1", "~2", "0,", "w f", "r t",
    "\\", "s/x*/-/", "#",
])  # fmt: skip


@pytest.mark.parametrize("case", cases("sed"), ids=lambda case: case.script[-60:])
def test_sed_answers_as_gnus_does(case: Case) -> None:
    assert answer(case.script) == case


@pytest.mark.parametrize(
    "script", [":a;ba", ":a;s/a/aa/;ta", ":a;G;h;ba", "s/a/&&/g;t;D", ":a;s/^/x/;ta", "N;ba;:a;P;ba"]
)
def test_a_script_without_end_is_stopped(script: str) -> None:
    result = memory_sandbox({}, "/").exec(f"echo a | sed '{script}'")
    assert result.rc in {0, 4, 124}


def test_an_endless_input_is_read_no_further_than_needed() -> None:
    result = memory_sandbox({}, "/").exec("yes | sed 2q; yes | sed -n '3{p;q}'")
    assert (result.stdout, result.timed_out) == ("y\ny\ny\n", False)


def test_many_lines_are_joined_in_time() -> None:
    result = memory_sandbox({}, "/").exec("seq 20000 | sed ':a;N;$!ba;s/\\n/,/g' | wc -c")
    assert (result.stdout, result.timed_out) == ("108894\n", False)


@settings(max_examples=60)
@given(lines=st.lists(st.text("ab é", max_size=6), max_size=6))
def test_printing_the_lines_backwards_twice_gives_them_back(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    result = memory_sandbox({"/t": text}, "/").exec("sed '1!G;h;$!d' t | sed -n '1!G;h;$p'")
    assert result.stdout == text


@settings(max_examples=200)
@given(script=st.lists(PIECES, max_size=7).map("".join))
def test_any_text_is_a_script_or_refused(script: str) -> None:
    result = memory_sandbox({"/t": "a\nba\n\nx y"}, "/").exec(shlex.join(["sed", script, "t"]))
    assert result.rc in {0, 1, 4, 124}
    assert result.rc != 1 or result.stderr.startswith("sed: ")
