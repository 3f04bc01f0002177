"""The page of executability shows what the code really prints, and names all that there is."""

import dataclasses
import doctest
import re
from pathlib import Path
from typing import get_args

import pytest

from agentalign_env.executability.certificate import Certificate
from agentalign_env.executability.report import FINDING_KINDS, Finding, Requirements, Source, requirements_of
from agentalign_env.scenarios.requests import CommonWords, OtherAction, RequestGroup, Requests

PAGE = Path(__file__).resolve().parents[2] / "docs" / "executability.md"
TEXT = PAGE.read_text(encoding="utf-8")
SESSION = re.compile(r"^```pycon\n(.*?)^```", re.MULTILINE | re.DOTALL)


def sessions() -> str:
    """The page's sessions, each on its own lines, so that a failure names the line of the page."""
    kept = [""] * (TEXT.count("\n") + 1)
    for session in SESSION.finditer(TEXT):
        first = TEXT.count("\n", 0, session.start(1))
        lines = session[1].splitlines()
        kept[first : first + len(lines)] = lines
    return "\n".join(kept)


def section(heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None, f"no heading {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_session_prints_what_the_page_shows() -> None:
    test = doctest.DocTestParser().get_doctest(sessions(), {}, PAGE.name, str(PAGE), 0)
    assert len(test.examples) > 40
    told: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert result.failed == 0, "".join(told)


def test_the_table_has_every_kind_of_finding_and_what_it_breaks() -> None:
    told = {row[0].strip("`"): row[2].replace(" ", "_") for row in rows(section("Findings"))}
    known = {}
    for kind in FINDING_KINDS:
        verdicts = requirements_of([Finding(kind, None, "", blocking=kind != "unused_tool")])._asdict()
        known[kind] = " ".join(name for name, holds in verdicts.items() if not holds)
    assert told == known


@pytest.mark.parametrize("kind", FINDING_KINDS)
def test_every_kind_of_finding_has_a_worked_example(kind: str) -> None:
    assert re.search(rf"^{kind}\b", "".join(SESSION.findall(section("Findings"))), re.MULTILINE)


@pytest.mark.parametrize("name", Requirements._fields)
def test_every_requirement_has_an_example_that_breaks_it_alone(name: str) -> None:
    text = section("The four requirements")
    assert f"**{name.replace('_', ' ').capitalize()}**" in text
    assert str(Requirements(**{field: field != name for field in Requirements._fields})) in text


def test_every_field_of_a_certificate_has_a_row() -> None:
    told = {name for row in rows(section("The certificate")) for name in re.findall(r"`(\w+)`", row[0])}
    assert told == {field.name for field in dataclasses.fields(Certificate)}


def test_every_source_of_a_value_is_explained() -> None:
    assert [source for source in get_args(Source) if f"`{source}`" not in section("How it works")] == []


def test_every_key_of_the_words_is_explained() -> None:
    text = section("Teaching it new words")
    models = (RequestGroup, Requests, OtherAction, CommonWords)
    keys = [info.alias or name for model in models for name, info in model.model_fields.items()]
    assert [key for key in keys if not re.search(rf"\b{key}\b", text)] == []


def test_the_figures_are_those_that_the_benchmark_gave() -> None:
    measured = (PAGE.parents[1] / "benchmarks/executability/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:generated|handwritten|reference)[^|]*) \| (.+) \|$", TEXT, re.MULTILINE)
    assert len(rows) == 3
    for name, figures in rows:
        assert re.search(rf"^\| {name} \| [\d,]+ \| {re.escape(figures)} \|", measured, re.MULTILINE), name
