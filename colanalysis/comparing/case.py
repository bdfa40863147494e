"""Case: a finding with what questions about it are answered from, and the form of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from colanalysis.comparing import exact
from colanalysis.comparing.compare import Key, Panel
from colanalysis.terms.settings import Community

YES, NO, CANNOT_TELL = "yes", "no", "cannot tell"
# A finding is only its group's own if most of the gap stays whatever else is set aside.
MOST = 0.5


@dataclass(frozen=True)
class Answer:
    """The answer to one question about one finding: verdict, sentence and the table behind it."""

    question: str
    verdict: str
    sentence: str
    table: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Case:
    """A finding with what its questions are answered from.

    ``mine`` and ``inside`` say which entries of its panel are the group's, and in its range;
    ``other_yardsticks`` are the same measure's other panels.
    """

    finding: Any
    panel: Panel
    other_yardsticks: list[Panel]
    mine: np.ndarray
    inside: np.ndarray
    coverage: pd.DataFrame
    community: Community

    @property
    def steps(self) -> list[str]:
        """The ids of the finding's steps."""
        return str(self.finding.stages).split()

    def gap(self, kept: np.ndarray | None = None, n_success: np.ndarray | None = None) -> float:
        """The raw gap among some entries, or of other successes."""
        inside = self.inside if kept is None else self.inside & kept
        return float(exact.against(self.panel, self.mine, inside, n_success=n_success).gap[0])

    def remains(self, gap: float) -> bool:
        """Whether a gap still tells what the finding tells: the same way, and most of it."""
        whole = self.gap()
        return bool(np.sign(gap) == np.sign(whole) and abs(gap) >= MOST * abs(whole))

    def gone(self, gap: float) -> bool:
        """Whether a gap would no longer be worth a finding, or tells the other way."""
        smallest = self.community.settings.smallest_gap
        return bool(np.sign(gap) != np.sign(self.gap()) or abs(gap) < smallest)

    def left_out(
        self, question: str, gaps: Mapping[str, float], *, told: str, untold: str
    ) -> Answer:
        """Answer from the gaps that are left when one thing after another is left out."""
        table = pd.DataFrame({"without": list(gaps), "gap": list(gaps.values())})
        side = np.sign(self.gap())
        table = table.sort_values("gap", key=lambda gap: gap * side).reset_index(drop=True)
        least = table.iloc[0]
        if self.remains(least["gap"]):
            return Answer(question, YES, told, table)
        return Answer(question, NO, untold.format(least["without"]), table)


def of(
    finding: Any, panels: Mapping[Key, Panel], coverage: pd.DataFrame, *, community: Community
) -> Case:
    """Put a finding (a row of ``rank.described``) together with its panel and its entries."""
    panel = panels[finding.measure, finding.period]
    others = [
        one for (name, _), one in panels.items() if name == panel.measure and one is not panel
    ]
    mine = panel.members(finding.group, finding.provider_id)
    inside = panel.within(finding.stages.split(), finding.year_min, finding.year_max)
    return Case(finding, panel, others, mine, inside, coverage, community)
