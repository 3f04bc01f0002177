"""Kinds of merchants with their menus, and names, from ``scenarios/worlds/merchants``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agentalign_env.core.topics import load_topics
from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml, toml_files

__all__ = ["DIETS", "Dish", "Kind", "Names", "load_kinds", "load_names"]

DIETS = ("vegetarian", "vegan", "gluten-free", "dairy-free", "nut-free", "halal", "kosher")
_Diet = Literal["vegetarian", "vegan", "gluten-free", "dairy-free", "nut-free", "halal", "kosher"]
T = TypeVar("T", bound="_Strict")
_Texts = Annotated[tuple[str, ...], Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dish(_Strict):
    """Something on the menu of a kind.

    Attributes:
        price: In cents.
        options: By group, each choice with what it adds in cents.
    """

    name: str
    price: Annotated[int, Field(ge=100)]
    dietary: tuple[_Diet, ...]
    options: Mapping[str, Mapping[str, Annotated[int, Field(ge=0)]]] = {}


class Kind(_Strict):
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


class Names(_Strict):
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
            kind = _validated(Kind, content, path.name, name)
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
    return _validated(Names, read_toml(path), path.name, "")


def _validated(model: type[T], content: Any, file: str, name: str) -> T:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(filter(None, (name, *map(str, first["loc"]))))
        raise DataFileError(file, key, first["msg"], "See docs/worlds.md for the files of a world.") from error
