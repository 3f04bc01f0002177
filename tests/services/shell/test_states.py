"""Scripts and typed tools in any sequence: one state, whose invariants hold."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentalign_env.services import SERVICES, new_world
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.types import ToolCall

WORLD = new_world("small", 3)
HOME = WORLD.background.home
REPOSITORY = next(
    file.parent for file in WORLD.store.rows(WORLD.base.table_by_name["files"]) if file.path.endswith("/.git")
)
SERVICES_CHANGED = [service for service in SERVICES if service.name in ("files", "machine", "web")]
NAMES = st.sampled_from(("notes.txt", "a b.txt", ".hidden", "deep/er/file", "link", "README.md"))
SCRIPTS = st.sampled_from(
    (
        "echo {x} > '{name}'",
        "echo {x} >> '{name}'; cat '{name}' | wc -l",
        "mkdir -p '{name}.d' && cp -r '{name}.d' copy && rm -rf copy",
        "ln -sf '{name}' link; cat link; readlink link",
        "rm -f '{name}'; touch '{name}'; chmod 600 '{name}'",
        "mv '{name}' moved && tar czf all.tgz moved && tar tzf all.tgz",
        "git add -A && git commit -qm 'Change {x}'; git log --oneline | head -2",
        "git checkout -q -b topic-{x} || git checkout -q topic-{x}; git status --short",
        "git stash; git stash pop; git diff --stat",
        "pip install requests; pip uninstall -y requests; pip list | wc -l",
        "sleep {x} & wait; kill %1; ps | tail -1",
        "for i in 1 2 3; do echo $i > f$i; done; sort -r f1 f2 f3 > '{name}'",
        "sed -i 's/a/b/' *.md; grep -rn b . | head -1",
        "exit {x}",
        "cd / && rm -rf {name}; cat /etc/passwd > /etc/group",
        "if [ -e '{name}' ]; then gzip -k '{name}'; fi; ls -la",
    )
)


class ShellLife(RuleBasedStateMachine):
    """What a script changes, the typed tools see; what fails as a call changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.world = WORLD.fork()
        self.saved = (self.world.snapshot(), self.world.digest())

    def call(self, tool: str, **arguments: Any) -> ToolResult:
        before = self.world.digest()
        result = execute(self.world, load_tools(), ToolCall("1", tool, arguments))
        assert (self.world.digest() == before) == (not result.changes)
        assert not (result.code and result.changes)
        return result

    @rule(
        script=SCRIPTS, name=NAMES, x=st.integers(0, 9), place=st.sampled_from((HOME, REPOSITORY, "/tmp", "/no/such"))
    )
    def run(self, script: str, name: str, x: int, place: str) -> None:
        command = script.replace("{name}", name).replace("{x}", str(x))
        self.call("execute_command", command=command, working_dir=place)

    @rule(name=NAMES, x=st.integers(0, 9))
    def write_and_read_back(self, name: str, x: int) -> None:
        if self.call("file_operation", operation="write", path=f"{HOME}/{name}", content=f"{x}\n").code:
            return
        shown = self.call("execute_command", command=f"cat '{name}'", working_dir=HOME)
        assert shown.value["stdout"] == f"{x}\n"

    @rule(x=st.integers(0, 9))
    def commit_and_see_it_in_the_shell(self, x: int) -> None:
        self.call("execute_command", command=f"date +%N > stamp-{x}; echo {x} >> stamp-{x}", working_dir=REPOSITORY)
        done = self.call(
            "git_operation", operation="commit", repository_path=REPOSITORY, args={"message": f"Stamp number {x}"}
        )
        if not done.code:
            log = self.call("execute_command", command="git log -1 --format=%s", working_dir=REPOSITORY)
            assert log.value["stdout"] == f"Stamp number {x}\n"

    @rule()
    def save(self) -> None:
        self.saved = (self.world.snapshot(), self.world.digest())

    @rule()
    def go_back(self) -> None:
        state, digest = self.saved
        self.world.restore(state)
        assert self.world.digest() == digest

    @invariant()
    def everything_is_in_order(self) -> None:
        assert [
            sentence for service in SERVICES_CHANGED for check in service.invariants for sentence in check(self.world)
        ] == []


ShellLife.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
test_scripts_and_tools_keep_one_state = ShellLife.TestCase
