"""The engine that papermill knows as ``colanalysis``; papermill imports this, and only after itself."""

from __future__ import annotations

from typing import Any

from papermill.engines import Engine as Base

from colanalysis.executing import running


class Engine(Base):
    """Runs notebooks in forked processes, or in kernels where that is not possible."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **choices: Any) -> None:
        """Run the notebook that papermill manages."""
        running.notebook(nb_man, kernel_name, **choices)
