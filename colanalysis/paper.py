"""Paper: a page as a tagged PDF, printed by a browser that this machine has.

The browser is asked for nothing but the print: no window, no network, a profile that is thrown away.
What it adds to the PDF (the time, its own name and system, numbers that it counts on) is taken out, so
the same page gives the same bytes.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from colanalysis.errors import ReportError, UsageError

__all__ = ["NAMED", "browser", "printed", "whole"]

NAMED = "COLANALYSIS_BROWSER"
SECONDS = 120.0

_ON_PATH = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge",
    "microsoft-edge-stable", "msedge", "chrome",
)  # fmt: skip
_ON_WINDOWS = (
    "Microsoft/Edge/Application/msedge.exe",
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
)
_ON_MACOS = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "Chromium.app/Contents/MacOS/Chromium",
)
_ASKED = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
    # Nothing is fetched: no updates, no lists, and whatever a page might name is not found.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    # What a PDF names as its maker; a browser would tell its system and version.
    "--user-agent=colanalysis",
    "--no-pdf-header-footer",
    "--export-tagged-pdf",
    "--generate-pdf-document-outline",
)
_TIMES = re.compile(rb"/(?:CreationDate|ModDate) \(D:[^()]{0,40}\)")
_NODE = re.compile(rb"\(node(\d{8})\)")
_TAGS = (b"/StructTreeRoot", b"/Marked true", b"/Lang")


def browser() -> Path:
    """The browser that prints: the one that COLANALYSIS_BROWSER names, else one that is found here.

    UsageError where there is none.
    """
    named = os.environ.get(NAMED, "")
    found = shutil.which(named) if named else next(_found(), None)
    if found is None:
        raise UsageError(
            f"{NAMED} names a program that is not there" if named else "found no browser",
            where="PDF",
            expected="Microsoft Edge, Google Chrome or Chromium, which print the page",
            remedy=f"Install one of them, or name the program in the variable {NAMED}; without "
            "--pdf no browser is needed.",
        )
    return Path(found)


def _found() -> Iterator[str]:
    """Browsers of this machine, those on the path first."""
    yield from filter(None, map(shutil.which, _ON_PATH))
    folders: list[Path] = []
    names: tuple[str, ...] = ()
    if sys.platform == "win32":
        places = ("PROGRAMFILES(X86)", "PROGRAMFILES", "LOCALAPPDATA")
        folders = [Path(os.environ[place]) for place in places if place in os.environ]
        names = _ON_WINDOWS
    elif sys.platform == "darwin":
        folders, names = [Path("/Applications"), Path.home() / "Applications"], _ON_MACOS
    yield from (
        str(one) for name in names for folder in folders if (one := folder / name).is_file()
    )


def printed(page: Path, browser: Path, *, seconds: float = SECONDS, own_group: bool = True) -> Path:
    """Print a page beside itself as a PDF with title, language, tags and outline; return its path.

    ``own_group``: end all processes of the browser when this one stops waiting; a process that is
    itself ended with its whole group keeps the browser in it. ReportError where no such PDF comes.
    """
    made = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        command = [
            str(browser), *_ASKED, *_as_root(), f"--user-data-dir={profile}",
            f"--print-to-pdf={made}", page.resolve().as_uri(),
        ]  # fmt: skip
        status = _ended(command, seconds, own_group and os.name == "posix")
    fault = _fault(made, status, seconds)
    if fault:
        made.unlink(missing_ok=True)
        raise _failed(browser, fault)
    made.write_bytes(_steady(made.read_bytes()))
    return made


def whole(pdf: Path) -> bool:
    """Whether a PDF is there from its first line to its last."""
    if not pdf.is_file():
        return False
    told = pdf.read_bytes()
    return told.startswith(b"%PDF-") and told.rstrip().endswith(b"%%EOF")


def _fault(made: Path, status: int | None, seconds: float) -> str:
    """What is wrong with a print, or "" where nothing is."""
    if status is None:
        return f"printing took longer than {seconds:g} seconds"
    if not whole(made):
        return f"the browser ended with status {status} and without a whole PDF"
    told = made.read_bytes()
    if any(tag not in told for tag in _TAGS):
        return "the browser printed a PDF that cannot be read aloud (no tags)"
    return ""


def _steady(pdf: bytes) -> bytes:
    """A PDF without times, its table cells named from 1; all else stays in the place it is known by."""
    blank = _TIMES.sub(lambda found: b" " * len(found[0]), pdf)
    # A browser goes on counting from whatever it has counted before.
    first = min(map(int, _NODE.findall(blank)), default=0)
    return _NODE.sub(lambda found: b"(node%08d)" % (int(found[1]) - first + 1), blank)


def _as_root() -> list[str]:
    """Chromium refuses to work for root within its sandbox; containers have no other user."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def _ended(command: list[str], seconds: float, own_group: bool) -> int | None:
    """Run a browser and give the status it ended with; None where it had to be ended."""
    nowhere = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=own_group
        )
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise _failed(Path(command[0]), f"the browser cannot be started ({said})") from error
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if own_group:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


def _failed(browser: Path, found: str) -> ReportError:
    return ReportError(
        found,
        where=browser.name,
        expected="a tagged PDF of the page",
        remedy=f"Update the browser, name another in the variable {NAMED}, or leave out --pdf",
    )
