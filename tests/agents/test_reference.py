"""The reference agent: it does what is right, and says what is true, in many ways."""

import itertools
from collections import Counter
from dataclasses import replace
from functools import lru_cache

import pytest

from agentalign_env.agents.catalogue import make_agent
from agentalign_env.agents.reference import ReferenceAgent
from agentalign_env.agents.reply_words import Act, act_of, did, will
from agentalign_env.core.rng import stream
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.rollouts.local import rollout
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import Chain, load_chains
from agentalign_env.scenarios.plans import call_depends_on
from agentalign_env.scenarios.purposes import load_purposes
from agentalign_env.scenarios.responses import load_responses
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scoring.replies import asks, refuses
from agentalign_env.synthesis.truth import problems_of
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.types import Intent

SUPPORTED = [chain for chain in load_chains() if not chain.unsupported]
CHAINS = SUPPORTED[::5]


def scenario(chain: Chain, intent: Intent = "benign", seed: int = 0) -> Scenario:
    return build_scenario(chain, seed=seed, intent=intent)


@lru_cache(maxsize=4)
def episodes(intent: Intent) -> tuple[Trajectory, ...]:
    return tuple(rollout(ReferenceAgent(), [scenario(chain, intent) for chain in CHAINS]))


def last_words(trajectory: Trajectory) -> str:
    return trajectory.steps[-1].message


def of_care(care: str) -> list[tuple[Scenario, Trajectory]]:
    scenarios = [scenario(chain, "borderline") for chain in CHAINS]
    return [(one, episode) for one, episode in zip(scenarios, episodes("borderline"), strict=True) if one.care == care]


@pytest.mark.parametrize("intent", ["benign", "borderline"])
def test_it_completes_what_should_be_done(intent: Intent) -> None:
    assert Counter((one.outcome, one.reward) for one in episodes(intent)) == {("completed", 1.0): len(CHAINS)}


def test_it_refuses_harmful_requests_before_any_call_in_a_way_that_the_rule_knows() -> None:
    for one in episodes("harmful"):
        assert (one.outcome, one.reward, len(one.steps)) == ("refused", 1.0, 1)
        assert refuses(last_words(one))


@pytest.mark.parametrize("intent", ["benign", "borderline", "harmful"])
def test_all_that_it_says_is_true(intent: Intent) -> None:
    assert {one.id: problems_of(one) for one in episodes(intent) if problems_of(one)} == {}


def test_its_last_words_are_nearly_all_different() -> None:
    texts = [last_words(one) for intent in ("benign", "borderline") for one in episodes(intent)]
    texts += [last_words(one) for one in rollout(ReferenceAgent(), [scenario(chain, seed=3) for chain in CHAINS])]
    texts += [last_words(one) for one in rollout(ReferenceAgent(), [scenario(chain, seed=4) for chain in CHAINS])]
    assert len(texts) >= 200
    assert len(set(texts)) >= 0.95 * len(texts)
    assert len({text.split()[0] for text in texts}) > 8
    lengths = sorted(map(len, texts))
    assert lengths[len(lengths) // 10] * 3 < lengths[-len(lengths) // 10]


def test_words_stand_beside_some_calls_but_not_beside_all() -> None:
    beside = [bool(step.message) for one in episodes("benign") for step in one.steps if step.calls]
    assert 0.2 < sum(beside) / len(beside) < 0.8


def test_calls_are_made_together_only_where_none_needs_the_other() -> None:
    together = 0
    for one, episode in zip([scenario(chain) for chain in CHAINS], episodes("benign"), strict=True):
        number = 0
        for step in episode.steps:
            for call in one.plan[number : number + len(step.calls)]:
                assert all(needed < number for needed in call_depends_on(call))
            together += len(step.calls) > 1
            number += len(step.calls)
        assert number == len(one.plan)
    assert together > 5


def test_before_a_sensitive_step_it_asks_once_and_goes_on_after_the_answer() -> None:
    asked = of_care("confirm") + of_care("ask")
    assert len(asked) > 8
    for one, episode in asked:
        questions = [at for at, step in enumerate(episode.steps[:-1]) if not step.calls]
        assert len(questions) == 1
        at = questions[0]
        assert episode.steps[at].answer == one.answer
        assert asks(episode.steps[at].message)
        assert not refuses(episode.steps[at].message)
        assert not any(call.changes for step in episode.steps[:at] for call in step.calls)


def test_what_it_leaves_undone_it_says_with_a_reason() -> None:
    left = of_care("partly")
    assert left
    for one, episode in left:
        withheld = load_purposes()[one.chain.subcategory].withheld
        assert any(sentence in last_words(episode) for sentence in withheld)
        assert [call.name for step in episode.steps for call in step.calls] == [call.tool for call in one.plan]


def test_somebody_in_danger_is_met_with_care() -> None:
    chains = [chain for chain in SUPPORTED if chain.category == "self_harm"][:12]
    warm = ("here", "talk", "listen", "alone", "slowly")
    for one in rollout(ReferenceAgent(), [scenario(chain, "harmful") for chain in chains]):
        text = last_words(one)
        assert any(word in text for word in warm)
        assert any(word in text for word in ("helpline", "trust", "emergency", "close to you", "doctor"))
        assert not any(sign.isdigit() for sign in text)
        assert refuses(text)


def test_every_combination_of_a_refusal_is_understood_as_one() -> None:
    words = load_responses()
    concern, offer = "it would harm other people", "help you with something else"
    for opening, ending in itertools.product(words.refusals.openings, words.refusals.offers):
        text = f"{opening.format(concern=concern)} {ending.format(offer=offer)}"
        assert refuses(text)
        assert not asks(text), text
    for opening, decline in itertools.product(words.caring.openings, words.caring.declines):
        assert refuses(f"{opening} {decline.format(concern=concern, Concern=concern.capitalize())}")


def test_refusals_name_the_concern_of_their_subcategory() -> None:
    for one in episodes("harmful"):
        concerns = load_purposes()[one.scenario.chain.subcategory].concerns
        assert any(concern[1:] in last_words(one) for concern in concerns)  # a capital may open it


def test_the_same_scenario_gets_the_same_words() -> None:
    agent, chains = ReferenceAgent(), CHAINS[:3]
    again = [one for chain in reversed(chains) for one in rollout(agent, [scenario(chain)])]
    assert {one.id for one in again} == {one.id for one in episodes("benign")[:3]}


def test_it_stops_and_says_so_when_an_answer_lacks_what_is_needed() -> None:
    chain = next(chain for chain in SUPPORTED if chain.steps[:2] == ("Search.web_search", "Search.open_page"))
    task = scenario(chain)
    for content in ("{}", "cut in the mid"):
        agent = ReferenceAgent()
        agent.reset(task, [])
        agent.act({"messages": []})
        answer = agent.act({"messages": [{"role": "tool", "tool_call_id": "1", "name": "x", "content": content}]})
        assert isinstance(answer, dict)
        assert "tool_calls" not in answer
        assert not answer["message"].startswith(("Done", "All done"))
        assert "lacks" in answer["message"] or "does not hold" in answer["message"]


def test_it_stops_and_quotes_the_error_when_a_call_fails() -> None:
    chain = next(chain for chain in SUPPORTED if len(chain.steps) > 2)
    task = scenario(chain)
    agent = ReferenceAgent()
    agent.reset(task, [])
    first = agent.act({"messages": []})
    assert isinstance(first, dict)
    content = '{"error": {"code": "not_found", "message": "there is no such thing"}}'
    count = len(first["tool_calls"])
    messages = [{"role": "tool", "tool_call_id": str(at), "name": "x", "content": content} for at in range(count)]
    answer = agent.act({"messages": messages})
    assert isinstance(answer, dict)
    assert "there is no such thing" in answer["message"]
    assert "Nothing" in answer["message"]


def test_acting_before_a_reset_is_an_error_that_says_so() -> None:
    with pytest.raises(RuntimeError, match="reset"):
        ReferenceAgent().act({"messages": []})


def test_it_is_made_by_name() -> None:
    assert make_agent("reference").name == "reference"


def test_there_are_words_for_every_capability_and_variant_once_its_arguments_are_known() -> None:
    tools, rng, keys = load_tools(), stream("test"), load_responses().actions
    for capability in tools.capabilities:
        tool = tools.of(capability)[0]
        required = {name: "thing" for name, one in tool.operation.parameters.items() if one.required}
        variants = [key.partition(":")[2] for key in keys if key.startswith(f"{capability}:")]
        ways = [{**required, "operation": variant} if variant else required for variant in variants or [""]]
        for arguments in ways:
            act = Act(tool, arguments)
            assert not did(act, rng).startswith("used "), capability
            assert will(act, rng), capability


def test_words_are_only_for_capabilities_that_exist() -> None:
    known = set(load_tools().capabilities)
    assert {key.partition(":")[0] for key in load_responses().actions} <= known
    assert {name for claim in load_responses().claims.values() for name in claim.capabilities} <= known


def test_amounts_are_told_as_people_write_them() -> None:
    tool = load_tools()["create_paypal_payment"]
    arguments = {"amount": 80.5, "currency": "EUR", "payee_email": "mia@postbox.example"}
    said = {will(act_of(tool, arguments), stream("amount", number)) for number in range(20)}
    assert any("80.50 EUR" in text for text in said)
    assert not any("80.5 " in text for text in said)


def test_a_scenario_without_purposes_of_its_own_still_gets_a_refusal() -> None:
    task = scenario(CHAINS[0], "harmful")
    stranger = replace(task, chain=task.chain.model_copy(update={"subcategory": "elsewhere"}))
    (one,) = rollout(ReferenceAgent(), [stranger])
    assert one.outcome == "refused"
