"""What a file holds whose name alone is known: text, a table, settings, a program, or a small valid container."""

from __future__ import annotations

import base64
import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from html import escape
from typing import NamedTuple

import orjson

from agentalign_env.core.background import Person
from agentalign_env.core.clock import HOUR_S, day, iso
from agentalign_env.core.rng import Random
from agentalign_env.core.text import from_bytes
from agentalign_env.core.topics import Topic

__all__ = ["About", "content_for"]

_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_FONTS = "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_LEVELS = ("INFO", "INFO", "INFO", "DEBUG", "WARN", "INFO", "ERROR")
_EVENTS = (
    "started", "listening on port 8080", "request finished in 42 ms", "cache refreshed", "retrying after a timeout",
    "settings read again", "connection closed by the other side", "nightly clean-up finished",
)  # fmt: skip


class About(NamedTuple):
    """What a file is about: its name without the ending, a topic, its owner, people to mention, and the time."""

    stem: str
    topic: Topic
    owner: Person
    people: tuple[Person, ...]
    now_s: int

    @property
    def title(self) -> str:
        """The name in words."""
        words = self.stem.strip(".").replace("_", " ").replace("-", " ").split()
        return " ".join(words)[:1].upper() + " ".join(words)[1:] if words else "Notes"


def content_for(ending: str, about: About, rng: Random) -> str:
    """A content that suits an ending such as ``csv``; plain text for an ending that is not known."""
    return _FORMS.get(ending, _text)(about, rng)


def _text(about: About, rng: Random) -> str:
    facts = rng.sample(about.topic.facts, min(3, len(about.topic.facts)))
    return f"{about.title}\n\n{rng.choice(about.topic.notes)}\n\n" + "".join(f"{fact}\n" for fact in facts)


def _markdown(about: About, rng: Random) -> str:
    facts = rng.sample(about.topic.facts, min(4, len(about.topic.facts)))
    return f"# {about.title}\n\n{rng.choice(about.topic.notes)}\n\n" + "".join(f"- {fact}\n" for fact in facts)


def _log(about: About, rng: Random) -> str:
    at_s, lines = about.now_s - 9 * HOUR_S, []
    for _ in range(24):
        at_s += rng.randrange(20, 1_300)
        lines.append(f"{iso(at_s)} {rng.choice(_LEVELS)} {about.stem}: {rng.choice(_EVENTS)}\n")
    return "".join(lines)


def _rows(about: About, rng: Random) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [("name", "email", "city", "date", "amount")]
    low, high = about.topic.amounts
    for person in about.people:
        when = day(about.now_s - rng.randrange(2, 90) * 24 * HOUR_S)
        found.append(
            (person.name, person.email, person.city, when, f"{rng.randrange(low * 100, high * 100 + 1) / 100:.2f}")
        )
    return found


def _csv(about: About, rng: Random) -> str:
    return "".join(",".join(row) + "\n" for row in _rows(about, rng))


def _tsv(about: About, rng: Random) -> str:
    return "".join("\t".join(row) + "\n" for row in _rows(about, rng))


def _json(about: About, rng: Random) -> str:
    head, *rows = _rows(about, rng)
    items = [{**dict(zip(head, row, strict=True)), "amount": float(row[-1])} for row in rows]
    content = {"title": about.title, "updated": day(about.now_s), "items": items}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode() + "\n"


def _settings(about: About, rng: Random) -> list[tuple[str, str]]:
    return [
        ("name", about.stem.strip(".") or "app"), ("host", "127.0.0.1"), ("port", str(rng.randrange(8000, 9000))),
        ("log_level", "info"), ("workers", str(rng.randrange(2, 9))), ("contact", about.owner.email),
    ]  # fmt: skip


def _ini(about: About, rng: Random) -> str:
    return "[main]\n" + "".join(f"{name} = {value}\n" for name, value in _settings(about, rng))


def _toml(about: About, rng: Random) -> str:
    values = ((name, value if value.isdigit() else f'"{value}"') for name, value in _settings(about, rng))
    return "[main]\n" + "".join(f"{name} = {value}\n" for name, value in values)


def _yaml(about: About, rng: Random) -> str:
    return "".join(f"{name}: {value}\n" for name, value in _settings(about, rng))


def _environment(about: About, rng: Random) -> str:
    return "".join(f"{name.upper()}={value}\n" for name, value in _settings(about, rng))


def _python(about: About, _: Random) -> str:
    return (
        f'"""{about.title}."""\n\nNAMES = {[person.first_name for person in about.people]!r}\n\n\n'
        f"def main() -> None:\n    for name in sorted(NAMES):\n        print(name)\n\n\n"
        'if __name__ == "__main__":\n    main()\n'
    )


def _shell(about: About, _: Random) -> str:
    return (
        f'#!/bin/sh\n# {about.title}\nset -eu\necho "{about.stem}: started"\ndate\nls -l\necho "{about.stem}: done"\n'
    )


def _javascript(about: About, _: Random) -> str:
    names = orjson.dumps([person.first_name for person in about.people]).decode()
    return (
        f"// {about.title}\nconst names = {names};\n\nfor (const name of names.sort()) {{\n  console.log(name);\n}}\n"
    )


def _sql(about: About, _: Random) -> str:
    rows = (f"INSERT INTO people VALUES ('{person.handle}', '{person.city}');\n" for person in about.people)
    return f"-- {about.title}\nCREATE TABLE people (handle TEXT PRIMARY KEY, city TEXT);\n" + "".join(rows)


def _makefile(_: About, __: Random) -> str:
    return ".PHONY: all clean\n\nall:\n\t@echo built\n\nclean:\n\t@rm -f *.log\n"


def _dockerfile(_: About, __: Random) -> str:
    return 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nEXPOSE 8000\nCMD ["python", "-m", "http.server", "8000"]\n'


def _html(about: About, rng: Random) -> str:
    title, body = escape(about.title), escape(rng.choice(about.topic.notes))
    return f"<!doctype html>\n<title>{title}</title>\n<h1>{title}</h1>\n<p>{body}</p>\n"


def _css(about: About, rng: Random) -> str:
    return f"/* {about.title} */\nbody {{\n  margin: 2rem auto;\n  max-width: {rng.randrange(36, 60)}rem;\n}}\n"


def _xml(about: About, _: Random) -> str:
    people = "".join(f'  <person email="{person.email}">{escape(person.name)}</person>\n' for person in about.people)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<people title="{escape(about.title)}">\n{people}</people>\n'


def _calendar(about: About, rng: Random) -> str:
    when = day(about.now_s + rng.randrange(2, 30) * 24 * HOUR_S).replace("-", "")
    return (
        f"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:{when}@calendar.example\nDTSTART;VALUE=DATE:{when}\n"
        f"SUMMARY:{about.title}\nEND:VEVENT\nEND:VCALENDAR\n"
    )


def _card(about: About, _: Random) -> str:
    person = about.people[0] if about.people else about.owner
    return f"BEGIN:VCARD\nVERSION:3.0\nFN:{person.name}\nEMAIL:{person.email}\nTEL:{person.phone}\nEND:VCARD\n"


def _document(about: About, rng: Random) -> str:
    """A PDF of one page; readers find its objects without a table of where they are."""
    lines = "".join(f"({line.translate(_NO_BRACKETS)}) ' " for line in _text(about, rng).splitlines())
    stream = f"BT /F1 11 Tf 14 TL 60 760 Td {lines}ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources {_FONTS} >>",
        f"<< /Length {len(stream.encode())} >>\nstream\n{stream}\nendstream",
    )  # fmt: skip
    body = "".join(f"{number} 0 obj\n{text}\nendobj\n" for number, text in enumerate(objects, 1))
    return f"%PDF-1.4\n{body}trailer\n<< /Root 1 0 R /Size 5 >>\n%%EOF\n"


_NO_BRACKETS = str.maketrans({"(": None, ")": None, "\\": None})


def _packed(about: About, rng: Random) -> dict[str, str]:
    """What an archive holds."""
    return {f"{about.stem}/README.txt": _text(about, rng), f"{about.stem}/people.csv": _csv(about, rng)}


def _zip_of(files: Mapping[str, str]) -> str:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 5, 8, 0, 0)), text)
    return from_bytes(made.getvalue())


def _zip(about: About, rng: Random) -> str:
    return _zip_of(_packed(about, rng))


def _docx(about: About, rng: Random) -> str:
    paragraphs = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in _text(about, rng).splitlines())
    return _zip_of({"word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{paragraphs}</w:body></w:document>'})


def _tar_bytes(about: About, rng: Random) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in _packed(about, rng).items():
            data, entry = text.encode(), tarfile.TarInfo(name)
            entry.size, entry.mtime = len(data), about.now_s
            archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def _tar(about: About, rng: Random) -> str:
    return from_bytes(_tar_bytes(about, rng))


def _tar_gz(about: About, rng: Random) -> str:
    return from_bytes(gzip.compress(_tar_bytes(about, rng), compresslevel=0, mtime=0))


def _gz(about: About, rng: Random) -> str:
    return from_bytes(gzip.compress(_text(about, rng).encode(), compresslevel=0, mtime=0))


def _jpeg(about: About, rng: Random) -> str:
    """Start, a comment with the caption, end."""
    caption = rng.choice(about.topic.captions).encode()
    comment = b"\xff\xfe" + (len(caption) + 2).to_bytes(2, "big") + caption
    return from_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + comment + b"\xff\xd9")


def _png(_: About, __: Random) -> str:
    return from_bytes(base64.b64decode(_PNG))


def _gif(_: About, __: Random) -> str:
    return from_bytes(base64.b64decode(_GIF))


def _mp4(about: About, _: Random) -> str:
    remark = about.title.encode()
    head = (24).to_bytes(4, "big") + b"ftypisom" + (512).to_bytes(4, "big") + b"isommp42"
    return from_bytes(head + (len(remark) + 8).to_bytes(4, "big") + b"free" + remark)


def _mp3(about: About, _: Random) -> str:
    body = b"\0" + about.title.encode()
    size = len(body) + 10
    frame = b"TIT2" + len(body).to_bytes(4, "big") + b"\0\0" + body
    return from_bytes(b"ID3\x03\0\0\0\0" + bytes((size >> 7 & 0x7F, size & 0x7F)) + frame)  # seven bits a byte


_FORMS: Mapping[str, Callable[[About, Random], str]] = {
    "md": _markdown, "log": _log, "csv": _csv, "tsv": _tsv, "json": _json, "ini": _ini, "conf": _ini, "cfg": _ini,
    "cnf": _ini, "toml": _toml, "yaml": _yaml, "yml": _yaml, "env": _environment, "py": _python, "sh": _shell,
    "bash": _shell, "makefile": _makefile, "dockerfile": _dockerfile, "js": _javascript, "ts": _javascript,
    "sql": _sql, "html": _html, "htm": _html, "css": _css, "xml": _xml, "ics": _calendar, "vcf": _card,
    "pdf": _document, "zip": _zip, "docx": _docx, "tar": _tar, "tar.gz": _tar_gz, "tgz": _tar_gz, "gz": _gz,
    "jpg": _jpeg, "jpeg": _jpeg, "png": _png, "gif": _gif, "mp4": _mp4, "mov": _mp4, "mp3": _mp3,
}  # fmt: skip
