"""The commands of the sandbox: image, self-test, sweep; and what they say where no engine answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from docker import APIClient
from docker.errors import ImageNotFound
from typer.testing import CliRunner, Result

from agentalign_env.backends.docker import promises
from agentalign_env.backends.docker.engine import disconnect
from agentalign_env.backends.docker.images import BUSYBOX
from agentalign_env.backends.docker.ownership import owner_label
from agentalign_env.cli import app
from tests.backends.docker.engines import engine, image, unavailable

__all__ = ["engine", "image"]

NOBODY = (1 << 22) + 1


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["sandbox", *arguments], env={"COLUMNS": None}, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.mark.slow
def test_every_promise_is_kept(image: str) -> None:
    lines = run("check", "--image", image).output.splitlines()
    assert [line for line in lines[:-1] if not line.startswith("ok ")] == []
    assert lines[-1] == "16 promises kept, 0 broken"


def test_a_missing_image_breaks_a_promise_and_says_what_to_do(engine: APIClient) -> None:
    found = json.loads(run("check", "--image", "nosuch", "--json", code=1).output)
    assert [(one["name"], one["kept"], one["remedy"]) for one in found] == [
        ("the engine answers", True, ""),
        ("the image is there", False, "agentalign sandbox build"),
    ]


@pytest.mark.slow
def test_a_broken_promise_has_a_remedy_and_the_others_are_tried(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    host_config = promises.ContainerOptions.host_config
    monkeypatch.setattr(
        promises.ContainerOptions,
        "host_config",
        lambda self: {**host_config(self), "read_only": False, "cap_drop": [], "security_opt": []},
    )
    lines = run("check", "--image", image, code=1).output.splitlines()
    assert lines[-1] == "14 promises kept, 2 broken"
    broken = [line.split(" ms  ")[1].split(":")[0] for line in lines if line.startswith("BROKEN")]
    assert broken == ["scripts run as nobody special", "no privileges can be gained"]
    assert sum(line.startswith("       remedy: ") for line in lines) == 2


def test_an_image_is_built_under_its_name(engine: APIClient) -> None:
    name = "agentalign-sandbox:test-command"
    with_package = run("build", "--from", "debian", "--package", "hostname", "--image", name).output
    assert with_package.startswith(f"{name}: ")
    assert with_package.endswith(" MB from debian\n")
    engine.remove_image(name)
    with pytest.raises(ImageNotFound):
        engine.inspect_image(name)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from", "busybox", "--package", "gawk"), "leave out --from busybox"),
        (("--from", "debian", "--dockerfile", "Dockerfile"), "expected --from dockerfile with it"),
        (("--from", "debian", "--package", "nosuch-package"), "Install them: apt-get install nosuch-package"),
        (("--dockerfile", "nosuch"), "nosuch: No such file or directory"),
        (("--from", "nothing"), "nothing"),
    ],
)
def test_a_mistake_is_one_clear_message(engine: APIClient, arguments: tuple[str, ...], message: str) -> None:
    assert message in " ".join(run("build", *arguments, code=2).output.replace("│", " ").split())


def test_a_static_busybox_is_enough(engine: APIClient) -> None:
    if not Path(BUSYBOX).exists():
        unavailable(f"{BUSYBOX} is not installed (apt-get install busybox-static)")
    assert run("build", "--from", "busybox", "--image", "agentalign-sandbox:test-small").output.endswith("busybox\n")
    engine.remove_image("agentalign-sandbox:test-small")


def test_what_dead_owners_left_is_swept(image: str, engine: APIClient) -> None:
    engine.create_container(image, ["cat"], labels=owner_label(NOBODY))
    assert run("sweep").output.endswith(" containers removed\n")
    assert run("sweep").output == "0 containers removed\n"


@pytest.mark.parametrize("command", ["build", "check", "sweep"])
def test_without_an_engine_one_line_says_so(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    disconnect()
    try:
        result = run(command, code=2)
    finally:
        disconnect()
    assert result.output.count("\n") == 1
    assert result.output.startswith("error: docker: expected an engine at DOCKER_HOST or the local socket, got: ")
