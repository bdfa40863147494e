"""Audit: nothing that is published, all of it taken together, narrows a protected count down.

Each block of cells that can have learners in common is attacked by the public, by somebody who holds
all rolls, by every provider that knows its own outcomes, and by a parent who also holds the rolls. Where
one of them could come too close, the published count that lets them and would be missed least is
withheld, in every report, and the block is attacked again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import loky
import numpy as np
import pandas as pd

from colanalysis import atoms, cells, protect
from colanalysis.auditing import attack, model
from colanalysis.auditing.attack import Attack, Breach
from colanalysis.auditing.block import Ties, block, untied
from colanalysis.auditing.crowd import crowd
from colanalysis.auditing.model import Model
from colanalysis.errors import ReleaseError
from colanalysis.protect import Rules

# Cells of one measure and the atoms that they can hold, by domain.
Measure = dict[str, tuple[np.ndarray, pd.DataFrame]]
ROUNDS = 60
SMALLEST = 1e-9
# So many entries of all blocks are worth starting further processes, each with one core to itself.
ENOUGH = 1_000_000
ONE_EACH = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
LOOKED_AT = ["who", "protected", "withheld"]


@dataclass(frozen=True)
class Audit:
    """Cells in the form in which they are safe, and what was looked at.

    ``told``: as they were given, some withheld. ``looked_at``: one row for each kind of somebody:
    who, protected (counts that they must not come close to), withheld (cells for their sake).
    """

    told: pd.DataFrame
    looked_at: pd.DataFrame


def audit(
    told: pd.DataFrame,
    finest: pd.DataFrame,
    rules: Rules,
    ties: Mapping[tuple[str, str], Ties] | None = None,
) -> Audit:
    """Attack everything that is told, withhold what gives something away, until nothing does.

    ``told``: cells (``cells.DEFINITION``) in the form of ``protect.counts``, with ``smallest`` and
    ``weight``; ``finest``: all atoms; ``ties``: further published numbers, by domain and measure.
    ReleaseError, with the measures concerned, where withholding does not help.
    """
    told = told.reset_index(drop=True)
    # Who rounds needs the key; who looks for what is left open does not.
    safe = partial(_made_safe, told=told, rules=replace(rules, secret=b""), ties=ties or {})
    measures = _by_measure(told, finest)
    if sum(_entries(own) for own in measures) < ENOUGH:
        outcomes = list(map(safe, measures))
    else:
        with loky.ProcessPoolExecutor(loky.cpu_count(), env=ONE_EACH) as pool:
            outcomes = list(pool.map(safe, measures))
    sizes = [row for outcome in outcomes for row in outcome.no_size]
    counts = [row for outcome in outcomes for row in outcome.no_count]
    looked_at = pd.concat([o.looked_at for o in outcomes]) if outcomes else _looked_at({}, {})
    looked_at = looked_at.groupby("who", sort=False).sum().reset_index()
    return Audit(withheld(told, sizes, counts), looked_at)


def withheld(told: pd.DataFrame, sizes: list[int], counts: list[int]) -> pd.DataFrame:
    """Take back the whole of some cells (``sizes``), and of others only how many succeed."""
    own = told.copy()
    every = [*sizes, *counts]
    own.loc[every, ["n_success", "rate", "low", "high"]] = np.nan
    own.loc[every, "mark"] = protect.HIDDEN
    own.loc[every, "done"] = protect.WITHHELD
    own.loc[sizes, "n"] = np.nan
    return own


@dataclass
class _Outcome:
    """What has to be withheld of one block, as rows of the table of cells, and what was looked at."""

    no_size: list[int]
    no_count: list[int]
    looked_at: pd.DataFrame


def _by_measure(told: pd.DataFrame, finest: pd.DataFrame) -> list[Measure]:
    """All that is told of each measure, by domain; the longest go first."""
    of: dict[str, Measure] = {}
    for rows, own in cells.apart(told, finest):
        domain, measure = told.loc[rows[0], ["domain", "measure"]]
        of.setdefault(measure, {})[domain] = rows, own
    return sorted(of.values(), key=lambda own: -_entries(own))


def _entries(of: Measure) -> int:
    return max(len(rows) * len(own) for rows, own in of.values())


def _made_safe(
    of_measure: Measure,
    *,
    told: pd.DataFrame,
    rules: Rules,
    ties: Mapping[tuple[str, str], Ties],
) -> _Outcome:
    held = {
        domain: (rows, own, cells.holding(told.iloc[rows], own))
        for domain, (rows, own) in of_measure.items()
    }
    # Where nobody is counted there is nobody to protect.
    held = {domain: piece for domain, piece in held.items() if piece[2].any()}
    if not held:
        return _Outcome([], [], _looked_at({}, {}))
    results = held.pop(atoms.RESULTS, None)
    listed = next(iter(held.values()), None)
    everybody = crowd(told, results, listed, rules.smallest_group - 1)
    measure = told.loc[everybody.places[0][0], "measure"]
    public = Attack(model.sizes(everybody, told, rules), whole=False)
    missed = _missed(everybody.places, told, told["n"].notna() | (told["mark"] != protect.HIDDEN))
    no_size, reasons = _until_safe(public, lambda: public.outsider(attack.PUBLIC), missed, measure)
    protected = {attack.PUBLIC: int((public.model.need > 0).sum())}
    rows = [row for place in no_size for row in everybody.places[place]]
    if results is None:
        return _Outcome(rows, [], _looked_at(protected, reasons))
    of = block(*results, ties.get((atoms.RESULTS, measure), untied(len(results[1]))))
    known = Attack(model.outcomes(of, withheld(told, rows, []), rules), whole=True)

    def all_who_know() -> list[Breach]:
        # What is safe from a whole provider is so from each of its parents, and need not be shown again.
        breaches = known.outsider(attack.ROLLS)
        if not breaches:
            breaches = [b for place in range(len(of.providers)) for b in known.insider(of, place)]
        return breaches or known.parents(of)

    missed = _missed(of.places, told, told["mark"] != protect.HIDDEN)
    no_count, more = _until_safe(known, all_who_know, missed, measure)
    targets = int((known.model.need > 0).sum())
    protected |= dict.fromkeys((attack.ROLLS, attack.PARENT, attack.PROVIDER), targets)
    kept = [row for place in no_count for row in of.places[place]]
    return _Outcome(rows, kept, _looked_at(protected, {**reasons, **more}))


def _missed(places: list[np.ndarray], told: pd.DataFrame, tells: pd.Series) -> np.ndarray:
    """How much each set would be missed: as much as the rows of it that tell something."""
    weight = told["weight"].where(tells, 0.0).to_numpy(float)
    return np.array([weight[rows].max() for rows in places])


def _until_safe(
    attacked: Attack,
    look: Callable[[], list[Breach]],
    missed: np.ndarray,
    measure: str,
) -> tuple[list[int], dict[str, int]]:
    """Withhold one set after another until a look finds no breach; which sets, and for whose sake."""
    gone: list[int] = []
    reasons: dict[str, int] = {}
    for _ in range(ROUNDS):
        breaches = look()
        if not breaches:
            return gone, reasons
        for place, who in _cheapest(breaches, attacked.model, missed, measure):
            gone.append(place)
            reasons[who] = reasons.get(who, 0) + 1
        attacked.forget(np.array(gone))
    raise _conflict(measure)


def _cheapest(
    breaches: list[Breach], known: Model, missed: np.ndarray, measure: str
) -> list[tuple[int, str]]:
    """Sets to withhold so that every breach loses a row that holds it, the least missed first."""
    held = np.zeros((len(breaches), len(missed)))
    for place, breach in enumerate(breaches):
        np.maximum.at(held[place], known.row_of, breach.held_by)
    held[:, np.isinf(missed)] = 0  # what was published before cannot be taken back
    if not (held.max(axis=1) > 0).all():
        raise _conflict(measure)
    held = held / held.max(axis=1, keepdims=True)
    chosen, open_ = [], np.ones(len(breaches), dtype=bool)
    while open_.any():
        # A row that holds a breach only a little would help only a little.
        score = np.where(held > 0.3, held, 0)[open_].sum(axis=0) / np.maximum(missed, SMALLEST)
        best = int(score.argmax())
        helped = open_ & (held[:, best] > 0.3)
        chosen.append((best, breaches[int(np.flatnonzero(helped)[0])].who))
        open_ &= ~helped
    return chosen


def _looked_at(protected: dict[str, int], reasons: dict[str, int]) -> pd.DataFrame:
    rows = [(who, many, reasons.get(who, 0)) for who, many in protected.items()]
    return pd.DataFrame(rows, columns=LOOKED_AT)


def _conflict(measure: str) -> ReleaseError:
    return ReleaseError(
        f"what is to be published of {measure or atoms.FLOWS} gives learners' results away, and "
        "withholding numbers does not help",
        expected="no count of learners that can be narrowed down",
        remedy="Leave the measure out, or give its groups fewer attributes (attributes in "
        "community.toml).",
    )
