"""Which capability a foreign tool presents, by the words of its name, parameters and description."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from agentalign_env.core.operation import Operation
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.foreign_fitting import fits
from agentalign_env.toolkit.foreign_schemas import ForeignSchema
from agentalign_env.toolkit.foreign_words import Lexicon, Phrase, Rule, Telling, key_of, load_lexicon, words_of
from agentalign_env.toolkit.schema import argument_schema
from agentalign_env.toolkit.tool import Tool

__all__ = ["Match", "Verdict", "recognise"]

ENOUGH = 0.75
"""A tool that scores less is not taken for what it resembles."""

MARGIN = 0.08
"""So much more than any other reading the best one must score."""

_NEAR = 0.4  # a reading that scores less is not worth telling
_PROVIDER_ARGUMENTS = ("provider", "platform")


class Match(NamedTuple):
    """A reading of a tool.

    Attributes:
        rule: What it may be.
        score: How well name, description and parameters fit; about 1 when all do.
        arguments: The operation's argument that each parameter sets; parameters that set none are left out.
        settled: Arguments with a value of their own: those of the rule, of the provider, and defaults.
        fixed: Which of the settled ones no parameter may set.
        missing: Required arguments that nothing gives.
        model: The tool of the catalogue that it resembles most.
        provider: The provider as people say it.
    """

    rule: Rule
    score: float
    arguments: Mapping[str, str]
    settled: Mapping[str, Any]
    fixed: frozenset[str]
    missing: tuple[str, ...]
    model: Tool
    provider: str


class Verdict(NamedTuple):
    """The reading that won, or why none did."""

    match: Match | None
    reason: str


def recognise(schema: ForeignSchema) -> Verdict:
    """Finds the one reading of a tool that its words and parameters bear out; rather none than a guess."""
    lexicon = load_lexicon()
    matches = sorted(_matches(schema, lexicon), key=lambda match: -match.score)
    best = next((match for match in matches if not match.missing), None)
    if not matches or matches[0].score < _NEAR:
        return Verdict(None, "it resembles no capability: neither its name nor its description tells one")
    first = matches[0]
    capability = first.rule.capability
    if first.missing and (best is None or first.score > best.score - MARGIN):
        lack = " and ".join(first.missing)
        return Verdict(None, f"closest is {capability}, but no parameter gives its {lack}")
    assert best is not None
    if best.score < ENOUGH:
        return Verdict(None, f"closest is {capability}, but too little speaks for it: {_doubt(schema, first, lexicon)}")
    for other in matches:
        if other.score > best.score - MARGIN and _meaning(other) != _meaning(best) and not other.missing:
            return Verdict(None, f"it may be {best.rule.capability} or {other.rule.capability}: nothing decides")
    return Verdict(best, "")


def _meaning(match: Match) -> tuple[str, str]:
    return match.rule.capability, repr(sorted(match.rule.pins.items()))


def _doubt(schema: ForeignSchema, match: Match, lexicon: Lexicon) -> str:
    odd = _unexplained(words_of(schema.name), match.rule, lexicon)
    if odd:
        return f"{odd[0]!r} in its name points elsewhere"
    alien = _alien(schema, match.arguments, lexicon)
    if alien:
        return f"{alien[0]!r}, which it requires, has no counterpart"
    return "its description tells something else"


def _matches(schema: ForeignSchema, lexicon: Lexicon) -> Iterator[Match]:
    name, about = Telling([schema.name]), Telling([_opening(schema.description)])
    whole = Telling([schema.name, schema.description, *schema.parameters, *_texts(schema)])
    head = Telling([schema.name, schema.description, *schema.parameters])
    brands = _brands(schema.description)
    for rule in lexicon.rules:
        score = _wording(rule, name, about)
        if score <= 0:
            continue
        if rule.contexts and whole.first(rule.contexts) is None:
            continue
        if rule.needs_words and head.first(rule.needs_words) is None:
            continue
        score += 0.1
        odd = _unexplained(name.words, rule, lexicon)
        score -= sum(0.1 if word in brands else 0.35 for word in odd)
        score -= 0.4 * (head.first(rule.against) is not None)
        score -= 0.35 * (about.first(_others(lexicon.elsewhere, rule)) is not None)
        if score >= _NEAR - 0.2:
            match = _bound(schema, rule, score, head, lexicon)
            if not set(match.missing) & set(rule.needs):  # without these it is something else
                yield match


def _wording(rule: Rule, name: Telling, about: Telling) -> float:
    """What the wording alone is worth; 0 when neither verb nor noun is told."""
    spoken = bool(about.first((*rule.verbs, *rule.names))), bool(about.first((*rule.nouns, *rule.names)))
    extra = 0.07 * spoken[0] + 0.08 * spoken[1]
    if name.first(rule.names) is not None:
        return 0.6 + extra
    noun = name.first(rule.nouns)
    verb = next((one for one in rule.verbs if name.first((one,)) and not _overlap(name, one, noun)), None)
    if noun and verb:
        return 0.6 + extra
    if noun and spoken[0] and rule.verbs:
        return 0.45 + extra
    if verb and spoken[1]:
        return 0.35 + extra
    return 0.0


def _overlap(name: Telling, verb: Phrase, noun: Phrase | None) -> bool:
    if noun is None:
        return False
    one, other = name.position(verb), name.position(noun)
    return one is not None and other is not None and other <= one < other + len(noun)


def _unexplained(words: Iterable[str], rule: Rule, lexicon: Lexicon) -> list[str]:
    """The words of a name that nothing of the rule accounts for."""
    left = [word for word in words if word != "|"]
    known = (*rule.names, *rule.nouns, *rule.verbs, *rule.contexts, *rule.needs_words, *lexicon.providers)
    for phrase in sorted(known, key=lambda phrase: -len(phrase)):
        size = len(phrase)
        at = next((at for at in range(len(left) - size + 1) if tuple(left[at : at + size]) == phrase), None)
        if at is not None:
            left[at : at + size] = ["|"]
    return [word for word in left if word != "|" and word not in lexicon.filler and not word.isdigit()]


def _others(phrases: Iterable[Phrase], rule: Rule) -> list[Phrase]:
    """The phrases that the rule itself does not use."""
    own = {*rule.names, *rule.nouns, *rule.contexts}
    return [phrase for phrase in phrases if phrase not in own]


def _bound(schema: ForeignSchema, rule: Rule, score: float, head: Telling, lexicon: Lexicon) -> Match:
    model, provider, named = _model(rule, head, lexicon)
    operation = model.operation
    settled = {**rule.defaults, **{key: model.pins[key] for key in _PROVIDER_ARGUMENTS if key in model.pins}}
    if named:  # the provider's own tool knows what its callers leave out
        for parameter in model.parameters.values():
            argument, default = parameter.argument, parameter.schema.get("default")
            if argument is not None and default is not None and operation.parameters[argument].required:
                settled.setdefault(argument, default)
    settled.update(rule.pins)
    arguments = _arguments(schema, rule, operation, lexicon)
    reached = {*arguments.values(), *settled, *lexicon.own.get(rule.capability, ())}
    required = [name for name, one in operation.parameters.items() if one.required and name not in settled]
    missing = tuple(name for name in (*required, *rule.needs) if name not in reached)
    asked = [name for name in required if name not in lexicon.own.get(rule.capability, ())]
    share = sum(name in arguments.values() for name in asked) / len(asked) if asked else 1.0
    total = score + 0.2 * share - 0.15 * len(_alien(schema, arguments, lexicon))
    return Match(rule, total, arguments, settled, frozenset(rule.pins), tuple(dict.fromkeys(missing)), model, provider)


def _alien(schema: ForeignSchema, arguments: Mapping[str, str], lexicon: Lexicon) -> list[str]:
    """Required parameters that set no argument, but for those that any tool may ask for."""
    return [name for name in schema.required if name not in arguments and key_of(name) not in lexicon.harmless]


def _model(rule: Rule, head: Telling, lexicon: Lexicon) -> tuple[Tool, str, bool]:
    """The tool that it resembles, the provider's name, and whether that provider is the one that was named."""
    catalogue = load_tools()
    fallback = catalogue[rule.model]
    stranger = ""
    found = [phrase for phrase in lexicon.providers if head.first((phrase,))]
    for phrase in sorted(found, key=lambda phrase: (-len(phrase), head.position(phrase) or 0)):
        pin = lexicon.providers[phrase]
        for tool in (fallback, *catalogue.of(rule.capability)):
            if pin and pin in (tool.pins.get(key) for key in _PROVIDER_ARGUMENTS):
                return tool, tool.provider, True
        if not pin and not stranger:
            stranger = " ".join(phrase).title()
    return fallback, stranger or fallback.provider, False


def _arguments(schema: ForeignSchema, rule: Rule, operation: Operation[..., Any], lexicon: Lexicon) -> dict[str, str]:
    """Parameters to arguments: the best fitting names first, each argument once."""
    free = {name: one for name, one in operation.parameters.items() if name not in rule.pins}
    own = _schemas(operation)
    ranked = []
    for order, (name, given) in enumerate(schema.parameters.items()):
        for argument, one in free.items():
            strength = _strength(rule, argument, name, lexicon)
            if strength and fits(given, own[argument]):
                needed = one.required or argument in rule.needs
                likely = strength + 0.06 * needed + 0.03 * (name in schema.required)
                ranked.append((-likely, order, name, argument))
    found: dict[str, str] = {}
    for _, _, name, argument in sorted(ranked):
        if name not in found and argument not in found.values():
            found[name] = argument
    return found


@lru_cache(maxsize=256)
def _schemas(operation: Operation[..., Any]) -> Mapping[str, Mapping[str, Any]]:
    return {name: argument_schema(one.hint) for name, one in operation.parameters.items()}


def _strength(rule: Rule, argument: str, name: str, lexicon: Lexicon) -> float:
    """How well a parameter's name fits an argument, also without the words of what the tool is about."""
    key = key_of(name)
    direct = lexicon.strength(rule.capability, argument, key)
    if direct:
        return direct
    nouns = {word for phrase in (*rule.nouns, *rule.contexts) for word in phrase} | {"the", "input", "target", "new"}
    words = key.split("_")
    bare = "_".join(word for word in words if word not in nouns)
    if not bare or bare == key:
        return 0.0
    return max(lexicon.strength(rule.capability, argument, bare) - 0.1, 0.0)


def _brands(description: str) -> frozenset[str]:
    """Words that are written as names are, wherever they stand in a sentence but at its beginning."""
    found = re.findall(r"(?<=[a-z,] )[A-Z]\w+|^[A-Z]\w+(?=:)|(?<=\()[A-Z]\w+(?=\)\.?$)", description)
    return frozenset("".join(words_of(word)) for word in found)


def _opening(description: str) -> str:
    """The first sentence, or two where the first is short."""
    sentences = re.split(r"(?<=[.!?])\s+|\n", description.strip(), maxsplit=2)
    return sentences[0] if len(sentences[0]) > 24 or len(sentences) < 2 else " ".join(sentences[:2])


def _texts(schema: ForeignSchema) -> list[str]:
    return [str(one.get("description", ""))[:400] for one in list(schema.parameters.values())[:40]]
