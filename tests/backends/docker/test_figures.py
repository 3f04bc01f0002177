"""The benchmark of the sandbox runs, in a size so small that its figures mean nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.sandbox import main


@pytest.mark.slow
def test_the_benchmark_yields_figures_and_leaves_nothing(
    image: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "figures.json"
    main(["--count", "2", "--episodes", "2", "--image", image, "--json", str(told)])
    figures = json.loads(told.read_text(encoding="utf-8"))
    assert (figures["episodes"], figures["left"]) == (2, 0)
    assert len(figures["figures"]) == 10
    assert all(0 <= one["least_ms"] <= one["ms"] for one in figures["figures"])
    assert capsys.readouterr().out.splitlines()[-1] == "2 episodes left 0 containers behind"
