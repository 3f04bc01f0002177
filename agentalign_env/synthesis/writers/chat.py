"""A writer behind an OpenAI-compatible chat endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from agentalign_env.errors import AgentAlignError, TokenBudgetError, WriterFailedError
from agentalign_env.synthesis.writers.brief import WritingBrief
from agentalign_env.synthesis.writers.cache import TextCache, key_of
from agentalign_env.synthesis.writers.prompts import load_prompts

if TYPE_CHECKING:
    import httpx

__all__ = ["ChatSettings", "ChatWriter"]

_TOKENS_PER_MESSAGE = 16  # role and separators, generously
_RETRIED = frozenset({408, 425, 429})


class ChatSettings(BaseModel):
    """Where texts come from and what they may cost.

    Attributes:
        base_url: Of the endpoint, such as ``http://127.0.0.1:8000/v1``.
        model: The model's name there.
        api_key: Sent as bearer token, where given.
        temperature: Of sampling.
        max_tokens: Of one text.
        timeout_s: For one request.
        retries: Further tries after a request that failed for a while: 429, 5xx, the network, an unreadable answer.
        backoff_s: Wait before the first further try; doubles with each. The server's ``Retry-After`` is kept to.
        longest_wait_s: The most that is waited before a try.
        concurrency: Requests under way at a time.
        token_limit: Tokens that all requests together may cost; ``None`` for no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str
    model: str
    api_key: SecretStr = SecretStr("")
    temperature: float = Field(default=0.8, ge=0)
    max_tokens: int = Field(default=600, ge=1)
    timeout_s: float = Field(default=60.0, gt=0)
    retries: int = Field(default=4, ge=0)
    backoff_s: float = Field(default=1.0, ge=0)
    longest_wait_s: float = Field(default=60.0, ge=0)
    concurrency: int = Field(default=8, ge=1)
    token_limit: int | None = Field(default=None, ge=0)


class _Answer(NamedTuple):
    text: str
    tokens: int | None


class _RetryError(Exception):
    """This try failed, another may go well."""

    def __init__(self, problem: str, wait_s: float = 0.0, *, charged: bool = False) -> None:
        self.wait_s, self.charged = wait_s, charged
        super().__init__(problem)


class ChatWriter:
    """Asks a language model for texts; each is asked for once, and then read from the cache.

    To be used as an asynchronous context manager. Needs the extra ``llm``.

    Args:
        settings: Where texts come from and what they may cost.
        cache: File of texts written before, or ``None`` for memory alone.
        sleep: Waits so many seconds.

    Attributes:
        requests: Requests made so far.
        tokens: Tokens spent so far, those of requests under way at their most.
    """

    def __init__(
        self,
        settings: ChatSettings,
        cache: str | Path | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.settings, self.requests, self.tokens = settings, 0, 0
        self._sleep = sleep
        self._cache = TextCache(cache)
        self._free = asyncio.Semaphore(settings.concurrency)
        self._turns: dict[str, asyncio.Lock] = {}
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes connections and the cache."""
        client, self._client = self._client, None
        self._cache.close()
        if client is not None:
            await client.aclose()

    async def write(self, brief: WritingBrief) -> str:
        """The text for a brief, from the cache or from the model.

        Raises:
            WriterFailedError: The endpoint refused, or failed on every try.
            TokenBudgetError: The request could cost more than is left; it was not made.
        """
        settings = self.settings
        body = {
            "model": settings.model,
            "messages": load_prompts()[brief.kind].messages(brief),
            "temperature": settings.temperature,
            "max_tokens": settings.max_tokens,
        }
        key = key_of({"url": settings.base_url, **body})
        async with self._turns.setdefault(key, asyncio.Lock()):
            try:
                text = self._cache.get(key)
                if text is None:
                    async with self._free:
                        text = await self._asked(body)
                    self._cache.put(key, text)
            finally:
                self._turns.pop(key, None)
        return text

    async def _asked(self, body: dict[str, Any]) -> str:
        """The model's text, after as many tries as it takes and as are allowed."""
        settings, problem = self.settings, ""
        for number in range(settings.retries + 1):
            most = _most_tokens(body)
            self._reserve(most)
            spent = most  # what is cut off in the middle may have been charged
            try:
                answer = await self._request(body)
                spent = most if answer.tokens is None else answer.tokens
                return answer.text
            except _RetryError as error:
                problem = str(error)
                spent = most if error.charged else 0
                wait = max(error.wait_s, settings.backoff_s * 2**number)
            except WriterFailedError:
                spent = 0
                raise
            finally:
                self.tokens += spent - most
            if number < settings.retries:
                await self._sleep(min(wait, settings.longest_wait_s))
        raise WriterFailedError(
            f"expected a text from {settings.base_url}, got after {settings.retries + 1} tries: {problem}. "
            "Check the endpoint, or allow more retries."
        )

    def _reserve(self, tokens: int) -> None:
        limit = self.settings.token_limit
        if limit is not None and self.tokens + tokens > limit:
            raise TokenBudgetError(self.tokens, tokens, limit)
        self.tokens += tokens

    async def _request(self, body: dict[str, Any]) -> _Answer:
        import httpx

        client = self._connected()
        self.requests += 1
        try:
            response = await client.post("chat/completions", json=body)
        except httpx.TimeoutException as error:
            raise _RetryError(f"{type(error).__name__} after {self.settings.timeout_s} s", charged=True) from error
        except httpx.TransportError as error:
            raise _RetryError(f"{type(error).__name__}: {error}") from error
        status = response.status_code
        if status in _RETRIED or status >= 500:
            raise _RetryError(f"status {status}", _wait_of(response.headers.get("retry-after", "")))
        if status >= 300:
            raise WriterFailedError(
                f"expected status 200 from {self.settings.base_url}, got {status}: {response.text[:200]}. "
                "Check base_url, model and api_key."
            )
        return _answer_of(response)

    def _connected(self) -> httpx.AsyncClient:
        if self._client is None:
            try:
                import httpx
            except ImportError as error:
                raise AgentAlignError(
                    "expected httpx to be installed, found it missing: pip install 'agentalign-env[llm]'"
                ) from error
            key = self.settings.api_key.get_secret_value()
            self._client = httpx.AsyncClient(
                base_url=f"{self.settings.base_url.rstrip('/')}/",
                timeout=self.settings.timeout_s,
                headers={"Authorization": f"Bearer {key}"} if key else {},
                trust_env=False,
            )
        return self._client


def _most_tokens(body: dict[str, Any]) -> int:
    """The most that a request can cost: a token stands for at least one byte."""
    prompt = sum(len(message["content"].encode()) + _TOKENS_PER_MESSAGE for message in body["messages"])
    return int(prompt + body["max_tokens"])


def _wait_of(header: str) -> float:
    """The seconds of a ``Retry-After``; 0.0 for a date or none."""
    return float(header) if header.strip().isdigit() else 0.0


def _answer_of(response: httpx.Response) -> _Answer:
    """The text and its cost."""
    try:
        body = response.json()
        text = body["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError) as error:
        raise _RetryError(f"an answer that is no chat completion: {response.text[:120]!r}", charged=True) from error
    if not isinstance(text, str) or not text.strip():
        raise _RetryError("an empty text", charged=True)
    usage = body.get("usage")
    tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
    return _Answer(text.strip(), tokens if isinstance(tokens, int) and tokens >= 0 else None)
