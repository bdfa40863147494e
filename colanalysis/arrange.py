"""Arrange: a report's notebook run with the sections that were chosen, in the order of the choice.

A community's own notebook is run by itself, on the same sealed release, and stands in its place as one
of the sections. What was not chosen is not run.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from colanalysis import export
from colanalysis.errors import ReportError, UsageError
from colanalysis.executing import execute, notebooks, parameters
from colanalysis.terms import sections
from colanalysis.terms.settings import Community

__all__ = ["own", "run"]

TAG = "section:"
RELEASE = "release"
# Cells of no section; what comes before the first section is of none either.
NONE = ""

_HEADING = re.compile(r" {0,3}(#{1,5})(?=\s|$)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def own(community: Community) -> list[Path]:
    """Find the notebooks that a community has made sections of its report.

    SettingsError for one that is not in its folder; UsageError for one that cannot be given a release.
    """
    names = [name for name in community.sections or () if sections.is_own(name)]
    found = [_own(name, community.folder) for name in names]
    for notebook in found:
        if RELEASE not in parameters.declared(notebook):
            raise UsageError(
                f"found no parameter {RELEASE}",
                where=notebook.name,
                expected='the line release: str = "" in the cell tagged parameters',
            )
    return found


def run(
    notebook: Path,
    values: Mapping[str, object],
    *,
    chosen: Sequence[str] | None,
    folder: Path | None = None,
    alone: bool = False,
) -> Any:
    """Run a notebook and give what came out, its sections arranged as they were chosen.

    ``folder``: where the community's own notebooks lie; ``alone`` as for `execute.run`. All is run as it
    is where nothing was chosen, and of a notebook whose headings have no tags of sections. ReportError
    as `execute.run` raises it, and where a section was chosen that the notebook does not have.
    """
    if chosen is None:
        return execute.run(notebook, values, alone=alone)
    there = set(_sections(notebooks.read(notebook).cells)) - {NONE}
    if not there:
        return execute.run(notebook, values, alone=alone)
    absent = [name for name in chosen if not sections.is_own(name) and name not in there]
    if absent:
        raise ReportError(
            f"found no section {', '.join(absent)}",
            where=notebook.name,
            expected=f"headings tagged {TAG}{absent[0]} and so on, or another choice of sections",
        )
    ran = _with_only(notebook, values, chosen, alone)
    parts: dict[str, list[Any]] = {}
    for cell, name in zip(ran.cells, _sections(ran.cells), strict=True):
        parts.setdefault(name, []).append(cell)
    release = str(values[RELEASE])
    for name in filter(sections.is_own, chosen):
        parts[name] = _own_section(_own(name, folder), release, alone)
    arranged = [cell for name in (NONE, *chosen) for cell in parts.get(name, [])]
    return type(ran)({**ran, "cells": arranged})


def _own(name: str, folder: Path | None) -> Path:
    if folder is None:
        raise UsageError(
            f'found the section "{name}"', expected="the folder of the community in which it lies"
        )
    return sections.own(name, folder, where="section")


def _sections(cells: Sequence[Any]) -> list[str]:
    """The section in which each cell stands; what is set up stands in none, wherever it is."""
    found, now = [], NONE
    for cell in cells:
        tags = cell.metadata.get("tags", [])
        now = next((tag.removeprefix(TAG) for tag in tags if tag.startswith(TAG)), now)
        found.append(NONE if export.REMOVED.intersection(tags) else now)
    return found


def _with_only(
    notebook: Path, values: Mapping[str, object], chosen: Collection[str], alone: bool
) -> Any:
    """Run a notebook in which the cells of other sections are blank.

    They stay where they are, so that an error names a cell by its number in the file.
    """
    node = notebooks.read(notebook)
    for cell, name in zip(node.cells, _sections(node.cells), strict=True):
        if name != NONE and name not in chosen:
            cell.source = ""
    with tempfile.TemporaryDirectory(prefix="colanalysis-") as place:
        blanked = Path(place) / notebook.name
        blanked.write_text(json.dumps(node), encoding="utf-8")
        return execute.run(blanked, values, alone=alone)


def _own_section(notebook: Path, release: str, alone: bool) -> list[Any]:
    """Run a community's own notebook on a release and give its cells as a section of the page."""
    node = execute.run(notebook, {RELEASE: release}, alone=alone)
    tops = 0
    for cell in node.cells:
        if cell.cell_type == "markdown":
            cell.source, own_tops = _one_down(cell.source)
            tops += own_tops
    if tops != 1:
        raise ReportError(
            f"found {tops} titles",
            where=notebook.name,
            expected="one line that begins with # and a blank: it becomes the heading of the section",
        )
    export.admit_part(node, where=notebook.name)
    return list(node.cells)


def _one_down(text: str) -> tuple[str, int]:
    """Markdown with each heading one level down, and how many were of the first.

    >>> _one_down("# Kapa haka")
    ('## Kapa haka', 1)
    """
    lines, tops, fence = [], 0, ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence:
            ends = mark and mark[1].startswith(fence) and not line.strip(" `~")
            fence = "" if ends else fence
        elif mark:
            fence = mark[1]
        elif heading := _HEADING.match(line):
            tops += len(heading[1]) == 1
            line = line.replace("#", "##", 1)
        lines.append(line)
    return "\n".join(lines), tops
