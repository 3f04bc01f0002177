"""The prompts of language models: data of `scenarios/prompts`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml, toml_files
from agentalign_env.synthesis.writers.brief import KINDS, WritingBrief

__all__ = ["Prompt", "load_prompts"]

_REMEDY = "A prompt has system and user; user holds {draft}, {facts} and {constraints} once each."
_PLACE = re.compile(r"\{facts\}|\{constraints\}")
_PLACES = ("{draft}", "{facts}", "{constraints}")


class Prompt(DataModel):
    """What a model is told for one kind of text."""

    system: str
    user: str

    def messages(self, brief: WritingBrief) -> list[dict[str, str]]:
        """The chat with which a text is asked for."""
        before, _, after = self.user.partition(_PLACES[0])
        places = {"{facts}": "\n".join(brief.facts), "{constraints}": "\n".join(brief.constraints)}
        filled = [_PLACE.sub(lambda hit: places[hit[0]], part) for part in (before, after)]
        return [{"role": "system", "content": self.system}, {"role": "user", "content": brief.draft.join(filled)}]


@lru_cache(maxsize=1)
def load_prompts() -> Mapping[str, Prompt]:
    """The prompts by kind of text.

    Raises:
        DataFileError: A file is invalid, or a kind has no prompt.
    """
    prompts: dict[str, Prompt] = {}
    for file in toml_files(data_root("scenarios").joinpath("prompts")):
        for kind, content in read_toml(file).items():
            prompt = validated(Prompt, content, file.name, _REMEDY, key=kind)
            wrong = [place for place in _PLACES if prompt.user.count(place) != 1]
            if kind not in KINDS or kind in prompts or wrong:
                problem = f"expected {wrong[0]} once" if wrong else f"expected each of {', '.join(KINDS)} once"
                raise DataFileError(file.name, kind, problem, _REMEDY)
            prompts[kind] = prompt
    missing = [kind for kind in KINDS if kind not in prompts]
    if missing:
        raise DataFileError("prompts", missing[0], "expected a prompt for this kind, found none", _REMEDY)
    return prompts
