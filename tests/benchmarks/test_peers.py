"""Episodes over another package's contents; the packages themselves where they are installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agentalign_env import load_tools
from agentalign_env.errors import UnknownNameError
from agentalign_env.services import SERVICES
from agentalign_env.services.mail.records import Mail
from benchmarks.fixtures import make
from benchmarks.measure import Settings
from benchmarks.peers.__main__ import main
from benchmarks.peers.mapped import Call, carry_out, fill_world, mapped_scenario, player
from benchmarks.peers.packages import PEERS, Peer, is_installed

ROOT = Path(__file__).parents[2]
TINY = Settings(repeats=1, rounds=1, block_us=1.0)
MAIL = Mail(
    "0" * 16, "inbox", "gmail", "mia@post.example", ("me@post.example",), (), (),
    "The kayak", "It lies at the pier.", (), False, "normal", "", 1_700_000_000,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", PEERS)
def test_a_peer_and_ours_carry_out_the_same_calls(name: str) -> None:
    peer = PEERS[name]
    if not is_installed(peer):
        pytest.skip(f"{peer.package} is not installed here; `make bench-peers` installs it apart")
    figures = list(peer.load().run(TINY))
    assert len({figure.what for figure in figures}) == len(figures)
    assert [figure.at_least for figure in figures if figure.goal is not None] == [True] * (
        3 if name == "AgentDojo" else 2
    )
    assert all(
        number > 0 for figure in figures for number in (figure.us, figure.cal, figure.value) if number is not None
    )


@pytest.mark.parametrize("name", PEERS)
def test_every_call_is_mapped_once_to_a_tool_that_exists(name: str) -> None:
    mapped = PEERS[name].load().MAPPED
    assert len({one.theirs for one in mapped}) == len(mapped)
    assert {one.ours for one in mapped} <= set(load_tools().names)


def test_the_versions_of_all_peers_are_pinned() -> None:
    lists = [(ROOT / "benchmarks/peers" / name).read_text() for name in ("requirements.txt", "requirements-alone.txt")]
    lines = [line for text in lists for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", line) for line in lines), lines
    assert {peer.package for peer in PEERS.values()} <= {line.partition("==")[0] for line in lines}


def test_a_missing_peer_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(PEERS, "BFCL", Peer("no-such-package", "no_such_package", lambda: None))
    with pytest.raises(SystemExit):
        main(["--only", "BFCL"])
    said = capsys.readouterr().err
    assert "no-such-package" in said
    assert "make bench-peers" in said


def test_a_filled_world_holds_the_given_mails_and_files_and_keeps_every_invariant() -> None:
    world = fill_world("filled", mails=[MAIL], files={"/home/drive/notes/a.txt": "tea", "/home/drive/empty": None})
    found, read, listed = carry_out(
        world,
        [
            Call("search_gmail", {"q": ""}),
            Call("file_operation", {"operation": "read", "path": "/home/drive/notes/a.txt"}),
            Call("list_files", {"path": "/home/drive"}),
        ],
    )
    assert [mail["message_id"] for mail in found.value["messages"]] == [MAIL.id]
    assert read.value["content"] == "tea"
    assert [entry["name"] for entry in listed.value["entries"]] == ["empty", "notes"]
    files = next(service for service in SERVICES if service.name == "files")
    assert [fault for invariant in files.invariants for fault in invariant(world)] == []


def test_a_mapped_scenario_pays_for_its_calls_and_for_nothing_less() -> None:
    world = fill_world("mapped", mails=[MAIL], files={"/home/drive/a.txt": "tea"})
    calls = [
        Call("search_gmail", {"q": "kayak"}),
        Call("file_operation", {"operation": "delete", "path": "/home/drive/a.txt"}),
    ]
    scenario = mapped_scenario("pier", "Find the mail about the kayak and delete a.txt.", world.base.key, calls)
    env = make("agentalign_env:AgentAlign/Chain-v0")
    player(env, [scenario])()
    env.reset(options={"scenario": scenario})
    assert env.step({"message": "Done."})[1] == 0.0


def test_a_call_that_is_refused_stops_the_mapping() -> None:
    world = fill_world("refusing", files={})
    with pytest.raises(RuntimeError, match="not_found"):
        mapped_scenario("gone", "Open it.", world.base.key, [Call("read_gmail", {"message_id": "none"})])
    with pytest.raises(UnknownNameError):
        mapped_scenario("nowhere", "Open it.", world.base.key._replace(size="no-such-size"), [])


def test_calls_that_show_and_change_nothing_are_no_episode() -> None:
    world = fill_world("showing-nothing", files={"/home/drive/empty": None})
    scenario = mapped_scenario("idle", "Look.", world.base.key, [Call("list_files", {"path": "/home/drive/empty"})])
    play = player(make("agentalign_env:AgentAlign/Chain-v0"), [scenario])
    with pytest.raises(RuntimeError, match=r"earn 1\.0"):
        play()
