"""Git as a typed tool: histories of real content, between a checkout and its host."""

from typing import Any

import pytest

from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.machine.git.records import BRANCHES, COMMITS
from tests.services.machine.terminal import call, refusal, violations, write

WEATHER = "https://git.fernhub.example/garden/weather-station.git"


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def git(world: World, operation: str, path: str, **args: Any) -> Any:
    return call(world, "git_operation", operation=operation, repository_path=path, **({"args": args} if args else {}))


def hosted(world: World, repository: str) -> str:
    row = world.store.get(BRANCHES, f"git.fernhub.example/{repository}#main")
    assert row is not None
    return row.commit


def test_a_clone_brings_files_history_and_what_it_requires(world: World) -> None:
    home = world.background.home
    cloned = git(world, "clone", "~/code/ws", url=WEATHER)
    assert cloned == {
        "operation": "clone",
        "repository_path": f"{home}/code/ws",
        "branch": "main",
        "output": f"Cloning into '{home}/code/ws'... done.",
        "commit": hosted(world, "garden/weather-station"),
        "url": WEATHER,
        "files": [
            f"{home}/code/ws/{name}"
            for name in (
                *("Dockerfile", "README.md", "app.py", "readings.txt", "requirements.txt", "station/__init__.py"),
                "station/sensor.py",
            )
        ],
        "requirements": ["flask", "matplotlib"],
    }
    assert (
        "def parse(line)"
        in call(world, "file_operation", operation="read", path="code/ws/station/sensor.py")["content"]
    )
    log = git(world, "log", "~/code/ws")
    assert [commit["message"] for commit in log["commits"]] == ["Show the readings in a browser", "Read the sensor"]
    assert git(world, "status", "~/code/ws")["changes"] == []
    assert violations(world) == []


def test_a_commit_takes_every_change_and_a_push_brings_it_to_the_host(world: World) -> None:
    path, repository = "~/projects/trip-planner", "weekend/trip-planner"
    before = hosted(world, repository)
    assert git(world, "status", path)["changes"] == [
        {"path": "planner/packing.py", "change": "modified", "staged": False},
        {"path": "notes.md", "change": "untracked", "staged": False},
    ]
    made = git(world, "commit", path, message="Pack a charger")
    assert made["output"] == f"[main {made['commit'][:7]}] Pack a charger\n 2 files changed"
    assert git(world, "status", path)["changes"] == []
    newest = git(world, "log", path)["commits"][0]
    assert newest["message"] == "Pack a charger"
    assert newest["author"] == f"{world.owner.name} <{world.owner.email}>"
    assert hosted(world, repository) == before
    assert git(world, "push", path)["output"] == f"{before[:7]}..{made['commit'][:7]} main -> main (1 commit)"
    assert hosted(world, repository) == made["commit"]
    assert git(world, "push", path)["output"] == "Everything up-to-date"
    assert violations(world) == []


def test_what_another_clone_pushed_is_pulled(world: World) -> None:
    git(world, "clone", "other", url="git@git.fernhub.example:weekend/trip-planner.git")
    write(world, "other/plan.md", "Lindholm by train\n")
    pushed = git(world, "commit", "other", message="Add a plan")["commit"]
    git(world, "push", "other")
    git(world, "commit", "projects/trip-planner", message="Pack a charger")
    assert refusal(world, "git_operation", operation="push", repository_path="projects/trip-planner") == (
        "conflict",
        "repository_path",
    )
    pulled = git(world, "pull", "projects/trip-planner")
    assert pulled["output"].startswith("Merge made")
    merge = world.store.get(COMMITS, pulled["commit"])
    assert merge is not None
    assert merge.parents[1] == pushed
    assert (
        call(world, "file_operation", operation="read", path="projects/trip-planner/plan.md")["content"]
        == "Lindholm by train\n"
    )
    assert violations(world) == []


def test_a_pull_goes_forwards(world: World) -> None:
    pulled = git(world, "pull", "projects/recipe-box")
    assert pulled["commit"] == hosted(world, "kitchen/recipe-box")
    assert "2 files changed" in pulled["output"]
    assert git(world, "pull", "projects/recipe-box")["output"] == "Already up to date."


def test_changes_on_both_sides_of_a_line_are_a_conflict_and_change_nothing(world: World) -> None:
    git(world, "clone", "other", url="https://git.fernhub.example/weekend/trip-planner.git")
    write(world, "other/README.md", "# another title\n")
    git(world, "commit", "other", message="Another title")
    git(world, "push", "other")
    write(world, "projects/trip-planner/README.md", "# my title\n")
    git(world, "commit", "projects/trip-planner", message="My title")
    assert refusal(world, "git_operation", operation="pull", repository_path="projects/trip-planner") == (
        "conflict",
        "repository_path",
    )


@pytest.mark.parametrize(
    ("operation", "path", "args", "expected"),
    [
        ("status", "~/documents", {}, ("not_found", "repository_path")),
        ("status", "~/nowhere", {}, ("not_found", "repository_path")),
        ("log", "~/.bashrc", {}, ("invalid_state", "repository_path")),
        ("log", "~/projects/club-site", {"branch": "nope"}, ("not_found", "args.branch")),
        ("clone", "~/new", {}, ("invalid_argument", "args.url")),
        ("clone", "~/new", {"url": "https://git.fernhub.example/no/such.git"}, ("not_found", "args.url")),
        ("clone", "~/new", {"url": "https://nobody.example/a/b.git"}, ("not_found", "args.url")),
        ("clone", "~/new", {"url": WEATHER, "branch": "nope"}, ("not_found", "args.branch")),
        ("clone", "~/documents", {"url": WEATHER}, ("conflict", "repository_path")),
        ("commit", "~/projects/trip-planner", {}, ("invalid_argument", "args.message")),
        ("commit", "~/projects/club-site", {"message": "x"}, ("invalid_state", "repository_path")),
        ("commit", "~/projects/trip-planner", {"message": "x", "branch": "y"}, ("invalid_state", "args.branch")),
        ("push", "~/projects/trip-planner", {"branch": "nope"}, ("not_found", "args.branch")),
    ],
)
def test_what_cannot_be_done_is_refused(
    world: World, operation: str, path: str, args: dict[str, Any], expected: tuple[str, str]
) -> None:
    given = {"args": args} if args else {}
    assert refusal(world, "git_operation", operation=operation, repository_path=path, **given) == expected


def test_only_members_may_push(world: World) -> None:
    git(world, "clone", "ws", url=WEATHER)
    write(world, "ws/README.md", "mine\n")
    git(world, "commit", "ws", message="Mine")
    assert refusal(world, "git_operation", operation="push", repository_path="ws") == (
        "permission_denied",
        "repository_path",
    )


def test_a_repository_is_its_directory(world: World) -> None:
    call(world, "file_operation", operation="move", path="projects/club-site", destination="site")
    assert git(world, "status", "site")["url"] == "https://git.fernhub.example/walkers/club-site.git"
    call(world, "file_operation", operation="delete", path="site/.git", mode="recursive")
    assert refusal(world, "git_operation", operation="status", repository_path="site")[0] == "not_found"


def test_a_damaged_repository_is_answered(world: World) -> None:
    write(world, "projects/club-site/.git/refs/heads/main", "no hash\n")
    assert git(world, "status", "projects/club-site")["branch"] == "main"
    write(world, "projects/club-site/.git/index", "100644 " + "0" * 40 + " 0\tgone.txt\n")
    assert git(world, "commit", "projects/club-site", message="Again")["commit"]
    write(world, "projects/club-site/.git/HEAD", "nonsense\n")
    assert refusal(world, "git_operation", operation="log", repository_path="projects/club-site")[0] == "invalid_state"
    assert violations(world) == []
