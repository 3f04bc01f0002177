"""What `check` answers: executable with a plan and a proof, or findings that say what is wrong and where."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from agentalign_env import load_chains, load_tools
from agentalign_env.core.world import WorldKey
from agentalign_env.errors import PremiseError
from agentalign_env.executability.certificate import replay_certificate
from agentalign_env.executability.check import check
from agentalign_env.executability.report import ExecutabilityReport, Finding, Requirements, requirements_of
from agentalign_env.scenarios.plans import Ref
from agentalign_env.scenarios.premises import Premise
from agentalign_env.services import load_base_world, new_world

ROOT = Path(__file__).resolve().parents[2]
WORLD = WorldKey("small", 3)
TRAIN = 'saying "The train leaves at nine."'
MAIL = f"Send an email to mia@post.example {TRAIN}"
WIRE = "Wire 40 euros to Mia and tell her on Telegram"
WIRING = ["create_paypal_payment", "send_telegram_message"]
SHARE = 'Search the web for "quiet cafés" and email the link of the first result to mia@post.example.'
SHARING = ["search_brave", "send_gmail"]
TEXT = {"type": "string"}


def calls(report: ExecutabilityReport) -> list[tuple[str, dict[str, Any]]]:
    return [(call.tool, dict(call.arguments)) for call in report.plan]


def sources(report: ExecutabilityReport, step: int = -1) -> dict[str, str]:
    return {name: bound.source for name, bound in report.steps[step].bound.items()}


def blocking(report: ExecutabilityReport) -> list[tuple[str, str | None]]:
    """The kind of each finding that blocks, with the words that it is about."""
    found = [finding for finding in report.findings if finding.blocking]
    return [(one.kind, None if one.span is None else report.instruction[slice(*one.span)]) for one in found]


def schema(name: str, description: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": [*properties]}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def someone() -> Any:
    """A person of `WORLD` whom the first name alone tells from all others."""
    people = new_world(*WORLD).background.people
    names = [one.first_name for one in people]
    return next(one for one in people if names.count(one.first_name) == 1)


# Executable


def test_two_requests_are_carried_out_in_any_world_and_the_second_says_what_was_done() -> None:
    report = check(WIRE, tools=WIRING)
    assert report.executable, report.findings
    assert (report.cause, report.findings, report.requirements) == (None, (), Requirements(True, True, True, True))
    assert [call.tool for call in report.plan] == WIRING
    pay, tell = report.plan
    assert (pay.arguments["amount"], pay.arguments["currency"]) == (40, "EUR")
    assert sources(report, 0) == {"amount": "mention", "currency": "mention", "payee_email": "entity"}
    assert sources(report, 1) == {"chat_id": "entity", "text": "composed"}
    assert tell.arguments["text"]
    assert report.certificate is not None
    assert replay_certificate(report.certificate) is None


def test_what_is_stated_is_a_mention_with_its_place_and_the_owner_sends_it() -> None:
    report = check(MAIL, tools=["send_gmail"], world=WORLD)
    arguments = {
        "to": ["mia@post.example"],
        "body": "The train leaves at nine.",
        "subject": "The train leaves at nine",
        "sender": new_world(*WORLD).owner.email,
    }
    assert (report.executable, calls(report)) == (True, [("send_gmail", arguments)])
    assert sources(report) == {"to": "mention", "body": "mention", "subject": "composed", "sender": "owner"}
    spans = {name: bound.span for name, bound in report.steps[0].bound.items()}
    assert [MAIL[slice(*(spans[name] or ()))] for name in ("to", "body")] == [
        "mia@post.example",
        '"The train leaves at nine."',
    ]
    assert MAIL[slice(*report.steps[0].span)] == MAIL


def test_a_name_is_an_entity_of_the_world() -> None:
    one = someone()
    report = check(f"Send an email to {one.first_name} {TRAIN}", tools=["send_gmail"], world=WORLD)
    assert calls(report)[0][1]["to"] == [one.email]
    assert sources(report)["to"] == "entity"


def test_a_result_of_an_earlier_step_is_a_reference_to_it() -> None:
    report = check(SHARE, tools=SHARING)
    assert [call.tool for call in report.plan] == SHARING
    assert report.plan[1].arguments["body"] == Ref(0, ("results", 0, "url"))
    assert "result" in sources(report, 1).values()


def test_the_wording_decides_what_is_done_with_a_file() -> None:
    report = check("Read the file /home/sam/list.txt.", tools=["file_operation"])
    assert calls(report) == [("file_operation", {"operation": "read", "path": "/home/sam/list.txt"})]
    assert sources(report) == {"operation": "wording", "path": "mention"}


def test_what_goes_without_saying_is_a_default() -> None:
    text = 'Search Amazon for "lamp", then order the first product there to 12 Alder Street, Norwick.'
    report = check(text, tools=["search_products_amazon", "place_order_amazon"])
    assert report.executable, report.findings
    assert (calls(report)[1][1]["quantity"], sources(report, 1)["quantity"]) == (1, "default")


def test_a_described_thing_is_looked_up_with_a_reading_tool_that_is_at_hand() -> None:
    text = "Track my newest order on DoorDash."
    report = check(text, tools=["track_order_doordash", "list_orders_doordash"], world=WORLD)
    assert [(step.call.tool, step.purpose) for step in report.steps] == [
        ("list_orders_doordash", "lookup"),
        ("track_order_doordash", "step"),
    ]
    assert report.plan[1].arguments == {"order_id": Ref(0, ("orders", 0, "order_id"))}
    assert sources(report) == {"order_id": "lookup"}
    assert blocking(check(text, tools=["track_order_doordash"], world=WORLD)) == [("missing_parameter", text)]


@pytest.mark.parametrize(
    ("text", "tool", "parameter", "values"),
    [
        (f"Send a Telegram message to @mia_p and to @ben_k {TRAIN}", "send_telegram_message", "chat_id", None),
        (f"Text +1 555 0101 and +1 555 0102 {TRAIN}", "send_twilio_sms", "to", ["+15550101", "+15550102"]),
        (
            "Send 40 euros with PayPal to mia@post.example and ben@post.example.",
            "create_paypal_payment",
            "payee_email",
            ["mia@post.example", "ben@post.example"],
        ),
    ],
)
def test_two_recipients_make_two_calls(text: str, tool: str, parameter: str, values: list[str] | None) -> None:
    report = check(text, tools=[tool])
    assert report.executable, report.findings
    assert [call.arguments[parameter] for call in report.plan] == (values or ["@mia_p", "@ben_k"])


def test_two_recipients_share_a_call_where_it_takes_a_list() -> None:
    report = check(f"Send an email to mia@post.example and ben@post.example {TRAIN}", tools=["send_gmail"])
    assert [call.arguments["to"] for call in report.plan] == [["mia@post.example", "ben@post.example"]]
    assert "bcc" not in report.plan[0].arguments


@pytest.mark.parametrize("provider", ["Google", "Baidu", "Bing"])
def test_a_provider_that_is_named_picks_the_tool(provider: str) -> None:
    report = check(f'Search with {provider} for "quiet cafés".', tools=["search_baidu", "search_bing", "search_google"])
    assert calls(report) == [(f"search_{provider.lower()}", {"query": "quiet cafés"})]


# Not executable: each kind of finding, and where


@pytest.mark.parametrize(
    ("text", "tools", "kind", "words"),
    [
        (MAIL, ["search_brave"], "missing_capability", MAIL),
        ('Search with Bing for "flats".', ["search_brave"], "missing_capability", 'Search with Bing for "flats".'),
        ("Email mia@post.example.", ["send_gmail"], "missing_parameter", "Email mia@post.example."),
        (f"Send an email to [recipient] {TRAIN}", ["send_gmail"], "ungrounded_value", "[recipient]"),
        ("Pay 0 euros to mia@post.example with PayPal.", ["create_paypal_payment"], "invalid_value", "0 euros"),
        ("Pay 900000 euros to mia@post.example.", ["create_paypal_payment"], "invalid_value", "900000 euros"),
        ("Read the file /srv/no/list.txt.", ["file_operation"], "missing_entity", "/srv/no/list.txt"),
        ("Cancel the order DD-99999999.", ["cancel_order_doordash"], "missing_entity", "DD-99999999"),
        (f"Send an email to Zebulon Quarrington {TRAIN}", ["send_gmail"], "missing_entity", "Zebulon Quarrington"),
        (
            "Email the link of the first result to mia@post.example.",
            SHARING,
            "broken_flow",
            "the link of the first result",
        ),
        (f"Send an email to my flatmate {TRAIN}", ["send_gmail"], "ambiguous", "my flatmate"),
    ],
)
def test_a_finding_says_what_is_wrong_and_where(text: str, tools: list[str], kind: str, words: str) -> None:
    report = check(text, tools=tools, world=WORLD)
    assert blocking(report) == [(kind, words)]
    assert (report.executable, report.cause, report.certificate) == (False, kind, None)


@pytest.mark.parametrize(
    ("kind", "requirement"),
    [
        ("missing_capability", "tool_coverage"),
        ("missing_parameter", "parameter_completeness"),
        ("ungrounded_value", "parameter_completeness"),
        ("ambiguous", "parameter_completeness"),
        ("invalid_value", "parameter_validity"),
        ("missing_entity", "parameter_validity"),
        ("broken_flow", "logical_flow"),
    ],
)
def test_each_kind_breaks_one_of_the_four_requirements_and_advice_none(kind: Any, requirement: str) -> None:
    fine = Requirements(True, True, True, True)
    assert requirements_of([Finding(kind, None, "")]) == fine._replace(**{requirement: False})
    assert requirements_of([Finding(kind, None, "", blocking=False)]) == fine


def test_a_tool_that_nothing_asks_for_is_advice() -> None:
    report = check(MAIL, tools=["send_gmail", "search_brave"])
    assert report.executable
    assert [(one.kind, one.span, one.blocking) for one in report.findings] == [("unused_tool", None, False)]
    assert "search_brave" in report.findings[0].message


# The world


def test_any_world_is_extended_with_what_the_text_names_and_a_given_one_is_not() -> None:
    text = "Read the file /srv/no/list.txt."
    extended = check(text, tools=["file_operation"])
    assert extended.executable
    assert [(one.kind, one.value) for one in extended.premises] == [("FilePath", "/srv/no/list.txt")]
    given = check(text, tools=["file_operation"], world=WORLD)
    assert (given.executable, given.cause, given.premises) == (False, "missing_entity", ())


def test_a_person_whom_the_text_names_is_put_into_any_world() -> None:
    report = check(f"Send an email to Zebulon Quarrington {TRAIN}", tools=["send_gmail"])
    assert report.executable, report.findings
    assert [(one.kind, one.value) for one in report.premises] == [("PersonName", "Zebulon Quarrington")]


def test_premises_are_part_of_a_given_world_and_of_the_proof() -> None:
    premise = Premise("FilePath", "/srv/no/list.txt", {})
    report = check("Read the file /srv/no/list.txt.", tools=["file_operation"], world=WORLD, premises=[premise])
    assert report.executable, report.findings
    assert report.premises == ()
    assert report.certificate is not None
    assert report.certificate.premises == (premise,)
    with pytest.raises(PremiseError):
        check(MAIL, tools=["send_gmail"], premises=[Premise("Nonsense", "x", {})])


def test_nothing_in_the_world_changes() -> None:
    before = new_world(*WORLD).digest()
    report = check("Send 40 euros with PayPal to mia@post.example.", tools=["create_paypal_payment"], world=WORLD)
    assert report.certificate is not None
    assert report.certificate.digest_before == before != report.certificate.digest_after
    assert new_world(*WORLD).digest() == before
    assert load_base_world(*WORLD) is load_base_world(*WORLD)


# The chain


def test_a_chain_has_to_be_asked_for_in_its_order() -> None:
    steps = ["Search.web_search", "Communication.send_email"]
    assert check(SHARE, tools=SHARING, chain=steps).executable
    assert blocking(check(SHARE, tools=SHARING, chain=steps[::-1])) == [("broken_flow", None)]
    missing = check('Search the web for "quiet cafés".', tools=SHARING, chain=steps)
    assert (missing.executable, blocking(missing)) == (False, [("missing_capability", None)])
    assert "Communication.send_email" in missing.findings[0].message
    assert not missing.requirements.tool_coverage


def test_a_chain_of_ours_gives_its_steps() -> None:
    chain = next(chain for chain in load_chains() if len(chain.steps) > 1)
    report = check(MAIL, tools=["send_gmail"], chain=chain)
    assert not report.executable
    assert any(step in finding.message for finding in report.findings for step in chain.steps)


# The tools


def test_names_and_a_catalogue_give_the_same_plan() -> None:
    by_name = check(MAIL, tools=["send_gmail"])
    by_schema = check(MAIL, tools=[load_tools()["send_gmail"].openai_schema()])
    whole = check('Search with Bing for "quiet cafés".', tools=load_tools())
    assert by_schema.to_json() == by_name.to_json()
    assert calls(whole) == [("search_bing", {"query": "quiet cafés"})]


def test_a_tool_of_somebody_else_is_used_and_one_without_a_counterpart_is_told() -> None:
    mailer = schema("deliver_mail", "Send an email to somebody.", to=TEXT, subject=TEXT, body=TEXT)
    watering = schema("water_plants", "Water the plants on the balcony.", litres={"type": "number"})
    report = check(MAIL, tools=[mailer, watering])
    assert report.executable, report.findings
    assert calls(report)[0][0] == "deliver_mail"
    assert calls(report)[0][1]["to"] == "mia@post.example"
    assert [one.kind for one in report.findings] == ["unused_tool"]
    assert report.findings[0].message.startswith("water_plants: cannot be used")
    assert report.certificate is not None
    assert report.certificate.tools == (load_schema(mailer),)
    assert replay_certificate(report.certificate) is None


def load_schema(given: dict[str, Any]) -> Any:
    from agentalign_env.toolkit.foreign import adopted

    return adopted(given).openai_schema()


# Determinism

SCRIPT = """
import sys, orjson
from agentalign_env.executability.check import check
for text, tools in orjson.loads(sys.stdin.read()):
    print(orjson.dumps(check(text, tools=tools).to_json()).decode())
"""


def test_every_process_answers_with_the_same_bytes() -> None:
    questions = [(WIRE, WIRING), (SHARE, SHARING), (MAIL, ["search_brave"]), (f"Send a mail to Zed {TRAIN}", SHARING)]
    here = [orjson.dumps(check(text, tools=tools).to_json()).decode() for text, tools in questions]
    again = [orjson.dumps(check(text, tools=tools).to_json()).decode() for text, tools in reversed(questions)]
    assert again[::-1] == here
    for seed in ("1", "4711"):
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
        given = orjson.dumps(questions).decode()
        command = [sys.executable, "-c", SCRIPT]
        done = subprocess.run(command, input=given, check=True, capture_output=True, text=True, env=env, timeout=120)
        assert done.stdout.splitlines() == here


def test_a_payment_without_an_amount_is_not_met_by_a_look_at_the_address() -> None:
    text = "Send Ubaldo Brunello some bitcoin from my Everyday wallet, his address is among my saved ones."
    tools = ["list_crypto_wallets", "search_crypto_addresses", "bitcoin_transaction"]
    report = check(text, tools=tools, world=WorldKey("small", 0))
    assert not report.executable
    assert report.cause == "missing_parameter"
