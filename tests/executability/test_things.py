"""Things of the owner are known by their names, where a tool at hand deals with such things."""

from typing import NamedTuple

import pytest

from agentalign_env import check
from agentalign_env.core.world import WorldKey
from agentalign_env.executability.things import known_things
from agentalign_env.scenarios.premises import Premise, lay
from agentalign_env.services import new_world
from agentalign_env.services.machine.records import HOSTS, REPOSITORIES
from agentalign_env.services.messaging.records import CHATS
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.tool import ToolSet

KEY = WorldKey("small", 0)


class Known(NamedTuple):
    group: str
    group_id: str
    checkout: str
    host: str


@pytest.fixture(scope="module")
def known() -> Known:
    store = new_world("small", 0).store
    group = next(row for row in store.rows(CHATS) if row.kind != "private")
    checkout = next(row.checkout for row in store.rows(REPOSITORIES) if row.checkout)
    host = next(row.name for row in store.rows(HOSTS) if "-" in row.name.partition(".")[0] and row.kind == "server")
    return Known(group.title, group.id, checkout, host)


def at_hand(*names: str) -> ToolSet:
    catalogue = load_tools()
    return ToolSet({name: catalogue[name] for name in names})


@pytest.mark.parametrize("noun", ["group", "chat", "group chat"])
def test_a_group_is_written_to_by_its_title(known: Known, noun: str) -> None:
    text = f'Tell the {known.group} {noun} on Telegram that "supper is at six".'
    report = check(text, tools=["send_telegram_message"], world=KEY)
    assert report.executable
    assert report.plan[0].arguments["chat_id"] == known.group_id


def test_a_checkout_is_meant_by_the_name_of_its_folder(known: Known) -> None:
    name = known.checkout.rpartition("/")[2]
    report = check(f"Show me the git status of {name}.", tools=["git_operation"], world=KEY)
    assert report.executable
    assert report.plan[0].arguments["repository_path"] == known.checkout


def test_a_checkout_is_meant_by_its_name_as_words(known: Known) -> None:
    name = known.checkout.rpartition("/")[2].replace("-", " ")
    report = check(f"What is the git status of my {name} checkout?", tools=["git_operation"], world=KEY)
    assert report.executable
    assert report.plan[0].arguments["repository_path"] == known.checkout


def test_a_host_is_meant_by_the_first_part_of_its_name(known: Known) -> None:
    short = known.host.partition(".")[0]
    report = check(f"Ping {short}.", tools=["network_diagnostic"], world=KEY)
    assert report.executable
    assert report.plan[0].arguments["target"] == known.host


def test_a_group_that_does_not_exist_is_missing() -> None:
    text = 'Tell the Zeppelin group on Telegram that "supper is at six".'
    assert not check(text, tools=["send_telegram_message"], world=KEY).executable


def test_things_are_only_known_where_a_tool_deals_with_them(known: Known) -> None:
    world = new_world("small", 0)
    name = known.checkout.rpartition("/")[2]
    assert name in known_things(world, at_hand("git_operation")).names
    assert name not in known_things(world, at_hand("send_gmail")).names


def test_a_person_goes_before_a_thing_of_the_same_name(known: Known) -> None:
    world = new_world("small", 0)
    title = f"{known.group} group"
    lay(world, [Premise("PersonName", title, {})])
    things = known_things(world, at_hand("send_telegram_message"))
    assert things.names[title.lower()] == "PersonName"
    assert title.lower() not in things.values
