from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "requirements.lock").write_text("pandas==3.1.1", "utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]", "utf-8")
    return tmp_path


@pytest.fixture
def calls(run, project, monkeypatch) -> list[str]:
    """A run.py in another project that only notes what it would set up."""
    noted: list[str] = []

    def make(venv: Path, python: str) -> None:
        noted.append("make")
        Path(python).parent.mkdir(parents=True, exist_ok=True)
        Path(python).touch()
        assert venv in Path(python).parents

    monkeypatch.setattr(run, "ROOT", project)
    monkeypatch.setattr(run, "make", make)
    monkeypatch.setattr(run, "install", lambda _: noted.append("install"))
    return noted


def test_only_the_standard_library_is_imported():
    tree = ast.parse((ROOT / "run.py").read_text("utf-8"))
    plain = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    named = [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    imported = {name.split(".")[0] for name in plain + named}
    assert "subprocess" in imported
    assert imported <= sys.stdlib_module_names


def test_an_old_python_can_read_the_file_far_enough_to_be_told():
    ast.parse((ROOT / "run.py").read_text("utf-8"), feature_version=(3, 8))


def test_an_old_python_is_refused_in_words(run, calls, monkeypatch, capsys):
    monkeypatch.setattr(run, "OLDEST", (99, 0))
    assert run.main([]) == 1
    assert calls == []
    assert "needs 3.11 or newer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words", "at_root"),
    [
        ([], ["-m", "colanalysis", "demo"], True),
        (["demo"], ["-m", "colanalysis", "demo"], True),
        (
            ["test"],
            ["-m", "pytest", "-n", "auto", "--maxprocesses", "4", "--dist", "worksteal"],
            True,
        ),
        (["test", "-k", "load"], ["-m", "pytest", "-k", "load"], True),
        (["report", "my folder"], ["-m", "colanalysis", "report", "my folder"], False),
        (["--help"], ["-m", "colanalysis", "--help"], False),
    ],
)
def test_command(run, arguments, words, at_root):
    assert run.command(arguments) == (words, ROOT if at_root else None)


def test_stamp_is_the_same_for_the_same_project(run, project):
    assert run.stamp(project) == run.stamp(project)


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_stamp_changes_with_the_file(run, project, name):
    before = run.stamp(project)
    (project / name).write_text("changed", "utf-8")
    assert run.stamp(project) != before


def test_stamp_changes_with_python_and_with_the_folder(run, project, tmp_path, monkeypatch):
    before = run.stamp(project)
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("requirements.lock", "pyproject.toml"):
        (moved / name).write_bytes((project / name).read_bytes())
    assert run.stamp(moved) != before
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert run.stamp(project) != before


@pytest.mark.parametrize(
    ("uv", "working", "expected"),
    [
        ("/bin/uv", {"inside"}, ["uv", "inside"]),
        (None, {"inside", "outside"}, ["inside"]),
        (None, {"ensurepip", "outside"}, ["inside"]),
        (None, {"outside"}, ["outside"]),
        (None, set(), []),
    ],
)
def test_installers(run, uv, working, expected):
    def works(words: list[str]) -> bool:
        if "ensurepip" in words:
            return "ensurepip" in working
        return ("outside" if "--python" in words else "inside") in working

    def kind(words: list[str]) -> str:
        if words[0] == uv:
            return "uv"
        return "outside" if words[0] == sys.executable else "inside"

    found = list(run.installers("/venv/bin/python", uv, works))
    assert [kind(words) for words in found] == expected
    assert all("install" in words and "/venv/bin/python" in words for words in found)


def test_pip_is_not_touched_when_uv_manages(run, monkeypatch):
    ran: list[list[str]] = []

    def ran_well(words: list[str]) -> subprocess.CompletedProcess[str]:
        ran.append(words)
        return subprocess.CompletedProcess(words, 0, "")

    monkeypatch.setattr(run, "_run", ran_well)
    monkeypatch.setattr(run.shutil, "which", lambda _: "/bin/uv")
    run.install("/venv/bin/python")
    assert [words[0] for words in ran] == ["/bin/uv", "/bin/uv"]
    assert "--require-hashes" in ran[0]
    assert {"--no-deps", "--no-build-isolation"} <= set(ran[1])


def test_a_failing_install_shows_the_end_of_what_was_said(run, monkeypatch):
    def fails(words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, 1, "first\n" + "more\n" * 20 + "no space left\n")

    monkeypatch.setattr(run, "_run", fails)
    monkeypatch.setattr(run, "installers", lambda *_: iter([["installer"]]))
    with pytest.raises(run.SetupError, match="no space left") as raised:
        run.install("python")
    assert "first" not in str(raised.value)


def test_no_installer_is_said_with_a_remedy(run, monkeypatch):
    monkeypatch.setattr(run, "installers", lambda *_: iter([]))
    with pytest.raises(run.SetupError, match="apt install python3-venv"):
        run.install("python")


def test_set_up_happens_once(run, project, calls, capsys):
    python = run.environment({})
    assert Path(python).is_relative_to(project / ".venv")
    assert run.environment({}) == python
    assert calls == ["make", "install"]
    assert capsys.readouterr().err.count("Setting up") == 1


def test_set_up_happens_again_when_the_lock_changes(run, project, calls):
    run.environment({})
    (project / "requirements.lock").write_text("pandas==3.1.2", "utf-8")
    run.environment({})
    assert calls == ["make", "install"] * 2


def test_a_half_made_environment_is_mended(run, calls, monkeypatch):
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(run, "install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run.environment({})
    run.environment({})
    assert calls == ["make", "make", "install"]


def test_the_environment_can_be_placed_elsewhere(run, tmp_path, calls):
    python = run.environment({"COLANALYSIS_VENV": str(tmp_path / "short")})
    assert Path(python).is_relative_to(tmp_path / "short")
    assert calls == ["make", "install"]


def test_the_current_python_is_used_as_it_is(run, calls):
    assert run.environment({"COLANALYSIS_USE_CURRENT": "1"}) == sys.executable
    assert calls == []


def test_a_folder_that_holds_something_else_is_left_alone(run, tmp_path):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(run.SetupError, match="holds something else"):
        run.make(tmp_path, str(tmp_path / "bin" / "python"))
    assert (tmp_path / "photo.jpg").exists()


@pytest.mark.parametrize("status", [0, 1, 2])
def test_the_exit_status_passes_through_and_children_speak_utf8(run, monkeypatch, status):
    code = f"import sys; sys.exit({status} if sys.flags.utf8_mode else 99)"
    monkeypatch.setattr(run, "environment", lambda _: sys.executable)
    monkeypatch.setattr(run, "command", lambda _: (["-c", code], None))
    assert run.main([]) == status
