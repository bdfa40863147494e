"""Read a cell of a published table: a number, a number with a mark, or a mark in a number's place."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from fractions import Fraction

from colanalysis.terms.labels import plain

__all__ = ["decimals", "read", "successes"]

# What publishers write where they do not tell a number; a dash may be none or not told.
_ALONE = frozenset(
    [*"ncxsz~*#:-–—.‡†", "..", "...", "…", "n/a", "n.a.", "na", "np", "n.p.", "n<5", "n<10"]
)
_BEYOND = re.compile(r"(?:<|>|≤|≥|<=|>=) ?\d+(?:\.\d+)? ?%?")
_NUMBER = re.compile(
    r"(?P<number>(?:\d{1,3}(?:[, \u00a0\u2009\u202f]\d{3})+|\d+)(?:\.\d+)?)\s?"
    # One letter at most: three could be a month.
    r"(?P<mark>%?\s?(?:[a-z]|[*†‡§#^~¹²³]{1,3}|\[\w{1,3}\]|\(\w{1,3}\))?)",
    re.IGNORECASE | re.ASCII,
)
_NOISE = Fraction(1, 10**9)


def read(text: str, suppressed: Collection[str] = ()) -> tuple[str, str] | None:
    """Give the plain number and the mark of a cell; None where it is neither.

    A mark in a number's place (also one of ``suppressed``) has no number, which is not the number 0.
    The sign of a percentage is a mark.

    >>> read("1,358"), read("44*"), read("<5"), read("x"), read("Kea")
    (('1358', ''), ('44', '*'), ('', '<5'), ('', 'x'), None)
    """
    text = text.strip()
    if text == "" or plain(text) in _ALONE or text in suppressed or _BEYOND.fullmatch(text):
        return "", text
    found = _NUMBER.fullmatch(text)
    return (re.sub(r"[^\d.]", "", found["number"]), found["mark"]) if found else None


def decimals(number: str) -> int:
    """Say how many decimals a number is written with."""
    return len(number.partition(".")[2])


def successes(n: str, share: str, whole: int, digits: int | None = None) -> int | None:
    """Find how many of ``n`` learners a share is; None where no number, or more than one, fits.

    ``share`` is of ``whole`` (100 for a percentage) and rounded to ``digits`` decimals, those it is
    written with unless another number is given.

    >>> successes("30", "56.7", 100), successes("1000", "57", 100)
    (17, None)
    """
    digits = decimals(share) if digits is None else digits
    # Workbooks hold shares that they divided themselves, wrong in the last of many decimals.
    rounding = max(Fraction(1, 2 * 10**digits), _NOISE)
    low, high = ((Fraction(share) + away) * Fraction(n) / whole for away in (-rounding, rounding))
    fits = range(max(math.ceil(low), 0), math.floor(min(high, Fraction(n))) + 1)
    return fits[0] if len(fits) == 1 else None
