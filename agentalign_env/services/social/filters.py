"""The filters of the platforms' searches, as one predicate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agentalign_env.core.clock import DAY_S, HOUR_S, parse_iso
from agentalign_env.errors import OperationError
from agentalign_env.services.social.records import Post

__all__ = ["post_filter"]

_AGES_S = {"hour": HOUR_S, "today": DAY_S, "week": 7 * DAY_S, "month": 30 * DAY_S, "year": 365 * DAY_S}
# Every video of a world is shorter than four minutes: the shortest class of each platform holds all, the others none.
_SHORTEST = {"", "any", "short", "0", "1"}
_DURATIONS = _SHORTEST | {"medium", "long", "2", "3", "4"}


def post_filter(platform: str, filters: Mapping[str, Any], now_s: int) -> Callable[[Post], bool]:
    """What a post must meet: it is on the platform, public, and passes the filters.

    Raises:
        OperationError: ``invalid_argument``, when a filter cannot be read.
    """
    after, before = _period(filters, now_s)
    place = str(filters.get("location", "")).casefold()
    partition = str(filters.get("partition", ""))
    duration = str(filters.get("duration", "")).casefold()
    if duration not in _DURATIONS:
        raise _unreadable("duration", duration, "short, medium or long")
    language = str(filters.get("language", "")).casefold()
    # Posts are in English, and no video is long: other languages and classes match nothing.
    nothing = duration not in _SHORTEST or not (language in ("", "any", "all") or language.split("-")[0] == "en")

    def keep(post: Post) -> bool:
        return (
            post.platform == platform
            and post.visibility == "public"
            and not nothing
            and after <= post.created_s <= before
            and place in post.location.casefold()
            and partition in ("", post.category)
        )

    return keep


def _period(filters: Mapping[str, Any], now_s: int) -> tuple[int, int]:
    start, end = str(filters.get("start_time", "")), str(filters.get("end_time", ""))
    span = str(filters.get("date_range", ""))
    if span:
        start, slash, end = span.partition("/")
        if not slash:
            raise _unreadable(
                "date_range", span, "two ISO dates with a slash between them, such as 2026-01-05/2026-02-01"
            )
    after, before = 0, now_s
    if start:
        after = _moment(start)
    if end:
        before = _moment(end) + (DAY_S - 1 if len(end) == len("2026-01-05") else 0)
    age = str(filters.get("upload_date", "")).casefold()
    if age and age != "any":
        if age not in _AGES_S:
            raise _unreadable("upload_date", age, f"one of any, {', '.join(_AGES_S)}")
        after = max(after, now_s - _AGES_S[age])
    return after, before


def _moment(text: str) -> int:
    moment = parse_iso(text)
    if moment is None:
        raise _unreadable("the time", text, "an ISO 8601 date or time, such as 2026-01-05 or 2026-01-05T09:00:00Z")
    return moment


def _unreadable(name: str, found: str, expected: str) -> OperationError:
    return OperationError("invalid_argument", f"filters: {name} should be {expected}, found {found[:80]!r}", "filters")
