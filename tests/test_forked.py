"""Processes forked for notebooks: fresh, limited, and gone when they have ended, whatever they did."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from notebook_files import notebook

from colanalysis.errors import ReportError
from colanalysis.executing import execute, forked

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not forked.possible(), reason="this system does not fork"),
]
SECRET = "00417 scored 54.37"
STOPS = {
    "raises": (f"raise ValueError({SECRET!r})", "stopped with ValueError"),
    "exits": (f"import sys; sys.exit({SECRET!r})", "ended the run with SystemExit"),
    "leaves": ("exit()", "ended the run with SystemExit"),
    "dies": (f"import os; os._exit({len(SECRET)})", "ended its process"),
    "crashes": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended its process"),
    "goes on": (f"print({SECRET!r})\nwhile True: pass", "took longer than it may"),
    "sleeps deaf": (
        "import signal, time\nfor s in (2, 15): signal.signal(s, signal.SIG_IGN)\ntime.sleep(99)",
        "took longer than it may",
    ),
    "eats": ("[b'x' * 50_000_000 for _ in range(1000)]", "stopped with MemoryError"),
    "prints": (f"for _ in range(100): print({SECRET!r} * 60_000)", "showed more than 50 million"),
    "prints below": (
        "import os\nfor _ in range(100): os.write(1, b'x' * 1_000_000)",
        "showed more than 50 million",
    ),
    "displays": ("for _ in range(100): display('x' * 1_000_000)", "showed more than 50 million"),
    "asks": ("input('?')", "stopped with EOFError"),
    "is none": ("a b", "stopped with SyntaxError"),
}


@pytest.mark.parametrize(("cell", "found"), STOPS.values(), ids=STOPS)
def test_a_run_that_stops_is_one_error_in_plain_words(tmp_path, capfd, cell, found):
    path = notebook(tmp_path / "bad.ipynb", cell, "1 + 1")
    seconds = 1.5 if "longer" in found else 20
    with pytest.raises(ReportError) as caught:
        execute.run(path, {"name": "b"}, seconds=seconds, memory=3 * 2**30)
    assert str(caught.value).startswith(f"bad.ipynb: cell 2 {found}")
    said = capfd.readouterr()
    assert "00417" not in f"{caught.value}{said.out}{said.err}"
    # The next run is as good as any.
    assert execute.run(notebook(tmp_path / "good.ipynb", "1"), {}).cells[-1].execution_count == 2


def test_nothing_is_left_of_an_earlier_run(tmp_path):
    path = notebook(
        tmp_path / "a.ipynb",
        "import numpy, os, random, sys\nassert not hasattr(numpy, 'mark')",
        "numpy.mark = 1; os.environ['MARK'] = '1'; sys.path.append('mark')",
        "os.getpid(), numpy.random.random(), random.random(), 'MARK' in sys.path",
    )
    shown = [execute.run(path, {}).cells[-1].outputs[0].data["text/plain"] for _ in range(3)]
    told = [eval(one) for one in shown]
    for column in list(zip(*told, strict=True))[:3]:
        assert len(set(column)) == 3
    assert {one[3] for one in told} == {False}
    assert "MARK" not in os.environ


def test_a_run_is_where_its_parent_is_and_knows_what_it_knows(tmp_path, monkeypatch):
    with forked.Process():
        pass  # the process to fork from is there before what follows changes
    monkeypatch.setenv("MARK", "ā")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    source = "import os, tempfile; os.environ['MARK'], os.getcwd(), tempfile.gettempdir()"
    with forked.Process() as process:
        (shown,) = process.run(source).outputs
    assert eval(shown["data"]["text/plain"]) == ("ā", str(tmp_path), str(tmp_path))


LIBRARIES = """
import io, numpy as np, pandas as pd, pyarrow as pa, pyarrow.csv, pyarrow.parquet
import matplotlib.pyplot as plt
ones = np.ones((300, 300)); found = [(ones @ ones).sum(), np.linalg.svd(ones)[1][0]]
text = "a,b\\n" + "1,ā\\n" * 200_000
table = pa.csv.read_csv(io.BytesIO(text.encode()))
out = io.BytesIO(); pa.parquet.write_table(table, out); out.seek(0)
again = pd.read_parquet(out)
found += [again.groupby("b")["a"].sum().iloc[0], pa.compute.sum(table["a"]).as_py()]
figure = plt.figure(); plt.plot([1, 2]); figure.canvas.draw(); plt.close(figure)
found = [round(float(one)) for one in found]
"""


def test_libraries_work_in_every_process_after_they_were_used_in_the_parent():
    names: dict = {}
    exec(LIBRARIES, names)
    expected = [300**3, 300, 200_000, 200_000]
    assert names["found"] == expected
    assert plt
    assert len({np, pd, pa}) == 3
    for _ in range(5):
        with forked.Process(["numpy", "pandas", "matplotlib.pyplot"], seconds=30) as process:
            ran = process.run(f"{LIBRARIES}\nfound")
        assert ran.outputs[-1]["data"]["text/plain"] == str(expected)


def parent_of(process):
    """The process from which a process was forked."""
    status = Path(f"/proc/{process.run('import os; os.getpid()').outputs[0]['data']['text/plain']}")
    return int((status / "stat").read_text().rpartition(")")[2].split()[1])


def test_what_is_forked_from_has_one_thread_though_all_libraries_are_loaded():
    modules = ["colanalysis.report", "colanalysis.show", "colanalysis.explore", "scipy.stats"]
    with forked.Process(modules) as process:
        tasks = Path(f"/proc/{parent_of(process)}/task")
        assert len(list(tasks.iterdir())) == 1
        loaded = process.run(f"import sys; [name in sys.modules for name in {modules}]")
    assert loaded.outputs[0]["data"]["text/plain"] == "[True, True, True, True]"


def test_no_process_is_forked_where_a_library_has_started_threads(tmp_path, monkeypatch):
    (tmp_path / "busy.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(forked, "_forges", [])
    try:
        with pytest.raises(forked.UnfitError):
            forked.Process(["busy"])
    finally:
        forked._forges[-1].close()


def gone(process):
    """Say whether a process has ended, or ends within a moment."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z" and not Path(f"/proc/{process}/exe").exists():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("ends", ["", "import os; os._exit(0)", "while True: pass"])
def test_what_a_notebook_has_started_ends_with_it(ends):
    with forked.Process(seconds=1) as process:
        shown = process.run("import subprocess; subprocess.Popen(['sleep', '60']).pid").outputs[-1]
        if ends:
            with pytest.raises(forked.StoppedError):
                process.run(ends)
            process.__exit__(forked.StoppedError)
    assert gone(int(shown["data"]["text/plain"]))


def test_all_processes_end_when_their_parent_is_killed():
    code = """
        import sys
        from colanalysis.executing import forked
        process = forked.Process()
        print(process.run("import os; print(os.getppid(), os.getpid())").outputs[0]["text"], flush=True)
        process.run("while True: pass")
    """
    words = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as parent:
        told = parent.stdout.readline()
        parent.send_signal(signal.SIGKILL)
    assert all(gone(int(process)) for process in told.split())


def test_a_new_process_to_fork_from_is_started_where_the_old_one_has_died():
    with forked.Process() as process:
        old = parent_of(process)
    os.kill(old, signal.SIGKILL)
    assert gone(old) or True
    forked._forges[-1]._process.wait()
    with forked.Process() as process:
        assert parent_of(process) != old
