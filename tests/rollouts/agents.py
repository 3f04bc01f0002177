"""Agents that misbehave in one scenario, and can be sent to other processes."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.agents.protocol import Action, Observation, ToolSchema
from agentalign_env.scenarios.scenario import Scenario


class Failing(OracleAgent):
    """An oracle that fails at its second action in the scenario of one id."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self.target, self.acted, self.here = target, 0, ""

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        super().reset(scenario, tools)
        self.acted, self.here = 0, scenario.id

    def act(self, observation: Observation) -> Action:
        self.acted += 1
        if self.here == self.target and self.acted == 2:
            self.fail()
        return super().act(observation)

    def fail(self) -> None:
        raise ValueError("no idea")


class Deadly(Failing):
    """Ends its process instead, every time."""

    def fail(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class DeadlyOnce(Failing):
    """Ends its process the first time, and leaves a file as a sign of it."""

    def __init__(self, target: str, sign: Path) -> None:
        super().__init__(target)
        self.sign = sign

    def fail(self) -> None:
        if not self.sign.exists():
            self.sign.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class Interrupted(Failing):
    """Is interrupted as by Ctrl-C."""

    def fail(self) -> None:
        raise KeyboardInterrupt


class Hanging(Failing):
    """Blocks its thread until it is let go."""

    let_go = threading.Event()

    def fail(self) -> None:
        self.let_go.wait()


class AsyncOracle:
    """An oracle whose actions are awaited; counts how many are under way at once."""

    name = "oracle"
    acting = most = 0

    def __init__(self, target: str = "") -> None:
        self.oracle, self.target, self.here = OracleAgent(), target, ""

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        self.oracle.reset(scenario, tools)
        self.here = scenario.id

    async def act(self, observation: Observation) -> Action:
        kind = type(self)
        kind.acting += 1
        kind.most = max(kind.most, kind.acting)
        try:
            await asyncio.sleep(0)
            if self.here == self.target:
                await self.fail()
        finally:
            kind.acting -= 1
        return self.oracle.act(observation)

    async def fail(self) -> None:
        await asyncio.Event().wait()


class Unanswered(AsyncOracle):
    """What it waits for is cancelled by somebody else."""

    async def fail(self) -> None:
        waiting = asyncio.get_running_loop().create_future()
        waiting.cancel()
        await waiting


class Asleep(Failing):
    """Sleeps far longer than anybody waits."""

    def fail(self) -> None:
        time.sleep(600)
