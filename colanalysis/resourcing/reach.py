"""Reach: the shares in whole units that reach most learners to shift, with a floor for everybody.

One unit reaches ``reaches`` learners; nobody is reached twice and nobody who does not have to shift.
The integer program, with u (units) and r (learners reached) whole numbers for each provider:

    maximise  the sum of r
    where     the sum of u is all units, u >= at_least, r <= reaches * u, r <= learners to shift.

Of all shares that reach as many, those nearest to equal shares are taken, and of these the ones in
which the first named have more.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from colanalysis.errors import UsageError
from colanalysis.resourcing import units as whole_units

_ROOM = 1e-9


def reached(shares: pd.Series, shift: pd.Series, *, reaches: float) -> pd.Series:
    """Whole learners to shift whom each share reaches."""
    could = np.floor(shares.astype(float) * reaches + _ROOM)
    return pd.Series(np.minimum(could, shift.astype(float)), index=shares.index).astype("int64")


def widest(
    units: int,
    shift: pd.Series,
    *,
    reaches: float,
    at_least: int = 0,
    most_moved: int | None = None,
) -> pd.Series:
    """The whole shares that reach most learners to shift; the index says whose share it is.

    ``most_moved``: so many units at most may lie elsewhere than equal shares would put them.
    UsageError where the floor takes more units than there are.
    """
    if at_least * len(shift) > units or not len(shift):
        raise UsageError(
            f"found {units} units for {len(shift)} providers",
            where="sharing by reach",
            expected=f"at least {at_least} for each of one provider or more",
            remedy="Lower the number in the column at_least.",
        )
    even = whole_units.equal(units, shift.index)
    moved = units if most_moved is None else most_moved
    most = _solved(units, even, shift, reaches, at_least, moved, least=0, weighing="reach")
    best = int(reached(most, shift, reaches=reaches).sum())
    return _solved(units, even, shift, reaches, at_least, moved, least=best, weighing="even")


def _solved(
    units: int,
    even: pd.Series,
    shift: pd.Series,
    reaches: float,
    at_least: int,
    moved: int,
    *,
    least: int,
    weighing: str,
) -> pd.Series:
    """Solve for u, r and m (units more than an equal share), one block of unknowns after the other."""
    n = len(shift)
    one, none = np.eye(n), np.zeros((n, n))
    ones, noughts = np.ones(n), np.zeros(n)
    rules = [
        LinearConstraint(np.concatenate([ones, noughts, noughts]), units, units),
        LinearConstraint(np.hstack([-reaches * one, one, none]), -np.inf, _ROOM),
        LinearConstraint(np.hstack([one, none, -one]), -np.inf, even.to_numpy(float)),
        LinearConstraint(np.concatenate([noughts, noughts, ones]), -np.inf, moved),
        LinearConstraint(np.concatenate([noughts, ones, noughts]), least, np.inf),
    ]
    low = np.concatenate([np.full(n, float(at_least)), noughts, noughts])
    high = np.concatenate([np.full(n, units), shift.to_numpy(float), np.full(n, units)])
    # Of shares as near to equal ones, those of the first named: less than one unit in all.
    order = np.arange(n) / (n * max(units, 1) + 1)
    cost = {
        "reach": np.concatenate([noughts, -ones, noughts]),
        "even": np.concatenate([order, noughts, ones]),
    }[weighing]
    found = milp(
        cost, constraints=rules, bounds=Bounds(low, high), integrality=np.ones(3 * n),
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    if found.x is None:
        raise UsageError(
            f"found no shares of {units} units with at least {at_least} each of which at most "
            f"{moved} lie elsewhere than equal shares would put them",
            where="sharing by reach",
            expected="a floor that equal shares keep",
        )
    return pd.Series(np.round(found.x[:n]).astype("int64"), index=shift.index)
