"""Words: an instruction as tokens, in which every mention and every provider's name is one token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from snowballstemmer.english_stemmer import EnglishStemmer

from agentalign_env.executability.mentions import Mention

__all__ = ["PROVIDER", "Providers", "Token", "coarse", "coarse_of_semantic", "stem", "tokens_of"]

PROVIDER = "<provider>"

_WORD = re.compile(r"[^\W_]+(?:['\u2019_-][^\W_]+|[.:/](?=\d)[^\W_]+)*|\{\w+\}|\n|[^\w\s]")
_STEMMER = EnglishStemmer()

_COARSE = {
    "EmailAddress": "person",
    "PersonName": "person",
    "Relation": "person",
    "Handle": "person",
    "PhoneNumber": "person",
    "Url": "url",
    "Hostname": "host",
    "MachineName": "host",
    "ChatId": "person",
    "RepositoryPath": "path",
    "Quoted": "text",
    "FilePath": "path",
    "Amount": "money",
    "CoinAmount": "coin",
    "Command": "command",
    "Number": "number",
    "Percent": "number",
    "Date": "time",
    "Time": "time",
    "DateTime": "time",
    "Duration": "time",
    "PostalAddress": "address",
    "Place": "address",
    "ShopName": "shop",
    "CurrencyCode": "currency",
    "Identifier": "id",
    "BitcoinAddress": "chainid",
    "EvmAddress": "chainid",
    "SolanaAddress": "chainid",
    "MoneroAddress": "chainid",
    "TransactionHash": "chainid",
    "Bytecode": "chainid",
}

_COARSE_OF_SEMANTIC = {
    **dict.fromkeys(
        ("EmailAddress", "PhoneNumber", "ChatId", "Handle", "PersonName", "AccountId", "UserName"), "person"
    ),
    **dict.fromkeys(("Url", "MediaUrl", "AudioUrl", "ProductUrl", "PaymentLink", "RepositoryUrl"), "url"),
    **dict.fromkeys(("MachineName", "IpAddress"), "host"),
    **dict.fromkeys(("FilePath", "RepositoryPath", "RemotePath"), "path"),
    **dict.fromkeys(("Amount",), "money"),
    **dict.fromkeys(("CoinAmount",), "coin"),
    **dict.fromkeys(("ShellCommand",), "command"),
    **dict.fromkeys(("PostalAddress",), "address"),
    **dict.fromkeys(("MerchantShopId", "ShopName"), "shop"),
    **dict.fromkeys(("CurrencyCode", "TokenSymbol"), "currency"),
    **dict.fromkeys(
        (
            "BitcoinAddress",
            "Bytecode",
            "ContractAddress",
            "EvmAddress",
            "MoneroAddress",
            "OwnBitcoinAddress",
            "OwnEvmAddress",
            "OwnMoneroAddress",
            "OwnSolanaAddress",
            "SolanaAddress",
            "TokenAddress",
            "TransactionHash",
        ),
        "chainid",
    ),
    **dict.fromkeys(
        (
            "CommentId",
            "CommitHash",
            "DeliveryOrderId",
            "GenerationId",
            "MenuItemId",
            "MerchantId",
            "MessageId",
            "OrderId",
            "PaymentId",
            "PaymentRequestId",
            "PostId",
            "ProductId",
            "ReturnId",
            "TrackingNumber",
            "VoiceId",
        ),
        "id",
    ),
}


class Token(NamedTuple):
    """A piece of the text.

    Attributes:
        start: Where it begins.
        end: Behind its last character.
        word: In lower case; a mark; ``<kind>`` for a mention; `PROVIDER`.
        stem: The word without its ending; the same for all else.
        mention: The mention that it is.
        provider: The provider's name in full, or empty.
    """

    start: int
    end: int
    word: str
    stem: str
    mention: Mention | None = None
    provider: str = ""


_THROUGH = frozenset(("at", "from", "in", "on", "over", "through", "using", "via", "with"))


class Providers(NamedTuple):
    """The providers' names.

    Attributes:
        by_words: Each by its words in lower case.
        first: The words that one can begin with.
    """

    by_words: Mapping[tuple[str, ...], str]
    first: frozenset[str]

    @classmethod
    def named(cls, names: Iterable[str], nicknames: Mapping[str, Iterable[str]] | None = None) -> Providers:
        """Those of these names, and of their short ones."""
        by_words = {tuple(name.lower().split()): name for name in sorted(names)}
        for name, others in (nicknames or {}).items():
            by_words |= {tuple(other.split()): name for other in others if name in names}
        return cls(by_words, frozenset(words[0] for words in by_words))


def coarse(kind: str) -> str:
    """The token that stands for mentions of a kind."""
    return f"<{_COARSE.get(kind, 'text')}>"


def coarse_of_semantic(semantic: str | None) -> str:
    """The token that a value of this semantic type is expected as; ``<text>`` for texts and plain values."""
    return f"<{_COARSE_OF_SEMANTIC.get(semantic or '', 'text')}>"


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A word without its ending: ``sending`` and ``sends`` as ``send``."""
    bare = word.replace("\u2019", "'").removesuffix("'s")
    if bare in ("them", "these", "those"):
        return "it"
    return str(_STEMMER.stemWord(bare))


def tokens_of(text: str, mentions: Sequence[Mention], providers: Providers) -> list[Token]:
    """The tokens of a text in order.

    Args:
        text: The instruction, or a part of it.
        mentions: What was found in it, by position.
        providers: Whose names are one token each.
    """
    found: list[Token] = []
    at = 0
    for mention in mentions:
        if mention.start < at:
            continue
        found += _words(text, at, mention.start)
        if mention.kind == "Provider":
            name = providers.by_words.get(tuple(str(mention.value).split()), mention.text)
            found.append(Token(mention.start, mention.end, PROVIDER, PROVIDER, None, name))
            at = mention.end
            continue
        kind = coarse(mention.kind)
        found.append(Token(mention.start, mention.end, kind, kind, mention))
        at = mention.end
    found += _words(text, at, len(text))
    return _with_providers(found, providers)


def _words(text: str, start: int, end: int) -> Iterable[Token]:
    for match in _WORD.finditer(text, start, end):
        word = match[0].lower()
        yield Token(match.start(), match.end(), word, stem(word))


def _bare(word: str) -> str:
    """A word without the ending of a genitive."""
    return word.replace("\u2019", "'").removesuffix("'s") if "'" in word or "\u2019" in word else word


def _with_providers(tokens: list[Token], providers: Providers) -> list[Token]:
    """The tokens with the words of every provider's name joined to one."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        if _bare(tokens[at].word) not in providers.first:
            found.append(tokens[at])
            at += 1
            continue
        for width in (3, 2, 1):
            words = tuple(_bare(token.word) for token in tokens[at : at + width])
            name = providers.by_words.get(words)
            if name is not None and len(words) == width and _is_whole(tokens, at, width):
                found.append(Token(tokens[at].start, tokens[at + width - 1].end, PROVIDER, PROVIDER, None, name))
                at += width
                if at < len(tokens) and tokens[at].word == "account" and _is_reached(found):
                    at += 1  # "from my Outlook account"
                break
        else:
            found.append(tokens[at])
            at += 1
    return found


def _is_whole(tokens: Sequence[Token], at: int, width: int) -> bool:
    """Whether such words are words of their own, rather than parts of an address that is written badly."""
    if any(one.mention is not None for one in tokens[at : at + width]):
        return False
    glued = at > 0 and tokens[at - 1].end == tokens[at].start and tokens[at - 1].word in ("/", ".", ":", "@")
    return not glued


def _is_reached(tokens: Sequence[Token]) -> bool:
    """Whether the last token, a provider, is where something is to be done: ``on my ...``, ``via ...``."""
    before = [token.word for token in tokens[-3:-1]]
    return bool(before) and (before[-1] in _THROUGH or (before[-1] in ("my", "our") and before[0] in _THROUGH))
