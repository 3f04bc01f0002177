"""Certificates: the proof that a plan can be carried out, which anyone can carry out again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from agentalign_env.core.store import Change
from agentalign_env.core.world import GENERATOR_VERSION, World, WorldKey
from agentalign_env.errors import AgentAlignError, ReplayError
from agentalign_env.recording.replay import Divergence
from agentalign_env.scenarios.plans import PlannedCall, plan_from_json, plan_to_json, resolve_call
from agentalign_env.scenarios.premises import Premise, lay
from agentalign_env.services import load_base_world
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.toolkit.foreign import adopt_tools
from agentalign_env.toolkit.foreign_tool import ForeignTool
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import ToolCall

__all__ = ["CERTIFICATE_VERSION", "Certificate", "certify", "replay_certificate"]

CERTIFICATE_VERSION = 1
"""Raise it when a reader of the old form would misread the new one."""


class _World(TypedDict):
    size: str
    seed: int
    generator: int


class _Premise(TypedDict):
    kind: str
    value: str
    hints: dict[str, Any]


class _Call(TypedDict):
    tool: str
    arguments: dict[str, Any]


class _Form(TypedDict):
    """The JSON form of a certificate, as far as its reader relies on it."""

    instruction: str
    tools: list[str | dict[str, Any]]
    faces: int | None
    world: _World
    premises: list[_Premise]
    plan: list[_Call]
    results: list[str]
    diff: list[dict[str, Any]]
    digest_before: str
    digest_after: str
    hash: str


@lru_cache(maxsize=1)
def _form() -> TypeAdapter[_Form]:
    return TypeAdapter(_Form)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was carried out, from which beginning, with which results.

    Attributes:
        instruction: What the plan carries out.
        tools: The tools of the plan: names of the catalogue, or the schemas of foreign ones.
        faces: The seed of generated tools, ``None`` for the catalogue's own.
        world: Size and seed of the world.
        generator: The version of the world's generator.
        premises: What the world was extended with.
        plan: The calls.
        results: The JSON text that each call answered.
        diff: Every row that changed, as it was and as it is.
        digest_before: Of the world in which the plan began.
        digest_after: Of the world in which it ended.
        hash: SHA-256 over all of this as canonical JSON: names the certificate by its content.
    """

    instruction: str
    tools: tuple[Any, ...]
    faces: int | None
    world: WorldKey
    generator: int
    premises: tuple[Premise, ...]
    plan: tuple[PlannedCall, ...]
    results: tuple[str, ...]
    diff: tuple[Mapping[str, Any], ...]
    digest_before: str
    digest_after: str
    hash: str

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        return {**self._content(), "hash": self.hash}

    def content_hash(self) -> str:
        """What `hash` has to be."""
        return hashlib.sha256(orjson.dumps(self._content(), option=orjson.OPT_SORT_KEYS)).hexdigest()

    def _content(self) -> dict[str, Any]:
        return {
            "certificate": CERTIFICATE_VERSION,
            "instruction": self.instruction,
            "tools": list(self.tools),
            "faces": self.faces,
            "world": {**self.world._asdict(), "generator": self.generator},
            "premises": [premise.to_json() for premise in self.premises],
            "plan": plan_to_json(self.plan),
            "results": list(self.results),
            "diff": list(self.diff),
            "digest_before": self.digest_before,
            "digest_after": self.digest_after,
        }

    @classmethod
    def from_json(cls, content: Any) -> Certificate:
        """A certificate from what `to_json` gave.

        Raises:
            ReplayError: It is not of this form, or of another version.
        """
        version = content.get("certificate") if isinstance(content, dict) else None
        if version != CERTIFICATE_VERSION:
            raise ReplayError(f"certificate: expected version {CERTIFICATE_VERSION}, found {version!r}")
        try:
            _form().validate_python(content, strict=True)
            return cls(
                instruction=content["instruction"],
                tools=tuple(content["tools"]),
                faces=content["faces"],
                world=WorldKey(content["world"]["size"], content["world"]["seed"]),
                generator=content["world"]["generator"],
                premises=tuple(Premise.from_json(premise) for premise in content["premises"]),
                plan=plan_from_json(content["plan"]),
                results=tuple(content["results"]),
                diff=tuple(content["diff"]),
                digest_before=content["digest_before"],
                digest_after=content["digest_after"],
                hash=content["hash"],
            )
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise ReplayError(f"certificate: {place}: {first['msg']}, found {first['input']!r:.80}") from error
        except RecursionError as error:
            raise ReplayError("certificate: its values are nested too deeply") from error


def certify(
    instruction: str,
    world: World,
    premises: Sequence[Premise],
    plan: Sequence[PlannedCall],
    results: Sequence[ToolResult],
    tools: Mapping[str, Tool],
    faces: int | None,
) -> Certificate:
    """The certificate of a plan that was carried out in this world."""
    used = sorted({call.tool for call in plan})
    fresh = World(world.base)
    if premises:
        lay(fresh, premises)
    digest_before = fresh.digest()
    unsigned = Certificate(
        instruction=instruction,
        tools=tuple(_as_offered(tools[name]) for name in used),
        faces=faces,
        world=world.base.key,
        generator=GENERATOR_VERSION,
        premises=tuple(premises),
        plan=tuple(plan),
        results=tuple(result.content for result in results),
        diff=diff_to_json(world),
        digest_before=digest_before,
        digest_after=world.digest(),
        hash="",
    )
    object.__setattr__(unsigned, "hash", unsigned.content_hash())
    return unsigned


def diff_to_json(world: World) -> tuple[dict[str, Any], ...]:
    """Every row that differs from the beginning, by table and key."""
    tables = world.base.table_by_name

    def row(change: Change, side: Any) -> Any:
        return None if side is None else dict(zip(tables[change.table].fields, side, strict=True))

    changes = sorted(world.store.diff(), key=lambda change: (change.table, change.key))
    rows = [
        {
            "table": change.table,
            "key": change.key,
            "before": row(change, change.before),
            "after": row(change, change.after),
        }
        for change in changes
    ]
    return tuple(orjson.loads(orjson.dumps(rows)))


def replay_certificate(certificate: Certificate) -> Divergence | None:
    """Carries a certificate's plan out again in a world of its own; the first difference, or ``None``.

    Raises:
        ReplayError: Its world or its tools do not exist here, or it holds what JSON cannot.
    """
    try:
        return _told_otherwise(certificate) or _replayed(certificate)
    except (AgentAlignError, TypeError, ValueError, RecursionError) as error:
        raise ReplayError(f"certificate {certificate.hash[:12]}: {error}") from error


def _told_otherwise(certificate: Certificate) -> Divergence | None:
    """What a certificate says of itself and that is not so."""
    if certificate.hash != certificate.content_hash():
        return Divergence(None, None, "hash", certificate.hash, certificate.content_hash())
    if certificate.generator != GENERATOR_VERSION:
        return Divergence(None, None, "world.generator", certificate.generator, GENERATOR_VERSION)
    if not certificate.plan:
        return Divergence(None, None, "plan", [], "at least one call")
    if len(certificate.plan) != len(certificate.results):
        found = f"{len(certificate.plan)} calls"
        return Divergence(None, None, "results", f"{len(certificate.results)} results", found)
    return None


def _replayed(certificate: Certificate) -> Divergence | None:
    """The first difference when its calls are made again."""
    world = World(load_base_world(*certificate.world))
    lay(world, certificate.premises)
    tools = _tools_of(certificate)
    if world.digest() != certificate.digest_before:
        return Divergence(None, None, "digest_before", certificate.digest_before, world.digest())
    contents: list[str] = []
    for number, (call, expected) in enumerate(zip(certificate.plan, certificate.results, strict=True)):
        try:
            arguments = resolve_call(call, {}, contents)
        except LookupError as error:
            return Divergence(number, None, "arguments", "references that lead to values", str(error))
        result = execute(world, tools, ToolCall("", call.tool, arguments))
        if result.content != expected:
            return Divergence(number, None, "content", expected, result.content)
        if result.code:
            return Divergence(number, None, "code", "", result.code)
        contents.append(result.content)
    diff = diff_to_json(world)
    if diff != certificate.diff:
        return Divergence(None, None, "diff", list(certificate.diff), list(diff))
    if world.digest() != certificate.digest_after:
        return Divergence(None, None, "digest_after", certificate.digest_after, world.digest())
    return None


def _as_offered(tool: Tool) -> Any:
    """What makes the tool again: its name, or a foreign one's schema."""
    return tool.openai_schema() if isinstance(tool, ForeignTool) else tool.name


def _tools_of(certificate: Certificate) -> Mapping[str, Tool]:
    catalogue = load_tools(certificate.faces)
    found = {tool: catalogue[tool] for tool in certificate.tools if isinstance(tool, str)}
    schemas = [tool for tool in certificate.tools if not isinstance(tool, str)]
    return {**found, **adopt_tools(schemas).tools} if schemas else found
