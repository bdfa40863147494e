"""Cells run as a kernel runs them, in this process: code in, nbformat outputs out.

There is no socket, no history, no profile, and no file of the user's IPython is read or written.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

Output = dict[str, Any]


class Outputs:
    """What the cells of a notebook have shown so far, a list of outputs for each cell."""

    def __init__(self, most: int, full: Callable[[], None]) -> None:
        """``full`` is called once more than ``most`` characters were shown; nothing is added then."""
        self.cells: list[list[Output]] = []
        self.changed: set[int] = set()
        self._most, self._full, self._size = most, full, 0
        self._named: dict[str, list[Output]] = {}
        self._clear = False

    def begin(self) -> None:
        """From now on outputs are those of the next cell."""
        self.cells.append([])
        self._clear = False

    def add(self, output: Output, name: str = "") -> None:
        """Add an output; one with a name can be shown anew under it."""
        if not self._weigh(output):
            return
        self._cleared().append(output)
        if name:
            self._named.setdefault(name, []).append(output)

    def write(self, name: str, text: str) -> None:
        """Add printed text to what was printed just before, if anything was."""
        if not self._weigh(text):
            return
        here = self._cleared()
        if here and here[-1]["output_type"] == "stream" and here[-1]["name"] == name:
            here[-1]["text"].append(text)
        elif text:
            here.append({"output_type": "stream", "name": name, "text": [text]})

    def end(self) -> list[Output]:
        """What the cell has shown, its printed text in one piece."""
        for output in self.cells[-1]:
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
        return self.cells[-1]

    def update(self, output: Output, name: str) -> None:
        """Show an output anew wherever one of that name stands, in earlier cells too."""
        if not self._weigh(output):
            return
        for shown in self._named.get(name, []):
            shown |= {"data": output["data"], "metadata": output["metadata"]}
        self.changed |= {
            place
            for place, cell in enumerate(self.cells)
            if any(shown is one for one in cell for shown in self._named.get(name, []))
        }

    def clear(self, wait: bool) -> None:
        """Take away what the cell has shown, now or when it shows the next output."""
        self._clear = True
        if not wait:
            self._cleared()

    def _cleared(self) -> list[Output]:
        if self._clear:
            self.cells[-1].clear()
            self._clear = False
        return self.cells[-1]

    def _weigh(self, shown: Output | str) -> bool:
        """Say whether there is still room for what is shown."""
        parts = [shown] if isinstance(shown, str) else shown.get("data", {}).values()
        self._size += sum(len(part) for part in parts if isinstance(part, str | bytes))
        if self._size > self._most:
            self._full()
        return self._size <= self._most


class Stream(io.TextIOBase):
    """Standard output or error of the cells."""

    encoding = "UTF-8"

    def __init__(self, name: str, outputs: Outputs) -> None:
        self.name, self._outputs = name, outputs

    def write(self, text: str) -> int:
        """Hand the text on."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outputs.write(self.name, text)
        return len(text)

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True


class _Hook(DisplayHook):
    """Shows the value of a cell's last line."""

    shell: Any

    def write_output_prompt(self) -> None:
        """There is none: the number of the cell says it."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Hand on every form that the value has."""
        self.shell.outputs.add(
            {
                "output_type": "execute_result",
                "data": format_dict,
                "metadata": md_dict or {},
                "execution_count": self.prompt_count,
            }
        )

    def finish_displayhook(self) -> None:
        """Nothing was printed that would have to be ended."""
        self._is_active = False


class _Publisher(DisplayPublisher):
    """Shows what cells display."""

    shell: Any

    def publish(  # type: ignore[override]
        self,
        data: Any,
        metadata: Any = None,
        *,
        transient: Any = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Hand on every form of what is displayed."""
        self._validate_data(data, metadata)
        shown = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
        name = (transient or {}).get("display_id", "")
        if update:
            self.shell.outputs.update(shown, name)
        else:
            self.shell.outputs.add(shown, name)

    def clear_output(self, wait: bool = False) -> None:
        """Take away what the cell has shown."""
        self.shell.outputs.clear(wait)


class Shell(InteractiveShell):
    """IPython for the cells of one notebook; ``outputs`` has to be set before any is run."""

    outputs: Outputs
    # pandas and others ask whether there is this before they decide for how wide a screen they write.
    kernel = None
    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def init_ipython_dir(self, ipython_dir: Any) -> None:
        """No folder of the user's is asked for."""

    def init_profile_dir(self, profile_dir: Any) -> None:
        """No profile is made."""

    def ask_exit(self) -> None:
        """``exit`` ends the run like ``sys.exit``."""
        raise SystemExit

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        self.outputs.add(
            {
                "output_type": "error",
                "ename": etype.__name__,
                "evalue": str(evalue),
                "traceback": stb,
            }
        )

    def enable_gui(self, gui: Any = None) -> None:
        """No window can be opened from a notebook that runs by itself."""

    def shown_by(self, source: str) -> list[Output]:
        """Run one cell and give what it shows, an error included."""
        self.outputs.begin()
        self.run_cell(source, store_history=True)
        self._from_below()
        return self.outputs.end()

    @property
    def count(self) -> int:
        """The number of the last cell that was run."""
        return self.execution_count - 1

    def _from_below(self) -> None:
        """Add what was written past Python, by a program or a library, into the file put there."""
        size = os.fstat(1).st_size
        if size:
            self.outputs.write("stdout", os.pread(1, size, 0).decode("utf-8", "replace"))
            os.ftruncate(1, 0)
            os.lseek(1, 0, os.SEEK_SET)


def made() -> Shell:
    """The shell of this process, before anything was run in it."""
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    return Shell.instance(config=config)


def find_beside() -> None:
    """As in a kernel, find modules beside the notebook, after those of Python itself."""
    site = (place for place, path in enumerate(sys.path) if path.endswith("-packages"))
    if "" not in sys.path:
        sys.path.insert(next(site, len(sys.path)), "")


def listen(shell: Shell, most: int, full: Callable[[], None]) -> None:
    """From now on everything that cells show or write goes to outputs of the shell."""
    shell.outputs = Outputs(most, full)
    sys.stdout, sys.stderr = Stream("stdout", shell.outputs), Stream("stderr", shell.outputs)
    below = os.memfd_create("written past Python")
    os.dup2(below, 1)
    os.dup2(below, 2)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
