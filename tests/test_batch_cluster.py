"""Pages made by a real Dask cluster on this machine: the same as here, whatever becomes of its processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from batches import community, made, notebook, plan
from test_batch_work import gone, pids_in

from colanalysis import cli, deliver
from colanalysis.batching import cluster, index, journal, make, run
from colanalysis.batching.plan import read
from colanalysis.batching.work import Limits, Outcome, Task
from colanalysis.errors import ReportError, UsageError

pytest.importorskip("distributed", reason="the extra cluster is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc"),
]
SECRET = "00417 scored 54.37"
PROTOCOL = '[privacy]\npurpose = "why"\napprover = "who"\nexpires = 2999-12-31\n'
NOBODY = "tcp://127.0.0.1:9"
# Its worker is the nearest of those it comes from that was started by Dask.
KILLS = """import os, signal
def parent(pid):
    return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
def words(pid):
    return open(f"/proc/{pid}/cmdline").read()
pid = os.getppid()
while "forkserver" in words(pid) or words(pid) == words(os.getpid()):
    pid = parent(pid)
os.kill(pid, signal.SIGKILL)
"""
FOREVER = """import os, time
from pathlib import Path
Path(colour).write_text(f"{os.getpid()} {os.getppid()}")
while True:
    time.sleep(0.1)
"""
# One death is forgiven here, so that a report which kills its worker is soon given up.
SETTINGS = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}


def started(*words: str) -> subprocess.Popen:
    command = [sys.executable, "-m", *words, "--host", "127.0.0.1", "--no-dashboard"]
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(command, env=os.environ | SETTINGS, stdout=nowhere, stderr=nowhere)


def ended(*processes: subprocess.Popen) -> None:
    for one in processes:
        one.terminate()
    for one in processes:
        try:
            one.wait(timeout=20)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()


@contextmanager
def scheduler(folder: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A scheduler without workers: its address and its process."""
    file = folder / "scheduler.json"
    process = started(
        "distributed.cli.dask_scheduler", "--port", "0", "--scheduler-file", f"{file}"
    )
    try:
        until = time.monotonic() + 60
        while not (file.is_file() and file.read_bytes().endswith(b"}")):
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.05)
        yield json.loads(file.read_bytes())["address"], process
    finally:
        ended(process)


def worker(address: str, folder: Path, nanny: str) -> subprocess.Popen:
    words = ("--nthreads", "1", nanny, "--local-directory", f"{folder}")
    return started("distributed.cli.dask_worker", address, *words)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cluster")
    community(folder / "rata", providers=10, learners=200, more=PROTOCOL)
    notebook(folder / "quick.ipynb")
    notebook(folder / "raises.ipynb", f'raise ValueError("{SECRET}")')
    notebook(folder / "kills.ipynb", KILLS)
    notebook(folder / "forever.ipynb", FOREVER)
    quick = {"community": "rata", "notebook": "quick.ipynb"}
    plan(
        folder / "plan.csv",
        [
            *(quick | {"provider": f"S{number:02d}"} for number in range(1, 10)),
            quick | {"colour": "007", "often": "2"},
            {"community": "rata", "provider": "S10", "notebook": "raises.ipynb"},
            quick | {"audience": "governance"},
            quick | {"audience": "provider", "provider": "S01"},
        ],
    )
    plan(folder / "few.csv", [quick | {"provider": f"S{number:02d}"} for number in range(1, 4)])
    return folder


@pytest.fixture(scope="module")
def near(here: Path) -> Path:
    """The folder of a batch that was made without a cluster."""
    run.batch(read(here / "plan.csv", out=here / "near"), out=here / "near", jobs=2)
    return here / "near"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, subprocess.Popen]]:
    """A cluster of three workers: the address of its scheduler, and the worker that nobody replaces."""
    folder = tmp_path_factory.mktemp("workers")
    with scheduler(folder) as (address, _):
        nannies = ("--no-nanny", "--nanny", "--nanny")
        workers = [worker(address, folder, nanny) for nanny in nannies]
        try:
            yield address, workers[0]
        finally:
            ended(*workers)


def task(near: Path, own: Path, of: Path, **values: object) -> Task:
    """The task of one page from a release that was sealed before."""
    own.mkdir()
    shutil.copy(near / "rata" / "release.json", own)
    return Task(own.name, make.page, (own, of, values, None, None), Limits(300, gib=2))


def outcomes(address: str, *tasks: Task) -> dict[str, Outcome]:
    told = cluster.outcomes(tasks, scheduler=address, made_with=run.LIBRARIES)
    return {one.task.name: one for one in told}


def test_a_worker_dies_in_the_middle_and_every_page_is_as_if_made_here(
    here, near, three, monkeypatch
):
    address, mortal = three
    sent = []
    ship = cluster._sent

    def shipped(task: Task, *others: object) -> tuple[bytes, bytes, bytes]:
        sent.append(task.name)
        return ship(task, *others)

    def tell(words: str) -> None:
        if words.startswith("1 of "):
            mortal.kill()

    monkeypatch.setattr(cluster, "_sent", shipped)
    out = here / "far"
    told = run.batch(
        read(here / "plan.csv", out=out), out=out, jobs=2, scheduler=address, tell=tell
    )
    assert mortal.wait() == -signal.SIGKILL
    assert told["state"].value_counts().to_dict() == {"done": 12, "failed": 1}
    (why,) = told.loc[told["state"] == "failed", "why"]
    assert why.startswith("raises.ipynb: cell 3 stopped with ValueError.")
    assert made(out) == made(near)
    assert sorted(sent) == sorted(told.loc[told["audience"] == "public", "report"])
    assert len(sent) == 11


def test_a_report_that_kills_its_workers_fails_and_the_next_is_made(here, near, three, tmp_path):
    address, _ = three
    told = outcomes(address, task(near, tmp_path / "kills", here / "kills.ipynb"))["kills"]
    assert (told.why, told.tries) == ("2 workers died while they were making it", 2)
    assert not (tmp_path / "kills" / deliver.PAGE).exists()
    values = {"colour": "007", "often": 2}
    told = outcomes(address, task(near, tmp_path / "next", here / "quick.ipynb", **values))["next"]
    assert (told.why, told.tries) == ("", 1)
    page = (tmp_path / "next" / deliver.PAGE).read_bytes()
    assert page == (near / "rata" / deliver.PAGE).read_bytes()


def test_a_batch_that_is_stopped_leaves_nothing_at_work_on_a_worker(here, near, three, tmp_path):
    address, _ = three
    begun = tmp_path / "pids"
    asked = task(near, tmp_path / "own", here / "forever.ipynb", colour=str(begun))
    with pytest.raises(KeyboardInterrupt):
        list(
            cluster.outcomes(
                [asked], scheduler=address, made_with=run.LIBRARIES, stopped=begun.is_file
            )
        )
    assert gone(pids_in(begun)[:1])


def test_another_program_on_a_worker_ends_the_batch_before_and_within(
    here, near, three, tmp_path, monkeypatch
):
    address, _ = three
    asked = task(near, tmp_path / "own", here / "quick.ipynb")
    monkeypatch.setattr(cluster.program, "digest", lambda *_: b"another")
    monkeypatch.setattr(cluster, "_ANSWER", 60)
    out = tmp_path / "out"
    with pytest.raises(UsageError, match=r"worker tcp://\S+: found another version of colanalysis"):
        run.batch(read(here / "plan.csv", out=out), out=out, jobs=2, scheduler=address)
    assert not out.exists()
    with pytest.raises(UsageError, match="Install this version there"):
        outcomes(address, asked)
    assert not (tmp_path / "own" / deliver.PAGE).exists()


@pytest.mark.calibration
def test_a_scheduler_that_goes_leaves_a_batch_that_can_be_gone_on_with(
    here, near, tmp_path, caplog
):
    with scheduler(tmp_path) as (address, process):
        one = worker(address, tmp_path, "--no-nanny")
        out = tmp_path / "out"

        def tell(words: str) -> None:
            if words.startswith("1 of "):
                process.kill()

        asked = read(here / "few.csv", out=out)
        try:
            with pytest.raises(ReportError, match="scheduler has gone.*--resume"):
                run.batch(asked, out=out, jobs=2, scheduler=address, tell=tell)
        finally:
            ended(one)
    # One sentence says it; what Dask would write of it is not seen.
    assert [one for one in caplog.records if one.name.startswith("distributed")] == []
    with journal.opened(out) as book:
        states = {entry.state for entry in book.entries().values()}
    assert states == {"done", "stopped"}
    told = run.batch(asked, out=out, jobs=2, resume=True)
    assert set(told["state"]) == {"done"}
    mine, all_ = made(out), made(near)
    assert len([name for name in mine if name.endswith(deliver.PAGE)]) == 3
    mine.pop(index.PAGE)
    assert {name: all_[name] for name in mine} == mine


def test_a_scheduler_without_workers_is_waited_for_so_long(here, near, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_PATIENCE", 1)
    with (
        scheduler(tmp_path) as (address, _),
        pytest.raises(ReportError, match="no worker has done"),
    ):
        outcomes(address, task(near, tmp_path / "own", here / "quick.ipynb"))


@pytest.mark.parametrize("address", [NOBODY, "http://127.0.0.1:9/status", "nonsense"])
def test_a_scheduler_that_cannot_be_reached_is_told_before_anything_is_begun(
    here, tmp_path, monkeypatch, capfd, address
):
    monkeypatch.setattr(cluster, "_ANSWER", 0.5)
    out = tmp_path / "out"
    words = ["batch", str(here / "plan.csv"), "--out", str(out), "--scheduler", address]
    assert cli.main(words) == 2
    said = capfd.readouterr().err
    assert said.startswith(f"colanalysis: scheduler {address}: cannot be reached (")
    assert said.endswith("No page was begun.\n")
    assert said.count("\n") == 1
    assert not out.exists()


def test_who_takes_the_call_and_says_nothing_is_no_scheduler(monkeypatch):
    monkeypatch.setattr(cluster, "_ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UsageError, match=r"cannot be reached \(TimeoutError\)"):
            cluster.look(address, run.LIBRARIES)


def test_without_distributed_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"distributed, which is not installed.*extra cluster"):
        cluster.look(NOBODY, run.LIBRARIES)
