"""Binding: giving every parameter of a tool its value from what a request, the world and earlier steps offer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from agentalign_env.core.world import World
from agentalign_env.executability.fillers import Done, Filler
from agentalign_env.executability.fitting import Fit, Slot, fits, slots_of
from agentalign_env.executability.knowledge import load_knowledge, stems_of
from agentalign_env.executability.report import Bound
from agentalign_env.executability.requests import Request
from agentalign_env.executability.texts import free_text, vague_words
from agentalign_env.executability.words import Token
from agentalign_env.scenarios.bindings import SCOPED, same_scope, wrapped
from agentalign_env.scenarios.intents import ArgumentSource, load_askings
from agentalign_env.scenarios.plans import Ref, Text
from agentalign_env.toolkit.tool import Tool

__all__ = ["Attempt", "Scene", "attempt"]

_OPTIONAL_AT_LEAST = 0.6  # how much the words around must speak for an argument that nobody requires
_SURE_REFERENCE = 1.5  # ... for an earlier result to be given to one
_ALSO_CALLED = {
    "bsc": ("bnb smart chain", "binance smart chain", "bnb chain", "bnb"),
    "ethereum": ("eth", "ether"),
    "polygon": ("matic",),
    "bitcoin": ("btc",),
    "solana": ("sol",),
    "monero": ("xmr",),
}
_RECIPIENTS = frozenset(("EmailAddress", "PhoneNumber", "ChatId", "Handle", "AccountId"))
_AND = re.compile(r"[\s)]*,?\s*(?:and|as well as|plus|&)\s+(?:also |to |my |our )*", re.IGNORECASE)
_MOST_VALUES = 8  # that one parameter takes, one call each
_DECIDING = frozenset(("operation", "query_type", "mode", "method"))  # the verb says it, whatever words stand around
_MERCHANT = re.compile(r"[\w-]+(?:\.[\w-]+){2,}")
_NAMED_BY_A_WORD = frozenset(
    ("ShellCommand", "ProcessName", "PackageName", "MachineName", "FunctionName", "ImageName", "UserName", "VoiceId")
    + ("BranchName", "ContainerName")
)


class Scene(NamedTuple):
    """What a request is bound in.

    Attributes:
        text: The whole instruction.
        world: As the steps before have left it.
        done: Those steps.
        request: What is asked.
        fillers: What its words offer.
        earlier: The words of the requests before.
        context: The words before the request that belong to no request.
        around: What all words before the request offer.
    """

    text: str
    world: World
    done: Sequence[Done]
    request: Request
    fillers: Sequence[Filler]
    earlier: str
    context: Sequence[Token]
    around: Sequence[Filler]


class Attempt(NamedTuple):
    """A tool with the arguments that were found for it.

    Attributes:
        tool: The tool.
        bound: The arguments found, by parameter, the likeliest of each.
        others: Other values that fit, by parameter.
        missing: The required slots that are still open.
        used: The fillers that gave a value.
        repeated: Further values of one parameter: the call is made once for each.
    """

    tool: Tool
    bound: dict[str, Bound]
    others: dict[str, tuple[Bound, ...]]
    missing: tuple[Slot, ...]
    used: tuple[Filler, ...]
    repeated: tuple[str, tuple[Bound, ...]] | None


class _Pair(NamedTuple):
    score: float
    filler: Filler
    slot: Slot
    options: tuple[Fit, ...]


def attempt(scene: Scene, tool: Tool, fixed: Mapping[str, Any]) -> Attempt:
    """Binds what can be bound without looking anything up."""
    slots = slots_of(tool, scene.request.of.fixed)
    bound: dict[str, Bound] = {}
    others: dict[str, tuple[Bound, ...]] = {}
    for argument, value in fixed.items():
        if argument in slots and argument not in _DECIDING and (said := _chosen_word(scene, slots[argument], tool)):
            bound[slots[argument].parameter.name] = said
        elif argument in slots and tool.accepts(slots[argument].parameter.name, value):
            bound[slots[argument].parameter.name] = Bound(value, "wording", (scene.request.start, scene.request.end))
    for slot in slots.values():
        if slot.parameter.name not in bound and slot.semantic != "TokenSymbol" and not _rivals(slot, slots):
            chosen = _chosen_word(scene, slot, tool)
            if chosen is not None:
                bound[slot.parameter.name] = chosen
    _choose_between(scene, slots, bound)
    used, repeated = _assign(scene, tool, slots, bound, others)
    _carry_references(scene, slots, bound, used)
    _count(scene, slots, bound, used)
    for slot in slots.values():
        name = slot.parameter.name
        if name in bound:
            continue
        if slot.parameter.required or _is_asked(scene, slot) or _is_usual(scene, slot):
            value = _own(scene, tool, slot) or _text(scene, slot, used, bound)
            if value is None and slot.parameter.required and not vague_words(scene.text, scene.request.start, scene.request.end):
                value = _implied(scene, tool, slot) or _from_context(scene, tool, slot) or _default(scene, tool, slot)
            if value is not None:
                bound[name] = value
                if slot.semantic in _NAMED_BY_A_WORD and isinstance(value.value, str) and value.value != value.value.lower():
                    others[name] = (value._replace(value=value.value.lower()),)  # names are issued in lower case
    _compose(scene, slots, bound)
    missing = tuple(slot for slot in slots.values() if slot.parameter.required and slot.parameter.name not in bound)
    return Attempt(tool, bound, others, missing, tuple(used), repeated)


def _is_asked(scene: Scene, slot: Slot) -> bool:
    """Whether an optional argument is what such a request is about: the query of a search, say."""
    if slot.argument not in load_knowledge().arguments.get(scene.request.of, ()):
        return False
    return (slot.argument in ("query", "text", "description") and slot.is_text) or slot.semantic in _NAMED_BY_A_WORD or bool(slot.form.wrap)


def _is_usual(scene: Scene, slot: Slot) -> bool:
    """Whether requests of this sort hardly do without a text: what is to be written into a file."""
    usual = slot.argument in load_knowledge().usual.get(scene.request.of, ())
    return usual and slot.is_text and (slot.semantic == "FileContent" or bool(slot.form.wrap))


def _chosen_word(scene: Scene, slot: Slot, tool: Tool) -> Bound | None:
    """One of the words that a parameter allows, where the request holds it."""
    allowed = slot.schema.get("enum")
    if slot.many:
        return None
    if not allowed:
        return _formed_word(scene, slot, tool)
    said = scene.text[scene.request.start : scene.request.end]
    hidden = [filler.span for filler in scene.fillers if filler.mention is not None and filler.mention.kind == "Quoted"]
    best: tuple[int, int, Any] | None = None
    named = [(name, value) for value in allowed for name in (str(value), *_ALSO_CALLED.get(str(value), ()))]
    for name, value in named:
        words = [re.escape(word) for word in re.findall(r"[^\W_]+|[^\w\s-]", name)]
        for found in re.finditer(rf"(?<!\w){'[ _-]?'.join(words)}s?(?!\w)", said, re.IGNORECASE):
            start, end = scene.request.start + found.start(), scene.request.start + found.end()
            shown = not any(one <= start < other for one, other in hidden)
            if shown and (best is None or end - start > best[1] - best[0]):
                best = start, end, value
    if best is None:
        return _mentioned_choice(scene, slot, allowed)
    start, end, value = best
    if not slot.parameter.required and slot.argument not in load_knowledge().arguments.get(scene.request.of, ()):
        return None
    return Bound(wrapped(value, slot.form), "mention", (start, end))


def _rivals(slot: Slot, slots: Mapping[str, Slot]) -> list[Slot]:
    """Other slots that allow the same words: the chain from which and the chain to which."""
    allowed = slot.schema.get("enum")
    return [one for one in slots.values() if one is not slot and allowed and one.schema.get("enum") == allowed]


def _choose_between(scene: Scene, slots: Mapping[str, Slot], bound: dict[str, Bound]) -> None:
    """Gives each of the words that several slots allow to the one that the words around it speak for."""
    knowledge, tokens = load_knowledge(), scene.request.tokens
    stems = stems_of(tokens)
    pairs = []
    for slot in slots.values():
        if not _rivals(slot, slots) or slot.semantic == "TokenSymbol":
            continue
        for value in slot.schema["enum"]:
            for name in (str(value), *_ALSO_CALLED.get(str(value), ())):
                words = name.lower().split()
                for at in range(len(tokens) - len(words) + 1):
                    if [token.word for token in tokens[at : at + len(words)]] == words:
                        after = stems[at + len(words) :]
                        cue = knowledge.cue(scene.request.of.capability, slot.argument, stems[:at], after)
                        pairs.append((cue, at, slot.parameter.name, value))
    taken: set[int] = set()
    chosen: set[str] = set()
    for _, at, name, value in sorted(pairs, key=lambda pair: -pair[0]):
        if at not in taken and name not in chosen:
            bound[name] = Bound(value, "mention", (tokens[at].start, tokens[at].end))
            taken.add(at)
            chosen.add(name)


def _formed_word(scene: Scene, slot: Slot, tool: Tool) -> Bound | None:
    """A word of a form that only this parameter has, such as a ratio."""
    start = scene.request.start
    if slot.semantic == "MerchantId":
        merchant = _MERCHANT.search(scene.text, start, scene.request.end)
        return None if merchant is None else Bound(merchant[0], "mention", merchant.span())
    pattern = str(slot.parameter.schema.get("pattern", ""))
    if slot.semantic is not None or not pattern or not set(pattern) & set(":/x@"):
        return None
    for word in re.finditer(r"[^\s,;\"()]+", scene.text[start : scene.request.end]):
        value = word[0].rstrip(".!?:")
        if tool.accepts(slot.parameter.name, value):
            return Bound(value, "mention", (start + word.start(), start + word.start() + len(value)))
    return None


def _mentioned_choice(scene: Scene, slot: Slot, allowed: Sequence[Any]) -> Bound | None:
    for filler in scene.fillers:
        mention = filler.mention
        if mention is None:
            continue
        values = [mention.value, mention.text]
        if isinstance(mention.value, dict):
            values = [mention.value.get("currency"), mention.value.get("token")]
        for value in values:
            if value in allowed and (slot.parameter.required or not isinstance(value, int)):
                return Bound(value, "mention", filler.span)
    return None


def _assign(
    scene: Scene,
    tool: Tool,
    slots: Mapping[str, Slot],
    bound: dict[str, Bound],
    others: dict[str, tuple[Bound, ...]],
) -> tuple[list[Filler], tuple[str, tuple[Bound, ...]] | None]:
    """Gives the fillers to the slots that the words around them speak for, the surest first."""
    knowledge = load_knowledge()
    stems = stems_of(scene.request.tokens)
    asked = knowledge.arguments.get(scene.request.of, set())
    pairs: list[_Pair] = []
    for filler in scene.fillers:
        before, after = stems[: filler.at], stems[filler.at + filler.width :]
        for slot in slots.values():
            if slot.parameter.name in bound or not _may_take(filler, slot, tool):
                continue
            options = tuple(fits(filler, slot, tool))
            if not options:
                continue
            cue = knowledge.cue(tool.capability, slot.argument, before, after)
            score = cue + _affinity(filler, slot, asked)
            sure = _SURE_REFERENCE if slot.semantic in ("Amount", "CoinAmount", "RepositoryPath") or slot.is_text else 0.0
            if filler.kind == "reference" and not slot.parameter.required and score < sure:
                continue
            if slot.parameter.required or score > (0.0 if slot.argument in asked else _OPTIONAL_AT_LEAST):
                pairs.append(_Pair(score, filler, slot, options))
    pairs.sort(key=lambda pair: -pair.score)
    used: list[Filler] = []
    gathered: dict[str, list[Bound]] = {}
    slots_by_name = {slot.parameter.name: slot for slot in slots.values()}
    for pair in pairs:
        name = pair.slot.parameter.name
        if name in bound:
            others[name] = (*others.get(name, ()), *(_bound(fit, pair.filler) for fit in pair.options))
        taken = any(one is pair.filler for one in used)
        if taken and not _shares(pair.filler, pair.slot):
            continue
        same = [one.slot.parameter.name for one in pairs if one.slot.semantic == pair.slot.semantic is not None]
        if name not in bound and any(bound[one].value == pair.options[0].value for one in same if one in bound):
            continue  # from one token to itself
        if not pair.slot.parameter.required and any(
            other.filler is pair.filler
            and other.slot.parameter.required
            and other.slot.semantic == pair.slot.semantic
            and other.slot.parameter.name not in bound
            for other in pairs
        ):
            continue
        if not pair.slot.parameter.required and any(
            slots_by_name[other].semantic == pair.slot.semantic and _is_listed_with(pair.filler, values, scene)
            for other, values in gathered.items()
            if other != name
        ):
            continue  # "to Mia and Ben" is no copy to Ben
        if name not in bound:
            bound[name] = _bound(pair.options[0], pair.filler)
            others[name] = tuple(_bound(fit, pair.filler) for fit in pair.options[1:])
            gathered[name] = [bound[name]]
            used.append(pair.filler)
        elif name in gathered and not taken and not pair.slot.is_text and _stands_beside(pair.filler, gathered[name], scene) and len(gathered[name]) < _MOST_VALUES:
            gathered[name].append(_bound(pair.options[0], pair.filler))
            used.append(pair.filler)
    _listed(scene, tool, slots_by_name, gathered, used)
    _leftovers(scene, tool, slots, bound, used, asked)
    repeated = None
    for name, values in gathered.items():
        if len(values) < 2:
            continue
        slot = slots_by_name[name]
        values.sort(key=lambda value: value.span or (0, 0))
        if slot.many:
            bound[name] = values[0]._replace(value=[part for value in values for part in value.value])
        elif repeated is None:
            bound[name] = values[0]
            repeated = (name, tuple(values[1:]))
    return used, repeated


def _listed(
    scene: Scene, tool: Tool, slots: Mapping[str, Slot], gathered: Mapping[str, list[Bound]], used: list[Filler]
) -> None:
    """Gives to each parameter what is listed beside its value, however little the words around it speak for that."""
    for filler in scene.fillers:
        if filler.kind not in ("mention", "person") or any(filler is one for one in used):
            continue
        for name, values in gathered.items():
            if slots[name].semantic not in _RECIPIENTS or not _is_listed_with(filler, values, scene):
                continue
            fit = next(fits(filler, slots[name], tool), None)
            if fit is not None and all(fit.value != value.value for value in values) and len(values) < _MOST_VALUES:
                values.append(_bound(fit, filler))
                used.append(filler)
                break


def _leftovers(
    scene: Scene, tool: Tool, slots: Mapping[str, Slot], bound: dict[str, Bound], used: list[Filler], asked: set[str]
) -> None:
    """What is stated must be for something: a value that is left over takes the place that such requests have for it."""
    for filler in scene.fillers:
        if filler.kind in ("pronoun", "self") or any(filler is one for one in used):
            continue
        for slot in slots.values():
            goes_along = slot.argument == "attachments" and filler.mention is not None and filler.mention.kind == "FilePath"
            if slot.parameter.name in bound or not _may_take(filler, slot, tool):
                continue
            if slot.argument not in asked and not goes_along:
                continue
            if slot.is_text and (filler.mention is None or filler.mention.kind != "Quoted"):
                continue
            fit = next(fits(filler, slot, tool), None)
            if fit is not None:
                bound[slot.parameter.name] = _bound(fit, filler)
                used.append(filler)
                break


def _bound(fit: Fit, filler: Filler) -> Bound:
    return Bound(fit.value, fit.source, filler.span)


def _affinity(filler: Filler, slot: Slot, asked: set[str]) -> float:
    """How natural a filler is for a slot, whatever the words around it say."""
    score = 1.0 if slot.parameter.required else 0.0
    score += 0.4 if slot.argument in asked else -2.0
    if _shares(filler, slot):
        score += 3.0
    if slot.is_text:
        quoted = filler.mention is not None and filler.mention.kind in ("Quoted", "Command")
        score += 0.3 if quoted or filler.kind == "described" else -4.0
    elif filler.mention is not None and filler.mention.kind == "Quoted":
        score -= 1.0
    else:
        score += 1.0
    if filler.kind == "pronoun":
        score -= 0.5
    return score


def _may_take(filler: Filler, slot: Slot, tool: Tool) -> bool:
    """Whether a slot is one that a filler of this sort can be meant for."""
    if filler.kind == "pronoun" and not slot.parameter.required:
        return False
    return slot.argument not in ("sender", "payer") or not tool.operation.writes


def _shares(filler: Filler, slot: Slot) -> bool:
    """Whether one mention gives two parameters: an amount and its currency."""
    return (
        filler.mention is not None
        and filler.mention.kind in ("Amount", "CoinAmount")
        and slot.semantic in ("CurrencyCode", "TokenSymbol", "Amount", "CoinAmount")
    )


def _stands_beside(filler: Filler, values: Sequence[Bound], scene: Scene) -> bool:
    """Whether a filler is listed beside one that was taken: ``to Mia and Ben``."""
    for value in values:
        if value.span is None:
            continue
        first, second = sorted((value.span, filler.span))
        between = scene.text[first[1] : second[0]]
        if re.fullmatch(r"[\s,()&]*(?:and|as well as|plus|&|,)?(?: also| to| my| our)?[\s(]*", between, re.IGNORECASE):
            return True
    return False


def _is_listed_with(filler: Filler, values: Sequence[Bound], scene: Scene) -> bool:
    """Whether a filler follows a value that was taken, joined by an ``and``."""
    ends = [value.span[1] for value in values if value.span is not None and value.span[1] <= filler.start]
    return bool(ends) and _AND.fullmatch(scene.text, max(ends), filler.start) is not None


def _carry_references(
    scene: Scene, slots: Mapping[str, Slot], bound: dict[str, Bound], used: list[Filler]
) -> None:
    """A stated text carries what stands behind it: ``"..." followed by the link of that page``."""
    texts = [slot for slot in slots.values() if slot.is_text and slot.parameter.name in bound]
    for filler in scene.fillers:
        if filler.kind != "reference" or any(one is filler for one in used):
            continue
        before = [
            slot
            for slot in texts
            if (span := bound[slot.parameter.name].span) is not None
            and span[1] <= filler.start
            and bound[slot.parameter.name].source == "mention"
        ]
        if before:
            slot = max(before, key=lambda slot: (bound[slot.parameter.name].span or (0, 0))[1])
            if slot.semantic in ("Query", "Subject", "Title") or slot.many or slot.form.wrap:
                continue
            said = bound[slot.parameter.name]
            assert said.span is not None
            parts = said.value.parts if isinstance(said.value, Text) else (said.value,)
            value = Text((*parts, " ", filler.targets[0].ref))
            bound[slot.parameter.name] = Bound(value, "mention", (said.span[0], filler.end))
            used.append(filler)


def _count(scene: Scene, slots: Mapping[str, Slot], bound: dict[str, Bound], used: list[Filler]) -> None:
    """How many of it: a number that is left over, for lists of things with a quantity."""
    for slot in slots.values():
        value = bound.get(slot.parameter.name)
        if value is None or "quantity" not in slot.form.beside or not isinstance(value.value, list):
            continue
        for filler in scene.fillers:
            mention = filler.mention
            if mention is None or mention.kind != "Number" or any(filler is one for one in used):
                continue
            counted = [{**item, "quantity": int(mention.value)} for item in value.value]
            bound[slot.parameter.name] = value._replace(value=counted)
            used.append(filler)
            break


def _own(scene: Scene, tool: Tool, slot: Slot) -> Bound | None:
    """What the owner need not say: their own address as the sender, or as ``me``."""
    for source in _sources(scene, tool, slot):
        owners = [kind for kind in source.sources if kind.startswith("owner.")]
        if owners and source.silent:
            field = owners[0].partition(".")[2]
            value = scene.world.background.home if field == "home" else getattr(scene.world.owner, field)
            return Bound(wrapped(value, source), "owner")
    me = next((one for one in scene.fillers if one.kind == "self"), None)
    owner = scene.world.owner
    fields = {"EmailAddress": owner.email, "PhoneNumber": owner.phone, "ChatId": owner.handle, "Handle": owner.handle}
    if me is not None and slot.semantic in fields and slot.parameter.required:
        return Bound(wrapped(fields[slot.semantic], slot.form), "owner", me.span)
    return None


def _sources(scene: Scene, tool: Tool, slot: Slot) -> Iterator[ArgumentSource]:
    """What the data says about where an argument takes its value, the request's own ways first."""
    asking = load_askings().get(tool.capability)
    if asking is None:
        return
    own = asking.tools.get(tool.model, {}).get(slot.argument)
    if own is not None:
        yield own
    for way in asking.ways:
        source = way.arguments.get(slot.argument)
        if source is not None:
            yield source


def _text(scene: Scene, slot: Slot, used: Sequence[Filler], bound: Mapping[str, Bound]) -> Bound | None:
    """Words of the request that were not put into quotation marks."""
    if not slot.is_text and slot.semantic not in _NAMED_BY_A_WORD:
        return None
    span = free_text(scene.request, slot.argument, used, is_text=slot.is_text, required=slot.parameter.required or _is_usual(scene, slot))
    if span is None:
        return None
    vague = vague_words(scene.text, scene.request.start, scene.request.end)
    quoted = [one.span for one in scene.fillers if one.mention is not None and one.mention.kind == "Quoted"]
    if vague is not None and not any(one <= vague[0] < other for one, other in quoted):
        return None
    if not slot.is_text:
        span = _whole_word(scene.text, span)
    taken = [value.span for value in bound.values() if value.source == "mention" and value.span]
    if any(span[0] < other[1] and other[0] < span[1] for other in taken) and not slot.parameter.required:
        return None
    value = scene.text[span[0] : span[1]].strip('"“”')
    return Bound(wrapped(value, slot.form), "mention", span)


def _whole_word(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """A word with the marks that are written into it: ``left*pad``."""
    end = span[1]
    while end < len(text) and not text[end].isspace() and text[end] not in ",;:!?\"')":
        end += 1
    start = span[0]
    while start and not text[start - 1].isspace() and text[start - 1] not in ",;:!?\"'(":
        start -= 1
    return start, end - (text[end - 1] == "." and end > span[1])


def _implied(scene: Scene, tool: Tool, slot: Slot) -> Bound | None:
    """What the latest step found of this kind, where the request names nothing else of it."""
    if slot.semantic is None or slot.is_text or slot.semantic in ("Amount", "CoinAmount"):
        return None
    if slot.semantic in ("EmailAddress", "PhoneNumber", "ChatId", "Handle"):
        named = any(one.people or one.kind in ("stranger", "self") for one in scene.fillers)
        if named or any(token.word in _VAGUE for token in scene.request.tokens):
            return None
    for step in reversed(scene.done):
        for target in step.targets:
            if target.semantic == slot.semantic and (slot.semantic not in SCOPED or same_scope(step.tool, tool)):
                return Bound(wrapped(target.ref, slot.form), "result")
    return None


_VAGUE = frozenset("someone somebody something somewhere some certain any anyone".split())


def _from_context(scene: Scene, tool: Tool, slot: Slot) -> Bound | None:
    """What was mentioned before, where only one thing fits and the request does not speak of another."""
    if slot.is_text or any(token.word in _VAGUE for token in scene.request.tokens):
        return None
    for filler in reversed(scene.around):
        if filler.kind == "mention" and filler.mention is not None and filler.mention.kind not in ("Number", "Quoted"):
            fit = next(fits(filler, slot, tool), None)
            if fit is not None:
                return _bound(fit, filler)
    return None


def _default(scene: Scene, tool: Tool, slot: Slot) -> Bound | None:
    """What goes without saying: one piece, or the data's own choice."""
    if slot.argument == "quantity":
        return Bound(1, "default")
    for source in _sources(scene, tool, slot):
        if source.silent and source.sources == ("choice",) and source.choices:
            value = wrapped(source.choices[0], source)
            if tool.accepts(slot.parameter.name, value) and slot.argument not in dict(scene.request.of.fixed):
                return Bound(value, "default")
    return None


def _compose(scene: Scene, slots: Mapping[str, Slot], bound: dict[str, Bound]) -> None:
    """Texts that whoever acts writes: a subject for a body, a body for a subject, word of what was done."""
    by_semantic = {slot.semantic: slot for slot in slots.values() if slot.parameter.required}
    subject, body = by_semantic.get("Subject"), by_semantic.get("Body")
    if subject is not None and body is not None:
        names = subject.parameter.name, body.parameter.name
        if names[0] not in bound and names[1] in bound:
            value = bound[names[1]].value
            first = next((part for part in value.parts if isinstance(part, str)), "") if isinstance(value, Text) else value
            plain = isinstance(first, str) and value is not None and bound[names[1]].source != "result"
            words = " ".join(first.split()[:7]) if plain else "For you"
            bound[names[0]] = Bound(words.strip(" .,;:!?") or "For you", "composed", bound[names[1]].span)
        elif names[1] not in bound and names[0] in bound:
            bound[names[1]] = Bound(bound[names[0]].value, "composed", bound[names[0]].span)
    for slot in by_semantic.values():
        if slot.semantic == "Body" and slot.parameter.name not in bound and scene.context:
            meant = {"that", "this", "it"} & {token.word for token in scene.request.tokens}
            if meant and not any(one.kind == "dangling" and len(one.text.split()) > 1 for one in scene.fillers):
                said = scene.text[scene.context[0].start : scene.context[-1].end]
                bound[slot.parameter.name] = Bound(said, "composed", (scene.context[0].start, scene.context[-1].end))
                _compose(scene, slots, bound)
        if slot.semantic == "Body" and slot.parameter.name not in bound and scene.done and _informs(scene.request):
            bound[slot.parameter.name] = Bound(f"This is done: {scene.earlier}", "composed")
            _compose(scene, slots, bound)


_INFORMING = frozenset("tell inform notifi confirm updat know heads-up ping alert word".split())


def _informs(request: Request) -> bool:
    return any(token.stem in _INFORMING for token in request.tokens)
