"""The processes of the owner's machine when a world begins."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.service import SeedContext
from agentalign_env.services.machine.processes.records import Process, Unit

__all__ = ["BOOT_S", "seed_processes", "seed_units"]

BOOT_S = 2 * 3600  # how long before the world begins the machine was started

# pid, parent, user, state, cpu tenths, KiB, terminal, unit, seconds after boot, ports, command; {user} is the owner
_PROCESSES = (
    (1, 0, "root", "S", 1, 12_400, "?", "", 0, (), "/sbin/init"),
    (214, 1, "root", "S", 0, 24_100, "?", "systemd-journald", 2, (), "/lib/systemd/systemd-journald"),
    (256, 1, "root", "S", 0, 6_900, "?", "systemd-udevd", 2, (), "/lib/systemd/systemd-udevd"),
    (388, 1, "root", "S", 0, 18_300, "?", "NetworkManager", 5, (), "/usr/sbin/NetworkManager --no-daemon"),
    (402, 1, "root", "S", 0, 2_800, "?", "cron", 5, (), "/usr/sbin/cron -f"),
    (419, 1, "root", "S", 0, 9_200, "?", "ssh", 6, (22,), "/usr/sbin/sshd -D"),
    (437, 1, "root", "S", 3, 78_600, "?", "docker", 7, (), "/usr/bin/dockerd -H fd://"),
    (452, 1, "root", "S", 0, 2_100, "?", "nginx", 7, (80,), "nginx: master process /usr/sbin/nginx"),
    (453, 452, "www-data", "S", 0, 5_600, "?", "nginx", 7, (), "nginx: worker process"),
    (498, 1, "{user}", "S", 0, 11_000, "?", "", 31, (), "/lib/systemd/systemd --user"),
    (731, 498, "{user}", "S", 21, 214_000, "?", "", 40, (), "/usr/bin/harbour-desktop"),
    (892, 731, "{user}", "S", 4, 58_000, "?", "", 300, (), "/usr/bin/harbour-terminal"),
    (901, 892, "{user}", "S", 0, 5_300, "pts/0", "", 301, (), "-bash"),
    (1033, 731, "{user}", "S", 47, 612_000, "?", "", 420, (), "/usr/bin/kestrel-browser"),
    (1177, 731, "{user}", "S", 12, 148_000, "?", "", 900, (), "/usr/bin/quill-editor {home}/documents"),
    (1240, 892, "{user}", "S", 0, 5_200, "pts/1", "", 1500, (), "-bash"),
    (1265, 1240, "{user}", "S", 9, 41_000, "pts/1", "", 1520, (8000,), "python3 -m http.server 8000"),
    (1302, 498, "{user}", "S", 2, 33_500, "?", "", 1800, (8384,), "/usr/bin/syncthing serve --no-browser"),
    (1411, 901, "{user}", "R", 864, 96_000, "pts/0", "", 3600, (), "python3 resize_photos.py {home}/pictures"),
    (1456, 498, "{user}", "S", 1, 18_900, "?", "", 4200, (), "borg create {home}/backup::today {home}/documents"),
    (1502, 731, "{user}", "S", 33, 182_000, "?", "", 5100, (), "/usr/bin/tambourine-player --shuffle"),
    (1533, 731, "{user}", "T", 0, 88_000, "?", "", 5400, (), "/usr/bin/pinecone-notes"),
)  # fmt: skip
_UNITS = (
    ("cron", "Regular background program processing daemon", "/usr/sbin/cron -f", "root", (), True),
    ("docker", "Application container engine", "/usr/bin/dockerd -H fd://", "root", (), True),
    ("nginx", "A high performance web server", "nginx: master process /usr/sbin/nginx", "root", (80,), True),
    ("ssh", "OpenBSD Secure Shell server", "/usr/sbin/sshd -D", "root", (22,), True),
    ("NetworkManager", "Network manager", "/usr/sbin/NetworkManager --no-daemon", "root", (), True),
    ("systemd-journald", "Journal service", "/lib/systemd/systemd-journald", "root", (), True),
    ("systemd-udevd", "Rule-based manager for device events", "/lib/systemd/systemd-udevd", "root", (), True),
    ("cups", "Printing service", "/usr/sbin/cupsd -l", "root", (631,), False),
)


def seed_processes(context: SeedContext) -> Iterator[Process]:
    """Processes, by their number."""
    home, user = context.background.home, context.background.user
    boot_s = context.start_s - BOOT_S
    for pid, parent, whose, state, cpu, memory, terminal, unit, after, ports, command in _PROCESSES:
        line = command.format(home=home)
        name = line.split()[0].removeprefix("-").rpartition("/")[2].rstrip(":")
        yield Process(
            str(pid), pid, parent, name, line, whose.format(user=user), state, ports, cpu, memory, terminal, unit,
            boot_s + after,
        )  # fmt: skip


def seed_units(_: SeedContext) -> Iterator[Unit]:
    """The units that the machine knows."""
    for unit in _UNITS:
        yield Unit(*unit)
