"""Runs the benchmarks and prints one table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Settings
from benchmarks.report import show, to_json
from benchmarks.subjects import load_subjects


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line: ``python -m benchmarks [--only SUBJECT] [--repeats N] [--json FILE]``."""
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
        "--repeats", type=_repeats, default=Settings().repeats, help="samples per figure; the median is reported"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there, too")
    options = parser.parse_args(arguments)
    settings, results = Settings(repeats=options.repeats), {}
    for name, run in subjects.items():
        if options.only is None or name in options.only:
            print(f"measuring {name} ...", file=sys.stderr)
            results[name] = list(run(settings))
    show(results)
    if options.json is not None:
        to_json(results, options.json)


def _repeats(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected an integer of 1 or more, got {text!r}: 5 is the default")
    return int(text)


if __name__ == "__main__":
    main()
