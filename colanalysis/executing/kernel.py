"""Cells run in a kernel of their own that nobody else on the machine can listen to."""

from __future__ import annotations

import os
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

from colanalysis.errors import ReportError


def run(nb_man: Any, kernel_name: str, *, where: str, **choices: Any) -> None:
    """Run the notebook that papermill manages; what it leaves beside it goes with its folder."""
    from jupyter_client.kernelspec import NoSuchKernel
    from papermill.engines import NBClientEngine

    try:
        with (
            tempfile.TemporaryDirectory(prefix="colanalysis-") as folder,
            warnings.catch_warnings(),
        ):
            # jupyter_client asks for an event loop policy that newer Pythons warn about.
            warnings.simplefilter("ignore", DeprecationWarning)
            NBClientEngine.execute_managed_notebook(
                nb_man, kernel_name, config=_config(Path(folder)), **choices
            )
    except (RuntimeError, NoSuchKernel):
        raise ReportError(
            "the kernel died or did not start",
            where=where,
            remedy="Close other programs and try again",
        ) from None


def _config(folder: Path) -> Any:
    """Sockets in our own folder, or encrypted."""
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
