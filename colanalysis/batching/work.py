"""Work: each task in a fresh process of its own, within limits, and a plain sentence where it fails.

A process that runs over its time, its memory or its end takes nothing with it; when the batch goes,
whichever way, its processes go too.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from colanalysis.errors import ColanalysisError
from colanalysis.executing import forked

__all__ = ["Limits", "Outcome", "Task", "outcomes"]

MEMORY, DIED = "asked for more memory than allowed", "its process died"
# What takes long to load, and is the same for every task.
LOADED = ["colanalysis.batching.warm", "highspy"]
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
_LOOK_AGAIN = 0.2
_LONGEST = 5_000


@dataclass(frozen=True)
class Limits:
    """How long a task may take, and how much more memory each of its processes may ask for."""

    seconds: float = 300.0
    gib: float = 4.0


@dataclass(frozen=True)
class Task:
    """A function of a module with what it is given; without ``limits`` it has all that there is."""

    name: str
    call: Callable[..., object]
    values: tuple[Any, ...] = ()
    limits: Limits | None = None


@dataclass(frozen=True)
class Outcome:
    """How a task ended: ``why`` it failed, or "" where it did what it should."""

    task: Task
    why: str
    tries: int
    seconds: float


@dataclass(frozen=True)
class _Running:
    """A task at work; ``ends`` is when its time is over, ``scratch`` where it may put what it likes."""

    task: Task
    process: Any
    said: Connection
    scratch: str
    began: float
    ends: float
    tries: int


def outcomes(
    tasks: Iterable[Task], *, jobs: int, stopped: Callable[[], bool] = lambda: False
) -> Iterator[Outcome]:
    """Do all tasks, so many at a time, and tell of each as it ends.

    A kernel that would not start is tried once more. KeyboardInterrupt as soon as ``stopped`` says so;
    no process is left then, or when whoever listens goes away.
    """
    context = multiprocessing.get_context(_METHOD)
    if _METHOD == "forkserver":
        _load()
    waiting = deque((task, 1) for task in tasks)
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(_started(context, *waiting.popleft()))
            wait([one.process.sentinel for one in running], timeout=_LOOK_AGAIN)
            # Asked before anybody's end is told: who stops the batch may have ended them as well.
            if stopped():
                raise KeyboardInterrupt
            for one in [one for one in running if _over(one)]:
                why, again = _ended(one)
                running.remove(one)
                if again and one.tries == 1:
                    waiting.appendleft((one.task, 2))
                else:
                    yield Outcome(one.task, why, one.tries, time.monotonic() - one.began)
    finally:
        for one in running:
            _end(one)


def _load() -> None:
    """Start the process that tasks are forked from, unless there is one, with a single thread."""
    before = dict(os.environ)
    os.environ.update(forked.ONE_THREAD)
    try:
        forkserver.set_forkserver_preload(LOADED)
        forkserver.ensure_running()
    finally:
        os.environ.clear()
        os.environ.update(before)


def _started(context: Any, task: Task, tries: int) -> _Running:
    said, tell = context.Pipe(duplex=False)
    scratch = tempfile.mkdtemp(prefix="batch-")
    process = context.Process(target=_do, args=(tell, task, scratch))
    process.start()
    tell.close()
    began = time.monotonic()
    ends = began + task.limits.seconds if task.limits else float("inf")
    return _Running(task, process, said, scratch, began, ends, tries)


def _over(one: _Running) -> bool:
    return not one.process.is_alive() or time.monotonic() > one.ends


def _ended(one: _Running) -> tuple[str, bool]:
    """Say why a task failed ("" if not), and whether it is worth another try."""
    late = one.process.is_alive()
    heard = b"" if late else _heard(one.said)
    _end(one)
    if late and one.task.limits:
        return f"took longer than {one.task.limits.seconds:g} seconds", False
    if not heard:
        return DIED, False
    told = json.loads(heard)
    return str(told["why"]), bool(told["again"])


def _heard(said: Connection) -> bytes:
    try:
        return said.recv_bytes() if said.poll() else b""
    except (EOFError, OSError):
        return b""


def _end(one: _Running) -> None:
    """End a task's process and whatever it has started in its group, if anything is left of it."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(one.process.pid, signal.SIGKILL)
    one.process.kill()
    one.process.join()
    one.process.close()
    one.said.close()
    shutil.rmtree(one.scratch, ignore_errors=True)


def _do(tell: Connection, task: Task, scratch: str) -> None:
    """In the new process: do a task and tell in words how it ended, and nothing else."""
    if os.name == "posix":
        os.setsid()
    threading.Thread(target=_end_with_the_batch, daemon=True).start()
    _say_nothing()
    # What is not taken away when this is ended is taken away by the batch.
    os.environ["TMPDIR"] = tempfile.tempdir = scratch
    if task.limits:
        _hold_at_most(task.limits.gib)
    why, again = "", False
    try:
        task.call(*task.values)
    except ColanalysisError as error:
        why = MEMORY if "MemoryError" in error.found else str(error)
        again = error.found.startswith("the kernel died or did not start")
    except MemoryError:
        why = MEMORY
    except Exception as error:
        # The words of an error may hold anything; its kind cannot.
        why = f"the program stopped with {type(error).__name__}"
    # No more than what is taken before anybody listens.
    tell.send_bytes(json.dumps({"why": why[:_LONGEST], "again": again}).encode())


def _end_with_the_batch() -> None:
    """Wait for the end of the batch, however it comes, and take everything here along."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        if os.name == "posix":
            os.killpg(0, signal.SIGKILL)
        os._exit(1)


def _say_nothing() -> None:
    """What a notebook or a library prints may hold anything, so it goes nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _hold_at_most(gib: float) -> None:
    """Limit what this process and each that it starts can hold, where the system knows such a limit.

    What libraries set aside when they are loaded, much of which is never used, does not count.
    """
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        # Linux counts what is written to as data; elsewhere the whole address space has to do.
        if sys.platform == "linux":
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
            kind, held = resource.RLIMIT_DATA, pages * resource.getpagesize()
        else:
            kind, held = resource.RLIMIT_AS, 0
        size = held + int(gib * 2**30)
        resource.setrlimit(kind, (size, size))
