"""Looking things up: values that a reading tool at hand finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from agentalign_env.executability.binding import Scene
from agentalign_env.executability.fillers import Done, Filler
from agentalign_env.executability.fitting import Slot, ToFind, fits, same_meaning, slots_of
from agentalign_env.executability.report import Bound, Finding
from agentalign_env.executability.texts import content_words
from agentalign_env.scenarios.bindings import wrapped
from agentalign_env.scenarios.plans import Ref, json_path, values_at
from agentalign_env.toolkit.tool import Tool

__all__ = ["Found", "Run", "find_described", "look_up"]

Run = Callable[[Tool, Mapping[str, Any], Mapping[str, Bound]], Done]
"""Carries a reading call out, and gives back its record; its number is where it would stand in the plan."""

_RANKING = frozenset(
    "newest latest last recent first top cheapest best nearest next current upcoming oldest earliest highest lowest only"
    " any some whichever whatever".split()
)
_NOISE = frozenset(
    "newest latest last recent first top old previous order orders payment payments mail mails email emails message"
    " messages post posts file files page pages item items product products transaction transactions address contact"
    " contacts refund cancel track return pay capture open read reply comment show check status current delivery"
    " delivered food saved wallet profile account video videos photo picture image again whatever paid ordered bought made"
    " got money id number".split()
)


class Found(NamedTuple):
    """What looking up gave.

    Attributes:
        bound: The value, or ``None``.
        calls: The calls that found it.
        finding: Why there is none.
    """

    bound: Bound | None
    calls: tuple[Done, ...] = ()
    finding: Finding | None = None


def find_described(
    to_find: ToFind, span: tuple[int, int], tools: Mapping[str, Tool], run: Run, form_wraps: bool = True
) -> Found:
    """Carries out a lookup whose words were recognised."""
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
                try:
                    arguments[tool.names[name]] = value.format(**to_find.fields)
                except KeyError:
                    return Found(None, tuple(calls), Finding("ungrounded_value", span, "the description says too little"))
            elif isinstance(value, int):
                arguments[tool.names[name]] = value
            else:
                source = calls[value.call]
                shaped = source.tool.result_path(value.path)
                if shaped is None or not values_at(source.result.value, value.path):
                    return Found(None, tuple(calls), _nothing(span, to_find.fields))
                arguments[tool.names[name]] = Ref(source.number, json_path(shaped))
        calls.append(run(tool, arguments, {}))
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


def look_up(
    scene: Scene, tool: Tool, slot: Slot, used: Sequence[Filler], tools: Mapping[str, Tool], run: Run
) -> Found:
    """Finds the value of a slot through a reading tool, by what the request says about it."""
    worst: Found | None = None
    span = scene.request.start, scene.request.end
    described = [one for one in scene.fillers if one.described is not None and not any(one is other for other in used)]
    for filler in described:
        for fit in fits(filler, slot, tool):
            found = find_described(fit.value, filler.span, tools, run)
            if found.bound is not None:
                return found
            worst = worst or found
    for reader, path in _readers(slot, tool, tools):
        for query, where in _descriptions(scene, used):
            arguments = _arguments(reader, scene, query)
            if arguments is None:
                continue
            done = run(reader, arguments, {})
            if done.result.code:
                continue
            found = _choose(done, path, slot, scene, query, where or span)
            if found.bound is not None:
                return found
            if worst is None or (found.finding and found.finding.kind == "ambiguous"):
                worst = found
            if query and found.finding and found.finding.kind == "ambiguous":
                break
    return worst or Found(None)


def _readers(slot: Slot, tool: Tool, tools: Mapping[str, Tool]) -> Iterator[tuple[Tool, str]]:
    for reader in tools.values():
        if reader.operation.writes:
            continue
        for path in reader.operation.outputs:
            if same_meaning(reader.operation.outputs[path], reader, slot, tool) and reader.result_path(path) is not None:
                yield reader, path
                break


def _descriptions(scene: Scene, used: Sequence[Filler]) -> Iterator[tuple[str, tuple[int, int] | None]]:
    """What the thing may be found by, the most telling first."""
    free = [filler for filler in scene.fillers if not any(filler is one for one in used)]
    for filler in free:
        if filler.mention is not None and filler.mention.kind in ("Quoted", "ShopName", "FilePath", "Identifier"):
            yield str(filler.mention.value), filler.span
    taken = {at for filler in used for at in range(filler.at, filler.at + filler.width)}
    words = [
        token
        for token in content_words([token for at, token in enumerate(scene.request.tokens) if at not in taken and at])
        if token.word not in _NOISE
    ]
    names = [filler for filler in scene.fillers if filler.kind in ("person", "pronoun") and filler.people]
    for filler in names:
        name = filler.people[0].name
        if words:
            yield f"{name} {' '.join(token.word for token in words)}", filler.span
        yield name, filler.span
    if words:
        span = words[0].start, words[-1].end
        yield " ".join(token.word for token in words), span
        if len(words) > 1:
            for token in sorted(words, key=lambda token: -len(token.word))[:2]:
                yield token.word, (token.start, token.end)
    else:
        yield "", None


def _arguments(reader: Tool, scene: Scene, query: str) -> dict[str, Any] | None:
    arguments: dict[str, Any] = {}
    slots = slots_of(reader)
    for slot in slots.values():
        name = slot.parameter.name
        if slot.argument == "query" or slot.semantic == "Query":
            if query:
                arguments[name] = query
            elif slot.parameter.required:
                return None
        elif slot.parameter.required:
            fit = next((fit for filler in scene.fillers for fit in fits(filler, slot, reader)), None)
            if fit is None or isinstance(fit.value, ToFind):
                if slot.semantic != "PostalAddress":
                    return None
                arguments[name] = scene.world.owner.city
            else:
                arguments[name] = fit.value
    if query and not any(slot.argument == "query" or slot.semantic == "Query" for slot in slots.values()):
        return None
    return arguments


def _choose(
    done: Done, path: str, slot: Slot, scene: Scene, query: str, span: tuple[int, int]
) -> Found:
    """The one value that is meant: the only one, the one that ranks first, or the one that is called so exactly."""
    values = values_at(done.result.value, path)
    distinct = list(dict.fromkeys(map(str, values)))
    shaped = done.tool.result_path(path)
    assert shaped is not None
    if not distinct:
        what = f"by {query!r}" if query else "at all"
        return Found(None, (done,), Finding("missing_entity", span, f"{done.tool.name} finds nothing {what} here"))
    at = 0
    if len(distinct) > 1:
        words = {token.word for token in scene.request.tokens}
        exact = _exactly_called(done, path, query)
        if exact is not None:
            at = exact
        elif not words & _RANKING:
            kind = "ambiguous" if query else "missing_parameter"
            message = (
                f"{done.tool.name} finds {len(distinct)} that fit: say which one, by its id or as the newest"
                if query
                else f"{slot.parameter.name} is not given, and {done.tool.name} lists {len(distinct)}: say which one"
            )
            return Found(None, (done,), Finding(kind, span, message))  # type: ignore[arg-type]
    place = _at_index(json_path(shaped), at)
    return Found(Bound(wrapped(Ref(done.number, place), slot.form), "lookup", span), (done,))


def _exactly_called(done: Done, path: str, query: str) -> int | None:
    head, brackets, _ = path.partition("[]")
    if not query or not brackets:
        return None
    rows = values_at(done.result.value, f"{head}[]")
    wanted = query.casefold()
    called = [
        number
        for number, row in enumerate(rows)
        if isinstance(row, dict) and any(isinstance(value, str) and value.casefold() == wanted for value in row.values())
    ]
    return called[0] if len(called) == 1 else None


def _at_index(path: tuple[str | int, ...], index: int) -> tuple[str | int, ...]:
    parts = list(path)
    for number, part in enumerate(parts):
        if part == 0 and isinstance(part, int):
            parts[number] = index
            break
    return tuple(parts)
