"""A process that has loaded the libraries and does nothing but fork one child for each notebook.

It has a single thread and has used none of what it has loaded, so a child begins as clean as a new
Python does, only later. It ends, and its children with it, when the process that started it ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import resource
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from colanalysis.executing import frames, shell


def serve(descriptor: int) -> None:
    """Fork a child for every request on a socket, until its other end is closed."""
    control = socket.socket(fileno=descriptor)
    own = shell.made()
    living: set[int] = set()
    signal.signal(signal.SIGCHLD, lambda *_: _bury(living))
    while True:
        _, passed, *_ = socket.recv_fds(control, 1, 1)
        if not passed:
            break
        request = frames.receive(control)
        with socket.socket(fileno=passed[0]) as channel:
            with own.builtin_trap:
                _load(request["modules"])
            threads = len(list(Path("/proc/self/task").iterdir()))
            if threads > 1:
                frames.send(channel, {"threads": threads})
                continue
            # A child that ended before it was known to live would stay among the living.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
            child = os.fork()
            if not child:
                control.close()
                _be_a_child(own, channel, request)
            living.add(child)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    for child in living:
        _kill(child)


def _load(modules: Iterable[str]) -> None:
    """Import what is not there yet; what cannot be imported is the cell's to tell."""
    fresh = [name for name in modules if name not in sys.modules]
    for name in fresh:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if fresh:
        # What all children share is never collected, so its memory stays shared.
        gc.collect()
        gc.freeze()


def _bury(living: set[int]) -> None:
    """Take note of children that have ended, and end whatever they have left running."""
    while living:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return
        _kill(ended.si_pid)
        os.waitpid(ended.si_pid, 0)
        living.discard(ended.si_pid)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _be_a_child(own: shell.Shell, channel: socket.socket, request: Mapping[str, Any]) -> NoReturn:
    """Run one notebook, cell by cell, and end without anything that a parent does at its end."""
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        frames.send(channel, {"process": os.getpid()})
        _settle(request)
        shell.listen(own, request["most"], lambda: _full(channel))
        while (asked := frames.receive(channel)) is not None:
            shown = own.shown_by(asked["source"])
            changed = {place: own.outputs.cells[place] for place in own.outputs.changed}
            own.outputs.changed.clear()
            frames.send(channel, {"count": own.count, "outputs": shown, "changed": changed})
    finally:
        os._exit(0)


def _settle(request: Mapping[str, Any]) -> None:
    """Be where, and know what, the process is and knows that asks for the run."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    os.chdir(request["folder"])
    shell.find_beside()
    tempfile.tempdir = None
    time.tzset()
    loaded: Any = sys.modules.get("matplotlib")
    if loaded:
        loaded.rcParams["backend"] = os.environ["MPLBACKEND"]
    loaded = sys.modules.get("numpy")
    if loaded:
        # Else all children would draw the same numbers.
        loaded.random.seed()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    known = most != resource.RLIM_INFINITY
    memory = min(request["memory"], most) if known else request["memory"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, most))


def _full(channel: socket.socket) -> None:
    frames.send(channel, {"full": True})
    os._exit(0)
