"""Episodes whose commands run in a container: what they did is found by every tool, goal and copy."""

from __future__ import annotations

import copy
import gc
import pickle
import time
import warnings
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from docker import APIClient

from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.ownership import owned
from agentalign_env.backends.docker.pool import ContainerPool
from agentalign_env.core.store import Change
from agentalign_env.core.text import to_bytes
from agentalign_env.envs.chain import ChainEnv
from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.envs.sandbox import SandboxEnv
from agentalign_env.envs.shell import ShellEnv
from agentalign_env.errors import EnvArgumentError, SandboxUnavailableError
from agentalign_env.rollouts.local import run_episode

MACHINE = {
    "execute_command",
    "file_operation",
    "git_operation",
    "list_files",
    "package_operation",
    "process_management",
}


def call(env: AgentAlignEnv, tool: str, **arguments: Any) -> Any:
    action = {"tool_calls": [{"id": "1", "name": tool, "arguments": arguments}]}
    observation, _, _, _, info = env.step(action)
    assert not info["fault"]
    return orjson.loads(observation["messages"][0]["content"])


def sh(env: AgentAlignEnv, command: str, **arguments: Any) -> str:
    answer = call(env, "execute_command", command=command, **arguments)
    assert answer["stderr"] == "", answer
    return str(answer["stdout"])


def changed(env: AgentAlignEnv, table: str) -> set[str]:
    return {change.key for change in env.episode.world.store.diff() if change.table == table}


def test_the_machine_is_the_owners(env: SandboxEnv) -> None:
    world = env.episode.world
    home, user = world.background.home, world.background.user
    assert sh(env, "whoami; pwd; hostname; stat -c %U:%a ~").split() == [user, home, f"{user}-laptop", f"{user}:755"]
    rows = world.store.rows(world.base.table_by_name["files"])
    there = {row.path for row in rows if row.path.startswith(f"{home}/") and "/.git/" not in row.path}
    assert set(sh(env, "find ~ -mindepth 1 -not -path '*/.git/*'").splitlines()) == there


def test_what_a_script_does_to_files_is_in_the_world(env: SandboxEnv) -> None:
    home = env.episode.world.background.home
    sh(env, "mkdir -p new/deep && printf 'a\\377b' > new/deep/f && ln -s deep/f new/l && chmod 640 new/deep/f")
    assert changed(env, "files") == {f"{home}/new", f"{home}/new/deep", f"{home}/new/deep/f", f"{home}/new/l"}
    entry = env.episode.world.files.require(f"{home}/new/l")
    assert (entry.path, entry.mode, to_bytes(entry.content)) == (f"{home}/new/deep/f", "0640", b"a\xffb")
    sh(env, "rm -r new")
    assert changed(env, "files") == set()


def test_what_a_tool_does_to_files_is_in_the_container(env: SandboxEnv) -> None:
    call(env, "file_operation", operation="write", path="plans/may.txt", content="from the tool\n")
    assert sh(env, "cat plans/may.txt; echo and from the shell >> plans/may.txt") == "from the tool\n"
    assert call(env, "file_operation", operation="read", path="plans/may.txt")["content"] == (
        "from the tool\nand from the shell\n"
    )
    call(env, "file_operation", operation="move", path="plans/may.txt", destination="plans/june.txt")
    assert sh(env, "ls plans") == "june.txt\n"
    call(env, "file_operation", operation="delete", path="plans", mode="recursive")
    assert "plans" not in sh(env, "ls").split()


def test_a_file_that_becomes_a_directory_and_back_is_followed(env: SandboxEnv) -> None:
    sh(env, "echo x > thing")
    sh(env, "rm thing; mkdir thing; echo y > thing/in")
    assert call(env, "list_files", path="thing")["total"] == 1
    call(env, "file_operation", operation="delete", path="thing", mode="recursive")
    call(env, "file_operation", operation="write", path="thing", content="a file again")
    assert sh(env, "cat thing") == "a file again"


def test_what_nobody_may_read_stays_as_it_was(env: SandboxEnv) -> None:
    home = env.episode.world.background.home
    sh(env, "mkdir shut && echo inside > shut/f && echo text > closed")
    sh(env, "chmod 000 shut closed")
    world = env.episode.world
    held = {row.path: row for row in world.store.rows(world.base.table_by_name["files"])}
    assert (held[f"{home}/closed"].mode, held[f"{home}/closed"].content) == ("0000", "text\n")
    assert (held[f"{home}/shut"].mode, held[f"{home}/shut/f"].content) == ("0000", "inside\n")
    assert sh(env, "chmod 700 shut && rm -r shut && chmod 600 closed && cat closed && rm closed") == "text\n"
    assert changed(env, "files") == set()


def test_pipes_and_odd_names_do_no_harm(env: SandboxEnv) -> None:
    names = ["two\nlines", "tab\there", "-n", "ünïcöde", "a\\b", "*", "'q\""]
    sh(env, "mkdir odd && mkfifo odd/pipe")
    for name in names:
        call(env, "file_operation", operation="write", path=f"odd/{name}", content=name)
    assert sh(env, 'cd odd && for f in *; do [ -p "$f" ] || [ "$(cat -- "$f")" = "$f" ] || echo wrong: $f; done') == ""
    assert call(env, "list_files", path="odd")["total"] == len(names)
    sh(env, "cd odd && printf 'b\\377' > \"$(printf 'raw\\377')\" && rm pipe")
    assert call(env, "list_files", path="odd")["total"] == len(names) + 1
    sh(env, "rm -r odd")
    assert changed(env, "files") == set()


def test_the_systems_files_are_not_the_agents(env: SandboxEnv) -> None:
    answer = call(env, "execute_command", command="echo x >> /etc/passwd; touch /etc/new /usr/new /new; id -u")
    assert answer["stdout"] == "1000\n"
    assert answer["stderr"].count("Permission denied") + answer["stderr"].count("Read-only") == 4
    assert changed(env, "files") == set()


def test_commands_that_the_container_lacks_are_asked_of_the_world(env: SandboxEnv) -> None:
    assert "Successfully installed" in sh(env, "pip install flask")
    assert "pip:flask" in changed(env, "installed_packages")
    assert sh(env, "for p in flask click; do pip list | grep -c ^$p; done") == "1\n1\n"
    world = env.episode.world
    assert sh(env, "date +%Y") == f"{1970 + world.now_s // 31_556_952}\n"
    page = sh(env, "curl -s https://nobody.invalid || echo $?").strip()
    assert page == "6"


def test_a_command_that_is_asked_finds_and_leaves_files_of_the_same_script(env: SandboxEnv) -> None:
    assert sh(env, "echo requests > needs.txt; pip install -q -r needs.txt; echo done; rm needs.txt") == "done\n"
    assert sh(env, "ssh-keygen -q -t ed25519 -N '' -f key && ls key key.pub") == "key\nkey.pub\n"


def test_many_calls_at_once_are_all_answered(env: SandboxEnv) -> None:
    script = "for n in 1 2 3 4 5 6; do (hostname | sed s/^/$n:/) & done; wait"
    name = env.episode.world.background.user + "-laptop"
    assert sorted(sh(env, script).split()) == [f"{n}:{name}" for n in range(1, 7)]


def test_a_forged_call_changes_what_a_command_could_and_no_more(env: SandboxEnv) -> None:
    odd = "/run/asked/'x y; touch $HOME/gotcha'"
    sh(env, f"mkdir -p {odd} && mkfifo {odd}/done && : > {odd}/in && printf 'a\\0pip\\0' > {odd}/call; sleep 0.3")
    assert changed(env, "files") == set()
    sh(env, "rm -rf /run/asked/*")


def test_a_job_in_the_background_is_a_process_that_tools_see_and_end(env: SandboxEnv) -> None:
    number = int(sh(env, "sleep 300 >/dev/null 2>&1 & echo $!"))
    shown = call(env, "process_management", operation="list", name="sleep")["processes"]
    assert [row["command"] for row in shown] == ["sleep 300"]
    assert str(shown[0]["pid"]) in sh(env, "ps -e | grep sleep")
    call(env, "process_management", operation="kill", pid=shown[0]["pid"])
    assert sh(env, f"[ -d /proc/{number} ] || echo gone") == "gone\n"
    assert changed(env, "processes") == set()


def test_processes_of_the_world_keep_their_numbers(env: SandboxEnv) -> None:
    rows = call(env, "process_management", operation="list", name="borg")["processes"]
    sh(env, f"kill {rows[0]['pid']}")
    assert changed(env, "processes") == {str(rows[0]["pid"])}
    assert sh(env, "kill 1 999999 2>&1 || true").count("kill: ") == 2


def test_the_shells_own_kill_knows_its_jobs(env: SandboxEnv) -> None:
    assert sh(env, "sleep 300 & kill %1; wait %1; echo $?") == "143\n"
    assert (
        sh(env, "sleep 300 & kill -0 $! && kill -9 $!; wait $! 2>/dev/null; echo $?; type -t kill") == "137\nfunction\n"
    )


def test_what_a_job_does_until_the_end_counts(env: SandboxEnv) -> None:
    sh(env, "(sleep 0.2; echo late > late.txt; sleep 300) >/dev/null 2>&1 &")
    sh(env, "until [ -s late.txt ]; do sleep 0.05; done")
    sh(env, "(sleep 0.1; echo later > later.txt; sleep 300) >/dev/null 2>&1 & sleep 0.4")
    env.step({"message": "Done."})
    home = env.episode.world.background.home
    assert changed(env, "files") == {f"{home}/late.txt", f"{home}/later.txt"}
    assert env.episode.outcome == "partial"


def test_what_happened_in_between_stays_when_a_call_fails(env: SandboxEnv) -> None:
    sh(env, "echo first > f")
    sh(env, "(sleep 0.2; echo last > f) >/dev/null 2>&1 &")
    time.sleep(0.6)
    missing = call(env, "file_operation", operation="read", path="no/such/file")
    assert missing["error"]["code"] == "not_found"
    assert call(env, "file_operation", operation="read", path="f")["content"] == "last\n"
    assert sh(env, "cat f") == "last\n"


def test_a_script_that_takes_too_long_is_stopped_and_keeps_what_it_did(env: SandboxEnv) -> None:
    answer = call(env, "execute_command", command="echo a | tee kept; sleep 100; echo b", timeout=1)
    assert (answer["stdout"], answer["return_code"], answer["timed_out"]) == ("a\n", 124, True)
    assert sh(env, "cat kept") == "a\n"


def test_forks_copies_and_pickles_go_on_in_a_container_of_their_own(env: SandboxEnv) -> None:
    sh(env, "echo before > shared")
    twins = [env.fork(), copy.deepcopy(env), pickle.loads(pickle.dumps(env))]
    for number, twin in enumerate(twins):
        assert sh(twin, f"cat shared; echo {number} > own") == "before\n"
    assert [sh(twin, "cat own") for twin in twins] == ["0\n", "1\n", "2\n"]
    assert "own" not in sh(env, "ls").split()
    for twin in twins:
        twin.close()


def test_a_state_that_is_put_back_is_the_containers_too(env: SandboxEnv) -> None:
    sh(env, "echo one > f")
    state = env.get_state()
    sh(env, "echo two > f; touch g")
    env.set_state(state)
    assert sh(env, "cat f; ls g 2>&1 || true").startswith("one\nls: cannot access 'g'")


def test_a_container_that_dies_ends_the_episode_as_a_fault_and_the_next_goes_on(
    env: SandboxEnv, engine: APIClient
) -> None:
    sh(env, "true")
    engine.kill(env.episode.machine._live.container.id)  # type: ignore[union-attr]
    observation, reward, terminated, truncated, info = env.step(
        {"tool_calls": [{"id": "1", "name": "execute_command", "arguments": {"command": "true"}}]}
    )
    assert (observation["messages"], reward, terminated, truncated, info["outcome"]) == ([], 0.0, False, True, "fault")
    assert "execute_command" in info["fault"]
    env.reset()
    assert sh(env, "echo back") == "back\n"


def test_an_episode_that_never_touches_the_machine_takes_no_container(options: ContainerOptions) -> None:
    env = ChainEnv(backend=options)
    env.reset(seed=1)
    env.step({"message": "No."})
    assert env.episode.machine._live is None
    env.close()


def test_another_backend_is_refused() -> None:
    with pytest.raises(EnvArgumentError, match="backend: expected 'memory', 'docker' or a ContainerOptions"):
        SandboxEnv(backend="podman")  # type: ignore[arg-type]


def test_without_an_image_there_is_no_environment(engine: APIClient) -> None:
    with pytest.raises(SandboxUnavailableError, match="agentalign sandbox build"):
        SandboxEnv(backend=ContainerOptions(image="agentalign-no-such-image"))


def test_without_an_engine_there_is_no_environment() -> None:
    with pytest.raises(SandboxUnavailableError, match="Start one"):
        SandboxEnv(backend=ContainerOptions(url="unix:///nowhere/docker.sock"))
    with warnings.catch_warnings():  # the engine's library leaves the socket that it could not connect
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def scenarios(env: AgentAlignEnv, count: int) -> list[Any]:
    found, seed = [], 0
    while len(found) < count:
        seed += 1
        env.reset(seed=seed)
        scenario = env.episode.setting
        if MACHINE & {planned.tool for planned in scenario.plan}:
            found.append(scenario)
    return found


GIT = "cd ~/projects/trip-planner && "


def test_repositories_are_real_gits(env: SandboxEnv) -> None:
    world = env.episode.world
    head = sh(env, f"{GIT} git rev-parse HEAD").strip()
    assert head in {row.id for row in world.store.rows(world.base.table_by_name["git_commits"])}
    assert sh(env, f"{GIT} git fsck --full --strict 2>&1; git status --porcelain; git log --format=%H | tail -1")
    answer = call(env, "git_operation", operation="log", repository_path="projects/trip-planner")
    assert sh(env, f"{GIT} git log --format=%H").split() == [shown["commit"] for shown in answer["commits"]]


def test_a_commit_of_the_real_git_is_one_of_the_worlds(env: SandboxEnv) -> None:
    memory = SandboxEnv()
    memory.reset(seed=3)
    script = f"{GIT} echo more >> README.md && git add -A && git commit -qm 'Say more' && git log --format=%H -n 1"
    assert sh(env, script) == sh(memory, script)
    assert env.episode.world.digest() == memory.episode.world.digest()
    assert sh(env, f"{GIT} git push -q origin HEAD && git log origin/main --format=%s -n 1") == "Say more\n"
    assert changed(env, "git_branches")


def test_the_git_tool_is_real_git(env: SandboxEnv) -> None:
    sh(
        env,
        f"{GIT} mkdir -p .git/hooks && echo 'date +hooked > ~/seen' > .git/hooks/pre-commit && chmod +x .git/hooks/*",
    )
    call(env, "file_operation", operation="write", path="projects/trip-planner/new.txt", content="new\n")
    arguments = {"operation": "commit", "repository_path": "projects/trip-planner", "args": {"message": "Add it"}}
    call(env, "git_operation", **arguments)
    assert sh(env, "cat ~/seen") == "hooked\n"
    sh(env, f"{GIT} echo 'echo not today >&2; exit 1' > .git/hooks/pre-commit; echo more >> new.txt")
    refused = call(env, "git_operation", **arguments)["error"]
    assert (refused["code"], "not today" in refused["message"]) == ("invalid_state", True)
    assert sh(env, f"{GIT} git status --porcelain").split() == ["M", "new.txt"]


def test_a_signal_of_the_tool_is_the_signal_that_arrives(env: SandboxEnv) -> None:
    waiting = "while :; do read -rt 0.05 _ <>/tmp/pipe; done"
    sh(env, f"mkfifo /tmp/pipe; bash -c 'trap \"echo hung up >> ~/heard\" HUP; {waiting}' >/dev/null 2>&1 & sleep 0.2")
    (pid,) = (row["pid"] for row in call(env, "process_management", operation="list", name="hung up")["processes"])
    call(env, "process_management", operation="kill", pid=pid, signal=1)
    assert sh(env, "until [ -s ~/heard ]; do sleep 0.05; done; cat ~/heard") == "hung up\n"
    assert call(env, "process_management", operation="list", name="hung up")["processes"]
    call(env, "process_management", operation="kill", pid=pid, signal=9)
    assert changed(env, "processes") == set()


def test_a_commit_of_the_tool_is_in_the_container(env: SandboxEnv) -> None:
    call(env, "file_operation", operation="write", path="projects/trip-planner/new.txt", content="new\n")
    answer = call(
        env, "git_operation", operation="commit", repository_path="projects/trip-planner", args={"message": "Add it"}
    )
    assert sh(env, f"{GIT} git log -n 1 --format='%H %s' -- new.txt").strip() == f"{answer['commit']} Add it"
    assert sh(env, f"{GIT} git status --porcelain") == ""
    call(env, "git_operation", operation="push", repository_path="projects/trip-planner")
    assert sh(env, f"{GIT} git fetch -q && git rev-parse origin/main").strip() == answer["commit"]


def test_a_clone_is_a_checkout_of_the_world(env: SandboxEnv) -> None:
    url = sh(env, f"{GIT} git config remote.origin.url").strip()
    sh(env, f"git clone -q {url} again && rm -rf projects/trip-planner")
    assert call(env, "git_operation", operation="status", repository_path="again")["changes"] == []
    answer = call(env, "git_operation", operation="clone", repository_path="third", args={"url": url})
    assert sh(env, "cd third && git rev-parse HEAD").strip() == answer["commit"]
    missing = call(env, "execute_command", command="git clone https://nobody.example/x.git")
    assert missing["return_code"] == 128


def told(change: Change) -> bool:
    """Whether a change has to be the same byte for byte: the bytes of an archive tell of the clock."""
    return not change.key.endswith((".gz", ".tar", ".tgz", ".zip"))


@pytest.mark.slow
@pytest.mark.parametrize("source", [ChainEnv, ShellEnv])
def test_plans_are_answered_in_a_container_as_in_memory(
    source: Callable[..., AgentAlignEnv], options: ContainerOptions, shared: ContainerPool
) -> None:
    memory, container = source(), source(backend=options)
    for scenario in scenarios(source(intent="mixed"), 60):
        for env in (memory, container):
            run_episode(OracleAgent(comply=True), scenario, env)
        answers = [[result.content for result in env.episode.results] for env in (memory, container)]
        assert answers[0] == answers[1], scenario.id
        ends = [{change for change in env.episode.world.store.diff() if told(change)} for env in (memory, container)]
        assert ends[0] == ends[1], scenario.id
        assert container.episode.reward == memory.episode.reward, scenario.id
    container.close()


@pytest.mark.slow
def test_five_hundred_episodes_leave_no_container(
    options: ContainerOptions, shared: ContainerPool, engine: APIClient
) -> None:
    before = owned(engine)
    env = ShellEnv(backend=options)
    for seed in range(500):
        env.reset(seed=seed)
        sh(env, f"echo {seed} > f")
        env.step({"message": "Done."})
        assert env.episode.fault == ""
    env.close()
    assert len(owned(engine) - before) <= options.warm
    assert shared.idle <= options.warm
