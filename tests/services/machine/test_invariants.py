"""Whatever is done, by tools or commands, valid or not: the machine stays in order."""

import shlex
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentalign_env.services import new_world
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall
from tests.services.machine.terminal import run, violations

PATHS = st.sampled_from(
    [
        "projects/trip-planner",
        "projects/recipe-box",
        "projects/club-site",
        "projects/field-notes",
        "code/new",
        "documents",
    ]
)
URLS = st.sampled_from(
    [
        "https://git.fernhub.example/garden/weather-station.git",
        "git@git.fernhub.example:weekend/trip-planner.git",
        "https://git.fernhub.example/no/such.git",
    ]
)
NAMES = st.sampled_from(
    ["flask", "werkzeug", "requests", "idna", "flask==2.3.3", "express", "ms", "lodash", "nothing", "*"]
)
IMAGES = st.sampled_from(
    ["nginx", "redis:7.4", "own:1", "hello-world", "nothing", "all", "page-cache", "projects/recipe-box"]
)
GIT_LINES = st.sampled_from(
    [
        *(
            "init",
            "add .",
            "commit -m change",
            "commit -am change",
            "status",
            "log --oneline",
            "checkout -b side",
            "checkout main",
        ),
        *(
            "merge side",
            "merge --abort",
            "stash",
            "stash pop",
            "reset --hard HEAD~1",
            "reset",
            "branch -D side",
            "tag v1",
            "pull",
        ),
        *(
            "push",
            "fetch",
            "rm -rf .",
            "mv README.md moved.md",
            "restore .",
            "revert --no-edit HEAD",
            "commit --amend -m again",
        ),
        *(
            "clean -fd",
            "diff",
            "show",
            "switch -c other",
            "push -u origin side",
            "merge other",
            "checkout HEAD~1",
            "push -f",
        ),
    ]
)
LINES = st.sampled_from(
    [
        *(
            "pip install flask tqdm",
            "pip uninstall -y flask requests",
            "npm install express",
            "npm rm express",
            "yarn add react",
        ),
        *(
            "docker run -d -p 8090:80 nginx",
            "docker stop page-cache",
            "docker rm -f page-cache",
            "docker rmi nginx:1.27",
        ),
        *(
            "docker prune",
            "docker start old-site",
            "docker tag redis:7.4 own:1",
            "docker build -t own:1 projects/recipe-box",
        ),
        *(
            "kill 892",
            "pkill -9 .",
            "kill -STOP 1302",
            "kill -CONT 1302",
            "killall python3",
            "ssh-keygen -f key -N x",
            "crontab -r",
        ),
        *(
            "scp -r projects deploy@web-1.cloudberry-hosting.example:/tmp/",
            "ping -c 1 localhost",
            "curl -s localhost:8000",
        ),
    ]
)


class MachineLife(RuleBasedStateMachine):
    """Tools and commands in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = new_world("small", 3)
        self.saved = (self.world.snapshot(), self.world.digest())

    def attempt(self, tool: str, **arguments: Any) -> None:
        before = self.world.digest()
        result = execute(self.world, load_tools(), ToolCall("1", tool, arguments))
        assert (self.world.digest() == before) == (not result.changes)

    @rule(operation=st.sampled_from(["clone", "pull", "push", "commit", "status", "log"]), path=PATHS, url=URLS)
    def git(self, operation: str, path: str, url: str) -> None:
        args = {"clone": {"url": url}, "commit": {"message": "Keep"}}.get(operation, {})
        self.attempt("git_operation", operation=operation, repository_path=path, args=args)

    @rule(
        operation=st.sampled_from(["install", "uninstall", "list", "search"]),
        name=NAMES,
        manager=st.sampled_from(["pip", "npm", "yarn"]),
    )
    def packages(self, operation: str, name: str, manager: str) -> None:
        self.attempt("package_operation", operation=operation, package_name=name, manager=manager)

    @rule(operation=st.sampled_from(["run", "build", "ps", "logs"]), image=IMAGES, port=st.integers(8080, 8082))
    def docker(self, operation: str, image: str, port: int) -> None:
        args: dict[str, Any] = {"ports": {"80": port}} if operation == "run" else {"tag": "own:1"}
        self.attempt("docker_operation", operation=operation, target=image, args=args)

    @rule(pid=st.sampled_from([1, 892, 901, 1302, 1411, 5]), signal=st.sampled_from([0, 1, 9, 15, 18, 19]))
    def kill(self, pid: int, signal: int) -> None:
        self.attempt("process_management", operation="kill", pid=pid, signal=signal)

    @rule(path=PATHS, name=st.sampled_from(["README.md", "new.txt", ".git/HEAD", ".git/index", ".git/refs/heads/main"]))
    def write(self, path: str, name: str) -> None:
        self.attempt("file_operation", operation="write", path=f"{path}/{name}", content="ref: refs/heads/side\n")

    @rule(path=PATHS, line=GIT_LINES)
    def git_command(self, path: str, line: str) -> None:
        done = run(self.world, f"git {line}", path)
        assert done.status in (0, 1, 2, 3, 128, 129), (line, done)

    @rule(line=LINES)
    def command(self, line: str) -> None:
        assert 0 <= run(self.world, line).status < 256, shlex.split(line)

    @rule()
    def save(self) -> None:
        self.saved = (self.world.snapshot(), self.world.digest())

    @rule()
    def go_back(self) -> None:
        state, digest = self.saved
        self.world.restore(state)
        assert self.world.digest() == digest

    @invariant()
    def the_machine_is_in_order(self) -> None:
        assert violations(self.world) == []


MachineLife.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
test_the_machine_stays_in_order_in_any_sequence = MachineLife.TestCase
