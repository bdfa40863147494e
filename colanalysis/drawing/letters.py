"""Text that fits: how wide it stands, and where its lines break."""

from __future__ import annotations

import csv
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources

from colanalysis import inert

LONGEST, LONGEST_WORD = 240, 40

# In shares of the size: a letter that fills a square, and one that the table does not know.
_SQUARE, _UNKNOWN = 1.0, 0.8


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Give the width of a text in pixels, in a font wider than those of most readers."""
    return size * sum(_letter_width(letter, weight) for letter in text)


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


@lru_cache(maxsize=4096)
def _letter_width(letter: str, weight: str) -> float:
    known = _widths(weight)
    # An accent adds no width to the letter that it stands on.
    base = unicodedata.normalize("NFKD", letter)[0]
    if letter in known:
        return known[letter]
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return _SQUARE
    return known.get(base, _UNKNOWN)


@cache
def _widths(weight: str) -> Mapping[str, float]:
    path = resources.files("colanalysis") / "reference" / "letter_widths.csv"
    with path.open(encoding="utf-8") as lines:
        return {row["letter"]: int(row[weight]) / 1000 for row in csv.DictReader(lines)}
