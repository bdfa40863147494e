"""The sample, cut to sixty learners, and the ways to change one of its files."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

SAMPLE = Path(__file__).resolve().parent.parent.parent / "data" / "sample"
TABLES = ("providers", "learners", "enrolments", "observations", "survey", "local_knowledge",
          "resources", "resource_rules", "leadership")  # fmt: skip
SCHOOLS = ("P6", "S2")
# The sample has no counts of others; these stand in for them.
COUNTS = """\
provider_id,year,measure,n,n_success,year_level,ethnicity
P6,2024,reading_judgement,41,30,5,
P6,2024,reading_judgement,12,8,5,Māori
P6,2025,reading_judgement,38,c,5,
S2,2025,ncea_level_2,90,61,12,
"""
Rows = list[list[str]]


@cache
def cut() -> Mapping[str, Rows]:
    tables = {name: read(SAMPLE / f"{name}.csv") for name in TABLES}
    at: dict[str, set[str]] = {}
    for learner, provider, *_ in tables["enrolments"][1:]:
        at.setdefault(learner, set()).add(provider)
    both = [who for who, where in at.items() if where == {*SCHOOLS}][:25]
    stayed = [who for who, where in at.items() if len(where) == 1 and where < {*SCHOOLS}][:35]
    chosen = {*both, *stayed}
    for name in ("learners", "enrolments", "observations"):
        head, *rows = tables[name]
        tables[name] = [head, *(row for row in rows if row[0] in chosen)]
    head, *rows = tables["survey"]
    tables["survey"] = [head, *[row for row in rows if row[0] in SCHOOLS][::40]]
    return tables | {"counts": [line.split(",") for line in COUNTS.splitlines()]}


def sample(folder: Path) -> Path:
    """Write the sample, cut to sixty learners of two schools."""
    folder.mkdir()
    shutil.copy(SAMPLE / "community.toml", folder)
    for name, rows in cut().items():
        write(folder / f"{name}.csv", rows)
    return folder


def copied(whole: Path, folder: Path) -> Path:
    """Copy a folder of files."""
    folder.mkdir()
    for path in whole.iterdir():
        shutil.copyfile(path, folder / path.name)
    return folder


def read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write(path: Path, rows: Iterable[Sequence[str]], **style: object) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n", **style).writerows(rows)  # type: ignore[arg-type]


def row_with(rows: Rows, having: Mapping[str, str]) -> int:
    """The number of the first row, counted as a spreadsheet does, that has these texts."""
    head, *below = rows
    return next(
        number
        for number, row in enumerate(below, 2)
        if having.items() <= dict(zip(head, row, strict=True)).items()
    )


def data(folder: Path, file: str, change: Callable[[bytes], bytes]) -> None:
    path = folder / file
    path.write_bytes(change(path.read_bytes()))


def text(folder: Path, file: str, change: Callable[[str], str]) -> None:
    data(folder, file, lambda found: change(found.decode()).encode())


def rows(folder: Path, table: str, change: Callable[[Rows], Iterable[Sequence[str]]]) -> None:
    path = folder / f"{table}.csv"
    write(path, list(change(read(path))))


def column(folder: Path, table: str, name: str, change: Callable[[str], str]) -> None:
    """Change every cell of a column."""

    def changed(found: Rows) -> Rows:
        place = found[0].index(name)
        return [
            found[0],
            *([*row[:place], change(row[place]), *row[place + 1 :]] for row in found[1:]),
        ]

    rows(folder, table, changed)


def cell(folder: Path, table: str, row: int, name: str, new: str) -> None:
    def changed(found: Rows) -> Rows:
        found[row - 1][found[0].index(name)] = new
        return found

    rows(folder, table, changed)


def heading(folder: Path, table: str, old: str, new: str) -> None:
    rows(folder, table, lambda found: [[new if h == old else h for h in found[0]], *found[1:]])


def further(folder: Path, table: str, name: str, texts: Callable[[int], str]) -> None:
    """Put one more column behind the others."""
    rows(
        folder,
        table,
        lambda found: [[*found[0], name], *([*row, texts(i)] for i, row in enumerate(found[1:]))],
    )


def without(folder: Path, table: str, name: str) -> None:
    def changed(found: Rows) -> Rows:
        place = found[0].index(name)
        return [[*row[:place], *row[place + 1 :]] for row in found]

    rows(folder, table, changed)


def workbook(
    folder: Path, table: str, change: Callable[[openpyxl.Workbook], None] = lambda _: None,
    *, numbers: Collection[str] = (), keep: bool = False,
) -> Path:  # fmt: skip
    """Turn a table into a workbook, all text but for the columns that are ``numbers``."""
    path = folder / f"{table}.csv"
    head, *below = read(path)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(head)
    for row in below:
        sheet.append(
            [float(c) if h in numbers and c else c or None for h, c in zip(head, row, strict=True)]
        )
    change(book)
    if not keep:
        path.unlink()
    book.save(folder / f"{table}.xlsx")
    return folder / f"{table}.xlsx"


def parquet(folder: Path, table: str, **arrays: Callable[[list[str]], pa.Array]) -> Path:
    """Turn a table into a Parquet file, all text but for the columns that ``arrays`` makes."""
    path = folder / f"{table}.csv"
    head, *below = read(path)
    columns = dict(zip(head, map(list, zip(*below, strict=True)), strict=True))
    made = {name: arrays.get(name, pa.array)(cells) for name, cells in columns.items()}
    path.unlink()
    pq.write_table(pa.table(made), folder / f"{table}.parquet")
    return folder / f"{table}.parquet"
