"""The work queue: leased, renewed, taken over, put aside, done once."""

import threading

import pytest
from redis import Redis

from agentalign_env.backends.queue import QueueCounts, WorkQueue, task_id
from agentalign_env.backends.store import is_private, open_store
from agentalign_env.errors import StoreUnavailableError

SOON = 1  # a lease of a millisecond


def expire(queue: WorkQueue) -> None:
    threading.Event().wait(queue.lease_ms / 1_000 + 0.01)


def test_the_same_name_is_the_same_store_and_another_name_another() -> None:
    open_store("memory://one").set("a", 1)
    assert open_store("memory://one").get("a") == b"1"
    assert open_store("memory://two").get("a") is None


@pytest.mark.parametrize("url", ["", "memory://", "fakeredis://a", "localhost:6379", "redis://127.0.0.1:1/0"])
def test_a_store_that_cannot_be_opened_is_named_with_a_remedy(url: str) -> None:
    with pytest.raises(StoreUnavailableError, match=r"store: expected .*(Give one|Start one)"):
        open_store(url)


def test_an_error_shows_no_password() -> None:
    with pytest.raises(StoreUnavailableError) as caught:
        open_store("redis://me:hidden-word@127.0.0.1:1/0")
    assert "hidden-word" not in str(caught.value)


def test_only_a_store_in_memory_is_private() -> None:
    assert is_private("memory://a")
    assert not is_private("redis://localhost/0")


def test_tasks_come_in_order_and_results_stay(any_store: Redis) -> None:
    queue = WorkQueue(any_store, "q")
    ids = queue.put([b"one", b"two"])
    assert ids == [task_id(b"one"), task_id(b"two")]
    for task, payload in zip(ids, (b"one", b"two"), strict=True):
        lease = queue.lease(1)
        assert lease is not None
        assert (lease.task, lease.payload, lease.tries) == (task, payload, 1)
        assert queue.done(lease, payload.upper())
    assert queue.lease(1) is None
    assert [queue.result(task) for task in ids] == [b"ONE", b"TWO"]
    assert queue.counts() == QueueCounts(tasks=2, leased=0, done=2, dead=0)
    assert queue.is_drained


def test_a_task_that_is_put_twice_is_done_once(any_store: Redis) -> None:
    queue = WorkQueue(any_store, "q")
    assert queue.put([b"a", b"a", b"b"]) == [task_id(b"a"), task_id(b"a"), task_id(b"b")]
    queue.put([b"b"])
    leases = [queue.lease(1) for _ in range(3)]
    assert [lease and lease.payload for lease in leases] == [b"a", b"b", None]


def test_a_lease_that_expired_is_taken_over_and_the_first_result_counts(any_store: Redis) -> None:
    slow, quick = (WorkQueue(any_store, "q", lease_ms=SOON) for _ in range(2))
    (task,) = slow.put([b"a"])
    first = slow.lease(1)
    expire(slow)
    second = quick.lease(1)
    assert first is not None
    assert second is not None
    assert (second.task, second.tries) == (first.task, 2)
    assert not slow.extend(first)
    assert quick.extend(second)
    assert quick.done(second, b"quick")
    assert not slow.done(first, b"slow")
    assert quick.result(task) == b"quick"
    assert quick.lease(1) is None


def test_the_result_of_a_slow_worker_ends_the_try_of_the_one_that_took_over(any_store: Redis) -> None:
    slow, quick = (WorkQueue(any_store, "q", lease_ms=SOON) for _ in range(2))
    slow.put([b"a"])
    first = slow.lease(1)
    expire(slow)
    second = quick.lease(1)
    assert first is not None
    assert second is not None
    assert slow.done(first, b"slow")
    assert not quick.done(second, b"quick")
    assert quick.counts() == QueueCounts(tasks=1, leased=0, done=1, dead=0)


def test_a_lease_that_is_extended_is_not_taken_over(any_store: Redis) -> None:
    holder, other = (WorkQueue(any_store, "q", lease_ms=1_000) for _ in range(2))
    holder.put([b"a"])
    lease = holder.lease(1)
    assert lease is not None
    for _ in range(4):
        threading.Event().wait(0.3)
        assert holder.extend(lease)
        assert other.lease(1) is None


def test_a_task_whose_workers_die_is_put_aside_after_its_last_try(any_store: Redis) -> None:
    queue = WorkQueue(any_store, "q", lease_ms=SOON, most_tries=2)
    (task,) = queue.put([b"a"])
    for tries in (1, 2):
        lease = queue.lease(1)
        assert lease is not None
        assert lease.tries == tries
        expire(queue)
    assert queue.lease(1) is None
    assert queue.dead() == {task: "its workers died or lost their lease"}
    assert queue.is_drained
    assert [ended for _, ended in queue.finished(wait_ms=1)] == [task]


def test_a_task_that_fails_is_tried_again_at_once_and_its_last_reason_is_kept(any_store: Redis) -> None:
    queue = WorkQueue(any_store, "q", lease_ms=60_000, most_tries=2)
    (task,) = queue.put([b"a"])
    for number in (1, 2):
        lease = queue.lease(1)
        assert lease is not None
        queue.fail(lease, f"reason {number}")
    assert queue.dead() == {task: "reason 2"}
    assert queue.retry_dead() == 1
    lease = queue.lease(1)
    assert lease is not None
    assert (lease.task, lease.tries) == (task, 1)
    assert queue.done(lease, b"at last")
    assert queue.dead() == {}


def test_a_late_result_of_a_task_that_was_put_aside_counts(any_store: Redis) -> None:
    queue = WorkQueue(any_store, "q", lease_ms=SOON, most_tries=1)
    (task,) = queue.put([b"a"])
    lease = queue.lease(1)
    assert lease is not None
    expire(queue)
    assert queue.lease(1) is None
    assert task in queue.dead()
    assert queue.done(lease, b"late")
    assert (queue.dead(), queue.result(task)) == ({}, b"late")


def test_a_task_that_is_queued_again_but_done_by_now_is_passed_over(any_store: Redis) -> None:
    queue = WorkQueue(any_store, "q", lease_ms=SOON, most_tries=1)
    queue.put([b"a"])
    lease = queue.lease(1)
    assert lease is not None
    expire(queue)
    assert queue.lease(1) is None
    assert queue.retry_dead() == 1
    assert queue.done(lease, b"late")
    assert queue.lease(1) is None
    assert queue.counts() == QueueCounts(tasks=1, leased=0, done=1, dead=0)


def test_a_payload_that_was_changed_is_put_aside(any_store: Redis) -> None:
    queue = WorkQueue(any_store, "q")
    (task,) = queue.put([b"a"])
    any_store.hset("agentalign:queue:{q}:tasks", task, b"b")
    assert queue.lease(1) is None
    assert "found another" in queue.dead()[task]


def test_many_workers_at_once_do_every_task_once(any_store: Redis) -> None:
    payloads = [str(number).encode() for number in range(200)]
    ids = WorkQueue(any_store, "q").put(payloads)
    published: list[str] = []

    def act() -> None:
        queue = WorkQueue(any_store, "q")
        while lease := queue.lease(1):
            if queue.done(lease, lease.payload * 2):
                published.append(lease.task)

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(published) == sorted(ids)
    queue = WorkQueue(any_store, "q")
    assert [queue.result(task) for task in ids] == [payload * 2 for payload in payloads]


def test_a_queue_that_is_cleared_begins_anew(any_store: Redis) -> None:
    queue = WorkQueue(any_store, "q")
    queue.put([b"a"])
    queue.clear()
    assert queue.counts() == QueueCounts(0, 0, 0, 0)
    queue.put([b"a"])
    assert queue.lease(1) is not None


@pytest.mark.parametrize(("lease_ms", "most_tries"), [(0, 1), (1, 0)])
def test_a_queue_refuses_what_is_out_of_range(store: Redis, lease_ms: int, most_tries: int) -> None:
    with pytest.raises(ValueError, match="expected 1 or more"):
        WorkQueue(store, "q", lease_ms=lease_ms, most_tries=most_tries)
