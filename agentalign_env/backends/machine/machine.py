"""A world's machine in a container: scripts run for real there, and everything else finds what they did."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

from agentalign_env.backends.docker.container import Script
from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.pool import ContainerPool, shared_pool
from agentalign_env.backends.docker.sandbox import exec_result
from agentalign_env.backends.machine.mirror import FileMirror
from agentalign_env.backends.machine.outside import COMMANDS_ROOT, START_FILE, answer, asked, lay_commands
from agentalign_env.backends.machine.processes import ProcessMirror
from agentalign_env.backends.machine.repositories import RepositoryMirror, git_command
from agentalign_env.core.operation import Operation
from agentalign_env.core.text import from_bytes
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError, SandboxFaultError
from agentalign_env.services.machine.git.operations import manage_git
from agentalign_env.services.machine.git.records import GitArguments, GitOutcome, GitVerb
from agentalign_env.services.machine.processes.operations import manage_process
from agentalign_env.services.shell.records import Execution
from agentalign_env.services.shell.running import run_on_world
from agentalign_env.services.shell.service import execute_command, start_of, told

__all__ = ["ContainerMachine"]

_TABLES = frozenset({"disks", "files", "git_branches", "git_commits", "git_contents", "processes"})
_NATIVE = frozenset({"git"})  # commands of services that the container has and that its files are good for
_ALSO_ASKED = ("date",)  # the container's clock is real, the world's is not
_LONGEST_S = 60.0
_KILL, _TERM = 9, 15
_PATH = f"{COMMANDS_ROOT}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


class ContainerMachine:
    """The machine of one episode. It takes a container when it is first used, and holds nothing before.

    The world stays the place where the state is: before a tool looks at files, processes or repositories, what changed
    in the container is brought into the world, and what the tool changed is brought back. So a copy or a pickle of a
    machine is a new one, which lays the world as it is then into a container of its own. What the world does not hold
    is not copied: variables of running processes, pipes, sockets.

    Args:
        options: What its container is like.
    """

    def __init__(self, options: ContainerOptions) -> None:
        self.options = options
        self._live: _Live | None = None

    def run(self, operation: Operation[..., Any], world: World, arguments: Mapping[str, Any]) -> Any:
        """Carries out an operation on the world and its container; what it changes is not committed.

        Raises:
            OperationError: As the operation does.
            SandboxFaultError: The container or its engine failed; the episode cannot go on.
        """
        if not (operation.reads | operation.writes) & _TABLES:
            return operation.run(world, **arguments)
        if self._live is None:
            self._live = _Live(shared_pool(self.options), world)
        try:
            return self._live.run(operation, world, arguments)
        except SandboxFaultError:
            self._lose()
            raise

    def settle(self, world: World) -> None:
        """At the end: stops what runs, brings what it did into the world, and gives the container back.

        Raises:
            SandboxFaultError: The container or its engine failed.
        """
        if self._live is not None:
            try:
                self._live.settle(world)
            except SandboxFaultError:
                self._lose()
                raise
            self.release()

    def release(self) -> None:
        """Gives the container back. Twice is fine."""
        live, self._live = self._live, None
        if live is not None:
            live.end()

    def _lose(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.lose()

    def __deepcopy__(self, memo: dict[int, Any]) -> ContainerMachine:
        return ContainerMachine(self.options)

    def __reduce__(self) -> tuple[Callable[[ContainerOptions], ContainerMachine], tuple[ContainerOptions]]:
        return ContainerMachine, (self.options,)


class _Live:
    """A container that holds a world's machine."""

    def __init__(self, pool: ContainerPool, world: World) -> None:
        self._pool, self.container = pool, pool.take()
        self._end = weakref.finalize(self, pool.give, self.container)
        try:
            names = {*world.base.commands, *_ALSO_ASKED} - _NATIVE
            lay_commands(self.container, names)
            self._files = FileMirror(self.container, world)
            self._repositories = RepositoryMirror(self.container, world)
            self._files.accept()
            self._repositories.accept(self._files.repositories)
            self._processes = ProcessMirror(self.container)
            self._native: dict[Operation[..., Any], Callable[..., Any]] = {
                execute_command: self._execute,
                manage_git: self._git,
            }
        except SandboxFaultError:
            self.lose()
            raise

    def run(self, operation: Operation[..., Any], world: World, arguments: Mapping[str, Any]) -> Any:
        """Carries out an operation between a look at the container and the bringing back."""
        self._pull(world, ran=False)
        world.store.commit(0)  # what happened in between is no part of this call, and stays when it fails
        native = self._native.get(operation)
        value = operation.run(world, **arguments) if native is None else native(world, **arguments)
        self._push(world, signal=arguments.get("signal", _TERM) if operation is manage_process else _KILL)
        return value

    def settle(self, world: World) -> None:
        """Stops everything and looks a last time."""
        if self.container.strangers():
            self.container.kill_all()
        self._pull(world)
        world.store.commit(0)

    def end(self) -> None:
        """Gives the container back."""
        self._end()

    def lose(self) -> None:
        """Removes the container."""
        self._end.detach()
        self._pool.drop(self.container)

    def _pull(self, world: World, *, ran: bool = True) -> None:
        self._files.pull(world)
        self._repositories.pull(world, self._files.repositories, pushed=ran)
        self._processes.pull(world)

    def _push(self, world: World, *, signal: int = _KILL) -> None:
        self._files.push(world)
        self._repositories.push(world)
        self._processes.push(world, signal)

    def _git(
        self, world: World, *, operation: GitVerb, repository_path: str, args: GitArguments | None = None
    ) -> GitOutcome:
        """Lets the container's git do what the world's git words; what is only looked at is the same in both."""
        told_of = manage_git.run(world.fork(), operation=operation, repository_path=repository_path, args=args)
        command = git_command(operation, told_of["repository_path"], args or {})
        if command is None:
            return told_of
        home = world.files.home
        variables = {**self._variables(world, home), **self._repositories.environment(world)}
        output, stopped = self.container.run(
            Script(command, home, variables), timeout_s=_LONGEST_S, meanwhile=lambda: self._answer(world, {})
        )
        if output.rc or stopped:
            words = from_bytes(output.stderr).strip() or "git did not end in time"
            raise OperationError("invalid_state", f"{words}; look at the status of the repository", "repository_path")
        self._pull(world)
        return told_of

    def _variables(self, world: World, place: str) -> dict[str, str]:
        """What a script finds in its environment."""
        files = world.files
        return {
            "HOME": files.home,
            "USER": files.user,
            "LOGNAME": files.user,
            "PATH": _PATH,
            "PWD": place,
            "SHELL": "/bin/bash",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "SHLVL": "0",
            "BASH_ENV": START_FILE,
        }

    def _execute(
        self,
        world: World,
        *,
        command: str,
        timeout_s: int = 30,
        working_dir: str = "~",
        env_vars: Mapping[str, Any] | None = None,
    ) -> Execution:
        """Runs a command line in the container's bash."""
        place, given = start_of(world, working_dir, env_vars)
        variables = {**self._variables(world, place), **self._repositories.environment(world), **given}
        output, stopped = self.container.run(
            Script(command, place, variables),
            timeout_s=min(float(timeout_s), _LONGEST_S),
            meanwhile=lambda: self._answer(world, given),
        )
        self._pull(world)
        return told(exec_result(output.stdout, output.stderr, output.rc or 0, cut=output.cut, stopped=stopped))

    def _answer(self, world: World, variables: Mapping[str, str]) -> None:
        """Carries out what the script asks of the world."""
        for call in asked(self.container):
            self._pull(world)
            run = run_on_world(world, call.script, stdin=call.stdin, cwd=call.cwd, timeout_s=_LONGEST_S, env=variables)
            self._push(world)
            answer(self.container, call, run.result)
