"""The store against a naive model: reading, searching, and what a table declaration refuses."""

import pickle
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentalign_env.core.ids import HEX16
from agentalign_env.core.store import Change, Page, Store
from agentalign_env.core.table import BaseTable, Table
from agentalign_env.core.text import tokens


class Note(NamedTuple):
    id: str
    owner: str
    tags: tuple[str, ...]
    text: str
    size: int


NOTES = Table("notes", Note, text=("owner", "tags", "text"), free_text=("text",), volatile=("size",))
KEYS = st.sampled_from([f"n{number}" for number in range(10)])
WORDS = st.lists(st.sampled_from(["red", "Kites", "kite", "fly", "the", "sea", "Meer", "7"]), max_size=4).map(" ".join)
TAGS = st.lists(st.sampled_from(["blue", "green", "fly"]), max_size=2, unique=True).map(tuple)
NOTE = st.builds(Note, KEYS, st.sampled_from(["ann", "bob"]), TAGS, WORDS, st.integers(0, 3))
BASES = st.lists(NOTE, max_size=7, unique_by=lambda note: note.id)
WRITES = st.lists(st.one_of(NOTE, KEYS), max_size=9)


def store_over(*notes: Note) -> Store:
    return Store({"notes": BaseTable(NOTES, notes)}, 5)


def written(base: list[Note], writes: list[Note | str]) -> tuple[Store, dict[str, Note], list[str]]:
    """A store; what it must hold (base rows in place, then new ones); the keys that differ, as first touched."""
    store = store_over(*base)
    start = {note.id: note for note in base}
    now, touched = dict(start), list[str]()
    for write in writes:
        if isinstance(write, str):
            store.delete(NOTES, write)
            key, row = write, None
        else:
            store.put(NOTES, write)
            key, row = write.id, write
        if row is None:
            now.pop(key, None)
        else:
            now[key] = row
        if now.get(key) == start.get(key):
            touched = [other for other in touched if other != key]
        elif key not in touched:
            touched.append(key)
    order = [*(key for key in start if key in now), *(key for key in touched if key in now and key not in start)]
    return store, {key: now[key] for key in order}, touched


@given(BASES, WRITES)
def test_reading_sees_the_base_with_the_changes_laid_over_it(base: list[Note], writes: list[Note | str]) -> None:
    store, now, _ = written(base, writes)
    assert list(store.rows(NOTES)) == list(now.values())
    assert store.count(NOTES) == len(now)
    assert [store.get(NOTES, f"n{number}") for number in range(10)] == [now.get(f"n{number}") for number in range(10)]


@given(BASES, WRITES)
def test_newest_is_the_reverse_of_rows(base: list[Note], writes: list[Note | str]) -> None:
    store, now, _ = written(base, writes)
    assert list(store.newest(NOTES)) == list(now.values())[::-1]


@given(BASES, WRITES, st.sampled_from(["ann", "bob", "nobody"]), st.sampled_from(["blue", "fly"]))
def test_where_finds_the_matching_rows(base: list[Note], writes: list[Note | str], owner: str, tag: str) -> None:
    store, now, _ = written(base, writes)
    assert sorted(store.where(NOTES, "owner", owner)) == sorted(note for note in now.values() if note.owner == owner)
    assert sorted(store.where(NOTES, "tags", tag)) == sorted(note for note in now.values() if tag in note.tags)


@given(BASES, WRITES, st.sampled_from(["ann", "bob"]))
def test_where_answers_oldest_first_like_rows(base: list[Note], writes: list[Note | str], owner: str) -> None:
    store, now, _ = written(base, writes)
    assert store.where(NOTES, "owner", owner) == [note for note in now.values() if note.owner == owner]


@given(BASES, WRITES)
def test_the_diff_is_exactly_what_differs_from_the_base(base: list[Note], writes: list[Note | str]) -> None:
    store, now, touched = written(base, writes)
    start = {note.id: note for note in base}
    assert store.diff() == tuple(Change("notes", key, start.get(key), now.get(key)) for key in touched)


def test_putting_back_what_the_base_holds_leaves_no_trace() -> None:
    note = Note("n1", "ann", (), "red", 1)
    store = store_over(note)
    fresh = store.digest()
    store.put(NOTES, note._replace(text="blue"))
    store.commit(41)
    assert store.digest() != fresh
    store.delete(NOTES, "n1")
    store.put(NOTES, Note("n1", "ann", (), "red", 1))
    changes = store.commit(41)
    assert [change.after for change in changes] == [note]
    assert (store.diff(), store.digest()) == ((), fresh)


def test_a_write_that_changes_nothing_is_no_change_and_takes_no_time() -> None:
    note = Note("n1", "ann", (), "red", 1)
    store = store_over(note)
    store.put(NOTES, note)
    store.delete(NOTES, "n2")
    assert store.commit(41) == ()
    assert store.elapsed_s == 0


@given(BASES, WRITES, WORDS, st.integers(0, 3), st.integers(1, 4), st.booleans())
@example([], [], "", 0, 1, False)
def test_search_finds_the_rows_with_every_word(
    base: list[Note], writes: list[Note | str], query: str, offset: int, limit: int, newest_first: bool
) -> None:
    store, now, _ = written(base, writes)
    order = list(now)
    if newest_first:
        order.reverse()
    words = {*tokens(query)}
    hits = [key for key in order if words <= {*tokens(" ".join([now[key].owner, *now[key].tags, now[key].text]))}]
    page = store.search(NOTES, query, limit=limit, offset=offset, newest_first=newest_first)
    assert page == Page([now[key] for key in hits[offset : offset + limit]], len(hits) > offset + limit)


@given(BASES, WRITES, WORDS)
def test_a_relaxed_search_puts_partial_matches_after_the_complete_ones(
    base: list[Note], writes: list[Note | str], query: str
) -> None:
    store, now, _ = written(base, writes)
    words = {*tokens(query)}
    have = {key: {*tokens(" ".join([note.owner, *note.tags, note.text]))} for key, note in now.items()}
    strict = store.search(NOTES, query, limit=20).rows
    relaxed = store.search(NOTES, query, limit=20, relaxed=True).rows
    assert relaxed[: len(strict)] == strict
    assert sorted(relaxed) == sorted(note for key, note in now.items() if not words or words & have[key])


def test_a_relaxed_search_puts_the_rarest_word_first() -> None:
    sea, red, kite = (Note(key, "a", (), text, 0) for key, text in (("n1", "red sea"), ("n2", "red"), ("n3", "kite")))
    found = store_over(sea, red, kite).search(NOTES, "red kite", limit=5, relaxed=True)
    assert found.rows == [kite, sea, red]


@settings(max_examples=30)
@given(BASES, WRITES, st.sampled_from(["red", "fly sea", ""]))
def test_a_filtered_search_is_the_filter_of_the_whole_search(
    base: list[Note], writes: list[Note | str], query: str
) -> None:
    store, _, _ = written(base, writes)
    everything = store.search(NOTES, query, limit=20).rows
    kept = store.search(NOTES, query, limit=20, keep=lambda note: note.owner == "ann").rows
    assert kept == [note for note in everything if note.owner == "ann"]


def test_a_table_refuses_fields_that_its_rows_do_not_have() -> None:
    with pytest.raises(TypeError, match=r"table 'notes': \['colour'\] are not fields of Note; it has"):
        Table("notes", Note, free_text=("colour",))


def test_the_key_is_volatile_unless_the_caller_gives_it() -> None:
    assert Table("notes", Note).volatile == {"id"}
    assert Table("notes", Note, natural_key=True, volatile=("size",)).volatile == {"size"}
    assert Table("notes", Note).ids is HEX16


def test_a_table_is_a_declaration_and_does_not_pickle() -> None:
    with pytest.raises(TypeError, match="refer to it by name"):
        pickle.dumps(NOTES)


@pytest.mark.parametrize("value", ["\ud800", {1}, 1 << 70])
def test_what_cannot_be_digested_is_refused_at_commit_and_can_be_rolled_back(value: Any) -> None:
    store = store_over(Note("n1", "ann", (), "red", 1))
    fresh = store.digest()
    store.put(NOTES, Note("n1", value, (), "", 0))
    with pytest.raises(TypeError):
        store.commit(41)
    store.rollback()
    assert (store.diff(), store.digest(), store.elapsed_s) == ((), fresh, 0)
    assert store.get(NOTES, "n1") == Note("n1", "ann", (), "red", 1)
