"""What shops sell: departments and kinds of products, from ``scenarios/worlds/catalogue``."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, NamedTuple

from pydantic import Field

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.core.text import tokens
from agentalign_env.core.topics import load_topics
from agentalign_env.errors import DataFileError, OperationError
from agentalign_env.resources import data_root, read_toml, toml_files

__all__ = ["Catalogue", "Department", "Kind", "department_named", "load_catalogue"]

_Texts = Annotated[tuple[str, ...], Field(min_length=1)]


class Kind(DataModel):
    """One kind of product.

    Attributes:
        name: What people call it and search for; unique.
        topics: The topics it belongs to.
        words: Further words that sellers list it under.
        price: From and to, in US dollars, when it is new.
        features: What titles praise.
        about: Sentences of the description.
        colours: To choose from; empty where it comes in one only.
        sizes: To choose from, likewise.
        used: Whether people sell it second-hand.
    """

    name: str
    topics: _Texts
    words: _Texts
    price: tuple[int, int]
    features: Annotated[tuple[str, ...], Field(min_length=3)]
    about: _Texts
    colours: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    used: bool = False


class Department(DataModel):
    """A category of products.

    Attributes:
        name: As shops call it.
        number: Its id where shops number their categories.
        brands: Invented makers.
        models: Whether things of it have model numbers.
        kinds: What it holds.
    """

    name: str
    number: str
    brands: _Texts
    models: bool = True
    kinds: Annotated[tuple[Kind, ...], Field(alias="kind", min_length=1)]


class Catalogue(NamedTuple):
    """Everything that is sold.

    Attributes:
        departments: By name.
        kinds: Each kind with its department.
        keywords: For each kind, by name: the words that shops find it by beside its titles.
    """

    departments: dict[str, Department]
    kinds: tuple[tuple[Kind, Department], ...]
    keywords: dict[str, str]


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """The catalogue.

    Raises:
        DataFileError: A file is invalid, or a kind is there twice or names a topic that does not exist.
    """
    departments: dict[str, Department] = {}
    kinds: dict[str, tuple[Kind, Department]] = {}
    for path in toml_files(data_root("scenarios").joinpath("worlds", "catalogue")):
        department = validated(Department, read_toml(path), path.name, "Give it the keys of its neighbours.")
        departments[department.name] = department
        for kind in department.kinds:
            unknown = [topic for topic in kind.topics if topic not in load_topics()]
            if kind.name in kinds or unknown:
                problem = f"no topic {unknown[0]!r}" if unknown else "the name is taken"
                raise DataFileError(path.name, f"kind.{kind.name}", problem, "Names are unique, topics exist.")
            kinds[kind.name] = (kind, department)
    return Catalogue(departments, tuple(kinds.values()), _keywords([kind for kind, _ in kinds.values()]))


def department_named(text: str, field: str) -> Department:
    """The department of this name or number; a part of the name is enough when it fits one only.

    Raises:
        OperationError: None or several fit.
    """
    departments = load_catalogue().departments.values()
    wanted = text.strip().casefold()
    for department in departments:
        if wanted in (department.name.casefold(), department.number):
            return department
    words = set(tokens(text))
    fitting = [department for department in departments if words and words <= set(tokens(department.name))]
    if len(fitting) == 1:
        return fitting[0]
    known = "; ".join(f"{department.name} ({department.number})" for department in departments)
    raise OperationError("invalid_argument", f"no category is called {text[:80]!r}: use one of {known}", field)


def _keywords(kinds: list[Kind]) -> dict[str, str]:
    """A kind's own words, and those by which people speak of its topics, as far as no kind has them of its own.

    So a search for "printer" finds printers alone, and a question about a topic finds what is sold for it.
    """
    own = {kind.name: tokens(" ".join((kind.name, *kind.words))) for kind in kinds}
    taken = {word for words in own.values() for word in words}
    found = {}
    for kind in kinds:
        words = dict.fromkeys(own[kind.name])
        for topic in (load_topics()[name] for name in kind.topics):
            spoken = tokens(" ".join((*topic.tags, *topic.queries)))
            words.update(dict.fromkeys(word for word in spoken if word not in taken))
        found[kind.name] = " ".join(words)
    return found
