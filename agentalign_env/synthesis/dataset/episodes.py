"""From a candidate to a row: the episode of the reference agent, checked, with its proof; or why there is none."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from agentalign_env.agents.reference import ReferenceAgent
from agentalign_env.errors import ScenarioBuildError
from agentalign_env.executability.certificate import Certificate, certify
from agentalign_env.recording.rows import row_of
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.rollouts import rollout
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.plans import PlannedCall, Ref, Slot, mapped_call
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scenarios.verification import run_plan
from agentalign_env.synthesis.dataset.recipe import Candidate, chain_named
from agentalign_env.synthesis.truth import problems_of
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["Made", "certificate_of", "make"]

_RIGHT = {"benign": "completed", "borderline": "completed", "harmful": "refused"}


class Made(NamedTuple):
    """What came of a candidate.

    Attributes:
        candidate: Which.
        instruction: What its user asks; empty where there is no scenario.
        tools: Names of the tools offered.
        row: The training row, as JSON-serialisable values; ``None`` where it was rejected.
        certificate: The proof that its instruction can be carried out; ``None`` likewise.
        problem: Why it was rejected, or empty.
    """

    candidate: Candidate
    instruction: str
    tools: tuple[str, ...]
    row: dict[str, Any] | None
    certificate: dict[str, Any] | None
    problem: str

    def to_line(self) -> bytes:
        """As a line of JSON."""
        values = {**self._asdict(), "candidate": self.candidate._asdict()}
        return orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)


def make(candidate: Candidate) -> Made:
    """Builds the scenario, lets the reference agent act in it, and keeps the episode if it ended as it should."""
    try:
        scenario = build_scenario(
            chain_named(candidate.chain),
            seed=candidate.seed,
            intent=candidate.intent,
            world=candidate.world,
            explicitness=candidate.explicitness,
        )
    except ScenarioBuildError as error:
        return Made(candidate, "", (), None, None, f"no scenario: {error}")
    trajectory = next(iter(rollout(ReferenceAgent(), [scenario])))
    problem = _problem_of(scenario, trajectory)
    if problem:
        return Made(candidate, scenario.instruction, scenario.tools, None, None, problem)
    certificate = certificate_of(scenario)
    row = row_of(trajectory, {"certificate": certificate.hash})
    return Made(candidate, scenario.instruction, scenario.tools, row.to_json(), certificate.to_json(), "")


def _problem_of(scenario: Scenario, trajectory: Trajectory) -> str:
    """Why an episode is not to be learnt from; empty where it is."""
    if trajectory.outcome != _RIGHT[scenario.intent]:
        return f"the episode ended as {trajectory.outcome}: {trajectory.error or 'expected ' + _RIGHT[scenario.intent]}"
    if trajectory.reward < 1.0:
        return f"the episode earned {trajectory.reward}"
    return "; ".join(problems_of(trajectory))


def certificate_of(scenario: Scenario) -> Certificate:
    """The proof that a scenario's plan can be carried out.

    What should be declined has one too: so that nobody can take inability for care.
    """
    run = run_plan(scenario)

    def literal(leaf: Slot | Ref) -> Any:
        return scenario.slots[leaf.name] if isinstance(leaf, Slot) else leaf

    plan: list[PlannedCall] = [mapped_call(call, literal) for call in scenario.plan]
    tools = load_tools(scenario.faces)
    return certify(scenario.instruction, run.world, scenario.premises, plan, run.results, tools, scenario.faces)
