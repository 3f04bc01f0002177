"""How people ask, as data: every file loads, and what names nothing is refused by file and key."""

from pathlib import Path
from typing import Any

import pytest

from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, toml_files
from agentalign_env.scenarios import requests
from agentalign_env.scenarios.requests import load_common_words, load_other_actions, load_requests
from agentalign_env.toolkit.catalogue import load_tools, operations_by_capability

MAIL = "Communication.send_email"
PHRASES = f'[["{MAIL}".request]]\nphrases = ["email {{to}}"]\n'


def refused(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loader: Any = load_requests
) -> DataFileError:
    """What the loader says of these files."""
    operations_by_capability()
    folder = tmp_path / "requests"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    monkeypatch.setattr(requests, "data_root", lambda kind: tmp_path)
    with pytest.raises(DataFileError) as caught:
        loader.__wrapped__()
    assert caught.value.remedy
    return caught.value


def test_every_file_loads_and_gives_phrases_for_capabilities_that_exist() -> None:
    names = {path.name for path in toml_files(data_root("scenarios").joinpath("requests"))}
    assert {"common.toml", "other.toml"} < names
    found = load_requests()
    assert {*found} <= {*operations_by_capability()}
    assert {*found} >= {*load_tools().capabilities}, "nobody says how to ask for some capability"


def test_placeholders_name_arguments_of_the_operation() -> None:
    operations = operations_by_capability()
    unknown = {
        (capability, phrase)
        for capability, one in load_requests().items()
        for group in one.groups
        for phrase in group.phrases
        for part in phrase.split("{")[1:]
        if part.partition("}")[0] not in {*operations[capability].parameters, "provider"}
    }
    assert unknown == set()


def test_fixed_arguments_are_values_that_the_operation_takes() -> None:
    tools = load_tools()
    for capability, one in load_requests().items():
        for group in one.groups:
            for argument, value in group.fixed.items():
                offering = [tool for tool in tools.of(capability) if argument in tool.names]
                accepted = [tool for tool in offering if tool.accepts(tool.names[argument], value)]
                assert accepted or not offering, (capability, argument, value)


def test_phrases_are_in_one_line_without_blanks_around_them() -> None:
    phrases = [(name, text) for name, one in load_requests().items() for group in one.groups for text in group.phrases]
    phrases += [(one.name, text) for one in load_other_actions() for text in one.phrases]
    assert [(name, text) for name, text in phrases if text != " ".join(text.split()) or not text] == []


def test_words_that_belong_to_no_capability_are_there() -> None:
    common = load_common_words()
    assert {"send", "find"} <= {*common.verbs.words}
    assert common.nouns["EmailAddress"]
    assert common.background.phrases
    assert common.detail.phrases
    assert all(one.phrases for one in load_other_actions())


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ('[["Mail.send".request]]\nphrases = ["x"]', "Mail.send"),
        (PHRASES + "fixed = { colour = 1 }", f"{MAIL}.fixed"),
        (PHRASES + f'["{MAIL}".results]\ncolour = ["x"]', f"{MAIL}.results"),
        (f'["{MAIL}"]\nrequest = []', f"{MAIL}.request"),
        (f'["{MAIL}"]', f"{MAIL}.request"),
        (f'[["{MAIL}".request]]\nphrases = []', f"{MAIL}.request.0.phrases"),
        (f'[["{MAIL}".request]]\nphrases = "email"', f"{MAIL}.request.0.phrases"),
        (f'[["{MAIL}".request]]\nphrase = ["email"]', f"{MAIL}.request.0.phrase"),
        (PHRASES + f'["{MAIL}".result]\nid = ["x"]', f"{MAIL}.result"),
        ("[[x]\n", "line 1"),
    ],
)
def test_a_wrong_file_is_refused_by_key(
    content: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refused({"a.toml": content}, tmp_path, monkeypatch)
    assert error.file.endswith("a.toml")
    assert error.key.startswith(key)


def test_two_files_for_one_capability_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused({"a.toml": PHRASES, "b.toml": PHRASES}, tmp_path, monkeypatch)
    assert (error.file, error.key) == ("b.toml", MAIL)


@pytest.mark.parametrize(
    ("name", "loader", "content", "key"),
    [
        ("common.toml", load_common_words, "colour = 1", "nouns"),
        ("common.toml", load_common_words, '[nouns]\nUrl = "link"\n', "nouns.Url"),
        ("other.toml", load_other_actions, '[[other]]\nname = "like a post"\nphrases = []', "other.0.phrases"),
        ("other.toml", load_other_actions, '[[other]]\nphrases = ["like it"]', "other.0.name"),
        ("other.toml", load_other_actions, "[[others]]", "other"),
    ],
)
def test_a_wrong_file_of_common_words_is_refused(
    name: str, loader: Any, content: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refused({name: content}, tmp_path, monkeypatch, loader)
    assert (error.file, error.key) == (name, key)
