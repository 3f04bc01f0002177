"""Runs the benchmarks and prints all figures, then the goals."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import Settings
from benchmarks.report import (
    README,
    goals,
    machine_in_words,
    markdown_table,
    replace_between,
    show,
    show_goals,
    summary,
    to_json,
)
from benchmarks.subjects import load_subjects

__all__ = ["main", "positive"]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line: ``python -m benchmarks [--only SUBJECT] [--repeats N] [--json FILE] [--write-readme]``."""
    subjects = load_subjects()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        metavar="SUBJECT",
        action="append",
        choices=list(subjects),
        help=f"one of {', '.join(subjects)}; may be repeated",
    )
    parser.add_argument(
        "--repeats", type=positive, default=Settings().repeats, help="samples per figure; the median is reported"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there, too")
    parser.add_argument(
        "--write-readme",
        metavar="MACHINE",
        nargs="?",
        const=machine_in_words(),
        help="renew the goals in benchmarks/README.md; say in a few words what machine this is",
    )
    options = parser.parse_args(arguments)
    if options.write_readme and options.only:
        parser.error("--write-readme needs all subjects: leave --only out")
    settings, results = Settings(repeats=options.repeats), {}
    for name, run in subjects.items():
        if options.only is None or name in options.only:
            print(f"measuring {name} ...", file=sys.stderr)
            results[name] = list(run(settings))
    show(results)
    print()
    show_goals(results)
    if options.json is not None:
        to_json(results, options.json)
    if options.write_readme:
        rows = goals(results)
        head = f"agentalign-env {version('agentalign-env')}, {options.write_readme}. {summary(rows)}."
        table = markdown_table(("subject", "what", "measured", "goal", ""), rows)
        replace_between(README, "goals", f"{head}\n\n{table}")


def positive(text: str) -> int:
    """An integer of 1 or more, from the command line."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected an integer of 1 or more, got {text!r}: 5 is the default")
    return int(text)


if __name__ == "__main__":
    main()
