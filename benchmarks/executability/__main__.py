"""Measures the check: ``python -m benchmarks.executability``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from agentalign_env.core.rng import derive_seed
from benchmarks.executability.figures import Figures, errors_in_words, figures_of, markdown, table, to_json
from benchmarks.executability.generated import load_generated
from benchmarks.executability.judging import Outcome, judge_all, replay_all
from benchmarks.executability.labelled import HALVES, LabelledInstruction, handwritten
from benchmarks.executability.reference import REFERENCE_VARIABLE, reference

_SETS = ("generated", "handwritten", "reference")
_MOST_SHOWN = 10  # errors of the measured half: it is there to measure, not to learn from


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line; see the README beside this file."""
    options = _parser().parse_args(arguments)
    several = []
    content = []
    for name in options.set or _SETS:
        half = options.half if name != "reference" else "measure"
        lines = _sample(_lines(name, half), options.limit)
        if not lines:
            print(f"{name}: nothing to check{_remedy(name)}", file=sys.stderr)
            continue
        print(f"{name}: checking {len(lines)} instructions ...", file=sys.stderr)
        outcomes = judge_all(lines, workers=options.workers)
        proofs = [one.certificate for one in outcomes if one.certificate is not None]
        diverged = replay_all(proofs, workers=options.workers)
        figures = figures_of(f"{name}, {half} half" if name != "reference" else name, outcomes, len(diverged))
        several.append(figures)
        content.append({**to_json(figures), "outcomes": [_told(one) for one in outcomes] if half == "tune" else []})
        if not options.markdown:
            _print(figures, outcomes, diverged, _most(options.errors, half))
    if options.markdown:
        print("\n".join(markdown(several)))
    if options.out is not None:
        options.out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.executability", description=__doc__)
    parser.add_argument("--set", action="append", choices=_SETS, help="all of them by default; may be repeated")
    parser.add_argument("--half", choices=HALVES, default="measure", help="measure by default")
    parser.add_argument("--limit", type=_count, metavar="N", help="so many of each set, the same ones each time")
    parser.add_argument("--workers", type=_count, default=1, metavar="N", help="processes")
    parser.add_argument(
        "--errors",
        type=int,
        metavar="K",
        help=f"show the K worst errors: all by default on the tune half, none (and {_MOST_SHOWN} at most) on the other",
    )
    parser.add_argument("--markdown", action="store_true", help="print the tables of the README instead")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the figures as JSON; on the tune half each outcome"
    )
    return parser


def _lines(name: str, half: str) -> list[LabelledInstruction]:
    if name == "reference":
        return list(reference())
    lines = load_generated() if name == "generated" else handwritten()
    return [line for line in lines if line.half == half]


def _sample(lines: list[LabelledInstruction], limit: int | None) -> list[LabelledInstruction]:
    """So many of them, drawn by the hash of their ids, in their order."""
    if limit is None or limit >= len(lines):
        return lines
    drawn = sorted(lines, key=lambda line: derive_seed("sample", line.id))[:limit]
    kept = {line.id for line in drawn}
    return [line for line in lines if line.id in kept]


def _most(asked: int | None, half: str) -> int:
    if half == "tune":
        return sys.maxsize if asked is None else asked
    return min(asked or 0, _MOST_SHOWN)


def _print(figures: Figures, outcomes: Sequence[Outcome], diverged: Sequence[str], most: int) -> None:
    for text in errors_in_words(outcomes, most):
        print(text)
    for text in diverged[:most]:
        print(f"\ndiverged: {text}")
    print()
    print("\n".join(table(figures)))


def _told(one: Outcome) -> dict[str, object]:
    """An outcome as JSON values, without the proof."""
    return {
        **one.line.to_json(),
        "judged": one.executable,
        "found": one.cause,
        "findings": one.findings,
        "goals_met": one.goals_met,
        "crash": one.crash,
        "spent_s": one.spent_s,
    }


def _remedy(name: str) -> str:
    return f": {REFERENCE_VARIABLE} has to name the folder of the published data" if name == "reference" else ""


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected an integer of 1 or more, got {text!r}")
    return int(text)


if __name__ == "__main__":
    main()
