"""The machine in memory, and the tool that runs commands on the owner's computer."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import orjson
import pytest

from agentalign_env.core.sandbox import Sandbox
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services import new_world
from agentalign_env.services.shell.sandbox import memory_sandbox
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.types import ToolCall


def test_files_last_from_one_script_to_the_next_and_variables_do_not() -> None:
    sandbox: Sandbox = memory_sandbox({"/proj/a": "one\n"}, "/proj")
    assert sandbox.exec("x=1; cd /tmp; echo two >> /proj/a").rc == 0
    assert sandbox.exec("echo [$x] $PWD; cat a").stdout == "[] /proj\none\ntwo\n"


def test_a_fresh_machine_holds_the_files_and_the_system_alone() -> None:
    sandbox = memory_sandbox({"/proj/a": "x", "b/c": "y"}, "/proj")
    assert sandbox.exec("find . -type f | sort; ls /; whoami; pwd; echo ~").stdout == (
        "./a\n./b/c\nbin\ndev\netc\nhome\nopt\nproc\nproj\nroot\nrun\nsbin\nsrv\ntmp\nusr\nvar\nroot\n/proj\n/root\n"
    )


def test_the_environment_is_small_and_fixed() -> None:
    assert memory_sandbox({}, "/proj").exec("env | sort").stdout == (
        "HOME=/root\nLANG=C.UTF-8\nLOGNAME=root\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
        "PWD=/proj\nSHELL=/bin/bash\nSHLVL=1\nTERM=dumb\nUSER=root\n"
    )


def test_files_are_read_and_written_from_outside() -> None:
    sandbox = memory_sandbox({}, "/proj")
    sandbox.write_file("deep/er/f.txt", "text\n")
    assert sandbox.exec("cat deep/er/f.txt").stdout == "text\n"
    sandbox.exec("printf new > out")
    assert sandbox.read_file("/proj/out") == "new"
    with pytest.raises(OperationError, match="No such file or directory"):
        sandbox.read_file("nope")


def test_a_script_starts_where_it_is_told() -> None:
    sandbox = memory_sandbox({"/proj/d/f": ""}, "/proj")
    assert sandbox.exec("pwd", cwd="d").stdout == "/proj/d\n"
    with pytest.raises(OperationError, match="no directory to start in"):
        sandbox.exec("pwd", cwd="/nope")


def test_the_clock_goes_on_by_what_scripts_slept() -> None:
    sandbox = memory_sandbox({}, "/proj")
    before = int(sandbox.exec("date +%s").stdout)
    assert sandbox.exec("sleep 7; date +%s").stdout == f"{before + 7}\n"
    assert sandbox.exec("date +%s").stdout == f"{before + 7}\n"


def test_a_time_limit_stops_a_script_on_its_own_clock() -> None:
    result = memory_sandbox({}, "/proj").exec("echo a; sleep 3; echo b", timeout_s=2)
    assert result == ("a\n", "", 124, False, True)


def test_reset_brings_the_beginning_back() -> None:
    sandbox = memory_sandbox({"/proj/a": "x"}, "/proj")
    digest = sandbox.world.digest()
    sandbox.exec("rm a; echo y > b; sleep 5")
    assert sandbox.world.digest() != digest
    sandbox.reset()
    assert sandbox.world.digest() == digest
    assert sandbox.exec("ls").stdout == "a\n"


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda sandbox: pickle.loads(pickle.dumps(sandbox)), lambda s: s.fork()]
)
def test_a_copy_is_independent(copied: Any) -> None:
    sandbox = memory_sandbox({"/proj/a": "x\n"}, "/proj")
    sandbox.exec("echo y >> a")
    twin = copied(sandbox)
    twin.exec("echo z >> a")
    assert (sandbox.read_file("a"), twin.read_file("a")) == ("x\ny\n", "x\ny\nz\n")
    twin.reset()
    assert twin.read_file("a") == "x\n"


def test_a_closed_sandbox_runs_nothing() -> None:
    sandbox = memory_sandbox({}, "/proj")
    sandbox.close()
    sandbox.close()
    with pytest.raises(OperationError, match="closed"):
        sandbox.exec("true")


def test_bytes_that_are_no_text_pass_through() -> None:
    script = r"printf '\xff\x00\x80a' > b; wc -c < b; cat b | od -An -tx1; cp b c; cmp b c && echo same"
    assert memory_sandbox({}, "/proj").exec(script).stdout == "4\n ff 00 80 61\nsame\n"


def test_links_are_followed_to_the_end_and_not_in_circles() -> None:
    script = """
    mkdir real; echo x > real/f; ln -s real dir; ln -s dir/f link; cat link dir/f; echo y > link; cat real/f
    ln -s loop loop; cat loop; echo z > loop; ls -d loop; cd dir && pwd && pwd -P; cd ..; rm dir; ls real
    """
    result = memory_sandbox({}, "/proj").exec(script)
    assert result.stdout == "x\nx\ny\nloop\n/proj/dir\n/proj/real\nf\n"
    assert result.stderr == (
        "cat: loop: Too many levels of symbolic links\nbash: line 3: loop: Too many levels of symbolic links\n"
    )


def test_lone_surrogates_in_a_script_do_no_harm() -> None:
    sandbox = memory_sandbox({}, "/proj")
    assert sandbox.exec("echo '\ud800' > f; cat f").stdout == "\ufffd\n"


# The tool


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def call(world: World, **arguments: Any) -> ToolResult:
    return execute(world, load_tools(), ToolCall("1", "execute_command", arguments))


def answer(world: World, **arguments: Any) -> Any:
    return orjson.loads(call(world, **arguments).content)


def test_a_command_runs_as_the_owner_at_home(world: World) -> None:
    files = world.files
    assert answer(world, command="whoami; pwd") == {
        "stdout": f"{files.user}\n{files.home}\n",
        "stderr": "",
        "return_code": 0,
        "truncated": False,
        "timed_out": False,
    }


def test_what_a_command_writes_the_typed_tools_read(world: World) -> None:
    changed = call(world, command="mkdir -p new && echo hi > new/note.txt").changes
    assert {change.table for change in changed} == {"files"}
    read = execute(world, load_tools(), ToolCall("2", "file_operation", {"operation": "read", "path": "new/note.txt"}))
    assert orjson.loads(read.content)["content"] == "hi\n"


def test_a_command_that_only_looks_changes_nothing(world: World) -> None:
    before = world.digest()
    call(world, command="ls -R ~ | wc -l; find / -type f | head -3; x=$(cat ~/.bashrc); diff <(ls) <(ls -a)")
    assert world.digest() == before


def test_a_command_that_fails_is_a_result(world: World) -> None:
    result = answer(world, command="cat nope")
    assert (result["stderr"], result["return_code"]) == ("cat: nope: No such file or directory\n", 1)


def test_variables_and_the_directory_are_given(world: World) -> None:
    result = answer(
        world,
        command="echo $GREETING $N $FLAG; pwd",
        env_vars={"GREETING": "hi", "N": 2, "FLAG": True},
        working_dir="/tmp",
    )
    assert result["stdout"] == "hi 2 true\n/tmp\n"


def test_a_time_limit_stops_the_command(world: World) -> None:
    result = answer(world, command="echo a; sleep 10; echo b", timeout=5)
    assert (result["stdout"], result["return_code"], result["timed_out"]) == ("a\n", 124, True)


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ({"working_dir": "/nope"}, "not_found", "working_dir"),
        ({"working_dir": "/etc/passwd"}, "invalid_state", "working_dir"),
        ({"env_vars": {"1x": "a"}}, "invalid_argument", "env_vars"),
        ({"env_vars": {"x": ["a"]}}, "invalid_argument", "env_vars"),
        ({"timeout": 0}, "invalid_argument", "timeout"),
    ],
)
def test_what_cannot_be_is_refused_without_a_trace(
    world: World, arguments: dict[str, Any], code: str, field: str
) -> None:
    before = world.digest()
    error = answer(world, command="echo x > f", **arguments)["error"]
    assert (error["code"], error["field"], world.digest()) == (code, field, before)


def test_the_owner_may_not_write_what_is_roots(world: World) -> None:
    result = answer(world, command="echo x > /etc/passwd; rm /etc/hosts; echo $?")
    assert result["stdout"] == "1\n"
    assert result["stderr"] == (
        "bash: line 1: /etc/passwd: Permission denied\nrm: cannot remove '/etc/hosts': Permission denied\n"
    )


def test_commands_of_other_services_change_the_same_state(world: World) -> None:
    script = "cd $(ls -d ~/projects/* | head -1) && git log --oneline | wc -l && git status > /dev/null"
    assert answer(world, command=script)["return_code"] == 0
    assert answer(world, command="git --version; kill -0 1; true")["return_code"] == 0
