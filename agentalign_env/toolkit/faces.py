"""The form of a face file, one per provider under ``tools/<category>/``: how the provider presents operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Union

from pydantic import ConfigDict, Field

from agentalign_env.core.data_files import DataModel

__all__ = ["FaceFile", "FaceSpec", "ParameterSpec", "ResultSpec"]


class _Strict(DataModel):
    model_config = ConfigDict(populate_by_name=True)


class ParameterSpec(_Strict):
    """A parameter of a face.

    Attributes:
        description: For the agent.
        argument: The operation's argument that it sets; the parameter's own name by default.
        option: Instead of an argument, a JSON schema: the provider's own option, handed to the operation in
            ``options`` where it takes them, else accepted without effect.
        narrow: JSON schema keywords laid over the argument's schema, such as an ``enum``.
        required: Overrides whether it must be given.
        default: Overrides the default; it must fit the schema.
    """

    description: str
    argument: str | None = None
    option: Mapping[str, Any] | None = None
    narrow: Mapping[str, Any] = {}
    required: bool | None = None
    default: Any = None


class ResultList(_Strict):
    """A field of the result that is a list (or an object), whose items are shaped in turn."""

    source: Annotated[str, Field(alias="from")]
    items: Mapping[str, str]


ResultSpec = Mapping[str, Union[str, ResultList]]  # noqa: UP007 - evaluated by pydantic


class FaceSpec(_Strict):
    """A tool: a name, the capability it presents, and how."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,63}$")]
    capability: str
    description: str
    provider: str | None = None
    category: str | None = None
    pins: Mapping[str, Any] = {}
    parameters: Mapping[str, ParameterSpec] = {}
    result: ResultSpec = {}  # noqa: RUF012 - replaced, never changed


class FaceFile(_Strict):
    """One file: the provider's name as people say it, and its tools."""

    provider: str
    tool: tuple[FaceSpec, ...]
