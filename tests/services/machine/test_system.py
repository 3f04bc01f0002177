"""Processes, the network and other machines."""

from typing import Any

import pytest

from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.machine.processes.records import PROCESSES
from tests.services.machine.terminal import call, refusal, root, run, violations

WEB = "web-1.cloudberry-hosting.example"


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def pids(world: World) -> list[int]:
    return [row["pid"] for row in call(world, "process_management", operation="list")["processes"]]


def test_a_killed_process_is_gone_for_all(world: World) -> None:
    done = call(world, "process_management", operation="kill", name="syncthing")
    assert done["output"] == "signal 15 sent to 1302"
    assert run(world, "pgrep syncthing").status == 1
    assert run(world, "kill -9 1411").status == 0
    assert not {1302, 1411} & {*pids(world)}
    assert violations(world) == []


def test_what_a_process_had_started_stays_with_the_first(world: World) -> None:
    run(world, "kill 892")
    assert {row.parent for row in world.store.rows(PROCESSES) if row.pid in (901, 1240)} == {1}


def test_signals_stop_continue_and_ask(world: World) -> None:
    before = world.digest()
    assert run(world, "kill -0 1302").status == 0
    assert world.digest() == before
    run(world, "kill -STOP 1302")
    assert call(world, "process_management", operation="info", pid=1302)["processes"][0]["state"] == "stopped"
    call(world, "process_management", operation="kill", pid=1302, signal=18)
    assert world.digest() == before


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"operation": "kill"}, ("invalid_argument", "pid")),
        ({"operation": "kill", "pid": 99_999}, ("not_found", "pid")),
        ({"operation": "kill", "pid": 1}, ("permission_denied", "pid")),
        ({"operation": "kill", "name": "sshd"}, ("permission_denied", "name")),
        ({"operation": "info", "name": "nothing"}, ("not_found", "name")),
        ({"operation": "info", "pid": 1302, "name": "cron"}, ("not_found", "name")),
    ],
)
def test_a_process_that_is_not_there_or_not_ours_is_refused(
    world: World, arguments: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert refusal(world, "process_management", **arguments) == expected


def test_units_are_roots(world: World) -> None:
    assert run(world, "systemctl stop nginx").status == 1
    assert root(world, "systemctl stop nginx").status == 0
    assert run(world, "systemctl is-active nginx").out == "inactive\n"
    assert run(world, "curl localhost:80").status == 7
    assert root(world, "systemctl start nginx").status == 0
    assert "Answered by nginx." in run(world, "curl -s localhost").out
    assert violations(world) == []


def test_the_system_and_the_network_are_told(world: World) -> None:
    facts = call(world, "system_info")
    assert facts["hostname"] == run(world, "hostname").out.strip()
    assert facts["processes"] == len(pids(world))
    network = call(world, "network_info")
    assert network["gateway"] in run(world, "ip route").out
    assert network["known_hosts"][0]["host"] == WEB


def test_a_host_answers_a_ping_always_alike(world: World) -> None:
    first = call(world, "network_diagnostic", operation="ping", target=WEB, args={"count": 3})
    assert (first["sent"], first["received"], first["reachable"]) == (3, 3, True)
    assert call(world, "network_diagnostic", operation="ping", target=WEB, args={"count": 3}) == first
    assert f"/{first['average_ms']:.3f}/" in run(world, f"ping -c 3 {WEB}").out
    silent = call(world, "network_diagnostic", operation="ping", target="old-server.cloudberry-hosting.example")
    assert (silent["reachable"], silent["loss_percent"]) == (False, 100.0)
    assert run(world, "ping -c 1 old-server.cloudberry-hosting.example").status == 1


def test_names_that_nobody_has_do_not_resolve(world: World) -> None:
    assert refusal(world, "network_diagnostic", operation="nslookup", target="nobody.example") == (
        "not_found",
        "target",
    )
    assert "NXDOMAIN" in run(world, "nslookup nobody.example").out
    assert run(world, "curl https://nobody.example/").err == "curl: (6) Could not resolve host: nobody.example\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("curl 'http://[x'", "curl: (3) URL rejected: Malformed input to a URL function: http://[x\n"),
        ("wget 'http://[x'", "failed: URL rejected: Malformed input to a URL function: http://[x.\n"),
        ("ping -c \u0663 localhost", "ping: invalid argument: '\u0663': out of range: 1 <= value <= 1000\n"),
        ("killall -u nobody", ""),
        ("kill --5", "kill: --5: arguments must be process or job IDs\n"),
        ("kill 99999999999", "kill: 99999999999: arguments must be process or job IDs\n"),
        (f"ssh -p 2222222 {WEB}", "Bad port '2222222'\n"),
    ],
)
def test_numbers_and_addresses_that_are_none_are_refused(world: World, line: str, words: str) -> None:
    done = run(world, line)
    assert (done.status != 0, done.err) == (True, words)


def test_a_count_may_be_written_as_a_float(world: World) -> None:
    assert call(world, "network_diagnostic", operation="ping", target=WEB, args={"count": 3.0})["sent"] == 3


def test_every_site_of_the_web_has_an_address(world: World) -> None:
    for site in world.store.rows(world.base.table_by_name["sites"]):
        assert call(world, "network_diagnostic", operation="nslookup", target=site[0])["host"] == site[0]


def test_curl_reads_pages_follows_and_posts(world: World) -> None:
    page = next(world.store.rows(world.base.table_by_name["pages"]))
    url = page[0]
    assert page[3].split()[0] in run(world, f"curl -s {url}").out
    plain = url.replace("https:", "http:")
    assert run(world, f"curl -sL -o /dev/null -w '%{{http_code}} %{{num_redirects}}' {plain}").out == "200 1"
    assert run(world, f"curl -sf {url}-missing").status == 22
    assert '"status":"created"' in run(world, f"curl -s -d a=1 {url}").out
    assert run(world, f"wget -q -O page.html {url}").status == 0
    assert call(world, "file_operation", operation="read", path="page.html")["content"].startswith("<!DOCTYPE html>")


def test_a_session_runs_commands_over_there(world: World) -> None:
    done = call(
        world, "ssh_operation", operation="execute", host=WEB, username="deploy", args={"command": "hostname; ls"}
    )
    assert (done["output"], done["exit_status"]) == ("web-1\nREADME\ndeploy.log\n", 0)
    assert done["request"] == f"ssh deploy@{WEB} hostname; ls"
    assert run(world, f"ssh deploy@{WEB} 'cat deploy.log'").out.startswith("copied index.html\n")
    assert run(world, f"ssh deploy@{WEB} reboot").status == 127


def test_files_are_copied_there_and_back(world: World) -> None:
    home = world.background.home
    sent = call(
        world, "ssh_operation", operation="scp_upload", host=WEB, username="deploy",
        args={"local_path": "~/projects/club-site/style.css", "remote_path": "/var/www/club"},
    )  # fmt: skip
    assert sent["remote_path"] == "/var/www/club/style.css"
    assert run(world, f"scp deploy@{WEB}:/var/www/club/style.css back.css").status == 0
    assert (
        world.files.read(f"{home}/back.css").content == world.files.read(f"{home}/projects/club-site/style.css").content
    )
    assert violations(world) == []


@pytest.mark.parametrize(
    ("host", "username", "operation", "args", "expected"),
    [
        ("nobody.example", "deploy", "connect", {}, ("not_found", "host")),
        ("old-server.cloudberry-hosting.example", "deploy", "connect", {}, ("invalid_state", "host")),
        ("printer.home.test", "deploy", "connect", {}, ("invalid_state", "host")),
        (WEB, "admin", "connect", {}, ("permission_denied", "username")),
        (WEB, "deploy", "connect", {"port": 2222}, ("invalid_state", "args.port")),
        (WEB, "deploy", "connect", {"key_file": "~/.bashrc"}, ("permission_denied", "args.key_file")),
        (WEB, "deploy", "connect", {"key_file": "~/nothing"}, ("not_found", "args.key_file")),
        (WEB, "deploy", "execute", {}, ("invalid_argument", "args.command")),
        (WEB, "deploy", "scp_upload", {}, ("invalid_argument", "args.local_path")),
        (WEB, "deploy", "scp_upload", {"local_path": "nothing"}, ("not_found", "args.local_path")),
        (
            WEB,
            "deploy",
            "scp_upload",
            {"local_path": ".bashrc", "remote_path": "/etc/x"},
            ("permission_denied", "args.remote_path"),
        ),
        (WEB, "deploy", "scp_download", {"remote_path": "nothing"}, ("not_found", "args.remote_path")),
    ],
)
def test_a_machine_lets_nobody_else_in(
    world: World, host: str, username: str, operation: str, args: dict[str, Any], expected: tuple[str, str]
) -> None:
    given = {"args": args} if args else {}
    assert refusal(world, "ssh_operation", operation=operation, host=host, username=username, **given) == expected


def test_without_the_key_there_is_no_way_in(world: World) -> None:
    call(world, "file_operation", operation="delete", path="~/.ssh/id_ed25519")
    assert refusal(world, "ssh_operation", operation="connect", host=WEB, username="deploy") == (
        "not_found",
        "args.key_file",
    )
