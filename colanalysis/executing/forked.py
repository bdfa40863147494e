"""Notebooks run in forked processes: one fresh process for each, none of which has to load anything."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colanalysis.executing import frames

SECONDS = 1800.0
MEMORY = 8 * 2**30
MOST_SHOWN = 50_000_000
TOO_MUCH = f"showed more than {MOST_SHOWN // 1_000_000} million characters"

# A fork takes one thread along and the locks of all, so no library may start any as it is loaded:
# the environment of every process that is forked from.
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
# To load the libraries, on a machine that has much else to do.
_START = 300.0
_FORGE = "import sys; from colanalysis.executing import forge; forge.serve(int(sys.argv[1]))"


class StoppedError(Exception):
    """A process stopped before its cell had ended; the text says why, to be put after "cell 3"."""


class UnfitError(Exception):
    """No process can be forked with these libraries, so a kernel has to be started."""


@dataclass(frozen=True)
class Ran:
    """A cell that has run: its number among those, its outputs, and those changed of earlier ones."""

    count: int
    outputs: list[dict[str, Any]]
    changed: dict[int, list[dict[str, Any]]]


def possible() -> bool:
    """Say whether processes can be forked safely here.

    Windows cannot fork, and libraries that belong to macOS do not bear it.
    """
    return sys.platform == "linux"


class Process:
    """A fresh process for the cells of one notebook; it ends with the ``with`` block."""

    def __init__(
        self, modules: Iterable[str] = (), *, seconds: float = SECONDS, memory: int = MEMORY
    ) -> None:
        """``modules`` are loaded before it is forked; it may take so long, and so many bytes.

        UnfitError where what they load bears no fork.
        """
        self._group = 0
        self._channel, theirs = socket.socketpair()
        with theirs:
            _forge().ask(
                theirs,
                {
                    "modules": list(modules),
                    "environment": dict(os.environ),
                    "folder": str(Path.cwd()),
                    "memory": memory,
                    "most": MOST_SHOWN,
                },
            )
        try:
            said = frames.receive(self._channel, time.monotonic() + _START)
        except TimeoutError:
            said = None
        if said is None or "process" not in said:
            self._channel.close()
            raise UnfitError("found no process to fork from that has a single thread")
        self._until = time.monotonic() + seconds
        self._group = said["process"]

    def __enter__(self) -> Process:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self._kill()
        self._channel.close()

    def run(self, source: str, *, seconds: float | None = None) -> Ran:
        """Run one cell, for so long at most; StoppedError where that does not come to an end."""
        until = self._until if seconds is None else min(self._until, time.monotonic() + seconds)
        with contextlib.suppress(ConnectionError):
            frames.send(self._channel, {"source": source})
        try:
            said = frames.receive(self._channel, until)
        except TimeoutError:
            raise StoppedError("took longer than it may, and was stopped") from None
        finally:
            self._channel.settimeout(None)
        if said is None:
            self._group = 0  # it has ended, and its number may soon be another's
            raise StoppedError("ended its process, or was ended where memory ran out")
        if "full" in said:
            raise StoppedError(TOO_MUCH)
        changed = {int(place): outputs for place, outputs in said["changed"].items()}
        return Ran(said["count"], said["outputs"], changed)

    def _kill(self) -> None:
        """End the process and all that it has started."""
        if self._group:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._group, signal.SIGKILL)


class _Forge:
    """The process that forks, as this process knows it."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                # -P: nothing is loaded from the folder in which it happens to be started.
                [sys.executable, "-P", "-c", _FORGE, str(theirs.fileno())],
                env={**os.environ, **ONE_THREAD},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def ask(self, channel: socket.socket, request: dict[str, Any]) -> None:
        """Have a process forked that talks through the other end of a channel."""
        # Where the forge has ended, the channel ends with it, and its reader sees that.
        with self._lock, contextlib.suppress(ConnectionError):
            socket.send_fds(self._control, [b"."], [channel.fileno()])
            frames.send(self._control, request)

    def alive(self) -> bool:
        """Say whether it can be asked by this process."""
        return self.owner == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        """Let it end, and wait for it."""
        if self.owner == os.getpid():
            self._control.close()
            self._process.wait()


_forges: list[_Forge] = []
_starting = threading.Lock()


def _forge() -> _Forge:
    """The forge of this process, started when it is first needed."""
    with _starting:
        if not _forges or not _forges[-1].alive():
            _forges[:] = [_Forge()]
            atexit.register(_forges[-1].close)
        return _forges[-1]
