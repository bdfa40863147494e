"""For those who plan: whether printed targets can be true, what a new one asks, where earlier ones stand."""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path

from colanalysis.commands.shared import (
    Add,
    may_leave_out_years,
    only_for_the_data_lead,
    tell,
    whole,
)

__all__ = ["commands"]


def commands(add: Add) -> None:
    """Add ``audit``, ``target`` and ``shift``."""
    _add_audit(add)
    _add_target(add)
    _add_shift(add)


def _add_audit(add: Add) -> None:
    audit = add("audit", help="whether published targets can be true")
    audit.add_argument("plan", type=Path, help="a table of targets as a plan prints them")
    audit.set_defaults(run=_audit)


def _audit(options: argparse.Namespace) -> int:
    from colanalysis.planning import audit

    audited = audit.plan(options.plan)
    for line in audit.in_words(audited):
        print(line)
    return 0 if audited.sound else 1


def _add_target(add: Add) -> None:
    target = add("target", help="how many learners a target asks for")
    now = target.add_mutually_exclusive_group(required=True)
    now.add_argument("--now", type=_of, metavar="N/OF", help="learners who succeed, of how many")
    now.add_argument("--schools", type=Path, help="a table of them by school: school, n, of")
    wanted = target.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--to", metavar="PERCENT", help="the share to be reached")
    wanted.add_argument("--by-points", metavar="POINTS", help="percentage points more")
    wanted.add_argument("--by-percent", metavar="PERCENT", help="per cent of the baseline more")
    target.add_argument("--then", type=whole, help="how many learners, where not the same ones")
    target.add_argument(
        "--like", type=Path, help="a table of groups like this one: group, year, n, of"
    )
    target.add_argument("--rounding", default="reaches", help="rule by which schools share")
    target.add_argument("--measure", help="its id, to see whether the yardstick changes")
    target.add_argument("--folder", type=Path, help="community whose own measures are meant too")
    target.add_argument("--from-year", type=int, help="the year of the baseline, else this one")
    target.add_argument("--year", type=int, help="the year of the target")
    target.set_defaults(run=_target)


def _of(text: str) -> tuple[int, int]:
    n, _, of = text.partition("/")
    if not (n.isdecimal() and of.isdecimal()):
        raise argparse.ArgumentTypeError("expected so many of so many learners, such as 63/141")
    return int(n), int(of)


def _target(options: argparse.Namespace) -> int:
    from colanalysis.planning import calculate, target

    by_school = calculate.schools(options.schools) if options.schools else None
    baseline = target.Baseline(*options.now) if by_school is None else calculate.whole(by_school)
    asked = {
        target.to: options.to,
        target.by_points: options.by_points,
        target.by_per_cent: options.by_percent,
    }
    (wanted,) = (way(baseline, text) for way, text in asked.items() if text is not None)
    changes = calculate.dated(
        options.year,
        today=datetime.date.today(),
        since=options.from_year,
        measure=options.measure,
        folder=options.folder,
    )
    worked = calculate.target_of(
        baseline,
        wanted,
        of_then=options.then,
        rule=options.rounding,
        schools=by_school,
        like=calculate.like(options.like) if options.like else None,
    )
    print(f"From {baseline} to {wanted}:")
    for table in (worked.learners, worked.schools, worked.rungs):
        if len(table):
            print(table.to_string(index=False))
    for line in (*worked.says, *changes):
        print(line)
    return 0


def _add_shift(add: Add) -> None:
    shift = add("shift", help="where earlier plans' targets stand, for the data lead only")
    shift.add_argument("folder", type=Path)
    may_leave_out_years(shift)
    shift.set_defaults(run=_shift)


def _shift(options: argparse.Namespace) -> int:
    from colanalysis import evidence
    from colanalysis.planning import stand

    gathered = evidence.gather(options.folder, year=options.year, tell=tell)
    told = stand.plans(gathered.counted, community=gathered.community)
    for plan, said in zip(told["challenge"], stand.in_words(told), strict=True):
        print(f"{plan}: {said}")
    if told.empty:
        print("There is no [[plan]] in community.toml.")
    print(told.T.to_string(header=False))
    only_for_the_data_lead()
    return 0
