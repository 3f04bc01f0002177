"""Git's own files: what is written is what git reads, and what git writes in any of its forms is read."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.backends.machine.git_files import (
    IndexLine,
    index_bytes,
    is_tracked,
    loose_object,
    read_commit,
    read_index_bytes,
    read_objects,
    read_references,
    tag_target,
    tree_lines,
)
from agentalign_env.core.git_objects import (
    TreeEntry,
    blob_hash,
    commit_content,
    commit_hash,
    object_name,
    tree_hash,
    tree_objects,
)
from agentalign_env.core.text import to_bytes

NEEDS_GIT = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed (apt-get install git)")
NAMES = st.text(st.characters(blacklist_categories=["Cs", "Co"], blacklist_characters="/\0"), min_size=1, max_size=9)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
BLOBS = st.text(max_size=3).map(blob_hash)


def git(folder: Path, *words: str, stdin: bytes = b"") -> bytes:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    return subprocess.run(
        ["git", *words], cwd=folder, env=environment, input=stdin, capture_output=True, check=True, timeout=60
    ).stdout


@given(st.dictionaries(st.tuples(PATHS, st.sampled_from([0, 1, 2, 3])), BLOBS, max_size=6))
def test_an_index_that_was_written_is_read_as_it_was(lines: dict[tuple[str, int], str]) -> None:
    given_lines = [IndexLine(path, stage, "100644", blob) for (path, stage), blob in lines.items()]
    read = list(read_index_bytes(index_bytes(given_lines)))
    assert sorted(read) == sorted(given_lines)
    assert [to_bytes(line.path) for line in read] == sorted(to_bytes(line.path) for line in given_lines)


@settings(max_examples=30)
@given(st.lists(NAMES, min_size=1, max_size=5, unique=True), BLOBS)
def test_the_directories_of_a_snapshot_have_their_names_and_are_read_back(names: list[str], blob: str) -> None:
    entries = [TreeEntry("100755", blob, f"d/{name}") for name in names] + [TreeEntry("120000", blob, "z")]
    found = tree_objects(entries)
    assert list(found)[-1] == tree_hash(entries)
    assert all(object_name("tree", content) == name for name, content in found.items())
    top = list(tree_lines(found[tree_hash(entries)]))
    assert [(line.mode, line.path) for line in top] == [("40000", "d"), ("120000", "z")]
    assert sorted(line.path for line in tree_lines(found[top[0].blob])) == sorted(names)


@NEEDS_GIT
@pytest.mark.parametrize("version", [2, 3, 4])
def test_an_index_of_every_version_that_git_writes_is_read(version: int, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for name in ("a", "folder/name", "folder/names", "x" * 200, "later", "skipped"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    git(tmp_path, "add", "--intent-to-add", "later")
    git(tmp_path, "add", "a", "folder", "x" * 200, "skipped")
    if version > 2:
        git(tmp_path, "update-index", "--skip-worktree", "skipped")
    git(tmp_path, "update-index", "--index-version", str(version))
    found = list(read_index_bytes((tmp_path / ".git/index").read_bytes()))
    names = ["a", "folder/name", "folder/names", "skipped", "x" * 200]
    assert found == [IndexLine(name, 0, "100644", blob_hash(name)) for name in names]


@NEEDS_GIT
def test_objects_of_every_kind_and_packed_references_are_read(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "a").write_bytes(b"one\ntwo\xff\n\n")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "Title\n\nBody.")
    git(tmp_path, "tag", "-a", "v1", "-m", "First")
    git(tmp_path, "gc", "-q")
    head = git(tmp_path, "rev-parse", "HEAD").decode().strip()
    objects = read_objects(git(tmp_path, "cat-file", "--batch-all-objects", "--batch"))
    assert sorted(found.kind for found in objects.values()) == ["blob", "commit", "tag", "tree"]
    assert all(object_name(*found) == name for name, found in objects.items())
    assert read_commit(objects[head].content).message == "Title\n\nBody."
    packed = {"packed-refs": (tmp_path / ".git/packed-refs").read_bytes()}
    references = read_references(packed)
    assert references["refs/heads/main"] == head
    assert tag_target(objects[references["refs/tags/v1"]].content) == head
    assert read_references({**packed, "refs/heads/main": b"0" * 40 + b"\n"})["refs/heads/main"] == "0" * 40


@NEEDS_GIT
def test_a_loose_object_is_one_for_git(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    tree = tree_hash([])
    content = commit_content(tree, (), "Ada <ada@inbox.test>", 1_768_303_200, "One")
    for kind, data in (("tree", b""), ("commit", content)):
        name, packed = loose_object(kind, data)
        (tmp_path / ".git" / name).parent.mkdir(parents=True)
        (tmp_path / ".git" / name).write_bytes(packed)
    key = commit_hash(tree, (), "Ada <ada@inbox.test>", 1_768_303_200, "One")
    assert git(tmp_path, "cat-file", "commit", key) == content
    assert read_commit(content) == (tree, (), "Ada", "ada@inbox.test", 1_768_303_200, "One")


def test_what_is_cut_off_or_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="cut off"):
        read_objects(b"%s blob 5\nab" % (b"0" * 40))
    with pytest.raises(ValueError, match="give the whole output"):
        read_objects(b"fatal: not a git repository\n")
    with pytest.raises(ValueError, match="version 2, 3 or 4"):
        list(read_index_bytes(b"100644 text"))


@pytest.mark.parametrize("path", ["", "../a", "a/../b", ".git/config", "a/.GIT/x", "/a", "a//b", "."])
def test_git_keeps_no_file_of_such_a_path(path: str) -> None:
    assert not is_tracked(path)
    assert is_tracked("a/.gitignore")
