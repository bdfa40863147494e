"""Doubt: what a careful reader would ask of a finding, each question answered from the counts.

An answer is yes, no or cannot tell, a sentence, and the table that it rests on. None of the questions
is put in a way that can only be answered yes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from colanalysis.comparing import case, exact, predict
from colanalysis.comparing.case import CANNOT_TELL, NO, YES, Answer, Case
from colanalysis.comparing.compare import Key, Panel
from colanalysis.measure import JOINER
from colanalysis.terms.settings import Community

QUESTIONS = (
    "assessed", "chance", "mirror", "like_with_like", "years", "yardstick", "one_behind", "room",
)  # fmt: skip
ABOUT_ALL = {"assessed", "chance", "years", "yardstick", "room"}
# Where fewer of those who could have been assessed were, the others may tell another story.
ENOUGH_ASSESSED, ALIKE_ASSESSED = 0.8, 0.1
SURELY = 0.05
ENOUGH_OTHERS = 0.2
CEILING = 0.95


def asked(
    finding: Any, panels: Mapping[Key, Panel], coverage: pd.DataFrame, *, community: Community
) -> list[Answer]:
    """Ask every question that there is to ask of a finding (a row of ``rank.described``).

    ``coverage`` as ``measure.coverage`` makes it. Levels and steps taken are about all learners, and
    are not asked whether another group is behind them.
    """
    own = case.of(finding, panels, coverage, community=community)
    return [
        answer(own)
        for name, answer in _ANSWERS.items()
        if finding.kind == "gap" or name in ABOUT_ALL
    ]


def table(answers: Mapping[int, list[Answer]]) -> pd.DataFrame:
    """All answers as one table: rank (of the finding), question, verdict, sentence."""
    rows = [
        (rank, one.question, one.verdict, one.sentence)
        for rank, own in answers.items()
        for one in own
    ]
    return pd.DataFrame(rows, columns=["rank", "question", "verdict", "sentence"])


def _assessed(own: Case) -> Answer:
    """Say whether most of these learners were assessed, and as many as of all."""
    table, row = own.coverage, own.finding
    table = table[(table["measure"] == row.measure) & table["stage"].isin(own.steps)]
    table = table[table["year"].between(row.year_min, row.year_max)]
    everybody = table[table["group"] == ""][["eligible", "assessed"]].sum()
    if row.provider_id:
        table = table[table["provider_id"] == row.provider_id]
    parts = row.group.split(JOINER)
    shares = table[table["group"].isin(parts)].groupby("group")[["eligible", "assessed"]].sum()
    if shares.empty or not everybody["eligible"] or not shares["eligible"].all():
        return Answer("assessed", CANNOT_TELL, "Nobody knows who could have been assessed.")
    shares = shares.assign(share=shares["assessed"] / shares["eligible"])
    # Of a combination only its parts are known; the one with most gaps decides.
    least, all_ = shares["share"].min(), everybody["assessed"] / everybody["eligible"]
    missing = int((shares["eligible"] - shares["assessed"]).max())
    enough = least >= ENOUGH_ASSESSED and abs(least - all_) <= ALIKE_ASSESSED
    return Answer(
        "assessed",
        YES if enough else NO,
        f"{least:.0%} of these learners were assessed, {all_:.0%} of all; "
        f"{missing:,} results of theirs are not there.",
        shares.reset_index(),
    )


def _chance(own: Case) -> Answer:
    """Say whether it is more than chance by itself, and not only as one of a list."""
    q = own.finding.q_value
    sentence = (
        f"If everything as surprising as this were listed, {q:.1%} of the list would be chance, "
        "after allowing for all that was looked at."
    )
    table = pd.DataFrame({"p_value": [own.finding.p_value], "q_value": [q]})
    return Answer("chance", YES if q <= SURELY else CANNOT_TELL, sentence, table)


def _mirror(own: Case) -> Answer:
    """Say whether it is about these learners, and not the reflection of another group's gap."""
    panel, smallest = own.panel, own.community.settings.smallest_group
    mine, others = own.mine & own.inside, ~own.mine & own.inside
    # Nearly all of the others cannot be set aside: then nobody is left to compare with.
    least = max(smallest, ENOUGH_OTHERS * panel.n[others].sum())
    kept = {group: ~panel.members(group) for values in panel.axes.values for group in values}
    gaps = {
        group: own.gap(rest)
        for group, rest in kept.items()
        if panel.n[mine & rest].sum() >= smallest and panel.n[others & rest].sum() >= least
    }
    if not gaps:
        return Answer("mirror", CANNOT_TELL, "There is no other group to set aside.")
    return own.left_out(
        "mirror", gaps, told="Without the learners of any one other group the gap stays.",
        untold="Without the learners of {} most of the gap is gone.",
    )  # fmt: skip


def _like_with_like(own: Case) -> Answer:
    """Say whether it holds like with like, the other attributes and the schools being equal."""
    panel = own.panel
    attributes = {part.partition("=")[0] for part in own.finding.group.split(JOINER)}
    spread = max(own.community.settings.smallest_spread, abs(own.finding.gap))
    fitted = predict.additive(
        panel, own.inside, spread=spread, repeats=max(own.finding.design_effect, 1.0)
    )
    of = fitted.columns["attribute"]
    # Of a school the others are what is held equal to, not a part of it.
    other = ~of.isin(attributes if own.finding.group else {""}).to_numpy()
    if not other.any():
        return Answer(
            "like_with_like", CANNOT_TELL, "Nothing else is recorded to compare like with like."
        )
    gap, whole = own.gap(n_success=panel.n_success - panel.n * fitted.predicted(other)), own.gap()
    verdict = YES if own.remains(gap) else NO if own.gone(gap) else CANNOT_TELL
    ending = {
        YES: "so it holds like with like.",
        NO: "so most of it goes with what else differs.",
        CANNOT_TELL: "so a good part of it goes with what else differs.",
    }[verdict]
    sentence = (
        f"With the other attributes and the schools held equal the gap is {_points(gap)} rather than "
        f"{_points(whole)}, {ending}"
    )
    return Answer(
        "like_with_like", verdict, sentence,
        pd.DataFrame({"compared": ["as it is", "like with like"], "gap": [whole, gap]}),
    )  # fmt: skip


def _years(own: Case) -> Answer:
    """Say whether it shows in more than one year."""
    row = own.finding
    seen, known = int(row.years_seen), int(row.years_with_data)
    verdict = CANNOT_TELL if known < 2 else YES if seen >= 2 else NO
    table = pd.DataFrame({"years_seen": [seen], "years_with_data": [known]})
    return Answer(
        "years", verdict, f"It shows by itself in {seen} of {known} years with data.", table
    )


def _yardstick(own: Case) -> Answer:
    """Say whether it stands on every yardstick that the measure has had in these years."""
    row, measure = own.finding, own.community.measures[own.finding.measure]
    if not own.other_yardsticks:
        return Answer("yardstick", YES, "The yardstick did not change in the years with data.")
    changed = f"The yardstick changed ({', '.join(str(one.date.year) for one in measure.breaks)})"
    gaps = {}
    for panel in own.other_yardsticks if row.kind == "gap" else []:
        if row.provider_id in ("", *panel.providers):
            inside = panel.within(own.steps, panel.years[0], panel.years[-1])
            beside = exact.against(panel, panel.members(row.group, row.provider_id), inside)
            if min(beside.n[0], beside.n_others[0]) >= own.community.settings.smallest_group:
                ends = dict.fromkeys((panel.years[0], panel.years[-1]))
                gaps["–".join(map(str, ends))] = float(beside.gap[0])
    if not gaps:
        return Answer("yardstick", CANNOT_TELL, f"{changed}; it cannot be seen on the other.")
    table = pd.DataFrame({"years": list(gaps), "gap": list(gaps.values())})
    told = ", ".join(f"{_points(gap)} in {years}" for years, gap in gaps.items())
    stands = all(own.remains(gap) for gap in gaps.values())
    return Answer(
        "yardstick", YES if stands else NO, f"{changed}; on the other it is {told}.", table
    )


def _one_behind(own: Case) -> Answer:
    """Say whether it shows without any one school, and without any one cohort."""
    panel, row = own.panel, own.finding
    without = {}
    places = np.unique(panel.provider[own.mine & own.inside])
    if not row.provider_id:
        without = {panel.providers[one]: own.gap(panel.provider != one) for one in places}
    cohort = (panel.strata["year"] - panel.strata["year_level"]).to_numpy(float)[panel.stratum]
    for one in np.unique(cohort[own.mine & own.inside & ~np.isnan(cohort)]):
        without[f"the cohort that was in Year 0 in {one:.0f}"] = own.gap(cohort != one)
    if len(without) < 2 or (len(places) < 2 and not row.provider_id):
        sentence = (
            "All of them are at one school or in one cohort, so the two cannot be told apart."
        )
        return Answer("one_behind", CANNOT_TELL, sentence)
    return own.left_out(
        "one_behind", without, told="Without any one school or cohort the gap stays" + _judges(own),
        untold="Without {} most of the gap is gone.",
    )  # fmt: skip


def _judges(own: Case) -> str:
    judged = own.community.measures[own.finding.measure].judged_by
    if own.finding.provider_id and "teacher" in judged:
        return "; how this school judges cannot be told apart from how its learners do."
    return "."


def _room(own: Case) -> Answer:
    """Say whether there is room on the scale, on both sides."""
    row = own.finding
    shares = (row.rate, row.reference_rate)
    ends = [share for share in shares if min(share, 1 - share) < 1 - CEILING]
    sentence = "Both shares lie well within the scale."
    if ends:
        sentence = "One of the shares lies so near the end of the scale that gaps shrink there."
    table = pd.DataFrame({"side": ["these learners", "the others"], "share": shares})
    return Answer("room", NO if ends else YES, sentence, table)


_ANSWERS: dict[str, Callable[[Case], Answer]] = dict(
    zip(
        QUESTIONS,
        (_assessed, _chance, _mirror, _like_with_like, _years, _yardstick, _one_behind, _room),
        strict=True,
    )
)


def _points(gap: float) -> str:
    return f"{100 * gap:+.0f} points".replace("-", "−")
