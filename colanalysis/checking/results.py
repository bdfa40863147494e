"""Check what was found out: results of learners, answers of surveys, counts that others made."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np
import pandas as pd

from colanalysis import coded
from colanalysis.checking import across, convert, texts
from colanalysis.checking.people import groups, outsider, total
from colanalysis.checking.sift import Known, Notes, blank, doubt, sift, typed
from colanalysis.terms import catalogue, problems
from colanalysis.terms.labels import plain
from colanalysis.terms.schema import RESERVED, TABLES, column_name
from colanalysis.terms.settings import Community

__all__ = ["counts", "observations", "survey"]


def observations(rows: pd.DataFrame, known: Known) -> tuple[pd.DataFrame, Notes]:
    """Check results: of known learners at known providers, on the scale of a known measure.

    ``score`` is the value as a number; ``year_level`` is as written, else as enrolled.
    """
    rows, notes = _placed(rows, "observations", known)
    rows, more = _measured(rows, known.community)
    rows, outside = sift(rows, outsider(rows, known.learners))
    rows, odd = typed(rows, "observations")
    enrolled = convert.matched(rows, known.enrolments, ["learner_id", "provider_id", "year"])
    levels = np.append(known.enrolments["year_level"].to_numpy(), np.nan)  # -1 is not enrolled
    rows = rows.assign(
        year_level=rows["year_level"].fillna(pd.Series(levels[enrolled], rows.index))
    )
    rows, away = _applies(rows, known.community)
    away += doubt(rows, "result without a step", "year_level", _nowhere(rows, known))
    away += across.results(rows, known, enrolled[rows.index] >= 0)
    if known.enrolments.empty:  # else it was said of the enrolments
        away += across.placed(rows, known)
    if bool(rows["date"].notna().any()):
        rows = rows.sort_values("date", kind="stable", na_position="first")
    same = coded.together(rows[name] for name in ("learner_id", "measure", "year", "term"))
    repeated = pd.Series(same, rows.index).duplicated(keep="last")
    rows, twice = sift(rows, ("duplicate result", "", repeated))
    return rows.sort_index().reset_index(drop=True), notes + more + outside + odd + away + twice


def survey(rows: pd.DataFrame, known: Known) -> tuple[pd.DataFrame, Notes]:
    """Check anonymous answers: at known providers, on the scale of a known measure."""
    rows, notes = _placed(rows, "survey", known)
    rows, more = _measured(rows, known.community)
    rows, odd = typed(rows, "survey")
    rows, away = _applies(rows, known.community)
    away += doubt(rows, "result without a step", "year_level", _nowhere(rows, known))
    rows, grouped = groups(rows, "survey")
    return rows.reset_index(drop=True), notes + more + odd + away + grouped


def counts(rows: pd.DataFrame, known: Known) -> tuple[pd.DataFrame, Notes]:
    """Check counts that others made; ``mark`` is c where one of the two numbers is suppressed."""
    rows, notes = _placed(rows, "counts", known)
    rows, strange = _known_measures(rows, known.community)
    hidden = {name: rows[name].map(plain) == "c" for name in ("n", "n_success")}
    numbers = {
        name: convert.numbers(rows[name].mask(mark, ""), 0, 1e9) for name, mark in hidden.items()
    }
    tests = [
        ("not a count", name, bad | (values % 1 > 0)) for name, (values, bad) in numbers.items()
    ]
    n, n_success = numbers["n"][0], numbers["n_success"][0]
    mark = pd.Series(np.where(hidden["n"] | hidden["n_success"], "c", ""), rows.index, dtype="str")
    rows = rows.assign(n=n, n_success=n_success, mark=mark)
    tests.append(("more successes than learners", "n_success", n_success > n))
    if "ethnicity" in rows:
        given = rows["ethnicity"].str.strip() != ""
        values, bad = convert.ethnicities(rows["ethnicity"])
        # A blank cell would make it a count of all learners.
        tests.append(("count of an unknown group", "ethnicity", bad | (given & (values == ""))))
        rows = rows.assign(ethnicity=values)
    others = [name for name in rows if name not in (*TABLES["counts"].columns, *RESERVED)]
    tests += [("count of an unknown group", name, texts.an_error(rows[name])) for name in others]
    rows, more = sift(rows, *tests)
    rows, odd = typed(rows, "counts")
    told = [c for c in rows if c not in ("n", "n_success", "mark", "source_file", "source_row")]
    rows, twice = sift(rows, ("duplicate count", "", rows.duplicated(told, keep="last")))
    odd += doubt(rows, "count without a step", "year_level", _nowhere(rows, known))
    return rows.reset_index(drop=True), notes + strange + more + odd + twice


def _nowhere(rows: pd.DataFrame, known: Known) -> pd.Series:
    """Rows that have no step: no year level, of a measure without a step of its own, not in ECE."""
    fixed = {name for name, measure in known.community.measures.items() if measure.stage}
    early = known.providers.loc[known.providers["type"] == "ece", "provider_id"]
    elsewhere = ~rows["measure"].isin(fixed) & ~rows["provider_id"].isin(early)
    return rows["year_level"].isna() & elsewhere


def _placed(rows: pd.DataFrame, name: str, known: Known) -> tuple[pd.DataFrame, Notes]:
    """Rows with every required cell, a known provider and a year."""
    year, bad = convert.years(rows["year"])
    nowhere = ~convert.within(rows["provider_id"], known.providers["provider_id"])
    rows, notes = sift(
        rows.assign(year=year),
        *_totals(rows),
        *blank(rows, name),
        ("unknown provider", "provider_id", nowhere),
        ("not a year", "year", bad),
    )
    rows = rows.astype({"year": "int64"})
    latest = known.community.year
    if latest is not None:
        notes += doubt(rows, "after the latest year", "year", rows["year"] > latest)
    return rows, notes


def _totals(rows: pd.DataFrame) -> list[tuple[str, str, pd.Series]]:
    """Rows that sum others up: they would count everybody twice."""
    left = ("learner_id", "value", "n", "n_success", "term", "year", "year_level", "date", "norm_version", "source_file", "source_row")  # fmt: skip
    own = [total(rows)] if "learner_id" in rows else []
    named = [name for name in rows if name not in left]
    return own + [("row of totals", name, texts.a_total(rows[name])) for name in named]


def _known_measures(rows: pd.DataFrame, community: Community) -> tuple[pd.DataFrame, Notes]:
    ids = {column_name(name): name for name in community.measures}
    named = coded.recoded(rows["measure"], lambda text: ids.get(column_name(text), ""))
    unknown = named == ""
    notes: Notes = []
    strange = rows[unknown].groupby(["source_file", "measure"], sort=False)["source_row"]
    for (file, text), numbers in list(strange)[: problems.SHOWN_PER_FILE]:
        near = get_close_matches(column_name(text), ids, n=1)
        nearest = f" (perhaps to {ids[near[0]]})" if near else ""
        notes.append(
            problems.note(
                "unknown measure",
                str(file),
                row=int(numbers.iloc[0]),
                column="measure",
                count=len(numbers),
                nearest=nearest,
            )
        )
    rows = rows.assign(measure=named)
    return (rows[~unknown] if bool(unknown.any()) else rows), notes


def _measured(rows: pd.DataFrame, community: Community) -> tuple[pd.DataFrame, Notes]:
    """Rows whose value is on the scale of a known measure, with the score of the value."""
    rows, notes = _known_measures(rows, community)
    for name in sorted(rows["measure"].unique()):
        measure = community.measures[name]
        if measure.unset:
            own = rows[rows["measure"] == name]
            notes.append(
                problems.note(
                    "success rule not set",
                    str(own["source_file"].iloc[0]),
                    column="measure",
                    count=len(own),
                    measure=measure.id,
                    unset=measure.unset,
                )
            )
    score = _scores(rows, community)
    unread = score.isna()
    rows, more = sift(
        rows.assign(score=score),
        ("mark in place of a value", "value", unread & texts.a_mark(rows["value"])),
        ("value became a date", "value", unread & texts.a_date(rows["value"])),
        ("value off the scale", "value", unread),
    )
    return rows, notes + more


def _scores(rows: pd.DataFrame, community: Community) -> pd.Series:
    """The score of each value on the scale of its measure, worked out once for each two of them."""
    places, found = coded.distinct(rows[["measure", "value"]])
    meant = [
        catalogue.score(community.measures[name], value)
        for name, value in zip(found["measure"], found["value"], strict=True)
    ]
    return pd.Series(np.array(meant, dtype="float64")[places], rows.index)


def _applies(rows: pd.DataFrame, community: Community) -> tuple[pd.DataFrame, Notes]:
    ranges = {m.id: m.year_levels for m in community.measures.values() if m.year_levels}
    first, last = (
        convert.looked_up(rows["measure"], {name: ends[side] for name, ends in ranges.items()})
        for side in (0, 1)
    )
    outside = (rows["year_level"] < first) | (rows["year_level"] > last)
    return sift(rows, ("measure does not apply", "year_level", outside))
