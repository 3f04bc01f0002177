"""Binding arguments: the candidate values of each, from earlier results, the world, or the topic's texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice, product
from typing import Any, NamedTuple, get_args, get_type_hints

import orjson
from typing_extensions import is_typeddict

from agentalign_env.core.rng import Random
from agentalign_env.core.semantics import semantic_of
from agentalign_env.core.table import Row, Table
from agentalign_env.core.topics import Topic, load_topics
from agentalign_env.core.world import World
from agentalign_env.scenarios.intents import ArgumentSource, load_askings
from agentalign_env.scenarios.plans import Ref, Slot, Text, json_path
from agentalign_env.toolkit.tool import Tool

__all__ = ["SCOPED", "Binding", "Drawing", "Finding", "key_semantic", "same_scope", "wrapped"]

SCOPED = frozenset(
    (
        *("PostId", "CommentId", "PaymentId", "Handle"),
        *("MerchantShopId", "MenuItemId", "DeliveryOrderId"),
        *("ProductId", "ProductUrl", "ItemOption", "OrderId", "ReturnId"),
    )
)
"""Semantic types whose values mean something on one provider only."""

_PAIRED = frozenset({"subjects", "bodies"})  # texts of a topic that belong together by their number

_ABOUT, _LOOKED_AT, _DRAWN = 4, 400, 40  # rows that are about the topic, rows to draw from, rows drawn


class Finding(NamedTuple):
    """A typed value in an earlier result that later steps can use."""

    call: int
    tool: Tool
    semantic: str
    source: str  # the path in the operation's result
    path: tuple[str | int, ...]
    value: Any


class Binding(NamedTuple):
    """An argument with its value.

    Attributes:
        value: A plan value: literal, `Slot`, `Ref`, `Text`.
        words: How the instruction speaks of it; empty when it is not worded.
        slots: The slots that it brings.
        others: A value of the same kind that would be wrong, for near misses; empty where any would do.
        found: The findings that it uses.
        source: Where a slot's value was drawn from, such as ``person.email``; empty without a slot.
        spoken: The value alone as it is spoken of in `words`.
    """

    value: Any
    words: str
    slots: Mapping[str, Any]
    others: tuple[Any, ...]
    found: tuple[Finding, ...]
    source: str = ""
    spoken: str = ""


class Drawing:
    """Draws the values of one scenario; remembers what was used, so that no person or text is taken twice by accident.

    Args:
        world: The world in which the plan runs; read only.
        topic: What the scenario is about.
        rng: The scenario's stream.
        relation: The relation of the person to prefer as the first recipient, or empty.
    """

    def __init__(self, world: World, topic: Topic, rng: Random, relation: str = "") -> None:
        self.world, self.topic, self.rng = world, topic, rng
        self.findings: list[Finding] = []
        self._used: set[Any] = set()
        people = list(world.background.people[:60])
        rng.shuffle(people)
        self._people = sorted(people, key=lambda person: person.relation != relation) if relation else people
        self._mails = rng.sample(range(len(topic.subjects)), len(topic.subjects))
        self._topics = [other for other in load_topics().values() if other.id != topic.id]

    def bindings(self, tool: Tool, argument: str, source: ArgumentSource, call: int) -> Iterator[Binding]:
        """Candidate bindings of an argument, the preferred first; empty when nothing fits.

        Raises:
            LookupError: The source's name is not known.
        """
        name = f"{argument}_{call + 1}"
        for kind in source.sources:
            if kind == "flow":
                for finding in self._flows(tool, argument, source):
                    yield self._flow(finding, tool, argument, source)
                continue
            pool = list(self._pool(kind, tool, source))
            for value, words in pool[:6]:
                if source.silent:
                    yield Binding(wrapped(value, source), "", {}, (), ())
                else:
                    others = self._others(kind, tool, source, value)
                    bound = wrapped(Slot(name), source)
                    yield Binding(
                        bound,
                        source.say.replace("{value}", words),
                        {name: value},
                        tuple(wrapped(other, source) for other in others),
                        (),
                        kind.partition("[")[0].removeprefix("entity."),
                        words,
                    )

    def carrying(self, binding: Binding, finding: Finding, carried: str, source: ArgumentSource) -> Binding:
        """The same text, followed by something that was found."""
        (slot,) = binding.slots
        words = carried.replace("{text}", binding.words).replace("{found}", self._passed_on(finding))
        text = Text((Slot(slot), " ", Ref(finding.call, finding.path)))
        return binding._replace(value=wrapped(text, source), words=words, found=(finding,))

    def unused_share(self, used: set[tuple[int, str]]) -> Finding | None:
        """The latest finding that is worth passing on and that nothing has used."""
        for call in sorted({finding.call for finding in self.findings}, reverse=True):
            if any(place == call for place, _ in used):
                continue
            mine = [finding for finding in self.findings if finding.call == call]
            for path in load_askings()[mine[0].tool.capability].share:
                for finding in mine:
                    if finding.source == path:
                        return finding
        return None

    def learn(self, call: int, tool: Tool, content: str) -> None:
        """Takes note of the typed values in a result."""
        result = orjson.loads(content)
        for source, semantic in tool.operation.outputs.items():
            shaped = tool.result_path(source)
            if shaped is None:
                continue
            path, value = json_path(shaped), result
            try:
                for part in path:
                    value = value[part]
            except (LookupError, TypeError):
                continue
            if value not in (None, "", []):
                self.findings.append(Finding(call, tool, semantic, source, path, value))

    def use(self, binding: Binding) -> None:
        """Marks what an accepted binding took."""
        for value in binding.slots.values():
            if isinstance(value, str):
                self._used.add(value)
                if binding.source.startswith("template."):  # what a command works on is taken, too
                    self._used.update(word for word in value.split() if word.startswith("/"))

    def _flows(self, tool: Tool, argument: str, source: ArgumentSource) -> Iterator[Finding]:
        """Findings that fit an argument, those of the latest call first."""
        parameter = tool.operation.parameters[argument]
        wanted = key_semantic(parameter.hint, source.wrap) if source.wrap else parameter.semantic
        for finding in sorted(self.findings, key=lambda found: -found.call):
            if finding.semantic == "FilePath" and "/." in str(finding.value):
                continue  # hidden files are nobody's document
            if finding.semantic == wanted and (wanted not in SCOPED or same_scope(finding.tool, tool)):
                yield finding

    def _flow(self, finding: Finding, tool: Tool, argument: str, source: ArgumentSource) -> Binding:
        others = [value for value, _ in self._entities(finding.semantic, tool) if value != finding.value][:1]
        value = wrapped(Ref(finding.call, finding.path), source)
        return Binding(
            value,
            source.say.replace("{value}", self._spoken(finding)),
            {},
            tuple(wrapped(other, source) for other in others),
            (finding,),
        )

    def _spoken(self, finding: Finding) -> str:
        phrases = load_askings()[finding.tool.capability].results.get(finding.source)
        if not phrases:
            raise LookupError(f"{finding.tool.capability}: no words for {finding.source}: add them to its results")
        return self.rng.choice(phrases)

    def _passed_on(self, finding: Finding) -> str:
        """How a text speaks of what it carries: of media, it carries the link."""
        return f"the link of {self._spoken(finding)}" if finding.semantic == "MediaUrl" else self._spoken(finding)

    def _entities(self, semantic: str, tool: Tool) -> Iterator[tuple[Any, str]]:
        """Entities of the world of this semantic type, in the tool's scope."""
        for name, field in _columns(tuple(self.world.base.table_by_name.values())).get(semantic, ()):
            yield from self._column(name, field, tool)

    def _column(self, table_name: str, field: str, tool: Tool, condition: str = "") -> Iterator[tuple[Any, str]]:
        """Values of a column, those about the topic first, in the tool's scope; with ``field=value`` as a condition."""
        table, store = self.world.base.table_by_name[table_name], self.world.store
        scope = {key: value for key, value in tool.pins.items() if key in table.fields}
        if condition:
            key, _, value = condition.partition("=")
            scope = {key: value, **scope}
        places = [(table.fields.index(key), value) for key, value in scope.items()]

        def fits(row: Row) -> bool:
            return all(row[place] == value for place, value in places)

        about: list[Row] = []
        if table.text:
            page = store.search(table, self.topic.tags[0], limit=_ABOUT, among=scope)
            about = page.rows
        rows = store.where(table, *next(iter(scope.items()))) if scope else store.rows(table)
        drawn = list(islice((row for row in rows if fits(row)), _LOOKED_AT))
        self.rng.shuffle(drawn)
        at = table.fields.index(field)
        for row in about + drawn[:_DRAWN]:
            if row[at] not in ("", None, ()) and row[at] not in self._used:
                yield row[at], str(row[at])

    def _pool(self, kind: str, tool: Tool, source: ArgumentSource) -> Iterator[tuple[Any, str]]:
        """Values of a kind with their wording."""
        head, _, rest = kind.partition(".")
        if head == "owner":
            value = getattr(self.world.owner, rest) if rest != "home" else self.world.background.home
            yield value, str(value)
        elif head == "person":
            fresh = [person for person in self._people if getattr(person, rest) not in self._used]
            for person in fresh:
                value = getattr(person, rest)
                yield value, value if rest.endswith("name") else f"{person.name} ({value})"
        elif head == "organisation":
            for organisation in self.world.background.organisations:
                value = getattr(organisation, rest)
                yield value, f"{organisation.name} ({value})"
        elif head == "topic":
            yield from self._texts(self.topic, rest)
        elif head == "entity":
            column, _, condition = rest.removesuffix("]").partition("[")
            table, _, field = column.partition(".")
            yield from self._column(table, field, tool, condition)
        elif head == "file":
            yield from self._documents(tool) if rest == "existing" else self._new_files()
        elif kind == "amount":
            yield from self._amounts()
        elif head == "template":
            filled = self.rng.sample(source.templates, len(source.templates))
            for template, (value, _) in product(filled, list(islice(self._pool(rest, tool, source), 4))):
                text = template.replace("{value}", str(value))
                yield text, f"`{text}`"
        elif kind == "choice":
            yield from ((value, str(value)) for value in self.rng.sample(source.choices, len(source.choices)))
        else:
            raise LookupError(f"{kind!r} is not a source: see ArgumentSource")

    def _documents(self, tool: Tool) -> Iterator[tuple[str, str]]:
        """The owner's own documents: regular files below the home directory, none of them hidden."""
        home = f"{self.world.background.home}/"
        for path, words in self._column("files", "path", tool):
            hidden = "/." in path
            if path.startswith(home) and not hidden and self.world.files.info(path) is not None:
                yield path, words

    def _new_files(self) -> Iterator[tuple[str, str]]:
        for path in self.rng.sample(self.topic.files, len(self.topic.files)):
            folder, _, name = path.rpartition("/")
            stem, dot, ending = name.rpartition(".")
            version = self.rng.choice(("draft", "new", "v2", "copy", "latest"))
            value = f"{self.world.background.home}/{folder or 'notes'}/{stem}-{version}{dot}{ending}"
            yield value, value

    def _amounts(self) -> Iterator[tuple[float, str]]:
        """Amounts in whole or half units; whole ones are worded without decimals."""
        low, high = self.topic.amounts
        for _ in range(6):
            halves = self.rng.randrange(low * 2, high * 2 + 1)
            yield (halves / 2, f"{halves / 2:.2f}") if halves % 2 else (halves // 2, str(halves // 2))

    def _texts(self, topic: Topic, field: str) -> Iterator[tuple[str, str]]:
        texts: tuple[str, ...] = getattr(topic, field)
        if field in _PAIRED:
            pairs = [(topic.subjects[at], topic.bodies[at], texts[at]) for at in self._mails]
            order = [text for subject, body, text in pairs if not {subject, body} & self._used]
        else:
            order = self.rng.sample(texts, len(texts))
        yield from ((text, f'"{text}"') for text in order if text not in self._used)

    def _others(self, kind: str, tool: Tool, source: ArgumentSource, value: Any) -> tuple[Any, ...]:
        """Values of the same kind that an instruction with `value` does not ask for."""
        head, _, rest = kind.partition(".")
        if kind == "amount":
            return (value + 1,)
        if head == "topic":
            return tuple(getattr(topic, rest)[0] for topic in self.rng.sample(self._topics, 5))
        if kind == "file.new":
            stem, dot, ending = str(value).rpartition(".")
            return (f"{stem}-2{dot}{ending}",)
        return tuple(other for other, _ in self._pool(kind, tool, source) if other != value)[:5]


@lru_cache(maxsize=4)
def _columns(tables: tuple[Table[Any], ...]) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """By semantic type, the (table, field) pairs that hold it."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for table in tables:
        hints = get_type_hints(table.row, include_extras=True)
        for field in table.fields:
            semantic = semantic_of(hints[field])
            if semantic:
                found[semantic] = (*found.get(semantic, ()), (table.name, field))
    return found


def key_semantic(hint: Any, key: str) -> str | None:
    """The semantic type of a key of the objects in a list argument."""
    if is_typeddict(hint):
        return semantic_of(get_type_hints(hint, include_extras=True)[key])
    found = (key_semantic(inner, key) for inner in get_args(hint))
    return next((semantic for semantic in found if semantic), None)


def same_scope(one: Tool, other: Tool) -> bool:
    """Whether what one tool names means the same to the other: no pin of theirs differs."""
    return all(other.pins[key] == value for key, value in one.pins.items() if key in other.pins)


def wrapped(value: Any, source: ArgumentSource) -> Any:
    """A value in the form that its argument has: a key of an object, an element of a list."""
    if source.wrap:
        value = {source.wrap: value, **source.beside}
    return [value] if source.many else value
