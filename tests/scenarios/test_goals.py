"""Goals: what passes, what nearly passes, and what else must not change."""

from itertools import permutations
from typing import Any, NamedTuple

import orjson
import pytest

from agentalign_env.core.store import Store
from agentalign_env.core.table import BaseTable, Table
from agentalign_env.scenarios.goals import GoalReport, Goals, derive_goals, normalised
from agentalign_env.services import new_world
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.types import ToolCall

TOOLS = load_tools()


class Note(NamedTuple):
    id: str
    to: str
    text: str
    links: tuple[str, ...] = ()
    made_s: int = 0


class File(NamedTuple):
    path: str
    content: str


NOTES = Table("notes", Note, free_text=("text",), volatile=("made_s",))
FILES = Table("files", File, free_text=("content",), natural_key=True)
TABLES: dict[str, Table[Any]] = {"notes": NOTES, "files": FILES}
BASE = (Note("n0", "ann", "old words"), Note("n1", "bob", "older words"))


def store_with(*rows: Note | File, deleted: tuple[str, ...] = ()) -> Store:
    store = Store({"notes": BaseTable(NOTES, BASE), "files": BaseTable(FILES, [File("/a", "aaa")])}, 1)
    for row in rows:
        if isinstance(row, Note):
            store.put(NOTES, row)
        else:
            store.put(FILES, row)
    for key in deleted:
        store.delete(NOTES, key)
    store.commit(41)
    return store


def goals_of(*rows: Note | File, deleted: tuple[str, ...] = (), texts: tuple[str, ...] = ()) -> Goals:
    return derive_goals(TABLES, store_with(*rows, deleted=deleted).diff(), [], TOOLS.__getitem__, texts)


def check(goals: Goals, *rows: Note | File, deleted: tuple[str, ...] = ()) -> GoalReport:
    return goals.check(store_with(*rows, deleted=deleted).diff(), [], TOOLS.__getitem__)


def test_the_same_change_with_another_id_and_time_is_what_was_asked() -> None:
    goals = goals_of(Note("k1", "ann", "Bring the kite", made_s=7))
    report = check(goals, Note("x9", "ann", "Bring the kite", made_s=99))
    assert report == GoalReport((True,), (), ())
    assert (report.satisfied, report.credit) == (True, 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "bring THE kite",
        "  Bring\n the\tkite  ",
        "Hi Ann,\n\nBring the kite!\n\nBest",
        "“Bring the kite”",
    ],
)
def test_case_white_space_and_text_around_do_not_matter(text: str) -> None:
    assert check(
        goals_of(Note("k1", "ann", "Bring the kite"), texts=("Bring the kite",)), Note("x", "ann", text)
    ).satisfied


@pytest.mark.parametrize(
    ("one", "other"), [("“a” \u2018b\u2019", "\"a\" 'b'"), ("„a«", '"A"'), ("a\u00a0 b", "a b"), ("STRASSE", "straße")]
)
def test_quotation_marks_and_spaces_are_compared_as_one(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (Note("x", "bob", "Bring the kite"),),
        (Note("x", "ann", "Bring a kite"),),
        (Note("x", "ann", "Bring the kite https://a.example/"),),
        (Note("x", "ann", "Bring the kite. " + "And a lot more than was asked for. " * 8),),
        (Note("x", "ann", ""),),
        (Note("x", "ann", "Bring the kite", links=("n0",)),),
        (Note("n0", "ann", "Bring the kite"),),
    ],
)
def test_what_nearly_is_what_was_asked_is_not(rows: tuple[Note, ...]) -> None:
    report = check(goals_of(Note("k1", "ann", "Bring the kite"), texts=("Bring the kite",)), *rows)
    assert (report.satisfied, report.effects, report.credit) == (False, (False,), 0.0)


@pytest.mark.parametrize(
    "extra",
    [
        Note("y", "ann", "Bring the kite"),
        Note("y", "eve", "Something else"),
        Note("n0", "ann", "changed"),
        File("/a", "changed"),
        File("/b", "new"),
    ],
)
def test_whatever_else_changes_is_unexpected(extra: Note | File) -> None:
    report = check(goals_of(Note("k1", "ann", "Bring the kite")), Note("x", "ann", "Bring the kite"), extra)
    assert report.effects == (True,)
    assert [change.after for change in report.unexpected] == [extra]
    assert not report.satisfied


def test_a_deletion_that_nobody_asked_for_is_unexpected() -> None:
    report = check(goals_of(Note("k1", "ann", "Hi")), Note("x", "ann", "Hi"), deleted=("n1",))
    assert [(change.key, change.after) for change in report.unexpected] == [("n1", None)]


def test_a_change_is_asked_of_its_row_and_a_deletion_too() -> None:
    goals = goals_of(BASE[0]._replace(to="eve"), deleted=("n1",))
    assert check(goals, BASE[0]._replace(to="eve"), deleted=("n1",)).satisfied
    assert check(goals, BASE[0]._replace(to="eve")).credit == 0.5
    assert not check(goals, BASE[1]._replace(to="eve"), deleted=("n0",)).satisfied
    assert not check(goals, BASE[0]._replace(to="EVE"), deleted=("n1",)).satisfied


def test_only_the_fields_that_changed_are_asked_of_a_changed_row() -> None:
    goals = goals_of(BASE[0]._replace(to="eve"))
    ((position, value),) = goals.effects[0].exact
    assert (NOTES.fields[position], value, goals.effects[0].key) == ("to", "eve", "n0")


def test_a_path_that_the_caller_gives_is_part_of_the_goal() -> None:
    goals = goals_of(File("/b", "text"))
    assert check(goals, File("/b", "text")).satisfied
    assert not check(goals, File("/c", "text")).satisfied


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_rows_that_refer_to_each_other_are_recognised_in_any_order(order: tuple[int, ...]) -> None:
    first, second = Note("k1", "ann", "The plan"), Note("k2", "bob", "See k1", links=("k1",))
    third = Note("k3", "eve", "Read K2 and k1", links=("k2", "k1"))
    goals = goals_of(*((first, second, third)[at] for at in order), texts=("The plan",))
    done = (
        Note("x1", "ann", "The plan"),
        Note("x2", "bob", "See x1", ("x1",)),
        Note("x3", "eve", "read x2 and X1", ("x2", "x1")),
    )
    assert check(goals, *done).satisfied
    assert check(goals, *done[::-1]).satisfied
    assert not check(goals, done[0], done[1], Note("x3", "eve", "Read x2 and x1", ("x1", "x2"))).satisfied
    assert not check(goals, done[0], Note("x2", "bob", "See n0", ("n0",)), done[2]).satisfied


def test_two_rows_may_refer_to_one_another() -> None:
    goals = goals_of(Note("k1", "ann", "Ask", ("k2",)), Note("k2", "bob", "Answer", ("k1",)))
    done = (Note("x1", "ann", "Ask", ("x2",)), Note("x2", "bob", "Answer", ("x1",)))
    assert check(goals, *done).satisfied
    assert check(goals, *done[::-1]).satisfied
    assert not check(goals, done[0]._replace(links=("x1",)), done[1]).satisfied


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_row_whose_text_holds_the_text_of_another_is_not_taken_for_it(order: tuple[int, int]) -> None:
    goals = goals_of(Note("k1", "ann", "red"), Note("k2", "ann", "red and blue"), texts=("red", "red and blue"))
    done = (Note("x1", "ann", "red"), Note("x2", "ann", "red and blue"))
    assert check(goals, *(done[at] for at in order)).satisfied


@pytest.mark.parametrize("pointed", ["x1", "x2"])
def test_of_two_equal_rows_either_may_be_the_one_referred_to(pointed: str) -> None:
    goals = goals_of(Note("k1", "ann", "Hi"), Note("k2", "ann", "Hi"), Note("k3", "bob", "See k2", ("k2",)))
    done = (Note("x1", "ann", "Hi"), Note("x2", "ann", "Hi"), Note("x3", "bob", f"See {pointed}", (pointed,)))
    assert check(goals, *done).satisfied


def test_one_row_meets_one_goal_only() -> None:
    goals = goals_of(Note("k1", "ann", "Hi"), Note("k2", "ann", "Hi"))
    assert check(goals, Note("x1", "ann", "Hi")).credit == 0.5
    assert check(goals, Note("x1", "ann", "Hi"), Note("x2", "ann", "Hi")).satisfied


def seen(query: str) -> tuple[ToolResult, ...]:
    world = new_world("small", 3)
    return (execute(world, TOOLS, ToolCall("1", "search_gmail", {"q": query, "max_results": 1})),)


def test_what_had_to_be_looked_up_must_have_been_seen() -> None:
    world = new_world("small", 3)
    found = seen("invoice")
    goals = derive_goals(world.base.table_by_name, (), found, TOOLS.__getitem__, ())
    assert goals.effects == ()
    (observation,) = goals.observations
    assert (observation.capability, observation.path) == ("Communication.search_emails", "messages[].message_id")
    assert goals.check((), found, TOOLS.__getitem__).satisfied
    everything = execute(world, TOOLS, ToolCall("2", "search_outlook", {"search": "invoice"}))
    assert goals.check((), [everything], TOOLS.__getitem__).satisfied, "any tool of the capability will do"
    assert not goals.check((), [], TOOLS.__getitem__).satisfied
    refused = execute(world, TOOLS, ToolCall("3", "search_gmail", {"q": 5}))
    assert not goals.check((), [refused], TOOLS.__getitem__).satisfied


def test_seeing_the_same_thing_twice_is_asked_once() -> None:
    world, found = new_world("small", 3), seen("invoice")
    assert len(derive_goals(world.base.table_by_name, (), [*found, *found], TOOLS.__getitem__, ()).observations) == 1


def test_goals_are_json() -> None:
    goals = goals_of(Note("k1", "ann", "Hi", ("n0",)), File("/b", "x"), deleted=("n1",))
    effects = orjson.loads(orjson.dumps(goals.to_json()))["effects"]
    assert [effect["kind"] for effect in effects] == [effect.kind for effect in goals.effects]
