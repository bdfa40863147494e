"""Stages: the way from looking for partners to working together, and how far a folder has come on it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

COLUMNS = ["stage", "name", "produces", "there", "lacking", "state", "next"]
# What a stage produces, and what of it a folder can show: a word for it, and the fact that it is there.
_STAGES: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    (
        "Seek partners",
        "who belongs to the community, and whose learners go on to whom",
        {"members": "providers", "where learners go on to": "enrolments"},
    ),
    (
        "Agree on a purpose",
        "what the community is for, and a protocol for the data it shares",
        {
            "purpose of using the data": "purpose",
            "who approved it": "approver",
            "until when": "expires",
        },
    ),
    (
        "Choose a strategy",
        "challenges with their evidence, and targets with a way to know",
        {"results": "results", "local knowledge": "local_knowledge", "targets": "plans"},
    ),
    (
        "Design leadership across the community",
        "the roles that work across providers",
        {"roles across": "across"},
    ),
    (
        "Design leadership within each place",
        "the roles within providers, and the time and means behind them",
        {"roles within": "within", "what can be put to work": "resources"},
    ),
    (
        "Appoint",
        "somebody in every role",
        {"somebody in a role": "some_held", "somebody in every role": "all_held"},
    ),
    (
        "Carry it out",
        "where targets stand, year after year",
        {"results after a target was set": "after_targets"},
    ),
)


def come_to(facts: Mapping[str, bool]) -> pd.DataFrame:
    """What each stage produces, what of it is there, what is lacking and which stage is next.

    ``facts``: the names of ``FACTS`` with whether each is so. ``state``: ``there``, ``begun`` or
    ``not begun``; ``next`` is true for the first stage that is not all there. Stages may be taken
    in another order, and what a folder shows is not all that there is.
    """
    rows: list[dict[str, object]] = []
    for number, (name, produces, shows) in enumerate(_STAGES, start=1):
        there = [word for word, fact in shows.items() if facts[fact]]
        lacking = [word for word, fact in shows.items() if not facts[fact]]
        state = "there" if not lacking else "begun" if there else "not begun"
        before = any(row["next"] for row in rows)
        rows.append(
            {
                "stage": number,
                "name": name,
                "produces": produces,
                "there": "; ".join(there),
                "lacking": "; ".join(lacking),
                "state": state,
                "next": state != "there" and not before,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


FACTS: tuple[str, ...] = tuple(fact for _, _, shows in _STAGES for fact in shows.values())


def facts(
    *,
    tables: Mapping[str, int],
    leadership: pd.DataFrame,
    protocol: Mapping[str, bool],
    targets: list[int],
    last_year: int | None,
) -> dict[str, bool]:
    """What a folder shows: sizes of its tables, its roles, its protocol, the years targets start from.

    ``protocol``: purpose, approver, expires; whether each is filled in.
    """
    there = {name: tables.get(name, 0) > 0 for name in ("providers", "enrolments", "resources")}
    held = leadership["held_by"] != ""
    return {
        **there,
        **{name: bool(protocol[name]) for name in ("purpose", "approver", "expires")},
        "local_knowledge": tables.get("local_knowledge", 0) > 0,
        "results": any(tables.get(name, 0) for name in ("observations", "counts", "survey")),
        "plans": bool(targets),
        "across": bool((leadership["scope"] == "across").any()),
        "within": bool((leadership["scope"] == "within").any()),
        "some_held": bool(held.any()),
        "all_held": bool(len(leadership) and held.all()),
        "after_targets": last_year is not None and any(last_year > year for year in targets),
    }
