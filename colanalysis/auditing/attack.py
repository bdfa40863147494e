"""Attack: look for counts that somebody could narrow down further than was promised.

A count is safe when two sets of numbers are shown that could both be true and in which it differs by
as much as it needs. Most such witnesses are the truth but for one provider's learners, which is quick
to solve, serves many counts, and holds for everybody who knows the other providers' outcomes. Where
they do not do, two providers' learners are let go, then all. A count that no two witnesses keep apart
is a breach.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np

from colanalysis.auditing.block import Block
from colanalysis.auditing.model import HIDDEN_ROOM, Model
from colanalysis.auditing.possible import SAME, Box, Part, Possible, Witnesses, spread

# Witnesses drawn at random of each part, and of all counts; where they need not be whole, to find one
# when it is needed is quick.
WHOLE_POINTS, POINTS = (12, 3), (4, 1)
# In how many parts a single count is tried (those with the most room), how often with all let go.
BESIDE, TRIES = 4, 4
# So many of the smallest and largest witnesses of a count are looked at for what a child needs.
PAIRS = 12
# So few children are looked at one by one.
FEW = 3
Numbers = float | np.ndarray
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


class Attack:
    """Everything that could be true of one model, and the witnesses found so far.

    ``whole``: witnesses are whole numbers and prove what they show. Otherwise they need not be, and
    ends are rounded inwards.
    """

    def __init__(self, model: Model, *, whole: bool, seed: int = 0) -> None:
        self.model, self._whole = model, whole
        self._all = Possible(model.rows, model.low, model.high, model.least, model.most)
        if not self._all.holds(model.true):
            raise ArithmeticError("what is published does not hold what is true")
        self._everything = Part(self._all, np.arange(len(model.true)), model.true)
        self._parts = [Part(self._all, part, model.true) for part in model.parts]
        self._seen = Witnesses(model.true, model.targets, whole=whole)
        self._chance = np.random.default_rng(seed)
        self._dense = (model.rows != 0).toarray().astype(np.float32)
        self._plain = (np.abs(model.rows - (model.rows != 0)) > SAME).getnnz(axis=1) == 0
        self._drawn: set[int] = set()
        self._shown: dict[bool, np.ndarray] = {}
        self._pairs: dict[tuple[int, int], Part] = {}
        self._tried: set[tuple[int, Part]] = set()
        self._box: Box = (model.least, model.most)
        of_part, of_all = WHOLE_POINTS if whole else POINTS
        self._draw(self._parts, of_part)
        self._draw([self._everything], of_all)

    def forget(self, sets: np.ndarray) -> None:
        """Take back the published counts of some sets. Witnesses stay."""
        rows = np.flatnonzero(np.isin(self.model.row_of, sets))
        for part in [*self._parts, *self._pairs.values(), self._everything]:
            part.free(rows)
        self._tried.clear()
        self.model = self.model.without(sets)

    def outsider(self, who: str) -> list[Breach]:
        """Counts that somebody could narrow down who knows what is published and nobody's outcome."""
        least, most = self.model.least, self.model.most
        fits = np.ones(len(self._seen.values), dtype=bool)
        return list(self._narrowed(self.model.need, fits, least, most, who))

    def insider(self, of: Block, place: int) -> list[Breach]:
        """Counts of the others that a provider could narrow down, who knows all of its own."""
        own_n, own = of.own_n[place], of.own_success[place]
        least, most = own, own + of.n - own_n
        others, mine = self.model.targets @ (of.n - own_n), self.model.targets @ own_n
        # Of a count that is told, what the others have in it is told to nobody.
        need = np.minimum(np.where(mine > 0, HIDDEN_ROOM, self.model.need), others)
        if place not in self._drawn and self._parts:
            # Where providers share classes, what was drawn so far need not leave its own as they are.
            self._drawn.add(place)
            with self._within((least, most)):
                self._draw(self._parts[-1:], WHOLE_POINTS[0])
        points = self._seen.points
        fits = ((points >= least) & (points <= most)).all(axis=1)
        return list(self._narrowed(need, fits, least, most, PROVIDER))

    def parents(self, of: Block) -> list[Breach]:
        """Counts of the others that a parent could narrow down, who knows one child's outcome."""
        found = []
        for succeeds in (True, False):
            children = np.flatnonzero(of.n_success > 0 if succeeds else of.n_success < of.n)
            if not len(children):
                continue
            others = (self.model.targets @ of.n)[:, None] - self.model.targets[:, children]
            need = np.minimum(self.model.need[:, None], np.asarray(others))
            # What was shown once stays so when less is published.
            shown = self._shown.setdefault(succeeds, np.zeros(need.shape))
            unsure = self._unsure(children, np.where(need > shown, need, 0), succeeds=succeeds)
            np.copyto(shown, need, where=~unsure & (need > shown))
            for target in map(int, np.flatnonzero(unsure.any(axis=1))):
                own = np.flatnonzero(unsure[target])
                breaches = self._parent(target, children[own], need[target, own], succeeds)
                found += breaches
                if not breaches:
                    shown[target, own] = need[target, own]
        return found

    def _narrowed(
        self, need: np.ndarray, fits: np.ndarray, least: np.ndarray, most: np.ndarray, who: str
    ) -> Iterator[Breach]:
        """The breaches by somebody who knows that counts lie in boxes, as in witnesses that fit."""
        wanted = np.flatnonzero(need > 0)
        low, high = np.full(len(need), np.inf), np.full(len(need), -np.inf)
        values = self._seen.values[np.ix_(fits, wanted)]
        low[wanted], high[wanted] = values.min(axis=0), values.max(axis=0)
        unsure = wanted[~_enough(low[wanted], high[wanted], need[wanted])]
        if not len(unsure):
            return
        with self._within((least, most)):
            for target in map(int, unsure):
                if _enough(low[target], high[target], need[target]):
                    continue  # a witness for another target has shown it
                yield from self._sure(target, need[target], low, high, who)

    def _sure(
        self, target: int, need: float, low: np.ndarray, high: np.ndarray, who: str
    ) -> Iterator[Breach]:
        """The breach of one target unless witnesses are found that keep it apart.

        ``low``, ``high``: how far all targets are apart so far; they are kept up to date.
        """
        sums = self.model.targets[target].toarray().ravel()

        def apart(values: Iterable[np.ndarray]) -> bool:
            for value in values:
                np.minimum(low, value, out=low)
                np.maximum(high, value, out=high)
                if _enough(low[target], high[target], need):
                    return True
            return False

        if not self._whole:
            if apart(self._furthest(sums)):
                return
        elif apart(self._sought(sums, self._anywhere(target, sums, need), np.zeros(len(sums)))):
            return
        self._everything.within(self._box)
        ends = self._all.ends(sums)
        # Where broken numbers do not keep it apart, whole ones need not be looked for.
        again = repeat(self._everything, (TRIES - 1) * self._whole)
        found = bool(_enough(ends.low, ends.high, need)) and (
            apart(self._sought(sums, again, np.zeros(len(sums)))) or apart(self._whole_ends(sums))
        )
        if not found:
            yield Breach(who, target, ends.low, ends.high, ends.held_by)

    def _whole_ends(self, sums: np.ndarray) -> Iterator[np.ndarray]:
        """The targets' values where a sum is at either end of what whole numbers allow."""
        for side in (1.0, -1.0):
            if self._seen.add(self._all.whole_end(side * sums)):
                yield self._seen.values[-1]

    def _furthest(self, sums: np.ndarray) -> Iterator[np.ndarray]:
        """The targets' values at either end of a sum, where counts need not be whole."""
        self._everything.within(self._box)
        for side in (1.0, -1.0):
            self._seen.add(self._all.point(side * sums))
            yield self._seen.values[-1]

    def _anywhere(self, target: int, sums: np.ndarray, need: float) -> Iterator[Part]:
        """Where a target may be kept apart: parts not yet tried, then all counts."""
        yield from self._untried(target, self._near(sums, need))
        yield self._everything

    def _near(self, sums: np.ndarray, need: float) -> Iterator[Part]:
        """Where a sum can move by what it needs: parts, then the one with most room and one other.

        What moves in few providers alone is true for all the others, whatever they know.
        """
        room = np.array([part.room(sums, self._box) for part in self._parts])
        widest = np.argsort(-room, kind="stable")[:BESIDE]
        yield from (self._parts[place] for place in widest if room[place] >= need - SAME)
        if not len(room) or room.max() < SAME:
            return
        free = np.array([part.free_columns(self._box) for part in self._parts])
        free[widest[0]] = 0
        for other in np.argsort(-free, kind="stable")[:BESIDE]:
            if free[other] > 0 and room[widest[0]] + room[other] >= need - SAME:
                yield self._pair(widest[0], other)

    def _pair(self, one: int, other: int) -> Part:
        key = min(one, other), max(one, other)
        if key not in self._pairs:
            columns = np.sort(np.concatenate([self._parts[place].columns for place in key]))
            self._pairs[key] = Part(self._all, columns, self.model.true)
        return self._pairs[key]

    def _untried(self, target: int, parts: Iterable[Part]) -> Iterator[Part]:
        """Parts without those in which somebody else's view was looked for already.

        Where a part can be all that it could be then, it shows no more than it did.
        """
        for part in parts:
            if not part.whole_of(self._box):
                yield part
            elif (target, part) not in self._tried:
                self._tried.add((target, part))
                yield part

    def _sought(
        self, sums: np.ndarray, parts: Iterable[Part], push: np.ndarray
    ) -> Iterator[np.ndarray]:
        """The targets' values in witnesses at either end of a sum, in one part after another.

        ``push``: what else is wished for of each count, as far as the sum allows.
        """
        for part in parts:
            wished = self._chance.normal(size=len(sums)) + push * self._chance.random(len(sums))
            for side in (100.0, -100.0):
                if self._seen.add(self._point(part, side * sums + wished)):
                    yield self._seen.values[-1]

    def _unsure(self, children: np.ndarray, need: np.ndarray, *, succeeds: bool) -> np.ndarray:
        """Targets by children: whether no two witnesses with the child's outcome keep them apart."""
        unsure, wanted = need > 0, np.flatnonzero(need.any(axis=1))
        values, points = self._seen.values[:, wanted], self._seen.points[:, children]
        allowed = points >= 1 if succeeds else points <= self.model.most[children] - 1
        order, largest = np.argsort(values, axis=0), need[wanted].max(axis=1)
        place = np.arange(len(wanted))
        for low, high in zip(order[:PAIRS], order[::-1][:PAIRS], strict=True):
            apart = np.flatnonzero(values[high, place] - values[low, place] >= largest - SAME)
            unsure[wanted[apart]] &= ~(allowed[low[apart]] & allowed[high[apart]])
        for target, of_it in zip(wanted, values.T, strict=True):
            own = np.flatnonzero(unsure[target])
            if len(own):
                unsure[target, own] = spread(of_it, allowed[:, own]) < need[target, own] - SAME
        return unsure

    def _parent(
        self, target: int, children: np.ndarray, need: np.ndarray, succeeds: bool
    ) -> list[Breach]:
        """The first breach of one target beside children for whom it is not yet sure."""
        sums = self.model.targets[target].toarray().ravel()
        low, high = np.full(len(sums), np.inf), np.full(len(sums), -np.inf)

        def still(place: int) -> np.ndarray:
            """Which children it is still not sure for, one more witness looked at."""
            value, point = self._seen.values[place, target], self._seen.points[place]
            could = children[self._could_be(point, children, sums, succeeds)]
            low[could], high[could] = np.fmin(low[could], value), np.fmax(high[could], value)
            return high[children] - low[children] < need - SAME

        order = np.argsort(self._seen.values[:, target], kind="stable")
        for place in chain.from_iterable(zip(order[:PAIRS], order[::-1][:PAIRS], strict=True)):
            unsure = still(place)
            children, need = children[unsure], need[unsure]
            if not len(children):
                return []
        push = np.zeros(len(sums))
        push[children] = -10.0 if succeeds else 10.0
        parts = chain(self._near(sums, need.max()), repeat(self._everything, TRIES))
        for tried, _ in enumerate(self._sought(sums, parts, push)):
            unsure = still(len(self._seen.values) - 1)
            children, need = children[unsure], need[unsure]
            if not len(children):
                return []
            if tried % 2 == 1 and len(children) <= FEW:
                break
        for child, own in zip(children, need, strict=True):
            least, most = self._known(np.array([child]), succeeds)
            alone = np.zeros(len(self.model.need))
            alone[target] = own
            has = self._seen.points[:, child]
            fits = (has >= least[child]) & (has <= most[child])
            found = list(self._narrowed(alone, fits, least, most, PARENT))
            if found:
                return found
        return []

    def _known(self, children: np.ndarray, succeeds: bool) -> Box:
        """What could be of each count for somebody who knows the outcomes of some children."""
        least, most = self.model.least.copy(), self.model.most.copy()
        if succeeds:
            least[children] = 1
        else:
            most[children] -= 1
        return least, most

    def _could_be(
        self, point: np.ndarray, children: np.ndarray, sums: np.ndarray, succeeds: bool
    ) -> np.ndarray:
        """Which children have an outcome in a witness, or could if somebody else had theirs instead.

        Who changes places with a child is as much of the target as the child is.
        """
        step = 1.0 if succeeds else -1.0
        least, most = self.model.least, self.model.most
        could = point[children] >= 1 if succeeds else point[children] <= most[children] - 1
        left = np.flatnonzero(~could)
        if not len(left):
            return could
        others = np.flatnonzero((point - step >= least) & (point - step <= most))
        at = self._all.rows @ point
        up, down = self._all.high - at < 1 - SAME, at - self._all.low < 1 - SAME
        up, down = (up, down) if succeeds else (down, up)
        # Only rows at their limit stand in the way; such as are no plain sums may not be touched at all.
        tight = np.flatnonzero(up | down | ~self._plain)
        plain, held = self._plain[tight], self._dense[tight]
        up, down = (
            (up[tight] | ~plain).astype(np.float32),
            (down[tight] | ~plain).astype(np.float32),
        )
        mine, theirs = held[:, children[left]], held[:, others]
        both = (mine * (plain * (up + down))[:, None]).T @ theirs
        against = (up @ mine)[:, None] + down @ theirs - both
        against[sums[children[left]][:, None] != sums[others]] = 1
        could[left] = (against < SAME).any(axis=1)
        return could

    @contextmanager
    def _within(self, box: Box) -> Iterator[None]:
        """Look for witnesses as somebody would who knows that counts lie in a box."""
        before, self._box = self._box, box
        try:
            yield
        finally:
            self._box = before

    def _draw(self, parts: list[Part], how_many: int) -> None:
        for part in parts:
            for _ in range(how_many):
                self._seen.add(self._point(part, part.direction(self._chance)))

    def _point(self, part: Part, cost: np.ndarray) -> np.ndarray | None:
        part.within(self._box)
        return part.point(cost, whole=self._whole)


def _enough(low: Numbers, high: Numbers, need: Numbers) -> np.ndarray:
    """Which targets are kept apart; ends that need not be whole are rounded inwards."""
    return np.asarray(np.floor(high + SAME) - np.ceil(low - SAME) >= need)
