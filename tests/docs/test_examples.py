"""Whatever the documents show works: code runs, commands succeed, links lead somewhere."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from tests.backends.docker.engines import engine, image, usual_image

__all__ = ["engine", "image", "usual_image"]

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
NEEDS_DOCKER = "<!-- needs docker -->"
SHELLS = ("bash", "console", "sh")
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


class Block(NamedTuple):
    language: str
    line: int
    """Number of its first line in the document."""
    text: str


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, *languages: str) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    found = [Block(hit[2], text.count("\n", 0, hit.start(3)) + 1, hit[3]) for hit in FENCE.finditer(text)]
    return [block for block in found if block.language in languages]


def commands(path: Path) -> list[list[str]]:
    lines = [line.strip().removeprefix("$ ") for block in blocks(path, *SHELLS) for line in block.text.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("agentalign ")]


def prose(path: Path) -> str:
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ +(.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def with_some(*languages: str) -> list[Path]:
    return [path for path in DOCUMENTS if blocks(path, *languages)]


@pytest.mark.parametrize("path", with_some("python"), ids=name_of)
def test_the_python_examples_of_a_document_run_in_order(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if NEEDS_DOCKER in path.read_text(encoding="utf-8"):
        request.getfixturevalue("usual_image")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "example"}
    for block in blocks(path, "python"):
        source = "\n" * (block.line - 1) + block.text  # a traceback names the line of the document
        exec(compile(source, str(path), "exec"), namespace)  # noqa: S102 - our own documents


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in DOCUMENTS if commands(path)], ids=name_of)
def test_the_commands_of_a_document_succeed_in_order(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentalign_env.cli import app

    monkeypatch.chdir(tmp_path)
    for arguments in commands(path):
        done = CliRunner().invoke(app, arguments, env={"COLUMNS": "100", "NO_COLOR": "1"})
        assert done.exit_code == 0, f"agentalign {shlex.join(arguments)}: {done.output[-2000:]} {done.exception!r}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_relative_link_leads_to_a_file_and_a_heading(path: Path) -> None:
    broken = []
    for target in LINK.findall(prose(path)):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_fence_names_its_language(path: Path) -> None:
    unnamed = [block.line for block in blocks(path, "")]
    assert unnamed == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_repository_path_that_a_document_names_exists(path: Path) -> None:
    named = re.findall(r"`((?:agentalign_env|benchmarks|docs|scenarios|tests|tools)/[\w./-]*)`", prose(path))
    later = {"scenarios/splits.toml"}  # optional, and explained as such
    assert [name for name in named if name not in later and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_make_target_that_a_document_names_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make (\w+)", text)) <= targets


def test_the_examples_are_not_skipped_by_accident() -> None:
    assert name_of(ROOT / "README.md") in [name_of(path) for path in with_some("python")]
    assert commands(ROOT / "README.md")
