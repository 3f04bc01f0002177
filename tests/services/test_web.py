"""Web: searching finds the pages of a topic, pages link to pages, servers answer and keep what is sent."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.core.clock import DAY_S, iso, parse_iso
from agentalign_env.core.topics import load_topics
from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.media.records import MEDIA
from agentalign_env.services.social.platforms import RULES
from agentalign_env.services.web.networks import OWN_TOOLS, own_tools
from agentalign_env.services.web.records import PAGES, REQUESTS, Page, Request
from agentalign_env.services.web.service import SERVICE
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall

ENGINES = ("search_google", "search_bing", "search_brave", "search_baidu")
COUNT = {"search_google": "num_results", "search_bing": "count", "search_brave": "count", "search_baidu": "rn"}
ITEMS = {"search_google": "items", "search_bing": "value", "search_brave": "results", "search_baidu": "references"}
LINK = {"search_google": "link", "search_bing": "url", "search_brave": "url", "search_baidu": "url"}


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def call(world: World, tool: str, **arguments: Any) -> Any:
    return orjson.loads(execute(world, load_tools(), ToolCall("1", tool, arguments)).content)


def refusal(world: World, tool: str, **arguments: Any) -> tuple[str, str | None]:
    """The code and the field of the error; the call must leave no trace."""
    before = world.digest()
    error = call(world, tool, **arguments)["error"]
    assert world.digest() == before
    return error["code"], error.get("field")


def violations(world: World) -> list[str]:
    return [sentence for check in SERVICE.invariants for sentence in check(world)]


def search(world: World, query: str, **arguments: Any) -> list[dict[str, Any]]:
    return call(world, "search_brave", query=query, **arguments)["results"]


def page(world: World, url: str) -> Page:
    found = world.store.get(PAGES, url)
    assert found is not None
    return found


def home_page(world: World) -> str:
    return world.background.organisations[0].url


def requests(world: World) -> list[Request]:
    return list(world.store.rows(REQUESTS))


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
@pytest.mark.parametrize("size", ["small", "medium"])
def test_every_query_of_every_topic_finds_that_topic_first(size: str, seed: int) -> None:
    world = new_world(size, seed)
    for topic in load_topics().values():
        for query in topic.queries:
            first = search(world, query, count=1)[0]
            assert topic.title in page(world, first["url"]).keywords, query


def test_engines_find_the_same_and_shape_it_their_own_way(world: World) -> None:
    query = next(iter(load_topics().values())).queries[0]
    answers = {tool: call(world, tool, query=query, **{COUNT[tool]: 5}) for tool in ENGINES}
    links = {tool: [item[LINK[tool]] for item in answers[tool][ITEMS[tool]]] for tool in ENGINES}
    assert [len(found) for found in links.values()] == [5, 5, 5, 5]
    assert len(set(map(tuple, links.values()))) == 1
    first = page(world, links["search_google"][0])
    assert answers["search_google"]["items"][0] == {
        "title": first.title,
        "link": first.url,
        "displayLink": first.host,
        "snippet": first.summary,
        "datePublished": iso(first.published_s),
    }
    assert answers["search_baidu"]["references"][0]["abstract"] == first.summary


@pytest.mark.parametrize("kind", ["images", "news", "videos"])
def test_a_search_for_one_kind_finds_only_that_kind(kind: str) -> None:
    world = new_world("medium", 3)
    for topic in load_topics().values():
        found = search(world, topic.queries[0], search_type=kind)
        assert {item["type"] for item in found} == {kind}


@pytest.mark.parametrize("tool", ENGINES)
@pytest.mark.parametrize("kind", ["web", "images", "news", "videos"])
def test_every_engine_takes_every_type_of_search(world: World, tool: str, kind: str) -> None:
    assert "error" not in call(world, tool, query="repair", search_type=kind)


@pytest.mark.parametrize(
    ("tool", "parameter", "value", "days"),
    [
        ("search_google", "time_period", "month", 31),
        ("search_bing", "freshness", "Month", 31),
        ("search_baidu", "time_range", "week", 7),
    ],
)
def test_a_period_leaves_out_what_is_older(tool: str, parameter: str, value: str, days: int) -> None:
    world = new_world("medium", 3)
    found = call(world, tool, query="guide", **{parameter: value, COUNT[tool]: 50})[ITEMS[tool]]
    urls = [item[LINK[tool]] for item in found]
    assert urls
    assert min(page(world, url).published_s for url in urls) >= world.now_s - days * DAY_S


def test_pages_of_results_follow_each_other(world: World) -> None:
    whole = [item["url"] for item in search(world, "guide", count=6)]
    assert len(whole) == len(set(whole)) == 6
    assert [item["url"] for item in search(world, "guide", count=3)] == whole[:3]
    assert [item["url"] for item in search(world, "guide", count=3, offset=3)] == whole[3:]


@pytest.mark.parametrize(
    "arguments", [{"query": ""}, {"query": "x", "count": 0}, {"query": "x", "count": 51}, {"query": "x" * 401}]
)
def test_a_search_out_of_bounds_is_refused(world: World, arguments: dict[str, Any]) -> None:
    assert refusal(world, "search_brave", **arguments)[0] == "invalid_argument"


def test_nothing_found_is_an_empty_result(world: World) -> None:
    assert call(world, "search_brave", query="zzyzzx") == {
        "query": "zzyzzx",
        "results": [],
        "more_results_available": False,
    }


def test_a_found_page_can_be_opened_and_its_links_too(world: World) -> None:
    url = search(world, next(iter(load_topics().values())).queries[0])[0]["url"]
    opened = call(world, "open_page", url=url)
    row = page(world, url)
    assert (opened["url"], opened["title"], opened["text"]) == (url, row.title, row.text)
    assert parse_iso(opened["published"]) == row.published_s
    assert opened["links"]
    for link in opened["links"]:
        assert call(world, "open_page", url=link["url"])["title"] == link["text"]


def test_every_organisation_has_its_home_page(world: World) -> None:
    for organisation in world.background.organisations:
        opened = call(world, "open_page", url=organisation.url)
        assert organisation.name in opened["text"]
        assert organisation.email in opened["text"]


def test_the_address_of_a_page_may_be_written_in_many_ways(world: World) -> None:
    url, domain = home_page(world), world.background.organisations[0].domain
    for same in (
        f"http://www.{domain}/",
        f"https://www.{domain}",
        f"https://WWW.{domain.upper()}/#top",
        f"https://www.{domain}:443/?utm_source=mail",
        f"http://{domain}",
        f"https://www.{domain}/index.html",
    ):
        assert call(world, "open_page", url=same)["url"] == url


@pytest.mark.parametrize("tool", ["open_page", "http_request"])
@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://nowhere.example/", "not_found"),
        ("https://nowhere.example:8443/", "not_found"),
        ("ftp://nowhere.example/", "invalid_argument"),
        ("https://[::1/", "invalid_argument"),
        ("https://nowhere.example:port/", "invalid_argument"),
        ("nowhere", "invalid_argument"),
    ],
)
def test_an_address_without_a_server_is_refused(world: World, tool: str, url: str, code: str) -> None:
    assert refusal(world, tool, url=url) == (code, "url")


def test_a_missing_page_and_a_missing_server_differ(world: World) -> None:
    missing = call(world, "open_page", url=f"{home_page(world)}nothing")["error"]
    unknown = call(world, "open_page", url="https://nowhere.example/")["error"]
    assert (missing["code"], unknown["code"]) == ("not_found", "not_found")
    assert missing["message"].startswith("404: ")
    assert unknown["message"].startswith("could not resolve host ")


def test_a_request_answers_the_page_as_html(world: World) -> None:
    url = home_page(world)
    answer = call(world, "http_request", url=url, headers={"Accept": "text/html"}, timeout=5, verify_ssl=False)
    assert (answer["status_code"], answer["reason"], answer["url"]) == (200, "OK", url)
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    assert answer["headers"]["content-length"] == str(len(answer["body"].encode()))
    assert answer["body"].startswith('<!DOCTYPE html>\n<html lang="en">')
    head = call(world, "http_request", url=url, method="HEAD")
    assert (head["status_code"], head["body"], head["headers"]) == (200, "", answer["headers"])
    options = call(world, "http_request", url=url, method="OPTIONS")
    assert (options["status_code"], options["headers"]["allow"]) == (204, "GET, HEAD, OPTIONS, POST, PUT, DELETE")
    assert requests(world) == []


def test_a_path_that_the_server_does_not_know_is_answered_with_404(world: World) -> None:
    answer = call(world, "http_request", url=f"{home_page(world)}nothing")
    assert (answer["status_code"], answer["reason"]) == (404, "Not Found")
    assert "<h1>404 Not Found</h1>" in answer["body"]


def test_redirects_are_followed_unless_asked_not_to(world: World) -> None:
    url = home_page(world)
    old = url.replace("https://", "http://")
    assert call(world, "http_request", url=old)["url"] == url
    moved = call(world, "http_request", url=old, follow_redirects=False)
    assert (moved["status_code"], moved["headers"]["location"], moved["body"]) == (301, url, "")
    kept = call(world, "http_request", url=old, method="POST", data="x", follow_redirects=False)
    assert (kept["status_code"], kept["headers"]["location"]) == (308, url)
    assert requests(world) == []


@pytest.mark.parametrize(("method", "status"), [("POST", 201), ("PUT", 202), ("DELETE", 204)])
def test_a_server_keeps_what_is_sent(world: World, method: str, status: int) -> None:
    url, sent_s = f"{home_page(world)}bookings?day=friday", world.now_s
    headers = {"X-Reference": "A1", "Content-Type": "application/json"}
    answer = call(world, "http_request", url=url, method=method, headers=headers, data={"people": 4, "at": "19:00"})
    assert (answer["status_code"], answer["url"]) == (status, url)
    expected = Request(answer["request_id"], method, url, '{"x-reference":"A1"}', '{"at":"19:00","people":4}', sent_s)
    assert requests(world) == [expected]


def test_an_object_and_its_json_text_are_the_same_body(world: World) -> None:
    for data in ({"b": 1, "a": [2]}, '{"b": 1,\n "a": [2]}'):
        call(world, "http_request", url=home_page(world), method="POST", data=data)
    assert [request.body for request in requests(world)] == ['{"a":[2],"b":1}'] * 2


@pytest.mark.parametrize("data", ["plain text", "{not json", "[" * 2000, "[" * 500 + "]" * 500, ""])
def test_text_that_is_not_json_is_kept_as_it_is(world: World, data: str) -> None:
    call(world, "http_request", url=home_page(world), method="POST", data=data)
    assert requests(world)[0].body == data


def test_a_request_is_sent_where_its_redirect_leads(world: World) -> None:
    domain = world.background.organisations[0].domain
    call(world, "http_request", url=f"http://{domain}/orders", method="POST", data="x")
    assert requests(world)[0].url == f"https://www.{domain}/orders"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, ("invalid_argument", "headers")),
        ({"headers": {"two words": "1"}}, ("invalid_argument", "headers")),
        ({"data": "x" * 1_000_001}, ("limit_exceeded", "data")),
        ({"data": 5}, ("invalid_argument", "data")),
        ({"method": "PATCH"}, ("invalid_argument", "method")),
    ],
)
def test_a_request_that_cannot_be_sent_is_refused(
    world: World, arguments: dict[str, Any], error: tuple[str, str]
) -> None:
    assert refusal(world, "http_request", **{"url": home_page(world), "method": "POST", **arguments}) == error


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_a_new_web_is_sound_and_no_two_pages_are_alike(size: str) -> None:
    world = new_world(size, 5)
    assert violations(world) == []
    pages = list(world.store.rows(PAGES))
    assert len(pages) == world.base.size.rows["pages"]
    assert len({row.text for row in pages}) == len({row.title for row in pages}) == len(pages)
    assert max(row.published_s for row in pages) < world.now_s


def test_other_services_see_titles(world: World) -> None:
    url = home_page(world)
    assert world.web.title(url) == page(world, url).title
    assert [world.web.title(absent) for absent in (f"{url}nothing", "https://nowhere.example/", "no url")] == [None] * 3


CALLS = st.lists(
    st.tuples(
        st.sampled_from(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS")),
        st.sampled_from(
            (
                "{home}",
                "{home}orders",
                "{home}a?b#c",
                "http://{domain}/index.html",
                "https://{domain}:9/",
                "https://x.test",
            )
        ),
        st.none() | st.text(max_size=8) | st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=2),
        st.booleans(),
    ),
    max_size=8,
)


@given(calls=CALLS)
@settings(max_examples=40, deadline=None)
def test_any_requests_keep_the_web_sound_and_failed_ones_change_nothing(calls: list[Any]) -> None:
    world = new_world("small", 3)
    organisation = world.background.organisations[0]
    state, untouched = world.snapshot(), world.digest()
    for method, form, data, follow in calls:
        before = world.digest()
        url = form.format(home=organisation.url, domain=organisation.domain)
        arguments = {
            "url": url,
            "method": method,
            "follow_redirects": follow,
            **({} if data is None else {"data": data}),
        }
        result = execute(world, load_tools(), ToolCall("1", "http_request", arguments))
        if result.code or method in ("GET", "HEAD", "OPTIONS"):
            assert world.digest() == before
        assert violations(world) == []
    world.restore(state)
    assert world.digest() == untouched


@pytest.mark.parametrize("tool", ["open_page", "http_request"])
def test_a_url_of_a_network_is_answered_with_the_tools_that_read_it(world: World, tool: str) -> None:
    assert refusal(world, tool, url="https://twitter.example/someone/status/1") == ("not_found", "url")
    for host in ("twitter.example", "www.twitter.example", "cdn.twitter.example:8443", "TWITTER.example."):
        message = call(world, tool, url=f"https://{host}/someone")["error"]["message"]
        assert "read with their network's own tools, here read_tweet, get_twitter_profile" in message
    other = call(world, tool, url="https://nottwitter.example/")["error"]["message"]
    assert "could not resolve host 'nottwitter.example'" in other


def test_every_network_and_the_media_library_have_tools_that_exist() -> None:
    addresses = [url for rules in RULES.values() for url in (rules.post_url, rules.profile_url)]
    addresses += [f"https://cdn.{platform}.example/1.jpg" for platform in RULES]
    addresses += [media.url for media in new_world("small", 3).store.rows(MEDIA)]
    assert all(own_tools(url.split("/")[2]) for url in addresses)
    assert all(name in load_tools() for names in OWN_TOOLS.values() for name in names.split(", "))


@pytest.mark.parametrize("tool", ["open_page", "http_request"])
def test_a_url_without_its_scheme_is_answered_with_the_scheme(world: World, tool: str) -> None:
    for url in ("www.x.example", "www.x.example/page"):
        error = call(world, tool, url=url)["error"]
        assert (error["code"], error["field"]) == ("invalid_argument", "url")
        assert "such as https://" in error["message"]
