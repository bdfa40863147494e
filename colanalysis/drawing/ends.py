"""Names at the right of a picture, each at the height of what it names, none upon another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from colanalysis.drawing.canvas import NAVY, ORANGE, PLUM, TEAL, text_size
from colanalysis.drawing.letters import wrap
from colanalysis.drawing.picture import Marker, Shape, Text

__all__ = ["MARKER", "STYLES", "End", "apart", "named"]

MARKER = 9.0
# Up to four things in one picture differ by shape, and not only by colour.
STYLES: tuple[tuple[str, Shape], ...] = (
    (NAVY, "circle"),
    (PLUM, "square"),
    (TEAL, "triangle"),
    (ORANGE, "diamond"),
)


@dataclass(frozen=True)
class End:
    """What is named, at which height, and the marker that it has in the picture."""

    name: str
    words: str
    y: float
    colour: str
    shape: Shape


def named(
    ends: Sequence[End], *, right: float, bounds: tuple[float, float], width: int
) -> tuple[list[Marker], list[Text]]:
    """Write each name beside its marker to the right of ``right``, between two heights."""
    size = text_size(width)
    step = size * 1.3
    lines = [
        (end, wrap(end.words, width - right - 26, size))
        for end in sorted(ends, key=lambda end: end.y)
    ]
    sizes = [len(found) * step + 6 for _, found in lines]
    middles = apart([end.y for end, _ in lines], sizes, bounds)
    keys, texts = [], []
    for (end, found), middle in zip(lines, middles, strict=True):
        first = middle - (len(found) - 1) * step / 2
        keys.append(Marker("key", right + 14, first, end.shape, end.colour, MARKER))
        texts += [Text(line, right + 24, first + i * step, size) for i, line in enumerate(found)]
    return keys, texts


def apart(
    middles: Sequence[float], sizes: Sequence[float], bounds: tuple[float, float]
) -> list[float]:
    """Move the middles of stacked boxes, top first, just so far that none covers another."""
    placed: list[float] = []
    edge = bounds[0] - sizes[0] / 2 if sizes else 0.0
    for middle, size in zip(middles, sizes, strict=True):
        placed.append(max(middle, edge + size / 2))
        edge = placed[-1] + size / 2
    edge = bounds[1] + (sizes[-1] / 2 if sizes else 0.0)
    for i in reversed(range(len(placed))):
        placed[i] = min(placed[i], edge - sizes[i] / 2)
        edge = placed[i] - sizes[i] / 2
    return placed
