"""The subjects: every ``<subject>_benchmark.py`` of this folder, found by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path

from benchmarks.measure import Figure, Settings

__all__ = ["Subject", "load_subjects"]

Subject = Callable[[Settings], Iterable[Figure]]

_SUFFIX = "_benchmark"


def load_subjects() -> Mapping[str, Subject]:
    """The `run` of each subject, by the subject's name."""
    found: dict[str, Subject] = {}
    for path in sorted(Path(__file__).parent.glob(f"*{_SUFFIX}.py")):
        found[path.stem.removesuffix(_SUFFIX)] = import_module(f"benchmarks.{path.stem}").run
    return found
