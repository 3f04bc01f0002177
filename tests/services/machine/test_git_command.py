"""The shell's git: git's own words, on the state that the typed tool sees. The expected texts are those of git 2.39."""

import pytest

from agentalign_env.core.world import World
from agentalign_env.services import new_world
from tests.services.machine.terminal import Done, call, run, violations, write

MERGE_HINT = (
    'You have unmerged paths.\n  (fix conflicts and run "git commit")\n  (use "git merge --abort" to abort the merge)\n'
)


@pytest.fixture
def world() -> World:
    made = new_world("small", 3)
    made.files.make_directory(f"{made.background.home}/work")
    made.store.commit(0)
    return made


def git(world: World, line: str, cwd: str = "work") -> Done:
    return run(world, f"git {line}", cwd)


def committed(world: World, name: str, content: str, message: str) -> None:
    write(world, f"work/{name}", content)
    git(world, "add -A")
    assert git(world, f"commit -qm '{message}'").status == 0


def test_outside_of_a_repository_git_says_so(world: World) -> None:
    words = "fatal: not a git repository (or any of the parent directories): .git\n"
    assert git(world, "status") == Done(128, "", words)


def test_a_first_commit_goes_through_every_state(world: World) -> None:
    home = world.background.home
    assert git(world, "init") == Done(0, f"Initialized empty Git repository in {home}/work/.git/\n", "")
    write(world, "work/a.txt", "one\ntwo\n")
    assert git(world, "status").out == (
        "On branch main\n\nNo commits yet\n\nUntracked files:\n"
        '  (use "git add <file>..." to include in what will be committed)\n\ta.txt\n\n'
        'nothing added to commit but untracked files present (use "git add" to track)\n'
    )
    assert git(world, "add a.txt") == Done(0, "", "")
    assert git(world, "status -s").out == "A  a.txt\n"
    made = git(world, "commit -m 'First commit'")
    name = git(world, "rev-parse --short HEAD").out.strip()
    assert made == Done(
        0,
        f"[main (root-commit) {name}] First commit\n 1 file changed, 2 insertions(+)\n create mode 100644 a.txt\n",
        "",
    )
    assert git(world, "status").out == "On branch main\nnothing to commit, working tree clean\n"
    assert git(world, "log --oneline").out == f"{name} First commit\n"
    typed = call(world, "git_operation", operation="log", repository_path="work")
    assert [commit["message"] for commit in typed["commits"]] == ["First commit"]


def test_hashes_are_those_of_git(world: World) -> None:
    git(world, "init -q")
    write(world, "work/hello.txt", "hello\n")
    assert git(world, "hash-object hello.txt").out == "ce013625030ba8dba906f756967f9e9ca394464a\n"
    git(world, "add .")
    assert git(world, "ls-files -s").out == "100644 ce013625030ba8dba906f756967f9e9ca394464a 0\thello.txt\n"


def test_a_difference_reads_as_git_writes_it(world: World) -> None:
    git(world, "init -q")
    committed(world, "a.txt", "one\ntwo\nthree\n", "base")
    write(world, "work/a.txt", "one\nTWO\nthree\nfour\n")
    assert git(world, "diff").out == (
        "diff --git a/a.txt b/a.txt\nindex 4cb29ea..6addb9b 100644\n--- a/a.txt\n+++ b/a.txt\n"
        "@@ -1,3 +1,4 @@\n one\n-two\n+TWO\n three\n+four\n"
    )
    assert git(world, "diff --stat").out == " a.txt | 3 ++-\n 1 file changed, 2 insertions(+), 1 deletion(-)\n"
    assert git(world, "diff --cached").out == ""
    assert git(world, "restore a.txt") == Done(0, "", "")
    assert git(world, "diff").out == ""


def test_a_branch_is_made_merged_forwards_and_deleted(world: World) -> None:
    git(world, "init -q")
    committed(world, "a.txt", "1\n", "base")
    assert git(world, "checkout -b feature") == Done(0, "", "Switched to a new branch 'feature'\n")
    committed(world, "b.txt", "2\n", "Add b")
    assert git(world, "branch").out == "* feature\n  main\n"
    assert git(world, "switch main") == Done(0, "", "Switched to branch 'main'\n")
    assert world.files.get(f"{world.background.home}/work/b.txt") is None
    merged = git(world, "merge feature")
    assert merged.out.splitlines()[1:] == [
        *("Fast-forward", " b.txt | 1 +", " 1 file changed, 1 insertion(+)", " create mode 100644 b.txt"),
    ]
    assert git(world, "branch -d feature").status == 0
    assert git(world, "branch -d feature") == Done(1, "", "error: branch 'feature' not found.\n")


def test_a_conflict_is_left_in_the_file_resolved_and_committed(world: World) -> None:
    git(world, "init -q")
    committed(world, "a.txt", "1\n2\n", "base")
    git(world, "checkout -b side")
    committed(world, "a.txt", "side\n2\n", "side")
    git(world, "checkout main")
    committed(world, "a.txt", "main\n2\n", "main")
    merged = git(world, "merge side")
    assert merged == Done(
        1,
        "Auto-merging a.txt\nCONFLICT (content): Merge conflict in a.txt\n"
        "Automatic merge failed; fix conflicts and then commit the result.\n",
        "",
    )
    held = world.files.read(f"{world.background.home}/work/a.txt").content
    assert held == "<<<<<<< HEAD\nmain\n=======\nside\n>>>>>>> side\n2\n"
    assert MERGE_HINT in git(world, "status").out
    assert git(world, "commit -m nope").status == 128
    write(world, "work/a.txt", "both\n2\n")
    git(world, "add a.txt")
    assert git(world, "commit -m merged").status == 0
    assert git(world, "log --format=%s").out == "merged\nmain\nside\nbase\n"
    assert violations(world) == []


def test_a_merge_can_be_given_up(world: World) -> None:
    git(world, "init -q")
    committed(world, "a.txt", "1\n", "base")
    git(world, "checkout -b side")
    committed(world, "a.txt", "side\n", "side")
    git(world, "checkout main")
    committed(world, "a.txt", "main\n", "main")
    git(world, "merge side")
    assert git(world, "merge --abort").status == 0
    assert git(world, "status -s").out == ""
    assert world.files.read(f"{world.background.home}/work/a.txt").content == "main\n"


def test_work_that_would_be_lost_stops_a_checkout(world: World) -> None:
    git(world, "init -q")
    committed(world, "a.txt", "1\n", "base")
    git(world, "branch side")
    committed(world, "a.txt", "2\n", "main")
    write(world, "work/a.txt", "dirty\n")
    stopped = git(world, "checkout side")
    assert stopped.status == 1
    assert stopped.err.startswith(
        "error: Your local changes to the following files would be overwritten by checkout:\n\ta.txt\n"
    )
    assert git(world, "stash").status == 0
    assert git(world, "checkout side").status == 0
    git(world, "checkout main")
    assert git(world, "stash pop").status == 0
    assert world.files.read(f"{world.background.home}/work/a.txt").content == "dirty\n"


def test_resets_go_back_in_three_ways(world: World) -> None:
    git(world, "init -q")
    committed(world, "a.txt", "1\n", "base")
    committed(world, "a.txt", "2\n", "second")
    git(world, "reset --soft HEAD~1")
    assert git(world, "status -s").out == "M  a.txt\n"
    assert git(world, "reset").out == "Unstaged changes after reset:\nM\ta.txt\n"
    assert git(world, "status -s").out == " M a.txt\n"
    git(world, "reset --hard")
    assert world.files.read(f"{world.background.home}/work/a.txt").content == "1\n"


def test_ignored_files_stay_out(world: World) -> None:
    git(world, "init -q")
    for name in (".gitignore", "x.log", "build/o.txt", "keep.txt", "deep/y.log"):
        write(world, f"work/{name}", "*.log\nbuild/\n!deep/y.log\n" if name == ".gitignore" else "x\n")
    assert git(world, "status -s").out == "?? .gitignore\n?? deep/\n?? keep.txt\n"


def test_removing_and_renaming_are_staged(world: World) -> None:
    git(world, "init -q")
    committed(world, "a.txt", "1\n", "base")
    committed(world, "b.txt", "2\n", "more")
    assert git(world, "rm b.txt").out == "rm 'b.txt'\n"
    assert git(world, "mv a.txt c.txt").status == 0
    assert git(world, "status -s").out == "D  b.txt\nR  a.txt -> c.txt\n"


def test_a_clone_a_push_and_a_pull_speak_with_the_host(world: World) -> None:
    cloned = git(world, "clone git@git.fernhub.example:walkers/club-site.git here")
    assert cloned == Done(0, "", "Cloning into 'here'...\n")
    pushed = git(world, "push", "projects/club-site")
    assert pushed.status == 0
    assert pushed.err.startswith("To https://git.fernhub.example/walkers/club-site.git\n")
    pulled = git(world, "pull", "work/here")
    assert "Fast-forward\n walks.html | 1 +\n" in pulled.out
    assert git(world, "push", "projects/club-site") == Done(0, "", "Everything up-to-date\n")
    missing = git(world, "clone https://git.fernhub.example/no/such.git")
    assert missing.status == 128
    assert "remote: Repository not found." in missing.err


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        ("frobnicate", 1, "git: 'frobnicate' is not a git command. See 'git --help'."),
        ("comit", 1, "The most similar command is\n\tcommit"),
        ("log --nonsense", 129, "error: unknown option `nonsense'"),
        ("checkout nope", 1, "error: pathspec 'nope' did not match any file(s) known to git"),
        ("switch nope", 128, "fatal: invalid reference: nope"),
        ("add nope", 128, "fatal: pathspec 'nope' did not match any files"),
        ("show nope", 128, "fatal: ambiguous argument 'nope'"),
        ("merge nope", 1, "merge: nope - not something we can merge"),
        ("branch a..b", 128, "fatal: 'a..b' is not a valid branch name"),
        ("push", 128, "fatal: No configured push destination."),
        ("log -n two", 128, "fatal: 'two': not an integer"),
        ("log --skip=\u00b2", 128, "fatal: '\u00b2': not an integer"),
        ("rev-list -n 9999999999 HEAD", 128, "fatal: '9999999999': not an integer"),
        ("rev-parse --short=x HEAD", 128, "fatal: 'x': not an integer"),
        ("diff -U x", 128, "fatal: 'x': not an integer"),
    ],
)
def test_mistakes_are_answered_as_git_does(world: World, line: str, status: int, words: str) -> None:
    git(world, "init -q")
    committed(world, "a.txt", "1\n", "base")
    done = git(world, line)
    assert done.status == status
    assert words in done.err


def test_a_long_text_without_common_lines_is_compared_quickly(world: World) -> None:
    git(world, "init -q")
    committed(world, "a.txt", "a\nb\n" * 20_000, "base")
    write(world, "work/a.txt", "b\na\nc\n" * 20_000)
    assert git(world, "diff --shortstat").out == " 1 file changed, 60000 insertions(+), 40000 deletions(-)\n"


def test_a_stash_is_named_by_its_number(world: World) -> None:
    git(world, "init -q")
    committed(world, "a.txt", "1\n", "base")
    write(world, "work/a.txt", "2\n")
    assert git(world, "stash").status == 0
    assert git(world, "stash drop 'stash@{\u00b2}'") == Done(1, "", "error: stash@{\u00b2} is not a valid reference\n")
    assert git(world, "stash drop 'stash@{0}'").status == 0


def test_a_negative_count_asks_for_all_commits(world: World) -> None:
    git(world, "init -q")
    for text in ("1", "2", "3"):
        committed(world, "a.txt", f"{text}\n", text)
    assert git(world, "log -n -1 --format=%s").out == "3\n2\n1\n"
    assert git(world, "log -n 1 --skip=1 --format=%s").out == "2\n"
    assert git(world, "rev-list --count HEAD").out == "3\n"


@pytest.mark.parametrize("name", ["x\u2028y.txt", "x\ny.txt", "x\ty.txt"])
def test_a_file_is_committed_whatever_separates_the_words_of_its_name(world: World, name: str) -> None:
    git(world, "init -q")
    committed(world, name, "1\n", "base")
    assert git(world, "status -s").out == ""
    assert git(world, "ls-files").out == f"{name}\n"
    assert violations(world) == []


def test_a_commit_without_a_message_is_listed(world: World) -> None:
    git(world, "init -q")
    write(world, "work/a.txt", "1\n")
    git(world, "add -A")
    assert git(world, "commit -q --allow-empty-message -m ''").status == 0
    typed = call(world, "git_operation", operation="log", repository_path="work")
    assert [commit["message"] for commit in typed["commits"]] == [""]
