"""The error for what a user passes to an environment's constructor or reset."""

from __future__ import annotations

from agentalign_env.errors import AgentAlignError

__all__ = ["EnvArgumentError"]


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
