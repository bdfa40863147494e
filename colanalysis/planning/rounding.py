"""Rounding: from shares to whole learners and back, exactly.

Plans round in different ways, and one learner is what they then differ by. So the ways have names
that say what each promises, and nothing here is a binary fraction: 85 % of 1,000 is 850.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from colanalysis.errors import UsageError

__all__ = ["NEAREST", "READS_AS", "REACHES", "RULES", "Percent", "learners", "percent"]

REACHES, NEAREST, READS_AS = "reaches", "nearest", "reads as"
RULES: Mapping[str, str] = {
    REACHES: "up to the next learner: the share is reached, never missed by one",
    NEAREST: "to the nearest learner, a half up: the share may be missed by half a learner",
    READS_AS: "the fewest learners whose share, rounded as the target is written, reads as it",
}
HALF = Fraction(1, 2)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*%?")


@dataclass(frozen=True)
class Percent:
    """A share as it is written in per cent: its value and how many decimals it is given with.

    >>> percent("84.5 %")
    Percent(value=Fraction(169, 2), decimals=1)
    """

    value: Fraction
    decimals: int = 0

    @property
    def share(self) -> Fraction:
        """The share between 0 and 1."""
        return self.value / 100

    @property
    def slack(self) -> Fraction:
        """By how much a share may lie beside this one and still be written like it."""
        return HALF / 10**self.decimals / 100

    def __str__(self) -> str:
        return f"{float(self.value):.{self.decimals}f} %"


def percent(text: str, *, where: str = "") -> Percent:
    """Read "84", "84.5" or "84 %"; UsageError for anything that is no share in per cent."""
    found = _PERCENT.fullmatch(text.strip())
    if not found or Decimal(found[1]) > 100:
        raise UsageError(f'found "{text}"', where=where, expected="per cent from 0 to 100, as 84.5")
    return Percent(Fraction(found[1]), len(found[1].partition(".")[2]))


def learners(wanted: Percent, of: int, *, rule: str = REACHES) -> int:
    """How many of so many learners a share is, by one of the three rules.

    >>> sixty = percent("60")
    >>> [learners(sixty, 141, rule=rule) for rule in RULES]
    [85, 85, 84]
    """
    exact = wanted.share * of
    if rule == REACHES:
        return math.ceil(exact)
    if rule == NEAREST:
        return math.floor(exact + HALF)
    if rule == READS_AS:
        return max(math.ceil((wanted.share - wanted.slack) * of), 0)
    raise UsageError(f'found the rounding "{rule}"', expected=f"one of: {', '.join(RULES)}")
