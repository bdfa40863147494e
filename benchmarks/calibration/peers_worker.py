"""What other methods list, in an environment of their own; nothing here knows of colanalysis.

    python peers_worker.py [--direction hurdle] OUT TABLE.parquet ...

A table has one row per result: measure, year_level, year, provider_id, success (0 or 1),
a column of 0 and 1 for each ethnicity (``ethnicity=...``) and a column of text for every other
attribute. For each TABLE.parquet, OUT gets TABLE.csv (tool, direction, measure, quality and
conditions, a JSON list of [column, first value, last value], best first) and TABLE.npz (``rows``:
subgroups x results, true or false).

pysubgroup 0.9 and sliceline 0.3 need numpy 1.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pysubgroup as ps
from sliceline.slicefinder import Slicefinder

LISTED = 10
BINS, DEPTH = 7, 3
BINOMIAL = 0.5  # exponent of the size of a subgroup in pysubgroup's quality
ALPHA, LEVELS, SMALLEST = 0.95, 2, 30
NOT_SEARCHED = ["measure", "success"]
ETHNICITY = "ethnicity="
TARGETS = {"hurdle": 0, "success": 1}


def pysubgroup(
    table: pd.DataFrame, *, target: int, ranges: bool = False, exponent: float = BINOMIAL
) -> Iterator[tuple]:
    """The best subgroups to depth three, with year levels as "from" or "up to" at six bounds.

    Of one attribute it takes one condition only, so that it never says "years 7 to 10" by itself;
    ``ranges`` hands it every range of year levels. Both, and the exponent of one half, find a
    planted hurdle better than bins that do not overlap and than WRAcc do.
    """
    searched = table.drop(columns="measure").reset_index(drop=True)
    ignored = ["success", "year_level"] if ranges else ["success"]
    space = ps.create_selectors(searched, nbins=BINS, intervals_only=False, ignore=ignored)
    space = [one for one in space if not _is_outside(one)] + (_ranges(searched) if ranges else [])
    task = ps.SubgroupDiscoveryTask(
        searched,
        ps.BinaryTarget("success", target),
        space,
        result_set_size=LISTED,
        depth=DEPTH,
        qf=ps.StandardQF(exponent),
    )
    for quality, subgroup, _ in ps.DFS(ps.BitSetRepresentation).execute(task).results:
        conditions = [_condition(one) for one in subgroup.selectors]
        if conditions and quality > 0:
            yield float(quality), conditions, np.asarray(subgroup.covers(searched))


def sliceline(table: pd.DataFrame, *, target: int) -> Iterator[tuple]:
    """The slices of at most two conditions in which the "errors" are largest."""
    searched = table.drop(columns=NOT_SEARCHED)
    codes = pd.DataFrame({name: searched[name].astype("category") for name in searched})
    values = {name: list(codes[name].cat.categories) for name in codes}
    coded = np.column_stack([codes[name].cat.codes for name in codes])
    errors = (table["success"] == target).to_numpy(float)
    finder = Slicefinder(alpha=ALPHA, k=LISTED, max_l=LEVELS, min_sup=SMALLEST, verbose=False)
    finder.fit(coded, errors)
    found = zip(finder.top_slices_, finder.top_slices_statistics_, strict=True)
    for wanted, statistics in found:
        inside, conditions = np.ones(len(coded), dtype=bool), []
        for place, code in enumerate(wanted):
            if code is not None:
                inside &= coded[:, place] == code
                value = values[searched.columns[place]][int(code)]
                conditions.append([searched.columns[place], value, value])
        yield float(statistics["slice_score"]), conditions, inside


METHODS: dict[str, Callable[..., Iterator[tuple]]] = {
    "pysubgroup": pysubgroup,
    "pysubgroup ranges": partial(pysubgroup, ranges=True),
    "sliceline": sliceline,
}


def find(path: Path, out: Path, directions: list[str]) -> None:
    """Run each method for each measure and each direction, and pool the measures by quality."""
    table = pd.read_parquet(path)
    pieces, insides = [], []
    for tool, method in METHODS.items():
        for direction in directions:
            target, pooled = TARGETS[direction], []
            for measure, rows in table.groupby("measure", sort=True):
                for quality, conditions, inside in method(rows, target=target):
                    whole = np.zeros(len(table), dtype=bool)
                    whole[table.index.get_indexer(rows.index)] = inside
                    pooled.append((quality, str(measure), conditions, whole))
            pooled.sort(key=lambda one: -one[0])
            for quality, measure, conditions, whole in pooled[:LISTED]:
                said = json.dumps(conditions, ensure_ascii=False, default=_plain)
                pieces.append((tool, direction, measure, quality, said))
                insides.append(whole)
    columns = ["tool", "direction", "measure", "quality", "conditions"]
    pd.DataFrame(pieces, columns=columns).to_csv(out / f"{path.stem}.csv", index=False)
    empty = np.zeros((0, len(table)), dtype=bool)
    np.savez_compressed(out / f"{path.stem}.npz", rows=np.array(insides) if insides else empty)


def _ranges(table: pd.DataFrame) -> list:
    levels = sorted(table["year_level"].unique())
    pairs = [(low, high) for low in levels for high in levels if low <= high]
    return [
        ps.IntervalSelector("year_level", low, high + 1)
        for low, high in pairs
        if (low, high) != (levels[0], levels[-1])
    ]


def _is_outside(selector: ps.SelectorBase) -> bool:
    """Whether it says "not of this ethnicity", which would only crowd the list."""
    is_equal = isinstance(selector, ps.EqualitySelector)
    return (
        selector.attribute_name.startswith(ETHNICITY) and is_equal and not selector.attribute_value
    )


def _condition(selector: ps.SelectorBase) -> list:
    if isinstance(selector, ps.IntervalSelector):
        low, high = selector.lower_bound, selector.upper_bound
        first = None if np.isneginf(low) else float(low)
        return [selector.attribute_name, first, None if np.isposinf(high) else float(high) - 1]
    return [selector.attribute_name, selector.attribute_value, selector.attribute_value]


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else str(value)


def main() -> None:
    """Find in all tables, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("tables", type=Path, nargs="+")
    parser.add_argument("--direction", choices=list(TARGETS), help="both unless one is named")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    directions = [options.direction] if options.direction else list(TARGETS)
    for path in options.tables:
        find(path, options.out, directions)


if __name__ == "__main__":
    main()
