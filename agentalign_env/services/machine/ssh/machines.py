"""The machines on which the owner works from afar, as every world has them."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MACHINES", "Machine"]


class Machine(NamedTuple):
    """A machine that can be logged in to.

    Attributes:
        name: Its host name.
        about: What it is for.
        users: Accounts that take the owner's key; the owner's own name comes on top.
        ports: On which it answers, beside SSH.
        reachable: Whether it answers at all.
        up_days: Since when it has been running.
        disk_percent: How full its disk is.
        units: What it runs, and whether that is active.
        files: Its files by path; ``{user}`` stands for the owner's name there.
    """

    name: str
    about: str
    users: tuple[str, ...]
    ports: tuple[int, ...]
    reachable: bool
    up_days: int
    disk_percent: int
    units: tuple[tuple[str, bool], ...]
    files: tuple[tuple[str, str], ...]


MACHINES = (
    Machine(
        "web-1.cloudberry-hosting.example", "web server of the walking club", ("deploy",), (80, 443), True, 143, 41,
        (("nginx", True), ("ssh", True)),
        (
            ("/var/www/club/index.html", "<!doctype html>\n<title>Walking club</title>\n<h1>Walking club</h1>\n"),
            ("/var/www/club/walks.html", "<!doctype html>\n<title>Walks</title>\n<h1>Walks</h1>\n"),
            ("/etc/nginx/sites-enabled/club.conf", "server {\n    listen 80;\n    root /var/www/club;\n}\n"),
            ("/home/deploy/deploy.log", "copied index.html\ncopied walks.html\nnginx reloaded\n"),
            ("/home/deploy/README", "Put new pages into /var/www/club, they are served at once.\n"),
        ),
    ),
    Machine(
        "backup.cloudberry-hosting.example", "backups of the owner's files", ("deploy",), (), True, 412, 78,
        (("borg", True), ("ssh", True)),
        (
            ("/srv/backup/documents.list", "documents/invoices\ndocuments/letters\npictures/2025\n"),
            ("/srv/backup/last-run.txt", "finished without errors, 3 archives kept\n"),
            ("/home/deploy/rotate.sh", "#!/bin/sh\nborg prune --keep-weekly 4 /srv/backup\n"),
        ),
    ),
    Machine(
        "garden-pi.home.test", "small computer in the garden shed that reads the weather station", ("deploy",), (5000,),
        True, 26, 55,
        (("weather-station", True), ("ssh", True)),
        (
            ("/home/deploy/readings.txt", "18.1;0.0\n18.4;0.0\n17.9;0.4\n17.2;1.1\n"),
            ("/home/deploy/station.conf", "interval_minutes = 10\nport = 5000\n"),
            ("/home/{user}/notes.txt", "Change the battery of the rain gauge in spring.\n"),
        ),
    ),
    Machine(
        "media-box.home.test", "music and photos in the living room", ("deploy",), (8096,), True, 61, 66,
        (("media-server", True), ("ssh", True)),
        (
            ("/srv/music/playlist.m3u", "evening/first-light.ogg\nevening/harbour-walk.ogg\n"),
            ("/home/deploy/photos-todo.txt", "rotate the pictures of the beech wood\n"),
        ),
    ),
    Machine(
        "print-queue.paperlane-print.example", "queue of the print shop, for posters of the club", ("deploy",), (631,),
        True, 9, 23,
        (("cups", True), ("ssh", True)),
        (("/home/deploy/queue.txt", "poster-a2.pdf waiting\nflyer-a5.pdf printed\n"),),
    ),
    Machine(
        "old-server.cloudberry-hosting.example", "former web server, switched off", ("deploy",), (), False, 0, 0,
        (), (),
    ),
)  # fmt: skip
