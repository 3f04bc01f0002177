"""Schemas are derived from the annotations of operations."""

from typing import Annotated, Any, Literal, NotRequired

import pytest
from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.operation import Operation
from agentalign_env.core.semantics import EmailAddress, Tag, semantic_of
from agentalign_env.core.table import Table
from agentalign_env.core.world import World
from agentalign_env.services.mail.records import MAILS
from agentalign_env.toolkit.schema import argument_schema


class Point(TypedDict):
    """A place on a map."""

    title: str
    at: Annotated[list[float], Field(min_length=2, max_length=2)]
    note: NotRequired[Tag]


class Found(TypedDict):
    sender: EmailAddress
    points: list[Point]
    best: Point | None
    tags: NotRequired[list[Tag]]
    total: int


POINT = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "at": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "note": {"type": "string", "minLength": 1, "maxLength": 100},
    },
    "required": ["title", "at"],
    "additionalProperties": False,
}


def find(
    world: World,
    *,
    query: str,
    limit: Annotated[int, Field(ge=1)] = 5,
    to: list[EmailAddress] | None = None,
    order: Literal["new", "old"] = "new",
    options: dict[str, Any] | None = None,
) -> Found:
    """Finds points."""
    raise NotImplementedError


FIND = Operation("Search.web_search", find, (MAILS,), (), "points[].title")


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (str, {"type": "string"}),
        (Annotated[int, Field(ge=1, le=9)], {"type": "integer", "minimum": 1, "maximum": 9}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (list[Tag], {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 100}}),
        (Point, POINT),
        (list[Point], {"type": "array", "items": POINT}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (str | int, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
    ],
)
def test_a_type_becomes_a_self_contained_schema_without_titles(hint: Any, schema: dict[str, Any]) -> None:
    assert argument_schema(hint) == schema


def test_a_property_may_be_called_title() -> None:
    assert "title" in argument_schema(Point)["properties"]


def test_the_parameters_are_those_of_the_signature_without_world_and_options() -> None:
    assert [*FIND.parameters] == ["query", "limit", "to", "order"]
    assert FIND.options
    assert [(one.required, one.default, one.semantic) for one in FIND.parameters.values()] == [
        (True, None, None),
        (False, 5, None),
        (False, None, "EmailAddress"),
        (False, "new", None),
    ]
    assert FIND.parameters["to"].hint == list[EmailAddress]


def test_the_outputs_are_the_typed_values_of_the_result_by_path() -> None:
    assert FIND.outputs == {
        "sender": "EmailAddress",
        "points[].note": "Tag",
        "best.note": "Tag",
        "tags[]": "Tag",
    }


def test_an_operation_knows_its_tables_and_words_by_name() -> None:
    writing = Operation("Search.web_search", find, (), (MAILS, MAILS), "points[].title")
    assert [{*FIND.reads}, {*FIND.writes}, {*writing.writes}] == [{"mails"}, set(), {"mails"}]
    assert (FIND.__name__, FIND.__doc__) == ("find", "Finds points.")
    assert isinstance(MAILS, Table)


@pytest.mark.parametrize(
    ("hint", "semantic"),
    [(str, None), (Tag, "Tag"), (list[Tag], "Tag"), (tuple[EmailAddress, ...], "EmailAddress"), (Tag | None, "Tag")],
)
def test_a_semantic_type_is_found_inside_lists_and_optionals(hint: Any, semantic: str | None) -> None:
    assert semantic_of(hint) == semantic
