"""Time zones that scripts name in ``TZ``, by the rules that hold today."""

from __future__ import annotations

import re
from typing import NamedTuple

from agentalign_env.services.shell.coreutils.calendar_days import Zone, day_number, moment

__all__ = ["zone_named"]


class _Rule(NamedTuple):
    """When summer time begins and ends: month, which Sunday (-1: the last), hour; in UTC or by the wall clock."""

    begin: tuple[int, int, int]
    end: tuple[int, int, int]
    universal: bool = False


_US = _Rule((3, 2, 2), (11, 1, 2))
_EU = _Rule((3, -1, 1), (10, -1, 1), universal=True)
_AU = _Rule((10, 1, 2), (4, 1, 3))
_NZ = _Rule((9, -1, 2), (4, 1, 3))
# The hours ahead of UTC, the abbreviations, and the rule of summer time.
_ZONES: dict[str, tuple[float, str, str, _Rule | None]] = {
    "America/New_York": (-5, "EST", "EDT", _US),
    "America/Toronto": (-5, "EST", "EDT", _US),
    "America/Chicago": (-6, "CST", "CDT", _US),
    "America/Denver": (-7, "MST", "MDT", _US),
    "America/Phoenix": (-7, "MST", "", None),
    "America/Los_Angeles": (-8, "PST", "PDT", _US),
    "America/Anchorage": (-9, "AKST", "AKDT", _US),
    "America/Sao_Paulo": (-3, "-03", "", None),
    "America/Argentina/Buenos_Aires": (-3, "-03", "", None),
    "America/Mexico_City": (-6, "CST", "", None),
    "America/Bogota": (-5, "-05", "", None),
    "Pacific/Honolulu": (-10, "HST", "", None),
    "Europe/London": (0, "GMT", "BST", _EU),
    "Europe/Dublin": (0, "GMT", "IST", _EU),
    "Europe/Lisbon": (0, "WET", "WEST", _EU),
    "Europe/Moscow": (3, "MSK", "", None),
    "Europe/Istanbul": (3, "+03", "", None),
    "Africa/Cairo": (2, "EET", "", None),
    "Africa/Lagos": (1, "WAT", "", None),
    "Africa/Nairobi": (3, "EAT", "", None),
    "Africa/Johannesburg": (2, "SAST", "", None),
    "Asia/Dubai": (4, "+04", "", None),
    "Asia/Karachi": (5, "PKT", "", None),
    "Asia/Kolkata": (5.5, "IST", "", None),
    "Asia/Calcutta": (5.5, "IST", "", None),
    "Asia/Dhaka": (6, "+06", "", None),
    "Asia/Bangkok": (7, "+07", "", None),
    "Asia/Jakarta": (7, "WIB", "", None),
    "Asia/Shanghai": (8, "CST", "", None),
    "Asia/Hong_Kong": (8, "HKT", "", None),
    "Asia/Singapore": (8, "+08", "", None),
    "Asia/Manila": (8, "PST", "", None),
    "Asia/Tokyo": (9, "JST", "", None),
    "Asia/Seoul": (9, "KST", "", None),
    "Australia/Perth": (8, "AWST", "", None),
    "Australia/Brisbane": (10, "AEST", "", None),
    "Australia/Sydney": (10, "AEST", "AEDT", _AU),
    "Australia/Melbourne": (10, "AEST", "AEDT", _AU),
    "Pacific/Auckland": (12, "NZST", "NZDT", _NZ),
    "EST5EDT": (-5, "EST", "EDT", _US),
    "CST6CDT": (-6, "CST", "CDT", _US),
    "MST7MDT": (-7, "MST", "MDT", _US),
    "PST8PDT": (-8, "PST", "PDT", _US),
    "EST": (-5, "EST", "", None),
    "MST": (-7, "MST", "", None),
    "HST": (-10, "HST", "", None),
    "GMT": (0, "GMT", "", None),
    "Etc/GMT": (0, "GMT", "", None),
}
_CENTRAL = (
    "Amsterdam Athens:2 Belgrade Berlin Bratislava Brussels Bucharest:2 Budapest Copenhagen Helsinki:2 Kiev:2 Kyiv:2 "
    "Ljubljana Luxembourg Madrid Malta Monaco Oslo Paris Prague Riga:2 Rome Sofia:2 Stockholm Tallinn:2 Vienna "
    "Vilnius:2 Warsaw Zagreb Zurich"
)
_ZONES |= {
    f"Europe/{city.partition(':')[0]}": (2, "EET", "EEST", _EU) if ":" in city else (1, "CET", "CEST", _EU)
    for city in _CENTRAL.split()
}
_ZONES["CET"], _ZONES["EET"] = _ZONES["Europe/Paris"], _ZONES["Europe/Athens"]
_PLAIN = re.compile(r"<?([A-Za-z]{3,8}|[-+]?\d{2,4})>?([-+]?)(\d{1,2})(?::(\d{2}))?")


class _Named(NamedTuple):
    """A zone of the table."""

    hours: float
    standard: str
    summer: str
    rule: _Rule | None

    def at(self, time_s: float) -> tuple[int, str]:
        """The seconds ahead of UTC at a time, and the abbreviation."""
        offset = int(self.hours * 3600)
        if self.rule is None:
            return offset, self.standard
        year = moment(time_s + offset).year
        begin = _change_s(year, self.rule.begin) - (0 if self.rule.universal else offset)
        end = _change_s(year, self.rule.end) - (0 if self.rule.universal else offset + 3600)
        summer = begin <= time_s < end if begin < end else not end <= time_s < begin
        return (offset + 3600, self.summer) if summer else (offset, self.standard)


def _change_s(year: int, rule: tuple[int, int, int]) -> int:
    month, number, hour = rule
    if number > 0:
        first = day_number(year, month, 1)
        day = first + (3 - first) % 7 + 7 * (number - 1)  # day 3 was a Sunday
    else:
        last = day_number(year, month + 1, 0)
        day = last - (last - 3) % 7
    return day * 86_400 + hour * 3600


def zone_named(name: str | None) -> Zone | None:
    """The zone that a value of ``TZ`` names; ``None`` for UTC."""
    name = (name or "").removeprefix(":")
    if name in ("", "UTC", "UTC0", "Etc/UTC", "Universal", "Zulu", "UCT"):
        return None
    if name in _ZONES:
        return _Named(*_ZONES[name])
    found = _PLAIN.fullmatch(name)
    if found is not None:
        hours = int(found[3]) + int(found[4] or 0) / 60
        return _Named(hours if found[2] == "-" else -hours, found[1], "", None)  # as POSIX counts: west is positive
    short = re.match(r"[A-Za-z]{3,}", name)
    return _Named(0, short.group()[:6] if short else "UTC", "", None)
