"""For the data lead: a community folder is started, checked, and searched for exact findings."""

from __future__ import annotations

import argparse
from pathlib import Path

from colanalysis.commands.shared import Add, may_leave_out_years, only_for_the_data_lead, tell

__all__ = ["commands"]


def commands(add: Add) -> None:
    """Add ``new``, ``check`` and ``find``."""
    _add_new(add)
    _add_check(add)
    _add_find(add)


def _add_new(add: Add) -> None:
    new = add("new", help="start a community folder")
    new.add_argument("folder", type=Path)
    new.add_argument(
        "--directory", type=Path, action="append", default=[],
        help="a Ministry directory of schools or early learning services (may be repeated)",
    )  # fmt: skip
    new.add_argument("--community", help="Community of Learning id in the directories")
    new.set_defaults(run=_new)


def _new(options: argparse.Namespace) -> int:
    from colanalysis import begin
    from colanalysis.starting import discover

    made = begin.folder(
        options.folder, directories=options.directory, community_id=options.community
    )
    found = discover.exports(made)
    if len(found):
        print("Exports found there, to be described in community.toml under [[source]]:")
        print(found.to_string(index=False))
    print(made)
    return 0


def _add_check(add: Add) -> None:
    check = add("check", help="say what is wrong with the data, and how to mend it")
    check.add_argument("folder", type=Path)
    check.add_argument("--out", type=Path, help="folder to write the page and checks.csv into")
    check.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from colanalysis import health
    from colanalysis.terms import problems

    looked = health.look(options.folder)
    checked = looked.checked
    print(checked.rows.to_string(index=False))
    for line in problems.in_words(checked.problems):
        print(line)
    lost = checked.rows[(checked.rows["rows_in"] > 0) & (checked.rows["used"] == 0)]
    for name in lost["table"]:
        print(f"Nothing in {name} can be used.")
    print("Problems block a report." if looked.blocked else "Nothing blocks a report.")
    print(health.write(looked, options.out).resolve())
    return 1 if looked.blocked else 0


def _add_find(add: Add) -> None:
    find = add("find", help="exact findings, for the data lead only")
    find.add_argument("folder", type=Path)
    find.add_argument("--out", type=Path, help="folder to write findings.csv into")
    may_leave_out_years(find)
    find.set_defaults(run=_find)


def _find(options: argparse.Namespace) -> int:
    from colanalysis import report

    path = report.write_findings(options.folder, out=options.out, year=options.year, tell=tell)
    only_for_the_data_lead()
    print(path.resolve())
    return 0
