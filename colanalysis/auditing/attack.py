"""Attack: look for counts that somebody could narrow down further than was promised.

A count is safe when two sets of numbers are shown that could both be true and in which it differs by
as much as it needs. Such witnesses are drawn at random, each good for many counts; only for a count
that no two witnesses keep apart are its smallest and largest values solved, in whole numbers where
the linear bound is close.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from colanalysis.auditing.block import Block
from colanalysis.auditing.model import Model
from colanalysis.auditing.possible import SAME, Possible

POINTS, PUBLIC_POINTS, OWN_POINTS, TRIES = 120, 60, 20, 4
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


class Witnesses:
    """Counts that could be true, and what each target comes to in them."""

    def __init__(self, model: Model) -> None:
        self._targets = model.targets
        self._points: list[np.ndarray] = []
        self._values: list[np.ndarray] = []
        self.add(model.true)

    def add(self, point: np.ndarray | None) -> None:
        """Keep a witness, if there is one."""
        if point is not None:
            self._points.append(point.astype(np.float32))
            self._values.append((self._targets @ point).astype(np.float32))

    @property
    def points(self) -> np.ndarray:
        """Witnesses by counts."""
        return np.array(self._points)

    @property
    def values(self) -> np.ndarray:
        """Witnesses by targets."""
        return np.array(self._values)

    def apart(self) -> np.ndarray:
        """How far apart any two witnesses keep each target."""
        return np.ptp(self.values, axis=0)


class Attack:
    """Everything that could be true of one model, and the witnesses found so far.

    ``whole``: witnesses are whole numbers and prove what they show. Otherwise they need not be, must
    keep a count one further apart, and ends are rounded inwards.
    """

    def __init__(self, model: Model, *, whole: bool, seed: int = 0) -> None:
        self.model, self._whole = model, whole
        self._possible = Possible(model.rows, model.low, model.high, model.least, model.most)
        if not self._possible.holds(model.true):
            raise ArithmeticError("what is published does not hold what is true")
        self._seen: dict[str, Witnesses] = {}
        self._chance = np.random.default_rng(seed)

    def forget(self, sets: np.ndarray, need: np.ndarray) -> None:
        """Take back the published counts of some sets; what they need then is other. Witnesses stay."""
        self._possible.free(np.flatnonzero(np.isin(self.model.row_of, sets)))
        self.model = replace(self.model, need=need)

    def outsider(self, who: str) -> list[Breach]:
        """Counts that somebody could narrow down who knows what is published and nobody's outcome."""
        how_many = POINTS if self._whole else PUBLIC_POINTS
        return list(self._solved(self._witnesses(who, how_many), self.model.need, who))

    def insider(self, of: Block, place: int) -> list[Breach]:
        """Counts of the others that a provider could narrow down, who knows all of its own."""
        own_n, own = of.own_n[place], of.own_success[place]
        everyone = self.model.targets @ of.n
        others = self.model.targets @ (of.n - own_n)
        need = np.where(others < everyone, np.minimum(self.model.need, others), 0)
        self._possible.within(own, own + of.n - own_n)
        seen = self._witnesses(of.providers[place], OWN_POINTS)
        breaches = list(self._solved(seen, need, PROVIDER))
        self._possible.within(self.model.least, self.model.most)
        return breaches

    def parents(self, of: Block) -> list[Breach]:
        """Counts of the others that a parent could narrow down, who knows one child's outcome."""
        seen, breaches = self._witnesses(ROLLS, POINTS), []
        for succeeds in (True, False):
            there = of.n_success > 0 if succeeds else of.n_success < of.n
            children = np.flatnonzero(there)
            if not len(children):
                continue
            holding = self.model.targets[:, children].toarray()
            others = (self.model.targets @ of.n)[:, None] - holding
            room = np.minimum(self.model.need[:, None], others)
            unsure = self._unsure(seen, children, succeeds, room)
            for target in np.flatnonzero(unsure.any(axis=1)):
                which = unsure[target]
                breach = self._parent_of(
                    seen, int(target), children[which], succeeds, room[target, which]
                )
                breaches += [breach] if breach else []
        return breaches

    def _witnesses(self, who: str, how_many: int) -> Witnesses:
        if who not in self._seen:
            self._seen[who] = Witnesses(self.model)
            for cost in self._costs(how_many):
                self._seen[who].add(self._point(cost))
        return self._seen[who]

    def _point(self, cost: np.ndarray) -> np.ndarray | None:
        return self._possible.whole_point(cost) if self._whole else self._possible.point(cost)

    def _unsure(
        self, seen: Witnesses, children: np.ndarray, succeeds: bool, room: np.ndarray
    ) -> np.ndarray:
        """Targets by children: those that no two witnesses with that outcome have kept apart yet.

        A witness may be used as well in which one outcome more could be made the child's. It is the
        others who are to be kept apart: the sum of a target that holds the child has the child in it
        already where the outcome was the child's before.
        """
        allowed = self._allowed(seen, children, succeeds)
        turned = self._turned(seen, children, succeeds) & ~allowed
        holding = self.model.targets[:, children].toarray() > 0
        before, after = (-1.0, 0.0) if succeeds else (0.0, -1.0)
        unsure = np.zeros(room.shape, dtype=bool)
        for target, values in enumerate(seen.values.T):
            if np.ptp(values) < room[target].max():
                unsure[target] = room[target] > 0
                continue
            order = np.argsort(values, kind="stable")
            ends = [
                _first(values[order], sided[order]) for sided in (allowed, turned)
            ]  # of each, the least and the most
            own = holding[target]
            least = np.fmin(ends[0][0] + before * own, ends[1][0] + after * own)
            most = np.fmax(ends[0][1] + before * own, ends[1][1] + after * own)
            unsure[target] = ~(most - least >= room[target] - SAME)
        return unsure

    def _allowed(self, seen: Witnesses, children: np.ndarray, succeeds: bool) -> np.ndarray:
        """Witnesses by children: in which of them the child may have that outcome."""
        points = seen.points[:, children]
        return points >= 1 if succeeds else points <= self.model.most[children] - 1

    def _turned(self, seen: Witnesses, children: np.ndarray, succeeds: bool) -> np.ndarray:
        """Witnesses by children: which could still be true if one outcome more were the child's."""
        sums = (self.model.rows @ seen.points.T).T
        step = np.abs(self.model.rows).tocsc()[:, children]
        room = self._possible.high - sums if succeeds else sums - self._possible.low
        tight = sparse.csr_matrix((room < 1 - SAME).astype(np.float32))
        return np.asarray((tight @ step).toarray() < SAME)

    def _parent_of(
        self,
        seen: Witnesses,
        target: int,
        children: np.ndarray,
        succeeds: bool,
        room: np.ndarray,
    ) -> Breach | None:
        """The first breach of one target beside children for whom it is not yet sure."""
        sums = self.model.targets[target].toarray().ravel()
        for _ in range(TRIES):
            for side in (1.0, -1.0):
                cost = side * sums * 100
                push = self._chance.random(len(children))
                cost[children] += -push if succeeds else push
                seen.add(self._point(cost))
            allowed, values = self._allowed(seen, children, succeeds), seen.values[:, [target]]
            most = np.where(allowed, values, -np.inf).max(axis=0)
            least = np.where(allowed, values, np.inf).min(axis=0)
            unsure = most - least < room - SAME
            children, room = children[unsure], room[unsure]
            if not len(children):
                return None
        for child, need in zip(children, room, strict=True):
            least, most = self.model.least.copy(), self.model.most.copy()
            if succeeds:
                least[child] = 1
            else:
                most[child] -= 1
            self._possible.within(least, most)
            apart = self._kept_apart(Witnesses(self.model), target, need)
            breach = None if apart else self._breach(target, PARENT)
            self._possible.within(self.model.least, self.model.most)
            if breach:
                return breach
        return None

    def _solved(self, seen: Witnesses, need: np.ndarray, who: str) -> Iterator[Breach]:
        """The breaches among the targets that no two witnesses keep apart."""
        further = need + (0 if self._whole else 1)
        for target in np.flatnonzero((seen.apart() < further - SAME) & (need > 0)):
            if not self._kept_apart(seen, int(target), need[target]):
                yield self._breach(int(target), who)

    def _kept_apart(self, seen: Witnesses, target: int, need: float) -> bool:
        """Whether one target can be as far apart as it needs: by two witnesses, or by its ends."""
        sums = self.model.targets[target].toarray().ravel()
        if not self._whole:
            ends = [self._possible.point(side * sums) for side in (1.0, -1.0)]
            for point in ends:
                seen.add(point)
            low, high = (sums @ point for point in ends)
            return bool(np.floor(high + SAME) - np.ceil(low - SAME) >= need)
        for attempt in range(TRIES):
            for side in (1.0, -1.0):
                noise = self._chance.random(len(sums)) * min(attempt, 1)
                seen.add(self._point(side * sums * 100 + noise))
            if np.ptp(seen.values[:, target]) >= need - SAME:
                return True
        return False

    def _breach(self, target: int, who: str) -> Breach:
        """How far a target can be narrowed down, and what holds it there."""
        ends = self._possible.ends(self.model.targets[target].toarray().ravel())
        return Breach(who, target, ends.low, ends.high, ends.held_by)

    def _costs(self, how_many: int) -> Iterator[np.ndarray]:
        """Directions to look in: now single classes, now whole published sets, at random."""
        n, rows = np.maximum(self.model.most, 1), self.model.rows
        size = np.maximum(np.abs(rows) @ n, 1.0)
        for _ in range(how_many):
            single = self._chance.normal(size=len(n)) / np.sqrt(n)
            some = self._chance.random(rows.shape[0]) < 0.3
            drawn = self._chance.normal(size=rows.shape[0]) * some / np.sqrt(size)
            yield single * self._chance.random() + 3 * (rows.T @ drawn)


def _first(values: np.ndarray, sided: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of rising values, for each column the least and the most of those marked; NaN where none is."""
    some = sided.any(axis=0)
    least = values[sided.argmax(axis=0)]
    most = values[len(values) - 1 - sided[::-1].argmax(axis=0)]
    return np.where(some, least, np.nan), np.where(some, most, np.nan)
