"""The file-system entries of BFCL's multi-turn part, carried out and checked by it, and the same by tools of ours."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.resources import files
from inspect import signature
from itertools import count
from posixpath import join, normpath
from shlex import quote
from typing import Any, NamedTuple

from agentalign_env import Scenario, new_world
from agentalign_env.core.world import World
from benchmarks.fixtures import action, make, reading, sending
from benchmarks.measure import Figure, Settings, Work, measure, ratio
from benchmarks.peers.mapped import Call, Mapped, carry_out, files_below, fill_world, mapped_scenario, player

__all__ = ["MAPPED", "run"]

_CATEGORY, _CLASS = "multi_turn_base", "GorillaFileSystem"
_CHECKED_GOAL = 10.0
_EVALUATION = "bfcl_eval.eval_checker.multi_turn_eval"
_PREFIX = "benchmark"
_MOST = 20  # episodes of theirs until what they leave behind is removed
_SHELL = "ours is stateless: the directory goes along with each call"

MAPPED = (
    Mapped("cd", "execute_command", f"`cd` and `pwd`; {_SHELL}"),
    Mapped("pwd", "execute_command"),
    Mapped("ls", "list_files", "ours also gives sizes, modes, owners and times"),
    Mapped("mkdir", "execute_command"),
    Mapped("touch", "file_operation", "an empty file is written"),
    Mapped("echo", "file_operation"),
    Mapped("cat", "file_operation"),
    Mapped("mv", "file_operation"),
    Mapped("cp", "file_operation"),
    Mapped("rm", "file_operation"),
    Mapped("rmdir", "file_operation"),
    Mapped("find", "execute_command", "`find -name`"),
    Mapped("wc", "execute_command"),
    Mapped("sort", "execute_command"),
    Mapped("grep", "execute_command"),
    Mapped("du", "execute_command", "ours counts disk blocks, theirs characters"),
    Mapped("tail", "execute_command"),
    Mapped("diff", "execute_command"),
)
"""The methods of its file system; entries that involve another application are left out on both sides."""


class _Entry(NamedTuple):
    """An entry, with its turns as calls in its own notation, and as calls of ours."""

    theirs: Mapping[str, Any]
    turns: list[list[str]]
    calls: tuple[Call, ...]


def run(settings: Settings) -> Iterator[Figure]:
    """Its episodes with and without its checker, which carries everything out twice, against whole episodes of ours.

    First the entries that have a counterpart, call by call; then all of them, against as many calls of our mail tools.
    """
    entries = list(_entries())
    chosen = [entry for entry in entries if entry.calls]
    world = fill_world("like-bfcl", files={path: text for entry in chosen for path, text in _tree(entry.theirs)})
    same = [
        mapped_scenario(entry.theirs["id"], _instruction(entry.theirs), world.base.key, entry.calls) for entry in chosen
    ]
    mail = _mail_scenarios({_count(entry) for entry in entries})
    many = [mail[_count(entry)] for entry in entries]
    for entry in chosen:
        _require_same_end(entry, world.fork())
    env = make("agentalign_env:AgentAlign/Chain-v0")
    checked, alone, own, all_checked, own_mail = measure(
        [
            Work(_checked(chosen), _tidy, _MOST, len(chosen)),
            Work(_calls_alone(chosen), _tidy, _MOST, len(chosen)),
            Work(player(env, same), share=len(chosen)),
            Work(_checked(entries), _tidy, _MOST, len(entries)),
            Work(player(env, many), share=len(entries)),
        ],
        settings,
    )
    some, each = (sum(map(_count, group)) / len(group) for group in (chosen, entries))
    yield Figure(f"entries with a counterpart, of {len(entries)}", value=float(len(chosen)), unit="entries")
    yield Figure.of(f"with its checker, {some:.1f} calls on files", checked)
    yield Figure.of(f"its calls only, {some:.1f} calls on files", alone)
    yield Figure.of(f"ours, the same {some:.1f} calls on files", own)
    yield Figure.of(f"with its checker, all {len(entries)} entries, {each:.1f} calls", all_checked)
    yield Figure.of(f"ours, {each:.1f} calls for mail", own_mail)
    yield Figure(
        "files: with its checker / ours, the same calls",
        value=ratio(checked, own),
        unit="x",
        goal=_CHECKED_GOAL,
        at_least=True,
    )
    yield Figure("files: its calls only / ours, the same calls", value=ratio(alone, own), unit="x")
    yield Figure(
        "all: with its checker / ours, as many calls of other tools",
        value=ratio(all_checked, own_mail),
        unit="x",
        goal=_CHECKED_GOAL,
        at_least=True,
    )


_numbers = count()


def _checked(entries: Sequence[_Entry]) -> Callable[[], None]:
    checker = import_module(f"{_EVALUATION}.multi_turn_checker").multi_turn_checker

    def play() -> None:
        name = f"{_PREFIX}{next(_numbers)}"  # instances are kept by this name; another one begins anew
        for entry in entries:
            verdict = checker([[turn] for turn in entry.turns], entry.turns, entry.theirs, _CATEGORY, name)
            if verdict != {"valid": True}:
                raise RuntimeError(f"expected BFCL's check of {entry.theirs['id']} to pass, got {verdict}")

    return play


def _calls_alone(entries: Sequence[_Entry]) -> Callable[[], None]:
    execute = import_module(f"{_EVALUATION}.multi_turn_utils").execute_multi_turn_func_call

    def play() -> None:
        name = f"{_PREFIX}{next(_numbers)}"
        for entry in entries:
            of = entry.theirs
            for turn in entry.turns:
                execute(turn, of["initial_config"], of["involved_classes"], name, of["id"])

    return play


def _require_same_end(entry: _Entry, world: World) -> None:
    """Its calls succeed and ours do, and both leave the same files."""
    execute, of = import_module(f"{_EVALUATION}.multi_turn_utils").execute_multi_turn_func_call, entry.theirs
    calls = [call for turn in entry.turns for call in turn]
    texts, instances = execute(calls, of["initial_config"], of["involved_classes"], f"{_PREFIX}-once", of["id"])
    if any(text.startswith(("Error", '{"error"')) for text in texts):
        raise RuntimeError(f"expected BFCL's calls of {of['id']} to succeed, got {texts}")
    carry_out(world, entry.calls)
    theirs, ours = dict(_contents(instances[_CLASS].root)), files_below(world, _top(of))
    if theirs != ours:
        raise RuntimeError(f"{of['id']}: expected the same files at the end, theirs are {theirs}, ours {ours}")


def _contents(directory: Any, path: str = "") -> Iterator[tuple[str, str | None]]:
    for name, item in directory.contents.items():
        if hasattr(item, "contents"):
            yield f"{path}{name}", None
            yield from _contents(item, f"{path}{name}/")
        else:
            yield f"{path}{name}", item.content


def _mail_scenarios(counts: Iterable[int]) -> dict[int, Scenario]:
    """For each number of calls a scenario that searches, opens and sends mail in turn."""
    world = new_world("small")
    cycle = [
        Call(act["name"], act["arguments"])
        for made in (action("search_gmail", q="invoice"), reading(world), sending(world))
        for act in made["tool_calls"]
    ]
    return {
        number: mapped_scenario(f"mail-{number}", "Please see to my mail.", world.base.key, (cycle * number)[:number])
        for number in counts
    }


def _count(entry: _Entry) -> int:
    return sum(map(len, entry.turns))


def _tidy() -> None:
    """Removes the instances that its episodes leave among a module's names."""
    names = vars(import_module(f"{_EVALUATION}.multi_turn_utils"))
    for name in [name for name in names if name.startswith(_PREFIX)]:
        del names[name]


def _entries() -> Iterator[_Entry]:
    """All entries of the category, those of the file system alone with calls of ours."""
    data = files("bfcl_eval") / "data"
    name = f"BFCL_v4_{_CATEGORY}.json"
    answers = {line["id"]: line["ground_truth"] for line in _lines(data / "possible_answer" / name)}
    for entry in _lines(data / name):
        turns = answers[entry["id"]]
        mapped = _mapped(entry, turns) if entry["involved_classes"] == [_CLASS] else ()
        yield _Entry(entry, turns, mapped)


def _lines(path: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _instruction(entry: Mapping[str, Any]) -> str:
    return "\n".join(message["content"] for turn in entry["question"] for message in turn)


def _top(entry: Mapping[str, Any]) -> str:
    return f"{new_world('small').background.home}/{entry['id']}"


def _tree(entry: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Its files by their paths in our world, parents first."""
    (root,) = entry["initial_config"][_CLASS]["root"].values()
    waiting: list[tuple[str, Mapping[str, Any]]] = [(_top(entry), root)]
    while waiting:
        path, item = waiting.pop()
        if item["type"] == "file":
            yield path, item["content"]
        else:
            yield path, None
            waiting += [(f"{path}/{name}", below) for name, below in item["contents"].items()]


def _mapped(entry: Mapping[str, Any], turns: list[list[str]]) -> tuple[Call, ...]:
    """Its calls, in order, each with the directory that it is made in."""
    system = getattr(import_module(f"{_EVALUATION}.func_source_code.gorilla_file_system"), _CLASS)
    ours, here, calls = {mapped.theirs: mapped.ours for mapped in MAPPED}, _top(entry), []
    for text in (call for turn in turns for call in turn):
        node = ast.parse(text, mode="eval").body
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            raise RuntimeError(f"expected a call, got {text!r}")
        name = node.func.id
        given = [ast.literal_eval(part) for part in node.args]
        named = {str(part.arg): ast.literal_eval(part.value) for part in node.keywords}
        args = signature(getattr(system, name)).bind(None, *given, **named).arguments
        if name in _COMMANDS:
            arguments: dict[str, Any] = {"command": _COMMANDS[name](args), "working_dir": here}
        else:
            arguments = _ARGUMENTS[name](args, partial(join, here))
        calls.append(Call(ours[name], arguments))
        if name == "cd":
            here = normpath(join(here, args["folder"]))
    return tuple(calls)


_COMMANDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "cd": lambda args: f"cd {quote(args['folder'])} && pwd",
    "pwd": lambda _: "pwd",
    "mkdir": lambda args: f"mkdir {quote(args['dir_name'])}",
    "find": lambda args: f"find {quote(args.get('path', '.'))} -name {quote('*' + (args.get('name') or '') + '*')}",
    "wc": lambda args: f"wc -{ {'l': 'l', 'w': 'w', 'c': 'm'}[args.get('mode', 'l')] } {quote(args['file_name'])}",
    "sort": lambda args: f"sort {quote(args['file_name'])}",
    "grep": lambda args: f"grep -F -e {quote(args['pattern'])} {quote(args['file_name'])}",
    "du": lambda args: f"du -s{'h' if args.get('human_readable') else ''} .",
    "tail": lambda args: f"tail -n {args.get('lines', 10)} {quote(args['file_name'])}",
    "diff": lambda args: f"diff {quote(args['file_name1'])} {quote(args['file_name2'])}",
}

_ARGUMENTS: Mapping[str, Callable[[Mapping[str, Any], Callable[[str], str]], dict[str, Any]]] = {
    "ls": lambda _, at: {"path": at(".")},
    "touch": lambda args, at: {"operation": "write", "mode": "x", "path": at(args["file_name"]), "content": ""},
    "echo": lambda args, at: {"operation": "write", "path": at(args["file_name"]), "content": args["content"]},
    "cat": lambda args, at: {"operation": "read", "path": at(args["file_name"])},
    "mv": lambda args, at: _between("move", args, at),
    "cp": lambda args, at: _between("copy", args, at),
    "rm": lambda args, at: {"operation": "delete", "mode": "recursive", "path": at(args["file_name"])},
    "rmdir": lambda args, at: {"operation": "delete", "path": at(args["dir_name"])},
}


def _between(verb: str, args: Mapping[str, Any], at: Callable[[str], str]) -> dict[str, Any]:
    return {"operation": verb, "path": at(args["source"]), "destination": at(args["destination"])}
