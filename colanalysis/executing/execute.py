"""Execute a parameterised notebook: what comes back has run to its last cell, or nothing does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from colanalysis.errors import ReportError
from colanalysis.executing import forked, notebooks, parameters, running
from colanalysis.executing.notebooks import NOTEBOOKS


def run(
    notebook: Path,
    values: Mapping[str, object],
    *,
    seconds: float = forked.SECONDS,
    memory: int = forked.MEMORY,
) -> Any:
    """Run a notebook through papermill in a process of its own and return what came out.

    It may take so many seconds and so many bytes; `running.way` says where that is held. Nothing of
    it is written to disk. Raises UsageError for parameters that do not fit, ReportError
    when a cell fails or does not run.
    """
    values = parameters.checked(notebook, values)
    ran = _executed(notebook, values, seconds, memory)
    # Raised out here, so that the error which holds the cell's own words is gone with its context.
    if isinstance(ran, ReportError):
        raise ran
    unrun = [cell for cell in ran.cells if notebooks.runs(cell) and not cell.execution_count]
    if unrun:
        raise ReportError(f"{len(unrun)} cells did not run", where=notebook.name)
    ran.metadata.pop("papermill", None)  # it names parameters and folders of this machine
    return ran


def _executed(notebook: Path, values: Mapping[str, object], seconds: float, memory: int) -> Any:
    """What came out of a run, or the error that says where and how it stopped."""
    import papermill
    from papermill.engines import papermill_engines
    from papermill.exceptions import PapermillExecutionError

    from colanalysis.executing.engine import NAME, Engine

    # Where this project is used without being installed, papermill has not met its engine.
    papermill_engines.register(NAME, Engine)
    try:
        return papermill.execute_notebook(
            # papermill fills parameters into the braces of a path.
            str(notebook).replace("{", "{{").replace("}", "}}"),
            None,
            parameters=values,
            engine_name=NAME,
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            cwd=str(NOTEBOOKS),
            seconds=seconds,
            memory=memory,
        )
    except PapermillExecutionError as error:
        kind = error.ename if error.ename.isidentifier() else "an error"
        put_in = bool(values) and error.cell_index > notebooks.place(notebook, "parameters")
        return ReportError(
            f"cell {error.cell_index + 1 - put_in} stopped with {kind}",
            where=notebook.name,
            remedy=running.LOOK,
        )
    except ReportError as error:
        return error
