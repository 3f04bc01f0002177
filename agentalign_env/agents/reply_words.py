"""Phrases on single calls: templates of data, filled with what was asked and answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from agentalign_env.core.rng import Random
from agentalign_env.scenarios.plans import json_path
from agentalign_env.scenarios.responses import ActionWords, load_responses
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import JsonObject

__all__ = ["Act", "act_of", "chosen", "did", "error_of", "filled", "found", "joined", "looks", "will"]

_PART = re.compile(r"\[([^\[\]]*)\]")
_PLACE = re.compile(r"\{(>?)([\w.*]+)\}")
_SHOWN_CHARS = 80
_UNQUOTABLE = re.compile(r'["`\u201c\u201d\n\r\t]')
_FLAGS = ("draft", "void")


class Act(NamedTuple):
    """A call as it is spoken of.

    Attributes:
        tool: What is called.
        arguments: Those of the operation that are known.
        result: The tool's answer; ``None`` where there is none yet, or it cannot be read.
    """

    tool: Tool
    arguments: JsonObject
    result: Any = None


def act_of(tool: Tool, arguments: JsonObject, content: str | None = None) -> Act:
    """A call of a tool with plain arguments, and the text that answered it."""
    bound = dict(tool.bind(arguments))
    if content is None:
        return Act(tool, bound)
    try:
        return Act(tool, bound, orjson.loads(content))
    except orjson.JSONDecodeError:
        return Act(tool, bound)


def error_of(content: str) -> str:
    """The message of an error envelope; ``""`` where the text is none."""
    try:
        match orjson.loads(content):
            case {"error": {"code": str(), "message": str(message)}}:
                return message
    except orjson.JSONDecodeError:
        pass
    return ""


def did(act: Act, rng: Random) -> str:
    """What was done, to follow "I"."""
    words = _words(act)
    options = [] if words is None else [text for template in words.did if (text := filled(template, act))]
    if options:
        return chosen(options, rng)
    action = act.tool.capability.partition(".")[2].replace("_", " ")
    return f"used {act.tool.provider} to {action}"


def will(act: Act, rng: Random) -> str:
    """What is to be done, in the infinitive; ``""`` where too little of it is known to say so."""
    words = _words(act)
    options = [] if words is None else [text for template in words.will if (text := filled(template, act))]
    return chosen(options, rng) if options else ""


def found(act: Act, rng: Random, said: str = "") -> str:
    """A sentence on the result; ``""`` where it holds nothing to tell.

    Args:
        act: The call.
        rng: For the choice.
        said: What is said already: the sentence has to add a value of the result to it.
    """
    words = _words(act)
    if words is None or act.result is None:
        return ""
    templates = [template for template in words.found if not said or _adds(template, act, said)]
    options = [text for template in templates if (text := filled(template, act))]
    return chosen(options, rng) if options else ""


def _adds(template: str, act: Act, said: str) -> bool:
    values = [_shown(_in_result(act, name), act) for of_result, name in _PLACE.findall(template) if of_result]
    return any(value and value not in said for value in values)


def looks(act: Act) -> bool:
    """Whether the call changes nothing."""
    words = _words(act)
    return not act.tool.operation.writes or (words is not None and words.looks)


def filled(template: str, act: Act) -> str:
    """The template with its values.

    A part in brackets is left out where one of its values is missing; where another value is missing, nothing is said.
    """

    def part(hit: re.Match[str]) -> str:
        return _with_values(hit[1], act) or ""

    return _with_values(_PART.sub(part, template), act) or ""


def joined(phrases: Sequence[str], rng: Random) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(phrases) < 2:
        return "".join(phrases)
    comma = "," if len(phrases) > 2 and rng.random() < 0.5 else ""
    return f"{', '.join(phrases[:-1])}{comma} and {phrases[-1]}"


def chosen(options: Sequence[str], rng: Random) -> str:
    """One of the options."""
    return options[rng.randrange(len(options))]


def _words(act: Act) -> ActionWords | None:
    actions = load_responses().actions
    for variant in _variants(act.arguments):
        if (words := actions.get(f"{act.tool.capability}:{variant}")) is not None:
            return words
    return actions.get(act.tool.capability)


def _variants(arguments: JsonObject) -> Iterable[str]:
    yield from (flag for flag in _FLAGS if arguments.get(flag) is True)
    yield from (str(arguments[name]).lower() for name in ("operation", "intent") if name in arguments)


def _with_values(text: str, act: Act) -> str | None:
    """The text with all its values, ``None`` where one is missing."""
    values: list[str] = []
    for of_result, name in _PLACE.findall(text):
        value = _shown(_in_result(act, name) if of_result else _argument(act, name), act)
        if not value:
            return None
        values.append(value)
    remaining = iter(values)
    return _PLACE.sub(lambda _: next(remaining), text)


def _argument(act: Act, name: str) -> Any:
    return act.tool.provider if name in ("provider", "platform") else act.arguments.get(name)


def _in_result(act: Act, path: str) -> Any:
    place = act.tool.result_path(path.replace("*", "[]"))
    if place is None or act.result is None:
        return None
    value = act.result
    for step in json_path(place):
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value


def _shown(value: Any, act: Act) -> str:
    """A value as it stands in a sentence; ``""`` where it does not fit into one."""
    if isinstance(value, list | tuple):
        text = ", ".join(_shown(item, act) for item in value)
    elif isinstance(value, float):
        text = _number(value, coins=act.tool.capability.startswith("Cryptography."))
    elif isinstance(value, str | int) and not isinstance(value, bool):
        text = str(value)
    else:
        return ""
    return "" if len(text) > _SHOWN_CHARS or _UNQUOTABLE.search(text) else text


def _number(value: float, *, coins: bool) -> str:
    """``40`` and ``40.50``; coins have as many decimals as they need."""
    if value.is_integer():
        return str(int(value))
    return str(value) if coins or round(value, 2) != value else f"{value:.2f}"
