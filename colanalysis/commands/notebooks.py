"""For whoever explores: one notebook run with its parameters, or JupyterLab with all of them."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from colanalysis.commands.shared import Add

__all__ = ["commands"]


def commands(add: Add) -> None:
    """Add ``notebook`` and ``lab``."""
    _add_notebook(add)
    _add_lab(add)


def _add_notebook(add: Add) -> None:
    notebook = add(
        "notebook", help="run one of the project's notebooks; NAME --help says what it can be told"
    )
    notebook.add_argument("name", help="its name, such as 20-explore-the-pathway")
    notebook.add_argument("rest", nargs=argparse.REMAINDER, help="--out FILE, and its parameters")
    notebook.set_defaults(run=_notebook)


def _notebook(options: argparse.Namespace) -> int:
    from colanalysis.executing import execute, notebooks, parameters

    path = notebooks.named(options.name)
    asked = vars(_parser_of(path).parse_args(options.rest))
    out = asked.pop("out")
    texts = {name.removeprefix("told "): text for name, text in asked.items() if text is not None}
    execute.write(path, parameters.from_texts(path, texts), out)
    print(out.resolve())
    return 0


def _parser_of(path: Path) -> argparse.ArgumentParser:
    """Make the parser of one notebook: where its copy goes, and every parameter that it declares."""
    from colanalysis.executing import parameters

    parser = argparse.ArgumentParser(prog=f"colanalysis notebook {path.stem}", allow_abbrev=False)
    usual = Path("reports", "notebooks", path.name)
    parser.add_argument("--out", type=Path, default=usual, help=f"file to write; default {usual}")
    for one in parameters.declared(path).values():
        # What is possible is text of the notebook's author, in which % has no meaning.
        said = f"{one.expected}; default {one.default!r}".replace("%", "%%")
        parser.add_argument(f"--{one.name}", dest=f"told {one.name}", metavar="VALUE", help=said)
    return parser


def _add_lab(add: Add) -> None:
    lab = add(
        "lab", help="JupyterLab with the project's notebooks; what follows is passed on to it"
    )
    lab.set_defaults(run=_lab, further=[])


def _lab(options: argparse.Namespace) -> int:
    import subprocess

    from colanalysis.executing.notebooks import NOTEBOOKS, ROOT

    # The project's own Lab settings (no news, no update checks) beside whatever the user has.
    paths = [str(ROOT / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths))}
    command = [
        sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1",
        "--ServerKernelManager.transport_encryption=auto", f"--notebook-dir={ROOT}",
        str(NOTEBOOKS / "00-start-here.ipynb"), *options.further,
    ]  # fmt: skip
    return subprocess.run(command, env=environment, check=False).returncode
