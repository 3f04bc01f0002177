"""Worker processes: every task has one result, in order, whatever its process comes to."""

import multiprocessing
import sys
from collections.abc import Iterator

import pytest

from agentalign_env.processes import Crew, Deadline
from tests.rollouts.tasks import prepare, work

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL"),
]


def crew(size: int, *, most_s: float | None = None, kinds: bool = False) -> Crew[str, str]:
    return Crew(
        work,
        size,
        lambda task: f"{task} given up",
        prepare,
        kind=(lambda task: task.split("-")[1]) if kinds else None,
        deadline=None if most_s is None else Deadline(most_s, lambda task: f"{task} late"),
    )


def test_a_task_that_kills_or_hangs_costs_itself_alone() -> None:
    chunks = [["a", "die-1", "b"], ["hang-1", "c", "hang-2"], ["d"], ["die-2"], ["e", "f"]]
    found = list(crew(2, most_s=1.0).results(iter(chunks)))
    assert found == [
        "a done",
        "die-1 given up",
        "b done",
        "hang-1 late",
        "c done",
        "hang-2 late",
        "d done",
        "die-2 given up",
        "e done",
        "f done",
    ]
    assert multiprocessing.active_children() == []


def test_results_are_in_order_whichever_worker_takes_which_kind() -> None:
    chunks = [[f"{number}-{number % 7 // 3}", f"{number}-x"] for number in range(60)]
    expected = [f"{task} done" for chunk in chunks for task in chunk]
    assert list(crew(3, kinds=True).results(iter(chunks))) == expected


@pytest.mark.parametrize(("kinds", "most"), [(False, 8), (True, 48)])
def test_the_input_is_taken_a_bounded_number_of_chunks_ahead(kinds: bool, most: int) -> None:
    taken = 0

    def endless() -> Iterator[list[str]]:
        nonlocal taken
        while True:
            taken += 1
            yield [f"{taken}-{taken // 1_000}"]

    results = crew(2, kinds=kinds).results(endless())
    for given in range(1, 101):
        assert next(results) == f"{given}-0 done"
        assert taken <= given + most
    results.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


def test_no_tasks_give_no_results() -> None:
    assert list(crew(2).results(iter([]))) == []
