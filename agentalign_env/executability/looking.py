"""Looking things up: values that a reading tool at hand finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from agentalign_env.executability.fillers import Filler
from agentalign_env.executability.fitting import Slot, ToFind, fits, same_meaning, slots_of
from agentalign_env.executability.knowledge import load_knowledge
from agentalign_env.executability.references import Done, Run
from agentalign_env.executability.report import Bound, Finding, FindingKind
from agentalign_env.executability.scene import Scene
from agentalign_env.executability.wanted import Wanted, wanted_by
from agentalign_env.scenarios.bindings import wrapped
from agentalign_env.scenarios.plans import Ref, json_path, values_at
from agentalign_env.toolkit.tool import Tool

__all__ = ["Found", "find_described", "look_up", "names_the_kind"]

_ROWS = 50  # of a list that are looked at
_MOST_CHOICES = 5  # things that fit alike among which one may be the only one that will do
_OF_OTHERS = frozenset(("EmailAddress", "PhoneNumber", "ChatId", "Handle"))
_LIKE_ENOUGH = 0.5  # how much of a description a row must fit


class Found(NamedTuple):
    """What looking up gave.

    Attributes:
        bound: The value, or ``None``.
        calls: The calls that found it.
        finding: Why there is none.
        choices: Where several fit, each of them, unless they are too many.
    """

    bound: Bound | None
    calls: tuple[Done, ...] = ()
    finding: Finding | None = None
    choices: tuple[Bound, ...] = ()


class _Said(dict[str, str]):
    """What a description says; nothing of all else."""

    def __missing__(self, key: str) -> str:
        return ""


def find_described(to_find: ToFind, span: tuple[int, int], tools: Mapping[str, Tool], run: Run) -> Found:
    """Carries out a lookup whose words were recognised.

    Args:
        to_find: The lookup and what its words say.
        span: Where they stand.
        tools: What is at hand.
        run: Carries a call out.
    """
    calls: list[Done] = []
    for call in to_find.lookup.calls:
        tool = next(
            (
                tool
                for tool in tools.values()
                if tool.capability == call.capability and all(name in tool.names for name in call.arguments)
            ),
            None,
        )
        if tool is None:
            message = f"no tool at hand does {call.capability}, which would find this"
            return Found(None, tuple(calls), Finding("missing_parameter", span, message))
        arguments: dict[str, Any] = {}
        for name, value in call.arguments.items():
            if isinstance(value, str):
                arguments[tool.names[name]] = " ".join(value.format_map(_Said(to_find.fields)).split())
            elif isinstance(value, int):
                arguments[tool.names[name]] = value
            else:
                source = calls[value.call]
                shaped = source.tool.result_path(value.path)
                if shaped is None or not values_at(source.result.value, value.path):
                    return Found(None, tuple(calls), _nothing(span, to_find.fields))
                arguments[tool.names[name]] = Ref(source.number, json_path(shaped))
        calls.append(run(tool, arguments))
        if calls[-1].result.code:
            return Found(None, tuple(calls), _nothing(span, to_find.fields))
    last = calls[-1]
    path = to_find.lookup.value.format(**to_find.fields)
    shaped = last.tool.result_path(path)
    values = values_at(last.result.value, path)
    if shaped is None or not values:
        return Found(None, tuple(calls), _nothing(span, to_find.fields))
    value = wrapped(Ref(last.number, json_path(shaped)), to_find.form)
    return Found(Bound(value, "lookup", span), tuple(calls))


def _nothing(span: tuple[int, int], fields: Mapping[str, str]) -> Finding:
    said = ", ".join(repr(value) for name, value in fields.items() if name != "field" and value)
    return Finding("missing_entity", span, f"nothing in this world is found by {said or 'this description'}")


def look_up(scene: Scene, tool: Tool, slot: Slot, used: Sequence[Filler], tools: Mapping[str, Tool], run: Run) -> Found:
    """Finds the value of a slot through a reading tool, by what the request says about it.

    Args:
        scene: The request and what stands around it.
        tool: The tool whose slot is open.
        slot: The slot.
        used: The fillers that serve other slots.
        tools: What is at hand.
        run: Carries a call out.
    """
    worst: Found | None = None
    for filler in scene.fillers:
        if filler.described is None or any(filler is one for one in used):
            continue
        for fit in fits(filler, slot, tool):
            found = find_described(fit.value, filler.span, tools, run)
            if found.bound is not None:
                return found
            worst = worst or found
    if slot.semantic == "Query":
        return worst or Found(None)  # what to search for is said, not searched for
    wanted = wanted_by(scene, used, slot.semantic)
    for reader, path in _readers(slot, tool, tools):
        for query in _queries(reader, wanted):
            arguments = _arguments(reader, scene, query)
            if arguments is None:
                continue
            done = run(reader, arguments)
            if done.result.code:
                continue
            found = _choose(done, path, slot, wanted, query, is_named=names_the_kind(scene, slot))
            if found.bound is not None:
                return found
            if worst is None or (found.finding and found.finding.kind == "ambiguous"):
                worst = found
    return worst or Found(None)


def _readers(slot: Slot, tool: Tool, tools: Mapping[str, Tool]) -> list[tuple[Tool, str]]:
    """The reading tools that show such values, those that show exactly such ones first."""
    found = []
    for reader in tools.values():
        if reader.operation.writes:
            continue
        outputs = reader.operation.outputs
        needs = [one.semantic for one in slots_of(reader).values() if one.parameter.required]
        if slot.semantic in needs or (slot.semantic in _OF_OTHERS and not needs and _shows_the_owner(reader)):
            continue  # it only says again what it was told, or who the owner is
        paths = [
            path
            for path in outputs
            if same_meaning(outputs[path], reader, slot, tool) and reader.result_path(path) is not None
        ]
        if paths:
            found.append((reader, min(paths, key=lambda path: outputs[path] != slot.semantic)))
    return sorted(found, key=lambda one: one[0].operation.outputs[one[1]] != slot.semantic)


def _shows_the_owner(reader: Tool) -> bool:
    """Whether a tool shows one thing of the owner's rather than a list."""
    return not any("[]" in path for path in reader.operation.outputs)


def _queries(reader: Tool, wanted: Wanted) -> list[str]:
    """What to search for, the most telling first; everything, where the reader lists."""
    slot = next((slot for slot in slots_of(reader).values() if _is_query(slot)), None)
    words = " ".join(wanted.words)
    queries = [*wanted.phrases, *([] if slot is None or not slot.parameter.required else [*wanted.names, words])]
    if slot is None or not slot.parameter.required:
        queries = [*(query for query in wanted.phrases if slot is not None), ""]
    return list(dict.fromkeys(query for query in queries if query or slot is None or not slot.parameter.required))[:4]


def _is_query(slot: Slot) -> bool:
    return slot.argument == "query" or slot.semantic == "Query"


def _arguments(reader: Tool, scene: Scene, query: str) -> dict[str, Any] | None:
    """The arguments of a reading call; ``None`` where one that it requires cannot be given."""
    arguments: dict[str, Any] = {}
    for slot in slots_of(reader).values():
        name = slot.parameter.name
        if _is_query(slot):
            if query:
                arguments[name] = query
        elif slot.argument in ("limit", "count", "page_size") and not query:
            arguments[name] = int(slot.parameter.schema.get("maximum", _ROWS))
        elif slot.parameter.required:
            fit = next((fit for filler in scene.fillers for fit in fits(filler, slot, reader)), None)
            if fit is None or isinstance(fit.value, ToFind):
                if slot.semantic != "PostalAddress":
                    return None
                arguments[name] = scene.world.owner.city
            else:
                arguments[name] = fit.value
    return arguments


def names_the_kind(scene: Scene, slot: Slot) -> bool:
    """Whether a request speaks of a certain thing of a slot's kind: ``my order``, ``the earlier payment``."""
    nouns, tokens = load_knowledge().nouns, scene.request.tokens
    return any(
        token.mention is None
        and slot.semantic in nouns.get(token.stem, ())
        and any(one.word in ("my", "our", "the", "that") for one in tokens[max(0, at - 2) : at])
        for at, token in enumerate(tokens)
    )


def _part_meant(row: Any, path: str, wanted: Wanted) -> int | None:
    """Which of the things inside a row is meant: of a restaurant's dishes, the one that is named best."""
    _, _, within = path.partition("[].")
    inner, several, _ = within.partition("[]")
    if not several:
        return None
    scores = wanted.words_shared(values_at(row, f"{inner}[]"), besides=row)
    best = max(scores, default=0)
    return scores.index(best) if best and scores.count(best) == 1 else None


def _choose(done: Done, path: str, slot: Slot, wanted: Wanted, query: str, *, is_named: bool) -> Found:
    """The one value that is meant: the only one, the one that is described best, or the one that ranks first."""
    head, brackets, _ = path.partition("[]")
    rows = values_at(done.result.value, f"{head}[]") if brackets else [done.result.value]
    rows = rows[:_ROWS]
    shaped = done.tool.result_path(path)
    assert shaped is not None
    place = json_path(shaped)

    def bound_to(row: int, part: int = 0) -> Bound:
        return Bound(wrapped(Ref(done.number, _at_indices(place, row, part)), slot.form), "lookup", wanted.span)

    if not rows:
        what = f"by {query!r}" if query else "at all"
        return Found(
            None, (done,), Finding("missing_entity", wanted.span, f"{done.tool.name} finds nothing {what} here")
        )
    scores = wanted.likenesses(rows)
    called = wanted.rows_called(rows) if brackets else []
    if called and max(scores) < _LIKE_ENOUGH:
        scores = [1.0 if number in called else 0.0 for number in range(len(rows))]
    best = max(scores)
    like = [number for number, score in enumerate(scores) if score == best]
    nothing_said = wanted.is_empty or (wanted.loose and best < _LIKE_ENOUGH)
    if brackets and not query and not nothing_said and best < _LIKE_ENOUGH:
        message = f"{done.tool.name} shows nothing like {wanted.said!r}"
        return Found(None, (done,), Finding("missing_entity", wanted.span, message))
    distinct = (
        {str(value) for number in like for value in values_at({head: [rows[number]]}, path)} if brackets else {""}
    )
    part = _part_meant(rows[like[0]], path, wanted) if len(like) == 1 else None
    if part is not None:
        return Found(bound_to(like[0], part), (done,))
    best_first = done.tool.capability == "Search.web_search" and bool(query)  # as people take the first hit
    if len(distinct) > 1 and not wanted.ranked and not best_first:
        kind: FindingKind = "missing_parameter" if nothing_said and not is_named else "ambiguous"
        message = f"{done.tool.name} shows {len(distinct)} that fit: say which one, by its id or as the newest"
        few = like if len(like) <= _MOST_CHOICES and not nothing_said else []
        return Found(None, (done,), Finding(kind, wanted.span, message), tuple(bound_to(number) for number in few))
    return Found(bound_to(like[0]), (done,))


def _at_indices(path: tuple[str | int, ...], *indices: int) -> tuple[str | int, ...]:
    """A path through the first rows of lists, leading through other rows instead."""
    parts = list(path)
    places = [number for number, part in enumerate(parts) if part == 0 and isinstance(part, int)]
    for number, index in zip(places, indices, strict=False):
        parts[number] = index
    return tuple(parts)
