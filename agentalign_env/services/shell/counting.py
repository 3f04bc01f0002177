"""The files as the shell looks at them: going through directories counts as work once a script has made many files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from agentalign_env.core.ports import FileEntry, FilesPort
    from agentalign_env.core.world import World

__all__ = ["counted"]

_ROWS_PER_STEP = 64


class _Counted:
    """Passes everything on."""

    def __init__(self, world: World, spend: Callable[[int], None]) -> None:
        files = world.files
        self._files, self._store, self._spend = files, world.store, spend
        # What is asked for all the time, without a detour.
        self.get, self.follow, self.require, self.resolve = files.get, files.follow, files.require, files.resolve

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def children(self, path: str, field: str = "path") -> list[FileEntry]:
        self._spend(self._store.changed("files") // _ROWS_PER_STEP)
        return list(self._files.children(path, field))

    def walk(self, top: FileEntry) -> Iterator[FileEntry]:
        for entry in self._files.walk(top):
            if entry.kind == "dir":
                self._spend(self._store.changed("files") // _ROWS_PER_STEP)
            yield entry


def counted(world: World, spend: Callable[[int], None]) -> FilesPort:
    """The world's files; `spend` is told of the work."""
    return cast("FilesPort", _Counted(world, spend))
