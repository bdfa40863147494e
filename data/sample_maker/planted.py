"""What is planted: the only effects that tell groups, schools or steps apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .setting import STAGES


@dataclass(frozen=True)
class Planted:
    """One effect: ``points`` on the share who succeed, against the other learners of the same step.

    A ``transition`` counts the same learners' change over the two ``levels`` instead, against the
    ordinary change within steps.
    """

    id: str
    measure: str
    levels: tuple[int, int]
    points: int
    words: str
    group: str = ""
    provider_id: str = ""
    stages: tuple[str, ...] = ()
    transition: bool = False

    @property
    def kind(self) -> str:
        """The word the truth has for it."""
        return "transition" if self.transition else "hurdle" if self.points < 0 else "success"

    def parts(self) -> list[str]:
        """The groups a learner must all be in."""
        return self.group.split(" & ") if self.group else []

    def steps(self) -> list[tuple[int, int]]:
        """The steps of the pathway that the effect covers; each shows it by itself."""
        inside = [s for s in STAGES.values() if self.levels[0] <= s[0] and s[1] <= self.levels[1]]
        return inside or [self.levels]

    def members(self, rows: pd.DataFrame, groups: Mapping[str, np.ndarray]) -> np.ndarray:
        """Say of every row whether its learner is one whom the effect is about."""
        own = np.ones(len(rows), dtype=bool)
        for part in self.parts():
            own &= groups[part][rows["who"]]
        if self.provider_id:
            own &= (rows["provider_id"] == self.provider_id).to_numpy()
        return own


PLANTED = (
    Planted("writing-pacific", "writing_judgement", (7, 8), -18,
            "Writing in Years 7-8 does not serve Pacific learners well yet.",
            group="ethnicity=Pacific Peoples"),
    Planted("attendance-maori-girls", "attendance", (9, 10), -18,
            "In Years 9-10 Māori girls, and only they, are less often at school regularly: neither "
            "Māori boys nor other girls.", group="ethnicity=Māori & gender=female"),
    Planted("reading-english-learners", "easttle_reading", (7, 10), -22,
            "From Year 7 to Year 10 reading does not serve learners of English well yet; few in any "
            "one class, so no school sees it by itself.", group="ell=yes"),
    Planted("level-2-transient", "ncea_level_2", (11, 13), -22,
            "Learners who have changed school often gain NCEA Level 2 less often.",
            group="transient=yes"),
    Planted("maths-girls", "maths_judgement", (4, 6), -11,
            "Mathematics in Years 4-6 does not serve girls as well as boys, before and after the "
            "yardstick changed in 2025.", group="gender=female"),
    Planted("reading-rimu-terrace", "reading_judgement", (0, 3), 20,
            "Rimu Terrace School's youngest learners read well.", provider_id="P3"),
    Planted("level-3-maori", "ncea_level_3", (11, 13), 16,
            "Māori learners who stay to Year 13 gain NCEA Level 3 more often.",
            group="ethnicity=Māori"),
    Planted("ece-pacific", "ece_participation", (0, 1), 10,
            "Pacific children come to school with early childhood education behind them.",
            group="ethnicity=Pacific Peoples", stages=("ece",)),
    Planted("whanau-kura", "whanau_engagement", (4, 6), 22,
            "At the kura, a small school, whānau take part in learning in Years 4-6.",
            provider_id="K1"),
    Planted("attendance-asian", "attendance", (4, 6), 14,
            "Asian learners in Years 4-6 are at school regularly.", group="ethnicity=Asian"),
    Planted("reading-into-secondary", "easttle_reading", (8, 9), -12,
            "The same learners reach the reading expectation less often in Year 9 than in Year 8.",
            stages=("years_7_8", "years_9_10"), transition=True),
)  # fmt: skip
