"""Paths as text: made absolute and canonical, without looking at any file."""

from __future__ import annotations

from agentalign_env.errors import OperationError

__all__ = ["MAX_NAME_BYTES", "MAX_PATH_BYTES", "absolute", "base_name", "join", "parent_of"]

MAX_NAME_BYTES = 255
MAX_PATH_BYTES = 4096
_SHOWN_CHARS = 80


def absolute(path: str, *, home: str, base: str | None = None, field: str = "path") -> str:
    """The canonical absolute path: ``~`` is home, a relative path starts at `base` or home, ``/..`` is the root.

    Raises:
        OperationError: The path is empty, holds a NUL, or is too long.
    """
    if not path:
        raise OperationError(
            "not_found", "No such file or directory: the path is empty; give a path such as ~/notes.txt", field
        )
    if "\0" in path:
        raise OperationError("invalid_argument", "Invalid argument: a path cannot hold a NUL character", field)
    if path == "~" or path.startswith("~/"):
        path = f"{home}{path[1:]}"
    elif not path.startswith("/"):
        path = join(base or home, path)
    names: list[str] = []
    for name in path.split("/"):
        if name == "..":
            del names[-1:]
        elif name not in ("", "."):
            if len(name.encode()) > MAX_NAME_BYTES:
                message = (
                    f"File name too long: {name[:_SHOWN_CHARS]!r}... has more than {MAX_NAME_BYTES} bytes; shorten it"
                )
                raise OperationError("limit_exceeded", message, field)
            names.append(name)
    found = "/" + "/".join(names)
    if len(found.encode()) > MAX_PATH_BYTES:
        message = f"File name too long: {found[:_SHOWN_CHARS]!r}... has more than {MAX_PATH_BYTES} bytes; shorten it"
        raise OperationError("limit_exceeded", message, field)
    return found


def join(folder: str, name: str) -> str:
    """The path of a name inside a directory."""
    return f"{'' if folder == '/' else folder}/{name}"


def parent_of(path: str) -> str:
    """The directory that holds an absolute path; empty for the root."""
    return "" if path == "/" else path.rpartition("/")[0] or "/"


def base_name(path: str) -> str:
    """The last name of an absolute path."""
    return path.rpartition("/")[2]
