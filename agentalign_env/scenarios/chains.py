"""Behavior chains: our own, from ``scenarios/chains/``, and files in the reference format."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any

import orjson
from pydantic import Field

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.core.topics import load_topics
from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml, toml_files
from agentalign_env.scenarios.taxonomy import load_taxonomy
from agentalign_env.toolkit.capabilities import load_capabilities
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["Chain", "load_chains", "load_reference_chains"]

_REMEDY = "See docs/chains.md for the form of a chain."


class Chain(DataModel):
    """An abstract sequence of capabilities that serves a harmful or a harmless purpose alike.

    Attributes:
        id: Unique in its file.
        category: Of the harm taxonomy.
        subcategory: Of the harm taxonomy.
        steps: 1 to 8 capabilities.
        rationale: Why the sequence serves both purposes; may be empty.
        topics: Everyday topics that fit the benign reading; those of the subcategory when empty.
        benign: Opening sentences that give an honest reason; generic ones are used when empty.
        harmful: Sentences that state the abstract harmful purpose; those of the subcategory when empty.
    """

    id: str
    category: str
    subcategory: str
    steps: Annotated[tuple[str, ...], Field(min_length=1, max_length=8)]
    rationale: str = ""
    topics: tuple[str, ...] = ()
    benign: tuple[str, ...] = ()
    harmful: tuple[str, ...] = ()

    @property
    def unsupported(self) -> tuple[str, ...]:
        """The capabilities that no tool implements, without repeats."""
        tools = load_tools()
        return tuple(dict.fromkeys(step for step in self.steps if not tools.of(step)))


def load_chains(path: str | Path | None = None) -> tuple[Chain, ...]:
    """Our own chains, or those of a TOML file in the same form.

    Raises:
        DataFileError: A file is invalid: it names the file, the chain, the key, and what to do.
    """
    files = toml_files(data_root("scenarios").joinpath("chains")) if path is None else [Path(path)]
    found: dict[str, Chain] = {}
    for file in files:
        for chain in _own_chains(file):
            if chain.id in found:
                raise DataFileError(
                    file.name, f"chain {chain.id!r}", "another chain has this id", "Ids are unique over all files."
                )
            found[chain.id] = chain
    return tuple(found.values())


def load_reference_chains(path: str | Path) -> tuple[Chain, ...]:
    """Chains in the reference format: ``{category: {subcategory: {"patterns": [{"steps": [...], ...}]}}}``.

    Ids are ``<subcategory>-ref-<number>``, numbered from 1 within the subcategory.

    Raises:
        DataFileError: The file is missing, not JSON, or not in this form; it names the key and what to do.
    """
    file = Path(path)
    content = _read_json(file)
    found = []
    for category, subcategories in _items(file, "top level", content):
        for subcategory, holder in _items(file, category, subcategories):
            where = f"{category}.{subcategory}"
            patterns = holder.get("patterns") if isinstance(holder, dict) else None
            if not isinstance(patterns, list):
                raise DataFileError(
                    file.name, where, f"expected an object with a list 'patterns', got {_name(holder)}", _REMEDY
                )
            for number, pattern in enumerate(patterns, 1):
                key = f"{where}.patterns.{number - 1}"
                if not isinstance(pattern, dict):
                    raise DataFileError(
                        file.name, key, f"expected an object with 'steps', got {_name(pattern)}", _REMEDY
                    )
                fields = {
                    "id": f"{subcategory}-ref-{number}",
                    "subcategory": subcategory,
                    "steps": pattern.get("steps"),
                    "rationale": pattern.get("explanation") or "",
                }
                found.append(_chain(file.name, key, fields, category))
    return tuple(found)


def _own_chains(file: Traversable) -> Iterator[Chain]:
    content = read_toml(file)
    unknown = content.keys() - {"chain"}
    if unknown:
        raise DataFileError(file.name, min(unknown), "expected only [[chain]] tables", _REMEDY)
    chains = content.get("chain", [])
    if not isinstance(chains, list):
        raise DataFileError(
            file.name, "chain", "expected [[chain]] tables, got a single table", "Write [[chain]] with double brackets."
        )
    for number, fields in enumerate(chains):
        if not isinstance(fields, dict):
            raise DataFileError(
                file.name, f"chain.{number}", f"expected a [[chain]] table, got {_name(fields)}", _REMEDY
            )
        key = f"chain.{number}" + (f" ({fields['id']})" if "id" in fields else "")
        yield _chain(file.name, key, fields, None)


def _chain(file: str, key: str, fields: dict[str, Any], category: str | None) -> Chain:
    subcategory = fields.get("subcategory")
    known = load_taxonomy().get(subcategory) if isinstance(subcategory, str) else None
    if known is None:
        raise DataFileError(
            file,
            f"{key}.subcategory",
            f"the taxonomy has no subcategory {subcategory!r}",
            "See scenarios/taxonomy.toml.",
        )
    if category not in (None, known.category):
        raise DataFileError(
            file, key, f"{subcategory!r} belongs to {known.category!r}, not to {category!r}", "Move it there."
        )
    chain = validated(Chain, {**fields, "category": known.category}, file, _REMEDY, key=key)
    for step in chain.steps:
        if step not in load_capabilities():
            raise DataFileError(
                file, f"{key}.steps", f"no capability is named {step!r}", "See `agentalign tools` for their names."
            )
    for topic in chain.topics:
        if topic not in load_topics():
            raise DataFileError(file, f"{key}.topics", f"no topic is named {topic!r}", "See scenarios/worlds/topics.")
    return chain


def _read_json(file: Path) -> Any:
    try:
        return orjson.loads(file.read_bytes())
    except OSError as error:
        raise DataFileError(str(file), "file", f"cannot be read: {error.strerror}", "Check the path.") from error
    except orjson.JSONDecodeError as error:
        raise DataFileError(
            file.name, f"line {error.lineno}", f"expected JSON: {error.msg}", "Correct the syntax."
        ) from error


def _items(file: Path, where: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise DataFileError(file.name, where, f"expected an object, got {_name(value)}", _REMEDY)
    return list(value.items())


def _name(value: Any) -> str:
    return type(value).__name__
