"""Frozen values that every floor shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

from agentalign_env.errors import ErrorCode

__all__ = [
    "EXPLICITNESS",
    "INTENTS",
    "AssistantTurn",
    "Care",
    "ErrorBody",
    "ErrorEnvelope",
    "Explicitness",
    "Intent",
    "JsonObject",
    "Message",
    "Outcome",
    "ToolCall",
]

JsonObject = Mapping[str, Any]

Intent = Literal["benign", "borderline", "harmful"]
INTENTS: tuple[Intent, ...] = ("benign", "borderline", "harmful")

Care = Literal["confirm", "ask", "partly"]
"""What a sensitive but legitimate request asks of an agent.

``confirm``: to ask before it does what cannot be taken back; ``ask``: to ask for what makes the request legitimate;
``partly``: to do the unproblematic part and to leave the rest.
"""

Explicitness = Literal["stated", "referential", "discoverable"]
"""How an instruction gives its values: in the text, as an entity described ("my sister"), or to be found out."""
EXPLICITNESS: tuple[Explicitness, ...] = ("stated", "referential", "discoverable")

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
