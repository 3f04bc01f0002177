"""Scripts that would hang, flood or crash a machine end quickly, bounded, as results."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS
from agentalign_env.services.shell.sandbox import memory_sandbox

ABUSE = dict(
    json.loads(line)
    for line in (Path(__file__).with_name("cases") / "abuse.jsonl").read_text(encoding="utf-8").splitlines()
)
SECONDS = 15  # on a busy machine; alone each takes less than two
MORE = {
    "function without end": "f() { f; }; f; echo after",
    "function without end in a pipe": "f() { echo | f; }; f",
    "substitution without end": "f() { x=$(f); }; f",
    "eval without end": 'x=\'eval "$x"\'; eval "$x"',
    "deep brackets": "echo " + "$(" * 5000 + ")" * 5000,
    "deep groups": "{ " * 5000 + "echo; " + "} ;" * 5000,
    "deep arithmetic": f"echo $(({'(' * 5000}1{')' * 5000}))",
    "deep quotes": 'echo "${x:-' * 3000,
    "deep braces": "echo " + "{a," * 3000,
    "braces times braces": "echo " + "{a,b}" * 40,
    "long pipe": "true" + " | true" * 5000,
    "deep negation": "! " * 10_000 + "true",
    "deep condition": "[[ " + "( " * 5000 + "a" + " )" * 5000 + " ]]",
    "deep test": "[ " + "! " * 5000 + "a ]",
    "string that doubles": "x=a; while :; do x+=$x; done",
    "array that grows": "a=(); while :; do a+=(x x x x x x x x x x); done",
    "endless here-document": "while :; do cat <<< x; done > f",
    "endless background": "while :; do sleep 1 & done",
    "endless globs": "touch {1..3000}; while :; do echo * > /dev/null; done",
    "endless listing": "touch {1..3000}; while :; do ls > /dev/null; done",
    "pattern bomb": 'shopt -s extglob\nx=$(printf "a%.0s" {1..3000}); [[ $x == *a*a*a*a*a*a*b ]]; echo ${x/+(a)*(a)b/}',
    "negated pattern bomb": "shopt -s extglob\nx=$(printf 'a%.0s' {1..300}); case $x in !(*a!(*b)*a*)) echo m;; esac",
    "trap that raises itself": "trap 'false' ERR; trap 'kill -USR1 $$' USR1; kill -USR1 $$; false",
    "exit trap that exits": "trap 'exit 3; echo never' EXIT; exit 4",
    "reference to itself": "declare -n x=x; echo $x; x=1; declare -n a=b b=a; echo $a",
    "variable that means itself": "x=x; echo $((x))",
    "read of zeros": "read x < /dev/zero; echo ${#x}",
    "mapfile of zeros": "mapfile a < /dev/zero; echo ${#a[@]}",
    "many words": "set -- {1..20000}; set -- $@ $@; echo $#",
    "deep xargs": "echo 'echo $0 | xargs sh ./x' > x; sh x",
    "script that runs itself": "echo './me' > me; chmod +x me; ./me",
    "printf width": "printf '%*d' 999999999 1 | wc -c; printf '%.999999999f' 1 | wc -c",
    "shift forever": "while shift; do :; done; until false; do continue; done",
}


@pytest.mark.parametrize("script", [*ABUSE.values(), *MORE.values()], ids=[*ABUSE, *MORE])
def test_it_ends_quickly_with_a_result(script: str) -> None:
    sandbox = memory_sandbox({"/proj/a": "x\n"}, "/proj")
    began = time.perf_counter()
    result = sandbox.exec(script)
    assert time.perf_counter() - began < SECONDS
    assert 0 <= result.rc <= 255
    assert max(len(result.stdout), len(result.stderr)) <= DEFAULT_SHELL_LIMITS.output_chars
    assert sandbox.exec("echo alive").stdout == "alive\n"


def test_running_out_of_work_keeps_what_was_done() -> None:
    sandbox = memory_sandbox({}, "/proj")
    result = sandbox.exec("echo kept > f; echo said; while :; do :; done")
    assert result == ("said\n", "", 124, False, True)
    assert sandbox.read_file("f") == "kept\n"


def test_output_is_cut_and_says_so() -> None:
    result = memory_sandbox({}, "/proj").exec("seq 1 100000; echo done >&2")
    assert (len(result.stdout), result.stderr, result.rc, result.truncated) == (65_536, "done\n", 0, True)


def test_a_script_may_be_a_mebibyte_long() -> None:
    sandbox = memory_sandbox({}, "/proj")
    assert sandbox.exec("#" * (1 << 20)).rc == 0
    assert sandbox.exec("#" * (1 << 20) + "#").rc == 126


def test_a_full_disk_is_told() -> None:
    sandbox = memory_sandbox({}, "/proj")
    results = [sandbox.exec(f"head -c 15M /dev/zero > f{number}; ls -1 | wc -l") for number in range(5)]
    assert [result.stderr for result in results] == [
        "",
        "",
        "",
        "",
        "bash: line 1: write error: No space left on device\n",
    ]
    assert [result.stdout for result in results] == ["1\n", "2\n", "3\n", "4\n", "5\n"]


def test_nesting_to_the_limit_needs_no_more_stack_than_there_is() -> None:
    depth = 350
    script = (
        f"f() {{ if [ $1 -gt 0 ]; then {{ case x in x) f $(($1 - 1));; esac; }}; else echo bottom; fi; }}; f {depth}"
    )
    assert memory_sandbox({}, "/proj").exec(script).stdout == "bottom\n"
    assert sys.getrecursionlimit() < 20_000
