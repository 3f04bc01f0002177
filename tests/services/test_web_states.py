"""The web and the contacts in any sequence of calls."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentalign_env.services import SERVICES, new_world
from agentalign_env.services.web.records import PAGES
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.types import ToolCall

WORLD = new_world("small", 3)
URLS = [page.url for page in list(WORLD.store.rows(PAGES))[:30]]
ADDRESSES = st.sampled_from([*URLS, "https://no-such-site.example/", "http://www.example.test/x", "ftp://x", ""])
IN_ORDER = [service for service in SERVICES if service.name in ("web", "contacts")]


class WebLife(RuleBasedStateMachine):
    """Reading changes nothing; what a request changes is kept, and comes back with a snapshot."""

    def __init__(self) -> None:
        super().__init__()
        self.world = WORLD.fork()
        self.saved = (self.world.snapshot(), self.world.digest())

    def call(self, tool: str, **arguments: Any) -> ToolResult:
        before = self.world.digest()
        result = execute(self.world, load_tools(), ToolCall("1", tool, arguments))
        assert (self.world.digest() == before) == (not result.changes)
        assert not (result.code and result.changes)
        return result

    @rule(query=st.sampled_from(["garden", "the", "zyzzyva", "notes week"]), tool=st.sampled_from(["bing", "google"]))
    def search(self, query: str, tool: str) -> None:
        assert not self.call(f"search_{tool}", query=query).changes

    @rule(url=ADDRESSES)
    def read(self, url: str) -> None:
        assert not self.call("open_page", url=url).changes

    @rule(
        url=ADDRESSES,
        method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]),
        body=st.text(max_size=9),
    )
    def request(self, url: str, method: str, body: str) -> None:
        result = self.call("http_request", url=url, method=method, data=body)
        if method in ("GET", "HEAD"):
            assert not result.changes

    @rule(query=st.text(max_size=6), limit=st.integers(0, 60))
    def look_up(self, query: str, limit: int) -> None:
        assert not self.call("search_contacts", query=query, limit=limit).changes

    @rule()
    def save(self) -> None:
        self.saved = (self.world.snapshot(), self.world.digest())

    @rule()
    def go_back(self) -> None:
        state, digest = self.saved
        self.world.restore(state)
        assert self.world.digest() == digest

    @invariant()
    def everything_is_in_order(self) -> None:
        assert [
            sentence for service in IN_ORDER for check in service.invariants for sentence in check(self.world)
        ] == []


WebLife.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
test_requests_and_lookups_keep_the_web_in_order = WebLife.TestCase
