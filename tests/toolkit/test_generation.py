"""Generated tools do what their models do, under other names, and stand wherever the catalogue's own stand."""

import copy
import pickle
import subprocess
import sys
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given, settings

from agentalign_env.errors import DataFileError
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.plans import values_at
from agentalign_env.services import new_world
from agentalign_env.toolkit import words
from agentalign_env.toolkit.catalogue import ToolCatalogue, load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.toolkit.faces import FaceSpec
from agentalign_env.toolkit.generation import GeneratedTool, generate_tools
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import ToolCall
from tests.contract.sampling import arguments, entities

TOOLS = load_tools()
SOME = generate_tools(3, per_capability=2)
WORLD = new_world("small", 3)
CHAINS = [chain for chain in load_chains() if not chain.unsupported]
each_tool = pytest.mark.parametrize("name", SOME)
each_seed = pytest.mark.parametrize("seed", [0, 1, 2**62])


def made(name: str) -> tuple[GeneratedTool, Tool]:
    """A generated tool and its model."""
    tool = SOME[name]
    assert isinstance(tool, GeneratedTool)
    return tool, TOOLS[tool.model]


def with_effect(model: Tool) -> set[str]:
    """The model's parameters that a generated tool must have too."""
    return {
        name
        for name, parameter in model.parameters.items()
        if parameter.argument is not None or model.operation.options
    }


def renamed(model: Tool, tool: Tool, given_arguments: dict[str, Any]) -> dict[str, Any]:
    """The same arguments under the generated tool's names."""
    found = {}
    for name, value in given_arguments.items():
        argument = model.parameters[name].argument
        found[name if argument is None else tool.names[argument]] = value
    return found


@each_seed
@pytest.mark.parametrize("per_capability", [1, 3])
def test_there_are_new_tools_of_every_capability_and_none_has_a_known_name(seed: int, per_capability: int) -> None:
    tools = ToolCatalogue(generate_tools(seed, per_capability=per_capability))
    assert tools.capabilities == TOOLS.capabilities
    assert {len(tools.of(capability)) for capability in tools.capabilities} == {per_capability}
    assert not {*tools} & {*TOOLS}
    assert not {tool.provider for tool in tools.values()} & {tool.provider for tool in TOOLS.values()}


def test_a_seed_gives_one_set_of_tools_in_every_process_and_another_seed_another() -> None:
    source = "import orjson; from agentalign_env.toolkit.generation import generate_tools\n"
    source += "print(orjson.dumps([tool.openai_schema() for tool in generate_tools(5).values()]).decode())"
    seen = {
        subprocess.run(
            [sys.executable, "-c", source], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    here = [tool.openai_schema() for tool in generate_tools(5).values()]
    assert seen == {orjson.dumps(here).decode() + "\n"}
    assert generate_tools(5) is generate_tools(5)
    assert not {*generate_tools(5)} & {*generate_tools(6)}


@each_seed
def test_tools_of_one_provider_stay_with_one_provider(seed: int) -> None:
    providers = {(TOOLS[tool.model].provider, tool.provider) for tool in generate_tools(seed).values()}  # type: ignore[attr-defined]
    assert len({old for old, _ in providers}) == len({new for _, new in providers}) == len(providers)


@each_tool
def test_the_schema_is_valid_and_every_parameter_is_described(name: str) -> None:
    tool, _ = made(name)
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **tool.schema})
    assert tool.schema["additionalProperties"] is False
    assert len(tool.description.split()) > 2
    assert tool.provider in tool.description
    for parameter in tool.parameters.values():
        assert len(parameter.schema["description"].split()) > 1, parameter.name
        assert {"type", "anyOf", "enum"} & parameter.schema.keys(), parameter.name
        if "default" in parameter.schema:
            jsonschema_rs.validate(dict(parameter.schema), parameter.schema["default"])


@each_tool
def test_what_must_be_given_what_is_fixed_and_which_values_fit_is_as_before(name: str) -> None:
    tool, model = made(name)
    assert tool.operation is model.operation
    assert tool.pins == model.pins
    assert tool.required == {*renamed(model, tool, dict.fromkeys(model.required))}
    for old in with_effect(model):
        (new,) = renamed(model, tool, {old: None})
        before, after = ({**one.parameters[at].schema, "description": ""} for one, at in ((model, old), (tool, new)))
        assert after == before
        if model.parameters[old].argument is not None:
            assert new not in model.parameters


@each_tool
def test_the_rest_are_harmless_options(name: str) -> None:
    tool, model = made(name)
    others = {*tool.parameters} - {*renamed(model, tool, dict.fromkeys(with_effect(model)))}
    assert bool(others) != model.operation.options
    assert all(tool.parameters[other].argument is None for other in others)
    assert not others & tool.required


@each_tool
def test_a_description_tells_defaults_and_the_values_to_choose_from(name: str) -> None:
    tool, model = made(name)
    for old in with_effect(model):
        (new,) = renamed(model, tool, {old: None})
        schema = tool.parameters[new].schema
        assert all(str(value) in schema["description"] for value in schema.get("enum", ())), new
        default = schema.get("default", "")
        if isinstance(default, str | int | float):
            assert str(default).casefold() in schema["description"].casefold(), new


@each_tool
def test_no_description_speaks_of_parameters_or_tools_that_are_not_there(name: str) -> None:
    tool, model = made(name)
    texts = [tool.description, *(parameter.schema["description"] for parameter in tool.parameters.values())]
    spoken = {word.strip(".,;:()'") for text in texts for word in text.split()}
    gone = {old for old in model.parameters if "_" in old} - {*tool.parameters}
    schemas = [parameter.schema for parameter in model.parameters.values()]
    values = {value for one in schemas for value in (*one.get("enum", ()), *one.get("items", {}).get("enum", ()))}
    assert spoken & ({*TOOLS} | gone) - values == set()


@each_tool
def test_every_typed_value_of_the_result_is_found_where_the_path_says(name: str) -> None:
    tool, model = made(name)
    paths = {path: (model.result_path(path), tool.result_path(path)) for path in tool.operation.outputs}
    assert [path for path, (old, new) in paths.items() if (old is None) != (new is None)] == []
    found = [new for _, new in paths.values() if new is not None]
    assert len({*found}) == len(found)


@each_tool
def test_a_call_does_and_answers_what_the_model_does(name: str) -> None:
    tool, model = made(name)

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(arguments(model, entities(WORLD, model.pins)))
    def holds(drawn: dict[str, Any]) -> None:
        sample = {key: value for key, value in drawn.items() if key in with_effect(model)}
        old_world, new_world_ = WORLD.fork(), WORLD.fork()
        old = execute(old_world, {model.name: model}, ToolCall("1", model.name, sample))
        new = execute(new_world_, {name: tool}, ToolCall("1", name, renamed(model, tool, sample)))
        assert (new.code, new_world_.digest()) == (old.code, old_world.digest())
        if old.code:
            return
        assert new.value == old.value
        shown = [orjson.loads(result.content) for result in (old, new)]
        for path in tool.operation.outputs:
            before, after = model.result_path(path), tool.result_path(path)
            if before is not None and after is not None:
                assert values_at(shown[1], after) == values_at(shown[0], before)

    holds()


def test_a_generated_tool_is_the_same_after_a_copy_and_a_round_trip() -> None:
    for tool in SOME.values():
        assert copy.deepcopy(tool) is tool
        assert pickle.loads(pickle.dumps(tool)) is tool


@pytest.mark.parametrize("chain", CHAINS[::6], ids=lambda chain: chain.id)
def test_scenarios_are_built_and_verified_with_generated_tools(chain: Any) -> None:
    scenario = build_scenario(chain, seed=0, faces=7)
    assert {*scenario.tools} <= {*load_tools(7)} - {*TOOLS}
    assert scenario.verify().failures == ()
    assert not any(tool.provider in scenario.instruction for tool in TOOLS.values() if tool.name in scenario.chosen)


def test_a_table_of_words_that_is_wrong_is_refused_by_file_and_key(tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "generation.toml").write_text("prefixes = []\n", encoding="utf-8")
    monkeypatch.setattr(words, "data_root", lambda kind: tmp_path)
    words.load_words.cache_clear()
    try:
        with pytest.raises(DataFileError) as caught:
            words.load_words()
    finally:
        words.load_words.cache_clear()
    assert (caught.value.file, caught.value.key) == ("generation.toml", "prefixes")


def test_a_face_of_every_tool_of_the_catalogue_is_known() -> None:
    from agentalign_env.toolkit.generation import _specs

    assert {*_specs()} >= {*TOOLS}
    assert all(isinstance(spec, FaceSpec) for spec in _specs().values())
