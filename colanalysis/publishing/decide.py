"""Decide: every number of every report of a community at once, in the form in which it is safe.

Rules first (``protect``), then the audit over all of it together (``auditing``). What a report tells
is looked up here, so the same cell is the same in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from colanalysis import atoms, cells, follow, protect
from colanalysis.auditing import audit
from colanalysis.auditing.block import Ties
from colanalysis.evidence import Evidence
from colanalysis.protect import Rules
from colanalysis.publishing import plan, reference

NUMBERS = ["n", "n_success", "rate", "low", "high", "mark", "done"]
COLUMNS = [*cells.DEFINITION, *NUMBERS, "smallest"]
LOOKED_AT = audit.LOOKED_AT


@dataclass(frozen=True, eq=False)
class Decided:
    """Cells as they were told before, or are told now, and what the audit of them looked at."""

    cells: pd.DataFrame
    looked_at: pd.DataFrame

    @classmethod
    def nothing(cls) -> Decided:
        """Where nothing has been told yet."""
        return cls(pd.DataFrame(columns=COLUMNS), pd.DataFrame(columns=LOOKED_AT))


@dataclass(frozen=True)
class Told:
    """What was decided, by which rules, and looking a planned table up in it."""

    decided: Decided
    rules: Rules

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """A planned table with its numbers."""
        known = self.decided.cells[[*cells.DEFINITION, *NUMBERS]]
        return table.merge(known, how="left", on=cells.DEFINITION, validate="many_to_one")


def told(evidence: Evidence, rules: Rules, before: Decided) -> Told:
    """Decide every cell of the community's and of all providers' reports.

    What has been told of the same learners ``before`` stays as it is, and everything new is audited
    beside it. ReleaseError where that cannot be made safe.
    """
    return _audited(by_rules(evidence, rules).decided.cells, evidence, rules, before)


def by_rules(evidence: Evidence, rules: Rules) -> Told:
    """What the rules alone tell, without an audit: exact numbers, or learners whom nobody could know."""
    shown = _shown(evidence, rules)
    shown = shown if rules.exact else _apart_from_the_whole(shown, rules)
    return Told(Decided(shown, pd.DataFrame(columns=LOOKED_AT)), rules)


def also(evidence: Evidence, rules: Rules, before: Decided, further: pd.DataFrame) -> Told:
    """Decide further cells (as ``plan.whole`` gives them) beside all that was told ``before``.

    Shares that findings are compared with are taken to be known, as a report may tell them next.
    """
    shown = protect.counts(further.join(cells.counted(further, evidence.atoms)), rules)
    return _audited(shown, evidence, rules, before)


def attacked(evidence: Evidence, told: Told) -> Told:
    """Audit once more what was told before, none of which can be taken back."""
    fixed = told.decided.cells.assign(weight=np.inf)
    found = audit.audit(fixed, evidence.atoms, told.rules, _ties(evidence, fixed, told.rules))
    return Told(Decided(found.told[COLUMNS], found.looked_at), told.rules)


def with_own(public: Told, evidence: Evidence, unit: str) -> Told:
    """The same for a provider that may see all that is its own exactly."""
    exact = _shown(evidence, protect.rules_for("governance", evidence.community.settings, b""))
    known = public.decided.cells
    own = known[known["provider_id"] == unit][cells.DEFINITION]
    own = own.merge(exact[COLUMNS], on=cells.DEFINITION)
    mixed = pd.concat([known[known["provider_id"] != unit], own], ignore_index=True)
    return Told(Decided(mixed, public.decided.looked_at), public.rules)


def _audited(shown: pd.DataFrame, evidence: Evidence, rules: Rules, before: Decided) -> Told:
    """What is safe beside all that was told before."""
    shown = _beside(shown, _lasting(before.cells, evidence, rules))
    if np.isinf(shown["weight"]).all():
        return Told(Decided(shown[COLUMNS], before.looked_at), rules)
    found = audit.audit(shown, evidence.atoms, rules, _ties(evidence, shown, rules))
    return Told(Decided(found.told[COLUMNS], found.looked_at), rules)


def _shown(evidence: Evidence, rules: Rules) -> pd.DataFrame:
    """Every cell by the rules alone."""
    units = ["", *evidence.providers["provider_id"]]
    every = plan.whole(evidence, units)
    return protect.counts(every.join(cells.counted(every, evidence.atoms)), rules)


def _apart_from_the_whole(shown: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Of those who leave a step, tell no part that leaves too few for all the other ways."""
    flows = shown["domain"] == atoms.FLOWS
    whole = shown[flows & (shown["goes_to"] == " ".join(follow.PARTS))].set_index("stages")["n"]
    part = flows & shown["goes_to"].isin(follow.PARTS)
    rest = shown["stages"].map(whole).astype(float) - shown["n"]
    # Both are rounded: what is left may be less by one rounding step of each.
    few = part & ~(rest >= rules.smallest_count + 2 * (rules.base - 1))
    return audit.withheld(shown, list(shown.index[few & shown["n"].notna()]), [])


def _lasting(before: pd.DataFrame, evidence: Evidence, rules: Rules) -> pd.DataFrame:
    """What was told before without flows that later years have shown to be others.

    Who was not seen again may come back: they are not the same learners who left then.
    """
    now = cells.counted(before, evidence.atoms)["n"]
    told, smallest = before["n"].astype(float), before["smallest"].astype(float)
    least = smallest.where(before["mark"] == protect.HIDDEN, rules.smallest_told)
    near = ((told - now).abs() < rules.base) & (now >= least)
    untold = told.isna() & ((before["done"] != protect.ABSENT) | (now < smallest))
    return before[(before["domain"] != atoms.FLOWS) | near | untold]


def _beside(shown: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """What is planned together with all that was told before, which cannot be taken back."""
    if before.empty:
        return shown
    fixed = before.assign(weight=np.inf)
    new = shown.merge(before[cells.DEFINITION], how="left", on=cells.DEFINITION, indicator=True)
    new = new[new.pop("_merge") == "left_only"]
    return pd.concat([fixed, new], ignore_index=True)


def _ties(evidence: Evidence, shown: pd.DataFrame, rules: Rules) -> Mapping[tuple[str, str], Ties]:
    """Shares that findings are compared with are sums of successes too, weighted by strata.

    Each is told with its finding's own count, which has a row in ``shown``, and not without it.
    """
    places = shown[cells.DEFINITION].assign(row=np.arange(len(shown)))
    gaps = evidence.found[evidence.found["kind"] == "gap"]
    own = plan.findings(evidence, gaps)[["rank", *cells.DEFINITION]].merge(places)
    gaps = gaps.merge(own[["rank", "row"]], on="rank")
    told = {}
    results = evidence.atoms[evidence.atoms["domain"] == atoms.RESULTS]
    for name, own in gaps.groupby("measure"):
        finest = results[results["measure"] == name]
        rows = [reference.weights(row, finest) for row in own.itertuples()]
        limits = [
            reference.limits(row.reference_rate, row.n_others, rules) for row in own.itertuples()
        ]
        low, high = np.array(limits).T
        told[atoms.RESULTS, str(name)] = Ties(np.array(rows), low, high, own["row"].to_numpy())
    return told
