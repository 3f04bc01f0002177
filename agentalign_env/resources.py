"""Finds the data that ships beside the code: `tools/` and `scenarios/`.

In a wheel, installed or imported as a zip, both folders lie in `agentalign_env/_data/`. In a checkout they lie beside
the package, which is where an editable install finds them too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from agentalign_env.errors import DataFileError

__all__ = ["data_root", "read_toml", "toml_files"]


def data_root(kind: Literal["tools", "scenarios"]) -> Traversable:
    """Return the folder that holds one kind of data: the packaged one, else the checkout's.

    Raises:
        DataFileError: Neither folder exists, so the installation is broken.
    """
    package = files("agentalign_env")
    packaged = package / "_data" / kind
    if packaged.is_dir():
        return packaged
    # Beside an installed package lie other people's folders; only a checkout has its pyproject.toml there.
    if isinstance(package, Path) and (package.parent / "pyproject.toml").is_file():
        checkout = package.parent / kind
        if checkout.is_dir():
            return checkout
    raise DataFileError(
        file=str(packaged),
        key=kind,
        problem=f"expected the folder of packaged data {kind!r}, found none",
        remedy="Install agentalign-env again, or run it from a complete checkout.",
    )


def read_toml(path: Traversable) -> dict[str, Any]:
    """Parse one TOML file.

    Raises:
        DataFileError: The file is missing, not UTF-8, not TOML or nested too deeply; `key` names the line where one is
            known.
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        problem, line = _split_position(str(error))
        remedy = "Correct the TOML syntax."
        raise DataFileError(str(path), line, f"expected TOML, found: {problem}", remedy) from error
    except RecursionError as error:
        problem = "expected TOML, found values nested too deeply to read"
        raise DataFileError(str(path), "syntax", problem, "Flatten them.") from error
    except UnicodeDecodeError as error:
        problem = f"expected UTF-8 text, found byte {error.object[error.start]:#04x} at offset {error.start}"
        raise DataFileError(str(path), "encoding", problem, "Save the file as UTF-8.") from error
    except OSError as error:
        problem = f"expected a readable file, found: {error.strerror or type(error).__name__}"
        raise DataFileError(str(path), "file", problem, "Check the path and its permissions.") from error


def toml_files(folder: Traversable) -> list[Traversable]:
    """Return every `.toml` file below `folder`, ordered by its path inside `folder`.

    The order is that of the path's parts, so it is the same on every file system and inside a zip.

    Raises:
        DataFileError: `folder` is not a folder.
    """
    if not folder.is_dir():
        problem = "expected a folder of TOML files, found none"
        raise DataFileError(str(folder), "folder", problem, "Check the path.")
    found = sorted(_walk(folder, ()), key=lambda item: item[0])
    return [file for _, file in found]


def _walk(folder: Traversable, inside: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Traversable]]:
    """Yield (path parts below the start, file) for every TOML file, in no particular order."""
    for entry in folder.iterdir():
        parts = (*inside, entry.name)
        if entry.is_dir():
            yield from _walk(entry, parts)
        elif entry.name.endswith(".toml"):
            yield parts, entry


def _split_position(message: str) -> tuple[str, str]:
    """Split tomllib's `... (at line 3, column 5)` into the problem and `line 3, column 5`."""
    found = re.search(r" \(at (.+)\)$", message)
    return (message[: found.start()], found[1]) if found else (message, "syntax")
