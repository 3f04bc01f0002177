"""AgentDojo's workspace suite: its mail and drive tasks, carried out as it says, by it and by tools of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import count
from pathlib import PurePosixPath
from shlex import quote
from typing import Any, NamedTuple

from agentalign_env import new_world
from agentalign_env.core.world import World
from agentalign_env.services.mail.records import MAILS, Mail
from benchmarks.fixtures import make
from benchmarks.measure import Figure, Settings, Timing, Work, mean_of, measure, ratio
from benchmarks.peers.mapped import Call, Mapped, carry_out, files_below, fill_world, mapped_scenario, player

__all__ = ["MAPPED", "run"]

_VERSION, _SUITE = "v1.2.2", "workspace"
_PIPELINE_GOAL, _COPIED_GOAL, _CALLS_GOAL = 1_000.0, 300.0, 50.0
_PAGE = 50
_NAMED = ("mail alone", "the file tools")
"""The kinds of tasks that the goals are about; searching files by a whole shell is shown beside them."""

MAPPED = (
    Mapped("search_emails", "search_gmail", "theirs shows whole mails, ours 120 characters of each"),
    Mapped("send_email", "send_gmail", "ours checks that attached files exist"),
    Mapped("list_files", "list_files", "theirs shows all contents, ours names, sizes and times"),
    Mapped("search_files_by_filename", "execute_command", "theirs shows contents, ours runs `find` in a shell"),
    Mapped("search_files", "execute_command", "theirs shows contents, ours runs `grep -ril` in a shell"),
    Mapped("create_file", "file_operation", "ours also keeps owner, permissions and room on the disk"),
    Mapped("append_to_file", "file_operation", "theirs shows the new contents"),
    Mapped("delete_file", "file_operation", "theirs shows what was deleted"),
)
"""The functions that have a counterpart; tasks that call another one are left out on both sides."""

_LISTS = ("search_emails", "list_files", "search_files_by_filename", "search_files")


class _Task(NamedTuple):
    """A task of theirs, with its calls, what they answered there, and the same in ours."""

    theirs: Any
    calls: tuple[Call, ...]
    with_opening: tuple[Call, ...]


class _Timings(NamedTuple):
    """Theirs in three forms, ours in two."""

    pipeline: Timing
    copied: Timing
    calls: Timing
    own: Timing
    opening: Timing


def run(settings: Settings) -> Iterator[Figure]:
    """Three forms of theirs, from everything to calls alone, against whole episodes of ours."""
    suite = import_module("agentdojo.task_suite.load_suites").get_suite(_VERSION, _SUITE)
    start = suite.load_and_inject_default_environment({})
    world = _world_like(start)
    kinds: dict[str, list[_Task]] = {kind: [] for kind in (*_NAMED, "the shell")}
    for theirs in suite.user_tasks.values():
        task = _mapped(suite, theirs, start.model_copy(deep=True), world)
        if task is not None:
            kinds[_kind(task)].append(task)
    env = make("agentalign_env:AgentAlign/Chain-v0")
    works = [work for tasks in kinds.values() for work in _works(suite, start, env, world, tasks)]
    timings = measure(works, settings)
    width = len(_Timings._fields)
    parts = [_Timings(*timings[at : at + width]) for at in range(0, len(timings), width)]
    shares = [len(tasks) for tasks in kinds.values()]
    tasks = [task for some in kinds.values() for task in some]
    yield Figure(f"tasks with a counterpart, of {len(suite.user_tasks)}", value=float(len(tasks)), unit="tasks")
    named = [len(kinds[kind]) for kind in _NAMED]
    yield from _figures(_mean(parts[: len(named)], named), [task for kind in _NAMED for task in kinds[kind]])
    yield Figure(f"its pipeline / ours, all {len(tasks)} tasks", value=_times(_mean(parts, shares)), unit="x")
    for (kind, some), part in zip(kinds.items(), parts, strict=True):
        yield Figure(f"its pipeline / ours, {len(some)} tasks with {kind}", value=_times(part), unit="x")


def _mean(parts: Sequence[_Timings], shares: Sequence[int]) -> _Timings:
    return _Timings(*(mean_of(column, shares) for column in zip(*parts, strict=True)))


def _times(part: _Timings) -> float:
    return ratio(part.pipeline, part.own)


def _works(suite: Any, start: Any, env: Any, world: World, tasks: Sequence[_Task]) -> list[Work]:
    theirs, key = [task.theirs for task in tasks], world.base.key
    same = [mapped_scenario(task.theirs.ID, task.theirs.PROMPT, key, task.calls) for task in tasks]
    opening = [
        mapped_scenario(f"{task.theirs.ID}-opening", task.theirs.PROMPT, key, task.with_opening) for task in tasks
    ]
    return [
        Work(_pipeline(suite, theirs), share=len(tasks)),
        Work(_copied(suite, theirs, start), share=len(tasks)),
        _calls_alone(suite, theirs, start),
        Work(player(env, same), share=len(tasks)),
        Work(player(env, opening), share=len(tasks)),
    ]


def _figures(timings: _Timings, tasks: Sequence[_Task]) -> Iterator[Figure]:
    each = sum(len(task.calls) for task in tasks) / len(tasks)
    more = sum(len(task.with_opening) for task in tasks) / len(tasks)
    forms = (
        ("its pipeline", timings.pipeline, _PIPELINE_GOAL),
        ("its world copied", timings.copied, _COPIED_GOAL),
        ("its calls and texts only", timings.calls, _CALLS_GOAL),
    )
    for what, timing, _ in forms:
        yield Figure.of(f"{what}, {each:.1f} calls", timing)
    yield Figure.of(f"ours, {each:.1f} calls", timings.own)
    yield Figure.of(f"ours, opening all that is found, {more:.1f} calls", timings.opening)
    for what, timing, goal in forms:
        yield Figure(f"{what} / ours", value=ratio(timing, timings.own), unit="x", goal=goal, at_least=True)
        yield Figure(f"{what} / ours, opening all that is found", value=ratio(timing, timings.opening), unit="x")


def _kind(task: _Task) -> str:
    tools = {call.tool for call in task.calls}
    if "execute_command" in tools:
        return "the shell"
    return "the file tools" if tools & {"list_files", "file_operation"} else "mail alone"


def _pipeline(suite: Any, tasks: Sequence[Any]) -> Callable[[], None]:
    """A world read from its files, the calls, the texts, and the check, for each task."""
    ground_truth = import_module("agentdojo.agent_pipeline.ground_truth_pipeline").GroundTruthPipeline

    def play() -> None:
        for task in tasks:
            useful, _ = suite.run_task_with_pipeline(ground_truth(task), task, None, {})
            _require(useful, task)

    return play


def _copied(suite: Any, tasks: Sequence[Any], start: Any) -> Callable[[], None]:
    """The same with a copy of a world that was read once."""
    ground_truth = import_module("agentdojo.agent_pipeline.ground_truth_pipeline").GroundTruthPipeline

    def play() -> None:
        for task in tasks:
            copy = start.model_copy(deep=True)
            useful, _ = suite.run_task_with_pipeline(ground_truth(task), task, None, {}, environment=copy)
            _require(useful, task)

    return play


def _calls_alone(suite: Any, tasks: Sequence[Any], start: Any) -> Work:
    """The calls and their texts, in worlds that are made untimed; nothing is checked."""
    ground_truth = import_module("agentdojo.agent_pipeline.ground_truth_pipeline").GroundTruthPipeline
    runtime = import_module("agentdojo.functions_runtime").FunctionsRuntime(suite.tools)
    pipelines, worlds = [ground_truth(task) for task in tasks], [start] * len(tasks)

    def prepare() -> None:
        worlds[:] = [start.model_copy(deep=True) for _ in tasks]

    def play() -> None:
        for task, pipeline, world in zip(tasks, pipelines, worlds, strict=True):
            pipeline.query(task.PROMPT, runtime, world)

    return Work(play, prepare, most=1, share=len(tasks))


def _require(useful: bool, task: Any) -> None:
    if not useful:
        raise RuntimeError(f"expected AgentDojo's own check of {task.ID} to pass, it does not")


def _world_like(theirs: Any) -> World:
    """A world of ours with the mails and the files of theirs."""
    mails = [
        Mail(
            _mail_id(mail.id_),
            {"received": "inbox", "draft": "drafts"}.get(mail.status.value, mail.status.value),
            "gmail",
            mail.sender,
            tuple(mail.recipients),
            tuple(mail.cc),
            tuple(mail.bcc),
            mail.subject,
            mail.body,
            tuple(map(str, mail.attachments)),
            False,
            "normal",
            "",
            int(mail.timestamp.timestamp()),
        )
        for mail in sorted(theirs.inbox.emails.values(), key=lambda mail: mail.timestamp)
    ]
    drive = f"{new_world('small').background.home}/drive"
    files = {f"{drive}/{file.filename}": file.content for file in theirs.cloud_drive.files.values()}
    return fill_world("like-agentdojo", mails=mails, files=files)


def _mail_id(number: str) -> str:
    return f"{int(number):016x}"


def _mapped(suite: Any, task: Any, theirs: Any, world: World) -> _Task | None:
    """The task with its counterparts, ``None`` where a call has none; what theirs finds, ours must find."""
    ours = {mapped.theirs: mapped.ours for mapped in MAPPED}
    truth = task.ground_truth(theirs)
    if any(call.function not in ours for call in truth):
        return None
    runtime = import_module("agentdojo.functions_runtime").FunctionsRuntime(suite.tools)
    twin, drive = world.fork(), f"{world.background.home}/drive"
    names = {file.id_: file.filename for file in theirs.cloud_drive.files.values()}
    numbers, calls, with_opening = count(int(max(names, key=int)) + 1), [], []
    for made in truth:
        answer, _ = runtime.run_function(theirs, made.function, made.args, raise_on_error=True)
        call = Call(ours[made.function], _ARGUMENTS[made.function](made.args, _Place(drive, names, world)))
        if made.function == "create_file":
            names[str(next(numbers))] = made.args["filename"]
        (result,) = carry_out(twin, [call])
        calls.append(call)
        with_opening.append(call)
        if made.function in _LISTS:
            with_opening += _opened(made.function, answer, result.content, drive)
    _require_same_end(task.ID, theirs, twin, drive)
    return _Task(task, tuple(calls), tuple(with_opening))


def _require_same_end(name: str, theirs: Any, ours: World, drive: str) -> None:
    """Both hold the same files now, and have sent the same mails."""
    both = (
        {file.filename: file.content for file in theirs.cloud_drive.files.values()},
        sorted((mail.recipients, mail.subject, mail.body, len(mail.attachments)) for mail in theirs.inbox.sent),
    )
    sent = ours.store.where(MAILS, "folder", "sent")
    own = (
        files_below(ours, drive),
        sorted((list(mail.to), mail.subject, mail.body, len(mail.attachments)) for mail in sent),
    )
    if own != both:
        raise RuntimeError(f"{name}: expected the same files and sent mails at the end, theirs are {both}, ours {own}")


def _opened(function: str, answer: Sequence[Any], content: str, drive: str) -> list[Call]:
    """Calls that open what their search showed whole."""
    if function == "search_emails":
        found = {_mail_id(mail.id_): Call("read_gmail", {"message_id": _mail_id(mail.id_)}) for mail in answer}
    else:
        found = {
            file.filename: Call("file_operation", {"operation": "read", "path": f"{drive}/{file.filename}"})
            for file in answer
        }
    missing = [name for name in found if name not in content]
    if missing or not found:
        raise RuntimeError(f"{function}: expected to find what AgentDojo finds, {missing or 'anything'} is missing")
    return list(found.values())


class _Place(NamedTuple):
    """Where their drive is in our world."""

    drive: str
    names: Mapping[str, str]
    world: World

    def path(self, file_id: str) -> str:
        return str(PurePosixPath(self.drive) / self.names[file_id])


def _sending(args: Mapping[str, Any], place: _Place) -> dict[str, Any]:
    attached = [{"name": place.path(one["file_id"])} for one in args.get("attachments") or ()]
    wanted: dict[str, Any] = {
        "sender": place.world.owner.email,
        "to": args["recipients"],
        "subject": args["subject"],
        "body": args["body"],
    }
    return {**wanted, "attachments": attached} if attached else wanted


_ARGUMENTS: Mapping[str, Callable[[Mapping[str, Any], _Place], dict[str, Any]]] = {
    "search_emails": lambda args, _: {
        "q": args["query"],
        "max_results": _PAGE,
        **({"from": args["sender"]} if "sender" in args else {}),
    },
    "send_email": _sending,
    "list_files": lambda _, place: {"path": place.drive, "limit": _PAGE},
    "search_files_by_filename": lambda args, place: {
        "command": f"find . -iname {quote('*' + args['filename'] + '*')}",
        "working_dir": place.drive,
    },
    "search_files": lambda args, place: {
        "command": f"grep -rilF -e {quote(args['query'])} .",
        "working_dir": place.drive,
    },
    "create_file": lambda args, place: {
        "operation": "write",
        "mode": "x",
        "path": f"{place.drive}/{args['filename']}",
        "content": args["content"],
    },
    "append_to_file": lambda args, place: {
        "operation": "write",
        "mode": "a",
        "path": place.path(args["file_id"]),
        "content": args["content"],
    },
    "delete_file": lambda args, place: {"operation": "delete", "path": place.path(args["file_id"])},
}
