"""Regular expressions: the dialects, what they refuse, and that both ways of matching agree."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.services.shell.languages.patterns import Flavour, PatternError, compile_any, compile_pattern

POSIX = st.recursive(
    st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]"]),
    lambda part: st.one_of(
        st.tuples(part, part).map("".join),
        st.tuples(part, part).map(lambda pair: f"({pair[0]}|{pair[1]})"),
        part.map(lambda inner: f"({inner})*"),
        part.map(lambda inner: f"({inner})?"),
        part.map(lambda inner: f"({inner})+"),
        part.map(lambda inner: f"({inner}){{1,2}}"),
    ),
    max_leaves=5,
)
TEXTS = st.text("abcx", max_size=8)
ANYTHING = st.text("ab01.*+?()[]{}|^$\\-:,=<>&!dswbBKQEPxun\n é", max_size=24)

MATCHES: list[tuple[Flavour, str, str, str | None]] = [
    ("basic", "a*b", "xaab", "aab"),
    ("basic", r"\(a\)\1", "baa", "aa"),
    ("basic", "*a", "b*a", "*a"),
    ("basic", "^*a", "*a", "*a"),
    ("basic", r"a\{2,3\}", "aaaa", "aaa"),
    ("basic", "a{2}", "a{2}", "a{2}"),
    ("basic", r"a\|b", "xb", "b"),
    ("basic", r"a\+", "baa", "aa"),
    ("basic", "a^b$c", "a^b$c", "a^b$c"),
    ("extended", "a|ab|abc", "abcd", "abc"),
    ("extended", "(a|ab)(c|bcd)", "abcd", "abcd"),
    ("extended", r"(.)(.)\2\1", "xabba", "abba"),
    ("extended", "[]a]+", "x]a]", "]a]"),
    ("extended", "[^]a]", "]ab", "b"),
    ("extended", "[[:upper:][:digit:]]+", "abC4d", "C4"),
    ("extended", "[[.a.]]", "ba", "a"),
    ("extended", r"\<foo\>", "a foo.", "foo"),
    ("extended", r"\<.", "  xé", "x"),
    ("extended", r"\w+", "-é_1-", "é_1"),
    ("extended", r"\bé", "a é", "é"),
    ("extended", "a{0}b", "ab", "b"),
    ("extended", "x*", "abc", ""),
    ("extended", "^(a+)+$", "a" * 40 + "!", None),
    ("awk", r"[a\]]", "x]", "]"),
    ("awk", r"a\/b", "a/b", "a/b"),
    ("awk", r"\ycat\y", "a cat", "cat"),
    ("fixed", "a.b", "axb a.b", "a.b"),
    ("perl", r"\d+(?=x)", "12 34x", "34"),
    ("perl", r"(?<=a)b", "bab", "b"),
    ("perl", r"(?<!a)b", "abcb", "b"),
    ("perl", r'"n":\s*"\K[^"]+', '{"n": "abc"}', "abc"),
    ("perl", "(?i)abc", "xABC", "ABC"),
    ("perl", "a.*?b", "aabab", "aab"),
    ("perl", r"(?<x>a)\k<x>", "baa", "aa"),
    ("perl", "a|ab", "ab", "a"),
    ("perl", r"\Qa.b\E+", "axb a.bb", "a.bb"),
    ("perl", "a++b", "aab", "aab"),
    ("perl", "(?>a+)ab", "aaab", None),
    ("perl", "(?x) a b # c", "ab", "ab"),
    ("perl", r"[\d\-]+", "x1-2", "1-2"),
]

PROBLEMS: list[tuple[Flavour, str, str]] = [
    ("extended", "(", "Unmatched ( or \\("),
    ("basic", r"\)", "Unmatched ) or \\)"),
    ("basic", "[a", "Unmatched [, [^, [:, [., or [="),
    ("extended", "a{2,1}", "Invalid content of \\{\\}"),
    ("extended", "a{99999}", "Regular expression too big"),
    ("extended", "*a", "Invalid preceding regular expression"),
    ("extended", "[b-a]", "Invalid range end"),
    ("extended", r"(a)\2", "Invalid back reference"),
    ("basic", "[[:foo:]]", "Invalid character class name"),
    ("basic", "[:space:]", "character class syntax is [[:space:]], not [:space:]"),
    ("basic", "a\\", "Trailing backslash"),
    ("extended", "(" * 200 + ")" * 200, "Regular expression too big"),
    ("extended", "((((a{99}){99}){99}){99})", "Regular expression too big"),
    ("perl", "(a", "missing closing parenthesis"),
    ("perl", "a)", "unmatched closing parenthesis"),
    ("perl", "*a", "quantifier does not follow a repeatable item"),
    ("perl", "(?<=a*)b", "lookbehind assertion is not fixed length"),
    ("perl", r"\1", "reference to non-existent subpattern"),
]


@pytest.mark.parametrize(("flavour", "pattern", "text", "expected"), MATCHES)
def test_a_pattern_finds_what_its_dialect_says(flavour: Flavour, pattern: str, text: str, expected: str | None) -> None:
    found = compile_pattern(pattern, flavour).search(text)
    assert (found and found.group()) == expected


@pytest.mark.parametrize(("flavour", "pattern", "problem"), PROBLEMS)
def test_an_invalid_pattern_is_refused_in_the_words_of_the_tools(flavour: Flavour, pattern: str, problem: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern, flavour)
    assert str(caught.value) == problem


def test_a_search_begins_where_it_is_told_and_sees_what_stands_before() -> None:
    pattern = compile_pattern("^a|b", "extended")
    found = pattern.search("aab", 1)
    assert found is not None
    assert (found.start, found.end) == (2, 3)


def test_groups_say_what_they_matched_and_that_they_took_no_part() -> None:
    found = compile_pattern("(a)|(b)", "extended").search("b")
    assert found is not None
    assert [found.group(number) for number in range(4)] == ["b", None, "b", None]


def test_places_count_characters_not_bytes() -> None:
    found = compile_pattern("(ö)(.)", "extended").search("éé€öx" + "-" * 400)
    assert found is not None
    assert found.spans == (3, 5, 3, 4, 4, 5)


def test_no_empty_match_stands_right_behind_another_match() -> None:
    matches = compile_pattern("a*", "extended").finditer("baaac")
    assert [(match.start, match.end) for match in matches] == [(0, 0), (1, 4), (5, 5)]


def test_whole_words_and_whole_texts_try_shorter_matches() -> None:
    word = compile_any(("a|ab",), "extended", whole="word").search("xa ab")
    assert word is not None
    assert (word.start, word.end) == (3, 5)
    assert compile_any(("a|ab",), "extended", whole="line").search("abc") is None


def test_one_of_several_patterns_keeps_its_own_back_references() -> None:
    pattern = compile_any((r"\(x\)\1", r"\(y\)\1"), "basic")
    found = pattern.search("xyy")
    assert found is not None
    assert found.group() == "yy"


def test_a_pattern_that_would_backtrack_for_ever_is_given_up() -> None:
    pattern = compile_pattern("^(?=a)(a+)+$", "perl")
    with pytest.raises(PatternError, match="exceeded PCRE's backtracking limit"):
        pattern.search("a" * 40 + "!")


def test_backtracking_costs_fuel() -> None:
    spent: list[int] = []
    pattern = compile_pattern(r"(a*)*b\1", "extended")
    with pytest.raises(PatternError):
        pattern.search("a" * 40, 0, spent.append)
    assert sum(spent) > 1000


@given(pattern=POSIX, text=TEXTS)
def test_whole_texts_match_as_they_do_for_python(pattern: str, text: str) -> None:
    ours = compile_any((pattern,), "extended", whole="line").search(text) is not None
    assert ours == (re.fullmatch(pattern, text, re.DOTALL) is not None)


@settings(max_examples=200)
@given(pattern=POSIX, text=TEXTS)
def test_backtracking_finds_the_same_place_as_re2(pattern: str, text: str) -> None:
    # A back-reference to an empty group changes nothing but the way of matching.
    number = pattern.count("(") + 2
    if number > 9:
        return
    quick = compile_pattern(pattern, "extended").search(text)
    slow = compile_pattern(f"({pattern})()\\{number}", "extended").search(text)
    assert (quick and (quick.start, quick.end)) == (slow and (slow.start, slow.end))


@settings(max_examples=400)
@given(
    pattern=ANYTHING,
    text=st.text("ab1 .é\n", max_size=12),
    flavour=st.sampled_from(["basic", "extended", "awk", "fixed", "perl"]),
    fold=st.booleans(),
    whole=st.sampled_from(["", "word", "line"]),
)
def test_any_text_is_a_pattern_or_refused(pattern: str, text: str, flavour: Flavour, fold: bool, whole: str) -> None:
    with suppress(PatternError):
        made = compile_any((pattern,), flavour, ignore_case=fold, whole=whole, lenient=True)  # type: ignore[arg-type]
        for match in made.finditer(text):
            assert 0 <= match.start <= match.end <= len(text)
