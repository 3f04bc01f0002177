"""Every benchmark runs, in a size so small that its figures mean nothing. None of these tests asserts a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import benchmarks
from benchmarks.__main__ import main
from benchmarks.floor_benchmark import stand_in_send
from benchmarks.measure import CONTROL_TEXT, Figure, Settings, Timing, Work, mean_of, measure, ratio, verdict
from benchmarks.report import README, cells, goals, markdown_table, replace_between, summary
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
        (Figure("a", value=1_000.0, unit="x", goal=1_000.0, at_least=True), "met"),
        (Figure("a", value=770.0, unit="x", goal=1_000.0, at_least=True), "met within 1.3x"),
        (Figure("a", value=769.0, unit="x", goal=1_000.0, at_least=True), "NOT met"),
    ],
)
def test_a_goal_has_a_tolerance(figure: Figure, expected: str) -> None:
    assert verdict(figure) == expected


def test_a_row_shows_multiples_and_goals_with_their_units() -> None:
    assert cells("step", Figure("read", us=3.1, cal=0.75, goal=0.75)) == (
        "step", "read", "3.10", "0.75", "", "<= 0.75 cal", "met",
    )  # fmt: skip


def test_subjects_taken_together_weigh_by_their_shares() -> None:
    one, two = Timing((1.0, 2.0), (4.0, 4.0)), Timing((4.0, 8.0), (4.0, 4.0))
    assert mean_of([one, two], [2, 1]) == Timing((2.0, 4.0), (4.0, 4.0))


def test_the_goals_are_a_table_of_their_own() -> None:
    results = {
        "step": [Figure("read", us=3.1, cal=0.75, goal=0.75), Figure("search", us=9.0, cal=3.0)],
        "peers": [Figure("theirs / ours", value=1_234.5, unit="x", goal=2_000.0, at_least=True)],
    }
    rows = goals(results)
    assert rows == [
        ("step", "read", "0.75 cal", "<= 0.75 cal", "met"),
        ("peers", "theirs / ours", "1,234 x", ">= 2,000 x", "NOT met"),
    ]
    assert summary(rows) == "Goals: 1 met, 0 met within 1.3x, 1 NOT met"


def test_a_marked_part_of_a_page_is_replaced_and_the_rest_is_kept(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("head\n<!-- goals: begin -->\nold\n<!-- goals: end -->\ntail\n")
    for text in ("new", markdown_table(("a", "b"), [("1 | 2", "3")])):
        replace_between(page, "goals", text)
        assert page.read_text() == f"head\n<!-- goals: begin -->\n{text}\n<!-- goals: end -->\ntail\n"
    assert page.read_text().count("1 \\| 2") == 1
    with pytest.raises(ValueError, match="peers: begin"):
        replace_between(page, "peers", "new")


@pytest.mark.parametrize("mark", ["goals", "peers"])
def test_the_page_has_a_place_for_the_tables_of_a_release(mark: str) -> None:
    page = README.read_text(encoding="utf-8")
    assert page.count(f"<!-- {mark}: begin -->\n") == page.count(f"<!-- {mark}: end -->\n") == 1


def test_the_stand_in_checks_its_arguments_and_forgets() -> None:
    sent = [json.loads(stand_in_send("me@a.example", ["you@b.example"], "Tea", "At four?")) for _ in range(2)]
    assert [answer["success"] for answer in sent] == [True, True]
    assert sent[0]["message_id"] != sent[1]["message_id"]
    refused = [stand_in_send("me@a.example", to, "Tea", "At four?") for to in (["nobody"], [])]
    refused.append(stand_in_send("me@a.example", ["you@b.example"], "Tea", "At four?", priority="loud"))
    assert [json.loads(answer)["success"] for answer in refused] == [False] * 3


def test_the_page_is_written_from_all_subjects_only(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "import", "--write-readme"])
    assert "leave --only out" in capsys.readouterr().err


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
