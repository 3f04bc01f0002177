"""The published chains: two scenarios of each, put to the check as text and tools alone, and with their world."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_reference_chains
from benchmarks.executability.labelled import LabelledInstruction

__all__ = ["REFERENCE_VARIABLE", "reference"]

REFERENCE_VARIABLE = "AGENTALIGN_REFERENCE"
"""Names the folder of the published data; it is not part of this project."""

_FILE = "merged_tool_chains_cleaned.json"


def reference() -> Iterator[LabelledInstruction]:
    """Two stated scenarios of each chain, a harmless and a harmful one, each once alone and once with its world.

    Nothing when the published data is not at hand.
    """
    folder = os.environ.get(REFERENCE_VARIABLE, "")
    if not folder:
        return
    chains = load_reference_chains(Path(folder, _FILE))
    for seed, intent in ((0, "benign"), (1, "harmful")):
        for chain in chains:
            scenario = build_scenario(chain, seed=seed, intent=intent)  # type: ignore[arg-type]
            for level in ("text alone", "with its world"):
                yield LabelledInstruction(
                    id=f"{scenario.id}:{level.replace(' ', '-')}",
                    half="measure",
                    instruction=scenario.instruction,
                    tools=scenario.tools,
                    world=None if level == "text alone" else scenario.world,
                    premises=(),
                    executable=True,
                    cause=None,
                    why="verified: its plan meets its goals",
                    level=level,
                )
