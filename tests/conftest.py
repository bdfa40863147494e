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
import pandas as pd
import pytest

if TYPE_CHECKING:
    from builders import Small

    from colanalysis.evidence import Evidence
    from colanalysis.sealed import Release

ROOT = Path(__file__).resolve().parent.parent

os.environ["MPLBACKEND"] = "Agg"  # before anything imports matplotlib, and for every kernel started
hypothesis.settings.register_profile("same every run", deadline=None, derandomize=True)
hypothesis.settings.load_profile("same every run")


@pytest.fixture(scope="session", autouse=True)
def _keys_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keys of the tests' communities lie in a folder of this run, also for the kernels started.

    Communities with the id "t" have the same key in every run, and with it the same numbers.
    """
    folder = tmp_path_factory.mktemp("settings of nobody")
    keys = folder / "colanalysis" / "keys"
    keys.mkdir(mode=0o700, parents=True)
    (keys / "t.key").touch(mode=0o600)
    (keys / "t.key").write_text(f"A key for tests\n{'5a' * 32}\n", encoding="ascii")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        patch.setenv("APPDATA", str(folder))
        yield


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
    from colanalysis import ledger, release

    # What its ledger holds was audited when it was made, and is not audited at every run.
    before = ledger.admit(ledger.read(gathered.community), gathered)
    return release.seal(gathered, before=before)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """A small community with its public release, audited; tests change copies only."""
    from builders import SETTINGS, Small, files, put

    from colanalysis import evidence, release

    rows = files(np.random.default_rng(21), learners=300)
    protocol = '[privacy]\npurpose = "why"\napprover = "who"\nexpires = 2999-12-31\n'
    folder = put(tmp_path_factory.mktemp("small"), rows, SETTINGS + protocol)
    gathered = evidence.gather(folder)
    return Small(rows, folder, gathered, release.seal(gathered))


@pytest.fixture
def unaudited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is sealed in a test is decided by the rules alone.

    For evidence of the made-up community that a test has changed: its audit would take minutes.
    """
    from colanalysis.auditing.audit import Audit
    from colanalysis.publishing import decide

    nothing = pd.DataFrame(columns=decide.LOOKED_AT)
    monkeypatch.setattr(decide.audit, "audit", lambda told, *_: Audit(told, nothing))


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
