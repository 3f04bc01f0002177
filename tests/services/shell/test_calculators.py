"""expr and bc as GNU's answer, against Python's arithmetic, and that nothing makes them fault or run on."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.services.shell.sandbox import memory_sandbox
from tests.services.shell.tables import Case, answer, cases

NUMBERS = st.integers(-(10**30), 10**30)
PIECES = st.sampled_from([
    "1", "2.5", "x", "a[1]", "+", "-", "*", "/", "%", "^", "(", ")", "=", "==", "<", "&&", "||", "!", "++", "--",
    ";", "\n", "if(", "else", "while(", "for(", "{", "}", "define f(x)", "return", "break", "print", '"s"', "scale",
    "sqrt(", "last",
])  # fmt: skip


@pytest.mark.parametrize("case", cases("calculators"), ids=lambda case: case.script[-60:])
def test_a_calculator_answers_as_gnus_does(case: Case) -> None:
    assert answer(case.script) == case


@pytest.mark.parametrize(
    "program",
    ["2^1000000", "9^9^9", "while(1){a=a+1}", "a=2\nwhile(1)a=a*a", "define f(x){return f(x+1)}\nf(1)", "for(;;)1"],
)
def test_a_program_without_end_or_bounds_is_stopped(program: str) -> None:
    result = memory_sandbox({}, "/").exec(f"echo '{program}' | bc")
    assert result.rc == 124 or "Runtime error" in result.stderr


def _cut(top: int, bottom: int) -> int:
    found = abs(top) // abs(bottom)
    return found if (top < 0) == (bottom < 0) else -found


@given(left=NUMBERS, right=NUMBERS.filter(bool))
def test_whole_numbers_are_computed_as_python_does(left: int, right: int) -> None:
    lines = [f"{left} + {right}", f"{left} * {right}", f"{left} / {right}", f"{left} % {right}"]
    script = "\n".join(line.replace("+ -", "- ").replace("- -", "+ ") for line in lines)
    quotient = _cut(left, right)
    expected = [left + right, left * right, quotient, left - quotient * right]
    result = memory_sandbox({"/t": script + "\n"}, "/").exec("bc t < /dev/null")
    assert result.stdout.split() == [str(number) for number in expected]
    shell = "; ".join(f"expr {left} '{sign}' {right}" for sign in "+*/%")
    assert memory_sandbox({}, "/").exec(shell).stdout.split() == [str(number) for number in expected]


@settings(max_examples=150)
@given(program=st.lists(PIECES, max_size=8).map(" ".join))
def test_any_text_is_a_program_or_refused(program: str) -> None:
    result = memory_sandbox({"/t": program + "\n"}, "/").exec("bc t < /dev/null")
    assert result.rc in {0, 124}


@settings(max_examples=150)
@given(
    args=st.lists(
        st.sampled_from(["1", "-3", "a", "", "+", "*", ":", "(", ")", "|", "&", "<", "length", "[", "substr"]),
        max_size=6,
    )
)
def test_any_arguments_are_an_expression_or_refused(args: list[str]) -> None:
    assert memory_sandbox({}, "/").exec(shlex.join(["expr", *args])).rc in {0, 1, 2}
