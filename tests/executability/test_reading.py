"""What a text asks for, and what it says, is read as people mean it."""

import pytest

from agentalign_env import ExecutabilityReport, check
from agentalign_env.core.world import WorldKey
from agentalign_env.services import new_world
from agentalign_env.services.crypto.records import WALLETS

KEY = WorldKey("small", 0)


def called(report: ExecutabilityReport) -> list[str]:
    return [step.call.tool for step in report.steps if step.purpose == "step"]


@pytest.mark.parametrize("remark", ["read what comes back", "tell me what it says", "show me what it prints"])
def test_what_only_says_what_comes_of_a_step_asks_for_nothing_more(remark: str) -> None:
    text = f"Run `df -h` in the shell and {remark}."
    report = check(text, tools=["execute_command", "open_page", "read_gmail"], world=KEY)
    assert report.executable
    assert called(report) == ["execute_command"]


def test_reading_it_goes_on_with_a_file_that_was_opened() -> None:
    text = 'Create a file "notes/a.txt" that says "one". Then pull up the file "notes/a.txt" and read it.'
    report = check(text, tools=["file_operation", "read_outlook"], world=KEY)
    assert report.executable
    assert set(called(report)) == {"file_operation"}


def test_items_of_a_list_are_requests_of_their_own() -> None:
    text = '1. Use Twitter to post "The list is done."\n2. Comment under your new post on Twitter: "Thanks!"'
    report = check(text, tools=["post_tweet", "post_tweet_comment"], world=KEY)
    assert report.executable
    assert called(report) == ["post_tweet", "post_tweet_comment"]


def test_a_wish_that_goes_on_is_still_a_wish() -> None:
    text = 'I want to mend the old bicycle and share it with my neighbours. Search Google for "bicycle repair".'
    report = check(text, tools=["search_google"], world=KEY)
    assert report.executable
    assert called(report) == ["search_google"]


@pytest.mark.parametrize("size", ["-3 x 768", "0 by 768", "768 x -3"])
def test_one_bad_figure_of_two_is_an_invalid_value(size: str) -> None:
    text = f'Ask Stable Diffusion for an image of {size} pixels that shows "A jar of honey".'
    assert check(text, tools=["stable_diffusion_generate"], world=KEY).cause == "invalid_value"


@pytest.mark.parametrize(
    ("limit", "argument"),
    [
        ("at 300 dollars or under", "max_price"),
        ("for 300 dollars or less", "max_price"),
        ("nothing above 300 dollars", "max_price"),
        ("at least 300 dollars", "min_price"),
        ("300 dollars or more", "min_price"),
    ],
)
def test_the_words_around_a_price_say_which_limit_it_is(limit: str, argument: str) -> None:
    report = check(f'Search eBay for "rain jacket", {limit}.', tools=["search_products_ebay"], world=KEY)
    assert report.executable
    assert report.plan[0].arguments[argument] == 300


@pytest.mark.parametrize("amount", ["a bit of USD", "some USD"])
def test_an_amount_that_says_nothing_is_a_missing_parameter(amount: str) -> None:
    text = f'Use PayPal to pay {amount} to mia@post.example for "music lessons".'
    tools = ["create_paypal_payment", "list_stripe_payments"]
    assert check(text, tools=tools, world=KEY).cause == "missing_parameter"


def test_what_is_said_in_a_message_is_no_value_from_before() -> None:
    text = "Pay 20 EUR to mia@post.example on PayPal. Then text +15805550111 that the money is on its way."
    report = check(text, tools=["create_paypal_payment", "send_twilio_sms"], world=KEY)
    assert report.executable
    assert report.plan[-1].arguments["message"] == "the money is on its way"


def test_somebody_who_is_spoken_of_leaves_nothing_open() -> None:
    text = "Text +15805550111 that the parcel comes at six, someone has to open the door."
    assert check(text, tools=["send_twilio_sms"], world=KEY).executable


def test_a_wallet_is_meant_by_its_label_whatever_else_is_said() -> None:
    wallet = next(iter(new_world("small", 0).store.rows(WALLETS)))
    text = f"Make a bitcoin payment request over 0.0015 BTC to my {wallet.label} wallet with the note shed paint."
    report = check(text, tools=["list_crypto_wallets", "create_bitcoin_payment"], world=KEY)
    assert report.executable
    assert report.plan[0].tool == "list_crypto_wallets"


@pytest.mark.parametrize("act", ["give it a like from me", "hit the like button under it"])
def test_another_action_behind_a_look_is_not_overlooked(act: str) -> None:
    report = check(f"Search Instagram for leeks and {act}.", tools=["search_instagram_content"], world=KEY)
    assert report.cause == "missing_capability"


def test_doing_something_is_an_order_rather_than_a_question() -> None:
    text = (
        'Search Google for "garden bird count", then do a GET on the link of the first result and read what comes back.'
    )
    report = check(text, tools=["search_google", "http_request"], world=KEY)
    assert report.executable
    assert called(report) == ["search_google", "http_request"]
