"""Draft the [[source]] of an export: its table, and which of its columns is which of ours.

What the module promises: only what is known by its exact name stands in a profile; what comes near
is a comment, and every [[source]] is one, so that nothing is read before somebody says so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

import pandas as pd

from colanalysis.starting import shapes
from colanalysis.starting.shapes import Shape, quoted, to_fill_in
from colanalysis.terms import profiles
from colanalysis.terms.schema import column_name

__all__ = ["blocks", "one_line", "profile_name", "source_text"]


def blocks(found: pd.DataFrame, *, kept: Collection[str] = ()) -> str:
    """Write a commented [[source]] for each of the exports `found` (`file`, `columns`).

    An export that is named like one of the profiles `kept` in the folder uses it; for any other a
    profile is drafted, and for a file that holds several things one for each. Without exports there
    is an example.
    """
    written: list[str] = []
    named: set[str] = set()
    for file, columns in found.values:
        headings = columns.split("; ") if columns else []
        drafts = shapes.recognised(headings)
        if (name := profile_name(file)) in kept:
            uses = f"# profile = {quoted(name)}  # profiles/{name}.toml"
            written.append(_source(file, columns, [uses]))
        elif not drafts:
            untold = "# which table this is cannot be told from its columns: nothing is drafted"
            lines = [*([untold] if columns else []), *_by_itself(headings)]
            written.append(_source(file, columns, lines))
        else:
            for place, shape in enumerate(drafts):
                path = PurePosixPath(file)
                called = path.with_stem(f"{path.stem}_{shape.part}") if place else path
                name = profile_name(str(called), taken=[*kept, *named])
                uses = f"# profile = {quoted(name)}  # look through it first, then take the # away"
                again = ["# the same export, for what else it holds", uses]
                block = _block(file, again) if place else _source(file, columns, [uses])
                written += [_profile(name, shape), block]
                named.add(name)
        named.add(name)
    return "\n\n".join(written) or _source("exports/results.csv", "", _by_itself([]))


def profile_name(file: str, *, taken: Collection[str] = ()) -> str:
    """Name the profile of an export after its file, with a number where the name is taken."""
    name = column_name(PurePosixPath(file).stem)[:50].strip("_")
    name = name if profiles.is_name(name) else f"export_{name}".strip("_")
    numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
    return next(free for free in (name, *numbered) if free not in taken)


def source_text(file: str, profile: str, lacking: Sequence[str]) -> str:
    """Write the block of a file that has a profile, and what no column of it tells, to fill in."""
    return "\n".join(
        [
            "[[source]]",
            f"file = {quoted(file)}",
            f"profile = {quoted(profile)}",
            *([f"constants = {to_fill_in(lacking)}"] if lacking else []),
        ]
    )


def one_line(text: str) -> str:
    """Write a text as a comment may have it, without what would end the line."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _profile(name: str, shape: Shape) -> str:
    head = f"profile.{quoted(name)}"
    tables = [[f"[{head}.{table}]", *lines] for table, lines in shape.tables.items()]
    return "\n".join([f"[{head}]", *shape.lines, *(line for lines in tables for line in lines)])


def _source(file: str, columns: str, lines: Sequence[str]) -> str:
    told = f"its columns: {one_line(columns)}" if columns else "its columns were not recognised"
    return _block(file, [f"# {told}", *lines])


def _block(file: str, lines: Sequence[str]) -> str:
    return "\n".join(["# [[source]]", f"# file = {quoted(file)}", *lines])


def _by_itself(headings: Sequence[str]) -> list[str]:
    theirs = headings[0] if headings else "NSN"
    return [
        '# reader = "tidy"  # one row is one row of a table; "wide": one row is a learner',
        '# table = "observations"',
        f'# columns = {{ {quoted(theirs)} = "learner_id" }}  # theirs = ours',
    ]
