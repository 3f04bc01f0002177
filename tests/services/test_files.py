"""Files: a tree with parents, permissions and quotas, which the typed tools read and change."""

from typing import Any

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentalign_env.core.clock import iso
from agentalign_env.core.ports import FileInfo
from agentalign_env.core.topics import load_topics
from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.files.records import DISKS, FILES
from agentalign_env.services.files.service import SERVICE
from agentalign_env.services.files.tree import Tree
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def call(world: World, tool: str, **arguments: Any) -> Any:
    return orjson.loads(execute(world, load_tools(), ToolCall("1", tool, arguments)).content)


def change(world: World, operation: str, path: str, **arguments: Any) -> Any:
    return call(world, "file_operation", operation=operation, path=path, **arguments)


def refusal(world: World, operation: str, path: str, **arguments: Any) -> tuple[str, str | None]:
    """The code and the field of the error; the call must leave no trace."""
    before = world.digest()
    error = change(world, operation, path, **arguments)["error"]
    assert world.digest() == before
    return error["code"], error.get("field")


def content(world: World, path: str) -> str:
    return change(world, "read", path)["content"]


def names(world: World, path: str) -> list[str]:
    return [entry["name"] for entry in call(world, "list_files", path=path)["entries"]]


def violations(world: World) -> list[str]:
    return [sentence for check in SERVICE.invariants for sentence in check(world)]


def test_what_is_written_can_be_read(world: World) -> None:
    home, now = world.background.home, iso(world.now_s)
    written = change(world, "write", "trips/2026/plan.md", content="# Lindholm\n")
    place = f"{home}/trips/2026/plan.md"
    facts = {"path": place, "kind": "file", "size": 11, "mode": "0644", "modified": now}
    assert written == {"operation": "write", **facts}
    assert change(world, "read", "~/trips/2026/plan.md") == {"operation": "read", **facts, "content": "# Lindholm\n"}
    assert names(world, "trips") == ["2026"]


def test_size_counts_bytes(world: World) -> None:
    assert change(world, "write", "a.txt", content="é€")["size"] == 5


@pytest.mark.parametrize("mode", ["a", "append", "A"])
def test_appending_keeps_what_was_there(world: World, mode: str) -> None:
    change(world, "write", "log.txt", content="one\n", mode=mode)
    change(world, "write", "log.txt", content="two\n", mode=mode)
    assert content(world, "log.txt") == "one\ntwo\n"


@pytest.mark.parametrize(
    ("given", "kept"), [("0600", "0600"), ("755", "0755"), ("0o640", "0640"), ("0755", "0755"), ("1777", "1777")]
)
def test_an_octal_mode_sets_permissions(world: World, given: str, kept: str) -> None:
    assert change(world, "write", "run.sh", content="", mode=given)["mode"] == kept


def test_overwriting_keeps_the_permissions(world: World) -> None:
    change(world, "write", "key.txt", content="1", mode="0600")
    assert change(world, "write", "key.txt", content="2")["mode"] == "0600"


def test_a_copy_leaves_the_source(world: World) -> None:
    change(world, "write", "a.txt", content="A", mode="0600")
    copied = change(world, "copy", "a.txt", destination="new/b.txt")
    home = world.background.home
    assert (copied["path"], copied["source"], copied["mode"]) == (f"{home}/new/b.txt", f"{home}/a.txt", "0600")
    assert content(world, "a.txt") == content(world, "new/b.txt") == "A"


def test_a_file_moves_into_an_existing_directory_under_its_name(world: World) -> None:
    change(world, "write", "a.txt", content="A")
    moved = change(world, "move", "a.txt", destination="downloads")
    assert moved["path"] == f"{world.background.home}/downloads/a.txt"
    assert refusal(world, "read", "a.txt") == ("not_found", "path")


def test_a_move_replaces_the_file_that_is_there(world: World) -> None:
    change(world, "write", "a.txt", content="new")
    change(world, "write", "b.txt", content="old")
    change(world, "move", "a.txt", destination="b.txt")
    assert content(world, "b.txt") == "new"
    assert violations(world) == []


def test_a_directory_moves_with_everything_in_it(world: World) -> None:
    change(world, "write", "a/deep/x.txt", content="X")
    change(world, "write", "a/y.txt", content="Y")
    change(world, "move", "a", destination="b/c")
    assert content(world, "b/c/deep/x.txt") + content(world, "b/c/y.txt") == "XY"
    assert refusal(world, "read", "a/y.txt") == ("not_found", "path")
    assert violations(world) == []


def test_a_directory_is_copied_with_everything_in_it(world: World) -> None:
    change(world, "write", "a/deep/x.txt", content="X")
    change(world, "copy", "a", destination="downloads")
    assert content(world, "downloads/a/deep/x.txt") == content(world, "a/deep/x.txt") == "X"
    assert violations(world) == []


def test_a_directory_that_is_not_empty_is_deleted_only_recursively(world: World) -> None:
    change(world, "write", "a/deep/x.txt", content="X")
    assert refusal(world, "delete", "a") == ("conflict", "path")
    assert change(world, "delete", "a", mode="recursive")["items"] == 3
    assert "a" not in names(world, "~")


def test_writing_and_deleting_again_leaves_no_trace_but_time(world: World) -> None:
    before = world.digest()
    change(world, "write", "a.txt", content="A")
    assert change(world, "delete", "a.txt")["items"] == 1
    assert world.digest() == before
    assert world.store.diff() == ()


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("~", "{home}"),
        (".", "{home}"),
        ("~/documents/../documents/./invoices/", "{home}/documents/invoices"),
        ("/../../etc", "/etc"),
        ("../../..", "/"),
        ("//tmp", "/tmp"),
    ],
)
def test_a_path_is_resolved_from_home_and_never_leaves_the_root(world: World, path: str, place: str) -> None:
    assert call(world, "list_files", path=path)["path"] == place.format(home=world.background.home)


@pytest.mark.parametrize(
    ("operation", "arguments", "error"),
    [
        ("read", {"path": "missing.txt"}, ("not_found", "path")),
        ("read", {"path": "documents"}, ("invalid_state", "path")),
        ("read", {"path": "/etc/hostname/x"}, ("invalid_state", "path")),
        ("read", {"path": "a\0b"}, ("invalid_argument", "path")),
        ("read", {"path": "n" * 256}, ("limit_exceeded", "path")),
        ("read", {"path": "é" * 128}, ("limit_exceeded", "path")),
        ("read", {"path": "d/" * 2046}, ("limit_exceeded", "path")),
        ("read", {"path": "/etc/hostname", "mode": "w"}, ("invalid_argument", "mode")),
        ("write", {"path": "a.txt"}, ("invalid_argument", "content")),
        ("write", {"path": "a.txt", "content": "", "mode": "0999"}, ("invalid_argument", "mode")),
        ("write", {"path": "documents", "content": ""}, ("invalid_state", "path")),
        ("write", {"path": "/etc/hostname", "content": ""}, ("permission_denied", "path")),
        ("write", {"path": "/usr/bin/tool", "content": ""}, ("permission_denied", "path")),
        ("write", {"path": "/new", "content": ""}, ("permission_denied", "path")),
        ("write", {"path": "/etc/hostname/x", "content": ""}, ("invalid_state", "path")),
        ("write", {"path": ".bashrc", "content": "", "mode": "x"}, ("conflict", "path")),
        ("copy", {"path": ".bashrc"}, ("invalid_argument", "destination")),
        ("copy", {"path": ".bashrc", "destination": ".bashrc"}, ("conflict", "destination")),
        ("copy", {"path": "documents", "destination": "documents/invoices/x"}, ("conflict", "destination")),
        ("copy", {"path": "documents", "destination": ".bashrc"}, ("conflict", "destination")),
        ("copy", {"path": ".bashrc", "destination": "/etc"}, ("permission_denied", "destination")),
        ("copy", {"path": "/", "destination": "all"}, ("conflict", "destination")),
        ("move", {"path": "/etc/hostname", "destination": "mine"}, ("permission_denied", "path")),
        ("move", {"path": "~", "destination": "/tmp/home"}, ("permission_denied", "path")),
        ("move", {"path": ".bashrc", "destination": "b\0"}, ("invalid_argument", "destination")),
        ("delete", {"path": "missing"}, ("not_found", "path")),
        ("delete", {"path": "/", "mode": "recursive"}, ("permission_denied", "path")),
        ("delete", {"path": "/var/log/syslog"}, ("permission_denied", "path")),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    world: World, operation: str, arguments: dict[str, str], error: tuple[str, str]
) -> None:
    assert refusal(world, operation, **arguments) == error


def test_permissions_of_own_files_are_honoured(world: World) -> None:
    change(world, "write", "sealed.txt", content="S", mode="0000")
    assert refusal(world, "read", "sealed.txt") == ("permission_denied", "path")
    assert refusal(world, "write", "sealed.txt", content="T") == ("permission_denied", "path")
    assert world.files.info("sealed.txt") is None


def test_a_directory_without_permission_to_list_is_not_listed(world: World) -> None:
    assert call(world, "list_files", path="/root")["error"]["code"] == "permission_denied"


def test_the_disk_fills_up(world: World) -> None:
    big = "x" * 1_000_000
    disk = world.store.get(DISKS, "/")
    assert disk is not None
    room = (disk.max_bytes - disk.seeded_bytes) // len(big)
    for number in range(room):
        change(world, "write", f"big/{number}", content=big)
    assert refusal(world, "write", "big/one-more", content=big) == ("limit_exceeded", "path")
    assert refusal(world, "copy", "big", destination="again") == ("limit_exceeded", "destination")
    assert change(world, "move", "big/0", destination="moved")["size"] == len(big)
    change(world, "delete", "moved")
    assert change(world, "write", "big/one-more", content=big)["size"] == len(big)
    assert violations(world) == []


def test_too_many_files_are_refused(world: World) -> None:
    tree = Tree(world)
    disk = world.store.get(DISKS, "/")
    assert disk is not None
    for number in range(disk.max_files - disk.seeded_files - 1):
        tree.write(f"/tmp/{number}", "")
    world.store.commit(0)
    assert refusal(world, "write", "new/directory/file", content="") == ("limit_exceeded", "path")
    assert change(world, "write", "last", content="")["kind"] == "file"
    assert refusal(world, "write", "another", content="") == ("limit_exceeded", "path")


def test_a_listing_is_in_name_order_and_paginated(world: World) -> None:
    for name in ("c", "a", "b"):
        change(world, "write", f"box/{name}", content=name)
    first = call(world, "list_files", path="box", limit=2)
    home = world.background.home
    assert [(entry["name"], entry["path"], entry["kind"], entry["size"]) for entry in first["entries"]] == [
        ("a", f"{home}/box/a", "file", 1),
        ("b", f"{home}/box/b", "file", 1),
    ]
    assert (first["total"], first["more"]) == (3, True)
    rest = call(world, "list_files", path="box", limit=2, offset=2)
    assert ([entry["name"] for entry in rest["entries"]], rest["more"]) == (["c"], False)
    assert names(world, "box/a") == ["a"]


def test_every_invoice_lies_in_the_owners_documents(world: World) -> None:
    for invoice in world.background.invoices:
        text = content(world, invoice.path)
        assert invoice.number in text
        assert f"{invoice.amount_minor / 100:.2f} {invoice.currency}" in text
        assert invoice.organisation.name in text


def test_topics_have_their_files_in_the_home_of_a_larger_world() -> None:
    world = new_world("large", 3)
    for topic in load_topics().values():
        for name, note in zip(topic.files, topic.notes, strict=True):
            assert content(world, name) == f"{note}\n"


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_a_new_world_is_sound(size: str) -> None:
    world = new_world(size, 5)
    assert violations(world) == []
    home = world.background.home
    beside = (f"{home}/.", f"{home}/projects/")
    documents = [
        row
        for row in world.store.rows(FILES)
        if row.kind == "file" and row.path.startswith(home) and not row.path.startswith(beside)
    ]
    assert len(documents) == world.base.size.rows["files"], "beside settings and projects, what the size asks for"


def test_other_services_see_regular_files_only(world: World) -> None:
    change(world, "write", "photo notes.txt", content="éa")
    assert world.files.info("photo notes.txt") == FileInfo(f"{world.background.home}/photo notes.txt", 3)
    assert [world.files.info(path) for path in ("documents", "missing", "", "a\0")] == [None] * 4


def test_directories_and_modes_can_be_made_for_a_shell(world: World) -> None:
    tree = Tree(world)
    made = tree.make_directory(f"{tree.home}/a/b", mode="0700")
    assert (made.kind, made.mode, tree.require(f"{tree.home}/a").mode) == ("dir", "0700", "0755")
    assert tree.set_mode(made.path, "0500").mode == "0500"
    world.store.commit(0)
    assert refusal(world, "write", "a/b/c", content="") == ("permission_denied", "path")
    assert violations(world) == []


PATHS = st.sampled_from(
    (
        "a",
        "a/b",
        "a/b/c",
        "b",
        "b/a",
        "documents",
        "documents/invoices",
        "~",
        "/",
        "..",
        "/tmp",
        "/tmp/a",
        "/etc/hosts",
        "a/../b",
        "",
    )
)


class FilesMachine(RuleBasedStateMachine):
    """Any sequence of calls, valid or not, keeps the tree sound; a failed one changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.world = new_world("small", 3)

    @rule(
        operation=st.sampled_from(("read", "write", "copy", "move", "delete")),
        path=PATHS,
        destination=st.none() | PATHS,
        content=st.none() | st.text(max_size=4),
        mode=st.sampled_from(("", "a", "x", "0500", "0644", "755", "recursive", "odd")),
    )
    def call(self, operation: str, path: str, destination: str | None, content: str | None, mode: str) -> None:
        arguments = {"operation": operation, "path": path, "destination": destination, "content": content, "mode": mode}
        before = self.world.digest()
        given = {name: value for name, value in arguments.items() if value is not None}
        result = execute(self.world, load_tools(), ToolCall("1", "file_operation", given))
        if result.code or operation == "read":
            assert self.world.digest() == before
            assert result.changes == ()

    @rule(path=PATHS, content=st.text(max_size=4))
    def leave_no_trace(self, path: str, content: str) -> None:
        state, before = self.world.snapshot(), self.world.digest()
        change(self.world, "write", path, content=content)
        change(self.world, "delete", path, mode="recursive")
        self.world.restore(state)
        assert self.world.digest() == before

    @invariant()
    def tree_is_sound(self) -> None:
        assert violations(self.world) == []


FilesMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestFilesMachine = FilesMachine.TestCase
