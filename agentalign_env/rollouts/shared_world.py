"""One world for several agents: their writes are kept in order in a store, and everyone carries them out alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson

from agentalign_env.backends.shared_log import SharedLog
from agentalign_env.core.store import Change
from agentalign_env.core.world import World
from agentalign_env.envs.actions import MalformedCall
from agentalign_env.envs.episode import offered_tools
from agentalign_env.errors import StateMismatchError, StoreContentError
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, error_result, execute
from agentalign_env.types import ToolCall

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["SharedWorld"]

_VERSION = 1


class SharedWorld:
    """A participant's view of a shared world; each thread or process makes its own.

    What is shared is the list of calls that changed something. Before a call, the others' calls are carried out here;
    then the call is carried out, and added to the list if nobody was quicker. If somebody was, it is taken back and
    carried out again on the newer state. So no write is lost, every call sees all before it, and all participants come
    to the same state, digest and diff.

    Args:
        store: From `open_store`.
        name: Of the shared world.
        world: Where it begins; the same for all. It is this participant's own from here on.
        tools: Names of the tools that this participant may call; all of them by default.
        faces: The seed of the generated tools, ``None`` for the catalogue's own; the same for all.
    """

    def __init__(
        self, store: Redis, name: str, world: World, *, tools: Iterable[str] | None = None, faces: int | None = None
    ) -> None:
        self._log = SharedLog(store, name)
        self._writer, self._number = self._log.new_writer(), 0
        self._all = offered_tools(load_tools(faces).names, faces)
        self._tools = self._all if tools is None else offered_tools(tuple(tools), faces)
        self._world, self._faces = world, faces
        self._beginning = world.digest()
        self.version = self.conflicts = 0

    @property
    def world(self) -> World:
        """The state as of the last call or refresh; read it, change it through calls only."""
        return self._world

    def digest(self) -> str:
        """Identifies the contents, with what others did until now."""
        self.refresh()
        return self._world.digest()

    def diff(self) -> tuple[Change, ...]:
        """What differs from the beginning, with what others did until now."""
        self.refresh()
        return self._world.store.diff()

    def call(self, call: ToolCall) -> ToolResult:
        """Carries out a call on the newest state; anything that an agent can get wrong is answered in the envelope.

        Raises:
            ToolFaultError: The operation crashed; nothing changed.
            StateMismatchError: Another participant began or went on differently.
        """
        if isinstance(call, MalformedCall):
            return error_result(call, "malformed_action", call.problem, "arguments")
        try:
            call = call._replace(arguments=orjson.loads(orjson.dumps(call.arguments)))
        except (TypeError, ValueError, RecursionError) as error:
            return error_result(call, "invalid_argument", f"the arguments are not valid JSON values: {error}")
        self._number += 1
        while True:
            mine = self._catch_up()
            if mine is not None:  # it was added although the connection broke
                return mine
            before = self._world.snapshot()
            result = execute(self._world, self._tools, call)
            if not result.changes and self._world.snapshot().store.issued == before.store.issued:
                return result
            if self._log.append(self.version, self._entry(call)):
                self.version += 1
                return result
            self._world.restore(before)
            self.conflicts += 1

    def refresh(self) -> int:
        """Carries out what others did meanwhile, and says which version this is now."""
        self._catch_up()
        return self.version

    def _entry(self, call: ToolCall) -> bytes:
        return orjson.dumps(
            {
                "version": _VERSION,
                "faces": self._faces,
                "beginning": self._beginning,
                "by": [self._writer, self._number],
                "call": call,
                "digest": self._world.digest(),
            },
            default=list,
        )

    def _catch_up(self) -> ToolResult | None:
        """Carries out the entries that are new here; the answer to this participant's own call, if it is among them."""
        mine = None
        while entries := self._log.since(self.version):
            for line in entries:
                entry = self._read(line)
                before = self._world.snapshot()
                result = execute(self._world, self._all, ToolCall(*entry["call"]))
                if self._world.digest() != entry["digest"]:
                    self._world.restore(before)
                    raise StateMismatchError(
                        f"shared world {self._log.name!r}: expected digest {entry['digest']} after change "
                        f"{self.version + 1}, got another. Use one version of this package for all participants."
                    )
                self.version += 1
                if entry["by"] == [self._writer, self._number]:
                    mine = result
        return mine

    def _read(self, line: bytes) -> dict[str, Any]:
        try:
            entry: dict[str, Any] = orjson.loads(line)
            version, began = entry["version"], (entry["beginning"], entry["faces"])
            fields = entry["by"], entry["digest"], ToolCall(*entry["call"])
        except (orjson.JSONDecodeError, LookupError, TypeError) as error:
            raise StoreContentError(
                f"shared world {self._log.name!r}: expected a change, found something else. Choose another name."
            ) from error
        if version != _VERSION or not all(fields):
            raise StoreContentError(
                f"shared world {self._log.name!r}: expected changes of version {_VERSION}, found {version!r}. Use one "
                "version of this package for all participants."
            )
        if began != (self._beginning, self._faces):
            raise StateMismatchError(
                f"shared world {self._log.name!r} began as {began}, this participant as "
                f"{(self._beginning, self._faces)}: begin with the same world and tools, or choose another name"
            )
        return entry
