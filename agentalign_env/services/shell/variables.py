"""Variables of a shell: texts and arrays with their attributes, and what functions keep local."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Assoc", "Indexed", "Value", "Variables"]

_FNV_BASIS, _FNV_PRIME, _BUCKETS = 2_166_136_261, 16_777_619, 1024


class Indexed(dict[int, str]):
    """An array by number."""

    __slots__ = ("_end",)

    def __init__(self, elements: Mapping[int, str] | Iterable[tuple[int, str]] = ()) -> None:
        super().__init__(elements)
        self._end = max(self, default=-1) + 1

    def __setitem__(self, index: int, value: str) -> None:
        super().__setitem__(index, value)
        if index >= self._end:
            self._end = index + 1

    def remove(self, index: int) -> None:
        """Takes an element away; absent is fine."""
        self.pop(index, None)
        self._end = max(self, default=-1) + 1

    def clear(self) -> None:
        """Takes all elements away."""
        super().clear()
        self._end = 0

    def in_order(self) -> list[tuple[int, str]]:
        """Its elements by index."""
        return sorted(self.items())

    def copy(self) -> Indexed:
        """A copy."""
        return Indexed(self)

    @property
    def end(self) -> int:
        """The index after the last."""
        return self._end


class Assoc(dict[str, str]):
    """An array by text, in the order in which bash's hash table holds it."""

    def in_order(self) -> list[tuple[str, str]]:
        """Its elements: by bucket, the newest first."""
        placed = sorted((_bucket(key), -number, key) for number, key in enumerate(self))
        return [(key, self[key]) for _, _, key in placed]

    def copy(self) -> Assoc:
        """A copy."""
        return Assoc(self)


def _bucket(key: str) -> int:
    found = _FNV_BASIS
    for byte in key.encode(errors="replace"):
        found = (found * _FNV_PRIME & 0xFFFFFFFF) ^ byte
    return found & (_BUCKETS - 1)


Value = str | Indexed | Assoc


class Variables:
    """Variables by name; the innermost of local ones hides the others.

    Attributes:
        values: What is set.
        attributes: Letters by name, as ``declare -p`` shows them: ``x`` exported, ``r`` readonly, ``i`` integer, ``l``
            and ``u`` lower and upper case, ``n`` a reference; also of names that are not set.
        frames: What the functions that are running have hidden, innermost last.
    """

    __slots__ = ("attributes", "frames", "values")

    def __init__(self, values: Mapping[str, Value], attributes: Mapping[str, str]) -> None:
        self.values: dict[str, Value] = dict(values)
        self.attributes: dict[str, str] = dict(attributes)
        self.frames: list[dict[str, tuple[Value | None, str]]] = []

    def copy(self) -> Variables:
        """A copy for a subshell."""
        twin = Variables.__new__(Variables)
        twin.values = {
            name: value if type(value) is str else value.copy()  # type: ignore[union-attr]
            for name, value in self.values.items()
        }
        twin.attributes = self.attributes.copy()
        twin.frames = [frame.copy() for frame in self.frames] if self.frames else []
        return twin

    def exported(self) -> dict[str, str]:
        """What commands are given."""
        found = {}
        for name, letters in self.attributes.items():
            if "x" in letters and type(value := self.values.get(name)) is str:
                found[name] = value
        return found

    def mark(self, name: str, letters: str) -> None:
        """Adds attributes."""
        have = self.attributes.get(name, "")
        self.attributes[name] = have + "".join(letter for letter in letters if letter not in have)

    def unmark(self, name: str, letters: str) -> None:
        """Takes attributes away."""
        have = "".join(letter for letter in self.attributes.get(name, "") if letter not in letters)
        if have:
            self.attributes[name] = have
        else:
            self.attributes.pop(name, None)

    def hide(self, name: str) -> bool:
        """Makes a name local to the running function; whether it was not already."""
        frame = self.frames[-1]
        if name in frame:
            return False
        frame[name] = (self.values.pop(name, None), self.attributes.pop(name, ""))
        return True

    def leave(self) -> None:
        """Ends a function: what it hid comes back."""
        for name, (value, letters) in self.frames.pop().items():
            if value is None:
                self.values.pop(name, None)
            else:
                self.values[name] = value
            if letters:
                self.attributes[name] = letters
            else:
                self.attributes.pop(name, None)

    def names(self, prefix: str = "") -> Iterator[str]:
        """The names that are set, in order."""
        return iter(sorted(name for name in self.values if name.startswith(prefix)))
