"""Lines, delimiters and quotation marks."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from damages.folder import cell, column, data, read, rows, text, write
from damages.registry import ALL, Damage, Do, Told, add, harmless, refused, told


@harmless
def line_ends_of_windows(folder: Path) -> None:
    data(folder, "observations.csv", lambda found: found.replace(b"\n", b"\r\n"))


@harmless
def line_ends_of_old_macintosh(folder: Path) -> None:
    data(folder, "observations.csv", lambda found: found.replace(b"\n", b"\r"))


@harmless
def line_ends_of_all_kinds(folder: Path) -> None:
    def mixed(found: bytes) -> bytes:
        lines = found.splitlines()
        return b"".join(line + (b"\n", b"\r\n")[i % 2] for i, line in enumerate(lines))

    data(folder, "observations.csv", mixed)


@harmless
def no_line_end_at_the_end(folder: Path) -> None:
    data(folder, "observations.csv", lambda found: found.rstrip(b"\n"))


@harmless
def blank_lines_between_the_rows(folder: Path) -> None:
    data(folder, "observations.csv", lambda found: found.replace(b"\n", b"\n\n"))


@harmless
def rows_of_delimiters_below_the_table(folder: Path) -> None:
    data(folder, "observations.csv", lambda found: found + b",,,,,,\n" * 300)


@harmless
def blanks_around_every_cell(folder: Path) -> None:
    rows(folder, "observations", lambda found: [[f"  {c} " for c in row] for row in found])


def _delimited(mark: str) -> Do:
    return lambda folder: write(
        folder / "observations.csv", read(folder / "observations.csv"), delimiter=mark
    )


for _name, _mark in (("semicolons", ";"), ("tabs", "\t")):
    add(Damage(f"{_name} between the fields", _delimited(_mark)))
add(
    Damage(
        "bars between the fields",
        _delimited("|"),
        told=(
            *(
                Told("missing column", "observations.csv", (ALL,), name)
                for name in ("learner_id", "provider_id", "year", "measure", "value")
            ),
        ),
    )
)


@refused("observations.csv, row 3", "1 fields", "7 as in the first row")
def delimiters_of_two_kinds(folder: Path) -> None:
    def mixed(found: str) -> str:
        lines = found.split("\n")
        lines[2] = lines[2].replace(",", ";")
        return "\n".join(lines)

    text(folder, "observations.csv", mixed)


@refused("observations.csv, row 2", "7 fields")
def line_that_tells_the_delimiter(folder: Path) -> None:
    data(folder, "observations.csv", lambda found: b"sep=,\n" + found)


@refused("observations.csv, row 4", "8 fields", "7 as in the first row")
def decimal_comma_without_quotation_marks(folder: Path) -> None:
    def spoilt(found: str) -> str:
        lines = found.split("\n")
        lines[3] = re.sub(r"0\.(\d+)", r"0,\1", lines[3])
        return "\n".join(lines)

    text(folder, "observations.csv", spoilt)


@refused("observations.csv, row 5", "8 fields")
def line_with_too_many_cells(folder: Path) -> None:
    rows(folder, "observations", lambda found: [*found[:4], [*found[4], "5"], *found[5:]])


@refused("observations.csv, row 5", "6 fields")
def line_without_enough_cells(folder: Path) -> None:
    rows(folder, "observations", lambda found: [*found[:4], found[4][:-1], *found[5:]])


@refused("resources.csv, row 2", "quotation marks")
def quotation_mark_left_open(folder: Path) -> None:
    text(folder, "resources.csv", lambda found: found.replace("Time", '"Time', 1))


@refused("resources.csv, row 2", "quotation marks")
def quotation_mark_within_a_quoted_cell(folder: Path) -> None:
    text(folder, "resources.csv", lambda found: found.replace("Time", '"Ti"me', 1))


@harmless
def quotation_marks_around_every_cell(folder: Path) -> None:
    write(folder / "observations.csv", read(folder / "observations.csv"), quoting=csv.QUOTE_ALL)


@harmless
def line_ends_within_cells(folder: Path) -> None:
    column(folder, "learners", "preferred_name", lambda found: f"{found}\n,{found}")


@told("unknown learner", "observations.csv", 2, "learner_id")
def apostrophe_that_keeps_an_id_a_text(folder: Path) -> None:
    cell(folder, "observations", 2, "learner_id", "'00014")
