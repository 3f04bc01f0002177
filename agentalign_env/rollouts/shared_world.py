"""One world for several agents: their writes are kept in order in a store, and everyone carries them out alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from agentalign_env.backends.shared_log import SharedLog
from agentalign_env.core.store import Change
from agentalign_env.core.world import World, WorldState
from agentalign_env.envs.actions import MalformedCall
from agentalign_env.envs.episode import offered_tools
from agentalign_env.errors import EnvArgumentError, StateMismatchError, StoreContentError
from agentalign_env.rollouts.world_snapshot import read_snapshot, snapshot_to_json
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, error_result, execute
from agentalign_env.types import ToolCall

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["SharedWorld"]

_VERSION = 2
_KEPT = 1_000


class _Mark(NamedTuple):
    """A state that was passed, from which a snapshot can be made when all have long been beyond it."""

    version: int
    state: WorldState
    digest: str
    calls: dict[str, int]


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
        kept: So many of the last changes stay in the list, up to twice as many; a snapshot stands for those before.
            Whoever falls behind by more goes on from the snapshot.

    Raises:
        EnvArgumentError: `kept` is below 1.
    """

    def __init__(
        self,
        store: Redis,
        name: str,
        world: World,
        *,
        tools: Iterable[str] | None = None,
        faces: int | None = None,
        kept: int = _KEPT,
    ) -> None:
        if type(kept) is not int or kept < 1:
            raise EnvArgumentError("kept", "an integer of 1 or more", kept, "Leave it out.")
        self._log = SharedLog(store, name)
        self._writer, self._number = self._log.new_writer(), 0
        self._asked = False  # whether the call under way may have been added without our knowing
        self._all = offered_tools(load_tools(faces).names, faces)
        self._tools = self._all if tools is None else offered_tools(tuple(tools), faces)
        self._world, self._faces = world, faces
        self._beginning, self._start = world.digest(), world.snapshot()
        self._calls: dict[str, int] = {}  # the last one of each writer that is carried out here
        self._kept, self._mark = kept, _Mark(0, self._start, self._beginning, {})
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
        self._number, self._asked = self._number + 1, False
        while True:
            mine = self._catch_up()
            if mine is not None:  # it was added although the connection broke
                self._asked = False
                return mine
            before = self._world.snapshot()
            result = execute(self._world, self._tools, call)
            if not result.changes and self._world.snapshot().store.issued == before.store.issued:
                self._asked = False
                return result
            self._asked = True
            if self._log.append(self.version, self._entry(call)):
                self._asked = False
                self._moved(self._writer, self._number, own=True)
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
        while (entries := self._log.since(self.version)) != []:
            if entries is None:
                self._go_on_from_snapshot()
                continue
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
                writer, number = entry["by"]
                self._moved(writer, number, own=False)
                if (writer, number) == (self._writer, self._number):
                    mine = result
        return mine

    def _moved(self, writer: int, number: int, *, own: bool) -> None:
        """One more change is carried out. Whoever made it replaces old ones by a snapshot when it is time to."""
        self.version += 1
        self._calls[str(writer)] = number
        if self.version % self._kept:
            return
        old = self._mark
        self._mark = _Mark(self.version, self._world.snapshot(), self._world.digest(), dict(self._calls))
        if own and old.version:
            head = {"version": _VERSION, "began": [self._beginning, self._faces], "digest": old.digest}
            content = orjson.dumps({**head, "calls": old.calls}) + b"\n" + snapshot_to_json(old.state)
            self._log.compact(old.version, content)

    def _go_on_from_snapshot(self) -> None:
        found = self._log.snapshot()
        try:
            head, _, content = (b"" if found is None else found.content).partition(b"\n")
            told: dict[str, Any] = orjson.loads(head)
            version, began, digest, calls = told["version"], tuple(told["began"]), told["digest"], dict(told["calls"])
        except (orjson.JSONDecodeError, LookupError, TypeError, ValueError) as error:
            raise StoreContentError(
                f"shared world {self._log.name!r}: expected a snapshot, found something else. Choose another name."
            ) from error
        self._require_same(version, began)
        assert found is not None
        read_snapshot(self._world, self._start, content, digest)
        self.version, self._calls = found.version, calls
        self._mark = _Mark(found.version, self._world.snapshot(), digest, dict(calls))
        if self._asked and calls.get(str(self._writer)) == self._number:
            raise StateMismatchError(
                f"shared world {self._log.name!r}: call {self._number} of this participant was carried out, but its "
                "answer is no longer known: the connection was away for too long. Look at the world before you go on."
            )

    def _read(self, line: bytes) -> dict[str, Any]:
        try:
            entry: dict[str, Any] = orjson.loads(line)
            version, began = entry["version"], (entry["beginning"], entry["faces"])
            fields = entry["by"], entry["digest"], ToolCall(*entry["call"])
        except (orjson.JSONDecodeError, LookupError, TypeError) as error:
            raise StoreContentError(
                f"shared world {self._log.name!r}: expected a change, found something else. Choose another name."
            ) from error
        if not all(fields):
            version = None
        self._require_same(version, began)
        return entry

    def _require_same(self, version: object, began: tuple[Any, ...]) -> None:
        if version != _VERSION:
            raise StoreContentError(
                f"shared world {self._log.name!r}: expected changes of version {_VERSION}, found {version!r}. Use one "
                "version of this package for all participants."
            )
        if began != (self._beginning, self._faces):
            raise StateMismatchError(
                f"shared world {self._log.name!r} began as {began}, this participant as "
                f"{(self._beginning, self._faces)}: begin with the same world and tools, or choose another name"
            )
