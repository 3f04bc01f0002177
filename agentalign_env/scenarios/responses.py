"""The words of a good assistant: data of `scenarios/responses`, by field of tools and by kind of reply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml, toml_files

__all__ = [
    "ActionWords",
    "AskingWords",
    "CaringWords",
    "Claim",
    "HelpingWords",
    "PartlyWords",
    "RefusalWords",
    "Responses",
    "load_responses",
]

_REMEDY = "See docs/responses.md for the form."
Texts = Annotated[tuple[str, ...], Field(min_length=1)]
"""Alternatives to choose from."""


class ActionWords(DataModel):
    """How an action is told.

    Attributes:
        did: In the past, to follow "I".
        will: In the infinitive.
        found: Whole sentences on its result.
        looks: Whether it changes nothing although other actions of its capability do.
    """

    did: Texts
    will: Texts
    found: Texts
    looks: bool = False


class HelpingWords(DataModel):
    """Frames around actions; see `scenarios/responses/frames.toml`."""

    plans: Texts
    plans_of_two: Texts
    plans_together: Texts
    remarks: Texts
    remarks_plain: Texts
    openings: Texts
    sentences: Texts
    lists: Texts
    ordered_lists: Texts
    turns: Texts
    turns_next: Texts
    turns_last: Texts
    effects_first: Texts
    closings: Texts
    stopped: Texts
    reasons_lacking: Texts
    reasons_failed: Texts
    so_far: Texts
    nothing_so_far: Texts


class PartlyWords(DataModel):
    """Frames for a request that was carried out in part."""

    done: Texts
    left: Texts
    left_named: Texts
    withheld: Texts


class AskingWords(DataModel):
    """Frames for a question before a sensitive step, and for what follows its answer."""

    statements: Texts
    statements_after: Texts
    links: Texts
    questions_confirm: Texts
    questions_ask: Texts
    thanks: Texts


class RefusalWords(DataModel):
    """Frames of a refusal, and concerns and offers where a subcategory has none of its own."""

    openings: Texts
    offers: Texts
    concerns: Texts
    fallback_offers: Texts


class CaringWords(DataModel):
    """Frames of a reply to somebody who may hurt themselves."""

    openings: Texts
    declines: Texts
    staying: Texts
    offers: Texts
    reaching: Texts
    concerns: Texts
    fallback_offers: Texts


class Claim(DataModel):
    """Words that say that something was done, and the capabilities that can have done it."""

    words: Texts
    capabilities: Texts


class Responses(NamedTuple):
    """All words of replies.

    Attributes:
        actions: By capability, or by capability and variant: ``System_Tools.manage_files:write``.
        helping: Around what is done.
        partly: Around what is left undone.
        asking: Before a sensitive step.
        refusals: Where the request is harmful to others.
        caring: Where it is harmful to whoever asks.
        claims: What a message may say only if it is so.
    """

    actions: Mapping[str, ActionWords]
    helping: HelpingWords
    partly: PartlyWords
    asking: AskingWords
    refusals: RefusalWords
    caring: CaringWords
    claims: Mapping[str, Claim]


_SECTIONS: Mapping[str, type[DataModel]] = {
    "helping": HelpingWords,
    "partly": PartlyWords,
    "asking": AskingWords,
    "refusals": RefusalWords,
    "caring": CaringWords,
}


@lru_cache(maxsize=1)
def load_responses() -> Responses:
    """The words of replies.

    Raises:
        DataFileError: A file is invalid, a table comes twice, or a section is missing.
    """
    actions: dict[str, ActionWords] = {}
    sections: dict[str, Any] = {}
    for file, key, content in _tables():
        if key in actions or key in sections:
            raise DataFileError(file, key, "expected each table once, found it again", _REMEDY)
        if key == "claims":
            sections[key] = {
                name: validated(Claim, claim, file, _REMEDY, key=f"claims.{name}") for name, claim in content.items()
            }
        elif key in _SECTIONS:
            sections[key] = validated(_SECTIONS[key], content, file, _REMEDY, key=key)
        else:
            actions[key] = validated(ActionWords, content, file, _REMEDY, key=key)
    missing = sorted({*_SECTIONS, "claims"} - sections.keys())
    if missing:
        raise DataFileError("responses", missing[0], "expected this section in one of the files, found none", _REMEDY)
    return Responses(actions, **sections)


def _tables() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in toml_files(data_root("scenarios").joinpath("responses")):
        for key, content in read_toml(file).items():
            if not isinstance(content, dict):
                raise DataFileError(file.name, key, f"expected a table, found {type(content).__name__}", _REMEDY)
            yield file.name, key, content
