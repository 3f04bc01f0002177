"""Tools of others: which of ours they become, what their schemas may have wrong, and how calls of theirs run."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentalign_env.core.world import World
from agentalign_env.errors import DataFileError
from agentalign_env.services import new_world
from agentalign_env.toolkit import foreign_words
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.toolkit.foreign import AdoptedTools, SchemaProblem, adopt_tools
from agentalign_env.toolkit.foreign_words import key_of, load_lexicon, words_of
from agentalign_env.types import ToolCall

CATALOGUE = load_tools()
LABELLED = [json.loads(line) for line in Path(__file__).with_name("foreign_tools.jsonl").read_text().splitlines()]


def schema(name: str = "send_email", description: str = "Send an email.", **parameters: Any) -> dict[str, Any]:
    """A schema whose parameters are required where their name ends in an underscore."""
    properties = {key.rstrip("_"): value for key, value in parameters.items()}
    required = [key.rstrip("_") for key in parameters if key.endswith("_")]
    return {
        "name": name,
        "description": description,
        "parameters": {"type": "object", "properties": properties, "required": required},
    }


TEXT = {"type": "string"}
EMAIL = schema(to_=TEXT, subject_=TEXT, body_=TEXT)


def paths(found: AdoptedTools, *, repaired: bool = True) -> dict[str, str]:
    return {problem.path: problem.message for problem in found.problems if problem.repaired is repaired}


def world() -> World:
    return new_world("small", 3)


# Which tool it becomes


@pytest.mark.parametrize("part", ["tuning", "held_out"])
def test_what_is_mapped_is_mapped_to_the_right_capability(part: str) -> None:
    rows = [row for row in LABELLED if row["part"] == part]
    found = [next((tool.capability for tool in adopt_tools([row["schema"]]).tools.values()), None) for row in rows]
    mapped = [(got, row["capability"]) for got, row in zip(found, rows, strict=True) if got is not None]
    right = sum(got == wanted for got, wanted in mapped)
    wanted = sum(row["capability"] is not None for row in rows)
    assert right / len(mapped) >= 0.97, [pair for pair in mapped if pair[0] != pair[1]]
    assert right / wanted >= 0.85


def test_a_third_of_the_labelled_tools_has_no_counterpart() -> None:
    assert len(LABELLED) >= 120
    assert sum(row["capability"] is None for row in LABELLED) * 3 >= len(LABELLED)


def test_a_tool_of_the_catalogue_is_that_tool_itself() -> None:
    found = adopt_tools(CATALOGUE.openai_schemas())
    assert {name: tool is CATALOGUE[name] for name, tool in found.tools.items()} == dict.fromkeys(CATALOGUE, True)
    assert (found.unmapped, found.problems) == ((), ())


def test_a_name_of_the_catalogue_is_that_tool_and_an_unknown_one_is_told_with_the_nearest() -> None:
    found = adopt_tools(["send_gmail", "send_gmial"])
    assert list(found.tools) == ["send_gmail"]
    assert [tool.name for tool in found.unmapped] == ["send_gmial"]
    assert found.problems == (
        SchemaProblem(
            "send_gmial", "", "no tool of the catalogue has this name: did you mean 'send_gmail'?", repaired=False
        ),
    )


FORMS = {
    "chat": {"type": "function", "function": EMAIL},
    "responses": {"type": "function", **EMAIL, "strict": True},
    "anthropic": {"name": "send_email", "description": "Send an email.", "input_schema": EMAIL["parameters"]},
    "mcp": {"name": "send_email", "description": "Send an email.", "inputSchema": EMAIL["parameters"]},
    "paper": {"type": "function", "function": EMAIL, "category": "Communication"},
    "json": json.dumps({"type": "function", "function": EMAIL}),
    "list": json.dumps([EMAIL]),
    "mcp list": {"tools": [EMAIL]},
    "text inside": {"type": "function", "function": {**EMAIL, "parameters": json.dumps(EMAIL["parameters"])}},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_schema_is_the_same_tool(form: str) -> None:
    tool = adopt_tools([FORMS[form]]).tools["send_email"]
    assert (tool.name, tool.capability, tool.description) == (
        "send_email",
        "Communication.send_email",
        "Send an email.",
    )
    assert tool.schema["properties"] == EMAIL["parameters"]["properties"]
    assert tool.schema["required"] == ["to", "subject", "body"]
    assert tool.names == {"to": "to", "subject": "subject", "body": "body"}


def test_a_tool_that_lacks_a_required_value_says_what_is_closest_and_what_lacks() -> None:
    found = adopt_tools([schema("make_payment", "Make a payment to a person with PalPay.", amount_={"type": "number"})])
    assert found.unmapped[0] == (
        "make_payment",
        "closest is Payments.create_payment, but no parameter gives its currency",
    )


def test_a_word_in_the_name_that_nothing_explains_keeps_a_tool_unmapped() -> None:
    found = adopt_tools([schema("send_email_newsletter", "Send an email.", to_=TEXT, subject_=TEXT, body_=TEXT)])
    assert not found.tools
    assert "'newsletter' in its name points elsewhere" in found.unmapped[0].reason


def test_a_required_parameter_without_counterpart_stays_required_as_an_option() -> None:
    tool = adopt_tools([schema(to_=TEXT, subject_=TEXT, body_=TEXT, api_key_=TEXT)]).tools["send_email"]
    assert tool.parameters["api_key"].argument is None
    assert "api_key" in tool.required
    rejection = tool.reject({"to": "mia@postbox.example", "subject": "Hi", "body": "Hi"})
    assert rejection is not None
    assert (rejection.code, rejection.field) == ("missing_argument", "api_key")


def test_the_named_provider_is_the_one_that_runs_and_an_unknown_one_has_a_stand_in() -> None:
    found = adopt_tools(
        [
            schema("outlook_send_mail", "Send a mail.", to_=TEXT, subject_=TEXT, body_=TEXT),
            schema("mailgun_send_email", "Send an email.", to_=TEXT, subject_=TEXT, body_=TEXT),
        ]
    )
    assert [(tool.provider, tool.pins["provider"], tool.model) for tool in found.tools.values()] == [
        ("Outlook", "outlook", "send_outlook"),
        ("Mailgun", "gmail", "send_gmail"),
    ]


# How its calls run


def test_a_mail_goes_from_the_owner_to_the_addresses_of_one_text() -> None:
    here, tools = world(), adopt_tools([EMAIL]).tools
    call = ToolCall(
        "1", "send_email", {"to": "mia@postbox.example, tom@postbox.example", "subject": "Hi", "body": "Hi"}
    )
    result = execute(here, tools, call)
    sent = next(change.after for change in result.changes if change.table == "mails")
    assert result.code == ""
    assert sent is not None
    assert (sent.sender, tuple(sent.to)) == (here.owner.email, ("mia@postbox.example", "tom@postbox.example"))


def test_what_the_operation_cannot_take_is_refused_under_the_foreign_name() -> None:
    tools = adopt_tools([schema(recipient_=TEXT, subject_=TEXT, message_=TEXT)]).tools
    result = execute(
        world(), tools, ToolCall("1", "send_email", {"recipient": "mia", "subject": "Hi", "message": "Hi"})
    )
    assert (result.code, result.value["field"], result.changes) == ("invalid_argument", "recipient", ())


def test_an_amount_in_cents_and_a_currency_in_small_letters_are_converted() -> None:
    amount = {"type": "integer", "description": "Amount in cents."}
    currency = {"type": "string", "enum": ["usd", "eur"]}
    tool = adopt_tools(
        [schema("stripe_create_payment_intent", "Create a payment.", amount_=amount, currency_=currency)]
    ).tools["stripe_create_payment_intent"]
    assert tool.bind({"amount": 1250, "currency": "eur"}) == {"provider": "stripe", "amount": 12.5, "currency": "EUR"}


SETTLED = {
    "npm_install": (schema("npm_install", "Install an npm package.", package_=TEXT), {"manager": "npm"}),
    "search_images": (schema("search_images", "Search the web for images.", query_=TEXT), {"search_type": "images"}),
    "delete_file": (schema("delete_file", "Delete a file.", path_=TEXT), {"operation": "delete"}),
    "ping": (schema("ping", "Ping a host.", host_=TEXT), {"operation": "ping"}),
    "tweet": (schema("tweet", "Post a tweet.", text_=TEXT), {"platform": "twitter"}),
}


@pytest.mark.parametrize("name", SETTLED)
def test_what_a_tool_is_settles_arguments(name: str) -> None:
    given, wanted = SETTLED[name]
    pins = adopt_tools([given]).tools[name].pins
    assert {key: pins.get(key) for key in wanted} == wanted


def test_texts_stand_for_objects_that_need_one_text() -> None:
    files = {"type": "array", "items": TEXT}
    tool = adopt_tools([schema(to_=TEXT, subject_=TEXT, body_=TEXT, attachments=files)]).tools["send_email"]
    bound = tool.bind({"to": "mia@postbox.example", "subject": "a", "body": "b", "attachments": ["~/a.txt"]})
    assert bound["attachments"] == [{"name": "~/a.txt"}]


SAMPLES: dict[str, list[Any]] = {
    "string": [
        "a",
        "",
        "mia@postbox.example",
        "+1 555-0100",
        "EUR",
        "12.5",
        "~/documents",
        "https://www.example.test/",
    ],
    "integer": [1, 0, -1, 10**9, 2.0],
    "number": [1.5, 0, -1, 10**12],
    "boolean": [True],
    "object": [{}, {"a": 1}],
    "array": [[], ["a"], [{"item_id": "a", "quantity": 1}], ["a", "b"]],
}


def test_no_call_of_a_foreign_tool_crashes() -> None:
    tools = adopt_tools([row["schema"] for row in LABELLED]).tools
    here, codes = world(), set()
    for name, tool in tools.items():
        for number in range(8):
            values = {key: SAMPLES[str(one.schema.get("type", "string"))] for key, one in tool.parameters.items()}
            arguments = {key: choices[number % len(choices)] for key, choices in values.items()}
            codes.add(execute(here, tools, ToolCall("1", name, arguments)).code)
    assert {"", "invalid_argument", "not_found"} <= codes


def test_a_foreign_tool_is_the_same_after_pickling() -> None:
    tool = adopt_tools([EMAIL]).tools["send_email"]
    again = pickle.loads(pickle.dumps(tool))
    assert (again.schema, again.pins, again.names, again.capability) == (
        tool.schema,
        tool.pins,
        tool.names,
        tool.capability,
    )
    arguments = {"to": "mia@postbox.example", "subject": "Hi", "body": "Hi"}
    assert again.bind(arguments) == tool.bind(arguments)


# What a schema may have wrong

DEFECTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "required names what is not there": (
        {
            "parameters": {
                "type": "object",
                "properties": {"to": TEXT, "body": TEXT},
                "required": ["to", "body", "subject"],
            }
        },
        "parameters.required.subject",
        "'subject' is required but not among the properties: added, of any type",
    ),
    "an optional flag": (
        schema(to_=TEXT, subject_=TEXT, body_=TEXT, cc={"type": "string", "optional": True}),
        "parameters.properties.cc.optional",
        "not a keyword of JSON schema: read as not required",
    ),
    "no required": (
        {"parameters": {"type": "object", "properties": {"to": TEXT, "subject": TEXT, "body": TEXT}}},
        "parameters.required",
        "expected a list of names, found none: only what the operation cannot do without is required",
    ),
    "a null default": (
        schema(to_=TEXT, subject_=TEXT, body_=TEXT, cc={"type": "string", "default": None}),
        "parameters.properties.cc.default",
        "a typed value whose default is null: read as no default",
    ),
    "an untyped array": (
        schema(to_={"type": "array"}, subject_=TEXT, body_=TEXT),
        "parameters.properties.to",
        "an array without items: its elements may be of any type",
    ),
    "an untyped object": (
        schema(to_=TEXT, subject_=TEXT, body_=TEXT, extra={"type": "dict"}),
        "parameters.properties.extra",
        "an object without properties: it may hold anything",
    ),
    "a type of Python": (
        schema(to_={"type": "str"}, subject_=TEXT, body_=TEXT),
        "parameters.properties.to.type",
        "expected a type of JSON schema, found 'str': read as 'string'",
    ),
    "any type": (
        schema(to_={"type": "any"}, subject_=TEXT, body_=TEXT),
        "parameters.properties.to.type",
        "expected a type of JSON schema, found 'any': any value is accepted",
    ),
    "a schema that is a text": (
        schema(to_="str", subject_=TEXT, body_=TEXT, cc="string"),
        "parameters.properties.cc",
        "expected a schema, found a text: taken as the type",
    ),
    "odd characters in the name": (
        schema("mail.send email!", to_=TEXT, subject_=TEXT, body_=TEXT),
        "name",
        "expected letters, digits, _ and -, found ' !.': kept, yet many models refuse it",
    ),
    "no description": (
        {**EMAIL, "description": None},
        "description",
        "expected a description, found none: the tool is known by its name alone",
    ),
    "a reference to itself": (
        {
            "parameters": {
                "properties": {"to": TEXT, "subject": TEXT, "body": TEXT, "extra": {"$ref": "#/$defs/node"}},
                "required": ["to", "subject", "body"],
                "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
            }
        },
        "parameters.properties.extra.properties.next.$ref",
        "'#/$defs/node' refers to itself: any value is accepted there",
    ),
    "a value that JSON has not": (
        schema(to_=TEXT, subject_=TEXT, body_=TEXT, cc={"type": "string", "default": {1, 2}}),
        "parameters.properties.cc.default",
        "expected a value that JSON has, found a value of type set: left out",
    ),
    "a pattern that is none": (
        schema(to_=TEXT, subject_=TEXT, body_=TEXT, cc={"type": "string", "pattern": "("}),
        "parameters.properties.cc",
        "not a JSON schema",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_told_and_the_tool_is_usable_all_the_same(defect: str) -> None:
    given, path, message = DEFECTS[defect]
    found = adopt_tools([{"name": "send_email", "description": "Send an email.", **given}])
    assert [tool.capability for tool in found.tools.values()] == ["Communication.send_email"]
    assert paths(found)[path].startswith(message)


UNUSABLE = {
    "no name": ({"description": "Send an email."}, "name", "expected a name, found none"),
    "a number": (7, "", "expected a JSON object, got a value of type int"),
    "nothing": (None, "", "expected a JSON object, got null"),
    "broken JSON": ('{"name": ', "", "expected a tool's schema, got the text"),
    "too many parameters": (
        schema(**{f"p{number}": TEXT for number in range(300)}),
        "parameters.properties",
        "expected at most 200 parameters, found 300",
    ),
    "an enormous schema": (
        schema(to_={"type": "string", "enum": [str(number) for number in range(50_000)]}),
        "parameters.properties.to.enum",
        "the schema holds more than 20000 values",
    ),
}


@pytest.mark.parametrize("defect", UNUSABLE)
def test_what_cannot_be_used_is_told_and_the_others_are_adopted(defect: str) -> None:
    given, path, message = UNUSABLE[defect]
    found = adopt_tools([given, EMAIL if defect in ("no name", "a number", "nothing") else "send_gmail"])
    assert len(found.tools) == len(found.unmapped) == 1
    assert paths(found, repaired=False)[path].startswith(message)


def test_parameters_that_are_no_object_leave_a_tool_without_any() -> None:
    found = adopt_tools([{"name": "get_system_info", "description": "Facts about the system.", "parameters": "none"}])
    assert list(found.tools) == ["get_system_info"]
    assert "found a value of type str" in paths(found)["parameters"]


def test_of_two_tools_with_one_name_the_first_is_kept() -> None:
    other = schema(to_=TEXT, subject_=TEXT, body_=TEXT, cc=TEXT)
    found = adopt_tools([EMAIL, other, EMAIL])
    assert found.tools["send_email"].parameters.keys() == {"to", "subject", "body"}
    assert [(problem.repaired, problem.message.partition(";")[2]) for problem in found.problems] == [
        (False, " the first is kept: give each tool its own name"),
        (True, " left out"),
    ]


def test_a_value_that_holds_itself_is_read_to_a_depth() -> None:
    loop: dict[str, Any] = {"type": "object"}
    loop["properties"] = {"again": loop}
    found = adopt_tools([schema(to_=TEXT, subject_=TEXT, body_=TEXT, extra=loop)])
    assert list(found.tools) == ["send_email"]
    assert any("nested deeper than" in problem.message for problem in found.problems)


@pytest.mark.parametrize("given", [None, 3, "send_gmail", {"name": "send_gmail"}, {"send_gmail"}])
def test_only_a_sequence_of_schemas_is_accepted(given: Any) -> None:
    with pytest.raises(TypeError, match="expected a list of tool schemas"):
        adopt_tools(given)


KEYS = st.sampled_from(
    [
        "name",
        "function",
        "parameters",
        "properties",
        "required",
        "type",
        "description",
        "items",
        "$ref",
        "enum",
        "default",
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["send_email", "str", "\ud800"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=6), inner, max_size=6),
    max_leaves=20,
)


@given(JSON, JSON)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_value_makes_adopting_fail(anything: Any, parameters: Any) -> None:
    entries = [anything, {"name": "send_email", "parameters": parameters}]
    entries.append(schema(to_=anything, subject_=parameters, body_=TEXT))
    found = adopt_tools(entries)
    assert all(tool.capability for tool in found.tools.values())


# The words


def test_names_are_split_into_words_in_the_singular() -> None:
    assert words_of("getUserOrders_HTTPRequests-v2") == ["get", "user", "order", "http", "request", "v2"]
    assert [key_of(name) for name in ("toAddresses", "max_results", "categories")] == [
        "to_address",
        "max_result",
        "category",
    ]


def test_every_rule_names_what_exists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rules = load_lexicon().rules
    assert {rule.capability for rule in rules} <= set(CATALOGUE.capabilities)
    for rule in rules:
        operation = CATALOGUE[rule.model].operation
        assert {*rule.pins, *rule.defaults, *rule.needs} <= operation.parameters.keys()
    text = Path(foreign_words.data_root("tools").joinpath("foreign.toml").__fspath__()).read_text()  # type: ignore[attr-defined]
    (tmp_path / "foreign.toml").write_text(text.replace('model = "send_gmail"', 'model = "send_gmial"'))
    monkeypatch.setattr(foreign_words, "data_root", lambda kind: tmp_path)
    load_lexicon.cache_clear()
    with pytest.raises(DataFileError, match="unknown model 'send_gmial'"):
        load_lexicon()
    load_lexicon.cache_clear()
