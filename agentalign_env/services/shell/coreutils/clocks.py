"""Commands on time: date, cal, sleep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.calendar_days import (
    MONTHS,
    Zone,
    day_number,
    days_in_month,
    format_time,
    moment,
)
from agentalign_env.services.shell.coreutils.dates import parse_date
from agentalign_env.services.shell.coreutils.quoting import curly, quoted
from agentalign_env.services.shell.coreutils.sizes import whole
from agentalign_env.services.shell.coreutils.time_zones import zone_named
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS", "duration"]

_DATE = Syntax.of(
    "d|date= debug f|file= I iso-8601=? R|rfc-email rfc-3339= r|reference= s|set= u|utc|universal resolution"
)
_PRECISIONS = {
    "date": "%Y-%m-%d",
    "hours": "%Y-%m-%dT%H%:z",
    "minutes": "%Y-%m-%dT%H:%M%:z",
    "seconds": "%Y-%m-%dT%H:%M:%S%:z",
    "ns": "%Y-%m-%dT%H:%M:%S,%N%:z",
}


def _date(invocation: Invocation) -> int:
    args = [f"--iso-8601={arg[2:]}" if arg.startswith("-I") and len(arg) > 2 else arg for arg in invocation.args]
    options = parse(invocation, _DATE, args=args)
    if isinstance(options, int):
        return options
    form = _format(invocation, options)
    if form is None:
        return 1
    zone = None if "u" in options else zone_named(invocation.env.get("TZ"))
    if "s" in options:
        invocation.err("date: cannot set date: Operation not permitted\n")
        invocation.out(format_time(form, parse_date(options.get("s"), invocation.now_s) or 0) + "\n")
        return 1
    if "r" in options:
        try:
            found = invocation.files.require(invocation.path(options.get("r")))
        except OperationError as error:
            return invocation.complain(quoted(options.get("r")), error)
        invocation.out(format_time(form, found.modified_s, zone) + "\n")
        return 0
    if "f" not in options:
        return _show(invocation, options.get("d") if "d" in options else None, form, zone)
    try:
        lines = list(invocation.open(options.get("f")))
    except OperationError as error:
        return invocation.complain(quoted(options.get("f")), error)
    return max((_show(invocation, line.rstrip("\n"), form, zone) for line in lines), default=0)


def _format(invocation: Invocation, options: Options) -> str | None:
    forms = [operand[1:] for operand in options.operands if operand.startswith("+")]
    extra = [operand for operand in options.operands if not operand.startswith("+")]
    if extra:
        if any(key in options for key in ("d", "r", "f", "s")):
            usage_error(
                invocation,
                f"the argument {curly(extra[0])} lacks a leading '+';\n"
                "when using an option to specify date(s), any non-option\n"
                "argument must be a format string beginning with '+'",
            )
        elif len(options.operands) > 1:
            usage_error(invocation, f"extra operand {curly(options.operands[1])}")
        else:
            invocation.err(f"date: invalid date {curly(extra[0])}\n")
        return None
    if len(forms) > 1:
        usage_error(invocation, f"extra operand {curly(options.operands[1])}")
        return None
    if "iso-8601" in options or "I" in options:
        precision = options.get("iso-8601") or "date"
        matches = [name for name in _PRECISIONS if name.startswith(precision)]
        if len(matches) != 1:
            valid = "\n".join(f"  - {curly(name)}" for name in ("hours", "minutes", "date", "seconds", "ns"))
            problem = f"invalid argument {curly(precision)} for {curly('--iso-8601')}\nValid arguments are:\n{valid}"
            usage_error(invocation, problem)
            return None
        return _PRECISIONS[matches[0]]
    if "rfc-3339" in options:
        return {"date": "%Y-%m-%d", "seconds": "%Y-%m-%d %H:%M:%S%:z"}.get(
            options.get("rfc-3339"), "%Y-%m-%d %H:%M:%S.%N%:z"
        )
    if "R" in options:
        return "%a, %d %b %Y %H:%M:%S %z"
    return forms[0] if forms else "%a %b %e %H:%M:%S %Z %Y"


def _show(invocation: Invocation, words: str | None, form: str, zone: Zone | None) -> int:
    found = invocation.now_s if words is None else parse_date(words, invocation.now_s, zone)
    if found is None:
        invocation.err(f"date: invalid date {curly(words or '')}\n")
        return 1
    invocation.out(format_time(form, found, zone) + "\n")
    return 0


_CAL = Syntax.of("1|one 3|three n|months= s|sunday m|monday j|julian y|year Y|twelve w|week=? h")


def _cal(invocation: Invocation) -> int:
    options = parse(invocation, _CAL)
    if isinstance(options, int):
        return options
    now = moment(invocation.now_s)
    month, year, words = now.month, now.year, options.operands
    if words and not (words[-1].isdecimal() and all(re.fullmatch(r"\d{1,4}|[A-Za-z]{3,9}", word) for word in words)):
        invocation.err(f"cal: failed to parse timestamp or unknown month name: {words[0]}\n")
        return 1
    if words:
        year = whole(words[-1])
        months = words[-2:-1]
        if months:
            named = [at for at, name in enumerate(MONTHS, 1) if name.lower().startswith(months[0].lower())]
            month = whole(months[0]) if months[0].isdecimal() else (named or [0])[0]
        if not 1 <= month <= 12:
            invocation.err("cal: illegal month value: use 1-12\n")
            return 1
        if not 1 <= year <= 9999:
            invocation.err("cal: illegal year value: use positive integer\n")
            return 1
    monday = "m" in options
    if "y" in options or len(words) == 1:
        blocks = [_month(year, number, monday=monday, title=MONTHS[number - 1]) for number in range(1, 13)]
        invocation.out(
            f"{year:^66}".rstrip().rjust(0) + "\n\n" + "\n".join(_beside(blocks[at : at + 3]) for at in range(0, 12, 3))
        )
        return 0
    first, count = (month - 1, 3) if "3" in options else (month, whole(options.get("n"), 1))
    blocks = []
    for number in range(first, first + min(count, 12)):
        in_year, at = year + (number - 1) // 12, (number - 1) % 12 + 1
        blocks.append(_month(in_year, at, monday=monday, title=f"{MONTHS[at - 1]} {in_year}"))
    invocation.out("".join(_beside(blocks[at : at + 3]) for at in range(0, len(blocks), 3)))
    return 0


def _month(year: int, month: int, *, monday: bool, title: str) -> list[str]:
    head = "Mo Tu We Th Fr Sa Su" if monday else "Su Mo Tu We Th Fr Sa"
    blank = ((day_number(year, month, 1) + 4) % 7 - monday) % 7
    cells = ["  "] * blank + [f"{day:2}" for day in range(1, days_in_month(year, month) + 1)]
    cells += ["  "] * (42 - len(cells))
    return [f"{title:^20}", head, *(" ".join(cells[at : at + 7]) for at in range(0, 42, 7))]


def _beside(blocks: list[list[str]]) -> str:
    return "".join("  ".join(lines) + "  \n" for lines in zip(*blocks, strict=True))


_DURATION = re.compile(r"(\d+\.?\d*(?:e[-+]?\d{1,3})?|\.\d+|inf(?:inity)?)([smhd]?)", re.IGNORECASE)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def duration(text: str) -> float | None:
    """Seconds from a number with its unit; ``None`` where it is none."""
    found = _DURATION.fullmatch(text)
    return None if found is None else float(found[1]) * _SECONDS[found[2]]


def _sleep(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of(""))
    if isinstance(options, int):
        return options
    if not options.operands:
        return usage_error(invocation, "missing operand")
    total, wrong = 0.0, False
    for word in options.operands:
        seconds = duration(word)
        if seconds is None:
            invocation.err(f"sleep: invalid time interval {curly(word)}\n")
            wrong = True
        else:
            total += seconds
    if wrong:
        invocation.err("Try 'sleep --help' for more information.\n")
        return 1
    invocation.sleep(min(total, 1e10))
    return 0


COMMANDS: Mapping[str, Command] = {"cal": _cal, "date": _date, "ncal": _cal, "sleep": _sleep}
