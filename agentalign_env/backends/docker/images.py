"""Making the image of the sandbox, without a registry where one cannot be reached."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from agentalign_env.backends.docker.engine import engine_faults
from agentalign_env.backends.docker.options import TEMPLATE
from agentalign_env.errors import SandboxUnavailableError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["BUSYBOX", "DEBIAN_PACKAGES", "build_busybox", "build_debian", "build_dockerfile"]

BUSYBOX = "/bin/busybox"
DEBIAN_PACKAGES = (
    "base-files", "base-passwd", "bash", "bc", "bsdextrautils", "bsdutils", "bzip2", "coreutils", "dash", "debianutils",
    "diffutils", "file", "findutils", "gawk", "git", "grep", "gzip", "hostname", "jq", "less", "libc-bin", "patch",
    "procps", "sed", "tar", "tzdata", "util-linux", "xxd", "xz-utils", "zip", "unzip",
)  # fmt: skip
"""What the image of this machine's Debian holds, with all that these need."""

_LEFT_OUT = re.compile(
    r"/usr/share/(doc|man|info|locale|lintian|bug|gitweb)/|/var/lib/|/etc/(ssl|ca-)|/boot/|/lib/udev/"
)
_MOUNTS = (
    "data",
    "dev",
    "etc",
    "home",
    "mnt",
    "opt",
    "proc",
    "proj",
    "root",
    "run",
    "srv",
    "sys",
    "tmp",
    "var",
    "work",
)
_PASSWD = "root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:user:/home/user:/bin/bash\n"
_GROUP = "root:x:0:\nuser:x:1000:\n"
_BASH = '#!/bin/sh\nexec /bin/busybox ash "$@"\n'
_ENV = "ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_DOCKERFILE = """FROM debian:12-slim
RUN apt-get update \\
 && apt-get install -y --no-install-recommends {packages} \\
 && rm -rf /var/lib/apt/lists/*
RUN mkdir -p {mounts} && mkdir -p {template} && cp -a /etc/. {template}
"""


def build_busybox(api: APIClient, image: str, busybox: str = BUSYBOX) -> int:
    """Imports a system of two megabytes: one static busybox under all its names. Says how many bytes.

    Its shell is ash: much of bash is missing, as are git and GNU's options.

    Raises:
        SandboxUnavailableError: There is no busybox here, or it is not static.
        SandboxFaultError: The engine refused.
    """
    path = Path(busybox)
    if not path.is_file():
        raise SandboxUnavailableError(
            f"docker: expected a static busybox at {busybox}, there is none. Install it (apt-get install "
            "busybox-static), or build from another base."
        )
    names = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    archive = _Archive()
    archive.file("bin/busybox", path.read_bytes(), 0o755)
    for name in names:
        if name != "busybox":
            archive.link(f"bin/{name}", "busybox")
    archive.file("bin/bash", _BASH.encode(), 0o755)
    return _import(api, image, archive)


def build_debian(api: APIClient, image: str, packages: Iterable[str] = DEBIAN_PACKAGES) -> int:
    """Imports the files of packages that are installed on this Debian machine, with all that they need.

    Raises:
        SandboxUnavailableError: This is no Debian, or packages are not installed.
        SandboxFaultError: The engine refused.
    """
    if shutil.which("dpkg-query") is None:
        raise SandboxUnavailableError(
            "docker: expected Debian's package tools on this machine, there are none. Build from a Dockerfile "
            "(needs a registry) or from busybox."
        )
    installed = _installed_packages()
    missing = sorted(set(packages) - installed.keys())
    if missing:
        raise SandboxUnavailableError(
            f"docker: expected these packages on this machine, to copy them: {', '.join(missing)}. Install them: "
            f"apt-get install {' '.join(missing)}"
        )
    archive = _Archive()
    for path in _files_of(_closure(packages, installed)):
        archive.host(path)
    for link in ("bin", "sbin", "lib", "lib64", "lib32"):
        if Path("/", link).is_symlink():
            archive.host(Path("/", link))
    for name in ("awk", "pager", "which"):
        found = shutil.which(name)
        if found is not None:
            archive.link(f"usr/bin/{name}", PurePosixPath(Path(found).resolve()).name)
    return _import(api, image, archive)


def build_dockerfile(
    api: APIClient, image: str, dockerfile: str | None = None, packages: Iterable[str] = DEBIAN_PACKAGES
) -> int:
    """Builds from a Dockerfile, by default one of ours over ``debian:12-slim``; the engine fetches its base.

    An own one needs ``bash``, ``setsid``, ``base64``, ``tar`` and ``find``, and a copy of ``/etc`` in `TEMPLATE`.

    Raises:
        SandboxFaultError: The engine refused, or a step failed.
    """
    roots = " ".join(f"/{name}" for name in _MOUNTS)
    text = dockerfile or _DOCKERFILE.format(packages=" ".join(packages), mounts=roots, template=TEMPLATE)
    with engine_faults("build the image"):
        lines = api.build(fileobj=io.BytesIO(text.encode()), tag=image, rm=True, decode=True)
        problems = [line["error"] for line in lines if "error" in line]
        if problems:
            raise OSError(problems[0])
        return int(api.inspect_image(image)["Size"])  # type: ignore[no-untyped-call]


class _Archive:
    """The files of an image, each once, in a fixed order of writing."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._tar = tarfile.TarFile(fileobj=self._buffer, mode="w")
        self._held: set[str] = set()

    def file(self, name: str, content: bytes, mode: int = 0o644) -> None:
        """Adds a file."""
        info = self._info(name, tarfile.REGTYPE, mode)
        info.size = len(content)
        self._tar.addfile(info, io.BytesIO(content))

    def link(self, name: str, target: str) -> None:
        """Adds a symbolic link, unless the name is taken."""
        if name not in self._held:
            info = self._info(name, tarfile.SYMTYPE, 0o777)
            info.linkname = target
            self._tar.addfile(info)

    def directory(self, name: str) -> None:
        """Adds a directory, unless it is there."""
        if name and name not in self._held:
            self._tar.addfile(self._info(name, tarfile.DIRTYPE, 0o755))

    def host(self, path: Path) -> None:
        """Adds a file, link or directory of this machine, and the directories above it."""
        path = path.parent.resolve() / path.name  # /bin is a link to /usr/bin
        name = path.as_posix().lstrip("/")
        if name in self._held:
            return
        for above in reversed(path.parents):
            self.directory(above.as_posix().lstrip("/"))
        if path.is_symlink():
            self.link(name, path.readlink().as_posix())
        elif path.is_dir():
            self.directory(name)
        elif path.is_file():
            self.file(name, path.read_bytes(), path.stat().st_mode & 0o755)  # nothing runs as its owner

    def finish(self) -> bytes:
        """The archive, with what every image has."""
        for name in _MOUNTS:
            self.directory(name)
        for name, content in (("passwd", _PASSWD), ("group", _GROUP)):
            self.file(f"{TEMPLATE[1:]}/{name}", content.encode())
        self._tar.close()
        return self._buffer.getvalue()

    def _info(self, name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
        self._held.add(name)
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.mtime = kind, mode, 0
        return info


def _import(api: APIClient, image: str, archive: _Archive) -> int:
    data = archive.finish()
    with engine_faults("import the image"):
        answer = api.import_image(io.BytesIO(data), repository=image, changes=[_ENV])
        if "error" in str(answer).lower():
            raise OSError(answer)
    return len(data)


def _installed_packages() -> dict[str, tuple[str, ...]]:
    """The packages of this machine, each with the names of those that it needs; also by what they provide."""
    form = "${db:Status-Status}\t${Package}\t${Pre-Depends},${Depends}\t${Provides}\n"
    text = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True).stdout
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        status, name, needs, provides = line.split("\t")
        if status == "installed":
            found[name] = tuple(_names(needs))
            for other in _names(provides):
                found.setdefault(other, (name,))
    return found


def _names(field: str) -> Iterator[str]:
    for item in re.split(r"[,|]", field):
        name = item.strip().split(" ")[0].split(":")[0]
        if name:
            yield name


def _closure(packages: Iterable[str], installed: dict[str, tuple[str, ...]]) -> list[str]:
    ahead, found = list(packages), dict.fromkeys(packages)
    while ahead:
        for name in installed.get(ahead.pop(), ()):
            if name in installed and name not in found and name not in _NEEDLESS:
                found[name] = None
                ahead.append(name)
    return sorted(found)


_NEEDLESS = frozenset({"perl", "perl-base", "libperl5.36", "debconf", "dpkg", "init-system-helpers", "libcurl3-gnutls"})


def _files_of(packages: Iterable[str]) -> Iterator[Path]:
    text = subprocess.run(["dpkg-query", "-L", *packages], capture_output=True, text=True, check=False).stdout
    for line in sorted(set(text.splitlines())):
        path = Path(line)
        if line.startswith("/") and not _LEFT_OUT.search(f"{line}/") and (path.is_symlink() or not path.is_dir()):
            yield path
