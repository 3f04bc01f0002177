"""Files on their way into a container and out of it, as tar archives."""

from __future__ import annotations

import io
import tarfile
from base64 import encodebytes
from collections.abc import Collection, Iterable
from typing import NamedTuple

from agentalign_env.backends.docker.container import Container
from agentalign_env.backends.docker.options import AGENT_ID
from agentalign_env.core.text import to_bytes

__all__ = ["Item", "contents", "packed"]


class Item(NamedTuple):
    """An entry to lay into a container.

    Attributes:
        path: Absolute.
        content: A file's; ``None`` for a directory.
        mode: Permissions.
        target: Where it leads, for a symbolic link.
        modified_s: When it was changed last.
    """

    path: str
    content: bytes | None
    mode: int
    target: str = ""
    modified_s: int = 0


def packed(items: Iterable[Item], owner: int | None) -> bytes:
    """An archive of these entries, in order of their paths; they belong to `owner`, by default the agent's user."""
    user = AGENT_ID if owner is None else owner
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for item in sorted(items, key=lambda item: item.path):
            entry = tarfile.TarInfo(item.path[1:])
            entry.uid = entry.gid = user
            entry.mode, entry.mtime = item.mode, item.modified_s
            if item.target:
                entry.type, entry.linkname = tarfile.SYMTYPE, item.target
            elif item.content is None:
                entry.type = tarfile.DIRTYPE
            else:
                entry.size = len(item.content)
            archive.addfile(entry, io.BytesIO(item.content or b""))
    return buffer.getvalue()


def contents(container: Container, paths: Collection[str]) -> dict[str, bytes]:
    """What regular files of a container hold, by path; what cannot be read is left out."""
    if not paths:
        return {}
    listed = encodebytes(to_bytes("\0".join(path[1:] for path in paths))).decode()
    data = container.control.run(
        "base64 -d <<'.' | tar -cf - -C / --null --hard-dereference --no-recursion --format=gnu -T - 2>/dev/null\n"
        f"{listed}\n."
    ).stdout
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:", ignore_zeros=True) as archive:
        for entry in archive:
            content = archive.extractfile(entry) if entry.isreg() else None
            if content is not None:
                found[f"/{entry.name}"] = content.read()
    return found
