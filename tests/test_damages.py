"""Whatever is done to the files: a load with a warning or one clear error, and never a wrong number."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import damages
import pandas as pd
import pytest
from damages import ALL, BLANKS, DAMAGES, Damage

from colanalysis import check, link, load, measure
from colanalysis.errors import ColanalysisError, DataError
from colanalysis.terms.rules import RULES

GIB = 1 << 30
# What only a reader of another format tells (or the page of data health, of schools beside one
# another), and no file of a tidy table can provoke.
OF_READERS = {
    "moe": ["learner without an id", "learner in several records", "footer rows", "draft roll return",
            "footer does not reconcile", "record of another school", "no roll summary",
            "roll summary differs"],
    "kamar": ["section not asked for", "section does not reconcile", "data sharing declined",
              "not enrolled in the year", "no such result", "result without a value",
              "half-days not understood", "code without a meaning"],
    "easttle": ["averages", "not scored", "test not named", "score not in this test",
                "several tests, one measure"],
    "half_days": ["attendance of no learner", "day told twice", "attendance without a date",
                  "half-day outside the terms", "unknown attendance code", "too few half-days"],
    "crosstab": ["totals left out", "total does not add up", "total not checked", "suppressed count",
                 "number with a mark", "count left blank", "row without numbers", "row left out"],
    "ncea": ["NCEA award worked out", "NCEA award not certain", "NCEA entry not understood",
             "no NCEA rule for the year"],
    "half_day_counts": ["half-day counts not understood"],
    "health": ["judgements apart from tests"],
}  # fmt: skip

# The numbers, as bags of rows

Numbers = dict[str, Counter[tuple[Any, ...]]]
_TOLD = {
    "counts": ["provider_id", "year", "measure", "n", "n_success", "year_level", "ethnicity"],
    "local_knowledge": ["claim", "source", "direction", "measure", "provider_id", "consent"],
    "resources": ["resource", "unit", "amount", "generated_by"],
    "providers": ["provider_id", "type", "member", "eqi", "roll", "latitude"],
}


def numbers(checked: check.Checked) -> Numbers:
    """What every later number is made of."""
    told = link.journeys(checked)
    counted = measure.counts(told)[["measure", *measure.STEP, "profile", *measure.SUMS]]
    return {
        "results": bag(counted),
        "places": bag(told.places[["provider_id", "year", "year_level", "stage"]]),
        **{name: bag(checked.frames[name].reindex(columns=own)) for name, own in _TOLD.items()},
    }


def bag(frame: pd.DataFrame) -> Counter[tuple[Any, ...]]:
    rows = frame.astype(object).where(frame.notna(), "").to_numpy().tolist()
    return Counter(map(tuple, rows))


# The same by hand, from the files

Row = tuple[str, int, dict[str, str]]  # the file, the row and its cells by heading
_JUDGED = ["well below", "below", "at", "above"]
_AGREED = ["strongly disagree", "disagree", "agree", "strongly agree"]
_OFTEN = ["seldom", "sometimes", "usually", "always"]
_LEFT = ["no qualification", "NCEA Level 1", "NCEA Level 2", "NCEA Level 3", "University Entrance"]
_EASTTLE = {4: 1294, 5: 1376, 6: 1398, 7: 1446, 8: 1470, 9: 1556, 10: 1587}
_OWN_STEP = {
    "ece_participation": "ece",
    "leaver_qualification": "leavers",
    "leaver_destination": "leavers",
}
_ETHNIC = {"1": "European/Pākehā", "2": "Māori", "3": "Pacific Peoples", "4": "Asian", "5": "MELAA",
           "6": "Other ethnicity", "European/Pākehā": "European/Pākehā",
           "NZ European": "European/Pākehā", "Māori": "Māori", "Maori": "Māori",
           "Pacific Peoples": "Pacific Peoples", "Samoan": "Pacific Peoples",
           "Tongan": "Pacific Peoples", "Chinese": "Asian", "Indian": "Asian", "Filipino": "Asian",
           "Middle Eastern": "MELAA",
           "MÄori": "Māori"}  # fmt: skip


def judged(name: str, value: str, level: float | str) -> tuple[float, bool]:
    """The score of a value and whether it is a success, by the words of the guide."""
    if name in ("attendance", "own_attendance"):
        score = float(value)
        return score, score > {"attendance": 0.9, "own_attendance": 90}[name]
    if name == "easttle_reading":
        return float(value), float(value) >= _EASTTLE[int(level)]
    if name == "pat_maths_stanine":
        return float(value), float(value) >= 4
    if name == "stand_down":
        return float(value == "yes"), value == "no"
    scales: dict[str, tuple[list[str], str]] = {
        "leaver_qualification": (_LEFT, "NCEA Level 2"),
        "managing_self": (_OFTEN, "usually"),
        "phonics_40_weeks": (["needs support", "approaching", "at", "exceeding"], "at"),
    }
    scale, least = scales.get(name, (["no", "yes"], "yes"))
    if name.endswith("judgement"):
        scale, least = _JUDGED, "at"
    elif name.endswith("aggressive_culture"):
        scale, least = _AGREED[::-1], "disagree"
    elif name.startswith("wellbeing"):
        scale, least = _AGREED, "agree"
    return float(scale.index(value)), scale.index(value) >= scale.index(least)


def step(level: float | str) -> str:
    last = {3: "years_0_3", 6: "years_4_6", 8: "years_7_8", 10: "years_9_10", 13: "years_11_13"}
    return "" if level == "" else next(name for end, name in last.items() if float(level) <= end)


def number(text: str) -> float | str:
    return float(text) if text else ""


def groups(cells: Mapping[str, str]) -> str:
    found = {f"{name}={cells[name]}" for name in ("gender", "ell", "transient") if cells.get(name)}
    for one in filter(None, cells["ethnicity"].split(";")):
        found.add(f"ethnicity={_ETHNIC[one[0] if one.isdigit() else one]}")
    return " & ".join(sorted(found))


def by_hand(tables: Mapping[str, list[Row]]) -> Numbers:
    """The numbers of these rows."""
    rows = {name: [cells for _, _, cells in own] for name, own in tables.items()}
    known = {one["learner_id"]: groups(one) for one in rows["learners"]}
    at = {(one["learner_id"], one["provider_id"], one["year"]): number(one["year_level"])
          for one in rows["enrolments"]}  # fmt: skip
    last: dict[tuple[str, ...], tuple[Any, ...]] = {}
    for place, one in enumerate(rows["observations"]):
        who, school, year, what = (one[c] for c in ("learner_id", "provider_id", "year", "measure"))
        own = number(one.get("year_level", ""))
        level = at.get((who, school, year), "") if own == "" else own
        found = (one["term"], place, what, school, int(year), level, known[who] if known else "",
                 one["value"])  # fmt: skip
        last[who, what, year] = max(last.get((who, what, year), ("", -1)), found)
    for place, one in enumerate(rows["survey"]):
        last["answer", str(place)] = ("", 0, one["measure"], one["provider_id"], int(one["year"]),
                                      number(one["year_level"]), groups(one), one["value"])  # fmt: skip
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 5)
    for _, _, what, school, year, level, profile, value in last.values():
        where = _OWN_STEP.get(what) or step(level)
        if where:
            score, success = judged(what, value, level)
            units = round(score * 1000)
            told = sums[what, where, year, level, school, profile]
            told[:] = [a + b for a, b in zip(told, [1, success, 1, units, units**2], strict=True)]
    places = {(one["learner_id"], one["provider_id"], int(one["year"]), number(one["year_level"]))
              for one in rows["enrolments"]}  # fmt: skip
    plain = {
        "counts": [
            [one["provider_id"], int(one["year"]), one["measure"],
             *("" if one[n] == "c" else number(one[n]) for n in ("n", "n_success", "year_level")),
             one["ethnicity"]]
            for one in rows["counts"]
        ],
        "local_knowledge": [[one[c] for c in _TOLD["local_knowledge"]] for one in rows["local_knowledge"]],
        "resources": [
            [one["resource"], one["unit"], float(one["amount"]), one["generated_by"]]
            for one in rows["resources"]
        ],
        "providers": [
            [one["provider_id"], one["type"], one["member"] != "no",
             *(number(one[c]) for c in ("eqi", "roll", "latitude"))]
            for one in rows["providers"]
        ],
    }  # fmt: skip
    return {
        "results": Counter((*key, *told) for key, told in sums.items()),
        "places": Counter((school, year, level, step(level)) for _, school, year, level in places),
        **{name: Counter(map(tuple, own)) for name, own in plain.items()},
    }


def files(folder: Path) -> dict[str, list[Row]]:
    """The rows of a folder's CSV files, also of those in folders of a table's name."""
    found: dict[str, list[Row]] = {}
    for name in (*damages.TABLES, "counts"):
        found[name] = []
        for path in [folder / f"{name}.csv", *sorted((folder / name).glob("*.csv"))]:
            if path.is_file():
                head, *below = damages.read(path)
                said = path.relative_to(folder).as_posix()
                found[name] += [
                    (said, number, dict(zip(head, row, strict=True)))
                    for number, row in enumerate(below, 2)
                ]
    return found


def what_is_left(
    tables: Mapping[str, list[Row]], problems: pd.DataFrame, damage: Damage
) -> dict[str, list[Row]]:
    """Take out the rows that are set aside, and blank the cells that count as missing."""
    away = problems[(problems["severity"] == "set aside") & problems["row"].notna()]
    gone = {(_csv(file), int(row)) for file, row in zip(away["file"], away["row"], strict=True)}
    missing = problems[problems["rule"].isin(BLANKS) & problems["row"].notna()]
    blank = {(_csv(one.file), int(one.row), one.column) for one in missing.itertuples()}
    blank |= {damage.missing}
    return {
        name: []
        if name in damage.lost
        else [
            (file, row, {c: "" if (file, row, c) in blank else v for c, v in cells.items()})
            for file, row, cells in own
            if (file, row) not in gone
        ]
        for name, own in tables.items()
    }


def _csv(file: str) -> str:
    return Path(file).with_suffix(".csv").as_posix()


# Trying the damages


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, cut and undamaged."""
    return damages.sample(tmp_path_factory.mktemp("whole") / "sample")


@pytest.fixture(scope="module")
def undamaged(whole: Path) -> check.Checked:
    return check.tables(load.community(whole)).require()


@pytest.fixture(scope="module")
def expected(whole: Path) -> Numbers:
    return by_hand(files(whole))


def test_the_sample_is_read_as_by_hand(undamaged: check.Checked, expected: Numbers) -> None:
    assert numbers(undamaged) == expected
    assert sum(expected["results"].values()) > 1000


def same_tables(one: check.Checked, other: check.Checked) -> bool:
    """Whether two checked communities say the same, so that every number of them is the same."""
    places = ["source_file", "source_row"]
    return all(
        own.drop(columns=places).equals(other.frames[name].drop(columns=places))
        for name, own in one.frames.items()
    )


def damaged(whole: Path, folder: Path, damage: Damage) -> Path:
    damages.copied(whole, folder)
    damage.do(folder)
    return folder


@cache
def ids() -> frozenset[str]:
    return frozenset(row[0] for row in damages.read(damages.SAMPLE / "learners.csv"))


def names_nobody(text: str) -> bool:
    return ids().isdisjoint(re.findall(r"\d+", text))


@pytest.mark.parametrize("name", [name for name, one in DAMAGES.items() if not one.heavy])
def test_damage(
    name: str, whole: Path, undamaged: check.Checked, expected: Numbers, tmp_path: Path
) -> None:
    damage = DAMAGES[name]
    if "may not be read" in name and os.geteuid() == 0:
        pytest.skip("whoever is root may read everything")
    folder = damaged(whole, tmp_path / "sample", damage)
    if damage.refused:
        with pytest.raises(ColanalysisError) as caught:
            check.tables(load.community(folder))
        assert not [part for part in damage.refused if part not in str(caught.value)], caught.value
        assert names_nobody(str(caught.value))
        return
    checked = check.tables(load.community(folder))
    is_told(damage, checked.problems)
    if len(checked.blocking):
        with pytest.raises(DataError) as stopped:
            checked.require()
        assert names_nobody(str(stopped.value))
        return
    got = expected if same_tables(checked, undamaged) else numbers(checked)
    if damage.same or not (damage.told or damage.as_written or damage.lost):
        assert got == expected
    else:
        tables = files(folder if damage.as_written else whole)
        assert got == by_hand(what_is_left(tables, checked.problems, damage))


# In a process of its own: what it found, then the most memory that it ever took.
TRIED = """
import re, sys
from pathlib import Path
from colanalysis import check, load
from colanalysis.errors import ColanalysisError

try:
    checked = check.tables(load.community(sys.argv[1]))
    print(" ".join(checked.problems["rule"].unique()))
    used = checked.frames["observations"]
    print(len(used), used["score"].sum().round(3))
except ColanalysisError as error:
    print(error)
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
TAKES_LONG = "three hundred megabytes of good rows"


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the memory is told by Linux only"
)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.calibration) if name == TAKES_LONG else name
        for name, one in DAMAGES.items()
        if one.heavy
    ],
)
def test_heavy_damage(name: str, whole: Path, tmp_path: Path) -> None:
    damage = DAMAGES[name]
    folder = damaged(whole, tmp_path / "sample", damage)
    try:
        ran = subprocess.run(
            [sys.executable, "-c", TRIED, str(folder)], capture_output=True, text=True, check=False
        )
    finally:
        shutil.rmtree(folder)  # hundreds of megabytes
    assert ran.returncode == 0, ran.stderr
    *said, most = ran.stdout.splitlines()
    assert int(most) * 1024 < 4 * GIB
    if damage.refused:
        assert not [part for part in damage.refused if part not in said[0]], said
        assert names_nobody(said[0])
    else:
        assert said == damages.heavy.FOUND


def is_told(damage: Damage, problems: pd.DataFrame) -> None:
    """Everything that must be said is said of its place, and nothing else."""
    problems = problems[problems["column"] != "preferred_name"]
    for one in damage.told:
        said = problems[
            (problems["rule"] == one.check)
            & (problems["file"] == one.file)
            & (problems["column"] == one.column)
        ]
        assert len(said), f"{one} is not said, but\n{_in_short(problems)}"
        rows = set(said["row"].fillna(ALL))
        if one.rows and one.check in damage.follows:
            assert rows >= set(one.rows)
        elif one.rows:
            assert rows == set(one.rows)
    meant = {one.check for one in damage.told} | damage.follows
    other = problems[~problems["rule"].isin(meant)]
    assert other.empty, f"also said:\n{_in_short(other)}"
    expected = {(one.check, one.file, one.column) for one in damage.told}
    exact = problems[~problems["rule"].isin(damage.follows)]
    assert set(zip(exact["rule"], exact["file"], exact["column"], strict=True)) <= expected
    assert names_nobody(" ".join(problems["expected"] + problems["remedy"] + problems["column"]))


def _in_short(problems: pd.DataFrame) -> str:
    return problems[["severity", "rule", "file", "row", "column", "count"]].head(12).to_string()


def test_there_are_many_damages_and_every_check_is_provoked() -> None:
    assert len(DAMAGES) >= 120
    provoked = {one.check for damage in DAMAGES.values() for one in damage.told}
    others = {name for names in OF_READERS.values() for name in names}
    assert provoked <= set(RULES)
    assert set(RULES) - provoked == others
