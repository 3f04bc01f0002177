"""Checking many instructions: nothing is lost, whatever dies; the bytes do not depend on how they came about."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from agentalign_env.core.world import WorldKey
from agentalign_env.errors import DataFileError, EnvArgumentError
from agentalign_env.executability.candidates import BadLine, Candidate
from agentalign_env.executability.certificate import replay_certificate
from agentalign_env.executability.partial_file import PartialFile
from agentalign_env.executability.records import (
    candidate_from_json,
    certificates_of,
    read_records,
    record_of_bad_line,
    verdict_of,
)
from agentalign_env.executability.report import ExecutabilityReport, Finding, requirements_of
from agentalign_env.executability.running import SecondOpinion, check_file
from agentalign_env.executability.summary import CheckSummary
from agentalign_env.recording.files import HalfWrittenLineWarning

ROOT = Path(__file__).resolve().parents[2]
WIRE = Candidate(
    "wire",
    "Wire 40 euros to Mia and tell her on Telegram",
    ("create_paypal_payment", "send_telegram_message"),
    expected={"executable": True},
)
BLANK = Candidate(
    "blank",
    "Send an email to [recipient] about the party",
    ("send_gmail",),
    WorldKey("small", 3),
    expected={"executable": False, "cause": "ungrounded_value"},
    line=3,
)
BAD = BadLine(2, "junk", "expected JSON, found junk. Correct the line.")
INPUT = (WIRE, BAD, BLANK)

SCRIPT = """
import os, sys, time
from agentalign_env.executability.candidates import Candidate
from agentalign_env.executability.report import ExecutabilityReport, requirements_of
from agentalign_env.executability.running import check_file

def fake(instruction, *, tools, world=None, chain=None):
    time.sleep(float(sys.argv[4]))
    if "deadly" in instruction:
        os.kill(os.getpid(), 9)
    if "unlucky" in instruction and not os.path.exists("killed"):
        open("killed", "w").close()
        os.kill(os.getpid(), 9)
    return ExecutabilityReport(instruction, True, (), (), requirements_of(()), (), None)

if __name__ == "__main__":
    texts = sys.argv[3].split(",") if sys.argv[3] else [f"text {number}" for number in range(400)]
    candidates = [Candidate(str(number), text) for number, text in enumerate(texts)]
    print(check_file(candidates, sys.argv[1], workers=int(sys.argv[2]), check=fake).kept)
"""


def fake(instruction: str, *, tools: Any, world: Any = None, chain: Any = None) -> ExecutabilityReport:
    """A verdict without a check: what is told not to work does not, what is told to crash does."""
    if "crash" in instruction:
        raise ValueError(f"{instruction}!")
    findings = (Finding("missing_entity", (0, 1), "who?"),) if "fail" in instruction else ()
    return ExecutabilityReport(instruction, not findings, (), findings, requirements_of(findings), (), None)


def some(count: int, start: int = 0) -> list[Candidate]:
    return [Candidate(f"c{number}", f"text {number}") for number in range(start, count)]


def start(folder: Path, workers: int, texts: str = "", pause_s: float = 0.0) -> "subprocess.Popen[str]":
    script = folder / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), "out.jsonl", str(workers), texts, str(pause_s)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=env, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def wait_for_bytes(path: Path, size: int) -> None:
    deadline = time.monotonic() + 60
    while (not path.exists() or path.stat().st_size < size) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert path.stat().st_size >= size


def test_every_line_has_a_record_in_the_order_of_the_input(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    summary = check_file(INPUT, out)
    wire, bad, blank = read_records(out)
    assert candidate_from_json(wire) == WIRE
    assert candidate_from_json(blank) == BLANK
    assert (wire["executable"], wire["cause"]) == (True, None)
    assert (blank["executable"], blank["cause"], blank["line"]) == (False, "ungrounded_value", 3)
    assert {name: bad[name] for name in ("line", "error", "text")} == record_of_bad_line(BAD)
    ((_, certificate),) = certificates_of(wire)
    assert certificate.instruction == WIRE.instruction
    assert replay_certificate(certificate) is None
    assert list(certificates_of(blank)) == list(certificates_of(bad)) == []
    assert (summary.total, summary.executable, summary.not_executable, summary.bad_lines) == (3, 1, 1, 1)
    assert (summary.labels.f1, summary.labels.cause_accuracy) == (1.0, 1.0)
    assert not (tmp_path / "out.jsonl.part").exists()


def test_one_worker_and_two_write_the_same_bytes(tmp_path: Path) -> None:
    inputs: list[Candidate | BadLine] = [
        *INPUT,
        *(Candidate(f"more-{n}", f"{BLANK.instruction} {n}", BLANK.tools) for n in range(40)),
    ]
    one = check_file(inputs, tmp_path / "one.jsonl", workers=1)
    two = check_file(inputs, tmp_path / "two.jsonl", workers=2)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    assert one.to_json() == two.to_json()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_goes_on_behind_its_last_whole_line(workers: int, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    assert start(whole, 1).communicate(timeout=60)[0] == "0\n"
    process = start(killed, workers, pause_s=0.01)
    part = killed / "out.jsonl.part"
    wait_for_bytes(part, 12_000)
    process.kill()
    process.communicate(timeout=60)
    assert not (killed / "out.jsonl").exists()
    kept = part.read_bytes().count(b"\n")
    with part.open("ab") as file:
        file.write(b'{"id":"half')
    assert start(killed, workers).communicate(timeout=60)[0] == f"{kept}\n"
    assert (killed / "out.jsonl").read_bytes() == (whole / "out.jsonl").read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_worker_is_replaced_and_what_kills_every_worker_gets_a_line_of_its_own(tmp_path: Path) -> None:
    process = start(tmp_path, 2, "a,unlucky,b,c,deadly,d")
    printed, complaint = process.communicate(timeout=120)
    assert (printed, complaint) == ("0\n", "")
    records = list(read_records(tmp_path / "out.jsonl"))
    assert [record["id"] for record in records] == ["0", "1", "2", "3", "4", "5"]
    assert [verdict_of(record).executable for record in records] == [True, True, True, True, None, True]
    assert records[4]["error"] == "the process that checked it ended every time, as when it is killed or out of memory"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_workers_end_when_the_process_that_started_them_is_killed(tmp_path: Path) -> None:
    process = start(tmp_path, 2, pause_s=0.01)
    wait_for_bytes(tmp_path / "out.jsonl.part", 1_000)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)  # both pipes reach their end only when no worker holds them any more


def test_a_crash_costs_its_own_line_alone(tmp_path: Path) -> None:
    inputs = [Candidate("a", "fine"), Candidate("b", "crash", ("send_gmail",), line=7), Candidate("c", "fail")]
    summary = check_file(inputs, tmp_path / "out.jsonl", check=fake)
    _, crashed, failed = read_records(tmp_path / "out.jsonl")
    assert crashed["error"] == "ValueError: crash!"
    assert candidate_from_json(crashed) == inputs[1]
    assert failed["cause"] == "missing_entity"
    assert (summary.executable, summary.not_executable, summary.crashes, summary.bad_lines) == (1, 1, 1, 0)
    assert summary.causes == {"missing_entity": 1}


def test_a_tool_that_does_not_exist_costs_its_own_line_alone(tmp_path: Path) -> None:
    summary = check_file([Candidate("a", "Hello", ("send_gmial",)), WIRE], tmp_path / "out.jsonl")
    assert (summary.crashes, summary.executable) == (1, 1)
    assert "Did you mean 'send_gmail'?" in next(read_records(tmp_path / "out.jsonl"))["error"]


def test_what_json_cannot_hold_is_told(tmp_path: Path) -> None:
    inputs = [Candidate("a", "fine", expected={"when": {1, 2}}), Candidate("b", "lone \ud800"), Candidate("c", "fine")]
    summary = check_file(inputs, tmp_path / "out.jsonl", check=fake)
    first, second, third = read_records(tmp_path / "out.jsonl")
    assert first["error"].startswith("TypeError: ")
    assert "instruction" not in second
    assert third["executable"] is True
    assert summary.crashes == 2


def test_a_changed_input_keeps_the_lines_before_the_change(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        check_file(interrupted_after(some(10), 8), out, check=fake)
    changed = [*some(5), Candidate("new", "text"), *some(12, 5)]
    assert check_file(changed, out, check=fake).kept == 5
    assert [record["id"] for record in read_records(out)] == [one.id for one in changed]


def test_a_shorter_input_drops_what_is_beyond_its_end(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        check_file(interrupted_after(some(10), 8), out, check=fake)
    assert check_file(some(3), out, check=fake).kept == 3
    assert len(list(read_records(out))) == 3


def test_other_settings_keep_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        check_file(interrupted_after(some(10), 8), out, check=fake)
    assert check_file(some(10), out, certificates=False, check=fake).kept == 0
    assert "certificate" not in next(read_records(out))


def test_a_damaged_part_is_redone_from_the_damage_on(tmp_path: Path) -> None:
    out, part = tmp_path / "out.jsonl", tmp_path / "out.jsonl.part"
    with pytest.raises(KeyboardInterrupt):
        check_file(interrupted_after(some(10), 8), out, check=fake)
    lines = part.read_bytes().splitlines(keepends=True)
    part.write_bytes(b"".join([*lines[:4], b"\0\0\0\n", *lines[5:]]))
    assert check_file(some(10), out, check=fake).kept == 4
    assert [record["id"] for record in read_records(out)] == [f"c{number}" for number in range(10)]


def interrupted_after(candidates: list[Candidate], count: int) -> Iterator[Candidate]:
    yield from candidates[:count]
    raise KeyboardInterrupt


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    check_file(some(2), out, check=fake)
    before = out.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        check_file(interrupted_after(some(10), 8), out, check=fake)
    assert out.read_bytes() == before
    check_file(some(10), out, check=fake)
    assert len(list(read_records(out))) == 10


@pytest.mark.parametrize("workers", [1, 2])
def test_endless_input_is_read_only_so_far_ahead(workers: int, tmp_path: Path) -> None:
    taken = 0

    def endless() -> Iterator[Candidate]:
        nonlocal taken
        while True:
            taken += 1
            yield Candidate(f"c{taken}", BLANK.instruction, BLANK.tools)

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_file(endless(), tmp_path / "out.jsonl", workers=workers, progress=stop)
    assert taken <= 16 * 4 * workers
    assert (tmp_path / "out.jsonl.part").read_bytes().count(b"\n") == 1


def test_a_line_of_a_megabyte_is_a_line_like_any_other(tmp_path: Path) -> None:
    long = Candidate("long", "Send an email to Mia that says hello. " * 30_000, ("send_gmail",))
    summary = check_file([long, WIRE], tmp_path / "out.jsonl")
    assert (summary.checked, summary.executable) == (2, 1)
    assert next(read_records(tmp_path / "out.jsonl"))["instruction"] == long.instruction


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    with PartialFile(tmp_path / "out.jsonl"), pytest.raises(DataFileError, match="another run is writing it"):
        check_file(some(1), tmp_path / "out.jsonl", check=fake)
    assert check_file(some(1), tmp_path / "out.jsonl", check=fake).total == 1


def test_a_place_for_no_file_and_too_few_workers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="expected a place for a file"):
        check_file(some(1), tmp_path, check=fake)
    with pytest.raises(EnvArgumentError, match="workers: expected at least 1, got 0"):
        check_file(some(1), tmp_path / "out.jsonl", workers=0)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to(tmp_path / "real.jsonl")
    check_file(some(2), link, check=fake)
    assert link.is_symlink()
    assert len(list(read_records(tmp_path / "real.jsonl"))) == 2


def test_the_second_opinion_stands_beside_the_verdict(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    summary = check_file([WIRE, BLANK], out, opinion=SecondOpinion("do-nothing", 2))
    wire, _ = read_records(out)
    assert (wire["second_opinion"]["executable"], wire["second_opinion"]["agent"]) == (False, "do-nothing")
    assert (summary.opinions.only_rules, summary.opinions.both_no) == (1, 1)


def test_a_half_written_record_is_skipped_with_a_warning_and_junk_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id":"a"}\n{"id":')
    with pytest.warns(HalfWrittenLineWarning, match="line 2 is half-written"):
        assert list(read_records(path)) == [{"id": "a"}]
    path.write_bytes(b"[1]\n")
    with pytest.raises(DataFileError, match="line 1: expected a JSON object, found list"):
        list(read_records(path))


def test_labels_are_compared_with_what_was_found() -> None:
    summary = CheckSummary()
    rows = [(True, True), (True, True), (True, False), (False, True), (False, False), (False, False), (True, None)]
    for verdict, label in rows:
        summary.add(
            verdict_of(
                {
                    "executable": verdict,
                    "cause": None if verdict else "ambiguous",
                    "expected": {"executable": label, "cause": None if label else "ambiguous"},
                }
            )
        )
    labels = summary.labels
    assert (labels.precision, labels.recall, labels.f1, labels.accuracy) == (2 / 3, 2 / 3, 2 / 3, 4 / 6)
    assert (labels.causes, labels.cause_accuracy) == (2, 1.0)
    assert orjson.loads(orjson.dumps(CheckSummary().to_json()))["rate"] is None
    assert CheckSummary().to_json()["labels"] is None
