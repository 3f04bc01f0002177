"""Ids, random streams, the clock and the words of a text."""

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env.core.chats import chat_id_of
from agentalign_env.core.clock import DAY_S, day, iso, parse_iso, start_time_s
from agentalign_env.core.ids import ALNUM, BASE58, BASE62, BASE64URL, DIGITS, HEX, HEX16, IdStyle
from agentalign_env.core.rng import derive_seed, stream
from agentalign_env.core.text import tokens

ALPHABETS = (DIGITS, HEX, ALNUM, BASE58, BASE62, BASE64URL)
STYLES = st.builds(IdStyle, st.sampled_from(["", "pi_", "UC"]), st.sampled_from(ALPHABETS), st.integers(8, 24))
SALTS = st.integers(0, 2**64 - 1)


@given(STYLES, SALTS, st.integers(0, 10**8))
def test_an_id_has_its_prefix_alphabet_and_length(style: IdStyle, salt: int, number: int) -> None:
    issued = style.encode(number, salt)
    assert issued.startswith(style.prefix)
    signs = issued.removeprefix(style.prefix)
    assert len(signs) == style.length
    assert {*signs} <= {*style.alphabet}
    assert signs[0] != style.alphabet[0]


@given(SALTS, st.sampled_from(ALPHABETS))
def test_short_ids_are_a_bijection_over_their_whole_range(salt: int, alphabet: str) -> None:
    style = IdStyle("x", alphabet, 2)
    room = (len(alphabet) - 1) * len(alphabet)
    assert len({style.encode(number, salt) for number in range(room)}) == room


@given(STYLES, SALTS, st.sets(st.integers(0, 8 * 10**7), min_size=2, max_size=40))
def test_distinct_numbers_give_distinct_ids(style: IdStyle, salt: int, numbers: set[int]) -> None:
    assert len({style.encode(number, salt) for number in numbers}) == len(numbers)


def test_consecutive_ids_do_not_look_consecutive() -> None:
    issued = [HEX16.encode(number, 7) for number in range(50)]
    assert all(one[:3] != other[:3] for one, other in pairwise(issued))


def test_people_of_a_world_have_distinct_chat_ids_that_differ_between_worlds() -> None:
    ids = {chat_id_of(f"person-{number:05d}", 1) for number in range(500)}
    assert len(ids) == 500
    assert not ids & {chat_id_of(f"person-{number:05d}", 2) for number in range(500)}


def test_a_seed_is_fixed_by_its_names() -> None:
    assert derive_seed("table", "mails", 7) == 2135018296290776276
    assert stream("table", "mails", 7).random() == stream("table", "mails", 7).random()


@given(
    st.lists(st.one_of(st.integers(), st.text(string.ascii_letters)), max_size=4),
    st.lists(st.one_of(st.integers(), st.text(string.ascii_letters)), max_size=4),
)
def test_streams_of_other_names_are_independent(one: list[int | str], other: list[int | str]) -> None:
    assert (derive_seed(*one) == derive_seed(*other)) == (one == other)


def test_a_number_and_its_text_name_different_streams() -> None:
    assert derive_seed("a", 1) != derive_seed("a", "1")


def test_drawing_from_one_stream_never_shifts_another() -> None:
    expected = stream("people", 3).random()
    stream("invoices", 3).shuffle(list(range(100)))
    assert stream("people", 3).random() == expected


@given(st.integers(0, 2**63))
def test_a_world_begins_in_a_working_hour_of_a_weekday(seed: int) -> None:
    start = start_time_s(seed)
    weekday, hour = (start // DAY_S + 3) % 7, start % DAY_S // 3600
    assert weekday < 5
    assert 8 <= hour <= 16
    assert "2026-01-05" <= day(start) <= "2026-10-09"


@given(st.integers(0, 253_402_300_799))
def test_a_time_survives_being_written_and_read(time_s: int) -> None:
    assert parse_iso(iso(time_s)) == time_s
    assert parse_iso(day(time_s)) == time_s - time_s % DAY_S


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-17", "2026-03-17T00:00:00Z"),
        ("2026-03-17T09:14", "2026-03-17T09:14:00Z"),
        ("2026-03-17T09:14:05", "2026-03-17T09:14:05Z"),
        ("2026-03-17T09:14:05+02:00", "2026-03-17T07:14:05Z"),
        ("2026-03-17T23:30:00-01:00", "2026-03-18T00:30:00Z"),
    ],
)
def test_dates_and_times_are_read_as_utc_unless_they_name_a_zone(text: str, time: str) -> None:
    parsed = parse_iso(text)
    assert parsed is not None
    assert iso(parsed) == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-02-30",
        "2026-3-1",
        "20260301",
        "2026-03-17T25:00",
        "2026-03-17 09:14",
        "2026-03-17T09:14:05+99:99",
    ],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_iso(text) is None


@given(st.from_regex(r"\A\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?\Z"))
def test_reading_a_time_never_raises_and_what_was_read_can_be_written(text: str) -> None:
    parsed = parse_iso(text)
    if parsed is not None:
        assert parse_iso(iso(parsed)) == parsed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Kites and the kite", ["kite"]),
        ("Glass of GLASSES", ["glass", "glasse"]),
        ("STRASSE straße", ["strasse"]),
        ("bus, gas! 7's", ["bus", "gas", "7", "s"]),
        ("of the", []),
        ("", []),
    ],
)
def test_words_are_folded_singular_and_without_stop_words(text: str, words: list[str]) -> None:
    assert tokens(text) == words


@given(st.text())
def test_words_are_distinct_and_case_does_not_matter(text: str) -> None:
    words = tokens(text)
    assert len({*words}) == len(words)
    assert tokens(text.casefold()) == words
