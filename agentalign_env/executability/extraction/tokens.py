"""Values without a space in them that are told by their form: links, mail addresses, hosts, paths, hashes, ids."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from agentalign_env.executability.extraction.issued import issued
from agentalign_env.executability.extraction.paths import bare_file, path_before, relative_path, rooted_path
from agentalign_env.executability.extraction.reading import Reading

if TYPE_CHECKING:
    from linkify_it import LinkifyIt

__all__ = ["Part", "parts", "read_tokens"]

# A token with a sign or digit in it that plain words do not have. Possessive, and tried at its first character only.
_TOKEN = re.compile(r"(?<![^\s\0])(?:[^\s\0@./#~\d_\\:]|[.:](?![\w/:]))*+(?:[@/#~\d_\\]|[.:](?=[\w/:]))[^\s\0]*+")
_KEPT = 512
_LONGEST = 4_096
_LONGEST_BYTECODE = 60_000
_LEADING = "([{<\"'“\u2018„«*,;=|"
_TRAILING = ".,;:!?)]}>\"'”\u2019»*|…"
_POSSESSIVE = re.compile(r"['\u2019]s$")
_LETTER = re.compile(r"[^\W\d_]")
_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}://|www\.|mailto:)", re.IGNORECASE)
_HANDLE = re.compile(r"@\w[\w.]{0,39}")
_SCREEN_NAME = re.compile(r"(?<!\w)[A-ZÀ-Þ][\w'-]{1,30} [A-ZÀ-Þ][\w'-]{1,30} \(([a-z][a-z0-9]*(?:_[a-z0-9]+)*)\)")
_TAG = re.compile(r"#\w*[^\W\d_]\w*")
_JOINED = re.compile("[,;|]")
# What the linkifier is asked about: its time grows with the square of what resembles a link but is none.
_LINKABLE = re.compile(
    r"[^:/]{0,64}https?://\S{1,2100}$|((?:mailto:)?[\w.!#$%&'*+-]{1,64}@[\w.-]{1,253})(?:[^\w.@-]\S{0,1000})?$"
    r"|(?:[\w-]{1,63}\.){1,9}[\w-]{1,63}(?::\d{1,5})?(?:[/?#]\S{0,1000})?$",
    re.IGNORECASE,
)
_PORT = re.compile(r"([^:]+):(\d{1,5})")
_GIT_LINK = re.compile(r"[\w.-]{1,64}@[\w.-]{1,253}:[\w~][\w./~-]*\.git")
_ADDRESS = re.compile(r"[0-9a-fA-F:.]{2,45}")
_RESERVED = ("example", "test", "internal", "local", "localhost", "lan", "invalid", "corp", "onion")
_TAIL = re.compile(r"(?:['\u2019]s)?\W*")
_ROOT = re.compile(r"(?:in|of|under|at|from|to|directory|folder|path|disk)\s+$", re.IGNORECASE)
_NO_HOST = frozenset({"node.js", "vue.js", "next.js", "e.g", "i.e", "a.m", "p.m", "u.s", "u.k"})


class Part(NamedTuple):
    """A value within a token, counted from the token's beginning."""

    kind: str
    start: int
    end: int
    value: Any


def read_tokens(reading: Reading) -> None:
    """Take every value that a single token holds."""
    text = reading.open
    if "(" in text:
        for match in _SCREEN_NAME.finditer(text):
            reading.take("Handle", match.start(1), match.end(1), match[1])
        reading.close()
        text = reading.open
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if end - start > _LONGEST and not (end - start < _LONGEST_BYTECODE and text.startswith("0x", start)):
            continue
        if match[0].startswith("24/7"):
            reading.hide(start, start + 4)
            continue
        if end - start == 1:
            if match[0] == "/" and _ROOT.search(text[max(0, start - 12) : start]):
                reading.take("FilePath", start, end, "/")
            continue
        # A long token is read anew each time: it would crowd the cache.
        for part in parts(match[0]) if end - start < _KEPT else parts.__wrapped__(match[0]):
            reading.take(part.kind, start + part.start, start + part.end, part.value)
    reading.close()
    if "localhost" in reading.open:
        for match in re.finditer(r"\blocalhost\b", reading.open):
            reading.take("Hostname", *match.span(), "localhost")
        reading.close()


@lru_cache(maxsize=4_096)
def parts(token: str) -> tuple[Part, ...]:
    """The values in a token, by their places; none when it is a plain word or number."""
    start, end = 0, len(token)
    while start < end and token[start] in _LEADING:
        start += 1
    if 0 < start < end and token[start] == "." and token[start - 1] == "*":
        start -= 1  # a pattern of files
    open_brackets = token.count("(", start) - token.count(")", start)
    while end > start and token[end - 1] in _TRAILING:
        if token[end - 1] == ")":
            if open_brackets >= 0 and "(" in token[start:end]:
                break  # it closes a bracket of the value's own
            open_brackets += 1
        end -= 1
    if owner := _POSSESSIVE.search(token, start, end):
        end = owner.start()
    core = token[start:end]
    if len(core) < 2:
        return ()
    return tuple(
        Part(kind, start + first, start + last, value) for kind, first, last, value in _core(core) if last > first
    )


def _core(core: str) -> list[Part]:
    whole = _whole(core)
    if whole:
        return [Part(whole[0], 0, len(core), whole[1])]
    if _LETTER.search(core) is None:
        return _numeric(core)
    if _SCHEME.search(core) and (found := _links(core) or _other_scheme(core)):
        return found
    if _JOINED.search(core):
        return _joined(core)
    if "@" in core:
        return _with_at(core)
    if "/" in core or "." in core:
        found = _links(core)
        if found:
            return found
    if ported := _PORT.fullmatch(core):
        host = parts(ported[1])
        if host and host[0].kind == "Hostname" and host[0].end == len(ported[1]):
            return [host[0], Part("Number", len(ported[1]) + 1, len(core), int(ported[2]))]
        if ported[1] == "localhost":
            return [Part("Hostname", 0, 9, "localhost"), Part("Number", 10, len(core), int(ported[2]))]
    named = issued(core)
    return [Part(named, 0, len(core), core)] if named else []


def _other_scheme(core: str) -> list[Part]:
    """A link that the linkifier does not know, such as ``ssh://``, or one that is not well formed."""
    return [Part("Url", 0, len(core), core)] if "://" in core and _SCHEME.match(core) else []


def _joined(core: str) -> list[Part]:
    """The values of a list without spaces, such as ``a@x.example,b@x.example``."""
    found, start = [], 0
    for piece in _JOINED.split(core):
        found += [part._replace(start=start + part.start, end=start + part.end) for part in parts(piece)]
        start += len(piece) + 1
    return found


def _whole(core: str) -> tuple[str, Any] | None:
    """The kind and value of a token that is one value in full, when its form alone says so."""
    if core[0] == "@" and _HANDLE.fullmatch(core):
        return "Handle", core.rstrip(".")
    if core[0] == "#" and _TAG.fullmatch(core):
        return "HashTag", core
    if core[0] in "/~.\\" or core[1:3] == ":\\":
        path = rooted_path(core)
        if path:
            return "FilePath", path
    if _GIT_LINK.fullmatch(core):
        return "Url", core
    if bare_file(core) and core.lower() not in _NO_HOST:
        return "FilePath", core
    if "/" in core and "@" not in core and relative_path(core):
        return "FilePath", core
    if _ADDRESS.fullmatch(core) and ("." in core or core.count(":") > 1) and _is_ip(core):
        return "Hostname", core
    return None


def _numeric(core: str) -> list[Part]:
    """What a token without letters is: a host with a port, or an issued number of several groups."""
    ported = _PORT.fullmatch(core)
    if ported and _is_ip(ported[1]):
        end = len(ported[1])
        return [Part("Hostname", 0, end, ported[1]), Part("Number", end + 1, len(core), int(ported[2]))]
    named = issued(core)
    return [Part(named, 0, len(core), core)] if named else []


def _with_at(core: str) -> list[Part]:
    found = _links(core)
    if found:
        end = found[-1].end
        path = path_before(core[end + 1 :]) if core[end : end + 1] == ":" else ""
        if path:
            found.append(Part("FilePath", end + 1, end + 1 + len(path), path))
        return found
    name, _, host = core.partition("@")
    if name and host:
        return [Part("EmailAddress", 0, len(core), core)]
    return [Part("Identifier", 0, len(core), core)] if core.count("/") == 1 else []


def _links(core: str) -> list[Part]:
    """Links, mail addresses and host names, as the linkifier finds them."""
    linkable = _LINKABLE.match(core)
    if core.lower() in _NO_HOST or not linkable:
        return []
    core = linkable[1] or core
    found = []
    for match in _linkifier().match(core) or ():
        text = core[match.index : match.last_index]
        if match.schema == "mailto:":
            found.append(Part("EmailAddress", match.index, match.last_index, text.removeprefix("mailto:")))
        elif match.schema:
            end = match.last_index
            if owner := _POSSESSIVE.search(text):
                end, text = match.index + owner.start(), text[: owner.start()]
            found.append(Part("Url", match.index, end, text if match.schema != "//" else f"https:{text}"))
        elif match.index == 0 and _TAIL.fullmatch(core, match.last_index):
            if text.rpartition(".")[2].istitle() and "/" not in text:
                continue  # two sentences without a space between them
            if "/" in text or text.lower().startswith("www."):
                found.append(Part("Url", 0, match.last_index, f"https://{text}"))
            else:
                host, _, port = text.partition(":")
                found.append(Part("Hostname", 0, len(host), host))
                if port:
                    found.append(Part("Number", len(host) + 1, match.last_index, int(port)))
    return found


@lru_cache(maxsize=1)
def _linkifier() -> LinkifyIt:
    from linkify_it import LinkifyIt
    from linkify_it.tlds import TLDS

    return LinkifyIt().tlds([*TLDS, *_RESERVED], True)


@lru_cache(maxsize=1_024)
def _is_ip(text: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(text)
    except ValueError:
        return False
    return True
