"""Held-out splits leak nothing: what the test split is about was never shown in training."""

import os
from pathlib import Path

import gymnasium as gym
import pytest

from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.envs.registration import register_envs
from agentalign_env.errors import DataFileError, EnvArgumentError
from agentalign_env.scenarios import splits
from agentalign_env.scenarios.chains import Chain, load_chains, load_reference_chains
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scenarios.splits import HeldOut, load_splits, reserved_tools, split_chains
from agentalign_env.toolkit.catalogue import load_tools

_FOLDER = os.environ.get("AGENTALIGN_REFERENCE", "")
CHAINS = load_chains()
each_kind = pytest.mark.parametrize("held_out", ["chain", "tool", "capability", "category"])
each_explicitness = pytest.mark.parametrize("explicitness", ["stated", "mixed"])

register_envs()


def sides(held_out: HeldOut, chains: tuple[Chain, ...] = CHAINS) -> tuple[tuple[Chain, ...], tuple[Chain, ...]]:
    return split_chains(chains, "train", held_out), split_chains(chains, "test", held_out)


@each_kind
def test_both_sides_hold_something_and_training_holds_more(held_out: HeldOut) -> None:
    train, test = sides(held_out)
    assert len(test) >= 15
    assert len(train) > len(test)
    assert {*train, *test} <= {*CHAINS}


@pytest.mark.parametrize("held_out", ["chain", "capability", "category"])
def test_no_sequence_of_steps_is_on_both_sides(held_out: HeldOut) -> None:
    train, test = sides(held_out)
    assert {chain.steps for chain in train} & {chain.steps for chain in test} == set()
    assert {chain.id for chain in train} & {chain.id for chain in test} == set()


def test_no_opening_sentence_of_a_held_out_chain_is_in_training() -> None:
    train, test = sides("chain")
    texts = [{text for chain in side for text in (*chain.benign, *chain.harmful)} for side in (train, test)]
    assert texts[0] & texts[1] == set()


def test_held_out_capabilities_and_categories_are_in_the_test_split_alone() -> None:
    held = load_splits()
    train, test = sides("capability")
    assert not any(held.capabilities & {*chain.steps} for chain in train)
    assert all(held.capabilities & {*chain.steps} for chain in test)
    assert held.capabilities == {step for chain in test for step in chain.steps} & held.capabilities
    train, test = sides("category")
    assert {chain.category for chain in test} == held.categories
    assert not held.categories & {chain.category for chain in train}


@pytest.mark.skipif(not _FOLDER, reason="AGENTALIGN_REFERENCE does not name the published data")
def test_chains_of_another_file_are_held_out_with_those_of_the_same_steps() -> None:
    reference = load_reference_chains(Path(_FOLDER) / "merged_tool_chains_cleaned.json")
    train, test = sides("chain", (*CHAINS, *reference))
    assert {chain.steps for chain in train} & {chain.steps for chain in test} == set()
    assert len(test) > len(sides("chain")[1])


@each_explicitness
@pytest.mark.parametrize("held_out", ["tool", "capability"])
def test_training_neither_uses_nor_offers_a_reserved_tool_and_every_test_uses_one(
    held_out: HeldOut, explicitness: str
) -> None:
    reserved = reserved_tools(held_out)
    assert len(reserved) >= 5
    for split in ("train", "test"):
        env = gym.make(
            "AgentAlign/Chain-v0", split=split, held_out=held_out, explicitness=explicitness, variants=2
        ).unwrapped
        assert isinstance(env, AgentAlignEnv)
        for seed in range(60):
            env.reset(seed=seed)
            setting = env.episode.setting
            assert isinstance(setting, Scenario)
            used = {call.tool for call in setting.plan}
            assert used <= {*setting.tools}
            if split == "train":
                assert not reserved & {*setting.tools}
            else:
                assert reserved & used


def test_each_held_out_tool_has_a_sibling_in_training() -> None:
    tools, held = load_tools(), load_splits().tools
    for name in held:
        assert any(tool.name not in held for tool in tools.of(tools[name].capability))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(EnvArgumentError, match="'chain', 'tool', 'capability', 'category'"):
        gym.make("AgentAlign/Chain-v0", held_out="topic")


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"chains": ["no-such-chain"]}, "chains"),
        ({"tools": ["send_carrier_pigeon"]}, "tools"),
        ({"categories": ["cyber_crime", "weather"]}, "categories"),
        ({"topics": []}, "topics"),
    ],
)
def test_a_split_that_names_nothing_is_refused(
    content: dict[str, list[str]], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty: dict[str, list[str]] = {"chains": [], "tools": [], "capabilities": [], "categories": []}
    monkeypatch.setattr(splits, "read_toml", lambda path: {**empty, **content})
    load_splits.cache_clear()
    try:
        with pytest.raises(DataFileError, match=key):
            load_splits()
    finally:
        load_splits.cache_clear()
