"""Packages: installed with what they need, by tools and by the shell's package managers alike."""

import pytest

from agentalign_env.core.world import World
from agentalign_env.services import new_world
from tests.services.machine.terminal import call, refusal, root, run, violations, write


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def installed(world: World, manager: str = "pip") -> dict[str, str]:
    listed = call(world, "package_operation", operation="list", package_name="*", manager=manager)["packages"]
    return {package["name"]: package["version"] for package in listed}


def test_a_package_brings_what_it_needs(world: World) -> None:
    done = call(world, "package_operation", operation="install", package_name="flask")
    names = [package["name"] for package in done["packages"]]
    assert names == ["flask", "werkzeug", "jinja2", "itsdangerous", "click", "blinker", "markupsafe"]
    assert installed(world)["flask"] == "3.1.0"
    again = call(world, "package_operation", operation="install", package_name="Flask")
    assert again["output"] == "Requirement already satisfied: flask 3.1.0"
    assert violations(world) == []


def test_a_version_is_pinned_and_flags_are_kept(world: World) -> None:
    call(world, "package_operation", operation="install", package_name="flask", args={"version": "3.0.3"})
    assert installed(world)["flask"] == "3.0.3"
    call(world, "package_operation", operation="install", package_name="jest", manager="npm", args={"dev": True})
    row = next(row for row in world.store.diff() if row.key == "npm:jest").after
    assert row == ("npm:jest", "npm", "jest", "29.7.0", False, True, True)


@pytest.mark.parametrize(
    ("operation", "name", "args", "expected"),
    [
        ("install", "flaskk", {}, ("not_found", "package_name")),
        ("install", "flask", {"version": "99"}, ("not_found", "args.version")),
        ("install", "", {}, ("invalid_argument", "package_name")),
        ("uninstall", "flask", {}, ("not_found", "package_name")),
        ("uninstall", "idna", {}, ("conflict", "package_name")),
    ],
)
def test_what_cannot_be_done_is_refused(
    world: World, operation: str, name: str, args: dict[str, str], expected: tuple[str, str]
) -> None:
    given = {"args": args} if args else {}
    assert refusal(world, "package_operation", operation=operation, package_name=name, **given) == expected


def test_a_near_name_is_offered(world: World) -> None:
    answer = call(world, "package_operation", operation="install", package_name="reqests")
    assert answer["error"]["message"].endswith("did you mean requests?")


def test_a_search_reads_names_and_summaries(world: World) -> None:
    found = call(world, "package_operation", operation="search", package_name="web framework", manager="npm")
    assert found["packages"][0]["name"] == "express"
    assert found["packages"][0]["installed"] is True


def test_pip_and_the_tool_change_one_state(world: World) -> None:
    done = run(world, "pip install tqdm==4.66.4 schedule")
    assert done.status == 0
    assert done.out.splitlines()[-1] == "Successfully installed schedule-1.2.2 tqdm-4.66.4"
    assert installed(world)["tqdm"] == "4.66.4"
    call(world, "package_operation", operation="uninstall", package_name="tqdm")
    assert run(world, "pip show tqdm").err == "WARNING: Package(s) not found: tqdm\n"
    assert "schedule==1.2.2" in run(world, "pip freeze").out


def test_pip_installs_all_or_nothing(world: World) -> None:
    before = world.digest()
    done = run(world, "pip install tqdm nothing-like-it")
    assert (done.status, done.err.splitlines()[-1]) == (1, "ERROR: No matching distribution found for nothing-like-it")
    assert world.digest() == before


def test_pip_reads_requirements(world: World) -> None:
    write(world, "req.txt", "# tools\ntqdm>=4.67\n\nrich<13.8  # older\n")
    run(world, "pip install -q -r req.txt")
    assert (installed(world)["tqdm"], installed(world)["rich"]) == ("4.67.1", "13.7.1")


def test_npm_reads_a_project(world: World) -> None:
    write(
        world,
        "site/package.json",
        '{"dependencies": {"dayjs": "^1.11.0"}, "devDependencies": {"http-server": "^14.1.1"}}',
    )
    assert run(world, "npm install", "site").out.startswith("\nadded 3 packages")
    assert {"dayjs", "http-server"} <= installed(world, "npm").keys()
    assert run(world, "npm install").status == 254
    assert violations(world) == []


def test_apt_is_for_root(world: World) -> None:
    assert run(world, "apt-get install -y jq").status == 100
    assert root(world, "apt-get install -y jq").status == 0
    assert "ii  jq" in run(world, "dpkg -l").out


def test_a_version_of_many_digits_is_none_that_exists(world: World) -> None:
    assert run(world, f"pip install requests=={'9' * 5_000}").status == 1
