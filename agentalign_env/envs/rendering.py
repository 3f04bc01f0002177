"""Episodes as text for people: long texts cut, control characters made visible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson

from agentalign_env.envs.actions import ActionError

if TYPE_CHECKING:
    from agentalign_env.envs.episode import Episode

__all__ = ["render_episode", "render_opening", "render_steps"]

_TEXT_CHARS = 1_500
_RESULT_CHARS = 400
_ARGUMENT_CHARS = 160
_CONTROL = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if code != 10}


def render_episode(episode: Episode) -> str:
    """The whole episode so far."""
    return render_opening(episode) + render_steps(episode, 0)


def render_opening(episode: Episode) -> str:
    """What it begins with."""
    setting = episode.setting
    lines = [f"episode  {setting.id}", _entry("system", setting.system), _entry("user", setting.instruction)]
    return "\n".join(lines) + "\n"


def render_steps(episode: Episode, first: int) -> str:
    """The steps from this number on, counted from 0, and how the episode ended if it did."""
    lines = list(_steps(episode, first))
    if episode.over and (lines or not episode.log):
        ending = f"outcome  {episode.outcome}, credit {episode.credit:.2f}, reward {episode.reward:.2f}"
        lines.append(ending + (f", fault: {_plain(episode.fault, _RESULT_CHARS)}" if episode.fault else ""))
    return "".join(f"{line}\n" for line in lines)


def _steps(episode: Episode, first: int) -> Iterator[str]:
    answered = episode.log[first - 1][1] if first else 0
    for number, (turn, after) in enumerate(episode.log[first:], first + 1):
        head = f"step {number}".ljust(9)
        if isinstance(turn, ActionError):
            yield f"{head}malformed action: {_plain(turn.message, _RESULT_CHARS)}"
            continue
        if turn.message or not turn.calls:
            yield _indented(head, f"says: {_plain(turn.message, _TEXT_CHARS)}")
        for result in episode.results[answered:after]:
            yield f"{head}{_plain(result.call.name, _ARGUMENT_CHARS)}({_arguments(result.call.arguments)})"
            yield _indented(" " * 9, f"{'!' if result.code else '='} {_plain(result.content, _RESULT_CHARS)}")
        answered = after
        if not turn.calls and (number < len(episode.log) or not episode.terminated):  # a question that was answered
            yield _entry("user", episode.setting.answer)


def _arguments(arguments: Any) -> str:
    shown = (
        f"{_plain(str(name), 40)}={_plain(orjson.dumps(value).decode(), _ARGUMENT_CHARS)}"
        for name, value in arguments.items()
    )
    return ", ".join(shown)


def _entry(role: str, text: str) -> str:
    return _indented(role.ljust(9), _plain(text, _TEXT_CHARS))


def _indented(head: str, text: str) -> str:
    return head + text.replace("\n", "\n" + " " * 9)


def _plain(text: str, most: int) -> str:
    cut = text if len(text) <= most else f"{text[:most]} ... ({len(text)} characters)"
    return cut.translate(_CONTROL)
