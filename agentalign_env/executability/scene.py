"""What a request is bound in, and what binding it gave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from agentalign_env.core.world import World
from agentalign_env.executability.fillers import Filler
from agentalign_env.executability.fitting import Slot
from agentalign_env.executability.knowledge import load_knowledge
from agentalign_env.executability.references import Done
from agentalign_env.executability.report import Bound
from agentalign_env.executability.requests import Request
from agentalign_env.executability.texts import VAGUE_WORDS
from agentalign_env.executability.words import Token
from agentalign_env.toolkit.tool import Tool

__all__ = ["Attempt", "Scene"]

_ATTACHING = re.compile(r"\b(?:attach(?:ed|ing)?|attachment|enclosed?)\b", re.IGNORECASE)


class Scene(NamedTuple):
    """What a request is bound in.

    Attributes:
        text: The whole instruction.
        world: As the steps before have left it.
        done: Those steps.
        request: What is asked.
        fillers: What its words offer.
        earlier: The words of the requests before.
        context: The words before the request that belong to no request.
        around: What all words before the request offer.
        behind: The words right behind the request that belong to none.
        later: What the requests after this one ask for.
        coming: What only they will give: semantic types of things that they make, and what they do.
    """

    text: str
    world: World
    done: Sequence[Done]
    request: Request
    fillers: Sequence[Filler]
    earlier: str
    context: Sequence[Token]
    around: Sequence[Filler]
    behind: Sequence[Token]
    later: frozenset[str]
    coming: frozenset[str]

    def find(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Where the request's own words hold a pattern, rather than a text or a value that it states."""
        mentions = (token.mention for token in self.request.tokens)
        stated = [one for one in mentions if one is not None and one.kind not in ("Number", "PersonName", "Place")]
        for match in pattern.finditer(self.text, self.request.start, self.request.end):
            if not any(one.start <= match.start() < one.end for one in stated):
                return match
        return None

    @property
    def vague(self) -> tuple[int, int] | None:
        """Where words stand for a value without saying which: ``a certain page``, ``something or other``."""
        found = self.find(VAGUE_WORDS)
        if found is not None:
            return found.span()
        nouns = load_knowledge().nouns
        for word, following in pairwise(self.request.tokens):
            unit = following.mention is not None and following.mention.kind in ("CurrencyCode", "TokenSymbol")
            if word.word in ("some", "certain") and (unit or following.stem in nouns):
                return word.start, following.end
        return None

    @property
    def attaches(self) -> bool:
        """Whether something is to go along."""
        return self.find(_ATTACHING) is not None


class Attempt(NamedTuple):
    """A tool with the arguments that were found for it.

    Attributes:
        tool: The tool.
        bound: The arguments found, by parameter, the likeliest of each.
        others: Other values that fit, by parameter.
        missing: The required slots that are still open.
        used: The fillers that gave a value.
        repeated: Further values of one parameter: the call is made once for each.
    """

    tool: Tool
    bound: dict[str, Bound]
    others: dict[str, tuple[Bound, ...]]
    missing: tuple[Slot, ...]
    used: tuple[Filler, ...]
    repeated: tuple[str, tuple[Bound, ...]] | None
