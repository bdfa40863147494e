"""Program: all that is executed here as one digest, so that what another program made is not taken for ours."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_OURS = (".py", ".toml", ".csv", ".j2", ".json", ".css")


@cache
def digest(*libraries: str) -> bytes:
    """One digest of this package, with its tables and templates, and of the versions of libraries."""
    told = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in libraries).encode())
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in _OURS:
            told.update(path.read_bytes())
    return told.digest()
