"""Allot: sections on what can be put to work, ways of sharing it, who leads, and how far the way is.

Ways of sharing stand side by side. None is recommended, their order means nothing, and which learners
each hour should reach is for the community to say.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from colanalysis import describe, page
from colanalysis.page import Html
from colanalysis.resourcing import options, roles
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
    "there. By reach: so that most of them are reached, each unit reaching as many as resources.csv "
    "says; of shares that reach as many, those nearest to equal ones. A provider whose number may not "
    "be told (c) keeps its equal share there: it is not guessed. Numbers are of each provider's latest "
    "year and need not add up to that of the whole community.",
)
STATES = {"there": "There", "begun": "Begun", "not begun": "Not begun"}
HELD = {
    "held": "Held",
    "held twice": "Several roles for the same: agree who does what",
    "open": "Open: nobody holds it yet",
    "missing": "No role yet",
}


def resources(release: Release) -> Html:
    """What there is to put to work, where the candidate challenges are, and ways of sharing it."""
    listed, brought = release.tables["resources"], release.tables["brought"]
    if listed.empty and brought.empty:
        return page.paragraphs(
            ["No resources are listed. A table resources.csv with resource, unit and amount shows "
             "here what there is: hours, roles, rooms, people, funds, and who brings them. A table "
             "resource_rules.csv says what each provider's roll brings."]
        )  # fmt: skip
    parts = [_listed(listed, release)] if len(listed) else []
    parts += [_brought(brought, release)] if len(brought) else []
    parts += [
        page.paragraphs(
            ["Where: each candidate challenge below is met at these providers. Sharing is not about "
             "equal shares: it is for the community to say which learners each hour should reach."]
        ),
        _where(release),
        _options(release),
    ]  # fmt: skip
    return Html("").join(parts)


def _listed(listed: pd.DataFrame, release: Release) -> Html:
    stays = listed["stays"].fillna(0).astype(float).clip(upper=listed["amount"].clip(lower=0))
    shown = pd.DataFrame(
        {
            "resource": listed["resource"],
            "amount": [_amount(amount) for amount in listed["amount"]],
            "unit": listed["unit"],
            "from": [_place(one, release) for one in listed["generated_by"]],
            "stays": [_amount(amount) for amount in stays],
            "shared": [_amount(amount) for amount in listed["amount"] - stays],
        }
    )
    headings = {"from": "Brought by", "stays": "Stays there", "shared": "Is shared"}
    return page.table(shown, caption="What can be put to work", headings=headings)


def _brought(brought: pd.DataFrame, release: Release) -> Html:
    shown = pd.DataFrame(
        {
            "provider": [_place(one, release) for one in brought["provider_id"]],
            "resource": brought["resource"],
            "amount": [_amount(amount) for amount in brought["amount"]],
            "unit": brought["unit"],
            "stays": [_amount(amount) for amount in brought["stays"]],
            "shared": [_amount(amount) for amount in brought["shared"]],
            "rule": [
                row.rule if row.in_force else f"{row.rule} (not in force: what would be)"
                for row in brought.itertuples()
            ],
        }
    )
    headings = {"stays": "Stays there", "shared": "Is shared"}
    return page.table(shown, caption="What each roll brings by rule", headings=headings)


def _where(release: Release) -> Html:
    found = release.tables["findings"].set_index("rank")
    rows = []
    for row in release.tables["candidates"].itertuples():
        hurdle = found.loc[row.rank]
        rows.append(
            {
                "candidate": f"{row.candidate:.0f}. "
                f"{describe.measure(hurdle['measure'], release.about)}",
                "shift": describe.count(hurdle["learners_to_shift"]),
                "where": ", ".join(_met_at(row.rank, release)["name"]) or "x",
            }
        )
    if not rows:
        return page.paragraphs(["There is no candidate challenge to lay resources beside yet."])
    headings = {"candidate": "Candidate", "shift": "Learners to shift a year", "where": "Met at"}
    return page.table(
        pd.DataFrame(rows), caption="Where candidate challenges are met", headings=headings
    )


def _met_at(rank: int, release: Release) -> pd.DataFrame:
    """The providers with results at the steps of a finding."""
    found, providers = release.tables["findings"], release.tables["providers"]
    steps = set(found.loc[found["rank"] == rank, "stages"].item().split())
    return providers[[bool(steps & set(teaches.split())) for teaches in providers["steps"]]]


def _options(release: Release) -> Html:
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


def places(rank: int, release: Release) -> pd.DataFrame:
    """The members where a hurdle is met: provider_id, name, roll, low and high (learners to shift)."""
    shift = release.tables["to_shift"]
    members = release.tables["providers"]
    members = members.loc[members["member"].astype(bool), ["provider_id", "name", "roll"]]
    return shift[shift["rank"] == rank].merge(members, on="provider_id")


def _units(row: Any) -> int:
    stays = 0 if pd.isna(row.stays) else row.stays
    return max(math.floor(row.amount - stays + 1e-9), 0)


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
    return table + page.paragraphs(said) + _trade_off(reached, row, amount)


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


def frontiers(release: Release) -> Html:
    """How many learners to shift are reached at most, the further shares are from equal ones."""
    pieces = [
        _frontier(row, places(rank, release))
        for row, rank in _behind(release)
        if not pd.isna(row.reaches) and row.reaches
    ]
    if not any(pieces):
        return page.paragraphs(
            ["To see this, say in the column reaches of resources.csv how many learners one unit of a "
             "resource reaches; it takes a provider at least whose learners to shift may be told."]
        )  # fmt: skip
    return Html("").join(pieces)


def _frontier(row: Any, there: pd.DataFrame) -> Html:
    line = options.frontier(_units(row), there, reaches=float(row.reaches), at_least=_at_least(row))
    if line.empty:
        return Html("")
    shown = pd.DataFrame(
        {
            "moved": line["moved"],
            "reached": [_range(one.reached_low, one.reached_high) for one in line.itertuples()],
        }
    )
    headings = {
        "moved": "Units elsewhere than with equal shares, at most",
        "reached": "Learners to shift who are reached, at most",
    }
    return page.table(
        shown, caption=f"{row.resource}: {_units(row):,} {row.unit}", headings=headings
    )


def _at_least(row: Any) -> int:
    return 0 if pd.isna(row.at_least) else math.ceil(row.at_least)


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


def _amount(amount: float) -> str:
    return "x" if pd.isna(amount) else f"{amount:,.10g}"


def _place(provider: str, release: Release) -> str:
    return str(release.about["providers"].get(provider, provider) or "the community")


def leadership(release: Release) -> Html:
    """Which roles each candidate has across and within providers, and what is still to be agreed."""
    rows, listed = release.tables["candidates"], release.tables["leadership"]
    if rows.empty:
        return page.paragraphs(["Leadership can be agreed on once there is a challenge to lead."])
    if listed.empty:
        return page.bullets(_to_agree(row, release) for row in rows.itertuples())
    found = release.tables["findings"].set_index("rank")
    wanted = pd.DataFrame(
        {"rank": rows["rank"], "measure": found.loc[rows["rank"], "measure"].array}
    )
    met = [_met_at(rank, release)[["provider_id"]].assign(rank=rank) for rank in rows["rank"]]
    beside = roles.beside(listed, wanted, pd.concat(met))
    number = dict(zip(rows["rank"], rows["candidate"], strict=True))
    shown = pd.DataFrame(
        {
            "candidate": [
                f"{number[row.rank]:.0f}. {describe.measure(row.measure, release.about)}"
                for row in beside.itertuples()
            ],
            "where": [
                "Across the community"
                if row.scope == "across"
                else _place(row.provider_id, release)
                for row in beside.itertuples()
            ],
            "roles": beside["roles"].mask(beside["roles"] == "", "–"),
            "held_by": beside["held_by"].mask(beside["held_by"] == "", "–"),
            "verdict": beside["verdict"].map(HELD),
        }
    )
    headings = {"held_by": "Held by", "verdict": "To agree"}
    table = page.table(
        shown, caption="Roles beside each candidate", headings=headings, row_headers=2
    )
    return table + page.bullets(_several(listed, release))


def _to_agree(row: Any, release: Release) -> str:
    named = describe.kinds(_met_at(row.rank, release)["type"])
    return (
        f"Candidate {row.candidate:.0f} is met at {named or 'no provider listed here'}. To agree: "
        "who leads it, in whose time, with whom in each of these places, and who is told how "
        "it goes."
    )


def _several(listed: pd.DataFrame, release: Release) -> list[str]:
    """Who carries several roles, which is a question of time and not of blame."""
    return [
        f"{row.held_by} ({_place(row.provider_id, release)}) holds {row.roles} roles: is there time "
        "for all of them?"
        for row in roles.several(listed).itertuples()
    ]


def way(release: Release) -> Html:
    """How far the community's folder has come on the way from partners to working together."""
    rows = release.tables["way"]
    shown = pd.DataFrame(
        {
            "stage": [f"{one}. {name}" for one, name in zip(rows["stage"], rows["name"], strict=True)],
            "produces": rows["produces"],
            "there": rows["there"].mask(rows["there"] == "", "–"),
            "lacking": rows["lacking"].mask(rows["lacking"] == "", "–"),
            "state": [
                f"{STATES[state]}: next" if following else STATES[state]
                for state, following in zip(rows["state"], rows["next"], strict=True)
            ],
        }
    )  # fmt: skip
    headings = {
        "produces": "What it produces",
        "there": "Is in the folder",
        "lacking": "Not in the folder",
    }
    said = (
        "A stage that shows nothing here may have been gone through all the same: this tells only what "
        "is written down in the community's folder."
    )
    table = page.table(shown, caption="Stages of the way", headings=headings)
    return table + page.paragraphs([said])
