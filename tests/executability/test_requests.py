"""Requests: what a text asks for, in which order, and which words belong to each; the rest asks for nothing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env import load_tools
from agentalign_env.executability.knowledge import load_knowledge
from agentalign_env.executability.mentions import extract
from agentalign_env.executability.people import known_people
from agentalign_env.executability.requests import Request, find_requests
from agentalign_env.executability.words import tokens_of
from agentalign_env.services import new_world

TOOLS = ("send_gmail", "search_brave", "create_paypal_payment", "send_telegram_message", "post_tweet", "file_operation")
SEARCH, MAIL, PAY = "Search.web_search", "Communication.send_email", "Payments.create_payment"
TELL, POST, FILES = "Communication.send_instant_message", "Social.create_post", "System_Tools.manage_files"


def requests_in(text: str, tools: tuple[str, ...] = TOOLS) -> list[Request]:
    world, catalogue = new_world("small", 0), load_tools()
    mentions = extract(text, now_s=world.now_s, names=known_people(world).names)
    tokens = tokens_of(text, mentions, load_knowledge().providers)
    at_hand = frozenset((catalogue[name].capability, catalogue[name].provider) for name in tools)
    return find_requests(text, tokens, at_hand)[0]


def asked(text: str, tools: tuple[str, ...] = TOOLS) -> list[str]:
    return [request.of.capability for request in requests_in(text, tools)]


@pytest.mark.parametrize(
    ("text", "capabilities"),
    [
        ('Search the web for "quiet cafés".', [SEARCH]),
        ('Search the web for "quiet cafés", then email the first link to mia@post.example.', [SEARCH, MAIL]),
        ("Wire 40 euros to Mia and tell her on Telegram", [PAY, TELL]),
        (
            '1. Search the web for "flats"\n2. Email the first link to mia@post.example\n3. Tweet it',
            [SEARCH, MAIL, POST],
        ),
        ("Could you please send an email to mia@post.example saying that we are late?", [MAIL]),
        ("I'd like you to read the file /home/sam/list.txt. Thanks!", [FILES]),
        ("We are moving in spring, and the flat is still a mess. Email mia@post.example about it.", [MAIL]),
        ('Open Telegram and write to Mia "See you there."', [TELL]),
        ('Post "Search the web and email the link to everybody." on Twitter.', [POST]),
    ],
)
def test_requests_are_found_in_their_order(text: str, capabilities: list[str]) -> None:
    assert asked(text) == capabilities


def test_what_is_to_be_done_before_comes_first() -> None:
    text = 'Email the first link to mia@post.example after searching the web for "quiet cafés".'
    assert asked(text) == [SEARCH, MAIL]


@pytest.mark.parametrize("text", ["", "  \n", "?!", "The weather is lovely today."])
def test_a_text_without_a_request_has_none(text: str) -> None:
    assert asked(text) == []


def test_the_wording_decides_arguments() -> None:
    (read,) = requests_in("Read the file /home/sam/list.txt.")
    (delete,) = requests_in("Delete the file /home/sam/list.txt.")
    assert dict(read.of.fixed)["operation"] == "read"
    assert dict(delete.of.fixed)["operation"] == "delete"


def test_what_is_at_hand_is_likelier() -> None:
    text = 'Write to Mia that "The train leaves at nine."'
    assert asked(text, ("send_gmail",)) == [MAIL]
    assert asked(text, ("send_telegram_message",)) == [TELL]


def test_each_request_has_the_words_that_belong_to_it_and_other_readings() -> None:
    text = 'Search the web for "quiet cafés", then email the first link to mia@post.example.'
    search, mail = requests_in(text)
    assert text[search.start : search.end].rstrip(" ,") == 'Search the web for "quiet cafés"'
    assert text[mail.start : mail.end] == "email the first link to mia@post.example."
    for request in (search, mail):
        assert request.alternatives
        assert request.of not in [of for of, _ in request.alternatives]
        scores = [score for _, score in request.alternatives]
        assert scores == sorted(scores, reverse=True)


@given(
    st.lists(
        st.sampled_from(["Search for flats", "then", "and", ",", ".", "email it to Mia", "pay 3 euros"]), max_size=12
    )
)
def test_requests_do_not_overlap_and_lie_in_the_text(words: list[str]) -> None:
    text = " ".join(words)
    found = sorted(requests_in(text), key=lambda request: request.start)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@pytest.mark.parametrize(
    "text",
    [
        "Ring Anna and say that I am late.",
        "Fax the contract to the office.",
        "Resize the picture to half its width.",
        "Star the mail of the bank.",
    ],
)
def test_what_nothing_here_does_is_a_request_too(text: str) -> None:
    assert asked(text) == [""]


@pytest.mark.parametrize("text", ["What did Anna write about the garden?", "Did Anna write to me about the garden?"])
def test_what_somebody_wrote_is_looked_up_where_one_can_look(text: str) -> None:
    assert asked(text, ("search_gmail", "read_gmail")) == ["Communication.search_emails"]
    assert asked(text, ("search_sms",)) == ["Communication.search_messages"]


def test_a_way_of_writing_that_is_named_is_looked_into() -> None:
    assert asked("What did Anna write on Telegram?", ("search_gmail",)) == ["Communication.search_messages"]


@pytest.mark.parametrize("ending", ["Show me.", "Tell me what it says.", "Let me see it.", "Read it to me."])
def test_looking_at_what_came_out_is_no_request_of_its_own(ending: str) -> None:
    assert asked(f"Run `uptime` in the shell. {ending}", ("execute_command",)) == ["System_Tools.execute_command"]


@pytest.mark.parametrize("verb", ["Buy", "Cancel", "Delete"])
def test_a_change_is_not_asked_for_with_a_look(verb: str) -> None:
    capabilities = asked(f"{verb} the kettle on Amazon.", ("search_products_amazon", "list_amazon_orders"))
    assert not set(capabilities) & {"eCommerce.search_products", "eCommerce.list_orders"}
