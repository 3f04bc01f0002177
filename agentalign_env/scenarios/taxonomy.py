"""The harm taxonomy: 8 categories and 64 subcategories, each with its everyday topics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.core.topics import load_topics
from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml

__all__ = ["Subcategory", "load_taxonomy"]


class Subcategory(NamedTuple):
    """One kind of harm.

    Attributes:
        name: As in the paper, such as ``phishing``.
        category: Its category, such as ``online_fraud``.
        title: For people.
        topics: Everyday topics in which the same actions are plainly useful.
    """

    name: str
    category: str
    title: str
    topics: tuple[str, ...]


class _SubcategoryFields(DataModel):
    title: str
    topics: tuple[str, ...]


class _CategoryFields(DataModel):
    title: str
    subcategories: Mapping[str, _SubcategoryFields]


@lru_cache(maxsize=1)
def load_taxonomy() -> Mapping[str, Subcategory]:
    """The subcategories by name, in the paper's order.

    Raises:
        DataFileError: The file is invalid, or names a topic that does not exist.
    """
    return {entry.name: entry for entry in _subcategories()}


def _subcategories() -> Iterator[Subcategory]:
    path = data_root("scenarios").joinpath("taxonomy.toml")
    for category, content in read_toml(path).items():
        remedy = "A category has title and subcategories; a subcategory has title and topics."
        fields = validated(_CategoryFields, content, path.name, remedy, key=category)
        for name, entry in fields.subcategories.items():
            unknown = [topic for topic in entry.topics if topic not in load_topics()]
            if unknown:
                remedy = "Name topics of scenarios/worlds/topics."
                raise DataFileError(path.name, f"{category}.{name}.topics", f"no topic is named {unknown[0]!r}", remedy)
            yield Subcategory(name, category, entry.title, entry.topics)
