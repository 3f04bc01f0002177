"""Why an instruction cannot be carried out: the first finding names what stands in the way."""

from __future__ import annotations

import pytest

import agentalign_env as aa
from agentalign_env.core.world import WorldKey
from agentalign_env.executability.report import ExecutabilityReport

_SMALL = WorldKey("small", 7)


def _checked(text: str, *tools: str) -> ExecutabilityReport:
    return aa.check(text, tools=list(tools), world=_SMALL)


@pytest.mark.parametrize("tools", [("create_paypal_payment",), ("create_paypal_payment", "search_contacts")])
def test_money_for_somebody_unknown_is_not_paid_to_nobody(tools: tuple[str, ...]) -> None:
    report = _checked("Wire 40 euros to Mia.", *tools)
    assert report.cause == "missing_entity"
    assert "Mia" in report.findings[0].message


def test_a_figure_that_no_parameter_takes_is_not_passed_over() -> None:
    report = _checked('Search Temu for "desk lamp" for at most -3 dollars.', "search_products_temu")
    assert report.cause == "invalid_value"


def test_a_unit_that_the_tool_does_not_know_is_not_passed_over() -> None:
    text = 'Pay 45 XPF to anna@post.example over PayPal for "the picnic".'
    assert _checked(text, "create_paypal_payment").cause == "invalid_value"


def test_an_address_that_is_written_badly_is_no_provider() -> None:
    text = 'Post https//:media.lightbox.example on TikTok as a video, captioned "Picnic".'
    assert _checked(text, "post_tiktok").cause == "invalid_value"


def test_one_of_several_orders_is_ambiguous_though_nothing_lists_them() -> None:
    text = 'Return my order on Taobao with "A part is missing." as the reason.'
    assert _checked(text, "return_taobao_order").cause == "ambiguous"


def test_something_without_saying_which_is_a_missing_parameter() -> None:
    assert _checked("Have npm install some package.", "package_operation").cause == "missing_parameter"


def test_what_a_quoted_text_says_is_not_what_is_left_open() -> None:
    text = 'Send anna@post.example a mail that says "Write it down somewhere." with the subject "See attached".'
    assert _checked(text, "send_gmail").executable


def test_a_result_is_meant_though_a_text_is_stated_right_behind_it() -> None:
    text = (
        'List the voices of ElevenLabs. Then have ElevenLabs read this aloud in the voice listed first: "Good night."'
    )
    report = _checked(text, "list_elevenlabs_voices", "elevenlabs_text_to_speech")
    assert report.executable
    assert report.steps[-1].bound["voice_id"].source == "result"


def test_a_note_that_does_not_exist_is_not_replaced_by_the_words_for_it() -> None:
    text = "Start a new note at /tmp/draft.txt that says what I noted in /home/nobody/no-such-notes.txt."
    assert _checked(text, "file_operation").cause == "missing_entity"
