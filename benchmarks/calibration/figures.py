"""Draw docs/power.svg and docs/false-findings.svg from the kept figures; the same bytes every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.calibration import beside, kept
from benchmarks.calibration.settings import GROUPS, POINTS, SIZES
from colanalysis.comparing import estimate

DOCS = Path(__file__).resolve().parents[2] / "docs"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "colanalysis", "font.size": 10.0,
    "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip
# By points: colour, marker and line, so that no line is told by its colour alone.
LINES = {
    8: ("#767676", "s", ":"),
    12: ("#b34700", "^", "-."),
    18: ("#00629b", "D", "--"),
    25: ("#000000", "o", "-"),
}
INK, LIMIT, ALLOWED = "#00629b", "#b34700", 0.10


def draw(folder: Path = DOCS) -> None:
    """Draw both and write them."""
    with mpl.rc_context(STYLE):
        for name, figure in (
            ("power", power(kept.read("power"))),
            ("false-findings", false_findings(kept.read("null"), kept.read("peers"))),
        ):
            path = folder / f"{name}.svg"
            figure.savefig(path, format="svg", metadata={"Date": None}, facecolor="white")
            lines = path.read_text(encoding="utf-8").splitlines()
            text = "\n".join(line.rstrip() for line in lines) + "\n"
            path.write_text(text, encoding="utf-8", newline="\n")


def power(table: pd.DataFrame) -> Figure:
    """How often a planted hurdle is found, by the size of its group, a panel for each community size."""
    figure = Figure(figsize=(9.5, 4.2), layout="constrained")
    panels = figure.subplots(1, len(SIZES), sharey=True)
    for axes, learners in zip(panels, SIZES, strict=True):
        mine = table[table["learners"] == learners]
        for points in POINTS:
            own = mine[mine["points"] == -points].set_index("group").loc[list(GROUPS)]
            colour, marker, line = LINES[int(points)]
            x, found = np.arange(len(own)), own["found"].to_numpy() / own["seeds"].to_numpy()
            low, high = estimate.wilson(own["seeds"].to_numpy(), own["found"].to_numpy())
            aside = x + 0.05 * (list(POINTS).index(points) - 1.5)
            axes.vlines(aside, low, high, color=colour, alpha=0.35, linewidth=1)
            axes.plot(aside, found, color=colour, marker=marker, linestyle=line, markersize=4)
        _labels(axes, mine)
        shares = [mine.loc[mine["group"] == group, "share"].mean() for group in GROUPS]
        axes.set_xticks(np.arange(len(GROUPS)), [f"{100 * one:.1f}" for one in shares])
        axes.set(xlim=(-0.4, len(GROUPS) + 0.5), ylim=(-0.02, 1.04))
        axes.set_title(f"{learners:,} learners", fontsize=10, loc="left")
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    panels[0].set_ylabel("communities in which it is found")
    panels[1].set_xlabel("planted results, % of all results of the measure (five groups)")
    return figure


def _labels(axes: Axes, mine: pd.DataFrame) -> None:
    """Name every line at its right end, apart from one another."""
    last = mine[mine["group"] == GROUPS[-1]]
    ends = {
        points: (last.loc[last["points"] == -points, "found"] / last["seeds"].iloc[0]).item()
        for points in POINTS
    }
    height = 1.1
    for points in sorted(ends, key=lambda one: (-ends[one], -one)):
        height = min(ends[points], height - 0.06)
        text = f"{points:.0f} points"
        axes.text(
            len(GROUPS) - 0.75, height, text, color=LINES[int(points)][0], va="center", fontsize=9
        )


def false_findings(null: pd.DataFrame, peers: pd.DataFrame) -> Figure:
    """Communities with nothing there that list anything: ours, and beside other methods."""
    figure = Figure(figsize=(9.5, 5.0), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.2, 1])
    names = [
        f"{row.repetition}, {row.layout}, {row.learners:,}{', schools differ' if row.schools else ''}"
        for row in null.itertuples()
    ]
    _dots(left, names, null["any"].to_numpy(), null["seeds"].to_numpy())
    left.set(xlim=(0, 0.25), xlabel="communities that list anything")
    left.set_title("This library", fontsize=10, loc="left")
    told = beside.together(peers)
    told = told[told["points"] == 0]
    names = [f"{beside.TOOLS[row.tool]}, {row.learners:,}" for row in told.itertuples()]
    _dots(right, names, told["listed"].to_numpy(), told["seeds"].to_numpy())
    right.set(xlim=(0, 1.03), xlabel="communities that list anything")
    right.set_title("Beside other methods", fontsize=10, loc="left")
    return figure


def _dots(axes: Axes, names: list[str], count: np.ndarray, of: np.ndarray) -> None:
    place = np.arange(len(names))[::-1]
    low, high = estimate.wilson(of, count)
    axes.hlines(place, low, high, color=INK, linewidth=1.5)
    axes.plot(count / of, place, "o", color=INK, markersize=5)
    axes.axvline(ALLOWED, color=LIMIT, linestyle="--", linewidth=1)
    axes.text(ALLOWED, len(names) - 0.3, " 10 % allowed", color=LIMIT, fontsize=9, va="bottom")
    axes.set_yticks(place, names, fontsize=9)
    axes.set_ylim(-0.7, len(names) + 0.5)
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
