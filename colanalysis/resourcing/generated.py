"""Generated: what a rule table gives each provider by its roll, what of it stays, what is shared.

A rule table is a file: ``resource_rules`` in a community's folder, or one that comes with the project.
"""

from __future__ import annotations

from importlib.resources import files
from io import StringIO

import pandas as pd

from colanalysis.terms.schema import TABLES

COLUMNS = ["rule", "resource", "unit", "provider_id", "amount", "stays", "shared", "in_force"]
PER = ("community", "provider")
_SHIPPED = "staffing_rules_2015_2026.csv"
_NUMBERS = ("roll_from", "roll_to", "amount", "stays", "from_year", "to_year")


def shipped() -> pd.DataFrame:
    """The rules of the staffing scheme that ended in January 2026, as far as they are documented here."""
    text = files("colanalysis").joinpath("reference", _SHIPPED).read_text(encoding="utf-8")
    rows = pd.read_csv(StringIO(text), dtype="str", keep_default_na=False)
    numbers = {name: pd.to_numeric(rows[name]) for name in _NUMBERS}
    return rows.assign(**numbers)[list(TABLES["resource_rules"].columns)]


def by_roll(rules: pd.DataFrame, providers: pd.DataFrame, *, year: int | None) -> pd.DataFrame:
    """What the rules give: a row a rule and provider (or the community, "") that it gives something.

    Members with a roll count. The roll of the community is theirs together. ``in_force``: whether the
    rule says of ``year`` that it holds; one that does not shows what would have been.
    """
    members = providers[providers["member"] & (providers["roll"] > 0)]
    rolls = {
        "provider": members.set_index("provider_id")["roll"],
        "community": pd.Series({"": members["roll"].sum()} if len(members) else {}, dtype=float),
    }
    rows = [
        (
            rule.rule, rule.resource, rule.unit, provider, rule.amount, stays, rule.amount - stays,
            _in_force(rule.from_year, rule.to_year, year),
        )
        for rule in rules.itertuples()
        for provider, roll in rolls[rule.per].items()
        if _within(roll, rule.roll_from, rule.roll_to)
        for stays in [0.0 if pd.isna(rule.stays) else min(rule.stays, rule.amount)]
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def _within(value: float, first: float, last: float) -> bool:
    """Whether a number lies between two others; a missing one leaves that side open."""
    return not (value < first or value > last)


def _in_force(first: float, last: float, year: int | None) -> bool:
    return year is not None and _within(year, first, last)
