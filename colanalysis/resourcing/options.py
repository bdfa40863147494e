"""Options: ways of sharing one resource in whole units, side by side, with what each gives and takes.

Equal shares, by roll, by learners to shift, and by reach. None of them is recommended; their order is
fixed and means nothing. A provider whose number of learners to shift may not be told keeps its equal
share wherever learners to shift decide: it is not guessed, and not taken for nought. Where a number
is told as a range, shares are worked out with it at both of its ends.
``at_least`` is what everybody has in any case, under every option.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from colanalysis.resourcing import reach, units

OPTIONS = ("equal", "roll", "shift", "reach")
SHARES = ["option", "provider_id", "low", "high", "gain_low", "gain_high", "told"]
TRADE_OFF = ["option", "moved_low", "moved_high", "reached_low", "reached_high"]
_POINTS = 10
_Shares = dict[str, pd.Series]


def side_by_side(
    amount: int, places: pd.DataFrame, *, reaches: float | None = None, at_least: int = 0
) -> pd.DataFrame:
    """What every provider has under each option, and its gain or loss against equal shares.

    ``places``: provider_id, roll, low and high (learners to shift; both missing where hidden).
    ``reaches``: how many learners one unit reaches; without it there is no option by reach.
    Columns: ``SHARES``; ``told`` says whether learners to shift are. An option that cannot be made
    (no rolls, nobody to shift, a floor above what there is) has no rows.
    """
    by = places.set_index("provider_id")
    told = by["low"].notna()
    made = [_made(amount, by, ends, reaches=reaches, at_least=at_least) for ends in _ends(by[told])]
    even = units.equal(amount, by.index)
    rows = []
    for option in _in_all(made):
        shares = pd.concat([one[option] for one in made], axis=1)
        low, high = shares.min(axis=1), shares.max(axis=1)
        rows.append(
            pd.DataFrame(
                {
                    "option": option,
                    "provider_id": by.index,
                    "low": low.to_numpy(),
                    "high": high.to_numpy(),
                    "gain_low": (low - even).to_numpy(),
                    "gain_high": (high - even).to_numpy(),
                    "told": told.to_numpy(),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)[SHARES]


def trade_off(
    amount: int, places: pd.DataFrame, *, reaches: float, at_least: int = 0
) -> pd.DataFrame:
    """How even each option is, against how many learners to shift it reaches.

    ``moved``: units that lie elsewhere than equal shares would put them. Learners of providers that
    are not told are reached by as many as may be: none, or all whom its share could reach.
    """
    by = places.set_index("provider_id")
    told = by["low"].notna()
    even = units.equal(amount, by.index)
    # Where nothing is known, at most the whole roll is there to be reached.
    unknown = by.loc[~told, "roll"].fillna(0)
    ends = list(_ends(by[told]))
    made = [_made(amount, by, end, reaches=reaches, at_least=at_least) for end in ends]
    rows = []
    for option in _in_all(made):
        moved, known, maybe = [], [], []
        for end, shares in zip(ends, (one[option] for one in made), strict=True):
            moved.append(int((shares - even).clip(lower=0).sum()))
            known.append(int(reach.reached(shares[told], end, reaches=reaches).sum()))
            maybe.append(int(reach.reached(shares[~told], unknown, reaches=reaches).sum()))
        most = max(one + more for one, more in zip(known, maybe, strict=True))
        rows.append((option, min(moved), max(moved), min(known), most))
    return pd.DataFrame(rows, columns=TRADE_OFF)


def frontier(
    amount: int, places: pd.DataFrame, *, reaches: float, at_least: int = 0
) -> pd.DataFrame:
    """The most learners that can be reached when so many units at most are moved from equal shares.

    Of providers that are told, which share what is left when the others have kept equal shares.
    Columns: moved, reached_low, reached_high (all ranges at their lower, at their upper ends).
    """
    by = places.set_index("provider_id")
    told = by["low"].notna()
    even = units.equal(amount, by.index)
    left = amount - int(even[~told].sum())
    if not told.any() or at_least * int(told.sum()) > left:
        return pd.DataFrame(columns=["moved", "reached_low", "reached_high"], dtype="int64")
    known = by[told]
    furthest = _most_to_move(left, known, reaches, at_least)
    steps = sorted({int(step) for step in np.linspace(0, furthest, _POINTS + 1).round()})
    rows = []
    for moved in steps:
        best = [
            int(
                reach.reached(
                    reach.widest(
                        left, known[end], reaches=reaches, at_least=at_least, most_moved=moved
                    ),
                    known[end],
                    reaches=reaches,
                ).sum()
            )
            for end in ("low", "high")
        ]
        rows.append((moved, *best))
    return pd.DataFrame(rows, columns=["moved", "reached_low", "reached_high"])


def _most_to_move(left: int, known: pd.DataFrame, reaches: float, at_least: int) -> int:
    """How many units the shares that reach most move, at whichever end moves more."""
    even = units.equal(left, known.index)
    furthest = 0
    for end in ("low", "high"):
        shares = reach.widest(left, known[end], reaches=reaches, at_least=at_least)
        furthest = max(furthest, int((shares - even).clip(lower=0).sum()))
    return furthest


def _ends(known: pd.DataFrame) -> Iterator[pd.Series]:
    """Learners to shift with the ranges at their ends: all low, all high, and each against the others."""
    yield known["low"]
    if (known["low"] == known["high"]).all():
        return
    yield known["high"]
    for one in known.index[known["low"] < known["high"]]:
        for own, others in (("low", "high"), ("high", "low")):
            ends = known[others].copy()
            ends[one] = known.loc[one, own]
            yield ends


def _made(
    amount: int, by: pd.DataFrame, shift: pd.Series, *, reaches: float | None, at_least: int
) -> _Shares:
    """The shares of every provider under each option that can be made."""
    even = units.equal(amount, by.index)
    made: _Shares = {"equal": even}
    if at_least * len(by) > amount:
        return made
    if by["roll"].fillna(0).gt(0).all():
        made["roll"] = _above_floor(amount, by["roll"], at_least)
    kept = even[~by.index.isin(shift.index)]
    left = amount - int(kept.sum())
    if shift.sum() > 0:
        own = {"shift": _above_floor(left, shift, at_least)}
        if reaches:
            own["reach"] = reach.widest(left, shift, reaches=reaches, at_least=at_least)
        made |= {name: pd.concat([one, kept]).reindex(by.index) for name, one in own.items()}
    return made


def _above_floor(amount: int, weights: pd.Series, at_least: int) -> pd.Series:
    """What everybody has in any case, and the rest by weight."""
    return at_least + units.shared(amount - at_least * len(weights), weights)


def _in_all(made: list[_Shares]) -> list[str]:
    """The options that can be made whatever lies behind a range, in their order."""
    return [option for option in OPTIONS if all(option in one for one in made)]
