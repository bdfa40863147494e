"""The words that readers see, in English and te reo Māori, and the form in which names compare.

The words are data (reference/labels.csv). Where no established word in te reo Māori is known to us
the cell is empty and the English stands in its place.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

__all__ = ["label", "pairs", "plain"]


def label(key: str, language: str = "en") -> str:
    """Give the words for a key such as ``stage.ece``; ``language`` is "en" or "mi".

    Capitals and macrons of a key do not matter. A key that is not in the list becomes words by
    itself, so that a community's own attributes and steps need no list.

    >>> label("stage.ece"), label("attribute.grade_9")
    ('Early childhood education', 'Grade 9')
    """
    words = _words().get(plain(key))
    if words is None:
        return _humanised(key)
    return words.get(language) or words["en"]


def pairs(kind: str) -> dict[str, str]:
    """Give the words of a kind such as ``section``, English to te reo Māori, where both are known."""
    words = [row for key, row in _words().items() if key.startswith(f"{kind}.")]
    return {row["en"]: row["mi"] for row in words if row["mi"]}


def plain(text: object) -> str:
    """Fold away macrons and other accents, invisible marks, capitals and spare blanks, to compare names.

    >>> plain(" MĀORI  medium ")
    'maori medium'
    """
    bare = str(text)
    if not bare.isascii():
        bare = unicodedata.normalize("NFKD", bare)
        bare = "".join(c for c in bare if not _unseen(c))
    return " ".join(bare.casefold().split())


def _unseen(letter: str) -> bool:
    return bool(unicodedata.combining(letter)) or unicodedata.category(letter) == "Cf"


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    path = files("colanalysis") / "reference" / "labels.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    return {plain(row["key"]): row for row in csv.DictReader(lines)}


def _humanised(key: str) -> str:
    words = " ".join(key.rsplit(".", maxsplit=1)[-1].replace("_", " ").split())
    return words[:1].upper() + words[1:]
