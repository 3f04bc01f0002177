"""Repositories of the world under the real git: the same history, the same status, and the same rows afterwards."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from agentalign_env.backends.machine.git_hosting import (
    CONFIG_NAME,
    PROGRAM_NAMES,
    commit_environment,
    git_config,
    hosted_repositories,
    remote_program,
)
from agentalign_env.backends.machine.git_reading import read_back, read_hosted
from agentalign_env.backends.machine.git_repositories import checkouts, real_repository
from agentalign_env.core.git_objects import read_entry
from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.core.world import World
from agentalign_env.errors import UnknownNameError
from agentalign_env.services import new_world
from agentalign_env.services.files.records import FILES
from agentalign_env.services.machine.git.records import BRANCHES, COMMITS, CONTENTS
from agentalign_env.services.machine.service import SERVICE
from agentalign_env.services.shell.running import run_on_world

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed (apt-get install git)")

TABLES = (COMMITS, CONTENTS, BRANCHES)


class Done(NamedTuple):
    status: int
    out: str
    err: str


class Disk:
    """A world's repositories on the disk, and scripts that run there; without the program by other addresses."""

    def __init__(self, world: World, folder: Path, *, program: bool = True) -> None:
        self.world, self.hosts, self.root, self.parts = world, folder / "hosts", folder / "disk", folder / "parts"
        if program:
            self._lay_parts()
        for path, files in hosted_repositories(world).items():
            lay(self.hosts / path, files)
        (self.hosts / CONFIG_NAME).write_text(git_config(world, str(self.hosts), program=program))
        for row in world.store.rows(FILES):
            if row.path.startswith(f"{world.background.home}/") and "/.git/" not in row.path:
                self._lay_row(self.root / row.path[1:], row.kind, row.content, row.mode)
        for top in checkouts(world):
            lay(self.at(top) / ".git", real_repository(world, top))

    def _lay_parts(self) -> None:
        """Git's own parts, and the program in the place of those for https."""
        self.parts.mkdir(parents=True)
        own = subprocess.run(["git", "--exec-path"], capture_output=True, check=True, text=True).stdout.strip()
        for part in Path(own).iterdir():
            if part.name not in PROGRAM_NAMES:
                (self.parts / part.name).symlink_to(part)
        for name in PROGRAM_NAMES:
            (self.parts / name).write_text(remote_program(str(self.hosts)))
            (self.parts / name).chmod(0o755)

    def _lay_row(self, path: Path, kind: str, content: str, mode: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "dir":
            path.mkdir(exist_ok=True)
        elif kind == "link":
            path.symlink_to(content)
        else:
            path.write_bytes(to_bytes(content))
            path.chmod(int(mode, 8) | 0o600)

    def at(self, path: str) -> Path:
        return self.root / path[1:]

    def run(self, script: str, cwd: str) -> Done:
        environment = {
            **commit_environment(self.world, str(self.hosts)),
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.at(self.world.background.home)),
            "GIT_CONFIG_GLOBAL": str(self.at(f"{self.world.background.home}/.gitconfig")),
            "GIT_CEILING_DIRECTORIES": str(self.root),
            "LC_ALL": "C",
            **({"GIT_EXEC_PATH": str(self.parts)} if self.parts.is_dir() else {}),
            "TERM": "dumb",
        }
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.at(cwd), env=environment, capture_output=True, check=False, timeout=60,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Done(done.returncode, from_bytes(done.stdout), from_bytes(done.stderr))

    def objects(self, folder: Path) -> bytes:
        git = ["git", f"--git-dir={folder}", "cat-file", "--batch-all-objects", "--batch"]
        return subprocess.run(git, capture_output=True, check=True, timeout=60).stdout

    def take_back(self) -> None:
        for place in sorted(self.root.rglob(".git")):
            top = f"/{place.parent.relative_to(self.root)}"
            read_back(self.world, top, held(place), self.objects(place))
        for path in hosted_repositories(self.world):
            read_hosted(self.world, path, held(self.hosts / path), self.objects(self.hosts / path))


def lay(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_bytes(content)
            path.chmod(0o755 if name.startswith("hooks/") else 0o644)


def held(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith("objects/")}


def simulated(world: World, script: str, cwd: str) -> Done:
    result = run_on_world(world, script, cwd=cwd, timeout_s=60).result
    return Done(result.rc, result.stdout, result.stderr)


def git_rows(world: World) -> dict[str, object]:
    """Commits, contents and branches, and every file and directory below a ``.git``."""
    rows: dict[str, object] = {f"{table.name} {row[0]}": row for table in TABLES for row in world.store.rows(table)}
    for row in world.store.rows(FILES):
        if "/.git" in row.path and "/.gitignore" not in row.path and (row.kind != "dir" or "/logs" not in row.path):
            rows[row.path] = (row.kind, row.content, row.mode, row.owner)
    return rows


def violations(world: World) -> list[str]:
    return [sentence for check in SERVICE.invariants for sentence in check(world)]


WORLDS = [("small", 3), ("small", 11), ("medium", 5)]


@pytest.fixture(params=WORLDS, ids=str)
def world(request: pytest.FixtureRequest) -> World:
    return new_world(*request.param)


def test_every_checkout_is_a_sound_repository_with_the_same_history_and_status(world: World, tmp_path: Path) -> None:
    disk = Disk(world, tmp_path)
    tops = checkouts(world)
    assert len(tops) >= 3
    for top in tops:
        assert disk.run("git fsck --full --strict", top) == Done(0, "", "")
        for command in ("log --format=%H", "log --format='%H %an %ae %at %s'", "status --porcelain", "branch"):
            real = disk.run(f"git {command}", top)
            assert real == simulated(world, f"git {command}", top)._replace(err=real.err), (top, command)
            assert real.status == 0


def test_every_hosted_repository_is_sound(world: World, tmp_path: Path) -> None:
    disk = Disk(world, tmp_path)
    paths = hosted_repositories(world)
    assert len(paths) >= 8
    for path in paths:
        assert disk.run(f"git --git-dir={disk.hosts / path} fsck --full --strict", "/") == Done(0, "", "")


def test_what_nobody_changed_is_read_back_without_a_trace(world: World, tmp_path: Path) -> None:
    disk = Disk(world, tmp_path)
    for top in checkouts(world):
        looked = "git status && git log --stat && git diff HEAD && git fsck && git stash list && git pack-refs --all"
        assert disk.run(looked, top).status == 0
    disk.take_back()
    assert world.store.diff() == ()


def test_a_stash_of_the_simulation_is_one_for_git_and_back(tmp_path: Path) -> None:
    world = new_world("small", 3)
    top = f"{world.background.home}/projects/club-site"
    script = "echo more >> README.md; git stash -q; echo n > new; git add new; git stash push -q -m named"
    assert simulated(world, script, top).status == 0
    world.store.commit(41)
    disk, before = Disk(world, tmp_path), git_rows(world)
    assert disk.run("git stash list && git fsck --strict", top) == simulated(world, "git stash list", top)
    disk.take_back()
    assert git_rows(world) == before
    assert disk.run("git stash pop -q && cat new && git status --porcelain", top) == Done(0, "n\nA  new\n", "")
    disk.take_back()
    assert simulated(world, "git stash list", top).out.count("\n") == 1


def test_a_conflict_of_the_simulation_is_resolved_by_git(tmp_path: Path) -> None:
    world = new_world("small", 3)
    top = f"{world.background.home}/projects/club-site"
    script = (
        "seq 9 > n; git add n; git commit -qm N; git checkout -qb f; sed -i s/5/f/ n; git commit -qam f;"
        "git checkout -q main; sed -i s/5/m/ n; git commit -qam m; git merge -q f"
    )
    assert simulated(world, script, top).status == 1
    world.store.commit(41)
    disk, before = Disk(world, tmp_path), git_rows(world)
    assert disk.run("git status --porcelain", top) == Done(0, "UU n\n", "")
    assert len(disk.run("git ls-files -u", top).out.splitlines()) == 3
    disk.take_back()
    assert git_rows(world) == before
    imitated = world.fork()
    assert disk.run("seq 8 > n && git add n && git commit -q --no-edit", top) == Done(0, "", "")
    disk.take_back()
    simulated(imitated, "seq 8 > n && git add n && git commit -q --no-edit", top)
    assert git_rows(world) == git_rows(imitated)


def test_what_a_hand_made_tree_or_index_names_outside_of_the_checkout_is_left_out(tmp_path: Path) -> None:
    world = new_world("small", 3)
    top = f"{world.background.home}/projects/trip-planner"
    disk = Disk(world, tmp_path)
    script = (
        "blob=$(echo x | git hash-object -w --stdin); inner=$(printf '100644 blob %s\\tx\\n' $blob | git mktree);"
        "tree=$(printf '040000 tree %s\\t..\\n040000 tree %s\\tok\\n160000 commit %s\\tsub\\n'"
        " $inner $inner $(git rev-parse HEAD) | git mktree --missing);"
        "git update-ref refs/heads/odd $(git commit-tree $tree -m Odd); echo junk > .git/index"
    )
    assert disk.run(script, top).status == 0
    disk.take_back()
    pointer = world.files.read(f"{top}/.git/refs/heads/odd").content.strip()
    commit = world.store.get(COMMITS, pointer)
    assert commit is not None
    assert [read_entry(text).path for text in commit.entries] == ["ok/x"]
    assert violations(world) == []


def test_a_directory_without_a_repository_has_no_files_and_nothing_to_read(tmp_path: Path) -> None:
    world = new_world("small", 3)
    assert real_repository(world, world.background.home) == {}
    read_back(world, world.background.home, {}, b"")
    assert world.store.diff() == ()
    with pytest.raises(UnknownNameError, match="hosted repository"):
        read_hosted(world, "nowhere.example/x.git", {}, b"")


def test_pointers_that_nobody_may_read_or_that_are_broken_do_not_stop_anything(tmp_path: Path) -> None:
    world = new_world("small", 3)
    top = f"{world.background.home}/projects/trip-planner"
    blob = next(iter(world.store.rows(CONTENTS))).id
    index = world.files.read(f"{top}/.git/index").content
    world.files.write(f"{top}/.git/index", f"{index}junk\n100644 {blob} 0\t../out\nabc {blob} 0\tx\n")
    world.files.write(f"{top}/.git/MERGE_HEAD", "junk\n")
    for name in ("refs/heads/main", "config", "HEAD"):
        world.files.set_mode(f"{top}/.git/{name}", "0000")
    world.store.commit(41)
    disk = Disk(world, tmp_path)
    assert disk.run("git ls-files | wc -l", top).out.strip() == str(index.count("\n"))
    assert disk.run("rm .git/MERGE_HEAD && git config a.b c && git commit -q --allow-empty -m A", top).status == 0
    disk.take_back()
    assert "[a]" in next(row.content for row in world.store.rows(FILES) if row.path == f"{top}/.git/config")
    assert violations(world) == []
