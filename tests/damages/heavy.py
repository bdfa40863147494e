"""Files that would fill the memory: tried in a process of their own, whose memory is measured."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from damages.folder import cut, workbook
from damages.registry import heavy_and_harmless, refused

SHEET = "xl/worksheets/sheet1.xml"
GIB, MB = 1 << 30, 1_000_000
LEARNERS = 42_000
MEASURES = ("attendance", "stand_down", "managing_self", "relating_to_others", "thinking",
            "participating_contributing", "language_symbols_texts", "whanau_engagement",
            "expected_progress", "ncea_corequisite")  # fmt: skip


def repacked(path: Path, change: dict[str, bytes]) -> None:
    """Write a workbook anew with other parts in the place of its own."""
    with zipfile.ZipFile(path) as found:
        parts = {name: found.read(name) for name in found.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in (parts | change).items():
            packed.writestr(name, part)


# What is said of the good rows, how many are used and what their scores add up to. Half of all
# values are successes: 1 against 0 for yes and no, 2 against 0 for a level, 0.95 against 0.85.
_EACH = LEARNERS * 16 // 2
FOUND = ["not enrolled", f"{20 * _EACH} {round(_EACH * (4 * 1 + 5 * 2 + 1.8), 3)}"]


def _zeros(folder: Path, blocks: int) -> Path:
    """Turn the learners into a workbook whose sheet is so many blocks of ten million zeros and one."""
    path = workbook(folder, "learners")
    with zipfile.ZipFile(path) as found:
        parts = {name: found.read(name) for name in found.namelist() if name != SHEET}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
        with packed.open(SHEET, "w", force_zip64=True) as sheet:
            for _ in range(blocks):
                sheet.write(_BLOCK)
    return path


_BLOCK = bytes(10_000_001)


@refused("learners.xlsx", "the workbook unpacks to more than 400,000,000 bytes", heavy=True)
def sheet_that_unpacks_to_two_gibibytes(folder: Path) -> None:
    _zeros(folder, 2 * GIB // len(_BLOCK) + 1)


@refused("learners.xlsx", "the workbook cannot be opened", heavy=True)
def sheet_that_unpacks_to_more_than_it_tells(folder: Path) -> None:
    path = _zeros(folder, 60)
    size = struct.pack("<I", 60 * len(_BLOCK))
    data = path.read_bytes()
    assert size in data  # before the part, in the list of parts, or both
    path.write_bytes(data.replace(size, struct.pack("<I", 1000)))


@refused("learners.xlsx", "found cells far apart in a sheet", heavy=True)
def cell_far_from_the_others(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active.cell(1_048_576, 16_384, "x")

    workbook(folder, "learners", change)


@refused("learners.xlsx", "found cells far apart in a sheet", heavy=True)
def cells_at_the_end_of_a_row_and_of_a_column(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active.cell(1_048_576, 1, "x")
        book.active.cell(1, 40, "x")

    workbook(folder, "learners", change)


@refused("learners.xlsx", "the workbook cannot be opened", heavy=True)
def entities_that_grow(folder: Path) -> None:
    path = workbook(folder, "learners")
    names = "abcdefghij"
    growing = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip(names, names[1:], strict=False)
    )
    with zipfile.ZipFile(path) as found:
        sheet = found.read(SHEET)
    assert b">learner_id<" in sheet
    start = f'<!DOCTYPE x [<!ENTITY a "ha">{growing}]>'.encode()
    repacked(path, {SHEET: start + sheet.replace(b">learner_id<", b">&j;<")})


@refused("observations.parquet", "found 20,971,520 rows of 7 columns", heavy=True)
def parquet_that_unpacks_to_far_more(folder: Path) -> None:
    # A column of one value takes a few bytes, however many rows it has.
    (folder / "observations.csv").unlink()
    one = pa.DictionaryArray.from_arrays(pa.array([0] * (1 << 20), pa.int32()), ["x"])
    block = pa.table(dict.fromkeys(cut()["observations"][0], one))
    with pq.ParquetWriter(folder / "observations.parquet", block.schema) as file:
        for _ in range(20):
            file.write_table(block)


@refused("observations.csv, row 1", "letters", "a row of headings", heavy=True)
def three_hundred_megabytes_in_one_line(folder: Path) -> None:
    (folder / "observations.csv").write_bytes(b"00014,P6,2021,,attendance,0.912,4," * 8_900_000)


@refused("observations.csv, row 3", "quotation marks", heavy=True)
def three_hundred_megabytes_in_one_cell(folder: Path) -> None:
    with (folder / "observations.csv").open("ab") as file:
        file.truncate(100)
        file.write(b"x" * 300 * MB)


@heavy_and_harmless
def three_hundred_megabytes_of_good_rows(folder: Path) -> None:
    """Write ten results in each term of four years for many learners, all of them in Year 11."""
    values = dict.fromkeys(MEASURES, ("yes", "no"))
    values |= dict.fromkeys(MEASURES[2:7], ("usually", "seldom")) | {"attendance": ("0.95", "0.85")}
    pages = [
        "".join(
            f"L,S2,{year},{term},{name},{found[(place + term) % 2]},11\n"
            for year in range(2022, 2026)
            for term in range(1, 5)
            for name, found in values.items()
        )
        for place in range(2)
    ]
    with (folder / "observations.csv").open("w", encoding="utf-8") as file:
        file.write("learner_id,provider_id,year,term,measure,value,year_level\n")
        for number in range(LEARNERS):
            file.write(pages[number % 2].replace("L,", f"{number + 10**8},"))
    with (folder / "learners.csv").open("w", encoding="utf-8") as file:
        file.write("learner_id,gender,ethnicity,ell,transient\n")
        file.writelines(f"{number + 10**8},female,111,no,no\n" for number in range(LEARNERS))
    (folder / "enrolments.csv").unlink()
