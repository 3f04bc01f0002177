"""A log that several writers extend in turn: an entry is added only by whoever has read all before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["LogSnapshot", "SharedLog"]

_ENTRIES_AT_ONCE = 1_000


class LogSnapshot(NamedTuple):
    """What stands for the first entries: their number, and what they led to."""

    version: int
    content: bytes


class SharedLog:
    """A list of entries in a store, whose number is its version. The first of them may be replaced by what they led to.

    Args:
        store: From `open_store`.
        name: Of the log.
    """

    def __init__(self, store: Redis, name: str) -> None:
        self._store, self.name = store, name
        base = f"agentalign:log:{{{name}}}"  # the braces keep all keys on one node of a cluster
        self._entries, self._writers, self._version = f"{base}:entries", f"{base}:writers", f"{base}:version"
        self._gone_key, self._snapshot = f"{base}:gone", f"{base}:snapshot"
        self._gone = 0  # entries that a snapshot stands for, as far as is known here

    def new_writer(self) -> int:
        """A number that no other writer of this log has."""
        return int(self._store.incr(self._writers))

    def since(self, version: int) -> list[bytes] | None:
        """The entries that follow a version; all of them, or the next thousand: ask again until there are none.

        ``None`` where these are gone: go on from the snapshot.
        """
        while version >= self._gone:
            first = version - self._gone
            with self._store.pipeline(transaction=True) as pipe:
                pipe.get(self._gone_key)
                pipe.lrange(self._entries, first, first + _ENTRIES_AT_ONCE - 1)
                gone, found = pipe.execute()
            if int(gone or 0) == self._gone:
                return list(found)
            self._gone = int(gone or 0)
        return None

    def append(self, version: int, entry: bytes) -> bool:
        """Adds an entry if the log is still at this version; says whether it did.

        After ``False`` the entry may still be there, where the connection broke while it was added: read on.
        """
        from redis.exceptions import WatchError

        with self._store.pipeline(transaction=True) as pipe:
            watched: Any = pipe
            try:
                watched.watch(self._version)
                if int(watched.get(self._version) or 0) != version:
                    return False
                watched.multi()
                watched.rpush(self._entries, entry)
                watched.incr(self._version)
                watched.execute()
            except WatchError:
                return False
        return True

    def snapshot(self) -> LogSnapshot | None:
        """What stands for the entries that are gone."""
        with self._store.pipeline(transaction=True) as pipe:
            pipe.get(self._gone_key)
            pipe.get(self._snapshot)
            gone, content = pipe.execute()
        return None if content is None else LogSnapshot(int(gone), content)

    def compact(self, version: int, content: bytes) -> bool:
        """Replaces the entries up to a version by what they led to; says whether nobody had done so."""
        from redis.exceptions import WatchError

        with self._store.pipeline(transaction=True) as pipe:
            watched: Any = pipe
            try:
                watched.watch(self._gone_key)
                gone = int(watched.get(self._gone_key) or 0)
                if gone >= version:
                    return False
                watched.multi()
                watched.set(self._snapshot, content)
                watched.set(self._gone_key, version)
                watched.ltrim(self._entries, version - gone, -1)
                watched.execute()
            except WatchError:
                return False
        return True

    def clear(self) -> None:
        """Forgets the entries; for when nobody is at them."""
        self._store.delete(self._entries, self._version, self._gone_key, self._snapshot)
        self._gone = 0
