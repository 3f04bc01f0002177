"""The registry of capabilities, from ``tools/capabilities.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from pydantic import TypeAdapter, ValidationError

from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml

__all__ = ["Capability", "load_capabilities"]


class Capability(NamedTuple):
    """An abstract action.

    Attributes:
        name: ``Category.verb_noun``, as the paper spells it.
        kind: Whether it can change the world.
        origin: From the paper, or of the reading side that the paper lacks.
        about: One sentence.
    """

    name: str
    kind: Literal["read", "write"]
    origin: Literal["paper", "own"]
    about: str

    @property
    def category(self) -> str:
        """The part before the dot."""
        return self.name.partition(".")[0]


@lru_cache(maxsize=1)
def load_capabilities() -> Mapping[str, Capability]:
    """All capabilities by name, those of the paper first.

    Raises:
        DataFileError: The file is invalid.
    """
    content = read_toml(data_root("tools").joinpath("capabilities.toml"))
    adapter = TypeAdapter(Capability)
    found = {}
    for name, fields in content.items():
        try:
            found[name] = adapter.validate_python({"name": name, **fields})
        except ValidationError as error:
            raise DataFileError(
                "capabilities.toml", name, error.errors()[0]["msg"], "A capability has kind, origin and about."
            ) from error
    return found
