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
# Ways of HiGHS to solve.
DUAL, PRIMAL = 1, 4
# How long the few counts that came out broken are made whole: steps of our own, then nodes of HiGHS.
STEPS, NODES = 400, 30
# How long whole numbers at an end are looked for where nothing quicker has found them.
MOST_NODES = 2_000

# The least and the most that each count could be.
Box = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Ends:
    """The smallest and largest that a sum could be, and how much each row holds it in (duals)."""

    low: float
    high: float
    held_by: np.ndarray


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
        self.rows, self._columns = rows.tocsr(), rows.tocsc()
        self.low, self.high = low.astype(float), high.astype(float)
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

    def whole_point(self, cost: np.ndarray, *, thorough: bool = True) -> np.ndarray | None:
        """Whole counts that could be true, at or near the least of a cost; None where none is near.

        ``thorough``: look longer for whole numbers before the point is given up.
        """
        point = self.point(cost)
        broken = np.flatnonzero(np.abs(point - np.rint(point)) > SAME)
        floor = np.floor(point[broken])
        over, point = point[broken] - floor, np.rint(point)
        if len(broken):
            point[broken] = floor
            some = self._columns[:, broken].tocsr()
            touched = np.flatnonzero(np.diff(some.indptr))
            sums = (self.rows @ point)[touched]
            some, low, high = some[touched], self.low[touched] - sums, self.high[touched] - sums
            up = _raised(some.toarray(), low, high, over)
            if up is None and thorough:
                least, most = self.least[broken] - floor, self.most[broken] - floor
                up = _filled(_solver(some, low, high, least, most, whole=True), cost[broken])
            if up is None:
                return None
            point[broken] += up
        return point if self.holds(point) else None

    def whole_end(self, cost: np.ndarray) -> np.ndarray | None:
        """Whole counts that could be true, at the least of a cost; None where the search is too long."""
        whole = _solver(self.rows, self.low, self.high, self.least, self.most, whole=True)
        whole.changeColsCost(len(self._all), self._all, cost.astype(float))
        whole.setOptionValue("mip_max_nodes", MOST_NODES)
        whole.run()
        point = np.rint(whole.getSolution().col_value)
        return point if len(point) == len(cost) and self.holds(point) else None

    def holds(self, point: np.ndarray) -> bool:
        """Whether counts could be true."""
        sums = self.rows @ point
        inside = (sums >= self.low - SAME).all() and (sums <= self.high + SAME).all()
        return bool(inside and (point >= self.least).all() and (point <= self.most).all())

    def _solve(self, cost: np.ndarray) -> None:
        # From a point where all holds, a cost of a few counts takes few steps; one of all counts is
        # sooner met from beyond.
        few = np.count_nonzero(cost) < len(cost) / 2
        self._solver.setOptionValue("simplex_strategy", PRIMAL if few else DUAL)
        self._solver.changeColsCost(len(self._all), self._all, cost.astype(float))
        self._solver.run()
        if self._solver.getModelStatus() != HighsModelStatus.kOptimal:
            raise ArithmeticError(f"no optimum: {self._solver.getModelStatus()}")


class Part:
    """Some counts that are let go while all others stay as they are (``true``)."""

    def __init__(self, possible: Possible, columns: np.ndarray, true: np.ndarray) -> None:
        self.columns, self._true, self._all = columns, true, len(columns) == len(true)
        self._touched = np.arange(len(possible.low))
        self._possible = possible
        self._box: Box | None = None
        self._widest = possible.least[columns], possible.most[columns]
        if not self._all:
            rest, own = true.copy(), possible.rows[:, columns]
            rest[columns] = 0
            self._touched = np.flatnonzero(np.diff(own.indptr))
            sums = (possible.rows @ rest)[self._touched]
            self._possible = Possible(
                own[self._touched],
                possible.low[self._touched] - sums,
                possible.high[self._touched] - sums,
                possible.least[columns],
                possible.most[columns],
            )

    def free(self, rows: np.ndarray) -> None:
        """Forget what is known of some sums."""
        self._possible.free(np.flatnonzero(np.isin(self._touched, rows)))

    def within(self, box: Box) -> None:
        """Put another box in place of the one there is."""
        if self._box is not box:
            self._box = box
            self._possible.within(*(end[self.columns] for end in box))

    def whole_of(self, box: Box) -> bool:
        """Whether a box leaves these counts all that they could be to begin with."""
        return all(map(np.array_equal, self._widest, (end[self.columns] for end in box)))

    def room(self, sums: np.ndarray, box: Box) -> float:
        """How much a sum could move if there were nothing but boxes."""
        least, most = (end[self.columns] for end in box)
        return float(np.abs(sums[self.columns]) @ (most - least))

    def free_columns(self, box: Box) -> int:
        """How many counts could move if there were nothing but boxes."""
        least, most = (end[self.columns] for end in box)
        return int((most > least).sum())

    def point(self, cost: np.ndarray, *, whole: bool) -> np.ndarray | None:
        """All counts, those let go at or near the least of a cost; None where none is near."""
        own = cost[self.columns]
        if whole:
            found = self._possible.whole_point(own, thorough=self._all)
        else:
            found = self._possible.point(own)
        if found is None:
            return None
        point = self._true.copy()
        point[self.columns] = found
        return point

    def direction(self, chance: np.random.Generator) -> np.ndarray:
        """A cost at random: now of single counts, now of whole sums."""
        n, rows = np.maximum(self._possible.most, 1), self._possible.rows
        size = np.maximum(np.abs(rows) @ n, 1.0)
        drawn = chance.normal(size=len(size)) * (chance.random(len(size)) < 0.3) / np.sqrt(size)
        cost = np.zeros(len(self._true))
        single = chance.normal(size=len(n)) / np.sqrt(n)
        cost[self.columns] = single * chance.random() + 3 * (rows.T @ drawn)
        return cost


class Witnesses:
    """Counts that could be true, and what each target comes to in them.

    ``whole``: they are whole numbers, which single precision holds exactly in half the room.
    """

    def __init__(self, true: np.ndarray, targets: sparse.csr_matrix, *, whole: bool) -> None:
        self._targets, self._many = targets, 0
        kind = np.float32 if whole else np.float64
        self._points = np.zeros((64, len(true)), dtype=kind)
        self._values = np.zeros((64, targets.shape[0]), dtype=kind)
        self.add(true)

    def add(self, point: np.ndarray | None) -> bool:
        """Keep a witness, if there is one; whether there is."""
        if point is None:
            return False
        if self._many == len(self._points):
            self._points = np.vstack([self._points, np.zeros_like(self._points)])
            self._values = np.vstack([self._values, np.zeros_like(self._values)])
        self._points[self._many] = point
        self._values[self._many] = self._targets @ point
        self._many += 1
        return True

    @property
    def points(self) -> np.ndarray:
        """Witnesses by counts."""
        return self._points[: self._many]

    @property
    def values(self) -> np.ndarray:
        """Witnesses by targets."""
        return self._values[: self._many]


def spread(values: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """How far apart the values are that are allowed, column by column; less than 0 where none is."""
    most = np.where(allowed, values[:, None], -np.inf).max(axis=0)
    return most - np.where(allowed, values[:, None], np.inf).min(axis=0)


def _raised(
    rows: np.ndarray, low: np.ndarray, high: np.ndarray, over: np.ndarray
) -> np.ndarray | None:
    """Which counts to raise by one so that all rows hold: nearer ones first, one after another.

    A step is taken back as soon as a row could no longer hold whatever came after it.
    """
    order = np.argsort(-np.abs(over - 0.5), kind="stable")
    columns = rows[:, order].T
    below, above = np.minimum(columns, 0), np.maximum(columns, 0)
    least = np.vstack([np.cumsum(below[::-1], axis=0)[::-1], np.zeros(len(low))]) - high - SAME
    most = np.vstack([np.cumsum(above[::-1], axis=0)[::-1], np.zeros(len(low))]) - low + SAME
    nearer = over[order] > 0.5
    sums, tried = np.zeros((len(order) + 1, len(low))), np.zeros(len(order) + 1, dtype=int)
    up, depth = np.zeros(len(order)), 0
    for _ in range(STEPS):
        if depth == len(order):
            return up[np.argsort(order, kind="stable")]
        if tried[depth] == 2:
            tried[depth], depth = 0, depth - 1
            if depth < 0:
                return None
            continue
        up[depth] = nearer[depth] != bool(tried[depth])
        tried[depth] += 1
        then = sums[depth] + columns[depth] if up[depth] else sums[depth]
        if (then + least[depth + 1]).max() <= 0 <= (then + most[depth + 1]).min():
            depth += 1
            sums[depth] = then
    return None


def _filled(part: _Highs, cost: np.ndarray) -> np.ndarray | None:
    """Whole numbers for a few counts, soon rather than at the least of their cost."""
    places = np.arange(len(cost), dtype=np.int32)
    part.changeColsCost(len(places), places, cost)
    part.setOptionValue("mip_rel_gap", 0.5)
    part.setOptionValue("mip_max_nodes", NODES)
    part.run()
    found = np.rint(part.getSolution().col_value)
    return found if len(found) == len(places) else None


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
