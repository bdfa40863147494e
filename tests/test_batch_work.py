"""Each task in a process of its own: however it ends, it is told in words and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from colanalysis.batching import work
from colanalysis.batching.work import Limits, Outcome, Task
from colanalysis.errors import DataError, ReportError

POSIX = pytest.mark.skipif(os.name != "posix", reason="processes have groups only there")


def well(path: Path) -> None:
    path.write_text("done", encoding="utf-8")


def wrong() -> None:
    raise DataError("found nothing", where="a.csv row 3", expected="something")


def bug() -> None:
    raise KeyError("00417 scored 54.37")


def forever(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    path.write_text(f"{os.getpid()} {child.pid}", encoding="utf-8")
    while True:
        time.sleep(1)


def hungry() -> None:
    kept = [bytearray(2**26) for _ in range(100)]
    raise AssertionError(len(kept))


def dies() -> None:
    os._exit(3)


def begins(path: Path) -> None:
    well(path)
    os._exit(3)


def prints() -> None:
    print("00417 scored 54.37")  # noqa: T201


def starts_late(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("try\n")
    if len(path.read_text(encoding="utf-8").splitlines()) == 1:
        raise ReportError("the kernel died or did not start", where="a.ipynb")


def says_where(path: Path) -> None:
    import tempfile

    path.write_text(tempfile.mkdtemp(), encoding="utf-8")


def ended(*tasks: Task, jobs: int = 2) -> dict[str, Outcome]:
    return {one.task.name: one for one in work.outcomes(tasks, jobs=jobs)}


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pids: list[int], seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(map(alive, pids))


def pids_in(path: Path) -> list[int]:
    until = time.monotonic() + 30
    while not (path.is_file() and len(path.read_text(encoding="utf-8").split()) == 2):
        assert time.monotonic() < until
        time.sleep(0.05)
    return [int(pid) for pid in path.read_text(encoding="utf-8").split()]


def test_every_end_is_told_in_words_without_data_and_the_others_go_on(tmp_path, capfd):
    limits = Limits(seconds=500, gib=1)
    told = ended(
        Task("wrong", wrong),
        Task("bug", bug),
        Task("hungry", hungry, limits=limits),
        Task("dies", dies),
        Task("prints", prints),
        Task("well", well, (tmp_path / "well",), limits),
        jobs=3,
    )
    assert {name: one.why for name, one in told.items()} == {
        "wrong": "a.csv row 3: found nothing. Expected something.",
        "bug": "the program stopped with KeyError",
        "hungry": "asked for more memory than allowed",
        "dies": "its process died",
        "prints": "",
        "well": "",
    }
    assert {one.tries for one in told.values()} == {1}
    assert (tmp_path / "well").read_text(encoding="utf-8") == "done"
    assert capfd.readouterr() == ("", "")


@POSIX
def test_what_takes_too_long_is_ended_with_all_that_it_has_started(tmp_path):
    path = tmp_path / "pids"
    told = ended(Task("forever", forever, (path,), Limits(seconds=8)))
    assert told["forever"].why == "took longer than 8 seconds"
    assert gone(pids_in(path), 1)


def test_a_kernel_that_would_not_start_is_tried_once_more(tmp_path):
    told = ended(Task("late", starts_late, (tmp_path / "late",)))["late"]
    assert (told.why, told.tries) == ("", 2)


def test_what_a_task_leaves_behind_is_taken_away(tmp_path):
    path = tmp_path / "where"
    assert ended(Task("where", says_where, (path,)))["where"].why == ""
    assert not Path(path.read_text(encoding="utf-8")).parent.exists()


def test_so_many_at_a_time_and_no_more():
    began = {}
    tasks = [Task(str(number), time.sleep, (0.5,)) for number in range(4)]
    for one in work.outcomes(tasks, jobs=2):
        began[one.task.name] = time.monotonic() - one.seconds
    first, second, third, fourth = (began[str(number)] for number in range(4))
    assert max(first, second) + 0.4 < min(third, fourth)


@POSIX
def test_a_batch_that_is_stopped_leaves_no_process(tmp_path):
    path = tmp_path / "pids"
    with pytest.raises(KeyboardInterrupt):
        list(work.outcomes([Task("forever", forever, (path,))], jobs=1, stopped=path.is_file))
    assert gone(pids_in(path), 1)


def test_processes_that_are_ended_with_the_batch_are_no_failures(tmp_path):
    path = tmp_path / "begun"
    with pytest.raises(KeyboardInterrupt):
        list(work.outcomes([Task("dies", begins, (path,))], jobs=1, stopped=path.is_file))


@POSIX
def test_a_batch_that_is_killed_takes_its_processes_along(tmp_path):
    path = tmp_path / "pids"
    code = (
        "from pathlib import Path\nimport sys\nimport test_batch_work as t\n"
        "list(t.work.outcomes([t.Task('f', t.forever, (Path(sys.argv[1]),))], jobs=1))"
    )
    batch = subprocess.Popen([sys.executable, "-c", code, path], cwd=Path(__file__).parent)
    pids = pids_in(path)
    batch.send_signal(signal.SIGKILL)
    batch.wait()
    assert gone(pids)
