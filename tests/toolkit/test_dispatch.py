"""Running a call: what it answers, what it commits, and what it takes back."""

from collections.abc import Callable
from typing import Any, NoReturn

import orjson
import pytest

from agentalign_env.core.operation import Operation
from agentalign_env.core.world import World
from agentalign_env.errors import ErrorCode, OperationError, ToolFaultError
from agentalign_env.services import new_world
from agentalign_env.services.mail.records import MAILS
from agentalign_env.toolkit.dispatch import ToolResult, error_result, execute
from agentalign_env.toolkit.faces import FaceSpec
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import ToolCall


def tool_that(run: Callable[..., Any]) -> dict[str, Tool]:
    face = {
        "name": "relabel",
        "capability": "Communication.send_email",
        "description": "Relabel the oldest mail.",
        "parameters": {"text": {"argument": "label", "description": "Label."}},
    }
    return {
        "relabel": Tool(
            FaceSpec.model_validate(face), "Pad", Operation("Communication.send_email", run, (), (MAILS,), "id")
        )
    }


def relabelled(world: World, label: str) -> str:
    mail = next(world.store.rows(MAILS))
    world.new_id(MAILS)
    world.store.put(MAILS, mail._replace(label=label))
    return mail.id


def relabel(world: World, *, label: str = "") -> dict[str, str]:
    return {"id": relabelled(world, label)}


def refuse(world: World, *, label: str = "") -> NoReturn:
    relabelled(world, label)
    raise OperationError("conflict", f"the mail is {label} already", "label")


def crash(world: World, *, label: str = "") -> NoReturn:
    relabelled(world, label)
    raise ZeroDivisionError("a defect")


def answer_no_json(world: World, *, label: str = "") -> dict[str, object]:
    return {"id": relabelled(world, label), "set": {1}}


def call(world: World, run: Callable[..., Any], **arguments: Any) -> ToolResult:
    return execute(world, tool_that(run), ToolCall("7", "relabel", arguments))


def state_of(world: World) -> tuple[object, ...]:
    return world.digest(), world.now_s, world.store.diff(), world.fork().new_id(MAILS)


def test_a_call_is_committed_and_answered() -> None:
    world = new_world("small", 1)
    before = world.now_s
    result = call(world, relabel, text="kites")
    (change,) = result.changes
    assert (result.code, result.value, orjson.loads(result.content)) == ("", {"id": change.key}, {"id": change.key})
    assert result.call == ToolCall("7", "relabel", {"text": "kites"})
    assert change.after is not None
    assert world.store.get(MAILS, change.key) == change.after
    assert world.now_s > before


def test_a_refused_call_is_rolled_back_and_answered_in_the_tools_own_words() -> None:
    world = new_world("small", 1)
    state = state_of(world)
    result = call(world, refuse, text="kites")
    body = {"code": "conflict", "message": "the mail is kites already", "field": "text"}
    assert (result.code, result.value, orjson.loads(result.content)) == ("conflict", body, {"error": body})
    assert (result.changes, state_of(world)) == ((), state)


@pytest.mark.parametrize("run", [crash, answer_no_json])
def test_a_crash_is_a_fault_of_ours_and_leaves_the_state_unchanged(run: Callable[..., Any]) -> None:
    world = new_world("small", 1)
    call(world, relabel, text="before")
    state = state_of(world)
    with pytest.raises(ToolFaultError, match=r"relabel crashed on valid arguments: ") as caught:
        call(world, run, text="kites")
    assert caught.value.__cause__ is not None
    assert state_of(world) == state
    assert call(world, relabel, text="after").code == ""


def test_a_text_that_cannot_be_stored_is_the_agents_mistake() -> None:
    world = new_world("small", 1)
    state = state_of(world)
    result = call(world, relabel, text="\ud800")
    assert (result.code, state_of(world)) == ("invalid_argument", state)
    assert "error" in orjson.loads(result.content)


def test_a_text_that_cannot_be_stored_may_be_quoted_in_a_refusal() -> None:
    world = new_world("small", 1)
    state = state_of(world)
    result = call(world, refuse, text="\ud800")
    assert result.code in {"conflict", "invalid_argument"}
    assert state_of(world) == state
    assert "error" in orjson.loads(result.content)


def test_a_refused_call_after_others_takes_back_its_own_writes_only() -> None:
    world = new_world("small", 1)
    call(world, relabel, text="one")
    state = state_of(world)
    call(world, refuse, text="two")
    assert state_of(world) == state


def test_an_unknown_tool_is_answered_with_those_that_exist() -> None:
    result = execute(new_world("small", 1), tool_that(relabel), ToolCall("7", "relable", {}))
    assert result.code == "unknown_tool"
    assert "'relable'" in result.value["message"]
    assert "relabel" in result.value["message"]


@pytest.mark.parametrize(("field", "keys"), [(None, {"code", "message"}), ("to", {"code", "message", "field"})])
def test_an_error_names_a_field_only_where_there_is_one(field: str | None, keys: set[str]) -> None:
    code: ErrorCode = "not_found"
    result = error_result(ToolCall("7", "relabel", {}), code, "no such mail", field)
    assert orjson.loads(result.content)["error"].keys() == keys
    assert result.value["code"] == result.code == "not_found"
