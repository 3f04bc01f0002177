"""How people ask beyond the phrases that instructions are written from: only recognised; ``scenarios/requests``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml, toml_files
from agentalign_env.toolkit.catalogue import operations_by_capability

__all__ = [
    "CommonWords",
    "OtherAction",
    "RequestGroup",
    "Requests",
    "load_common_words",
    "load_other_actions",
    "load_requests",
]

_COMMON, _OTHER = "common.toml", "other.toml"
_SLOT = re.compile(r"\{(\w+)\}")
_REMEDY = "See docs/executability.md, 'Teaching it new words', for the form."


class _Strict(DataModel):
    model_config = ConfigDict(populate_by_name=True)


class RequestGroup(_Strict):
    """Phrasings that ask for the same thing.

    Attributes:
        fixed: Arguments of the operation that the wording itself decides, such as ``operation = "read"``.
        phrases: Imperatives or questions in lower case, with ``{argument}`` and ``{provider}``.
    """

    fixed: Mapping[str, Any] = {}
    phrases: Annotated[tuple[str, ...], Field(min_length=1)]


class Requests(_Strict):
    """How people ask for one capability.

    Attributes:
        groups: The phrasings.
        results: What later steps call what this one found or made, by the path in the operation's result.
    """

    groups: Annotated[tuple[RequestGroup, ...], Field(alias="request", min_length=1)]
    results: Mapping[str, tuple[str, ...]] = {}


class OtherAction(_Strict):
    """Something that people ask for and that no capability covers.

    Attributes:
        name: What it is, such as ``like a post``.
        phrases: How they ask for it; ``{...}`` stands for any value.
    """

    name: str
    phrases: Annotated[tuple[str, ...], Field(min_length=1)]


class _OtherActions(_Strict):
    other: tuple[OtherAction, ...]


class _Words(_Strict):
    words: tuple[str, ...]


class _Phrases(_Strict):
    phrases: tuple[str, ...]


class CommonWords(_Strict):
    """Words that belong to no capability alone.

    Attributes:
        nouns: What people call a value of a semantic type, or the thing that it identifies.
        nicknames: Short names of providers.
        verbs: Verbs that requests begin with, in their base form.
        background: Sentences that surround requests and ask for nothing.
        detail: Sentences that only specify a request made before.
    """

    nouns: Mapping[str, tuple[str, ...]]
    nicknames: Mapping[str, tuple[str, ...]] = {}
    verbs: _Words
    background: _Phrases
    detail: _Phrases


@lru_cache(maxsize=1)
def load_requests() -> Mapping[str, Requests]:
    """How people ask, by capability.

    Raises:
        DataFileError: A file is invalid, or names a capability, argument or result that does not exist.
    """
    operations = operations_by_capability()
    found: dict[str, Requests] = {}
    for path in toml_files(data_root("scenarios").joinpath("requests")):
        if path.name in (_COMMON, _OTHER):
            continue
        for capability, content in read_toml(path).items():
            if capability in found:
                raise DataFileError(path.name, capability, "another file says how people ask for it", "Keep one.")
            if capability not in operations:
                raise DataFileError(path.name, capability, "no service has this capability", _REMEDY)
            requests = found[capability] = validated(Requests, content, path.name, _REMEDY, key=capability)
            operation = operations[capability]
            unknown = {name for group in requests.groups for name in group.fixed} - operation.parameters.keys()
            if unknown:
                known = ", ".join(operation.parameters)
                raise DataFileError(
                    path.name, f"{capability}.fixed", f"no argument {min(unknown)!r}", f"It has: {known}."
                )
            stated = (
                {name for group in requests.groups for text in group.phrases for name in _SLOT.findall(text)}
                - operation.parameters.keys()
                - {"provider"}
            )
            if stated:
                known = ", ".join(operation.parameters)
                problem = f"a phrase states {min(stated)!r}, which is no argument"
                raise DataFileError(path.name, f"{capability}.phrases", problem, f"It has: {known}.")
            lost = requests.results.keys() - operation.outputs.keys()
            if lost:
                known = ", ".join(operation.outputs)
                raise DataFileError(
                    path.name, f"{capability}.results", f"no typed value {min(lost)!r}", f"It has: {known}."
                )
    return found


@lru_cache(maxsize=1)
def load_common_words() -> CommonWords:
    """The words that belong to no capability alone.

    Raises:
        DataFileError: The file is invalid.
    """
    path = data_root("scenarios").joinpath("requests", _COMMON)
    return validated(CommonWords, read_toml(path), path.name, _REMEDY)


@lru_cache(maxsize=1)
def load_other_actions() -> tuple[OtherAction, ...]:
    """What people ask for and no capability covers.

    Raises:
        DataFileError: The file is invalid.
    """
    path = data_root("scenarios").joinpath("requests", _OTHER)
    return validated(_OtherActions, read_toml(path), path.name, _REMEDY).other
