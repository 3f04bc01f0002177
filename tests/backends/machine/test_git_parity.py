"""The same script on the real git and on the simulation's leads to the same commits, contents, branches and pointers.

What is known to differ stands at the top of `agentalign_env.backends.machine.git_reading`.
"""

import shutil
from pathlib import Path

import pytest

from agentalign_env.core.world import World
from agentalign_env.services import new_world
from tests.backends.machine.test_git_repositories import Disk, Done, git_rows, simulated, violations

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed (apt-get install git)")

SCRIPTS = {
    "edit, add, commit": "echo more >> README.md && git add README.md && git commit -qm 'Say more'",
    "all at once": "echo more >> README.md && echo new > new.txt && git add -A && git commit -m 'Title\n\nBody.'",
    "commit -am": "echo more >> README.md && git commit -qam 'More'",
    "staged only": "echo one > a && git add a && echo two > a && git add a && echo three > a",
    "executable, link, deep": "mkdir -p x/y && echo '#!/bin/sh' > x/y/run && chmod +x x/y/run && ln -s run x/y/l"
    " && git add . && git commit -qm Deep",
    "not UTF-8": r"printf 'caf\xe9\n' > latin && git add latin && git commit -qm Latin",
    "amend": "echo a > a && git add a && git commit -qm A && echo b > a && git add a && git commit -q --amend -m B",
    "amend a colleague": "git commit -q --amend --no-edit --allow-empty",
    "author": "echo a > a && git add a && git commit -qm A --author='Someone <some@one.example>'",
    "branch": "git branch feature && git branch other HEAD~1 && git branch -m other third && git branch -D third",
    "nested branch": "git checkout -qb feature/one && git rm -q README.md && git commit -qm A && git checkout -q main",
    "orphan": "git checkout -q --orphan bare && git commit -qm Again",
    "detached": "git checkout -q HEAD~1 && echo a > a && git add a && git commit -qm A",
    "tag": "git tag v1 && git tag -a v2 -m 'Second' && git tag -d v1",
    "fast forward": "git checkout -qb f && echo a > a && git add a && git commit -qm A && git checkout -q main"
    " && git merge -q f",
    "merge": "git checkout -qb f && echo a > a && git add a && git commit -qm A && git checkout -q main && echo b > b"
    " && git add b && git commit -qm B && git merge -q f",
    "merge into a branch": "git checkout -qb f && echo a > a && git add a && git commit -qm A && git checkout -qb g"
    " HEAD~1 && echo b > b && git add b && git commit -qm B && git merge -q --no-ff f -m 'Both'",
    "merge of texts": "seq 30 > n && git add n && git commit -qm N && git checkout -qb f && sed -i s/^3$/three/ n &&"
    " git commit -qam 3 && git checkout -q main && sed -i s/^25$/more/ n && git commit -qam 25 && git merge -q f",
    "conflict": "seq 9 > n && git add n && git commit -qm N && git checkout -qb f && sed -i s/5/f/ n && git commit"
    " -qam f && git checkout -q main && sed -i s/5/m/ n && git commit -qam m && git merge -q f; true",
    "conflict resolved": "seq 9 > n && git add n && git commit -qm N && git checkout -qb f && sed -i s/5/f/ n"
    " && git commit -qam f && git checkout -q main && sed -i s/5/m/ n && git commit -qam m && git merge -q f;"
    " seq 8 > n && git add n && git commit -qm Both",
    "conflict aborted": "seq 9 > n && git add n && git commit -qm N && git checkout -qb f && sed -i s/5/f/ n"
    " && git commit -qam f && git checkout -q main && sed -i s/5/m/ n && git commit -qam m && git merge -q f;"
    " git merge --abort",
    "stash": "echo more >> README.md && echo a > a && git add a && git stash -q",
    "stash with a name": "echo more >> README.md && git stash push -q -m words && echo b > b && git stash -q -u",
    "stash pop": "echo more >> README.md && git stash -q && git stash pop -q",
    "stash drop": "echo more >> README.md && git stash -q && echo b >> README.md && git stash -q && git stash drop -q",
    "soft reset": "git reset -q --soft HEAD~1",
    "mixed reset": "echo a > a && git add a && git reset -q",
    "hard reset": "echo more >> README.md && git reset -q --hard HEAD~1",
    "revert": "git revert --no-edit HEAD",
    "restore": "echo more >> README.md && git add . && git restore --staged README.md && git checkout -q -- README.md",
    "rm and mv": "git rm -q README.md && echo a > a && git add a && git mv a b && git commit -qm Moved",
    "push": "echo a > a && git add a && git commit -qm A && git push -q origin main",
    "push a branch": "git checkout -qb f && echo a > a && git add a && git commit -qm A && git push -q -u origin f",
    "push and delete": "git branch f && git push -q origin HEAD:f && git push -q origin --delete f",
    "forced push": "git reset -q --hard HEAD~1 && git push -qf origin main",
    "config": "git config user.name 'Other Name' && git config core.editor vi && echo a > a && git add a"
    " && git commit -qm A",
    "remotes": "git remote add up https://git.fernhub.example/weekend/trip-planner.git && git fetch -q up && git"
    " remote set-url up https://git.fernhub.example/x.git",
    "clone": "cd .. && git clone -q https://git.fernhub.example/kitchen/recipe-box.git mine && cd mine && echo a > a"
    " && git add a && git commit -qm A && git push -q",
    "clone read-only, by ssh": "cd .. && git clone -q"
    " git@code.lanternfish-studio.example:tools/photo-sorter.git sorter",
    "clone a branch": "git branch old HEAD~1 && git push -q origin old && cd .. && git clone -q -b old"
    " https://git.fernhub.example/weekend/trip-planner old",
    "init": "mkdir ../fresh && cd ../fresh && git init -q && git init -q ../other && echo a > a && git add a"
    " && git commit -qm First && git remote add origin https://git.fernhub.example/x/y.git",
    "pull forwards": "cd ../recipe-box && git pull -q",
    "pull and merge": "cd ../recipe-box && echo a > a && git add a && git commit -qm A && git pull -q && git push -q",
    "pull a conflict": "cd ../recipe-box && git rm -qr . && echo a > README.md && git add . && git commit -qm A"
    " && git pull -q; true",
    "fetch and look": "cd ../recipe-box && git fetch -q && git merge -q --ff-only origin/main",
    "push what was ahead": "cd ../club-site && git push -q",
    "follow a remote branch": "git branch old HEAD~1 && git push -q origin old && git branch -qD old && git checkout -q"
    " old && git checkout -q main",
    "branch of a folder": "git branch f && git branch -D f && git branch f/one",
    "many branches, packed": "git branch a && git branch b HEAD~1 && git tag c",
    "remote and back": "git branch b && git remote add up https://git.fernhub.example/x.git && git remote remove up",
}


def both(start: World, tmp_path: Path, script: str, cwd: str) -> tuple[World, World, Done, Done, Disk]:
    """The world after a script on the real git, and after the same on the simulation."""
    real, imitated = start.fork(), start.fork()
    disk = Disk(real, tmp_path)
    done = disk.run(script, cwd)
    disk.take_back()
    real.store.commit(41)
    said = simulated(imitated, script, cwd)
    imitated.store.commit(41)
    return real, imitated, done, said, disk


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_leads_to_the_same_rows_on_both_sides(name: str, tmp_path: Path) -> None:
    start = new_world("small", 3)
    real, imitated, done, said, disk = both(
        start, tmp_path, SCRIPTS[name], f"{start.background.home}/projects/trip-planner"
    )
    assert (done.status, said.status) == (0, 0), (done, said)
    assert git_rows(real) == git_rows(imitated)
    assert git_rows(real) != git_rows(start)
    assert violations(real) == []
    again = real.digest()
    disk.take_back()
    assert real.digest() == again


NUMBERS = "seq 5 > n; git add n; git commit -qm N"

# The names of the pointers that differ; commits and contents may.
DIFFERENT = {
    "a renamed branch takes its settings along": ("git branch -m main trunk", {"config"}),
    "a new branch of a remote one tracks it": ("git checkout -q -b g origin/main", {"config"}),
    "a key keeps its case": ("git config core.someThing 1", {"config"}),
    "an empty section goes": ("git config a.b c && git config --unset a.b", {"config"}),
    "a merged tag is named": (
        "git branch b HEAD~1; git tag t; git checkout -q b; echo a > a; git add a; git commit -qm A; git merge -q t",
        {"refs/heads/b"},
    ),
    "a message loses blanks": ("git commit -q --allow-empty -m 'a  \n\n\nb'", {"refs/heads/main"}),
    "a revert leaves its conflict": (
        f"{NUMBERS}; sed -i s/3/x/ n; git commit -qam X; sed -i s/x/y/ n; git commit -qam Y; git revert HEAD~1; true",
        {"index"},
    ),
    "an ignored file is added": ("echo a > a.pyc; echo '*.pyc' > .gitignore; git add -f a.pyc", {"index"}),
    "a pushed tag is no remote branch": ("git tag v && git push -q origin v", {"refs/remotes/origin/v"}),
    "changes go onto another commit": (
        "git checkout -qb f; echo a > a; git add a; git commit -qm A; git checkout -q main; git cherry-pick f; true",
        {"refs/heads/main", "index"},
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_is_what_is_written_down(name: str, tmp_path: Path) -> None:
    script, names = DIFFERENT[name]
    start = new_world("small", 3)
    top = f"{start.background.home}/projects/trip-planner"
    real, imitated, _, _, _ = both(start, tmp_path, script, top)
    mine, other = git_rows(real), git_rows(imitated)
    differing = {key for key in mine.keys() | other.keys() if mine.get(key) != other.get(key)}
    assert {key.removeprefix(f"{top}/.git/") for key in differing if key.startswith("/")} == names
    assert violations(real) == []
