"""Files, their names, and what is in them instead."""

from __future__ import annotations

import shutil
from pathlib import Path

from damages.folder import cell, parquet, read, rows, workbook, write
from damages.registry import ALL, Damage, Told, add, harmless, refused, told


@refused("observations.csv", "the file is empty", "a row of headings")
def file_without_a_byte(folder: Path) -> None:
    (folder / "observations.csv").write_bytes(b"")


@refused("observations.csv", "the file is empty", "a row of headings")
def file_of_blanks(folder: Path) -> None:
    (folder / "observations.csv").write_bytes(b"\xef\xbb\xbf \r\n\r\n  \n")


@told("header only", "survey.csv", lost=("survey",))
def headings_only(folder: Path) -> None:
    rows(folder, "survey", lambda found: found[:1])


@told("no providers", "", (), "provider_id", follows=["unknown provider",
      "unknown provider of a row", "header only", "not enrolled"])  # fmt: skip
def no_provider_in_the_list(folder: Path) -> None:
    rows(folder, "providers", lambda found: found[:1])


@told("no providers", "", (), "provider_id", follows=["unknown provider",
      "unknown provider of a row", "not enrolled"])  # fmt: skip
def no_list_of_providers(folder: Path) -> None:
    (folder / "providers.csv").unlink()


@told("missing column", "observations.csv", [ALL], "provider_id", follows=["missing column",
      "identifying column", "column not used"])  # fmt: skip
def file_of_another_table(folder: Path) -> None:
    shutil.copy(folder / "learners.csv", folder / "observations.csv")


@told("file not read", "observations.csv", lost=("observations",))
def folder_in_the_place_of_a_file(folder: Path) -> None:
    (folder / "observations.csv").rename(folder / "moved.csv")
    (folder / "observations.csv").mkdir()
    (folder / "moved.csv").rename(folder / "observations.csv" / "results.csv")


@refused("observations", "found observations.csv, observations", "one file or one folder")
def file_beside_a_folder_of_its_name(folder: Path) -> None:
    (folder / "observations").mkdir()
    shutil.copy(folder / "observations.csv", folder / "observations" / "results.csv")


@refused("survey", "found survey.csv, survey.txt", "one file or one folder")
def two_files_of_one_table(folder: Path) -> None:
    shutil.copy(folder / "survey.csv", folder / "survey.txt")


@refused("survey/b.csv", "found the same as in survey/a.csv", "would count twice")
def folder_with_a_file_and_its_copy(folder: Path) -> None:
    (folder / "survey").mkdir()
    shutil.copy(folder / "survey.csv", folder / "survey" / "b.csv")
    (folder / "survey.csv").rename(folder / "survey" / "a.csv")


@told("duplicate result", "observations/a.csv", (), same=True, follows=["duplicate result"])
def folder_with_results_twice_in_another_order(folder: Path) -> None:
    (folder / "observations").mkdir()
    head, *below = read(folder / "observations.csv")
    write(folder / "observations" / "b.csv", [head, *below[::-1]])
    (folder / "observations.csv").rename(folder / "observations" / "a.csv")


@told("learner in several files", "learners/a.csv", 2, "learner_id", as_written=True,
      beside=(Told("learner told in two ways", "learners/a.csv", (2,), "learner_id"),))  # fmt: skip
def learner_told_in_two_ways(folder: Path) -> None:
    (folder / "learners").mkdir()
    found = read(folder / "learners.csv")
    (folder / "learners.csv").rename(folder / "learners" / "a.csv")
    other = {"female": "male", "male": "female"}[found[1][2]]
    write(folder / "learners" / "b.csv", [found[0], [*found[1][:2], other, *found[1][3:]]])


@told("file not read", "observation.csv", lost=("observations",))
def file_with_a_misspelt_name(folder: Path) -> None:
    (folder / "observations.csv").rename(folder / "observation.csv")


@told("file not read", "observations (1).csv", lost=("observations",))
def file_as_a_browser_saved_it_again(folder: Path) -> None:
    (folder / "observations.csv").rename(folder / "observations (1).csv")


@told("file not read", "observations.csv.csv", lost=("observations",))
def file_with_its_ending_twice(folder: Path) -> None:
    (folder / "observations.csv").rename(folder / "observations.csv.csv")


for _ending in ("ods", "xlsm", "json", "csv.gz", "csv~", "CSV.bak"):
    add(
        Damage(
            f"file that ends in {_ending}",
            lambda folder, ending=_ending: (folder / "observations.csv").rename(  # type: ignore[misc]
                folder / f"observations.{ending}"
            ),
            told=(Told("file not read", f"observations.{_ending}"),),
            lost=("observations",),
        )
    )


@told("file not read", "observations", lost=("observations",))
def file_without_an_ending(folder: Path) -> None:
    (folder / "observations.csv").rename(folder / "observations")


@harmless
def name_of_a_file_in_capitals(folder: Path) -> None:
    (folder / "observations.csv").rename(folder / "OBSERVATIONS.CSV")


@harmless
def symlink_to_a_file(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "observations.csv").rename(folder / "elsewhere" / "results.csv")
    (folder / "observations.csv").symlink_to(folder / "elsewhere" / "results.csv")


@told("file not read", "observations.csv", lost=("observations",))
def symlink_to_nothing(folder: Path) -> None:
    (folder / "observations.csv").unlink()
    (folder / "observations.csv").symlink_to(folder / "gone.csv")


@told("file not read", "observations.csv", lost=("observations",))
def symlink_to_itself(folder: Path) -> None:
    (folder / "observations.csv").unlink()
    (folder / "observations.csv").symlink_to(folder / "observations.csv")


@refused("observations.csv", "cannot be opened", "may read it")
def file_that_may_not_be_read(folder: Path) -> None:
    (folder / "observations.csv").chmod(0)


@refused("observations.csv", "a spreadsheet (XLSX)", "Rename it to .xlsx")
def workbook_that_is_called_csv(folder: Path) -> None:
    workbook(folder, "observations").rename(folder / "observations.csv")


@refused("observations.csv", "a Parquet file", "Rename it to .parquet")
def parquet_that_is_called_csv(folder: Path) -> None:
    parquet(folder, "observations").rename(folder / "observations.csv")


@refused("observations.csv", "a web page")
def web_page_that_is_called_csv(folder: Path) -> None:
    (folder / "observations.csv").write_text("\n<html><body>Please log in</body></html>")


@told("missing column", "observations.csv", [ALL], "learner_id",
      follows=["missing column", "header only"])  # fmt: skip
def json_that_is_called_csv(folder: Path) -> None:
    (folder / "observations.csv").write_text('{"learner_id": 14}\n')


@refused("observations.csv", "quotation marks that do not match, or a field that is far too long")
def ten_megabytes_in_one_cell(folder: Path) -> None:
    cell(folder, "observations", 3, "term", "x" * 10_000_000)
