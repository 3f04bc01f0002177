"""The language of bash: as bash 5.2 answers, and its parts against simple models of them."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env.services.shell.arithmetic import ArithmeticProblem, calculate, wrap
from agentalign_env.services.shell.globs import compile_glob
from agentalign_env.services.shell.parser import parse_script
from agentalign_env.services.shell.sandbox import memory_sandbox
from tests.services.shell.tables import Case

FILES = {
    "a.txt": "one\ntwo\nthree\n",
    "b.csv": "name,age\nann,30\nbob,25\n",
    "d/e.txt": "deep\n",
    "d/f/g.txt": "deeper\n",
    "sp ace.txt": "x y\n",
    ".hid": "h\n",
    "s.sh": '#!/bin/bash\necho "n=$# 1=$1 0=$0"\nexit 3\n',
}
CASES = [
    Case(*json.loads(line))
    for line in (Path(__file__).with_name("cases") / "language.jsonl").read_text(encoding="utf-8").splitlines()
]


def run(script: str, stdin: str = "") -> tuple[str, str, int]:
    result = memory_sandbox({f"/srv/lab/{name}": text for name, text in FILES.items()}, "/srv/lab").exec(
        script, stdin=stdin
    )
    return result.stdout, result.stderr, result.rc


@pytest.mark.parametrize("case", CASES, ids=[case.script[:60] for case in CASES])
def test_a_script_answers_as_bash(case: Case) -> None:
    assert run(case.script) == case[1:]


# Scripts whose answer in bash depends on the moment: on processes that really run side by side.
@pytest.mark.parametrize(
    ("script", "stdout", "rc"),
    [
        ("while true; do echo x; done | head -2; echo ${PIPESTATUS[@]}", "x\nx\n141 0\n", 0),
        ("yes | sed 3q | wc -l", "3\n", 0),
        ("seq 1 1000000000 | grep -m1 77", "77\n", 0),
        ("yes | while read x; do echo $x; break; done", "y\n", 0),
        ("cat /dev/zero | head -c 3 | wc -c", "3\n", 0),
        ("{ echo a; sleep 20; echo b; } | head -1; echo $SECONDS", "a\n20\n", 0),
        ("sleep 5 & sleep 3; wait; echo $SECONDS", "5\n", 0),
        ("sleep 9 & kill $!; wait $!; echo $? $SECONDS", "143 0\n", 0),
        ("while :; do sleep 1; done & kill %1; echo ok", "ok\n", 0),
        ("timeout 2 sleep 9; echo $? $SECONDS", "124 2\n", 0),
        ("timeout 1 bash -c 'while :; do :; done'; echo $?", "124\n", 0),
        ("timeout 5 sh -c 'exit 7'; echo $?", "7\n", 0),
        ("echo before; sleep 40; echo after", "before\n", 124),
        ("[ $(($(date +%s) - EPOCHSECONDS)) -eq 0 ] && echo same", "same\n", 0),
    ],
)
def test_processes_and_the_clock_are_virtual(script: str, stdout: str, rc: int) -> None:
    assert run(script)[::2] == (stdout, rc)


def test_a_writer_that_a_reader_left_did_no_more_than_was_read() -> None:
    script = "i=0; while true; do i=$((i+1)); echo $i; echo $i > last; done | head -3 > /dev/null; wc -l < last"
    assert run(script)[0] == "1\n"
    assert int(run(script + "; cat last")[0].split()[1]) < 50


def test_standard_input_is_read_once_by_all_commands() -> None:
    assert run("read a; echo [$a]; head -n 1; cat", "1\n2\n3\n4\n")[0] == "[1]\n2\n3\n4\n"


@given(st.text(alphabet="ab*?[]!-^\\x", max_size=8), st.text(alphabet="abx-", max_size=8))
def test_patterns_match_as_a_naive_matcher(pattern: str, text: str) -> None:
    if "[" in pattern or "\\" in pattern:
        compile_glob(pattern).matches(text)  # must not raise
        return
    assert compile_glob(pattern).matches(text) == _naive(pattern, text)


def _naive(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return _naive(pattern[1:], text) or (bool(text) and _naive(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and _naive(pattern[1:], text[1:])


@given(st.text(alphabet="ab*?(|)!@+", max_size=9), st.text(alphabet="ab", max_size=6))
def test_ends_that_match_are_the_shortest_and_the_longest(pattern: str, text: str) -> None:
    glob = compile_glob(pattern)
    starts = [end for end in range(len(text) + 1) if glob.matches(text[:end])]
    ends = [start for start in range(len(text) + 1) if glob.matches(text[start:])]
    assert glob.prefix(text, longest=True) == max(starts, default=-1)
    assert glob.suffix(text, longest=True) == min(ends, default=-1)
    if "(" not in pattern:
        assert glob.prefix(text, longest=False) == min(starts, default=-1)
        assert glob.suffix(text, longest=False) == max(ends, default=-1)


class _NoVariables:
    def number_text(self, name: str, subscript: str | None) -> str:
        return ""

    def set_number(self, name: str, subscript: str | None, value: int) -> None:
        raise AssertionError


numbers = st.integers(-(1 << 63), (1 << 63) - 1)
BINARY = {
    "+": int.__add__,
    "-": int.__sub__,
    "*": int.__mul__,
    "&": int.__and__,
    "|": int.__or__,
    "^": int.__xor__,
    "<": lambda left, right: int(left < right),
    "==": lambda left, right: int(left == right),
}


@given(numbers, st.sampled_from(sorted(BINARY)), numbers)
def test_arithmetic_is_that_of_64_bits(left: int, sign: str, right: int) -> None:
    assert calculate(f"({left}){sign}({right})", _NoVariables()) == wrap(BINARY[sign](left, right))


@given(st.lists(st.integers(0, 99), min_size=2, max_size=6), st.data())
def test_operators_bind_as_in_python(values: list[int], data: st.DataObject) -> None:
    signs = [data.draw(st.sampled_from(["+", "-", "*", "&", "|", "^"])) for _ in values[1:]]
    text = "".join(itertools.chain(*zip(map(str, values), [*signs, ""], strict=True)))
    assert calculate(text, _NoVariables()) == eval(text)  # noqa: S307 - digits and signs


@given(st.text(alphabet="0123456789abx+-*/%<>=!&|^~?:,()[] \t#", max_size=30))
def test_an_expression_gives_a_number_or_says_what_is_wrong(text: str) -> None:
    class Zeros(_NoVariables):
        def set_number(self, name: str, subscript: str | None, value: int) -> None:
            pass

    try:
        assert -(1 << 63) <= calculate(text, Zeros()) < 1 << 63
    except ArithmeticProblem as problem:
        said = str(problem)
    else:
        return
    assert "error token is" in said


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_any_text_parses_or_has_a_problem(text: str) -> None:
    script = parse_script(text)
    assert script.problem is None or script.problem.line >= 1


PIECES = st.sampled_from(
    ["if ", "then ", "fi", "; ", "\n", "do ", "done", "for i in a b", "case x in ", "esac", "a) ", ";; ", "(",
     ")", "{ ", "} ", "$(", "`", "'", "\"", "$((", "))", "${x", "}", ":-", "##", "<<E\n", "E\n", "<(", "> f ",
     "2>&1 ", "| ", "&& ", "|| ", "& ", "[[ ", "]] ", "=~ ", "a=(", "x=1 ", "f() ", "echo ", "*", "?", "[a-",
     "\\", "!", "~", "while ", "#"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join))
def test_any_pieces_of_the_language_end_with_a_status(text: str) -> None:
    result = memory_sandbox({}, "/srv/lab").exec(text, timeout_s=0.5)
    assert 0 <= result.rc <= 255
