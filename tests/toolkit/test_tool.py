"""A tool: what it refuses and in which words, how it fills arguments in, how it shapes what an operation answers."""

import copy
import json
import pickle
from collections.abc import Iterator
from itertools import count
from typing import Annotated, Any, Literal, NotRequired, Required, get_args, get_origin, get_type_hints

import pytest
from pydantic import Field
from typing_extensions import TypedDict, is_typeddict

from agentalign_env.core.operation import Operation
from agentalign_env.core.semantics import Tag, Title
from agentalign_env.core.world import World
from agentalign_env.scenarios.plans import values_at
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.faces import FaceSpec
from agentalign_env.toolkit.tool import Rejection, Tool

TOOLS = load_tools()


class Line(TypedDict):
    tag: Tag
    at: NotRequired[str]


class Answer(TypedDict):
    title: Title
    lines: list[Line]
    first: NotRequired[Line]
    words: list[Tag]


def note(
    world: World,
    *,
    title: Title,
    size: Annotated[int, Field(ge=1, le=9)] = 3,
    tags: Annotated[list[Tag], Field(max_length=2)] | None = None,
    ratio: float = 1.0,
    kind: Literal["long", "short"] = "long",
    provider: str = "",
    options: dict[str, Any] | None = None,
) -> Answer:
    """Notes."""
    raise NotImplementedError


NOTE = Operation("Communication.send_email", note, (), (), "title")


def tool_of(**changed: Any) -> Tool:
    face = {
        "name": "note_it",
        "capability": "Communication.send_email",
        "description": "Note it down.",
        "pins": {"provider": "pad"},
        "parameters": {
            "name": {"argument": "title", "description": "Title."},
            "size": {"description": "Size.", "default": 5},
            "tags": {"description": "Tags."},
            "ratio": {"description": "Ratio."},
            "kind": {"description": "Kind."},
            "pages": {"option": {"type": "integer"}, "description": "Pages."},
        },
        **changed,
    }
    return Tool(FaceSpec.model_validate(face), "Pad", NOTE)


@pytest.mark.parametrize(
    ("arguments", "code", "field", "words"),
    [
        ({}, "missing_argument", "name", ["note_it needs 'name'", "string length >= 1 length <= 200", "not given"]),
        (
            {"name": "x", "nmae": 1},
            "unknown_argument",
            "nmae",
            ["no argument 'nmae'", "name, size, tags, ratio, kind, pages"],
        ),
        ({"name": 7}, "invalid_argument", "name", ["name: expected string", "got 7"]),
        ({"name": ""}, "invalid_argument", "name", ["length >= 1"]),
        ({"name": "x", "size": 12}, "invalid_argument", "size", ["expected integer >= 1 <= 9", "12"]),
        ({"name": "x", "size": 2.5}, "invalid_argument", "size", ["expected integer", "2.5"]),
        ({"name": "x", "size": True}, "invalid_argument", "size", ["expected integer", "true"]),
        ({"name": "x", "size": "3"}, "invalid_argument", "size", ["expected integer", '"3"']),
        ({"name": "x", "kind": "wide"}, "invalid_argument", "kind", ["one of long, short", '"wide"']),
        ({"name": "x", "tags": ["a", 5]}, "invalid_argument", "tags.1", ["tags.1: expected array of string", "5"]),
        ({"name": "x", "tags": ["a"] * 3}, "invalid_argument", "tags", ["items <= 2"]),
    ],
)
def test_a_refusal_names_the_field_what_was_expected_and_what_was_found(
    arguments: dict[str, Any], code: str, field: str, words: list[str]
) -> None:
    rejection = tool_of().reject(arguments)
    assert isinstance(rejection, Rejection)
    assert (rejection.code, rejection.field) == (code, field)
    assert [word for word in words if word not in rejection.message] == []


def test_a_refusal_does_not_repeat_a_long_value_in_full() -> None:
    rejection = tool_of().reject({"name": ["x" * 50_000]})
    assert rejection is not None
    assert len(rejection.message) < 600


def test_arguments_are_renamed_and_filled_in() -> None:
    tool = tool_of()
    assert tool.reject({"name": "x"}) is None
    assert tool.bind({"name": "x"}) == {"title": "x", "size": 5, "provider": "pad", "options": {}}
    assert tool.bind({"name": "x", "kind": "short", "pages": 2}) == {
        "title": "x",
        "size": 5,
        "kind": "short",
        "provider": "pad",
        "options": {"pages": 2},
    }


def test_a_whole_number_written_as_a_float_is_taken_as_an_integer() -> None:
    tool = tool_of()
    arguments = {"name": "x", "size": 4.0, "ratio": 2, "pages": 6.0}
    assert tool.reject(arguments) is None
    bound = tool.bind(arguments)
    assert (bound["size"], type(bound["size"])) == (4, int)
    assert (bound["options"], type(bound["options"]["pages"])) == ({"pages": 6}, int)


def test_a_whole_number_inside_an_argument_is_taken_as_an_integer_too() -> None:
    schema = {
        "type": "object",
        "properties": {"range": {"type": "array", "items": {"type": "integer"}}, "ratio": {"type": "number"}},
    }
    tool = tool_of(
        parameters={
            "name": {"argument": "title", "description": "Title."},
            "pages": {"option": schema, "description": "."},
        }
    )
    pages = tool.bind({"name": "x", "pages": {"range": [1.0, 2], "ratio": 1.0}})["options"]["pages"]
    assert repr(pages) == "{'range': [1, 2], 'ratio': 1.0}"


def test_a_null_stands_for_an_optional_argument_that_is_not_given() -> None:
    tool = tool_of()
    arguments = {"name": "x", "size": None, "tags": None, "pages": None}
    assert tool.reject(arguments) is None
    assert tool.bind(arguments) == tool.bind({"name": "x"})


def test_a_null_does_not_stand_for_a_required_argument() -> None:
    rejection = tool_of().reject({"name": None})
    assert rejection is not None
    assert rejection.field == "name"


def test_binding_does_not_keep_what_an_earlier_call_gave() -> None:
    tool = tool_of()
    tool.bind({"name": "x", "pages": 2, "tags": ["a"]})
    assert tool.bind({"name": "y"}) == {"title": "y", "size": 5, "provider": "pad", "options": {}}


ANSWER: dict[str, Any] = {"title": "T", "lines": [{"tag": "a"}, {"tag": "b", "at": "now"}], "words": ["w"]}


@pytest.mark.parametrize(
    ("result", "shaped"),
    [
        ({}, ANSWER),
        ({"name": "title", "start": "first"}, {"name": "T"}),
        ({"items": "lines"}, {"items": ANSWER["lines"]}),
        (
            {"items": {"from": "lines", "items": {"label": "tag", "time": "at"}}, "q": "title"},
            {"items": [{"label": "a"}, {"label": "b", "time": "now"}], "q": "T"},
        ),
        ({"top": {"from": "first", "items": {"label": "tag"}}}, {}),
    ],
)
def test_a_result_is_shaped_as_the_face_says(result: dict[str, Any], shaped: dict[str, Any]) -> None:
    assert tool_of(result=result).shape(ANSWER) == shaped
    assert list(tool_of(result=result).shape(ANSWER)) == list(shaped)


def test_an_object_in_a_result_is_shaped_too() -> None:
    tool = tool_of(result={"top": {"from": "first", "items": {"label": "tag"}}})
    assert tool.shape({**ANSWER, "first": {"tag": "z", "at": "now"}}) == {"top": {"label": "z"}}
    assert tool.result_path("first.tag") == "top.label"
    assert tool.result_path("title") is None


def made_up(hint: Any, numbers: Iterator[int]) -> Any:
    """A value of this type in which every leaf is different."""
    while get_origin(hint) in (Annotated, Required, NotRequired):
        hint = get_args(hint)[0]
    if is_typeddict(hint):
        return {name: made_up(part, numbers) for name, part in get_type_hints(hint, include_extras=True).items()}
    if get_origin(hint) in (list, tuple):
        return [made_up(get_args(hint)[0], numbers), made_up(get_args(hint)[0], numbers)]
    if get_origin(hint) is not None and get_origin(hint) not in (dict, Literal):
        return made_up(next(part for part in get_args(hint) if part is not type(None)), numbers)
    return f"value {next(numbers)}"


def answer_of(tool: Tool) -> dict[str, Any]:
    answer = made_up(get_type_hints(tool.operation.run, include_extras=True)["return"], count())
    assert isinstance(answer, dict)
    return answer


def without(hint: Any, answer: Any) -> Any:
    """The answer without the keys that its type lets be absent."""
    while get_origin(hint) in (Annotated, Required, NotRequired):
        hint = get_args(hint)[0]
    if is_typeddict(hint):
        hints = get_type_hints(hint, include_extras=True)
        certain = [name for name in answer if hint.__total__ and get_origin(hints[name]) is not NotRequired]
        return {name: without(hints[name], answer[name]) for name in certain}
    return [without(get_args(hint)[0], item) for item in answer] if get_origin(hint) is list else answer


def reshaped(tool: Tool, answer: dict[str, Any]) -> dict[str, Any]:
    """The provider's shape of an answer, key by key."""
    shaped: dict[str, Any] = {}
    for name, spec in (tool._result or {name: name for name in answer}).items():
        source = spec if isinstance(spec, str) else spec.source
        if source not in answer:
            continue
        value = answer[source]
        if not isinstance(spec, str):
            made = [
                {inner: item[key] for inner, key in spec.items.items() if key in item}
                for item in (value if isinstance(value, list) else [value])
            ]
            value = made if isinstance(value, list) else made[0]
        shaped[name] = value
    return shaped


@pytest.mark.parametrize("name", TOOLS.names)
def test_a_shape_has_what_the_answer_has_in_the_order_of_the_face(name: str) -> None:
    tool = TOOLS[name]
    whole = answer_of(tool)
    bare = without(get_type_hints(tool.operation.run, include_extras=True)["return"], whole)
    for answer in (whole, bare):
        assert json.dumps(tool.shape(answer)) == json.dumps(reshaped(tool, answer))


@pytest.mark.parametrize("name", TOOLS.names)
def test_every_typed_value_is_where_the_tool_says_it_is(name: str) -> None:
    tool = TOOLS[name]
    answer = answer_of(tool)
    shaped = tool.shape(answer)
    for path in tool.operation.outputs:
        place = tool.result_path(path)
        if place is not None:
            assert values_at(shaped, place) == values_at(answer, path) != [], (path, place)


@pytest.mark.parametrize("name", TOOLS.names)
def test_every_tool_shows_what_it_made_or_found(name: str) -> None:
    tool = TOOLS[name]
    place = tool.result_path(tool.operation.identifies)
    assert place is not None
    assert values_at(tool.shape(answer_of(tool)), place) == values_at(answer_of(tool), tool.operation.identifies)


@pytest.mark.parametrize("name", TOOLS.names)
def test_every_field_of_a_result_has_a_source(name: str) -> None:
    tool = TOOLS[name]
    answer, declared = answer_of(tool), tool._result
    missing = []
    for field, spec in declared.items():
        if isinstance(spec, str):
            missing += [] if spec in answer else [(field, spec)]
        else:
            rows = answer.get(spec.source, {})
            row = rows[0] if isinstance(rows, list) else rows
            missing += [(field, source) for source in spec.items.values() if source not in row]
    assert missing == []


@pytest.mark.parametrize("name", TOOLS.names)
def test_a_tool_pickles_and_copies_as_itself(name: str) -> None:
    assert pickle.loads(pickle.dumps(TOOLS[name])) is TOOLS[name]
    assert copy.deepcopy(TOOLS[name]) is TOOLS[name]
