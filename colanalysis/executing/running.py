"""One notebook run cell by cell, as papermill manages it: in a forked process, else in a kernel."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from colanalysis.errors import ReportError
from colanalysis.executing import forked, here, kernel, notebooks, parameters

logger = logging.getLogger("papermill")
NAME = "colanalysis"
LOOK = "Open the notebook in JupyterLab and run it to see why"


def way() -> str:
    """How notebooks are run here, in a sentence."""
    if forked.possible():
        return (
            "Each notebook runs in a fresh process, forked from one that has loaded the libraries, "
            "with limits on its time and memory."
        )
    return (
        "Each notebook runs in a kernel of its own, without limits on its time and memory: "
        "this system does not fork processes safely."
    )


def notebook(
    nb_man: Any,
    kernel_name: str,
    *,
    input_path: Any = None,
    seconds: float = forked.SECONDS,
    memory: int = forked.MEMORY,
    alone: bool = False,
    **choices: Any,
) -> None:
    """Run all cells up to the first that fails, with limits where processes can be forked.

    ``alone``: this process was forked for this report, so its notebook runs in it, without further limits.

    Raises
    ------
    UsageError
        A parameter is not one that the notebook declares, or does not fit.
    ReportError
        The run ended before its last cell, without an error of a cell.
    """
    where = Path(input_path).name if isinstance(input_path, str | Path) else "notebook"
    _refuse(nb_man.nb, where)
    process = _process(nb_man.nb, where, seconds, memory, alone)
    if process:
        _cells(nb_man, process, where, **choices)
    else:
        kernel.run(nb_man, kernel_name, where=where, **choices)
    _whole(nb_man.nb, where)


def _refuse(node: Any, where: str) -> None:
    values = node.metadata.get("papermill", {}).get("parameters", {})
    if values:
        parameters.fitting(
            parameters.of(node, where=where),
            values,
            where=where,
            remedy="papermill makes numbers of texts that look like them: -r NAME VALUE leaves them",
        )


def _process(
    node: Any, where: str, seconds: float, memory: int, alone: bool
) -> forked.Process | here.Process | None:
    """A process for the notebook; none where a kernel has to be started instead."""
    if not forked.possible():
        return None
    if alone:
        return here.Process()
    try:
        return forked.Process(notebooks.modules(node.cells), seconds=seconds, memory=memory)
    except forked.UnfitError as unfit:
        logger.warning("%s: %s; a kernel runs the notebook, without limits", where, unfit)
        return None


def _cells(
    nb_man: Any,
    process: forked.Process | here.Process,
    where: str,
    *,
    execution_timeout: float | None = None,
    stdout_file: Any = None,
    stderr_file: Any = None,
    **_: Any,
) -> None:
    """Run the cells as papermill's own engine does, which speaks of each before and after it."""
    files = {"stdout": stdout_file, "stderr": stderr_file}
    cells = nb_man.nb.cells
    with process:
        for index, cell in enumerate(cells):
            nb_man.cell_start(cell, index)
            stopped = None
            try:
                whole = not notebooks.runs(cell) or _ran(process, cells, index, execution_timeout)
            except forked.StoppedError as error:
                whole, stopped = False, str(error)
            if not whole:
                nb_man.cell_exception(cell, cell_index=index)
            nb_man.cell_complete(cell, cell_index=index)
            for output in cell.get("outputs", []):
                if output.output_type == "stream" and files[output.name]:
                    files[output.name].write(output.text)
            if stopped:
                found = f"cell {notebooks.number(cells, index)} {stopped}"
                raise ReportError(found, where=where, remedy=LOOK)
            if not whole:
                break


def _ran(
    process: forked.Process | here.Process, cells: list[Any], index: int, seconds: float | None
) -> bool:
    """Run a cell, put down what it showed, and say whether it ended without an error."""
    from nbformat import from_dict

    ran = process.run(cells[index].source, seconds=seconds)
    cells[index].execution_count = ran.count
    for place, outputs in {**_places(cells, ran.changed), index: ran.outputs}.items():
        cells[place].outputs = [from_dict(output) for output in outputs]
    return not any(output["output_type"] == "error" for output in ran.outputs)


def _places(cells: list[Any], changed: dict[int, Any]) -> dict[int, Any]:
    """Outputs by place in the notebook: the process counts only the cells that it has run."""
    run = [index for index, cell in enumerate(cells) if notebooks.runs(cell)]
    return {run[place]: outputs for place, outputs in changed.items()}


def _whole(node: Any, where: str) -> None:
    """Refuse a run that ended early and of which papermill says that it succeeded."""
    for index, cell in enumerate(node.cells):
        kinds = [out.ename for out in cell.get("outputs", []) if out.output_type == "error"]
        if "SystemExit" in kinds:
            raise ReportError(
                f"cell {notebooks.number(node.cells, index)} ended the run with SystemExit",
                where=where,
                expected="a run to the last cell",
            )
