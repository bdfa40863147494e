"""What is measured: who has a result, what share succeeds, and when the yardstick changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .scales import JUDGED, NOT, OFTEN, PHONICS, YES, Write, half_days, reading_score, stanine
from .setting import LATEST, YEARS


@dataclass(frozen=True)
class Made:
    """How one measure is made up: who has it, the share that succeeds, and how a result is written.

    ``even`` measures have no school effects: nothing at all is planted in them.
    """

    id: str
    levels: tuple[int, int]
    rate: float
    write: Write
    trait: str = "ability"
    term: str = ""
    years: tuple[int, ...] = YEARS
    assessed: float = 0.92
    without: tuple[str, ...] = ()
    even: bool = False
    new_yardstick: int = 0  # the year from which results are read by another yardstick
    harder: float = 0.0  # how much lower the share is by it

    def by_new_yardstick(self, rows: pd.DataFrame) -> np.ndarray:
        """Say of every row whether it is read by the new yardstick."""
        return (rows["year"] >= (self.new_yardstick or LATEST + 1)).to_numpy()


MEASURES = (
    Made("ece_participation", (0, 1), 0.85, YES, trait="engagement", term="1"),
    Made("phonics_40_weeks", (1, 1), 0.6, PHONICS, term="4", years=(2025,), even=True),
    Made("reading_judgement", (1, 8), 0.68, JUDGED, term="4", new_yardstick=2025),
    Made("writing_judgement", (1, 8), 0.64, JUDGED, term="4", new_yardstick=2025),
    Made("maths_judgement", (1, 8), 0.7, JUDGED, term="4", new_yardstick=2025, harder=0.15),
    Made("easttle_reading", (4, 10), 0.66, reading_score, term="3", assessed=0.9,
         without=("K1", "P4")),
    Made("pat_maths_stanine", (4, 8), 0.74, stanine, term="1", assessed=0.9, even=True),
    Made("ncea_level_1", (11, 11), 0.7, YES, term="4", assessed=0.95, new_yardstick=2024),
    Made("ncea_level_2", (12, 12), 0.8, YES, term="4", assessed=0.95, new_yardstick=2024),
    Made("ncea_level_3", (13, 13), 0.7, YES, term="4", assessed=0.95, new_yardstick=2024),
    Made("attendance", (1, 13), 0.62, half_days, trait="engagement", assessed=0.95,
         new_yardstick=2025),
    Made("stand_down", (1, 13), 0.977, NOT, trait="engagement", assessed=0.95, even=True),
    Made("managing_self", (1, 8), 0.72, OFTEN, trait="engagement", term="4", even=True),
    Made("whanau_engagement", (0, 8), 0.74, YES, trait="engagement", assessed=0.88),
    Made("expected_progress", (4, 8), 0.72, YES, term="4", assessed=0.9, even=True),
)  # fmt: skip
BY_ID = {made.id: made for made in MEASURES}
