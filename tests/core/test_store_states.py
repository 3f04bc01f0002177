"""The store as a state machine against plain dicts: calls that commit or roll back, snapshots, restores, forks."""

import pickle
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from agentalign_env.core.store import Change, Store, StoreState
from agentalign_env.core.table import BaseTable, Table


class Note(NamedTuple):
    id: str
    text: str


class Page(NamedTuple):
    path: str
    size: int


NOTES = Table("notes", Note, text=("text",))
PAGES = Table("pages", Page, natural_key=True)
BASE: dict[str, list[tuple[Any, ...]]] = {
    "notes": [Note("n0", "red"), Note("n1", "blue"), Note("n2", "green")],
    "pages": [Page("/a", 1)],
}
START = {name: {row[0]: row for row in rows} for name, rows in BASE.items()}
KEYS = st.sampled_from(["n0", "n1", "n2", "n3", "n4", "n5"])
TEXTS = st.sampled_from(["red", "blue", "green", "kite"])

Tables = dict[str, dict[str, tuple[Any, ...]]]


class Model(NamedTuple):
    """What a store must look like: rows in order, time, and numbers issued."""

    tables: Tables
    elapsed_s: int
    issued: dict[str, int]

    def copy(self) -> "Model":
        return Model({name: dict(rows) for name, rows in self.tables.items()}, self.elapsed_s, dict(self.issued))


def fresh_store() -> Store:
    return Store({"notes": BaseTable(NOTES, BASE["notes"]), "pages": BaseTable(PAGES, BASE["pages"])}, 99)


def in_order(name: str, rows: dict[str, tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    first = [rows[key] for key in START[name] if key in rows]
    return first + [row for key, row in rows.items() if key not in START[name]]


class StoreMachine(RuleBasedStateMachine):
    snapshots = Bundle("snapshots")

    @initialize()
    def start(self) -> None:
        self.store = fresh_store()
        self.committed = Model({name: dict(rows) for name, rows in START.items()}, 0, {"notes": 0, "pages": 0})
        self.live = self.committed.copy()
        self.wrote = False
        self.digest = self.store.digest()
        self.contents_of: dict[str, Tables] = {}

    @rule(key=KEYS, text=TEXTS)
    def put_a_note(self, key: str, text: str) -> None:
        self.wrote = self.wrote or self.live.tables["notes"].get(key) != Note(key, text)
        self.store.put(NOTES, Note(key, text))
        self.live.tables["notes"][key] = Note(key, text)

    @rule(path=st.sampled_from(["/a", "/b"]), size=st.integers(0, 2))
    def put_a_page(self, path: str, size: int) -> None:
        self.wrote = self.wrote or self.live.tables["pages"].get(path) != Page(path, size)
        self.store.put(PAGES, Page(path, size))
        self.live.tables["pages"][path] = Page(path, size)

    @rule(key=KEYS)
    def delete_a_note(self, key: str) -> None:
        self.wrote = self.wrote or key in self.live.tables["notes"]
        self.store.delete(NOTES, key)
        self.live.tables["notes"].pop(key, None)

    @rule(table=st.sampled_from(["notes", "pages"]))
    def issue_a_number(self, table: str) -> None:
        self.live.issued[table] += 1
        assert self.store.issue(table) == self.live.issued[table]

    @rule(seconds=st.integers(1, 60))
    def commit(self, seconds: int) -> None:
        changes = self.store.commit(seconds)
        rows = {name: dict(rows) for name, rows in self.committed.tables.items()}
        for change in changes:
            assert rows[change.table].get(change.key) == change.before
            if change.after is None:
                del rows[change.table][change.key]
            else:
                rows[change.table][change.key] = change.after
        assert rows == self.live.tables
        assert bool(changes) == self.wrote
        self.committed = self.live._replace(elapsed_s=self.committed.elapsed_s + seconds * bool(changes))
        self._settle()

    @rule()
    def roll_back(self) -> None:
        self.store.rollback()
        self._settle()

    def _settle(self) -> None:
        self.live, self.wrote = self.committed.copy(), False
        self.digest = self.store.digest()

    @precondition(lambda self: self.live == self.committed and not self.wrote)
    @rule(target=snapshots, through_pickle=st.booleans())
    def take_a_snapshot(self, through_pickle: bool) -> tuple[StoreState, Model]:
        state = self.store.snapshot()
        assert state.overlay is self.store.snapshot().overlay, "a snapshot shares the overlay"
        return pickle.loads(pickle.dumps(state)) if through_pickle else state, self.committed.copy()

    @rule(snapshot=snapshots)
    def restore_a_snapshot(self, snapshot: tuple[StoreState, Model]) -> None:
        state, model = snapshot
        self.store.restore(state)
        self.committed = model.copy()
        self._settle()

    @precondition(lambda self: self.live == self.committed and not self.wrote)
    @rule(keep_the_twin=st.booleans(), text=TEXTS)
    def fork(self, keep_the_twin: bool, text: str) -> None:
        twin = self.store.fork()
        stays, other = (twin, self.store) if keep_the_twin else (self.store, twin)
        other.put(NOTES, Note("n9", text))
        other.issue("notes")
        other.commit(1)
        self.store = stays

    @invariant()
    def the_rows_are_those_of_the_model_in_order(self) -> None:
        assert list(self.store.rows(NOTES)) == in_order("notes", self.live.tables["notes"])
        assert list(self.store.rows(PAGES)) == in_order("pages", self.live.tables["pages"])
        assert self.store.elapsed_s == self.committed.elapsed_s

    @invariant()
    def the_diff_names_exactly_the_rows_that_differ(self) -> None:
        expected = {
            Change(name, key, START[name].get(key), rows.get(key))
            for name, rows in self.live.tables.items()
            for key in START[name].keys() | rows.keys()
            if START[name].get(key) != rows.get(key)
        }
        diff = self.store.diff()
        assert len(diff) == len(expected)
        assert set(diff) == expected

    @invariant()
    def the_digest_identifies_the_committed_contents(self) -> None:
        digest = self.store.digest()
        assert digest == self.digest, "only a commit or a restore may change the digest"
        assert self.contents_of.setdefault(digest, self.committed.copy().tables) == self.committed.tables
        same = [known for known, tables in self.contents_of.items() if tables == self.committed.tables]
        assert same == [digest]


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=60, stateful_step_count=25)


def test_a_snapshot_is_not_touched_by_later_writes() -> None:
    store = fresh_store()
    store.put(NOTES, Note("n3", "kite"))
    store.commit(41)
    state = store.snapshot()
    store.put(NOTES, Note("n3", "sea"))
    store.delete(PAGES, "/a")
    store.issue("notes")
    store.commit(41)
    assert state == StoreState({"notes": {"n3": Note("n3", "kite")}}, {}, 41, state.digest_sum)


def test_snapshots_without_writes_between_share_one_overlay() -> None:
    store = fresh_store()
    store.put(NOTES, Note("n3", "kite"))
    store.commit(41)
    first, twin = store.snapshot(), store.fork()
    assert first.overlay is store.snapshot().overlay
    assert first.overlay is twin.snapshot().overlay


def test_a_rolled_back_call_leaves_the_order_of_rows_as_it_was() -> None:
    store = fresh_store()
    store.put(NOTES, Note("n3", "first"))
    store.put(NOTES, Note("n4", "second"))
    store.commit(41)
    order = list(store.rows(NOTES))
    store.delete(NOTES, "n3")
    store.rollback()
    assert list(store.rows(NOTES)) == order


def test_the_digest_does_not_depend_on_the_order_of_writes() -> None:
    one, other = fresh_store(), fresh_store()
    for store, keys in ((one, ("n3", "n4")), (other, ("n4", "n3"))):
        for key in keys:
            store.put(NOTES, Note(key, "kite"))
        store.commit(41)
    assert one.digest() == other.digest() != fresh_store().digest()
