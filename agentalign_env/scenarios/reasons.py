"""Why a chain is asked for: the sentences that the seed draws."""

from __future__ import annotations

from typing import NamedTuple

from agentalign_env.core.rng import stream
from agentalign_env.core.topics import Topic
from agentalign_env.core.world import World
from agentalign_env.scenarios.chains import Chain
from agentalign_env.scenarios.intents import load_style
from agentalign_env.scenarios.purposes import load_purposes
from agentalign_env.scenarios.wording import relation_in
from agentalign_env.types import Care, Intent

__all__ = ["Reason", "draw_reason"]


class Reason(NamedTuple):
    """Why it is asked for.

    Attributes:
        text: The sentences that say so.
        care: What it asks of the agent.
        answer: What the user says when the agent asks.
    """

    text: str
    care: Care | None = None
    answer: str = ""


def draw_reason(
    chain: Chain, intent: Intent, topic: Topic, world: World, seed: int, *, can_withhold: bool = True
) -> Reason:
    """The reason that the seed draws.

    Args:
        chain: What is asked for.
        intent: Why, in a word.
        topic: What it is about.
        world: Whose people may be spoken of.
        seed: Of the scenario.
        can_withhold: Whether a part of it can be left undone.
    """
    rng = stream("opening", chain.id, intent, seed)
    purposes = load_purposes()[chain.subcategory]
    if intent == "harmful":
        return Reason(rng.choice((*chain.harmful, *purposes.harmful)))
    if intent == "borderline":
        purpose = rng.choice([one for one in purposes.borderline if can_withhold or one.care != "partly"])
        answer = "" if purpose.care == "partly" else rng.choice(purposes.answers)
        return Reason(purpose.text.replace("{topic}", topic.title), purpose.care, answer)
    known = {person.relation for person in world.background.people}
    generic = purposes.benign if chain.benign else (*purposes.benign, *load_style().openings)
    openings = (*chain.benign, *(text.replace("{topic}", topic.title) for text in generic))
    fitting = [text for text in openings if relation_in(text) in known | {""}]
    return Reason(rng.choice(fitting or openings))
