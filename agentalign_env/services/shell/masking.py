"""The files as a process with another umask sees them: what it makes has fewer permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from agentalign_env.core.ports import FileEntry, FilesPort

__all__ = ["masked"]

_DEFAULT_DIRECTORY = "0755"


class _Masked:
    """Passes everything on; new files and directories are made with the umask."""

    def __init__(self, files: FilesPort, umask: int) -> None:
        self._files, self._umask = files, umask

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def write(
        self, path: str, content: str, *, mode: str | None = None, parents: bool = True, field: str = "path"
    ) -> FileEntry:
        if mode is None and self._files.follow(path) is None:
            mode = f"{0o666 & ~self._umask:04o}"
        return self._files.write(path, content, mode=mode, parents=parents, field=field)

    def make_directory(
        self, path: str, *, mode: str = _DEFAULT_DIRECTORY, parents: bool = True, field: str = "path"
    ) -> FileEntry:
        if mode == _DEFAULT_DIRECTORY:
            mode = f"{0o777 & ~self._umask:04o}"
        return self._files.make_directory(path, mode=mode, parents=parents, field=field)


def masked(files: FilesPort, umask: int) -> FilesPort:
    """The files with a umask."""
    return cast("FilesPort", _Masked(files, umask))
