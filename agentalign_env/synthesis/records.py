"""What ``agentalign check`` wrote, as far as quality control needs it: one record or one unreadable line at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictBool, StrictStr, ValidationError

from agentalign_env.errors import DataFileError

__all__ = ["BadRecord", "CheckedRecord", "Requirements", "parse_record", "read_results"]

_SHOWN = 200


class BadRecord(NamedTuple):
    """A line that holds no checked instruction.

    Attributes:
        line: Its number, 0 where it is not known.
        error: What is wrong with it.
        own: Whether the results themselves are damaged; else it was the input of the check that could not be read.
    """

    line: int
    error: str
    own: bool


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Requirements(_Part):
    """The paper's four requirements."""

    tool_coverage: StrictBool
    parameter_completeness: StrictBool
    parameter_validity: StrictBool
    logical_flow: StrictBool


class _PlannedStep(_Part):
    capability: StrictStr = ""
    purpose: StrictStr = "step"


def _names(tools: Any) -> Any:
    """Names of tools, from names or schemas."""
    if tools is None:
        return ()
    return [_name(tool) for tool in tools] if isinstance(tools, list | tuple) else tools


def _name(tool: Any) -> Any:
    if not isinstance(tool, Mapping):
        return tool
    function = tool.get("function")
    return function.get("name") if isinstance(function, Mapping) else tool.get("name")


def _empty_for_none(value: Any) -> Any:
    return "" if value is None else value


_Text = Annotated[StrictStr, BeforeValidator(_empty_for_none)]


class CheckedRecord(_Part):
    """A checked instruction; further keys of the line are not read.

    Attributes:
        id: As in the input; the line's number where it has none.
        line: Of the input.
        instruction: The text.
        tools: Names of the tools at hand.
        chain: The capabilities asked for, where the input says so.
        category: Of harm, or empty.
        subcategory: Of harm, or empty.
        intent: Why it was written, or empty.
        executable: Whether it can be carried out.
        cause: Kind of the first finding that blocks.
        requirements: The paper's four.
        plan: The calls.
    """

    id: Annotated[StrictStr, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
    line: int = 0
    instruction: StrictStr
    tools: Annotated[tuple[StrictStr, ...], BeforeValidator(_names)] = ()
    chain: tuple[StrictStr, ...] | None = None
    category: _Text = ""
    subcategory: _Text = ""
    intent: _Text = ""
    executable: StrictBool
    cause: StrictStr | None = None
    requirements: Requirements
    plan: tuple[_PlannedStep, ...] = ()

    @property
    def capabilities(self) -> tuple[str, ...]:
        """The chain's, else those of the plan's steps, as far as the plan went."""
        if self.chain is not None:
            return self.chain
        return tuple(step.capability for step in self.plan if step.purpose == "step" and step.capability)

    @property
    def steps(self) -> int:
        """How many steps are asked for: the length of `capabilities`."""
        return len(self.capabilities)

    @property
    def signature(self) -> tuple[str, ...]:
        """The tools at hand as a set, in order."""
        return tuple(sorted(set(self.tools)))


def parse_record(raw: Any, line: int = 0) -> CheckedRecord | BadRecord:
    """One line's content as a record, or what is wrong with it."""
    if not isinstance(raw, Mapping):
        return BadRecord(line, f"expected an object, found {type(raw).__name__}", own=True)
    if "error" in raw and "executable" not in raw:
        given = raw.get("line")
        return BadRecord(given if isinstance(given, int) else line, str(raw["error"])[:_SHOWN], own=False)
    try:
        number = raw.get("line")
        content = {**raw, "line": number if isinstance(number, int) else line}
        if content.get("id") in {None, ""}:
            content["id"] = f"line {content['line']}"
        return CheckedRecord.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "top level"
        return BadRecord(line, f"{where}: {first['msg']}"[:_SHOWN], own=True)
    except TypeError as error:  # an id that cannot be looked up in a set
        return BadRecord(line, f"id: {error}"[:_SHOWN], own=True)


def read_results(path: str | Path) -> Iterator[CheckedRecord | BadRecord]:
    """Reads results lazily; blank lines are skipped.

    Raises:
        DataFileError: The file cannot be read.
    """
    try:
        with Path(path).open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.isspace():
                    continue
                try:
                    raw = orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    yield BadRecord(number, f"expected JSON, found: {error}"[:_SHOWN], own=True)
                    continue
                yield parse_record(raw, number)
    except OSError as error:
        problem = f"expected a readable file, found: {error.strerror or type(error).__name__}"
        raise DataFileError(str(path), "file", problem, "Check the path and its permissions.") from error
