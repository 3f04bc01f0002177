"""jq as jq 1.6 answers, and that nothing makes it fault or run on."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.services.shell.languages.jq_values import compare_key, format_number
from agentalign_env.services.shell.sandbox import memory_sandbox
from tests.services.shell.tables import Case, answer, cases

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text('ab"\\\té', max_size=4),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text("xyz", max_size=2), part, max_size=3),
    max_leaves=6,
)
PIECES = st.sampled_from([
    ".", ".a", ".[0]", ".[]", "[]", "{}", "{a:1}", "|", ",", "+", "-", "*", "/", "%", "//", "=", "|=", "+=", "==",
    "<", "and", "or", "not", "?", "..", "1", '"s"', '"\\(.)"', "$x", "(", ")", "[", "]", "{", "}", ":", ";", "if",
    "then", "else", "end", "as $x |", "reduce", "foreach", "def f:", "f", "try", "catch", "map(", "select(",
    "path(", "empty", "error", "length", "keys", "to_entries", "limit(2;", "first(", "range(3)", "test(",
    "sort_by(", "group_by(", "@base64", "@csv", "tojson", "del(",
])  # fmt: skip


@pytest.mark.parametrize("case", cases("jq"), ids=lambda case: case.script[-60:])
def test_jq_answers_as_jq_does(case: Case) -> None:
    assert answer(case.script) == case


@pytest.mark.parametrize(
    "program",
    [
        "[range(1000000000)]|length",
        "def f: f; f",
        "def f: 1 + f; f",
        "def f: ., f; f",
        "last(range(1e9))",
        "[recurse(.+1)]",
        "reduce range(60) as $i (1; [.,.])",
        'reduce range(60) as $i ("a"; .+.)',
        '"a" * 1e9',
        "repeat(1)",
        "until(false; .+1)",
        ".[1e9] = 1",
        "[limit(1e9; repeat(1))]",
        "reduce range(1e9) as $i ([]; .[$i] = $i)",
    ],
)
def test_a_program_without_end_or_bounds_is_stopped(program: str) -> None:
    result = memory_sandbox({}, "/").exec(shlex.join(["jq", "-n", program]))
    assert result.rc in {124, 134}


def test_nothing_is_made_that_nobody_asks_for() -> None:
    box = memory_sandbox({}, "/")
    assert box.exec("jq -nc '[limit(3; range(1e9))], first(repeat(1))'").stdout == "[0,1,2]\n1\n"
    assert box.exec("jq -n 'range(1e9)' | head -n 2").stdout == "0\n1\n"


def test_a_function_may_call_itself_many_times() -> None:
    program = "def f: if . == 0 then 0 else . - 1 | f end; 300 | f"
    assert memory_sandbox({}, "/").exec(f"jq -n '{program}'").stdout == "0\n"


@given(value=VALUES)
def test_a_value_goes_in_and_out_unchanged(value: object) -> None:
    box = memory_sandbox({"/t": json.dumps(value)}, "/")
    result = box.exec("jq -c . t; jq -c 'tojson | fromjson' t; jq . t | jq -c .")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [value] * 3


@given(value=VALUES)
def test_all_paths_and_their_values_make_the_value_again(value: object) -> None:
    box = memory_sandbox({"/t": json.dumps(value)}, "/")
    program = (
        ". as $v | [paths] as $p | reduce $p[] as $q ($v; setpath($q; $v | getpath($q))) == $v, "
        "[tostream] == [fromstream(tostream) | tostream]"
    )
    assert box.exec(shlex.join(["jq", "-c", program, "t"])).stdout == "true\ntrue\n"


@given(values=st.lists(VALUES, max_size=6))
def test_sorting_gives_one_order(values: list[object]) -> None:
    box = memory_sandbox({"/t": json.dumps(values)}, "/")
    result = box.exec(
        "jq -c 'sort, (reverse | sort), (sort | unique | length) == (unique | length)' t"
    ).stdout.splitlines()
    made = [json.loads(line) for line in result]
    keys = [compare_key(_floating(value)) for value in made[0]]
    assert keys == sorted(keys)
    assert keys == [compare_key(_floating(value)) for value in made[1]]
    assert made[2] is True


def _floating(value: object) -> object:
    return json.loads(json.dumps(value), parse_int=float)


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_can_be_read_back(number: float) -> None:
    assert float(format_number(number)) == number


@settings(max_examples=250)
@given(program=st.lists(PIECES, max_size=8).map(" ".join))
def test_any_text_is_a_program_or_refused(program: str) -> None:
    box = memory_sandbox({"/t": '{"a":[1,{"b":"x"}],"c":null}'}, "/")
    result = box.exec(shlex.join(["jq", "-c", program, "t"]))
    assert result.rc in {0, 2, 3, 5, 124, 134}


@settings(max_examples=150)
@given(text=st.text('[]{},:"ab\\10.-tne \n', max_size=16))
def test_any_text_is_json_or_refused(text: str) -> None:
    result = memory_sandbox({"/t": text}, "/").exec("jq -c . t")
    assert result.rc in {0, 4}
    assert (result.rc == 4) == result.stderr.startswith("parse error: ")
