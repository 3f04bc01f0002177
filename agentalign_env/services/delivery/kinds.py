"""Kinds of merchants with their menus, and names, from ``scenarios/worlds/merchants``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal, get_args

from pydantic import Field

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.core.topics import load_topics
from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml, toml_files

__all__ = ["DIETS", "Dish", "Kind", "Names", "load_kinds", "load_names"]

_Diet = Literal["vegetarian", "vegan", "gluten-free", "dairy-free", "nut-free", "halal", "kosher"]
DIETS: tuple[_Diet, ...] = get_args(_Diet)
_Texts = Annotated[tuple[str, ...], Field(min_length=1)]
_REMEDY = "See docs/worlds.md for the files of a world."


class Dish(DataModel):
    """Something on the menu of a kind.

    Attributes:
        price: In cents.
        options: By group, each choice with what it adds in cents.
    """

    name: str
    price: Annotated[int, Field(ge=100)]
    dietary: tuple[_Diet, ...]
    options: Mapping[str, Mapping[str, Annotated[int, Field(ge=0)]]] = {}


class Kind(DataModel):
    """One kind of merchant.

    Attributes:
        cuisine: What people search for.
        sort: Restaurant, shop and the like.
        nouns: Second parts of names.
        about: Sentences, of which each merchant has one.
        words: What else finds it.
        topics: Topics that go with it; every topic goes with some kind.
        menu: The first alone meets the minimum order.
    """

    cuisine: str
    sort: Literal["restaurant", "cafe", "bakery", "caterer", "grocery", "pharmacy", "florist", "shop"]
    nouns: _Texts
    about: _Texts
    words: _Texts
    price_level: Annotated[int, Field(ge=1, le=4)]
    dietary: tuple[_Diet, ...]
    topics: tuple[str, ...]
    menu: Annotated[tuple[Dish, ...], Field(min_length=6, max_length=6)]

    @property
    def topic_words(self) -> str:
        """Titles and tags of its topics, for search."""
        topics = load_topics()
        return " ".join(" ".join((topics[topic].title, *topics[topic].tags)) for topic in self.topics)


class Names(DataModel):
    """First parts of merchants' names, and names of couriers."""

    firsts: _Texts
    couriers: _Texts


@lru_cache(maxsize=1)
def load_kinds() -> tuple[Kind, ...]:
    """All kinds, in the order of their files.

    Raises:
        DataFileError: A file is invalid: it names the file, the kind and the key.
    """
    found: list[Kind] = []
    for path in toml_files(data_root("scenarios").joinpath("worlds", "merchants")):
        if path.name == "names.toml":
            continue
        for name, content in read_toml(path).items():
            kind = validated(Kind, content, path.name, _REMEDY, key=name)
            unknown = [topic for topic in kind.topics if topic not in load_topics()]
            if unknown:
                raise DataFileError(
                    path.name, f"{name}.topics", f"no topic {unknown[0]!r}", "See scenarios/worlds/topics."
                )
            found.append(kind)
    return tuple(found)


@lru_cache(maxsize=1)
def load_names() -> Names:
    """The parts of names.

    Raises:
        DataFileError: The file is invalid.
    """
    path = data_root("scenarios").joinpath("worlds", "merchants", "names.toml")
    return validated(Names, read_toml(path), path.name, _REMEDY)
