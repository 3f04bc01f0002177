"""The words from which further faces are made, from ``tools/generation.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.core.rng import Random
from agentalign_env.resources import data_root, read_toml

__all__ = ["OptionWords", "Words", "load_words"]

_Texts = Annotated[tuple[str, ...], Field(min_length=1)]
_Table = Mapping[str, _Texts]


class OptionWords(DataModel):
    """A harmless option: its name, what it says, its JSON schema."""

    name: str
    description: str
    schema_: Annotated[Mapping[str, Any], Field(alias="schema")]


class Words(DataModel):
    """The tables; ``tools/generation.toml`` says what each is for."""

    prefixes: _Texts
    suffixes: _Table
    tool_names: _Texts
    envelopes: _Texts
    defaults: _Texts
    choices: _Texts
    examples: _Texts
    bounds: _Texts
    mentions: _Texts
    verbs: _Table
    nouns: _Table
    parameters: _Table
    words: _Table
    phrases: _Table
    options: tuple[OptionWords, ...]

    def renamed(self, name: str, rng: Random, *, whole: bool = True) -> list[str]:
        """Names in snake case for what is called `name`, the preferred first; the name itself is among the last.

        Args:
            name: In snake case.
            rng: Orders them.
            whole: Whether names of whole parameters may be taken, beside those put together word by word.
        """
        found = list(self.parameters.get(name, ())) if whole else []
        rng.shuffle(found)
        parts = [self.words.get(part, (part,)) for part in name.split("_")]
        parts = [tuple(rng.sample(options, len(options))) for options in parts]
        joined = ["_".join(options[at % len(options)] for options in parts) for at in range(max(map(len, parts)))]
        found += [other for other in joined if other != name]
        return [*dict.fromkeys(found), name, f"{name}_value", f"the_{name}", f"{name}_field"]

    def reworded(self, text: str, rng: Random) -> str:
        """A text with its phrases replaced."""

        def other(found: re.Match[str]) -> str:
            return rng.choice(self.phrases[found[0]])

        return _phrases(tuple(self.phrases)).sub(other, text)


@lru_cache(maxsize=4)
def _phrases(known: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(phrase) for phrase in sorted(known, key=len, reverse=True)))


@lru_cache(maxsize=1)
def load_words() -> Words:
    """The word tables.

    Raises:
        DataFileError: The file is invalid.
    """
    path = data_root("tools").joinpath("generation.toml")
    return validated(Words, read_toml(path), path.name, "The comments of the file say what each table is for.")
