"""Measures other packages and this one in one process and prints all figures, then the goals."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.__main__ import positive
from benchmarks.measure import Settings
from benchmarks.peers.packages import ABSENT, PEERS, Peer, is_installed
from benchmarks.report import (
    README,
    Results,
    cells,
    goals,
    machine_in_words,
    markdown_table,
    replace_between,
    show,
    show_goals,
    summary,
    to_json,
)

__all__ = ["SETTINGS", "main"]

SETTINGS = Settings(rounds=2, block_us=50_000.0)
"""Longer blocks and fewer of them: an episode of theirs takes milliseconds."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line: ``python -m benchmarks.peers [--only PEER] [--repeats N] [--json FILE] [--write-readme]``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--only", metavar="PEER", action="append", choices=list(PEERS), help="may be repeated")
    parser.add_argument(
        "--repeats", type=positive, default=SETTINGS.repeats, help="samples per figure; the median is reported"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there, too")
    parser.add_argument(
        "--write-readme",
        metavar="MACHINE",
        nargs="?",
        const=machine_in_words(),
        help="renew the peers in benchmarks/README.md; say in a few words what machine this is",
    )
    options = parser.parse_args(arguments)
    chosen = {name: peer for name, peer in PEERS.items() if options.only is None or name in options.only}
    missing = [peer.package for peer in chosen.values() if not is_installed(peer)]
    if missing:
        parser.error(f"{' and '.join(missing)} not installed here: run `make bench-peers`, which installs them apart")
    if options.write_readme and options.only:
        parser.error("--write-readme needs all peers: leave --only out")
    results: Results = {}
    for name, peer in chosen.items():
        print(f"measuring {name} ...", file=sys.stderr)
        results[name] = list(peer.load().run(SETTINGS._replace(repeats=options.repeats)))
    show(results)
    print()
    show_goals(results)
    for name, why in ABSENT.items():
        print(f"Not measured: {name}: {why}")
    if options.json is not None:
        to_json(results, options.json)
    if options.write_readme:
        replace_between(README, "peers", _page(results, options.write_readme))


def _page(results: Results, machine: str) -> str:
    """The figures, and how calls were mapped, in Markdown."""
    packages = ", ".join(f"{peer.package} {version(peer.package)}" for peer in PEERS.values())
    head = f"agentalign-env {version('agentalign-env')} against {packages}; {machine}. {summary(goals(results))}."
    rows = [cells(name, figure) for name, figures in results.items() for figure in figures]
    parts = [head, markdown_table(("peer", "what", "CPU us", "cal", "value", "goal", ""), rows)]
    for name, peer in PEERS.items():
        parts += [f"How the calls of {name} are made with ours:", _mapping(peer)]
    parts += ["Not measured:", "\n".join(f"- {name}: {why}" for name, why in ABSENT.items())]
    return "\n\n".join(parts)


def _mapping(peer: Peer) -> str:
    rows = [(f"`{mapped.theirs}`", f"`{mapped.ours}`", mapped.differs) for mapped in peer.load().MAPPED]
    return markdown_table(("theirs", "ours", "differs"), rows)


if __name__ == "__main__":
    main()
