"""A report on executability as text: the verdict, the plan with its sources, what stands in the way and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from agentalign_env.cli.output import Output

__all__ = ["Excerpt", "excerpt", "print_finding", "print_report"]

_VALUE_CHARS, _MESSAGE_CHARS = 160, 600
_SOURCES = {
    "mention": "stated",
    "entity": "found in the world",
    "owner": "the owner's",
    "result": "from an earlier answer",
    "lookup": "looked up",
    "wording": "said by the request itself",
    "default": "default",
    "composed": "written by the agent",
}


class Excerpt(NamedTuple):
    """A part of a text on one line, and the marks that go below it."""

    line: str
    marks: str


def print_report(output: Output, report: Mapping[str, Any], instruction: str) -> None:
    """Prints a report (as JSON) on one instruction."""
    if report["executable"]:
        output.line("executable", style="bold green")
    else:
        output.line(f"not executable: {report['cause'] or 'no plan was found'}", style="bold red")
    if report["plan"]:
        output.line()
        output.line("plan" if report["executable"] else "plan, as far as it went", style="bold")
    for number, step in enumerate(report["plan"], 1):
        _print_step(output, number, step, instruction)
    if report.get("premises"):
        output.line()
        output.line("assumed to exist", style="bold")
        for premise in report["premises"]:
            output.line(f"{premise['kind']}: {_cut(str(premise['value']), _VALUE_CHARS)}", indent=2)
    if report["findings"]:
        output.line()
        output.line("findings", style="bold")
        for finding in report["findings"]:
            print_finding(output, finding, instruction, indent=2)
    if report.get("certificate"):
        output.line()
        output.line(f"certificate {report['certificate']['hash'][:16]}; --json prints all of it", style="dim")


def print_finding(output: Output, finding: Mapping[str, Any], instruction: str, indent: int) -> None:
    """Prints a finding, and the part of the instruction that it is about with marks below it."""
    style = "red" if finding["blocking"] else "yellow"
    advice = "" if finding["blocking"] else " (advice)"
    message = _cut(str(finding["message"]), _MESSAGE_CHARS)
    output.line(f"{finding['kind']}{advice}: {message}", style=style, indent=indent)
    if finding["span"] is not None:
        start, end = finding["span"]
        part = excerpt(instruction, start, end, max(output.console.width - indent - 2, 12))
        output.line(part.line, indent=indent + 2)
        output.line(part.marks, style=style, indent=indent + 2)


def excerpt(text: str, start: int, end: int, width: int) -> Excerpt:
    """The part of a text around a span that fits into a number of terminal cells, with ``^`` below the span.

    Args:
        text: The whole.
        start: Where the span begins; taken back into the text where it lies outside.
        end: Behind its last character; a long span is cut.
        width: At least 12.
    """
    from rich.cells import cell_len

    text = _plain(text)
    start = max(min(start, len(text)), 0)
    end = max(min(end, len(text)), start)
    room = width - 2  # for the two dots that stand for what is left out
    first = last = start
    while last < end and cell_len(text[last]) <= room:
        room -= cell_len(text[last])
        last += 1
    marked = last
    while room > 0 and (first > 0 or last < len(text)):
        before = first > 0 and cell_len(text[first - 1]) <= room
        if before:
            first -= 1
            room -= cell_len(text[first])
        after = last < len(text) and cell_len(text[last]) <= room
        if after:
            room -= cell_len(text[last])
            last += 1
        if not before and not after:
            break
    head = "…" if first > 0 else ""
    line = f"{head}{text[first:last]}{'…' if last < len(text) else ''}"
    skipped = cell_len(f"{head}{text[first:start]}")
    marks = " " * skipped + "^" * max(cell_len(text[start:marked]), 1)
    return Excerpt(line, marks)


def _print_step(output: Output, number: int, step: Mapping[str, Any], instruction: str) -> None:
    purpose = ", to look something up" if step["purpose"] == "lookup" else ""
    output.line(f"{number}. {step['tool']}{purpose}", style="cyan", indent=2)
    for name, value in step["arguments"].items():
        source = step["sources"].get(name, {"source": "composed", "span": None})
        told = _SOURCES.get(source["source"], source["source"])
        if source["span"] is not None:
            start, end = source["span"]
            told += f": {_cut(instruction[start:end], 60)!r}"
        output.line(f"{name}: {_cut(_spoken(value), _VALUE_CHARS)} ({told})", indent=5)


def _spoken(value: Any) -> str:
    """A plan's value; a reference as the answer that it points to."""
    match value:
        case {"ref": int(call), "path": list(path)}:
            return f"<answer {call + 1}: {'.'.join(map(str, path))}>"
        case {"text": list(parts)}:
            return "".join(map(_spoken, parts))
        case list():
            return ", ".join(map(_spoken, value))
    return _plain(str(value))


def _cut(text: str, most: int) -> str:
    text = _plain(" ".join(text.split()))
    return text if len(text) <= most else f"{text[:most]} ..."


def _plain(text: str) -> str:
    """The text on one line, without characters that a terminal would act upon."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
