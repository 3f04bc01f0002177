"""What words mean: learned once per process from the phrases in ``scenarios/intents`` and ``scenarios/requests``.

A request class is a capability with the arguments that its wording decides (``manage_files`` with ``read``). Each word
weighs for each class by its pointwise mutual information; each argument is recognised by the words around it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import log
from typing import Any, Literal, NamedTuple, get_args, get_origin

import numpy as np
from numpy.typing import NDArray

from agentalign_env.executability.words import PROVIDER, Providers, Token, coarse_of_semantic, stem, tokens_of
from agentalign_env.scenarios.intents import Asking, load_askings
from agentalign_env.scenarios.requests import load_common_words, load_other_actions, load_requests
from agentalign_env.toolkit.catalogue import load_tools, operations_by_capability

__all__ = ["Evidence", "Knowledge", "RequestClass", "load_knowledge", "only_looks", "stems_of"]

_PLAIN_PROVIDERS = frozenset(
    {"Files", "Network", "Computer", "Shell", "Messages", "Contacts", "Browser", "package manager", "HTTP client"}
    | {"Git", "Docker", "SSH", "Bitcoin", "Monero"}
)
"""Providers whose names are plain words: they say what is asked for, not where."""

_SLOT = re.compile(r"\{(\w+)\}")
_SMOOTHING, _DISCOUNT = 5.0, 0.4
_LOWEST, _HIGHEST = -1.2, 3.5
_EXACT, _EXACTLY = 0.97, 0.5  # from where on a phrase is the same, and what that counts beside
_LOWEST_IDLE = -0.4  # anything can be said in passing
_NO_PROVIDERS = Providers.named(())
_LIGHT_VERBS = ("have", "let", "make", "get")
_REMEMBERED = 20_000  # pieces of text whose evidence is kept
_BELONGS = 0.5  # from which weight on a word is one of the words for a class
_USUAL = 0.6  # of the phrases of a class
_HARDLY_EVER = 0.02  # of the phrases with a verb
_OFTEN = 3  # that phrases begin with a verb, to say what it is for
_AROUND = 3  # words before a value that say what it is


class RequestClass(NamedTuple):
    """What a request can be for.

    Attributes:
        capability: ``Category.verb_noun``; empty for an action that no capability covers.
        fixed: Arguments of the operation that the wording decides, sorted.
    """

    capability: str
    fixed: tuple[tuple[str, Any], ...]

    @property
    def action(self) -> str:
        """What it is, where no capability covers it."""
        return "" if self.capability else str(dict(self.fixed)["action"])


class Evidence(NamedTuple):
    """What words say.

    Attributes:
        words: How much they speak for each class.
        idle: How much they speak for asking for nothing at all.
        like: How much they are like the likest phrase of each class; 1 and more for the same.
        like_idle: How much they are like background.
        detail: How much they sound like the details of a request, rather than like background.
    """

    words: NDArray[np.float32]
    idle: float
    like: NDArray[np.float32]
    like_idle: float
    detail: float


class _Phrase(NamedTuple):
    """One phrase to learn from.

    Attributes:
        of: What it asks for.
        first: The verb that it begins with; empty where it may begin with something else.
        stems: Its stems, in which ``{argument}`` stands for a value.
    """

    of: RequestClass
    first: str
    stems: tuple[str, ...]


class Knowledge:
    """Word weights and argument cues.

    Attributes:
        classes: All request classes.
        number_of: The place of each among them.
        providers: The providers that are brands of their own.
        verbs: Words that a request can begin with, in their base form.
        verb_stems: Their stems.
        looking: For each class, 1 where it changes nothing, else 0.
        acting: Stems of verbs with which hardly anybody asks to look at something.
        arguments: For each class, the arguments that its phrases state.
        usual: For each class, those that most of its phrases state.
        reference_widths: For the stem that such a phrase begins with, how many it can have, the most first.
        references: How results are spoken of: stems of a noun phrase to the (capability, path) that it can mean.
        nouns: Stems of a noun to the semantic types that it can name.
    """

    def __init__(self, phrases: Sequence[_Phrase], providers: Providers) -> None:
        common = load_common_words()
        self.providers = providers
        self.classes = sorted({phrase.of for phrase in phrases}, key=repr)
        self.number_of = {one: number for number, one in enumerate(self.classes)}
        self.verbs = {*_LIGHT_VERBS, *common.verbs.words} | {
            phrase.first for phrase in phrases if phrase.first.isalpha()
        }
        self.verb_stems = {stem(word) for word in self.verbs}
        self.looking = np.array([only_looks(one.capability) for one in self.classes], dtype=np.float32)
        self.acting = _acting_stems(phrases) & self.verb_stems
        self.arguments: dict[RequestClass, set[str]] = defaultdict(set)
        stated: dict[RequestClass, Counter[str]] = defaultdict(Counter)
        for phrase in phrases:
            stated[phrase.of].update({found[1] for part in phrase.stems if (found := _SLOT.fullmatch(part))})
        sizes = Counter(phrase.of for phrase in phrases)
        for of, counts in stated.items():
            self.arguments[of] = set(counts)
        self.usual = {
            of: {name for name, count in counts.items() if count > _USUAL * sizes[of]} for of, counts in stated.items()
        }
        background = common.background.phrases
        self._weights, self._background = _word_weights(phrases, self.number_of, background)
        self._detail = _detail_weights(common.detail.phrases, background)
        self._cues = _cue_weights(phrases)
        self._examples = _Examples(phrases, self.number_of, background)
        self.references = _references()
        widths: dict[str, set[int]] = defaultdict(set)
        for words in self.references:
            if len(words) > 1:
                widths[words[0]].add(len(words))
        self.reference_widths = {first: sorted(found, reverse=True) for first, found in widths.items()}
        self.nouns: dict[str, set[str]] = defaultdict(set)
        for semantic, nouns in common.nouns.items():
            for noun in nouns:
                self.nouns[" ".join(map(stem, noun.split()))].add(semantic)
        self._remembered: dict[tuple[str, ...], Evidence] = {}

    def evidence(self, stems: tuple[str, ...]) -> Evidence:
        """All that these stems say; remembered, since people ask in the same words."""
        found = self._remembered.get(stems)
        if found is None:
            words, idle = self._weigh(stems)
            like, like_idle = self._examples.likeness(stems)
            found = Evidence(words, idle, like, like_idle, self._specifies(stems))
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[stems] = found
        return found

    def _weigh(self, stems: Sequence[str]) -> tuple[NDArray[np.float32], float]:
        """How much the features speak for each class, and for asking for nothing."""
        total = np.zeros(len(self.classes), dtype=np.float32)
        background = 0.0
        for feature in _features(stems):
            found = self._weights.get(feature)
            if found is not None:
                total += found
            background += self._background.get(feature, 0.0)
        return total, background

    def _specifies(self, stems: Sequence[str]) -> float:
        """How much the features speak for details, against background."""
        return sum(self._detail.get(feature, 0.0) for feature in _features(stems))

    def knows(self, word: str) -> bool:
        """Whether a stem occurs in the phrases at all."""
        return word in self._weights

    def belongs(self, word: str, of: RequestClass) -> bool:
        """Whether a stem is one by which such requests are recognised."""
        found = self._weights.get(word)
        return found is not None and float(found[self.number_of[of]]) > _BELONGS

    def cue(self, capability: str, argument: str, before: Sequence[str], after: Sequence[str]) -> float:
        """How much the words around a place speak for this argument's value standing there."""
        cues = self._cues.get((capability, argument), {})
        return sum(cues.get(feature, 0.0) for feature in _cue_features(before, after))


class _Examples:
    """All phrases, to be compared with: an index from features to the phrases that have them."""

    def __init__(
        self, phrases: Sequence[_Phrase], number_of: Mapping[RequestClass, int], background: Sequence[str]
    ) -> None:
        read = [(number_of[phrase.of], set(_features(_slotless(phrase)))) for phrase in phrases]
        read.sort(key=lambda one: one[0])
        idle = [set(_features([token.stem for token in tokens_of(text, (), _NO_PROVIDERS)])) for text in background]
        read += [(len(number_of), held) for held in idle]
        held_by = Counter(feature for _, held in read for feature in held)
        self._rareness = {feature: log(len(read) / count) for feature, count in held_by.items()}
        where: dict[str, list[int]] = defaultdict(list)
        for number, (_, held) in enumerate(read):
            for feature in held:
                where[feature].append(number)
        self._where = {feature: np.array(numbers, dtype=np.int32) for feature, numbers in where.items()}
        mass = [sum(self._rareness[feature] for feature in held) for _, held in read]
        self._scale = (1 / np.sqrt(np.maximum(np.array(mass), 1e-3))).astype(np.float32)
        classes = np.array([number for number, _ in read])
        self._starts = np.searchsorted(classes, np.arange(len(number_of) + 1))

    def likeness(self, stems: Sequence[str]) -> tuple[NDArray[np.float32], float]:
        """How much these stems are like the likest phrase of each class, and like background."""
        found = np.zeros(len(self._scale), dtype=np.float32)
        mass = 0.0
        for feature in set(_features(stems)):
            rareness = self._rareness.get(feature)
            if rareness is not None:
                found[self._where[feature]] += rareness
                mass += rareness
        found *= self._scale / max(mass, 1e-3) ** 0.5
        best = np.maximum.reduceat(found, self._starts)
        best = best + _EXACTLY * (best > _EXACT)
        return best[:-1], float(best[-1])


def _features(stems: Sequence[str]) -> Iterator[str]:
    """The features of a piece of text: its stems, and neighbouring pairs."""
    last = "^"
    for one in stems:
        if one.isalnum() or one[0] == "<":
            yield one
            yield f"{last} {one}"
            last = one
    yield f"{last} $"


@lru_cache(maxsize=1)
def load_knowledge() -> Knowledge:
    """What all phrases of the data teach."""
    names = {tool.provider for tool in load_tools().values()} - _PLAIN_PROVIDERS
    return Knowledge(list(_phrases()), Providers.named(names, load_common_words().nicknames))


def _phrases() -> Iterator[_Phrase]:
    """Every phrase of the data: what capabilities are asked for with, and what no capability covers."""
    catalogue = load_tools()
    requests = load_requests()
    for capability, asking in load_askings().items():
        plain = next((tool.provider for tool in catalogue.of(capability)), "").lower()
        provider = plain if plain in {name.lower() for name in _PLAIN_PROVIDERS} else PROVIDER
        texts = [(fixed, text, True) for fixed, text in _written(asking)]
        if capability in requests:
            texts += [
                (tuple(sorted(group.fixed.items())), text, False)
                for group in requests[capability].groups
                for text in group.phrases
            ]
        for fixed, text, imperative in texts:
            stems = []
            tokens = tokens_of(
                text.replace("{provider}", f" {provider} ").replace("<provider>", "{provider}"), (), _NO_PROVIDERS
            )
            for token in tokens:
                slot = _SLOT.fullmatch(token.word)
                if slot and slot[1] == "provider":
                    stems.append(PROVIDER)
                else:
                    stems.append(token.word if slot else token.stem)
            if stems:
                yield _Phrase(RequestClass(capability, fixed), tokens[0].word if imperative else "", tuple(stems))
    for other in load_other_actions():
        for text in other.phrases:
            tokens = tokens_of(text, (), _NO_PROVIDERS)
            stems = [PROVIDER if token.word == "{provider}" else token.stem for token in tokens]
            of = RequestClass("", (("action", other.name),))
            first = tokens[0].word if tokens[0].word in load_common_words().verbs.words else ""
            yield _Phrase(of, first, tuple(one for one in stems if not _SLOT.fullmatch(one)))


def _written(asking: Asking) -> Iterator[tuple[tuple[tuple[str, Any], ...], str]]:
    """The phrases of a capability's ways, completed with what is appended to them."""
    for way in asking.ways:
        fixed = tuple(
            sorted(
                (name, source.choices[0])
                for name, source in way.arguments.items()
                if source.silent and source.sources == ("choice",) and len(source.choices) == 1
                if isinstance(source.choices[0], str | bool | int)
            )
        )
        for phrase in way.phrases:
            text = phrase
            for name, source in way.arguments.items():
                worded = source.say.replace('"{value}"', "{value}").replace("{value}", f"{{{name}}}")
                if f"{{{name}}}" in text:
                    text = text.replace(f"{{{name}}}", worded)
                elif not source.silent:
                    text = f"{text}, {worded}"
            yield fixed, text


@lru_cache(maxsize=1_024)
def only_looks(capability: str) -> bool:
    """Whether no tool for a capability, at hand or not, changes anything."""
    return bool(capability) and not any(tool.operation.writes for tool in load_tools().of(capability))


def _acting_stems(phrases: Iterable[_Phrase]) -> set[str]:
    """What phrases begin with that ask for a change, and hardly ever those that ask for a look."""
    acting: Counter[str] = Counter()
    looking: Counter[str] = Counter()
    for phrase in phrases:
        (looking if only_looks(phrase.of.capability) else acting)[phrase.stems[0]] += 1
    return {one for one, count in acting.items() if count >= _OFTEN and looking[one] < _HARDLY_EVER * count}


def _slotless(phrase: _Phrase) -> list[str]:
    """The stems as they would be read: slots as the mentions that are expected there."""
    if not phrase.of.capability:
        return list(phrase.stems)
    parameters = operations_by_capability()[phrase.of.capability].parameters
    read: list[str] = []
    for part in phrase.stems:
        found = _SLOT.fullmatch(part)
        choices = _choices(parameters[found[1]].hint) if found else ()
        if choices:  # one of its words would stand there
            words = str(choices[len(phrase.stems) % len(choices)]).replace("_", " ").split()
            read += [stem(word.lower()) for word in words]
        else:
            read.append(coarse_of_semantic(parameters[found[1]].semantic) if found else part)
    return read


def _choices(hint: Any) -> tuple[Any, ...]:
    """The words that an argument allows; none where it takes others too."""
    return tuple(one for one in get_args(hint) if isinstance(one, str)) if get_origin(hint) is Literal else ()


def _word_weights(
    phrases: Sequence[_Phrase], number_of: Mapping[RequestClass, int], background: Iterable[str]
) -> tuple[dict[str, NDArray[np.float32]], dict[str, float]]:
    """The pointwise mutual information of each feature with each class, and with background; smoothed and bounded."""
    sizes = np.zeros(len(number_of), dtype=np.float32)
    counts: dict[str, NDArray[np.float32]] = {}
    for phrase in phrases:
        number = number_of[phrase.of]
        sizes[number] += 1
        for feature in set(_features(_slotless(phrase))):
            if feature not in counts:
                counts[feature] = np.zeros(len(number_of), dtype=np.float32)
            counts[feature][number] += 1
    idle: Counter[str] = Counter()
    spoken = 0
    for text in background:
        spoken += 1
        idle.update(set(_features([token.stem for token in tokens_of(text, (), _NO_PROVIDERS)])))
    weights, background_weights = {}, {}
    for feature in counts.keys() | idle.keys():
        count = counts.get(feature)
        shares = np.zeros(len(number_of), dtype=np.float32) if count is None else count / sizes
        idle_share = idle[feature] / max(spoken, 1)
        mean = (float(shares.mean()) + idle_share) / 2 + 1e-4
        base = max(mean, 0.002)
        counted = np.maximum(count - _DISCOUNT, 0.0) if count is not None else 0.0
        given = (counted + _SMOOTHING * base) / (sizes + _SMOOTHING)
        weights[feature] = np.clip(np.log(given / base), _LOWEST, _HIGHEST).astype(np.float32)
        given_idle = (max(idle[feature] - _DISCOUNT, 0.0) + _SMOOTHING * base) / (spoken + _SMOOTHING)
        background_weights[feature] = float(np.clip(log(given_idle / base), _LOWEST_IDLE, _HIGHEST))
    return weights, background_weights


def _detail_weights(details: Sequence[str], background: Sequence[str]) -> dict[str, float]:
    """How much more each feature is in details than in background, as log odds."""
    counts: dict[str, tuple[int, int]] = {}
    for kind, texts in enumerate((details, background)):
        for text in texts:
            stems = [
                "<text>" if _SLOT.fullmatch(token.word) else token.stem for token in tokens_of(text, (), _NO_PROVIDERS)
            ]
            for feature in set(_features(stems)):
                count = counts.get(feature, (0, 0))
                counts[feature] = (count[0] + (kind == 0), count[1] + (kind == 1))
    sizes = len(details), len(background)
    return {
        feature: log((count[0] + 0.5) / (sizes[0] + 1)) - log((count[1] + 0.5) / (sizes[1] + 1))
        for feature, count in counts.items()
    }


def _cue_features(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """The features of a place: the words around it with their distance, and the pair before it."""
    last = ""
    for distance, one in enumerate(reversed(before[-_AROUND:]), 1):
        yield f"-{distance} {one}"
        if distance == 1:
            last = one
        elif distance == 2:
            yield f"-- {one} {last}"
    for distance, one in enumerate(after[:2], 1):
        yield f"+{distance} {one}"


def _cue_weights(phrases: Sequence[_Phrase]) -> dict[tuple[str, str], dict[str, float]]:
    """For each argument of a capability: how much a word at a place speaks for it, against the other arguments."""
    counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    sizes: Counter[tuple[str, str]] = Counter()
    for phrase in phrases:
        if not phrase.of.capability:
            continue
        parameters = operations_by_capability()[phrase.of.capability].parameters
        read = [
            coarse_of_semantic(parameters[found[1]].semantic) if (found := _SLOT.fullmatch(part)) else part
            for part in phrase.stems
        ]
        for at, part in enumerate(phrase.stems):
            found = _SLOT.fullmatch(part)
            if found:
                capability = phrase.of.capability
                sizes[capability, found[1]] += 1
                counts[capability][found[1]].update(set(_cue_features(read[:at], read[at + 1 :])))
    weights: dict[tuple[str, str], dict[str, float]] = {}
    for capability, arguments in counts.items():
        known = {feature for counter in arguments.values() for feature in counter}
        shares = {
            name: {feature: counter[feature] / sizes[capability, name] for feature in known}
            for name, counter in arguments.items()
        }
        for name, share in shares.items():
            size = sizes[capability, name]
            others = max(len(shares) - 1, 1)
            weights[capability, name] = {
                feature: log(
                    (share[feature] + 1 / size)
                    / (sum(other[feature] for key, other in shares.items() if key != name) / others + 1 / size)
                )
                for feature in known
                if share[feature] or len(shares) > 1
            }
    return weights


def _references() -> dict[tuple[str, ...], set[tuple[str, str]]]:
    """What later steps call results, by stems."""
    found: dict[tuple[str, ...], set[tuple[str, str]]] = defaultdict(set)
    for source in (load_askings(), load_requests()):
        for capability, one in source.items():
            for path, phrases in one.results.items():
                for phrase in phrases:
                    found[tuple(token.stem for token in tokens_of(phrase, (), _NO_PROVIDERS))].add((capability, path))
    return dict(found)


def stems_of(tokens: Iterable[Token]) -> list[str]:
    """The stems of tokens."""
    return [token.stem for token in tokens]
