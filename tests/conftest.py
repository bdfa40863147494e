"""What several test files share: sample and real data, a browser, seeded numbers, quiet charts."""

from __future__ import annotations

import os
import shutil
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import numpy as np
import pytest

if TYPE_CHECKING:
    from colanalysis.evidence import Evidence
    from colanalysis.sealed import Release

ROOT = Path(__file__).resolve().parent.parent

os.environ["MPLBACKEND"] = "Agg"  # before anything imports matplotlib, and for every kernel started
hypothesis.settings.register_profile("same every run", deadline=None, derandomize=True)
hypothesis.settings.load_profile("same every run")


@pytest.fixture(scope="session")
def sample() -> Path:
    """Folder of the made-up community."""
    return ROOT / "data" / "sample"


@pytest.fixture(scope="session")
def gathered(sample: Path) -> Evidence:
    """Exact evidence of the made-up community; tests change copies only."""
    from colanalysis import evidence

    return evidence.gather(sample)


@pytest.fixture(scope="session")
def public(gathered: Evidence) -> Release:
    """Public release of the made-up community; tests change copies only."""
    from colanalysis import release

    return release.seal(gathered)


@pytest.fixture(scope="session")
def real() -> Path:
    """Folder of real public data files, kept beside the repository, never in it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data files are not beside this repository")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium-like browser on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome", "msedge")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"no browser on PATH (looked for {', '.join(names)})")
    return found


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers that are the same at every run of the test that asks for them."""
    return np.random.default_rng(zlib.crc32(request.node.name.encode()))


@pytest.fixture(autouse=True)
def _figures_closed() -> Iterator[None]:
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")
