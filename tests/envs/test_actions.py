"""Any form in which agents send actions is read; anything else is an answer, never an exception."""

import copy
import json
import math
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.envs.actions import ActionError, MalformedCall, parse_action
from agentalign_env.types import AssistantTurn, ToolCall

CALL = ToolCall("7", "search_gmail", {"q": "tea"})
CANONICAL = {"tool_calls": [{"id": "7", "name": "search_gmail", "arguments": {"q": "tea"}}]}
OPENAI = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {"id": "7", "type": "function", "function": {"name": "search_gmail", "arguments": '{"q": "tea"}'}},
    ],
}


def nested(depth: int) -> Any:
    value: Any = "leaf"
    for _ in range(depth):
        value = [value]
    return value


def cyclic() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def doubled(times: int) -> list[Any]:
    value: list[Any] = ["leaf"]
    for _ in range(times):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    "action",
    [
        CANONICAL,
        json.dumps(CANONICAL),
        f"\n {json.dumps(CANONICAL)} ",
        OPENAI,
        json.dumps(OPENAI),
        OrderedDict(CANONICAL),
        {"tool_calls": ({"id": 7, "name": "search_gmail", "arguments": {"q": "tea"}},)},
        {"tool_calls": [{"id": "7", "function": {"name": "search_gmail", "arguments": {"q": "tea"}}}]},
    ],
)
def test_every_form_of_a_tool_call_is_read(action: object) -> None:
    assert parse_action(action) == AssistantTurn((CALL,))


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ({"message": "Done."}, "Done."),
        ('{"message": "Done."}', "Done."),
        ("Done.", "Done."),
        ("", ""),
        ("[1, 2]", "[1, 2]"),
        ("{not json", "{not json"),
        ({"role": "assistant", "content": "Done."}, "Done."),
        ({"role": "assistant", "content": "Done.", "tool_calls": []}, "Done."),
        ({"role": "assistant", "content": "Done.", "tool_calls": None}, "Done."),
        ({"role": "assistant", "content": [{"type": "text", "text": "Do"}, {"type": "text", "text": "ne."}]}, "Done."),
        ({"role": "assistant", "content": None, "refusal": "No."}, "No."),
        ({"role": "assistant", "content": None}, ""),
        (np.str_("Done."), "Done."),
    ],
)
def test_every_form_of_a_message_is_read(action: object, message: str) -> None:
    assert parse_action(action) == AssistantTurn((), message)


def test_missing_ids_are_filled_and_null_or_empty_arguments_are_an_empty_object() -> None:
    calls = [{"name": "a", "arguments": None}, {"name": "b"}, {"name": "c", "arguments": ""}]
    assert parse_action({"tool_calls": calls}) == AssistantTurn(
        (ToolCall("call_1", "a", {}), ToolCall("call_2", "b", {}), ToolCall("call_3", "c", {}))
    )


def test_text_beside_calls_is_kept() -> None:
    assert parse_action({**OPENAI, "content": "Let me look."}) == AssistantTurn((CALL,), "Let me look.")


def test_the_arguments_are_a_copy() -> None:
    cases: tuple[dict[str, list[Any]], ...] = ({"to": ["a"]}, {"to": [{"name": "ü"}]})
    for arguments in cases:
        turn = parse_action({"tool_calls": [{"id": "1", "name": "x", "arguments": arguments}]})
        before = json.loads(json.dumps(arguments))
        arguments["to"].append("later")
        assert isinstance(turn, AssistantTurn)
        assert turn.calls[0].arguments == before


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (None, "null"),
        (3, "int"),
        (b'{"message": "x"}', "bytes"),
        (np.zeros(3), "ndarray"),
        ([CANONICAL], "list"),
        ({}, "no text keys"),
        ({"answer": 3}, "'answer'"),
        ('{"answer": 3}', "'answer'"),
        ('{"tool_calls": [', "not valid JSON"),
        ({"message": 3}, "int"),
        ({"message": "\ud800"}, "surrogate"),
        ("\ud800", "surrogate"),
        ("x" * (DEFAULT_LIMITS.action_chars + 1), "characters"),
        ({"role": "user", "content": "x"}, "assistant"),
        ({"tool_calls": []}, "without any call"),
        ({"tool_calls": {}}, "without any call"),
        ({"tool_calls": "x"}, "list of calls"),
        ({"tool_calls": ["x"]}, "call 1"),
        ({"tool_calls": [{"name": "a"}] * 1000}, "1000 calls"),
        ({"tool_calls": [{"id": "1", "name": "a"}, {"id": "1", "name": "b"}]}, "again at call 2"),
        ({"tool_calls": [{"id": "1"}]}, "name of call 1"),
        ({"tool_calls": [{"id": "1", "name": ""}]}, "name of call 1"),
        ({"tool_calls": [{"id": "1", "name": "x" * 300}]}, "name of call 1"),
        ({"tool_calls": [{"id": [], "name": "x"}]}, "id of call 1"),
        ({"tool_calls": [{"id": "\ud800", "name": "x"}]}, "surrogate"),
        ({"tool_calls": [{"name": "x", "function": 3}]}, "function"),
        ("[" * 100_000 + '{"tool_calls"', None),
        ('{"message": ' + "[" * 100_000, None),
        ('{"tool_calls": ' + "[" * 100_000, "not valid JSON"),
    ],
)
def test_anything_else_is_answered_with_what_was_expected_found_and_to_be_done(
    action: object, says: str | None
) -> None:
    found = parse_action(action)
    if says is None:
        assert isinstance(found, AssistantTurn)
        return
    assert isinstance(found, ActionError)
    assert found.code == "malformed_action"
    assert found.message.startswith('expected {"tool_calls"')
    assert says in found.message
    assert json.loads(found.content) == {"error": {"code": "malformed_action", "message": found.message}}
    assert len(found.message) < 600


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ({"tool_calls": [{"name": "x", "arguments": [1]}]}, "arguments of call 1"),
        ({"tool_calls": [{"name": "x", "arguments": "[1]"}]}, "arguments of call 1"),
        ({"tool_calls": [{"name": "x", "arguments": "{"}]}, "not valid JSON"),
        ({"tool_calls": [{"name": "x", "arguments": {1: 2}}]}, "key of type int"),
        ({"tool_calls": [{"name": "x", "arguments": {"\ud800": 2}}]}, "surrogate"),
        ({"tool_calls": [{"name": "x", "arguments": {"a": "\ud800"}}]}, "surrogate"),
        ({"tool_calls": [{"name": "x", "arguments": {"a": math.nan}}]}, "not finite at arguments.a"),
        ({"tool_calls": [{"name": "x", "arguments": {"a": [{"b": math.inf}]}}]}, "arguments.a[0].b"),
        ({"tool_calls": [{"name": "x", "arguments": {"a": 1 << 64}}]}, "64 bits"),
        ({"tool_calls": [{"name": "x", "arguments": {"a": np.zeros(2)}}]}, "ndarray"),
        ({"tool_calls": [{"name": "x", "arguments": {"a": np.float32(2)}}]}, "float32"),
        ({"tool_calls": [{"name": "x", "arguments": {"a": object()}}]}, "object"),
        ({"tool_calls": [{"name": "x", "arguments": {"a": nested(100)}}]}, "nested deeper"),
        ({"tool_calls": [{"name": "x", "arguments": {"a": cyclic()}}]}, "nested deeper"),
        ({"tool_calls": [{"name": "x", "arguments": {"a": doubled(40)}}]}, "more than"),
        ({"tool_calls": [{"name": "x", "arguments": {"a": "y" * 2_000_000}}]}, "characters"),
    ],
)
def test_arguments_that_cannot_be_read_are_a_malformed_call_beside_the_others(action: Any, says: str) -> None:
    alone = parse_action(action)
    beside = parse_action({"tool_calls": [{"id": "1", "name": "y", "arguments": {}}, *action["tool_calls"]]})
    assert isinstance(alone, AssistantTurn)
    assert isinstance(beside, AssistantTurn)
    (call,) = alone.calls
    assert isinstance(call, MalformedCall)
    assert (call.id, call.name, call.arguments) == ("call_1", "x", {})
    assert call.problem.startswith("expected arguments that are an object")
    assert says in call.problem
    assert len(call.problem) < 600
    assert beside.calls[0] == ToolCall("1", "y", {})
    assert isinstance(beside.calls[1], MalformedCall)
    assert beside.calls[1].id == "call_2"


def test_a_malformed_call_equals_only_its_like_and_survives_copies() -> None:
    call = MalformedCall("1", "x", "expected more")
    assert call == copy.deepcopy(call) == pickle.loads(pickle.dumps(call))
    assert call != ToolCall("1", "x", {})
    assert call != MalformedCall("1", "x", "expected less")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(max_size=4)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(), max_size=4) | st.integers(), inner, max_size=4)
        | st.tuples(inner)
    ),
    max_leaves=12,
)
CALLS = st.fixed_dictionaries({}, optional={"id": TREES, "name": TREES, "arguments": TREES, "function": TREES})
ACTIONS = st.fixed_dictionaries(
    {},
    optional={
        "tool_calls": st.lists(CALLS | TREES, max_size=3) | TREES,
        "message": TREES,
        "role": TREES,
        "content": TREES,
    },
)


@settings(deadline=None, max_examples=300)
@given(TREES | ACTIONS)
def test_no_action_raises_and_every_turn_can_be_written_as_json(action: object) -> None:
    found = parse_action(action)
    if isinstance(found, ActionError):
        assert json.loads(found.content)["error"]["code"] == "malformed_action"
    else:
        json.dumps(found, allow_nan=False).encode()
        for call in found.calls:
            assert json.loads(json.dumps(call.arguments, allow_nan=False)) == call.arguments
            json.dumps(call.arguments, ensure_ascii=False).encode()


@settings(deadline=None)
@given(st.text(st.characters()))
def test_no_text_raises(text: str) -> None:
    assert isinstance(parse_action(text), AssistantTurn | ActionError)
