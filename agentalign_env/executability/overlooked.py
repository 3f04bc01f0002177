"""Overlooked orders: parts of a text that sound like an order, and that a finished plan does nothing about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentalign_env.executability.knowledge import Evidence, load_knowledge
from agentalign_env.executability.pieces import PRICE, Piece, pieces_of
from agentalign_env.executability.report import PlannedStep
from agentalign_env.executability.requests import Request
from agentalign_env.executability.vocabulary import ASKING_NOTHING, FINDING_VERBS, LOOKING_ON, QUESTIONS
from agentalign_env.executability.words import Token
from agentalign_env.scenarios.requests import load_common_words

__all__ = ["overlooked"]

_BACKGROUND = 0.45  # how much like known background a piece is at most
_DETAIL = 3.0  # how much it sounds like a detail of the request before at most
_ALIKE = 0.5  # how much like a phrase for something that nothing can do a piece is that surely asks for it
_FEWEST = 3  # words and marks of an order


def overlooked(
    text: str, tokens: Sequence[Token], requests: Sequence[Request], steps: Sequence[PlannedStep]
) -> Iterator[Piece]:
    """The pieces that begin as orders do, begin no request, and of which no bound value comes.

    Args:
        text: The instruction.
        tokens: Its words.
        requests: What it was taken to ask for.
        steps: The plan that does so.
    """
    begun = {request.start for request in requests} | {request.tokens[0].start for request in requests}
    bound = [value.span for step in steps for value in step.bound.values() if value.span is not None]
    aside = False  # whether the sentence so far asks for nothing
    for piece in pieces_of(text, tokens, load_knowledge()):
        start, end = piece.tokens[0].start, piece.tokens[-1].end
        belongs = any(one.start <= start < one.end for one in requests)
        announced = text[:start].rstrip().endswith(":")
        aside = not belongs and (aside or not piece.inner) and not announced
        if start in begun or any(first < end and start < last for first, last in bound):
            continue
        if not (piece.inner and aside) and _is_order(piece):
            yield piece


def _is_order(piece: Piece) -> bool:
    """Whether a piece sounds like an order of its own."""
    first = piece.tokens[0].word
    if first not in load_common_words().verbs.words or first in LOOKING_ON:
        return False
    if piece.price > PRICE or piece.wished:
        return False
    instead = first == "use" and piece.tokens[1].provider and piece.tokens[2].word == "to"  # "use Gmail to write ..."
    evidence = load_knowledge().evidence(piece.stems)
    if len(piece.tokens) < _FEWEST:
        return float(evidence.like.max()) > 1.0 and _is_like_another_action(evidence)
    instead = instead or _is_like_another_action(evidence)
    if (
        first in QUESTIONS
        or (first in ASKING_NOTHING and not instead)
        or (first in FINDING_VERBS and len(piece.tokens) <= _FEWEST + 1)
    ):
        return False
    return evidence.like_idle < _BACKGROUND and evidence.detail < _DETAIL


def _is_like_another_action(evidence: Evidence) -> bool:
    """Whether words are like those for something that no capability covers: ``give it a like``."""
    likest = int(evidence.like.argmax())
    return not load_knowledge().classes[likest].capability and float(evidence.like[likest]) > _ALIKE
