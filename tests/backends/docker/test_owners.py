"""However its owner ends, no container outlives it; and a process uses no container of another."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import pytest
from docker import APIClient, DockerClient
from docker.errors import APIError, DockerException, NotFound

from agentalign_env.backends.docker.engine import connect
from agentalign_env.backends.docker.images import BUSYBOX, build_busybox
from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.ownership import owned, owner_label, sweep
from agentalign_env.backends.docker.pool import ContainerPool
from agentalign_env.backends.docker.sandbox import DockerSandbox
from agentalign_env.core.sandbox import ExecResult
from agentalign_env.errors import SandboxFaultError
from tests.backends.docker.engines import unavailable

OWNER = """
import sys, time
from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.pool import shared_pool
from agentalign_env.backends.docker.sandbox import docker_sandbox
options = ContainerOptions(image=sys.argv[1])
used, idle = docker_sandbox({}, "/proj", options), docker_sandbox({}, "/proj", options)
print(used._live.id, idle._live.id, flush=True)
idle.close()
print("ready", flush=True)
"""
CYCLES = 500


def is_there(engine: APIClient, container: str) -> bool:
    try:
        engine.inspect_container(container)
    except NotFound:
        return False
    return True


def gone(engine: APIClient, containers: list[str], seconds: float = 30.0) -> bool:
    until = time.monotonic() + seconds
    while any(is_there(engine, container) for container in containers):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize(
    ("ending", "signalled", "status"),
    [
        ("", None, 0),
        ("raise SystemExit(3)", None, 3),
        ("time.sleep(60)", signal.SIGINT, -signal.SIGINT),
        ("used.exec('sleep 60', timeout_s=60)", signal.SIGINT, -signal.SIGINT),
        ("time.sleep(60)", signal.SIGTERM, -signal.SIGTERM),
        ("used.exec('sleep 60', timeout_s=60)", signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_no_container_outlives_its_owner(
    image: str, engine: APIClient, ending: str, signalled: signal.Signals | None, status: int
) -> None:
    command = [sys.executable, "-c", OWNER + ending, image]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as owner:
        assert owner.stdout is not None
        containers = owner.stdout.readline().split()
        assert owner.stdout.readline() == "ready\n"
        assert len(containers) == 2
        if signalled is not None:
            owner.send_signal(signalled)
        assert owner.wait(30) == status
    assert gone(engine, containers)


def test_a_container_that_its_owner_could_not_take_along_is_swept(image: str, engine: APIClient) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as owner:
        label = owner_label(owner.pid)
    ours = engine.create_container(image, ["cat"], stdin_open=True, labels=owner_label())["Id"]
    alone = engine.create_host_config(network_mode="none")
    dead = engine.create_container(image, ["cat"], stdin_open=True, labels=label, host_config=alone)["Id"]
    with suppress(APIError):  # another process that makes a pool at this moment has swept it
        engine.start(dead)
    assert ours not in sweep(engine)
    assert [is_there(engine, ours), is_there(engine, dead)] == [True, False]
    engine.remove_container(ours)


def use_in_another_process(given: DockerSandbox, options: ContainerOptions, told: str) -> None:
    """What a forked process finds: the sandbox of the other refuses, one of its own works."""
    try:
        given.exec("echo mine")
    except SandboxFaultError as error:
        Path(told).write_text(f"{error}\n", encoding="utf-8")
    given.close()
    pool = ContainerPool(options)
    box = DockerSandbox(pool, {}, "/proj")
    with Path(told).open("a", encoding="utf-8") as file:
        file.write(box.exec("echo own").stdout)
    box.close()
    pool.close()
    gc.collect()


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("leaves", ["quickly", "through the interpreter's end"])
def test_a_forked_process_leaves_the_containers_to_its_parent(
    options: ContainerOptions, tmp_path: Path, leaves: str
) -> None:
    pool = ContainerPool(options)
    box, idle = (DockerSandbox(pool, {"/proj/a": "a\n"}, "/proj") for _ in range(2))
    idle.close()
    told = tmp_path / "told"
    if leaves == "quickly":
        child = get_context("fork").Process(target=use_in_another_process, args=(box, options, str(told)))
        child.start()
        child.join(60)
        assert child.exitcode == 0
    else:
        pid = os.fork()
        if not pid:
            use_in_another_process(box, options, str(told))
            for finalizer in (*__import__("weakref").finalize._registry,):
                finalizer.atexit and finalizer()
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
    assert told.read_text(encoding="utf-8") == (
        "the sandbox belongs to the process that made it; make another one in this process\nown\n"
    )
    assert box.exec("cat a") == ExecResult("a\n", "", 0)
    assert pool.idle == 1
    other = DockerSandbox(pool, {"/proj/b": "b\n"}, "/proj")
    assert other.exec("cat b; ls") == ExecResult("b\nb\n", "", 0)
    for one in (box, other):
        one.close()
    pool.close()


@pytest.mark.slow
def test_hundreds_of_episodes_leave_nothing_and_grow_nothing(pool: ContainerPool, engine: APIClient) -> None:
    def cycle(number: int) -> None:
        box = DockerSandbox(pool, {"/proj/a": f"{number}\n"}, "/proj")
        box.write_file("b", "b\n")
        assert box.exec("cat a b; ls /tmp; touch /tmp/c").stdout == f"{number}\nb\n"
        box.close()

    for number in range(5):
        cycle(number)
    gc.collect()
    before = owned(engine), threading.active_count(), len([*Path("/proc/self/fd").iterdir()])
    for number in range(CYCLES):
        cycle(number)
    gc.collect()
    assert (owned(engine), threading.active_count(), len([*Path("/proc/self/fd").iterdir()])) == before


class Daemon:
    """An engine of the test's own, so that it can be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/socket"
        self.start()

    def start(self) -> None:
        command = ["dockerd", "--data-root", f"{self.folder}/data", "--exec-root", f"{self.folder}/exec"]
        command += ["--pidfile", f"{self.folder}/pid", "--host", self.url, "--bridge=none", "--iptables=false"]
        Path(self.folder, "pid").unlink(missing_ok=True)
        with Path(self.folder, "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(600):
            try:
                client = DockerClient(self.url)
            except DockerException:
                if self.process.poll() is not None:
                    unavailable("a second dockerd does not run here: " + Path(self.folder, "log").read_text()[-500:])
                time.sleep(0.05)
            else:
                client.close()
                return
        raise AssertionError(Path(self.folder, "log").read_text()[-2000:])

    def kill(self) -> None:
        """Kills it, and the part of it that holds its containers' shims; the containers live on."""
        below = Path(self.folder, "exec/containerd/containerd.pid")
        pid = int(below.read_text())
        self.process.kill()
        self.process.wait()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        for left in (below, below.with_name("containerd.sock"), below.with_name("containerd.sock.ttrpc")):
            left.unlink(missing_ok=True)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        for command in Path("/proc").glob("[0-9]*/cmdline"):  # what a killed one may have left
            with suppress(OSError):
                if f"{self.folder}/".encode() in command.read_bytes():
                    os.kill(int(command.parent.name), signal.SIGKILL)
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
        for mount in reversed(mounts):
            if mount.startswith(f"{self.folder}/"):
                subprocess.run(["umount", "--lazy", mount], check=False)


@pytest.fixture
def daemon(engine: APIClient) -> Iterator[Daemon]:
    if os.geteuid() or shutil.which("dockerd") is None or not Path(BUSYBOX).exists():
        unavailable("a second engine needs root, dockerd and busybox-static")
    folder = Path(tempfile.mkdtemp(prefix="engine-", dir="/tmp"))  # a socket's path is short
    daemon = Daemon(folder)
    yield daemon
    daemon.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # the client's, when it cannot connect
def test_an_engine_that_was_killed_is_a_fault_and_its_next_start_serves_again(daemon: Daemon) -> None:
    options = ContainerOptions(image="small", url=daemon.url)
    api = connect(daemon.url)
    build_busybox(api, "small")
    pool = ContainerPool(options)
    box = DockerSandbox(pool, {"/proj/a": "a\n"}, "/proj")
    assert box.exec("cat a") == ExecResult("a\n", "", 0)
    lost = box._live.id
    daemon.kill()
    began = time.monotonic()
    with pytest.raises(SandboxFaultError):
        box.exec("cat a")
    with pytest.raises(SandboxFaultError):
        box.reset()
    assert time.monotonic() - began < 15
    daemon.start()
    box.reset()
    assert box.exec("cat a") == ExecResult("a\n", "", 0)
    sweep(api)
    box.close()
    pool.close()
    assert gone(api, [lost])
    assert gone(api, [*owned(api)])
    gc.collect()
