"""A face that does not fit is refused at load, with its file, tool and key, and what to do."""

from pathlib import Path

import pytest

from agentalign_env.errors import DataFileError, UnknownNameError
from agentalign_env.toolkit.capabilities import load_capabilities
from agentalign_env.toolkit.catalogue import ToolCatalogue, load_tools, read_catalogue, tool_named

READ = """
[[tool]]
name = "read_letter"
capability = "Communication.read_email"
description = "Read one letter."

[tool.parameters]
letter = { argument = "message_id", description = "Its id." }

[tool.result]
text = "body"
"""
SEARCH = """
[[tool]]
name = "find_letters"
capability = "Communication.search_emails"
description = "Find letters."

[tool.parameters]
words = { argument = "query", description = "Words." }
count = { argument = "limit", description = "How many." }
"""


def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> ToolCatalogue:
    """What `load_tools` makes of a folder with these files."""
    load_capabilities()
    for name, content in files.items():
        (tmp_path / f"{name}.toml").write_text(content, encoding="utf-8")
    monkeypatch.setattr("agentalign_env.toolkit.catalogue.data_root", lambda kind: tmp_path)
    return read_catalogue()


def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> DataFileError:
    with pytest.raises(DataFileError) as caught:
        loaded(tmp_path, monkeypatch, **files)
    assert caught.value.remedy.endswith(".")
    assert (
        str(caught.value) == f"{caught.value.file}: {caught.value.key}: {caught.value.problem}. {caught.value.remedy}"
    )
    return caught.value


def test_a_folder_of_faces_becomes_a_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = loaded(tmp_path, monkeypatch, post='provider = "Post"\n' + READ + SEARCH)
    assert [*tools] == [*tools.names] == ["find_letters", "read_letter"]
    assert tools.capabilities == ("Communication.read_email", "Communication.search_emails")
    assert tools.of("Communication.read_email") == (tools["read_letter"],)
    assert tools.of("Payments.create_payment") == ()
    assert {tool.provider for tool in tools.values()} == {"Post"}
    assert tools.openai_schemas(["read_letter"]) == [tools["read_letter"].openai_schema()]


@pytest.mark.parametrize(
    ("broken", "key", "problem"),
    [
        (READ.replace("description = ", "descripton = ", 1), "tool.0.description", "required"),
        (READ + '[tool.extra]\nx = "y"', "tool.0.extra", "not permitted"),
        (READ.replace('"Its id."', '"Its id.", requried = true'), "tool.0.parameters.letter.requried", "not permitted"),
        (READ.replace("read_letter", "Read Letter"), "tool.0.name", "pattern"),
        (
            READ.replace("Communication.read_email", "Communication.open_email"),
            "tool.0.read_letter.capability",
            "'Communication.open_email'",
        ),
        (
            READ.replace('argument = "message_id"', 'argument = "mail_id"'),
            "tool.0.read_letter",
            "no argument 'mail_id', it has message_id",
        ),
        (
            READ.replace('letter = { argument = "message_id"', 'letter = { option = {type = "string"}'),
            "tool.0.read_letter",
            "requires message_id",
        ),
        (
            READ.replace('argument = "message_id"', 'argument = "message_id", required = false'),
            "tool.0.read_letter",
            "only with a default",
        ),
        (
            READ.replace('argument = "message_id"', 'argument = "message_id", option = {type = "string"}'),
            "tool.0.read_letter",
            "both argument and option",
        ),
        (
            READ.replace("[tool.parameters]", 'pins = { message_id = "1" }\n[tool.parameters]'),
            "tool.0.read_letter",
            "pinned too",
        ),
        (
            READ.replace("[tool.parameters]", 'pins = { colour = "1" }\n[tool.parameters]'),
            "tool.0.read_letter",
            "pins.colour",
        ),
        (
            SEARCH.replace('"How many."', '"How many.", default = 0'),
            "tool.0.find_letters",
            "parameters.count: the default does not fit",
        ),
        (
            SEARCH.replace('"How many."', '"How many.", default = "ten"'),
            "tool.0.find_letters",
            "parameters.count: the default does not fit",
        ),
        (
            SEARCH.replace('"How many."', '"How many.", narrow = {maximum = 5}, default = 9'),
            "tool.0.find_letters",
            "default does not fit",
        ),
    ],
)
def test_a_face_that_does_not_fit_is_refused_by_file_tool_and_key(
    broken: str, key: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refused(tmp_path, monkeypatch, post='provider = "Post"\n' + broken)
    assert (error.file, error.key) == ("post.toml", key)
    assert problem in error.problem


@pytest.mark.parametrize(
    "broken",
    [
        READ.replace('"body"', '"bdoy"'),
        SEARCH + '[tool.result]\nfound = { from = "bdoy", items = { about = "subject" } }\n',
        SEARCH + '[tool.result]\nfound = { from = "messages", items = { about = "bdoy" } }\n',
    ],
)
def test_a_result_that_the_operation_does_not_give_is_refused(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refused(tmp_path, monkeypatch, post='provider = "Post"\n' + broken)
    assert error.key.startswith("tool.0.")
    assert "bdoy" in error.problem


def test_a_narrowing_that_contradicts_the_argument_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = SEARCH.replace('"How many."', '"How many.", narrow = {type = "strng"}')
    assert "parameters.count" in refused(tmp_path, monkeypatch, post='provider = "Post"\n' + broken).problem


def test_a_pin_that_does_not_fit_its_argument_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = SEARCH.replace("[tool.parameters]", 'pins = { folder = "attic" }\n[tool.parameters]')
    assert "pins.folder" in refused(tmp_path, monkeypatch, post='provider = "Post"\n' + broken).problem


def test_two_parameters_that_set_one_argument_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = SEARCH + 'again = { argument = "query", description = "Words too." }\n'
    assert "query" in refused(tmp_path, monkeypatch, post='provider = "Post"\n' + broken).problem


def test_a_file_without_a_provider_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(tmp_path, monkeypatch, post=READ)
    assert (error.file, error.key) == ("post.toml", "provider")


def test_a_name_that_two_files_give_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(tmp_path, monkeypatch, a='provider = "A"\n' + READ, b='provider = "B"\n' + READ)
    assert (error.file, error.key) == ("b.toml", "read_letter")


def test_what_is_not_toml_is_refused_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(tmp_path, monkeypatch, post='provider = "Post"\nname = = 1')
    assert error.file.endswith("post.toml")
    assert error.key.startswith("line 2")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('["Mail.send"]\nkind = "sends"\norigin = "own"\nabout = "x"', "'read' or 'write'"),
        ('["Mail.send"]\nkind = "read"\norigin = "own"', "required"),
        ('["Mail.send"]\nkind = "read"\norigin = "own"\nabout = "x"\ncolour = "red"', ""),
    ],
)
def test_an_invalid_capability_is_refused_by_name(
    content: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "capabilities.toml").write_text(content)
    monkeypatch.setattr("agentalign_env.toolkit.capabilities.data_root", lambda kind: tmp_path)
    with pytest.raises(DataFileError) as caught:
        load_capabilities.__wrapped__()
    assert (caught.value.file, caught.value.key) == ("capabilities.toml", "Mail.send")
    assert problem.casefold() in caught.value.problem.casefold()


def test_a_tool_that_does_not_exist_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match=r"no tool is named 'send_gmial'\. Did you mean 'send_gmail'\?"):
        tool_named("send_gmial")
    assert "send_gmial" not in load_tools()
    assert load_tools().get("send_gmial") is None


def test_the_catalogue_holds_its_tools_in_name_order() -> None:
    tools = load_tools()
    assert [*tools] == sorted(tools)
    assert sum(len(tools.of(capability)) for capability in tools.capabilities) == len(tools)


def test_the_catalogue_is_read_once() -> None:
    assert load_tools() is load_tools(None)
    assert load_tools(5) is load_tools(5) is not load_tools()
