"""Git's configuration files: sections with keys, read and changed as text so that the rest of a file stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["changed_setting", "dropped_section", "dropped_setting", "renamed_section", "settings_in"]


class _Line(NamedTuple):
    number: int
    section: str
    key: str  # empty for a section's header
    value: str


def settings_in(text: str) -> dict[str, str]:
    """The settings by name, such as ``remote.origin.url``; the last of a name counts."""
    return {f"{line.section}.{line.key}": line.value for line in _lines(text) if line.key}


def changed_setting(text: str, name: str, value: str) -> str:
    """The text with this setting, in its section."""
    section, _, key = name.rpartition(".")
    lines, found = text.splitlines(), list(_lines(text))
    written = f"\t{key} = {value}"
    same = [line.number for line in found if (line.section, line.key) == (section, key.lower())]
    if same:
        lines[same[-1]] = written
    else:
        inside = [line.number for line in found if line.section == section]
        if inside:
            lines.insert(inside[-1] + 1, written)
        else:
            lines += [_header(section), written]
    return "".join(f"{line}\n" for line in lines)


def dropped_setting(text: str, name: str) -> str:
    """The text without this setting, and without its section where that held nothing else, not even a comment."""
    section, _, key = name.rpartition(".")
    found = list(_lines(text))
    gone = {line.number for line in found if (line.section, line.key) == (section, key.lower())}
    headers = [line.number for line in found if not line.key]
    lines = text.splitlines()
    for start, end in zip(headers, [*headers[1:], len(lines)], strict=True):
        inside = range(start + 1, end)
        if any(number in gone for number in inside) and not any(lines[at].strip() for at in inside if at not in gone):
            gone.update(range(start, end))
    return "".join(f"{line}\n" for number, line in enumerate(text.splitlines()) if number not in gone)


def dropped_section(text: str, section: str) -> str:
    """The text without a whole section."""
    gone = {line.number for line in _lines(text) if line.section == section}
    return "".join(f"{line}\n" for number, line in enumerate(text.splitlines()) if number not in gone)


def renamed_section(text: str, old: str, new: str) -> str:
    """The text with a section under another name."""
    lines = text.splitlines()
    for line in _lines(text):
        if not line.key and line.section == old:
            lines[line.number] = _header(new)
    return "".join(f"{line}\n" for line in lines)


def _header(section: str) -> str:
    head, dot, rest = section.partition(".")
    return f'[{head} "{rest}"]' if dot else f"[{head}]"


def _lines(text: str) -> Iterator[_Line]:
    section = ""
    for number, line in enumerate(text.splitlines()):
        bare = line.strip()
        if bare.startswith("[") and bare.endswith("]"):
            head, _, rest = bare[1:-1].partition(" ")
            section = f"{head.lower()}.{rest.strip().strip(chr(34))}" if rest else head.lower()
            yield _Line(number, section, "", "")
        elif bare and bare[0] not in "#;":
            key, equals, value = bare.partition("=")
            yield _Line(number, section, key.strip().lower(), value.strip().strip('"') if equals else "true")
