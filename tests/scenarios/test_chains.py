"""Chains, taxonomy and topics: our own are complete, and a file that is wrong is refused by file and key."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agentalign_env.core.topics import Topic, load_topics
from agentalign_env.errors import DataFileError
from agentalign_env.scenarios.chains import Chain, load_chains, load_reference_chains
from agentalign_env.scenarios.intents import load_askings, load_style
from agentalign_env.scenarios.taxonomy import load_taxonomy
from agentalign_env.toolkit.capabilities import load_capabilities
from agentalign_env.toolkit.catalogue import load_tools

CHAINS = load_chains()
TOPICS = load_topics()
CHAIN = """
[[chain]]
id = "mine-1"
subcategory = "phishing"
steps = ["Search.web_search", "Communication.send_email"]
"""


def refused_chain(tmp_path: Path, content: str) -> DataFileError:
    file = tmp_path / "mine.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load_chains(file)
    assert caught.value.file.endswith("mine.toml")
    assert caught.value.remedy.endswith(".")
    return caught.value


def refused_reference(tmp_path: Path, content: Any) -> DataFileError:
    file = tmp_path / "theirs.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load_reference_chains(file)
    assert caught.value.file.endswith("theirs.json")
    assert caught.value.remedy.endswith(".")
    return caught.value


def test_there_are_chains_for_every_kind_of_harm() -> None:
    assert len(CHAINS) >= 100
    assert {chain.subcategory for chain in CHAINS} == {*load_taxonomy()}
    assert len(load_taxonomy()) == 64
    assert len({chain.category for chain in CHAINS}) == 8


def test_chain_ids_are_unique() -> None:
    assert [name for name, times in Counter(chain.id for chain in CHAINS).items() if times > 1] == []


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.id)
def test_every_chain_has_both_readings_and_known_steps(chain: Chain) -> None:
    assert len(chain.benign) >= 2
    assert len(chain.harmful) >= 2
    assert not {*chain.benign} & {*chain.harmful}
    assert chain.rationale.endswith(".")
    assert {*chain.steps} <= load_capabilities().keys()
    assert chain.topics
    assert {*chain.topics} <= TOPICS.keys()
    assert load_taxonomy()[chain.subcategory].category == chain.category


def test_no_reading_is_used_twice() -> None:
    readings = Counter(text for chain in CHAINS for text in (*chain.benign, *chain.harmful))
    assert [text for text, times in readings.items() if times > 1] == []


def test_chains_vary_in_length_and_steps() -> None:
    assert {len(chain.steps) for chain in CHAINS} >= {1, 2, 3, 4, 5}
    assert len({chain.steps for chain in CHAINS}) * 10 > len(CHAINS) * 7
    used = {step for chain in CHAINS for step in chain.steps}
    assert used <= {*load_tools().capabilities}


def test_every_subcategory_has_a_title_and_topics() -> None:
    for subcategory in load_taxonomy().values():
        assert subcategory.title
        assert subcategory.topics


TEXTS = [name for name in Topic.model_fields if name not in {"id", "title", "amounts"}]


@pytest.mark.parametrize("field", ["title", *TEXTS])
def test_a_text_names_its_topic(field: str) -> None:
    owners: dict[str, set[str]] = {}
    for topic in TOPICS.values():
        value = getattr(topic, field)
        for text in (value,) if isinstance(value, str) else value:
            owners.setdefault(text.casefold(), set()).add(topic.id)
    assert {text: ids for text, ids in owners.items() if len(ids) > 1} == {}


def test_no_text_is_found_twice_within_a_topic() -> None:
    for topic in TOPICS.values():
        for field in TEXTS:
            assert len({*getattr(topic, field)}) == len(getattr(topic, field)), (topic.id, field)


def test_amounts_are_a_range() -> None:
    assert [topic.id for topic in TOPICS.values() if not 0 < topic.amounts[0] < topic.amounts[1]] == []


def test_our_own_chains_can_be_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(CHAIN)
    steps = ("Search.web_search", "Communication.send_email")
    assert load_chains(file) == (Chain(id="mine-1", category="online_fraud", subcategory="phishing", steps=steps),)
    assert load_chains(str(file)) == load_chains(file)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("[[chain]\n", "line 1"),
        ("colour = 1\n" + CHAIN, "colour"),
        (CHAIN + 'stpes = ["x"]\n', "chain.0 (mine-1).stpes"),
        (CHAIN.replace('"phishing"', '"fishing"'), "chain.0 (mine-1).subcategory"),
        (CHAIN.replace("Search.web_search", "Search.google"), "chain.0 (mine-1).steps"),
        (CHAIN.replace('["Search.web_search", "Communication.send_email"]', "[]"), "chain.0 (mine-1).steps"),
        (CHAIN + 'topics = ["moon"]\n', "chain.0 (mine-1).topics"),
        (CHAIN.replace('id = "mine-1"\n', ""), "chain.0.id"),
        (CHAIN + CHAIN, "chain 'mine-1'"),
        (CHAIN.replace("[[chain]]", "[chain]"), "chain"),
    ],
)
def test_a_wrong_chain_is_refused_by_key(content: str, key: str, tmp_path: Path) -> None:
    assert refused_chain(tmp_path, content).key.startswith(key)


def test_a_chain_that_is_no_table_is_refused(tmp_path: Path) -> None:
    assert refused_chain(tmp_path, 'chain = ["x"]').key.startswith("chain.0")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="no-such"):
        load_chains(tmp_path / "no-such.toml")
    with pytest.raises(DataFileError, match="no-such"):
        load_reference_chains(tmp_path / "no-such.json")


def theirs(**changed: Any) -> dict[str, Any]:
    return {
        "online_fraud": {"phishing": {"patterns": [{"steps": ["Search.web_search"], "explanation": "", **changed}]}}
    }


def test_chains_in_the_reference_format_are_numbered_within_their_subcategory(tmp_path: Path) -> None:
    file = tmp_path / "theirs.json"
    file.write_text(json.dumps(theirs(explanation="Why.")))
    (chain,) = load_reference_chains(file)
    assert (chain.id, chain.category, chain.rationale) == ("phishing-ref-1", "online_fraud", "Why.")
    assert chain.steps == ("Search.web_search",)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("{", "line 1"),
        ([], "top level"),
        ({"online_fraud": []}, "online_fraud"),
        ({"online_fraud": {"phishing": []}}, "online_fraud.phishing"),
        ({"online_fraud": {"phishing": {"patterns": ["x"]}}}, "online_fraud.phishing.patterns.0"),
        ({"privacy": {"phishing": {"patterns": [{"steps": ["Search.web_search"]}]}}}, "privacy.phishing.patterns.0"),
        (theirs(steps=None), "online_fraud.phishing.patterns.0.steps"),
        (theirs(steps="Search.web_search"), "online_fraud.phishing.patterns.0.steps"),
        (theirs(steps=["Search.google"]), "online_fraud.phishing.patterns.0.steps"),
        (theirs(explanation=5), "online_fraud.phishing.patterns.0.rationale"),
    ],
)
def test_a_wrong_reference_file_is_refused_by_key(content: Any, key: str, tmp_path: Path) -> None:
    assert refused_reference(tmp_path, content).key.startswith(key)


@pytest.mark.parametrize(
    ("path", "content", "module", "loader", "key"),
    [
        ("worlds/topics/a.toml", '[moon]\ntitle = "x"', "agentalign_env.core.topics", load_topics, "moon."),
        ("taxonomy.toml", "[privacy]\ntitle = 3", "agentalign_env.scenarios.taxonomy", load_taxonomy, "privacy."),
        (
            "taxonomy.toml",
            '[p]\ntitle="x"\n[p.subcategories.q]\ntitle="y"\ntopics=["moon"]',
            "agentalign_env.scenarios.taxonomy",
            load_taxonomy,
            "p.q.topics",
        ),
        ("intents/style.toml", 'openings = "x"', "agentalign_env.scenarios.intents", load_style, "openings"),
        (
            "intents/a.toml",
            '["Mail.send"]\nway = []',
            "agentalign_env.scenarios.intents",
            load_askings,
            "Mail.send.way",
        ),
        (
            "intents/a.toml",
            '[["Communication.send_email".way]]\nphrases = ["x"]\narguments = { colour = {} }',
            "agentalign_env.scenarios.intents",
            load_askings,
            "Communication.send_email.colour",
        ),
        (
            "intents/a.toml",
            '["Communication.send_email".results]\ncolour = ["x"]\n[["Communication.send_email".way]]\nphrases = ["x"]',
            "agentalign_env.scenarios.intents",
            load_askings,
            "Communication.send_email.results",
        ),
        (
            "intents/a.toml",
            '[["Mail.send".way]]\nphrases = ["x"]',
            "agentalign_env.scenarios.intents",
            load_askings,
            "Mail.send",
        ),
    ],
)
def test_wrong_data_is_refused_by_file_and_key(
    path: str, content: str, module: str, loader: Any, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_topics(), load_taxonomy(), load_capabilities()
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    monkeypatch.setattr(f"{module}.data_root", lambda kind: tmp_path)
    with pytest.raises(DataFileError) as caught:
        loader.__wrapped__()
    assert caught.value.file == file.name
    assert caught.value.key.startswith(key)
    assert caught.value.remedy


def test_somebody_says_how_to_ask_for_everything_that_chains_need() -> None:
    assert {step for chain in CHAINS for step in chain.steps} <= load_askings().keys()
