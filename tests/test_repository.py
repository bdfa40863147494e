"""The files of the repository agree with one another."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from colanalysis.terms import sections

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "colanalysis"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.stem[:2] != "__"
}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TAGS = {"parameters", "setup", "facilitator", *(f"section:{name}" for name in sections.IDS)}
ASKED_FOR = {
    "jupyterlab", "pandas", "numpy", "matplotlib", "seaborn", "ipywidgets", "papermill", "pytest",
}  # fmt: skip
HEAVY = {
    "matplotlib": {"explore"},
    "seaborn": {"explore"},
    "papermill": {"executing.engine", "executing.execute", "executing.kernel"},
    "nbconvert": {"export"},
    "IPython": {"executing.shell"},
    "nbclient": set(),
    "nbformat": {"executing.notebooks", "executing.running"},
    "ipywidgets": {"ask", "explore"},
}

# Needed only where the tests are run, or where other machines make the pages.
OPTIONAL = {("commands.trial", "pytest"), ("batching.cluster", "distributed")}

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
every_module = pytest.mark.parametrize("module", MODULES)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def by_name(lines: list[str]) -> dict[str, str]:
    found = [Requirement(line) for line in lines]
    return {canonicalize_name(one.name): str(one.specifier) for one in found}


# pyproject.toml, environment.yml and requirements.lock


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads(text("pyproject.toml"))["project"]


@pytest.fixture(scope="module")
def asked(project) -> dict[str, str]:
    """Every package of pyproject.toml with its bounds."""
    return by_name([*project["dependencies"], *sum(project["optional-dependencies"].values(), [])])


@pytest.fixture(scope="module")
def conda() -> list:
    return yaml.safe_load(text("environment.yml"))["dependencies"]


@pytest.fixture(scope="module")
def locked() -> list[Requirement]:
    lines = [line.rstrip(" \\") for line in text("requirements.lock").splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith((" ", "#"))]


def test_environment_names_what_pyproject_names_with_the_same_bounds(asked, conda, project):
    listed = by_name([line for line in conda if isinstance(line, str)])
    assert listed.pop("python") == project["requires-python"]
    assert listed.pop("pip") == ""
    only_pip = {"axe-playwright-python", "playwright", "editables", "hatchling"}
    assert listed == {name: bounds for name, bounds in asked.items() if name not in only_pip}
    assert conda[-1] == {"pip": ["-e .[test]"]}


def test_environment_comes_from_conda_forge_alone():
    assert yaml.safe_load(text("environment.yml"))["channels"] == ["conda-forge", "nodefaults"]


def test_the_packages_asked_for_are_named(asked, conda):
    names = {Requirement(line).name for line in conda if isinstance(line, str)}
    assert names >= ASKED_FOR
    assert set(asked) >= ASKED_FOR


def test_lock_holds_every_package_within_its_bounds(asked, locked):
    for name, bounds in asked.items():
        pins = [one.specifier for one in locked if canonicalize_name(one.name) == name]
        assert pins, f"{name} is not in requirements.lock"
        for pin in pins:
            version = Version(str(pin).removeprefix("=="))
            assert version in Requirement(f"{name}{bounds}").specifier, f"{name}: {version}"


def test_lock_holds_one_pin_of_each_package_here(locked):
    here = [one for one in locked if one.marker is None or one.marker.evaluate()]
    assert len({canonicalize_name(one.name) for one in here}) == len(here)


def test_lock_has_a_hash_for_every_pin(locked):
    blocks = re.split(r"\n(?=\S)", text("requirements.lock").strip())
    assert len(blocks) == len(locked)
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", block) for block in blocks)


def test_what_is_installed_here_is_what_the_lock_pins(asked, locked):
    for one in locked:
        applies = one.marker is None or one.marker.evaluate()
        if applies and one.name in asked and one.name not in {"editables", "hatchling"}:
            assert importlib.metadata.version(one.name) in one.specifier


@pytest.mark.parametrize("name", ["requirements.lock", "environment.yml"])
def test_no_address_in_files_that_pin(name):
    assert not re.search(r"(https?|file)://|@ ", text(name))


def test_every_import_is_a_declared_dependency(project):
    declared = set(by_name(project["dependencies"]))
    ships = importlib.metadata.packages_distributions()
    for module, path in MODULES.items():
        for name in imported(path) - sys.stdlib_module_names - {"colanalysis"}:
            homes = {canonicalize_name(home) for home in ships.get(name, [])}
            if (module, name) in OPTIONAL:
                continue
            assert homes & declared, f"{module} imports {name}, which pyproject.toml does not name"


def test_every_import_of_the_tests_is_declared(asked):
    ships = importlib.metadata.packages_distributions()
    ours = {"colanalysis", *(path.stem for path in (ROOT / "tests").iterdir())}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for name in imported(path) - sys.stdlib_module_names - ours:
            homes = {canonicalize_name(home) for home in ships.get(name, [])}
            assert homes & set(asked), f"{path.name} imports {name}, which pyproject.toml lacks"


# README.md, ARCHITECTURE.md and the modules


def imported(path: Path) -> set[str]:
    """First names of everything a file imports, wherever in the file."""
    return {name.split(".")[0] for name in imported_names(path)}


def imported_names(path: Path) -> Iterator[str]:
    """Dotted names of everything a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "colanalysis" if node.level else ""
            start = ".".join(filter(None, [base, node.module or ""]))
            yield from (f"{start}.{alias.name}" for alias in node.names)


def own_imports(path: Path) -> set[str]:
    """Modules of colanalysis that a file imports, by their names in ``MODULES``."""
    parts = [name.split(".")[1:] for name in imported_names(path) if name.startswith("colanalysis")]
    return {".".join(p[:n]) for p in parts for n in (1, 2)} & set(MODULES)


@pytest.fixture(scope="module")
def layers() -> dict[str, tuple[int, int]]:
    """Layer of each module and its place in its package, from the table in ARCHITECTURE.md."""
    section = text("ARCHITECTURE.md").split("\n## Modules", 1)[1].split("\n## ", 1)[0]
    found: dict[str, tuple[int, int]] = {}
    for room, layer, inside in re.findall(
        r"^\|\s*`(\w+)`\s*\|\s*(\d+)\s*\|[^|]*\|([^|]*)\|$", section, flags=re.MULTILINE
    ):
        names = [f"{room}.{name}" for name in re.findall(r"`(\w+)`", inside)] or [room]
        assert not set(names) & set(found), "a module stands in the table twice"
        found |= {name: (int(layer), place) for place, name in enumerate(names)}
    return found


@pytest.mark.parametrize("command", ["python3 run.py", "python3 run.py test"])
def test_readme_names_the_two_commands(command):
    assert re.search(rf"^{re.escape(command)}(\s{{2,}}|$)", text("README.md"), flags=re.MULTILINE)


def test_architecture_lists_every_module_and_no_other(layers):
    assert set(layers) == set(MODULES)


@every_module
def test_imports_go_one_way(layers, module):
    here, room = layers[module], module.partition(".")[0]
    wrong = {
        name
        for name in own_imports(MODULES[module])
        if layers[name][0] >= here[0] and not (name.startswith(f"{room}.") and layers[name] < here)
    }
    assert not wrong, f"{module} {here} imports {sorted(wrong)}"


def test_the_package_itself_imports_nothing():
    assert own_imports(PACKAGE / "__init__.py") == set()
    assert own_imports(PACKAGE / "__main__.py") == {"cli"}


@pytest.mark.parametrize("library", HEAVY)
def test_heavy_libraries_are_imported_in_one_place(library):
    users = {module for module, path in MODULES.items() if library in imported(path)}
    assert users <= HEAVY[library]


# Notebooks


def cells(path: Path, kind: str = "") -> list[dict]:
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if kind in ("", cell["cell_type"])]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def tags(cell: dict) -> list[str]:
    return cell["metadata"].get("tags", [])


def test_there_are_notebooks():
    assert NOTEBOOKS


@every_notebook
def test_notebook_is_kept_without_results(path):
    assert "papermill" not in json.loads(path.read_text(encoding="utf-8"))["metadata"]
    for cell in cells(path):
        assert "papermill" not in cell["metadata"]
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@every_notebook
def test_notebook_opens_with_its_one_top_heading(path):
    first, *_ = cells(path)
    prose = "\n".join(source(cell) for cell in cells(path, "markdown"))
    assert first["cell_type"] == "markdown"
    assert source(first).startswith("# ")
    assert len(re.findall(r"^# ", prose, flags=re.MULTILINE)) == 1


@every_notebook
def test_notebook_has_a_title(path):
    assert json.loads(path.read_text(encoding="utf-8"))["metadata"].get("title")


@every_notebook
def test_notebook_holds_calls_only(path):
    for cell in cells(path, "code"):
        assert len(source(cell).strip().splitlines()) <= 6, source(cell)
        kinds = {type(node) for node in ast.walk(ast.parse(source(cell)))}
        assert not kinds & {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef}, source(cell)


@every_notebook
def test_notebook_has_known_tags_only(path):
    assert {tag for cell in cells(path) for tag in tags(cell)} <= TAGS


@every_notebook
def test_papermill_sees_every_parameter(path):
    import papermill

    [cell] = [cell for cell in cells(path, "code") if "parameters" in tags(cell)]
    body = ast.parse(source(cell)).body
    targets = [
        target
        for node in body
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    assert {target.id for target in targets} == set(papermill.inspect_notebook(str(path)))


# Style and size


@pytest.mark.parametrize("words", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_is_content(words):
    ruff = [sys.executable, "-m", "ruff", *words, "--no-cache", "--quiet", "."]
    done = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_large_file_is_kept():
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git clone, or no git here")
    names = [name for name in done.stdout.split("\0") if (ROOT / name).is_file()]
    assert names
    assert [name for name in names if (ROOT / name).stat().st_size > 6_000_000] == []
