"""The images of the registry and of the machine, and its containers, when a world begins."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from agentalign_env.core.clock import DAY_S, iso
from agentalign_env.core.service import SeedContext
from agentalign_env.services.machine.docker.records import Container, Image
from agentalign_env.services.machine.processes.seed import BOOT_S

__all__ = ["seed_containers", "seed_images"]

# repository, tags (newest last), local tag, what it runs, ports, megabytes
_IMAGES = (
    ("alpine", ("3.19", "3.20", "latest"), "3.20", "/bin/sh", (), 8),
    ("busybox", ("1.36", "latest"), "", "sh", (), 4),
    ("debian", ("12", "12-slim", "latest"), "", "bash", (), 117),
    ("ubuntu", ("22.04", "24.04", "latest"), "", "/bin/bash", (), 78),
    ("hello-world", ("latest",), "latest", "/hello", (), 1),
    ("nginx", ("1.26", "1.27", "1.27-alpine", "latest"), "1.27", "nginx -g 'daemon off;'", ("80/tcp",), 188),
    ("httpd", ("2.4", "latest"), "", "httpd-foreground", ("80/tcp",), 148),
    ("caddy", ("2.8", "latest"), "", "caddy run", ("80/tcp", "443/tcp"), 48),
    ("python", ("3.11-slim", "3.12-slim", "3.12", "latest"), "3.12-slim", "python3", (), 125),
    ("node", ("18-alpine", "20-alpine", "22", "latest"), "20-alpine", "node", (), 134),
    ("golang", ("1.22", "1.23", "latest"), "", "bash", (), 830),
    ("redis", ("7.2", "7.4", "latest"), "7.4", "redis-server", ("6379/tcp",), 117),
    ("postgres", ("15", "16", "latest"), "16", "postgres", ("5432/tcp",), 432),
    ("mariadb", ("11.4", "latest"), "", "mariadbd", ("3306/tcp",), 405),
    ("memcached", ("1.6", "latest"), "", "memcached", ("11211/tcp",), 84),
    ("registry", ("2", "latest"), "", "/entrypoint.sh /etc/docker/registry/config.yml", ("5000/tcp",), 25),
    ("traefik", ("3.1", "latest"), "", "traefik", ("80/tcp",), 167),
    ("grafana/grafana", ("11.1.0", "latest"), "", "/run.sh", ("3000/tcp",), 445),
    ("prom/prometheus", ("v2.53.0", "latest"), "", "/bin/prometheus", ("9090/tcp",), 271),
    ("nextcloud", ("29", "latest"), "", "apache2-foreground", ("80/tcp",), 1200),
)
_CONTAINERS = (
    ("reading-list-db", "postgres:16", ("5432:5432/tcp",), ("POSTGRES_DB=reading_list",), "running",
     "ready to accept connections"),
    ("page-cache", "redis:7.4", ("6379:6379/tcp",), (), "running", "Ready to accept connections tcp"),
    ("old-site", "nginx:1.27", ("8081:80/tcp",), (), "exited", "signal 15 (SIGTERM) received, exiting"),
    ("first-try", "hello-world:latest", (), (), "exited", "Hello from Docker!"),
)  # fmt: skip


def seed_images(context: SeedContext) -> Iterator[Image]:
    """Images; one tag of some repositories is on the machine."""
    for number, (repository, tags, local, command, exposes, size_mb) in enumerate(_IMAGES):
        for place, tag in enumerate(tags):
            reference = f"{repository}:{tag}"
            digest = sha256(
                f"image {tags[-2] if tag == 'latest' and len(tags) > 1 else tag} {repository}".encode()
            ).hexdigest()
            held = "local" if tag == local else "registry"
            created_s = context.start_s - (30 + 7 * number + 11 * (len(tags) - place)) * DAY_S
            yield Image(
                reference, repository, tag, digest, held, "registry", "", command, exposes, size_mb, created_s
            )  # fmt: skip


def seed_containers(context: SeedContext) -> Iterator[Container]:
    """Two containers that run and two that have ended."""
    commands = {f"{name}:{tag}": command for name, tags, _, command, _, _ in _IMAGES for tag in tags}
    for number, (name, image, ports, environment, state, last) in enumerate(_CONTAINERS):
        runs = state == "running"
        ago_s = (
            BOOT_S - 90 * (number + 1) if runs else (9 - 2 * number) * DAY_S
        )  # what runs was started with the machine
        started_s = context.start_s - ago_s
        log = f"{iso(started_s)} starting {commands[image]}\n{iso(started_s + 3)} {last}\n"
        yield Container(
            context.new_id(number), name, image, commands[image], ports, environment, (), "bridge", state, 0, log,
            started_s, started_s, 0 if runs else started_s + DAY_S,
        )  # fmt: skip
