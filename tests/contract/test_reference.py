"""The published action space and taxonomy: what we offer under the same names takes the same parameters."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from agentalign_env.scenarios.chains import load_reference_chains
from agentalign_env.scenarios.taxonomy import load_taxonomy
from agentalign_env.toolkit.capabilities import load_capabilities
from agentalign_env.toolkit.catalogue import load_tools

_FOLDER = os.environ.get("AGENTALIGN_REFERENCE", "")

pytestmark = pytest.mark.skipif(not _FOLDER, reason="AGENTALIGN_REFERENCE does not name the published data")


# Our tool differs on purpose: (tool, parameter or "required") -> why.
REPAIRS: dict[tuple[str, str], str] = {}


def read(name: str) -> Any:
    return orjson.loads(Path(_FOLDER, name).read_bytes())


def reference_tools() -> dict[str, Mapping[str, Any]]:
    entries = read("synthetic_tools.json") if _FOLDER else []
    return {entry["function"]["name"]: entry["function"]["parameters"] for entry in entries}


REFERENCE = reference_tools()


def types(schema: Mapping[str, Any]) -> set[str]:
    kind = schema.get("type", [])
    kinds = {kind} if isinstance(kind, str) else {*kind}
    return kinds.union(*(types(option) for option in schema.get("anyOf", ())))


def differences(theirs: Mapping[str, Any], ours: Mapping[str, Any], where: str) -> list[str]:
    """Where our schema accepts less, or something else, than theirs; bounds that ours adds are no difference."""
    found = []
    if not types(theirs) <= types(ours):
        found.append(f"{where}: type {theirs['type']!r}, ours {ours.get('type')!r}")
    if "enum" in theirs and ours.get("enum") != theirs["enum"]:
        found.append(f"{where}: enum {theirs['enum']}, ours {ours.get('enum')}")
    found += [
        f"{where}: {key} {theirs[key]!r}, ours {ours.get(key)!r}"
        for key in ("default", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern")
        if theirs.get(key) is not None and ours.get(key) != theirs[key]
    ]
    if isinstance(theirs.get("items"), Mapping) and theirs["items"]:
        found += differences(theirs["items"], ours.get("items", {}), f"{where}[]")
    for name, inner in theirs.get("properties", {}).items():
        if name in ours.get("properties", {}):
            found += differences(inner, ours["properties"][name], f"{where}.{name}")
        else:
            found.append(f"{where}.{name}: missing")
    return found


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_every_published_tool_exists_with_its_capability(name: str) -> None:
    capability = next(capability for capability, names in read("capability_to_tools.json").items() if name in names)
    assert load_tools()[name].capability == capability


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_every_published_parameter_is_there_with_its_type_default_and_bounds(name: str) -> None:
    ours = load_tools()[name].schema["properties"]
    found: list[str] = []
    for parameter, theirs in REFERENCE[name]["properties"].items():
        if (name, parameter) not in REPAIRS:
            found += differences(theirs, ours[parameter], parameter) if parameter in ours else [f"{parameter}: missing"]
    assert found == []


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_the_required_parameters_are_the_published_ones(name: str) -> None:
    if (name, "required") in REPAIRS:
        pytest.skip(REPAIRS[name, "required"])
    assert load_tools()[name].required == {*REFERENCE[name].get("required", ())}


def test_every_repair_is_of_a_published_parameter_and_still_needed() -> None:
    for name, parameter in REPAIRS:
        if parameter == "required":
            assert load_tools()[name].required != {*REFERENCE[name].get("required", ())}
        else:
            theirs, ours = REFERENCE[name]["properties"][parameter], load_tools()[name].schema["properties"]
            assert parameter not in ours or differences(theirs, ours[parameter], parameter)


def test_the_comparison_covers_all_86_tools() -> None:
    assert len(REFERENCE) == 86


def test_the_43_published_capabilities_are_ours() -> None:
    ours = {capability.name for capability in load_capabilities().values() if capability.origin == "paper"}
    assert ours == {*read("capability_to_tools.json")}
    assert ours - {*read("tool_capabilities.json")} == {"Cryptography.create_bitcoin_payment"}
    assert len(ours) == 43


def test_the_taxonomy_is_the_published_one() -> None:
    published = [(category, name) for category, names in read("harmful_categories.json").items() for name in names]
    assert [(entry.category, entry.name) for entry in load_taxonomy().values()] == published
    assert len(published) == 64


def test_all_published_chains_are_read() -> None:
    chains = load_reference_chains(Path(_FOLDER, "merged_tool_chains_cleaned.json"))
    assert len(chains) == 240
    assert len({chain.id for chain in chains}) == 240
    assert len({chain.steps for chain in chains}) == 161
    assert [sum(len(chain.steps) == length for chain in chains) for length in range(1, 6)] == [24, 30, 140, 44, 2]
