"""A log that several writers extend in turn: an entry is added only by whoever has read all before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["SharedLog"]

_ENTRIES_AT_ONCE = 1_000


class SharedLog:
    """A list in a store, whose length is its version.

    Args:
        store: From `open_store`.
        name: Of the log.
    """

    def __init__(self, store: Redis, name: str) -> None:
        self._store, self.name = store, name
        self._entries = f"agentalign:log:{{{name}}}:entries"
        self._writers = f"agentalign:log:{{{name}}}:writers"

    def new_writer(self) -> int:
        """A number that no other writer of this log has."""
        return int(self._store.incr(self._writers))

    def since(self, version: int) -> list[bytes]:
        """The entries that follow a version; all of them, or the next thousand: ask again until there are none."""
        found: Any = self._store.lrange(self._entries, version, version + _ENTRIES_AT_ONCE - 1)
        return list(found)

    def append(self, version: int, entry: bytes) -> bool:
        """Adds an entry if the log is still at this version; says whether it did.

        After ``False`` the entry may still be there, where the connection broke while it was added: read on.
        """
        from redis.exceptions import WatchError

        with self._store.pipeline(transaction=True) as pipe:
            watched: Any = pipe
            try:
                watched.watch(self._entries)
                if int(watched.llen(self._entries)) != version:
                    return False
                watched.multi()
                watched.rpush(self._entries, entry)
                watched.execute()
            except WatchError:
                return False
        return True

    def clear(self) -> None:
        """Forgets the entries; for when nobody is at them."""
        self._store.delete(self._entries)
