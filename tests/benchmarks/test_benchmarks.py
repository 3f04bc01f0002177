"""Every benchmark runs, in a size so small that its figures mean nothing. None of these tests asserts a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import benchmarks
from benchmarks.__main__ import main
from benchmarks.measure import CONTROL_TEXT, Figure, Settings, Timing, Work, measure, ratio, verdict
from benchmarks.report import cells
from benchmarks.subjects import load_subjects

TINY = Settings(repeats=1, rounds=1, block_us=1.0, large_rows=2_000, envs=2, chains=2)
SUBJECTS = load_subjects()


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_subject_yields_positive_figures_with_names_of_their_own(name: str) -> None:
    figures = list(SUBJECTS[name](TINY))
    assert figures
    assert len({figure.what for figure in figures}) == len(figures)
    for figure in figures:
        numbers = [number for number in (figure.us, figure.cal, figure.value) if number is not None]
        assert numbers, figure
        assert min(numbers) > 0, figure


def test_every_benchmark_file_is_a_subject() -> None:
    files = {path.name for path in Path(benchmarks.__file__).parent.glob("*_benchmark.py")}
    assert {f"{name}_benchmark.py" for name in SUBJECTS} == files


def test_the_control_is_a_tool_call_of_300_bytes() -> None:
    assert len(CONTROL_TEXT.encode()) == 300
    assert json.loads(CONTROL_TEXT)["tool_calls"][0]["name"] == "send_gmail"


def test_work_is_prepared_after_every_run_of_most_operations() -> None:
    since = 0
    longest = 0

    def prepare() -> None:
        nonlocal since
        since = 0

    def run() -> None:
        nonlocal since, longest
        since += 1
        longest = max(longest, since)

    measure([Work(run, prepare, most=3)], Settings(repeats=1, rounds=2, block_us=50.0))
    assert longest == 3


def test_medians_and_ratios_pair_the_samples_of_one_repeat() -> None:
    slow, fast = Timing((2.0, 40.0, 6.0), (1.0, 10.0, 2.0)), Timing((1.0, 10.0, 2.0), (1.0, 10.0, 2.0))
    assert (slow.us, slow.cal) == (6.0, 3.0)
    assert ratio(slow, fast) == 3.0


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (Figure("a", us=4.0, cal=1.0, goal=1.0), "met"),
        (Figure("a", us=5.2, cal=1.3, goal=1.0), "met within 1.3x"),
        (Figure("a", us=5.3, cal=1.31, goal=1.0), "NOT met"),
        (Figure("a", value=3.1, unit="x", goal=3.0), "met within 1.3x"),
        (Figure("a", us=5.3, cal=1.31), ""),
    ],
)
def test_a_goal_has_a_tolerance(figure: Figure, expected: str) -> None:
    assert verdict(figure) == expected


def test_a_row_shows_multiples_and_goals_with_their_units() -> None:
    assert cells("step", Figure("read", us=3.1, cal=0.75, goal=0.75)) == (
        "step", "read", "3.10", "0.75", "", "<= 0.75 cal", "met",
    )  # fmt: skip


def test_the_command_prints_a_table_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--only", "import", "--repeats", "1", "--json", str(tmp_path / "figures.json")])
    printed = capsys.readouterr().out
    written = json.loads((tmp_path / "figures.json").read_text())
    assert list(written) == ["import"]
    assert [figure["what"] in printed for figure in written["import"]] == [True] * len(written["import"])
    assert {"us", "cal", "value", "unit", "goal", "verdict"} < written["import"][0].keys()


def test_an_unknown_subject_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "teleport"])
    assert "teleport" in capsys.readouterr().err
