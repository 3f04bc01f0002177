"""Lookups: how a value can be asked for without stating it; from ``scenarios/lookups.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml
from agentalign_env.toolkit.catalogue import operations_by_capability
from agentalign_env.types import Explicitness

__all__ = ["Lookup", "LookupCall", "LookupTexts", "PartOfResult", "load_lookups", "load_texts"]

_REMEDY = "See docs/scenarios.md, 'Explicitness', for the form."


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PartOfResult(_Strict):
    """A value in the result of an earlier call of the same lookup, by the call's number and the operation's path."""

    call: int
    path: str


class LookupCall(_Strict):
    """A reading call.

    Attributes:
        capability: What it does; any tool of it will do that finds the value.
        arguments: By the operation's names: templates with ``{field}``, numbers, or parts of earlier results.
    """

    capability: str
    arguments: Mapping[str, str | int | PartOfResult]


class Lookup(_Strict):
    """One way to find a value.

    Attributes:
        level: What an instruction becomes that uses it.
        gives: What it can stand for: ``person.<field>`` (or ``.*``), ``organisation.<field>``, ``<table>.<column>`` of
            an entity, or ``text``: any text.
        premise: What holds the text, laid into the world before the episode; empty when the world has the value.
        history: ``<table>.<column>`` of a row that leads to the value, newest first; its fields serve the templates.
            Where the world has none, a mail is laid into it.
        calls: The calls, in order; the last one's result holds the value.
        value: The path in its operation's result; ``{field}`` is the person's field. It must lead to one value.
        phrases: What the instruction says instead of the value.
    """

    level: Literal["referential", "discoverable"]
    gives: str
    premise: Literal["", "note", "mail", "message"] = ""
    history: str = ""
    calls: Annotated[tuple[LookupCall, ...], Field(min_length=1)]
    value: str
    phrases: Annotated[tuple[str, ...], Field(min_length=1)]


class LookupTexts(_Strict):
    """What premises are called.

    Attributes:
        subjects: Of mails; ``{topic}`` is the topic's title.
        notes: Paths of notes below the home directory.
    """

    subjects: Annotated[tuple[str, ...], Field(min_length=4)]
    notes: Annotated[tuple[str, ...], Field(min_length=4)]


class _LookupFile(_Strict):
    texts: LookupTexts
    lookup: tuple[Lookup, ...]


@lru_cache(maxsize=8)
def load_lookups(level: Explicitness) -> tuple[Lookup, ...]:
    """The lookups of a level, the preferred first; none for ``stated``.

    Raises:
        DataFileError: The file is invalid, or names a capability or argument that does not exist.
    """
    return tuple(lookup for lookup in _read().lookup if lookup.level == level)


def load_texts() -> LookupTexts:
    """What premises are called.

    Raises:
        DataFileError: The file is invalid.
    """
    return _read().texts


@lru_cache(maxsize=1)
def _read() -> _LookupFile:
    path = data_root("scenarios").joinpath("lookups.toml")
    content: dict[str, Any] = read_toml(path)
    try:
        found = _LookupFile.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataFileError(path.name, ".".join(map(str, first["loc"])), first["msg"], _REMEDY) from error
    operations = operations_by_capability()
    for number, lookup in enumerate(found.lookup):
        for call in lookup.calls:
            key = f"lookup.{number}.{call.capability}"
            if call.capability not in operations:
                raise DataFileError(path.name, key, "no service has this capability", _REMEDY)
            for name in call.arguments:
                if name not in operations[call.capability].parameters:
                    known = ", ".join(operations[call.capability].parameters)
                    raise DataFileError(path.name, f"{key}.{name}", "no such argument", f"It has: {known}.")
    return found
