"""``agentalign check`` and the replay of its certificates: what they print, what they write, how they exit."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from agentalign_env.cli import app
from agentalign_env.cli.findings import excerpt
from agentalign_env.executability.records import read_records
from agentalign_env.toolkit.catalogue import load_tools

COMMAND = [sys.executable, "-W", "error", "-c", "from agentalign_env.cli import main; main()"]
WIRE = "Wire 40 euros to Mia and tell her on Telegram"
WIRE_TOOLS = "create_paypal_payment,send_telegram_message"
BLANK = "Send an email to [recipient] about the party"
ROWS: tuple[Mapping[str, Any], ...] = (
    {"id": "wire", "instruction": WIRE, "tools": WIRE_TOOLS, "executable": True},
    {
        "id": "blank",
        "instruction": BLANK,
        "tools": ["send_gmail"],
        "executable": False,
        "cause": "ungrounded_value",
    },
)


def lines_of(*rows: Mapping[str, Any]) -> str:
    return "".join(f"{orjson.dumps(row).decode()}\n" for row in rows)


def run(*arguments: object, code: int = 0, columns: int | None = None, stdin: str | bytes | None = None) -> Result:
    env = {"COLUMNS": None if columns is None else str(columns)}
    command = [str(argument) for argument in arguments]
    result = CliRunner().invoke(app, command, env=env, input=stdin, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def start(*arguments: object, **options: Any) -> "subprocess.Popen[str]":
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text(lines_of(*ROWS))
    return path


def test_a_file_is_checked_into_a_file_beside_it(given: Path) -> None:
    printed = run("check", given).output
    out = given.with_name("in.checked.jsonl")
    assert [(one["id"], one["executable"], one["cause"]) for one in read_records(out)] == [
        ("wire", True, None),
        ("blank", False, "ungrounded_value"),
    ]
    at = BLANK.index("[recipient]")
    assert f"    {BLANK}\n    {' ' * at}{'^' * len('[recipient]')}\n" in printed
    assert "executable 1 50 %" in " ".join(printed.split())
    assert "against 2 labels: precision 1.00, recall 1.00, F1 1.00, cause 1.00" in printed
    assert f"2 lines are in {out}" in printed


def test_the_summary_can_be_json_and_proofs_can_be_left_out(given: Path, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere" / "a.jsonl"
    printed = orjson.loads(run("check", given, "--out", out, "--json", "--no-certificates", "--limit", 1).output)
    assert (printed["total"], printed["executable"], printed["causes"], printed["out"]) == (1, 1, {}, str(out))
    assert printed["rate"] > 0
    assert [("certificate" in record) for record in read_records(out)] == [False]


def test_standard_input_is_read_also_where_it_is_not_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = lines_of(*ROWS).encode()
    printed = run("check", "-", stdin=rows[: rows.index(b"\n") + 1] + b"\xff\xfe bad\n" + rows, code=1).output
    records = list(read_records(tmp_path / "stdin.checked.jsonl"))
    assert len(records) == 4
    assert records[1]["line"] == 2
    assert "UTF-8" in records[1]["error"]
    assert "unreadable lines" in printed
    process = start("check", "-", "--json", cwd=tmp_path, stdin=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})
    printed, complaint = process.communicate(lines_of(*ROWS), timeout=60)
    assert (process.returncode, complaint, orjson.loads(printed)["total"]) == (0, "", 2)


def test_lines_that_cannot_be_read_or_checked_are_kept_and_fail(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(f"{lines_of(*ROWS)}junk\n{lines_of({'id': 'x', 'instruction': WIRE, 'tools': ['send_gmial']})}")
    printed = run("check", path, code=1).output
    assert "unreadable lines 1 25 % failed checks 1 25 % all 4 100 %" in " ".join(printed.split())
    assert "UnknownNameError: no tool is named 'send_gmial'. Did you mean 'send_gmail'?" in printed
    assert len(list(read_records(tmp_path / "in.checked.jsonl"))) == 4


def test_what_cannot_be_done_fails_only_when_that_is_asked_for(given: Path) -> None:
    run("check", given)
    run("check", given, "--strict", code=1)
    run("check", given, "--strict", "--limit", 1)
    run("check", "--text", BLANK, "--tools", "send_gmail")
    run("check", "--text", BLANK, "--tools", "send_gmail", "--strict", code=1)


def test_the_command_line_takes_the_place_of_what_the_lines_say(given: Path, tmp_path: Path) -> None:
    schemas = tmp_path / "tools.json"
    schemas.write_bytes(orjson.dumps([load_tools()["send_telegram_message"].openai_schema()]))
    steps = "Payments.create_payment,Communication.send_instant_message"
    options = ("--tools", "create_paypal_payment", "--tools-file", schemas, "--world", "small:3", "--chain", steps)
    run("check", given, *options, "--limit", 1)
    (record,) = read_records(given.with_name("in.checked.jsonl"))
    assert record["world"] == {"size": "small", "seed": 3}
    assert record["chain"] == steps.split(",")
    assert record["tools"][0] == "create_paypal_payment"
    assert record["tools"][1]["function"]["name"] == "send_telegram_message"
    run("check", given, "--chain", "phishing-1", "--world", "medium", "--limit", 1)
    (record,) = read_records(given.with_name("in.checked.jsonl"))
    assert record["world"] == {"size": "medium", "seed": 0}
    assert record["chain"]


def test_a_schema_that_cannot_be_used_is_a_warning(tmp_path: Path) -> None:
    schemas = tmp_path / "tools.json"
    schemas.write_bytes(orjson.dumps({"tools": [{"name": "water_plants", "parameters": {}}, "send_gmail"]}))
    done = run("check", "--text", BLANK, "--tools-file", schemas)
    assert f"warning: {schemas}: water_plants cannot be used: " in done.stderr


def test_one_text_is_told_with_its_plan_and_the_sources_of_its_values() -> None:
    printed = run("check", "--text", WIRE, "--tools", WIRE_TOOLS).output
    assert printed.startswith("executable\n")
    assert "1. create_paypal_payment" in printed
    assert "amount: 40 (stated: '40 euros')" in printed
    assert "2. send_telegram_message" in printed
    parsed = orjson.loads(run("check", "--text", WIRE, "--tools", WIRE_TOOLS, "--json").output)
    assert (parsed["executable"], parsed["certificate"]["instruction"]) == (True, WIRE)


def test_a_text_that_cannot_be_carried_out_is_told_with_the_place_that_is_at_fault() -> None:
    printed = run("check", "--text", BLANK, "--tools", "send_gmail").output
    assert printed.startswith("not executable: ungrounded_value\n")
    assert f"{' ' * (4 + BLANK.index('['))}^^^^^^^^^^^\n" in printed


def test_an_agent_is_asked_too(given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_agents.py").write_text(
        "from agentalign_env.agents import ScriptedAgent\n"
        "class Silent(ScriptedAgent):\n    def __init__(self):\n        super().__init__([], 'silent')\n"
    )
    process = start("check", given, "--agent", "own_agents:Silent", "--tries", 1, "--workers", 2, cwd=tmp_path)
    printed, complaint = process.communicate(timeout=120)
    assert (process.returncode, complaint) == (0, "")
    assert "against 2 second opinions: same verdict 50 %, kappa 0.00" in printed
    printed = run("check", "--text", WIRE, "--tools", WIRE_TOOLS, "--agent", "do-nothing", "--tries", 2).output
    assert "do-nothing, in 2 tries\nnot executable: missing_capability" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "expected a FILE or --text"),
        (("in.jsonl", "--text", "Hello"), "expected a FILE or --text"),
        (("none.jsonl",), "none.jsonl: file: expected a readable file"),
        (("in.jsonl", "--out", "in.jsonl"), "expected another file than FILE"),
        (("in.jsonl", "--out", "."), "expected a place for a file"),
        (("--text", "Hello", "--out", "a.jsonl"), "expected a FILE with it"),
        (("in.jsonl", "--tools", "send_gmial"), "Did you mean 'send_gmail'?"),
        (("in.jsonl", "--tools", ","), "expected at least one tool, found none"),
        (("in.jsonl", "--tools-file", "none.json"), "none.json: file: expected a readable file"),
        (("in.jsonl", "--tools-file", "in.jsonl"), "Make it a JSON list of tool schemas."),
        (("in.jsonl", "--world", "tiny:1"), "no world size is named 'tiny'"),
        (("in.jsonl", "--world", "small:x"), "such as small:7"),
        (("in.jsonl", "--world", "small:-1"), "such as small:7"),
        (("in.jsonl", "--chain", "phising-1"), "Did you mean 'phishing-1'?"),
        (("in.jsonl", "--chain", "Payments.steal"), "no capability is named 'Payments.steal'"),
        (("in.jsonl", "--agent", "oracle"), "It carries out a scenario's plan, and here there is none."),
        (("in.jsonl", "--agent", "orakle"), "expected random, do-nothing, refusing, or module:Class"),
        (("in.jsonl", "--workers", "0"), "Invalid value for '--workers'"),
        (("in.jsonl", "--format", "xml"), "Invalid value for '--format'"),
        (("empty.jsonl",), "expected at least one instruction, found none"),
    ],
)
def test_a_mistake_is_one_clear_message_and_exit_code_two(
    arguments: tuple[str, ...], message: str, given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(given.parent)
    (given.parent / "empty.jsonl").touch()
    complaint = " ".join(run("check", *arguments, code=2, columns=400).stderr.split())
    assert message in complaint
    assert not list(given.parent.glob("*.part"))


def test_everything_fits_into_forty_columns(given: Path) -> None:
    for arguments in ((given,), ("--text", WIRE, "--tools", WIRE_TOOLS), ("--text", BLANK, "--tools", "send_gmail")):
        printed = run("check", *arguments, columns=40).output
        assert max(len(line) for line in printed.splitlines()) <= 40
        assert "^^^" in printed or "plan" in printed


@pytest.mark.parametrize(
    ("text", "span", "line", "marks"),
    [
        ("pay Mia now", (4, 7), "pay Mia now", "    ^^^"),
        ("pay Mia now", (11, 11), "pay Mia now", "           ^"),
        ("a\nb\x1b[31mc", (0, 3), "a b [31mc", "^^^"),
        ("x" * 50 + "HERE" + "y" * 50, (50, 54), "…xxxxxxxHEREyyyyyyy…", "        ^^^^"),
        ("x" * 100, (0, 100), "x" * 18 + "…", "^" * 18),
        ("日本 café", (3, 7), "日本 café", "     ^^^^"),
        ("short", (3, 99), "short", "   ^^"),
    ],
)
def test_marks_stand_below_what_they_mark(text: str, span: tuple[int, int], line: str, marks: str) -> None:
    assert excerpt(text, *span, 20) == (line, marks)


def test_certificates_are_carried_out_again_in_another_process(given: Path) -> None:
    run("check", given)
    out = given.with_name("in.checked.jsonl")
    process = start("replay", out)
    assert process.communicate(timeout=60) == (
        "ok wire\n1 certificates, 0 failed, 1 lines with nothing to replay\n",
        "",
    )
    assert process.returncode == 0


def test_a_changed_certificate_differs_and_others_are_still_replayed(given: Path) -> None:
    run("check", given)
    out = given.with_name("in.checked.jsonl")
    wire, blank = read_records(out)
    bare = wire["certificate"]
    forged = {**bare, "digest_after": "0" * 32}
    elsewhere = {**bare, "certificate": 99}
    rows = [blank, {**wire, "certificate": forged}, {**wire, "id": "z", "certificate": elsewhere}, bare]
    rows.append({**wire, "id": "y", "instruction": "Wire 40,000 euros to Mia"})
    out.write_text(lines_of(*rows))
    printed = run("replay", out, code=1).output
    assert "DIFFERS wire\n  certificate, hash: recorded " in printed
    assert "FAILED z\n  certificate: expected version 1, found 99\n" in printed
    assert f"ok {bare['hash'][:16]}\n" in printed
    assert "DIFFERS y\n  certificate, instruction: recorded 'Wire 40,000 euros to Mia', replayed 'Wire 40" in printed
    assert printed.endswith("4 certificates, 3 failed, 1 lines with nothing to replay\n")


def test_trajectories_and_certificates_may_lie_in_one_folder(given: Path, tmp_path: Path) -> None:
    run("check", given, "--out", tmp_path / "runs" / "a.jsonl")
    run("rollout", "--n", 1, "--out", tmp_path / "runs")
    printed = run("replay", tmp_path / "runs").output
    assert "1 trajectories, 0 failed, 0 without a check of the reward\n" in printed
    assert printed.endswith("1 certificates, 1 lines with nothing to replay\n")


def test_what_agents_did_can_be_checked_again(tmp_path: Path) -> None:
    run("rollout", "--n", 2, "--out", tmp_path)
    parsed = orjson.loads(run("check", tmp_path / "oracle.jsonl", "--json").output)
    assert (parsed["total"], parsed["bad_lines"], parsed["crashes"]) == (2, 0, 0)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_run_says_how_to_go_on_and_does(workers: int, tmp_path: Path) -> None:
    path, part = tmp_path / "in.txt", tmp_path / "in.checked.jsonl.part"
    path.write_text("".join(f"Email the plan number {number} to [somebody]\n" for number in range(2_000)))
    arguments = ("check", path, "--tools", "send_gmail", "--workers", workers)
    process = start(*arguments, start_new_session=True)
    deadline = time.monotonic() + 60
    while (not part.exists() or part.stat().st_size < 20_000) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: the workers hear it too
    printed, complaint = process.communicate(timeout=60)
    kept = part.read_bytes().count(b"\n")
    assert (process.returncode, printed) == (130, "")
    assert complaint == f"{kept} lines are in {part}; run the same command again to go on behind them\ninterrupted\n"
    summary = orjson.loads(run(*arguments, "--json").output)
    assert (summary["total"], summary["kept"]) == (2_000, kept)


def test_a_full_disk_is_one_clear_message_and_what_is_written_stays(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path, part = tmp_path / "in.txt", tmp_path / "in.checked.jsonl.part"
    path.write_text(f"{BLANK}\n" * 40)
    limit = 10_000
    process = start(
        *("check", path, "--tools", "send_gmail"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    _, complaint = process.communicate(timeout=60)
    kept = list(read_records(part))
    assert process.returncode == 2
    assert f"{len(kept)} lines are in {part}; run the same command again" in complaint
    assert f"error: {part}: File too large. Check the path, its permissions and the space on the disk." in complaint
    assert "Traceback" not in complaint
    assert 1 < len(kept) < 40
    assert orjson.loads(run("check", path, "--tools", "send_gmail", "--json").output)["kept"] == len(kept)
