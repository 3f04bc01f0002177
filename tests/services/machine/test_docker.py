"""Containers: images are pulled and built, containers run, answer on ports, end and go."""

from typing import Any

import pytest

from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.machine.docker.records import IMAGES
from tests.services.machine.terminal import call, refusal, run, violations, write


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def docker(world: World, operation: str, target: str, **args: Any) -> Any:
    return call(world, "docker_operation", operation=operation, target=target, **({"args": args} if args else {}))


def test_a_container_runs_on_its_port_and_is_listed(world: World) -> None:
    (made,) = docker(world, "run", "nginx:1.26", ports={"80": 8090}, environment={"MODE": "test"})["items"]
    assert (made["status"], made["ports"], made["image"]) == ("Up 0 seconds", ["8090:80/tcp"], "nginx:1.26")
    assert [item["id"] for item in docker(world, "ps", "nginx:1.26")["items"]] == [made["id"]]
    line = run(world, "docker ps").out.splitlines()[1].split()
    assert (line[0], line[1], line[-2:]) == (made["id"][:12], "nginx:1.26", ["0.0.0.0:8090->80/tcp", made["name"]])
    image = world.store.get(IMAGES, "nginx:1.26")
    assert image is not None
    assert image.held == "local"
    assert "docker-proxy" in [
        port["program"] for port in call(world, "network_info")["listening"] if port["port"] == 8090
    ]
    assert violations(world) == []


def test_an_image_is_built_from_a_directory(world: World) -> None:
    (built,) = docker(world, "build", "~/projects/recipe-box", tag="recipes:1")["items"]
    assert (built["image"], built["ports"], built["command"]) == ("recipes:1", ["3000/tcp"], "node server.js")
    (made,) = docker(world, "run", "recipes", tag="1", ports={"3000": "3000"})["items"]
    assert made["image"] == "recipes:1"
    assert run(world, "docker rmi recipes:1").status == 1
    assert violations(world) == []


@pytest.mark.parametrize(
    ("operation", "target", "args", "expected"),
    [
        ("run", "nginxx", {}, ("not_found", "target")),
        ("run", "Not A Name", {}, ("invalid_argument", "target")),
        ("run", "nginx", {"ports": {"80": 6379}}, ("conflict", "args.ports")),
        ("run", "nginx", {"ports": {"80": 8000}}, ("conflict", "args.ports")),
        ("run", "nginx", {"ports": {"web": 80}}, ("invalid_argument", "args.ports")),
        ("run", "nginx", {"ports": {"000080999": 8099}}, ("invalid_argument", "args.ports")),
        ("run", "nginx", {"ports": {"80" * 3_000: 8099}}, ("invalid_argument", "args.ports")),
        ("run", "nginx", {"network": "nowhere"}, ("not_found", "args.network")),
        ("build", "~/documents", {}, ("not_found", "target")),
        ("build", "~/nowhere", {}, ("not_found", "target")),
        ("build", "~/projects/recipe-box", {"dockerfile": "Other"}, ("not_found", "args.dockerfile")),
        ("build", "~/projects/recipe-box", {"tag": "nginx:1.27"}, ("conflict", "args.tag")),
        ("logs", "nobody", {}, ("not_found", "target")),
    ],
)
def test_what_cannot_be_done_is_refused(
    world: World, operation: str, target: str, args: dict[str, Any], expected: tuple[str, str]
) -> None:
    given = {"args": args} if args else {}
    assert refusal(world, "docker_operation", operation=operation, target=target, **given) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("RUN make\n", "no build stage in current context"),
        ("FROM python:3.12-slim\nFETCH x\n", "unknown instruction: FETCH"),
        ("FROM python:3.12-slim\nCOPY missing.txt /app/\n", '"/missing.txt": not found'),
        ("FROM nothing:1\n", "Unable to find image 'nothing:1'"),
        ("", "the Dockerfile has 0 instructions"),
    ],
)
def test_a_wrong_dockerfile_is_named(world: World, text: str, words: str) -> None:
    write(world, "image/Dockerfile", text)
    assert words in docker(world, "build", "image")["error"]["message"]


def test_the_command_goes_through_a_containers_life(world: World) -> None:
    made = run(world, "docker run -d --name web -p 8099:80 nginx:1.27")
    assert (made.status, len(made.out.strip())) == (0, 64)
    assert run(world, "docker run -d --name web nginx:1.27").status == 125
    assert run(world, "docker rm web").status == 1
    assert run(world, "docker stop web").out == "web\n"
    assert docker(world, "ps", "web")["items"][0]["status"] == "Exited (0) 41 seconds ago"
    assert run(world, "docker start web").out == "web\n"
    assert run(world, "docker rm -f web").status == 0
    assert run(world, "docker logs web").err.startswith("Error response from daemon: No such container: web")
    assert run(world, "docker run --rm hello-world").out.startswith("\nHello from Docker!")
    assert violations(world) == []


def test_every_container_has_a_name_of_its_own(world: World) -> None:
    for _ in range(160):  # more than there are made-up names
        assert run(world, "docker run -d hello-world").status == 0
    assert violations(world) == []


@pytest.mark.parametrize("options", ["--", "-p 000080999:80 nginx", f"-p {'8' * 5_000}:80 nginx"])
def test_a_container_without_an_image_or_with_a_port_that_is_none_is_refused(world: World, options: str) -> None:
    assert run(world, f"docker run {options}").status in (1, 125)
