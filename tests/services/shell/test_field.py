"""Scripts as agents write them, on a small project: as bash 5.2 and the tools of Debian 12 answer."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from agentalign_env.services.shell.sandbox import memory_sandbox
from tests.services.shell.tables import Case

HERE = Path(__file__).with_name("cases")
FILES = json.loads((HERE / "field_files.json").read_text(encoding="utf-8"))
CASES = [Case(*json.loads(line)) for line in (HERE / "field.jsonl").read_text(encoding="utf-8").splitlines()]
SECONDS = 15  # on a busy machine; alone each takes less than two
BOMBS = {
    "files without end": "i=0; while :; do echo > /tmp/f$i; i=$((i+1)); done",
    "directories without end": "for i in {1..15000}; do mkdir d$i; done; ls -lR | wc -l; du -a | wc -l",
    "zeros shown": "cat -A /dev/zero",
    "zeros as lines": "tr '\\0' '\\n' < /dev/zero | cat -n | tail -1",
    "zeros as JSON": "jq . /dev/zero",
    "half of an array deleted": "jq -n '[range(30000)]|del(.[range(0;30000;2)])|length'",
    "descriptors without end": "while :; do exec {fd}> f; done",
    "directories on the stack": "while :; do pushd . > /dev/null; done",
    "a long value split": "x=$(head -c 200000 /dev/zero | tr '\\0' ' '); while :; do set -- $x; done",
    "a long value chosen by": "x=$(printf %100000s); while :; do case $x in *b*c*) ;; esac; done",
    "a long value quoted": "x=$(head -c 300000 /dev/zero | tr '\\0' a); while :; do printf %q \"$x\" >/dev/null; done",
    "up and down": "echo /*/../*/../*/../*/../*/../*/../* | wc -w",
    "links in a circle": "ln -s a b; ln -s b a; readlink -f a; realpath a; cd a; find -L a; cat a",
    "noise packed": "head -c 8000000 /dev/urandom | xz -9 | wc -c",
    "find runs find": "find / -exec find / \\;",
    "xargs runs xargs": "yes | xargs -n1 sh -c 'yes | xargs'",
    "a shell runs two": "echo 'sh ./x & sh ./x' > x; sh x",
    "output as input": "f() { f > >(f); }; f",
    "trap that begins again": "trap 'kill -USR1 $$; kill -USR1 $$' USR1; kill -USR1 $$",
    "power of a power": "echo $((2**2**30)) $((1<<1000000000)); echo '9^9^9^9' | bc",
    "sort of all": "yes | sort; sort /dev/urandom",
    "deep minus": "x=-; for i in {1..14}; do x=$x$x; done; echo $(( ${x}1 )); echo \"${x}1\" | bc; jq -n \"${x}1\"",
    "deep not": "x='! '; for i in {1..12}; do x=\"$x$x\"; done; find . $x -name a; eval \"[[ $x a ]]\"",
    "deep brackets": (
        "x='('; for i in {1..12}; do x=$x$x; done; "
        "awk \"BEGIN{print $x\"; expr $x; grep -E \"$x\" f"
    ),
    "deep blocks": "x='{'; for i in {1..12}; do x=$x$x; done; awk \"BEGIN$x\"; echo | sed \"$x\"; echo \"$x\" | bc",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.script[:60] for case in CASES])
def test_a_script_answers_as_on_a_real_machine(case: Case) -> None:
    result = memory_sandbox({f"/proj/{name}": text for name, text in FILES.items()}, "/proj").exec(case.script)
    assert Case(case.script, *result[:3]) == case


@pytest.mark.parametrize("script", BOMBS.values(), ids=[*BOMBS])
def test_a_bomb_ends_quickly_with_a_result(script: str) -> None:
    sandbox = memory_sandbox({}, "/proj")
    began = time.perf_counter()
    assert 0 <= sandbox.exec(script).rc <= 255
    assert time.perf_counter() - began < SECONDS
    assert sandbox.exec("echo alive").stdout == "alive\n"


def test_a_follower_runs_until_it_is_killed() -> None:
    run = memory_sandbox({"/proj/log": "one\n"}, "/proj").exec
    assert run("tail -f log & kill $!; echo $?")[:3] == ("one\n0\n", "", 0)
    assert run("timeout 3 tail -f log; echo $? $SECONDS")[:3] == ("one\n124 3\n", "", 0)


def test_sudo_tells_who_asked() -> None:
    assert memory_sandbox({}, "/proj").exec("sudo printenv SUDO_USER").stdout == "root\n"


def test_a_zone_has_its_offset_and_its_summer() -> None:
    script = "for z in America/New_York Europe/Berlin Asia/Kolkata; do TZ=$z date -d @1720000000 '+%F %T %Z %z'; done"
    assert memory_sandbox({}, "/proj").exec(script).stdout == (
        "2024-07-03 05:46:40 EDT -0400\n2024-07-03 11:46:40 CEST +0200\n2024-07-03 15:16:40 IST +0530\n"
    )


def test_a_tree_is_drawn() -> None:
    sandbox = memory_sandbox({"/proj/a/b/y": "", "/proj/a/x.py": "", "/proj/c d/z": ""}, "/proj")
    assert sandbox.exec("tree").stdout == (
        ".\n├── a\n│\xa0\xa0 ├── b\n│\xa0\xa0 │\xa0\xa0 └── y\n│\xa0\xa0 └── x.py\n└── c d\n    └── z\n\n"
        "4 directories, 3 files\n"
    )


def test_the_limit_of_frames_is_as_before_a_script() -> None:
    before = sys.getrecursionlimit()
    memory_sandbox({}, "/proj").exec("f() { f; }; f")
    assert sys.getrecursionlimit() == before
