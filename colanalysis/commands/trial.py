"""For whoever has just downloaded the project: what it makes, and whether it works here."""

from __future__ import annotations

import argparse
from pathlib import Path

from colanalysis.commands.shared import Add, tell

__all__ = ["commands"]


def commands(add: Add) -> None:
    """Add ``demo`` and ``test``."""
    _add_demo(add)
    _add_test(add)


def _add_demo(add: Add) -> None:
    demo = add("demo", help="the report on the made-up sample community")
    demo.add_argument("--out", type=Path, help="folder to write into")
    demo.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    from colanalysis import report

    print(report.write(report.SAMPLE, out=options.out, tell=tell).resolve())
    return 0


def _add_test(add: Add) -> None:
    test = add("test", help="run all tests; what follows is passed on to pytest")
    test.set_defaults(run=_test, further=[])


def _test(options: argparse.Namespace) -> int:
    import pytest

    from colanalysis.executing.notebooks import ROOT

    return int(pytest.main(["--rootdir", str(ROOT), *options.further, str(ROOT / "tests")]))
