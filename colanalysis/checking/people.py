"""Check who is who and who is where: providers, learners and enrolments."""

from __future__ import annotations

import pandas as pd

from colanalysis import coded
from colanalysis.checking import convert, texts
from colanalysis.checking.sift import Notes, blank, doubt, sift, typed
from colanalysis.terms import problems
from colanalysis.terms.labels import plain
from colanalysis.terms.schema import PROVIDER_TYPES, RESERVED, TABLES, TOTAL, column_name
from colanalysis.terms.settings import Community

__all__ = ["enrolments", "groups", "learners", "outsider", "providers", "total"]

_MOST_VALUES = 20
_GROUPS = ("gender", "ethnicity")
_ELSEWHERE = frozenset(
    name
    for table in ("enrolments", "observations", "counts")
    for name in TABLES[table].columns
    if name not in ("learner_id", *_GROUPS)
)


def providers(rows: pd.DataFrame) -> tuple[pd.DataFrame, Notes]:
    """Check the schools and services: each listed once, with a name and a known type."""
    rows = rows.assign(type=rows["type"].map(plain).astype("str"))
    rows, notes = sift(rows, *blank(rows, "providers", "blank provider"))
    unknown = ~rows["type"].isin(PROVIDER_TYPES)
    notes += doubt(rows, "unknown provider type", "type", unknown, known=", ".join(PROVIDER_TYPES))
    twice = rows["provider_id"].duplicated()
    notes += doubt(rows, "duplicate provider", "provider_id", ~unknown & twice)
    rows = rows[~unknown & ~twice]
    member, bad = convert.yes_no(rows["member"], blank=True)
    notes += doubt(rows, "not yes or no", "member", bad)
    rows, more = typed(rows.assign(member=member), "providers")
    return rows.reset_index(drop=True), notes + more


def learners(rows: pd.DataFrame, community: Community) -> tuple[pd.DataFrame, Notes]:
    """Check the learners: each listed once, with the attributes that can be groups."""
    rows, notes = sift(
        rows,
        total(rows),
        *blank(rows, "learners"),
        ("duplicate learner", "learner_id", rows.duplicated(["source_file", "learner_id"])),
    )
    rows, more = groups(rows, "learners")
    rows, again = _latest(rows)
    notes += more + again
    if community.attributes is not None:
        wanted = [column_name(name) for name in community.attributes]
        notes += [
            problems.note("attribute not found", "community.toml", column=name)
            for name in wanted
            if name not in rows and len(rows)
        ]
        rows = rows[["learner_id", *_in(rows, wanted), "source_file", "source_row"]]
    return rows.reset_index(drop=True), notes


def _latest(rows: pd.DataFrame) -> tuple[pd.DataFrame, Notes]:
    """Learners of several files, such as roll returns of several years: the last file tells of them."""
    earlier = rows.duplicated("learner_id", keep="last")
    if not bool(earlier.any()):
        return rows, []
    last = rows[~earlier].set_index("learner_id")
    differs = pd.Series(False, rows.index)
    for name in rows.columns.difference(["learner_id", "source_file", "source_row"]):
        differs |= earlier & (rows[name] != rows["learner_id"].map(last[name]))
    notes = doubt(rows, "learner told in two ways", "learner_id", differs)
    rows, more = sift(rows, ("learner in several files", "learner_id", earlier))
    return rows, notes + more


def _in(rows: pd.DataFrame, wanted: list[str]) -> list[str]:
    return [name for name in rows if name in wanted and name != "learner_id"]


def groups(rows: pd.DataFrame, name: str) -> tuple[pd.DataFrame, Notes]:
    """Tidy the columns that say which groups a row belongs to; drop those that cannot be groups."""
    own = {*TABLES[name].columns, *RESERVED}
    notes: Notes = []
    for column in [c for c in rows if c in _GROUPS or c not in own]:
        if column in _ELSEWHERE:
            notes.append(_about_file("not an attribute", rows, column))
            rows = rows.drop(columns=column)
        elif column == "ethnicity":
            values, bad = convert.ethnicities(rows[column])
            notes += doubt(rows, "unknown ethnicity", column, bad)
            rows = rows.assign(ethnicity=values)
        elif _too_many(rows[column]):
            notes.append(_about_file("too many different values", rows, column))
            rows = rows.drop(columns=column)
        else:
            failed = texts.an_error(rows[column])
            notes += doubt(rows, "error of a spreadsheet", column, failed)
            values, changed = convert.one_spelling(rows[column].astype("str").mask(failed, ""))
            notes += doubt(rows, "spelled in several ways", column, changed)
            notes += doubt(rows, "letter beside its word", column, texts.a_letter(values))
            rows = rows.assign(**{column: values})
    return rows, notes


def _too_many(texts: pd.Series) -> bool:
    different = texts[texts != ""].nunique()
    return bool(different > _MOST_VALUES and different > len(texts) / 2)


def _about_file(rule: str, rows: pd.DataFrame, column: str) -> dict[str, object]:
    files = rows["source_file"].unique()
    return problems.note(rule, ", ".join(files), column=column, count=max(len(rows), 1))


def total(rows: pd.DataFrame) -> tuple[str, str, pd.Series]:
    """Test for rows that sum others up, which was marked when ids became pseudonyms."""
    return "row of totals", "learner_id", rows["learner_id"] == TOTAL


def outsider(rows: pd.DataFrame, learners: pd.DataFrame) -> tuple[str, str, pd.Series]:
    """Test that a learner is listed; without a learners table everybody is as good as listed."""
    listed = convert.within(rows["learner_id"], learners["learner_id"])
    return "unknown learner", "learner_id", ~listed & (len(learners) > 0)


def enrolments(
    rows: pd.DataFrame, providers: pd.DataFrame, learners: pd.DataFrame
) -> tuple[pd.DataFrame, Notes]:
    """Check who was where in which year; a learner may be with several providers in a year."""
    year, bad = convert.years(rows["year"])
    rows, notes = sift(
        rows.assign(year=year),
        total(rows),
        *blank(rows, "enrolments"),
        outsider(rows, learners),
        (
            "unknown provider",
            "provider_id",
            ~convert.within(rows["provider_id"], providers["provider_id"]),
        ),
        ("not a year", "year", bad),
    )
    rows, more = typed(rows.astype({"year": "int64"}), "enrolments")
    same = coded.together(rows[name] for name in TABLES["enrolments"].columns)
    again = pd.Series(same, rows.index).duplicated(keep="last")
    rows, repeated = sift(rows, ("duplicate enrolment", "", again))
    backwards = rows["end_date"] < rows["start_date"]
    more += doubt(rows, "end before start", "end_date", backwards)
    return rows.reset_index(drop=True), notes + more + repeated
