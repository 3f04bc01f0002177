"""One world for several agents: no write is lost, and everybody comes to the same state."""

import subprocess
import sys
import threading
from collections.abc import Callable

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
from agentalign_env.services import load_base_world
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall


def begin(seed: int = 3) -> World:
    return World(load_base_world("small", seed))


def join(store: Redis, name: str = "box") -> SharedWorld:
    return SharedWorld(store, name, begin())


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
    arguments = {"sender": owner, "to": ["ann@mail.example"], "subject": f"{sys.argv[3]} {number}", "body": "Hello."}
    assert shared.call(ToolCall("1", "send_gmail", arguments)).code == ""
print(shared.conflicts)
"""


@pytest.mark.slow
def test_ten_thousand_writes_from_two_processes_are_all_there(server: Redis, redis_url: str) -> None:
    command = [sys.executable, "-c", PARTICIPANT, redis_url, "5000"]
    both = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in ("ann", "ben")]
    told = [one.communicate(timeout=300)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sum(map(int, told)) > 0, "nobody was ever in the other's way"
    late = join(server)
    assert late.refresh() == 10_000
    subjects = {change.after.subject for change in late.diff() if hasattr(change.after, "subject")}  # type: ignore[union-attr]
    assert subjects == {f"{name} {number}" for name in ("ann", "ben") for number in range(5_000)}
    assert late.digest() == serially(server).digest()
