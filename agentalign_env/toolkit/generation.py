"""Further tools, made from a seed: the same operations behind other names, parameters, descriptions and results.

A generated tool keeps what its model does (the pins, the values of enums, what must be given) and changes how it is
told. So an agent that learned the tools by heart meets tools that it has never seen, over the same world.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from agentalign_env.core.operation import Operation
from agentalign_env.core.rng import Random, stream
from agentalign_env.resources import data_root, read_toml, toml_files
from agentalign_env.toolkit.catalogue import ToolCatalogue, load_tools
from agentalign_env.toolkit.faces import FaceFile, FaceSpec, ParameterSpec, ResultList, ResultSpec
from agentalign_env.toolkit.tool import Tool, ToolSet
from agentalign_env.toolkit.words import Words, load_words

__all__ = ["GeneratedTool", "generate_tools"]

_NAME_CHARS = 64
_MOST_OPTIONS = 2
_UNBOUNDED = 1_000_000  # bounds beyond it are no news to a caller
_PROTECTED = r"\{[^}]*\}|~?/[\w./-]+|\b[a-z0-9]+(?:_[a-z0-9]+)+\b"


class GeneratedTool(Tool):
    """A tool made by `generate_tools`.

    Args:
        face: As for `Tool`.
        provider: The invented provider.
        operation: What runs.
        model: The tool that it was made from.
        envelope: The key under which the whole result lies; empty for none.
        origin: The arguments of `generate_tools`.

    Attributes:
        model: The name of the tool that it was made from.
    """

    def __init__(
        self,
        face: FaceSpec,
        provider: str,
        operation: Operation[..., Any],
        *,
        model: Tool,
        envelope: str,
        origin: tuple[int, int],
    ) -> None:
        super().__init__(face, provider, operation)
        self.model = model.name
        self._envelope, self._origin = envelope, origin

    def result_path(self, path: str) -> str | None:
        """As `Tool.result_path`."""
        inner = super().result_path(path)
        return f"{self._envelope}.{inner}" if self._envelope and inner is not None else inner

    def _compile_shape(self) -> Callable[[Any], Any]:
        shape = super()._compile_shape()
        return _within(self._envelope, shape) if self._envelope else shape

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _generated, (*self._origin, self.name)


def _within(envelope: str, shape: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda result: {envelope: shape(result)}


def _generated(seed: int, per_capability: int, name: str) -> Tool:
    return generate_tools(seed, per_capability=per_capability)[name]


class _Maker(NamedTuple):
    """An invented provider: its title, and its habits."""

    title: str
    pattern: str  # of tool names
    camel: bool  # whether parameters and results are written in camel case
    envelope: str
    words: Words

    @property
    def slug(self) -> str:
        """The title as tool names hold it."""
        return self.title.lower()

    def spelled(self, name: str) -> str:
        """A name in snake case as this provider writes it."""
        first, *rest = name.split("_")
        return first + "".join(part[:1].upper() + part[1:] for part in rest) if self.camel else name


class _Draft(NamedTuple):
    """A tool to be made: its model, its provider, its name and the names of its parameters."""

    model: Tool
    maker: _Maker
    name: str
    names: Mapping[str, str]  # the model's parameter -> this tool's
    number: int  # which of the capability's tools


@lru_cache(maxsize=32)
def generate_tools(seed: int, *, per_capability: int = 1) -> ToolSet:
    """Tools of every capability that the catalogue has, by name; the same for the same arguments in every process.

    Providers that belong together in the catalogue stay together: where one order of preference allows it, results of
    one tool can feed another.

    Args:
        seed: Chooses the models, names and words.
        per_capability: How many tools of each capability.
    """
    catalogue, words = load_tools(), load_words()
    drafts: list[_Draft] = []
    taken = {*catalogue}
    for model, maker, number in _choices(seed, catalogue, words, per_capability):
        rng = stream("faces", "names", seed, model.capability, number)
        name = _tool_name(model, maker, rng, taken)
        taken.add(name)
        drafts.append(_Draft(model, maker, name, _parameter_names(model, maker, rng), number))
    by_model = {draft.model.name: draft.name for draft in drafts[::-1]}
    same = {capability: draft.name for draft in drafts[::-1] for capability in (draft.model.capability,)}
    known = {name: by_model.get(name, same[tool.capability]) for name, tool in catalogue.items()}
    made = {}
    for draft in drafts:
        rng = stream("faces", "words", seed, draft.model.capability, draft.number)
        face = _face(draft, _specs()[draft.model.name], known, rng)
        made[draft.name] = GeneratedTool(
            face,
            draft.maker.title,
            draft.model.operation,
            model=draft.model,
            envelope=draft.maker.envelope,
            origin=(seed, per_capability),
        )
    return ToolSet(sorted(made.items()))


@lru_cache(maxsize=1)
def _specs() -> Mapping[str, FaceSpec]:
    """The faces of the catalogue's tools, by name."""
    contents = (read_toml(path) for path in toml_files(data_root("tools")))
    return {face.name: face for content in contents if "tool" in content for face in FaceFile(**content).tool}


def _choices(
    seed: int, catalogue: ToolCatalogue, words: Words, per_capability: int
) -> Iterator[tuple[Tool, _Maker, int]]:
    """The models: of each capability those whose providers come first in the seed's order."""
    providers = sorted({tool.provider for tool in catalogue.values()})
    order = stream("faces", "order", seed).sample(providers, len(providers))
    makers: dict[tuple[str, int], _Maker] = {}
    rng = stream("faces", "providers", seed)
    prefixes = rng.sample(words.prefixes, len(words.prefixes))
    for capability in catalogue.capabilities:
        drawn = stream("faces", "models", seed, capability)
        tools = drawn.sample(catalogue.of(capability), len(catalogue.of(capability)))
        tools.sort(key=lambda tool: order.index(tool.provider))
        for number in range(per_capability):
            model, lap = tools[number % len(tools)], number // len(tools)
            key = (model.provider, lap)
            if key not in makers:
                makers[key] = _maker(
                    len(makers), prefixes, capability.partition(".")[0], words, stream("faces", seed, *key)
                )
            yield model, makers[key], number


def _maker(number: int, prefixes: list[str], category: str, words: Words, rng: Random) -> _Maker:
    lap, place = divmod(number, len(prefixes))
    suffix = rng.choice(words.suffixes.get(category, ("works",)))
    title = f"{prefixes[place]}{suffix}{lap + 1 if lap else ''}"
    return _Maker(title, rng.choice(words.tool_names), rng.random() < 0.4, rng.choice(words.envelopes), words)


def _tool_name(model: Tool, maker: _Maker, rng: Random, taken: set[str]) -> str:
    """A name from the verb of the model's own, the noun of its capability, and the provider."""
    words = maker.words
    action = model.capability.partition(".")[2]
    task, _, about = ("search", "", action) if action in words.nouns else action.partition("_")
    verb = next((part for part in model.name.split("_") if part in words.verbs), task)
    verbs, nouns = words.verbs.get(verb, (verb,)), words.nouns.get(about, (about,))
    options = [
        pattern.format(provider=maker.slug, verb=one, noun=other)
        for pattern in (maker.pattern, *words.tool_names)
        for one in rng.sample(verbs, len(verbs))
        for other in rng.sample(nouns, len(nouns))
    ]
    options += [f"{options[0]}_{number}" for number in range(2, len(taken) + 3)]
    return next(name for name in options if name not in taken and len(name) <= _NAME_CHARS)


def _parameter_names(model: Tool, maker: _Maker, rng: Random) -> dict[str, str]:
    """New names of the parameters. An option that the operation reads by its name keeps it."""
    kept = {
        name for name, parameter in model.parameters.items() if parameter.argument is None and model.operation.options
    }
    names = {name: name for name in kept}
    for name, parameter in model.parameters.items():
        if name not in kept:
            options = maker.words.renamed(parameter.argument or name, rng)
            used = {*names.values(), *model.parameters}
            names[name] = next(
                spelled
                for number in range(len(used) + 2)
                for option in options
                if (spelled := maker.spelled(option) + (str(number + 1) if number else "")) not in used
            )
    return names


def _face(draft: _Draft, spec: FaceSpec, known: Mapping[str, str], rng: Random) -> FaceSpec:
    """The face of a draft. Options of the model that have no effect give way to others."""
    model, words = draft.model, draft.maker.words
    telling = _Telling(draft, known, rng)
    parameters = {}
    for name, old in spec.parameters.items():
        if old.option is not None and not model.operation.options:
            continue
        argument = None if old.option is not None else old.argument or name
        parameters[draft.names[name]] = old.model_copy(
            update={"argument": argument, "description": telling.parameter(name, old)}
        )
    if not model.operation.options:
        for option in rng.sample(words.options, rng.randint(1, _MOST_OPTIONS)):
            name = draft.maker.spelled(option.name)
            if name not in parameters:
                parameters[name] = ParameterSpec(description=option.description, option=option.schema_)
    order = rng.sample(list(parameters), len(parameters))
    return spec.model_copy(
        update={
            "name": draft.name,
            "provider": draft.maker.title,
            "description": telling.tool(spec.description),
            "parameters": {name: parameters[name] for name in order},
            "result": _result(spec.result, model.operation, draft.maker, rng),
        }
    )


def _result(spec: ResultSpec, operation: Operation[..., Any], maker: _Maker, rng: Random) -> ResultSpec:
    """The same values under other keys, in another order."""
    given = spec or {name: name for name in operation.fields}
    keys = _keys(
        {name: source if isinstance(source, str) else source.source for name, source in given.items()}, maker, rng
    )
    found: dict[str, str | ResultList] = {}
    for name in rng.sample(list(given), len(given)):
        source = given[name]
        if isinstance(source, str):
            found[keys[name]] = source
        else:
            inner = _keys(source.items, maker, rng)
            items = {inner[key]: source.items[key] for key in rng.sample(list(source.items), len(source.items))}
            found[keys[name]] = source.model_copy(update={"items": items})
    return found


def _keys(given: Mapping[str, str], maker: _Maker, rng: Random) -> dict[str, str]:
    """A new key for each, none of them twice; made from what the operation calls the value."""
    keys: dict[str, str] = {}
    for name, source in given.items():
        used = {*keys.values(), name}
        keys[name] = next(
            spelled
            for number in range(len(given) + 2)
            for option in maker.words.renamed(source, rng, whole=False)
            if (spelled := maker.spelled(option) + (str(number + 1) if number else "")) not in used
        )
    return keys


class _Telling:
    """Says anew what a tool and its parameters are for."""

    def __init__(self, draft: _Draft, known: Mapping[str, str], rng: Random) -> None:
        self._draft, self._known, self._rng = draft, known, rng
        schemas = [parameter.schema for parameter in draft.model.parameters.values()]
        self._values = {value for schema in schemas for value in _allowed(schema) if isinstance(value, str) and value}

    def tool(self, text: str) -> str:
        """The description of the tool; it names the provider."""
        told = self._told(text)
        title = self._draft.maker.title
        if title in told:
            return told
        return self._rng.choice(self._draft.maker.words.mentions).format(text=told, provider=title)

    def parameter(self, name: str, spec: ParameterSpec) -> str:
        """The description of a parameter, followed by its default, values, form and bounds."""
        told = self._told(spec.description)
        return " ".join([told if told[-1:] in ".!?" else f"{told}.", *self._facts(name, told)])

    def _facts(self, name: str, told: str) -> Iterator[str]:
        words, schema = self._draft.maker.words, self._draft.model.parameters[name].schema
        values = _allowed(schema)
        if values and not all(str(value) in told for value in values):
            yield self._rng.choice(words.choices).format(values=", ".join(map(str, values)))
        if schema.get("examples") and str(schema["examples"][0]) not in told:
            yield self._rng.choice(words.examples).format(value=schema["examples"][0])
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and high is not None and high <= _UNBOUNDED and str(high) not in told:
            yield self._rng.choice(words.bounds).format(low=low, high=high)
        default = schema.get("default")
        if isinstance(default, str | int | float) and default != "":
            shown = str(default).lower() if isinstance(default, bool) else default
            yield self._rng.choice(words.defaults).format(value=shown)

    def _told(self, text: str) -> str:
        """A text reworded, but for values, paths and names; those of tools and parameters are the new ones."""
        draft = self._draft
        title = draft.maker.title
        article = "an " if title[0] in "AEIO" else "a "
        text = re.sub(rf"\ban? {re.escape(draft.model.provider)}(?!\w)", article + title, text)
        text = re.sub(rf"(?<!\w){re.escape(draft.model.provider)}(?!\w)", title, text)
        values = sorted(self._values, key=len, reverse=True)
        protected = [_PROTECTED, *(rf"(?<![\w']){re.escape(value)}(?![\w'])" for value in values)]
        pieces = re.split(f"({'|'.join(protected)})", text)
        told = [
            self._named(piece) if number % 2 else draft.maker.words.reworded(piece, self._rng)
            for number, piece in enumerate(pieces)
        ]
        whole = "".join(told)
        return whole[:1].upper() + whole[1:] if text[:1].isupper() else whole

    def _named(self, piece: str) -> str:
        """What a protected piece is called here: parameters and tools by their new names, all else as it is."""
        return piece if piece in self._values else self._draft.names.get(piece, self._known.get(piece, piece))


def _allowed(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values that a schema lists, of itself or of its elements."""
    inner = schema.get("items")
    return tuple(schema.get("enum") or (inner.get("enum") if isinstance(inner, Mapping) else None) or ())
