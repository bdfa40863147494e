"""Notebooks as files and as lists of cells, before anything of them is run."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from colanalysis.errors import ReportError, UsageError

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
INJECTED = "injected-parameters"
# What may be loaded before a notebook asks for it: it starts no threads and changes nothing.
QUIET = {"colanalysis", "matplotlib", "numpy", "pandas", "scipy", "seaborn"}


def read(notebook: Path) -> Any:
    """Open a notebook; UsageError where there is none, ReportError where the file holds none."""
    import nbformat

    if not isinstance(notebook, Path) or notebook.suffix != ".ipynb" or not _is_file(notebook):
        name = notebook.name if isinstance(notebook, Path) else type(notebook).__name__
        raise UsageError(f"found no notebook {name!r}", expected=f"one of: {', '.join(_names())}")
    try:
        return nbformat.read(notebook, as_version=4)
    except (ValueError, TypeError, KeyError, AttributeError, nbformat.ValidationError):
        raise ReportError("found no notebook in the file", where=notebook.name) from None


def named(name: str) -> Path:
    """The project's notebook of a name, with or without its ending; UsageError where there is none."""
    found = NOTEBOOKS / f"{name.removesuffix('.ipynb')}.ipynb"
    if found.name not in _names():
        raise UsageError(f"found no notebook {name!r}", expected=f"one of: {', '.join(_names())}")
    return found


def write(node: Any, path: Path) -> None:
    """Write a notebook into its place, whole or not at all."""
    import nbformat

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=path.parent) as making:
        whole = Path(making) / path.name
        nbformat.write(node, whole)
        whole.replace(path)


def showing(pieces: Iterable[str]) -> Any:
    """Make a notebook of pieces of a page that no code has to be run for."""
    from nbformat import v4

    shown = [v4.new_output("display_data", {"text/html": str(piece)}) for piece in pieces]
    return v4.new_notebook(cells=[v4.new_code_cell(outputs=[output]) for output in shown])


def tagged(cells: Iterable[Any], tag: str) -> list[Any]:
    """The cells that carry a tag."""
    return [cell for cell in cells if tag in cell.metadata.get("tags", [])]


def place(notebook: Path, tag: str) -> int:
    """Where the first cell with a tag stands in a notebook's file."""
    cells = read(notebook).cells
    return cells.index(tagged(cells, tag)[0])


def runs(cell: Any) -> bool:
    """Say whether there is anything in a cell to run."""
    return cell.cell_type == "code" and bool(cell.source.strip())


def number(cells: list[Any], index: int) -> int:
    """The number of a cell in the file, where papermill has not put in one of its own."""
    return index + 1 - len(tagged(cells[:index], INJECTED))


def modules(cells: Iterable[Any]) -> list[str]:
    """Names of the libraries' modules that cells import as a whole, in the order in which they do."""
    named = [name for cell in cells if runs(cell) for name in _imported(cell.source)]
    return [name for name in dict.fromkeys(named) if name.partition(".")[0] in QUIET]


def _imported(source: str) -> Iterator[str]:
    try:
        lines = ast.parse(source).body
    except (SyntaxError, ValueError):  # IPython's own ways of writing, or a mistake
        return
    for line in lines:
        if isinstance(line, ast.Import):
            yield from (alias.name for alias in line.names)
        elif isinstance(line, ast.ImportFrom) and line.module and not line.level:
            yield line.module
            yield from (f"{line.module}.{alias.name}" for alias in line.names)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except ValueError:  # a path with a NUL in it
        return False


def _names() -> list[str]:
    return sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
