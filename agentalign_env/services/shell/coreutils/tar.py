"""tar: archives of the ustar kind, made and read in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.calendar_days import format_time
from agentalign_env.services.shell.coreutils.entries import base_name, joined, parent_name, user_id
from agentalign_env.services.shell.coreutils.inputs import charge, is_directory, read_text
from agentalign_env.services.shell.coreutils.making import make_folders
from agentalign_env.services.shell.coreutils.name_patterns import matches
from agentalign_env.services.shell.coreutils.packing import PackError, kind_of, pack, unpack
from agentalign_env.services.shell.coreutils.quoting import curly
from agentalign_env.services.shell.coreutils.sizes import whole
from agentalign_env.services.shell.coreutils.tar_names import escaped, safe_name, stripped
from agentalign_env.services.shell.coreutils.tar_options import SYNTAX, TarError, modern, ordered
from agentalign_env.services.shell.options import Options, parse

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = ["COMMANDS"]

_ERROR_EXIT = "Exiting with failure status due to previous errors"
_VCS = (".git", ".gitignore", ".gitmodules", ".gitattributes", ".svn", ".hg", ".hgignore", "CVS", ".bzr")


class _Member(NamedTuple):
    """One member of an archive."""

    name: str
    kind: str
    content: bytes
    mode: int
    owner: str
    modified_s: int
    link: str


def _tar(invocation: Invocation) -> int:
    usage = "Try 'tar --help' or 'tar --usage' for more information.\n"
    try:
        args = modern(list(invocation.args))
    except TarError as error:
        invocation.err(f"tar: {error}\n{usage}")
        return 2
    options = parse(invocation, SYNTAX, failure=64, args=args)
    if isinstance(options, int):
        return options
    actions = [key for key, _ in options.given if key in ("A", "c", "d", "delete", "r", "t", "u", "x")]
    if not actions:
        invocation.err(f"tar: You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\n{usage}")
        return 2
    if len(set(actions)) > 1:
        invocation.err(
            f"tar: You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option\n{usage}"
        )
        return 2
    try:
        run = _Archive(invocation, options)
        if actions[0] in ("c", "r", "u"):
            run.create(append=actions[0] != "c")
        elif actions[0] in ("t", "x"):
            run.read(extract=actions[0] == "x")
        else:
            raise TarError(f"option '{actions[0]}' is not supported here")
    except TarError as error:
        invocation.err(f"tar: {error}\n")
        return 2
    if run.failed:
        invocation.err(f"tar: {_ERROR_EXIT}\n")
        return 2
    return 0


class _Archive:
    """One run of tar."""

    def __init__(self, invocation: Invocation, options: Options) -> None:
        self._invocation, self._options = invocation, options
        self._name = options.get("f", "-")
        self._verbose = sum(key == "v" for key, _ in options.given)
        self._excluded = [*options.all("exclude"), *self._lines(options.all("X"))]
        if "exclude-vcs" in options:
            self._excluded.extend(_VCS)
        self._told: set[str] = set()
        self._members: list[_Member] = []
        self._folder = ""
        self.failed = False

    def _lines(self, names: list[str]) -> list[str]:
        found: list[str] = []
        for name in names:
            try:
                text = self._invocation.open(name).read()
            except OperationError as error:
                raise TarError(f"{name}: Cannot open: {error.message.split(':')[0]}\ntar: {_FATAL}") from None
            found.extend(line for line in re.split("\0" if "null" in self._options else "\n", text) if line)
        return found

    def _complain(self, message: str) -> None:
        self._invocation.err(f"tar: {message}\n")
        self.failed = True

    def _listing(self, text: str) -> None:
        """Names of members go to standard error while the archive goes to standard output."""
        to_output = self._name == "-" and "c" in self._options
        (self._invocation.err if to_output or "O" in self._options else self._invocation.out)(text + "\n")

    # Creating

    def create(self, *, append: bool) -> None:
        """Makes an archive of the operands, or adds them to it."""
        names = self._places()
        if not names and not append:
            usage = "Try 'tar --help' or 'tar --usage' for more information."
            raise TarError(f"Cowardly refusing to create an empty archive\n{usage}")
        if (
            append
            and self._name != "-"
            and self._invocation.files.follow(self._invocation.path(self._name)) is not None
        ):
            self._members = list(self._load())
        for folder, name in names:
            self._folder = folder
            self._add(name)
        self._store()

    def _places(self) -> list[tuple[str, str]]:
        """The operands, each with the directory that ``-C`` named before it."""
        folder = ""
        found: list[tuple[str, str]] = []
        words = ordered(self._invocation.args)
        first = next((at for at, (kind, _) in enumerate(words) if not kind), 0)
        late = [word for kind, word in words[first:] if kind == "X"]
        if late:
            # As GNU's: a pattern that comes after the operands has no effect.
            self._excluded = [word for word in self._excluded if word not in late]
            self._complain(
                "The following options were used after any non-optional arguments in archive create or update mode.  "
                "These options are positional and affect only arguments that follow them.  Please, rearrange them "
                "properly."
            )
            for word in late:
                self._complain(f"--exclude {curly(word)} has no effect")
        for kind, word in words:
            if kind == "C":
                folder = word if word.startswith("/") or not folder else joined(folder, word)
                if not is_directory(self._invocation, folder):
                    raise TarError(f"{word}: Cannot open: No such file or directory\ntar: {_FATAL}")
            elif kind == "T":
                found.extend((folder, line) for line in self._lines([word]))
            elif not kind:
                found.append((folder, word))
        return found

    def _at(self, name: str) -> str:
        return self._invocation.path(joined(self._folder, name) if self._folder and not name.startswith("/") else name)

    def _add(self, name: str) -> None:
        files = self._invocation.files
        try:
            path = self._at(name)
            top = files.get(path) or files.require(path)
            if top.kind == "link" and ("h" in self._options or name.endswith("/")):
                top = files.follow(path) or top
        except OperationError as error:
            self._complain(f"{name}: Cannot stat: {error.message.split(':')[0]}")
            return
        ahead: list[tuple[str, FileEntry]] = [(name.rstrip("/") or "/", top)]
        while ahead:
            shown, entry = ahead.pop()
            self._invocation.spend()
            if self._is_excluded(shown):
                continue
            if self._name != "-" and entry.path == self._invocation.path(self._name):
                self._invocation.err(f"tar: {shown}: file is the archive; not dumped\n")
                continue
            self._put(shown, entry)
            if entry.kind != "dir" or "no-recursion" in self._options:
                continue
            try:
                children = files.children(entry.path)
            except OperationError as error:
                self._complain(f"{shown}: Cannot open: {error.message.split(':')[0]}")
                continue
            ahead.extend((joined(shown, base_name(child.path)), child) for child in reversed(children))
        if "remove-files" in self._options and not self.failed:
            files.remove(top.path, recursive=True)

    def _is_excluded(self, name: str) -> bool:
        parts = name.split("/")
        tails = ["/".join(parts[at:]) for at in range(len(parts))]
        return any(matches(pattern.rstrip("/"), tail) for pattern in self._excluded for tail in tails)

    def _put(self, name: str, entry: FileEntry) -> None:
        kept = name if "P" in self._options else self._safe(name, "member names")
        if self._options.get("transform"):
            kept = self._transformed(kept)
        content = b""
        if entry.kind == "file":
            try:
                content = to_bytes(self._invocation.files.read(entry.path).content)
            except OperationError as error:
                self._complain(f"{name}: Cannot open: {error.message.split(':')[0]}")
                return
        charge(self._invocation, 0, len(content))
        folder = "/" if entry.kind == "dir" and not kept.endswith("/") else ""
        owner = self._options.get("owner") or entry.owner
        modified = entry.modified_s
        if "mtime" in self._options:
            from agentalign_env.services.shell.coreutils.dates import parse_date

            modified = int(parse_date(self._options.get("mtime"), self._invocation.now_s) or 0)
        mode = int(entry.mode, 8)
        link = entry.content if entry.kind == "link" else ""
        self._members.append(_Member(kept + folder, entry.kind, content, mode, owner, modified, link))
        if self._verbose:
            self._listing(escaped(name + ("/" if entry.kind == "dir" and not name.endswith("/") else "")))

    def _transformed(self, name: str) -> str:
        """``--transform=s/a/b/`` by the shell's own sed rules, simple ones only."""
        text = self._options.get("transform")
        if len(text) < 4 or text[0] != "s":
            return name
        parts = text[2:].split(text[1])
        if len(parts) < 3:
            return name
        from agentalign_env.services.shell.languages.patterns import PatternError, compile_pattern

        try:
            pattern = compile_pattern(parts[0], "extended" if "x" in parts[2] else "basic")
        except PatternError:
            return name
        found = pattern.search(name, 0)
        if found is None:
            return name
        return name[: found.start] + parts[1].replace("&", name[found.start : found.end]) + name[found.end :]

    def _safe(self, name: str, what: str) -> str:
        kept, removed = safe_name(name)
        if removed and removed not in self._told:
            self._told.add(removed)
            self._invocation.err(f"tar: Removing leading `{removed}' from {what}\n")
        return kept

    def _store(self) -> None:
        import tarfile

        raw = BytesIO()
        with tarfile.open(
            fileobj=raw, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
        ) as out:
            for member in self._members:
                info = tarfile.TarInfo(member.name)
                info.type = {"dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE}.get(member.kind, tarfile.REGTYPE)
                info.size, info.mode, info.mtime, info.linkname = (
                    len(member.content),
                    member.mode,
                    member.modified_s,
                    member.link,
                )
                info.uname = info.gname = member.owner
                info.uid = info.gid = user_id(member.owner)
                out.addfile(info, BytesIO(member.content))
        data, kind = raw.getvalue(), self._packing()
        if kind:
            charge(self._invocation, 0, len(data))
            data = pack(data, kind)
        if self._name == "-":
            self._invocation.out(from_bytes(data))
            return
        try:
            self._invocation.files.write(self._invocation.path(self._name), from_bytes(data), parents=False)
        except OperationError as error:
            raise self._unopened(error) from None

    def _unopened(self, error: OperationError) -> TarError:
        """The archive cannot be opened: with a packer it is the packer's process that fails."""
        problem = f"{self._name}: Cannot open: {error.message.split(':')[0]}"
        if not self._packing():
            return TarError(f"{problem}\ntar: {_FATAL}")
        self._invocation.err(f"tar (child): {problem}\ntar (child): {_FATAL}\n")
        return TarError(f"Child returned status 2\ntar: {_FATAL}")

    def _packing(self) -> str:
        for key, kind in (("z", "gzip"), ("j", "bzip2"), ("J", "xz")):
            if key in self._options:
                return kind
        program = self._options.get("I").split(" ")[0]
        if program in ("gzip", "bzip2", "xz"):
            return program
        if "a" in self._options:
            endings = {".gz": "gzip", ".tgz": "gzip", ".bz2": "bzip2", ".tbz": "bzip2", ".xz": "xz", ".txz": "xz"}
            return next((kind for ending, kind in endings.items() if self._name.endswith(ending)), "")
        return ""

    # Reading

    def _load(self) -> Iterator[_Member]:
        try:
            data = to_bytes(read_text(self._invocation, self._invocation.open(self._name)))
        except OperationError as error:
            raise self._unopened(error) from None
        kind, asked = kind_of(data), self._packing()
        if asked and kind != asked and data:
            problem = {"gzip": "\ngzip: stdin: not in gzip format", "bzip2": "bzip2: (stdin) is not a bzip2 file."}
            self._invocation.err(problem.get(asked, "xz: (stdin): File format not recognized") + "\n")
            raise TarError(f"Child returned status {2 if asked == 'bzip2' else 1}\ntar: {_FATAL}")
        try:
            data = unpack(data, kind, self._invocation.spend) if kind else data
        except PackError as error:
            self._invocation.err(f"\n{kind}: stdin: {error}\n")
            raise TarError(f"Child returned status 1\ntar: {_FATAL}") from None
        yield from self._parsed(data)

    def _parsed(self, data: bytes) -> Iterator[_Member]:
        import tarfile

        if len(data) >= 512 and not data.strip(b"\0"):
            return
        try:
            with tarfile.open(fileobj=BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape") as held:
                for info in held:
                    self._invocation.spend()
                    content = b""
                    if info.isreg():
                        source = held.extractfile(info)
                        content = source.read() if source is not None else b""
                    kind = "dir" if info.isdir() else "link" if info.issym() else "file"
                    name = from_bytes(info.name.encode(errors="surrogateescape")) + ("/" if info.isdir() else "")
                    owner = info.uname or str(info.uid)
                    yield _Member(name, kind, content, info.mode & 0o7777, owner, int(info.mtime), info.linkname)
        except (tarfile.TarError, EOFError, OSError, ValueError):
            raise TarError(f"This does not look like a tar archive\ntar: {_ERROR_EXIT}") from None

    def read(self, *, extract: bool) -> None:
        """Lists or extracts the members that the operands name, or all."""
        top = ""
        wanted: dict[str, bool] = {}
        for kind, word in ordered(self._invocation.args):
            if kind == "C":
                top = word if word.startswith("/") or not top else joined(top, word)
                if not is_directory(self._invocation, top):
                    raise TarError(f"{word}: Cannot open: No such file or directory\ntar: {_FATAL}")
            elif kind == "T":
                wanted.update(dict.fromkeys(self._lines([word]), False))
            elif not kind:
                wanted[word] = False
        later: list[tuple[str, int]] = []
        for member in self._load():
            self._invocation.spend()
            if (not wanted or self._chosen(member.name, wanted)) and not self._is_excluded(member.name.rstrip("/")):
                self._handle(member, top, later, extract=extract)
        for path, modified in reversed(later):
            self._invocation.files.set_modified(path, modified)
        self._report_missing([word for word, found in wanted.items() if not found])

    def _handle(self, member: _Member, top: str, later: list[tuple[str, int]], *, extract: bool) -> None:
        if self._verbose or not extract:
            if not extract and "P" not in self._options:
                self._safe(member.name, "member names")
            long = self._verbose > 1 or (self._verbose and not extract)
            self._listing(_long(member) if long else escaped(member.name))
        if extract:
            self._extract(member, top, later)

    def _report_missing(self, words: list[str]) -> None:
        if "wildcards" not in self._options and any("*" in word for word in words):
            self._invocation.err(
                "tar: Pattern matching characters used in file names\ntar: Use --wildcards to enable pattern "
                "matching, or --no-wildcards to suppress this warning\n"
            )
        for word in words:
            self._complain(f"{word}: Not found in archive")

    def _chosen(self, name: str, wanted: dict[str, bool]) -> bool:
        plain = name.rstrip("/")
        chosen = False
        for word in wanted:
            text = word.rstrip("/")
            same = plain == text or plain.startswith(text + "/")
            if same or ("wildcards" in self._options and matches(text, plain)):
                wanted[word] = chosen = True
        return chosen

    def _extract(self, member: _Member, top: str, later: list[tuple[str, int]]) -> None:
        name = member.name if "P" in self._options else self._safe(member.name, "member names")
        count = self._options.get("strip-components")
        name = stripped(name, whole(count)) if count.isdecimal() else name
        if self._options.get("transform"):
            name = self._transformed(name)
        if not name:
            return
        if "O" in self._options:
            self._invocation.out(from_bytes(member.content))
            return
        if "one-top-level" in self._options:
            base = self._options.get("one-top-level") or re.sub(
                r"\.(tar(\.\w+)?|tgz|tbz|txz)$", "", base_name(self._name)
            )
            name = joined(base, name)
        self._folder = top
        files, path = self._invocation.files, self._at(name)
        shown = joined(top, name) if top and not name.startswith("/") else name
        try:
            held = files.get(path)
            if member.kind == "dir":
                if held is None:
                    make_folders(self._invocation, shown.rstrip("/"), mode=f"{member.mode & 0o7755:04o}")
                later.append((path, member.modified_s))
                return
            if held is not None:
                if "k" in self._options or "skip-old-files" in self._options:
                    if "k" in self._options:
                        self._complain(f"{name}: Cannot open: File exists")
                    return
                if held.kind == "dir":
                    self._complain(f"{name}: Cannot open: Is a directory")
                    return
                files.remove(path)
            make_folders(self._invocation, parent_name(shown))
            if member.kind == "link":
                files.make_link(path, member.link)
                return
            files.write(path, from_bytes(member.content), mode=f"{member.mode & 0o7755:04o}", parents=False)
            charge(self._invocation, 0, len(member.content))
            if "m" not in self._options:
                files.set_modified(path, member.modified_s)
        except OperationError as error:
            self._complain(f"{name}: Cannot open: {error.message.split(':')[0]}")


_FATAL = "Error is not recoverable: exiting now"


def _long(member: _Member) -> str:
    bits = member.mode
    letters = {"dir": "d", "link": "l"}.get(member.kind, "-") + "".join(
        letter if bits >> shift & bit else "-" for shift in (6, 3, 0) for letter, bit in (("r", 4), ("w", 2), ("x", 1))
    )
    who = f"{member.owner}/{member.owner}"
    # As GNU's: owner and size share a column that grows with them.
    size = str(len(member.content))
    gap = max(19 - len(who), len(size) + 1)
    time = format_time("%Y-%m-%d %H:%M", member.modified_s)
    target = f" -> {member.link}" if member.kind == "link" else ""
    return f"{letters} {who}{size:>{gap}} {time} {escaped(member.name)}{target}"


COMMANDS: Mapping[str, Command] = {"tar": _tar}
