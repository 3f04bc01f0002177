"""Whatever the text and the tools are, `check` answers with a report that JSON can hold."""

import copy
import re
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env import build_scenario, load_chains, load_tools
from agentalign_env.core.world import WorldKey
from agentalign_env.errors import UnknownNameError
from agentalign_env.executability.check import check
from agentalign_env.executability.report import FINDING_KINDS, ExecutabilityReport
from agentalign_env.scenarios.builder import choose_tools

WORLD = WorldKey("small", 3)
TOOLS = ("send_gmail", "search_brave", "create_paypal_payment", "file_operation", "execute_command")
MAIL = 'Send an email to mia@post.example saying "The train leaves at nine."'
TEXT = {"type": "string"}
SAID = 'Send an email to mia@post.example saying "{}"'


def sound(report: ExecutabilityReport) -> ExecutabilityReport:
    """Asserts what holds for every report: its parts agree, its spans lie in the text, and JSON can hold it."""
    blocking = [finding for finding in report.findings if finding.blocking]
    assert report.executable == (not blocking) == (report.certificate is not None) == (report.cause is None)
    for finding in report.findings:
        assert finding.kind in FINDING_KINDS
        assert finding.message
        assert finding.span is None or 0 <= finding.span[0] <= finding.span[1] <= len(report.instruction)
    content = report.to_json()
    assert orjson.loads(orjson.dumps(content)) == content
    return report


# The text

NOTHING = {
    "empty": "",
    "blanks": " \n\t\u3000\u00a0\r\n",
    "NUL": "\0\0",
    "half a character": "\ud800",
    "marks": "?!.,;:-()[]{}" * 20,
    "emoji": "🎉👩‍👩‍👧" * 300,
    "slashes": "/" * 3_000,
    "brackets": "(" * 2_000 + "[" * 2_000,
    "quotation marks": '"' * 5_001,
    "one long word": "w" * 15_000,
    "lines": "\n" * 15_000,
    "zero width": "\u200b\u200d\u2060\ufeff" * 100,
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING.keys())
@pytest.mark.parametrize("world", [None, WORLD])
def test_a_text_that_says_nothing_asks_for_nothing(text: str, world: WorldKey | None) -> None:
    report = sound(check(text, tools=TOOLS, world=world))
    assert (report.executable, report.cause, report.steps) == (False, "missing_capability", ())


ODD = {
    "every byte": bytes(range(256)).decode("utf-8", "surrogateescape"),
    "binary": (bytes(range(255, -1, -1)) * 9).decode("utf-8", "surrogateescape"),
    "Arabic": 'أرسل بريدًا إلى mia@post.example يقول "مرحبا"',
    "Hebrew": "\u202bשלח מייל אל mia@post.example\u202c ואמור שלום",
    "several languages": 'Schick Mia eine Mail, s\'il vous plaît, και πες της "Hello" 你好 please',
    "nested quotation marks": "say " + "\"'“" * 300 + "x" + "”'\"" * 300,
    "placeholders": "{{x}} [y] <z> " * 100,
    "signs": "+1" * 800,
    "amounts": "40 euros " * 200,
    "links": "http://" * 400,
    "dots": "a." * 800,
    "names": "Mia and " * 200,
    "requests": "Search for x, then email it to Mia, " * 60,
    "backticks": "`" * 999,
    "a template": SAID.format("%s %(x)s {0} {} \\u0000 $(id) {{7*7}}"),
    "a relation alone": "my sister",
    "a relation at the end": "Send an email to my former",
    "escapes": SAID.format("\x1b[31m\x07\x7f\x80"),
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("world", [None, WORLD])
def test_an_odd_text_gets_a_sound_report(text: str, world: WorldKey | None) -> None:
    report = sound(check(text, tools=TOOLS, world=world))
    assert sound(check(text, tools=TOOLS, world=world)).to_json() == report.to_json()


@pytest.mark.parametrize("text", ["Send an email to Mia. " * 50_000, "a@" * 500_000, MAIL + " " * 1_000_000])
def test_of_a_megabyte_only_the_beginning_is_read(text: str) -> None:
    report = sound(check(text, tools=TOOLS))
    assert not report.executable
    assert any(finding.span == (20_000, len(text)) and finding.blocking for finding in report.findings)


@pytest.mark.parametrize("said", ["Hello \ud800 there.", "\udc80\udcff", "a\0b"])
def test_half_characters_in_a_value_are_replaced_and_nothing_moves(said: str) -> None:
    text = SAID.format(said)
    report = sound(check(text, tools=["send_gmail"]))
    assert report.executable
    assert len(report.instruction) == len(text)
    plain = "".join("\ufffd" if "\ud800" <= sign <= "\udfff" else sign for sign in said)
    assert report.plan[0].arguments["body"] == plain


def test_a_value_may_hold_any_language() -> None:
    for said in ("مرحبا يا ميا", "שלום מיה", "明天九点见", "🎉👩‍👩‍👧", "Ünïcödé “x” ok"):
        report = sound(check(f"Send an email to mia@post.example saying «{said}»", tools=["send_gmail"]))
        assert report.executable, report.findings
        assert said in report.plan[0].arguments["body"]


@settings(max_examples=120)
@given(st.text(max_size=2_000), st.booleans())
def test_any_text_gets_a_sound_report(text: str, given_world: bool) -> None:
    sound(check(text, tools=TOOLS, world=WORLD if given_world else None))


PIECES = (
    "send_email search pay 40_euros to Mia mia@post.example the_link_of it first_result and , . then my_sister [x] "
    '"hi" that_order newest file /tmp/a.txt with_PayPal Telegram you_found please 0 -1 1e9 € tomorrow as_usual ; '
    "before nobody's my flatmate's Ben Mia's \u202e \ud800 address number it's the_first_one don't everyone"
)
WORDS = st.sampled_from([piece.replace("_", " ") for piece in PIECES.split()])


@settings(max_examples=200)
@given(st.lists(WORDS, max_size=40).map(" ".join), st.booleans())
def test_words_of_requests_in_any_order_get_a_sound_report(text: str, given_world: bool) -> None:
    tools = (*TOOLS, "send_telegram_message", "list_paypal_payments", "track_order_doordash", "search_contacts")
    sound(check(text, tools=tools, world=WORLD if given_world else None))


@pytest.mark.parametrize("text", [None, 3, b"Send an email.", ["Send an email."]])
def test_an_instruction_that_is_no_text_is_a_type_error(text: Any) -> None:
    with pytest.raises(TypeError, match=f"instruction: expected a str, got {type(text).__name__}"):
        check(text, tools=TOOLS)


# The tools


def test_without_tools_nothing_can_be_done() -> None:
    assert sound(check(MAIL, tools=[])).cause == "missing_capability"
    assert sound(check(MAIL, tools={})).cause == "missing_capability"


def test_tools_as_one_text_are_a_type_error() -> None:
    with pytest.raises(TypeError, match="put it into a list"):
        check(MAIL, tools="send_gmail")


def test_an_unknown_tool_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"'send_gmial'\. Did you mean 'send_gmail'"):
        check(MAIL, tools=["send_gmial"])


def test_an_unknown_world_is_told() -> None:
    with pytest.raises(UnknownNameError, match="vast"):
        check(MAIL, tools=TOOLS, world=WorldKey("vast", 0))


def order(**changes: Any) -> dict[str, Any]:
    """A schema with what is usual, in parts replaced."""
    parameters = {
        "type": "object",
        "properties": {"to": TEXT, "subject": TEXT, "body": TEXT},
        "required": ["to", "subject", "body"],
        **changes,
    }
    parameters = {key: value for key, value in parameters.items() if value is not None}
    return {"name": "deliver_mail", "description": "Send an email to somebody.", "parameters": parameters}


USABLE = {
    "optional: true": order(
        properties={"to": TEXT, "subject": TEXT, "body": TEXT, "cc": {**TEXT, "optional": True}},
    ),
    "no required": order(required=None),
    "null as the default of a text": order(
        properties={"to": TEXT, "subject": TEXT, "body": TEXT, "cc": {**TEXT, "default": None}}
    ),
    "untyped list": order(properties={"to": {"type": "array"}, "subject": TEXT, "body": TEXT}),
    "untyped values": order(properties={"to": {}, "subject": {}, "body": {}}),
    "required twice": order(required=["to", "to", "subject", "body"]),
}


@pytest.mark.parametrize("schema", USABLE.values(), ids=USABLE.keys())
def test_a_tool_with_a_defect_that_can_be_repaired_is_used(schema: dict[str, Any]) -> None:
    for form in (schema, {"type": "function", "function": schema}):
        report = sound(check(MAIL, tools=[form]))
        assert report.executable, report.findings
        assert [call.tool for call in report.plan] == ["deliver_mail"]


UNUSABLE: dict[str, Any] = {
    "required that is no property": order(required=["to", "subject", "body", "delivery_address"]),
    "no schema": {"name": "deliver_mail"},
    "nothing": {},
    "null": None,
    "a number": 3,
    "a list": [],
    "an unnamed tool": {"description": "Send an email.", "parameters": {"type": "object", "properties": {}}},
    "properties as a list": order(properties=[]),
    "a type that does not exist": order(properties={"to": {"type": "adress"}}),
    "a pattern that is none": order(properties={"to": {"type": "string", "pattern": "("}}),
    "required as a text": order(required="to"),
    "an untyped object": order(properties={"payload": {"type": "object"}}, required=["payload"]),
    "a name with half a character": {**order(), "name": "deliver\ud800"},
    "a reference to itself": order(properties={"to": {"$ref": "#"}}),
    "text that is no JSON": "{not json",
}


@pytest.mark.parametrize("schema", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_tool_with_any_other_defect_gets_a_sound_report(schema: Any) -> None:
    report = sound(check(MAIL, tools=[schema]))
    assert report.findings or report.executable
    sound(check(MAIL, tools=[schema, "send_gmail"]))
    assert sound(check(MAIL, tools=[load_tools()["send_gmail"].openai_schema(), schema])).executable


def test_a_tool_of_ours_stays_usable_without_its_required_properties() -> None:
    chain = next(chain for chain in load_chains() if "LocalServices.create_order" in chain.steps)
    chosen = [re.sub("_(doordash|foodpanda|ubereats)$", "_meituan", name) for name in choose_tools(chain, 0)]
    scenario = build_scenario(chain, seed=0, tools=chosen)
    assert "place_order_meituan" in chosen
    schema = copy.deepcopy(load_tools()["place_order_meituan"].openai_schema())
    for name in ("items", "delivery_address"):
        del schema["function"]["parameters"]["properties"][name]
    others = [name for name in scenario.tools if name != "place_order_meituan"]
    whole = check(scenario.instruction, tools=scenario.tools, world=scenario.world)
    report = sound(check(scenario.instruction, tools=[*others, schema], world=scenario.world))
    assert whole.executable, whole.findings
    assert report.plan == whole.plan


def test_a_schema_may_be_json_text() -> None:
    text = orjson.dumps(order()).decode()
    assert [call.tool for call in sound(check(MAIL, tools=[text])).plan] == ["deliver_mail"]


def test_two_tools_of_one_name_are_told() -> None:
    other = {**order(), "description": "Search the web.", "parameters": {"type": "object", "properties": {"q": TEXT}}}
    report = sound(check(MAIL, tools=[order(), other]))
    assert report.executable
    assert any("another tool has the name" in finding.message for finding in report.findings)


# The chain


def test_a_chain_of_unknown_steps_is_not_asked_for() -> None:
    report = sound(check(MAIL, tools=["send_gmail"], chain=["Communication.send_email", "Nonsense.do_it"]))
    assert (report.executable, report.cause) == (False, "missing_capability")
    assert check(MAIL, tools=["send_gmail"], chain=[]).executable
