"""The command line as a process: exit codes, streams, interrupts, pipes and full disks."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentalign_env.recording.files import read_trajectories

COMMAND = [sys.executable, "-W", "error", "-c", "from agentalign_env.cli import main; main()"]
FULL = Path("/dev/full")
NO_FILE = (
    "error: none.jsonl: file: expected a readable file, found: No such file or directory. "
    "Check the path and its permissions.\n"
)


def run(*arguments: object, **options: object) -> "subprocess.CompletedProcess[str]":
    command = [*COMMAND, *map(str, arguments)]
    settings: dict[str, object] = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        "timeout": 60,
        **options,
    }
    return subprocess.run(command, check=False, **settings)  # type: ignore[call-overload,no-any-return]


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert run("--version").stdout == f"agentalign-env {version('agentalign-env')}\n"


def test_help_loads_no_heavy_library() -> None:
    probe = (
        "import sys\nfrom agentalign_env.cli import app\n"
        "app(['tools', '--help'], standalone_mode=False)\n"
        "print(sorted({'agentalign_env.toolkit', 'agentalign_env.core', 'faker'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tools", "send_gmial"), "error: no tool is named 'send_gmial'. Did you mean 'send_gmail'?\n"),
        (("replay", "none.jsonl"), NO_FILE),
        (("rollout", "--agent", "orakle", "--out", "."), "error: no agent is named 'orakle'. Did you mean 'oracle'?\n"),
        (("show", "none"), None),
        (("verify", "--seeds", "0", "--world", "tiny"), None),
        (("verify", "--seeds", "a"), None),
        (("verify", "--seeds", ""), None),
        (("verify", "--seeds", "0,-1"), None),
        (("verify", "--seeds", str(2**63)), None),
        (("show", "phishing-1", "--seed", "-1"), None),
        (("show", "phishing-1", "--seed", str(2**63)), None),
        (("rollout", "--seed", "-1", "--out", "."), None),
        (("tools", "send_gmail", "--capability", "Communication.send_email"), None),
        (("tools", "--capability", "none"), None),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_message_and_exit_code_two(
    arguments: tuple[str, ...], message: str | None, tmp_path: Path
) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
    assert "Traceback" not in done.stderr
    if message is not None:
        assert done.stderr == message


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("broken\nbroken\n")
    done = run("replay", path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {path}: line 1, JSON: ")


def test_a_file_without_trajectories_has_nothing_to_replay(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.touch()
    done = run("replay", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {path}: file: expected at least one trajectory, found none.")


def test_a_cut_list_of_names_says_how_many_more_there_are() -> None:
    complaint = run("chains", "zzzzzz").stderr
    assert re.search(r" Known: .* and \d+ more\.\n$", complaint)


def test_a_half_written_line_is_a_warning(tmp_path: Path) -> None:
    run("rollout", "--n", 1, "--out", tmp_path)
    path = tmp_path / "oracle.jsonl"
    with path.open("ab") as file:
        file.write(b'{"schema')
    done = run("replay", path)
    assert done.returncode == 0
    assert done.stderr == f"warning: {path}: line 2 is half-written, as an interrupted run leaves it: it was skipped\n"


def test_a_closed_pipe_ends_the_process_quietly() -> None:
    for arguments in (("tools",), ("tools", "--json"), ("chains",)):
        reading, writing = os.pipe()
        os.close(reading)
        done = run(*arguments, stdout=writing)
        os.close(writing)
        assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("tools",), ("tools", "--json")])
def test_a_full_disk_is_one_clear_message(arguments: tuple[str, ...]) -> None:
    with FULL.open("w") as full:
        done = run(*arguments, stdout=full)
    assert done.returncode == 2
    assert done.stderr == "error: No space left on device. Check the path, its permissions and the space on the disk.\n"


def test_trajectories_that_do_not_fit_are_one_clear_message_and_the_others_stay_whole(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    limit = 50_000
    done = run(
        *("rollout", "--n", 1000, "--out", tmp_path),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "File too large. Check the path, its permissions and the space on the disk." in done.stderr
    assert "Traceback" not in done.stderr
    kept = list(read_trajectories(tmp_path / "oracle.jsonl"))
    assert len(kept) > 1
    assert f"{len(kept)} of 1000 trajectories are in" in done.stdout


def test_a_file_that_cannot_be_made_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "oracle.jsonl.part").mkdir()
    done = run("demo", "--episodes", 1, "--out", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {tmp_path}")
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_made_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("rollout", "--n", 1, "--out", tmp_path / "file")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_without_a_terminal_there_are_no_colours_and_no_progress() -> None:
    done = run("chains")
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == ""


def test_a_terminal_that_cannot_show_a_character_gets_a_question_mark() -> None:
    done = run("chains", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
def test_an_interrupt_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "oracle.jsonl"
    command = [*COMMAND, "rollout", "--n", "1000000", "--out", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while (not path.exists() or path.stat().st_size < 20_000) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    printed, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (130, "interrupted\n")
    kept = list(read_trajectories(path))
    assert len(kept) > 1
    assert f"{len(kept)} of 1000000 trajectories are in" in printed
