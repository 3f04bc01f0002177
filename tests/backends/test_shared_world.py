"""One world for several agents: no write is lost, and everybody comes to the same state."""

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from agentalign_env.backends.shared_log import SharedLog
from agentalign_env.backends.store import open_store
from agentalign_env.core.world import World
from agentalign_env.errors import StateMismatchError, StoreContentError
from agentalign_env.rollouts.shared_world import SharedWorld
from agentalign_env.rollouts.world_snapshot import _reader
from agentalign_env.services import load_base_world
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall


def begin(seed: int = 3) -> World:
    return World(load_base_world("small", seed))


def join(store: Redis, name: str = "box", kept: int = 1_000) -> SharedWorld:
    return SharedWorld(store, name, begin(), kept=kept)


def send(subject: str) -> ToolCall:
    arguments = {"sender": begin().owner.email, "to": ["ann@mail.example"], "subject": subject, "body": "Hello."}
    return ToolCall("1", "send_gmail", arguments)


def pay(amount: float) -> ToolCall:
    return ToolCall("1", "create_wechat_pay_payment", {"amount": amount, "description": "Tea"})


BALANCE = ToolCall("1", "get_wechat_pay_balance", {})


def balance(shared: SharedWorld) -> float:
    return float(orjson.loads(shared.call(BALANCE).content)["available"])


def serially(store: Redis, name: str = "box") -> World:
    """A world of its own in which the calls of a shared one are carried out one after the other."""
    world, log = begin(), SharedLog(store, name)
    lines: list[bytes] = []
    while more := log.since(len(lines)):
        lines += more
    assert more == [], "a snapshot stands for some of them"
    for line in lines:
        execute(world, load_tools(), ToolCall(*orjson.loads(line)["call"]))
    return world


def interrupt(participant: SharedWorld, first: Callable[[], object]) -> None:
    """Lets somebody else be quicker at the participant's next write."""
    log = participant._log
    append = log.append

    def late(version: int, entry: bytes) -> bool:
        log.append = append  # type: ignore[method-assign]
        first()
        return append(version, entry)

    log.append = late  # type: ignore[method-assign]


def test_what_one_agent_writes_the_other_one_reads(any_store: Redis) -> None:
    ann, ben = join(any_store), join(any_store)
    assert ann.call(send("Boat trip on Sunday")).code == ""
    found = ben.call(ToolCall("2", "search_gmail", {"q": "boat trip sunday", "folder": "sent"}))
    assert "Boat trip on Sunday" in found.content
    assert ann.digest() == ben.digest() == serially(any_store).digest()
    assert ann.diff() == ben.diff()
    assert len(ann.diff()) >= 1


def test_reads_and_refused_calls_leave_no_entry(any_store: Redis) -> None:
    ann = join(any_store)
    assert ann.call(BALANCE).code == ""
    assert ann.call(pay(-1)).code == "invalid_argument"
    assert ann.call(ToolCall("1", "no_such_tool", {})).code == "unknown_tool"
    assert ann.call(ToolCall("1", "get_wechat_pay_balance", {"x": object()})).code == "invalid_argument"
    assert ann.call(ToolCall("1", "get_wechat_pay_balance", {"x": "\ud800"})).code == "invalid_argument"
    assert (ann.refresh(), SharedLog(any_store, "box").since(0)) == (0, [])


def test_a_call_that_came_second_is_carried_out_again_on_the_newer_state(any_store: Redis) -> None:
    ann, ben = join(any_store), join(any_store)
    before = balance(ann)
    interrupt(ann, lambda: ben.call(pay(2)))
    assert ann.call(pay(3)).code == ""
    assert ann.conflicts == 1
    assert before - balance(ben) == pytest.approx(5)
    assert ann.digest() == ben.digest() == serially(any_store).digest()


def test_money_that_somebody_else_spent_is_not_spent_again(any_store: Redis) -> None:
    ann, ben = join(any_store), join(any_store)
    most = balance(ann)
    interrupt(ann, lambda: ben.call(pay(most)))
    assert ann.call(pay(most)).code == "insufficient_funds"
    assert balance(ann) == pytest.approx(0)


def test_a_write_that_was_kept_although_the_connection_broke_counts_once(store: Redis) -> None:
    ann = join(store)
    before = balance(ann)
    append = ann._log.append

    def broken(version: int, entry: bytes) -> bool:
        ann._log.append = append  # type: ignore[method-assign]
        assert append(version, entry)
        return False

    ann._log.append = broken  # type: ignore[method-assign]
    assert ann.call(pay(4)).code == ""
    assert before - balance(ann) == pytest.approx(4)
    assert ann.digest() == serially(store).digest()


def test_a_participant_calls_its_own_tools_and_sees_what_others_do_with_theirs(store: Redis) -> None:
    reader = SharedWorld(store, "box", begin(), tools=["search_gmail"])
    writer = join(store)
    assert reader.call(send("x")).code == "unknown_tool"
    writer.call(send("Boat trip on Sunday"))
    found = reader.call(ToolCall("2", "search_gmail", {"q": "boat trip sunday", "folder": "sent"}))
    assert "Boat trip on Sunday" in found.content


def test_a_participant_with_another_beginning_is_refused(store: Redis) -> None:
    join(store).call(pay(1))
    other = SharedWorld(store, "box", begin(seed=4))
    with pytest.raises(StateMismatchError, match="begin with the same world"):
        other.refresh()


@pytest.mark.parametrize("line", [b"\x80\x04pickle", b"[]", b"{}", b'{"version": 1}'])
def test_what_is_no_change_is_refused(store: Redis, line: bytes) -> None:
    assert SharedLog(store, "box").append(0, line)
    with pytest.raises(StoreContentError, match="expected a change"):
        join(store).refresh()


def test_an_entry_whose_result_differs_is_refused_and_not_carried_out(store: Redis) -> None:
    join(store).call(pay(1))
    log = SharedLog(store, "box")
    (line,) = log.since(0)
    log.clear()
    log.append(0, orjson.dumps({**orjson.loads(line), "digest": "0" * 32}))
    ann = join(store)
    with pytest.raises(StateMismatchError, match="expected digest 0000"):
        ann.refresh()
    assert ann.world.digest() == begin().digest()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 1), st.booleans(), st.integers(1, 5)), max_size=12), st.integers(0, 10**9))
def test_whoever_is_quicker_every_payment_counts_once(acts: list[tuple[int, bool, int]], number: int) -> None:
    store = open_store("memory://property")
    store.flushall()
    both = join(store), join(store)
    before, spent = balance(both[0]), 0
    for who, raced, amount in acts:
        if raced:
            interrupt(both[who], lambda other=both[1 - who]: other.call(pay(7)))  # type: ignore[misc]
            spent += 7
        assert both[who].call(pay(amount)).code == ""
        spent += amount
    assert before - balance(both[0]) == pytest.approx(spent)
    assert both[0].digest() == both[1].digest() == serially(store).digest()
    assert both[0].diff() == both[1].diff()
    assert both[0].version == len(acts) + sum(raced for _, raced, _ in acts)


def test_hundreds_of_writes_from_two_threads_are_all_there(any_store: Redis) -> None:
    before = balance(join(any_store))
    both = [join(any_store), join(any_store)]
    threads = [threading.Thread(target=lambda one=one: [one.call(pay(0.01)) for _ in range(150)]) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    late = join(any_store)
    assert late.refresh() == both[0].refresh() == both[1].refresh() == 300
    assert before - balance(late) == pytest.approx(3)
    assert late.digest() == both[0].digest() == both[1].digest() == serially(any_store).digest()
    assert len([change for change in late.diff() if change.before is None]) >= 300


def length(store: Redis) -> int:
    return int(store.llen("agentalign:log:{box}:entries"))  # type: ignore[arg-type]


def same(one: SharedWorld, other: SharedWorld) -> bool:
    """Whether two participants are in the same state, with clock and id counters."""
    assert one.refresh() == other.refresh()
    mine, theirs = one.world.snapshot().store, other.world.snapshot().store
    return mine == theirs and one.diff() == other.diff()


def test_old_changes_are_replaced_by_a_snapshot_from_which_late_ones_go_on(any_store: Redis) -> None:
    ann, idle, alone = join(any_store, kept=4), join(any_store), join(any_store, "other")
    idle.refresh()
    for number in range(18):
        call = send(f"Letter {number}") if number % 3 else pay(0.01)
        assert ann.call(call) == alone.call(call)
        assert length(any_store) <= 8
    late = join(any_store)
    assert late.refresh() == 18
    for other in (late, idle):
        assert same(ann, other)
        assert ann.world.snapshot().store == alone.world.snapshot().store
    again = send("One more")
    assert late.call(again) == alone.call(again)
    assert same(late, idle)
    assert same(late, ann)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=30), st.integers(1, 4))
def test_whoever_goes_on_from_where_all_see_the_same(acts: list[tuple[int, bool]], kept: int) -> None:
    store = open_store("memory://snapshots")
    store.flushall()
    all_three = [join(store, kept=kept) for _ in range(3)]
    for number, (who, pays) in enumerate(acts):
        assert all_three[who].call(pay(0.5) if pays else send(f"Letter {number}")).code == ""
        assert length(store) <= 2 * kept
    late = join(store, kept=kept)
    assert all(same(one, late) for one in all_three)
    assert late.version == len(acts)


def test_a_write_whose_answer_is_gone_is_not_carried_out_again(store: Redis) -> None:
    ann, ben = join(store, kept=1), join(store, kept=1)
    append = ann._log.append

    def broken(version: int, entry: bytes) -> bool:
        ann._log.append = append  # type: ignore[method-assign]
        assert append(version, entry)
        for _ in range(4):
            ben.call(pay(1))
        return False

    before = balance(ann)
    ann._log.append = broken  # type: ignore[method-assign]
    with pytest.raises(StateMismatchError, match="answer is no longer known"):
        ann.call(pay(4))
    assert before - balance(ann) == pytest.approx(8)
    assert same(ann, ben)


@pytest.mark.parametrize("change", [(b"Letter", b"Latter"), (b'"rows"', b'"raws"'), (b'"digest"', b'"dogest"')])
def test_a_snapshot_that_was_changed_is_refused(store: Redis, change: tuple[bytes, bytes]) -> None:
    ann = join(store, kept=2)
    for number in range(6):
        ann.call(send(f"Letter {number}"))
    key = "agentalign:log:{box}:snapshot"
    content = store.get(key)
    assert isinstance(content, bytes)
    assert change[0] in content
    store.set(key, content.replace(*change))
    late = join(store)
    with pytest.raises(StoreContentError, match=r"expected (a|the) s"):
        late.refresh()
    assert late.world.digest() == begin().digest()


def test_rows_of_every_table_come_back_from_json_as_they_were() -> None:
    base = load_base_world("small", 3)
    for name, table in base.table_by_name.items():
        for row in list(base.tables[name].rows.values())[:50]:
            kind: Any = table.row
            read = _reader(kind)(orjson.loads(orjson.dumps(row, default=list)))
            assert (repr(read), type(read)) == (repr(row), type(row))


PARTICIPANT = """
import sys
from agentalign_env.backends.store import open_store
from agentalign_env.core.world import World
from agentalign_env.rollouts.shared_world import SharedWorld
from agentalign_env.services import load_base_world
from agentalign_env.types import ToolCall

shared = SharedWorld(open_store(sys.argv[1]), "box", World(load_base_world("small", 3)))
owner = shared.world.owner.email
for number in range(int(sys.argv[2])):
    if number % 2:
        call = ToolCall("1", "create_wechat_pay_payment", {"amount": 0.01, "description": f"{sys.argv[3]} {number}"})
    else:
        subject = f"{sys.argv[3]} {number}"
        mail = {"sender": owner, "to": ["ann@mail.example"], "subject": subject, "body": "Hello."}
        call = ToolCall("1", "send_gmail", mail)
    assert shared.call(call).code == "", shared.call(call).content
print(shared.conflicts)
"""


@pytest.mark.slow
def test_ten_thousand_writes_from_two_processes_are_all_there(server: Redis, redis_url: str) -> None:
    before = balance(join(server, "untouched"))
    command = [sys.executable, "-c", PARTICIPANT, redis_url, "5000"]
    both = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in ("ann", "ben")]
    early = join(server)
    read = [early.refresh()]
    while any(one.poll() is None for one in both):
        read.append(early.refresh())  # a reader carries all of it out, entry by entry, and compares every digest
    told = [one.communicate(timeout=300)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sum(map(int, told)) > 0, "nobody was ever in the other's way"
    late = join(server)
    assert late.refresh() == early.refresh() == 10_000
    assert length(server) <= 2_000
    assert same(late, early)
    made = [change.after for change in late.diff() if change.before is None]
    words = [getattr(row, "subject", "") or getattr(row, "description", "") for row in made]
    expected = sorted(f"{name} {number}" for name in ("ann", "ben") for number in range(5_000))
    assert sorted(word for word in words if word.startswith(("ann ", "ben "))) == expected
    assert before - balance(late) == pytest.approx(50)
    ids = [change.key for change in late.diff()]
    assert len(set(zip((change.table for change in late.diff()), ids, strict=True))) == len(ids)
