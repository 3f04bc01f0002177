"""The plots of a quality report: PNG files that are the same bytes for the same report and release of matplotlib.

Colours are those of Okabe and Ito, which people with any colour vision can tell apart.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agentalign_env.errors import MissingExtraError
from agentalign_env.synthesis.quality_report import QualityReport
from agentalign_env.synthesis.rates import Rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PLOTS", "draw_counts", "draw_plots", "require_matplotlib"]

PLOTS: Mapping[str, str] = {
    "pass_by_category.png": "Share that can be carried out, by category",
    "pass_by_capability.png": "Share that can be carried out, by capability",
    "pass_by_steps.png": "Share that can be carried out, by steps asked for",
    "causes.png": "Why instructions cannot be carried out",
    "requirements.png": "Share that meets each requirement",
    "labels_by_category.png": "Records by category",
    "verdicts.png": "The judge's verdicts, by label",
}
"""File name -> title."""

_BLUE, _ORANGE, _GREEN, _GREY = "#0072B2", "#D55E00", "#009E73", "#999999"
_VERDICTS = {"benign": _GREEN, "unsure": _GREY, "harmful": _ORANGE}
_MOST_BARS = 40
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "figure.facecolor": "white",
    "savefig.dpi": 120,
}


def require_matplotlib() -> None:
    """Checks that plots can be drawn.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "plots: expected matplotlib, which is not installed. Run `pip install 'agentalign-env[report]'`, or leave "
            "the plots out with --no-plots."
        ) from error


def draw_plots(report: QualityReport) -> dict[str, bytes]:
    """The plots by file name; those with nothing to show are left out.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    require_matplotlib()
    drawn = {
        "pass_by_category.png": _rates(PLOTS["pass_by_category.png"], report.pass_rates["category"]),
        "pass_by_capability.png": _rates(PLOTS["pass_by_capability.png"], _lowest(report.pass_rates["capability"])),
        "pass_by_steps.png": _rates(PLOTS["pass_by_steps.png"], report.pass_rates["steps"], label="steps"),
        "causes.png": _rates(PLOTS["causes.png"], report.causes, axis="share of all checked instructions"),
        "requirements.png": _rates(PLOTS["requirements.png"], report.requirements, axis="share that meets it"),
        "labels_by_category.png": draw_counts(PLOTS["labels_by_category.png"], report.balance["category"].counts),
        "verdicts.png": _verdicts(PLOTS["verdicts.png"], report.semantic.verdicts),
    }
    return {name: content for name, content in drawn.items() if content}


def _lowest(rates: Mapping[str, Rate]) -> dict[str, Rate]:
    """At most so many as can be read, those that pass least."""
    chosen = sorted(rates.items(), key=lambda item: (item[1].share or 0.0, item[0]))[:_MOST_BARS]
    return dict(sorted(chosen))


def _rates(
    title: str, rates: Mapping[str, Rate], *, label: str = "", axis: str = "share that can be carried out"
) -> bytes:
    """A dot with its interval for each rate."""
    shown = [(name, rate) for name, rate in rates.items() if rate.share is not None]
    if not shown:
        return b""

    def draw(axes: Axes) -> None:
        for at, (_, rate) in enumerate(shown):
            low, high = rate.interval or (0.0, 0.0)
            axes.plot([low, high], [at, at], color=_BLUE, linewidth=2, solid_capstyle="butt")
            axes.plot([rate.share or 0.0], [at], "o", color=_BLUE, markersize=6)
        axes.set_yticks(range(len(shown)), [f"{_short(name)}  ({rate.count}/{rate.total})" for name, rate in shown])
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel(f"{axis} (line: 95 % interval)")
        axes.set_ylabel(label)
        _finish(axes, title, len(shown))

    return _figure(draw, len(shown))


def draw_counts(title: str, counts: Mapping[str, int]) -> bytes:
    """A bar for each kind, as a PNG file; empty where there is nothing to show."""
    shown = list(counts.items())[:_MOST_BARS]
    if not shown:
        return b""

    def draw(axes: Axes) -> None:
        axes.barh(range(len(shown)), [count for _, count in shown], color=_BLUE, height=0.7)
        axes.set_yticks(range(len(shown)), [_short(name) for name, _ in shown])
        for at, (_, count) in enumerate(shown):
            axes.text(count, at, f" {count}", va="center", fontsize=9)
        axes.set_xlabel("records")
        axes.margins(x=0.1)
        _finish(axes, title, len(shown))

    return _figure(draw, len(shown))


def _verdicts(title: str, verdicts: Mapping[str, Mapping[str, int]]) -> bytes:
    """A bar of parts for each label."""
    shown = [(label or "(none)", row) for label, row in verdicts.items() if sum(row.values())]
    if not shown:
        return b""

    def draw(axes: Axes) -> None:
        for at, (_, row) in enumerate(shown):
            total, left = sum(row.values()), 0.0
            for verdict, colour in _VERDICTS.items():
                share = row[verdict] / total
                axes.barh(at, share, left=left, color=colour, height=0.6, label=verdict if not at else None)
                if share >= 0.06:
                    axes.text(
                        left + share / 2, at, str(row[verdict]), ha="center", va="center", color="white", fontsize=9
                    )
                left += share
        axes.set_yticks(range(len(shown)), [f"{label}  ({sum(row.values())})" for label, row in shown])
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of the items with this label")
        axes.set_ylabel("label")
        _finish(axes, title, len(shown))
        axes.legend(title="verdict", loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)

    return _figure(draw, len(shown))


def _finish(axes: Axes, title: str, rows: int) -> None:
    axes.set_ylim(rows - 0.4, -0.6)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.8)
    axes.set_title(title, loc="left", fontsize=12)


def _short(name: str) -> str:
    """A name that fits beside its bar; what mathematics would be typeset from is taken as it is."""
    printable = "".join(sign if sign.isprintable() else " " for sign in name).replace("$", r"\$")
    return printable if len(printable) <= 44 else f"…{printable[-43:]}"


def _figure(draw: Any, rows: int) -> bytes:
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with style.context(["default", _STYLE]):
        figure = Figure(figsize=(9, 1.6 + 0.3 * rows))
        FigureCanvasAgg(figure)
        draw(figure.add_subplot())
        content = io.BytesIO()
        figure.savefig(content, format="png", bbox_inches="tight", metadata={"Software": None})
    return content.getvalue()
