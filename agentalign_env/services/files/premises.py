"""Which files can be put on the disk before an episode."""

from __future__ import annotations

from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.premises import Hints, checked, premise_rng, text_hint, topic_about
from agentalign_env.core.rng import Random
from agentalign_env.core.semantics import FileContent, FilePath
from agentalign_env.core.world import World
from agentalign_env.errors import PremiseError
from agentalign_env.services.files.contents import About, content_for
from agentalign_env.services.files.paths import base_name, parent_of
from agentalign_env.services.files.records import FILES, File
from agentalign_env.services.files.tree import DIRECTORY_MODE, FILE_MODE, Tree

__all__ = ["lay_file", "lay_folder"]

_CHANGES = ("write", "delete", "move")
_OF_CONTAINERS = ("run", "logs", "ps")
_PEOPLE = 6


def lay_file(world: World, value: str, hints: Hints) -> None:
    """A file at this path, or a directory with some files: for a path that ends in ``/``, or as the hints say.

    The owner may read and write it, wherever it is; missing directories above it are the owner's too.

    Hints: ``content``; ``directory``, true for one; ``for``: with ``write``, ``delete`` or ``move`` the owner may also
    change what lies beside it.
    """
    checked("FilePath", FilePath, value)
    tree = Tree(world)
    place, rng = tree.resolve(value), premise_rng(world, "FilePath", value)
    given = hints.get("content")
    if given is not None and place.startswith(f"{tree.home}/"):
        tree.write(place, checked("hint content", FileContent, given))
        return
    before = tree.get(place)
    if given is None and before is not None:
        raise PremiseError(f"something is at {value!r} already: build on it, or name another path")
    is_directory = bool(hints.get("directory")) or (value.endswith("/") and given is None)
    modified_s = world.now_s - rng.randrange(2 * HOUR_S, 60 * DAY_S)
    _make_directories(world, place if is_directory else parent_of(place), modified_s)
    if text_hint(hints, "for") in _CHANGES:
        above = world.store.get(FILES, parent_of(place))
        if above is not None and above.path != "/":
            world.store.put(FILES, above._replace(owner=tree.user))
    if is_directory:
        topic, _ = topic_about(rng, value)
        for name in topic.files[:3]:
            path = f"{place}/{base_name(name)}"
            _put(world, path, _content(world, path, rng), modified_s)
        return
    content = _content(world, place, rng) if given is None else str(checked("hint content", FileContent, given))
    _put(world, place, content, modified_s)


def lay_folder(world: World, value: str, hints: Hints) -> None:
    """An empty directory of the owner's for a checkout, where nothing is at this path.

    Hints: ``for``: with ``run``, ``logs`` or ``ps`` the value is an image or a container, which needs no directory.
    """
    if text_hint(hints, "for") in _OF_CONTAINERS:
        return
    place = Tree(world).resolve(value, field="repository_path")
    if Tree(world).get(place) is None:
        _make_directories(world, place, world.now_s - premise_rng(world, "folder", place).randrange(DAY_S, 60 * DAY_S))


def _make_directories(world: World, path: str, modified_s: int) -> None:
    missing = []
    while (held := Tree(world).get(path)) is None:
        missing.append(path)
        path = parent_of(path)
    if held.kind != "dir":
        raise PremiseError(f"{path!r} is a {held.kind}: nothing can lie below it")
    for folder in reversed(missing):
        row = File(folder, parent_of(folder), "dir", "", DIRECTORY_MODE, world.background.user, modified_s)
        world.store.put(FILES, row)


def _put(world: World, path: str, content: str, modified_s: int) -> None:
    mode = "0755" if content.startswith("#!") else FILE_MODE
    row = File(path, parent_of(path), "file", content, mode, world.background.user, modified_s)
    world.store.put(FILES, row)


def _content(world: World, path: str, rng: Random) -> str:
    name = base_name(path)
    stem, _, ending = name.rpartition(".")
    if name.lower().endswith(".tar.gz"):
        stem, ending = name[:-7], "tar.gz"
    people = world.background.people
    topic, _ = topic_about(rng, path)
    some = tuple(rng.sample(people, min(_PEOPLE, len(people))))
    return content_for(ending.lower(), About(stem or name, topic, world.owner, some, world.now_s), rng)
