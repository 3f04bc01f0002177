"""Writers: a model's words are asked for once, bounded in cost, and taken only when they keep what was stated."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agentalign_env.errors import DataFileError, TokenBudgetError, WriterFailedError
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.synthesis.writers import (
    KINDS,
    ChatSettings,
    ChatWriter,
    Draft,
    TemplateWriter,
    TextCache,
    Writer,
    WritingBrief,
    accepted,
    instruction_draft,
    load_prompts,
    rejection,
    rewrite,
)

BRIEF = WritingBrief("final", ("The user is in a hurry.",), "Done. I paid 40 EUR to mia@postbox.example.")
Reply = tuple[int, bytes, dict[str, str]]


def completion(text: str, tokens: int = 20) -> Reply:
    body = {"choices": [{"message": {"role": "assistant", "content": text}}], "usage": {"total_tokens": tokens}}
    return 200, json.dumps(body).encode(), {}


class Endpoint:
    """A chat endpoint on the loopback: answers each request with the next reply, the last one ever after."""

    def __init__(self) -> None:
        self.replies: list[Reply | threading.Event] = [completion("Written.")]
        self.seen: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.most_at_once = self._now = 0
        self.pairs: threading.Barrier | None = None
        """Holds every request back until so many are there."""
        self._lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                with endpoint._lock:
                    endpoint._now += 1
                    endpoint.most_at_once = max(endpoint.most_at_once, endpoint._now)
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with endpoint._lock:
                    number = len(endpoint.seen)
                    endpoint.seen.append(body)
                    endpoint.headers.append(dict(self.headers))
                reply = endpoint.replies[min(number, len(endpoint.replies) - 1)]
                if endpoint.pairs is not None:
                    endpoint.pairs.wait(10)
                with endpoint._lock:
                    endpoint._now -= 1
                if isinstance(reply, threading.Event):
                    reply.wait(10)
                    return
                status, content, headers = reply
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    for reply in made.replies:
        if isinstance(reply, threading.Event):
            reply.set()
    made.server.shutdown()
    thread.join()
    made.server.server_close()


class Waits:
    """Records waits instead of waiting."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def writer(endpoint: Endpoint, cache: Path | None = None, waits: Waits | None = None, **settings: Any) -> ChatWriter:
    made = ChatSettings(base_url=endpoint.url, model="small", **settings)
    return ChatWriter(made, cache, sleep=waits or Waits())


async def test_a_text_is_asked_for_with_the_prompt_of_its_kind(endpoint: Endpoint) -> None:
    async with writer(endpoint, api_key="secret", temperature=0.1, max_tokens=50) as chat:
        assert await chat.write(BRIEF) == "Written."
        assert (chat.requests, chat.tokens) == (1, 20)
    (body,) = endpoint.seen
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("small", 0.1, 50)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"].endswith(BRIEF.draft)
    assert BRIEF.facts[0] in body["messages"][1]["content"]
    assert endpoint.headers[0]["Authorization"] == "Bearer secret"


async def test_a_busy_endpoint_is_asked_again_after_the_wait_that_it_names(endpoint: Endpoint) -> None:
    endpoint.replies = [(429, b"", {"Retry-After": "7"}), (503, b"", {}), completion("At last.")]
    waits = Waits()
    async with writer(endpoint, waits=waits, backoff_s=0.5) as chat:
        assert await chat.write(BRIEF) == "At last."
        assert (chat.requests, chat.tokens) == (3, 20)
    assert waits.seconds == [7.0, 1.0]


async def test_no_wait_is_longer_than_allowed(endpoint: Endpoint) -> None:
    endpoint.replies = [(429, b"", {"Retry-After": "9999"}), completion("Good.")]
    waits = Waits()
    async with writer(endpoint, waits=waits, longest_wait_s=3) as chat:
        assert await chat.write(BRIEF) == "Good."
    assert waits.seconds == [3.0]


@pytest.mark.parametrize(
    "content", [b"not json", b"[]", b'{"choices": []}', b'{"choices": [{"message": {"content": " "}}]}', b"null"]
)
async def test_an_unreadable_answer_is_tried_again_and_then_an_error(endpoint: Endpoint, content: bytes) -> None:
    endpoint.replies = [(200, content, {})]
    async with writer(endpoint, retries=2) as chat:
        with pytest.raises(WriterFailedError, match="3 tries"):
            await chat.write(BRIEF)
    assert len(endpoint.seen) == 3


async def test_a_refused_request_is_not_tried_again(endpoint: Endpoint) -> None:
    endpoint.replies = [(401, b"no such key", {})]
    async with writer(endpoint) as chat:
        with pytest.raises(WriterFailedError, match="401"):
            await chat.write(BRIEF)
        assert (chat.requests, chat.tokens) == (1, 0)


async def test_a_silent_endpoint_times_out_and_counts_as_paid(endpoint: Endpoint) -> None:
    endpoint.replies = [threading.Event(), completion("Late, but here.")]
    async with writer(endpoint, timeout_s=0.2, max_tokens=30) as chat:
        assert await chat.write(BRIEF) == "Late, but here."
        assert chat.requests == 2
        assert chat.tokens > 20 + 30


async def test_an_endpoint_that_is_not_there_is_an_error_after_its_tries() -> None:
    settings = ChatSettings(base_url="http://127.0.0.1:9/v1", model="small", retries=1)
    async with ChatWriter(settings, sleep=Waits()) as chat:
        with pytest.raises(WriterFailedError, match="2 tries"):
            await chat.write(BRIEF)


async def test_the_budget_stops_before_the_request_that_could_exceed_it(endpoint: Endpoint) -> None:
    endpoint.replies = [completion("Written.", 400)]
    async with writer(endpoint, token_limit=3_000, max_tokens=100) as chat:
        written = 0

        async def write_on() -> None:
            nonlocal written
            for number in range(1_000):
                await chat.write(BRIEF._replace(draft=f"Done, number {number}."))
                written += 1

        with pytest.raises(TokenBudgetError) as stopped:
            await write_on()
        assert written == len(endpoint.seen) > 2
        assert chat.tokens == 400 * written <= 3_000
        assert stopped.value.spent + stopped.value.needed > stopped.value.limit == 3_000


async def test_what_was_written_before_is_not_asked_for_again(endpoint: Endpoint, tmp_path: Path) -> None:
    cache = tmp_path / "texts" / "cache.jsonl"
    for _ in range(2):
        async with writer(endpoint, cache) as chat:
            assert await chat.write(BRIEF) == "Written."
    assert len(endpoint.seen) == 1
    async with writer(endpoint, cache, temperature=0.2) as chat:
        await chat.write(BRIEF)
    assert len(endpoint.seen) == 2


async def test_the_same_brief_twice_at_a_time_is_one_request(endpoint: Endpoint) -> None:
    async with writer(endpoint) as chat:
        assert await asyncio.gather(*(chat.write(BRIEF) for _ in range(5))) == ["Written."] * 5
    assert len(endpoint.seen) == 1


async def test_no_more_requests_are_under_way_than_allowed(endpoint: Endpoint) -> None:
    endpoint.pairs = threading.Barrier(2)
    async with writer(endpoint, concurrency=2) as chat:
        await asyncio.gather(*(chat.write(BRIEF._replace(draft=f"Number {at}.")) for at in range(12)))
    assert len(endpoint.seen) == 12
    assert endpoint.most_at_once == 2


async def test_a_run_that_was_killed_goes_on_where_it_was(endpoint: Endpoint, tmp_path: Path) -> None:
    cache = tmp_path / "cache.jsonl"
    briefs = [BRIEF._replace(draft=f"Number {at}.") for at in range(3)]
    async with writer(endpoint, cache) as chat:
        for brief in briefs:
            await chat.write(brief)
    whole = cache.read_bytes()
    cache.write_bytes(whole[:-9])  # the last line is cut off
    async with writer(endpoint, cache) as chat:
        for brief in briefs:
            assert await chat.write(brief) == "Written."
    assert len(endpoint.seen) == 4
    assert cache.read_bytes() == whole


def test_a_cache_has_one_writer_and_names_a_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "cache.jsonl"
    with TextCache(path) as cache:
        cache.put("a", "one\ntwo \u00e9")
        with pytest.raises(DataFileError, match="another run"):
            TextCache(path)
    with TextCache(path) as cache:
        assert (cache.get("a"), cache.get("b"), len(cache)) == ("one\ntwo \u00e9", None, 1)
    path.write_bytes(b'{"key": 1}\n')
    with pytest.raises(DataFileError, match="line 1"):
        TextCache(path)


def test_there_is_a_prompt_for_every_kind_and_drafts_are_taken_literally() -> None:
    assert set(load_prompts()) == set(KINDS)
    brief = WritingBrief("instruction", ("A fact with {draft}.",), "Save {facts} as {constraints}.")
    (_, user) = load_prompts()["instruction"].messages(brief)
    assert user["content"].count("Save {facts} as {constraints}.") == 1


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("I paid Mia (mia@postbox.example) the 40.00 EUR, all is done.", ""),
        ("", "empty"),
        ("Done. I paid mia@postbox.example.", "lost"),
        ("Done. I paid 45 EUR to mia@postbox.example.", "lost"),
        ("Done. I paid 40 EUR to mia.k@postbox.example.", "lost"),
        ("Done. I paid 40 EUR and 5 EUR more to mia@postbox.example.", "added"),
        ("Done. I paid 40 EUR to mia@postbox.example, see https://pay.example/x.", "added"),
        ("Done. I paid 40 EUR to mia@postbox.example. " + "So it is. " * 90, "long"),
    ],
)
def test_a_text_is_accepted_only_with_all_that_was_stated_and_nothing_more(written: str, reason: str) -> None:
    assert reason in rejection(BRIEF.draft, written, [40, "mia@postbox.example", "not in the draft"])
    assert accepted(BRIEF.draft, written, [40]) is (reason == "")


def test_texts_survive_word_for_word() -> None:
    draft = 'Tell jean_166: "Found blue rims! Four of six."'
    assert accepted(draft, 'Could you write "Found blue rims! Four of six." to jean_166?', ["jean_166"])
    assert not accepted(draft, "Tell jean_1662 something.", ["jean_166"])
    assert not accepted(draft, 'Tell jean_166: "Found blue rims!"', [["Found blue rims! Four of six."]])


class Telling(Writer):
    def __init__(self, tell: Callable[[WritingBrief], str]) -> None:
        self.tell = tell

    async def write(self, brief: WritingBrief) -> str:
        await asyncio.sleep(0)
        return self.tell(brief)


async def test_many_texts_keep_their_order_and_their_drafts_where_a_text_is_not_taken() -> None:
    def tell(brief: WritingBrief) -> str:
        if "3" in brief.draft:
            raise WriterFailedError("no text")
        return "Something else." if "5" in brief.draft else f"Rather: {brief.draft}"

    drafts = [Draft(str(at), WritingBrief("final", (), f"Number {at}.")) for at in range(8)]
    done = await rewrite(drafts, Telling(tell), holds=lambda draft, _: draft.id != "6", concurrency=3)
    assert [one.id for one in done] == [draft.id for draft in drafts]
    assert [one.text for one in done if one.rejected] == ["Number 3.", "Number 5.", "Number 6."]
    assert done[0].text == "Rather: Number 0."


async def test_a_spent_budget_ends_the_run() -> None:
    def tell(brief: WritingBrief) -> str:
        raise TokenBudgetError(90, 20, 100)

    drafts = [Draft(str(at), WritingBrief("final", (), "Done.")) for at in range(20)]
    with pytest.raises(TokenBudgetError, match="100 tokens"):
        await rewrite(drafts, Telling(tell))


async def test_scenarios_are_taken_with_the_values_that_they_state() -> None:
    chain = next(chain for chain in load_chains() if "Communication.send_email" in chain.steps)
    task = build_scenario(chain, seed=0)
    values = instruction_draft(task).values
    assert values
    assert all(str(value) in task.instruction for value in values if isinstance(value, str))
    (kept,) = await rewrite([task], TemplateWriter())
    assert (kept.text, kept.rejected) == (task.instruction, "")
    (lost,) = await rewrite([task], Telling(lambda brief: "Please do the usual."))
    assert lost.text == task.instruction
    assert "lost" in lost.rejected
