"""The second opinion: what an agent's own attempt says about an instruction."""

from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from agentalign_env.agents import DoNothingAgent, OracleAgent, RandomAgent, RefusingAgent, ScriptedAgent
from agentalign_env.core.world import WorldKey
from agentalign_env.errors import AgentAlignError, EnvArgumentError
from agentalign_env.executability.certificate import Certificate, replay_certificate
from agentalign_env.executability.report import ExecutabilityReport, requirements_of
from agentalign_env.executability.second_opinion import Agreement, agreement, load_agent, second_opinion
from agentalign_env.scenarios.premises import Premise
from agentalign_env.services import new_world
from agentalign_env.toolkit.catalogue import load_tools

TEXT = "Email noor.vale@quickletter.example that the party begins at eight"
TOOLS = ["send_gmail"]
MAIL = {"to": "noor.vale@quickletter.example", "subject": "Party", "body": "It begins at eight."}
SEND = {**MAIL, "sender": new_world("small", 0).owner.email, "to": [MAIL["to"]]}


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"tool_calls": [{"id": "1", "name": name, "arguments": arguments}]}


def opinion(*actions: object, tries: int = 1, **more: Any) -> ExecutabilityReport:
    return second_opinion(TEXT, tools=TOOLS, agent=ScriptedAgent(actions), tries=tries, **more)


def test_an_agent_that_does_something_and_ends_proves_that_it_can_be_done() -> None:
    report = opinion(call("send_gmail", **SEND), {"message": "Done, I have sent it."})
    assert (report.executable, report.cause, report.findings) == (True, None, ())
    assert [(one.tool, dict(one.arguments)) for one in report.plan] == [("send_gmail", SEND)]
    assert report.certificate is not None
    assert replay_certificate(Certificate.from_json(report.certificate.to_json())) is None
    assert report.certificate.instruction == TEXT


def test_an_error_that_the_agent_gets_over_does_not_count() -> None:
    report = opinion(
        call("send_gmial", **SEND),
        call("send_gmail", subject="x", body="y"),
        call("send_gmail", **SEND),
        {"message": "Done."},
    )
    assert report.executable
    assert len(report.plan) == 1
    assert report.certificate is not None
    assert replay_certificate(report.certificate) is None


@pytest.mark.parametrize(
    ("actions", "cause"),
    [
        ((call("send_gmail", **SEND), call("read_mail", id="1"), {"message": "Done."}), "missing_capability"),
        ((call("send_gmail", subject="x", body="y"), {"message": "Done."}), "missing_parameter"),
        ((call("send_gmail", **{**SEND, "to": ["nobody"]}), {"message": "Done."}), "invalid_value"),
        (({"message": "What should the email say?"},), "missing_parameter"),
        (({"message": "Did you mean Noor Vale or Noor Vance?"},), "ambiguous"),
        (({"message": "I couldn't find anybody called Noor."},), "missing_entity"),
        (({"message": "I have no tool to do that."},), "missing_capability"),
        (({"message": "I'm sorry, but I can't help with that."},), "missing_capability"),
        ((7,) * 40, "broken_flow"),
    ],
)
def test_what_stands_in_the_agents_way_becomes_a_typed_finding(actions: tuple[object, ...], cause: str) -> None:
    report = opinion(*actions)
    assert (report.executable, report.cause, report.certificate) == (False, cause, None)


def test_a_missing_thing_of_the_world_is_a_missing_entity() -> None:
    refund = call("refund_paypal_payment", payment_id="PAYID-NOTTHERE0000000")
    agent = ScriptedAgent([refund, {"message": "That is all I could do."}])
    report = second_opinion("Refund the payment", tools=["refund_paypal_payment"], agent=agent, tries=1)
    assert report.cause == "missing_entity"
    assert report.findings[0].message.startswith("refund_paypal_payment: not_found: ")


def test_the_try_that_came_furthest_is_told() -> None:
    class Wavering:
        name = "wavering"
        tries = 0

        def reset(self, scenario: object, tools: Sequence[object]) -> None:
            self.tries += 1
            self.step = 0

        def act(self, observation: object) -> object:
            self.step += 1
            if self.tries == 2 and self.step == 1:
                return call("send_gmail", **SEND)
            return {"message": "Which address do you mean?"}

    report = second_opinion(TEXT, tools=TOOLS, agent=Wavering(), tries=3)
    assert (report.cause, len(report.plan)) == ("ambiguous", 1)


def test_every_try_begins_in_a_fresh_world_and_the_first_success_ends_them() -> None:
    seen: list[Any] = []

    class Second:
        name = "second"

        def reset(self, scenario: object, tools: Sequence[Any]) -> None:
            seen.append([tool["function"]["name"] for tool in tools])
            self.done = False

        def act(self, observation: Any) -> object:
            if len(seen) < 2:
                return {"message": "Could you tell me more?"}
            self.done, before = True, self.done
            return {"message": "Done."} if before else call("send_gmail", **SEND)

    assert second_opinion(TEXT, tools=TOOLS, agent=Second(), tries=5).executable
    assert seen == [TOOLS, TOOLS]


def test_the_agent_is_told_persona_and_instruction_and_no_plan() -> None:
    heard: list[Any] = []

    class Listening(DoNothingAgent):
        def act(self, observation: Any) -> Any:
            heard.extend(observation["messages"])
            return {"message": "Thank you."}

    second_opinion(TEXT, tools=TOOLS, agent=Listening(), tries=1, world=WorldKey("small", 5))
    assert [message["role"] for message in heard] == ["system", "user"]
    assert heard[0]["content"].startswith("You are the assistant of ")
    assert heard[1]["content"] == TEXT


def test_premises_are_part_of_the_world_and_of_the_proof() -> None:
    premise = Premise("PersonName", "Noor Vale", {"email": MAIL["to"]})
    report = opinion(call("send_gmail", **SEND), {"message": "Done."}, premises=(premise,))
    assert report.premises == (premise,)
    assert report.certificate is not None
    assert report.certificate.premises == (premise,)
    assert replay_certificate(report.certificate) is None


def test_an_agent_that_always_crashes_has_no_opinion() -> None:
    with pytest.raises(AgentAlignError, match="'oracle' crashed in every one of 2 tries, at last with AttributeError"):
        second_opinion(TEXT, tools=TOOLS, agent=OracleAgent(), tries=2)
    with pytest.raises(EnvArgumentError, match="tries: expected at least 1, got 0"):
        opinion(tries=0)


def test_the_baselines_give_opinions_that_are_always_the_same() -> None:
    assert second_opinion(TEXT, tools=TOOLS, agent=RefusingAgent()).executable is False
    first = second_opinion(TEXT, tools=load_tools(), agent=RandomAgent(3))
    assert first.to_json() == second_opinion(TEXT, tools=load_tools(), agent=RandomAgent(3)).to_json()


def test_foreign_tools_can_be_tried() -> None:
    schema = {
        "type": "function",
        "function": {
            "name": "send_email",
            "description": "Send an email through Gmail.",
            "parameters": {
                "type": "object",
                "properties": {name: {"type": "string", "description": name} for name in ("to", "subject", "body")},
                "required": ["to", "subject", "body"],
            },
        },
    }
    agent = ScriptedAgent([call("send_email", **MAIL), {"message": "Done."}])
    report = second_opinion(TEXT, tools=[schema], agent=agent, tries=1)
    assert report.executable, report.findings
    assert report.certificate is not None
    assert replay_certificate(Certificate.from_json(report.certificate.to_json())) is None


def test_agents_are_known_by_name_or_by_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_agents_here.py").write_text(
        "from agentalign_env.agents import ScriptedAgent\n"
        "class Mine(ScriptedAgent):\n    def __init__(self):\n        super().__init__([], 'mine')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert load_agent("my_agents_here:Mine").name == "mine"
    assert load_agent("random").name == "random"
    for name in ("oracle", "complying", "orakle", "my_agents_here:Yours", "no_such_module:A", ":"):
        with pytest.raises(EnvArgumentError, match="agent: expected random, do-nothing, refusing, or module:Class"):
            load_agent(name)


def report_of(executable: bool) -> ExecutabilityReport:
    return ExecutabilityReport("text", executable, (), (), requirements_of(()), (), None)


def test_agreement_counts_and_corrects_for_chance() -> None:
    rules = [True] * 25 + [False] * 25
    agent = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    found = agreement(map(report_of, rules), map(report_of, agent))
    assert found == Agreement(both_yes=20, both_no=15, only_rules=5, only_agent=10)
    assert found.share == 0.7
    assert found.kappa == pytest.approx(0.4)


def test_agreement_on_nothing_or_on_one_and_the_same_is_not_a_number() -> None:
    assert isnan(agreement([], []).share)
    assert isnan(agreement([], []).kappa)
    assert isnan(agreement([report_of(True)], [report_of(True)]).kappa)
    assert agreement([], []).to_json()["kappa"] is None
    with pytest.raises(ValueError, match="shorter"):
        agreement([report_of(True)], [])
