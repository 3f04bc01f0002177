"""The files below a real ``.git`` as the simulation writes them."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping

from agentalign_env.backends.machine.git_files import is_tracked, read_index_bytes, read_references
from agentalign_env.backends.machine.git_repositories import real_config
from agentalign_env.backends.machine.git_rows import ObjectRows
from agentalign_env.core.git_objects import Staged, index_text
from agentalign_env.core.text import from_bytes
from agentalign_env.services.machine.git.records import COMMITS
from agentalign_env.services.machine.git.settings import dropped_section, dropped_setting, settings_in

__all__ = ["is_pointer", "pointers"]

_HASH = re.compile(r"[0-9a-f]{40}")
_FRESH_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
_GIVEN = {
    "core.repositoryformatversion": "0",
    "core.bare": "false",
    "core.filemode": "true",
    "core.logallrefupdates": "true",
}
"""What the real git writes into every configuration."""

_POINTERS = re.compile(r"HEAD|config|index|MERGE_HEAD|REVERT_HEAD|MERGE_MSG|logs/refs/stash|refs/.*")
_PASSING = re.compile(
    r"objects/.*|logs/.*|(?:rebase-merge|rebase-apply|sequencer|branches|worktrees|modules)/.*|packed-refs|shallow"
    r"|description|[A-Z_]+_(?:HEAD|MSG|EDITMSG|MODE)|AUTO_MERGE|BISECT_.*|gc\..*|info/(?:exclude|refs)|hooks/.*\.sample"
    r"|index\..*|.*\.lock|.*/"
)
"""What comes and goes as git works, and the files of its template: kept only where the world has them."""


def is_pointer(name: str) -> bool:
    """Whether a file below ``.git`` goes when git has it no more."""
    return _POINTERS.fullmatch(name) is not None


def pointers(rows: ObjectRows, files: Mapping[str, bytes], held: Mapping[str, str]) -> dict[str, str]:
    """The files below ``.git`` as the simulation writes them."""
    found: dict[str, str] = {}
    for name, data in files.items():
        text = from_bytes(data)
        if name == "HEAD":
            found[name] = f"{_followed(rows, text.strip())}\n"
        elif name == "config":
            found[name] = _config(text, held.get(name))
        elif name == "index":
            found[name] = _index(rows, data)
        elif name in ("MERGE_HEAD", "REVERT_HEAD"):
            found[name] = "".join(f"{_followed(rows, line)}\n" for line in text.split())
        elif name == "ORIG_HEAD" and name in held:
            found[name] = f"{_followed(rows, text.strip())}\n"
        elif name == "MERGE_MSG" or (not _POINTERS.fullmatch(name) and (name in held or not _PASSING.fullmatch(name))):
            found[name] = text
    for name, value in read_references(files).items():
        found[name] = f"{_followed(rows, value)}\n"
    if "refs/stash" in found:
        found["logs/refs/stash"] = _stack(rows, found["refs/stash"].strip(), files.get("logs/refs/stash", b""))
    return {name: held[name] if held.get(name, "").rstrip("\n") == text.rstrip("\n") else text
            for name, text in found.items()}  # fmt: skip


def _followed(rows: ObjectRows, value: str) -> str:
    """What a pointer says, with the row of the commit that it names."""
    return rows.commit(value) or value if _HASH.fullmatch(value) else value


def _stack(rows: ObjectRows, last: str, log: bytes) -> str:
    lines = []
    for line in from_bytes(log).splitlines():
        head, _, words = line.partition("\t")
        names = head.split(" ")
        commit = rows.commit(names[1]) if len(names) > 1 else None
        if commit is not None:
            lines.append(f"{commit} {words}\n")
    if not lines:
        row = rows.store.get(COMMITS, last)
        return f"{last} {row.message if row is not None else ''}\n"
    return "".join(lines)


def _index(rows: ObjectRows, data: bytes) -> str:
    """The index as text, of a conflict the owner's side, or the other where that is gone."""
    try:
        lines = list(read_index_bytes(data))
    except (ValueError, IndexError, struct.error):
        return from_bytes(data)  # as broken for the simulation as for git
    found: dict[str, Staged] = {}
    for line in filter(lambda line: is_tracked(line.path), lines):
        blob = rows.content(line.blob, line.mode) if line.stage != 1 else None
        if blob is not None and (line.path not in found or line.stage == 2):
            found[line.path] = Staged(line.mode, blob, 2 if line.stage else 0)
    return index_text(sorted(found.items()))


def _config(text: str, held: str | None) -> str:
    """A configuration without what the real git adds to each."""
    if held is not None and text == real_config(held):
        return held
    before, now = settings_in(_FRESH_CONFIG if held is None else held), settings_in(text)
    for name, value in _GIVEN.items():
        if name not in before and now.get(name) == value:
            text = dropped_setting(text, name)
    if not _below_core(before) and not _below_core(settings_in(text)):
        text = dropped_section(text, "core")
    return text


def _below_core(names: Iterable[str]) -> bool:
    return any(name.startswith("core.") for name in names)
