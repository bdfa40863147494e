"""The kept figures as the tables of docs/method.md, each under the part that it comes from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.calibration import beside, kept
from benchmarks.calibration.settings import ACROSS, ALL_LEVELS, STEPS
from benchmarks.calibration.written import mean, share, written, yes

LEVELS = {STEPS: "7 to 10", ACROSS: "6 to 9", ALL_LEVELS: "all"}


def all_of_them() -> dict[str, str]:
    """Every table whose part has been run, by the part's name and what is told."""
    makers = {
        "null: what is listed where nothing is there": ("null", null),
        "planted: what is found of what is planted": ("planted", planted),
        "planted: what else is listed": ("planted", unrelated),
        "power: intervals by learners and points": ("power", by_size),
        "power: intervals by kind of community": ("power", by_kind),
        "small: how far off small profiles are": ("small", small),
        "peers: nothing there": ("peers", beside.nothing),
        "peers: a hurdle planted": ("peers", beside.hurdle),
        "speed: seconds": ("speed", speed),
        "speed: growth": ("growth", growth),
        "speed: a whole community": ("large", large),
    }
    return {
        title: make(kept.read(of)) for title, (of, make) in makers.items() if len(kept.read(of))
    }


def null(table: pd.DataFrame) -> str:
    """Communities that list anything, and how many list a group, a school or a step taken."""
    rows = [
        (
            row.repetition, row.layout, f"{row.learners:,}", yes(row.schools), row.seeds,
            share(row.any, row.seeds), row.any_group, row.any_provider, row.any_transition,
        )
        for row in table.itertuples()
    ]  # fmt: skip
    head = "results of one learner|schools|learners|schools differ|communities|list anything, %"
    return written(f"{head}|a group|a school|a step taken", rows)


def planted(table: pd.DataFrame) -> str:
    """How well the first finding, and the best of ten, hold what was planted."""
    rows = [
        (
            row.repetition, row.group or f"school {row.provider_id}", LEVELS[row.first, row.last],
            f"{row.points:+.0f}", f"{row.learners:,}", row.seeds, mean(row.overlap, row.overlap_error),
            f"{row.best:.2f}", share(row.found, row.seeds),
        )
        for row in table.itertuples()
    ]  # fmt: skip
    head = "results of one learner|planted for|year levels|points|learners|communities"
    return written(f"{head}|first overlap|best of ten|found, %", rows)


def unrelated(table: pd.DataFrame) -> str:
    """Findings that share no result with what was planted, all kinds together."""
    rows = [
        (name, own["listed"].sum(), own["unrelated"].sum(), _of(own, "unrelated", "listed"))
        for name, own in [*table.groupby("repetition", sort=False), ("both", table)]
    ]
    return written("results of one learner|listed|unrelated|unrelated, %", rows)


def by_size(table: pd.DataFrame) -> str:
    """How often an interval holds what is true, whether listed or not, and among those listed."""
    both = _told(table)
    both = both.assign(size=both["points"].abs())
    rows = [
        (f"{learners:,}", f"{points:.0f}", *_held(own))
        for (learners, points), own in both.groupby(["learners", "size"])
    ]
    return written(
        "learners|points|planted|held, %|found|held if found, %|mean width, points", rows
    )


def by_kind(table: pd.DataFrame) -> str:
    """The same for communities with results that go together little and much, and for all."""
    both = _told(table)
    kinds = [*both.groupby("repetition", sort=False), ("both", both)]
    rows = [(name, *_held(own)) for name, own in kinds]
    head = "results of one learner|planted|held, %|found|held if found, %|mean width, points"
    return written(head, rows)


def small(table: pd.DataFrame) -> str:
    """Root mean squared errors in points."""
    rows = [
        (
            f"{one['learners']:,}", f"{one['from']} to {one['to']}" if one["to"] < 100 else "50 and more",
            one["profiles"], f"{100 * one['raw']:.1f}", f"{100 * one['shrunken']:.1f}",
            f"{one['shrunken'] / one['raw']:.2f}",
        )
        for one in table.to_dict("records")
    ]  # fmt: skip
    return written("learners|learners in profile|profiles|as counted|steadied|ratio", rows)


def speed(table: pd.DataFrame) -> str:
    """Milliseconds of each way."""
    rows = [
        (f"{row.learners:,}", row.work, f"{1000 * row.seconds:,.1f}", row.times_as_fast)
        for row in table.itertuples()
    ]
    return written("learners|work|milliseconds|times as fast as pysubgroup's faster", rows)


def growth(table: pd.DataFrame) -> str:
    """Milliseconds from few learners to many."""
    rows = [
        (f"{row.learners:,}", f"{1000 * row.scan:,.1f}", f"{1000 * row.scan_and_chance:,.1f}")
        for row in table.itertuples()
    ]
    return written("learners|the scan, ms|scan and chance, ms", rows)


def large(table: pd.DataFrame) -> str:
    """Seconds of every step, amounts and memory."""
    rows = [
        (
            row.what,
            f"{row.value:.2f}" if row.value < 100 and row.what != "listed" else f"{row.value:,.0f}",
        )
        for row in table.itertuples()
    ]
    return written("what|value", rows)


def _told(table: pd.DataFrame) -> pd.DataFrame:
    """Everything planted whose range can be told exactly: not what begins or ends within a step."""
    both = pd.concat([table, kept.read("planted")], ignore_index=True)
    return both[~((both["first"] == ACROSS[0]) & (both["last"] == ACROSS[1]))]


def _held(own: pd.DataFrame) -> tuple[object, ...]:
    width = np.average(own["width"].astype(float).fillna(0.0), weights=own["cells"])
    counts = own["cells"].sum(), _of(own, "hold", "cells"), own["cells_found"].sum()
    return *counts, _of(own, "hold_found", "cells_found"), f"{100 * width:.1f}"


def _of(own: pd.DataFrame, count: str, of: str) -> str:
    return share(own[count].sum(), own[of].sum())
