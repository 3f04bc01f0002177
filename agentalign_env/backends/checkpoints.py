"""Values kept by key, each with its form, version and a hash of its content. JSON only: reading one runs no code."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from agentalign_env.errors import StoreContentError, UnknownNameError

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["CheckpointBox"]

_REMEDY = "Remove it, and save it again with this version."


class CheckpointBox:
    """Checkpoints of one form.

    Args:
        store: From `open_store`.
        form: What they hold, such as ``episode``.
        version: Of the form; another one is refused when read.
    """

    def __init__(self, store: Redis, form: str, version: int) -> None:
        self._store, self._form, self._version = store, form, version
        self._key = f"agentalign:checkpoints:{{{form}}}"

    def save(self, key: str, content: Any) -> None:
        """Keeps a JSON value; one of the same key is replaced.

        Raises:
            TypeError: The value is not JSON.
        """
        body = orjson.dumps(content)
        head = {"form": self._form, "version": self._version, "hash": self._hash(body)}
        self._store.hset(self._key, key, orjson.dumps(head) + b"\n" + body)

    def load(self, key: str) -> Any:
        """The value of a key.

        Raises:
            UnknownNameError: There is none.
            StoreContentError: It is of another form or version, or was changed since it was saved.
        """
        stored: Any = self._store.hget(self._key, key)
        if stored is None:
            raise UnknownNameError("checkpoint", key, self.keys())
        head, _, body = bytes(stored).partition(b"\n")
        try:
            found = orjson.loads(head)
            known = found["form"], found["version"]
            intact = found["hash"] == self._hash(body)
        except (orjson.JSONDecodeError, LookupError, TypeError) as error:
            raise StoreContentError(f"checkpoint {key!r}: expected a head of JSON, found none. {_REMEDY}") from error
        if known != (self._form, self._version):
            raise StoreContentError(
                f"checkpoint {key!r}: expected {self._form!r} of version {self._version}, found {known[0]!r} of "
                f"version {known[1]!r}. {_REMEDY}"
            )
        if not intact:
            raise StoreContentError(
                f"checkpoint {key!r}: expected the content that was saved, found a changed one. {_REMEDY}"
            )
        return orjson.loads(body)

    def keys(self) -> list[str]:
        """All keys, sorted."""
        return sorted(bytes(key).decode() for key in self._store.hkeys(self._key))  # type: ignore[arg-type]

    def delete(self, key: str) -> bool:
        """Removes a checkpoint; says whether there was one."""
        return bool(self._store.hdel(self._key, key))

    def _hash(self, body: bytes) -> str:
        return blake2b(body, digest_size=16, person=b"checkpoint").hexdigest()
