"""Challenge: from findings to three to five candidate challenges a community could agree on.

A candidate brings its evidence, what there is to build on, the conditions that go with it, and the
arithmetic of a target in whole learners. The story of what will happen is the community's to tell;
nothing is drafted in its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from colanalysis.errors import UsageError
from colanalysis.terms import catalogue, labels
from colanalysis.terms.settings import Community

PLAN_KEYS = [
    "challenge", "measure", "group", "year_levels", "target", "target_year", "baseline_year",
    "baseline_n", "baseline_of",
]  # fmt: skip
NEARLY_ALL = 0.9
ALL_LEVELS = 99.0
CONDITIONS = {"attendance", "wellbeing", "engagement", "participation"}


def candidates(found: pd.DataFrame, chosen: Sequence[int], *, community: Community) -> pd.DataFrame:
    """Put beside each chosen hurdle what there is to build on, and the conditions that go with it.

    ``chosen``: ranks of findings, in order. Columns: candidate (1…), rank (of the finding), build_on
    and conditions (ranks of other findings, joined by a blank): successes on the same measure or
    step, and attendance, wellbeing, engagement or participation hurdles at the same steps.
    """
    by_rank = found.set_index("rank", drop=False)
    rows = [
        {
            "candidate": number,
            "rank": rank,
            "build_on": _ranks(_build_on(by_rank.loc[rank], found)),
            "conditions": _ranks(_conditions(by_rank.loc[rank], found, community)),
        }
        for number, rank in enumerate(chosen, start=1)
    ]
    return pd.DataFrame(rows, columns=["candidate", "rank", "build_on", "conditions"])


def same_ground(one: pd.Series, other: pd.Series) -> bool:
    """Say whether two hurdles are of one measure at a common step."""
    return one["measure"] == other["measure"] and bool(_steps(one) & _steps(other))


def _steps(finding: pd.Series) -> set[str]:
    return set(finding["stages"].split())


def _build_on(hurdle: pd.Series, found: pd.DataFrame) -> pd.DataFrame:
    near = (found["measure"] == hurdle["measure"]) | _at_its_steps(hurdle, found)
    return found[near & (found["direction"] == "success")]


def _conditions(hurdle: pd.Series, found: pd.DataFrame, community: Community) -> pd.DataFrame:
    there = _at_its_steps(hurdle, found)
    domain = found["measure"].map(lambda name: community.measures[name].domain)
    other = found["measure"] != hurdle["measure"]
    behind = found["direction"] == "hurdle"
    return found[there & other & behind & domain.isin(CONDITIONS)]


def _at_its_steps(hurdle: pd.Series, found: pd.DataFrame) -> pd.Series:
    return found["stages"].map(lambda stages: bool(set(stages.split()) & _steps(hurdle)))


def _ranks(rows: pd.DataFrame) -> str:
    return " ".join(str(int(rank)) for rank in rows["rank"])


def local_knowledge(
    claims: pd.DataFrame, found: pd.DataFrame, counted: pd.DataFrame, *, community: Community
) -> pd.DataFrame:
    """Put every claim beside the data, to see whether a finding says the same or the opposite.

    Columns: claim, source, direction, measure, year_levels, group, date, verdict, rank (of the
    finding it was laid beside, 0 for none). Verdicts: ``agrees``, ``disagrees`` (a finding of the
    other direction, or the same of the learners on the other side), ``not shown`` (the data covers
    it and lists nothing), ``cannot be seen``.
    """
    rows = []
    for _, claim in claims.iterrows():
        beside = _beside(claim, found)
        agrees = beside[beside["direction"] == claim["direction"]]
        if beside.empty:
            beside = _facing(claim, found, counted, community)
        if len(agrees):
            verdict, rank = "agrees", int(agrees["rank"].iloc[0])
        elif len(beside):
            verdict, rank = "disagrees", int(beside["rank"].iloc[0])
        else:
            verdict, rank = _covered(claim, counted, community), 0
        rows.append({**_told(claim), "verdict": verdict, "rank": rank})
    return pd.DataFrame(rows, columns=[*_told(pd.Series(dtype=object)), "verdict", "rank"])


def _told(claim: pd.Series) -> dict[str, str]:
    names = ["claim", "source", "direction", "measure", "year_levels", "group", "date"]
    told = {name: claim.get(name, "") for name in names}
    date = told["date"]
    return {**told, "date": f"{date:%Y-%m-%d}" if isinstance(date, pd.Timestamp) else ""}


def _beside(claim: Mapping[str, object] | pd.Series, found: pd.DataFrame) -> pd.DataFrame:
    measure, provider = claim.get("measure", ""), claim.get("provider_id", "")
    first, last = levels(str(claim.get("year_levels", "")))
    low, high = found["year_level_min"].fillna(first), found["year_level_max"].fillna(last)
    same = (found["measure"] == measure) & (low <= last) & (high >= first)
    same &= found["provider_id"] == provider
    wanted = _parts(str(claim.get("group", "")))
    return found[same & found["group"].map(lambda group: _parts(group) == wanted).astype(bool)]


def _facing(
    claim: pd.Series, found: pd.DataFrame, counted: pd.DataFrame, community: Community
) -> pd.DataFrame:
    """Findings in the claim's direction about the learners that the claim's group is compared with.

    That is so where the two groups do not overlap and make up nearly all of whom the attribute is
    known: a hurdle of girls stands against a claimed hurdle of boys, one of Pacific learners says
    nothing of a claimed one of Māori learners.
    """
    wanted = _parts(str(claim.get("group", "")))
    if len(wanted) != 1:
        return found.iloc[:0]
    attribute = next(iter(wanted)).partition("=")[0] + "="
    rows = _about({**claim, "group": ""}, counted, community)
    parts = rows["profile"].map(_parts)
    known = parts.map(lambda has: any(part.startswith(attribute) for part in has)).astype(bool)
    own = parts.map(lambda has: wanted <= has).astype(bool)

    def faces(group: str) -> bool:
        other = parts.map(lambda has: _parts(group) <= has).astype(bool)
        both, all_ = rows.loc[own | other, "n"].sum(), rows.loc[known, "n"].sum()
        return not (own & other).any() and both >= NEARLY_ALL * all_ > 0

    same_way = found[found["direction"] == claim["direction"]]
    groups = [
        group
        for group in same_way["group"].unique()
        if len(_parts(group)) == 1 and group.startswith(attribute) and faces(group)
    ]
    pieces = [_beside({**claim, "group": group}, same_way) for group in groups]
    return pd.concat(pieces) if pieces else found.iloc[:0]


def levels(text: str) -> tuple[float, float]:
    """Read the year levels of "7-8", "Years 7 to 8", "NE-3" or "9"; all where none is said."""
    found = re.findall(r"\d+|NE", text)
    numbers = [0.0 if part == "NE" else float(part) for part in found]
    return (min(numbers), max(numbers)) if numbers else (-1.0, ALL_LEVELS)


def _covered(claim: pd.Series, counted: pd.DataFrame, community: Community) -> str:
    rows = _about(claim, counted, community)
    provider = claim.get("provider_id", "")
    rows = rows[rows["provider_id"] == provider] if provider else rows
    enough = rows["n"].sum() >= community.settings.smallest_group
    return "not shown" if enough else "cannot be seen"


def _about(
    what: Mapping[str, object] | pd.Series, counted: pd.DataFrame, community: Community
) -> pd.DataFrame:
    """Keep the counts of the measure, year levels and group that a claim or a plan names.

    Counts without a year level are kept where none is named or the measure has a step of its own.
    """
    name, named = str(what.get("measure", "")), str(what.get("year_levels", ""))
    wanted = _parts(str(what.get("group", "")))
    rows = counted[counted["measure"] == name]
    within = rows["year_level"].between(*levels(named))
    if not named or (name in community.measures and community.measures[name].stage):
        within |= rows["year_level"].isna()
    rows = rows[within]
    has = rows["profile"].map(lambda profile: wanted <= _parts(profile))
    return rows[has.astype(bool)]


def monitored(counted: pd.DataFrame, *, community: Community) -> pd.DataFrame:
    """Where the targets of earlier plans stand now, as counts.

    Columns: challenge, measure, group, year_levels, target, target_year, baseline_year, baseline_n,
    baseline_of, year (of the latest results up to the target year), n, n_success, same_yardstick.
    """
    rows = []
    for plan in community.plans:
        own = _about(plan, counted, community)
        own = own[own["year"] <= plan["target_year"]]
        year = int(own["year"].max()) if len(own) else int(str(plan["target_year"]))
        measure = community.measures[str(plan["measure"])]
        now = own[own["year"] == year]
        rows.append(
            {
                **{key: plan.get(key, "") for key in PLAN_KEYS},
                "year": year,
                "n": int(now["n"].sum()),
                "n_success": int(now["n_success"].sum()),
                "same_yardstick": catalogue.period(measure, int(str(plan["baseline_year"])))
                == catalogue.period(measure, year),
            }
        )
    return pd.DataFrame(rows, columns=[*PLAN_KEYS, "year", "n", "n_success", "same_yardstick"])


def alike(
    plan: Mapping[str, object], counted: pd.DataFrame, *, community: Community
) -> pd.DataFrame:
    """The results of a plan's group and of all groups that it was picked among, year by year.

    Those are all single groups at the plan's measure and year levels; there are none for a plan about
    all learners. Columns: group, year, n (who succeed), of. UsageError where the plan's group does
    not exist.
    """
    own = str(plan.get("group", ""))
    exists(plan, counted, community=community)
    rows = on_yardstick(plan, counted, community=community)
    singles = sorted(_singles(rows))
    others = [one for one in singles if own and _parts(one) != _parts(own)]
    told = [_by_year(rows, group) for group in (own, *others)]
    return pd.concat(told, ignore_index=True)


def on_yardstick(
    plan: Mapping[str, object], counted: pd.DataFrame, *, community: Community
) -> pd.DataFrame:
    """Keep the counts of a plan's measure and year levels in the years of its baseline's yardstick."""
    rows = _about({**plan, "group": ""}, counted, community)
    measure = community.measures[str(plan["measure"])]
    return rows[catalogue.on_that_of(measure, int(str(plan["baseline_year"])), rows["year"])]


def exists(plan: Mapping[str, object], counted: pd.DataFrame, *, community: Community) -> None:
    """UsageError that lists the groups there are, where there are results and none of a plan's group."""
    singles = _singles(_about({**plan, "group": ""}, counted, community))
    known = set(map(labels.plain, singles))
    for part in filter(None, str(plan.get("group", "")).split(" & ")):
        if known and labels.plain(part) not in known:
            raise UsageError(
                f'found the group "{part}" in a plan',
                where=str(plan["challenge"]),
                expected=f"one of: {', '.join(sorted(singles))}",
            )


def _singles(rows: pd.DataFrame) -> set[str]:
    return {part for one in rows["profile"].drop_duplicates() for part in one.split(" & ")} - {""}


def _by_year(rows: pd.DataFrame, group: str) -> pd.DataFrame:
    wanted = _parts(group)
    has = rows["profile"].map(lambda profile: wanted <= _parts(profile)).astype(bool)
    sums = rows[has].groupby("year", as_index=False)[["n_success", "n"]].sum()
    named = sums.rename(columns={"n_success": "n", "n": "of"}).astype("int64")
    named.insert(0, "group", group)
    return named


def _parts(group: str) -> set[str]:
    """Split the groups that are joined in one name, so that neither order nor macrons matter."""
    return {labels.plain(part) for part in group.split(" & ")} - {""}
