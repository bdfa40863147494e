"""Execute a parameterised notebook and make a page of it: the only room that knows papermill.

Parameters are a contract: unknown names and wrong types are refused before a kernel starts. A run
counts as finished only when every code cell has run without an error.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colanalysis.errors import ReportError, UsageError

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
TYPES = {"str": str, "int": int, "float": float, "bool": bool}
NAME = re.compile(r"[a-z_][a-z0-9_]*")
LARGEST = 2**63


@dataclass(frozen=True)
class Parameter:
    """A parameter that a notebook declares: its name, type, default and what it means."""

    name: str
    type: str
    default: object
    help: str


def parameters(notebook: Path) -> dict[str, Parameter]:
    """Read what a notebook can be told, from its cell tagged ``parameters``."""
    cells = _read(notebook).cells
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise ReportError(
            f"found {len(tagged)} cells tagged parameters",
            where=notebook.name,
            expected="exactly one",
        )
    lines = tagged[0].source.splitlines()
    found = {
        node.target.id: Parameter(
            node.target.id,
            ast.unparse(node.annotation),
            ast.literal_eval(node.value),
            lines[node.lineno - 1].partition("#")[2].strip(),
        )
        for node in ast.parse(tagged[0].source).body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.value is not None
    }
    for one in found.values():
        if not NAME.fullmatch(one.name) or one.type not in TYPES:
            raise ReportError(
                f"found the parameter {one.name}: {one.type}",
                where=notebook.name,
                expected=f"a name of small letters, and one of: {', '.join(TYPES)}",
            )
    return found


def _read(notebook: Path) -> Any:
    import nbformat

    if not isinstance(notebook, Path) or notebook.suffix != ".ipynb" or not _is_file(notebook):
        name = notebook.name if isinstance(notebook, Path) else type(notebook).__name__
        raise UsageError(f"found no notebook {name!r}", expected=f"one of: {', '.join(_names())}")
    try:
        return nbformat.read(notebook, as_version=4)
    except (ValueError, TypeError, KeyError, AttributeError, nbformat.ValidationError):
        raise ReportError("found no notebook in the file", where=notebook.name) from None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except ValueError:  # a path with a NUL in it
        return False


def checked(notebook: Path, values: Mapping[str, object]) -> dict[str, object]:
    """Refuse parameters that the notebook does not declare, or that are not just what they seem.

    A value becomes a line of the notebook's code, so it has to be a plain text, number or yes or no.
    """
    known = parameters(notebook)
    for name, value in values.items():
        if type(name) is not str or name not in known:
            said = repr(name) if type(name) is str else type(name).__name__
            raise UsageError(
                f"found parameter {said}",
                where=notebook.name,
                expected=f"one of: {', '.join(known)}",
            )
        if type(value) is not TYPES[known[name].type]:
            raise UsageError(
                f"found {type(value).__name__} for parameter {name!r}",
                where=notebook.name,
                expected=f"{known[name].type} ({known[name].help})",
            )
        if not _can_be_written(value):
            raise UsageError(
                f"found a {known[name].type} that cannot be written down for parameter {name!r}",
                where=notebook.name,
                expected="a finite number of ordinary size, or text without NUL",
            )
    return dict(values)


def _can_be_written(value: object) -> bool:
    if isinstance(value, str):
        # Half a letter is no text that a file can hold, and NUL ends a path before its end.
        return not re.search("[\0\ud800-\udfff]", value)
    return not isinstance(value, int | float) or abs(value) < LARGEST


def showing(pieces: Iterable[str]) -> Any:
    """Make a notebook of pieces of a page that no code has to be run for."""
    from nbformat import v4

    shown = [v4.new_output("display_data", {"text/html": str(piece)}) for piece in pieces]
    return v4.new_notebook(cells=[v4.new_code_cell(outputs=[output]) for output in shown])


def run(notebook: Path, values: Mapping[str, object]) -> Any:
    """Run a notebook through papermill in a folder of its own and return what came out.

    Nothing of it is written to disk but sockets and logs of the kernel, which go with the folder.
    Raises UsageError for parameters that do not fit, ReportError when a cell fails or does not run.
    """
    values = checked(notebook, values)
    with tempfile.TemporaryDirectory(prefix="colanalysis-") as folder:
        ran = _executed(notebook, values, Path(folder))
    # Raised out here, so that the error which holds the cell's own words is gone with its context.
    if isinstance(ran, ReportError):
        raise ran
    unrun = [cell for cell in ran.cells if cell.cell_type == "code" and not cell.execution_count]
    if unrun:
        raise ReportError(f"{len(unrun)} cells did not run", where=notebook.name)
    ran.metadata.pop("papermill", None)  # it names parameters and folders of this machine
    return ran


def _executed(notebook: Path, values: Mapping[str, object], folder: Path) -> Any:
    """What came out of a run, or the error that says where and how it stopped."""
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from papermill.exceptions import PapermillExecutionError

    try:
        with warnings.catch_warnings():
            # jupyter_client asks for an event loop policy that newer Pythons warn about.
            warnings.simplefilter("ignore", DeprecationWarning)
            return papermill.execute_notebook(
                # papermill fills parameters into the braces of a path.
                str(notebook).replace("{", "{{").replace("}", "}}"),
                None,
                parameters=values,
                kernel_name="python3",
                progress_bar=False,
                log_output=False,
                cwd=str(NOTEBOOKS),
                config=_kernel_config(folder),
            )
    except PapermillExecutionError as error:
        kind = error.ename if error.ename.isidentifier() else "an error"
        return ReportError(
            f"cell {error.cell_index + 1} stopped with {kind}",
            where=notebook.name,
            remedy="Open the notebook in JupyterLab and run it to see why",
        )
    except (RuntimeError, NoSuchKernel):
        return ReportError(
            "the kernel died or did not start",
            where=notebook.name,
            remedy="Close other programs and try again",
        )


def _kernel_config(folder: Path) -> Any:
    """Kernels that nobody else on the machine can listen to: sockets in our own folder, or encrypted."""
    from jupyter_client.manager import AsyncKernelManager
    from traitlets.config import Config

    class Quiet(AsyncKernelManager):
        """Kernels whose own words, beside the notebook, go nowhere: they may hold anything."""

        def start_kernel(self, **choices: Any) -> Any:
            nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            return super().start_kernel(**choices, **nowhere)

    config = Config()
    config.NotebookClient.kernel_manager_class = Quiet
    config.NotebookClient.extra_arguments = [
        "--log-level=CRITICAL",
        # Else IPython would run the startup files of the user and write beside them.
        f"--ipython-dir={folder}",
    ]
    config.KernelManager.connection_file = str(folder / "kernel.json")
    if os.name == "posix":
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = str(folder / "k")
    else:
        config.KernelManager.transport_encryption = "auto"
    return config


def _names() -> list[str]:
    return sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
