"""Check what can be put to work: resources, the rules that bring them, and the roles that lead."""

from __future__ import annotations

import numpy as np
import pandas as pd

from colanalysis.checking import convert
from colanalysis.checking.sift import Known, Notes, at_known, blank, doubt, known_measure, sift
from colanalysis.terms.labels import plain

__all__ = ["leadership", "resources", "rules"]

_PER = ("community", "provider")
_SCOPES = ("across", "within")


def resources(rows: pd.DataFrame, known: Known) -> tuple[pd.DataFrame, Notes]:
    """Check resources: an amount that is a number, and only measures and providers that exist."""
    amount, bad = convert.numbers(rows["amount"])
    rows, notes = sift(
        rows.assign(amount=amount),
        *blank(rows, "resources"),
        ("amount is not a number", "amount", bad),
    )
    rows, more = at_known(rows, "generated_by", known)
    rows, again = known_measure(rows, known)
    rows, further = _numbers(rows, "stays", "reaches", "at_least")
    return rows.reset_index(drop=True), notes + more + again + further


def rules(rows: pd.DataFrame) -> tuple[pd.DataFrame, Notes]:
    """Check rules: an amount from nought up, and whose roll brings it.

    A limit that cannot be read would let a rule hold for everybody, so its row is set aside.
    """
    amount, bad = convert.numbers(rows["amount"], low=0)
    per = rows["per"].map(plain).astype("str")
    limits = {name: convert.numbers(rows[name], low=0) for name in ("roll_from", "roll_to")}
    limits |= {name: convert.years(rows[name]) for name in ("from_year", "to_year")}
    values = {name: value for name, (value, _) in limits.items()}
    rows, notes = sift(
        rows.assign(amount=amount, per=per, **values),
        *blank(rows, "resource_rules"),
        ("amount is not a number", "amount", bad),
        ("unknown side of a rule", "per", ~per.isin(_PER)),
        *(("limit of a rule", name, wrong) for name, (_, wrong) in limits.items()),
    )
    rows, more = _numbers(rows, "stays")
    return rows.reset_index(drop=True), notes + more


def leadership(rows: pd.DataFrame, known: Known) -> tuple[pd.DataFrame, Notes]:
    """Check roles: across or within, and only measures and providers that exist."""
    scope = rows["scope"].map(plain).astype("str")
    rows, notes = sift(
        rows.assign(scope=scope),
        *blank(rows, "leadership"),
        ("unknown scope of a role", "scope", ~scope.isin(_SCOPES)),
    )
    rows, more = at_known(rows, "provider_id", known)
    rows, again = known_measure(rows, known)
    return rows.reset_index(drop=True), notes + more + again


def _numbers(rows: pd.DataFrame, *names: str) -> tuple[pd.DataFrame, Notes]:
    """Read optional numbers from nought up; one that cannot be read counts as blank."""
    notes: Notes = []
    values = {}
    for name in names:
        values[name], bad = convert.numbers(rows[name], 0, np.inf)
        notes += doubt(rows, "not a number", name, bad)
    return rows.assign(**values), notes
