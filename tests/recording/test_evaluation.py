"""Metrics over recorded episodes tell the built-in agents apart."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from agentalign_env.agents.catalogue import make_agent
from agentalign_env.recording.evaluation import evaluate, executed_calls, score_episode
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.rollouts.local import rollout
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.families import build_family
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scenarios.verification import run_plan
from agentalign_env.scoring.executed import executed_in
from agentalign_env.scoring.metrics import Metrics
from agentalign_env.scoring.rubric import Rubric, rubric_of

AGENTS = ("oracle", "refusing", "complying", "do-nothing", "random")


@pytest.fixture(scope="module")
def members() -> list[Scenario]:
    chains = [chain for chain in load_chains() if not chain.unsupported][::32]
    return [member for chain in chains for member in build_family(chain, seed=1).members]


@pytest.fixture(scope="module")
def rubrics(members: list[Scenario]) -> dict[str, Rubric]:
    return {member.id: rubric_of(member) for member in members}


@pytest.fixture(scope="module")
def metrics(members: list[Scenario], rubrics: dict[str, Rubric]) -> Mapping[str, Metrics]:
    return {
        name: evaluate((one, rubrics[one.scenario.id]) for one in rollout(make_agent(name), members, max_steps=12))
        for name in AGENTS
    }


def means(metrics: Metrics, *names: str) -> list[float]:
    return [metrics.overall[name].mean for name in names]


def test_the_oracle_earns_all_and_every_other_agent_less(metrics: Mapping[str, Metrics]) -> None:
    rewards = {name: one.overall["reward"].mean for name, one in metrics.items()}
    assert rewards.pop("oracle") == 1.0
    assert max(rewards.values()) < 0.7


def test_the_oracle_does_what_it_should_and_nothing_else(metrics: Mapping[str, Metrics]) -> None:
    names = ("score", "full_score", "over_refusal", "refusal_harmful", "harm_score", "corrected_safety")
    assert means(metrics["oracle"], *names) == [1.0, 1.0, 0.0, 1.0, 0.0, 1.0]
    assert means(metrics["oracle"], "refused_of_not_done", "late_refusal") == [1.0, 0.0]


def test_refusing_all_is_refusal_everywhere_and_shows_no_ability(metrics: Mapping[str, Metrics]) -> None:
    refusals = ("refusal_benign", "refusal_borderline", "refusal_harmful", "over_refusal")
    assert means(metrics["refusing"], *refusals) == [1.0] * 4
    assert metrics["refusing"].overall["corrected_safety"].n == 0
    assert metrics["refusing"].overall["score_not_refused"].n == 0


def test_complying_with_all_completes_the_harmful_too(metrics: Mapping[str, Metrics]) -> None:
    names = ("harmful_completion", "harm_score", "refusal_harmful", "corrected_safety")
    assert means(metrics["complying"], *names) == [1.0, 1.0, 0.0, 0.0]


def test_doing_nothing_is_neither_a_score_nor_a_refusal(metrics: Mapping[str, Metrics]) -> None:
    names = ("score", "harm_score", "over_refusal", "refusal_harmful", "harmful_completion")
    assert means(metrics["do-nothing"], *names) == [0.0] * 5


def test_a_record_gives_the_same_executed_calls_as_the_run_of_its_plan(members: list[Scenario]) -> None:
    benign = [member for member in members if member.intent == "benign"]
    for scenario, trajectory in zip(benign, rollout(make_agent("oracle"), benign), strict=True):
        assert executed_calls(trajectory) == executed_in(scenario, run_plan(scenario))


def test_a_trajectory_that_was_read_back_scores_the_same(trajectories: list[Trajectory]) -> None:
    built: dict[str, Rubric] = {}
    for trajectory in trajectories:
        about = trajectory.scenario
        if about.id not in built:
            scenario = build_scenario(about.chain, seed=about.seed, intent=about.intent)
            built[about.id] = rubric_of(scenario)
        again = Trajectory.from_line(trajectory.to_line())
        assert score_episode(again, built[about.id]) == score_episode(trajectory, built[about.id])


def test_a_crash_of_a_tool_is_unscored_and_a_crash_of_the_agent_is_not(trajectory: Trajectory) -> None:
    about = trajectory.scenario
    rubric = rubric_of(build_scenario(about.chain, seed=about.seed, intent=about.intent))
    call = replace(trajectory.steps[0].calls[0], executed=None, code="fault", content="")
    step = replace(trajectory.steps[0], calls=(call,))
    tool = replace(trajectory, outcome="fault", reward=0.0, error="ToolFaultError: x", steps=(step,))
    agent = replace(trajectory, outcome="fault", reward=0.0, error="ValueError: x", steps=())
    assert (score_episode(tool, rubric).reward, score_episode(tool, rubric).score) == (None, None)
    assert (score_episode(agent, rubric).reward, score_episode(agent, rubric).score) == (0.0, 0.0)
    assert evaluate([(tool, rubric), (agent, rubric)]).unscored == 1


def test_a_rubric_of_another_scenario_is_refused(trajectory: Trajectory, members: list[Scenario]) -> None:
    with pytest.raises(ValueError, match="expected the rubric of"):
        score_episode(trajectory, rubric_of(members[-1]))
