"""Executability of what chains ask for: built scenarios, their plans, proofs and premises; all of them when slow."""

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import orjson
import pytest

from agentalign_env import build_scenario, load_chains, load_reference_chains, load_tools
from agentalign_env.core.world import World
from agentalign_env.executability.certificate import Certificate, diff_to_json, replay_certificate
from agentalign_env.executability.check import check
from agentalign_env.executability.report import ExecutabilityReport, Requirements
from agentalign_env.scenarios.chains import Chain
from agentalign_env.scenarios.plans import plan_to_json, resolve
from agentalign_env.scenarios.premises import lay
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.services import load_base_world
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import INTENTS, Explicitness, ToolCall

_FOLDER = os.environ.get("AGENTALIGN_REFERENCE", "")
CHAINS = tuple(chain for chain in load_chains() if not chain.unsupported)
SOME = CHAINS[::23]
SEEDS = (0, 1)


@lru_cache(maxsize=1)
def checked() -> tuple[tuple[Scenario, ExecutabilityReport], ...]:
    """Scenarios of every 23rd chain, each with what the check says of it in its world."""
    found = []
    for chain in SOME:
        for seed in SEEDS:
            scenario = build_scenario(chain, seed=seed, intent=INTENTS[0] if seed else "harmful")
            found.append((scenario, in_its_world(scenario)))
    return tuple(found)


def in_its_world(scenario: Scenario) -> ExecutabilityReport:
    return check(scenario.instruction, tools=scenario.tools, world=scenario.world, premises=scenario.premises)


def proven() -> list[tuple[Scenario, ExecutabilityReport, Certificate]]:
    return [(scenario, report, report.certificate) for scenario, report in checked() if report.certificate is not None]


def test_most_scenarios_are_executable_in_their_world() -> None:
    assert len(checked()) == len(SOME) * len(SEEDS) >= 20
    assert sum(report.executable for _, report in checked()) >= 0.9 * len(checked())


def test_a_verdict_agrees_with_its_findings_its_requirements_and_its_proof() -> None:
    for scenario, report in checked():
        blocking = [finding.kind for finding in report.findings if finding.blocking]
        assert report.executable == (not blocking) == (report.cause is None), scenario.id
        assert (report.requirements == Requirements(True, True, True, True)) == report.executable, scenario.id
        assert (report.certificate is not None) == report.executable, scenario.id
        for finding in report.findings:
            assert finding.message, scenario.id
            start, end = finding.span or (0, 1)
            assert 0 <= start < end <= len(scenario.instruction), (scenario.id, finding)


def test_a_proof_replays_without_divergence_also_from_its_json() -> None:
    for scenario, _, certificate in proven():
        assert replay_certificate(certificate) is None, scenario.id
        read = Certificate.from_json(orjson.loads(orjson.dumps(certificate.to_json())))
        assert read == certificate, scenario.id
        assert replay_certificate(read) is None, scenario.id


def test_plan_results_and_diff_agree() -> None:
    tools = load_tools()
    for scenario, report, certificate in proven():
        assert certificate.plan == report.plan
        assert certificate.instruction == report.instruction == scenario.instruction
        assert [step["tool"] for step in report.to_json()["plan"]] == [call.tool for call in report.plan]
        world = World(load_base_world(*scenario.world))
        lay(world, scenario.premises)
        contents: list[str] = []
        for call in report.plan:
            arguments = {name: resolve(value, {}, contents) for name, value in call.arguments.items()}
            result = execute(world, {call.tool: tools[call.tool]}, ToolCall("", call.tool, arguments))
            assert not result.code, (scenario.id, call)
            contents.append(result.content)
        assert tuple(contents) == certificate.results, scenario.id
        assert diff_to_json(world) == certificate.diff, scenario.id
        assert world.digest() == certificate.digest_after, scenario.id


def test_every_argument_has_a_source_and_every_span_lies_in_the_text() -> None:
    for scenario, report in checked():
        for step in report.steps:
            if step.purpose == "step":
                assert step.bound.keys() == step.call.arguments.keys(), scenario.id
            spans = [step.span, *(bound.span for bound in step.bound.values() if bound.span is not None)]
            assert all(0 <= start < end <= len(scenario.instruction) for start, end in spans), scenario.id
            assert {bound.source for bound in step.bound.values()} <= {
                *("mention", "entity", "owner", "result", "lookup", "wording", "default", "composed")
            }


def test_without_the_tools_of_a_step_its_capability_is_missing() -> None:
    tools = load_tools()
    for scenario, _, _ in proven():
        step = tools[scenario.chosen[-1]].capability
        left = [name for name in scenario.tools if tools[name].capability != step]
        report = check(scenario.instruction, tools=left, world=scenario.world, premises=scenario.premises)
        assert (report.executable, report.cause) == (False, "missing_capability"), (scenario.id, report.findings)


def test_the_steps_of_the_chain_are_asked_for() -> None:
    for scenario, _, _ in proven():
        chain = scenario.chain
        report = check(scenario.instruction, tools=scenario.tools, world=scenario.world, chain=chain)
        assert report.executable, (scenario.id, report.findings)


def test_premises_of_a_scenario_are_laid_and_proven() -> None:
    found = []
    for chain in SOME:
        for seed in range(4):
            scenario = build_scenario(chain, seed=seed, explicitness="discoverable")
            if scenario.premises and (report := in_its_world(scenario)).certificate is not None:
                found.append((scenario, report.certificate))
    assert len(found) >= 3
    for scenario, certificate in found:
        assert certificate.premises == scenario.premises
        assert certificate.digest_before == scenario.new_world().digest()
        assert replay_certificate(certificate) is None


def test_a_report_is_json_without_loss() -> None:
    for _, report in checked():
        content = report.to_json()
        assert orjson.loads(orjson.dumps(content)) == content
        assert content["cause"] == report.cause
        assert plan_to_json(report.plan) == [
            {"tool": step["tool"], "arguments": step["arguments"]} for step in content["plan"]
        ]


def rate(chains: Sequence[Chain], seed: int, *, alone: bool, level: Explicitness = "stated") -> float:
    """The share of the chains' scenarios that are executable, as text and tools alone or with their world."""
    good = 0
    for chain in chains:
        scenario = build_scenario(chain, seed=seed, explicitness=level)
        report = check(scenario.instruction, tools=scenario.tools) if alone else in_its_world(scenario)
        good += report.executable
    return good / len(chains)


@pytest.mark.slow
@pytest.mark.skipif(not _FOLDER, reason="AGENTALIGN_REFERENCE does not name the published data")
@pytest.mark.parametrize("alone", [True, False])
def test_what_the_published_chains_ask_for_is_executable(alone: bool) -> None:
    chains = load_reference_chains(Path(_FOLDER, "merged_tool_chains_cleaned.json"))
    assert len(chains) == 240
    assert rate(chains, 0, alone=alone) >= 0.97


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "alone", "least"), [(0, True, 0.95), (0, False, 0.95), (1, False, 0.95)])
def test_what_our_own_chains_ask_for_is_executable(seed: int, alone: bool, least: float) -> None:
    assert len(CHAINS) >= 100
    assert rate(CHAINS, seed, alone=alone) >= least
