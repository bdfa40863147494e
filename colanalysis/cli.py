"""The program: which commands there are, and how each of them ends.

Exit status: 0 all good, 1 something was wrong with the data or a report failed, 2 wrong use, 130 stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from colanalysis import __version__
from colanalysis.commands import folder, handover, notebooks, reports, targets, trial
from colanalysis.errors import ColanalysisError

__all__ = ["main", "parser"]

# --help lists the commands in this order.
_GROUPS = (trial, folder, reports, targets, handover, notebooks)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A Windows console may not know a macron; a question mark is better than a crash.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    program = parser()
    options, further = program.parse_known_args(arguments)
    if further and "further" not in options:
        program.error(f"unrecognized arguments: {' '.join(further)}")
    options.further = further
    try:
        return options.run(options)
    except ColanalysisError as error:
        print(f"colanalysis: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("colanalysis: stopped; nothing half made was left behind", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """Make the parser of the program with all of its commands."""
    program = argparse.ArgumentParser(
        prog="colanalysis",
        description="Where a community's learners succeed, where they meet hurdles, and what to "
        "agree on.",
    )
    program.add_argument("--version", action="version", version=f"colanalysis {__version__}")
    add = program.add_subparsers(required=True, metavar="COMMAND").add_parser
    for group in _GROUPS:
        group.commands(add)
    return program
