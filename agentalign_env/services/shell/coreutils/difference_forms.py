"""How diff shows what differs: the normal form, unified, with context, as a script of ed or RCS, side by side."""

from __future__ import annotations

from agentalign_env.services.shell.coreutils.edit_script import Change

__all__ = ["context_form", "ed_form", "normal_form", "rcs_form", "side_by_side", "unified_form"]

_NO_NEWLINE = "\\ No newline at end of file\n"


def _marked(mark: str, lines: list[str]) -> str:
    return "".join(f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n{_NO_NEWLINE}" for line in lines)


def _range(start: int, end: int) -> str:
    return f"{start + 1},{end}" if end - start > 1 else str(end if start == end else start + 1)


def normal_form(found: list[Change], old: list[str], new: list[str]) -> str:
    """The changes in the normal form."""
    shown = []
    for change in found:
        gone, come = old[change.old_start : change.old_end], new[change.new_start : change.new_end]
        letter = "c" if gone and come else "d" if gone else "a"
        shown.append(f"{_range(change.old_start, change.old_end)}{letter}{_range(change.new_start, change.new_end)}\n")
        shown.append(_marked("< ", gone) + ("---\n" if gone and come else "") + _marked("> ", come))
    return "".join(shown)


def ed_form(found: list[Change], new: list[str]) -> str:
    """A script for ed that makes the changes."""
    shown = []
    for change in reversed(found):
        come = new[change.new_start : change.new_end]
        letter = "d" if not come else "c" if change.old_end > change.old_start else "a"
        shown.append(f"{_range(change.old_start, change.old_end)}{letter}\n")
        shown.append("".join(come) + ".\n" if come else "")
    return "".join(shown)


def rcs_form(found: list[Change], new: list[str]) -> str:
    """A script in the form of RCS."""
    shown = []
    for change in found:
        if gone := change.old_end - change.old_start:
            shown.append(f"d{change.old_start + 1} {gone}\n")
        if come := change.new_end - change.new_start:
            shown.append(f"a{change.old_end} {come}\n" + "".join(new[change.new_start : change.new_end]))
    return "".join(shown)


def _hunks(found: list[Change], context: int) -> list[list[Change]]:
    hunks: list[list[Change]] = []
    for change in found:
        if hunks and change.old_start - hunks[-1][-1].old_end <= 2 * context:
            hunks[-1].append(change)
        else:
            hunks.append([change])
    return hunks


def _span(start: int, count: int) -> str:
    return str(start + 1) if count == 1 else f"{start + 1 if count else start},{count}"


def unified_form(found: list[Change], old: list[str], new: list[str], context: int) -> str:
    """Hunks with marked lines."""
    shown = []
    for hunk in _hunks(found, context):
        lead = min(context, hunk[0].old_start)
        tail = min(context, len(old) - hunk[-1].old_end)
        start, first = hunk[0].old_start - lead, hunk[0].new_start - lead
        end, last = hunk[-1].old_end + tail, hunk[-1].new_end + tail
        shown.append(f"@@ -{_span(start, end - start)} +{_span(first, last - first)} @@\n")
        at = start
        for change in hunk:
            shown.append(_marked(" ", old[at : change.old_start]))
            shown.append(_marked("-", old[change.old_start : change.old_end]))
            shown.append(_marked("+", new[change.new_start : change.new_end]))
            at = change.old_end
        shown.append(_marked(" ", old[at:end]))
    return "".join(shown)


def context_form(found: list[Change], old: list[str], new: list[str], context: int) -> str:
    """Hunks of both sides, one after the other."""
    shown = []
    for hunk in _hunks(found, context):
        lead = min(context, hunk[0].old_start)
        tail = min(context, len(old) - hunk[-1].old_end)
        start, first = hunk[0].old_start - lead, hunk[0].new_start - lead
        end, last = hunk[-1].old_end + tail, hunk[-1].new_end + tail
        shown.append(f"***************\n*** {_range(start, end)} ****\n")
        if any(change.old_end > change.old_start for change in hunk):
            shown.append(
                _context_side([(c.old_start, c.old_end, c.new_end > c.new_start) for c in hunk], old, start, end, "- ")
            )
        shown.append(f"--- {_range(first, last)} ----\n")
        if any(change.new_end > change.new_start for change in hunk):
            shown.append(
                _context_side([(c.new_start, c.new_end, c.old_end > c.old_start) for c in hunk], new, first, last, "+ ")
            )
    return "".join(shown)


def _context_side(runs: list[tuple[int, int, bool]], lines: list[str], start: int, end: int, mark: str) -> str:
    shown, at = [], start
    for first, last, both in runs:
        shown.append(_marked("  ", lines[at:first]))
        shown.append(_marked("! " if both else mark, lines[first:last]))
        at = last
    return "".join([*shown, _marked("  ", lines[at:end])])


def side_by_side(found: list[Change], old: list[str], new: list[str], width: int, *, common: bool) -> str:
    """Both texts in two columns."""
    # GNU's layout: the second column begins at a tab stop.
    offset = (width + 8 + 3) // 2 - ((width + 8 + 3) // 2) % 8
    half = max(0, min(offset - 3, width - offset))
    rows: list[tuple[str | None, str, str | None]] = []
    at = beside = 0
    for change in [*found, Change(len(old), len(old), len(new), len(new))]:
        if common:
            rows.extend(
                (one, " ", other)
                for one, other in zip(old[at : change.old_start], new[beside : change.new_start], strict=False)
            )
        gone, come = old[change.old_start : change.old_end], new[change.new_start : change.new_end]
        both = min(len(gone), len(come))
        rows.extend((gone[n], "|", come[n]) for n in range(both))
        rows.extend((line, "<", None) for line in gone[both:])
        rows.extend((None, ">", line) for line in come[both:])
        at, beside = change.old_end, change.new_end
    shown = []
    for one, mark, other in rows:
        left = (one or "").rstrip("\n").expandtabs(8)[:half]
        right = (other or "").rstrip("\n").expandtabs(8)[:half]
        shown.append(_two_columns(left, mark, right, half, offset, has_right=other is not None) + "\n")
    return "".join(shown)


def _two_columns(left: str, mark: str, right: str, half: int, offset: int, *, has_right: bool) -> str:
    """The gaps are tabs as far as they go, as diff writes them."""
    text, column = left, len(left)

    def to(target: int) -> None:
        nonlocal text, column
        while column // 8 * 8 + 8 <= target:
            text, column = text + "\t", column // 8 * 8 + 8
        text, column = text + " " * (target - column), max(target, column)

    if mark != " ":
        to((half + offset - 1) // 2)
        text, column = text + mark, column + 1
    if has_right:
        to(offset)
        text += right
    return text
