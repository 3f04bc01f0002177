"""What agents do to a machine stays in it, ends in bounded time and is told rightly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from docker import APIClient
from docker.errors import APIError
from requests import Response

from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.ownership import owned
from agentalign_env.backends.docker.pool import ContainerPool
from agentalign_env.backends.docker.sandbox import DockerSandbox
from agentalign_env.core.sandbox import ExecResult
from agentalign_env.errors import OperationError, SandboxFaultError

ABUSE = dict(
    json.loads(line)
    for line in (Path(__file__).parents[2] / "services/shell/cases/abuse.jsonl").read_text("utf-8").splitlines()
)
LIMIT_S = 2.0
AFTER_S = 15.0  # what stopping and replacing may take on a busy machine


def told(box: DockerSandbox, script: str, timeout_s: float = LIMIT_S) -> ExecResult | None:
    """What came of a script, in bounded time; nothing when it was a fault."""
    began = time.monotonic()
    try:
        return box.exec(script, timeout_s=timeout_s)
    except SandboxFaultError:
        return None
    finally:
        assert time.monotonic() - began < timeout_s + AFTER_S


def is_as_new(box: DockerSandbox) -> None:
    """A reset leads back to the beginning."""
    box.reset()
    assert box._live.strangers() == []
    script = "find /proj /tmp /home /root /srv /data /var -mindepth 1; pgrep -u 1000 -c 'sleep|yes|cat'"
    assert box.exec(script) == ExecResult("/proj/data\n/proj/data/a.txt\n/home/user\n0\n", "", 1)


@pytest.mark.slow
@pytest.mark.parametrize("script", ABUSE.values(), ids=ABUSE)
def test_abuse_ends_in_bounded_time_and_leaves_nothing(box: DockerSandbox, script: str) -> None:
    result = told(box, script)
    if result is not None:
        assert 0 <= result.rc <= 255
        assert max(len(result.stdout), len(result.stderr)) <= 65_536
    is_as_new(box)


def test_a_fork_bomb_is_contained(box: DockerSandbox) -> None:
    result = told(box, "bomb() { bomb | bomb & }; bomb; sleep 1")
    assert result is None or "Resource temporarily unavailable" in result.stderr
    is_as_new(box)


def test_many_idle_processes_are_a_fault_and_the_container_serves_on(pool: ContainerPool) -> None:
    box = DockerSandbox(pool, {}, "/proj")
    with pytest.raises(SandboxFaultError, match=r"a script left \d+ processes of at most 96; all were killed"):
        box.exec("for i in {1..80}; do sleep 60 >/dev/null 2>&1 & done")
    with pytest.raises(OperationError, match="was lost"):
        box.exec("echo alive")
    box.reset()
    assert box.exec("echo alive") == ExecResult("alive\n", "", 0)
    box.close()


def test_a_memory_bomb_is_killed_and_the_machine_lives(box: DockerSandbox) -> None:
    assert box.exec("x=a; while :; do x=$x$x; done").rc == 137
    assert box.exec("cat data/a.txt; echo alive") == ExecResult("hello\nworld\nalive\n", "", 0)


def test_a_full_disk_is_told_and_the_rest_works(box: DockerSandbox) -> None:
    result = box.exec("cat /dev/zero >fill; echo $?; ls data")
    assert (result.stdout, result.rc) == ("1\na.txt\n", 0)
    assert "No space left on device" in result.stderr
    with pytest.raises(OperationError, match=r"limit_exceeded: /proj/b: No space left on device"):
        box.write_file("b", "x" * 10_000)
    is_as_new(box)


def test_no_more_files_than_the_limit(box: DockerSandbox) -> None:
    assert "No space left on device" in box.exec("mkdir m; cd m; touch {1..60000}").stderr
    is_as_new(box)


def test_full_disks_cost_memory_and_a_reset_gives_it_back(box: DockerSandbox) -> None:
    told(box, "for d in data home mnt opt proj srv tmp; do head -c 63M /dev/zero >/$d/fill; done", 20)
    is_as_new(box)
    assert box.exec("head -c 60M /dev/zero >fill; echo $?").stdout == "0\n"


def test_endless_output_is_cut_and_stopped(box: DockerSandbox) -> None:
    result = box.exec("yes")
    assert (len(result.stdout), result.rc, result.truncated, result.timed_out) == (65_536, 124, True, True)


def test_a_line_of_a_hundred_megabytes_is_cut(box: DockerSandbox) -> None:
    result = box.exec("head -c 100M /dev/zero | tr '\\0' a")
    assert (result.stdout, result.truncated) == ("a" * 65_536, True)
    assert box.exec("echo alive") == ExecResult("alive\n", "", 0)


def test_output_that_is_kept_to_the_last_byte_is_not_cut(box: DockerSandbox) -> None:
    result = box.exec("head -c 65536 /dev/zero | tr '\\0' a; head -c 65536 /dev/zero | tr '\\0' b >&2")
    assert result == ExecResult("a" * 65_536, "b" * 65_536, 0)
    assert box.exec("head -c 65537 /dev/zero | tr '\\0' a").truncated


def test_bytes_that_are_no_text_pass(box: DockerSandbox) -> None:
    result = box.exec("printf '\\000\\001\\377\\200\\r\\n\\033[0m'; printf '\\376' >&2")
    assert result == ExecResult("\0\x01\uefff\uef80\r\n\x1b[0m", "\ueffe", 0)
    assert box.exec("xxd -p", stdin=result.stdout).stdout == "0001ff800d0a1b5b306d\n"


def test_an_end_cannot_be_guessed(box: DockerSandbox) -> None:
    forged = "printf '\\0010123456789abcdef 0 5\\001'; printf '\\001'; echo after; exit 3"
    assert box.exec(forged) == ExecResult("\x010123456789abcdef 0 5\x01\x01after\n", "", 3)


def test_a_script_may_be_a_mebibyte_long(box: DockerSandbox) -> None:
    script = f"echo $0 $# é; {' ' * ((1 << 20) - 30)}nosuch"
    assert box.exec(script) == ExecResult("bash 0 é\n", "bash: line 1: nosuch: command not found\n", 127)
    assert box.exec("#" * ((1 << 20) + 1)) == ExecResult("", "bash: Argument list too long\n", 126)


def test_two_hundred_thousand_arguments(box: DockerSandbox) -> None:
    result = box.exec("echo {1..200000} | wc -w; /bin/echo {1..200000} | wc -w")
    assert result == ExecResult("200000\n0\n", "bash: line 1: /bin/echo: Argument list too long\n", 0)


@pytest.mark.parametrize(
    ("script", "result"),
    [
        ("exec >&-; echo lost; exit 3", ExecResult("", "bash: line 1: echo: write error: Bad file descriptor\n", 3)),
        ("echo kept; exec >/dev/null 2>&1; echo lost", ExecResult("kept\n", "", 0)),
        ("exec 0<&- 1>&- 2>&-; exit 4", ExecResult("", "", 4)),
        ("exec cat data/a.txt", ExecResult("hello\nworld\n", "", 0)),
        ("kill -9 $$", ExecResult("", "", 137)),
        ("kill $$", ExecResult("", "", 143)),
        ("echo before; kill -9 -1; kill -9 $$", ExecResult("before\n", "", 137)),
        ("echo before; kill -9 $PPID; sleep 0.3", ExecResult("before\n", "", 137)),
        ("cat <&3 3>&1", ExecResult("", "bash: line 1: 3: Bad file descriptor\n", 1)),
        ("unset r; r=7; set -- 1 2 3", ExecResult("", "", 0)),
        ("exit -1", ExecResult("", "", 255)),
    ],
)  # fmt: skip
def test_a_script_cannot_disturb_the_next(box: DockerSandbox, script: str, result: ExecResult) -> None:
    assert box.exec(script) == result
    assert box.exec("cat data/a.txt; echo $#$r") == ExecResult("hello\nworld\n0\n", "", 0)
    assert box.read_file("data/a.txt") == "hello\nworld\n"


def test_every_shell_of_the_sandbox_may_be_killed_in_turn(box: DockerSandbox) -> None:
    for _ in range(3):
        assert box.exec("kill -9 $(pgrep -u 1000 -x sh); sleep 0.3", timeout_s=5).rc == 137
        assert box.read_file("data/a.txt") == "hello\nworld\n"
    is_as_new(box)


def test_a_stopped_shell_is_a_fault_in_bounded_time(pool: ContainerPool) -> None:
    box = DockerSandbox(pool, {}, "/proj")
    began = time.monotonic()
    with pytest.raises(SandboxFaultError):
        box.exec("kill -STOP -1", timeout_s=0.5)
    assert time.monotonic() - began < AFTER_S
    box.reset()
    assert box.exec("echo alive").stdout == "alive\n"
    box.close()


def test_what_runs_on_is_there_in_the_next_script_and_gone_after_a_reset(box: DockerSandbox) -> None:
    assert box.exec("sleep 60 >/dev/null 2>&1 & setsid sleep 61 & echo begun") == ExecResult("begun\n", "", 0)
    assert box.exec("pgrep -c sleep; pkill -f '[s]leep 60'; pgrep -cf '^sleep 61'").stdout == "2\n1\n"
    is_as_new(box)


def test_a_flood_from_the_background_ends_with_a_reset(box: DockerSandbox) -> None:
    box.exec("yes & yes >&2 & disown -a")
    assert told(box, "echo more") is None or box.exec("true", timeout_s=1).rc in (0, 124)
    is_as_new(box)


def test_a_process_that_comes_back_ends_with_a_reset(box: DockerSandbox) -> None:
    box.exec('respawn() { sleep 0.01; (setsid bash -c "$(declare -f respawn); respawn" >/dev/null 2>&1 &) ; }; respawn')
    is_as_new(box)


@pytest.mark.parametrize(
    "script",
    [
        "for i in {1..40}; do mkdir -p $(printf 'd/%.0s' {1..50}); cd $(printf 'd/%.0s' {1..50}); done 2>/dev/null",
        "ln -s a b; ln -s b a; ln -s . here; ln -s .. up; ln -s / everything; ln -s /usr/bin bin; ln -s /etc /tmp/etc",
        "mkdir -p x/y/z; touch x/y/z/f; chmod 000 x/y/z x/y x; mkdir /tmp/w; touch /tmp/w/f; chmod 000 /tmp/w",
        "mkdir r; touch r/f; chmod 555 r; chmod 000 data data/a.txt",
        "touch -- -rf '--' '*' ' ' $'\\n' $'a\\nb' '$(reboot)' .hidden ..also; mkdir -- -d '...' ; touch -- -d/x",
        "mkfifo p; ln -s /dev/zero z; : >$'\\xff\\xfe'; truncate -s 1T sparse",
        "rm -rf /etc/* /home/* /proj/* /var/* 2>/dev/null; touch /etc/mine /var/mine",
        "chmod 000 /proj /home /tmp /etc 2>/dev/null; mv data /tmp; mkdir -p /etc/a/b",
    ],
)
def test_whatever_lies_there_is_wiped_and_nothing_else(box: DockerSandbox, script: str) -> None:
    before = box.exec("find /usr -xdev | sort | cksum; ls -A /etc; cat /etc/passwd")
    container = box._live.id
    box.exec(script)
    is_as_new(box)
    assert box._live.id == container
    assert box.exec("find /usr -xdev | sort | cksum; ls -A /etc; cat /etc/passwd") == before


def test_two_threads_have_a_machine_each(options: ContainerOptions, engine: APIClient) -> None:
    pool = ContainerPool(options)
    found: dict[int, set[str]] = {0: set(), 1: set()}

    def act(number: int) -> None:
        box = DockerSandbox(pool, {"/proj/who": f"{number}\n"}, "/proj")
        for _ in range(20):
            found[number].add(box.exec("cat who; pwd").stdout + box.read_file("who"))
        box.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: {f"{number}\n/proj\n{number}\n"} for number in found}
    assert pool.idle == options.warm
    pool.close()


def failing(act: Callable[..., object], times: int) -> Callable[..., object]:
    """The act, which the engine refuses so many times first."""
    left = [times]

    def once(*arguments: object, **named: object) -> object:
        if left[0]:
            left[0] -= 1
            response = Response()
            response.status_code = 500
            raise APIError("cannot start the container", response)
        return act(*arguments, **named)

    return once


def test_an_engine_that_fails_to_start_is_asked_again(
    options: ContainerOptions, engine: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, before = ContainerPool(options), owned(engine)
    monkeypatch.setattr(engine, "start", failing(engine.start, 2))
    container = pool.take()
    assert owned(engine) - before == {container.id}
    pool.drop(container)
    monkeypatch.setattr(engine, "start", failing(engine.start, 3))
    with pytest.raises(SandboxFaultError, match="docker could not start a container: APIError"):
        pool.take()
    assert owned(engine) == before
    pool.close()
    with pytest.raises(SandboxFaultError, match="the pool of containers is closed"):
        pool.take()


def test_a_container_that_is_gone_is_a_fault_and_a_reset_gets_another(pool: ContainerPool, engine: APIClient) -> None:
    box = DockerSandbox(pool, {"/proj/a": "a\n"}, "/proj")
    for act in (lambda: box.exec("echo a"), lambda: box.read_file("a"), lambda: box.write_file("a", "b")):
        engine.remove_container(box._live.id, force=True)
        with pytest.raises(SandboxFaultError):
            act()
        box.reset()
        assert box.exec("cat a") == ExecResult("a\n", "", 0)
    box.close()
