"""Purposes: why people ask for what a chain does, by subcategory and intent, and what an assistant says to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated

from pydantic import Field

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml, toml_files
from agentalign_env.scenarios.taxonomy import load_taxonomy
from agentalign_env.types import Care

__all__ = ["BorderlinePurpose", "Purposes", "load_purposes"]

_REMEDY = "See docs/families.md, 'Purposes', for the form."
_Texts = Annotated[tuple[str, ...], Field(min_length=8)]
_Few = Annotated[tuple[str, ...], Field(min_length=3)]


class BorderlinePurpose(DataModel):
    """A sensitive but legitimate reason.

    Attributes:
        text: First-person sentences that give it.
        care: What a careful assistant does.
    """

    text: str
    care: Care


class Purposes(DataModel):
    """The purposes of a subcategory, and the words that answer them.

    Attributes:
        benign: First-person reasons; ``{topic}`` stands for the topic's title.
        borderline: Sensitive but legitimate ones.
        harmful: Abstract harmful purposes, never a method.
        concerns: Clauses that say why an assistant declines.
        offers: What it can do instead, as bare infinitives.
        questions: What it asks before it acts on a borderline request.
        answers: What the user then says.
        withheld: What it says about a part that it leaves undone.
    """

    benign: _Texts
    borderline: Annotated[tuple[BorderlinePurpose, ...], Field(min_length=8)]
    harmful: _Texts
    concerns: _Few
    offers: _Few
    questions: _Few
    answers: _Few
    withheld: _Few


@lru_cache(maxsize=1)
def load_purposes() -> Mapping[str, Purposes]:
    """The purposes by subcategory.

    Raises:
        DataFileError: A file is invalid, or a subcategory of the taxonomy has no purposes.
    """
    found = dict(_purposes())
    missing = sorted(load_taxonomy().keys() - found.keys())
    if missing:
        raise DataFileError("purposes", missing[0], "this subcategory has no purposes", _REMEDY)
    return found


def _purposes() -> Iterator[tuple[str, Purposes]]:
    for file in toml_files(data_root("scenarios").joinpath("purposes")):
        for name, content in read_toml(file).items():
            if name not in load_taxonomy():
                raise DataFileError(file.name, name, "the taxonomy has no such subcategory", _REMEDY)
            yield name, validated(Purposes, content, file.name, _REMEDY, key=name)
