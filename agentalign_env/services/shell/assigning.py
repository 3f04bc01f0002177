"""Assignments: ``name=value``, elements and whole arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentalign_env.services.shell.expansion import fields_of, text_of
from agentalign_env.services.shell.syntax import ArrayItem, Assignment, Word
from agentalign_env.services.shell.tracing import trace_mark, traced_assignment
from agentalign_env.services.shell.variables import Assoc, Indexed

if TYPE_CHECKING:
    from agentalign_env.services.shell.shell import Shell

__all__ = ["ArrayWord", "assign", "assign_array", "declared_words"]


class ArrayWord(str):
    """The word ``name=(...)`` that a declaring builtin is given, with the assignment that it stands for."""

    __slots__ = ("assignment",)
    assignment: Assignment


def assign(shell: Shell, node: Assignment) -> None:
    """Carries out an assignment; shows it under ``set -x``.

    Raises:
        DiscardSignal: The variable is readonly, or an expansion fails.
    """
    if type(node.value) is tuple:
        if shell.xtrace:
            traced_assignment(shell, trace_mark(shell), node, "")
        assign_array(shell, node.name, node.value, append=node.append)
        return
    assert isinstance(node.value, Word)
    if node.subscript is None:
        value = text_of(shell, node.value, assigned=True)
        if shell.xtrace:
            traced_assignment(shell, trace_mark(shell), node, value)
        shell.assign(node.name, value, append=node.append)
        return
    subscript = text_of(shell, node.subscript)
    value = text_of(shell, node.value)
    if shell.xtrace:
        traced_assignment(shell, trace_mark(shell), node, value)
    shell.assign_element(node.name, subscript, value, append=node.append)


def assign_array(shell: Shell, name: str, items: tuple[ArrayItem, ...], *, append: bool) -> None:
    """Gives a variable an array's elements.

    Raises:
        DiscardSignal: The variable is readonly, or an expansion fails.
    """
    name = shell.target(name)
    variables = shell.variables
    if "r" in variables.attributes.get(name, ""):
        shell.fail(f"{name}: readonly variable")
    held = variables.values.get(name)
    if isinstance(held, Assoc):
        found = held if append else Assoc()
        _fill_assoc(shell, found, items)
        variables.values[name] = found
        return
    array = Indexed()
    if append and held is not None:
        array = held if isinstance(held, Indexed) else Indexed({0: held})
    place = array.end
    integer = "i" in variables.attributes.get(name, "")
    for item in items:
        if item.subscript is not None:
            place = shell.index_of(text_of(shell, item.subscript), array)
            values = [text_of(shell, item.value)]
            if item.append:
                values = [array.get(place, "") + values[0]]
        else:
            values = fields_of(shell, (item.value,))
        shell.machine.spend(sum(len(value) >> 9 for value in values) + len(values) // 2)
        for value in values:
            array[place] = str(shell.number(value)) if integer else value
            place += 1
    variables.values[name] = array


def _fill_assoc(shell: Shell, found: Assoc, items: tuple[ArrayItem, ...]) -> None:
    pairs: list[str] = []
    for item in items:
        if item.subscript is None:
            pairs.extend(fields_of(shell, (item.value,)))
            continue
        key = text_of(shell, item.subscript)
        value = text_of(shell, item.value)
        found[key] = found.get(key, "") + value if item.append else value
    for at in range(0, len(pairs), 2):
        found[pairs[at]] = pairs[at + 1] if at + 1 < len(pairs) else ""


def declared_words(shell: Shell, words: tuple[Word | Assignment, ...]) -> list[str]:
    """The words of a declaring builtin: values of assignments are not split."""
    found: list[str] = []
    for word in words:
        if isinstance(word, Word):
            found.extend(fields_of(shell, (word,)))
            continue
        sign = "+=" if word.append else "="
        if type(word.value) is tuple:
            array = ArrayWord(f"{word.name}{sign}()")
            array.assignment = word
            found.append(array)
            continue
        assert isinstance(word.value, Word)
        subscript = "" if word.subscript is None else f"[{text_of(shell, word.subscript)}]"
        found.append(f"{word.name}{subscript}{sign}{text_of(shell, word.value, assigned=True)}")
    return found
