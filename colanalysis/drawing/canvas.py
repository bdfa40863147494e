"""What all charts share: sizes, colours, and rows of marks and words at their places.

One unit is one pixel at the size at which the picture is shown, so a font size here is the size
that a reader sees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from colanalysis.drawing.picture import Line, Marker, Picture, Shape, svg

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
GRID = "#D5DAE0"
HIDDEN = "hidden"


@dataclass(frozen=True)
class Chart:
    """One chart as two SVG pictures, and its description in words."""

    wide: bytes
    narrow: bytes
    alt: str
    width: int
    height: int


@dataclass(frozen=True)
class Scale:
    """Where numbers stand: `first` at pixel `start`, `last` at pixel `end`, the others between."""

    start: float
    end: float
    first: float = 0.0
    last: float = 1.0

    def __call__(self, number: float) -> float:
        """Give the pixel of a number."""
        share = (number - self.first) / (self.last - self.first)
        return self.start + share * (self.end - self.start)


def percent(share: float, instead: str = HIDDEN) -> str:
    """Give a share as whole per cent, or the word for one that is not shown."""
    return instead if math.isnan(share) else f"{math.floor(100 * share + 0.5 + 1e-9)}%"


def words(table: pd.DataFrame) -> list[str]:
    """What stands in place of each rate of a table that is missing: its column ``words``, if any."""
    return table["words"].astype(str).tolist() if "words" in table else [HIDDEN] * len(table)


def text_size(width: int) -> float:
    """Give the size of ordinary text for a picture of this width."""
    return 14.0 if width >= WIDE else 13.0


def marks(
    across: Scale,
    shares: Sequence[float],
    heights: Sequence[float],
    shape: Shape,
    *,
    colour: str,
    label: str,
    filled: bool = True,
    size: float = 11,
) -> list[Marker]:
    """Give one marker for each share that is not hidden."""
    return [
        Marker(label, across(share), y, shape, colour, size, filled)
        for share, y in zip(shares, heights, strict=True)
        if not math.isnan(share)
    ]


def spans(
    across: Scale,
    lows: Sequence[float],
    highs: Sequence[float],
    heights: Sequence[float],
    *,
    colour: str,
    label: str,
    thickness: float = 2,
    opacity: float = 1,
) -> list[Line]:
    """Give one level line from low to high for each row where both ends are known."""
    return [
        Line(label, ((across(low), y), (across(high), y)), colour, thickness, opacity)
        for low, high, y in zip(lows, highs, heights, strict=True)
        if not (math.isnan(low) or math.isnan(high))
    ]


def chart(build: Callable[[int], Picture], *, alt: str) -> Chart:
    """Draw the same marks for a page and for a phone."""
    wide, narrow = build(WIDE), build(NARROW)
    return Chart(svg(wide), svg(narrow), alt, WIDE, wide.height)
