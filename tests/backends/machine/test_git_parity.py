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

NUMBERS = "seq 5 > n; git add n; git commit -qm N"
TORN = (
    f"{NUMBERS}; git checkout -qb f; sed -i s/3/x/ n; git commit -qam X; git checkout -q main; sed -i s/3/y/ n;"
    " git commit -qam Y"
)
UNDONE = f"{NUMBERS}; sed -i s/3/x/ n; git commit -qam X; sed -i s/x/y/ n; git commit -qam Y; git revert HEAD~1"

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
    "rename a branch": "git branch -m main trunk && git branch one && git branch -m one two && git branch -d two",
    "follow another name": "git checkout -q -b g origin/main && git branch h origin/main && git switch -q --no-track -c"
    " i origin/main && git branch -q -u origin/main i && git branch --unset-upstream h",
    "track by name": "git push -q origin main:other && git checkout -q -t origin/other && git branch -qD main",
    "keys and sections": "git config core.someThing 1 && git config a.b c && git config --unset a.b && git config x.y 1"
    " && git config x.z 2 && git config --unset x.y",
    "merge a tag": "git branch b HEAD~1; git tag t; git checkout -qf b; echo a > a; git add a; git commit -qm A;"
    " git merge -q t",
    "merge what the remote has": "git checkout -qf -b b HEAD~1; git reset -q --hard; echo a > a; git add a; git commit"
    " -qm A; git merge -q origin/main",
    "merge without a branch": "git reset -q --hard; git checkout -q HEAD~1; echo a > a; git add a; git commit -qm A;"
    " git merge -q main",
    "merge a part": "git reset -q --hard; git checkout -q -b b HEAD~2; echo a > a; git add a; git commit -qm A;"
    " git merge -q main~1; git merge -q $(git rev-parse main)",
    "blanks in a message": "git commit -q --allow-empty -m 'a  \n\n\nb\n' -m '  c '",
    "pull into another branch": "cd ../recipe-box && git checkout -qb other && echo a > a && git add a && git commit"
    " -qm A && git pull -q origin main",
    "a revert meets a conflict": f"{UNDONE}; true",
    "a revert goes on": f"{UNDONE}; seq 5 > n; git add n; git revert --continue",
    "a revert is given up": f"{UNDONE}; git revert --abort; git rm -q n; git commit -qm R",
    "a stash meets a conflict": f"{NUMBERS}; sed -i s/3/x/ n; git stash -q; sed -i s/3/y/ n; git commit -qam Y; git"
    " stash pop -q; true",
    "a conflict ended with git's words": f"{TORN}; git merge -q f; seq 9 > n; git add n; git commit -q --no-edit",
    "one side of a conflict": f"{TORN}; git merge -q f; git checkout -q --theirs n; git add n; git commit -qm Z",
    "changed here, gone there": f"{NUMBERS}; git checkout -qb f; git rm -q n; git commit -qm R; git checkout -q main;"
    " sed -i s/3/x/ n; git commit -qam X; git merge -q f; true",
    "gone here, changed there": f"{NUMBERS}; git checkout -qb f; sed -i s/3/x/ n; git commit -qam X; git checkout -q"
    " main; git rm -q n; git commit -qm R; git merge -q f; git rm -q n; git commit -q --no-edit",
    "an ignored file": "echo a > a.pyc; echo '*.pyc' > .gitignore; git add a.pyc; mkdir d; echo 1 > d/x.pyc; chmod +x"
    " d/x.pyc; git add -f a.pyc d",
    "push a revision": "git push -qf origin HEAD~1:main; git push -q origin HEAD~1:refs/heads/old",
    "push a tag": "git tag v && git push -q origin v",
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


# The names of the pointers that differ; commits and contents may.
DIFFERENT = {
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


SAID = {
    "ahead": "echo a > a; git add a; git commit -qm A; git branch -v; git branch -vv; git branch -a; git status -sb",
    "another upstream": "git checkout -b g origin/main; git branch h origin/main; git status; git branch -vv",
    "a revert in conflict": f"{UNDONE}; git status; git status -s; git add n; git status; git revert --abort",
    "a stash in conflict": f"{NUMBERS}; sed -i s/3/x/ n; git stash; sed -i s/3/y/ n; git commit -qam Y; git stash pop;"
    " cat n; git status -s",
    "a merge in conflict": f"{TORN}; git merge f; cat n; git status; git merge f; git merge --continue; cat"
    " .git/MERGE_MSG",
    "changed here, gone there": f"{NUMBERS}; git checkout -qb f; git rm -q n; git commit -qm R; git checkout -q main;"
    " sed -i s/3/x/ n; git commit -qam X; git merge f; git status; git status -s; git merge --abort; git status",
    "gone here, changed there": f"{NUMBERS}; git checkout -qb f; sed -i s/3/x/ n; git commit -qam X; git checkout -q"
    " main; git rm -q n; git commit -qm R; git merge f; git status; git status -s",
    "added on both sides": "git checkout -qb f; echo 1 > n; git add n; git commit -qm F; git checkout -q main; echo 2 >"
    " n; git add n; git commit -qm M; git merge f; git status; git status -s; cat n",
    "an aborted merge keeps other changes": f"{TORN}; echo a >> README.md; git merge f; git merge --abort; git status",
    "quietly": "git checkout -qb f; git switch -q main; git stash -q; git stash pop -q; git push -q origin f; git"
    " branch -qD f; git pull -q; git fetch -q; git merge -q main",
    "an ignored file": "echo a > a.pyc; echo b > b; echo '*.pyc' > .gitignore; git add a.pyc b; git status -s",
    "pushes": "git push -f origin HEAD~1:main; git push origin HEAD~1:x; git push origin HEAD~1; git push origin"
    " HEAD~1:refs/heads/x; git tag v; git push origin v",
    "a message": "git commit --allow-empty -m 'a  ' -m ' c'; git log -1 --format=%B; git log -1 --format='[%b]'",
}


@pytest.mark.parametrize("name", SAID)
def test_both_sides_say_the_same(name: str, tmp_path: Path) -> None:
    start = new_world("small", 3)
    top = f"{start.background.home}/projects/trip-planner"
    _, _, done, said, disk = both(start, tmp_path, SAID[name], top)
    assert said.out == done.out.replace(str(disk.root), "")
    assert said.err == done.err.replace(str(disk.root), "")
