"""What a check of a file leaves behind: one line of JSON for each candidate, and for each line that holds none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from agentalign_env.core.world import WorldKey
from agentalign_env.errors import DataFileError
from agentalign_env.executability.candidates import BadLine, Candidate
from agentalign_env.executability.certificate import Certificate
from agentalign_env.executability.report import ExecutabilityReport
from agentalign_env.recording.files import whole_lines

__all__ = [
    "Verdict",
    "candidate_from_json",
    "candidate_to_json",
    "certificates_of",
    "content_key",
    "failure_of",
    "read_records",
    "record_of",
    "record_of_bad_line",
    "to_line",
    "verdict_of",
]


class Verdict(NamedTuple):
    """A record in a few words.

    Attributes:
        executable: What was found; ``None`` where nothing could be checked.
        cause: The kind of the first finding that blocks.
        problem: Why nothing could be checked: a line that holds no candidate, or a check that failed.
        expected: Whether the input says that it is executable; ``None`` where it does not say.
        expected_cause: The cause that the input names.
        opinion: What an agent found; ``None`` where none was asked, or it failed.
    """

    executable: bool | None
    cause: str | None
    problem: Literal["bad line", "crash"] | None
    expected: bool | None
    expected_cause: str | None
    opinion: bool | None


def candidate_to_json(candidate: Candidate) -> dict[str, Any]:
    """The candidate as JSON-serialisable values; what it does not say is left out."""
    content: dict[str, Any] = {"id": candidate.id}
    if candidate.line:
        content["line"] = candidate.line
    content |= {
        "instruction": candidate.instruction,
        "tools": list(candidate.tools),
        "chain": None if candidate.chain is None else list(candidate.chain),
        "world": None if candidate.world is None else candidate.world._asdict(),
        "category": candidate.category,
        "subcategory": candidate.subcategory,
        "intent": candidate.intent,
    }
    if candidate.expected:
        content["expected"] = dict(candidate.expected)
    if candidate.notes:
        content["notes"] = list(candidate.notes)
    return content


def candidate_from_json(content: Mapping[str, Any]) -> Candidate:
    """The candidate that `candidate_to_json` was given, or that a record is about."""
    chain, world = content["chain"], content["world"]
    return Candidate(
        id=content["id"],
        instruction=content["instruction"],
        tools=tuple(content["tools"]),
        world=None if world is None else WorldKey(world["size"], world["seed"]),
        chain=None if chain is None else tuple(chain),
        category=content["category"],
        subcategory=content["subcategory"],
        intent=content["intent"],
        expected=content.get("expected", {}),
        notes=tuple(content.get("notes", ())),
        line=content.get("line", 0),
    )


def record_of(candidate: Candidate, report: ExecutabilityReport, *, certificates: bool = True) -> dict[str, Any]:
    """The record of a candidate that was checked: what was given, then what was found.

    Args:
        candidate: What was checked.
        report: What was found.
        certificates: Keep the proof; it is the longest part.
    """
    found = report.to_json()
    del found["instruction"]
    if not certificates:
        del found["certificate"]
    return {**candidate_to_json(candidate), **found}


def record_of_bad_line(bad: BadLine) -> dict[str, Any]:
    """The record of a line that holds no candidate."""
    return {"line": bad.line, "error": _clean(bad.error), "text": _clean(bad.text)}


def failure_of(candidate: Mapping[str, Any], error: str) -> dict[str, Any]:
    """The record of a candidate (as JSON) whose check failed; what JSON cannot hold is left out.

    Args:
        candidate: What `candidate_to_json` gave.
        error: What happened.
    """
    kept = {name: value for name, value in candidate.items() if _fits_json(value)}
    return {**kept, "error": _clean(error)}


def to_line(record: Mapping[str, Any]) -> bytes:
    """The record as a line of JSON.

    Raises:
        TypeError: JSON cannot hold it.
    """
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def content_key(*parts: bytes) -> str:
    """Names bytes by their content, 32 hex digits."""
    found = hashlib.sha256()
    for part in parts:
        found.update(b"%d:" % len(part))
        found.update(part)
    return found.hexdigest()[:32]


def verdict_of(record: Mapping[str, Any]) -> Verdict:
    """What a record says in a few words."""
    told = record.get("expected")
    told = told if isinstance(told, dict) else {}
    opinion = record.get("second_opinion")
    cause = told.get("cause")
    return Verdict(
        executable=record.get("executable"),
        cause=record.get("cause"),
        problem=None if "error" not in record else "bad line" if "text" in record else "crash",
        expected=_flag(told.get("executable")),
        expected_cause=cause if isinstance(cause, str) and cause else None,
        opinion=opinion.get("executable") if isinstance(opinion, dict) else None,
    )


def certificates_of(record: Mapping[str, Any]) -> Iterator[tuple[int, Certificate]]:
    """The certificates of a record: of the check (0), and of the second opinion (1); a bare certificate is its own.

    Raises:
        ReplayError: One is malformed.
    """
    if isinstance(record.get("certificate"), int):
        yield 0, Certificate.from_json(record)
        return
    opinion = record.get("second_opinion")
    for number, holder in enumerate((record, opinion if isinstance(opinion, dict) else {})):
        if holder.get("certificate") is not None:
            yield number, Certificate.from_json(holder["certificate"])


def read_records(path: str | Path) -> Iterator[dict[str, Any]]:
    """Yields the records of a file, in order; reads lazily.

    Warns:
        HalfWrittenLineWarning: The last line is incomplete; it is skipped.

    Raises:
        DataFileError: The file is missing, or a line is no JSON object; it names file, line and remedy.
    """
    for number, line in whole_lines(Path(path)):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise _no_record(path, number, f"expected JSON, found: {error}") from error
        if not isinstance(record, dict):
            raise _no_record(path, number, f"expected a JSON object, found {type(record).__name__}")
        yield record


def _no_record(path: str | Path, number: int, problem: str) -> DataFileError:
    return DataFileError(str(path), f"line {number}", problem, "Check the instructions again with `agentalign check`.")


def _flag(value: Any) -> bool | None:
    """A truth value, also as tables without types spell it."""
    if isinstance(value, bool):
        return value
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
        value.strip().lower() if isinstance(value, str) else ""
    )


def _fits_json(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
