"""What a sandbox promises, each tried on a container of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from agentalign_env.backends.docker.engine import connect, engine_faults, require_image
from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.ownership import owned, owner_label, sweep
from agentalign_env.backends.docker.pool import ContainerPool
from agentalign_env.backends.docker.sandbox import DockerSandbox
from agentalign_env.core.sandbox import ExecResult
from agentalign_env.errors import AgentAlignError, SandboxFaultError, SandboxUnavailableError

__all__ = ["Promise", "check_promises"]

_NOBODY = (1 << 22) + 1  # more than the number of any process


class Promise(NamedTuple):
    """A promise and whether it is kept.

    Attributes:
        name: What is promised.
        told: What was found.
        remedy: What to do when it is broken; empty when it is kept.
        ms: How long it took to find out.
    """

    name: str
    told: str
    remedy: str
    ms: float

    @property
    def kept(self) -> bool:
        """Whether it is."""
        return not self.remedy


class _Trial(NamedTuple):
    name: str
    remedy: str
    act: Callable[[DockerSandbox], str]


class _BrokenError(AgentAlignError):
    """A promise is not kept; the message says what was found instead."""


def check_promises(options: ContainerOptions | None = None) -> Iterator[Promise]:
    """Tries every promise, and says of each whether it is kept. Those that others rest on come first, and end it.

    Raises:
        SandboxUnavailableError: No engine answers.
    """
    given = options or ContainerOptions()
    began = time.perf_counter()
    api = connect(given.url)
    before = owned(api)
    version = api.version()["Version"]
    yield Promise("the engine answers", f"version {version}", "", _since(began))
    began = time.perf_counter()
    try:
        require_image(api, given.image)
    except SandboxUnavailableError as error:
        yield Promise("the image is there", str(error), "agentalign sandbox build", _since(began))
        return
    yield Promise("the image is there", given.image, "", _since(began))
    began = time.perf_counter()
    pool = ContainerPool(given)
    box = None
    try:
        box = DockerSandbox(pool, {"/proj/given": "given\n"}, "/proj")
        yield Promise("a container starts", "ready", "", _since(began))
        for trial in _TRIALS:
            yield _tried(trial, box)
    except SandboxFaultError as error:
        yield Promise(
            "a container starts", str(error), "look at the engine's log, and at its free memory", _since(began)
        )
    finally:
        if box is not None:
            box.close()
        pool.close()
    yield _tried_alone("a dead owner's container is swept", lambda: _sweeps(given))
    yield _tried_alone("nothing is left behind", lambda: _nothing_left(given, before))


def _tried(trial: _Trial, box: DockerSandbox) -> Promise:
    began = time.perf_counter()
    try:
        told = trial.act(box)
    except AgentAlignError as error:
        with suppress(SandboxFaultError):
            box.reset()
        return Promise(trial.name, str(error), trial.remedy, _since(began))
    return Promise(trial.name, told, "", _since(began))


def _tried_alone(name: str, act: Callable[[], str]) -> Promise:
    began = time.perf_counter()
    try:
        told = act()
    except AgentAlignError as error:
        return Promise(name, str(error), "agentalign sandbox sweep; docker ps --all shows what is left", _since(began))
    return Promise(name, told, "", _since(began))


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1_000


def _require(holds: bool, found: object) -> None:
    if not holds:
        raise _BrokenError(f"found {found!s:.300}")


def _user(box: DockerSandbox) -> str:
    text = box.exec("cat /proc/self/status").stdout
    fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    capabilities = {fields.get(name) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
    _require(fields.get("Uid", "").split() == ["1000"] * 4, f"user {fields.get('Uid')}")
    _require(capabilities == {"0" * 16}, f"capabilities {capabilities}")
    return "user 1000, capabilities 0"


def _privileges(box: DockerSandbox) -> str:
    text = box.exec("grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status").stdout.split()
    _require(text == ["NoNewPrivs:", "1", "Seccomp:", "2"], " ".join(text))
    return "no new privileges, system calls filtered"


def _root(box: DockerSandbox) -> str:
    found = box.exec("for d in / /usr /usr/bin /run /dev /sys /proc; do : >$d/try && echo $d; done 2>/dev/null")
    _require(not found.stdout, f"writable: {found.stdout.split()}")
    return "no file can be made in /, /usr, /run, /dev, /sys, /proc"


def _network(box: DockerSandbox) -> str:
    found = box.exec("echo /sys/class/net/*; tail -n +2 /proc/net/route; (: >/dev/tcp/192.0.2.1/80) 2>&1", timeout_s=5)
    first, *rest = found.stdout.splitlines() or [""]
    _require(first == "/sys/class/net/lo" and len(rest) == 2 and "nreachable" in rest[0], found)
    return "one interface, lo; no route"


def _processes(box: DockerSandbox) -> str:
    with suppress(SandboxFaultError):
        box.exec(":(){ :|:& };:; sleep 1", timeout_s=2)
    box.reset()
    _alive(box)
    return "a fork bomb is contained"


def _memory(box: DockerSandbox) -> str:
    found = box.exec("x=aaaaaaaa; while :; do x=$x$x; done", timeout_s=20)
    _require(found.rc == 137, found[1:])
    _alive(box)
    return "status 137 at the limit"


def _disk(box: DockerSandbox) -> str:
    found = box.exec("cat /dev/zero >fill; rm fill", timeout_s=20)
    _require("No space left" in found.stderr, found[1:])
    _alive(box)
    return "No space left on device"


def _cut(box: DockerSandbox) -> str:
    found = box.exec("yes", timeout_s=20)
    _require(found.truncated and found.timed_out and len(found.stdout) <= 1 << 20, found[2:])
    _alive(box)
    return f"{len(found.stdout)} characters kept of an endless output"


def _time(box: DockerSandbox) -> str:
    began = time.perf_counter()
    found = box.exec("sleep 60", timeout_s=0.2)
    _require((found.rc, found.timed_out) == (124, True), found[2:])
    _require(_since(began) < 10_000, f"{_since(began):.0f} ms")
    _alive(box)
    return "status 124 after 0.2 s"


def _shell(box: DockerSandbox) -> str:
    found = box.exec("kill -9 -1; kill -9 $$")
    _require(found.rc == 137, found)
    _alive(box)
    return "a script that kills every process"


def _wiping(box: DockerSandbox) -> str:
    box.exec("echo x >/tmp/x; mkdir -p a/b; : >a/b/c; chmod 0 a/b; rm given; sleep 60 >/dev/null 2>&1 &")
    box.reset()
    found = box.exec("find /tmp /proj -mindepth 1; cat given; ps -A -o comm | grep -c sleep")
    _require(found[:1] == ("/proj/given\ngiven\n0\n",), found)
    return "no file and no process outlives a reset"


def _alive(box: DockerSandbox) -> None:
    found = box.exec("echo alive")
    _require(found == ExecResult("alive\n", "", 0), found)


def _sweeps(options: ContainerOptions) -> str:
    api = connect(options.url)
    label = owner_label(_NOBODY)
    with engine_faults("make a container"):
        made = api.create_container(options.image, ["cat"], labels=label)
        sweep(api)
        left = [one["Id"] for one in api.containers(all=True, filters={"label": list(label)})]
    _require(made["Id"] not in left, f"container {made['Id']}")
    return "removed"


def _nothing_left(options: ContainerOptions, before: frozenset[str]) -> str:
    left = owned(connect(options.url)) - before
    _require(not left, f"containers {sorted(left)}")
    return "no container of this process"


_TRIALS = (
    _Trial("scripts run as nobody special", "give the engine back its default profile of capabilities", _user),
    _Trial("no privileges can be gained", "enable seccomp and no-new-privileges in the engine and kernel", _privileges),
    _Trial("the system is read-only", "look at the engine's storage driver: it has to honour read_only", _root),
    _Trial("there is no network", "look for a plugin of the engine that adds networks", _network),
    _Trial("processes are limited", "enable the pids controller of control groups", _processes),
    _Trial("memory is limited", "enable the memory controller of control groups, with swap accounting", _memory),
    _Trial("files are limited", "look at the engine's tmpfs mounts: they have to honour size", _disk),
    _Trial("output is cut", "report it: this is a defect of the sandbox", _cut),
    _Trial("time is limited", "report it: this is a defect of the sandbox", _time),
    _Trial("a killed shell comes back", "report it: this is a defect of the sandbox", _shell),
    _Trial("a reset empties it", "report it: this is a defect of the sandbox", _wiping),
)
