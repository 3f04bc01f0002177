"""Scripts with what bash 5.2 and GNU's tools (Debian 12, root, LANG=C.UTF-8) answer in a directory with these files.

Each line of ``cases/<name>.jsonl`` is a script, its standard output, its standard error and its exit status.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from agentalign_env.services.shell.sandbox import memory_sandbox


class Case(NamedTuple):
    script: str
    stdout: str
    stderr: str
    rc: int


def cases(name: str) -> list[Case]:
    path = Path(__file__).with_name("cases") / f"{name}.jsonl"
    return [Case(*json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def answer(script: str) -> Case:
    """What the shell in memory answers."""
    result = memory_sandbox({f"/proj/{name}": text for name, text in FILES.items()}, "/proj").exec(script)
    return Case(script, result.stdout, result.stderr, result.rc)


FILES = {
    "README.md": "# Project\n\nThis is a demo.\nTODO: write docs\n",
    "src/app.py": (
        "import os\n\ndef main():\n    # TODO: fix\n    print('hello')\n\nif __name__ == '__main__':\n    main()\n"
    ),
    "src/util.py": "def add(a, b):\n    return a + b\n\ndef sub(a, b):\n    return a - b\n",
    "src/lib/deep.py": "X = 1\n",
    "data/people.csv": "name,age,city\nalice,30,Paris\nbob,25,Berlin\ncarol,35,Paris\ndave,25,Rome\n",
    "data/nums.txt": "10\n9\n2\n33\n1\n-5\n2.5\n",
    "logs/app.log": (
        "2024-01-01 10:00:00 INFO start\n2024-01-01 10:00:05 ERROR db down\n2024-01-01 10:00:07 WARN "
        "retry\n2024-01-01 10:00:09 ERROR timeout\n2024-01-01 10:00:11 INFO stop\n"
    ),
    "my file.txt": "spaces in name\n",
    "words.txt": "the quick brown fox\njumps over\nthe lazy dog\nthe end\n",
    "dup.txt": "a\na\nb\nc\nc\nc\na\n",
    ".hidden": "h\n",
    "tabs.txt": "a\tb\tc\n1\t2\t3\n",
    "uni.txt": "héllo wörld\nnaïve café\n",
    "nonl.txt": "one\ntwo",
    "empty.txt": "",
    "long.txt": (
        "The quick brown fox jumps over the lazy dog. Pack my box with five dozen liquor jugs. How "
        "vexingly quick daft zebras jump! The five boxing wizards jump quickly.\n\nSecond paragraph "
        "here, with some more words that go on.\n"
    ),
}
