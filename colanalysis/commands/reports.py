"""For the facilitator: one report, many reports, and an attack on all that they would publish."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from colanalysis.commands.shared import Add, may_leave_out_years, may_withdraw, tell, whole

__all__ = ["commands"]


def commands(add: Add) -> None:
    """Add ``report``, ``batch`` and ``attack``."""
    _add_report(add)
    _add_batch(add)
    _add_attack(add)


def _add_report(add: Add) -> None:
    report = add("report", help="the challenge-evidence report")
    report.add_argument("folder", type=Path)
    report.add_argument("--out", type=Path, help="folder to write into")
    report.add_argument("--provider", default="", help="the report of one provider, by its id")
    report.add_argument(
        "--audience", default="public", choices=["public", "governance", "provider"]
    )
    may_leave_out_years(report)
    _may_print(report)
    may_withdraw(report)
    report.set_defaults(run=_report)


def _report(options: argparse.Namespace) -> int:
    from colanalysis import report

    path = report.write(
        options.folder,
        out=options.out,
        year=options.year,
        provider=options.provider,
        audience=options.audience,
        withdraw=options.withdraw,
        pdf=options.pdf,
        tell=tell,
    )
    print(path.resolve())
    return 0


def _add_batch(add: Add) -> None:
    batch = add("batch", help="many reports at once, asked for in a plan")
    batch.add_argument("plan", type=Path, help="a CSV or YAML file, one row for each report")
    batch.add_argument("--out", type=Path, default=Path("reports"), help="folder to write into")
    batch.add_argument("--jobs", type=whole, help="so many reports at a time")
    batch.add_argument(
        "--resume", action="store_true", help="leave as they are reports that would be the same"
    )
    batch.add_argument(
        "--keep-going", action="store_true", help="leave out rows of the plan that are wrong"
    )
    _may_print(batch)
    batch.add_argument("--seconds", type=_amount, default=300.0, help="time for each page")
    batch.add_argument("--memory-gib", type=_amount, default=4.0, help="memory for each page")
    batch.add_argument(
        "--scheduler", default="", metavar="ADDRESS",
        help="a Dask scheduler, such as tcp://10.0.0.1:8786, whose workers make the public pages",
    )  # fmt: skip
    batch.set_defaults(run=_batch)


def _batch(options: argparse.Namespace) -> int:
    import loky

    from colanalysis.batching import index, plan, run
    from colanalysis.batching.work import Limits

    asked = plan.read(options.plan, out=options.out)
    for one in asked.refused:
        print(f"{options.plan.name}, {one}", file=sys.stderr)
    if asked.refused and not options.keep_going:
        print("Nothing was started. --keep-going leaves these rows out.", file=sys.stderr)
        return 2
    made = run.batch(
        asked,
        out=options.out,
        jobs=options.jobs or loky.cpu_count(),
        resume=options.resume,
        pdf=options.pdf,
        limits=Limits(options.seconds, options.memory_gib),
        scheduler=options.scheduler,
        tell=tell,
    )
    print((options.out / index.PAGE).resolve())
    return 0 if made["state"].eq(run.DONE).all() else 1


def _add_attack(add: Add) -> None:
    attack = add("attack", help="attack everything that would be published, and write nothing")
    attack.add_argument("folder", type=Path)
    may_leave_out_years(attack)
    attack.set_defaults(run=_attack)


def _attack(options: argparse.Namespace) -> int:
    from colanalysis import report

    told = report.audited(options.folder, year=options.year, tell=tell)
    looked_at, many = told.decided.looked_at, told.decided.cells
    print(looked_at.to_string(index=False))
    print(
        f"{len(many):,} published counts of all reports: nobody can narrow a protected count down "
        f"further than is promised; {looked_at['withheld'].sum():,} had to be withheld for it."
    )
    return 0


def _may_print(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--pdf", action="store_true",
        help="a tagged PDF beside each page, printed by Edge, Chrome or Chromium",
    )  # fmt: skip


def _amount(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = 0.0
    if not 0 < amount < 1e6:
        raise argparse.ArgumentTypeError("expected a number above 0")
    return amount
