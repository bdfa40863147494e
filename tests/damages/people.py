"""Rows of learners, enrolments and results, and what they say together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from damages.folder import Rows, cell, column, cut, further, rows
from damages.registry import ALL, Told, harmless, refused, told

_LEARNER = "00014"  # at P6 in row 2 of learners, of enrolments and of observations


def _of(found: Rows, who: str) -> list[int]:
    return [place for place, row in enumerate(found) if row[0] == who]


def _put(folder: Path, table: str, *new: Sequence[str]) -> None:
    rows(folder, table, lambda found: [*found, *new])


@harmless
def learners_in_another_order(folder: Path) -> None:
    rows(folder, "learners", lambda found: [found[0], *found[:0:-1]])


@harmless
def results_in_another_order(folder: Path) -> None:
    rows(folder, "observations", lambda found: [found[0], *found[:0:-1]])


@harmless
def enrolments_in_another_order(folder: Path) -> None:
    rows(folder, "enrolments", lambda found: [found[0], *found[:0:-1]])


@told("duplicate learner", "learners.csv", 62, "learner_id")
def learner_listed_twice(folder: Path) -> None:
    rows(folder, "learners", lambda found: [*found, found[1]])


@told("duplicate learner", "learners.csv", 62, "learner_id")
def learner_listed_twice_in_two_styles(folder: Path) -> None:
    rows(folder, "learners", lambda found: [*found, ["14", *found[1][1:]]])


@told("row of totals", "learners.csv", 62, "learner_id")
def totals_below_the_learners(folder: Path) -> None:
    _put(folder, "learners", ["Total", "", "60", "", "", ""])


@told("not enrolled", "learners.csv", 62, "learner_id", as_written=True)
def footer_below_the_learners(folder: Path) -> None:
    _put(folder, "learners", ["Printed on Monday", "", "", "", "", ""])


@refused("learners.csv, row 62", "1 fields", "6 as in the first row")
def footer_of_one_cell_below_the_learners(folder: Path) -> None:
    _put(folder, "learners", ["Printed on Monday"])


@told("blank cell", "observations.csv", 1361, "provider_id")
def footer_below_the_results(folder: Path) -> None:
    _put(folder, "observations", ["Printed on Monday", *[""] * 6])


@told("row of totals", "observations.csv", [1361, 1362, 1363], "learner_id",
      beside=(Told("row of totals", "observations.csv", (1364,), "provider_id"),
              Told("row of totals", "observations.csv", (1365,), "measure")))  # fmt: skip
def totals_and_averages_below_the_results(folder: Path) -> None:
    _put(
        folder,
        "observations",
        ["Total", "P6", "2021", "", "attendance", "30.1", "4"],
        ["Average", "P6", "2021", "", "attendance", "0.91", "4"],
        ["All students", "", "", "", "", "0.9", ""],
        [_LEARNER, "All schools", "2021", "", "attendance", "0.9", "4"],
        [_LEARNER, "P6", "2021", "", "Mean", "0.9", "4"],
    )


@told("duplicate result", "observations.csv", 2, same=True)
def result_listed_twice(folder: Path) -> None:
    rows(folder, "observations", lambda found: [*found, found[1]])


@told("duplicate result", "observations.csv", 2, as_written=True)
def result_listed_twice_with_two_values(folder: Path) -> None:
    rows(folder, "observations", lambda found: [*found, [*found[1][:5], "0.4", found[1][6]]])


@told("duplicate enrolment", "enrolments.csv", 2, same=True)
def enrolment_listed_twice(folder: Path) -> None:
    rows(folder, "enrolments", lambda found: [*found, found[1]])


@told("repeated heading row", "observations.csv", 1361, same=True, follows=["duplicate result"])
def results_pasted_twice(folder: Path) -> None:
    rows(folder, "observations", lambda found: [*found, *found])


@told("unknown learner", "observations.csv", [2], "learner_id", follows=["unknown learner"])
def learner_left_out(folder: Path) -> None:
    rows(folder, "learners", lambda found: [found[0], *found[2:]])


@told("unknown learner", "observations.csv", [2], "learner_id",
      follows=["unknown learner", "not enrolled"])  # fmt: skip
def results_and_enrolments_under_a_second_id(folder: Path) -> None:
    for table in ("observations", "enrolments"):
        column(folder, table, "learner_id", lambda c: "70014" if c == _LEARNER else c)


@told("two year levels in one year", "enrolments.csv", [2, 62], "year_level", follows=[
    "two year levels in one year", "duplicate result", "enrolments overlap", "not enrolled",
    "result without an enrolment", "year level falls", "year level jumps"], as_written=True)  # fmt: skip
def two_learners_under_one_id(folder: Path) -> None:
    other = next(
        row[0]
        for row in cut()["enrolments"][1:]
        if row[1:3] == ["S2", "2021"] and row[0] != _LEARNER
    )
    for table in ("observations", "enrolments"):
        column(folder, table, "learner_id", lambda c: _LEARNER if c == other else c)


@harmless
def a_zero_more_before_every_id(folder: Path) -> None:
    for table in ("learners", "observations"):
        column(folder, table, "learner_id", lambda c: c.zfill(10))
    column(folder, "enrolments", "learner_id", lambda c: c.zfill(9))


@told("spoilt learner id", "learners.csv", [2, 51], "learner_id", follows=["spoilt learner id", "unknown learner"],
      lost=("learners",))  # fmt: skip
def all_ids_of_learners_rounded(folder: Path) -> None:
    column(folder, "learners", "learner_id", lambda c: f"{int(c) + 1.2e8:.2E}")


@told("enrolments overlap", "enrolments.csv", [236, 237], "start_date", as_written=True,
      follows=["year level not of its provider"])  # fmt: skip
def two_schools_on_the_same_days(folder: Path) -> None:
    _put(
        folder,
        "enrolments",
        [_LEARNER, "P6", "2021", "4", "01/02/2021", "10/12/2021"],
        [_LEARNER, "S2", "2021", "4", "01/03/2021", "01/12/2021"],
    )


@told("gap between enrolments", "enrolments.csv", 114, "year", as_written=True,
      follows=["gap between enrolments", "result without an enrolment"])  # fmt: skip
def year_away(folder: Path) -> None:
    rows(
        folder,
        "enrolments",
        lambda found: [row for row in found if (row[0], row[2]) != (_LEARNER, "2022")],
    )


@told("year level jumps", "enrolments.csv", 62, "year_level", as_written=True)
def year_level_that_jumps(folder: Path) -> None:
    cell(folder, "enrolments", 2, "year_level", "1")


@told("year level falls", "enrolments.csv", 62, "year_level", as_written=True,
      follows=["year level jumps"])  # fmt: skip
def year_level_that_falls(folder: Path) -> None:
    cell(folder, "enrolments", 62, "year_level", "3")


@told("year level not of its provider", "enrolments.csv", 2, "year_level", as_written=True,
      follows=["year level falls"])  # fmt: skip
def year_level_of_another_school(folder: Path) -> None:
    cell(folder, "enrolments", 2, "year_level", "12")


@told("end before start", "enrolments.csv", 2, "end_date", as_written=True,
      follows=["enrolment outside its year"])  # fmt: skip
def end_before_start(folder: Path) -> None:
    cell(folder, "enrolments", 2, "end_date", "01/02/2018")


@told("enrolment outside its year", "enrolments.csv", 2, "year", as_written=True)
def enrolment_that_starts_after_its_year(folder: Path) -> None:
    cell(folder, "enrolments", 2, "start_date", "03/02/2023")


@told("month before day", "enrolments.csv", [2], "start_date",
      follows=["month before day", "not a date"])  # fmt: skip
def dates_with_the_month_first(folder: Path) -> None:
    def american(found: str) -> str:
        return re.sub(r"(\d+)/(\d+)/(\d+)", r"\2/\1/\3", found)

    column(folder, "enrolments", "start_date", american)
    cell(folder, "enrolments", 2, "start_date", "02/25/2018")


@told("after the latest year", "observations.csv", 1361, "year", as_written=True,
      follows=["result without an enrolment"])  # fmt: skip
def result_of_next_year(folder: Path) -> None:
    _put(folder, "observations", [_LEARNER, "S2", "2026", "", "attendance", "0.95", "9"])


@told("result without an enrolment", "observations.csv", 2, "provider_id", as_written=True,
      follows=["year level not of its provider"])  # fmt: skip
def result_of_another_school(folder: Path) -> None:
    cell(folder, "observations", 2, "provider_id", "S2")


@told("date in another year", "observations.csv", 2, "date")
def result_dated_in_another_year(folder: Path) -> None:
    further(folder, "observations", "date", lambda i: "" if i else "01/03/2020")


@told("date in the future", "observations.csv", 2, "date", follows=["date in another year"])
def result_dated_in_the_future(folder: Path) -> None:
    further(folder, "observations", "date", lambda i: "" if i else "01/03/2098")


@told("all results alike", "observations.csv", [ALL], "value", as_written=True,
      follows=["all results alike"])  # fmt: skip
def default_for_every_share(folder: Path) -> None:
    rows(
        folder,
        "observations",
        lambda found: [
            [*row[:5], "1", row[6]] if row[1:5] == ["P6", "2021", "", "attendance"] else row
            for row in found
        ],
    )


@told("shares among percentages", "observations.csv", [ALL], "value", as_written=True)
def shares_of_one_school_and_percentages_of_another(folder: Path) -> None:
    # The shipped measure allows no percentages; a measure of the community's own may.
    with (folder / "community.toml").open("a", encoding="utf-8") as file:
        file.write(OWN_MEASURE)
    rows(
        folder,
        "observations",
        lambda found: [
            found[0],
            *(
                [*row[:4], "own_attendance", _percent(row), row[6]]
                if row[4] == "attendance"
                else row
                for row in found[1:]
            ),
        ],
    )


OWN_MEASURE = """
[[measure]]
id = "own_attendance"
domain = "attendance"
scale = "number"
more_than = 90
"""


def _percent(row: list[str]) -> str:
    return row[5] if row[1] == "P6" else f"{float(row[5]) * 100:.1f}"


@told("spelled in several ways", "learners.csv", (), "gender", follows=["spelled in several ways"])
def genders_in_two_styles(folder: Path) -> None:
    rows(
        folder,
        "learners",
        lambda found: [
            found[0],
            *(
                [*r[:2], r[2].title() if i % 3 == 0 else r[2], *r[3:]]
                for i, r in enumerate(found[1:])
            ),
        ],
    )


@told("spelled in several ways", "learners.csv", 2, "ell",
      missing=("learners.csv", 2, "ell"))  # fmt: skip
def language_need_of_invisible_marks_only(folder: Path) -> None:
    cell(folder, "learners", 2, "ell", "\u200b\u2060")


@told("letter beside its word", "learners.csv", 2, "gender", as_written=True)
def genders_as_letters_in_some_rows(folder: Path) -> None:
    cell(folder, "learners", 2, "gender", "F")


@told("duplicate count", "counts.csv", 2, same=True)
def count_listed_twice(folder: Path) -> None:
    rows(folder, "counts", lambda found: [*found, found[1]])


@told("duplicate count", "counts.csv", 2, same=True)
def count_listed_twice_with_two_numbers(folder: Path) -> None:
    rows(
        folder, "counts", lambda found: [found[0], [*found[1][:4], "31", *found[1][5:]], *found[1:]]
    )


@told("count of an unknown group", "counts.csv", 3, "gender", follows=["count of an unknown group"])
def count_whose_gender_is_an_error(folder: Path) -> None:
    further(folder, "counts", "gender", lambda i: "#REF!" if i == 1 else "")


@told("row of totals", "learners.csv", 62, "learner_id",
      beside=(Told("row of totals", "enrolments.csv", (236,), "learner_id"),))  # fmt: skip
def totals_below_the_learners_and_their_enrolments(folder: Path) -> None:
    _put(folder, "learners", ["Total", "", "", "", "", ""])
    _put(folder, "enrolments", ["Total", "P6", "2025", "4", "", ""])


@told("count without a step", "counts.csv", 2, "year_level", as_written=True)
def count_without_a_year_level(folder: Path) -> None:
    cell(folder, "counts", 2, "year_level", "")


@told("result without a step", "observations.csv", 2, "year_level", as_written=True)
def year_level_blank_in_both_tables(folder: Path) -> None:
    cell(folder, "observations", 2, "year_level", "")
    cell(folder, "enrolments", 2, "year_level", "")
