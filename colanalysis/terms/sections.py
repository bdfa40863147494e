"""Sections of the report's page: which there are, and which a community wants, in which order.

An id names a section of the report's notebook, whose heading carries the tag ``section:ID``. A path
that ends in .ipynb is a notebook in the community's folder, which becomes a section of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from colanalysis.errors import SettingsError
from colanalysis.terms import keys

__all__ = ["ALWAYS", "IDS", "chosen", "is_own", "own"]

IDS = (
    "in_short", "changes", "own", "successes", "challenges", "affected", "candidates", "resources",
    "leadership", "local_knowledge", "shift", "behind",
)  # fmt: skip
# Whoever reads a page has to be told who is counted in it and how they are protected.
ALWAYS = "behind"


def is_own(name: str) -> bool:
    """Say whether a section is a notebook of the community's own."""
    return name.endswith(".ipynb")


def chosen(names: Sequence[str], folder: Path, *, where: str) -> tuple[str, ...]:
    """Give the sections that a community has chosen, if each of them exists and stands there once.

    SettingsError for a section that does not exist or stands there twice, for a notebook that is not
    in the folder, and where the section that no page can do without is left out.
    """
    for place, name in enumerate(names):
        if is_own(name):
            own(name, folder, where=where)
        elif name not in IDS:
            raise keys.unknown(name, [*IDS, "the path of a notebook of yours"], where=where)
        if name in names[:place]:
            raise SettingsError(f'found "{name}" twice', where=where, expected="each section once")
    if ALWAYS not in names:
        raise SettingsError(
            f'found no "{ALWAYS}"',
            where=where,
            expected=f'"{ALWAYS}" among the sections: no page may leave out who is counted in it '
            "and how they are protected",
        )
    return tuple(names)


def own(name: str, folder: Path, *, where: str) -> Path:
    """Find a community's own notebook; SettingsError unless it lies in the community's folder."""
    try:
        path = (folder / name).resolve()
        inside, there = path.is_relative_to(folder.resolve()), path.is_file()
    except (OSError, ValueError, RuntimeError):  # a path with a NUL in it, or links in a circle
        inside, there = True, False
    if inside and there:
        return path
    raise SettingsError(
        f'found no notebook "{name}"' if inside else f'found "{name}", which lies elsewhere',
        where=where,
        expected="a notebook in the community's folder, as seen from there",
    )
