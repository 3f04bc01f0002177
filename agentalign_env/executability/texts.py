"""Free texts: the part of a request that is a query, a message or a title, though nobody put it into quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from agentalign_env.executability.fillers import Filler
from agentalign_env.executability.knowledge import RequestClass, load_knowledge, stems_of
from agentalign_env.executability.people import RELATIONS
from agentalign_env.executability.requests import Request
from agentalign_env.executability.vocabulary import EMPTY, STRONG_CUES, SUBJECTS
from agentalign_env.executability.words import PROVIDER, Token

__all__ = ["VAGUE_WORDS", "content_words", "free_text", "vague_words"]

_SHORT = frozenset(("query", "subject", "title", "label"))
_LEAST_CUE = 0.7  # that a text begins somewhere
_SURE = 2.0  # ... for an argument that nobody requires
_STRONG_CUE = 0.8  # what a word behind which texts begin adds
_ANNOUNCING = frozenset((":", "that", "saying", "says", "reading", "reads"))
_A_SENTENCE = 3  # words
_DANGLING = frozenset(
    ("on", "in", "at", "via", "over", "through", "using", "with", "by", "to", "from", "and", "for", "of", "the")
)
VAGUE_WORDS = re.compile(
    r"\b(?:an? (?:certain|particular|person i know|place i know)(?: \w+)?|certain \w+"
    r"|a (?:bit|little|few|couple|number) of (?:money|[A-Z]{3}|euros|dollars|pounds)\b"
    r"|some(?:one|body|where)(?: or other)?(?! (?:has|have|had|is|was|will|would|should|must|can|could|needs|else))"
    r"|something(?: or other)?"
    r"(?! (?:\w+ly )?(?:nice|kind|cheerful|short|sweet|funny|like|about|friendly|warm))"
    r"|some (?:amount|address|file|folder|page|command|text|topic|person|place|name|number|message|link|[A-Z]{3})\b"
    r"|one (?:\w+ or (?:an)?other\b|or (?:an)?other \w+)"
    r"|a (?:web ?site|web page)(?= (?:and|,|\.|$)|[,.?])|this and that|so[- ]and[- ]so|such and such)",
    re.IGNORECASE,
)
"""Words that stand for a value without saying which."""


def vague_words(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where words stand for a value without saying which: ``a certain page``, ``something or other``."""
    found = VAGUE_WORDS.search(text, start, end)
    return None if found is None else found.span()


def content_words(tokens: Sequence[Token]) -> list[Token]:
    """The words that say something of their own."""
    return [
        token
        for token in tokens
        if token.mention is None and not token.provider and token.word[0].isalnum() and token.word not in EMPTY
    ]


def free_text(
    request: Request, argument: str, used: Sequence[Filler], *, is_text: bool, required: bool
) -> tuple[int, int] | None:
    """Where the words of an argument are: behind the cue that speaks most for it, else the longest free run.

    Args:
        request: What is asked.
        argument: The operation's argument.
        used: The fillers that serve other arguments.
        is_text: Whether any words will do; else one word is wanted, behind a cue.
        required: Whether there has to be one: then any free words will do, where no cue says which.
    """
    tokens = request.tokens
    taken = {at for filler in used for at in range(filler.at, filler.at + filler.width)}
    taken.update(_relations(tokens))
    knowledge = load_knowledge()
    stems = stems_of(tokens)
    if not is_text and argument != "username":
        odd = [token for at, token in enumerate(tokens) if at not in taken and at and _is_odd(token)]
        if len(odd) == 1:
            return odd[0].start, odd[0].end
    best: tuple[float, int] | None = None
    for at in range(1, _end_of_content(tokens)):
        if at in taken or tokens[at].word == PROVIDER or _is_a_remark(tokens, at):
            continue
        if not is_text and (not _says_something(tokens[at]) or knowledge.belongs(tokens[at].stem, request.of)):
            continue
        cue = knowledge.cue(request.of.capability, argument, stems[:at], [])
        if tokens[at - 1].word in STRONG_CUES and is_text:
            cue += _STRONG_CUE if tokens[at - 1].word != "for" or argument in _SHORT else 0.0
        if cue > _LEAST_CUE and (best is None or cue > best[0]) and _run(tokens, at, taken, argument):
            best = (cue, at)
    if best is None:
        if not is_text or not required:
            return None
        return _longest(tokens, taken, argument, request.of)
    run = _run(tokens, best[1], taken, argument)
    if not required and best[0] < (_SURE if is_text else _LEAST_CUE):
        return None
    run = _of_its_own(request, argument, run, tokens[best[1] - 1], is_text=is_text, required=required)
    if not run and is_text and required and argument in _SHORT:  # "which places in Riverton offer salads"
        return _longest(tokens, taken, argument, request.of)
    return _span(run) if run else None


def _is_a_remark(tokens: Sequence[Token], at: int) -> bool:
    """Whether something is only remarked from here on: ``..., please, I'm between two patients``."""
    while at < len(tokens) and tokens[at].word in ("please", ",", "thanks"):
        at += 1
    return tokens[at - 1].word == "," and at < len(tokens) and tokens[at].word in SUBJECTS


def _of_its_own(
    request: Request, argument: str, run: list[Token], before: Token, *, is_text: bool, required: bool
) -> list[Token]:
    """What a run that follows a token says beyond the words that all such requests have."""
    knowledge = load_knowledge()
    if not required and (before.provider or before.word in ("that", "which")):
        return []  # "what the shop has", "the mails that came"
    announced = before.word in _ANNOUNCING
    if not announced and all(knowledge.belongs(token.stem, request.of) for token in content_words(run)):
        return _behind_verbs(run) if required and argument in _SHORT else []  # "my orders", "the files"
    if is_text:
        return run
    own = [token for token in run if token.mention is not None or not knowledge.belongs(token.stem, request.of)]
    return [token for token in own or run if token.mention is not None or _says_something(token)][:1]


def _relations(tokens: Sequence[Token]) -> Iterator[int]:
    """Where words only say who somebody is: ``my cousin``."""
    for at, (first, second) in enumerate(pairwise(tokens)):
        if first.word in ("my", "our") and second.word in RELATIONS:
            yield from (at, at + 1)


def _end_of_content(tokens: Sequence[Token]) -> int:
    """Behind the last token that says something: no run that begins there does."""
    telling = (
        at
        for at in range(len(tokens), 0, -1)
        if tokens[at - 1].mention or content_words(tokens[at - 1 : at]) or tokens[max(0, at - 2)].word in _ANNOUNCING
    )
    return next(telling, 0)


def _run(tokens: Sequence[Token], at: int, taken: set[int], argument: str) -> list[Token]:
    """The free tokens from here on; empty where they say nothing."""
    run: list[Token] = []
    for number in range(at, len(tokens)):
        token = tokens[number]
        if number in taken or (argument in _SHORT and token.word in (".", "?", "!", ";", "\n")):
            break
        run.append(token)
    while run and not (run[0].word[0].isalnum() or run[0].mention):
        run.pop(0)
    while run and (run[-1].provider or not (run[-1].word[0].isalnum() or run[-1].mention) or run[-1].word in _DANGLING):
        run.pop()
    announced = tokens[at - 1].word in _ANNOUNCING and len(run) >= _A_SENTENCE
    if not announced and not any(token.mention is not None for token in run) and not content_words(run):
        return []
    return run


def _is_odd(token: Token) -> bool:
    """Whether a word is a name rather than a word: no phrase has it."""
    plain = token.mention is None and not token.provider and token.word[0].isalpha()
    return plain and len(token.word) > 2 and _says_something(token) and not load_knowledge().knows(token.stem)


def _says_something(token: Token) -> bool:
    """Whether a token is a word that says something of its own."""
    return token.word[0].isalnum() and token.word not in EMPTY


def _longest(tokens: Sequence[Token], taken: set[int], argument: str, of: RequestClass) -> tuple[int, int] | None:
    """The longest run behind the first word, which says what is to be done."""
    best: list[Token] = []
    at, end = 1, _end_of_content(tokens)
    while at < end:
        if at in taken or tokens[at].provider or tokens[at].word in EMPTY:
            at += 1
            continue
        run = _within_clause(_run(tokens, at, taken, argument))
        if len(content_words(run)) > len(content_words(best)):
            best = run
        at += max(len(run), 1)
    if all(load_knowledge().belongs(token.stem, of) for token in content_words(best)):
        best = _behind_verbs(best) if argument in _SHORT else []
    while len(best) > 1 and argument in _SHORT and _is_the_verb(best[0], of):
        best = best[1:]
    return _span(best) if best else None


def _is_the_verb(token: Token, of: RequestClass) -> bool:
    """Whether a word is a verb that such requests have: what is looked for stands behind it, as in ``offer curry``."""
    knowledge = load_knowledge()
    return token.word in knowledge.verbs and knowledge.belongs(token.stem, of)


def _behind_verbs(run: Sequence[Token]) -> list[Token]:
    """What is left behind the last verb, as in ``offer curry``; nothing where it names a kind of thing."""
    knowledge = load_knowledge()
    behind = max((at for at, token in enumerate(run) if token.word in knowledge.verbs), default=-1) + 1
    rest = list(run[behind:]) if behind else []
    return [] if not content_words(rest) or any(token.stem in knowledge.nouns for token in rest) else rest


def _within_clause(run: Sequence[Token]) -> list[Token]:
    """A run up to where an order, or a remark of the writer's own, begins: ``..., and copy``, ``..., I'm busy``."""
    verbs = load_knowledge().verbs
    for at in range(1, len(run) - 1):
        joint, following = run[at].word, run[at + 1].word
        if (joint == "," and following in SUBJECTS) or (joint in ("and", "then") and following in verbs):
            return list(run[:at])
    return list(run)


def _span(run: Sequence[Token]) -> tuple[int, int]:
    return run[0].start, run[-1].end
