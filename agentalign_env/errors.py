"""Every exception that this package raises, on one page.

```
AgentAlignError
├── DataFileError            a TOML, JSON or JSONL file is invalid: file, key, problem, remedy
├── UnsupportedChainError    a chain asks for capabilities that no tool implements
├── ScenarioBuildError       a chain cannot be bound to this world and these tools
├── PremiseError             a thing cannot be put into a world: of no known kind, misnamed, or there already
├── OperationError           an anticipated failure; the agent sees it as an error envelope
├── ToolFaultError           an operation crashed: a defect of ours, never shown as a tool result
├── EnvArgumentError         an argument of an environment, or an option of a reset, is out of range
├── UnknownNameError         a name (tool, world, agent, environment) that does not exist, with the nearest match
├── StateMismatchError       a state belongs to another world or scenario
├── ReplayError              a trajectory cannot be re-executed here
├── JudgeFailedError         a judge could not decide; what it was asked about stays unscored
├── WriterFailedError        a writer could not write a text
├── TokenBudgetError         the next text of a writer could cost more tokens than are left
├── StoreUnavailableError    a store cannot be opened
├── StoreContentError        a store holds what was not written by this version, or was changed since
├── RemoteRolloutError       shards of a submitted rollout failed, or did not come in time
├── SandboxUnavailableError  no container engine answers, or it lacks the image
├── SandboxFaultError        a container died, hung or had to be emptied; never shown as a tool result
└── MissingExtraError        a library of an optional extra is not installed
```
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Literal

__all__ = [
    "AgentAlignError",
    "DataFileError",
    "EnvArgumentError",
    "ErrorCode",
    "JudgeFailedError",
    "MissingExtraError",
    "OperationError",
    "PremiseError",
    "RemoteRolloutError",
    "ReplayError",
    "SandboxFaultError",
    "SandboxUnavailableError",
    "ScenarioBuildError",
    "StateMismatchError",
    "StoreContentError",
    "StoreUnavailableError",
    "TokenBudgetError",
    "ToolFaultError",
    "UnknownNameError",
    "UnsupportedChainError",
    "WriterFailedError",
]

ErrorCode = Literal[
    "malformed_action",
    "unknown_tool",
    "missing_argument",
    "unknown_argument",
    "invalid_argument",
    "not_found",
    "permission_denied",
    "insufficient_funds",
    "conflict",
    "invalid_state",
    "limit_exceeded",
]
"""Stable codes of the error envelope. The first five are answered before an operation runs."""


class AgentAlignError(Exception):
    """Base of every error of this package."""


class DataFileError(AgentAlignError):
    """A data file is invalid.

    Attributes:
        file: The file, as the user named it.
        key: Where in the file, such as ``tool[2].capability`` or ``line 7``.
        problem: What was expected and what was found.
        remedy: What to do about it.
    """

    def __init__(self, file: str, key: str, problem: str, remedy: str) -> None:
        self.file, self.key, self.problem, self.remedy = file, key, problem, remedy
        super().__init__(f"{file}: {key}: {problem}. {remedy}")

    def __reduce__(self) -> tuple[type[DataFileError], tuple[str, str, str, str]]:
        return type(self), (self.file, self.key, self.problem, self.remedy)


class UnsupportedChainError(AgentAlignError):
    """A chain asks for capabilities that no available tool implements."""

    def __init__(self, chain_id: str, missing: Iterable[str]) -> None:
        self.chain_id, self.missing = chain_id, tuple(missing)
        super().__init__(
            f"chain {chain_id!r} needs capabilities that no tool implements: {', '.join(self.missing)}. "
            "Choose another chain, or add an operation and a tool for each."
        )

    def __reduce__(self) -> tuple[type[UnsupportedChainError], tuple[str, tuple[str, ...]]]:
        return type(self), (self.chain_id, self.missing)


class ScenarioBuildError(AgentAlignError):
    """A chain cannot be bound to this world and these tools; the message says which argument."""


class PremiseError(AgentAlignError):
    """A thing cannot be put into a world: of no known kind, misnamed, or there already; the world is unchanged."""


class OperationError(AgentAlignError):
    """An anticipated failure of a tool call: the agent reads it, the state is unchanged.

    Attributes:
        code: One of `ErrorCode`.
        message: What was expected, what was found, what to do.
        field: The argument at fault, in the operation's words, or ``None``.
    """

    def __init__(self, code: ErrorCode, message: str, field: str | None = None) -> None:
        self.code, self.message, self.field = code, message, field
        super().__init__(f"{code}: {message}")

    def __reduce__(self) -> tuple[type[OperationError], tuple[ErrorCode, str, str | None]]:
        return type(self), (self.code, self.message, self.field)


class ToolFaultError(AgentAlignError):
    """An operation crashed. The cause is chained; the state was rolled back."""


class EnvArgumentError(AgentAlignError, ValueError):
    """An argument of an environment, or an option of a reset, is out of range.

    Attributes:
        name: The argument or option.
        expected: What may be passed.
        actual: What was passed.
        remedy: What to do.
    """

    def __init__(self, name: str, expected: str, actual: object, remedy: str) -> None:
        self.name, self.expected, self.actual, self.remedy = name, expected, actual, remedy
        shown = repr(actual)
        super().__init__(f"{name}: expected {expected}, got {shown[:120]}. {remedy}")

    def __reduce__(self) -> tuple[type[EnvArgumentError], tuple[str, str, object, str]]:
        return type(self), (self.name, self.expected, self.actual, self.remedy)


class UnknownNameError(AgentAlignError, KeyError):
    """A name that does not exist; the message offers the nearest match."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        near = difflib.get_close_matches(name, self.known, n=1)
        shown, more = sorted(self.known)[:12], max(len(self.known) - 12, 0)
        rest = f" and {more} more" if more else ""
        hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(shown)}{rest}."
        super().__init__(f"no {kind} is named {name!r}.{hint}")

    def __str__(self) -> str:  # a KeyError would show its message in quotes
        return str(self.args[0])

    def __reduce__(self) -> tuple[type[UnknownNameError], tuple[str, str, tuple[str, ...]]]:
        return type(self), (self.kind, self.name, self.known)


class StateMismatchError(AgentAlignError):
    """A state was taken from another world or scenario than the one it is put into."""


class ReplayError(AgentAlignError):
    """A trajectory cannot be re-executed here, such as one of a newer schema version."""


class JudgeFailedError(AgentAlignError):
    """A judge could not decide; what it was asked about stays unscored."""


class WriterFailedError(AgentAlignError):
    """A writer could not write a text; the message says why and how often it was tried."""


class TokenBudgetError(AgentAlignError):
    """The next text could cost more tokens than are left; nothing was requested for it.

    Attributes:
        spent: Tokens spent so far.
        needed: The most that the next text could cost.
        limit: The most that may be spent.
    """

    def __init__(self, spent: int, needed: int, limit: int) -> None:
        self.spent, self.needed, self.limit = spent, needed, limit
        super().__init__(
            f"expected to stay within {limit} tokens: {spent} are spent or under way and the next text may need "
            f"{needed}. Raise token_limit; what was written is in the cache and is not paid for again."
        )

    def __reduce__(self) -> tuple[type[TokenBudgetError], tuple[int, int, int]]:
        return type(self), (self.spent, self.needed, self.limit)


class MissingExtraError(AgentAlignError):
    """A library of an optional extra is not installed; the message says how to install it."""


class StoreUnavailableError(AgentAlignError):
    """A store cannot be opened: no URL that is known, or nobody answers there."""


class StoreContentError(AgentAlignError):
    """A store holds what was not written by this version, or was changed since; nothing of it is used."""


class RemoteRolloutError(AgentAlignError):
    """Shards of a submitted rollout were put aside, or did not come in time; the message says which and why."""


class SandboxUnavailableError(AgentAlignError):
    """No container engine answers, or it lacks the image; the message says how to get them."""


class SandboxFaultError(AgentAlignError):
    """A container or its engine died, hung, or had to be emptied: what a script did is not known.

    An episode in which it happens ends with the outcome ``fault``; the agent is never shown it as a result.
    """
