"""Workbooks."""

from __future__ import annotations

import datetime
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl

from damages.folder import workbook
from damages.registry import ALL, Do, Told, harmless, refused, told


def _book(change: Callable[[openpyxl.Workbook], None], table: str = "learners") -> Do:
    return lambda folder: _done(workbook(folder, table, change))


def _done(_: object) -> None:
    return None


@harmless
def workbook_of_texts(folder: Path) -> None:
    workbook(folder, "observations")


@harmless
def workbook_of_numbers(folder: Path) -> None:
    workbook(folder, "observations", numbers=("learner_id", "year", "year_level"))


@harmless
def workbook_that_is_called_xls(folder: Path) -> None:
    path = workbook(folder, "learners")
    path.rename(path.with_suffix(".xls"))


@refused("learners.xlsx", "the workbook cannot be opened", "give it that ending")
def csv_that_is_called_xlsx(folder: Path) -> None:
    (folder / "learners.csv").rename(folder / "learners.xlsx")


@refused("learners.xls", "the workbook cannot be opened", "web page")
def web_page_that_is_called_xls(folder: Path) -> None:
    (folder / "learners.csv").unlink()
    (folder / "learners.xls").write_text("<html><table><tr><td>learner_id</table></html>")


@told("other sheets", "learners.xlsx")
def workbook_with_further_sheets(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        for name in ("2023", "Notes"):
            book.create_sheet(name).append(["learner_id", "what"])

    workbook(folder, "learners", change)


@told("other sheets", "learners.xlsx")
def workbook_with_a_cover_sheet_and_a_hidden_one(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.create_sheet("Cover", 0).append(["Learners of 2025"])
        hidden = book.create_sheet("Old")
        hidden.append(["gone", "long"])
        hidden.sheet_state = "hidden"

    workbook(folder, "learners", change)


@harmless
def workbook_whose_only_sheet_of_data_is_second(folder: Path) -> None:
    workbook(folder, "learners", lambda book: _done(book.create_sheet("Cover", 0)))


@refused("learners.xlsx", "every sheet is empty")
def workbook_without_a_cell(folder: Path) -> None:
    workbook(folder, "learners", lambda book: book.active.delete_rows(1, 99))


@harmless
def table_that_starts_in_the_middle_of_its_sheet(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active.insert_rows(1, 3)
        book.active.insert_cols(1, 2)

    workbook(folder, "learners", change)


@told("blank cell", "observations.xlsx", [3, 4], "provider_id")
def cells_merged_down_a_column(folder: Path) -> None:
    workbook(folder, "observations", lambda book: book.active.merge_cells("B2:B4"))


@told("missing column", "learners.xlsx", [ALL], "learner_id",
      follows=["column without a heading"])  # fmt: skip
def title_merged_above_the_headings(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active.insert_rows(1)
        book.active["A1"] = "Learners of 2025"
        book.active.merge_cells("A1:F1")

    workbook(folder, "learners", change)


@harmless
def rows_hidden_by_a_filter(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        for row in range(5, 30):
            book.active.row_dimensions[row].hidden = True
        book.active.auto_filter.ref = "A1:F61"

    workbook(folder, "learners", change)


@told("blank cell", "observations.xlsx", 2, "value",
      beside=(Told("cell without a value", "observations.xlsx", (2,)),))  # fmt: skip
def formula_whose_value_was_not_saved(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active["F2"] = "=0.9+0.012"

    workbook(folder, "observations", change)


@told("cell without a value", "learners.xlsx", 2, missing=("learners.csv", 2, "gender"))
def formula_for_a_gender_whose_value_was_not_saved(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active["C2"] = '="fe"&"male"'

    workbook(folder, "learners", change)


@told("cell without a value", "learners.xlsx", 2, missing=("learners.csv", 2, "gender"))
def error_cell_for_a_gender(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active["C2"].value = "#REF!"
        book.active["C2"].data_type = "e"

    workbook(folder, "learners", change)


@told("blank cell", "observations.xlsx", 2, "value",
      beside=(Told("cell without a value", "observations.xlsx", (2,)),))  # fmt: skip
def error_cell_for_a_value(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active["F2"].value = "#DIV/0!"
        book.active["F2"].data_type = "e"

    workbook(folder, "observations", change)


@harmless
def dates_of_a_workbook(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        for (cell_of,) in book.active.iter_rows(min_row=2, min_col=5, max_col=5):
            day, month, year = map(int, cell_of.value.split("/"))
            cell_of.value = datetime.datetime(year, month, day)  # noqa: DTZ001

    workbook(folder, "enrolments", change)


@told("date became a number", "enrolments.xlsx", 2, "start_date")
def date_of_a_workbook_as_a_number(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active["E2"] = 43136

    workbook(folder, "enrolments", change)


@told("value became a date", "observations.xlsx", 2, "value")
def value_of_a_workbook_turned_into_a_date(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active["F2"] = datetime.datetime(2025, 3, 2)  # noqa: DTZ001

    workbook(folder, "observations", change)


@harmless
def boolean_cells(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        for row in book.active.iter_rows(min_row=2, min_col=5, max_col=6):
            for one in row:
                one.value = {"yes": True, "no": False}.get(one.value, one.value)

    workbook(folder, "learners", change)


@told("unknown learner", "observations.xlsx", 2, "learner_id")
def id_of_a_workbook_with_a_fraction_lost(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active["A2"] = 1.23e22

    workbook(folder, "observations", change)


@refused("learners.xlsx", "the workbook cannot be opened")
def workbook_cut_short(folder: Path) -> None:
    path = workbook(folder, "learners")
    path.write_bytes(path.read_bytes()[:-400])


@refused("learners.xlsx", "the workbook cannot be opened")
def workbook_with_damaged_bytes(folder: Path) -> None:
    path = workbook(folder, "learners")
    with zipfile.ZipFile(path) as found:
        where = found.getinfo("xl/worksheets/sheet1.xml").header_offset
    spoilt = bytearray(path.read_bytes())
    spoilt[where + 200 : where + 400] = bytes(200)
    path.write_bytes(spoilt)


@refused("learners.xlsx", "the workbook cannot be opened")
def archive_without_a_workbook(folder: Path) -> None:
    with zipfile.ZipFile(folder / "learners.xlsx", "w") as packed:
        packed.write(folder / "learners.csv", "learners.csv")
    (folder / "learners.csv").unlink()


@refused("learners.xlsx", "the workbook cannot be opened", "Remove its password")
def workbook_with_a_password(folder: Path) -> None:
    (folder / "learners.csv").unlink()
    (folder / "learners.xlsx").write_bytes(_locked())


@refused("learners.xls", "the workbook cannot be opened", "Remove its password")
def workbook_with_a_password_that_is_called_xls(folder: Path) -> None:
    (folder / "learners.csv").unlink()
    (folder / "learners.xls").write_bytes(_locked())


@refused("learners.csv", "a spreadsheet (XLS)")
def workbook_with_a_password_that_is_called_csv(folder: Path) -> None:
    (folder / "learners.csv").write_bytes(_locked())


def _locked() -> bytes:
    """What Excel makes of a workbook with a password: an OLE2 file of what is needed to unlock it,
    and of the workbook itself, which nobody can tell from noise."""
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0
    )
    header += struct.pack("<109I", 0, *[free] * 108)

    def entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
        written = name.encode("utf-16-le")
        return (
            written.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(written) + 2, kind, 1, free, right, child)
            + bytes(36)
            + struct.pack("<IQ", start, size)
        )

    about = b'\x04\x00\x04\x00\x40\x00\x00\x00<?xml version="1.0"?><encryption/>'.ljust(4096)
    package = struct.pack("<Q", 4000) + b"\x5a" * 4088
    chain = [table, end, *range(3, 10), end, *range(11, 18), end]
    fat = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    directory = (
        entry("Root Entry", 5, free, 1, end, 0)
        + entry("EncryptionInfo", 2, 2, free, 2, len(about))
        + entry("EncryptedPackage", 2, free, free, 10, len(package))
    )
    return header + fat + directory.ljust(512, b"\0") + about + package


@harmless
def blank_cells_far_below_the_others(folder: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book.active.cell(60_000, 6, " ")

    workbook(folder, "learners", change)
