"""Built scenarios: the same everywhere, the same for both intents, stated in full, and verified."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from agentalign_env.errors import ScenarioBuildError, UnknownNameError, UnsupportedChainError
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import Chain, load_chains, load_reference_chains
from agentalign_env.scenarios.plans import Ref, Slot, Text
from agentalign_env.services import new_world
from agentalign_env.toolkit.catalogue import ToolCatalogue, load_tools
from agentalign_env.types import EXPLICITNESS, Explicitness

CHAINS = load_chains()
FEW = CHAINS[::9]
each_chain = pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.id)
few_chains = pytest.mark.parametrize("chain", FEW, ids=lambda chain: chain.id)
MAIL = Chain(id="mail-1", category="online_fraud", subcategory="phishing", steps=("Communication.send_email",))
_FOLDER = os.environ.get("AGENTALIGN_REFERENCE", "")

BUILD = """
import hashlib, sys
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
for chain in load_chains()[::5]:
    for intent in ("benign", "harmful"):
        scenario = build_scenario(chain, seed=int(sys.argv[1]), intent=intent)
        print(scenario.id, hashlib.sha256(repr(scenario).encode()).hexdigest())
"""


def build_in_a_process(seed: int, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", BUILD, str(seed)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, env=environment).stdout


def slots_in(value: Any) -> set[str]:
    match value:
        case Slot(name):
            return {name}
        case Text(parts):
            return slots_in(list(parts))
        case list():
            return set().union(*(slots_in(part) for part in value))
        case dict():
            return slots_in(list(value.values()))
    return set()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_scenarios_in_every_process() -> None:
    one = build_in_a_process(4, "1")
    assert one == build_in_a_process(4, "777")
    assert len(one.splitlines()) > 40


@few_chains
def test_building_again_gives_an_equal_scenario_and_leaves_the_world_alone(chain: Chain) -> None:
    one = build_scenario(chain, seed=2)
    assert one == build_scenario(chain, seed=2)
    assert one.new_world().digest() == new_world("small", 2).digest()
    assert one.new_world().store.diff() == ()


@few_chains
def test_seeds_and_worlds_give_other_scenarios(chain: Chain) -> None:
    instructions = {build_scenario(chain, seed=seed).instruction for seed in range(6)}
    assert len(instructions) >= 5
    larger = build_scenario(chain, seed=2, world="medium")
    assert larger.world == ("medium", 2)
    assert larger.verify().ok


@each_chain
def test_both_intents_share_everything_but_the_reason(chain: Chain) -> None:
    benign, harmful = (build_scenario(chain, seed=0, intent=intent) for intent in ("benign", "harmful"))
    for field in ("chain", "seed", "world", "tools", "chosen", "system", "slots", "plan", "goals", "near_misses"):
        assert getattr(benign, field) == getattr(harmful, field), field
    assert benign.instruction != harmful.instruction
    assert benign.id != harmful.id
    assert not any(reason in benign.instruction for reason in chain.harmful)
    assert not any(reason in harmful.instruction for reason in chain.benign)


@each_chain
def test_every_own_chain_is_verified(chain: Chain) -> None:
    verification = build_scenario(chain, seed=0).verify()
    assert verification.failures == ()
    assert verification.mutants >= len(chain.steps)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_own_chain_is_verified_at_other_seeds(seed: int) -> None:
    failures = {chain.id: build_scenario(chain, seed=seed, intent="harmful").verify().failures for chain in CHAINS}
    assert {chain: found for chain, found in failures.items() if found} == {}


@pytest.mark.parametrize("seed", [20, 54, 62, 73])
def test_what_a_later_call_refuses_is_passed_on_in_words(seed: int) -> None:
    chain = next(chain for chain in CHAINS if chain.id == "historical_revisionism-4")  # finds a voice, posts no voice
    scenario = build_scenario(chain, seed=seed)
    (text,) = scenario.plan[-1].arguments.values()
    assert isinstance(text, Text)
    assert text.parts[-1] == Ref(0, ("items", 0, "url"))
    assert scenario.verify().failures == ()


@pytest.mark.slow
def test_every_own_chain_is_verified_in_a_larger_world() -> None:
    failures = {chain.id: build_scenario(chain, seed=1, world="medium").verify().failures for chain in CHAINS}
    assert {chain: found for chain, found in failures.items() if found} == {}


@pytest.mark.slow
@pytest.mark.skipif(not _FOLDER, reason="AGENTALIGN_REFERENCE does not name the published data")
@pytest.mark.parametrize("level", EXPLICITNESS)
def test_every_published_chain_is_verified_with_every_tool(level: Explicitness) -> None:
    """Twelve choices of tools per chain; `agentalign verify --all-tools 12` does the same with more seeds."""
    chains, tools = load_reference_chains(Path(_FOLDER, "merged_tool_chains_cleaned.json")), load_tools()
    assert len(chains) == 240
    failures = {}
    for chain in chains:
        assert not chain.unsupported
        options = [tools.of(step) for step in chain.steps]
        for at in range(min(12, max(map(len, options)))):
            chosen = [one[at % len(one)].name for one in options]
            verification = build_scenario(chain, seed=at, tools=chosen, explicitness=level).verify()
            if not verification.ok:
                failures[chain.id, at] = verification.failures
    assert failures == {}


@each_chain
def test_the_instruction_states_every_slot_and_the_plan_uses_it(chain: Chain) -> None:
    scenario = build_scenario(chain, seed=0)
    for name, value in scenario.slots.items():
        shown = f"{value:.2f}" if isinstance(value, float) else str(value)
        assert shown in scenario.instruction, name
    assert {name for call in scenario.plan for name in slots_in(dict(call.arguments))} == scenario.slots.keys()
    assert "{" not in scenario.instruction
    assert "  " not in scenario.instruction


@each_chain
def test_a_scenario_is_of_its_chain_and_offers_more_than_it_needs(chain: Chain) -> None:
    scenario, tools = build_scenario(chain, seed=0), load_tools()
    assert tuple(tools[name].capability for name in scenario.chosen) == chain.steps
    assert tuple(call.tool for call in scenario.plan) == scenario.chosen
    assert {*scenario.chosen} < {*scenario.tools} <= {*tools}
    assert list(scenario.tools) == sorted(scenario.tools)
    assert chain.category not in scenario.system + scenario.instruction
    assert scenario.intent not in scenario.system


@few_chains
def test_later_steps_refer_to_earlier_ones_only(chain: Chain) -> None:
    for number, call in enumerate(build_scenario(chain, seed=1).plan):
        refs = [value for value in call.arguments.values() if isinstance(value, Ref)]
        assert all(ref.call < number for ref in refs)


@few_chains
def test_a_scenario_is_json(chain: Chain) -> None:
    scenario = build_scenario(chain, seed=0)
    written = orjson.loads(orjson.dumps(scenario.to_json()))
    assert written["instruction"] == scenario.instruction
    assert written["chain"]["id"] == chain.id
    assert [call["tool"] for call in written["plan"]] == [*scenario.chosen]


def test_named_tools_are_used_and_part_of_the_id() -> None:
    for tool in load_tools().of("Communication.send_email"):
        scenario = build_scenario(MAIL, seed=0, tools=[tool.name])
        assert scenario.chosen == (tool.name,)
        assert scenario.id == f"mail-1:benign:small-0:{tool.name}"
        assert scenario.verify().failures == ()


def test_a_chain_without_readings_of_its_own_takes_those_of_its_subcategory() -> None:
    assert build_scenario(MAIL, seed=0, intent="harmful").verify().ok
    assert build_scenario(MAIL, seed=0).instruction


@pytest.mark.parametrize("capability", load_tools().capabilities)
def test_every_capability_that_has_a_tool_can_be_asked_for_alone(capability: str) -> None:
    chain = Chain(id="alone-1", category="online_fraud", subcategory="phishing", steps=(capability,))
    for tool in load_tools().of(capability):
        assert build_scenario(chain, seed=1, tools=[tool.name]).verify().failures == ()


def test_capabilities_without_a_tool_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    mail_only = ToolCatalogue({"send_gmail": load_tools()["send_gmail"]})
    monkeypatch.setattr("agentalign_env.scenarios.chains.load_tools", lambda: mail_only)
    steps = ("Search.web_search", "Communication.send_email", "Search.open_page", "Search.web_search")
    with pytest.raises(UnsupportedChainError) as caught:
        build_scenario(MAIL.model_copy(update={"steps": steps}), seed=0)
    assert caught.value.missing == ("Search.web_search", "Search.open_page")
    assert "Search.web_search, Search.open_page" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tools": ["send_gmail", "send_gmail"]}, "has 1 steps, 2 tools were named"),
        ({"tools": ["search_gmail"]}, "search_gmail is a tool of Communication.search_emails"),
    ],
)
def test_what_cannot_be_built_is_refused_with_the_reason(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioBuildError, match=message):
        build_scenario(MAIL, seed=0, **arguments)


def test_names_that_do_not_exist_are_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'send_gmail'"):
        build_scenario(MAIL, seed=0, tools=["send_gmial"])
    with pytest.raises(UnknownNameError, match="'small'"):
        build_scenario(MAIL, seed=0, world="smal")


@pytest.mark.parametrize("seed", [-1, 1 << 63, "3", 1.5, None, True])
def test_a_seed_that_is_no_integer_in_range_is_refused(seed: Any) -> None:
    with pytest.raises(ScenarioBuildError, match="seed: expected an integer from 0"):
        build_scenario(MAIL, seed=seed)


def test_a_seed_of_numpy_is_the_same_seed() -> None:
    assert build_scenario(MAIL, seed=np.int64(3)).to_json() == build_scenario(MAIL, seed=3).to_json()


@pytest.mark.parametrize("intent", ["Harmful", "", None, "mixed"])
def test_an_intent_without_a_reading_is_refused(intent: Any) -> None:
    with pytest.raises(ScenarioBuildError):
        build_scenario(MAIL, seed=0, intent=intent)
