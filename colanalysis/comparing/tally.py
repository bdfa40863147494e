"""Tally: sums for every group of up to a few attributes, in one pass over compact codes.

A profile becomes one small number per axis. A few *covering blocks* of axes are counted once each,
and the sums of every combination of axes inside a block are sums over its other axes; so there is no
loop over groups, and the work grows with the rows and not with the groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from math import prod

import numpy as np
import pandas as pd

from colanalysis.measure import JOINER

# A block of this many cells stays in the processor's cache.
BLOCK_CELLS = 1 << 13

Combination = tuple[int, ...]


@dataclass(frozen=True)
class Axes:
    """Profiles (rows) by axes: ``codes[profile, axis]`` is the place of its value in ``values[axis]``.

    An attribute of which a profile has at most one value is one axis; of an attribute with several
    (total response ethnicity) every value is an axis of its own, so that memberships stay
    memberships. One past the last value means that the profile has none of them.
    """

    codes: np.ndarray
    attributes: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]

    @cached_property
    def columns(self) -> list[np.ndarray]:
        """The codes axis by axis, each in one piece of memory."""
        return [np.ascontiguousarray(column) for column in self.codes.T]

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Values per axis, and one more where some profile has none."""
        highest = self.codes.max(axis=0, initial=-1)
        pairs = zip(self.values, highest, strict=True)
        return tuple(max(len(values), int(high) + 1) for values, high in pairs)


def axes(profiles: pd.Series) -> Axes:
    """Read profiles (groups joined by `` & ``) as codes; attributes in alphabetical order."""
    parts = profiles.reset_index(drop=True).str.split(JOINER, regex=False).explode()
    parts = parts[parts.notna() & (parts != "")]
    attribute = parts.str.partition("=")[0] if len(parts) else parts
    several = set(attribute[pd.MultiIndex.from_arrays([parts.index, attribute]).duplicated()])
    columns, attributes, values = [], [], []
    for name, own in parts.groupby(attribute, sort=True):
        known = sorted(own.unique())
        for held in [[one] for one in known] if name in several else [known]:
            code = np.full(len(profiles), len(held), dtype=np.int32)
            mine = own[own.isin(held)]
            code[mine.index] = pd.Index(held).get_indexer(mine)
            columns.append(code)
            attributes.append(str(name))
            values.append(tuple(held))
    codes = np.array(columns, dtype=np.int32).reshape(len(columns), len(profiles)).T
    return Axes(codes, tuple(attributes), tuple(values))


def combined(coded: Axes, *, deepest: int) -> tuple[Combination, ...]:
    """Every combination of up to ``deepest`` axes of different attributes, shorter ones first."""
    places = range(len(coded.attributes))
    return tuple(
        chosen
        for depth in range(1, deepest + 1)
        for chosen in combinations(places, depth)
        if len({coded.attributes[axis] for axis in chosen}) == depth
    )


def named(coded: Axes, chosen: tuple[Combination, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The name and the depth of every group, in the order in which ``sums`` has them."""
    names, depths = [], []
    for combination in chosen:
        texts = np.array([""], dtype=object)
        for axis in combination:
            own = np.array(coded.values[axis], dtype=object)
            joined = texts[:, None] + (JOINER if texts[0] else "") + own[None, :]
            texts = joined.ravel()
        names.append(texts)
        depths.append(np.full(len(texts), len(combination)))
    if not names:
        return np.empty(0, dtype=object), np.empty(0, dtype=int)
    return np.concatenate(names), np.concatenate(depths)


def sums(
    coded: Axes,
    chosen: tuple[Combination, ...],
    *,
    profile: np.ndarray,
    box: np.ndarray,
    boxes: int,
    weights: list[np.ndarray],
) -> list[np.ndarray]:
    """Add up each of ``weights`` by group and box: one array of groups by boxes for each.

    ``profile`` and ``box`` say where each row of the weights belongs.
    """
    groups = [prod(len(coded.values[axis]) for axis in combination) for combination in chosen]
    starts = dict(zip(chosen, np.cumsum([0, *groups[:-1]]).tolist(), strict=True)) if chosen else {}
    added = np.zeros((len(weights), sum(groups), boxes))
    sizes = coded.sizes
    known = [slice(len(values)) for values in coded.values]
    for block, inside in covering(sizes, chosen, cells=max(BLOCK_CELLS // max(boxes, 1), 1)):
        shape = (*(sizes[axis] for axis in block), boxes)
        flat = coded.columns[block[0]].copy()
        for axis in block[1:]:
            flat *= sizes[axis]
            flat += coded.columns[axis]
        # Codes are small; a place among groups and boxes need not be.
        at = flat.astype(np.int64)[profile] * boxes + box
        counted = np.stack([np.bincount(at, weights=one, minlength=prod(shape)) for one in weights])
        for combination, table in _marginals(counted.reshape(len(weights), *shape), block, inside):
            own = table[(slice(None), *[known[axis] for axis in combination])]
            start, size = starts[combination], prod(own.shape[1:-1])
            added[:, start : start + size] = own.reshape(len(weights), size, boxes)
    return list(added)


def _marginals(
    table: np.ndarray, block: Combination, inside: list[Combination]
) -> Iterator[tuple[Combination, np.ndarray]]:
    """The sums of every wanted combination of a block; what two of them share is added up once."""
    for place, axis in enumerate(block):
        without = [one for one in inside if axis not in one]
        if without:
            rest = block[:place] + block[place + 1 :]
            yield from _marginals(table.sum(axis=place + 1), rest, without)
            inside = [one for one in inside if axis in one]
    if inside:
        yield block, table


@cache
def covering(
    sizes: tuple[int, ...], chosen: tuple[Combination, ...], *, cells: int
) -> tuple[tuple[Combination, list[Combination]], ...]:
    """Choose blocks of axes, each of at most ``cells`` cells where that can be, that hold all.

    Greedy: a block starts with the first combination not yet held and takes the axis that holds most
    of the others, while there is room. Gives each block with the combinations to be read from it.
    """
    order = sorted(chosen, key=lambda one: (-len(one), one))
    held = np.array([[axis in one for axis in range(len(sizes))] for one in order], dtype=bool)
    blocks: list[tuple[Combination, list[Combination]]] = []
    waiting = np.arange(len(order))
    while len(waiting):
        block = held[waiting[0]].copy()
        while True:
            room = cells // prod(size for size, inside in zip(sizes, block, strict=True) if inside)
            # One more axis adds the combinations that lack nothing else.
            lacking = held[waiting] & ~block
            gains = lacking[lacking.sum(axis=1) == 1].sum(axis=0)
            gains[np.array(sizes) > room] = 0
            if not gains.any():
                break
            block[gains.argmax()] = True
        outside = (held[waiting] & ~block).any(axis=1)
        inside = sorted(order[one] for one in waiting[~outside])
        waiting = waiting[outside]
        blocks.append((tuple(np.flatnonzero(block).tolist()), inside))
    return tuple(blocks)


def belonging(coded: Axes, group: str) -> np.ndarray:
    """Which profiles belong to a group, as a column of true and false; "" is everybody."""
    belongs = np.ones(len(coded.codes), dtype=bool)
    for part in group.split(JOINER) if group else []:
        held = [
            coded.codes[:, axis] == values.index(part)
            for axis, values in enumerate(coded.values)
            if part in values
        ]
        belongs &= held[0] if held else False
    return belongs
