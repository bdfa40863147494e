"""Shift: whether an earlier plan's group has moved by more than would have moved by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from colanalysis.errors import UsageError
from colanalysis.planning import target, unchanged
from colanalysis.planning.rounding import Percent
from colanalysis.planning.target import Baseline
from colanalysis.planning.unchanged import DOUBT, Level

__all__ = ["MET", "SHIFT", "Earlier", "judged", "mixed"]

MET = ("met", "not met", "cannot be known", "too near to tell")
SHIFT = (
    "shifted beyond noise",
    "moved away beyond noise",
    "cannot be told",
    "cannot be known because the measure ended",
)


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """An earlier plan's target: its group's baseline in a year, and what was to be reached.

    ``looked_at``: among how many groups it was picked, which matters where their results are not
    known. ``same_yardstick``: whether the results of now are on the yardstick of the baseline.
    """

    group: str
    year: int
    baseline: Baseline
    wanted: Percent
    looked_at: int = 1
    same_yardstick: bool = True


def judged(
    plan: Earlier,
    now: Baseline | None,
    *,
    history: pd.DataFrame | None = None,
    mix: pd.DataFrame | None = None,
    off_by: int = 0,
) -> dict[str, object]:
    """Set what is seen now beside what would be seen if nothing had shifted.

    ``history`` has group, year, n and of: results of the groups among which this one was picked, of
    all years on the same yardstick. ``mix`` has part, n, of and of_then: who the learners were and
    are (``mixed``). ``off_by``: by how many learners each count may be off, where it was rounded; then
    a target may be too near to tell whether it is met. Gives met, shift (one of ``MET`` and ``SHIFT``), change (from the baseline, in
    share), and what of it is to be expected: by_luck (regression to the mean) and by_mix (other
    learners); remains with remains_low and remains_high (95 %); expected_low and expected_high, the learners who
    would succeed without any shift in 95 of 100 cases; chance_met, the chance that the target would
    be met without any; and detectable, the fewest extra learners that would have been told from noise
    four times in five.
    """
    if now is None or not plan.same_yardstick:
        return {"met": MET[2], "shift": SHIFT[2] if plan.same_yardstick else SHIFT[3]}
    known = _known(plan, history)
    by_luck = known.share - float(plan.baseline.share)
    by_mix, more_doubt = (0.0, 0.0) if mix is None else mixed(mix)
    known = known.moved(by_mix, more_doubt=more_doubt)
    chances = unchanged.likely(known, now.of)
    low, high = _within(chances)
    looked_at = 1 if known.pulled else plan.looked_at
    up, down = chances[now.n :].sum(), chances[: now.n + 1].sum()
    beyond = DOUBT / 2 / looked_at
    share = float(now.share)
    change = share - float(plan.baseline.share)
    needed = _needed(plan, now.of)
    return {
        "met": _met(plan, now, off_by),
        "shift": SHIFT[0] if up <= beyond else SHIFT[1] if down <= beyond else SHIFT[2],
        "change": change,
        "by_luck": by_luck,
        "by_mix": by_mix,
        "remains": change - by_luck - by_mix,
        "remains_low": share - high / now.of,
        "remains_high": share - low / now.of,
        "expected_low": low,
        "expected_high": high,
        "chance_met": float(chances[needed:].sum()),
        "detectable": unchanged.smallest_shift(known, now.of, looked_at=looked_at),
    }


def mixed(mix: pd.DataFrame) -> tuple[float, float]:
    """How far a share moves because other learners are counted, each part as it was at the baseline.

    ``mix`` has part, n and of (at the baseline) and of_then. Gives the move and the variance that it
    brings. A part that nobody was in at the baseline is taken to be like all.
    """
    n, of, then = (mix[name].to_numpy(dtype=float) for name in ("n", "of", "of_then"))
    if not (of.sum() > 0 and then.sum() > 0):
        raise UsageError("found nobody counted in the mix", expected="learners then and now")
    all_ = n.sum() / of.sum()
    # One learner like all is added to each part, so that nobody's absence makes 0 or 100 %.
    share = (n + all_) / (of + 1)
    before, after = of / of.sum(), then / then.sum()
    doubt = share * (1 - share) / (of + 1)
    more = ((after**2 - before**2) * doubt).sum()
    return float((after - before) @ share), float(max(more, 0.0))


def _known(plan: Earlier, history: pd.DataFrame | None) -> Level:
    """The group's level from all that was known of it up to the baseline, and of the other groups."""
    own = pd.DataFrame([(plan.group, plan.year, plan.baseline.n, plan.baseline.of)])
    own.columns = pd.Index(["group", "year", "n", "of"])
    if history is None:
        return unchanged.level(unchanged.fit(own), plan.group)
    mine = history["group"] == plan.group
    # The plan says its own baseline, and its later years are what is asked about.
    rows = history[~mine | (history["year"] < plan.year)]
    return unchanged.level(unchanged.fit(pd.concat([own, rows])), plan.group)


def _met(plan: Earlier, now: Baseline, off_by: int) -> str:
    """Whether a target is met, by whatever counts may stand behind those that are told."""
    if now.n - off_by >= _needed(plan, now.of + off_by):
        return MET[0]
    short = now.n + off_by < _needed(plan, max(now.of - off_by, 1))
    return MET[1] if short else MET[3]


def _needed(plan: Earlier, of: int) -> int:
    asked = target.learners(plan.baseline, plan.wanted, of_then=of)
    return int(asked["needed"].iloc[0])


def _within(chances: np.ndarray) -> tuple[int, int]:
    """The middle 95 of 100 cases, at least."""
    below = chances.cumsum()
    return int((below <= DOUBT / 2).sum()), int((below < 1 - DOUBT / 2).sum())
