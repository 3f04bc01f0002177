"""Text messages and chats: sending, the rules of the providers, and finding what was written."""

from typing import Any

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentalign_env.core.chats import chat_id_of
from agentalign_env.core.clock import iso
from agentalign_env.core.store import Change
from agentalign_env.core.topics import load_topics
from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.messaging.carriers import segments
from agentalign_env.services.messaging.markup import ParseMode, markup_problem
from agentalign_env.services.messaging.records import CHATS, MESSAGES, TextMessage
from agentalign_env.services.messaging.service import SERVICE
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.types import ToolCall

SEED = 3
STRANGER = "+4915112345678"


def call(world: World, name: str, **arguments: Any) -> ToolResult:
    return execute(world, load_tools(), ToolCall("1", name, arguments))


def answer(world: World, name: str, **arguments: Any) -> dict[str, Any]:
    result = call(world, name, **arguments)
    assert result.code == "", result.content
    content: dict[str, Any] = orjson.loads(result.content)
    return content


def refused(world: World, name: str, **arguments: Any) -> tuple[str, str | None]:
    before = world.digest()
    result = call(world, name, **arguments)
    assert world.digest() == before
    return result.code, result.value.get("field")


def violations(world: World) -> list[str]:
    return [sentence for check in SERVICE.invariants for sentence in check(world)]


def test_a_twilio_sms_is_recorded_and_answered_as_twilio_does() -> None:
    world = new_world("small", SEED)
    person, now_s = world.background.people[0], world.now_s
    result = call(
        world, "send_twilio_sms", to=person.phone, message="Running late", media_url="https://a.example/b.jpg"
    )
    sid = result.value["message_id"]
    assert sid.startswith("MM")
    assert len(sid) == 34
    assert orjson.loads(result.content) == {
        "sid": sid,
        "status": "sent",
        "from": world.owner.phone,
        "to": person.phone,
        "body": "Running late",
        "num_segments": 1,
        "media_url": "https://a.example/b.jpg",
        "date_sent": iso(now_s),
    }
    row = TextMessage(
        id=sid,
        channel="sms",
        provider="twilio",
        direction="outbound",
        chat=person.phone,
        name=person.name,
        sender=world.owner.phone,
        recipient=person.phone,
        text="Running late",
        media_url="https://a.example/b.jpg",
        format="",
        silent=False,
        reference="",
        sent_s=now_s,
    )
    assert result.changes == (Change("messages", sid, None, row),)


def test_a_messagebird_sms_may_come_from_a_name_and_keeps_its_reference() -> None:
    world = new_world("small", SEED)
    sent_at = iso(world.now_s)
    result = call(world, "send_messagebird_sms", to=STRANGER, message="Hi", originator="Book Club", reference="club-7")
    message_id = result.value["message_id"]
    assert orjson.loads(result.content) == {
        "id": message_id,
        "status": "sent",
        "originator": "Book Club",
        "recipient": STRANGER,
        "body": "Hi",
        "messagePartCount": 1,
        "reference": "club-7",
        "createdDatetime": sent_at,
    }
    row = world.store.get(MESSAGES, message_id)
    assert row is not None
    assert (row.sender, row.name, row.reference) == ("Book Club", "", "club-7")


@pytest.mark.parametrize(
    ("tool", "parameter"), [("send_twilio_sms", "from_number"), ("send_messagebird_sms", "originator")]
)
def test_the_own_number_is_the_default_sender_and_a_foreign_one_is_denied(tool: str, parameter: str) -> None:
    world = new_world("small", SEED)
    own = world.owner.phone
    assert call(world, tool, to=STRANGER, message="Hi", **{parameter: own}).value["sender"] == own
    assert call(world, tool, to=STRANGER, message="Hi").value["sender"] == own
    for foreign in (world.background.people[0].phone, "15550100"):
        outcome = refused(world, tool, to=STRANGER, message="Hi", **{parameter: foreign})
        assert outcome == ("permission_denied", parameter)


@pytest.mark.parametrize(
    ("tool", "parameter", "sender"),
    [
        ("send_twilio_sms", "from_number", "BookClub"),
        ("send_messagebird_sms", "originator", "The Book Club"),
        ("send_messagebird_sms", "originator", "Büchertreff"),
        ("send_messagebird_sms", "originator", "+++"),
    ],
)
def test_sender_names_follow_the_provider(tool: str, parameter: str, sender: str) -> None:
    outcome = refused(new_world("small", SEED), tool, to=STRANGER, message="Hi", **{parameter: sender})
    assert outcome == ("invalid_argument", parameter)


@pytest.mark.parametrize(("tool", "limit"), [("send_twilio_sms", 1600), ("send_messagebird_sms", 1377)])
def test_an_sms_has_the_length_that_the_provider_takes(tool: str, limit: int) -> None:
    world = new_world("small", SEED)
    assert call(world, tool, to=STRANGER, message="x" * limit).code == ""
    assert refused(world, tool, to=STRANGER, message="x" * (limit + 1)) == ("limit_exceeded", "message")
    assert refused(world, tool, to=STRANGER, message=" \n") == ("invalid_argument", "message")


@pytest.mark.parametrize("number", ["5550137", "+0155501", "+1 533 555 0137", "Rosel", "+1234567890123456"])
def test_a_number_that_is_not_in_international_form_is_refused(number: str) -> None:
    assert refused(new_world("small", SEED), "send_twilio_sms", to=number, message="Hi") == ("invalid_argument", "to")


def test_an_sms_to_oneself_and_media_without_a_url_are_refused() -> None:
    world = new_world("small", SEED)
    own = refused(world, "send_twilio_sms", to=world.owner.phone, message="Hi")
    media = refused(world, "send_twilio_sms", to=STRANGER, message="Hi", media_url="photos/cat.jpg")
    assert (own, media) == (("invalid_argument", "to"), ("invalid_argument", "media_url"))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ł" * 70, 1),
        ("ł" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_a_text_is_cut_into_segments_by_its_alphabet(text: str, count: int) -> None:
    assert segments(text) == count


def test_a_telegram_message_is_recorded_and_answered_as_telegram_does() -> None:
    world = new_world("small", SEED)
    person, now_s = world.background.people[0], world.now_s
    chat_id = chat_id_of(person.id, SEED)
    result = call(
        world,
        "send_telegram_message",
        chat_id=chat_id,
        text="*Tonight*",
        parse_mode="Markdown",
        disable_notification=True,
    )
    message_id = result.value["message_id"]
    assert orjson.loads(result.content) == {
        "message_id": message_id,
        "from": world.owner.handle,
        "chat": {"id": chat_id, "type": "private", "title": person.name, "username": person.handle},
        "text": "*Tonight*",
        "disable_notification": True,
        "date": iso(now_s),
    }
    row = TextMessage(
        id=message_id,
        channel="telegram",
        provider="telegram",
        direction="outbound",
        chat=chat_id,
        name=person.name,
        sender=world.owner.handle,
        recipient=person.handle,
        text="*Tonight*",
        media_url="",
        format="Markdown",
        silent=True,
        reference="",
        sent_s=now_s,
    )
    assert result.changes == (Change("messages", message_id, None, row),)


def test_a_chat_goes_by_its_number_its_text_and_its_handle() -> None:
    world = new_world("small", SEED)
    person = world.background.people[1]
    chat_id = chat_id_of(person.id, SEED)
    ways = (int(chat_id), float(chat_id), chat_id, f"@{person.handle}", person.handle.upper())
    reached = {answer(world, "send_telegram_message", chat_id=way, text="Hi")["chat"]["id"] for way in ways}
    assert reached == {chat_id}


def test_a_group_goes_by_its_number_and_its_name() -> None:
    world = new_world("small", SEED)
    groups = [chat for chat in world.store.rows(CHATS) if chat.kind == "supergroup"]
    assert [group.title for group in groups[:2]] == ["Family", "Neighbours"]
    for group in groups:
        assert group.id.startswith("-100")
        for way in (int(group.id), group.id, group.title, group.title.lower()):
            chat = answer(world, "send_telegram_message", chat_id=way, text="Hi all")["chat"]
            assert chat == {"id": group.id, "type": "supergroup", "title": group.title}


@pytest.mark.parametrize("stranger", [12345, "12345", "@nobody_here", "Rosel Dobes", "+15335550137", " "])
def test_strangers_cannot_be_written_to(stranger: int | str) -> None:
    world = new_world("small", SEED)
    assert refused(world, "send_telegram_message", chat_id=stranger, text="Hi") == ("not_found", "chat_id")
    assert "search_contacts" in call(world, "send_telegram_message", chat_id=stranger, text="Hi").value["message"]


@pytest.mark.parametrize("chat_id", ["", True, 1.5, 10**18, float("inf"), ["1"]])
def test_what_is_no_chat_id_is_refused(chat_id: Any) -> None:
    outcome = refused(new_world("small", SEED), "send_telegram_message", chat_id=chat_id, text="Hi")
    assert outcome == ("invalid_argument", "chat_id")


def test_a_chat_message_holds_4096_characters_and_is_not_blank() -> None:
    world = new_world("small", SEED)
    assert call(world, "send_telegram_message", chat_id="Family", text="x" * 4096).code == ""
    too_long = refused(world, "send_telegram_message", chat_id="Family", text="x" * 4097)
    blank = refused(world, "send_telegram_message", chat_id="Family", text="\t")
    assert (too_long, blank) == (("limit_exceeded", "text"), ("invalid_argument", "text"))


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("HTML", '<b>bold <i>both</i></b> &lt;3 <a href="https://a.example/?q=1">link</a> 2 > 1'),
        ("HTML", '<span class="tg-spoiler">secret</span><PRE>x</PRE>'),
        ("Markdown", "*bold* _italic_ `a_b` ```x * y``` [link](https://a.example/a_b) snake\\_case."),
        ("Markdown", "[just brackets] and (more)"),
        ("MarkdownV2", r"*bold _both_* __under__ ~gone~ ||secret|| `a.b!` 3\.5 \- ok\!"),
        ("MarkdownV2", "[link](https://a.example/a.b_c) ![👍](tg://emoji?id=5368324170671202286)"),
        ("MarkdownV2", ">quoted\n>twice\n**>again"),
        ("MarkdownV2", "```\na_b*c.\\`\n```"),
    ],
)
def test_well_formed_markup_passes(mode: ParseMode, text: str) -> None:
    assert markup_problem(text, mode) is None


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("HTML", "<b>bold"),
        ("HTML", "<b><i>crossed</b></i>"),
        ("HTML", "stray</b>"),
        ("HTML", "<h1>Title</h1>"),
        ("HTML", "I <3 you"),
        ("HTML", "<span>plain</span>"),
        ("Markdown", "*bold"),
        ("Markdown", "snake_case"),
        ("Markdown", "`code"),
        ("Markdown", "```code`"),
        ("Markdown", "[link](https://a.example/"),
        ("Markdown", "[link"),
        ("MarkdownV2", "Done."),
        ("MarkdownV2", "*bold"),
        ("MarkdownV2", "*bold _crossed* done_"),
        ("MarkdownV2", "[link](https://a.example/"),
        ("MarkdownV2", "[[twice](https://a.example/)"),
        ("MarkdownV2", "`code\\`"),
        ("MarkdownV2", "2 > 1"),
        ("MarkdownV2", "closing) here"),
    ],
)
def test_malformed_markup_is_refused_unless_the_text_is_plain(mode: ParseMode, text: str) -> None:
    world = new_world("small", SEED)
    outcome = refused(world, "send_telegram_message", chat_id="Family", text=text, parse_mode=mode)
    assert outcome == ("invalid_argument", "text")
    assert call(world, "send_telegram_message", chat_id="Family", text=text).code == ""


def test_markup_problems_name_the_byte_where_they_begin() -> None:
    assert markup_problem("é *bold", "Markdown") == "cannot find the end of the entity starting at byte offset 3"


def test_what_was_sent_is_found_first_on_its_own_channel_only() -> None:
    world = new_world("small", SEED)
    person = world.background.people[0]
    chat_id = chat_id_of(person.id, SEED)
    text = answer(world, "send_twilio_sms", to=person.phone, message="Zeppelin ride at noon")
    chat = answer(world, "send_telegram_message", chat_id=chat_id, text="Zeppelin ride at one")
    assert answer(world, "search_sms", query="zeppelin rides") == {
        "has_more": False,
        "messages": [
            {
                "id": text["sid"],
                "direction": "outbound",
                "from": world.owner.phone,
                "to": person.phone,
                "contact_name": person.name,
                "phone_number": person.phone,
                "body": "Zeppelin ride at noon",
                "date": text["date_sent"],
            }
        ],
    }
    assert answer(world, "search_telegram_messages", query="zeppelin rides") == {
        "has_more": False,
        "messages": [
            {
                "message_id": chat["message_id"],
                "direction": "outbound",
                "from": world.owner.handle,
                "chat": {"id": chat_id, "type": "private", "title": person.name, "username": person.handle},
                "text": "Zeppelin ride at one",
                "date": chat["date"],
            }
        ],
    }
    assert answer(world, "search_sms", limit=1)["messages"][0]["id"] == text["sid"]


def test_a_conversation_holds_its_messages_newest_first() -> None:
    world = new_world("medium", SEED)
    newest = answer(world, "search_telegram_messages", limit=1)["messages"][0]["chat"]["id"]
    whole = answer(world, "search_telegram_messages", chat_id=newest, limit=50)["messages"]
    rows = [row for row in world.store.newest(MESSAGES) if row.chat == newest]
    assert [message["message_id"] for message in whole] == [row.id for row in rows]
    assert [message["date"] for message in whole] == sorted((iso(row.sent_s) for row in rows), reverse=True)
    received = answer(world, "search_telegram_messages", chat_id=newest, direction="inbound", limit=50)["messages"]
    assert [message["message_id"] for message in received] == [row.id for row in rows if row.direction == "inbound"]


def test_a_conversation_is_searched_by_words_and_paged() -> None:
    world = new_world("small", SEED)
    for text in ("One kite", "Two boats", "Three kites"):
        answer(world, "send_messagebird_sms", to=STRANGER, message=text)
    page = answer(world, "search_sms", phone_number=STRANGER, query="kite", limit=1)
    rest = answer(world, "search_sms", phone_number=STRANGER, query="kite", limit=1, offset=1)
    assert ([message["body"] for message in page["messages"]], page["has_more"]) == (["Three kites"], True)
    assert ([message["body"] for message in rest["messages"]], rest["has_more"]) == (["One kite"], False)


def test_a_search_in_an_unknown_chat_is_refused_and_of_an_unknown_number_is_empty() -> None:
    world = new_world("small", SEED)
    assert refused(world, "search_telegram_messages", chat_id="@nobody_here") == ("not_found", "chat_id")
    assert answer(world, "search_sms", phone_number=STRANGER) == {"has_more": False, "messages": []}


def test_contacts_and_chats_agree() -> None:
    world = new_world("small", SEED)
    for contact in answer(world, "search_contacts", limit=50)["contacts"]:
        if "telegramChatId" in contact:
            chat = answer(world, "send_telegram_message", chat_id=int(contact["telegramChatId"]), text="Hi")["chat"]
            assert (chat["title"], chat["username"]) == (contact["name"], contact["handle"])
            assert answer(world, "send_twilio_sms", to=contact["phone"], message="Hi")["to"] == contact["phone"]


@pytest.mark.parametrize("size", ["small", "medium"])
def test_seeded_messages_take_up_every_topic_in_turn(size: str) -> None:
    world = new_world(size, SEED)
    topic_of = {text: topic.id for topic in load_topics().values() for text in topic.messages}
    written = [row for row in world.store.rows(MESSAGES) if row.text in topic_of]
    assert len({topic_of[row.text] for row in written}) == min(len(load_topics()), len(written))
    if size == "medium":
        for channel in ("sms", "telegram"):
            taken = {topic_of[row.text] for row in written if row.channel == channel}
            assert len(taken) >= len(load_topics()) - 2  # reminders of invoices may take a turn of one channel


def test_organisations_remind_of_their_invoices_by_sms() -> None:
    world = new_world("small", SEED)
    invoice = world.background.invoices[0]
    (reminder,) = answer(world, "search_sms", query=invoice.number)["messages"]
    assert reminder["contact_name"] == invoice.organisation.name
    assert f"{invoice.amount_minor / 100:.2f} {invoice.currency}" in reminder["body"]
    assert "phone_number" not in reminder


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_a_new_world_keeps_the_invariants(size: str) -> None:
    world = new_world(size, SEED)
    assert violations(world) == []
    times = [row.sent_s for row in world.store.rows(MESSAGES)]
    assert times == sorted(times)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["*a*", "a_b", "x" * 5000, "<b>"]
)
NUMBERS = st.sampled_from([STRANGER, "12", "+0"]) | st.deferred(
    lambda: st.sampled_from([person.phone for person in new_world("small", SEED).background.people])
)
CHAT_IDS = (
    st.integers()
    | TEXTS
    | st.deferred(lambda: st.sampled_from([chat.id for chat in new_world("small", SEED).store.rows(CHATS)]))
)


class MessagingMachine(RuleBasedStateMachine):
    """Any calls, valid or not: the invariants hold, failures leave no trace, and a snapshot brings everything back."""

    def __init__(self) -> None:
        super().__init__()
        self.world = new_world("small", SEED)
        self.kept = (self.world.snapshot(), self.world.digest())

    def send(self, name: str, **arguments: Any) -> None:
        before = (self.world.digest(), self.world.now_s)
        result = call(self.world, name, **arguments)
        assert bool(result.changes) is (result.code == "")
        assert ((self.world.digest(), self.world.now_s) == before) is (result.code != "")

    @rule(to=NUMBERS, message=TEXTS, sender=st.sampled_from(["", "Club", "+15550100", "?"]), bird=st.booleans())
    def send_sms(self, to: str, message: str, sender: str, bird: bool) -> None:
        tool, parameter = ("send_messagebird_sms", "originator") if bird else ("send_twilio_sms", "from_number")
        self.send(tool, to=to, message=message, **{parameter: sender})

    @rule(chat_id=CHAT_IDS, text=TEXTS, mode=st.sampled_from([None, "HTML", "Markdown", "MarkdownV2", "rtf"]))
    def send_telegram(self, chat_id: int | str, text: str, mode: str | None) -> None:
        arguments = {} if mode is None else {"parse_mode": mode}
        self.send("send_telegram_message", chat_id=chat_id, text=text, **arguments)

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


MessagingMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
test_any_sequence_of_calls_keeps_the_invariants = MessagingMachine.TestCase
