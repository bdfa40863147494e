"""Publish: the tables of one report, filled with the numbers that were decided for all of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from colanalysis import cells, challenge, conditions, covering, describe, follow, protect
from colanalysis.comparing import case
from colanalysis.evidence import Evidence
from colanalysis.protect import Rules
from colanalysis.publishing import accompany, ahead, chosen, means, plan, restate, since
from colanalysis.publishing.decide import NUMBERS, Told

# What schools differ by is told where so many schools and learners could be compared.
MANY_SCHOOLS, MANY_LEARNERS = 5, 100
STEP_OF_ENDS = 0.05
# Each word is true of so many numbers of learners that none can be told from it.
MANY_TO_SHIFT = 40
PARTS = ["less than half", "about half", "about three quarters", "nearly all"]


def tables(evidence: Evidence, told: Told, unit: str) -> dict[str, pd.DataFrame]:
    """Make every table of a release, for the whole community ("") or for one provider."""
    planned = plan.tables(evidence, unit, exact=told.rules.exact)
    shown = {name: told.of(table) for name, table in planned.items()}
    found = evidence.found.assign(doubts=_doubts(evidence))
    settings = evidence.community.settings
    found = restate.findings(found, shown, told.rules, smallest_gap=settings.smallest_gap)
    ranks = dict(zip(found["exact_rank"], found["rank"], strict=True))
    found = found.drop(columns="exact_rank")
    places = _ranked(shown["places"], ranks)
    sets = _sets(evidence, found, ranks)
    candidates = challenge.candidates(found, covering.ranks(sets), community=evidence.community)
    return {
        "findings": found,
        "steps": shown["steps"][["measure", "stage", "year", *NUMBERS]],
        "others": restate.others(shown["steps"], shown["all_steps"]),
        "years": _ranked(shown["years"], ranks)[
            ["rank", "measure", "who", "year", "period", *NUMBERS]
        ],
        "affected": _named(_ranked(shown["affected"], ranks))[
            ["rank", "measure", "group", *NUMBERS]
        ],
        "groups": _named(shown["groups"])[["measure", "year", "group", *NUMBERS]],
        "transitions": restate.transitions(shown["before"], shown["after"]),
        "flows": _flows(shown["flows"]),
        "coverage": _coverage(shown["coverage"]),
        "detectable": _detectable(evidence, unit),
        "judged": _judged(evidence),
        "candidates": candidates,
        "targets": ahead.targets(
            candidates,
            found,
            _ranked(shown["latest"], ranks),
            places,
            told.rules,
        ),
        "together": _together(sets, unit),
        "conditions": _conditions(evidence, ranks, told.rules),
        "knowledge": accompany.knowledge(evidence, found, told.rules, unit),
        "plans": since.plans(evidence, shown["plans"], shown["plan_years"], told.rules),
        "plan_years": _named(shown["plan_years"])[["plan", "group", "year", *NUMBERS]],
        "resources": accompany.resources(evidence),
        "brought": means.brought(evidence),
        "to_shift": means.to_shift(places, found),
        "leadership": means.leadership(evidence),
        "way": means.way(evidence),
        "providers": accompany.providers(evidence),
        "data": accompany.data(evidence, told.rules),
        "cells": _cells(shown),
    }


def _cells(shown: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Every cell of this report once: what it counts, what is told of it, and what was done and why."""
    columns = [*cells.DEFINITION, *NUMBERS]
    pieces = [table[columns] for table in shown.values()]
    every = pd.concat([piece for piece in pieces if len(piece)] or pieces[:1])
    every = every.drop_duplicates(cells.DEFINITION, ignore_index=True)
    # That somebody belongs to a small group is not told either.
    return _named(every)[[*cells.DEFINITION, "n", "n_success", "mark", "done"]]


def _named(shown: pd.DataFrame) -> pd.DataFrame:
    """Without the groups whose size is not told: that anybody belongs to them is not either."""
    kept = shown["n"].notna() | (shown["group"] == "")
    return shown[kept].reset_index(drop=True)


def _ranked(shown: pd.DataFrame, ranks: dict[int, int]) -> pd.DataFrame:
    """Rows of the findings that are told, by the rank under which they are."""
    rank = shown["rank"].map(ranks)
    kept = shown.assign(rank=rank)[rank.notna()].astype({"rank": "int64"})
    return kept.sort_values("rank", kind="stable").reset_index(drop=True)


def _sets(evidence: Evidence, found: pd.DataFrame, ranks: dict[int, int]) -> pd.DataFrame:
    """Sets of candidates, chosen among the hurdles that are told, by the ranks under which they are."""
    behind = evidence.behind.assign(rank=evidence.behind["rank"].map(ranks))
    behind = behind[behind["rank"].notna()].astype({"rank": "int64"})
    return covering.sets(behind, found, at_most=evidence.community.settings.candidates)


def _together(sets: pd.DataFrame, unit: str) -> pd.DataFrame:
    """What part of the learners whom all hurdles have to shift each set reaches, in words alone.

    Nobody has audited what such a number beside the others would tell: no count of it is told, and
    of one provider, or of few learners, nothing is.
    """
    enough = (unit == "") & (sets["of"] >= MANY_TO_SHIFT)
    share = (sets["learners"] / sets["of"].where(enough)).astype(float)
    part = pd.cut(share, [0, 3 / 8, 5 / 8, 7 / 8, np.inf], labels=PARTS, right=False)
    part = part.astype(object).where(enough, "")
    return sets[["set", "ranks", "unknown"]].assign(part=part)


def _conditions(evidence: Evidence, ranks: dict[int, int], rules: Rules) -> pd.DataFrame:
    """What success goes with among the learners of each hurdle that is told: ends of its range.

    For the public only of so many learners on either side that one of them moves no end by more than a
    point, and in steps of five points outwards: no count can be told from that.
    """
    table = _ranked(evidence.conditions, ranks)
    if not rules.exact:
        table = table[(table[["n_with", "n_without"]] >= MANY_LEARNERS).all(axis=1)]
        steps = round(1 / STEP_OF_ENDS)
        table = table.assign(
            low=np.floor((table["low"] * steps).round(6)) / steps,
            high=np.ceil((table["high"] * steps).round(6)) / steps,
        )
        table = table.assign(
            verdict=[conditions.verdict(*ends) for ends in table[["low", "high"]].to_numpy()]
        )
    return table[["rank", "condition", "low", "high", "verdict"]].reset_index(drop=True)


def _doubts(evidence: Evidence) -> list[str]:
    """The verdicts on each finding that are not yes, and no numbers: "room: no; years: no"."""
    return [
        "; ".join(
            f"{answer.question}: {answer.verdict}"
            for answer in evidence.doubts[rank]
            if answer.verdict != case.YES
        )
        for rank in evidence.found["rank"]
    ]


def _detectable(evidence: Evidence, provider: str) -> pd.DataFrame:
    """The smallest gaps that could have been found, in whole points, on each measure's latest yardstick."""
    table = evidence.detectable
    latest = table["period"] == table.groupby("measure")["period"].transform("max")
    # A provider's own report compares it with the others; how finely is the community's to know.
    table = table[latest & (provider == "")]
    return table.drop(columns=["n", "period"]).round({"gap": 2}).reset_index(drop=True)


def _judged(evidence: Evidence) -> pd.DataFrame:
    """The doubt that shares of a judgement carry because schools judge differently, in whole points.

    Of the whole community only, in every report alike, and only where no school could work out another's.
    """
    table = evidence.judged
    enough = (table["n_schools"] >= MANY_SCHOOLS) & (table["n"] >= MANY_LEARNERS)
    whole = {name: table[name].map(describe.whole_points) for name in ("one_school", "pooled")}
    return table.assign(**whole)[enough][["measure", *whole]].reset_index(drop=True)


def _flows(shown: pd.DataFrame) -> pd.DataFrame:
    """Learners at the end of each step over all years: stayed, moved, not seen again, new."""
    steps = ["stage_before", "stage_after"]
    pieces = [
        rows.set_index(steps)["n"].rename(way) for way, rows in shown.groupby("way", sort=False)
    ]
    wide = (
        pd.concat(pieces, axis=1) if pieces else pd.DataFrame(columns=[*steps, *follow.FLOW_SUMS])
    )
    return wide.reset_index(drop=not pieces).assign(done=protect.FLOWS_DONE)


def _coverage(shown: pd.DataFrame) -> pd.DataFrame:
    """Who could have been assessed and who was, in the latest year of each measure and step."""
    table = _named(shown)[[*chosen.STEP, "year", "group", *NUMBERS]].drop(columns=["low", "high"])
    return table.rename(columns={"n": "eligible", "n_success": "assessed"})
