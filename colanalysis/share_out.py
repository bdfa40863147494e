"""Share out: ways of sharing a resource in whole units, with what each gives, takes and reaches.

Ways of sharing stand side by side. None is recommended, their order means nothing, and which learners
each hour should reach is for the community to say.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from colanalysis import describe, draw, page
from colanalysis.page import Html
from colanalysis.resourcing import options
from colanalysis.sealed import Release

OPTIONS = {
    "equal": "Equal shares",
    "roll": "By roll",
    "shift": "By learners to shift",
    "reach": "By reach",
}
SAID = (
    "The ways of sharing below stand side by side: none is recommended, and their order means "
    "nothing. Whole units are shared, so that they add up. In brackets: more or fewer units than "
    "with equal shares.",
    "By learners to shift: in proportion to how many more learners a year would have to succeed "
    "there. By reach: so that most of them are reached, each unit reaching as many as "
    "was written down; of shares that reach as many, those nearest to equal ones. A provider whose number may not "
    "be told (c) keeps its equal share there: it is not guessed. Numbers are of each provider's latest "
    "year and need not add up to that of the whole community.",
)


def ways(release: Release) -> Html:
    """Every shared resource that is put behind a candidate, in whole units."""
    pieces = [_side_by_side(row, rank, release) for row, rank in _behind(release)]
    if not pieces:
        return page.paragraphs(
            ["To see ways of sharing a resource side by side, name in the column measure of "
             "resources.csv the measure of the candidate that it is put behind, and in the column "
             "reaches how many learners one unit of it reaches in a year."]
        )  # fmt: skip
    return page.paragraphs(SAID) + Html("").join(pieces)


def _behind(release: Release) -> Iterator[tuple[Any, int]]:
    """Each resource with a whole unit to share, and the rank of the hurdle it is put behind."""
    ranks = release.tables["candidates"]["rank"]
    found = release.tables["findings"].set_index("rank").loc[ranks]
    first = {measure: rank for rank, measure in found["measure"][::-1].items()}
    for row in release.tables["resources"].itertuples():
        if row.measure in first and _units(row) and len(places(first[row.measure], release)):
            yield row, first[row.measure]


def met_at(rank: int, release: Release) -> pd.DataFrame:
    """The providers with results at the steps of a finding."""
    found, providers = release.tables["findings"], release.tables["providers"]
    steps = set(found.loc[found["rank"] == rank, "stages"].item().split())
    return providers[[bool(steps & set(teaches.split())) for teaches in providers["steps"]]]


def places(rank: int, release: Release) -> pd.DataFrame:
    """The members where a hurdle is met: provider_id, name, roll, low and high (learners to shift)."""
    shift = release.tables["to_shift"]
    members = release.tables["providers"]
    members = members.loc[members["member"].astype(bool), ["provider_id", "name", "roll"]]
    return shift[shift["rank"] == rank].merge(members, on="provider_id")


def _units(row: Any) -> int:
    stays = 0 if pd.isna(row.stays) else row.stays
    return max(math.floor(row.amount - stays + 1e-9), 0)


def _at_least(row: Any) -> int:
    return 0 if pd.isna(row.at_least) else math.ceil(row.at_least)


def _side_by_side(row: Any, rank: int, release: Release) -> Html:
    there, amount = places(rank, release), _units(row)
    reaches = None if pd.isna(row.reaches) or not row.reaches else float(row.reaches)
    at_least = _at_least(row)
    shared = options.side_by_side(amount, there, reaches=reaches, at_least=at_least)
    finding = next(release.tables["findings"].query("rank == @rank").itertuples())
    caption = f"{row.resource}: {amount:,} {row.unit} for {describe.title(finding, release.about)}"
    by = {
        option: {one.provider_id: _share(one) for one in rows.itertuples()}
        for option, rows in shared.groupby("option", sort=False)
    }
    shown = pd.DataFrame(
        {
            "provider": there["name"],
            "to_shift": [_range(one.low, one.high) for one in there.itertuples()],
            **{option: there["provider_id"].map(shares) for option, shares in by.items()},
        }
    )
    headings = {**OPTIONS, "to_shift": "Learners to shift a year"}
    table = page.table(shown, caption=caption, headings=headings)
    lacking = [OPTIONS[option] for option in options.OPTIONS if option not in by]
    said = [
        f"{named}: cannot be worked out here, as too little may be told or is listed."
        for named in lacking
    ]
    if reaches is None:
        return table + page.paragraphs(said)
    reached = options.trade_off(amount, there, reaches=reaches, at_least=at_least)
    drawn = _drawn(row, amount, there, reached, at_least)
    return table + page.paragraphs(said) + _trade_off(reached, row, amount) + drawn


def _trade_off(reached: pd.DataFrame, row: Any, amount: int) -> Html:
    shown = pd.DataFrame(
        {
            "option": reached["option"].map(OPTIONS),
            "moved": [_range(one.moved_low, one.moved_high) for one in reached.itertuples()],
            "reached": [_range(one.reached_low, one.reached_high) for one in reached.itertuples()],
            "each": [
                _range(one.reached_low / amount, one.reached_high / amount)
                for one in reached.itertuples()
            ],
        }
    )
    headings = {
        "moved": "Units elsewhere than with equal shares",
        "reached": "Learners to shift who are reached",
        "each": "Reached per unit",
    }
    caption = f"{row.resource}: how even, and how many are reached, if one reaches {row.reaches:g}"
    return page.table(shown, caption=caption, headings=headings)


def _drawn(
    row: Any, amount: int, there: pd.DataFrame, reached: pd.DataFrame, at_least: int
) -> Html:
    """How even shares are, and how many are reached at least; "" where nothing of that is told."""
    best = options.frontier(amount, there, reaches=float(row.reaches), at_least=at_least)
    if best.empty:
        return Html("")
    shown = pd.DataFrame(
        {
            "moved": best["moved"],
            "reached": [_range(one.reached_low, one.reached_high) for one in best.itertuples()],
        }
    )
    headings = {
        "moved": "Units elsewhere than with equal shares, at most",
        "reached": "Learners to shift who are reached, at most",
    }
    caption = f"{row.resource}: what can be reached at most"
    drawn = pd.concat(
        [
            best.assign(way="", reached=best["reached_low"]),
            reached.assign(
                way=reached["option"].map(OPTIONS),
                moved=reached["moved_high"],
                reached=reached["reached_low"],
            ),
        ],
        ignore_index=True,
    )
    return page.figure(
        draw.trade_off(drawn[["way", "moved", "reached"]]),
        title=f"{row.resource}: how even, and how many are reached",
        subtitle="Learners to shift who are reached at least, by how far shares are from equal ones",
        table=page.table(shown, caption=caption, headings=headings),
        note="Where a number may not be told, nobody is counted as reached, and the line leaves equal "
        "shares there.",
    )


def _share(one: Any) -> str:
    gain = _range(one.gain_low, one.gain_high, signed=True)
    return f"{_range(one.low, one.high)} ({gain})"


def _range(low: float, high: float, *, signed: bool = False) -> str:
    """A number, or both its ends; c where it may not be told."""
    if pd.isna(low):
        return "c"
    ends = dict.fromkeys(_number(end, signed=signed) for end in (low, high))
    return " to ".join(ends)


def _number(value: float, *, signed: bool) -> str:
    told = f"{value:+.3g}" if signed and value else f"{value:,.10g}"
    if value != round(value):
        told = f"{value:.1f}"
    return told.replace("-", "−")
