"""Imports go down only: the floors of the house, checked over the syntax tree of every module."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "agentalign_env"
ROOT = Path(__file__).resolve().parents[2]

# Top first. The package's own __init__ offers names of every floor to users, so only the top floor may import from it.
FLOORS = (
    {"", "__main__", "cli", "viewer"},
    {"adapters", "synthesis", "rollouts"},
    {"agents", "recording", "executability"},
    {"envs", "scoring"},
    {"scenarios"},
    {"toolkit"},
    {"services", "backends"},
    {"core", "processes"},
    {"types", "errors", "resources"},
)
FLOOR_OF = {part: number for number, parts in enumerate(FLOORS) for part in parts}


class Import(NamedTuple):
    line: int
    target: str
    """Dotted module, such as `agentalign_env.core.clock`."""


def part_of(module: str) -> str:
    """`agentalign_env.core.clock` -> `core`; the package itself -> ``""``."""
    return [*module.split("."), ""][1]


def service_of(module: str) -> str:
    """`agentalign_env.services.mail.records` -> `mail`; `agentalign_env.services` -> ``""``."""
    return [*module.split("."), "", ""][2]


def source_modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = source_modules()


def as_module(dotted: str, modules: frozenset[str]) -> str:
    """Cut `agentalign_env.core.clock.Clock` to the longest prefix that is a module."""
    parts = dotted.split(".")
    for end in range(len(parts), 1, -1):
        if ".".join(parts[:end]) in modules:
            return ".".join(parts[:end])
    return PACKAGE if len(parts) == 1 or parts[1] not in FLOOR_OF else ".".join(parts[:2])


def imports_of(source: str, module: str, *, is_package: bool, modules: frozenset[str]) -> Iterator[Import]:
    """Yield what a module imports of this package: statements anywhere in it, and `import_module("...")`."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                own = module.split(".") if is_package else module.split(".")[:-1]
                above = own[: len(own) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in {"import_module", "__import__"} and isinstance(node.args[0].value, str):
                names = [node.args[0].value]
        for name in names:
            if name == PACKAGE or name.startswith(f"{PACKAGE}."):
                yield Import(node.lineno, as_module(name.removesuffix(".*"), modules))


def violations(source: str, module: str, *, is_package: bool = False, modules: frozenset[str]) -> list[str]:
    """Say which imports of a module go up, or from one service to another."""
    here = part_of(module)
    found = []
    for line, target in imports_of(source, module, is_package=is_package, modules=modules):
        there = part_of(target)
        if FLOOR_OF[there] < FLOOR_OF[here]:
            found.append(f"line {line}: {module} imports {target}, which is on a floor above it")
        elif here == there == "services" and service_of(module) and service_of(target) != service_of(module):
            other = service_of(target) or "the index of all services"
            found.append(f"line {line}: service {service_of(module)} imports {other}; ask through a protocol in core")
    return found


def all_imports() -> Iterator[tuple[str, Import]]:
    known = frozenset(MODULES)
    for module, path in MODULES.items():
        is_package = path.name == "__init__.py"
        for found in imports_of(path.read_text(encoding="utf-8"), module, is_package=is_package, modules=known):
            yield module, found


def test_every_part_of_the_package_has_a_floor() -> None:
    parts = {part_of(module) for module in MODULES}
    assert len(parts) > 3, "the package was not found"
    assert sorted(parts - FLOOR_OF.keys()) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_its_own_floor_and_below(module: str) -> None:
    path = MODULES[module]
    source = path.read_text(encoding="utf-8")
    assert violations(source, module, is_package=path.name == "__init__.py", modules=frozenset(MODULES)) == []


def test_parts_on_one_floor_do_not_import_each_other_in_a_circle() -> None:
    edges: dict[str, set[str]] = {}
    for module, found in all_imports():
        here, there = part_of(module), part_of(found.target)
        if here != there and FLOOR_OF[here] == FLOOR_OF[there]:
            edges.setdefault(here, set()).add(there)
    assert circles(edges) == []


def circles(edges: dict[str, set[str]]) -> list[str]:
    """Return the parts from which a walk along the edges comes back to where it began."""
    found = []
    for start in sorted(edges):
        seen: set[str] = set()
        ahead = list(edges[start])
        while ahead:
            part = ahead.pop()
            if part not in seen:
                seen.add(part)
                ahead.extend(edges.get(part, ()))
        if start in seen:
            found.append(start)
    return found


KNOWN = frozenset(
    f"{PACKAGE}{name}"
    for name in ("", ".cli", ".core", ".core.clock", ".envs", ".errors", ".services", ".services.mail", ".services.web")
)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("agentalign_env.core.clock", "from agentalign_env.services import mail"),
        ("agentalign_env.core.clock", "import agentalign_env.services.mail"),
        ("agentalign_env.core.clock", "from agentalign_env import envs"),
        ("agentalign_env.core.clock", "from agentalign_env import check"),
        ("agentalign_env.core.clock", "def lazily():\n    from agentalign_env.envs import ChainEnv"),
        ("agentalign_env.core.clock", "from ..envs import ChainEnv"),
        ("agentalign_env.core.clock", "importlib.import_module('agentalign_env.envs')"),
        ("agentalign_env.errors", "from agentalign_env.core.clock import Clock"),
        ("agentalign_env.services.mail", "from agentalign_env.services.web import Web"),
        ("agentalign_env.services.mail", "from agentalign_env.services import web"),
        ("agentalign_env.services.mail", "from agentalign_env.services import SERVICES"),
    ],
)
def test_an_import_that_goes_up_or_across_services_is_found(module: str, source: str) -> None:
    assert len(violations(source, module, modules=KNOWN)) == 1


@pytest.mark.parametrize(
    ("module", "is_package", "source"),
    [
        ("agentalign_env", True, "from agentalign_env.cli import main"),
        ("agentalign_env.cli", True, "import agentalign_env as aa"),
        ("agentalign_env.core", True, "from .clock import Clock"),
        ("agentalign_env.core.clock", False, "from agentalign_env import errors"),
        ("agentalign_env.envs", True, "from agentalign_env.services.mail import Mail"),
        ("agentalign_env.services", True, "from agentalign_env.services import mail, web"),
        ("agentalign_env.services.mail", True, "from agentalign_env.services.mail import Mail"),
    ],
)
def test_an_import_that_goes_down_is_allowed(module: str, is_package: bool, source: str) -> None:
    assert violations(source, module, is_package=is_package, modules=KNOWN) == []


def test_a_circle_between_parts_is_found() -> None:
    assert circles({"cli": {"viewer"}, "viewer": {"cli"}, "agents": {"recording"}}) == ["cli", "viewer"]
