"""Commands on files: as GNU's answer, and properties of the matching of names and of modes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env.services.shell.coreutils.modes import parse_mode
from agentalign_env.services.shell.coreutils.name_patterns import matches
from agentalign_env.services.shell.sandbox import memory_sandbox
from tests.services.shell.tables import Case, answer, cases


@pytest.mark.parametrize("case", cases("files"), ids=lambda case: case.script[:60])
def test_a_command_on_files_answers_as_gnus_does(case: Case) -> None:
    assert answer(case.script) == case


@given(pattern=st.text("ab*?", max_size=8), name=st.text("ab", max_size=10))
def test_a_pattern_matches_what_the_regular_expression_with_the_same_meaning_does(pattern: str, name: str) -> None:
    meaning = pattern.replace("*", ".*").replace("?", ".")
    assert matches(pattern, name) == (re.fullmatch(meaning, name) is not None)


@given(pattern=st.text("ab*?[]!-^\\:", max_size=12), name=st.text("ab]-", max_size=8))
def test_any_text_is_a_pattern(pattern: str, name: str) -> None:
    assert matches(pattern, name) in (True, False)


def test_a_pattern_of_many_stars_is_matched_without_trying_every_way() -> None:
    assert not matches("*a" * 40 + "b", "a" * 4_000)


@given(bits=st.integers(0, 0o777), who=st.sampled_from("ugoa"), sign=st.sampled_from("+-="), rights=st.text("rwx"))
def test_a_symbolic_mode_changes_the_classes_it_names_alone(bits: int, who: str, sign: str, rights: str) -> None:
    after = int(parse_mode(f"{who}{sign}{rights}").applied(bits, is_directory=False), 8)
    mask = {"u": 0o700, "g": 0o070, "o": 0o007, "a": 0o777}[who]
    value = sum(bit for letter, bit in (("r", 0o444), ("w", 0o222), ("x", 0o111)) if letter in rights) & mask
    expected = {"+": bits | value, "-": bits & ~value, "=": (bits & ~mask) | value}[sign]
    assert after == expected


def test_what_was_copied_with_its_times_is_as_old_as_its_source() -> None:
    box = memory_sandbox({"/a/f": "x"}, "/")
    result = box.exec("touch -d 2001-02-03 /a/f; cp -a /a /b; cp -r /a /c; stat -c %Y /a/f /b/f; [ /c/f -nt /a/f ]")
    assert (result.stdout, result.rc) == ("981158400\n981158400\n", 0)


def test_a_link_is_removed_and_not_what_it_leads_to() -> None:
    box = memory_sandbox({"/a/f": "x"}, "/")
    assert box.exec("ln -s /a l; rm -rf l; cat /a/f").stdout == "x"


def test_a_directory_deeper_than_pythons_stack_is_walked_and_removed() -> None:
    box = memory_sandbox({}, "/tmp")
    script = "p=.; for i in {1..600}; do p=$p/d; done; mkdir -p $p; find . | wc -l; rm -r d; ls"
    assert box.exec(script).stdout == "601\n"


@pytest.mark.parametrize(
    ("script", "left"),
    [
        ("cp /dev/null x; chmod 666 y; cp y z; stat -c '%a %n' x z", "644 x\n644 z\n"),
        ("cp -r d d/e 2>/dev/null; find d | sort", "d\nd/e\nd/e/a\nd/e/in\nd/e/in/b\nd/in\nd/in/b\nd/a\n"),
        ("(echo 1 >&2; echo two > /dev/stderr; echo 3 >> /dev/stderr) 2> log; cat log", "two\n3\n"),
    ],
    ids=["modes under the umask", "a directory into itself", "an open file opened anew"],
)
def test_what_a_command_leaves_is_what_gnus_leaves(script: str, left: str) -> None:
    box = memory_sandbox({"/w/y": "", "/w/d/a": "", "/w/d/in/b": ""}, "/w")
    assert sorted(box.exec(script).stdout.splitlines()) == sorted(left.splitlines())
