"""Checking many instructions: in one process or several, into a file that an interrupted run goes on with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import orjson

from agentalign_env.core.world import GENERATOR_VERSION
from agentalign_env.errors import AgentAlignError, EnvArgumentError
from agentalign_env.executability.candidates import BadLine, Candidate
from agentalign_env.executability.certificate import CERTIFICATE_VERSION
from agentalign_env.executability.partial_file import PartialFile
from agentalign_env.executability.records import (
    Verdict,
    candidate_from_json,
    candidate_to_json,
    content_key,
    failure_of,
    record_of,
    record_of_bad_line,
    to_line,
    verdict_of,
)
from agentalign_env.executability.report import ExecutabilityReport
from agentalign_env.executability.summary import CheckSummary
from agentalign_env.processes import Crew
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["Checker", "SecondOpinion", "check_file"]

_LOG = logging.getLogger(__name__)
_CHUNK = 16
_CHUNK_BYTES = 1_000_000


class Checker(Protocol):
    """What judges one instruction; `check` is one."""

    def __call__(self, instruction: str, *, tools: Any, world: Any = None, chain: Any = None) -> ExecutabilityReport:
        """The report."""
        ...


class SecondOpinion(NamedTuple):
    """Which agent tries, too.

    Attributes:
        agent: A name that `second_opinion.load_agent` knows.
        tries: How often it may try.
    """

    agent: str
    tries: int = 3


class _Task(NamedTuple):
    """What a worker is given: plain data.

    Attributes:
        key: Names the input and the settings by their content.
        content: The candidate as JSON; ``None`` where the record is ready.
        record: The record of what cannot be checked.
    """

    key: str
    content: bytes | None
    record: dict[str, Any] | None


class _Result(NamedTuple):
    line: bytes
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Work:
    """What every worker does with its tasks, whatever happens in one of them."""

    check: Checker | None
    certificates: bool
    opinion: SecondOpinion | None

    def prepare(self) -> None:
        """Loads what our check needs; an error will be told by every task."""
        if self.check is None:
            with suppress(AgentAlignError):
                _own_check()("Search the web for an apple pie recipe", tools=load_tools())

    def __call__(self, tasks: Sequence[_Task]) -> list[_Result]:
        return [self._one(task) for task in tasks]

    def _one(self, task: _Task) -> _Result:
        if task.content is None:
            return _result(task, task.record or {})
        content = orjson.loads(task.content)
        try:
            record = self._checked(candidate_from_json(content))
            return _result(task, record)
        except Exception as error:  # noqa: BLE001 - one candidate's crash costs its own line, not the run
            if not isinstance(error, AgentAlignError):
                _LOG.warning("the check of %r crashed", content["id"], exc_info=True)
            return _result(task, failure_of(content, _described(error)))

    def _checked(self, candidate: Candidate) -> dict[str, Any]:
        check = self.check or _own_check()
        tools = candidate.tools or load_tools()
        report = check(candidate.instruction, tools=tools, world=candidate.world, chain=candidate.chain)
        record = record_of(candidate, report, certificates=self.certificates)
        if self.opinion is not None:
            record["second_opinion"] = self._opinion(self.opinion, candidate, report)
        return record

    def _opinion(self, wanted: SecondOpinion, candidate: Candidate, report: ExecutabilityReport) -> dict[str, Any]:
        from agentalign_env.executability.second_opinion import load_agent, second_opinion

        try:
            opinion = second_opinion(
                candidate.instruction,
                tools=candidate.tools or load_tools(),
                world=candidate.world,
                agent=load_agent(wanted.agent),
                tries=wanted.tries,
                premises=report.premises,
            )
        except Exception as error:  # noqa: BLE001 - the agent is foreign code: its crash costs its opinion
            if not isinstance(error, AgentAlignError):
                _LOG.warning("the second opinion on %r crashed", candidate.id, exc_info=True)
            return {"agent": wanted.agent, "error": _described(error)}
        found = opinion.to_json()
        for name in ("instruction", "premises", *(() if self.certificates else ("certificate",))):
            del found[name]
        return {"agent": wanted.agent, "tries": wanted.tries, **found}


def check_file(
    candidates: Iterable[Candidate | BadLine],
    out: str | Path,
    *,
    workers: int = 1,
    certificates: bool = True,
    opinion: SecondOpinion | None = None,
    progress: Callable[[Verdict], None] | None = None,
    clock: Callable[[], float] | None = None,
    check: Checker | None = None,
) -> CheckSummary:
    """Checks candidates, and writes a line of JSON for each to a file, in their order.

    The lines are in ``<out>.part`` until the last one is written. Where a run is interrupted, or killed, the next one
    with the same input and settings keeps them and goes on behind the last; lines of another input are dropped from
    the first difference on. The file's bytes depend on neither that nor the number of workers. A candidate whose check
    raises, or ends its process again and again, gets a line that says so.

    Args:
        candidates: What to check; may be endless, and is read a bounded number ahead.
        out: The file; an older one is replaced when all is done.
        workers: How many processes check; with 1 it is this one.
        certificates: Keep the proofs.
        opinion: Ask an agent, too.
        progress: Called with each line's verdict once it is written, also with those that were there before.
        clock: Tells seconds, for the summary.
        check: What judges, for others than ours; must be picklable where there are several workers.

    Raises:
        EnvArgumentError: `workers` is below 1.
        DataFileError: `out` is no place for a file, or another run writes it.
        OSError: A line could not be written; those before it are kept.
    """
    if workers < 1:
        raise EnvArgumentError("workers", "at least 1", workers, "Use 1 to check in this process.")
    work = _Work(check, certificates, opinion)
    summary = CheckSummary()
    begun = clock() if clock is not None else 0.0

    def count(verdict: Verdict) -> None:
        summary.add(verdict)
        if progress is not None:
            progress(verdict)

    asked = None if opinion is None else list(opinion)
    tasks = _tasks(candidates, orjson.dumps([certificates, asked, GENERATOR_VERSION, CERTIFICATE_VERSION]))
    with PartialFile(out) as file:
        ahead = []
        for task, verdict in _kept(file, tasks):
            if verdict is None:
                ahead.append(task)
            else:
                summary.kept += 1
                count(verdict)
        file.cut()
        with closing(_results(work, chain(ahead, tasks), workers)) as results:
            for result in results:
                file.write(result.line)
                count(result.verdict)
        file.finish()
    if clock is not None:
        summary.seconds = clock() - begun
    return summary


def _tasks(candidates: Iterable[Candidate | BadLine], settings: bytes) -> Iterator[_Task]:
    for one in candidates:
        if isinstance(one, BadLine):
            record = record_of_bad_line(one)
            yield _Task(content_key(settings, to_line(record)), None, record)
            continue
        content = candidate_to_json(one)
        try:
            line = orjson.dumps(content)
        except TypeError as error:  # built by hand: JSON has no such values
            record = failure_of(content, _described(error))
            yield _Task(content_key(settings, to_line(record)), None, record)
        else:
            yield _Task(content_key(settings, line), line, None)


def _kept(file: PartialFile, tasks: Iterator[_Task]) -> Iterator[tuple[_Task, Verdict | None]]:
    """The tasks that an earlier run has written, each with its verdict; at last the first that it has not, if taken."""
    for line in file.kept():
        task = next(tasks, None)
        if task is None:
            return
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            record = None
        if not isinstance(record, dict) or record.get("key") != task.key:
            yield task, None
            return
        yield task, verdict_of(record)


def _results(work: _Work, tasks: Iterator[_Task], workers: int) -> Generator[_Result, None, None]:
    if workers == 1:
        for task in tasks:
            yield from work([task])
    else:
        yield from Crew(work, workers, _given_up, work.prepare).results(_chunks(tasks))


def _chunks(tasks: Iterator[_Task]) -> Iterator[list[_Task]]:
    chunk: list[_Task] = []
    size = 0
    for task in tasks:
        chunk.append(task)
        size += len(task.content or b"")
        if len(chunk) == _CHUNK or size > _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _result(task: _Task, record: Mapping[str, Any]) -> _Result:
    return _Result(to_line({**record, "key": task.key}), verdict_of(record))


def _given_up(task: _Task) -> _Result:
    content = orjson.loads(task.content or b"{}")
    message = "the process that checked it ended every time, as when it is killed or out of memory"
    return _result(task, failure_of(content, message))


def _described(error: Exception) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:2_000]
    except Exception:  # noqa: BLE001 - even its text may crash
        return type(error).__name__


def _own_check() -> Checker:
    from agentalign_env.executability.check import check

    return check
