"""Supplying: values that no mention gives: the owner's, free words, what was found before, what goes without saying."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agentalign_env.executability.fillers import Filler
from agentalign_env.executability.fitting import Slot, bound_by, fits
from agentalign_env.executability.knowledge import load_knowledge
from agentalign_env.executability.report import Bound
from agentalign_env.executability.requests import Request
from agentalign_env.executability.scene import Scene
from agentalign_env.executability.texts import free_text
from agentalign_env.executability.things import has_names, named_by_a_word
from agentalign_env.executability.vocabulary import EMPTY, INFORMING, VAGUE
from agentalign_env.executability.words import Token
from agentalign_env.scenarios.bindings import SCOPED, same_scope, wrapped
from agentalign_env.scenarios.intents import ArgumentSource, load_askings
from agentalign_env.scenarios.plans import Text
from agentalign_env.toolkit.tool import Tool

__all__ = [
    "NAMED_BY_A_WORD",
    "compose",
    "continued",
    "default",
    "free_words",
    "from_context",
    "implied",
    "is_usual",
    "of_the_owner",
]


NAMED_BY_A_WORD = frozenset(
    (
        "BranchName",
        "ContainerName",
        "FunctionName",
        "ImageName",
        "MachineName",
        "PackageName",
        "ProcessName",
        "ShellCommand",
        "UserName",
        "VoiceId",
    )
)
"""Semantic types whose values are words that nobody puts into quotation marks."""


_SUBJECT_WORDS = 7


def of_the_owner(scene: Scene, tool: Tool, slot: Slot) -> Bound | None:
    """What the owner need not say: their own address as the sender, or as ``me``."""
    for source in _sources(tool, slot):
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


def _sources(tool: Tool, slot: Slot) -> Iterator[ArgumentSource]:
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


def free_words(
    scene: Scene, tool: Tool, slot: Slot, used: Sequence[Filler], bound: Mapping[str, Bound]
) -> Bound | None:
    """Words of the request that were not put into quotation marks."""
    if not slot.is_text and slot.semantic not in NAMED_BY_A_WORD:
        return None
    named = None if slot.is_text else named_by_a_word(scene.world, scene.request.tokens, slot.semantic or "", tool)
    if named is not None and not scene.vague:
        return Bound(wrapped(named[0], slot.form), "entity", named[1])
    span = free_text(
        scene.request,
        slot.argument,
        used,
        is_text=slot.is_text,
        required=slot.parameter.required or is_usual(scene, slot),
    )
    if span is None or scene.vague:
        return None
    if not slot.is_text:
        span = _whole_word(scene.text, span)
    taken = [value.span for value in bound.values() if value.source == "mention" and value.span]
    if any(span[0] < other[1] and other[0] < span[1] for other in taken) and not slot.parameter.required:
        return None
    value = scene.text[span[0] : span[1]].strip('"“”')
    if not slot.is_text and has_names(scene.world, slot.semantic or "") and _is_a_mere_word(scene, slot, span):
        return None
    return Bound(wrapped(value, slot.form), "mention", span)


def _is_a_mere_word(scene: Scene, slot: Slot, span: tuple[int, int]) -> bool:
    """Whether a word says something about a thing rather than naming it: ``the Scottish voice``."""
    before = next((token for token in reversed(scene.request.tokens) if token.end <= span[0]), None)
    named = before is not None and (
        before.word in ("called", "named", "name") or slot.semantic in load_knowledge().nouns.get(before.stem, ())
    )
    word = scene.text[slice(*span)]
    return not named and word.isalpha() and word.islower()


def _whole_word(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """A word with the marks that are written into it: ``left*pad``."""
    end = span[1]
    while end < len(text) and not text[end].isspace() and text[end] not in ",;:!?\"')":
        end += 1
    start = span[0]
    while start and not text[start - 1].isspace() and text[start - 1] not in ",;:!?\"'(":
        start -= 1
    return start, end - (text[end - 1] == "." and end > span[1])


def implied(scene: Scene, tool: Tool, slot: Slot, used: Sequence[Filler]) -> Bound | None:
    """What the latest step found of this kind, where the request names nothing else of it."""
    if slot.semantic is None or slot.is_text or slot.semantic in ("Amount", "CoinAmount"):
        return None
    if slot.semantic in ("EmailAddress", "PhoneNumber", "ChatId", "Handle"):
        named = any(one.people or one.kind in ("stranger", "self") for one in scene.fillers)
        if named or any(token.word in VAGUE for token in scene.request.tokens):
            return None
    if any(one.is_quoted and not any(one is other for other in used) for one in scene.fillers):
        return None  # it may be the name of what is meant
    for step in reversed(scene.done):
        for target in step.targets:
            if target.semantic == slot.semantic and (slot.semantic not in SCOPED or same_scope(step.tool, tool)):
                return Bound(wrapped(target.ref, slot.form), "result")
    return None


def continued(scene: Scene, tool: Tool, slot: Slot) -> Bound | None:
    """What the step before was given, where a request only adds to that: ``..., cheapest first``."""
    if not scene.done or tool.operation.writes:
        return None
    before = scene.done[-1]
    if before.lookup or before.tool is not tool or slot.parameter.name not in before.result.call.arguments:
        return None
    return Bound(before.result.call.arguments[slot.parameter.name], "mention")


def from_context(scene: Scene, tool: Tool, slot: Slot) -> Bound | None:
    """What was mentioned before, where only one thing fits and the request does not speak of another."""
    if slot.is_text or any(token.word in VAGUE for token in scene.request.tokens):
        return None
    for filler in reversed(scene.around):
        if filler.kind == "mention" and filler.mention is not None and filler.mention.kind not in ("Number", "Quoted"):
            fit = next(fits(filler, slot, tool), None)
            if fit is not None:
                return bound_by(fit, filler)
    return None


def default(scene: Scene, tool: Tool, slot: Slot) -> Bound | None:
    """What goes without saying: one piece, or the data's own choice."""
    if slot.argument == "quantity":
        return Bound(1, "default")
    if slot.argument in dict(scene.request.of.fixed):
        return None
    sources = list(_sources(tool, slot))
    choices = [source for source in sources if source.silent and source.sources == ("choice",) and source.choices]
    goes_without = [source for source in choices if source.choices[0] in ([], {}, "")] or choices
    if goes_without is choices and (len(choices) < len(sources) or len({repr(one.choices) for one in choices}) > 1):
        return None  # where some say it and others mean it, the wording decides
    for source in goes_without:
        value = wrapped(source.choices[0], source)
        if tool.accepts(slot.parameter.name, value):
            return Bound(value, "default")
    return None


def compose(scene: Scene, slots: Mapping[str, Slot], bound: dict[str, Bound]) -> None:
    """Texts that whoever acts writes: a subject for a body, a body for a subject, word of what was done."""
    by_semantic = {slot.semantic: slot for slot in slots.values() if slot.parameter.required}
    subject, body = by_semantic.get("Subject"), by_semantic.get("Body")
    if body is not None and body.parameter.name not in bound and scene.request.tokens[-1].word == ":" and scene.behind:
        span = scene.behind[0].start, scene.behind[-1].end  # "Tell him: sell it."
        bound[body.parameter.name] = Bound(scene.text[slice(*span)], "mention", span)
    if subject is not None and body is not None:
        title, text = bound.get(subject.parameter.name), bound.get(body.parameter.name)
        if title is None and text is not None:
            bound[subject.parameter.name] = Bound(_subject_of(text), "composed", text.span)
        elif text is None and title is not None:
            bound[body.parameter.name] = Bound(title.value, "composed", title.span)
    query = by_semantic.get("Query")
    if query is not None and query.parameter.name not in bound and scene.context and _means_what_was_said(scene):
        span = _last_sentence(scene.context)  # "When is the museum open? Look it up."
        bound[query.parameter.name] = Bound(scene.text[slice(*span)], "composed", span)
    reason = by_semantic.get("ReturnReason")
    if reason is not None and reason.parameter.name not in bound and (scene.behind or scene.context):
        remark = scene.behind or scene.context  # "The zip is broken. Send it back."
        span = remark[0].start, remark[-1].end
        bound[reason.parameter.name] = Bound(scene.text[slice(*span)].strip(" .,;"), "mention", span)
    for slot in by_semantic.values():
        pointless = any(one.kind == "dangling" and len(one.text.split()) > 1 for one in scene.fillers)
        is_open = slot.semantic == "Body" and slot.parameter.name not in bound
        if is_open and scene.context and not pointless and _means_what_was_said(scene):
            said = scene.text[scene.context[0].start : scene.context[-1].end]
            bound[slot.parameter.name] = Bound(said, "composed", (scene.context[0].start, scene.context[-1].end))
            compose(scene, slots, bound)
        if slot.semantic == "Body" and slot.parameter.name not in bound and scene.done and _informs(scene.request):
            bound[slot.parameter.name] = Bound(f"This is done: {scene.earlier}", "composed")
            compose(scene, slots, bound)


def _subject_of(body: Bound) -> str:
    """The first words of a body, where it is known by now."""
    first = body.value
    if isinstance(first, Text):
        first = next((part for part in first.parts if isinstance(part, str)), "")
    words = " ".join(first.split()[:_SUBJECT_WORDS]) if isinstance(first, str) and body.source != "result" else ""
    return words.strip(" .,;:!?") or "For you"


def _last_sentence(tokens: Sequence[Token]) -> tuple[int, int]:
    """Where the last of several sentences stands that says something."""
    end = next((at for at in range(len(tokens), 0, -1) if tokens[at - 1].word[0].isalnum()), len(tokens))
    start = next((at for at in range(end - 1, 0, -1) if tokens[at - 1].word in (".", "?", "!", "\n")), 0)
    return tokens[start].start, tokens[end - 1].end


def _means_what_was_said(scene: Scene) -> bool:
    """Whether a request points back at words, rather than at a thing: ``post that``, but ``in that conversation``."""
    if scene.vague:
        return False
    tokens = scene.request.tokens
    inside = {at for one in scene.fillers for at in range(one.at, one.at + one.width)}
    for at, token in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        stands_alone = following is None or following.word in EMPTY or not following.word.isalpha()
        if at not in inside and (token.word == "it" or (token.word in ("that", "this") and stands_alone)):
            return True
    return False


def _informs(request: Request) -> bool:
    """Whether a request is for word of what was done."""
    return any(token.stem in INFORMING for token in request.tokens)


def is_usual(scene: Scene, slot: Slot) -> bool:
    """Whether requests of this sort hardly do without a text: what is to be written into a file."""
    usual = slot.argument in load_knowledge().usual.get(scene.request.of, ())
    return usual and slot.is_text and (slot.semantic == "FileContent" or bool(slot.form.wrap))
