"""Rows and results of working on other machines."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.semantics import FilePath, Semantic
from agentalign_env.core.table import Table
from agentalign_env.services.machine.network.records import MachineName

__all__ = [
    "ACCOUNTS", "REMOTE_FILES", "Account", "RemoteFile", "RemotePath", "SshArguments", "SshOutcome", "SshRequest",
    "SshVerb", "UserName",
]  # fmt: skip

UserName = Annotated[str, Semantic("UserName"), Field(min_length=1, max_length=64)]
RemotePath = Annotated[str, Semantic("RemotePath"), Field(min_length=1, max_length=4096)]
SshRequest = Annotated[str, Semantic("SshRequest")]
SshVerb = Literal["connect", "execute", "scp_upload", "scp_download"]


class Account(NamedTuple):
    """A user of another machine that takes the owner's key; the id is ``<user>@<host>``."""

    id: str
    host: MachineName
    user: UserName
    home: str


class RemoteFile(NamedTuple):
    """A file of another machine; the id is ``<host>:<path>``. Directories are where files are."""

    id: str
    host: MachineName
    path: RemotePath
    content: str
    owner: str
    modified_s: int


ACCOUNTS = Table("ssh_accounts", Account, natural_key=True)
REMOTE_FILES = Table(
    "remote_files",
    RemoteFile,
    text=("path", "content"),
    free_text=("content",),
    volatile=("modified_s",),
    natural_key=True,
)


class SshArguments(TypedDict):
    """How to log in, and what to do there."""

    password: NotRequired[Annotated[str, Field(max_length=200, description="Not needed: the machines take your key.")]]
    key_file: NotRequired[Annotated[FilePath, Field(description="Your private key; ~/.ssh/id_ed25519 when left out.")]]
    command: NotRequired[Annotated[str, Field(min_length=1, max_length=4_000, description="For execute: the command.")]]
    local_path: NotRequired[Annotated[FilePath, Field(description="For a copy: the file on this machine.")]]
    remote_path: NotRequired[
        Annotated[
            RemotePath,
            Field(description="For a copy: the file there; a relative path starts at the home directory there."),
        ]
    ]
    port: NotRequired[
        Annotated[int, Field(ge=1, le=65535, description="Of the SSH server.", json_schema_extra={"default": 22})]
    ]
    timeout: NotRequired[Annotated[int, Field(ge=1, le=600, description="Seconds to wait for the machine.")]]


class SshOutcome(TypedDict):
    """What was done on another machine; the request says on which, as whom and what."""

    request: SshRequest
    operation: str
    host: MachineName
    username: UserName
    output: str
    exit_status: int
    local_path: NotRequired[FilePath]
    remote_path: NotRequired[RemotePath]
    size: NotRequired[int]
