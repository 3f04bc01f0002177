"""The shell's ``curl`` and ``wget``: requests to the servers of the simulated web, and to the machine's own ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from agentalign_env.core.commands import Command, Invocation
from agentalign_env.core.ports import WebResponse
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import Given, UnknownOptionError, read_options
from agentalign_env.services.machine.network.operations import listening_ports
from agentalign_env.services.machine.network.probing import host_by_name

__all__ = ["TRANSFER_COMMANDS"]

_MAX_REDIRECTS = 20


class _Failure(NamedTuple):
    """Why nothing came back: curl's status, and its words."""

    status: int
    words: str


def _send(
    invocation: Invocation, method: str, url: str, headers: Mapping[str, str], body: str, *, follow: bool
) -> list[WebResponse] | _Failure:
    """The answers, one for each redirect that was followed."""
    found: list[WebResponse] = []
    for _ in range(_MAX_REDIRECTS):
        invocation.spend(20)
        try:
            parts = urlsplit(url)
        except ValueError:
            return _Failure(3, f"URL rejected: Malformed input to a URL function: {url[:200]}")
        try:
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return _Failure(3, f"URL rejected: Port number was not a decimal number between 0 and 65535: {url[:200]}")
        if parts.scheme not in ("http", "https"):
            return _Failure(1, f'Protocol "{parts.scheme}" not supported')
        local = host in ("localhost", "127.0.0.1")
        try:
            response = (
                _local(invocation, host, port, url) if local else invocation.world.web.fetch(method, url, headers, body)
            )
        except OperationError as error:
            if error.code != "not_found":
                return _Failure(3, f"URL rejected: {error.message.partition(':')[0]}")
            if local or host_by_name(invocation.world, host) is not None:
                return _Failure(7, f"Failed to connect to {host} port {port} after 2 ms: Couldn't connect to server")
            return _Failure(6, f"Could not resolve host: {host}")
        found.append(response)
        location = response.headers.get("location", "")
        if not follow or not location or not 300 <= response.status < 400:
            return found
        url = urljoin(url, location)
    return _Failure(47, f"Maximum ({_MAX_REDIRECTS}) redirects followed")


def _local(invocation: Invocation, host: str, port: int, url: str) -> WebResponse:
    program = next((one["program"] for one in listening_ports(invocation.world) if one["port"] == port), None)
    if program is None:
        raise OperationError("not_found", f"nothing answers on port {port} of {host}", "url")
    body = f"<!doctype html>\n<title>It works</title>\n<p>Answered by {program}.</p>\n"
    headers = {"content-type": "text/html; charset=utf-8", "content-length": str(len(body))}
    return WebResponse(url, 200, "OK", headers, body)


def _curl(invocation: Invocation) -> int:
    try:
        given = read_options(
            invocation.args,
            "s silent S show-error L location f fail "
            "fail-with-body i include I head k "
            "insecure v verbose O "
            "remote-name g globoff "
            "G get compressed N no-buffer J 4 6 http1.1 http2 # progress-bar",
            "o output X request H header d "
            "data data-raw "
            "data-binary data-urlencode "
            "json A user-agent u user m max-time "
            "connect-timeout w write-out b cookie c cookie-jar e referer F form retry url x max-redirs T upload-file",
        )
    except UnknownOptionError as error:
        invocation.err(
            f"curl: option {error}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n"
        )
        return 2
    urls = [*given.rest, *given.values("url")]
    if not urls:
        invocation.err("curl: try 'curl --help' or 'curl --manual' for more information\n")
        return 2
    status = 0
    for url in urls:
        status = _curl_one(invocation, given, url if "://" in url else f"http://{url}") or status
    return status


def _curl_one(invocation: Invocation, given: Given, url: str) -> int:
    headers = _headers(given.values("H", "header"))
    try:
        body = _body(invocation, given)
    except OperationError as error:
        return invocation.complain(str(error.message.partition("; ")[0]))
    if given.has("json"):
        headers.setdefault("Content-Type", "application/json")
    method = _method(given, body)
    if body and given.has("G", "get"):
        url, body = f"{url}{'&' if '?' in url else '?'}{body}", ""
    answers = _send(invocation, method, url, headers, body, follow=given.has("L", "location"))
    quiet = given.has("s", "silent") and not given.has("S", "show-error")
    if isinstance(answers, _Failure):
        if not quiet:
            invocation.err(f"curl: ({answers.status}) {answers.words}\n")
        return answers.status
    last = answers[-1]
    if given.has("f", "fail") and last.status >= 400:
        if not quiet:
            invocation.err(f"curl: (22) The requested URL returned error: {last.status}\n")
        return 22
    text = ""
    if given.has("i", "include", "I", "head"):
        text = "".join(_head(answer) for answer in answers)
    text += "" if method == "HEAD" else last.body
    place = given.value("o", "output") or (
        urlsplit(url).path.rpartition("/")[2] if given.has("O", "remote-name") else ""
    )
    if given.has("O", "remote-name") and not place:
        invocation.err("curl: (23) Remote file name has no length\n")
        return 23
    if not place or place == "-":
        invocation.out(text)
    elif not _kept(invocation, place, text):
        return 23
    if given.has("w", "write-out"):
        invocation.out(_written_out(given.value("w", "write-out"), answers, method, text))
    return 0


def _method(given: Given, body: str) -> str:
    if given.has("X", "request"):
        return given.value("X", "request").upper()
    if given.has("T", "upload-file"):
        return "PUT"
    if given.has("I", "head"):
        return "HEAD"
    return "POST" if body and not given.has("G", "get") else "GET"


def _kept(invocation: Invocation, place: str, text: str) -> bool:
    """Puts what came into a file; whether that worked."""
    target = invocation.path(place)
    try:
        if target != "/dev/null":
            invocation.files.write(target, text, parents=False)
    except OperationError:
        invocation.err(f"curl: (23) Failure writing output to destination: {place}\n")
        return False
    return True


def _written_out(template: str, answers: list[WebResponse], method: str, text: str) -> str:
    """What ``--write-out`` says about a transfer."""
    last = answers[-1]
    values = {
        "http_code": f"{last.status:03d}",
        "response_code": f"{last.status:03d}",
        "url_effective": last.url,
        "size_download": str(len(text.encode(errors="surrogateescape"))),
        "content_type": last.headers.get("content-type", ""),
        "num_redirects": str(len(answers) - 1),
        "redirect_url": last.headers.get("location", ""),
        "method": method,
        "time_total": "0.142000",
    }
    line = template.replace("\\n", "\n").replace("\\t", "\t")
    for name, value in values.items():
        line = line.replace(f"%{{{name}}}", value)
    return line


def _headers(lines: list[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _body(invocation: Invocation, given: Given) -> str:
    parts = []
    for name in ("d", "data", "data-binary", "json"):
        for value in given.values(name):
            text = invocation.open(value[1:]).read() if value.startswith("@") else value
            parts.append(
                text if name in ("data-binary", "json") else text.replace("\n", "") if value.startswith("@") else text
            )
    parts += given.values("data-raw")
    for value in given.values("data-urlencode"):
        name, equals, text = value.partition("=")
        parts.append(f"{name}={quote(text, safe='')}" if equals else quote(name, safe=""))
    parts += given.values("F", "form")
    parts += [invocation.open(place).read() for place in given.values("T", "upload-file")]
    return "&".join(parts)


def _head(response: WebResponse) -> str:
    lines = [f"HTTP/2 {response.status} ", *(f"{name}: {value}" for name, value in response.headers.items()), "", ""]
    return "\r\n".join(lines)


def _wget(invocation: Invocation) -> int:
    try:
        given = read_options(
            invocation.args, "q quiet nv no-verbose c continue N k spider S server-response no-check-certificate",
            "O output-document P directory-prefix T timeout t tries U user-agent header post-data method body-data",
        )  # fmt: skip
    except UnknownOptionError as error:
        invocation.err(f"wget: unrecognized option '{error}'\nUsage: wget [OPTION]... [URL]...\n")
        return 2
    if not given.rest:
        invocation.err("wget: missing URL\nUsage: wget [OPTION]... [URL]...\n")
        return 1
    status = 0
    for raw in given.rest:
        url = raw if "://" in raw else f"http://{raw}"
        quiet = given.has("q", "quiet")
        headers = _headers(given.values("header"))
        body = given.value("post-data", "body-data")
        method = given.value("method").upper() or ("POST" if body else "HEAD" if given.has("spider") else "GET")
        answers = _send(invocation, method, url, headers, body, follow=True)
        if isinstance(answers, _Failure):
            if not quiet:
                words = (
                    f"wget: unable to resolve host address '{urlsplit(url).hostname}'"
                    if answers.status == 6
                    else f"failed: {answers.words}."
                )
                invocation.err(f"{words}\n")
            status = 4
            continue
        last = answers[-1]
        if last.status >= 400:
            if not quiet:
                invocation.err(
                    f"--  {url}\nHTTP request sent, "
                    "awaiting response... "
                    f"{last.status} {last.reason}\n"
                    f"ERROR {last.status}: {last.reason}.\n"
                )
            status = 8
            continue
        if given.has("spider"):
            continue
        name = given.value("O", "output-document") or urlsplit(last.url).path.rpartition("/")[2] or "index.html"
        if name == "-":
            invocation.out(last.body)
            continue
        folder = given.value("P", "directory-prefix")
        try:
            invocation.files.write(
                invocation.path(f"{folder}/{name}" if folder else name), last.body, parents=bool(folder)
            )
        except OperationError as error:
            invocation.err(
                f"{name}: {error.message.partition(':')[0]}\n\n"
                f"Cannot write to '{name}' "
                f"({error.message.partition(':')[0]}).\n"
            )
            status = 3
            continue
        if not quiet:
            size = len(last.body.encode(errors="surrogateescape"))
            invocation.err(
                f"--  {url}\nHTTP request sent, awaiting response... "
                f"{last.status} {last.reason}\n"
                f"Length: {size}\nSaving to: '{name}'\n\n'{name}' "
                f"saved [{size}/{size}]\n\n"
            )
    return status


TRANSFER_COMMANDS: Mapping[str, Command] = {"curl": _curl, "wget": _wget}
