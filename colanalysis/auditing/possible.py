"""Possible: all that could be true, for all that somebody knows, and how far a count could stray in it.

Somebody knows that every count lies in a box, and that certain sums of counts lie between limits.
HiGHS (Huangfu and Hall 2018) finds the smallest and the largest that another sum could then be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from highspy import HighsModelStatus, HighsVarType

# The class beneath ``highspy.Highs``, which greets on standard output whenever one is made.
from highspy._core import _Highs
from scipy import sparse

# HiGHS keeps rows and whole numbers to a millionth; what is closer than this is the same.
SAME = 1e-6
# How long the few counts that came out broken are made whole before the point is given up.
NODES = 30


@dataclass(frozen=True)
class Ends:
    """The smallest and largest that a sum could be, and how much each row holds it in (duals)."""

    low: float
    high: float
    held_by: np.ndarray

    @property
    def width(self) -> float:
        """How much the two ends are apart."""
        return self.high - self.low


class Possible:
    """Counts in boxes (``least`` to ``most``) whose sums (``rows``) lie between ``low`` and ``high``."""

    def __init__(
        self,
        rows: sparse.csr_matrix,
        low: np.ndarray,
        high: np.ndarray,
        least: np.ndarray,
        most: np.ndarray,
    ) -> None:
        self.rows, self.low, self.high = rows, low.astype(float), high.astype(float)
        self.least, self.most = least.astype(float), most.astype(float)
        self._all = np.arange(rows.shape[1], dtype=np.int32)
        self._solver = _solver(rows, self.low, self.high, self.least, self.most)

    def within(self, least: np.ndarray, most: np.ndarray) -> None:
        """Put other boxes in place of those there are."""
        self.least, self.most = least.astype(float), most.astype(float)
        self._solver.changeColsBounds(len(self._all), self._all, self.least, self.most)

    def free(self, rows: np.ndarray) -> None:
        """Forget what is known of some sums."""
        self.low[rows], self.high[rows] = -np.inf, np.inf
        for row in rows:
            self._solver.changeRowBounds(int(row), -np.inf, np.inf)

    def ends(self, sums: np.ndarray) -> Ends:
        """How small and how large a sum of counts could be, where counts need not be whole."""
        found, held = [], np.zeros(self.rows.shape[0])
        for side in (1.0, -1.0):
            self._solve(side * sums)
            found.append(side * self._solver.getInfo().objective_function_value)
            held += np.abs(self._solver.getSolution().row_dual)
        return Ends(found[0], found[1], held)

    def point(self, cost: np.ndarray) -> np.ndarray:
        """Counts, whole or not, that could be true, at the least of a cost."""
        self._solve(cost)
        return np.array(self._solver.getSolution().col_value)

    def whole_point(self, cost: np.ndarray) -> np.ndarray | None:
        """Whole counts that could be true, at or near the least of a cost; None where none is near."""
        point = self.point(cost)
        broken = np.abs(point - np.rint(point)) > SAME
        point = np.rint(point)
        if broken.any():
            filled = self._filled(point, broken, cost)
            if filled is None:
                return None
            point[broken] = filled
        return point if self.holds(point) else None

    def holds(self, point: np.ndarray) -> bool:
        """Whether counts could be true."""
        sums = self.rows @ point
        inside = (sums >= self.low - SAME).all() and (sums <= self.high + SAME).all()
        return bool(inside and (point >= self.least).all() and (point <= self.most).all())

    def _filled(self, point: np.ndarray, broken: np.ndarray, cost: np.ndarray) -> np.ndarray | None:
        """Whole numbers for the few counts that came out broken, where the others stay."""
        some = self.rows[:, np.flatnonzero(broken)].tocsr()
        touched = np.flatnonzero(np.diff(some.indptr))
        rest = (self.rows @ np.where(broken, 0.0, point))[touched]
        part = _solver(
            some[touched],
            self.low[touched] - rest,
            self.high[touched] - rest,
            self.least[broken],
            self.most[broken],
            whole=True,
        )
        places = np.arange(broken.sum(), dtype=np.int32)
        part.changeColsCost(len(places), places, cost[broken])
        part.setOptionValue("mip_rel_gap", 0.5)
        part.setOptionValue("mip_max_nodes", NODES)
        part.run()
        found = np.rint(part.getSolution().col_value)
        return found if len(found) == len(places) else None

    def _solve(self, cost: np.ndarray) -> None:
        self._solver.changeColsCost(len(self._all), self._all, cost.astype(float))
        self._solver.run()
        if self._solver.getModelStatus() != HighsModelStatus.kOptimal:
            raise ArithmeticError(f"no optimum: {self._solver.getModelStatus()}")


def _solver(
    rows: sparse.csr_matrix,
    low: np.ndarray,
    high: np.ndarray,
    least: np.ndarray,
    most: np.ndarray,
    *,
    whole: bool = False,
) -> _Highs:
    solver = _Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.addVars(len(least), least, most)
    if whole:
        places = np.arange(len(least), dtype=np.int32)
        kind = np.full(len(least), HighsVarType.kInteger)
        solver.changeColsIntegrality(len(places), places, kind)
    told = rows.astype(float)
    indices = told.indices.astype(np.int32)
    solver.addRows(
        len(low), low, high, told.nnz, told.indptr[:-1].astype(np.int32), indices, told.data
    )
    return solver
