"""Reading an action: one tolerant parser for what agents send, which never raises."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import orjson

from agentalign_env.core.limits import DEFAULT_LIMITS, Limits
from agentalign_env.envs.json_values import NotJsonError, copy_arguments, copy_flat, require_text
from agentalign_env.errors import ErrorCode
from agentalign_env.types import AssistantTurn, ToolCall

__all__ = ["ActionError", "MalformedCall", "parse_action"]

_EXPECTED = 'expected {"tool_calls": [{"id": text, "name": text, "arguments": object}]} or {"message": text}'
_EXPECTED_ARGUMENTS = "expected arguments that are an object, or JSON text of one"
_ANSWERED_CALLS = 8  # times the calls that run in a step: so many are answered, more make the action malformed
_new = tuple.__new__  # makes a named tuple in half the time of its own constructor
_NAME_CHARS = 256


class ActionError(NamedTuple):
    """An action that is none: what was expected, what was found, what to do.

    Attributes:
        code: Always ``malformed_action``.
        message: The explanation, for the agent.
    """

    code: ErrorCode
    message: str

    @property
    def content(self) -> str:
        """The error envelope, as the agent reads it."""
        return orjson.dumps({"error": {"code": self.code, "message": self.message}}).decode()


class MalformedCall(ToolCall):
    """A call whose id and name can be read but whose arguments cannot: it is answered, and never runs.

    Its arguments are an empty object.

    Attributes:
        problem: What was expected, what was found, what to do; for the agent.
    """

    problem: str

    def __new__(cls, id: str, name: str, problem: str) -> Self:
        """The call, with the explanation that answers it."""
        call = super().__new__(cls, id, name, {})
        call.problem = problem
        return call

    def __eq__(self, other: object) -> bool:
        return type(other) is MalformedCall and self.problem == other.problem and tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self.id, self.name, self.problem))

    def __reduce__(self) -> tuple[type[MalformedCall], tuple[str, str, str]]:
        return MalformedCall, (self.id, self.name, self.problem)


class _MalformedError(ValueError):
    """Stops the parser; the message says what was found and what to do."""


def parse_action(action: object, limits: Limits = DEFAULT_LIMITS) -> AssistantTurn | ActionError:
    """The turn that an action stands for.

    Understood are the canonical ``{"tool_calls": [...]}`` and ``{"message": text}``, either of them as JSON text, and
    an OpenAI assistant message. Text that is no JSON object is a message. Missing ids become ``call_1``, ``call_2``
    ...; arguments may be an object, a JSON text of one, or null. Text beside tool calls is kept as the turn's message
    and does not end it. Where only the arguments of a call cannot be read, the others of the turn are kept.

    Args:
        action: Anything.
        limits: Bounds on the length of texts and the number of calls.

    Returns:
        The turn, whose arguments are a copy in plain JSON values, with a `MalformedCall` for each call whose arguments
        cannot be read; or an `ActionError`.
    """
    try:
        if type(action) is dict:
            return _one_plain_call(action, limits) or _from_object(action, limits)
        if isinstance(action, str):
            return _from_text(str.__str__(action), limits)
        if isinstance(action, dict):
            return _from_object(dict.copy(action), limits)
        raise _MalformedError(f"got {_name(action)}. Send a dict or text.")
    except (_MalformedError, NotJsonError) as error:
        return ActionError("malformed_action", f"{_EXPECTED}; {error}")


def _one_plain_call(action: dict[Any, Any], limits: Limits) -> AssistantTurn | None:
    """The commonest action, read without ceremony: exactly one canonical call. ``None`` for everything else."""
    raw = action.get("tool_calls")
    if type(raw) is not list or len(raw) != 1 or len(action) != 1:
        return None
    item = raw[0]
    if type(item) is not dict or len(item) != 3:
        return None
    try:
        call_id, name, arguments = item["id"], item["name"], item["arguments"]
    except KeyError:
        return None
    if type(name) is not str or type(call_id) is not str or type(arguments) is not dict or not name or not call_id:
        return None
    if len(name) > _NAME_CHARS or len(call_id) > _NAME_CHARS or not name.isascii() or not call_id.isascii():
        return None
    plain = copy_flat(arguments)
    if plain is None:
        try:
            plain = copy_arguments(arguments, limits.action_chars)
        except NotJsonError as error:
            return AssistantTurn((_malformed_call(call_id, name, error),))
    return _new(AssistantTurn, ((_new(ToolCall, (call_id, name, plain)),), ""))


def _from_text(text: str, limits: Limits) -> AssistantTurn:
    if len(text) > limits.action_chars:
        raise _MalformedError(f"got a text of {len(text)} characters. Stay below {limits.action_chars}.")
    if text.lstrip()[:1] == "{":
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            if '"tool_calls"' in text:
                raise _MalformedError(f"got text that is not valid JSON: {error}. Correct the syntax.") from None
        else:
            return _from_object(value, limits)
    return AssistantTurn((), require_text(text, "the message", limits.action_chars))


def _from_object(action: dict[Any, Any], limits: Limits) -> AssistantTurn:
    raw = action.get("tool_calls")
    if raw:
        return AssistantTurn(_calls(raw, limits), _text_beside(action, limits))
    if "message" in action:
        text = action["message"]
    elif "content" in action and action.get("role", "assistant") == "assistant":
        text = _content(action)
    elif "tool_calls" in action:
        raise _MalformedError("got tool_calls without any call. Call a tool, or end the turn with a message.")
    elif "role" in action:
        raise _MalformedError(
            "got a message that is not an assistant message with content. Send the assistant's own message."
        )
    else:
        raise _MalformedError(f"got an object with {_keys(action)}. Use one of the two forms.")
    return AssistantTurn((), require_text(text, "the message", limits.action_chars))


def _content(action: dict[Any, Any]) -> object:
    """The text of an OpenAI assistant message: a string, a list of parts, or a refusal in its own field."""
    content = action["content"]
    if content is None:
        return action.get("refusal") or ""
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(text for text in texts if isinstance(text, str))
    return content


def _text_beside(action: dict[Any, Any], limits: Limits) -> str:
    text = action.get("content") or action.get("message")
    return require_text(text, "the text beside the calls", limits.action_chars) if isinstance(text, str) else ""


def _calls(raw: object, limits: Limits) -> tuple[ToolCall, ...]:
    if not isinstance(raw, list | tuple):
        raise _MalformedError(f"got tool_calls that is {_name(raw)}. Make it a list of calls.")
    most = limits.calls_per_step * _ANSWERED_CALLS
    if len(raw) > most:
        raise _MalformedError(f"got {len(raw)} calls. Send at most {limits.calls_per_step} in a step.")
    if len(raw) == 1:
        return (_call(raw[0], 1, limits),)
    calls = tuple(_call(item, number, limits) for number, item in enumerate(raw, 1))
    seen: set[str] = set()
    for number, call in enumerate(calls, 1):
        if call.id in seen:
            raise _MalformedError(
                f"got the id {call.id[:40]!r} again at call {number}. Give every call of a step an id of its own."
            )
        seen.add(call.id)
    return calls


def _call(item: object, number: int, limits: Limits) -> ToolCall:
    if not isinstance(item, dict):
        raise _MalformedError(
            f"got call {number} that is {_name(item)}. Make it an object with id, name and arguments."
        )
    source = item
    if "function" in item:
        source = item["function"]
        if not isinstance(source, dict):
            raise _MalformedError(
                f"got call {number} whose function is {_name(source)}. Make it an object with name and arguments."
            )
    name, call_id = source.get("name"), item.get("id")
    if type(name) is not str or not name or len(name) > _NAME_CHARS or not name.isascii():
        name = require_text(name, f"the name of call {number}", _NAME_CHARS, least=1)
    if type(call_id) is not str or not call_id or len(call_id) > _NAME_CHARS or not call_id.isascii():
        call_id = _call_id(call_id, number)
    arguments = source.get("arguments")
    try:
        return ToolCall(call_id, name, _arguments(arguments, number, limits))
    except (_MalformedError, NotJsonError) as error:
        return _malformed_call(call_id, name, error)


def _malformed_call(call_id: str, name: str, error: ValueError) -> MalformedCall:
    return MalformedCall(call_id, name, f"{_EXPECTED_ARGUMENTS}; {error}")


def _arguments(arguments: object, number: int, limits: Limits) -> dict[str, Any]:
    if arguments is None:
        return {}
    if isinstance(arguments, str):
        arguments = _decoded(arguments, number, limits)
    if not isinstance(arguments, dict):
        raise _MalformedError(f"got arguments of call {number} that are {_name(arguments)}. Make them an object.")
    return copy_arguments(arguments, limits.action_chars)


def _call_id(value: object, number: int) -> str:
    if value is None or value == "":
        return f"call_{number}"
    if type(value) is int and 0 <= value < 1 << 63:
        return str(value)
    return require_text(value, f"the id of call {number}", _NAME_CHARS)


def _decoded(text: str, number: int, limits: Limits) -> object:
    if len(text) > limits.action_chars:
        raise _MalformedError(
            f"got arguments of call {number} with {len(text)} characters. Stay below {limits.action_chars}."
        )
    if not text.strip():
        return {}
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _MalformedError(
            f"got arguments of call {number} that are not valid JSON: {error}. Correct the syntax."
        ) from None


def _keys(action: dict[Any, Any]) -> str:
    names = [repr(key[:40]) for key in list(action)[:6] if type(key) is str]
    return f"the keys {', '.join(names)}" if names else "no text keys"


def _name(value: object) -> str:
    return "null" if value is None else f"of type {type(value).__name__}"
