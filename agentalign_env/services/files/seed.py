"""The files that a world begins with: a small system, the owner's projects and invoices, and notes about topics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from typing import NamedTuple

from agentalign_env.core.background import Background, Invoice, Person
from agentalign_env.core.clock import DAY_S, day, iso
from agentalign_env.core.computer import KEY_NAME, hostname, private_key, public_key
from agentalign_env.core.projects import checkout_files, histories
from agentalign_env.core.rng import Random
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import Topic, load_topics
from agentalign_env.services.files.paths import base_name, parent_of
from agentalign_env.services.files.records import FILES, Disk, File
from agentalign_env.services.files.tree import DIRECTORY_MODE, FILE_MODE, size_of

__all__ = ["seed_disks", "seed_files"]

_MAX_FILES = 50_000
_MAX_BYTES = 64 * 1024 * 1024
_SETUP_DAYS = 400  # how long before the world begins the computer was set up
_MODES = {"/tmp": "1777", "/var/tmp": "1777", "/root": "0700"}
_GIT_DIRECTORIES = (".git/objects", ".git/refs/tags")
_DIRECTORIES = (
    "/bin", "/etc", "/home", "/root", "/tmp", "/usr", "/usr/bin", "/usr/share", "/var", "/var/log", "/var/tmp",
    "{home}", "{home}/documents", "{home}/documents/invoices", "{home}/downloads", "{home}/pictures",
)  # fmt: skip
_OS_RELEASE = 'NAME="Harbour Linux"\nID=harbour\nVERSION_ID="12"\nPRETTY_NAME="Harbour Linux 12"\nHOME_URL="https://harbour-linux.example/"\n'
_BASHRC = "export EDITOR=nano\nexport LANG=en_GB.UTF-8\nalias ll='ls -l'\n"


class _Draft(NamedTuple):
    path: str
    content: str
    modified_s: int
    mode: str = FILE_MODE


def seed_files(context: SeedContext) -> Iterator[File]:
    """Directories and files, parents first. The world's size counts the owner's documents; the system comes on top."""
    home, user = context.background.home, context.background.user
    setup_s = context.start_s - _SETUP_DAYS * DAY_S
    made = {""}

    def directories(path: str, modified_s: int) -> Iterator[File]:
        missing = []
        while path not in made:
            missing.append(path)
            made.add(path)
            path = parent_of(path)
        for folder in reversed(missing):
            owner = user if f"{folder}/".startswith(f"{home}/") else "root"
            mode = "0700" if base_name(folder) == ".ssh" else _MODES.get(folder, DIRECTORY_MODE)
            yield File(folder, parent_of(folder), "dir", "", mode, owner, modified_s)

    for path in _DIRECTORIES:
        yield from directories(path.format(home=home), setup_s)
    for draft in (*_system(context.background, setup_s, context.start_s), *_settings(context, setup_s)):
        owner = user if draft.path.startswith(f"{home}/") else "root"
        yield from directories(parent_of(draft.path), draft.modified_s)
        yield File(draft.path, parent_of(draft.path), "file", draft.content, draft.mode, owner, draft.modified_s)
    for history in histories(context.background, context.start_s, context.seed):
        if history.folder:
            for folder in _GIT_DIRECTORIES:
                yield from directories(f"{history.folder}/{folder}", history.local.time_s)
            for name, (mode, content, modified_s) in checkout_files(history).items():
                path = f"{history.folder}/{name}"
                yield from directories(parent_of(path), modified_s)
                yield File(path, parent_of(path), "file", content, mode, user, modified_s)
    for draft in islice(_documents(context), context.rows):
        yield from directories(parent_of(draft.path), draft.modified_s)
        yield File(draft.path, parent_of(draft.path), "file", draft.content, FILE_MODE, user, draft.modified_s)


def seed_disks(context: SeedContext) -> Iterator[Disk]:
    """The one disk, with what the seeded files take up."""
    seeded = list(seed_files(replace(context, table=FILES, rows=context.sizes.get(FILES.name, 0))))
    yield Disk("/", len(seeded), sum(map(size_of, seeded)), _MAX_FILES, _MAX_BYTES)


def _system(background: Background, setup_s: int, start_s: int) -> Iterator[_Draft]:
    home, user, host = background.home, background.user, hostname(background)
    yield _Draft("/etc/hostname", f"{host}\n", setup_s)
    yield _Draft("/etc/hosts", f"127.0.0.1\tlocalhost\n127.0.1.1\t{host}\n", setup_s)
    yield _Draft("/etc/os-release", _OS_RELEASE, setup_s)
    passwd = f"root:x:0:0:root:/root:/bin/sh\n{user}:x:1000:1000:{background.owner.name}:{home}:/bin/sh\n"
    yield _Draft("/etc/passwd", passwd, setup_s)
    boot_s = start_s - 2 * 3600
    log = (
        f"{iso(boot_s)} {host} kernel: Harbour Linux 12 starting\n"
        f"{iso(boot_s + 4)} {host} systemd[1]: Reached target multi-user\n"
        f"{iso(boot_s + 31)} {host} login[412]: session opened for user {user}\n"
    )
    yield _Draft("/var/log/syslog", log, boot_s + 31)
    yield _Draft(f"{home}/.bashrc", _BASHRC, setup_s)


def _settings(context: SeedContext, setup_s: int) -> Iterator[_Draft]:
    """Who the owner is to git, and the key that opens other machines."""
    background, folder = context.background, f"{context.background.home}/.ssh"
    owner = background.owner
    user = f"[user]\n\tname = {owner.name}\n\temail = {owner.email}\n[init]\n\tdefaultBranch = main\n"
    yield _Draft(f"{background.home}/.gitconfig", user, setup_s)
    yield _Draft(f"{folder}/{KEY_NAME}", private_key(context.seed), setup_s, "0600")
    yield _Draft(f"{folder}/{KEY_NAME}.pub", public_key(context.seed, background), setup_s)


def _documents(context: SeedContext) -> Iterator[_Draft]:
    """The owner's documents, without end: invoices, the first file of every topic, the other files, archived copies."""
    rng, background = context.rng(), context.background
    for invoice in background.invoices:
        yield _Draft(invoice.path, _invoice_text(invoice, background.owner), invoice.issued_s)
    topics = list(load_topics().values())
    for number in range(max(len(topic.files) for topic in topics)):
        for topic in topics:
            if number < len(topic.files):
                note = topic.notes[number % len(topic.notes)]
                yield _Draft(f"{background.home}/{topic.files[number]}", f"{note}\n", _recent(context.start_s, rng))
    for age in count(1):
        archived_s = context.start_s - age * 28 * DAY_S
        for topic in topics:
            for number, name in enumerate(topic.files):
                modified_s = archived_s - rng.randrange(28 * DAY_S)
                note = f"{topic.notes[number % len(topic.notes)]}\n{_remark(name, topic, modified_s, rng)}\n"
                yield _Draft(f"{background.home}/archive/{day(archived_s)}/{name}", note, modified_s)


def _recent(start_s: int, rng: Random) -> int:
    return start_s - int(rng.random() ** 2 * 200 * DAY_S) - 3600


def _remark(name: str, topic: Topic, modified_s: int, rng: Random) -> str:
    """A line that makes an old copy differ, as a comment where the file is a table."""
    return f"{'# ' if name.endswith('.csv') else ''}{day(modified_s)}: {rng.choice(topic.facts)}"


def _invoice_text(invoice: Invoice, owner: Person) -> str:
    amount = f"{invoice.amount_minor / 100:.2f} {invoice.currency}"
    return (
        f"{invoice.organisation.name}\n{invoice.organisation.email}\n\n"
        f"INVOICE {invoice.number}\n\n"
        f"Bill to: {owner.name}\nFor: {invoice.purpose}\n"
        f"Issued: {day(invoice.issued_s)}\nDue: {day(invoice.due_s)}\n\n"
        f"Amount due: {amount}\n\n"
        f"Please quote {invoice.number} with your payment.\n"
    )
