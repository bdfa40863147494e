"""Execute a parameterised notebook and make a page of it: the only room that knows papermill.

Parameters are a contract: unknown names and wrong types are refused before a kernel starts. A run
counts as finished only when every code cell has run without an error.
"""

from __future__ import annotations

import ast
import os
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colanalysis.errors import ReportError, UsageError

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
TYPES = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}


@dataclass(frozen=True)
class Parameter:
    """A parameter that a notebook declares: its name, type, default and what it means."""

    name: str
    type: str
    default: object
    help: str


def parameters(notebook: Path) -> dict[str, Parameter]:
    """Read what a notebook can be told, from its cell tagged ``parameters``."""
    import nbformat

    if not notebook.is_file():
        raise UsageError(
            f"found no notebook {notebook.name}", expected=f"one of: {', '.join(_names())}"
        )
    cells = nbformat.read(notebook, as_version=4).cells
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise ReportError(
            f"found {len(tagged)} cells tagged parameters",
            where=notebook.name,
            expected="exactly one",
        )
    lines = tagged[0].source.splitlines()
    return {
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


def checked(notebook: Path, values: Mapping[str, object]) -> dict[str, object]:
    """Refuse parameters that the notebook does not declare or that have another type."""
    known = parameters(notebook)
    for name, value in values.items():
        if name not in known:
            raise UsageError(
                f"found parameter {name!r}",
                where=notebook.name,
                expected=f"one of: {', '.join(known)}",
            )
        wanted = TYPES[known[name].type]
        if type(value) is not wanted:
            raise UsageError(
                f"found {type(value).__name__} for parameter {name!r}",
                where=notebook.name,
                expected=f"{known[name].type} ({known[name].help})",
            )
    return dict(values)


def run(notebook: Path, values: Mapping[str, object]) -> Any:
    """Run a notebook through papermill in a folder of its own and return what came out.

    Raises UsageError for parameters that do not fit, ReportError when a cell fails or does not run.
    """
    values = checked(notebook, values)
    import nbformat
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    with tempfile.TemporaryDirectory(prefix="colanalysis-") as folder:
        out = Path(folder) / "out.ipynb"
        try:
            with warnings.catch_warnings():
                # jupyter_client asks for an event loop policy that newer Pythons warn about.
                warnings.simplefilter("ignore", DeprecationWarning)
                papermill.execute_notebook(
                    str(notebook),
                    str(out),
                    parameters=values,
                    kernel_name="python3",
                    progress_bar=False,
                    log_output=False,
                    cwd=str(NOTEBOOKS),
                    config=_kernel_config(Path(folder)),
                )
        except PapermillExecutionError as error:
            raise ReportError(
                f"cell {error.cell_index + 1} stopped with {error.ename}",
                where=notebook.name,
                remedy="Open the notebook in JupyterLab and run it to see why",
            ) from None
        except DeadKernelError:
            raise ReportError(
                "the kernel died", where=notebook.name, remedy="Close other programs and try again"
            ) from None
        node = nbformat.read(out, as_version=4)
    unrun = [cell for cell in node.cells if cell.cell_type == "code" and not cell.execution_count]
    if unrun:
        raise ReportError(f"{len(unrun)} cells did not run", where=notebook.name)
    return node


def _kernel_config(folder: Path) -> Any:
    """Kernels that nobody else on the machine can listen to: sockets in our own folder, or encrypted."""
    from traitlets.config import Config

    config = Config()
    # A kernel that is told to stop says so on the terminal; what fails is reported by ``run``.
    config.NotebookClient.extra_arguments = ["--log-level=CRITICAL"]
    if os.name == "posix":
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = str(folder / "k")
    else:
        config.KernelManager.transport_encryption = "auto"
    return config


def _names() -> list[str]:
    return sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
