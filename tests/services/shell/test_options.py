"""Options are read as getopt does, with GNU's words; dates, numbers and commands that run commands."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.shell.coreutils.calendar_days import day_number, format_time, moment
from agentalign_env.services.shell.coreutils.dates import parse_date
from agentalign_env.services.shell.coreutils.sizes import human_size, parse_size
from agentalign_env.services.shell.options import Options, Syntax, parse
from tests.services.shell.fake import FakeInvocation
from tests.services.shell.tables import Case, answer, cases

SYNTAX = Syntax.of("a|all A|almost-all n|lines= w|width=? exclude= v")


@pytest.fixture(scope="module")
def world() -> World:
    return new_world("small", 3)


@pytest.mark.parametrize("case", cases("options"), ids=lambda case: case.script[:60])
def test_options_dates_and_numbers_are_taken_as_gnus_commands_take_them(case: Case) -> None:
    assert answer(case.script) == case


def read(world: World, *args: str) -> tuple[list[tuple[str, str]], list[str]] | str:
    invocation = FakeInvocation(world, {}, ["show", *args])
    found = parse(invocation, SYNTAX)
    return (found.given, found.operands) if isinstance(found, Options) else "".join(invocation.stderr).split("\n")[0]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["-av", "x"], ([("a", ""), ("v", "")], ["x"])),
        (["-an5", "x"], ([("a", ""), ("n", "5")], ["x"])),
        (["-n", "5", "x", "-a"], ([("n", "5"), ("a", "")], ["x"])),
        (["--lines=5", "--lines", "6"], ([("n", "5"), ("n", "6")], [])),
        (["--lin=5"], ([("n", "5")], [])),
        (["-w3", "-w", "3"], ([("w", "3"), ("w", "")], ["3"])),
        (["--width", "3"], ([("w", "")], ["3"])),
        (["--", "-a", "--all"], ([], ["-a", "--all"])),
        (["-", "-a"], ([("a", "")], ["-"])),
        (["--exclude", "*.py"], ([("exclude", "*.py")], [])),
        (["-z"], "show: invalid option -- 'z'"),
        (["-n"], "show: option requires an argument -- 'n'"),
        (["--nope"], "show: unrecognized option '--nope'"),
        (["--al"], "show: option '--al' is ambiguous; possibilities: '--all' '--almost-all'"),
        (["--all=1"], "show: option '--all' doesn't allow an argument"),
        (["--lines"], "show: option '--lines' requires an argument"),
    ],
)
def test_options_are_read_in_their_order(world: World, args: list[str], expected: object) -> None:
    assert read(world, *args) == expected


@given(args=st.lists(st.text("-anwvx=5", max_size=6), max_size=5))
def test_any_arguments_are_options_or_a_message(args: list[str]) -> None:
    invocation = FakeInvocation(new_world("small", 3), {}, ["show", *args])
    found = parse(invocation, SYNTAX, failure=2)
    assert isinstance(found, Options) or found in (0, 2)


@given(time_s=st.integers(-2_000_000_000, 250_000_000_000))
def test_the_calendar_agrees_with_pythons(time_s: int) -> None:
    expected = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=time_s)
    at = moment(time_s)
    assert (at.year, at.month, at.day, at.hour, at.minute, at.second) == expected.timetuple()[:6]
    for form in ("%A %B %d", "%j %U %W %u %w", "%G-W%V", "%I %p %y"):
        assert format_time(form, time_s) == expected.strftime(form)


@given(year=st.integers(-4000, 9000), month=st.integers(-30, 40), day=st.integers(-400, 400))
def test_days_that_carry_over_are_days_of_the_calendar(year: int, month: int, day: int) -> None:
    number = day_number(year, month, day)
    at = moment(number * 86_400)
    assert day_number(at.year, at.month, at.day) == number


@given(time_s=st.integers(0, 4_000_000_000))
def test_a_date_that_was_written_is_read_again(time_s: int) -> None:
    for form in (
        "%Y-%m-%d %H:%M:%S",
        "%a %b %e %H:%M:%S UTC %Y",
        "%Y-%m-%dT%H:%M:%S%:z",
        "@%s",
        "%d %b %Y %I:%M:%S %p",
    ):
        assert parse_date(format_time(form, time_s), 0) == time_s, form


@given(words=st.text("0123456789-+:/@. tZnextlasmodyug", max_size=24))
def test_any_words_are_a_date_or_none(words: str) -> None:
    assert parse_date(words, 1_700_000_000) is None or abs(parse_date(words, 1_700_000_000) or 0) < 1e18


@given(size=st.integers(0, 1 << 60))
def test_a_size_in_few_letters_is_never_less_than_the_size(size: int) -> None:
    shown = human_size(size)
    number, suffix = (shown[:-1], shown[-1]) if shown[-1].isalpha() else (shown, "")
    assert float(number) * (parse_size(f"1{suffix}") or 0) >= size
