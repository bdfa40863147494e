"""The words by which a page tells what it tells, each with what it means.

They are data (reference/glossary.csv). A word in te reo Māori is that of the same thing in the labels.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from colanalysis.terms.labels import label

__all__ = ["Word", "words"]


class Word(NamedTuple):
    """A word as pages use it, its te reo Māori where that is known, and what it means."""

    english: str
    maori: str
    means: str


def words(told: Mapping[str, object]) -> list[Word]:
    """Give every word, in the order in which they are best read.

    ``told``: what stands in place of the names in braces.

    >>> from collections import defaultdict
    >>> [word.maori for word in words(defaultdict(str)) if word.english == "Group"]
    ['Rōpū']
    """
    return [
        Word(row["word"].format_map(told), _maori(row["label"]), row["means"].format_map(told))
        for row in _rows()
    ]


def _maori(key: str) -> str:
    """The words of a key in te reo Māori, and nothing where only the English is known."""
    words = label(key, "mi") if key else ""
    return "" if words == label(key) else words


@cache
def _rows() -> list[dict[str, str]]:
    path = files("colanalysis") / "reference" / "glossary.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
