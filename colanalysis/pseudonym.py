"""Pseudonyms: a learner's number, under a key, becomes a name that tells nothing without it.

Numbers of learners are so few that whoever may guess them all can undo a plain hash in minutes; a
key that lies elsewhere is what protects them. The same learner, written in another style, has the
same pseudonym.
"""

from __future__ import annotations

import base64
import hmac
import re
import unicodedata
from collections.abc import Callable

import pandas as pd

from colanalysis.terms.schema import SPOILT

__all__ = ["normal", "of", "spoilt"]

_PSEUDONYM = re.compile(r"psn-[a-z2-7]{26}")
_DIGITS = 10
_BYTES = 16

_ROUNDED = re.compile(r"[+-]?\d+(?:[.,]\d*e[+-]?\d+|e[+-]\d+|[.,]0*)")


def of(ids: pd.Series, key: bytes) -> pd.Series:
    """The pseudonym of each id; blank stays blank, a pseudonym stays, ``SPOILT`` is what is spoilt."""

    def named(text: str) -> str:
        one = normal(text)
        if one in ("", SPOILT) or _PSEUDONYM.fullmatch(one):
            return one
        if _ROUNDED.fullmatch(one):
            return SPOILT
        digest = hmac.digest(key, b"learner|" + one.encode(), "sha256")[:_BYTES]
        return "psn-" + base64.b32encode(digest).decode().rstrip("=").lower()

    return _each(ids, named, "str")


def spoilt(ids: pd.Series) -> pd.Series:
    """Which ids a spreadsheet has turned into a number and rounded, such as 1.23E+08."""

    def rounded(text: str) -> bool:
        one = normal(text)
        return one == SPOILT or _ROUNDED.fullmatch(one) is not None

    return _each(ids, rounded, "bool")


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


def _each(ids: pd.Series, meant: Callable[[str], object], dtype: str) -> pd.Series:
    """Work out every different id once."""
    places, different = pd.factorize(ids)
    found = pd.Series([meant(text) for text in different.tolist()], dtype=dtype)
    return found.take(places).set_axis(ids.index).rename(ids.name)
