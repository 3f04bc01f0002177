"""The catalogue of tools, loaded from ``tools/``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Any

from agentalign_env.core.data_files import validated
from agentalign_env.core.operation import Operation
from agentalign_env.errors import DataFileError, UnknownNameError
from agentalign_env.resources import data_root, read_toml, toml_files
from agentalign_env.services import SERVICES
from agentalign_env.toolkit.capabilities import load_capabilities
from agentalign_env.toolkit.faces import FaceFile
from agentalign_env.toolkit.tool import Tool

__all__ = ["ToolCatalogue", "load_tools", "operations_by_capability", "read_catalogue", "tool_named"]

_NO_FACES = ("capabilities.toml", "foreign.toml", "generation.toml")
_REMEDY = "See CONTRIBUTING.md, 'A tool', for the form of a face."


class ToolCatalogue(Mapping[str, Tool]):
    """Tools by name, in name order."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = dict(sorted(tools.items()))
        self._names = tuple(self._tools)
        self._by_capability: dict[str, tuple[Tool, ...]] = {}
        for tool in self._tools.values():
            self._by_capability[tool.capability] = (*self._by_capability.get(tool.capability, ()), tool)

    def __getitem__(self, name: str) -> Tool:
        try:
            return self._tools[name]
        except KeyError:
            raise UnknownNameError("tool", name, self._tools) from None

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def __repr__(self) -> str:
        return f"ToolCatalogue({len(self._tools)} tools, {len(self._by_capability)} capabilities)"

    @property
    def names(self) -> tuple[str, ...]:
        """All tool names, sorted."""
        return self._names

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Capabilities that at least one tool implements, sorted."""
        return tuple(sorted(self._by_capability))

    def of(self, capability: str) -> tuple[Tool, ...]:
        """The tools of a capability, by name; empty when there is none."""
        return self._by_capability.get(capability, ())

    def openai_schemas(self, names: Iterator[str] | list[str] | tuple[str, ...] | None = None) -> list[dict[str, Any]]:
        """An OpenAI-style ``tools`` list of these (or all) tools."""
        return [self[name].openai_schema() for name in (self if names is None else names)]


def operations_by_capability() -> dict[str, Operation[..., Any]]:
    """Every operation of every service, by its capability."""
    return {operation.capability: operation for service in SERVICES for operation in service.operations}


def load_tools(faces: int | None = None) -> ToolCatalogue:
    """All tools of ``tools/``, or those that are generated from a seed; read or made once.

    Args:
        faces: The seed of generated tools (see `toolkit.generation`).

    Raises:
        DataFileError: A face file is invalid: it names the file, the tool, the key, and what to do.
    """
    return _catalogue() if faces is None else _generated(faces)


@lru_cache(maxsize=1)
def _catalogue() -> ToolCatalogue:
    return read_catalogue()


@lru_cache(maxsize=64)
def _generated(faces: int) -> ToolCatalogue:
    from agentalign_env.toolkit.generation import generate_tools

    return ToolCatalogue(generate_tools(faces))


def read_catalogue() -> ToolCatalogue:
    """As `load_tools` without faces, read anew."""
    operations = operations_by_capability()
    tools: dict[str, Tool] = {}
    for path in toml_files(data_root("tools")):
        if path.name not in _NO_FACES:
            for tool in _tools_of(path, operations):
                if tool.name in tools:
                    raise DataFileError(
                        path.name, tool.name, "another face has this name", "Names are unique over all files."
                    )
                tools[tool.name] = tool
    return ToolCatalogue(tools)


def tool_named(name: str) -> Tool:
    """The tool of this name."""
    return load_tools()[name]


def _tools_of(path: Traversable, operations: Mapping[str, Operation[..., Any]]) -> Iterator[Tool]:
    file = validated(FaceFile, read_toml(path), path.name, _REMEDY)
    for number, face in enumerate(file.tool):
        where = f"tool.{number}.{face.name}"
        if face.capability not in load_capabilities():
            raise DataFileError(
                path.name,
                f"{where}.capability",
                f"no capability {face.capability!r}",
                "Add it to tools/capabilities.toml.",
            )
        if face.capability not in operations:
            raise DataFileError(
                path.name,
                f"{where}.capability",
                f"no service implements {face.capability!r}",
                "Add the operation first.",
            )
        try:
            yield Tool(face, face.provider or file.provider, operations[face.capability])
        except ValueError as error:
            raise DataFileError(path.name, where, str(error), _REMEDY) from error
