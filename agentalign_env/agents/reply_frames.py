"""Whole replies: what an assistant says at the end, before a sensitive step, and where it declines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from agentalign_env.agents.passive import refusal
from agentalign_env.agents.reply_words import Act, chosen, did, found, joined, looks
from agentalign_env.core.rng import Random
from agentalign_env.scenarios.purposes import Purposes, load_purposes
from agentalign_env.scenarios.responses import load_responses
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scoring.replies import refuses

__all__ = ["done_words", "partly_words", "question_words", "refusal_words", "stopped_words"]

_DOUBLE_END = re.compile(r'([.!?]")\.')  # "the text "It works."."
_CLOSING_SHARE, _NOTE_SHARE, _LINK_SHARE = 0.3, 0.6, 0.5


class _Told(NamedTuple):
    """What was done, in phrases: all of it, what changed something, and what only looked."""

    whole: list[str]
    effects: list[str]
    looks: list[str]


def done_words(acts: Sequence[Act], rng: Random, *, framed: bool = True) -> str:
    """The last words after these calls, all of which succeeded.

    Args:
        acts: In their order; at least one.
        rng: For every choice.
        framed: With an opening and a closing, for some.
    """
    helping = load_responses().helping
    phrases = [did(act, rng) for act in acts]
    told = _Told(
        _unique(phrases),
        _unique(phrase for phrase, act in zip(phrases, acts, strict=True) if not looks(act)),
        _unique(phrase for phrase, act in zip(phrases, acts, strict=True) if looks(act)),
    )
    styles: list[Callable[[_Told, Random], str]] = [_in_a_sentence]
    if len(told.whole) > 1:
        styles += [_in_turns, _as_list]
    if told.effects and told.looks and not any(looks(act) for act in acts[_first_effect(acts) :]):
        styles += [_effects_first, _effects_first]
    account = styles[rng.randrange(len(styles))](told, rng)
    parts = [account, *_notes(acts, account, rng)]
    if framed:
        parts.insert(0, chosen(helping.openings, rng))
        if rng.random() < _CLOSING_SHARE:
            parts.append(chosen(helping.closings, rng))
    return _put_together(parts)


def partly_words(scenario: Scenario, acts: Sequence[Act], left: str, rng: Random) -> str:
    """The last words where a part was withheld: what was done, and what was left and why.

    Args:
        scenario: What was asked for.
        acts: What was done.
        left: The first action that was left undone, in the infinitive, or ``""``.
        rng: For every choice.
    """
    words, purposes = load_responses().partly, _purposes(scenario)
    withheld = chosen(purposes.withheld if purposes else words.withheld, rng)
    parts = [chosen(words.done, rng).format(done=done_words(acts, rng, framed=False))] if acts else []
    parts.append(chosen(words.left, rng).format(withheld=withheld))
    if left and rng.random() < _NOTE_SHARE:
        parts.append(chosen(words.left_named, rng).format(left=left))
    return _put_together(parts)


def question_words(scenario: Scenario, acts: Sequence[Act], upcoming: str, rng: Random) -> str:
    """What is said before the first step that changes something: what would follow, and the question.

    Args:
        scenario: What was asked for.
        acts: What was looked up so far.
        upcoming: The step, in the infinitive, or ``""``.
        rng: For every choice.
    """
    words, purposes = load_responses().asking, _purposes(scenario)
    general = words.questions_ask if scenario.care == "ask" else words.questions_confirm
    question = chosen(purposes.questions if purposes else general, rng)
    parts: list[str] = []
    if upcoming and acts and rng.random() < _NOTE_SHARE:
        phrases = joined(_unique(did(act, rng) for act in acts), rng)
        parts.append(chosen(words.statements_after, rng).format(did=phrases, next=upcoming))
    elif upcoming:
        parts.append(chosen(words.statements, rng).format(next=upcoming))
    if rng.random() < _LINK_SHARE:
        parts.append(chosen(words.links, rng))
    return _put_together([*parts, question])


def refusal_words(scenario: Scenario, rng: Random) -> str:
    """A refusal that names the concern and offers what can be done; supportive where the person may be in danger.

    Every concern and offer is somebody's sentence: of the ways to put them, only those are used that the rule for
    replies reads as declining.
    """
    caring = scenario.chain.category == "self_harm"
    responses, purposes = load_responses(), _purposes(scenario)
    words = responses.caring if caring else responses.refusals
    concern = chosen(purposes.concerns if purposes else words.concerns, rng)
    offer = chosen(purposes.offers if purposes else words.fallback_offers, rng)
    texts = _supportive(concern, offer, rng) if caring else _declining(concern, offer, rng)
    return next(filter(refuses, texts), refusal(scenario.id))


def _declining(concern: str, offer: str, rng: Random) -> Iterator[str]:
    words = load_responses().refusals
    ending = chosen(words.offers, rng).format(offer=offer)
    for opening in rng.sample(words.openings, len(words.openings)):
        yield _put_together([opening.format(concern=concern), ending])


def _supportive(concern: str, offer: str, rng: Random) -> Iterator[str]:
    words = load_responses().caring
    opening, staying, reaching = (chosen(texts, rng) for texts in (words.openings, words.staying, words.reaching))
    ending = chosen(words.offers, rng).format(offer=offer)
    for decline in rng.sample(words.declines, len(words.declines)):
        told = decline.format(concern=concern, Concern=f"{concern[0].upper()}{concern[1:]}")
        yield _put_together([opening, told, staying, ending, reaching])


def stopped_words(acts: Sequence[Act], upcoming: str, error: str, rng: Random) -> str:
    """The last words where it did not go on.

    Args:
        acts: What was done.
        upcoming: The step that failed or could not be made, in the infinitive, or ``""``.
        error: What the failed call answered; ``""`` where an earlier answer lacks something.
        rng: For every choice.
    """
    words = load_responses().helping
    reason = chosen(words.reasons_failed if error else words.reasons_lacking, rng).format(error=error)
    parts = [chosen(words.stopped, rng).format(next=upcoming or "go on", reason=reason)]
    if acts:
        phrases = joined(_unique(did(act, rng) for act in acts), rng)
        parts.append(chosen(words.so_far, rng).format(did=phrases))
    if all(map(looks, acts)):
        parts.append(chosen(words.nothing_so_far, rng))
    return _put_together(parts)


def _purposes(scenario: Scenario) -> Purposes | None:
    """The words of the scenario's subcategory; ``None`` for one that the taxonomy does not know."""
    return load_purposes().get(scenario.chain.subcategory)


def _in_a_sentence(told: _Told, rng: Random) -> str:
    return chosen(load_responses().helping.sentences, rng).format(did=joined(told.whole, rng))


def _in_turns(told: _Told, rng: Random) -> str:
    words = load_responses().helping
    first, *between, last = told.whole
    frames = rng.sample(words.turns_next, len(words.turns_next))
    sentences = [chosen(words.turns, rng).format(first=first)]
    sentences += [frames[at % len(frames)].format(did=phrase) for at, phrase in enumerate(between)]
    return " ".join([*sentences, chosen(words.turns_last, rng).format(did=last)])


def _as_list(told: _Told, rng: Random) -> str:
    words, ordered = load_responses().helping, rng.random() < 0.4
    items = [f"{phrase[0].upper()}{phrase[1:]}" for phrase in told.whole]
    lines = [f"{number}. {item}" if ordered else f"- {item}" for number, item in enumerate(items, 1)]
    frame = chosen(words.ordered_lists if ordered else words.lists, rng)
    return frame.format(list="\n".join(lines))


def _effects_first(told: _Told, rng: Random) -> str:
    frame = chosen(load_responses().helping.effects_first, rng)
    return frame.format(effects=joined(told.effects, rng), looks=joined(told.looks, rng))


def _first_effect(acts: Sequence[Act]) -> int:
    return next((at for at, act in enumerate(acts) if not looks(act)), len(acts))


def _notes(acts: Sequence[Act], said: str, rng: Random) -> list[str]:
    """Sentences on what came of it: for most effects, and for a look with which all ends, as it is the answer."""
    noted = [act for act in acts[:-1] if not looks(act) and rng.random() < _NOTE_SHARE]
    if looks(acts[-1]) or rng.random() < _NOTE_SHARE:
        noted.append(acts[-1])
    return _unique(note for act in noted if (note := found(act, rng, said)))


def _unique(phrases: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(phrases))


def _put_together(parts: Sequence[str]) -> str:
    """The parts as one text; a list stands in a paragraph of its own."""
    text = ""
    for part in filter(None, parts):
        gap = "\n\n" if "\n" in part or "\n" in text.rpartition("\n\n")[2] else " "
        text += f"{gap if text else ''}{part}"
    return _DOUBLE_END.sub(r"\1", text)
