"""Lookups: how a value can be asked for without stating it; from ``scenarios/lookups.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml
from agentalign_env.toolkit.catalogue import operations_by_capability
from agentalign_env.types import Explicitness

__all__ = ["Lookup", "LookupCall", "LookupTexts", "PartOfResult", "load_lookups", "load_texts"]

_REMEDY = "See docs/scenarios.md, 'Explicitness', for the form."


class PartOfResult(DataModel):
    """A value in the result of an earlier call of the same lookup, by the call's number and the operation's path."""

    call: int
    path: str


class LookupCall(DataModel):
    """A reading call.

    Attributes:
        capability: What it does; any tool of it will do that finds the value.
        arguments: By the operation's names: templates with ``{field}``, numbers, or parts of earlier results.
    """

    capability: str
    arguments: Mapping[str, str | int | PartOfResult]


class Lookup(DataModel):
    """One way to find a value.

    Attributes:
        level: What an instruction becomes that uses it.
        gives: What it can stand for: ``person.<field>`` (or ``.*``), ``organisation.<field>``, ``<table>.<column>`` of
            an entity, or ``text``: any text.
        premise: What holds the text, laid into the world before the episode; empty when the world has the value.
        history: What leads to the value, newest first: the mails that came from its address, whose subject serves the
            templates. Where the world has none, one is laid into it.
        calls: The calls, in order; the last one's result holds the value.
        value: The path in its operation's result; ``{field}`` is the person's field. It must lead to one value.
        phrases: What the instruction says instead of the value.
        named: The same for a ``text`` that is an address, an id or the like: ``{noun}`` says what it is.
    """

    level: Literal["referential", "discoverable"]
    gives: str
    premise: Literal["", "note", "mail", "message"] = ""
    history: Literal["", "mails.sender"] = ""
    calls: Annotated[tuple[LookupCall, ...], Field(min_length=1)]
    value: str
    phrases: Annotated[tuple[str, ...], Field(min_length=1)]
    named: tuple[str, ...] = ()


class LookupTexts(DataModel):
    """What premises are called.

    Attributes:
        subjects: Of mails; ``{topic}`` is the topic's title.
        notes: Paths of notes below the home directory.
        nouns: What values of a semantic type are called, where people might note one down or send it.
    """

    subjects: Annotated[tuple[str, ...], Field(min_length=4)]
    notes: Annotated[tuple[str, ...], Field(min_length=4)]
    nouns: Mapping[str, str]


class _LookupFile(DataModel):
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
    found = validated(_LookupFile, read_toml(path), path.name, _REMEDY)
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
