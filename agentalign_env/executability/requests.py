"""Requests: which capabilities a text asks for, in which order, and which part of the text belongs to each.

The text is cut where a request could begin; a Viterbi search over the pieces then decides which pieces begin a request
(and for what), which continue one, and which are only background.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentalign_env.executability.knowledge import Knowledge, RequestClass, load_knowledge
from agentalign_env.executability.vocabulary import (
    ARTICLES,
    FINDING_VERBS,
    HANDLING,
    OPENING,
    OPENING_VERBS,
    QUESTIONS,
    SUBJECTS,
)
from agentalign_env.executability.words import PROVIDER, Token
from agentalign_env.scenarios.intents import load_style
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["Request", "find_requests"]

_PRICE = 12.0  # of beginning one more request
_UNLIKELY = 5.0  # ... with a value or a noun: "40 euros to Mia"
_IMPOSSIBLE = 1e6  # ... with a subject: "we are having people over"
_AFTER_A_STATEMENT = 7.0  # ... in the middle of a sentence that asks for nothing so far
_NEARLY = 6.0  # how much less than the likeliest reading one for the tools at hand may be
_IN_A_MESSAGE = 7.0  # ... where a text is being dictated: "tell her that I paid and bring the keys"
_FORCED = 6.0  # what the only request of a text needs at least
_WISHED = 8.0  # of taking "I want to ..." for a request that no tool at hand serves
_GOING_ON = 3.0  # of a sentence that sounds like a request being part of the one before
_MOST_DETAIL = 6.0
_RESUMING = 1.0  # of going on with a request after something else
_PROVIDER_FITS, _PROVIDER_DIFFERS = 1.5, -18.0
_AT_HAND = 4.0
_AN_ORDER = 4.0  # what an imperative speaks for an action that no capability covers
_DECIDED = 0.7
_LIKENESS = 10.0  # what being just like a known phrase weighs
_JOINTS = frozenset((",", "and", "then", "but", ":", "-", "–", "—", "before", "after", "so", "&", "+", "plus"))
_LONGEST_LEAD = 60  # words that may only lead to the next ones
_ENDS = frozenset((".", "!", "?", ";", "\n"))
_LEAD = re.compile(
    r"(?:[\s,:\-–—*•()]+|\d{1,2}[.)](?=\s)|"
    r"(?:and|then|also|first(?:ly| of all)?|second(?:ly)?|third(?:ly)?|next|after (?:that|this)|afterwards|finally|lastly"
    r"|last of all|at the end|to finish|once (?:that is|that's|this is|you have|you've) (?:done|that|it|finished)"
    r"|when (?:that is|that's|you're|you are) (?:done|finished)|in the end|but|so|now|ok|okay|hey|hi|hello|please|pls|plz"
    r"|kindly|just|maybe|actually|quickly|as well|too|thanks|in addition|additionally|besides|meanwhile"
    r"|(?:could|can|would|will) (?:you|u)(?: please| kindly| maybe| also| quickly| just)*(?: (?:be so kind and|help me))?"
    r"|(?:i|we)(?: would|'d|’d)? (?:need|want|like)(?: for)? you to|(?:i|we)(?:'d|’d| would) (?:love|like) (?:for )?you to"
    r"|what i need is for you to|(?:it would|it'd) (?:help me|be great|be nice|be lovely|be good|be helpful) if you could"
    r"|i (?:need|want|would like)(?= an? | my | the )|i['’]d like(?= an? | my | the )|(?:get|give|find) me(?= an? | my | the )|i(?:'d|’d| would) (?:be glad|be grateful|appreciate it|love it) if you (?:could|would)|do me a favou?r and"
    r"|go ahead and|make sure (?:to|that you)|be sure to|don't forget to|remember to|i(?:'d| would) like to|i want to"
    r"|i (?:need|have) to|we (?:need|have|want) to|let's|let us|would you mind|do the following|proceed to)\b)+",
    re.IGNORECASE,
)
_ASKING = re.compile(r"please|pls|plz|kindly|you\b|let's|let us", re.IGNORECASE)
_WISHING = re.compile(r"\b(?:i|we)(?:['’]d| would)? (?:want|like|love|need|have) to\s*$", re.IGNORECASE)
_NEEDING = re.compile(r"(?:need|want|like|me)\s*$", re.IGNORECASE)
_ASKS = re.compile(r"(?:could|can|would|will) you\b|i(?:['’]d| would) like\b|i need you to\b", re.IGNORECASE)
_SAYING = frozenset((":", "that", "saying", "says", "reading", "reads"))
_LOOKING_ON = re.compile(
    r"(?:look at|have a look at|check|read|see|show me|tell me|give me) (?:the |its )?(?:results?|output|outcome|answer)\W*",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"(?:but )?(?:before (?:that|this|you do(?: that| so| anything)?|doing that|all that)|first,? though)\b",
    re.IGNORECASE,
)


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


class _Piece(NamedTuple):
    """A part of the text in which no request begins but at its start.

    Attributes:
        tokens: Its words.
        stems: Those that say what it is for: without what a text is to carry beside itself.
        price: Of a request's beginning with it.
        wished: Whether it says what somebody wants to do, who may mean to do it themselves.
        inner: Whether it goes on with a sentence by a mere "and".
        earlier: Whether it says that it is to be done before what was said last.
    """

    tokens: tuple[Token, ...]
    stems: tuple[str, ...]
    price: float
    wished: bool
    inner: bool
    earlier: bool


def find_requests(text: str, tokens: Sequence[Token], at_hand: AtHand) -> tuple[list[Request], list[_Piece]]:
    """What a text asks for.

    Args:
        text: The instruction.
        tokens: Its words.
        at_hand: What the offered tools do: likelier than other things.

    Returns:
        The requests in the order in which they are to be carried out, and the pieces that ask for nothing.
    """
    knowledge = load_knowledge()
    pieces = list(_pieces(text, tokens, knowledge))
    if not pieces:
        return [], []
    tags, scores = _best_tags(pieces, knowledge, at_hand)
    if all(kind == "idle" for kind, _ in tags):
        tags = _forced(pieces, scores, knowledge, at_hand)
    parts: list[_Parts] = []
    idle: list[_Piece] = []
    for piece, (kind, number), score in zip(pieces, tags, scores, strict=True):
        if kind == "idle":
            idle.append(piece)
        elif kind == "begin":
            parts.append(_Parts(number, [piece], score.copy()))
        else:
            parts[-1].pieces.append(piece)
            parts[-1].score[:] += score - _at_hand_bonus(at_hand, _provider_in(piece.tokens))
    requests: list[Request] = []
    for part in parts:
        request = _request(part, knowledge, at_hand)
        before = part.pieces[0].earlier and requests
        requests.insert(len(requests) - 1 if before else len(requests), request)
    return _joined(requests, at_hand), idle


class _Parts(NamedTuple):
    """The pieces of one request, what it was taken for, and how much all of them speak for each class."""

    number: int
    pieces: list[_Piece]
    score: NDArray[np.float32]


def _request(part: _Parts, knowledge: Knowledge, at_hand: AtHand) -> Request:
    """The request of some pieces; one for which nothing is at hand is taken for a likely one that can be done."""
    number, score = part.number, part.score
    capabilities = {capability for capability, _ in at_hand}
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


def _forced(
    pieces: Sequence[_Piece], scores: Sequence[NDArray[np.float32]], knowledge: Knowledge, at_hand: AtHand
) -> list[tuple[str, int]]:
    """Where nothing sounds like a request, the piece that comes nearest to one for the tools at hand."""
    tags: list[tuple[str, int]] = [("idle", -1)] * len(pieces)
    capabilities = {capability for capability, _ in at_hand}
    mask = np.array([one.capability in capabilities for one in knowledge.classes])
    if not mask.any():
        return tags
    best = [float(np.where(mask, score, -np.inf).max()) for score in scores]
    at = max(range(len(pieces)), key=lambda number: best[number])
    if best[at] > _FORCED:
        tags[at] = "begin", int(np.where(mask, scores[at], -np.inf).argmax())
        tags[at + 1 :] = [("go on", -1)] * (len(pieces) - at - 1)
    return tags


def _joined(requests: list[Request], at_hand: AtHand) -> list[Request]:
    """Requests with those merged that only lead to the next: ``open the video and comment under it``."""
    joined: list[Request] = []
    for request in requests:
        last = joined[-1] if joined else None
        if (
            last is not None
            and not _is_at_hand(last, at_hand)
            and _is_at_hand(request, at_hand)
            and last.end <= request.start
            and last.tokens[-1].word == "and"
            and last.tokens[0].word in OPENING_VERBS | HANDLING | FINDING_VERBS
        ):
            joined[-1] = request._replace(tokens=(*last.tokens, *request.tokens), start=last.start)
        elif (
            last is not None
            and not _is_at_hand(request, at_hand)
            and _is_at_hand(last, at_hand)
            and last.end <= request.start
            and last.tokens[-1].word == "and"
            and request.tokens[0].word in ("look", "search", "find", "check")
            and not _provider_in(request.tokens)
        ):  # "go through my library and look for ..."
            joined[-1] = last._replace(tokens=(*last.tokens, *request.tokens), end=request.end)
        else:
            joined.append(request)
    return joined


def _readings(score: NDArray[np.float32], number: int, knowledge: Knowledge) -> list[tuple[RequestClass, float]]:
    """What a piece can be for, the chosen reading first, then the likeliest others."""
    order = [number, *(int(at) for at in np.argsort(-score)[:7] if at != number)]
    return [(knowledge.classes[at], float(score[at])) for at in order]


def _pieces(text: str, tokens: Sequence[Token], knowledge: Knowledge) -> Iterator[_Piece]:
    start, inner, speaks = 0, False, False
    for at in range(1, len(tokens) + 1):
        last = tokens[at - 1].word
        ended = at == len(tokens) or last in _ENDS or _ends_in_quotation(text, tokens, at)
        asks = not ended and at - start > 2 and _ASKS.match(text, tokens[at].start) is not None
        if not (ended or asks or _is_joint(text, tokens, start, at, knowledge)):
            continue
        joint = tokens[start - 1].word if start else ""
        piece = _piece(text, tokens[start:at], knowledge, joint, inner=inner)
        inner = not (ended or asks)
        if piece is not None:
            yield piece._replace(price=piece.price + _IN_A_MESSAGE) if speaks else piece
            said = {token.word for token in piece.tokens}
            speaks = not ended and (speaks or (piece.price <= _PRICE and bool(said & _SAYING)))
        elif ended:
            speaks = False
        start = at


def _is_joint(text: str, tokens: Sequence[Token], start: int, at: int, knowledge: Knowledge) -> bool:
    """Whether a request could begin here, within a sentence."""
    if tokens[at - 1].word not in _JOINTS:
        return False
    leads_on = at - start < _LONGEST_LEAD and _leads_on(text, tokens[start:at])
    return not leads_on and _could_begin(text, tokens, at, knowledge)


def _ends_in_quotation(text: str, tokens: Sequence[Token], at: int) -> bool:
    """Whether a quotation closes the sentence: ``... that says "Here we go." Then ...``."""
    mention = tokens[at - 1].mention
    if mention is None or mention.kind != "Quoted" or text[mention.end - 2] not in ".!?":
        return False
    return text[tokens[at].start].isupper()


_PLACES = frozenset((PROVIDER, "shell", "terminal", "console", "inbox", "browser"))


def _leads_on(text: str, tokens: Sequence[Token]) -> bool:
    """Whether these words only lead to the next ones: ``open Telegram and``, ``take the edited picture and``."""
    lead = _LEAD.match(text, tokens[0].start)
    begin = tokens[0].start if lead is None else lead.end()
    words = [token.word for token in tokens if token.start >= begin and token.word not in _JOINTS]
    if not words:
        return False
    if words[0] in HANDLING or {"ssh", "scp"} & set(words):
        return len(words) <= 16 and not any(token.word == "and" for token in tokens[:-1])
    return words[0] in OPENING_VERBS and bool(_PLACES & set(words)) and all(word in _PLACES | OPENING for word in words)


def _could_begin(text: str, tokens: Sequence[Token], at: int, knowledge: Knowledge) -> bool:
    lead = _LEAD.match(text, tokens[at].start)
    begin = tokens[at].start if lead is None else lead.end()
    first = next((token for token in tokens[at : at + 14] if token.start >= begin), None)
    if first is None or first.mention is not None or first.word in SUBJECTS or first.word in ARTICLES:
        return False
    if first.word in knowledge.verbs and (first.word not in QUESTIONS or first.word == "have"):
        return True
    return (
        tokens[at - 1].word in ("before", "after") and first.word.endswith("ing") and first.stem in knowledge.verb_stems
    )


def _piece(text: str, tokens: Sequence[Token], knowledge: Knowledge, joint: str, *, inner: bool) -> _Piece | None:
    begin = tokens[0].start
    lead = _LEAD.match(text, begin)
    earlier = False
    if lead is not None:
        begin = lead.end()
    before = _EARLIER.match(text, begin)
    if before is not None:
        earlier = True
        lead = _LEAD.match(text, before.end())
        begin = lead.end() if lead is not None else before.end()
    kept = tuple(token for token in tokens if token.start >= begin)
    if kept and _LOOKING_ON.fullmatch(text, kept[0].start, kept[-1].end):
        return None
    if not any(token.word[0].isalnum() or token.word[0] == "<" for token in kept):
        return None
    asked = lead is not None and _ASKING.search(lead[0]) is not None
    needed = lead is not None and _NEEDING.search(lead[0]) is not None
    wished = lead is not None and _WISHING.search(lead[0]) is not None
    price = (3.0 if wished else 0.0) + _price_of(
        kept,
        knowledge,
        asked=asked,
        gerund=joint in ("before", "after"),
        needed=needed,
        inner=joint not in _ENDS and joint != "",
    )
    stems = tuple(token.stem for token in _without_carried(text, kept))
    return _Piece(kept, stems, price, wished, inner and not asked, earlier or joint == "after")


@lru_cache(maxsize=1)
def _carrying() -> re.Pattern[str]:
    """What stands between a text and what it is to carry: ``followed by``, ``and right behind it``."""
    middles = [text.partition("{text}")[2].partition("{found}")[0].strip() for text in load_style().carried]
    words = "|".join(re.escape(middle) for middle in sorted(middles, key=len, reverse=True))
    return re.compile(rf"\s*(?:{words})\b[^,.;?!\n]*", re.IGNORECASE)


def _without_carried(text: str, tokens: Sequence[Token]) -> Iterator[Token]:
    until = -1
    for at, token in enumerate(tokens):
        if token.start < until:
            continue
        if at > 3 and token.word == "," and at + 1 < len(tokens) and tokens[at + 1].word in SUBJECTS:
            return  # "follow her, I always forget"
        yield token
        if token.mention is not None and token.mention.kind == "Quoted":
            carried = _carrying().match(text, token.end)
            until = -1 if carried is None else carried.end()


def _price_of(
    tokens: Sequence[Token], knowledge: Knowledge, *, asked: bool, gerund: bool, needed: bool, inner: bool
) -> float:
    first = tokens[0]
    if first.word in SUBJECTS:
        return _IMPOSSIBLE
    if first.word in ARTICLES:
        return _PRICE + (0.0 if needed else _UNLIKELY + 4.0)
    if first.word in QUESTIONS and first.word != "have" and inner and tokens[-1].word != "?":
        return _PRICE + _UNLIKELY + 4.0
    if first.word in knowledge.verbs or first.word in QUESTIONS or (gerund and first.stem in knowledge.verb_stems):
        return _PRICE - (1.0 if asked else 0.0)
    if first.word.endswith("ing"):
        return _PRICE + _UNLIKELY + 4.0
    terse = first.mention is not None and any(token.word == PROVIDER for token in tokens)
    if (
        first.word == PROVIDER
        or terse
        or (first.mention is not None and first.mention.kind in ("Amount", "CoinAmount"))
    ):
        return _PRICE + 2.0
    if first.mention is not None or first.word[0].isalpha():
        return _PRICE + _UNLIKELY
    return _IMPOSSIBLE


@lru_cache(maxsize=1)
def _capabilities_by_provider() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for tool in load_tools().values():
        found.setdefault(tool.provider, set()).add(tool.capability)
    return {provider: frozenset(capabilities) for provider, capabilities in found.items()}


@lru_cache(maxsize=1)
def _other_actions() -> NDArray[np.float32]:
    """An order is an order, also for what nothing here can do."""
    return np.array([0.0 if one.capability else _AN_ORDER for one in load_knowledge().classes], dtype=np.float32)


@lru_cache(maxsize=1)
def _simplest() -> NDArray[np.float32]:
    """A little less for classes that decide more arguments: the plain reading wins where nothing speaks against it."""
    return np.array([-_DECIDED * len(one.fixed) for one in load_knowledge().classes], dtype=np.float32)


@lru_cache(maxsize=256)
def _provider_bonus(provider: str) -> NDArray[np.float32]:
    fitting = _capabilities_by_provider().get(provider, frozenset())
    return np.array(
        [
            _PROVIDER_FITS if one.capability in fitting else _PROVIDER_DIFFERS if one.capability else 0.0
            for one in load_knowledge().classes
        ],
        dtype=np.float32,
    )


@lru_cache(maxsize=8_192)
def _at_hand_bonus(at_hand: AtHand, provider: str = "") -> NDArray[np.float32]:
    capabilities = {capability for capability, of in at_hand if not provider or of == provider}
    return np.array(
        [_AT_HAND if one.capability in capabilities else 0.0 for one in load_knowledge().classes], dtype=np.float32
    )


@lru_cache(maxsize=4_096)
def _only_wished(at_hand: AtHand) -> NDArray[np.float32]:
    capabilities = {capability for capability, _ in at_hand}
    return np.array(
        [0.0 if one.capability in capabilities else _WISHED for one in load_knowledge().classes], dtype=np.float32
    )


def _provider_in(tokens: Sequence[Token]) -> str:
    """The provider that is named, if it is one with tools of its own."""
    named = (token.provider for token in tokens if token.word == PROVIDER)
    return next((provider for provider in named if provider in _capabilities_by_provider()), "")


def _is_at_hand(request: Request, at_hand: AtHand) -> bool:
    provider = _provider_in(request.tokens)
    if provider and request.of.capability in _capabilities_by_provider()[provider]:
        return (request.of.capability, provider) in at_hand
    return any(capability == request.of.capability for capability, _ in at_hand)


def _best_tags(
    pieces: Sequence[_Piece], knowledge: Knowledge, at_hand: AtHand
) -> tuple[list[tuple[str, int]], list[NDArray[np.float32]]]:
    """Viterbi over the pieces: in a request of class k, or idle after one of class k (or after none)."""
    count = len(knowledge.classes)
    inside = np.full(count, -np.inf, dtype=np.float32)  # the best way to be in a request of class k
    after = np.full(count, -np.inf, dtype=np.float32)  # ... to be idle, the last request being of class k
    nothing = 0.0  # ... to have met no request yet
    back: list[tuple[NDArray[np.bool_], NDArray[np.bool_], tuple[str, int], bool, NDArray[np.bool_]]] = []
    scores = []
    for piece in pieces:
        stems = piece.stems
        price = piece.price
        evidence = knowledge.evidence(stems)
        words = evidence.words
        for token in piece.tokens:
            if token.word == PROVIDER:
                words = words + _provider_bonus(token.provider)
        detail = max(0.0, min(evidence.detail, _MOST_DETAIL))
        idle = evidence.idle + _LIKENESS * evidence.like_idle
        begin_score = (
            words + _at_hand_bonus(at_hand, _provider_in(piece.tokens)) + _LIKENESS * evidence.like + _simplest()
        )
        if price <= _PRICE and not piece.wished:
            begin_score = begin_score + _other_actions()
        if piece.wished:
            begin_score = begin_score - _only_wished(at_hand)
        scores.append(begin_score)
        best_in, best_after = int(inside.argmax()), int(after.argmax())
        aside = _AFTER_A_STATEMENT if piece.inner else 0.0
        options = {
            ("in", best_in): inside[best_in],
            ("after", best_after): after[best_after] - aside,
            ("none", -1): nothing - aside,
        }
        source = max(options, key=lambda key: options[key])
        begun = options[source] + begin_score - price
        fresh = price <= _PRICE and not piece.inner
        going = inside + words + detail - (_GOING_ON if fresh else 0.0)
        resumed = after + words - _RESUMING
        new_inside = np.maximum(np.maximum(begun, going), resumed)
        is_begun = begun >= np.maximum(going, resumed)
        is_resumed = resumed > going
        new_after = np.maximum(inside, after) + idle
        back.append((is_begun, is_resumed, source, False, inside >= after))
        nothing += idle
        inside, after = new_inside, new_after
    ends = {
        ("in", int(inside.argmax())): inside.max(),
        ("after", int(after.argmax())): after.max(),
        ("none", -1): nothing,
    }
    state, number = max(ends, key=lambda key: ends[key])
    tags: list[tuple[str, int]] = []
    for is_begun, is_resumed, source, _, from_inside in reversed(back):
        if state == "none":
            tags.append(("idle", -1))
        elif state == "after":
            tags.append(("idle", -1))
            state = "in" if from_inside[number] else "after"
        elif is_begun[number]:
            tags.append(("begin", number))
            state, number = source
        else:
            tags.append(("go on", number))
            state = "after" if is_resumed[number] else "in"
    return tags[::-1], scores
