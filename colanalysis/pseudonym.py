"""Pseudonyms: a learner's number, under a key, becomes a name that tells nothing without it.

Numbers of learners are so few that whoever may guess them all can undo a plain hash in minutes; a
key that lies elsewhere is what protects them. The same learner, written in another style, has the
same pseudonym.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from colanalysis import coded
from colanalysis.terms.schema import SPOILT, TOTAL

__all__ = ["normal", "of", "spoilt"]

_PSEUDONYM = re.compile(r"psn-[a-z2-7]{26}")
_STAY = ("", SPOILT, TOTAL)
_DIGITS = 10
_BYTES = 16
_LETTERS = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", np.uint8)  # of base 32 (RFC 4648)
_LENGTH = 26

_ROUNDED = re.compile(r"[+-]?\d+(?:[.,]\d*e[+-]?\d+|e[+-]\d+|[.,]0*)")


def of(ids: pd.Series, key: bytes) -> pd.Series:
    """The pseudonym of each id; what is blank, a pseudonym or a mark stays, ``SPOILT`` is what is spoilt."""
    told: dict[str, str] = {}
    to_name: dict[str, str] = {}
    for text in coded.different(ids)[1]:
        one = normal(text)
        if one.isdigit():
            to_name[text] = one
        elif one in _STAY or _PSEUDONYM.fullmatch(one):
            told[text] = one
        elif _ROUNDED.fullmatch(one):
            told[text] = SPOILT
        else:
            to_name[text] = one
    told.update(zip(to_name, _names(to_name.values(), key), strict=True))
    return coded.recoded(ids, told.__getitem__)


def _names(written: Iterable[str], key: bytes) -> list[str]:
    """The keyed hash of each id, in the letters of base 32; all at once, which is much quicker."""
    digests = [hmac.digest(key, b"learner|" + one.encode(), "sha256")[:_BYTES] for one in written]
    bits = np.unpackbits(np.frombuffer(b"".join(digests), np.uint8)).reshape(-1, _BYTES * 8)
    fives = np.pad(bits, ((0, 0), (0, _LENGTH * 5 - _BYTES * 8))).reshape(-1, _LENGTH, 5)
    places = np.packbits(fives, axis=2)[:, :, 0] >> 3
    letters = _LETTERS[places].tobytes().decode("ascii")
    return [f"psn-{letters[at : at + _LENGTH]}" for at in range(0, len(letters), _LENGTH)]


def spoilt(ids: pd.Series) -> pd.Series:
    """Which ids a spreadsheet has turned into a number and rounded, such as 1.23E+08."""

    def rounded(text: str) -> bool:
        one = normal(text)
        return one == SPOILT or _ROUNDED.fullmatch(one) is not None

    return coded.each(ids, rounded, "bool")


def normal(text: str) -> str:
    r"""One way of writing an id, whatever its width, case, blanks and leading zeros.

    >>> normal(" 0012\u200b345 "), normal("ab 1") == normal("AB1")
    ('0000012345', True)
    """
    if not (text.isascii() and text.isalnum()):
        text = _bare(text)
    text = text.casefold()
    return text.lstrip("0").zfill(_DIGITS) if text.isascii() and text.isdigit() else text


def _bare(text: str) -> str:
    # What one step lays bare, another may change: a blank between a letter and its accent.
    while True:
        shown = [c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc")]
        folded = unicodedata.normalize("NFKC", "".join(shown)).casefold()
        if folded == text:
            return text
        text = folded
