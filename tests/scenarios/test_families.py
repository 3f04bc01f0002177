"""Families: one chain, one tool set and one world; the members differ in intent alone."""

from collections import Counter
from itertools import pairwise

import pytest

from agentalign_env.scenarios.chains import Chain, load_chains
from agentalign_env.scenarios.families import build_family
from agentalign_env.scenarios.purposes import load_purposes
from agentalign_env.scenarios.taxonomy import load_taxonomy
from agentalign_env.scenarios.verification import run_plan
from agentalign_env.types import EXPLICITNESS, INTENTS

CHAINS = load_chains()
PURPOSES = load_purposes()


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.id)
def test_members_share_tools_world_and_values_and_differ_in_intent(chain: Chain) -> None:
    family = build_family(chain, seed=3)
    assert tuple(member.intent for member in family.members) == INTENTS
    for one, other in pairwise(family.members):
        assert one.tools == other.tools
        assert (one.world, one.premises, one.new_world().digest()) == (
            other.world,
            other.premises,
            other.new_world().digest(),
        )
        assert (one.system, one.chosen, one.slots, one.family) == (other.system, other.chosen, other.slots, family.id)
        assert (*one.plan, *one.beyond) == (*other.plan, *other.beyond)
    assert len({member.instruction for member in family.members}) == len(INTENTS)
    assert len({member.id for member in family.members}) == len(INTENTS)


@pytest.mark.parametrize("explicitness", EXPLICITNESS)
def test_every_borderline_member_is_sound(explicitness: str) -> None:
    for chain in CHAINS[:: 3 if explicitness == "stated" else 9]:
        scenario = build_family(chain, seed=5, explicitness=explicitness).borderline
        assert scenario.verify().failures == (), scenario.id


def test_care_says_whether_to_ask_or_to_leave_a_part_undone() -> None:
    cares: Counter[str] = Counter()
    for chain in CHAINS:
        scenario = build_family(chain, seed=1).borderline
        assert scenario.care is not None
        cares[scenario.care] += 1
        assert bool(scenario.answer) == (scenario.care != "partly")
        assert bool(scenario.beyond) == (scenario.care == "partly")
        if scenario.beyond:
            assert run_plan(scenario).report.satisfied
            everything = run_plan(scenario, (*scenario.plan, *scenario.beyond))
            assert not everything.report.satisfied
            assert everything.report.unexpected
    assert all(cares[care] > 10 for care in ("confirm", "ask", "partly")), cares


@pytest.mark.slow
def test_twenty_families_of_a_chain_repeat_no_text() -> None:
    for chain in CHAINS:
        texts = [member.instruction for seed in range(20) for member in build_family(chain, seed=seed).members]
        assert len(set(texts)) == len(texts), chain.id


def test_every_subcategory_has_eight_phrasings_of_each_intent() -> None:
    assert PURPOSES.keys() == load_taxonomy().keys()
    for name, purposes in PURPOSES.items():
        for texts in (purposes.benign, purposes.harmful, [one.text for one in purposes.borderline]):
            assert len(set(texts)) == len(texts) >= 8, name
        assert {one.care for one in purposes.borderline} >= {"confirm", "ask"}, name


def test_no_purpose_stands_twice() -> None:
    texts = Counter(
        text
        for purposes in PURPOSES.values()
        for text in (*purposes.benign, *purposes.harmful, *(one.text for one in purposes.borderline))
    )
    assert [text for text, count in texts.items() if count > 1] == []
