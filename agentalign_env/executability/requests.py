"""Requests: which capabilities a text asks for, in which order, and which part of the text belongs to each.

The text is cut where a request could begin; a Viterbi search over the pieces then decides which pieces begin a request
(and for what), which continue one, and which are only background.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentalign_env.executability.knowledge import Knowledge, RequestClass, load_knowledge, only_looks
from agentalign_env.executability.pieces import PRICE, Piece, is_listed, pieces_of
from agentalign_env.executability.vocabulary import FINDING_VERBS, HANDLING, LOOKING_ON, OPENING_VERBS, QUESTIONS
from agentalign_env.executability.words import PROVIDER, Token
from agentalign_env.toolkit.catalogue import load_tools, operations_by_capability

__all__ = ["Request", "acts", "find_requests"]

_AFTER_A_STATEMENT = 7.0  # of beginning a request in the middle of a sentence that asks for nothing so far
_NEARLY = 6.0  # how much less than the likeliest reading one for the tools at hand may be
_POINTING_BACK = 3  # words of a request that only speaks of the one before, its mark included
_VIEWING = frozenset(("read", "open", "show", "view", "see", "check"))
_FORCED = 4.5  # what the only request of a text needs at least
_WISHED = 8.0  # of taking "I want to ..." for a request that no tool at hand serves
_GOING_ON = 6.0  # of a sentence that sounds like a request being part of the one before
_MOST_DETAIL = 6.0  # that details speak for going on with a request
_RESUMING = 1.0  # of going on with a request after something else
_PROVIDER_FITS = 1.5  # what a provider's name speaks for what it has tools for
_PROVIDER_DIFFERS = -18.0  # ... for what others do
_AT_HAND = 4.0  # what a tool at hand speaks for what it does
_AN_ORDER = 4.0  # what an imperative speaks for an action that no capability covers
_LOOKED = 14.0  # what a verb such as "delete" speaks against a mere look
_NEVER = -1e6
_DECIDED = 0.7  # of each argument that a reading takes for decided by the wording
_LIKENESS = 10.0  # what being just like a known phrase weighs

_SAME_ELSEWHERE = (
    frozenset(("Communication.search_emails", "Communication.search_messages")),
    frozenset(("LocalServices.cancel_order", "eCommerce.cancel_order")),
    frozenset(("LocalServices.track_order", "eCommerce.get_order")),
    frozenset(("LocalServices.list_orders", "eCommerce.list_orders")),
)
"""Capabilities that do the same with things of two sorts, which often nothing tells apart."""
_CHANNELS = frozenset(("chat", "email", "inbox", "mail", "messag", "post", "sms", "text", "tg"))
"""Stems that say in which way somebody wrote."""

_Scores = NDArray[np.float32]  # one for each request class
_State = tuple[Literal["in", "after", "none"], int]  # in a request of a class, idle after one, or before any
_Tag = tuple[Literal["begin", "go on", "idle"], int]  # what a piece does, and the class of a request that it begins

AtHand = frozenset[tuple[str, str]]
"""What the offered tools do, and for which provider."""


class Request(NamedTuple):
    """Something that the text asks for.

    Attributes:
        of: What for.
        tokens: The words that belong to it.
        start: Where its text begins.
        end: Where it ends.
        score: How surely it is for that.
        alternatives: Other things that it could be for, with their scores, the likeliest first.
    """

    of: RequestClass
    tokens: tuple[Token, ...]
    start: int
    end: int
    score: float
    alternatives: tuple[tuple[RequestClass, float], ...] = ()


def find_requests(
    text: str, tokens: Sequence[Token], at_hand: AtHand, begins: Collection[int] = ()
) -> tuple[list[Request], list[Piece]]:
    """What a text asks for.

    Args:
        text: The instruction.
        tokens: Its words.
        at_hand: What the offered tools do: likelier than other things.
        begins: Where requests surely begin.

    Returns:
        The requests in the order in which they are to be carried out, and the pieces that ask for nothing.
    """
    knowledge = load_knowledge()
    pieces = list(pieces_of(text, tokens, knowledge))
    if not pieces:
        return [], []
    begins = {*begins, *(piece.tokens[0].start for piece in pieces if is_listed(text, piece))}
    tags, scores = _best_tags(pieces, knowledge, at_hand, begins)
    if all(kind == "idle" for kind, _ in tags):
        tags = _forced(pieces, scores, knowledge, at_hand)
    parts: list[_Parts] = []
    idle: list[Piece] = []
    for piece, (kind, number), score in zip(pieces, tags, scores, strict=True):
        if kind == "idle":
            idle.append(piece)
        elif kind == "begin":
            parts.append(_Parts(number, [piece], score.copy()))
        else:
            parts[-1].pieces.append(piece)
            parts[-1].score[:] += score - _at_hand_bonus(at_hand, _provider_in(piece.tokens))
    requests: list[Request] = []
    waits = False  # whether the request before says that it is to be carried out after the next
    for part in parts:
        request = _request(part, knowledge, at_hand)
        before = requests and (part.pieces[0].earlier or waits)
        requests.insert(len(requests) - 1 if before else len(requests), request)
        waits = part.pieces[0].later
    return _joined(requests, at_hand), idle


def acts(request: Request) -> bool:
    """Whether a request is to change something, as far as its likeliest reading says."""
    if request.of.capability:
        return not only_looks(request.of.capability)
    return request.tokens[0].word not in QUESTIONS | FINDING_VERBS | LOOKING_ON


class _Parts(NamedTuple):
    """What belongs to one request.

    Attributes:
        number: The class that it was taken for.
        pieces: Its pieces.
        score: How much all of them speak for each class.
    """

    number: int
    pieces: list[Piece]
    score: _Scores


def _request(part: _Parts, knowledge: Knowledge, at_hand: AtHand) -> Request:
    """The request of some pieces; one for which nothing is at hand is taken for a likely one that can be done."""
    number, score = part.number, part.score
    capabilities = {capability for capability, _ in at_hand}
    if knowledge.classes[number].capability not in capabilities:
        number = _elsewhere(part, knowledge, capabilities)
    if knowledge.classes[number].capability not in capabilities and len(part.pieces) > 1:
        provider = _provider_in([token for piece in part.pieces for token in piece.tokens])
        served = _capabilities_by_provider().get(provider, frozenset())
        if provider and knowledge.classes[number].capability in served:
            capabilities = {capability for capability, of in at_hand if of == provider}
        mask = np.array([one.capability in capabilities for one in knowledge.classes])
        best = int(np.where(mask, score, -np.inf).argmax())
        if mask.any() and score[best] > score[number] - _NEARLY:
            number = best
    tokens = tuple(token for piece in part.pieces for token in piece.tokens)
    first, *others = _readings(score, number, knowledge)
    return Request(first[0], tokens, tokens[0].start, tokens[-1].end, first[1], tuple(others))


def _elsewhere(part: _Parts, knowledge: Knowledge, capabilities: Collection[str]) -> int:
    """The class of the same act on things of another sort that are at hand, where nothing says which sort is meant."""
    capability = knowledge.classes[part.number].capability
    same = next((group & set(capabilities) for group in _SAME_ELSEWHERE if capability in group), frozenset())
    said = any(token.stem in _CHANNELS or token.word == PROVIDER for piece in part.pieces for token in piece.tokens)
    if not same or said:
        return part.number
    mask = np.array([one.capability in same for one in knowledge.classes])
    return int(np.where(mask, part.score, -np.inf).argmax())


def _forced(pieces: Sequence[Piece], scores: Sequence[_Scores], knowledge: Knowledge, at_hand: AtHand) -> list[_Tag]:
    """Where nothing sounds like a request, the piece that comes nearest to one for the tools at hand."""
    tags: list[_Tag] = [("idle", -1)] * len(pieces)
    capabilities = {capability for capability, _ in at_hand}
    mask = np.array([one.capability in capabilities for one in knowledge.classes])
    if not mask.any():
        return tags
    best = [float(np.where(mask, score, -np.inf).max()) for score in scores]
    at = max(range(len(pieces)), key=lambda number: best[number])
    surest = int(scores[at].argmax())
    if scores[at][surest] - best[at] > _NEARLY and pieces[at].price <= PRICE:
        tags[at] = "begin", surest
        tags[at + 1 :] = [("go on", -1)] * (len(pieces) - at - 1)
    elif best[at] > _FORCED:
        tags[at] = "begin", int(np.where(mask, scores[at], -np.inf).argmax())
        tags[at + 1 :] = [("go on", -1)] * (len(pieces) - at - 1)
    return tags


def _joined(requests: list[Request], at_hand: AtHand) -> list[Request]:
    """Requests with those merged that only lead to the next, or speak of the one before."""
    joined: list[Request] = []
    for request in requests:
        last = joined[-1] if joined else None
        if last is None or last.end > request.start:
            joined.append(request)
            continue
        tokens = (*last.tokens, *request.tokens)
        done, doable = _is_at_hand(last, at_hand), _is_at_hand(request, at_hand)
        if doable and not done and _leads_to_the_next(last):
            joined[-1] = request._replace(tokens=tokens, start=last.start)
        elif done and (
            (_points_back(request) and not (doable and _gives_what_it_takes(last, request)))
            or (not doable and _goes_on_looking(last, request))
        ):
            joined[-1] = last._replace(tokens=tokens, end=request.end)
        else:
            joined.append(request)
    return joined


def _leads_to_the_next(request: Request) -> bool:
    """``open the video and`` comment under it."""
    return request.tokens[-1].word == "and" and request.tokens[0].word in OPENING_VERBS | HANDLING | FINDING_VERBS


def _points_back(request: Request) -> bool:
    """Pull up the file and ``read it``."""
    words = [token.word for token in request.tokens]
    return len(words) in (2, _POINTING_BACK) and words[0] in _VIEWING and words[1] in ("it", "them")


def _gives_what_it_takes(last: Request, request: Request) -> bool:
    """Whether a request can be for what the one before finds: a mail that was searched for, no file that was read."""
    operations = operations_by_capability()
    if last.of.capability not in operations or request.of.capability not in operations:
        return True
    given = set(operations[last.of.capability].outputs.values())
    return any(one.required and one.semantic in given for one in operations[request.of.capability].parameters.values())


def _goes_on_looking(last: Request, request: Request) -> bool:
    """Go through my library and ``look for ...``."""
    looks = request.tokens[0].word in ("look", "search", "find", "check")
    return looks and last.tokens[-1].word == "and" and not _provider_in(request.tokens)


def _readings(score: _Scores, number: int, knowledge: Knowledge) -> list[tuple[RequestClass, float]]:
    """What a piece can be for, the chosen reading first, then the likeliest others."""
    order = [number, *(int(at) for at in np.argsort(-score)[:7] if at != number)]
    return [(knowledge.classes[at], float(score[at])) for at in order]


@lru_cache(maxsize=1)
def _capabilities_by_provider() -> Mapping[str, frozenset[str]]:
    """What each provider has tools for, whether they are at hand or not."""
    found: dict[str, set[str]] = {}
    for tool in load_tools().values():
        found.setdefault(tool.provider, set()).add(tool.capability)
    return {provider: frozenset(capabilities) for provider, capabilities in found.items()}


@lru_cache(maxsize=1)
def _other_actions() -> _Scores:
    """An order is an order, also for what nothing here can do."""
    return np.array([0.0 if one.capability else _AN_ORDER for one in load_knowledge().classes], dtype=np.float32)


@lru_cache(maxsize=1)
def _simplest() -> _Scores:
    """A little less for classes that decide more arguments: the plain reading wins where nothing speaks against it."""
    return np.array([-_DECIDED * len(one.fixed) for one in load_knowledge().classes], dtype=np.float32)


@lru_cache(maxsize=256)
def _provider_bonus(provider: str) -> _Scores:
    """What the name of a provider speaks for what it does, and against what it does not."""
    fitting = _capabilities_by_provider().get(provider, frozenset())
    return np.array(
        [
            _PROVIDER_FITS if one.capability in fitting else _PROVIDER_DIFFERS if one.capability else 0.0
            for one in load_knowledge().classes
        ],
        dtype=np.float32,
    )


@lru_cache(maxsize=8_192)
def _at_hand_bonus(at_hand: AtHand, provider: str = "") -> _Scores:
    """What the tools at hand speak for what they do; with a provider, those of that one alone."""
    capabilities = {capability for capability, of in at_hand if not provider or of == provider}
    return np.array(
        [_AT_HAND if one.capability in capabilities else 0.0 for one in load_knowledge().classes], dtype=np.float32
    )


@lru_cache(maxsize=4_096)
def _only_wished(at_hand: AtHand) -> _Scores:
    """What a mere wish speaks against being a request that no tool at hand serves."""
    capabilities = {capability for capability, _ in at_hand}
    return np.array(
        [0.0 if one.capability in capabilities else _WISHED for one in load_knowledge().classes], dtype=np.float32
    )


def _provider_in(tokens: Sequence[Token]) -> str:
    """The provider that is named, if it is one with tools of its own."""
    named = (token.provider for token in tokens if token.word == PROVIDER)
    return next((provider for provider in named if provider in _capabilities_by_provider()), "")


def _is_at_hand(request: Request, at_hand: AtHand) -> bool:
    """Whether a tool at hand does it: of the provider that is named, where that one does such things at all."""
    provider = _provider_in(request.tokens)
    if provider and request.of.capability in _capabilities_by_provider()[provider]:
        return (request.of.capability, provider) in at_hand
    return any(capability == request.of.capability for capability, _ in at_hand)


class _Weighed(NamedTuple):
    """How much a piece speaks for each class, and for nothing at all.

    Attributes:
        begin: For a request's beginning with it.
        go_on: For its belonging to a request, whoever began that.
        detail: For its being a detail of the request before, of whatever class.
        idle: For its asking for nothing.
    """

    begin: _Scores
    go_on: _Scores
    detail: float
    idle: float


def _weigh(piece: Piece, knowledge: Knowledge, at_hand: AtHand) -> _Weighed:
    """What the words of a piece, the providers in it and the tools at hand speak for."""
    evidence = knowledge.evidence(piece.stems)
    words = evidence.words
    for token in piece.tokens:
        if token.word == PROVIDER:
            words = words + _provider_bonus(token.provider)
    begin = words + _at_hand_bonus(at_hand, _provider_in(piece.tokens)) + _LIKENESS * evidence.like + _simplest()
    if piece.price <= PRICE and not piece.wished:
        begin = begin + _other_actions()
    if piece.tokens[0].stem in knowledge.acting:
        begin = begin - np.float32(_LOOKED) * knowledge.looking
    if piece.wished:
        begin = begin - _only_wished(at_hand)
    detail = max(0.0, min(evidence.detail, _MOST_DETAIL))
    return _Weighed(begin, words, detail, evidence.idle + _LIKENESS * evidence.like_idle)


class _Way(NamedTuple):
    """From where the best ways to the states behind a piece came, by class.

    Attributes:
        begun: Whether a request begins with the piece, rather than being gone on with.
        resumed: Whether one is gone on with after something else, rather than at once.
        source: From where one begins.
        from_inside: Whether the piece is the first idle one after the request.
    """

    begun: NDArray[np.bool_]
    resumed: NDArray[np.bool_]
    source: _State
    from_inside: NDArray[np.bool_]


def _best_tags(
    pieces: Sequence[Piece], knowledge: Knowledge, at_hand: AtHand, begins: Collection[int]
) -> tuple[list[_Tag], list[_Scores]]:
    """Viterbi over the pieces: in a request of class k, or idle after one of class k (or after none)."""
    count = len(knowledge.classes)
    inside: _Scores = np.full(count, -np.inf, dtype=np.float32)  # the best way to be in a request of class k
    after: _Scores = np.full(count, -np.inf, dtype=np.float32)  # ... to be idle, the last request being of class k
    nothing = 0.0  # ... to have met no request yet
    ways: list[_Way] = []
    scores: list[_Scores] = []
    for piece in pieces:
        weighed = _weigh(piece, knowledge, at_hand)
        scores.append(weighed.begin)
        source, reached = _likeliest(inside, after, nothing, aside=_AFTER_A_STATEMENT if piece.inner else 0.0)
        begun = reached + weighed.begin - piece.price
        fresh = piece.price <= PRICE and not piece.inner
        going = inside + weighed.go_on + weighed.detail - (_GOING_ON if fresh else 0.0)
        resumed = after + weighed.go_on - _RESUMING
        idle = weighed.idle
        if piece.tokens[0].start in begins:
            going, resumed, idle = _NEVER + going, _NEVER + resumed, _NEVER
        ways.append(_Way(begun >= np.maximum(going, resumed), resumed > going, source, inside >= after))
        last: _Scores = np.maximum(inside, after)
        after = last + idle
        inside = np.maximum(np.maximum(begun, going), resumed)
        nothing += idle
    return _traced(ways, _likeliest(inside, after, nothing)[0]), scores


def _likeliest(inside: _Scores, after: _Scores, nothing: float, aside: float = 0.0) -> tuple[_State, float]:
    """The best state so far, with its score; being idle counts ``aside`` less."""
    best_in, best_after = int(inside.argmax()), int(after.argmax())
    options: dict[_State, float] = {
        ("in", best_in): inside[best_in],
        ("after", best_after): after[best_after] - aside,
        ("none", -1): nothing - aside,
    }
    best = max(options, key=lambda state: options[state])
    return best, options[best]


def _traced(ways: Sequence[_Way], end: _State) -> list[_Tag]:
    """The tags of the best way, followed back from its end."""
    state, number = end
    tags: list[_Tag] = []
    for way in reversed(ways):
        if state == "none":
            tags.append(("idle", -1))
        elif state == "after":
            tags.append(("idle", -1))
            state = "in" if way.from_inside[number] else "after"
        elif way.begun[number]:
            tags.append(("begin", number))
            state, number = way.source
        else:
            tags.append(("go on", number))
            state = "after" if way.resumed[number] else "in"
    return tags[::-1]
