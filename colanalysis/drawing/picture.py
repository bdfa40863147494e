"""A picture as a list of marks, and as SVG.

A mark says where it stands in pixels from the left and from the top, how it looks, and what it
shows. Nothing else is kept, so the same marks give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal
from xml.sax.saxutils import escape

from colanalysis import inert

INK = "#1F2328"
RIM = 2.0

Point = tuple[float, float]
Shape = Literal["circle", "square", "triangle", "diamond"]
Anchor = Literal["left", "center", "right"]

_FONT = "system-ui,Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif"
# How far below its middle, in sizes of the font, a line of text stands.
_BASELINE = 0.26
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}


@dataclass(frozen=True)
class Line:
    """A line through two or more points."""

    label: str
    points: tuple[Point, ...]
    colour: str
    thickness: float = 1
    opacity: float = 1
    dashed: bool = False

    @property
    def look(self) -> str:
        """The attributes of its path in SVG."""
        opacity = f" opacity='{self.opacity:g}'" if self.opacity < 1 else ""
        dashes = " stroke-dasharray='4.4,1.9'" if self.dashed else ""
        thickness = f" stroke-width='{self.thickness:g}'" if self.thickness != 1 else ""
        return f"stroke='{self.colour}'{thickness}{opacity}{dashes}"

    @property
    def path(self) -> str:
        """Its outline in SVG."""
        (x, y), *others = ((_short(x), _short(y)) for x, y in self.points)
        path = f"M{x},{y}"
        for to_x, to_y in others:
            path += f"H{to_x}" if to_y == y else f"V{to_y}" if to_x == x else f"L{to_x},{to_y}"
            x, y = to_x, to_y
        return path


@dataclass(frozen=True)
class Marker:
    """A small shape around a point, full or hollow."""

    label: str
    x: float
    y: float
    shape: Shape
    colour: str
    size: float
    filled: bool = True

    @property
    def look(self) -> str:
        """The attributes of its path in SVG."""
        if self.filled:
            return f"fill='{self.colour}'"
        return f"fill='#fff' stroke='{self.colour}' stroke-width='{RIM:g}'"

    @property
    def path(self) -> str:
        """Its outline in SVG; that of a hollow one lies in the middle of its rim."""
        return _OUTLINES[self.shape](self.x, self.y, self.size - (0 if self.filled else RIM))


@dataclass(frozen=True)
class Bar:
    """A filled box with its corner at a point."""

    label: str
    x: float
    y: float
    width: float
    height: float
    colour: str

    @property
    def look(self) -> str:
        """The attributes of its path in SVG."""
        return f"fill='{self.colour}'"

    @property
    def path(self) -> str:
        """Its outline in SVG."""
        across, down = _short(self.width), _short(self.height)
        return f"{_start(self.x, self.y)}h{across}v{down}h-{across}z"


@dataclass(frozen=True)
class Text:
    """One line of text, from, around or up to `x` as `anchor` says (left, center, right)."""

    text: str
    x: float
    y: float
    size: float
    bold: bool = False
    anchor: Anchor = "left"

    @property
    def look(self) -> str:
        """The attributes that it shares with others of its kind in SVG."""
        anchor = f" text-anchor='{_ANCHORS[self.anchor]}'" if self.anchor != "left" else ""
        return f"font-size='{self.size:g}'{anchor}" + (" font-weight='700'" if self.bold else "")


Mark = Line | Marker | Bar


@dataclass(frozen=True)
class Picture:
    """What is drawn, the first mark lowest, with the texts above all marks."""

    width: int
    height: int
    marks: tuple[Mark, ...] = ()
    texts: tuple[Text, ...] = ()

    def over(self, *sets: Iterable[Mark]) -> Picture:
        """Give the picture with more marks above those that it has."""
        return replace(self, marks=(*self.marks, *(mark for marks in sets for mark in marks)))


def svg(picture: Picture) -> bytes:
    """Give a picture as SVG without ids: one path for marks that look alike and follow each other."""
    w, h = picture.width, picture.height
    paths = "".join(
        f"<path {look} d='{''.join(mark.path for mark in marks)}'/>"
        for look, marks in groupby(picture.marks, key=lambda mark: mark.look)
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{w}' height='{h}' viewBox='0,0,{w},{h}' "
        f"fill='none'>{paths}{_written(picture.texts)}</svg>"
    ).encode()


def _written(texts: Sequence[Text]) -> str:
    """The texts, those that look alike together."""
    looks = dict.fromkeys(text.look for text in texts)
    groups = (
        f"<g {look}>{''.join(_line(text) for text in texts if text.look == look)}</g>"
        for look in looks
    )
    return f"<g font-family='{_FONT}' fill='{INK}'>{''.join(groups)}</g>" if texts else ""


def _line(text: Text) -> str:
    shown = inert.text(text.text)
    across = f" x='{_short(text.x)}'" if text.x else ""
    down = _short(text.y + _BASELINE * text.size)
    return f"<text{across} y='{down}'>{escape(shown)}</text>" if shown else ""


# All outlines run clockwise: were two of one path to overlap, neither would cut a hole in the other.
def _circle(x: float, y: float, width: float) -> str:
    arc = f"a{_short(width / 2)},{_short(width / 2)},0,1,1,"
    return f"{_start(x - width / 2, y)}{arc}{_short(width)},0{arc}-{_short(width)},0z"


def _square(x: float, y: float, width: float) -> str:
    side = _short(width)
    return f"{_start(x - width / 2, y - width / 2)}h{side}v{side}h-{side}z"


def _triangle(x: float, y: float, width: float) -> str:
    side = _short(width)
    return f"{_start(x, y - width / 2)}l{_short(width / 2)},{side}h-{side}z"


def _diamond(x: float, y: float, width: float) -> str:
    """A square of this width, turned, so that it looks as heavy as a circle."""
    reach = width * 0.5**0.5
    r = _short(reach)
    return f"{_start(x, y - reach)}l{r},{r}l-{r},{r}l-{r}-{r}z"


_OUTLINES = {"circle": _circle, "square": _square, "triangle": _triangle, "diamond": _diamond}


def _start(x: float, y: float) -> str:
    return f"M{_short(x)},{_short(y)}"


def _short(pixels: float) -> str:
    """Write a place to a tenth of a pixel, nothing as 0 and never as -0."""
    return f"{round(pixels, 1) + 0.0:g}"
