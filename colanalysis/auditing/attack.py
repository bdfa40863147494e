"""Attack: look for counts that somebody could narrow down further than was promised.

A count is safe when two sets of numbers are shown that could both be true and in which it differs by
as much as it needs. Most such witnesses are the truth but for one provider's learners, which is quick
to solve, serves many counts, and holds for everybody who knows the other providers' outcomes. Where
they do not do, all counts are let go. A count that no two witnesses keep apart is a breach.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from colanalysis.auditing.block import Block
from colanalysis.auditing.model import Model
from colanalysis.auditing.possible import SAME, Possible

# Witnesses drawn at random: of each part, and of all counts together.
PART_POINTS, POINTS = 20, 20
# How often a single count is tried: part by part, and with all counts let go.
PART_TRIES, TRIES = 1, 4
# In how many parts, those with the most room first.
BESIDE = 4
# So few children are looked at one by one.
FEW = 3
# How many of the smallest and largest witnesses of a count are paired before all of them are.
PAIRS = 12
PUBLIC, ROLLS, PARENT = "the public", "somebody with the rolls", "a parent"
PROVIDER = "a provider"


@dataclass(frozen=True)
class Breach:
    """A count that somebody (``who``) could narrow down to ``low`` to ``high``, and what lets them."""

    who: str
    target: int
    low: float
    high: float
    held_by: np.ndarray


class Part:
    """Some counts that are let go while all others stay as they are."""

    def __init__(self, model: Model, columns: np.ndarray) -> None:
        rest = model.true.copy()
        rest[columns] = 0
        own, self.columns, self._true = model.rows[:, columns], columns, model.true
        self._touched = np.flatnonzero((np.diff(own.indptr) > 0) | self.everything)
        sums = (model.rows @ rest)[self._touched]
        low, high = model.low[self._touched] - sums, model.high[self._touched] - sums
        self.possible = Possible(
            own[self._touched], low, high, model.least[columns], model.most[columns]
        )

    def free(self, rows: np.ndarray) -> None:
        """Forget what is known of some sums."""
        self.possible.free(np.flatnonzero(np.isin(self._touched, rows)))

    def within(self, least: np.ndarray, most: np.ndarray) -> None:
        """Put other boxes in place of those there are."""
        self.possible.within(least[self.columns], most[self.columns])

    def room(self, sums: np.ndarray) -> float:
        """How much a sum could move if there were nothing but boxes."""
        own = np.abs(sums[self.columns])
        return float(own @ (self.possible.most - self.possible.least))

    def point(self, cost: np.ndarray, *, whole: bool) -> np.ndarray | None:
        """All counts, those let go at or near the least of a cost; None where none is near."""
        if whole:
            found = self.possible.whole_point(cost[self.columns], thorough=self.everything)
        else:
            found = self.possible.point(cost[self.columns])
        if found is None or self.everything:
            return found
        point = self._true.copy()
        point[self.columns] = found
        return point

    @property
    def everything(self) -> bool:
        """Whether all counts are let go."""
        return len(self.columns) == len(self._true)


class Witnesses:
    """Counts that could be true, and what each target comes to in them."""

    def __init__(self, model: Model) -> None:
        self._targets, self._many = model.targets, 0
        self._points = np.zeros((64, len(model.true)))
        self._values = np.zeros((64, model.targets.shape[0]))
        self.add(model.true)

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


class Attack:
    """Everything that could be true of one model, and the witnesses found so far.

    ``whole``: witnesses are whole numbers and prove what they show. Otherwise they need not be, must
    keep a count one further apart, and ends are rounded inwards.
    """

    def __init__(self, model: Model, *, whole: bool, seed: int = 0) -> None:
        self.model, self._whole = model, whole
        self._chance = np.random.default_rng(seed)
        self._all = Part(model, np.arange(len(model.true)))
        if not self._all.possible.holds(model.true):
            raise ArithmeticError("what is published does not hold what is true")
        self._parts = [Part(model, columns) for columns in model.parts]
        self._seen = Witnesses(model)
        self._dense = (model.rows != 0).toarray().astype(np.float32)
        self._tied = (model.rows != 0).multiply(model.rows != 1).getnnz(axis=1) > 0
        self._drawn_for: set[int] = set()
        self._draw(self._parts, PART_POINTS)
        self._draw([self._all], POINTS)

    def forget(self, sets: np.ndarray, need: np.ndarray) -> None:
        """Take back the published counts of some sets; what they need then is other. Witnesses stay."""
        rows = np.flatnonzero(np.isin(self.model.row_of, sets))
        for part in [*self._parts, self._all]:
            part.free(rows)
        self.model = replace(self.model, need=need)

    def outsider(self, who: str) -> list[Breach]:
        """Counts that somebody could narrow down who knows what is published and nobody's outcome."""
        return list(self._narrowed(self.model.need, self.model.least, self.model.most, who))

    def insider(self, of: Block, place: int) -> list[Breach]:
        """Counts of the others that a provider could narrow down, who knows all of its own."""
        own_n, own = of.own_n[place], of.own_success[place]
        need = np.minimum(self.model.need, self.model.targets @ (of.n - own_n))
        if place not in self._drawn_for:
            self._drawn_for.add(place)
            self._within(own, own + of.n - own_n)
            self._draw(self._parts[-1:], PART_POINTS)
            self._within(self.model.least, self.model.most)
        return list(self._narrowed(need, own, own + of.n - own_n, PROVIDER))

    def parents(self, of: Block) -> list[Breach]:
        """Counts of the others that a parent could narrow down, who knows one child's outcome."""
        found = []
        for succeeds in (True, False):
            children = np.flatnonzero(of.n_success > 0 if succeeds else of.n_success < of.n)
            others = (self.model.targets @ of.n)[:, None] - self.model.targets[:, children]
            need = np.minimum(self.model.need[:, None], np.asarray(others))
            unsure = self._unsure(children, need, succeeds=succeeds)
            for target in np.flatnonzero(unsure.any(axis=1)):
                own = unsure[target]
                found += self._parent(int(target), children[own], need[target, own], succeeds)
        return found

    def _narrowed(
        self, need: np.ndarray, least: np.ndarray, most: np.ndarray, who: str
    ) -> Iterator[Breach]:
        """The breaches by somebody who knows that the counts lie in these boxes."""
        points, values = self._seen.points, self._seen.values
        fits = ((points >= least - SAME) & (points <= most + SAME)).all(axis=1)
        low, high = values[fits].min(axis=0), values[fits].max(axis=0)
        unsure = np.flatnonzero((need > 0) & ~self._enough(low, high, need))
        if not len(unsure):
            return
        self._within(least, most)
        for target in unsure:
            for found in self._sought(target, np.zeros(len(least))):
                np.minimum(low, found, out=low)
                np.maximum(high, found, out=high)
                if self._enough(low[target], high[target], need[target]):
                    break
            else:
                sums = self.model.targets[target].toarray().ravel()
                ends = self._all.possible.ends(sums)
                yield Breach(who, int(target), ends.low, ends.high, ends.held_by)
        self._within(self.model.least, self.model.most)

    def _enough(self, low: np.ndarray, high: np.ndarray, need: np.ndarray) -> np.ndarray:
        """Which targets are kept apart; what need not be whole is rounded inwards."""
        if self._whole:
            return high - low >= need - SAME
        return np.floor(high + SAME) - np.ceil(low - SAME) >= need

    def _sought(self, target: int, push: np.ndarray) -> Iterator[np.ndarray]:
        """The targets' values in witnesses at either end of one target: first of parts, then of all.

        ``push``: what else is wished for, as far as the target allows, for each count.
        """
        sums = self.model.targets[target].toarray().ravel()
        parts = [part for part in self._parts if part.room(sums) > 0]
        parts = sorted(parts, key=lambda part: -part.room(sums))[:BESIDE] * PART_TRIES
        for attempt, part in enumerate([*parts, *[self._all] * TRIES]):
            exact = part is self._all and attempt == len(parts)
            wished = 0 if exact else self._chance.normal(size=len(sums))
            wished += push * self._chance.random(len(sums))
            for side in (100.0, -100.0):
                if self._seen.add(part.point(side * sums + wished, whole=self._whole)):
                    yield self._seen.values[-1]
            if exact and not self._whole:
                return  # these were the ends

    def _unsure(self, children: np.ndarray, need: np.ndarray, *, succeeds: bool) -> np.ndarray:
        """Targets by children: whether no two witnesses with the child's outcome keep them apart."""
        values, allowed = self._seen.values, self._allowed(children, succeeds)
        order, unsure, largest = np.argsort(values, axis=0), need > 0, need.max(axis=1)
        place = np.arange(values.shape[1])
        for low, high in zip(order[:PAIRS], order[::-1][:PAIRS], strict=True):
            apart = np.flatnonzero(values[high, place] - values[low, place] >= largest - SAME)
            unsure[apart] &= ~(allowed[low[apart]] & allowed[high[apart]])
        for target in np.flatnonzero(unsure.any(axis=1)):
            own = np.flatnonzero(unsure[target])
            apart = _spread(values[:, target], allowed[:, own])
            unsure[target, own] = apart < need[target, own] - SAME
        return unsure

    def _allowed(self, children: np.ndarray, succeeds: bool) -> np.ndarray:
        """Witnesses by children: in which of them the child may have that outcome."""
        points = self._seen.points[:, children]
        return points >= 1 - SAME if succeeds else points <= self.model.most[children] - 1 + SAME

    def _parent(
        self, target: int, children: np.ndarray, need: np.ndarray, succeeds: bool
    ) -> list[Breach]:
        """The first breach of one target beside children for whom it is not yet sure."""
        sums = self.model.targets[target].toarray().ravel()
        push = np.zeros(len(sums))
        push[children] = -10.0 if succeeds else 10.0
        low, high = np.full(len(sums), np.inf), np.full(len(sums), -np.inf)
        order = np.argsort(self._seen.values[:, target], kind="stable")
        known = [*order[:PAIRS], *order[-PAIRS:]]
        new = (len(self._seen.values) - 1 for _ in self._sought(target, push))
        for tried, place in enumerate(chain(known, new), 1 - len(known)):
            value, point = self._seen.values[place, target], self._seen.points[place]
            could = children[self._could_be(point, children, sums, succeeds)]
            low[could], high[could] = np.fmin(low[could], value), np.fmax(high[could], value)
            unsure = high[children] - low[children] < need - SAME
            children, need = children[unsure], need[unsure]
            if not len(children):
                return []
            if tried > 0 and tried % 2 == 0 and len(children) <= FEW:
                break
        for child, own in zip(children, need, strict=True):
            least, most = self.model.least.copy(), self.model.most.copy()
            if succeeds:
                least[child] = 1
            else:
                most[child] -= 1
            alone = np.zeros(len(self.model.need))
            alone[target] = own
            found = list(self._narrowed(alone, least, most, PARENT))
            if found:
                return found
        return []

    def _could_be(
        self, point: np.ndarray, children: np.ndarray, sums: np.ndarray, succeeds: bool
    ) -> np.ndarray:
        """Which children have an outcome in a witness, or could if somebody else had theirs instead.

        The others who change places with a child are as much of the target as the child is.
        """
        rows, turn = self._dense, 1.0 if succeeds else -1.0
        inside = (point - turn >= self.model.least) & (point - turn <= self.model.most)
        done = point[children] >= 1 if succeeds else point[children] <= self.model.most[children] - 1
        other = np.flatnonzero(inside)
        at = self.model.rows @ point
        up, down = self._all.possible.high - at < 1 - SAME, at - self._all.possible.low < 1 - SAME
        up, down = (up, down) if succeeds else (down, up)
        # A row that is no plain sum may not be touched at all.
        up, down = up | self._tied, down | self._tied
        mine, theirs = rows[:, children], rows[:, other]
        both = (mine * ((up | down) & ~self._tied)[:, None]).T @ theirs
        against = (up @ mine)[:, None] + down @ theirs - both
        against[sums[children][:, None] != sums[other]] = 1
        return np.asarray(done | (against < SAME).any(axis=1))

    def _within(self, least: np.ndarray, most: np.ndarray) -> None:
        for part in [*self._parts, self._all]:
            part.within(least, most)

    def _draw(self, parts: list[Part], how_many: int) -> None:
        for part in parts:
            for cost in self._costs(part, how_many):
                self._seen.add(part.point(cost, whole=self._whole))

    def _costs(self, part: Part, how_many: int) -> Iterator[np.ndarray]:
        """Directions to look in: now single counts, now whole published sums, at random."""
        n, rows = np.maximum(self.model.most, 1)[part.columns], part.possible.rows
        size = np.maximum(np.abs(rows) @ n, 1.0)
        for _ in range(how_many):
            single = self._chance.normal(size=len(n)) / np.sqrt(n)
            some = self._chance.random(rows.shape[0]) < 0.3
            drawn = self._chance.normal(size=rows.shape[0]) * some / np.sqrt(size)
            cost = np.zeros(len(self.model.true))
            cost[part.columns] = single * self._chance.random() + 3 * (rows.T @ drawn)
            yield cost


def _spread(values: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """How far apart the values are that are allowed, column by column; less than 0 where none is."""
    most = np.where(allowed, values[:, None], -np.inf).max(axis=0)
    return most - np.where(allowed, values[:, None], np.inf).min(axis=0)
