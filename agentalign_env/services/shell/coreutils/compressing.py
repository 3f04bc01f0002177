"""gzip, bzip2, xz, and what reads their files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.inputs import charge, read_text
from agentalign_env.services.shell.coreutils.packing import PackError, kind_of, pack, unpack
from agentalign_env.services.shell.options import Options, Syntax, parse

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = ["COMMANDS"]

_GZIP = Syntax.of(
    "a|ascii c|stdout|to-stdout d|decompress|uncompress f|force k|keep l|list n|no-name N|name q|quiet r|recursive "
    "S|suffix= t|test v|verbose 1|fast 2 3 4 5 6 7 8 9|best 0 e|extreme T|threads= z|compress s|small"
)


class _Tool(NamedTuple):
    """A packer and the names it gives."""

    kind: str
    suffix: str
    unpacks: bool
    to_output: bool


# How much longer than to copy a text it takes to pack one.
_PACKING = {"gzip": 6, "bzip2": 12, "xz": 50}
_TOOLS = {
    "gzip": _Tool("gzip", ".gz", unpacks=False, to_output=False),
    "gunzip": _Tool("gzip", ".gz", unpacks=True, to_output=False),
    "zcat": _Tool("gzip", ".gz", unpacks=True, to_output=True),
    "bzip2": _Tool("bzip2", ".bz2", unpacks=False, to_output=False),
    "bunzip2": _Tool("bzip2", ".bz2", unpacks=True, to_output=False),
    "bzcat": _Tool("bzip2", ".bz2", unpacks=True, to_output=True),
    "xz": _Tool("xz", ".xz", unpacks=False, to_output=False),
    "unxz": _Tool("xz", ".xz", unpacks=True, to_output=False),
    "xzcat": _Tool("xz", ".xz", unpacks=True, to_output=True),
}


def _compressor(invocation: Invocation) -> int:
    options = parse(invocation, _GZIP)
    if isinstance(options, int):
        return options
    return _Packing(invocation, options).run()


class _Packing:
    """One run of a packer."""

    def __init__(self, invocation: Invocation, options: Options) -> None:
        self._invocation, self._options = invocation, options
        self._tool = _TOOLS[invocation.name]
        self._suffix = options.get("S") or self._tool.suffix
        if not self._suffix.startswith("."):
            self._suffix = "." + self._suffix
        self._unpacks = (self._tool.unpacks or "d" in options or "t" in options) and "z" not in options
        self._to_output = self._tool.to_output or "c" in options
        self._level = int(options.last(tuple("0123456789"), "6"))
        # gzip's helpers complain under its name.
        self._title = "gzip" if self._tool.kind == "gzip" else invocation.name
        self.status = 0

    def run(self) -> int:
        """Handles every operand; the exit status."""
        names = self._options.operands or ["-"]
        if "l" in self._options:
            return self._list(names)
        for name in names:
            self._invocation.spend()
            if name == "-":
                self._stream()
            else:
                self._file(name)
        return self.status

    def _complain(self, message: str, status: int = 1) -> None:
        if "q" not in self._options or status == 1:
            self._invocation.err(f"{self._title}: {message}\n")
        self.status = max(self.status, status) if status == 1 or not self.status else self.status

    def _changed(self, data: bytes, name: str) -> bytes | None:
        if not self._unpacks:
            charge(self._invocation, 0, len(data) * _PACKING[self._tool.kind])
            return pack(data, self._tool.kind, self._level)
        kind = kind_of(data)
        if kind != self._tool.kind:
            if not data:
                problem = "unexpected end of file"
            else:
                problem = {"gzip": "not in gzip format", "xz": "File format not recognized"}.get(self._tool.kind, "")
            if self._tool.kind == "bzip2":
                self._complain(f"{name} is not a bzip2 file.", 2)
            else:
                lead = "\n" if self._tool.kind == "gzip" else ""
                self._invocation.err(f"{lead}{self._title}: {name}: {problem}\n")
                self.status = 1
            return None
        try:
            return unpack(data, kind, self._invocation.spend)
        except PackError as error:
            self._invocation.err(f"\n{self._title}: {name}: {error}\n")
            self.status = 1
            return None

    def _stream(self) -> None:
        data = to_bytes(read_text(self._invocation, self._invocation.stdin))
        found = self._changed(data, "stdin")
        if found is not None and "t" not in self._options:
            self._invocation.out(from_bytes(found))

    def _file(self, name: str) -> None:
        entry = self._entry(name)
        if entry is None:
            return
        if entry.kind == "dir":
            if "r" in self._options:
                for child in list(self._invocation.files.walk(entry)):
                    if child.kind == "file" and (child.path.endswith(self._suffix)) == self._unpacks:
                        self._file(name.rstrip("/") + child.path[len(entry.path) :])
            else:
                words = "is a directory -- ignored" if self._tool.kind == "gzip" else "Is a directory, skipping"
                self._complain(f"{name}{'' if self._tool.kind == 'gzip' else ':'} {words}", 2)
            return
        if self._unpacks and not name.endswith(self._suffix):
            if not self._to_output and "t" not in self._options and not self._known(name):
                if (self._invocation.files.follow(self._invocation.path(name + self._suffix))) is not None:
                    name += self._suffix
                    entry = self._entry(name) or entry
                else:
                    self._complain(f"{name}: unknown suffix -- ignored", 2)
                    return
        elif not self._unpacks and name.endswith(self._suffix) and not self._to_output:
            self._invocation.err(f"{self._title}: {name} already has {self._suffix} suffix -- unchanged\n")
            self.status = self.status or (2 if self._tool.kind == "xz" else 1 if self._tool.kind == "bzip2" else 0)
            return
        try:
            content = self._invocation.files.read(entry.path).content
        except OperationError as error:
            self._complain(f"{name}: {error.message.split(':')[0]}")
            return
        data = to_bytes(content)
        charge(self._invocation, 0, len(data))
        found = self._changed(data, name)
        if found is None or "t" in self._options:
            return
        if self._to_output:
            self._invocation.out(from_bytes(found))
        else:
            self._put(name, entry, data, found)

    def _known(self, name: str) -> bool:
        return self._tool.kind == "gzip" and name.endswith((".tgz", ".taz", ".Z", ".z", "-gz"))

    def _entry(self, name: str) -> FileEntry | None:
        files = self._invocation.files
        for candidate in (name, name + self._suffix if self._unpacks else name):
            try:
                found = files.follow(self._invocation.path(candidate))
                if found is not None:
                    return found
            except OperationError:
                continue
        shown = name + self._suffix if self._unpacks and not name.endswith(self._suffix) else name
        try:
            files.require(self._invocation.path(name))
        except OperationError as error:
            words = error.message.split(":")[0]
            shown = f"Can't open input file {name}" if self._tool.kind == "bzip2" else shown
            self._complain(f"{shown}: {words}" + ("." if self._tool.kind == "bzip2" else ""))
        return None

    def _put(self, name: str, entry: FileEntry, before: bytes, after: bytes) -> None:
        if not self._unpacks:
            target = name + self._suffix
        elif name.endswith((".tgz", ".taz")):
            target = name[:-4] + ".tar"
        else:
            target = name.removesuffix(self._suffix)
        files = self._invocation.files
        path = self._invocation.path(target)
        if files.get(path) is not None and "f" not in self._options:
            if self._tool.kind == "gzip":
                self._complain(f"{target} already exists;\tnot overwritten", 2)
            else:
                self._complain(
                    f"{target}: File exists" if self._tool.kind == "xz" else f"Output file {target} already exists."
                )
            return
        try:
            files.write(path, from_bytes(after), mode=entry.mode, parents=False)
            files.set_modified(path, entry.modified_s)
            if "k" not in self._options:
                files.remove(self._invocation.path(name))
        except OperationError as error:
            self._complain(f"{target}: {error.message.split(':')[0]}")
            return
        if "v" in self._options:
            plain, packed = (after, before) if self._unpacks else (before, after)
            action = "created" if "k" in self._options else "replaced with"
            self._invocation.err(f"{name}:\t{_saved(len(plain), len(packed)):5.1f}% -- {action} {target}\n")

    def _list(self, names: list[str]) -> int:
        rows = []
        for name in names:
            entry = self._entry(name)
            if entry is None:
                continue
            data = to_bytes(self._invocation.files.read(entry.path).content)
            found = None
            try:
                found = unpack(data, kind_of(data), self._invocation.spend) if kind_of(data) else None
            except PackError:
                found = None
            if found is None:
                self._invocation.err(f"\n{self._title}: {name}: not in gzip format\n")
                self.status = 1
                continue
            shown = name.removesuffix(self._suffix)
            rows.append(f"{len(data):19} {len(found):19} {_saved(len(found), len(data)):5.1f}% {shown}\n")
        if rows:
            self._invocation.out("         compressed        uncompressed  ratio uncompressed_name\n" + "".join(rows))
        return self.status


def _saved(plain: int, packed: int) -> float:
    """Per cent saved, the header not counted, as gzip counts."""
    return 100.0 * (plain - (packed - 18)) / plain if plain else 0.0


COMMANDS: Mapping[str, Command] = dict.fromkeys(_TOOLS, _compressor)
