"""How people ask for a capability: phrasings, sources of values, words for results; from ``scenarios/intents``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml, toml_files
from agentalign_env.toolkit.capabilities import load_capabilities
from agentalign_env.toolkit.catalogue import operations_by_capability

__all__ = ["ArgumentSource", "Asking", "Style", "Way", "load_askings", "load_style"]

_SOURCES = frozenset(
    {"amount", "choice", "entity", "file", "flow", "organisation", "owner", "person", "template", "topic"}
)
_REMEDY = "See docs/scenarios.md, 'How people ask', for the form."
_SOURCES_ARE = f"A source begins with one of: {', '.join(sorted(_SOURCES))}."


class _Strict(DataModel):
    model_config = ConfigDict(populate_by_name=True)


class ArgumentSource(_Strict):
    """Where one argument of an operation takes its value.

    Attributes:
        sources: In order of preference: ``flow`` (an earlier result of the same semantic type), ``owner.<field>``,
            ``person.<field>``, ``organisation.<field>``, ``topic.<texts>``, ``entity.<table>.<column>`` (also with a
            condition, ``entity.<table>.<column>[<field>=<value>]``), ``file.existing`` (a document of the owner's),
            ``file.new``, ``amount``, ``choice`` (one of `choices`), ``template.<source>`` (one of `templates`, with a
            value of that source).
        choices: Values for ``choice``.
        templates: Texts with ``{value}`` for ``template``.
        when: ``always``; ``required``: only when the tool requires it, or an earlier result fits; ``flow``: only when
            one fits.
        say: How it is worded; ``{value}`` is the value (or the phrase for an earlier result). Appended where no
            phrase of the way holds it.
        silent: Never worded: the agent knows it from elsewhere (the owner's own address).
        many: The argument is a list; the value becomes its one element.
        wrap: For a list of objects: the key under which the value goes.
        beside: The other keys of such an object, the same for every value.
        carries: A text that can carry what an earlier step found, such as a link.
    """

    sources: Annotated[tuple[str, ...], Field(alias="from")] = ()
    choices: tuple[Any, ...] = ()
    templates: tuple[str, ...] = ()
    when: Literal["always", "required", "flow"] = "always"
    say: str = "{value}"
    silent: bool = False
    many: bool = False
    wrap: str = ""
    beside: Mapping[str, Any] = {}
    carries: bool = False


class Way(_Strict):
    """One way to ask: imperatives in lower case with ``{argument}`` and ``{provider}``, and the arguments they need.

    Attributes:
        phrases: Alternatives; each names the same arguments.
        arguments: By the operation's argument name.
        after: Asked only when an earlier step gives a value of this semantic type; the way is preferred then.
    """

    phrases: Annotated[tuple[str, ...], Field(min_length=1)]
    arguments: Mapping[str, ArgumentSource] = {}
    after: str = ""


class Asking(_Strict):
    """Everything about asking for one capability.

    Attributes:
        ways: Alternatives.
        results: How a part of the result is spoken of later, by its path in the operation's result.
        share: Paths of what a later text may pass on, the best first.
        tools: Arguments that only one tool needs, by tool and argument.
    """

    ways: Annotated[tuple[Way, ...], Field(alias="way", min_length=1)]
    results: Mapping[str, tuple[str, ...]] = {}
    share: tuple[str, ...] = ()
    tools: Mapping[str, Mapping[str, ArgumentSource]] = {}


class Style(_Strict):
    """How whole instructions are put together, from ``scenarios/intents/style.toml``.

    Attributes:
        openings: Reasons for chains that bring none; ``{topic}`` is the topic's title.
        links: For each shape of a list of steps: the words between steps.
        closings: Endings, also empty ones.
        carried: How a text carries what was found: ``{text}`` and ``{found}``.
    """

    openings: tuple[str, ...]
    links: tuple[tuple[str, ...], ...]
    requests: tuple[str, ...]
    closings: tuple[str, ...]
    carried: tuple[str, ...]


@lru_cache(maxsize=1)
def load_style() -> Style:
    """How instructions are put together.

    Raises:
        DataFileError: The file is invalid.
    """
    path = data_root("scenarios").joinpath("intents", "style.toml")
    return validated(Style, read_toml(path), path.name, _REMEDY)


@lru_cache(maxsize=1)
def load_askings() -> Mapping[str, Asking]:
    """How to ask, by capability.

    Raises:
        DataFileError: A file is invalid, or names a capability, argument or result that does not exist.
    """
    found = {}
    for path in toml_files(data_root("scenarios").joinpath("intents")):
        if path.name == "style.toml":
            continue
        for capability, content in read_toml(path).items():
            if capability in found:
                raise DataFileError(path.name, capability, "another file says how to ask for it", "Keep one of them.")
            asking = found[capability] = validated(Asking, content, path.name, _REMEDY, key=capability)
            _check(path, capability, asking)
    return found


def _check(path: Traversable, capability: str, asking: Asking) -> None:
    if capability not in load_capabilities():
        raise DataFileError(path.name, capability, "no capability has this name", "See tools/capabilities.toml.")
    groups = [way.arguments for way in asking.ways] + list(asking.tools.values())
    for name, source in ((name, source) for arguments in groups for name, source in arguments.items()):
        for kind in source.sources:
            if kind.partition(".")[0] not in _SOURCES:
                raise DataFileError(path.name, f"{capability}.{name}", f"no source is named {kind!r}", _SOURCES_ARE)
    operation = operations_by_capability().get(capability)
    if operation is None:
        return  # asked for before a service implements it: harmless
    for name in (name for arguments in groups for name in arguments):
        if name not in operation.parameters:
            known = ", ".join(operation.parameters)
            raise DataFileError(
                path.name, f"{capability}.{name}", "the operation has no such argument", f"It has: {known}."
            )
    for place in (*asking.results, *asking.share):
        if place not in operation.outputs:
            raise DataFileError(
                path.name,
                f"{capability}.results",
                f"the result has no typed value at {place!r}",
                f"It has: {', '.join(operation.outputs)}.",
            )
