"""What a command line says of an instruction: the tools at hand, the world, the chain that it should need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from agentalign_env.cli.selection import MOST_SEED, read_chains
from agentalign_env.cli.selection import chain_of as known_chain

if TYPE_CHECKING:
    from agentalign_env.core.world import WorldKey
    from agentalign_env.executability.candidates import BadLine, Candidate

__all__ = ["Given", "chain_of", "tools_of", "world_of"]


class Given(NamedTuple):
    """What the command line says in place of the lines; ``None`` where it says nothing."""

    tools: tuple[Any, ...] | None
    world: WorldKey | None
    chain: tuple[str, ...] | None

    def applied(self, candidates: Iterator[Candidate | BadLine]) -> Iterator[Candidate | BadLine]:
        """The candidates with this in place of what they say."""
        from agentalign_env.executability.candidates import Candidate

        said = {name: value for name, value in self._asdict().items() if value is not None}
        for one in candidates:
            yield replace(one, **said) if said and isinstance(one, Candidate) else one


def tools_of(names: str | None, file: Path | None) -> tuple[Any, ...] | None:
    """Names of the catalogue, then the schemas of a file.

    Raises:
        DataFileError: The file is no list of schemas, or there is no tool at all.
        UnknownNameError: The catalogue has no tool of a name.
    """
    from agentalign_env.errors import DataFileError
    from agentalign_env.toolkit.catalogue import load_tools

    if names is None and file is None:
        return None
    catalogue = load_tools()
    found: list[Any] = [catalogue[name.strip()].name for name in (names or "").split(",") if name.strip()]
    if file is not None:
        found += _schemas_in(file)
    if not found:
        problem, remedy = "expected at least one tool, found none", "Leave the option out for the whole catalogue."
        raise DataFileError(str(file or "--tools"), "tools", problem, remedy)
    return tuple(found)


def _schemas_in(file: Path) -> list[Any]:
    """The schemas of a file, with a warning for those that cannot be used."""
    import warnings

    import orjson

    from agentalign_env.errors import DataFileError
    from agentalign_env.toolkit.foreign import adopt_tools

    try:
        content = file.read_bytes()
        schemas = orjson.loads(content)
    except OSError as error:
        problem = f"expected a readable file, found: {error.strerror or type(error).__name__}"
        raise DataFileError(str(file), "file", problem, "Check the path and its permissions.") from error
    except orjson.JSONDecodeError as error:
        raise DataFileError(str(file), "JSON", str(error), "Make it a JSON list of tool schemas.") from error
    if isinstance(schemas, dict):
        schemas = schemas["tools"] if isinstance(schemas.get("tools"), list) else [schemas]
    if not isinstance(schemas, list):
        problem = f"expected a list of tool schemas, found {type(schemas).__name__}"
        raise DataFileError(str(file), "JSON", problem, "Put them into a list.")
    for lost in adopt_tools(schemas).unmapped:
        warnings.warn(f"{file}: {lost.name} cannot be used: {lost.reason}", UserWarning, stacklevel=2)
    return schemas


def world_of(text: str | None) -> WorldKey | None:
    """The world of ``small`` or ``small:7``.

    Raises:
        UnknownNameError: There is no such size.
    """
    if text is None:
        return None
    from agentalign_env.core.world import WorldKey, load_world_sizes
    from agentalign_env.errors import UnknownNameError

    size, _, seed = text.partition(":")
    if size not in load_world_sizes():
        raise UnknownNameError("world size", size, load_world_sizes())
    if not seed:
        return WorldKey(size, 0)
    if not (seed.isascii() and seed.isdigit() and int(seed) <= MOST_SEED):
        message = f"expected a size and a seed from 0 to {MOST_SEED}, such as small:7; got {text[:80]!r}"
        raise typer.BadParameter(message, param_hint="--world")
    return WorldKey(size, int(seed))


def chain_of(text: str | None) -> tuple[str, ...] | None:
    """The capabilities of a chain's id, or those that are listed.

    Raises:
        UnknownNameError: There is no such chain or capability.
    """
    if text is None:
        return None
    from agentalign_env.errors import UnknownNameError
    from agentalign_env.toolkit.capabilities import load_capabilities

    if "." not in text:
        return known_chain(read_chains(None), text.strip()).steps
    steps = tuple(step.strip() for step in text.split(",") if step.strip())
    for step in steps:
        if step not in load_capabilities():
            raise UnknownNameError("capability", step, load_capabilities())
    return steps
