"""The machine in memory and the one in a container give the same answers and leave the same files.

What differs is in ``deviations.json``: the set, the script, what differs and why. A script that differs and is not
there fails, and so does one that is there and agrees again. ``AGENTALIGN_DEVIATIONS=file`` writes what was found.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from agentalign_env.backends.docker.pool import ContainerPool
from agentalign_env.backends.docker.sandbox import DockerSandbox
from agentalign_env.core.sandbox import Sandbox
from agentalign_env.services.shell.sandbox import memory_sandbox
from tests.services.shell.tables import FILES

CORPUS = Path(__file__).parents[2] / "services" / "shell" / "cases"
SETS = sorted(path.stem for path in CORPUS.glob("*.jsonl") if path.stem != "abuse")
REASONS = {
    "user": "scripts run as the user 1000 with a home of its own, in memory as root",
    "owner": "a file belongs to the user 1000, in memory to root",
    "blocks": "a directory on tmpfs takes no blocks, in memory 4 KiB as on ext4",
    "root": "the user 1000 may not write outside of the writable directories",
    "time": "the text of a difference holds when its files were written",
    "names": "names are drawn at random, in memory from the world's seed",
    "devices": "a file system has numbers, pipes and devices that the machine in memory lacks",
    "race": "several processes write at once; it may agree by chance",
}
LISTING = (
    "find . -mindepth 1 -printf '%y %m %p %l\\n' 2>/dev/null | LC_ALL=C sort; "
    "find . -type f -exec cksum {} + 2>/dev/null | LC_ALL=C sort -k3"
)
# An archive holds its files' owners and times, so its bytes always differ; that there is one, and what is listed or
# unpacked from it, does not.
ARCHIVE = re.compile(r"^\d+ \d+ (.*\.(?:tar|tgz|tbz|txz|gz|bz2|xz|zip))$", re.MULTILINE)


class Deviation(NamedTuple):
    corpus: str
    script: str
    differs: list[str]
    reason: str


@cache
def listed() -> dict[tuple[str, str], Deviation]:
    text = Path(__file__).with_name("deviations.json").read_text(encoding="utf-8")
    return {(row[0], row[1]): Deviation(*row) for row in json.loads(text)}


def corpus(name: str) -> tuple[dict[str, str], list[str]]:
    """The files that a set of scripts begins with, and the scripts."""
    lines = [json.loads(line) for line in (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    files: dict[str, str] = {f"/proj/{path}": text for path, text in FILES.items()}
    if name == "agents":
        files = lines.pop(0)
    elif name == "field":
        given = json.loads((CORPUS / "field_files.json").read_text(encoding="utf-8"))
        files = {f"/proj/{path}": text for path, text in given.items()}
    return files, [line[0] for line in lines]


def outcome(sandbox: Sandbox, script: str) -> dict[str, object]:
    result = sandbox.exec(script)
    after = ARCHIVE.sub(r"\1", sandbox.exec(LISTING).stdout)
    return {"stdout": result.stdout, "stderr": result.stderr, "rc": result.rc, "files": after}


def deviations(name: str, pool: ContainerPool) -> Iterator[tuple[str, list[str]]]:
    files, scripts = corpus(name)
    box = DockerSandbox(pool, files, "/proj")
    for script in scripts:
        memory, real = outcome(memory_sandbox(files, "/proj"), script), outcome(box, script)
        differs = [key for key in memory if memory[key] != real[key]]
        if differs:
            yield script, differs
        box.reset()
    box.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_scripts_do_the_same_but_for_what_is_listed(name: str, pool: ContainerPool) -> None:
    found = dict(deviations(name, pool))
    if "AGENTALIGN_DEVIATIONS" in os.environ:
        with Path(os.environ["AGENTALIGN_DEVIATIONS"]).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps([name, script, differs]) + "\n" for script, differs in found.items())
    known = {row.script: row for row in listed().values() if row.corpus == name}
    for row in known.values():
        if row.reason == "race":
            found.pop(row.script, None)
    assert found == {row.script: row.differs for row in known.values() if row.reason != "race"}


def test_at_least_97_of_100_scripts_agree() -> None:
    scripts = sum(len(corpus(name)[1]) for name in SETS)
    assert scripts > 3_000
    assert len(listed()) / scripts < 0.03


def test_every_deviation_names_a_reason_and_a_script_that_there_is() -> None:
    assert {row.reason for row in listed().values()} == REASONS.keys()
    known = {name: set(corpus(name)[1]) for name in SETS}
    assert [row for row in listed().values() if row.script not in known[row.corpus]] == []
