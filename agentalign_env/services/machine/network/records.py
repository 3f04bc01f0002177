"""Rows and results of the network."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.semantics import Semantic
from agentalign_env.core.table import Table

__all__ = [
    "HOSTS",
    "INTERFACES",
    "ROUTES",
    "DiagnoseArguments",
    "Diagnosis",
    "DiagnosisName",
    "DiagnosisVerb",
    "Hop",
    "Host",
    "Interface",
    "IpAddress",
    "MachineName",
    "NetworkFacts",
    "Route",
]  # fmt: skip

MachineName = Annotated[
    str, Semantic("MachineName"), Field(min_length=1, max_length=253, examples=["web-1.fernhub.example"])
]
IpAddress = Annotated[str, Semantic("IpAddress"), Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$")]
DiagnosisName = Annotated[str, Semantic("DiagnosisName")]
DiagnosisVerb = Literal["ping", "traceroute", "nslookup"]


class Host(NamedTuple):
    """A host that has a name.

    Attributes:
        name: Its name.
        address: Its address.
        kind: ``server``, ``website``, ``network``, ``device`` or ``self``.
        about: What it is.
        reachable: Whether it answers.
        hops: How far away it is.
        delay_us: How long a packet takes there and back, in microseconds.
        ports: On which it answers.
    """

    name: MachineName
    address: IpAddress
    kind: str
    about: str
    reachable: bool
    hops: int
    delay_us: int
    ports: tuple[int, ...]


class Interface(NamedTuple):
    """A network interface of the owner's machine."""

    name: str
    address: IpAddress
    prefix: int
    mac: str
    state: str  # up or down
    mtu: int
    received_bytes: int
    sent_bytes: int


class Route(NamedTuple):
    """Where packets for a network go; the gateway is empty for a network that is directly reached."""

    network: str
    gateway: str
    interface: str
    metric: int


HOSTS = Table("network_hosts", Host, text=("name", "about"), natural_key=True)
INTERFACES = Table("network_interfaces", Interface, natural_key=True)
ROUTES = Table("network_routes", Route, natural_key=True)


class DiagnoseArguments(TypedDict):
    """How to test."""

    count: NotRequired[Annotated[int, Field(ge=1, le=20, description="For ping: how many packets.")]]
    timeout: NotRequired[Annotated[int, Field(ge=1, le=60, description="Seconds to wait for an answer.")]]
    dns_server: NotRequired[Annotated[str, Field(max_length=253, description="For nslookup: the name server to ask.")]]


class Hop(TypedDict):
    """A station on the way; a silent one has no address."""

    hop: int
    address: str
    time_ms: float


class Diagnosis(TypedDict):
    """What a test found out; which test of which host is its name."""

    test: DiagnosisName
    operation: str
    host: MachineName
    address: IpAddress
    reachable: bool
    output: str
    sent: NotRequired[int]
    received: NotRequired[int]
    loss_percent: NotRequired[float]
    average_ms: NotRequired[float]
    hops: NotRequired[list[Hop]]
    server: NotRequired[str]


class InterfaceView(TypedDict):
    """An interface as a person sees it."""

    name: str
    address: IpAddress
    netmask: str
    mac: str
    state: str
    mtu: int
    received_bytes: int
    sent_bytes: int


class ListeningPort(TypedDict):
    """A port on which the machine answers."""

    port: int
    protocol: str
    program: str


class KnownHost(TypedDict):
    """Another machine on which the owner works."""

    host: MachineName
    address: IpAddress
    about: str


class NetworkFacts(TypedDict):
    """The machine's network."""

    hostname: MachineName
    interfaces: list[InterfaceView]
    gateway: IpAddress
    dns_servers: list[str]
    listening: list[ListeningPort]
    known_hosts: list[KnownHost]
