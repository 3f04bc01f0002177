"""Pieces: a text cut where a request could begin, each piece with the price of beginning one there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from agentalign_env.executability.knowledge import Knowledge
from agentalign_env.executability.vocabulary import ARTICLES, HANDLING, OPENING, OPENING_VERBS, QUESTIONS, SUBJECTS
from agentalign_env.executability.words import PROVIDER, Token
from agentalign_env.scenarios.intents import load_style

__all__ = ["PRICE", "Piece", "is_listed", "pieces_of"]

PRICE = 12.0
"""Of beginning one more request."""

_ASKED = -1.0  # ... politely: "could you send ..."
_WISHED = 3.0  # ... that somebody may mean to carry out themselves: "I want to send ..."
_TERSE = 2.0  # ... with a provider or an amount: "PayPal: 40 euros to Mia"
_UNLIKELY = 5.0  # ... with a value or a noun: "the 40 euros to Mia"
_VERY_UNLIKELY = 9.0  # ... with what seldom begins a request: "sending it by Friday"
_IMPOSSIBLE = 1e6  # ... with a subject: "we are having people over"
_IN_A_MESSAGE = 7.0  # ... where a text is being dictated: "tell her that I paid and bring the keys"
_JOINTS = frozenset((",", "and", "then", "but", ":", "-", "\u2013", "—", "before", "after", "so", "&", "+", "plus"))
_LONGEST_LEAD = 60  # words that may only lead to the next ones
_SHORT_LEAD = 8  # ... where what was just made is opened
_ENDS = frozenset((".", "!", "?", ";", "\n"))
_LEAD = re.compile(
    r"(?:[\s,:\-\u2013—*•()]+|\d{1,2}[.)](?=\s)|"
    r"(?:and|then|also|first(?:ly| of all)?|second(?:ly)?|third(?:ly)?|next|after (?:that|this)|afterwards|finally"
    r"|lastly|last of all|at the end|to finish"
    r"|once (?:that is|that's|this is|you have|you've) (?:done|that|it|finished)"
    r"|when (?:that is|that's|you're|you are) (?:done|finished)|in the end|but|so|now|ok|okay|hey|hi|hello"
    r"|please|pls|plz|kindly|just|maybe|actually|quickly|as well|too|thanks|in addition|additionally|besides|meanwhile"
    r"|(?:could|can|would|will) (?:you|u)(?: please| kindly| maybe| also| quickly| just)*"
    r"(?: (?:be so kind and|help me))?"
    r"|(?:i|we)(?: would|'d|\u2019d)? (?:need|want|like)(?: for)? you to"
    r"|(?:i|we)(?:'d|\u2019d| would) (?:love|like) (?:for )?you to|what i need is for you to"
    r"|(?:it would|it'd) (?:help me|be great|be nice|be lovely|be good|be helpful) if you could"
    r"|i(?: need| want| would like|['\u2019]d like)(?= (?:an?|my|the) (?!(?:\w+ ){1,2}to (?!the\b|my\b|an?\b)))"
    r"|(?:get|give|find) me(?= an? | my | the )"
    r"|i(?:'d|\u2019d| would) (?:be glad|be grateful|appreciate it|love it) if you (?:could|would)"
    r"|do me a favou?r and|go ahead and|make sure (?:to|that you)|be sure to|don't forget to|remember to"
    r"|i(?:'d| would) like to|i want to|i (?:need|have) to|we (?:need|have|want) to|let's|let us|would you mind"
    r"|do the following|proceed to)\b)+",
    re.IGNORECASE,
)
"""What only leads to a request: marks, small talk, ``could you please``."""

_ASKING = re.compile(r"please|pls|plz|kindly|you\b|let's|let us", re.IGNORECASE)
_WISHING = re.compile(r"\b(?:i|we)(?:['\u2019]d| would)? (?:want|like|love|need|have) to\s*$", re.IGNORECASE)
_NEEDING = re.compile(r"(?:need|want|like|me)\s*$", re.IGNORECASE)
_ASKS = re.compile(r"(?:could|can|would|will) you\b|i(?:['\u2019]d| would) like\b|i need you to\b", re.IGNORECASE)
_TEXTS = frozenset(
    ("body", "caption", "comment", "message", "note", "prompt", "query", "reason", "remark", "subject", "text", "title")
)
_SPECIFYING = re.compile(
    r"\s*(?:the|its|with the) "
    r"(?:prompt|text|subject|caption|body|message|title|reason|query|purpose|argument|note)s? "
    r"(?:is|are|should|being|reads?|says?|to be)\b",
    re.IGNORECASE,
)
"""What goes on with a request behind a semicolon: ``...; the prompt is ...``."""
_LISTED = re.compile(r'(?:^|\n)[ \t]*(?:\d{1,2}[.)]|[-*•])[^\n.;:!?"“”]*\Z')
_NO_SPEECH = frozenset(
    (
        *("all", "anything", "everything", "nothing", "something"),
        *("after", "at", "by", "from", "for", "in", "into", "of", "on", "once", "over", "to", "under", "with"),
    )
)
"""Words behind which ``that`` announces no speech: ``everything that has changed``, ``on that list``."""
_SAYING = frozenset((":", "that", "saying", "says", "reading", "reads"))
_LOOKING_ON = re.compile(
    r"(?:(?:look at|have a look at|check|read|see|show me|tell me|give me) (?:the |its )?"
    r"(?:results?|output|outcome|answer)|(?:show|let) me(?: see)?(?: it| them)?|read it (?:out )?to me"
    r"|(?:show me|tell me|let me know|see) (?:what (?:it|that) (?:says|shows|prints|gives|answers)"
    r"|what (?:comes out|turns up|you (?:find|get|see))|how (?:it|that) (?:goes|went|looks))"
    r"|(?:read|see|show me|tell me|report|let me know) "
    r"what (?:comes back|(?:it|that) (?:says|shows|answers|prints)))\W*",
    re.IGNORECASE,
)
_PLACES = frozenset((PROVIDER, "shell", "terminal", "console", "inbox", "browser"))
_EARLIER = re.compile(
    r"(?:but )?(?:before (?:that|this|you do(?: that| so| anything)?|doing that|all that)|first,? though)\b",
    re.IGNORECASE,
)
_LATER = re.compile(r"(?:but )?before (?:you|we) (?=\w+ )", re.IGNORECASE)


class Piece(NamedTuple):
    """A part of the text in which no request begins but at its start.

    Attributes:
        tokens: Its words.
        stems: Those that say what it is for: without what a text is to carry beside itself.
        price: Of a request's beginning with it.
        wished: Whether it says what somebody wants to do, who may mean to do it themselves.
        inner: Whether it goes on with a sentence by a mere "and".
        earlier: Whether it says that it is to be done before what was said last.
        later: Whether it says that it is to be done after what is said next.
    """

    tokens: tuple[Token, ...]
    stems: tuple[str, ...]
    price: float
    wished: bool
    inner: bool
    earlier: bool
    later: bool


def pieces_of(text: str, tokens: Sequence[Token], knowledge: Knowledge) -> Iterator[Piece]:
    """The pieces of a text, in order; what says nothing is in none.

    Args:
        text: The instruction.
        tokens: Its words.
        knowledge: What requests begin with.
    """
    start, inner, speaks, wishes = 0, False, False, False
    for at in range(1, len(tokens) + 1):
        last = tokens[at - 1].word
        ended = at == len(tokens) or last in _ENDS or _ends_in_quotation(text, tokens, at)
        if ended and last == ";" and at < len(tokens) and _SPECIFYING.match(text, tokens[at - 1].end):
            continue
        asks = not ended and at - start > 2 and _ASKS.match(text, tokens[at].start) is not None
        if not (ended or asks or _is_joint(text, tokens, start, at, knowledge)):
            continue
        joint = tokens[start - 1].word if start else ""
        piece = _piece(text, tokens[start:at], knowledge, joint, inner=inner)
        if piece is not None and inner and wishes and joint == "and":
            piece = piece._replace(wished=True)  # "I want to mend the bike and sell it"
        wishes = not (ended or asks) and (wishes if piece is None else piece.wished)
        if piece is not None or ended or asks:  # "After this," only leads to what begins here
            inner = not (ended or asks)
        if piece is not None:
            yield piece._replace(price=piece.price + _IN_A_MESSAGE) if speaks else piece
            speaks = not ended and (speaks or (piece.price <= PRICE and _announces_speech(piece.tokens)))
        elif ended:
            speaks = False
        start = at


def _announces_speech(tokens: Sequence[Token]) -> bool:
    """Whether something is dictated from somewhere on: ``tell her that ...``."""
    return any(
        token.word in _SAYING and not (token.word == "that" and at and tokens[at - 1].word in _NO_SPEECH)
        for at, token in enumerate(tokens)
    )


def is_listed(text: str, piece: Piece) -> bool:
    """Whether a piece is an order that begins an item of a list: ``2. Comment under your post``."""
    return piece.price <= PRICE and not piece.inner and _LISTED.search(text, 0, piece.tokens[0].start) is not None


def _is_joint(text: str, tokens: Sequence[Token], start: int, at: int, knowledge: Knowledge) -> bool:
    """Whether a request could begin here, within a sentence."""
    if tokens[at - 1].word not in _JOINTS or _announces_a_text(tokens, start, at):
        return False
    earlier = _EARLIER.match(text, tokens[start].start)
    if earlier is not None and earlier.end() >= tokens[at - 1].start:
        return False  # "Before that, ..."
    leads_on = at - start < _LONGEST_LEAD and _leads_on(text, tokens[start:at])
    return not leads_on and _could_begin(text, tokens, at, knowledge)


def _announces_a_text(tokens: Sequence[Token], start: int, at: int) -> bool:
    """Whether what follows is a text, however much it sounds like an order: ``commit it, message: Pack for snow``."""
    return at - start > 1 and tokens[at - 1].word == ":" and tokens[at - 2].word in _TEXTS


def _ends_in_quotation(text: str, tokens: Sequence[Token], at: int) -> bool:
    """Whether a quotation closes the sentence: ``... that says "Here we go." Then ...``."""
    mention = tokens[at - 1].mention
    if mention is None or mention.kind != "Quoted" or text[mention.end - 2] not in ".!?":
        return False
    return text[tokens[at].start].isupper()


def _leads_on(text: str, tokens: Sequence[Token]) -> bool:
    """Whether these words only lead to the next ones: ``open Telegram and``, ``take the edited picture and``."""
    lead = _LEAD.match(text, tokens[0].start)
    begin = tokens[0].start if lead is None else lead.end()
    words = [token.word for token in tokens if token.start >= begin and token.word not in _JOINTS]
    if not words:
        return False
    if words[0] in HANDLING or {"ssh", "scp"} & set(words):
        return len(words) <= 16 and not any(token.word == "and" for token in tokens[:-1])
    if words[0] in OPENING_VERBS and "new" in words:
        return len(words) <= _SHORT_LEAD  # "open your new post on Twitter and"
    return words[0] in OPENING_VERBS and bool(_PLACES & set(words)) and all(word in _PLACES | OPENING for word in words)


def _could_begin(text: str, tokens: Sequence[Token], at: int, knowledge: Knowledge) -> bool:
    """Whether the words behind a joint begin as requests do."""
    lead = _LEAD.match(text, tokens[at].start)
    begin = tokens[at].start if lead is None else lead.end()
    first = next((token for token in tokens[at : at + 14] if token.start >= begin), None)
    if first is None or first.mention is not None or first.word in SUBJECTS or first.word in ARTICLES:
        return False
    if first.word in knowledge.verbs and not _is_question(tokens[tokens.index(first, at) :]):
        return True
    return (
        tokens[at - 1].word in ("before", "after") and first.word.endswith("ing") and first.stem in knowledge.verb_stems
    )


def _is_question(tokens: Sequence[Token]) -> bool:
    """Whether words begin as a question does, and not as an order: ``do you``, but ``do a GET``, ``have it sent``."""
    first = tokens[0].word
    does_something = first == "do" and len(tokens) > 1 and tokens[1].word in ("a", "an", "the")
    return first in QUESTIONS and first != "have" and not does_something


def _piece(text: str, tokens: Sequence[Token], knowledge: Knowledge, joint: str, *, inner: bool) -> Piece | None:
    """The piece of these words, without what only leads to it; ``None`` where they ask for nothing of their own.

    Args:
        text: The instruction.
        tokens: The words from one cut to the next.
        knowledge: What requests begin with.
        joint: The word behind which they stand; empty at the beginning of the text.
        inner: Whether they go on with a sentence.
    """
    begin = tokens[0].start
    lead = _LEAD.match(text, begin)
    if lead is not None:
        begin = lead.end()
    before = _EARLIER.match(text, begin)
    if before is not None:
        lead = _LEAD.match(text, before.end())
        begin = lead.end() if lead is not None else before.end()
    later = _LATER.match(text, begin)
    if later is not None:
        begin = later.end()
    kept = tuple(token for token in tokens if token.start >= begin)
    if kept and _LOOKING_ON.fullmatch(text, kept[0].start, kept[-1].end):
        return None
    if not any(token.word[0].isalnum() or token.word[0] == "<" for token in kept):
        return None
    asked = lead is not None and _ASKING.search(lead[0]) is not None
    needed = lead is not None and _NEEDING.search(lead[0]) is not None
    wished = lead is not None and _WISHING.search(lead[0]) is not None
    price = (_WISHED if wished else 0.0) + _price_of(
        kept,
        knowledge,
        asked=asked,
        gerund=joint in ("before", "after"),
        needed=needed,
        inner=joint not in _ENDS and joint != "",
    )
    stems = tuple(token.stem for token in _without_carried(text, kept))
    earlier = before is not None or joint == "after"
    return Piece(kept, stems, price, wished, inner and not asked, earlier, later is not None)


@lru_cache(maxsize=1)
def _carrying() -> re.Pattern[str]:
    """What stands between a text and what it is to carry: ``followed by``, ``and right behind it``."""
    middles = [text.partition("{text}")[2].partition("{found}")[0].strip() for text in load_style().carried]
    words = "|".join(re.escape(middle) for middle in sorted(middles, key=len, reverse=True))
    return re.compile(rf"\s*(?:{words})\b[^,.;?!\n]*", re.IGNORECASE)


def _without_carried(text: str, tokens: Sequence[Token]) -> Iterator[Token]:
    """The words that say what is asked for: without what a quoted text is to carry, and without a remark behind it."""
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
    """The price of a request's beginning with these words.

    Args:
        tokens: The words, without what leads to them.
        knowledge: What requests begin with.
        asked: Whether they are led to by ``please`` or the like.
        gerund: Whether they stand behind ``before`` or ``after``, where a verb ends in ``-ing``.
        needed: Whether they are led to by ``I need`` or the like, behind which a noun asks.
        inner: Whether they stand within a sentence.
    """
    first = tokens[0]
    if first.word in SUBJECTS:
        return _IMPOSSIBLE
    if first.word in ARTICLES:
        return PRICE + (0.0 if needed else _VERY_UNLIKELY)
    if _is_question(tokens) and inner and tokens[-1].word != "?":
        return PRICE + _VERY_UNLIKELY
    if first.word in knowledge.verbs or first.word in QUESTIONS or (gerund and first.stem in knowledge.verb_stems):
        return PRICE + (_ASKED if asked else 0.0)
    if first.word.endswith("ing"):
        return PRICE + _VERY_UNLIKELY
    terse = first.mention is not None and any(token.word == PROVIDER for token in tokens)
    if (
        first.word == PROVIDER
        or terse
        or (first.mention is not None and first.mention.kind in ("Amount", "CoinAmount"))
    ):
        return PRICE + _TERSE
    if first.mention is not None or first.word[0].isalpha():
        return PRICE + _UNLIKELY
    return _IMPOSSIBLE
