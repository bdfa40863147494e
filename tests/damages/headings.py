"""Headings and columns."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from damages.folder import data, further, heading, rows, without
from damages.registry import ALL, Damage, Told, add, harmless, refused, told


@told("missing column", "observations.csv", [ALL], "learner_id",
      beside=tuple(Told("missing column", "observations.csv", (ALL,), one)
                   for one in ("provider_id", "year", "measure", "value")),
      follows=["column without a heading"])  # fmt: skip
def no_headings(folder: Path) -> None:
    rows(folder, "observations", lambda found: found[1:])


@told("repeated heading row", "observations.csv", 2)
def headings_twice(folder: Path) -> None:
    rows(folder, "observations", lambda found: [found[0], *found])


@told("repeated heading row", "observations.csv", 700)
def headings_again_in_the_middle(folder: Path) -> None:
    rows(folder, "observations", lambda found: [*found[:699], found[0], *found[699:]])


@told("column without a heading", "observations.csv")
def heading_left_blank(folder: Path) -> None:
    further(folder, "observations", "", str)


@harmless
def column_without_heading_or_cells(folder: Path) -> None:
    further(folder, "observations", "", lambda _: "")


@refused("observations.csv, row 3", "7 fields", "1 as in the first row")
def headings_in_row_3_below_a_banner(folder: Path) -> None:
    data(folder, "observations.csv", lambda found: b"Results of 2025\nPrinted on Monday\n" + found)


@told("missing column", "observations.csv", [ALL], "learner_id",
      beside=tuple(Told("missing column", "observations.csv", (ALL,), one)
                   for one in ("provider_id", "year", "measure", "value")),
      follows=["column without a heading"])  # fmt: skip
def banner_as_wide_as_the_table(folder: Path) -> None:
    data(folder, "observations.csv", lambda found: b"Results of 2025,,,,,,\n,,,,,,\n" + found)


@harmless
def headings_in_capitals_with_blanks(folder: Path) -> None:
    rows(
        folder,
        "observations",
        lambda found: [[f" {h.upper().replace('_', ' ')} " for h in found[0]], *found[1:]],
    )


@harmless
def headings_with_macrons_and_invisible_marks(folder: Path) -> None:
    rows(
        folder,
        "learners",
        lambda found: [
            [h.replace("e", "ē").replace("_", "\u200b_\u200f") for h in found[0]],
            *found[1:],
        ],
    )


# Without providers, or the years of enrolments, nothing else has its place.
_FOLLOWS = {
    ("providers", "type"): ["no providers", "unknown provider", "unknown provider of a row",
                            "not enrolled"],
    ("enrolments", "year"): ["not enrolled"],
    ("learners", "learner_id"): [],
}  # fmt: skip

for _table, _column in (("observations", "value"), ("observations", "learner_id"),
                        ("enrolments", "year"), ("learners", "learner_id"), ("survey", "measure"),
                        ("counts", "n_success"), ("local_knowledge", "direction"),
                        ("resources", "amount"), ("providers", "type")):  # fmt: skip
    add(
        Damage(
            f"{_table} without the column {_column}",
            partial(without, table=_table, name=_column),
            told=(Told("missing column", f"{_table}.csv", (ALL,), _column),),
            follows=frozenset(_FOLLOWS.get((_table, _column), ())),
        )
    )


@harmless
def year_level_only_in_enrolments(folder: Path) -> None:
    without(folder, "observations", "year_level")


@told("attribute not found", "community.toml", (), "ell", as_written=True)
def attribute_without_its_column(folder: Path) -> None:
    without(folder, "learners", "ell")


@told("missing column", "observations.csv", [ALL], "learner_id")
def heading_of_another_system(folder: Path) -> None:
    heading(folder, "observations", "learner_id", "Kid")


@told("identifying column", "observations.csv", (), "nsn",
      beside=(Told("missing column", "observations.csv", (ALL,), "learner_id"),))  # fmt: skip
def heading_of_an_id_that_is_not_ours(folder: Path) -> None:
    heading(folder, "observations", "learner_id", "NSN")


@refused("observations.csv, row 1", "columns 1 and 8", "learner_id")
def heading_of_an_id_twice(folder: Path) -> None:
    further(folder, "observations", "Learner ID", str)


@told("shared heading", "observations.csv", 1, "8, 9",
      follows=["column not used"])  # fmt: skip
def other_headings_twice(folder: Path) -> None:
    further(folder, "observations", "Remark on it", str)
    further(folder, "observations", "remark on it", str)


@harmless
def columns_in_another_order(folder: Path) -> None:
    rows(folder, "observations", lambda found: [row[::-1] for row in found])


@told("not a year", "enrolments.csv", [*range(2, 52), ALL], "year", lost=("enrolments",),
      follows=["not enrolled", "result without an enrolment"])  # fmt: skip
def headings_of_year_and_year_level_swapped(folder: Path) -> None:
    swapped = {"year": "year_level", "year_level": "year"}
    rows(folder, "enrolments", lambda found: [[swapped.get(h, h) for h in found[0]], *found[1:]])


@told("more successes than learners", "counts.csv", [2, 3, 5], "n_success",
      beside=(), as_written=True)  # fmt: skip
def headings_of_n_and_n_success_swapped(folder: Path) -> None:
    swapped = {"n": "n_success", "n_success": "n"}
    rows(folder, "counts", lambda found: [[swapped.get(h, h) for h in found[0]], *found[1:]])


@told("column not used", "observations.csv", (), "valeu",
      beside=())  # fmt: skip
def heading_that_is_not_known(folder: Path) -> None:
    further(folder, "observations", "Valeu", str)


@told("reserved heading", "learners.csv", (), "score")
def heading_that_is_used_inside(folder: Path) -> None:
    further(folder, "learners", "Score", str)


@told("identifying column", "learners.csv", (), "date_of_birth")
def birth_dates(folder: Path) -> None:
    further(folder, "learners", "Date of birth", lambda i: f"0{i % 9 + 1}/02/2015")


@told("identifying column", "survey.csv", (), "learner_id")
def answers_with_ids_of_learners(folder: Path) -> None:
    further(folder, "survey", "learner_id", lambda _: "00014")


@told("not an attribute", "learners.csv", [ALL], "year_level")
def attribute_that_changes_with_the_year(folder: Path) -> None:
    further(folder, "learners", "Year level", lambda i: str(i % 8))


@told("too many different values", "learners.csv", [ALL], "bus_stop")
def attribute_of_which_everybody_has_another(folder: Path) -> None:
    further(folder, "learners", "Bus stop", lambda i: f"stop {i}")


@told("column not used", "observations.csv", (), "extra_4999", follows=["column not used"])
def five_thousand_columns(folder: Path) -> None:
    rows(
        folder,
        "observations",
        lambda found: [
            [*found[0], *(f"extra {i}" for i in range(5000))],
            *([*row, *["x"] * 5000] for row in found[1:200]),
            *([*row, *[""] * 5000] for row in found[200:]),
        ],
    )
