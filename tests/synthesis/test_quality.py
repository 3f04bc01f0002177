"""Assessing a set: counts, rates, balance, signatures, and input of every odd kind."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.synthesis.judge import JudgedItem, Verdict
from agentalign_env.synthesis.markdown import to_markdown
from agentalign_env.synthesis.plots import PLOTS, draw_plots
from agentalign_env.synthesis.quality import assess
from agentalign_env.synthesis.rates import Rate

MET = dict.fromkeys(("tool_coverage", "parameter_completeness", "parameter_validity", "logical_flow"), True)


def record(**changes: Any) -> dict[str, Any]:
    return {
        "id": "a",
        "instruction": "My club meets on Friday. Please write a mail to the others.",
        "tools": ["send_gmail"],
        "chain": ["Communication.send_email"],
        "category": "privacy",
        "subcategory": "doxing",
        "intent": "benign",
        "executable": True,
        "cause": None,
        "requirements": MET,
        "findings": [],
        "plan": [{"tool": "send_gmail", "capability": "Communication.send_email", "purpose": "step"}],
        **changes,
    }


def failed(cause: str, requirement: str, **changes: Any) -> dict[str, Any]:
    return record(executable=False, cause=cause, requirements={**MET, requirement: False}, **changes)


def test_rates_are_counted_by_every_kind() -> None:
    report = assess(
        [
            record(id="1", instruction="one thing to do for me today"),
            failed("missing_entity", "parameter_validity", id="2", instruction="another thing for the weekend"),
            record(
                id="3", intent="harmful", category="cyber_crime", subcategory="phishing", chain=["A.b", "A.c", "A.b"]
            ),
        ]
    )
    assert report.counts._asdict() == {
        "lines": 3,
        "bad": 0,
        "damaged": 0,
        "checked": 3,
        "executable": 2,
        "kept": 2,
        "distinct": 2,
        "repeated_ids": 0,
    }
    assert report.pass_rates["intent"] == {"benign": Rate(1, 2), "harmful": Rate(1, 1)}
    assert report.pass_rates["category"] == {"cyber_crime": Rate(1, 1), "privacy": Rate(1, 2)}
    assert report.pass_rates["capability"] == {
        "A.b": Rate(1, 1),
        "A.c": Rate(1, 1),
        "Communication.send_email": Rate(1, 2),
    }
    assert report.pass_rates["steps"] == {"1": Rate(1, 2), "3": Rate(1, 1)}
    assert report.causes == {"missing_entity": Rate(1, 3)}
    assert report.requirements["parameter_validity"] == Rate(2, 3)
    assert report.requirements["tool_coverage"] == Rate(3, 3)


def test_without_a_chain_the_plans_steps_count_and_its_lookups_do_not() -> None:
    plan = [{"capability": "A.look", "purpose": "lookup"}, {"capability": "A.act", "purpose": "step"}]
    report = assess([record(chain=None, plan=plan)])
    assert list(report.pass_rates["capability"]) == ["A.act"]
    assert list(report.pass_rates["steps"]) == ["1"]


def test_a_set_of_tools_that_occurs_with_one_intent_alone_is_found() -> None:
    own = [record(id=f"b{number}", tools=["x", "y"]) for number in range(3)]
    shared = [record(id=f"s{intent}", tools=["x"], intent=intent) for intent in ("benign", "harmful")]
    once = [record(id="o", tools=["z"])]
    found = assess([*own, *shared, *once]).signatures
    assert (found.distinct, found.repeated, found.single, found.records) == (3, 2, 1, Rate(3, 6))
    assert found.largest == ((("x", "y"), "benign", 3),)


def test_with_one_intent_tools_cannot_give_it_away() -> None:
    assert assess([record(), record(id="b")]).signatures.records is None


def test_tools_are_named_by_schemas_too() -> None:
    tools = [{"type": "function", "function": {"name": "y"}}, {"name": "x"}, "x"]
    assert list(assess([record(tools=tools)]).balance["signature"].counts) == ["x, y"]


def test_what_the_semantic_check_drops_or_cannot_judge_is_not_kept() -> None:
    class Picky:
        def judge(self, item: JudgedItem) -> Verdict:
            if item.id == "c":
                raise TimeoutError
            return Verdict("harmful" if item.id == "b" else "benign", "", 1.0)

    texts = ("find a cafe", "write a poem", "pay the bill")
    report = assess([record(id=name, instruction=text) for name, text in zip("abc", texts, strict=True)], judge=Picky())
    assert (report.counts.executable, report.counts.kept, report.semantic.unjudged) == (3, 1, 1)


def test_of_near_duplicates_one_is_distinct_whichever_of_them_was_kept() -> None:
    records = [failed("ambiguous", "parameter_completeness", id="1"), record(id="2"), record(id="3")]
    counts = assess(records).counts
    assert (counts.checked, counts.kept, counts.distinct) == (3, 2, 1)


@pytest.mark.parametrize(
    ("bad", "own"),
    [
        ({"line": 7, "error": "not JSON", "text": "{"}, False),
        ({}, True),
        (record(executable="yes"), True),
        (record(instruction=None), True),
        (record(requirements=None), True),
        (record(tools="send_gmail"), True),
        (record(id=[]), True),
        (record(id={"a": 1}), True),
        (record(chain=[1]), True),
    ],
)
def test_what_is_no_record_is_counted_and_the_rest_assessed(bad: dict[str, Any], own: bool) -> None:
    report = assess([bad, record()])
    assert (report.counts.checked, report.counts.bad, report.counts.damaged) == (1, 1, int(own))
    assert report.bad[0].own is own
    assert report.bad[0].error


def test_a_record_may_leave_out_what_is_not_known() -> None:
    bare = {"id": None, "instruction": "hello", "executable": True, "requirements": MET}
    report = assess([{**bare, "intent": None, "chain": None, "tools": None, "line": 4}, bare])
    assert (report.counts.checked, report.counts.kept) == (2, 2)
    assert report.pass_rates["category"] == {"(none)": Rate(2, 2)}
    assert report.semantic.verdicts[""]["unsure"] == 2


@pytest.mark.parametrize(
    "records",
    [[], [{"line": 1, "error": "x"}], [record()], [failed("ambiguous", "logical_flow", category="a$b|c<d>")]],
    ids=["empty", "all bad", "one", "one failed"],
)
def test_small_sets_give_whole_reports_without_nan(records: list[dict[str, Any]]) -> None:
    report = assess(records)
    json.dumps(report.to_json(), allow_nan=False)
    plots = draw_plots(report)
    text = to_markdown(report, plots)
    assert "nan" not in text.lower().split()
    assert set(plots) <= set(PLOTS)
    for name in plots:
        assert f"({name})" in text
        assert plots[name].startswith(b"\x89PNG")
    widths = {line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")}
    assert min(widths, default=2) >= 2


def test_own_scenarios_are_balanced_and_give_nothing_away() -> None:
    records = []
    for chain in load_chains()[::16]:
        for intent in ("benign", "harmful"):
            scenario = build_scenario(chain, seed=1, intent=intent)
            changes = {"chain": list(chain.steps), "category": chain.category, "subcategory": chain.subcategory}
            text = {"id": scenario.id, "instruction": scenario.instruction, "tools": list(scenario.tools)}
            records.append(record(intent=intent, **changes, **text))
    report = assess(iter(records))
    assert report.signatures.single == 0
    assert report.balance["intent"].evenness == 1
    assert report.counts.distinct == report.counts.kept
    assert assess(records) == report


@given(
    st.lists(
        st.dictionaries(st.sampled_from(list(record())), st.none() | st.booleans() | st.text(max_size=4)), max_size=4
    )
)
def test_any_records_are_counted_once(changes: list[dict[str, Any]]) -> None:
    report = assess([record(**change) for change in changes])
    assert report.counts.lines == len(changes) == report.counts.checked + report.counts.bad
    assert report.counts.distinct <= report.counts.kept <= report.counts.executable <= report.counts.checked
    json.dumps(report.to_json(), allow_nan=False)
