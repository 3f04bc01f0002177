"""Obstacles: what speaks against a request before anything is carried out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from agentalign_env.executability.fitting import Slot, is_meant_for, limit_cue, proposed, slots_of
from agentalign_env.executability.knowledge import load_knowledge, stems_of
from agentalign_env.executability.read_off import can_be_read_off
from agentalign_env.executability.references import IDENTIFYING
from agentalign_env.executability.report import Bound, Finding
from agentalign_env.executability.scene import Attempt, Scene
from agentalign_env.executability.texts import vague_words
from agentalign_env.executability.words import Token, coarse, coarse_of_semantic, stem
from agentalign_env.scenarios.bindings import wrapped
from agentalign_env.scenarios.plans import values_at

__all__ = ["obstacle"]


_PLURAL = re.compile(r"\b(?:both|all|each|every)\b", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\b(?:i|we) (?:already |once |just )?"
    r"(?:told|gave|described|mentioned|showed|explained|dictated|read out)(?: (?:to )?you)?\b"
    r"|\bwe (?:agreed|discussed|talked about|spoke about|settled|had)(?: on| upon)?\b(?! to )"
    r"|\b(?:i|we) talked about\b|\b(?:my|the|our|his|her|their) usual\b"
    r"|\bas (?:discussed|agreed|always|usual)\b|\byou (?:already )?(?:know|have on file)\b"
    r"|\b(?:sticky note|in my head|i have in mind|i always use|i was thinking of|last time we spoke|from our call)\b",
    re.IGNORECASE,
)
_THE_THING = re.compile(
    r"\bthe (?:\w+ )?(?:words|text|texts|lines|message|address|number|amount|sum|caption|title|prompt|name|file|link"
    r"|code|slogan|command|query|topic|subject|comment|reason|date|time|place|picture|photo|path|item|thing)"
    r"(?: that| which)? $"
    r"|\bwhat(?:ever)? $",
    re.IGNORECASE,
)
_WHAT_IS_ATTACHED = re.compile(
    r"\b(?:the|that|this) (?:[\w-]+ ){0,2}?"
    r"(?:file|recording|image|picture|video|audio)\b(?= (?:\w+ ){0,3}attached)"
)
_RESULT = re.compile(
    r"\b(?:found|listed|shown|reported"
    r"|(?:you|i) (?:just |have just )?(?:made|sent|placed|created|opened|read|posted|published|paid"
    r"|deployed|ordered|tracked|wrote|looked|commented)"
    r"|(?:first|top|newest) (?:result|hit|match|item|place|post|contact|page)"
    r"|that (?:page|mail|order|payment|post|profile|item|product|file|image|video|recording|search|list"
    r"|transaction))\b",
    re.IGNORECASE,
)
_BETWEEN_FIGURES = re.compile(r"\s*(?:x|\u00d7|by)\s*", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\(([^()]+)\)")
_MARKED = re.compile(r"[^\s,;\"]*[^\W_](?:[:/*#=][^\s,;\"]|@)")
_FIGURES = frozenset(("Amount", "CoinAmount", "Number"))
_FIGURE_HERE = 0.6  # how much the words around must speak for a figure standing at a place
_EXPECTED_HERE = 2.0  # how much the words around must speak for a value standing at a place
_SURELY_HERE = 3.2  # ... where the word is one that requests have
_MARKED_HERE = 4.0  # what the marks in a word speak for its being a value
_SOMETHING = re.compile(r"something\s*(?:[.,;!?\n]|and\b|\Z)", re.IGNORECASE)
_TELLING = 4  # words in which a result is spoken of that hardly mean anything else
_LONGEST_VALUE = 60  # characters of a bound text in which nothing else is looked for
_DECIDED_BY_WORDS = frozenset(("network", "wallet_type", "encryption_level", "currency"))
_NEVER_WHEN = frozenset(("Url", "MediaUrl", "AudioUrl", "FilePath", "EmailAddress", "OrderId", "DeliveryOrderId"))
_NEVER_MISPLACED = frozenset(("sender", "payer", "cc", "bcc"))
_UNSET = Bound(None, "default")


def _pointed_at(scene: Scene) -> Finding | None:
    """Values that the text only points to: placeholders, and what was said elsewhere."""
    for filler in scene.fillers:
        if filler.mention is not None and filler.mention.kind == "Placeholder":
            message = f"{filler.text!r} only holds the place of a value: give the value"
            return Finding("ungrounded_value", filler.span, message)
    start = scene.request.start
    said = scene.text[start : scene.request.end]
    quoted = [(one.start, one.end) for one in scene.request.tokens if one.mention is not None]
    for pointer in _ELSEWHERE.finditer(said):
        place = start + pointer.start(), start + pointer.end()
        free_text = re.search(r"(?::|\bthat\b|\bsaying\b)", said[: pointer.start()])
        if _THE_THING.search(said[: pointer.start()]):
            free_text = None
        if not any(one <= place[0] < other for one, other in quoted) and not free_text:
            return Finding("ungrounded_value", place, f"{pointer[0]!r} points to something that nothing here gives")
    return None


def _not_attached(scene: Scene, base: Attempt) -> Finding | None:
    """A file that is to go along and that no step gives."""
    slot = slots_of(base.tool, scene.request.of.fixed).get("attachments")
    if slot is None or slot.parameter.name in base.bound:
        return None
    what = scene.find(_WHAT_IS_ATTACHED) if scene.attaches else None
    if what is None:
        return None
    place = what.span()
    if any(
        one.start < place[1] and place[0] < one.end and one.kind in ("described", "reference") for one in scene.fillers
    ):
        return None
    return Finding("broken_flow", place, f"{what[0]!r} is the result of something that has not been done before")


def _too_early(scene: Scene) -> Finding | None:
    """Things that a later step makes and this one speaks of already, or that no step makes."""
    asked_before = {step.tool.capability for step in scene.done if not step.lookup}
    found_nothing = any(not any(values_at(step.result.value, step.tool.operation.identifies)) for step in scene.done)
    for filler in scene.fillers:
        if filler.kind != "dangling":
            continue
        made_later = any(capability in scene.later for capability, _ in filler.results)
        was_empty = found_nothing or any(capability in asked_before for capability, _ in filler.results)
        tells = (filler.results and filler.width >= _TELLING) or _speaks_of_a_result(filler.text)
        too_early = not was_empty and (made_later or tells)
        if too_early and not can_be_read_off(scene, filler.text):
            message = f"{filler.text!r} is the result of something that has not been done before"
            return Finding("broken_flow", filler.span, message)
    return _made_later(scene) if scene.coming else None


def _made_later(scene: Scene) -> Finding | None:
    """An id or a link that only a later step gives."""
    nouns = load_knowledge().nouns
    for filler in scene.fillers:
        if filler.kind != "dangling":
            continue
        words = [token.stem for token in scene.request.tokens[filler.at + 1 : filler.at + filler.width]]
        if not words or words[-1] not in IDENTIFYING:
            continue
        named = next((nouns[key] for at in range(len(words)) if (key := " ".join(words[at:])) in nouns), set())
        if (named & scene.coming) and not any(
            one.mention is not None and one.mention.kind == "Identifier" for one in scene.fillers
        ):
            message = f"{filler.text!r} is only made by a later step: put that step first"
            return Finding("broken_flow", filler.span, message)
    return None


def _speaks_of_a_result(text: str) -> bool:
    """Whether words name something as found or made, rather than as a thing that is known anyway."""
    return _RESULT.search(text) is not None


def _left_vague(scene: Scene, base: Attempt) -> Finding | None:
    """A thing that is spoken of without saying which: ``put a certain file into the folder``."""
    place = scene.vague
    if place is None:
        return None
    said = scene.text[slice(*place)]
    named = load_knowledge().nouns.get(stem(re.findall(r"\w+", said)[-1].lower()), set())
    for slot in slots_of(base.tool, scene.request.of.fixed).values():
        given = base.bound.get(slot.parameter.name, _UNSET)
        unsaid = slot.is_text and given.source == "result" and _SOMETHING.match(scene.text, place[0]) is not None
        if slot.parameter.required and ((not slot.is_text and slot.semantic in named) or unsaid):
            message = f"{base.tool.name} needs {slot.parameter.name!r}; {said!r} does not say which"
            return Finding("missing_parameter", place, message)
    return None


def _refused(scene: Scene, base: Attempt) -> Finding | None:
    """A value that is stated for a parameter and that the parameter does not take."""
    slots = slots_of(base.tool, scene.request.of.fixed)
    for filler in scene.fillers:
        if filler.mention is None or any(filler is one for one in base.used):
            continue
        for slot in slots.values():
            name = slot.parameter.name
            meant = is_meant_for(filler.mention, slot) and slot.argument not in ("sender", "payer")
            if meant and base.bound.get(name, _UNSET).source != "mention":
                return _not_taken(base, repr(filler.text), name, filler.span)
    return (
        _half_taken(scene, base, slots)
        or _out_of_range(scene, base, slots)
        or _of_another_unit(scene, base, slots)
        or _no_choice(scene, base)
    )


def _no_choice(scene: Scene, base: Attempt) -> Finding | None:
    """What stands in brackets where one of a few words is wanted: ``my card (LIBRARY CARD)``."""
    used = [value.span for value in base.bound.values() if value.source == "mention" and value.span is not None]
    found = scene.find(_IN_BRACKETS)
    if found is None or any(one < found.end() and found.start() < other for one, other in used):
        return None
    for slot in base.missing:
        if "enum" in slot.schema:
            return _not_taken(base, repr(found[1]), slot.parameter.name, found.span(1))
    return None


def _half_taken(scene: Scene, base: Attempt, slots: Mapping[str, Slot]) -> Finding | None:
    """One of two figures that belong together, where only the other is taken: ``-3 x 768 pixels``."""
    for pair in pairwise(scene.fillers):
        if _BETWEEN_FIGURES.fullmatch(scene.text, pair[0].end, pair[1].start) is None:
            continue
        used = [any(one is other for other in base.used) for one in pair]
        if used[0] == used[1]:
            continue
        odd, other = pair[used[0]], pair[used[1]]
        if odd.mention is None or odd.mention.kind != "Number":
            continue
        for slot in slots.values():
            name = slot.parameter.name
            values = proposed(odd.mention, slot)
            taken = any(base.tool.accepts(name, wrapped(value, slot.form)) for value in values)
            if base.bound.get(name, _UNSET).span == other.span and values and not taken:
                return _not_taken(base, repr(odd.text), name, odd.span)
    return None


def _out_of_range(scene: Scene, base: Attempt, slots: Mapping[str, Slot]) -> Finding | None:
    """A figure that stands where a parameter's value does, and that the parameter does not take: ``at most -3``."""
    knowledge, stems = load_knowledge(), stems_of(scene.request.tokens)
    spans = [value.span for value in base.bound.values() if value.source == "mention" and value.span is not None]
    for filler in scene.fillers:
        mention = filler.mention
        if mention is None or mention.kind not in _FIGURES or any(filler is one for one in base.used):
            continue
        if any(one <= filler.start < other for one, other in spans):
            continue  # part of a value, such as a ratio
        for slot in slots.values():
            values = proposed(mention, slot)
            name = slot.parameter.name
            if not values or any(base.tool.accepts(name, wrapped(value, slot.form)) for value in values):
                continue
            rival = next((one for one in base.used if base.bound.get(name, _UNSET).span == one.span), None)
            cue, other = (
                knowledge.cue(base.tool.capability, slot.argument, stems[: one.at], stems[one.at + one.width :])
                + limit_cue(scene.text, one, slot)
                if one is not None
                else 0.0
                for one in (filler, rival)
            )
            if cue > max(other, _FIGURE_HERE):
                return _not_taken(base, repr(filler.text), name, filler.span)
    return None


def _of_another_unit(scene: Scene, base: Attempt, slots: Mapping[str, Slot]) -> Finding | None:
    """An amount in a unit that its tool does not take, or that nobody knows: ``45 XPF``."""
    currency = next((slot for slot in slots.values() if slot.semantic == "CurrencyCode"), None)
    for figure, unit in pairwise(scene.fillers):
        if currency is None or unit.mention is None or unit.mention.kind != "TokenSymbol" or unit.width != 1:
            continue
        counts = any(one is figure for one in base.used) and figure.mention is not None
        if counts and figure.end + 1 == unit.start and not base.tool.accepts(currency.parameter.name, unit.text):
            return _not_taken(base, repr(unit.text), currency.parameter.name, unit.span)
    amount = next((slot for slot in base.missing if slot.semantic in ("Amount", "CoinAmount")), None)
    for filler in base.used:
        mention = filler.mention
        if mention is None or mention.kind not in ("Amount", "CoinAmount"):
            continue
        if amount is not None:
            return _not_taken(base, repr(filler.text), amount.parameter.name, filler.span)
        if currency is not None:
            name, code = currency.parameter.name, mention.value.get("currency") or mention.value.get("token")
            if not base.tool.accepts(name, code):
                message = f"{base.tool.name} does not take {code}: {base.tool.expected(name)} is expected"
                return Finding("invalid_value", filler.span, message)
    return None


def _not_taken(base: Attempt, said: str, name: str, span: tuple[int, int]) -> Finding:
    message = f"{base.tool.name} does not take {said} as {name!r}: {base.tool.expected(name)} is expected"
    return Finding("invalid_value", span, message)


def _misplaced(scene: Scene, base: Attempt) -> Finding | None:
    """Something that stands where a parameter's value is expected, and that the parameter does not take."""
    asked = load_knowledge().arguments.get(scene.request.of, set())
    meant = [*base.used, *(one for one in scene.fillers if one.kind in ("described", "reference", "dangling"))]
    taken = {at for filler in meant for at in range(filler.at, filler.at + filler.width)}
    for slot in slots_of(base.tool, scene.request.of.fixed).values():
        name = slot.parameter.name
        source = base.bound.get(name, _UNSET).source
        decided = source == "wording" and slot.argument in _DECIDED_BY_WORDS
        if (source != "default" and not decided) or slot.is_text or slot.form.wrap:
            continue
        if slot.argument in _NEVER_MISPLACED or not (slot.parameter.required or slot.argument in asked):
            continue
        at = _place_of_value(scene, base, slot, taken, decided=decided)
        if at is not None and not _would_do(scene, base, slot, at):
            tokens, text = scene.request.tokens, scene.text
            start, end = tokens[at].start, tokens[at].end
            end = next((one.end for one in tokens[at:] if text[one.end : one.end + 1] in ("", " ", "\n", ",")), end)
            return _not_taken(base, repr(text[start:end]), name, (start, end))
    return None


def _would_do(scene: Scene, base: Attempt, slot: Slot, at: int) -> bool:
    """Whether the tool would take the word that stands there: then it was left out for a better reason."""
    token = scene.request.tokens[at]
    plain = token.mention is None or token.mention.kind == "Identifier"
    return plain and base.tool.accepts(slot.parameter.name, wrapped(scene.text[token.start : token.end], slot.form))


def _place_of_value(scene: Scene, base: Attempt, slot: Slot, taken: set[int], *, decided: bool) -> int | None:
    """The number of the token that most likely is meant as a slot's value, ``None`` where none is.

    Args:
        scene: The request.
        base: What was bound.
        slot: A slot that nothing in the text gives a value.
        taken: The tokens that serve other slots.
        decided: Whether the wording gives the slot a value.
    """
    knowledge, tokens = load_knowledge(), scene.request.tokens
    stems = stems_of(tokens)
    whole = scene.request.start, scene.request.end
    spans = [value.span for value in base.bound.values() if value.source in ("mention", "wording") and value.span]
    spans = [span for span in spans if span != whole]
    best: tuple[float, int] | None = None
    for at, token in enumerate(tokens):
        inside = any(one <= token.start < other for one, other in spans if other - one < _LONGEST_VALUE)
        if at in taken or inside or (_is_when(token) and slot.semantic in _NEVER_WHEN):
            continue
        if not _is_value_like(scene.text, token, any_word="enum" in slot.schema and token.word not in knowledge.verbs):
            continue
        if _is_id(slot.semantic) and token.mention is not None and coarse(token.mention.kind) != "<id>":
            continue  # it may say of which thing the id is meant
        cue = knowledge.cue(base.tool.capability, slot.argument, stems[:at], stems[at + 1 :])
        plain = token.mention is None or token.mention.kind == "Identifier"
        marked = plain and _MARKED.match(scene.text, token.start) is not None
        cue += _MARKED_HERE if marked and not decided else 0.0
        known = not marked and token.mention is None and token.word.isalpha() and knowledge.knows(token.stem)
        if known and (knowledge.belongs(token.stem, scene.request.of) or cue < _SURELY_HERE):
            continue
        if cue > _EXPECTED_HERE and (best is None or cue > best[0]):
            best = cue, at
    return None if best is None else best[1]


def _is_id(semantic: str | None) -> bool:
    """Whether a semantic type is of ids that somebody issued."""
    return coarse_of_semantic(semantic) == "<id>"


def _is_when(token: Token) -> bool:
    """Whether a token says when."""
    return token.mention is not None and token.mention.kind in ("Date", "Time", "DateTime", "Duration")


def _is_value_like(text: str, token: Token, *, any_word: bool) -> bool:
    """Whether a token looks like a value: a figure, a code, a word that belongs to no phrase."""
    if token.mention is not None:
        return token.mention.kind not in ("PersonName", "Place", "Quoted", "Placeholder", "Command")
    word = text[token.start : token.end]
    if not word[0].isalnum():
        return False
    if vague_words(text, max(0, token.start - 2), token.end + 12) and token.word.startswith(("some", "certain")):
        return False
    if _MARKED.match(text, token.start):
        return True
    if any(sign.isdigit() for sign in word) or (
        len(word) > 2 and word.isupper() and token.word not in ("url", "sms", "ids")
    ):
        return True
    return any_word and word.isalpha() and word.islower() and len(word) > 3


def _unclear(scene: Scene, base: Attempt) -> Finding | None:
    """Names that several people fit and nothing decides."""
    for filler in base.used:
        if len(filler.people) > 1 and filler.kind in ("person", "pronoun"):
            around = scene.text[max(0, filler.start - 12) : filler.end + 2]
            if _PLURAL.search(around) or (filler.text.endswith("s") and filler.mention is None):
                continue
            who = ", ".join(one.name for one in filler.people[:4])
            return Finding("ambiguous", filler.span, f"{filler.text!r} can be {who}: say which one")
    return None


def obstacle(scene: Scene, base: Attempt) -> Finding | None:
    """The first thing that stands in the way of carrying a request out with what was bound."""
    return (
        _unclear(scene, base)
        or _not_attached(scene, base)
        or _pointed_at(scene)
        or _too_early(scene)
        or _left_vague(scene, base)
        or _refused(scene, base)
        or _misplaced(scene, base)
    )
