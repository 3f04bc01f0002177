"""``agentalign quality``: what it writes and prints, and how it exits."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agentalign_env.cli import app

MET = dict.fromkeys(("tool_coverage", "parameter_completeness", "parameter_validity", "logical_flow"), True)
FILES = {"report.md", "quality.json", "disagreements.jsonl", "duplicates.jsonl"}


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["quality", *map(str, arguments)], env={"COLUMNS": "120"}, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def record(number: int, **changes: Any) -> dict[str, Any]:
    texts = ("My club meets on Friday. Please write a mail.", "I want to deceive everyone. Please write a post.")
    harmful = number % 2
    return {
        "id": f"r{number}",
        "line": number,
        "instruction": texts[harmful],
        "tools": ["send_gmail"],
        "chain": ["Communication.send_email"],
        "category": "privacy",
        "intent": "harmful" if harmful else "benign",
        "executable": True,
        "cause": None,
        "requirements": MET,
        "plan": [],
        **changes,
    }


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Four records, one of which is labelled wrongly, and a line that the check could not read."""
    rows = [record(0), record(1), record(2), record(3, intent="benign"), {"line": 9, "error": "not JSON", "text": "{"}]
    path = tmp_path / "a.checked.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_it_writes_report_figures_disagreements_duplicates_and_plots(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "report"
    printed = run(results, "--out", out).output
    assert "4 instructions, 1 other lines" in printed
    report = (out / "report.md").read_text()
    linked = set(re.findall(r"\]\((\w+\.png)\)", report))
    assert {path.name for path in out.iterdir()} == FILES | linked
    assert "verdicts.png" in linked
    assert json.loads((out / "quality.json").read_text())["counts"]["checked"] == 4
    (wrong,) = rows_of(out / "disagreements.jsonl")
    assert (wrong["id"], wrong["label"], wrong["verdict"], wrong["decision"]) == ("r3", "benign", "harmful", "dropped")
    (cluster,) = rows_of(out / "duplicates.jsonl")
    assert (cluster["representative"], cluster["members"]) == ("r0", [{"id": "r2", "similarity": 1.0}])


def test_the_same_input_gives_the_same_bytes(results: Path, tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        run(results, "--out", tmp_path / name)
        contents.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert contents[0] == contents[1]


def test_a_second_judge_is_compared(results: Path, tmp_path: Path) -> None:
    labels = tmp_path / "people.jsonl"
    labels.write_text("".join(f'{{"id": "r{number}", "verdict": "benign"}}\n' for number in range(3)))
    printed = run(results, "--out", tmp_path / "out", "--against", labels, "--no-plots").output
    assert "two judges, 3 items: Cohen's kappa 0.00" in printed
    second = json.loads((tmp_path / "out" / "quality.json").read_text())["semantic"]["second_judge"]
    assert second["differences"] == [{"id": "r1", "first": "harmful", "second": "benign"}]


@pytest.mark.parametrize("content", ["", "\n\n", '{"line": 1, "error": "x", "text": ""}\n'])
def test_a_file_without_instructions_gives_an_empty_report(content: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text(content)
    printed = run(path, "--out", tmp_path / "out").output
    assert "0 instructions" in printed
    assert "nan" not in printed
    assert {file.name for file in (tmp_path / "out").iterdir()} == FILES
    figures = json.loads((tmp_path / "out" / "quality.json").read_text())
    assert figures["executable"]["share"] is None


def test_damaged_lines_are_named_and_give_exit_code_one(results: Path, tmp_path: Path) -> None:
    with results.open("a") as file:
        file.write('{"id": "half')
    printed = run(results, "--out", tmp_path / "out", "--no-plots", code=1).output
    assert "1 lines of the results are damaged" in printed
    assert "expected JSON" in (tmp_path / "out" / "report.md").read_text()


def test_plots_of_an_earlier_report_do_not_stay(results: Path, tmp_path: Path) -> None:
    run(results, "--out", tmp_path / "out")
    run(results, "--out", tmp_path / "out", "--no-plots")
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES


def test_without_matplotlib_the_error_names_the_remedy_and_nothing_is_written(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    printed = run(results, "--out", tmp_path / "out", code=2)
    assert "pip install 'agentalign-env[report]'" in printed.stderr
    assert not (tmp_path / "out").exists()
    run(results, "--out", tmp_path / "out", "--no-plots")


def test_what_a_user_can_correct_is_said(results: Path, tmp_path: Path) -> None:
    assert "expected a readable file" in run(tmp_path / "none.jsonl", "--out", tmp_path / "o", code=2).stderr
    run(results, "--out", tmp_path / "o", "--threshold", 0.1, code=2)
    assert "none.jsonl" in run(results, "--out", tmp_path / "o", "--against", tmp_path / "none.jsonl", code=2).stderr
    assert not (tmp_path / "o").exists()
