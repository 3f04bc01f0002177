"""What a built dataset is like: coverage, balance, repeats, and whether anything gives the intent away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from agentalign_env.errors import DataFileError
from agentalign_env.recording.export.files import new_file
from agentalign_env.recording.rows import TrainingRow
from agentalign_env.synthesis.dataset.leaks import LEAK_SOURCES, Leak, Sample, leak_test, length_words
from agentalign_env.synthesis.duplicates import DuplicateFinder
from agentalign_env.synthesis.plots import draw_counts

__all__ = ["DatasetReport", "report_on", "write_report"]

_SPLITS = ("train", "test")
_NEAR = 0.7
_STEP = 25  # words of a bucket of lengths
_PLOTS = {
    "category": "Rows by category",
    "capability": "Rows by capability",
    "steps": "Rows by steps of the chain",
    "words": "Rows by words of the instruction",
}


class DatasetReport(NamedTuple):
    """What was found.

    Attributes:
        rows: By split and intent.
        care: Borderline rows by what they ask of the agent.
        spread: Rows by ``category``, ``capability``, ``steps``, ``words``, each by intent.
        signatures: Sets of tools offered: how many, of them with benign and harmful rows, of them in both splits.
        chains_in_both: Chains that both splits have.
        same_text: Instructions that stand more than once.
        near: Instructions that resemble an earlier one of their intent.
        calls: Mean number of calls, by intent.
        leaks: The leak test, and last how well the instruction itself tells the intent.
    """

    rows: Mapping[str, Mapping[str, int]]
    care: Mapping[str, int]
    spread: Mapping[str, Mapping[str, Mapping[str, int]]]
    signatures: Mapping[str, int]
    chains_in_both: tuple[str, ...]
    same_text: int
    near: int
    calls: Mapping[str, float]
    leaks: tuple[Leak, ...]

    @property
    def leak_free(self) -> bool:
        """Whether nothing that should carry no signal does."""
        return all(leak.at_chance for leak in self.leaks if leak.source in LEAK_SOURCES)

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values; what has nothing to count is null."""
        leaks = [{**leak._asdict(), "at_chance": leak.at_chance} for leak in self.leaks]
        content: dict[str, Any] = orjson.loads(orjson.dumps({**self._asdict(), "leaks": leaks}))
        return content


class _Row(NamedTuple):
    """A row as the report needs it."""

    split: str
    meta: Mapping[str, Any]
    instruction: str
    tools: tuple[str, ...]
    calls: int


def report_on(folder: str | Path) -> DatasetReport:
    """Reads a dataset that `build_dataset` wrote; rows that were mixed in are left aside.

    Raises:
        DataFileError: The folder holds no dataset, or a line is no row.
    """
    rows = [row for row in _rows(Path(folder)) if "family" in row.meta]
    by_split: dict[str, Counter[str]] = {split: Counter() for split in _SPLITS}
    spread: dict[str, dict[str, Counter[str]]] = {kind: {} for kind in _PLOTS}
    texts: Counter[str] = Counter()
    tools: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    chains: dict[str, set[str]] = {}
    calls: dict[str, list[int]] = {}
    finder = DuplicateFinder(_NEAR)
    for number, row in enumerate(rows):
        intent = row.meta["intent"]
        by_split[row.split][intent] += 1
        for kind, names in _kinds(row).items():
            for name in names:
                spread[kind].setdefault(name, Counter())[intent] += 1
        texts[row.instruction] += 1
        tools.setdefault(row.tools, set()).add((row.split, intent))
        chains.setdefault(row.meta["chain"], set()).add(row.split)
        calls.setdefault(intent, []).append(row.calls)
        finder.add(str(number), row.instruction, intent)
    samples = [_sample(row) for row in rows]
    return DatasetReport(
        rows={split: dict(sorted(counts.items())) for split, counts in by_split.items()},
        care=dict(sorted(Counter(row.meta["care"] for row in rows if row.meta["care"]).items())),
        spread={kind: {name: dict(counts[name]) for name in sorted(counts)} for kind, counts in spread.items()},
        signatures={
            "sets": len(tools),
            "with benign and harmful rows": sum(
                {"benign", "harmful"} <= {intent for _, intent in seen} for seen in tools.values()
            ),
            "in both splits": sum(len({split for split, _ in seen}) > 1 for seen in tools.values()),
        },
        chains_in_both=tuple(sorted(chain for chain, seen in chains.items() if len(seen) > 1)),
        same_text=sum(count - 1 for count in texts.values()),
        near=finder.result().near,
        calls={intent: sum(several) / len(several) for intent, several in sorted(calls.items())},
        leaks=tuple(leak_test(samples, source) for source in (*LEAK_SOURCES, "instruction")),
    )


def _rows(folder: Path) -> Iterator[_Row]:
    for split in _SPLITS:
        path = folder / f"{split}.jsonl"
        if not path.is_file():
            remedy = "Build one with `agentalign dataset build --out`."
            raise DataFileError(str(path), "file", "expected a file of a built dataset, found none", remedy)
        with path.open("rb") as file:
            for line in file:
                row = TrainingRow.from_json(orjson.loads(line))
                yield _Row(
                    split,
                    row.meta,
                    next(message["content"] for message in row.messages if message["role"] == "user"),
                    tuple(tool["function"]["name"] for tool in row.tools),
                    sum(len(message.get("tool_calls", ())) for message in row.messages),
                )


def _kinds(row: _Row) -> dict[str, Sequence[str]]:
    """What a row counts for."""
    low = len(row.instruction.split()) // _STEP * _STEP
    return {
        "category": (row.meta["category"],),
        "capability": tuple(dict.fromkeys(row.meta["pattern"])),
        "steps": (str(len(row.meta["pattern"])),),
        "words": (f"{low:03d} to {low + _STEP - 1:03d}",),
    }


def _sample(row: _Row) -> Sample:
    world = row.meta["reset"]
    features = {
        "tools": row.tools,
        "lengths": length_words(row.instruction),
        "worlds": (f"seed:{world['seed']}", f"size:{world['world']}", f"level:{world['explicitness']}"),
        "instruction": tuple(row.instruction.lower().split()),
    }
    return Sample(row.meta["family"], row.meta["intent"] == "harmful", features)


def write_report(report: DatasetReport, folder: str | Path, *, plots: bool = True) -> Path:
    """Writes ``report.md`` with its plots, and ``report.json``; where the page is.

    Raises:
        MissingExtraError: matplotlib is not installed, and plots are wanted.
        OSError: Something cannot be written.
    """
    where = Path(folder)
    drawn = {}
    for kind, title in _PLOTS.items() if plots else ():
        totals = {name: sum(counts.values()) for name, counts in report.spread[kind].items()}
        drawn[f"{kind}.png"] = draw_counts(title, totals)
    files = {
        **drawn,
        "report.json": orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE),
        "report.md": _page(report, drawn).encode(),
    }
    for name, content in files.items():
        with new_file(where / name) as part:
            part.write_bytes(content)
    return where / "report.md"


def _page(report: DatasetReport, drawn: Mapping[str, bytes]) -> str:
    intents = ("benign", "borderline", "harmful")
    parts = ["# Dataset report", "## Rows"]
    by_split = [(split, *(f"{counts.get(i, 0):,}" for i in intents)) for split, counts in report.rows.items()]
    parts.append(_table(("split", *intents), by_split))
    if report.care:
        parts.append("Care that borderline rows ask for: " + _listed(report.care) + ".")
    parts.append("Calls per row: " + ", ".join(f"{mean:.1f} ({intent})" for intent, mean in report.calls.items()) + ".")
    parts += ["## Leak test", _LEAKS]
    parts.append(
        _table(
            ("from", "AUC", "99 % interval", "rows", "at chance"),
            [
                (one.source, f"{one.auc:.3f}", f"{one.low:.3f} to {one.high:.3f}", f"{one.rows:,}", _yes(one.at_chance))
                for one in report.leaks
            ],
        )
    )
    parts += ["## Tool sets, chains and texts", _table(("sets of tools", "count"), [*report.signatures.items()])]
    both = ", ".join(report.chains_in_both) or "none"
    parts.append(
        f"Chains in both splits: {both}. Instructions that stand more than once: {report.same_text}. Instructions that "
        f"resemble an earlier one of their intent (similarity {_NEAR} or more): {report.near:,}."
    )
    for kind, title in _PLOTS.items():
        parts.append(f"## {title}")
        if f"{kind}.png" in drawn:
            parts.append(f"![{title}]({kind}.png)")
        rows = [(name, *(f"{counts.get(i, 0):,}" for i in intents)) for name, counts in report.spread[kind].items()]
        parts.append(_table((kind, *intents), rows))
    return "\n\n".join(parts) + "\n"


_LEAKS = (
    "A bag-of-words classifier guesses whether a row is harmful, in families that it has not seen, from one thing "
    "alone. From tool sets, lengths and worlds the guess should be no better than a coin's (AUC 0.5); the instruction "
    "is there to compare."
)


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _yes(value: bool) -> str:
    return "yes" if value else "no"
