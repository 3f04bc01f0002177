"""Plans: what the values of a call stand for."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env.scenarios.plans import (
    PlannedCall,
    Ref,
    Slot,
    Text,
    call_depends_on,
    json_path,
    plan_to_json,
    resolve,
    values_at,
)

SLOTS = {"to": "a@b.example", "amount": 7.5}
CONTENTS = [
    '{"results": [{"url": "https://a.example/"}, {"url": "https://b.example/"}], "more": false}',
    "null",
    '{"error": {}}',
]
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        (3, 3),
        (Slot("amount"), 7.5),
        (Ref(0, ("results", 1, "url")), "https://b.example/"),
        (Ref(0, ("more",)), False),
        (Text(("See ", Ref(0, ("results", 0, "url")), " for ", Slot("amount"))), "See https://a.example/ for 7.5"),
        ([Slot("to"), "c@d.example"], ["a@b.example", "c@d.example"]),
        ([{"name": Ref(0, ("results", 0, "url"))}], [{"name": "https://a.example/"}]),
    ],
)
def test_a_value_is_resolved_with_slots_and_earlier_results(value: Any, resolved: Any) -> None:
    assert resolve(value, SLOTS, CONTENTS) == resolved


@given(JSON)
def test_a_literal_stands_for_itself(value: Any) -> None:
    assert resolve(value, {}, []) == value


@pytest.mark.parametrize(
    "value",
    [
        Slot("from"),
        Ref(0, ("results", 2, "url")),
        Ref(0, ("results", "url")),
        Ref(0, ("url",)),
        Ref(0, ("more", 0)),
        Ref(1, ("results", 0)),
        Ref(2, ("results",)),
        Ref(7, ("results",)),
        Text(("x", Ref(1, ("a",)))),
        [{"a": Slot("nope")}],
    ],
)
def test_what_leads_nowhere_is_a_lookup_error(value: Any) -> None:
    with pytest.raises(LookupError):
        resolve(value, SLOTS, CONTENTS)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("results[].url", ["https://a.example/", "https://b.example/"]),
        ("more", [False]),
        ("results", [orjson.loads(CONTENTS[0])["results"]]),
        ("results[].title", []),
        ("more[].url", []),
        ("nothing.at.all", []),
    ],
)
def test_all_values_at_a_path_are_found(path: str, values: list[Any]) -> None:
    assert values_at(orjson.loads(CONTENTS[0]), path) == values


@pytest.mark.parametrize("result", [None, [], "text", 3, {"results": None}, {"results": [None, 3]}])
def test_a_path_into_something_else_finds_nothing(result: Any) -> None:
    assert values_at(result, "results[].url") == []


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("url", ("url",)),
        ("results[].url", ("results", 0, "url")),
        ("a.b[]", ("a", "b", 0)),
        ("a[].b[].c", ("a", 0, "b", 0, "c")),
    ],
)
def test_a_path_leads_to_the_first(path: str, parts: tuple[str | int, ...]) -> None:
    assert json_path(path) == parts


def test_a_call_depends_on_every_result_that_it_mentions_at_any_depth() -> None:
    call = PlannedCall("t", {"a": [{"x": Ref(2, ())}], "b": Text(("x", Ref(0, ("u",)))), "c": Slot("to"), "d": 1})
    assert call_depends_on(call) == {0, 2}
    assert call_depends_on(PlannedCall("t", {"a": 1})) == set()


def test_a_plan_as_json_keeps_the_three_forms_apart() -> None:
    call = PlannedCall("t", {"a": Slot("to"), "b": [Text(("x ", Ref(0, ("u", 1))))], "c": {"d": 1}})
    arguments = {"a": {"slot": "to"}, "b": [{"text": ["x ", {"ref": 0, "path": ["u", 1]}]}], "c": {"d": 1}}
    assert orjson.loads(orjson.dumps(plan_to_json([call]))) == [{"tool": "t", "arguments": arguments}]
