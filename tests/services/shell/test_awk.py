"""awk as gawk answers, against Python's arithmetic, and that nothing makes it fault or run on."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.services.shell.sandbox import memory_sandbox
from tests.services.shell.tables import Case, answer, cases

PIECES = st.sampled_from([
    "BEGIN", "END", "{", "}", "(", ")", "print", "printf", "$1", "$0", "NF", "x", "a[x]", "=", "+=", "+", "-", "*",
    "/", "%", "^", "1", "0", '"s"', "/a/", "~", "!~", "!", "<", ">", "==", "&&", "||", "?", ":", ",", ";", "\n",
    "if", "else", "while", "for", "in", "++", "--", "getline", "next", "exit", "length", "substr(", "split(",
    "gsub(", "function f(", "return", "|",
])  # fmt: skip
NUMBERS = st.integers(-1000, 1000)


@pytest.mark.parametrize("case", cases("awk"), ids=lambda case: case.script[-60:])
def test_awk_answers_as_gawk_does(case: Case) -> None:
    assert answer(case.script) == case


@pytest.mark.parametrize(
    "program",
    [
        "BEGIN{while(1){}}",
        'BEGIN{x="aaaaaaaa"; while(1) x=x x}',
        "BEGIN{for(;;)a[i++]=i}",
        "function f(n){return f(n+1)} BEGIN{f(1)}",
        "function f(n){return f(f(n))} BEGIN{f(1)}",
        'BEGIN{printf "%1000000000s","x"}',
        'BEGIN{s=sprintf("%100000s","a"); for(;;) gsub(/ /,"&&",s)}',
        'BEGIN{for(;;) print "x"}',
        'BEGIN{for(;;) print "x" > "f"}',
        "BEGIN{$100000000=1}",
        'BEGIN{while((getline x < "/dev/zero") > 0) n++}',
    ],
)
def test_a_program_without_end_or_bounds_is_stopped(program: str) -> None:
    result = memory_sandbox({}, "/").exec(shlex.join(["awk", program]))
    assert result.rc in {2, 124}


def test_the_same_seed_gives_the_same_numbers() -> None:
    box = memory_sandbox({}, "/")
    once = box.exec("awk 'BEGIN{srand(7); print rand(), rand()}'").stdout
    assert once == box.exec("awk 'BEGIN{srand(7); print rand(), rand()}'").stdout
    assert all(0 <= float(number) < 1 for number in once.split())


def test_a_function_may_call_itself_many_times() -> None:
    program = "function f(n){ if (n == 0) return 0; return 1 + f(n-1) } BEGIN{print f(500)}"
    assert memory_sandbox({}, "/").exec(f"awk '{program}'").stdout == "500\n"


@given(left=NUMBERS, right=NUMBERS)
def test_whole_numbers_are_computed_as_python_does(left: int, right: int) -> None:
    program = (
        f"BEGIN{{print {left} + {right}, {left} - ({right}), {left} * {right}, {left} < {right}, ({left}) ({right})}}"
    )
    expected = f"{left + right} {left - right} {left * right} {int(left < right)} {left}{right}\n"
    assert memory_sandbox({}, "/").exec(shlex.join(["awk", program])).stdout == expected.replace("-0 ", "0 ")


@settings(max_examples=60)
@given(words=st.lists(st.text("ab1é", min_size=1, max_size=4), min_size=1, max_size=6))
def test_fields_put_together_again_give_the_record(words: list[str]) -> None:
    box = memory_sandbox({"/t": f"  {'   '.join(words)} \n"}, "/")
    assert box.exec("awk '{$1=$1; print; print NF}' t").stdout == f"{' '.join(words)}\n{len(words)}\n"


@settings(max_examples=250)
@given(program=st.lists(PIECES, max_size=9).map(" ".join))
def test_any_text_is_a_program_or_refused(program: str) -> None:
    result = memory_sandbox({"/t": "a b\n1 2\n"}, "/").exec(shlex.join(["awk", program, "t"]))
    assert result.rc in {0, 1, 2, 124}
    assert result.rc not in {1, 2} or "awk: " in result.stderr
