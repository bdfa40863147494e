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
    alone: bool = False,
) -> Any:
    """Run a notebook through papermill in a process of its own and return what came out.

    It may take so many seconds and so many bytes; `running.way` says where that is held. ``alone``: it
    runs in this process instead, which has been forked for one report. Nothing of it is written to
    disk. Raises UsageError for parameters that do not fit, ReportError
    when a cell fails or does not run.
    """
    values = parameters.checked(notebook, values)
    limits = {"seconds": seconds, "memory": memory, "alone": alone}
    ran = _executed(notebook, values, limits)
    # Raised out here, so that the error which holds the cell's own words is gone with its context.
    if isinstance(ran, ReportError):
        raise ran
    unrun = [cell for cell in ran.cells if notebooks.runs(cell) and not cell.execution_count]
    if unrun:
        raise ReportError(f"{len(unrun)} cells did not run", where=notebook.name)
    ran.metadata.pop("papermill", None)  # it names parameters and folders of this machine
    return ran


def write(notebook: Path, values: Mapping[str, object], out: Path) -> None:
    """Run a notebook and write it with its results, whole or not at all; errors as `run` raises them."""
    notebooks.write(run(notebook, values), out)


def load() -> None:
    """Load what a run needs: whoever forks processes does that before, so that none of them has to."""
    import papermill  # noqa: F401
    from papermill.engines import papermill_engines

    from colanalysis.executing.engine import Engine

    # Where this project is used without being installed, papermill has not met its engine.
    papermill_engines.register(running.NAME, Engine)


def _executed(
    notebook: Path, values: Mapping[str, object], limits: Mapping[str, float | bool]
) -> Any:
    """What came out of a run, or the error that says where and how it stopped."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    load()
    try:
        return papermill.execute_notebook(
            # papermill fills parameters into the braces of a path.
            str(notebook).replace("{", "{{").replace("}", "}}"),
            None,
            parameters=values,
            engine_name=running.NAME,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            log_output=False,
            cwd=str(NOTEBOOKS),
            **limits,
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
