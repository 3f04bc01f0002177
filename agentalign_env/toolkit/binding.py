"""From a tool's arguments to its operation's: renamed, defaults and pins filled in, nulls dropped, options gathered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agentalign_env.core.operation import Operation
from agentalign_env.core.world import World
from agentalign_env.types import JsonObject

__all__ = ["Binder", "Call"]

Call = Callable[[World, JsonObject], Any]


class Binder:
    """Knows which argument of an operation each parameter of a tool sets, and how.

    Args:
        operation: What runs.
        arguments: The operation's argument that each parameter sets; ``None`` for an option of the provider.
        schemas: The JSON schema of each parameter.
        fixed: Arguments of the operation that hold unless a parameter sets them.
    """

    __slots__ = ("_arguments", "_exact", "_fixed", "_operation")

    def __init__(
        self,
        operation: Operation[..., Any],
        arguments: Mapping[str, str | None],
        schemas: Mapping[str, Mapping[str, Any]],
        fixed: Mapping[str, Any],
    ) -> None:
        self._operation, self._arguments, self._fixed = operation, arguments, fixed
        self._exact = {name: one for name, schema in schemas.items() if (one := _exact(schema)) is not None}

    def bind(self, given: JsonObject) -> dict[str, Any]:
        """The operation's arguments for valid arguments of the tool."""
        bound, exact = dict(self._fixed), self._exact
        options: dict[str, Any] = {}
        for name, value in given.items():
            if value is None:
                continue
            argument = self._arguments.get(name)
            taken = exact[name](value) if name in exact else value
            if argument is None:
                options[name] = taken
            else:
                bound[argument] = taken
        if self._operation.options:
            bound["options"] = options
        return bound

    def compile(self) -> Call:
        """Binding and running in one: ``operation.run(world, **bind(given))``.

        Every keyword is spelt out in an expression written for the tool, which takes a third of the time: no dict of
        arguments is made, taken apart and matched with the names of the function.
        """
        run, bind = self._operation.run, self.bind
        if self._operation.options:
            return lambda world, given: run(world, **bind(given))
        known: dict[str, Any] = {"run": run}
        names = {argument: name for name, argument in self._arguments.items() if argument is not None}
        keywords = []
        for argument, parameter in self._operation.parameters.items():
            name = names.get(argument)
            if argument in self._fixed or not parameter.required:
                known[f"default_{argument}"] = self._fixed.get(argument, parameter.default)
            if name in self._exact:
                known[f"exact_{argument}"] = self._exact[name]
            if name is not None:
                keywords.append(f"{argument}={_value(argument, name, known)}")
            elif argument in self._fixed:
                keywords.append(f"{argument}=default_{argument}")
        call: Call = eval(f"lambda world, given: run(world, {', '.join(keywords)})", known)  # noqa: S307 - names only
        return call


def _value(argument: str, name: str, known: Mapping[str, Any]) -> str:
    """The expression of an argument that a parameter sets, with what is known of its default and its conversion."""
    converted = f"exact_{argument}" in known
    if f"default_{argument}" not in known:  # it is required
        return f"exact_{argument}(given[{name!r}])" if converted else f"given[{name!r}]"
    if known[f"default_{argument}"] is None and not converted:
        return f"given.get({name!r})"
    taken = f"exact_{argument}(value)" if converted else "value"
    return f"default_{argument} if (value := given.get({name!r})) is None else {taken}"


def _exact(schema: Mapping[str, Any]) -> Callable[[Any], Any] | None:
    """Makes whole numbers that came as floats (``3.0``) integers, at any depth; ``None`` where the schema has none."""
    kind, items = schema.get("type"), schema.get("items")
    if kind == "integer":
        return int
    if kind == "array" and isinstance(items, Mapping) and (element := _exact(items)) is not None:
        return lambda values: [element(value) for value in values]
    parts = schema.get("properties", {}).items() if kind == "object" else ()
    fields = {name: one for name, part in parts if (one := _exact(part)) is not None}
    if not fields:
        return None
    return lambda given: {name: fields[name](value) if name in fields else value for name, value in given.items()}
