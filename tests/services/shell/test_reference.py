"""What agents type, as bash 5.2 and GNU's tools (Debian 12, root, LANG=C.UTF-8, in /proj) answer it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentalign_env.services.shell.sandbox import memory_sandbox
from tests.services.shell.tables import Case

FIRST, *REST = (Path(__file__).with_name("cases") / "agents.jsonl").read_text(encoding="utf-8").splitlines()
FILES: dict[str, str] = json.loads(FIRST)
CASES = [Case(*json.loads(line)) for line in REST]


@pytest.mark.parametrize("case", CASES, ids=[case.script[:60] for case in CASES])
def test_a_command_line_answers_as_the_real_machine(case: Case) -> None:
    result = memory_sandbox(FILES, "/proj").exec(case.script)
    assert (result.stdout, result.stderr, result.rc) == case[1:]


@pytest.mark.parametrize("case", CASES, ids=[case.script[:60] for case in CASES])
def test_it_answers_the_same_again(case: Case) -> None:
    first, second = (memory_sandbox(FILES, "/proj") for _ in range(2))
    assert first.exec(case.script) == second.exec(case.script)
    assert first.world.digest() == second.world.digest()
