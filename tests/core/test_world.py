"""Worlds: generated lazily and apart, the same in every process, copied whole, refused where they do not fit."""

import copy
import os
import pickle
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentalign_env.core.table import BaseTable
from agentalign_env.core.world import BaseWorld, World, WorldKey, base_world, load_world_sizes
from agentalign_env.errors import DataFileError, StateMismatchError, UnknownNameError
from agentalign_env.services import SERVICES, load_base_world, new_world

CONTENTS = """
import hashlib, sys
from agentalign_env.services import load_base_world
base = load_base_world(sys.argv[1], int(sys.argv[2]))
for name in sorted(base.table_by_name):
    rows = list(base.tables[name].rows.values())
    print(name, len(rows), hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest())
print(base.background.owner, base.start_s, hex(base.digest))
"""


def some_table(world: World) -> BaseTable:
    return world.base.tables[min(world.base.table_by_name)]


def remove_a_row(world: World, place: int = 0) -> None:
    table = some_table(world)
    world.store.delete(table.table, table.keys[place])
    world.store.commit(41)


def contents_in_a_process(size: str, seed: int, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", CONTENTS, size, str(seed)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, env=environment).stdout


def test_a_world_is_the_same_in_every_process() -> None:
    one = contents_in_a_process("small", 5, "1")
    assert one == contents_in_a_process("small", 5, "4242")
    assert len(one.splitlines()) == len(load_base_world("small", 5).table_by_name) + 1


@pytest.mark.parametrize("order", ["by name", "by name, reversed", "shuffled"])
def test_generating_one_table_never_shifts_another(order: str) -> None:
    expected = load_base_world("small", 11)
    names = sorted(expected.table_by_name, reverse=order == "by name, reversed")
    if order == "shuffled":
        random.Random(3).shuffle(names)
    fresh = BaseWorld(WorldKey("small", 11), SERVICES)
    for name in names:
        assert list(fresh.tables[name].rows.items()) == list(expected.tables[name].rows.items()), name


def test_a_table_is_generated_when_it_is_first_asked_for() -> None:
    base = BaseWorld(WorldKey("small", 1), SERVICES)
    assert not base.tables
    name = min(base.table_by_name)
    assert base.tables[name] is base.tables[name]
    assert [*base.tables] == [name]


def test_other_seeds_give_other_rows() -> None:
    one, other = load_base_world("small", 0), load_base_world("small", 1)
    filled = [name for name in one.table_by_name if one.tables[name].rows]
    same = [name for name in filled if list(one.tables[name].rows.values()) == list(other.tables[name].rows.values())]
    assert len(same) * 4 < len(filled), same  # some tables list what every world has, such as the sites of the web


def test_the_base_of_a_key_is_shared() -> None:
    assert new_world("small", 2).base is new_world("small", 2).base
    assert new_world("small", 2).base is not new_world("small", 3).base


def test_worlds_of_other_keys_have_other_digests() -> None:
    digests = {new_world(size, seed).digest() for size in load_world_sizes() for seed in range(20)}
    assert len(digests) == 20 * len(load_world_sizes())


def test_a_pickled_world_goes_on_from_where_it_was() -> None:
    world = new_world("small", 2)
    remove_a_row(world)
    table = some_table(world).table
    twin = pickle.loads(pickle.dumps(world))
    assert (twin.digest(), twin.now_s, twin.store.diff()) == (world.digest(), world.now_s, world.store.diff())
    assert twin.new_id(table) == world.new_id(table)
    assert twin.base is world.base
    remove_a_row(twin, 1)
    assert twin.digest() != world.digest()


def test_a_pickled_world_does_not_carry_its_base() -> None:
    assert len(pickle.dumps(new_world("medium", 2))) < 4_000


@pytest.mark.parametrize("copied", [copy.deepcopy, World.fork], ids=["deepcopy", "fork"])
def test_a_copied_world_is_independent(copied: Callable[[World], World]) -> None:
    world = new_world("small", 2)
    remove_a_row(world)
    twin = copied(world)
    assert (twin.digest(), twin.base) == (world.digest(), world.base)
    remove_a_row(twin, 1)
    assert len(twin.store.diff()) == 2
    assert len(world.store.diff()) == 1


def test_a_snapshot_is_put_back_whole() -> None:
    world = new_world("small", 2)
    table = some_table(world).table
    state, digest, now_s = world.snapshot(), world.digest(), world.now_s
    issued = world.new_id(table)
    remove_a_row(world)
    assert (world.digest(), world.now_s) != (digest, now_s)
    world.restore(pickle.loads(pickle.dumps(state)))
    assert (world.digest(), world.now_s, world.store.diff()) == (digest, now_s, ())
    assert world.new_id(table) == issued


def test_a_snapshot_of_another_world_is_refused() -> None:
    world = new_world("small", 2)
    with pytest.raises(StateMismatchError, match=r"the state is of world .*seed=3.* this world is .*seed=2"):
        world.restore(new_world("small", 3).snapshot())
    with pytest.raises(StateMismatchError):
        world.restore(new_world("medium", 2).snapshot())


def test_a_size_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"no world size is named 'smal'\. Did you mean 'small'\?"):
        new_world("smal", 0)


def test_time_passes_when_something_changes_and_only_then() -> None:
    world = new_world("small", 2)
    assert world.now_s == world.base.start_s
    world.store.commit(41)
    assert world.now_s == world.base.start_s
    remove_a_row(world)
    assert world.now_s == world.base.start_s + 41


def test_ids_issued_in_an_episode_are_no_ids_of_the_base() -> None:
    for seed in range(5):
        world = new_world("medium", seed)
        for name, table in world.base.table_by_name.items():
            issued = {world.new_id(table) for _ in range(50)}
            assert len(issued) == 50
            assert not issued & world.base.tables[name].rows.keys()


def test_every_table_has_room_for_its_ids() -> None:
    for table in load_base_world("small", 0).table_by_name.values():
        assert len(table.ids.alphabet) ** table.ids.length >= 10**8, table


def test_every_size_names_rows_only_for_tables_that_exist() -> None:
    names = load_base_world("small", 0).table_by_name.keys()
    for size in load_world_sizes().values():
        assert size.rows.keys() - names == set()


def test_larger_sizes_hold_more() -> None:
    totals = {
        size: sum(len(load_base_world(size, 0).tables[name].rows) for name in load_base_world(size, 0).table_by_name)
        for size in ("small", "medium")
    }
    assert totals["small"] < totals["medium"]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("about = 'x'\npeople = 'many'\ninvoices = 1\nrows = {}", "people"),
        ("about = 'x'\npeople = 1\ninvoices = 1", "rows"),
        ("about = 'x'\npeople = 1\ninvoices = 1\nrows = {}\nshops = 2", "shops"),
        ("about = 'x'\npeople = 1\ninvoices = 1\nrows = { mails = 'lots' }", "rows.mails"),
    ],
)
def test_an_invalid_size_is_refused_by_file_and_key(
    content: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "worlds").mkdir()
    (tmp_path / "worlds" / "tiny.toml").write_text(content)
    monkeypatch.setattr("agentalign_env.core.world.data_root", lambda kind: tmp_path)
    with pytest.raises(DataFileError) as caught:
        load_world_sizes.__wrapped__()
    assert (caught.value.file, caught.value.key) == ("tiny.toml", key)
    assert caught.value.remedy


def test_a_base_world_pickles_as_its_key() -> None:
    base = load_base_world("small", 4)
    assert pickle.loads(pickle.dumps(base)) is base
    assert copy.copy(base) is copy.deepcopy(base) is base
    assert base_world("small", 4, SERVICES) is base
