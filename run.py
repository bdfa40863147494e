"""Set up colanalysis in a folder beside this file, once, and run it.

    python3 run.py              the report on the sample community
    python3 run.py test         all tests, on up to four cores; else what follows goes to pytest
    python3 run.py COMMAND ...  any other command of colanalysis, such as report, check, lab

Needs Python 3.11 or newer and nothing else. The environment goes to .venv, or to the folder that
COLANALYSIS_VENV names (a short path helps on Windows). COLANALYSIS_USE_CURRENT=1 uses the Python
that runs this file as it is: for a conda environment made from environment.yml.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
# All tests on several cores at once; a laptop's memory holds four reports in the making.
SPREAD = ["-n", "auto", "--maxprocesses", "4", "--dist", "worksteal"]
USABLE = f"import sys; sys.exit(sys.prefix == sys.base_prefix or sys.version_info < {OLDEST})"
NO_INSTALLER = """Found neither pip nor uv. On Debian or Ubuntu: sudo apt install python3-venv.
Elsewhere: install Python 3.11 or newer together with pip."""


class SetupError(Exception):
    """The environment could not be made; the text says why."""


def main(arguments: list[str]) -> int:
    """Run one command in the environment, made first if need be; return its exit status."""
    if sys.version_info < OLDEST:
        return _refuse(f"Found Python {sys.version.split()[0]}; colanalysis needs 3.11 or newer.")
    try:
        python = environment(os.environ)
    except (SetupError, OSError) as problem:
        return _refuse(f"colanalysis could not be set up. {problem}")
    words, folder = command(arguments)
    variables = {**os.environ, "PYTHONUTF8": "1"}
    status = subprocess.run([python, *words], cwd=folder, env=variables, check=False).returncode
    return status if status >= 0 else 128 - status  # ended by a signal: as a shell reports it


def command(arguments: list[str]) -> tuple[list[str], Path | None]:
    """Words for Python, and the folder to run them in (None: where the user stands)."""
    first, *rest = arguments or ["demo"]
    if first == "test":
        return ["-m", "pytest", *(rest or SPREAD)], ROOT
    return ["-m", "colanalysis", first, *rest], ROOT if first == "demo" else None


def environment(variables: Mapping[str, str]) -> str:
    """Python of the environment to run in, set up anew when what it is made from has changed."""
    if variables.get("COLANALYSIS_USE_CURRENT") == "1":
        return sys.executable
    venv = Path(variables.get("COLANALYSIS_VENV") or ROOT / ".venv").expanduser().absolute()
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    mark, wanted = venv / "colanalysis-stamp", stamp(ROOT)
    if not (python.exists() and mark.exists() and mark.read_text("utf-8") == wanted):
        print("Setting up colanalysis (once; about a minute) …", file=sys.stderr, flush=True)
        mark.unlink(missing_ok=True)
        make(venv, str(python))
        install(str(python))
        mark.write_text(wanted, "utf-8")  # last, so that a half-made environment is mended
    return str(python)


def stamp(root: Path) -> str:
    """Return a mark that changes with the lock, pyproject.toml, the Python version or the folder."""
    made_from = hashlib.sha256(f"{sys.version_info[:2]} {root}".encode())
    for name in ("requirements.lock", "pyproject.toml"):
        made_from.update((root / name).read_bytes())
    return made_from.hexdigest()


def make(venv: Path, python: str) -> None:
    """Make an environment, unless a usable one is there."""
    if _works([python, "-c", USABLE]):
        return
    if venv.exists() and not (venv / "pyvenv.cfg").exists() and any(venv.iterdir()):
        raise SetupError(f"{venv} holds something else: move it, or set COLANALYSIS_VENV.")
    made = _run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(venv)])
    if made.returncode:
        raise SetupError(_last_lines(made))


def install(python: str) -> None:
    """Install what the lock pins, then colanalysis, with the first installer that manages it."""
    steps = (
        ["--require-hashes", "-r", str(ROOT / "requirements.lock")],
        ["--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    )
    said = NO_INSTALLER
    for installer in installers(python, shutil.which("uv"), _works):
        for step in steps:
            tried = _run([*installer, *step])
            if tried.returncode:
                said = _last_lines(tried)
                break
        else:
            return
    raise SetupError(said)


def installers(
    python: str, uv: str | None, works: Callable[[list[str]], bool]
) -> Iterator[list[str]]:
    """Commands that install into the environment, best first; pip is only set up when reached."""
    if uv:
        yield [uv, "pip", "install", "--compile-bytecode", "--python", python]
    inside, outside = [python, "-m", "pip"], [sys.executable, "-m", "pip", "--python", python]
    # Debian's Python may lack ensurepip; the pip outside the environment then installs into it.
    if works([*inside, "--version"]) or works([python, "-m", "ensurepip"]):
        yield [*inside, "install", "--quiet"]
    elif works([*outside, "--version"]):
        yield [*outside, "install", "--quiet"]


def _run(words: list[str]) -> subprocess.CompletedProcess[str]:
    pipe, both = subprocess.PIPE, subprocess.STDOUT
    return subprocess.run(words, stdout=pipe, stderr=both, text=True, errors="replace", check=False)


def _works(words: list[str]) -> bool:
    return shutil.which(words[0]) is not None and _run(words).returncode == 0


def _last_lines(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join(["The installer's last lines:", *done.stdout.splitlines()[-15:]])


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
