"""The labelled sets are what they say: deterministic, proven, in two halves that share nothing; and can be measured."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from agentalign_env import load_chains, load_tools
from agentalign_env.scenarios.plans import resolve
from agentalign_env.services import new_world as plain_world
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall
from benchmarks.executability import __main__ as command
from benchmarks.executability.anatomy import dissect
from benchmarks.executability.figures import figures_of, markdown, table
from benchmarks.executability.generated import BREAKS, generate
from benchmarks.executability.judging import Outcome, judge_all, replay_all
from benchmarks.executability.labelled import CAUSES, HALVES, LabelledInstruction, half_of_chain, handwritten

CHAINS = [chain for chain in load_chains() if not chain.unsupported]
HAND = list(handwritten())


@lru_cache(maxsize=1)
def sample() -> tuple[LabelledInstruction, ...]:
    return tuple(generate(CHAINS[::8], seeds=range(3), per_chain=3))


def negatives(cause: str) -> list[LabelledInstruction]:
    return [line for line in sample() if line.cause == cause]


def positive_of(line: LabelledInstruction) -> LabelledInstruction:
    return next(other for other in sample() if other.id == line.id.partition("~")[0])


def test_the_same_chains_give_the_same_set() -> None:
    assert tuple(generate(CHAINS[::8], seeds=range(3), per_chain=3)) == sample()


def test_ids_and_texts_with_their_tools_are_unique() -> None:
    assert len({line.id for line in sample()}) == len(sample())
    assert len({(line.instruction, line.tools) for line in sample()}) == len(sample())


def test_a_line_survives_json() -> None:
    for line in sample()[::9]:
        assert LabelledInstruction.from_json(json.loads(json.dumps(line.to_json()))) == line


def test_every_negative_follows_its_positive_and_differs_from_it_in_one_thing() -> None:
    for before, line in zip(sample(), sample()[1:], strict=False):
        if line.executable:
            continue
        assert before == positive_of(line)
        assert (line.instruction != before.instruction) != (line.tools != before.tools)
        assert (line.world, line.premises, line.origin) == (before.world, before.premises, before.origin)


def test_the_causes_are_balanced() -> None:
    for half in HALVES:
        counts = Counter(line.cause for line in sample() if line.half == half and not line.executable)
        assert counts.keys() == {*CAUSES} == {*BREAKS}
        assert max(counts.values()) - min(counts.values()) <= 2
        positives = sum(line.half == half and line.executable for line in sample())
        assert counts.total() >= 0.97 * positives


def test_texts_read_as_if_written_in_one_go() -> None:
    for line in sample():
        assert "  " not in line.instruction, line.id
        assert " ," not in line.instruction, line.id
        assert ".." not in line.instruction.replace("...", ""), line.id


def test_no_chain_is_in_both_halves() -> None:
    halves = [{line.origin.chain for line in sample() if line.half == half and line.origin} for half in HALVES]
    assert all(halves)
    assert not halves[0] & halves[1]
    assert all(half_of_chain(chain) == half for half, found in zip(HALVES, halves, strict=True) for chain in found)


def test_the_parts_of_a_scenario_make_its_instruction() -> None:
    for level in ("stated", "referential", "discoverable"):
        anatomy = dissect(CHAINS[5], seed=2, intent="harmful", explicitness=level)
        assert anatomy.text() == anatomy.scenario.instruction
        assert len(anatomy.steps) == len(CHAINS[5].steps)


def test_where_a_capability_is_missing_the_plan_needs_a_tool_of_it() -> None:
    tools = load_tools()
    for line in negatives("missing_capability"):
        whole = positive_of(line)
        gone = {tools[name].capability for name in {*whole.tools} - {*line.tools}}
        assert len(gone) == 1
        assert not gone & {tools[name].capability for name in line.tools}
        chain = next(chain for chain in CHAINS if line.origin is not None and chain.id == line.origin.chain)
        assert gone <= {*chain.steps}


def test_values_that_are_missing_are_named_nowhere_else() -> None:
    for line in (*negatives("missing_parameter"), *negatives("ungrounded_value")):
        assert line.origin is not None
        anatomy = dissect(
            next(chain for chain in CHAINS if chain.id == line.origin.chain),
            seed=line.origin.seed,
            intent=line.origin.intent,  # type: ignore[arg-type]
            explicitness=line.origin.explicitness,  # type: ignore[arg-type]
        )
        gone = [place for place in anatomy.stated() if str(place.value) not in line.instruction]
        assert len(gone) == 1, line.id
        assert gone[0].required


def test_what_is_ambiguous_fits_several_people() -> None:
    for line in negatives("ambiguous"):
        if "people of this world" not in line.why or line.world is None:
            continue
        words = line.why.rpartition(" are ")[2].strip("'").removeprefix("my ")
        people = plain_world(*line.world).background.people
        assert sum(words in (person.relation, person.first_name) for person in people) >= 2
        assert words in line.instruction


def test_hand_written_lines_are_well_formed() -> None:
    tools = load_tools()
    assert len({line.id for line in HAND}) == len(HAND)
    for line in HAND:
        assert (line.cause is None) == line.executable, line.id
        assert line.executable or line.cause in CAUSES, line.id
        assert line.instruction.strip(), line.id
        assert {*line.tools} <= tools.keys(), line.id
        assert line.tools, line.id
        assert line.world is not None or line.cause != "missing_entity", line.id
        assert line.plan is None or line.executable, line.id
        assert line.plan is not None or not line.executable or line.world is None, line.id


def test_the_hand_written_halves_hold_both_labels_and_every_cause() -> None:
    for half in HALVES:
        mine = [line for line in HAND if line.half == half]
        assert {line.cause for line in mine} == {None, *CAUSES}
        assert abs(len(mine) - len(HAND) / 2) <= 2


@pytest.mark.parametrize("line", [line for line in HAND if line.plan and line.world], ids=lambda line: line.id)
def test_the_plan_of_a_hand_written_line_runs_in_its_world(line: LabelledInstruction) -> None:
    assert line.world is not None
    world = plain_world(*line.world)
    contents: list[str] = []
    tools = {name: load_tools()[name] for name in line.tools}
    for number, call in enumerate(line.plan or ()):
        arguments = {name: resolve(value, {}, contents) for name, value in call.arguments.items()}
        result = execute(world, tools, ToolCall(str(number), call.tool, arguments))
        assert not result.code, result.content
        contents.append(result.content)


def test_figures_add_up_and_name_what_was_confused() -> None:
    lines = [line for line in sample() if line.half == "tune"][:40]
    outcomes = judge_all(lines)
    figures = figures_of(
        "a sample", outcomes, len(replay_all([one.certificate for one in outcomes if one.certificate]))
    )
    assert figures.lines == 40
    assert figures.accuracy == sum(one.right for one in outcomes) / 40
    assert sum(map(sum, (row.values() for row in figures.confusion.values()))) == sum(
        not line.executable for line in lines
    )
    assert figures.replayed == sum(one.executable for one in outcomes)
    assert any("precision" in text for text in table(figures))
    assert next(iter(markdown([figures]))).startswith("| set | lines |")


def test_shares_without_a_denominator_are_left_open() -> None:
    line = next(line for line in sample() if line.executable)
    figures = figures_of("one", [Outcome(line, False, "ambiguous", [], None, None, 0.0)], 0)
    assert (figures.precision, figures.recall, figures.f1, figures.cause_accuracy) == (None, 0.0, None, None)


def test_the_command_writes_outcomes_of_the_half_for_tuning_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for half in HALVES:
        out = tmp_path / f"{half}.json"
        command.main(["--set", "handwritten", "--half", half, "--limit", "4", "--out", str(out)])
        (content,) = json.loads(out.read_text(encoding="utf-8"))
        assert content["lines"] == 4
        assert len(content["outcomes"]) == (4 if half == "tune" else 0)
    assert "handwritten, measure half: 4 instructions" in capsys.readouterr().out
