"""Putting labelled instructions to the check, in one process or several; replaying its certificates in another."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from time import process_time
from typing import Any, NamedTuple

import orjson

from agentalign_env.errors import AgentAlignError
from agentalign_env.executability.certificate import Certificate, replay_certificate
from agentalign_env.executability.check import check
from agentalign_env.executability.report import ExecutabilityReport
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import Chain, load_chains
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scenarios.verification import run_plan
from benchmarks.executability.labelled import LabelledInstruction, Origin

__all__ = ["Outcome", "judge", "judge_all", "replay_all"]

_CHUNK = 40


class Outcome(NamedTuple):
    """What the check made of an instruction.

    Attributes:
        line: The instruction with its label.
        executable: The verdict.
        cause: The kind of the first finding that blocks.
        findings: All findings, as JSON values.
        goals_met: Whether the plan that was found meets the goals of the scenario; ``None`` where there are none.
        certificate: The proof as JSON text, ``None`` without one.
        spent_s: CPU seconds of the check alone.
        crash: What was raised, ``None`` when nothing was.
    """

    line: LabelledInstruction
    executable: bool
    cause: str | None
    findings: list[dict[str, Any]]
    goals_met: bool | None
    certificate: bytes | None
    spent_s: float
    crash: str | None = None

    @property
    def right(self) -> bool:
        """Whether the verdict is."""
        return self.crash is None and self.executable == self.line.executable


def judge(line: LabelledInstruction) -> Outcome:
    """Puts one instruction to the check."""
    start = process_time()
    try:
        report = check(line.instruction, tools=line.tools, world=line.world, premises=line.premises)
    except Exception as error:  # noqa: BLE001 - what the check raises is one of its figures
        return Outcome(line, False, None, [], None, None, process_time() - start, f"{type(error).__name__}: {error}")
    spent_s = process_time() - start
    return Outcome(
        line=line,
        executable=report.executable,
        cause=report.cause,
        findings=[finding.to_json() for finding in report.findings],
        goals_met=_goals_met(line, report),
        certificate=None if report.certificate is None else orjson.dumps(report.certificate.to_json()),
        spent_s=spent_s,
    )


def judge_all(lines: Sequence[LabelledInstruction], *, workers: int = 1) -> list[Outcome]:
    """Puts them to the check, in their order; neighbours share a worker, since they share a world."""
    if workers == 1:
        return [judge(line) for line in lines]
    with _pool(workers) as pool:
        return [outcome for chunk in pool.map(_judge_chunk, _chunks(lines)) for outcome in chunk]


def replay_all(certificates: Sequence[bytes], *, workers: int = 1) -> list[str]:
    """Carries certificates out again in processes of their own; the divergences, in words."""
    if not certificates:
        return []
    with _pool(workers) as pool:
        return [text for chunk in pool.map(_replay_chunk, _chunks(certificates)) for text in chunk]


def _pool(workers: int) -> ProcessPoolExecutor:
    """Processes that share nothing with this one."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for at in range(0, len(items), _CHUNK):
        yield items[at : at + _CHUNK]


def _judge_chunk(lines: Iterable[LabelledInstruction]) -> list[Outcome]:
    return [judge(line) for line in lines]


def _replay_chunk(certificates: Iterable[bytes]) -> list[str]:
    found = []
    for content in certificates:
        certificate = Certificate.from_json(orjson.loads(content))
        try:
            divergence = replay_certificate(certificate)
        except AgentAlignError as error:
            found.append(f"{certificate.instruction[:80]!r}: {error}")
            continue
        if divergence is not None:
            found.append(f"{certificate.instruction[:80]!r}: {str(divergence)[:300]}")
    return found


def _goals_met(line: LabelledInstruction, report: ExecutabilityReport) -> bool | None:
    """Whether the plan that was found does what the scenario asks for, carried out where the scenario begins."""
    if line.origin is None or not line.executable or not report.executable:
        return None
    return run_plan(_scenario(line.origin), report.plan).report.satisfied


@lru_cache(maxsize=64)
def _scenario(origin: Origin) -> Scenario:
    return build_scenario(
        _chains()[origin.chain],
        seed=origin.seed,
        intent=origin.intent,  # type: ignore[arg-type]
        explicitness=origin.explicitness,  # type: ignore[arg-type]
    )


@lru_cache(maxsize=1)
def _chains() -> dict[str, Chain]:
    return {chain.id: chain for chain in load_chains()}
