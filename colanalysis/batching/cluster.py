"""Cluster: pages made by the workers of a Dask cluster, and told of as if they had been made here.

To a worker goes a sealed release with its notebook, never a folder or a key; back comes the page, or why
there is none. A worker that dies is Dask's to replace; what the cluster as a whole cannot do ends the
batch, which goes on from its journal.
"""

from __future__ import annotations

import importlib
import json
import logging
import multiprocessing
import queue
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from colanalysis import deliver, paper, program
from colanalysis.batching import make, work
from colanalysis.batching.work import Limits, Outcome, Task
from colanalysis.errors import ReportError, UsageError

__all__ = ["look", "outcomes"]

# Seconds: for the scheduler to answer, for a cluster without workers to grow some, between two looks.
_ANSWER, _PATIENCE, _LOOK_AGAIN = 10.0, 300.0, 0.2
# More pages under way than can be made at once, so that no worker waits for its next release; not all
# of them, as the scheduler holds every release that was sent.
_AHEAD = 2
# How a worker fails that has no such package, or another one.
_FOREIGN = (ImportError, AttributeError)
GO_ON = "Reports that are done stay; --resume makes the others."


def look(scheduler: str, made_with: Sequence[str]) -> None:
    """See that a scheduler answers and that its workers, as far as they are free, run this program.

    ``made_with``: the libraries whose versions count as part of it. UsageError where they do not.
    """
    with _connected(scheduler) as client:
        until = time.monotonic() + _ANSWER
        asked = {
            one: client.submit(_there("_program"), list(made_with), workers=[one], pure=False)
            for one in _threads(client, scheduler)
        }
        for address, future in asked.items():
            try:
                told = future.result(timeout=max(0.1, until - time.monotonic()))
            except _FOREIGN:
                told = ""
            except Exception:
                continue  # it is busy, or has gone: its program is looked at again with every page
            if told != _program(made_with):
                raise _other(f"worker {address}")


def outcomes(
    tasks: Iterable[Task],
    *,
    scheduler: str,
    made_with: Sequence[str],
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Outcome]:
    """Have pages (tasks of ``make.page``) made by the workers of a scheduler; tell of each as it ends.

    A page that is made lies in its task's folder. A task whose worker dies is done by others, until it
    has outlived more of them than the scheduler allows. ReportError where the cluster is lost,
    UsageError where it runs another program; KeyboardInterrupt as soon as ``stopped`` says so.
    """
    waiting = deque(tasks)
    if not waiting:
        return
    longest = max((task.limits or Limits()).seconds for task in waiting)
    ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
    underway: dict[str, tuple[Task, Any]] = {}
    with _connected(scheduler) as client:
        heard = seen = time.monotonic()
        room = sum(_threads(client, scheduler).values())
        try:
            while waiting or underway:
                while waiting and len(underway) < max(1, room) * _AHEAD:
                    task = waiting.popleft()
                    future = client.submit(_there("_made"), *_sent(task, made_with), pure=False)
                    underway[future.key] = (task, future)
                    future.add_done_callback(ended.put)
                future = _next(ended, _LOOK_AGAIN)
                if stopped():
                    raise KeyboardInterrupt
                now = time.monotonic()
                if future is None:
                    room = sum(_threads(client, scheduler).values())
                    seen = now if room else seen
                    # A page may take its time twice: a kernel that does not start is tried once more.
                    if now > seen + _PATIENCE or now > heard + _PATIENCE + 2 * longest:
                        raise _idle(scheduler)
                elif (told := _told(future, scheduler)) is None:
                    future.add_done_callback(ended.put)
                else:
                    heard = now
                    task, _ = underway.pop(future.key)
                    yield _placed(task, told)
        finally:
            # Workers look whether anybody still waits for what they make.
            for _, future in underway.values():
                future.release()


def _next(ended: queue.SimpleQueue[Any], seconds: float) -> Any:
    """What comes next out of a queue; None where nothing does for so long."""
    try:
        return ended.get(timeout=seconds)
    except queue.Empty:
        return None


def _there(name: str) -> Callable[..., bytes]:
    """A function of this module as it is sent: it looks for the module where it is called.

    A plain reference is looked up as soon as it arrives, where nobody hears why it fails.
    """
    module = __name__

    def page(*values: object) -> bytes:
        return getattr(importlib.import_module(module), name)(*values)

    return page


def _sent(task: Task, made_with: Sequence[str]) -> tuple[bytes, bytes]:
    """All that a worker is given to make one report's pages: what is asked, and the files it needs."""
    folder, notebook, values, *_ = task.values
    asked = {
        "program": _program(made_with),
        "made_with": list(made_with),
        "name": task.name,
        "notebook": notebook.name,
        "values": values,
        "limits": asdict(task.limits or Limits()),
    }
    files = {
        name: path.read_text(encoding="utf-8")
        for name, path in make.needed(folder, notebook).items()
        if path.is_file()
    }
    return json.dumps(asked).encode(), json.dumps(files).encode()


def _made(asked: bytes, files: bytes) -> bytes:
    """On a worker: make pages in a fresh process, within limits; give them or say why not, as JSON.

    Bytes in and out, so that neither side has to build what the other has thought of.
    """
    import distributed

    told = json.loads(asked)
    worker = distributed.get_worker()
    if _program(told["made_with"]) != told["program"]:
        return json.dumps({"other": worker.address}).encode()
    # Dask's nanny marks its workers as processes that have no children, lest these outlive them; a task
    # ends with its parent by itself.
    multiprocessing.current_process().daemon = False
    with tempfile.TemporaryDirectory(prefix="page-", dir=worker.local_directory) as folder:
        whole, notebook = Path(folder) / "report", Path(folder) / told["notebook"]
        whole.mkdir()
        for name, text in json.loads(files).items():
            (Path(folder) / name).write_text(text, encoding="utf-8", newline="\n")
        values = (whole, notebook, told["values"], None, None)
        task = Task(told["name"], make.page, values, Limits(**told["limits"]))
        try:
            (one,) = work.outcomes([task], jobs=1, stopped=_given_up(worker))
        except KeyboardInterrupt:
            # Whoever asked has gone, or the scheduler has thought otherwise and asks again.
            raise distributed.Reschedule from None
        pages = {path.name: path.read_text(encoding="utf-8") for path in whole.glob("*.html")}
    said = {"why": one.why, "tries": one.tries, "seconds": one.seconds, "pages": pages}
    return json.dumps(said).encode()


def _given_up(worker: Any) -> Callable[[], bool]:
    """On a worker: a question whether nobody waits any more for what this thread makes."""
    key = worker.get_current_task()

    def given_up() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state != "executing"

    return given_up


def _program(made_with: Sequence[str]) -> str:
    """Name the program that makes pages here; "" where a library of it is missing."""
    try:
        return program.digest(*made_with).hex()
    except ImportError:
        return ""


def _told(future: Any, scheduler: str) -> dict[str, Any] | None:
    """What a worker has said of a page; None where that was lost with it, and is made again."""
    import distributed

    try:
        told: dict[str, Any] = json.loads(future.result(timeout=_ANSWER))
    except distributed.TimeoutError:
        return None if future.status == "pending" else _failed("its page did not come back")
    except distributed.CancelledError as error:
        raise _lost(scheduler) from error
    except distributed.scheduler.KilledWorker as error:
        many = error.allowed_failures + 1
        return _failed(f"{many} workers died while they were making it", many)
    except _FOREIGN as error:
        raise _other("a worker") from error
    except Exception as error:
        # As in work: the words of an error may hold anything.
        return _failed(f"its worker stopped with {type(error).__name__}")
    if "other" in told:
        raise _other(f"worker {told['other']}")
    return told


def _failed(why: str, tries: int = 1) -> dict[str, Any]:
    return {"why": why, "tries": tries, "seconds": 0.0}


def _placed(task: Task, told: dict[str, Any]) -> Outcome:
    """Put pages that came back beside their release, print what is to be, and tell how a task ended."""
    why = str(told["why"])
    if not why:
        folder, *_, browser = task.values
        for name in {deliver.PAGE, deliver.ONE_PAGE} & set(told["pages"]):
            (folder / name).write_text(told["pages"][name], encoding="utf-8", newline="\n")
        try:
            if browser:
                paper.printed(folder / deliver.PAGE, browser)
        except ReportError as error:
            why = str(error)
        make.keep(folder)
    return Outcome(task, why, int(told["tries"]), float(told["seconds"]))


@contextmanager
def _connected(scheduler: str) -> Iterator[Any]:
    """A client of a scheduler, which says nothing by itself; UsageError where there is none."""
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            "--scheduler needs distributed, which is not installed",
            expected="colanalysis with its extra cluster",
            remedy="Install it: python3 -m pip install -e '.[cluster]'",
        ) from error
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL + 1)
    try:
        client = _client(scheduler, distributed.Client)
        try:
            yield client
        finally:
            client.close(timeout=_ANSWER)
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)


def _client(scheduler: str, kind: Callable[..., Any]) -> Any:
    """A client of such a kind; UsageError where no scheduler answers it."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def connect() -> None:
        try:
            answers.put(kind(scheduler, timeout=_ANSWER, set_as_default=False))
        except Exception as error:
            # Whatever stands between here and a scheduler: no such host, no answer, no such protocol.
            answers.put(error)

    # In a thread of its own, since a client waits without end for who takes its call and says nothing.
    threading.Thread(target=connect, daemon=True).start()
    found = _next(answers, 2 * _ANSWER) or TimeoutError()
    if isinstance(found, Exception):
        raise UsageError(
            f"cannot be reached ({type(found).__name__})",
            where=f"scheduler {scheduler}",
            expected="the address of a Dask scheduler that runs, such as tcp://10.0.0.1:8786",
            remedy="No page was begun.",
        ) from found
    return found


def _threads(client: Any, scheduler: str) -> dict[str, int]:
    """The workers of a cluster, each with the number of pages that it makes at a time."""
    try:
        return dict(client.sync(client.scheduler.ncores, callback_timeout=_ANSWER))
    except Exception as error:
        raise _lost(scheduler) from error


def _idle(scheduler: str) -> ReportError:
    return ReportError(
        "no worker has done anything for a long time",
        where=f"scheduler {scheduler}",
        expected="a cluster with workers that are free for these pages",
        remedy=f"Start workers. {GO_ON}",
    )


def _lost(scheduler: str) -> ReportError:
    return ReportError(
        "the scheduler has gone, or has given up this batch's work",
        where=f"scheduler {scheduler}",
        expected="a scheduler that runs until the batch has ended",
        remedy=f"Start it again. {GO_ON}",
    )


def _other(where: str) -> UsageError:
    return UsageError(
        "found another version of colanalysis, or of a library that pages are made with",
        where=where,
        expected="the same on every worker as here, so that pages are the same",
        remedy=f"Install this version there (requirements.lock) and start it again. {GO_ON}",
    )
