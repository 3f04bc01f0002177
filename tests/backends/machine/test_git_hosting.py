"""The git hosts of a world under the real git: reached by their addresses, and refusing what the simulation refuses."""

import shutil
from pathlib import Path

import pytest

from agentalign_env.services import new_world
from agentalign_env.services.machine.git.history import walk
from agentalign_env.services.machine.git.hosting import hosted_branches
from agentalign_env.services.machine.git.records import BRANCHES, REPOSITORIES
from tests.backends.machine.test_git_repositories import Disk, simulated

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed (apt-get install git)")


@pytest.mark.parametrize("program", [True, False])
@pytest.mark.parametrize(
    "form", ["https://{}/{}.git", "https://{}/{}", "ssh://git@{}/{}.git", "git@{}:{}.git", "{}:{}"]
)
def test_every_form_of_an_address_reaches_the_hosted_repository(form: str, program: bool, tmp_path: Path) -> None:
    world = new_world("small", 3)
    disk = Disk(world, tmp_path, program=program)
    repository = world.store.get(REPOSITORIES, "git.fernhub.example/weekend/trip-planner")
    assert repository is not None
    host, _, path = repository.id.partition("/")
    done = disk.run(f"git clone -q {form.format(host, path)} new && git -C new log --format=%H", world.background.home)
    assert (done.status, done.err) == (0, "")
    tips = hosted_branches(world.store, repository)
    assert done.out.split() == [commit.id for commit in walk(world.store, [tips["main"]])]


def test_a_repository_that_may_only_be_read_refuses_a_push_and_keeps_its_branches(tmp_path: Path) -> None:
    words = (
        "The requested URL returned error: 403; you may only read code.lanternfish-studio.example/tools/photo-sorter"
    )
    for program in (True, False):
        world = new_world("small", 3)
        disk = Disk(world, tmp_path / str(program), program=program)
        script = (
            "git clone -q https://code.lanternfish-studio.example/tools/photo-sorter.git p && cd p && git commit -q"
        )
        done = disk.run(f"{script} --allow-empty -m A && git push -q", world.background.home)
        assert done.status == (128 if program else 1)
        assert words in done.err
        path = "code.lanternfish-studio.example/tools/photo-sorter.git"
        assert disk.run(f"git --git-dir={disk.hosts / path} update-ref -d refs/heads/main", "/").status == 0
        disk.take_back()
        assert [change.key for change in world.store.diff() if change.table == BRANCHES.name] == []


def test_what_no_host_has_is_refused_as_the_simulation_does(tmp_path: Path) -> None:
    world = new_world("small", 3)
    disk, home = Disk(world, tmp_path), world.background.home
    for url in ("https://git.fernhub.example/no/such.git", "https://nowhere.example/a/b.git"):
        real, said = disk.run(f"git clone {url} x", home), simulated(world, f"git clone {url} x", home)
        assert real.status == said.status == 128
        assert real.err.splitlines()[-1] == said.err.splitlines()[-1].partition(";")[0]


def test_a_pushed_tag_becomes_a_branch_of_the_host_as_in_the_simulation(tmp_path: Path) -> None:
    world = new_world("small", 3)
    disk, top = Disk(world, tmp_path), f"{world.background.home}/projects/trip-planner"
    assert disk.run("git tag -a v1 -m One && git push -q origin v1", top).status == 0
    disk.take_back()
    imitated = new_world("small", 3)
    assert simulated(imitated, "git tag -a v1 -m One && git push -q origin v1", top).status == 0
    assert list(world.store.rows(BRANCHES)) == list(imitated.store.rows(BRANCHES))
