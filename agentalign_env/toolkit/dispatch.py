"""Running a call: validate, run, commit or roll back, answer. The one place where a crash of ours is caught."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from agentalign_env.core.clock import SECONDS_PER_WRITE
from agentalign_env.core.sandbox import Machine
from agentalign_env.core.store import Change
from agentalign_env.core.world import World
from agentalign_env.errors import ErrorCode, OperationError, SandboxFaultError, ToolFaultError
from agentalign_env.toolkit.tool import Tool, ToolSet
from agentalign_env.types import JsonObject, ToolCall

__all__ = ["ToolResult", "error_result", "execute"]

_new = tuple.__new__  # makes a named tuple in half the time of its own constructor
_LOG = logging.getLogger(__name__)


class ToolResult(NamedTuple):
    """The answer to one call.

    Attributes:
        call: What was asked.
        code: The error's code, or ``""`` when the call succeeded.
        content: What the agent reads: JSON text, the provider's result or the error envelope.
        value: The operation's own result, before the provider's shape; the error's body when it failed.
        changes: The rows that it changed, empty when it failed.
    """

    call: ToolCall
    code: ErrorCode | str
    content: str
    value: Any
    changes: tuple[Change, ...]


def execute(world: World, tools: Mapping[str, Tool], call: ToolCall, machine: Machine | None = None) -> ToolResult:
    """Runs one call against the world; anything that an agent can get wrong is answered in the error envelope.

    Args:
        world: The state.
        tools: What may be called.
        call: The call.
        machine: What carries the operation out; by default it runs in memory.

    Raises:
        ToolFaultError: The operation crashed; the state is as before the call.
    """
    tool = tools.get(call.name)
    if tool is None:
        known = tools.listing if isinstance(tools, ToolSet) else ToolSet(tools).listing
        return error_result(call, "unknown_tool", f"there is no tool named {call.name[:80]!r}; available: {known}")
    arguments, store = call.arguments, world.store
    rejection = tool.reject(arguments)
    if rejection is not None:
        return error_result(call, *rejection)
    try:
        if machine is None:
            value = tool.call(world, arguments)
        else:
            value = machine.run(tool.operation, world, tool.bind(arguments))
        content = orjson.dumps(tool.shape(value)).decode()
        changes = store.commit(SECONDS_PER_WRITE)
    except OperationError as error:
        store.rollback()
        field = None if error.field is None else tool.names.get(error.field, error.field)
        return error_result(call, error.code, error.message, field)
    except SandboxFaultError as error:
        store.rollback()
        raise ToolFaultError(f"{tool.name} could not run: {error}") from error
    except Exception as error:
        store.rollback()
        reason = _not_json(arguments)
        if reason:
            return error_result(call, "invalid_argument", reason)
        _LOG.exception("operation %r crashed", tool.operation)
        raise ToolFaultError(f"{tool.name} crashed on valid arguments: {type(error).__name__}: {error}") from error
    return _new(ToolResult, (call, "", content, value, changes))


def error_result(call: ToolCall, code: ErrorCode, message: str, field: str | None = None) -> ToolResult:
    """The error envelope as the answer to a call."""
    body: dict[str, str] = {"code": code, "message": message}
    if field is not None:
        body["field"] = field
    try:
        content = orjson.dumps({"error": body}).decode()
    except TypeError:  # the message quotes a lone surrogate of the agent's
        body = {key: text.encode(errors="replace").decode() for key, text in body.items()}
        content = orjson.dumps({"error": body}).decode()
    return _new(ToolResult, (call, code, content, body, ()))


def _not_json(arguments: JsonObject) -> str:
    """Why the arguments cannot be stored (a lone surrogate, say), or an empty text; asked only after a crash."""
    try:
        orjson.dumps(arguments)
    except (TypeError, ValueError, RecursionError) as error:
        return f"the arguments are not valid JSON values: {error}"
    return ""
