"""Scripts on the machine in memory: parsed before, run on a sandbox and through `execute_command`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agentalign_env import ExecResult, load_tools, memory_sandbox, new_world
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall
from benchmarks.measure import Figure, Settings, Work, measure

__all__ = ["run"]

_FILES = {f"/data/notes/{number:03}.txt": f"note {number}\nsecond line\nthird\n" * 5 for number in range(100)}
_LOOP = "i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done; echo $i"
# The goals are what a prototype of 2,000 lines without awk, jq and tar took, in multiples of the control.
_SCRIPTS = (
    ("true", "true", "", 2.5),
    ("ls", "ls notes | head -n 1", "000.txt\n", None),
    ("ls of one file", "ls notes/000.txt", "notes/000.txt\n", 5.7),
    ("three-stage pipe", "cat notes/001.txt | grep note | wc -l", "5\n", 22.5),
    ("grep -r in 100 files", "grep -rl 'note 99' notes", "notes/099.txt\n", None),
    ("awk over 15 lines", "awk '{ n += NF } END { print n }' notes/002.txt", "25\n", None),
    ("jq on a small object", """echo '{"a": [1, 2, 3]}' | jq -c '[.a[] | . * 2]'""", "[2,4,6]\n", None),
    ("a loop of 1,000 turns", _LOOP, "1000\n", 5_200.0),
)


def run(settings: Settings) -> Iterator[Figure]:
    """Each script again and again on one sandbox, then the way of an episode: a call of the tool that writes a file."""
    box = memory_sandbox(_FILES, "/data")

    def script(text: str, expected: str) -> Callable[[], ExecResult]:
        first = box.exec(text)
        if first.stdout != expected or first.rc:
            raise RuntimeError(f"expected {text!r} to print {expected!r}, got {first}")
        return lambda: box.exec(text)

    works = [Work(script(text, expected)) for _, text, expected, _ in _SCRIPTS]
    works.append(Work(lambda: memory_sandbox(_FILES, "/data")))
    world, tools = new_world("small"), load_tools()
    start = world.snapshot()
    call = ToolCall("1", "execute_command", {"command": "date > ~/now.txt"})
    works.append(Work(lambda: execute(world, tools, call), lambda: world.restore(start), 20))
    timings = measure(works, settings)
    for (what, _, _, goal), timing in zip(_SCRIPTS, timings, strict=False):
        yield Figure.of(what, timing, goal=goal)
    yield Figure.of("memory_sandbox of 100 files", timings[-2])
    yield Figure.of("execute_command that writes a file", timings[-1])
