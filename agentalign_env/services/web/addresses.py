"""URLs as the simulated web compares them."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from agentalign_env.core.semantics import Url
from agentalign_env.errors import OperationError

__all__ = ["Address", "parse_address"]

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """A URL in its parts: scheme and host in lower case, the path never empty, no user, default port or fragment."""

    scheme: str
    host: str
    path: str
    query: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}{'?' if self.query else ''}{self.query}"


def parse_address(url: Url) -> Address:
    """The parts of a URL.

    Raises:
        OperationError: It is not an absolute http or https URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _malformed(url, str(error)) from error
    if parts.scheme not in _DEFAULT_PORTS or not host or any(sign.isspace() or ord(sign) < 32 for sign in url):
        raise _malformed(url, "scheme or host is missing or has forbidden signs")
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    return Address(parts.scheme, host, parts.path or "/", parts.query)


def _malformed(url: str, problem: str) -> OperationError:
    message = f"expected an absolute URL such as https://www.site.example/page, got {url[:200]!r}: {problem}"
    return OperationError("invalid_argument", message, "url")
