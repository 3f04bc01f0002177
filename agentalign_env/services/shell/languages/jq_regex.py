"""jq's regular expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from agentalign_env.services.shell.languages.jq_values import JqError, Json, MemoryProblemError, charge, in_error
from agentalign_env.services.shell.languages.patterns import Match, Pattern, PatternError, compile_any

if TYPE_CHECKING:
    from agentalign_env.services.shell.languages.jq_machine import JqMachine

__all__ = ["REGEX_FUNCTIONS", "substitute"]

_MOST: Final = 1 << 20
_FLAGS: Final = frozenset("gixsnlp")


def _compiled(value: Json, regex: Json, flags: Json) -> tuple[Pattern, bool, bool]:
    """The pattern, whether all matches are wanted, and whether empty ones are not."""
    if not isinstance(value, str):
        raise JqError(f"{in_error(value)} cannot be matched, as it is not a string")
    if not isinstance(regex, str):
        raise JqError(f"{in_error(regex)} cannot be matched, as it is not a string")
    if flags is not None and not isinstance(flags, str):
        raise JqError(f"{in_error(flags)} is not a string")
    given = flags or ""
    if not _FLAGS.issuperset(given):
        raise JqError(f"{given} is not a valid modifier string")
    try:
        dots = "s" in given or "p" in given
        pattern = compile_any((regex,), "perl", ignore_case="i" in given, spaced="x" in given, dots=dots)
    except PatternError as error:
        words = {
            "missing closing parenthesis": "end pattern with unmatched parenthesis",
            "unmatched closing parenthesis": "unmatched close parenthesis",
            "missing terminating ] for character class": "premature end of char-class",
            "quantifier does not follow a repeatable item": "target of repeat operator is not specified",
            "\\ at end of pattern": "end pattern at escape",
        }.get(str(error), str(error))
        raise JqError(f"Regex failure: {words}") from None
    return pattern, "g" in given, "n" in given


def _matches(value: Json, regex: Json, flags: Json) -> Iterator[Match]:
    pattern, everywhere, solid = _compiled(value, regex, flags)
    try:
        for match in pattern.finditer(value, 0, lambda steps: charge(16 * steps)):
            if solid and match.end == match.start:
                continue
            yield match
            if not everywhere:
                return
    except PatternError as error:
        raise JqError(f"Regex failure: {error}") from None


def _names(value: Json, regex: Json, flags: Json) -> dict[int, str]:
    pattern, _, _ = _compiled(value, regex, flags)
    return {number: name for name, number in pattern.names.items()}


def _shown(match: Match, names: Mapping[int, str]) -> Json:
    captures: list[Json] = []
    for number in range(1, match.groups + 1):
        text = match.group(number)
        start = match.spans[2 * number]
        size = 0 if text is None else len(text)
        name = names.get(number)
        if text is None:
            captures.append({"offset": -1.0, "string": None, "length": 0.0, "name": name})
        else:
            captures.append({"offset": float(start), "length": float(size), "string": text, "name": name})
    text = match.group() or ""
    return {"offset": float(match.start), "length": float(len(text)), "string": text, "captures": captures}


def _test(value: Json, regex: Json, flags: Json) -> Json:
    return next(_matches(value, regex, flags), None) is not None


def _all_matches(value: Json, regex: Json, flags: Json) -> Json:
    names = _names(value, regex, flags)
    found = []
    for match in _matches(value, regex, flags):
        found.append(_shown(match, names))
        if len(found) > _MOST // 16:
            raise MemoryProblemError
    return found


def _split(value: Json, regex: Json, flags: Json) -> Json:
    if flags is not None and not isinstance(flags, str):
        raise JqError(f"{in_error(flags)} is not a string")
    found: list[Json] = []
    at = 0
    for match in _matches(value, regex, "g" + (flags or "")):
        found.append(value[at : match.start])
        at = match.end
    return [*found, value[at:]]


def substitute(
    machine: JqMachine, value: Json, regex: Json, flags: Json, replaced: Callable[[Json], Iterator[Json]]
) -> list[Json]:
    """The text with matches replaced by what `replaced` makes of their named groups; one for each way it does so."""
    names = _names(value, regex, flags)
    made = [""]
    at = size = 0
    for match in _matches(value, regex, flags):
        machine.tick()
        captures = {name: match.group(number) for number, name in names.items()}
        gap = value[at : match.start]
        news = list(replaced(captures))
        for new in news:
            if not isinstance(new, str):
                raise JqError(f"{in_error(captures)} cannot be added to a string")
            size += (len(new) + len(gap)) * len(made)
        if size > _MOST:
            raise MemoryProblemError
        made = [head + gap + new for new in news for head in made]
        at = match.end
    return [head + value[at:] for head in made]


REGEX_FUNCTIONS: Final[Mapping[str, Callable[..., Json]]] = {
    "test/2": _test,
    "_match/2": _all_matches,
    "split/2": _split,
}
