"""Frozen values that every floor shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

from agentalign_env.errors import ErrorCode

__all__ = [
    "INTENTS",
    "AssistantTurn",
    "ErrorBody",
    "ErrorEnvelope",
    "Intent",
    "JsonObject",
    "Message",
    "Outcome",
    "ToolCall",
]

JsonObject = Mapping[str, Any]

Intent = Literal["benign", "borderline", "harmful"]
INTENTS: tuple[Intent, ...] = ("benign", "borderline", "harmful")

Outcome = Literal[
    "running", "completed", "partial", "refused", "refused_late", "clarified", "gave_up", "truncated", "fault"
]


class ToolCall(NamedTuple):
    """One call of a tool: its id within the turn, the tool's name, its arguments."""

    id: str
    name: str
    arguments: JsonObject


class AssistantTurn(NamedTuple):
    """What an agent did in one step: called tools, or (with no calls) ended its turn with a message."""

    calls: tuple[ToolCall, ...]
    message: str = ""


class ErrorBody(TypedDict):
    """What went wrong: a stable code, a sentence, and the argument at fault where there is one."""

    code: ErrorCode
    message: str
    field: NotRequired[str]


class ErrorEnvelope(TypedDict):
    """The one shape in which any tool answers an error."""

    error: ErrorBody


class Message(TypedDict):
    """A chat message of an observation; tool results carry the call's id and the tool's name."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_call_id: NotRequired[str]
    name: NotRequired[str]
