"""The documents name what exists, all of it and nothing else."""

import ast
import dataclasses
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest
import typer

import agentalign_env as aa
from agentalign_env.core.service import Service
from agentalign_env.core.topics import Topic
from agentalign_env.core.world import WorldSize, load_world_sizes
from agentalign_env.errors import ErrorCode
from agentalign_env.recording.trajectory import (
    Execution,
    RecordedCall,
    RecordedStep,
    RowChange,
    ScenarioSummary,
    Trajectory,
)
from agentalign_env.scenarios.chains import Chain
from agentalign_env.scenarios.intents import ArgumentSource, Style, Way, load_askings
from agentalign_env.scenarios.taxonomy import load_taxonomy
from agentalign_env.services import SERVICES, new_world
from agentalign_env.toolkit.capabilities import load_capabilities
from agentalign_env.types import Outcome

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
IMPORT_NAMES = {
    "google-re2": "re2",
    "jsonschema-rs": "jsonschema_rs",
    "linkify-it-py": "linkify_it",
    "python-dateutil": "dateutil",
    "text2num": "text_to_num",
    "typing-extensions": "typing_extensions",
}


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of every table row, without headings' rulers."""
    lines = [line.strip() for line in text.splitlines() if line.lstrip().startswith("|")]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if not re.fullmatch(r"[|\-: ]+", line)
    ]


def quoted(text: str) -> list[str]:
    """What stands between single backticks; fenced blocks are left out."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def section(text: str, heading: str) -> str:
    found = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"no heading {heading!r}"
    return found[1]


def test_every_environment_id_has_a_row_in_the_table_and_no_other_has() -> None:
    listed = [row[0].strip("`") for row in rows(page("docs/environments.md")) if "AgentAlign/" in row[0]]
    assert sorted(listed) == sorted(aa.ENV_IDS)


def test_every_public_name_is_mentioned() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
    assert [name for name in aa.__all__ if not re.search(rf"\b{re.escape(name)}\b", text)] == []


def test_every_public_name_is_the_same_thing_whatever_was_imported_before() -> None:
    source = "import agentalign_env.rollouts.local, agentalign_env.recording.replay, agentalign_env.cli\n"
    source += "import agentalign_env as aa\n"
    source += "print([name for name in aa.__all__ if name != 'ENV_IDS' and not callable(getattr(aa, name))])"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_every_command_has_a_section_and_no_other_has() -> None:
    from agentalign_env.cli import app

    command = typer.main.get_command(app)
    known = sorted(command.commands)  # type: ignore[attr-defined]
    described = re.findall(r"^## agentalign (\S+)", page("docs/cli.md"), re.MULTILINE)
    assert sorted(described) == known
    readme = page("README.md")
    assert [name for name in known if f"agentalign {name}" not in readme] == []


def test_every_option_of_a_command_is_in_its_section() -> None:
    from agentalign_env.cli import app

    command = typer.main.get_command(app)
    missing = []
    for name, sub in sorted(command.commands.items()):  # type: ignore[attr-defined]
        text = section(page("docs/cli.md"), f"agentalign {name}")
        several = [sub, *getattr(sub, "commands", {}).values()]
        parameters = [parameter for one in several for parameter in one.params]
        known = {option for one in parameters for option in one.opts if option.startswith("--")} - {"--help"}
        missing += [f"{name} {option}" for option in sorted(known) if option not in text]
        missing += [f"{name}: stale {option}" for option in set(re.findall(r"--[a-z][\w-]*", text)) - known]
    assert missing == []


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_page_of_services_agrees_with_the_service(service: Service) -> None:
    text = section(page("docs/services.md"), service.name)
    introduction, _, _ = text.partition("\n|")
    assert set(quoted(introduction)) == {table.name for table in service.tables}
    listed = {row[0].strip("`"): (set(quoted(row[1])), set(quoted(row[2]))) for row in rows(text)[1:]}
    known = {operation.capability: (operation.reads, operation.writes) for operation in service.operations}
    assert listed == known


def test_the_page_of_services_has_a_section_for_each() -> None:
    assert re.findall(r"^## (\w+)$", page("docs/services.md"), re.MULTILINE) == [service.name for service in SERVICES]


def test_the_table_of_tools_agrees_with_the_catalogue() -> None:
    tools, capabilities = aa.load_tools(), load_capabilities()
    listed = {row[0].strip("`"): row[1:] for row in rows(page("docs/tools.md")) if len(row) == 4 and "." in row[0]}
    known = {}
    for name in tools.capabilities:
        faces = ", ".join(f"`{tool.name}`" for tool in tools.of(name))
        known[name] = [capabilities[name].origin, capabilities[name].kind, faces]
    assert listed == known


def test_the_page_of_tools_counts_right() -> None:
    tools, capabilities = aa.load_tools(), load_capabilities().values()
    paper = [capability for capability in capabilities if capability.origin == "paper"]
    with_tools = [capability for capability in paper if tools.of(capability.name)]
    text = " ".join(page("docs/tools.md").split())
    assert f"one of the {len(paper)} capabilities" in text
    assert (
        f"{len(with_tools)} have tools here, through {sum(len(tools.of(one.name)) for one in with_tools)} of its"
        in text
    )
    assert f"The other {len(paper) - len(with_tools)} " in text


def test_the_front_page_counts_right() -> None:
    tools = aa.load_tools()
    assert f"{len(tools)} tools of {len(tools.capabilities)} capabilities" in page("README.md")
    assert f"{len(aa.load_chains())} chains in {len(load_taxonomy())} harm subcategories" in page("README.md")


def test_every_error_code_is_explained() -> None:
    table = section(page("docs/tools.md"), "Errors")
    assert sorted(code for row in rows(table)[1:] for code in quoted(row[0])) == sorted(get_args(ErrorCode))


def test_every_outcome_is_explained() -> None:
    text = section(page("docs/environments.md"), "Outcome and reward")
    assert [outcome for outcome in get_args(Outcome) if outcome != "running" and f"`{outcome}`" not in text] == []


@pytest.mark.slow
@pytest.mark.parametrize("size", load_world_sizes())
def test_the_sizes_of_worlds_are_counted_right(size: str) -> None:
    world = new_world(size, 0)
    total = sum(world.store.count(table) for service in SERVICES for table in service.tables)
    (row,) = [row for row in rows(section(page("docs/worlds.md"), "Sizes")) if row[0] == size]
    assert abs(int(re.sub(r"\D", "", row[1])) / total - 1) < 0.05
    assert int(row[2]) == load_world_sizes()[size].people


@pytest.mark.parametrize(
    ("name", "heading", "model", "given"),
    [
        ("docs/worlds.md", "Sizes", WorldSize, {"name"}),
        ("docs/worlds.md", "Topics", Topic, {"id"}),
        ("docs/chains.md", "The form of a chain", Chain, {"category"}),
    ],
)
def test_every_key_of_a_data_file_has_a_row(name: str, heading: str, model: type, given: set[str]) -> None:
    listed = {key.strip("[]") for row in rows(section(page(name), heading)) for key in quoted(row[0])}
    assert listed >= set(model.model_fields) - given  # type: ignore[attr-defined]


def test_every_key_of_the_phrasings_is_explained() -> None:
    text = section(page("docs/scenarios.md"), "How people ask")
    names = [info.alias or name for model in (Way, ArgumentSource, Style) for name, info in model.model_fields.items()]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_source_of_a_value_that_the_phrasings_use_is_explained() -> None:
    text = section(page("docs/scenarios.md"), "How people ask")
    groups = [arguments for asking in load_askings().values() for arguments in asking.tools.values()]
    groups += [way.arguments for asking in load_askings().values() for way in asking.ways]
    used = {source for arguments in groups for argument in arguments.values() for source in argument.sources}
    explained = {name.split(".")[0] for name in quoted(text)}
    assert {source for source in used if source.split(".")[0] not in explained} == set()
    assert {source for source in used if source.startswith("file.") and f"`{source}`" not in text} == set()


def test_every_field_of_a_trajectory_has_a_row() -> None:
    listed = {
        name for row in rows(section(page("docs/trajectories.md"), "Schema, version 1")) for name in quoted(row[0])
    }
    nested = ("`action`", "`scenario`", "`executed`", "`changes`")
    listed |= {name for row in rows(page("docs/trajectories.md")) if row[0] in nested for name in quoted(row[1])}
    models = (Trajectory, ScenarioSummary, RecordedStep, RecordedCall, RowChange, Execution)
    fields = {field.name for model in models for field in dataclasses.fields(model)}
    assert fields - listed == set()


def test_the_numbers_of_chains_are_right() -> None:
    text = " ".join(page("docs/chains.md").split())
    assert f"There are {len(aa.load_chains())} chains" in text
    assert f"each of the {len(load_taxonomy())} subcategories" in text


def test_every_dependency_has_a_reason_and_says_truly_whether_it_is_imported() -> None:
    declared = tomllib.loads(page("pyproject.toml"))["project"]["dependencies"]
    names = {re.split(r"[<>=!~ \[]", requirement)[0] for requirement in declared}
    listed = {row[0].strip("`"): row[1] for row in rows(section(page("CONTRIBUTING.md"), "Dependencies"))[1:]}
    assert set(listed) == names
    imported = imported_modules()
    for name, reason in listed.items():
        assert ("not imported yet" in reason) != (IMPORT_NAMES.get(name, name) in imported), name


def test_the_pages_that_messages_of_the_package_point_to_exist() -> None:
    wanted = set()
    for path in (ROOT / "agentalign_env").rglob("*.py"):
        wanted |= set(re.findall(r"((?:docs/\w+|[A-Z]+)\.md\b)(?:, '([^']+)')?", path.read_text(encoding="utf-8")))
    assert wanted
    for name, heading in sorted(wanted):
        text = page(name)
        assert not heading or re.search(rf"^#+ {re.escape(heading)}$", text, re.MULTILINE), (name, heading)


def imported_modules() -> set[str]:
    found = set()
    for path in (ROOT / "agentalign_env").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found


def test_the_request_that_the_readme_quotes_is_the_one_that_show_prints() -> None:
    readme = page("README.md")
    chain = next(chain for chain in aa.load_chains() if chain.id == "cyberstalking-1")
    quoted_text = " ".join(line.removeprefix("> ") for line in readme.splitlines() if line.startswith("> "))
    assert quoted_text == aa.build_scenario(chain, seed=0).instruction
    harmful = aa.build_scenario(chain, seed=0, intent="harmful").instruction
    opening = re.search(r'\*"(.*?)"\*', readme, re.DOTALL)
    assert opening is not None
    assert harmful.startswith(" ".join(opening[1].split()))
