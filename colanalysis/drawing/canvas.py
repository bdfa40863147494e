"""What all charts share: text that fits, marks, and pictures as small, steady SVG.

The same table gives the same bytes: no date, no library version, fixed ids. One unit is one pixel
at the size at which the picture is shown, so a font size here is the size that a reader sees.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from colanalysis import inert

WIDE = 720
NARROW = 340
NAVY, TEAL, PLUM, ORANGE, GREY, LILAC = (
    "#12436D",
    "#28A197",
    "#801650",
    "#F46A25",
    "#3D3D3D",
    "#A285D1",
)
INK = "#1F2328"
GRID = "#D5DAE0"
HIDDEN = "hidden"
LONGEST, LONGEST_WORD = 240, 40

# How far below its middle, in sizes of the font, a line of text stands.
_BASELINE = 0.26
_FONT = "system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
_RC: dict[Any, Any] = {
    "svg.hashsalt": "colanalysis",
    "svg.fonttype": "none",
    "path.simplify": False,
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@dataclass(frozen=True)
class Chart:
    """One chart as two SVG pictures, and its description in words."""

    wide: bytes
    narrow: bytes
    alt: str
    width: int
    height: int


def percent(share: float, instead: str = HIDDEN) -> str:
    """Give a share as whole per cent, or the word for one that is not shown."""
    return instead if math.isnan(share) else f"{math.floor(100 * share + 0.5 + 1e-9)}%"


def words(table: pd.DataFrame) -> list[str]:
    """What stands in place of each rate of a table that is missing: its column ``words``, if any."""
    return table["words"].astype(str).tolist() if "words" in table else [HIDDEN] * len(table)


def text_size(width: int) -> float:
    """Give the size of ordinary text for a picture of this width."""
    return 14.0 if width >= WIDE else 13.0


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Give the width of a text in pixels, in a font wider than those of most readers."""
    font = FontProperties(family="DejaVu Sans", weight=weight)
    with _any_letter():
        width = text_to_path.get_text_width_height_descent(text, font, False)[0]
    return width * size / font.get_size()


def wrap(text: str, room: float, size: float, weight: str = "normal") -> list[str]:
    """Break a text into lines that fit the room; a separating dot stays at the end of its line.

    A very long text ends with an ellipsis: the table below a chart has all of it.
    """
    lines = [""]
    kept = re.sub(r" (?=[·→–|%\d])", "\u00a0", " ".join(inert.text(text).split()))
    kept = kept if len(kept) <= LONGEST else kept[: LONGEST - 1] + "…"
    for word in _pieces(re.split(r"(?<= )|(?<=/)", kept), room, size, weight):
        longer = lines[-1] + word
        if lines[-1] and text_width(longer.rstrip(), size, weight) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return [line.rstrip(" ") for line in lines]


def _pieces(words: Sequence[str], room: float, size: float, weight: str) -> Iterator[str]:
    """Give the words, cut where one is wider than the room and longer than words are."""
    for word in words:
        rest = word
        while len(rest) > LONGEST_WORD and text_width(rest.rstrip(), size, weight) > room:
            ends = range(2, len(rest))
            cut = 1 + bisect_right(ends, room, key=lambda end: text_width(rest[:end], size, weight))  # noqa: B023
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


def write(
    figure: Figure,
    x: float,
    y: float,
    text: str,
    *,
    bold: bool = False,
    small: bool = False,
    ha: str = "left",
) -> None:
    """Write one line, `x` pixels from the left edge and centred `y` pixels from the top."""
    if not text:
        return
    width, height = figure.get_figwidth() * 72, figure.get_figheight() * 72
    figure.text(
        x / width,
        1 - y / height,
        inert.text(text),
        color=INK,
        ha=ha,
        va="center",
        fontsize=text_size(round(width)) - (1 if small else 0),
        fontweight="bold" if bold else "normal",
        parse_math=False,
    )


def blank(width: int, height: float, *, left: float, right: float) -> tuple[Figure, Axes]:
    """Make an empty picture; across, the axes run from 0 to 1; down, in pixels from the top."""
    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    axes = figure.add_axes((left / width, 0, (right - left) / width, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(height, 0))
    return figure, axes


def mark(
    axes: Axes,
    shares: Sequence[float],
    heights: Sequence[float],
    marker: str,
    *,
    colour: str,
    label: str,
    filled: bool = True,
    size: float = 9,
) -> None:
    """Draw one marker for each share that is not hidden."""
    shown = [(x, y) for x, y in zip(shares, heights, strict=True) if not math.isnan(x)]
    axes.plot(
        [x for x, _ in shown],
        [y for _, y in shown],
        linestyle="none",
        marker=marker,
        markersize=size,
        markeredgewidth=2,
        markeredgecolor=colour,
        clip_on=False,
        label=label,
        markerfacecolor=colour if filled else "white",
        zorder=4,
    )


def spans(
    axes: Axes,
    lows: Sequence[float],
    highs: Sequence[float],
    heights: Sequence[float],
    *,
    colour: str,
    label: str,
    thickness: float = 2,
    alpha: float = 1,
) -> None:
    """Draw one level line from low to high for each row where both ends are known."""
    shown = [
        (low, high, y)
        for low, high, y in zip(lows, highs, heights, strict=True)
        if not (math.isnan(low) or math.isnan(high))
    ]
    if shown:
        low, high, y = zip(*shown, strict=True)
        axes.hlines(
            y, low, high, colors=colour, linewidth=thickness, alpha=alpha, label=label, zorder=2
        )


def chart(build: Callable[[int], Figure], *, alt: str) -> Chart:
    """Draw the same marks for a page and for a phone."""
    wide, narrow = build(WIDE), build(NARROW)
    return Chart(_svg(wide), _svg(narrow), alt, WIDE, round(wide.get_figheight() * 72))


@contextmanager
def _any_letter() -> Iterator[None]:
    """Let letters pass that the measuring font lacks: readers see their own fonts."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def _svg(figure: Figure) -> bytes:
    out = io.StringIO()
    written = _written(figure)
    for text in figure.texts:
        text.set_visible(False)
    with matplotlib.rc_context(_RC):
        FigureCanvasSVG(figure).print_svg(out, metadata=_NO_METADATA)
    drawn = out.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<[^>]*>", _tidy, drawn)
    drawn = re.sub(r"<!--.*?-->|(?<=>)\s+(?=<)", "", drawn, flags=re.DOTALL).strip()
    return f"{drawn.removesuffix('</svg>')}{written}</svg>".encode()


def _written(figure: Figure) -> str:
    """The texts of a picture as SVG. Matplotlib would measure each, which takes longer than all else."""
    width, height = figure.get_figwidth() * 72, figure.get_figheight() * 72
    lines = []
    for text in figure.texts:
        (x, y), size = text.get_position(), float(text.get_fontsize())
        anchor = {"left": "start", "center": "middle", "right": "end"}[
            text.get_horizontalalignment()
        ]
        bold = ' font-weight="700"' if text.get_fontweight() == "bold" else ""
        down = (1 - y) * height + _BASELINE * size
        lines.append(
            f'<text x="{x * width:.6g}" y="{down:.6g}" font-size="{size:g}px" '
            f'text-anchor="{anchor}"{bold}>{escape(text.get_text())}</text>'
        )
    return f'<g font-family="{_FONT}" fill="{INK}">{"".join(lines)}</g>' if lines else ""


def _tidy(tag: re.Match[str]) -> str:
    return re.sub(r'(width|height)="([\d.]+)pt"', r'\1="\2"', tag.group())
