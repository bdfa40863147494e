"""Ahead: what a target for each candidate would ask for, worked out from numbers that may be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from colanalysis import protect
from colanalysis.evidence import Evidence
from colanalysis.planning import aim
from colanalysis.planning.target import Baseline
from colanalysis.protect import Rules
from colanalysis.publishing import decide, plan


def exactly(evidence: Evidence, ranks: Sequence[int]) -> pd.DataFrame:
    """The targets of some hurdles from exact counts, for the data lead (``targets``)."""
    rules = protect.rules_for("governance", evidence.community.settings, b"")
    told = decide.by_rules(evidence, rules)
    planned = plan.tables(evidence, "", exact=True)
    candidates = pd.DataFrame({"candidate": range(1, len(ranks) + 1), "rank": ranks})
    latest, places = (told.of(planned[name]) for name in ("latest", "places"))
    return targets(candidates, evidence.found, latest, places, rules)


def targets(
    candidates: pd.DataFrame,
    found: pd.DataFrame,
    latest: pd.DataFrame,
    places: pd.DataFrame,
    rules: Rules,
) -> pd.DataFrame:
    """Each candidate with the target of the share that it was compared with (``aim.COLUMNS``).

    ``latest`` and ``places``: the hurdles' groups in the latest year of the whole community, and year by
    year at each provider, as they are told, by the ranks of ``found``. A candidate whose
    baseline is not told as a number, or which is there already, has no row.
    """
    hurdles = found.set_index("rank", drop=False)
    now = latest.set_index("rank")
    rows = []
    for candidate, rank in zip(candidates["candidate"], candidates["rank"], strict=True):
        hurdle, told = hurdles.loc[rank], now.loc[rank]
        if told["mark"] != protect.SHOWN:
            continue
        baseline = Baseline(int(told["n_success"]), int(told["n"]))
        like = _like(places[places["rank"] == rank], rules)
        aimed = aim.at(baseline, hurdle["reference_rate"], like)
        if aimed is not None:
            about: dict[str, Any] = {name: hurdle[name] for name in aim.ABOUT[1:]}
            rows.append({"candidate": candidate, **about, "year": int(told["year_max"]), **aimed})
    return pd.DataFrame(rows, columns=aim.COLUMNS)


def _like(places: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """The providers, each as a group like the others, in the years of which a number is told."""
    told = places.assign(
        of=places["n"], n=protect.middle(places, rules), group=places["provider_id"]
    )
    told = told.dropna(subset=["n"])[["group", "year", "n", "of"]]
    return told.astype({"year": "int64", "n": "int64", "of": "int64"})
