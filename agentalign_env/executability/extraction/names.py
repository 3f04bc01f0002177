"""Names that the caller knows, and postal addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from agentalign_env.executability.extraction.reading import Reading, Word

__all__ = ["NameTable", "postal_address", "read_names", "read_postal_addresses"]

_WORD = re.compile(r"[^\W_]++")
_LONGEST = 6
_COMMON_WORDS = """
    will may mark rose grace hope faith joy art bill rob pat sue drew april june august summer autumn dawn chase frank
    grant max page penny ray rich rusty sandy skip star guy dean gene miles norm amber ivy violet jack carol harry
    clay cliff dale dusty earnest forest glen heath iris jade jasmine lance lily melody mercy miller olive pearl peg
    pierce poppy reed robin ruby sage sterling stone ruth van wade ward woody basil angel chance christian else lot till
    del elif crystal carol jean paris sierra river ocean summer brook sky wren raven
    """
_COMMON = frozenset(_COMMON_WORDS.split())
_MONTHS = frozenset({"may", "april", "june", "august", "march"})
_AS_NAME = re.compile(r"['\u2019]s\b|\s+(?:is|has|was|wants|wanted|needs|asked|said|wrote|sent|told|and\s+[A-Z])\b")
_NO_NAME = re.compile(
    r"\s+(?:you|i|it|we|they|he|she|the|this|that|these|there|my|your|as|up|down|out)\b", re.IGNORECASE
)
_SURE = 4  # letters of a name that is one also in lower case
_TOWARDS = re.compile(
    r"\b(?:to|tell|text|sms|mail|email|ping|pay|ask|message|send|write|from|with|for)\s+$", re.IGNORECASE
)
_IN_MONTH = re.compile(r"\b(?:in|of|since|until|till|this|last|next|by|mid|early|late)[ -]+$", re.IGNORECASE)
_START = re.compile(r"(?:^|[.!?:]\s+|\n\s*|[\"“(]\s*)$")

_STREET = (
    r"Street|St\.?|Road|Rd\.?|Lane|Ln\.?|Avenue|Ave\.?|Way|Square|Sq\.?|Row|Walk|Terrace|Close|Gardens|Crescent|Hill"
    r"|Mews|Grove|Court|Ct\.?|Drive|Dr\.?|Boulevard|Blvd\.?|Place|Quay|Parade|Park|Rise|View|Green|Alley|Highway"
)
_PROPER = r"[A-ZÀ-Þ][\w'\u2019.-]{0,30}"
_CITY = (
    rf"(?:,\s*(?:Apt|Apartment|Flat|Suite|Unit|Floor)\.?\s*\w{{1,6}})?"
    rf"(?:,\s*(?:\d{{4,6}}\s+)?(?:{_PROPER.replace('.', '')})(?:[ ]{_PROPER.replace('.', '')}){{0,2}}"
    r"(?:,?\s+[A-Z]{2}\b)?(?:\s+\d{4,6}\b)?)?"
)
_ADDRESS = re.compile(
    rf"[0-9](?<![\w.,:/-][0-9])[0-9]{{0,4}}[a-zA-Z]?,?[ ](?:"
    rf"(?:{_PROPER}[ ]){{1,4}}(?:{_STREET})(?!\w)"
    rf"|(?!(?:the|this|that|my|our|busy|quiet|more|other|new)[ ])[a-z]{{3,20}}[ ](?:street|road|lane|avenue|square)\b"
    rf"|(?:rue|via|calle|rua|place|avenue|boulevard)[ ](?:(?:de|du|des|della|del|di|la|le|los|las)[ ]){{0,2}}{_PROPER}"
    rf"){_CITY}"
)
_CONTINENTAL = re.compile(
    rf"(?<!\w)[A-ZÀ-Þ][\w'\u2019-]{{0,30}}?(?:stra(?:ß|ss)e|str\.|weg|platz|gasse|allee|straat|gracht|gatan|vägen)"
    rf"[ ]\d{{1,4}}[a-z]?\b{_CITY}"
)


class NameTable(Mapping[str, str]):
    """Known names in lower case and their kinds, indexed by first word: to be made once and used for many texts."""

    __slots__ = ("_kinds", "longest")

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._kinds = dict(kinds)
        self.longest: dict[str, int] = {}
        for name in self._kinds:
            words = _WORD.findall(name)
            if words:
                self.longest[words[0]] = max(len(words), self.longest.get(words[0], 0))

    def __getitem__(self, name: str) -> str:
        return self._kinds[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


def read_names(reading: Reading, names: Mapping[str, str]) -> None:
    """Take every known name, the longest at each place; the value is the name as the caller wrote it."""
    text, longest, at = reading.open, names.longest if isinstance(names, NameTable) else None, -1
    words = reading.words
    count = len(words)
    if longest is not None and reading.vocabulary.isdisjoint(longest):
        return
    for index, word in enumerate(words):
        start = word[0]
        most = _LONGEST if longest is None else longest.get(word[2], 0)
        if start < at:
            continue
        if not most:
            name = _bare_genitive(word[2], names)
            if name and text[start].islower():
                reading.take(names[name], start, word[1], name)
                at = word[1]
            continue
        for last in range(min(index + most, count) - 1, index - 1, -1):
            end = words[last][1]
            if end - start > 160:
                continue
            name = text[start:end].lower()
            kind = names.get(name)
            if kind is None and last > index:
                name = " ".join(name.replace("\u2019", "'").split())
                kind = names.get(name)
            if kind is not None and (last > index or _single(text, word, name)):
                reading.take(kind, start, end, name)
                at = end
                break
    reading.close()


def _single(text: str, word: Word, name: str) -> bool:
    """Whether one word is meant as a name: a capital, and where it could be another word, more than that."""
    if not name.isalpha():
        return True
    if not text[word[0]].isupper() and text[word[0]].lower() != text[word[0]].upper():
        return _is_surely_a_name(name) or (
            name not in _COMMON and _TOWARDS.search(text, max(0, word[0] - 12), word[0]) is not None
        )
    if name not in _COMMON:
        return True
    if _NO_NAME.match(text, word[1]):
        return False
    before = text[max(0, word[0] - 12) : word[0]]
    if name in _MONTHS and _IN_MONTH.search(before):
        return False
    if _START.search(before) if word[0] < 12 else _START.search(before, 1):
        return _AS_NAME.match(text, word[1]) is not None
    return True


def _is_surely_a_name(name: str) -> bool:
    """Whether a word is a name also without its capital: long enough, and nothing else in English."""
    return len(name) >= _SURE and name not in _COMMON


def _bare_genitive(word: str, names: Mapping[str, str]) -> str:
    """The name in a genitive that is written without its mark, ``olgas``; empty where there is none."""
    name = word[:-1]
    genitive = word.endswith("s") and _is_surely_a_name(name) and names.get(name) == "PersonName"
    return name if genitive else ""


def read_postal_addresses(reading: Reading) -> None:
    """Take every street address with a number, and the city after it."""
    text = reading.open
    for match in _ADDRESS.finditer(text):
        reading.take("PostalAddress", *match.span(), " ".join(match[0].split()))
    reading.close()
    if "str" in text or "weg" in text or "gasse" in text or "platz" in text or "allee" in text or "straat" in text:
        for match in _CONTINENTAL.finditer(reading.open):
            reading.take("PostalAddress", *match.span(), " ".join(match[0].split()))
        reading.close()


@lru_cache(maxsize=1_024)
def postal_address(text: str) -> bool:
    """Whether a text is a street address as a whole."""
    return _ADDRESS.fullmatch(text) is not None or _CONTINENTAL.fullmatch(text) is not None
