"""Topics: the everyday subjects of worlds and instructions, from ``scenarios/worlds/topics``."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Self

from pydantic import Field, model_validator

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.resources import data_root, read_toml, toml_files

__all__ = ["Topic", "load_topics"]

_Texts = Annotated[tuple[str, ...], Field(min_length=1)]


class Topic(DataModel):
    """One subject and the texts about it. Every text is unique over all topics."""

    id: str
    title: str
    tags: _Texts
    queries: _Texts
    headlines: _Texts
    facts: _Texts
    subjects: _Texts
    bodies: _Texts
    messages: _Texts
    posts: _Texts
    comments: _Texts
    videos: _Texts
    captions: _Texts
    prompts: _Texts
    files: _Texts
    notes: _Texts
    purposes: _Texts
    amounts: tuple[int, int]

    @model_validator(mode="after")
    def _pairs_subjects_and_bodies(self) -> Self:
        if len(self.subjects) != len(self.bodies):
            raise ValueError(
                f"{len(self.subjects)} subjects for {len(self.bodies)} bodies: the n-th belongs to the n-th"
            )
        return self


@lru_cache(maxsize=1)
def load_topics() -> dict[str, Topic]:
    """All topics by id, in id order.

    Raises:
        DataFileError: A file is invalid: it names the file, the topic and the key.
    """
    found: dict[str, Topic] = {}
    for path in toml_files(data_root("scenarios").joinpath("worlds", "topics")):
        for topic_id, content in read_toml(path).items():
            remedy = "See docs/worlds.md for the keys of a topic."
            found[topic_id] = validated(Topic, {"id": topic_id, **content}, path.name, remedy, key=topic_id)
    return dict(sorted(found.items()))
