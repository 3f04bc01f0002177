"""zip and unzip."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.calendar_days import moment, seconds_of
from agentalign_env.services.shell.coreutils.entries import base_name, joined, parent_name
from agentalign_env.services.shell.coreutils.inputs import charge
from agentalign_env.services.shell.coreutils.making import make_folders
from agentalign_env.services.shell.coreutils.name_patterns import matches
from agentalign_env.services.shell.coreutils.packing import MAX_BYTES
from agentalign_env.services.shell.coreutils.tar_names import safe_name
from agentalign_env.services.shell.options import Options, Syntax, parse

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = ["COMMANDS"]

_ZIP = Syntax.of(
    "r|recurse-paths q|quiet v|verbose j|junk-paths u|update f|freshen m|move d|delete x|exclude= i|include= 0 1 2 3 4 "
    "5 6 7 8 9 y|symlinks D|no-dir-entries e P= T o X l n= g"
)
_UNZIP = Syntax.of("l|list o|overwrite n|never-overwrite q|quiet p d= j v t x= u f Z a C L K P= 1")


def _after(args: list[str], letter: str) -> tuple[list[str], list[str]]:
    """The arguments without the patterns that follow ``-x`` or ``-i``, and those."""
    kept: list[str] = []
    found: list[str] = []
    taking = False
    for arg in args:
        if arg.startswith("-") and len(arg) > 1:
            taking = arg in (f"-{letter}", "--exclude")
            if taking:
                continue
        (found if taking else kept).append(arg)
    return kept, found


def _zip(invocation: Invocation) -> int:
    args, excluded = _after(list(invocation.args), "x")
    options = parse(invocation, _ZIP, failure=16, args=args)
    if isinstance(options, int):
        return options
    if not options.operands:
        invocation.out("zip error: Nothing to do!\n")
        return 16
    target, *names = options.operands
    piped = target == "-"
    if "." not in base_name(target) and not piped:
        target += ".zip"
    there = not piped and invocation.files.follow(invocation.path(target)) is not None
    members = _load(invocation, target) if there else []
    if members is None:
        invocation.out(f"zip error: Zip file structure invalid ({target})\n")
        return 3
    held = dict(members)
    if "d" in options:
        return _zip_delete(invocation, target, held, names, options)
    lines: list[str] = []
    _zip_names(invocation, held, (target, names, excluded), options, lines)
    if not held:
        invocation.out(f"\nzip error: Nothing to do! ({target})\n")
        return 12
    if not _store(invocation, target, held):
        return 15
    if "q" not in options:
        (invocation.err if piped else invocation.out)("".join(lines))
    if "m" in options:
        for name in names:
            invocation.files.remove(invocation.path(name), recursive=True)
    return 0


_Held = dict[str, tuple[bytes, int, int]]


def _zip_names(
    invocation: Invocation, held: _Held, what: tuple[str, list[str], list[str]], options: Options, lines: list[str]
) -> None:
    """Adds what the names stand for, except for the target itself and what is excluded."""
    target, names, excluded = what
    for name in names:
        try:
            path = invocation.path(name)
            top = invocation.files.require(path)
        except OperationError:
            invocation.out(f"\tzip warning: name not matched: {name}\n")
            continue
        for shown, entry in _zip_entries(invocation, name, top, recursive="r" in options):
            kept, _ = safe_name(shown)
            kept = base_name(kept) if "j" in options else kept
            if any(matches(pattern, kept) for pattern in excluded) or entry.path == invocation.path(target):
                continue
            if entry.kind == "dir" and ("j" in options or "D" in options):
                continue
            _zip_add(invocation, held, kept.removeprefix("./"), entry, lines)


def _zip_entries(invocation: Invocation, name: str, top: FileEntry, *, recursive: bool) -> list[tuple[str, FileEntry]]:
    if top.kind != "dir" or not recursive:
        return [(name, top)]
    start = name.rstrip("/")
    found = []
    for entry in invocation.files.walk(top):
        invocation.spend()
        below = entry.path[len(top.path) :]
        shown = below.lstrip("/") if start == "." else start + below
        seen = invocation.files.follow(entry.path) or entry
        if shown:
            found.append((shown, seen))
    return found


def _zip_add(invocation: Invocation, held: _Held, name: str, entry: FileEntry, lines: list[str]) -> None:
    name = name.rstrip("/") + ("/" if entry.kind == "dir" else "")
    action = "updating" if name in held else "  adding"
    data = b""
    if entry.kind == "file":
        try:
            data = to_bytes(invocation.files.read(entry.path).content)
        except OperationError:
            invocation.out(f"\tzip warning: could not open for reading: {name}\n")
            return
    charge(invocation, 0, len(data) * 2)
    held[name] = (data, int(entry.mode, 8) | (0o40000 if entry.kind == "dir" else 0o100000), entry.modified_s)
    packed = len(_deflated(data))
    how = "stored 0%" if not data or packed >= len(data) else f"deflated {_percent(len(data), packed)}%"
    lines.append(f"{action}: {name} ({how})\n")


def _deflated(data: bytes) -> bytes:
    engine = zlib.compressobj(6, zlib.DEFLATED, -15)
    return engine.compress(data) + engine.flush()


def _percent(plain: int, packed: int) -> int:
    return (200 * (plain - packed) // plain + 1) // 2 if plain else 0


def _zip_delete(invocation: Invocation, target: str, held: _Held, names: list[str], options: Options) -> int:
    gone = [member for member in held if any(matches(name, member) for name in names)]
    if not gone:
        invocation.out(f"\tzip warning: name not matched: {' '.join(names)}\n\nzip error: Nothing to do! ({target})\n")
        return 12
    for member in gone:
        del held[member]
        if "q" not in options:
            invocation.out(f"deleting: {member}\n")
    return 0 if _store(invocation, target, held) else 15


def _store(invocation: Invocation, target: str, held: _Held) -> bool:
    raw = BytesIO()
    with zipfile.ZipFile(raw, "w") as out:
        for name, (data, mode, modified_s) in held.items():
            at = moment(max(modified_s, 315_532_800))
            info = zipfile.ZipInfo(name, (min(at.year, 2107), at.month, at.day, at.hour, at.minute, at.second))
            info.external_attr = mode << 16 | (0x10 if name.endswith("/") else 0)
            packs = bool(data) and len(_deflated(data)) < len(data)
            info.compress_type = zipfile.ZIP_DEFLATED if packs else zipfile.ZIP_STORED
            info.create_system = 3
            out.writestr(info, data)
    if target == "-":
        invocation.out(from_bytes(raw.getvalue()))
        return True
    try:
        invocation.files.write(invocation.path(target), from_bytes(raw.getvalue()), parents=False)
    except OperationError as error:
        invocation.err(
            f"zip I/O error: {error.message.split(':')[0]}\nzip error: Could not create output file ({target})\n"
        )
        return False
    return True


def _load(invocation: Invocation, name: str) -> list[tuple[str, tuple[bytes, int, int]]] | None:
    """The members with data, mode and time; ``None`` where it is no archive."""
    try:
        data = to_bytes(invocation.open(name).read())
    except OperationError:
        return None
    charge(invocation, 0, len(data))
    found = []
    total = 0
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for info in archive.infolist():
                invocation.spend(1 + info.file_size // 1024)
                total += info.file_size
                if total > MAX_BYTES:
                    return None
                with archive.open(info) as member:
                    content = member.read(info.file_size + 1)
                mode = info.external_attr >> 16 or (0o40755 if info.is_dir() else 0o100644)
                year, month, day, hour, minute, second = info.date_time
                found.append((info.filename, (content, mode, seconds_of(year, month, day, hour, minute, second))))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, ValueError, EOFError):
        return None
    return found


def _unzip(invocation: Invocation) -> int:
    args, excluded = _after(list(invocation.args), "x")
    options = parse(invocation, _UNZIP, failure=10, args=args)
    if isinstance(options, int):
        return options
    if not options.operands:
        invocation.out("UnZip 6.00 of 20 April 2009, by Debian. Original by Info-ZIP.\n")
        return 0
    name, *wanted = options.operands
    present = next((item for item in (name, f"{name}.zip", f"{name}.ZIP") if _is_file(invocation, item)), None)
    if present is None:
        invocation.err(f"unzip:  cannot find or open {name}, {name}.zip or {name}.ZIP.\n")
        return 9
    members = _load(invocation, present)
    if members is None:
        invocation.out(f"Archive:  {present}\n")
        invocation.err(
            "  End-of-central-directory signature not found.  Either this file is not\n"
            "  a zipfile, or it constitutes one disk of a multi-part archive.  In the\n  latter case the central "
            "directory and zipfile comment will be found on\n  the last disk(s) of this archive.\n"
            f"unzip:  cannot find zipfile directory in one of {present} or\n        {present}.zip, and cannot find "
            f"{present}.ZIP, period.\n"
        )
        return 9
    chosen = [
        (member, held)
        for member, held in members
        if (not wanted or any(matches(word, member) for word in wanted))
        and not any(matches(word, member) for word in excluded)
    ]
    if "l" in options or "v" in options:
        _list_members(invocation, present, chosen)
        return 0 if chosen or not wanted else 11
    quiet = "q" in options or "p" in options
    if not quiet:
        invocation.out(f"Archive:  {present}\n")
    status = max((_extract(invocation, member, held, options, quiet=quiet) for member, held in chosen), default=0)
    if "t" in options:
        invocation.out(f"No errors detected in compressed data of {present}.\n")
    for word in wanted:
        if not any(matches(word, member) for member, _ in members):
            invocation.err(f"caution: filename not matched:  {word}\n")
            status = 11
    return status


def _is_file(invocation: Invocation, name: str) -> bool:
    try:
        held = invocation.files.follow(invocation.path(name))
    except OperationError:
        return False
    return held is not None and held.kind == "file"


def _list_members(invocation: Invocation, name: str, members: list[tuple[str, tuple[bytes, int, int]]]) -> None:
    lines = [f"Archive:  {name}\n  Length      Date    Time    Name\n---------  ---------- -----   ----\n"]
    total = 0
    for member, (data, _, modified_s) in members:
        at = moment(modified_s)
        stamp = f"{at.year:04}-{at.month:02}-{at.day:02} {at.hour:02}:{at.minute:02}"
        lines.append(f"{len(data):9}  {stamp}   {member}\n")
        total += len(data)
    files = f"{len(members)} file{'' if len(members) == 1 else 's'}"
    lines.append(f"---------                     -------\n{total:9}                     {files}\n")
    invocation.out("".join(lines))


def _extract(
    invocation: Invocation, member: str, held: tuple[bytes, int, int], options: Options, *, quiet: bool
) -> int:
    data, mode, modified_s = held
    invocation.spend()
    if "p" in options:
        invocation.out(from_bytes(data))
        return 0
    if "t" in options:
        invocation.out(f"    testing: {member:<24} OK\n")
        return 0
    kept, _ = safe_name(member)
    kept = base_name(kept) if "j" in options else kept
    target = joined(options.get("d"), kept) if "d" in options else kept
    try:
        if member.endswith("/"):
            if "j" not in options and invocation.files.follow(invocation.path(target)) is None:
                make_folders(invocation, target.rstrip("/"), mode=f"{mode & 0o7777:04o}")
                if not quiet:
                    invocation.out(f"   creating: {target}\n")
            return 0
        path = invocation.path(target)
        if invocation.files.get(path) is not None and "o" not in options:
            if "n" in options:
                return 0
            invocation.err(f"replace {target}? [y]es, [n]o, [A]ll, [N]one, [r]ename: ")
            answer = invocation.stdin.readline().strip()
            if answer[:1] not in ("y", "A"):
                if not answer:
                    invocation.err(' NULL\n(EOF or read error, treating as "[N]one" ...)\n')
                return 1 if not answer else 0
        make_folders(invocation, parent_name(target))
        invocation.files.write(path, from_bytes(data), mode=f"{mode & 0o7777:04o}", parents=False)
        invocation.files.set_modified(path, modified_s)
    except OperationError as error:
        invocation.err(f"error:  cannot create {target}\n        {error.message.split(':')[0]}\n")
        return 50
    if not quiet:
        packed = bool(data) and len(_deflated(data)) < len(data)
        invocation.out(f"{'  inflating' if packed else ' extracting'}: {target:<22}  \n")
    return 0


COMMANDS: Mapping[str, Command] = {"unzip": _unzip, "zip": _zip}
