"""Mail: one mailbox behind several providers."""

from typing import Any

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentalign_env.core.clock import iso
from agentalign_env.core.store import Change
from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.mail.records import MAILS, Mail
from agentalign_env.services.mail.service import SERVICE
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.types import ToolCall

SEED = 3
FRIEND = "mia@postbox.example"
SENDERS = {"send_gmail": "gmail", "send_outlook": "outlook", "send_yahoo_mail": "yahoo", "send_163_mail": "163"}


def call(world: World, name: str, **arguments: Any) -> ToolResult:
    return execute(world, load_tools(), ToolCall("1", name, arguments))


def answer(world: World, name: str, **arguments: Any) -> dict[str, Any]:
    result = call(world, name, **arguments)
    assert result.code == "", result.content
    content: dict[str, Any] = orjson.loads(result.content)
    return content


def send(world: World, name: str = "send_outlook", **changed: Any) -> ToolResult:
    mail = {"sender": world.owner.email, "to": [FRIEND], "subject": "Kites", "body": "Noon at the beach?"}
    return call(world, name, **(mail | changed))


def violations(world: World) -> list[str]:
    return [sentence for check in SERVICE.invariants for sentence in check(world)]


@pytest.mark.parametrize(("tool", "provider"), SENDERS.items())
def test_every_provider_keeps_the_whole_mail_in_the_same_mailbox(tool: str, provider: str) -> None:
    world = new_world("small", SEED)
    now_s, priority = world.now_s, "importance" if tool == "send_outlook" else "priority"
    result = send(world, tool, cc=["a@b.example"], bcc=["c@d.test"], is_html=True, **{priority: "high"})
    mail_id = result.value["message_id"]
    row = Mail(
        id=mail_id,
        folder="sent",
        provider=provider,
        sender=world.owner.email,
        to=(FRIEND,),
        cc=("a@b.example",),
        bcc=("c@d.test",),
        subject="Kites",
        body="Noon at the beach?",
        attachments=(),
        is_html=True,
        priority="high",
        label="",
        sent_s=now_s,
    )
    assert result.changes == (Change("mails", mail_id, None, row),)
    assert answer(world, "search_outlook", search="kites beach")["value"][0]["id"] == mail_id
    assert answer(world, "search_gmail", q="kites beach")["messages"][0]["id"] == mail_id


@pytest.mark.parametrize(
    ("tool", "keys"),
    [
        ("send_gmail", ("id", "status", "recipientCount", "attachments", "internalDate")),
        ("send_outlook", ("id", "status", "recipientCount", "attachments", "sentDateTime")),
        ("send_yahoo_mail", ("messageId", "state", "recipients", "attachments", "creationDate")),
        ("send_163_mail", ("mid", "state", "rcptCount", "attachments", "sentDate")),
    ],
)
def test_every_provider_answers_in_its_own_words(tool: str, keys: tuple[str, ...]) -> None:
    world = new_world("small", SEED)
    sent_at = iso(world.now_s)
    result = send(world, tool, to=[FRIEND, "a@b.example"])
    values = (result.value["message_id"], "sent", 2, [], sent_at)
    assert orjson.loads(result.content) == dict(zip(keys, values, strict=True))


@pytest.mark.parametrize("tool", SENDERS)
def test_a_draft_is_kept_and_not_sent(tool: str) -> None:
    world = new_world("small", SEED)
    (change,) = send(world, tool, to=[world.owner.email], draft=True).changes
    assert change.after is not None
    row = Mail(*change.after)
    assert (row.folder, row.to) == ("drafts", (world.owner.email,))
    drafts = answer(world, "search_outlook", folder="drafts")["value"]
    assert [mail["id"] for mail in drafts] == [row.id]


@pytest.mark.parametrize("tool", SENDERS)
def test_nobody_sends_from_a_foreign_address(tool: str) -> None:
    world = new_world("small", SEED)
    before = world.digest()
    result = send(world, tool, sender=world.background.people[0].email)
    assert (result.code, result.value["field"], world.digest()) == ("permission_denied", "sender", before)


def test_the_own_address_counts_in_any_case() -> None:
    world = new_world("small", SEED)
    mail_id = send(world, sender=world.owner.email.upper()).value["message_id"]
    row = world.store.get(MAILS, mail_id)
    assert row is not None
    assert row.sender == world.owner.email


def test_a_category_of_outlook_is_kept_as_the_label() -> None:
    world = new_world("small", SEED)
    row = world.store.get(MAILS, send(world, category="Later").value["message_id"])
    assert row is not None
    assert row.label == "Later"
    refused = send(world, category="Holiday")
    assert (refused.code, refused.value["field"]) == ("invalid_argument", "category")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("to", []),
        ("to", ["mia"]),
        ("to", FRIEND),
        ("cc", ["not an address"]),
        ("body", ""),
        ("importance", "urgent"),
        ("is_html", "yes"),
        ("attachments", [{"size": 3}]),
        ("attachments", ["notes.txt"]),
    ],
)
def test_arguments_that_do_not_fit_are_refused(argument: str, value: Any) -> None:
    world = new_world("small", SEED)
    before = world.digest()
    result = send(world, **{argument: value})
    assert (result.code, result.value["field"].split(".")[0], world.digest()) == ("invalid_argument", argument, before)


@pytest.mark.parametrize("missing", ["sender", "to", "subject", "body"])
def test_what_a_mail_needs_must_be_given(missing: str) -> None:
    world = new_world("small", SEED)
    mail = {"sender": world.owner.email, "to": [FRIEND], "subject": "Kites", "body": "Noon?"}
    del mail[missing]
    result = call(world, "send_163_mail", **mail)
    assert (result.code, result.value["field"]) == ("missing_argument", missing)


@pytest.mark.parametrize("tool", SENDERS)
def test_files_that_exist_are_attached(tool: str) -> None:
    world = new_world("small", SEED)
    path = world.background.invoices[-1].path
    result = send(world, tool, attachments=[{"name": path, "size": 1}])
    assert orjson.loads(result.content)["attachments"] == [path]
    row = world.store.get(MAILS, result.value["message_id"])
    assert row is not None
    assert row.attachments == (path,)
    before = world.digest()
    missing = send(world, tool, attachments=[{"name": path}, {"name": f"{path}.bak"}])
    assert (missing.code, missing.value["field"], world.digest()) == ("not_found", "attachments", before)


def test_a_mail_to_oneself_arrives_without_its_hidden_copies() -> None:
    world = new_world("small", SEED)
    result = send(world, to=[world.owner.email], bcc=[FRIEND])
    sent, received = (Mail(*change.after) for change in result.changes if change.after is not None)
    assert (sent.folder, sent.bcc) == ("sent", (FRIEND,))
    assert received == sent._replace(id=received.id, folder="inbox", bcc=())
    assert received.id != sent.id
    assert answer(world, "search_gmail", folder="inbox")["messages"][0]["id"] == received.id


def test_outlook_lists_and_opens_a_mail() -> None:
    world = new_world("small", SEED)
    sent_at = iso(world.now_s)
    mail_id = send(world, cc=["a@b.example"], body="Noon\nat the   beach?").value["message_id"]
    line = {
        "id": mail_id,
        "parentFolder": "sent",
        "from": world.owner.email,
        "toRecipients": [FRIEND],
        "subject": "Kites",
        "bodyPreview": "Noon at the beach?",
        "receivedDateTime": sent_at,
    }
    assert answer(world, "search_outlook", search="kite", top=1) == {"hasMore": False, "value": [line]}
    del line["bodyPreview"]
    assert answer(world, "read_outlook", message_id=mail_id) == {
        **line,
        "ccRecipients": ["a@b.example"],
        "body": "Noon\nat the   beach?",
        "attachments": [],
    }


def test_an_unknown_mail_is_not_found() -> None:
    result = call(new_world("small", SEED), "read_outlook", message_id="0123456789abcdef")
    assert (result.code, result.value["field"]) == ("not_found", "message_id")


def test_mails_are_listed_newest_first_by_pages_and_filtered_by_sender() -> None:
    world = new_world("small", SEED)
    rows = list(world.store.newest(MAILS))
    listed = [mail["id"] for mail in answer(world, "search_outlook", top=50)["value"]]
    assert listed == [row.id for row in rows][:50]
    assert [row.sent_s for row in rows] == sorted((row.sent_s for row in rows), reverse=True)
    page = answer(world, "search_outlook", top=5, skip=5)
    assert ([mail["id"] for mail in page["value"]], page["hasMore"]) == (listed[5:10], True)
    person = next(row.sender for row in rows if row.folder == "inbox")
    filtered = answer(world, "search_outlook", **{"from": person.upper()}, folder="inbox", top=50)["value"]
    assert [mail["id"] for mail in filtered] == [
        row.id for row in rows if (row.sender, row.folder) == (person, "inbox")
    ]


def test_invoices_are_in_the_mailbox_with_their_files() -> None:
    world = new_world("small", SEED)
    invoice = world.background.invoices[0]
    (found,) = answer(world, "search_outlook", search=invoice.number)["value"]
    mail = answer(world, "read_outlook", message_id=found["id"])
    assert (mail["from"], mail["attachments"]) == (invoice.organisation.email, [invoice.path])
    assert f"{invoice.amount_minor / 100:.2f} {invoice.currency}" in mail["body"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ADDRESSES = st.sampled_from([FRIEND, "mia", ""]) | st.deferred(lambda: st.just(new_world("small", SEED).owner.email))


class MailMachine(RuleBasedStateMachine):
    """Any calls, valid or not: the invariants hold, failures leave no trace, and a snapshot brings everything back."""

    def __init__(self) -> None:
        super().__init__()
        self.world = new_world("small", SEED)
        self.kept = (self.world.snapshot(), self.world.digest())

    @rule(
        tool=st.sampled_from(list(SENDERS)),
        sender=ADDRESSES,
        to=st.lists(ADDRESSES, max_size=3),
        body=TEXTS,
        draft=st.booleans(),
        attached=st.booleans(),
    )
    def send(self, tool: str, sender: str, to: list[str], body: str, draft: bool, attached: bool) -> None:
        before = self.world.digest()
        attachments = [{"name": self.world.background.invoices[0].path}] if attached else []
        result = send(self.world, tool, sender=sender, to=to, body=body, draft=draft, attachments=attachments)
        assert bool(result.changes) is (result.code == "")
        assert (self.world.digest() == before) is (result.code != "")

    @rule(query=TEXTS, top=st.integers(-1, 60))
    def look(self, query: str, top: int) -> None:
        before = self.world.digest()
        result = call(self.world, "search_outlook", search=query, top=top)
        if result.code == "":
            for mail in orjson.loads(result.content)["value"]:
                assert call(self.world, "read_outlook", message_id=mail["id"]).code == ""
        assert self.world.digest() == before

    @rule()
    def keep(self) -> None:
        self.kept = (self.world.snapshot(), self.world.digest())

    @rule()
    def go_back(self) -> None:
        self.world.restore(self.kept[0])
        assert self.world.digest() == self.kept[1]

    @invariant()
    def holds(self) -> None:
        assert violations(self.world) == []


MailMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
test_any_sequence_of_calls_keeps_the_invariants = MailMachine.TestCase
