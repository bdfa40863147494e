"""Cells run in this very process: for one that was started for a single report and ends with it."""

from __future__ import annotations

import os
import sys
from typing import Any

from colanalysis.executing import shell
from colanalysis.executing.forked import MOST_SHOWN, TOO_MUCH, Ran, StoppedError


class Process:
    """The process that calls it, as the one in which the cells of a notebook run.

    It is as clean as whoever started it has left it, and whoever started it sets its limits.
    """

    def __init__(self) -> None:
        self._full = False
        shell.Shell.clear_instance()
        self._shell = shell.made()
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        # As in a kernel, modules beside the notebook are found after those of Python itself.
        shell.find_beside()
        shell.listen(self._shell, MOST_SHOWN, self._fill)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__

    def run(self, source: str, *, seconds: float | None = None) -> Ran:  # noqa: ARG002
        """Run one cell; StoppedError where it shows too much. Its time is watched from outside."""
        shown = self._shell.shown_by(source)
        if self._full:
            raise StoppedError(TOO_MUCH)
        outputs = self._shell.outputs
        changed: dict[int, list[dict[str, Any]]] = {i: outputs.cells[i] for i in outputs.changed}
        outputs.changed.clear()
        return Ran(self._shell.count, shown, changed)

    def _fill(self) -> None:
        self._full = True
