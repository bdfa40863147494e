"""Second attacker: what can be worked out from rendered reports, by somebody who shares no code with them.

It reads the pages and CSV files of a set of reports (never ``release.json``) and knows the public
rules: a shown count is within two of the truth, a group that is told of has ten, nothing but its size
is told of fewer than fifteen, and a count is shown only where six are left on either side. It knows
as well how the others' share beside a gap is made up. From all of it together it works out how small
and how large every count could be that should not be known.

Four are played: the public; who holds the rolls (knows who was judged, and no outcome); a parent, who
also knows the outcome of one child; a school, which also knows the outcomes of all of its own. A
parent or school without the rolls knows less than one who holds them, so outcomes are attacked by the
stronger of the two.
"""

from __future__ import annotations

import base64
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import product
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import numpy as np
import pandas as pd
from bs4 import BeautifulSoup
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

OFF, SMALLEST_GROUP, SMALLEST_TOLD, SMALLEST_COUNT = 2, 10, 15, 6
ROOM = 3  # a count that is not shown keeps this much between its least and its most
PAGE = "challenge-evidence.html"
LEARNERS, SUCCEED, SHARE = "learners", "succeed", "share"
RESULTS, ASSESSED, FLOWS = "results", "assessed", "flows"
WAYS = ("same_provider", "other_provider", "not_seen_again")
FEW, MOST = "few", "most"
SAME = 1e-6
TRIES, MORE_TRIES, REPAIRS = 10, 100, 25


class Definition(NamedTuple):
    """Whom a number counts; what is blank (or None) leaves nothing out."""

    domain: str = RESULTS
    measure: str = ""
    stages: str = ""
    year_min: int | None = None
    year_max: int | None = None
    level_min: int | None = None
    level_max: int | None = None
    provider: str = ""
    group: str = ""
    came_from: str = ""
    goes_to: str = ""


@dataclass(frozen=True)
class Number:
    """A published number: ``value`` is None where a ``mark`` stands in its place."""

    definition: Definition
    what: str
    value: float | None
    mark: str
    where: str


@dataclass(frozen=True)
class Reference:
    """The share of the others, beside which a gap is told."""

    definition: Definition
    value: float
    where: str


@dataclass(frozen=True)
class Leak:
    """A count that somebody could know too closely: from ``low`` to ``high``, of ``size`` learners."""

    who: str
    what: str
    definition: object
    low: float
    high: float
    truth: float
    size: int


@dataclass
class Result:
    """What the attack has found; every list is empty where the reports are safe."""

    pinned: list[Leak] = field(default_factory=list)
    narrowed: list[Leak] = field(default_factory=list)
    determined: list[Leak] = field(default_factory=list)
    wrong: list[Leak] = field(default_factory=list)
    disagree: list[tuple[object, ...]] = field(default_factory=list)
    unsolved: list[Leak] = field(default_factory=list)
    looked_at: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def empty(self) -> bool:
        lists = (self.pinned, self.narrowed, self.determined, self.wrong, self.disagree)
        return not any(lists) and not self.unsolved

    @property
    def learners(self) -> int:
        """Learners whose outcome somebody can prove without having been told it."""
        return sum(leak.size for leak in self.determined)

    def __str__(self) -> str:
        names = ("pinned", "narrowed", "determined", "wrong", "disagree", "unsolved")
        told = ", ".join(f"{name} {len(getattr(self, name))}" for name in names)
        return f"{told}; looked at {dict(self.looked_at)}"


# Reading


def numbers(report_folder: Path, provider: str = "") -> list[Number]:
    """Every published count of one report, with its definition; ``provider``: whose report it is."""
    plans = {row["plan"]: row for row in _rows(report_folder, "plans")}
    read = {
        "plan_years": partial(_plan_years, plans),
        "steps": _steps, "years": _years, "affected": _affected, "groups": _groups,
        "coverage": _coverage, "transitions": _transitions, "flows": _flows, "plans": _plans,
        "findings": _findings, "cells": _cells,
    }  # fmt: skip
    told: list[Number] = []
    found = _by_rank(report_folder)
    for name, reader in read.items():
        for place, row in enumerate(_rows(report_folder, name), start=2):
            where = f"{provider or 'community'}/{name}.csv:{place}"
            told += reader(row, provider, found, where)
    return told


def references(report_folder: Path, provider: str = "") -> list[Reference]:
    """The others' shares in one report's findings."""
    told = []
    for row in _by_rank(report_folder).values():
        if row["kind"] == "gap" and row["reference_rate"]:
            where = f"{provider or 'community'}/findings.csv rank {row['rank']}"
            told.append(Reference(_of_finding(row), float(row["reference_rate"]), where))
    return told


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / "tables" / f"{name}.csv"
    path = path if path.exists() else folder / f"{name}.csv"
    if not path.exists():
        return []
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return table.to_dict("records")


def _by_rank(folder: Path) -> dict[str, dict[str, str]]:
    return {row["rank"]: row for row in _rows(folder, "findings")}


def _both(
    definition: Definition, row: Mapping[str, str], where: str, n: str = "n", x: str = "n_success"
) -> list[Number]:
    """The two counts of a row, and its share where that is not what the two come to."""
    size, succeed = _number(row.get(n)), _number(row.get(x))
    mark = row.get("mark", "")
    told = [
        Number(definition, LEARNERS, size, "" if size is not None else "c", where),
        Number(definition, SUCCEED, succeed, mark if succeed is None else "", where),
    ]
    return told + _share(definition, size, succeed, _number(row.get("rate")), where)


def _share(
    definition: Definition, n: float | None, x: float | None, rate: float | None, where: str
) -> list[Number]:
    if rate is None or (n and x is not None and abs(round(x / n, 2) - rate) < 0.0051):
        return []
    return [Number(definition, SHARE, rate, "", where)]


def _steps(row, provider, _, where) -> list[Number]:
    year = int(row["year"])
    one = Definition(RESULTS, row["measure"], row["stage"], year, year, provider=provider)
    return _both(one, row, where)


def _years(row, _, found, where) -> list[Number]:
    finding, year = found.get(row["rank"]), int(row["year"])
    if finding is None:
        return []
    whole = _of_finding(finding)._replace(year_min=year, year_max=year)
    whole = whole if row["who"] == "group" else whole._replace(group="", provider="")
    return _both(whole, row, where)


def _affected(row, _, found, where) -> list[Number]:
    finding = found.get(row["rank"])
    if finding is None:
        return []
    return _both(_of_finding(finding)._replace(group=_tidy(row["group"]), provider=""), row, where)


def _groups(row, provider, _, where) -> list[Number]:
    year, group = int(row["year"]), _tidy(row["group"])
    one = Definition(RESULTS, row["measure"], "", year, year, provider=provider, group=group)
    return _both(one, row, where)


def _coverage(row, provider, _, where) -> list[Number]:
    year, group = int(row["year"]), _tidy(row["group"])
    one = Definition(
        ASSESSED, row["measure"], row["stage"], year, year, provider=provider, group=group
    )
    return _both(one, row, where, "eligible", "assessed")


def _transitions(row, _, __, where) -> list[Number]:
    ends = row["stage_before"], row["stage_after"]
    before = Definition(RESULTS, row["measure"], ends[0], goes_to=ends[1])
    after = Definition(RESULTS, row["measure"], ends[1], came_from=ends[0])
    told = []
    for one, name in ((before, "before"), (after, "after")):
        own = {"n": row["n"], "x": row[name], "rate": row.get(f"rate_{name}", ""), "mark": "c"}
        told += _both(one, own, where, "n", "x")
    return told


def _flows(row, _, __, where) -> list[Number]:
    told = []
    for way, goes_to in [
        ("leaving_step", " ".join(WAYS)),
        *((way, way) for way in (*WAYS, "new_in_step")),
    ]:
        value = _number(row.get(way))
        one = Definition(FLOWS, "", row["stage_before"], goes_to=goes_to)
        told.append(Number(one, LEARNERS, value, "" if value is not None else "c", where))
    return told


def _plans(row, _, __, where) -> list[Number]:
    if not row["year"]:
        return []
    year, (low, high) = int(row["year"]), _levels(row["year_levels"])
    one = Definition(RESULTS, row["measure"], "", year, year, low, high, group=_tidy(row["group"]))
    return _both(one, row, where)


def _plan_years(plans, row, _, __, where) -> list[Number]:
    """A group beside a plan in one year: of the plan's measure and year levels."""
    return _plans({**plans[row["plan"]], **row}, _, __, where)


def _findings(row, _, __, where) -> list[Number]:
    one = _of_finding(row)
    told = _both(one, row, where, "n_learners")
    latest, n, years = (_number(row.get(k)) for k in ("n_latest", "n_learners", "years_with_data"))
    # Where the latest year is not told, a plain share of all the years stands there.
    if latest and n and years and latest != max(math.floor(n / years / 3 + 0.5), 1) * 3:
        one = one._replace(year_min=one.year_max)
        told.append(Number(one, LEARNERS, latest, "", f"{where} n_latest"))
    return told


def _cells(row, _, __, where) -> list[Number]:
    whole = {name: _whole(row[name]) for name in ("year_min", "year_max", "level_min", "level_max")}
    one = Definition(
        row["domain"], row["measure"], row["stages"], **whole, provider=row["provider_id"],
        group=_tidy(row["group"]), came_from=row["came_from"], goes_to=row["goes_to"],
    )  # fmt: skip
    told = _both(one, row, where)
    return told[:1] if row["domain"] == FLOWS else told


def _of_finding(row: Mapping[str, str]) -> Definition:
    low, high = _whole(row["year_min"]), _whole(row["year_max"])
    one = Definition(
        RESULTS, row["measure"], row["stages"], low, high,
        provider=row["provider_id"], group=_tidy(row["group"]),
    )  # fmt: skip
    if row["kind"] != "transition":
        return one
    ends = row["stages"].split()
    return one._replace(
        stages=ends[-1], came_from=ends[0], year_min=None if low is None else low + 1
    )


def _tidy(group: str) -> str:
    return " & ".join(sorted(group.split(" & "))) if group else ""


def _number(text: object) -> float | None:
    try:
        value = float(str(text))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _whole(text: str) -> int | None:
    value = _number(text)
    return None if value is None else int(value)


def _levels(text: str) -> tuple[int | None, int | None]:
    ends = [int(one) for one in re.findall(r"\d+", text)]
    return (ends[0], ends[-1]) if ends else (None, None)


# The page

# Words around a number that counts things of the page (bars, steps, findings), no learners.
_PLAIN = [
    r"\d+ ?% (range|interval)", r"Years? \d+(–\d+)?( and \d+)?", r"[\d,]+ comparisons",
    r"\d+ (bars?|dots?|groups?|results in \d+|series|steps?|marks?|years?|lines?|points? of time)\b(?! learners)",
    r"[\d,]+ more numbers are withheld", r"\d+ (success(es)?|hurdles?|claims?|candidates?|challenges?|providers?|schools?|services?)\b",
    r"shows in \d+ of \d+ years", r"\d+ where (the data|it)", r"\d+ (that|which) numbers cannot see",
    r"NCEA Level \d", r"Level \d\b", r"under \d+( learners|%)", r"multiples? of \d+", r"base \d+",
    r"(fewer|more|less) than \d+ ?%?( of)?", r"at least \d+", r"(version|colanalysis) \d[\d.]*", r"\b[0-9a-f]{12}\b",
    r"\d{4}: (?:[A-Z]|e-)[^;%]*", r"multiple of \d",
    r"SHA-?256", r"\b[\w-]*\d[\w-]*[A-Za-z][\w-]*\b", r"\b[A-Za-z][\w-]*\d[\w-]*\b",
]  # fmt: skip
_FIGURE = re.compile(r"(?<![\w.])[-+−]?\d[\d,]*(?:\.\d+)?\s?%?")


def strangers(report_folder: Path) -> list[str]:
    """Numbers on a page that are in none of its CSV files, and shares that are not from shown counts.

    Read are all visible text, alternative texts and labels, and the text of drawings. A number may
    stand there as it is, or as whole percents of a share; words about the page itself are left out.
    """
    known = _known(report_folder)
    told = []
    for where, text in _texts(report_folder / PAGE):
        # The years of a community, and the scale of a drawing, are no counts.
        plain = text
        for pattern in _PLAIN:
            plain = re.sub(pattern, " ", plain)
        for figure in _FIGURE.findall(plain):
            if not _is_known(figure, known, drawing=where == "drawing"):
                told.append(f"{where}: {figure.strip()} in {text.strip()[:120]!r}")
    return told + _odd_shares(report_folder)


def _texts(page: Path) -> Iterator[tuple[str, str]]:
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    for unseen in soup(["style", "script"]):
        unseen.decompose()
    for node in soup.find_all(string=True):
        yield "text", str(node)
    for tag in soup.find_all(True):
        for name in ("alt", "aria-label", "title", "content", "datetime"):
            if tag.name == "meta" and tag.get("name") not in ("description",):
                continue
            if tag.get(name):
                yield name, str(tag[name])
        for name in ("src", "srcset", "href"):
            yield from _drawing(str(tag.get(name, "")))


def _drawing(address: str) -> Iterator[tuple[str, str]]:
    found = re.match(r"data:image/svg\+xml[^,]*,", address)
    if not found:
        return
    body = address[found.end() :].split(" ")[0]
    data = base64.b64decode(body) if "base64" in found[0] else unquote_to_bytes(body)
    for tag in BeautifulSoup(data.decode("utf-8"), "html.parser").find_all(
        ["text", "title", "desc"]
    ):
        yield "drawing", tag.get_text(" ", strip=True)


def _known(folder: Path) -> set[float]:
    # What is usual after a step is the share before it and the change that is usual, both told.
    ends = [(_number(row["rate_before"]), _number(row["ordinary_change"])) for row in _rows(folder, "transitions")]  # fmt: skip
    known = {round((a + b) * 100, 6) for a, b in ends if a is not None and b is not None}
    for path in [folder / "findings.csv", *sorted((folder / "tables").glob("*.csv"))]:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for text in table.to_numpy().ravel():
            for one in [text, *re.findall(r"\d[\d,]*(?:\.\d+)?", text)]:
                value = _number(one.replace(",", ""))
                if value is not None:
                    known |= (
                        {abs(value), round(abs(value) * 100, 6)}
                        if abs(value) <= 1
                        else {abs(value)}
                    )
    return known


def _is_known(figure: str, known: set[float], *, drawing: bool) -> bool:
    value = abs(float(re.sub(r"[^\d.]", "", figure)))
    scale = drawing and value % 5 == 0 and value <= 100
    return value in known or scale


def _odd_shares(folder: Path) -> list[str]:
    """Limits beside a share that are not those of the counts beside it (Wilson, 95 %)."""
    told = []
    for name in ("steps", "years", "affected", "groups", "plans"):
        for place, row in enumerate(_rows(folder, name), start=2):
            n, x, low, high = (_number(row.get(k)) for k in ("n", "n_success", "low", "high"))
            if low is None or high is None:
                continue
            if not n or x is None:
                told.append(f"{name}.csv:{place}: limits without counts")
                continue
            z, p = 1.959964, x / n
            middle, half = p + z * z / 2 / n, z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
            ends = [(middle + side * half) / (1 + z * z / n) for side in (-1, 1)]
            if abs(ends[0] - low) > 0.0051 or abs(ends[1] - high) > 0.0051:
                told.append(f"{name}.csv:{place}: limits that are not those of its counts")
    return told


# Who is counted


class Holder:
    """Which rows of the truth a definition counts; each part of a definition is looked up once."""

    def __init__(self, atoms: pd.DataFrame) -> None:
        self._atoms = atoms
        self._seen: dict[tuple[object, ...], np.ndarray] = {}

    def __call__(self, one: Definition) -> np.ndarray:
        holds = np.ones(len(self._atoms), dtype=bool)
        for column, told in (
            ("stage", one.stages),
            ("came_from", one.came_from),
            ("goes_to", one.goes_to),
        ):
            if told:
                holds &= self._part(column, told.split())
        if one.provider:
            holds &= self._part("provider_id", [one.provider])
        for column, low, high in (
            ("year", one.year_min, one.year_max), ("year_level", one.level_min, one.level_max),
        ):  # fmt: skip
            holds &= (self._atoms[column].to_numpy() >= low) if low is not None else True
            holds &= (self._atoms[column].to_numpy() <= high) if high is not None else True
        for part in filter(None, one.group.split(" & ")):
            holds &= self._belongs(part)
        return holds

    def _part(self, column: str, told: list[str]) -> np.ndarray:
        key = (column, *told)
        if key not in self._seen:
            self._seen[key] = self._atoms[column].isin(told).to_numpy()
        return self._seen[key]

    def _belongs(self, part: str) -> np.ndarray:
        if (part,) not in self._seen:
            attribute, _, told = part.partition("=")
            own = [set(names.split(";")) for names in self._atoms[attribute]]
            wanted = {told} if any(told in one for one in own) else set(told.split(" or "))
            self._seen[part,] = np.array([bool(one & wanted) for one in own], dtype=bool)
        return self._seen[part,]


def lattice(atoms: pd.DataFrame) -> list[Definition]:
    """Every count that somebody could ask for: of a school or all, a step or all, a year, a group."""
    ethnic = sorted({name for names in atoms["ethnicity"] for name in names.split(";") if name})
    ethnic = [f"ethnicity={name}" for name in ethnic]
    genders = [f"gender={name}" for name in sorted(atoms["gender"].unique())]
    others = [f"ell={name}" for name in sorted(atoms["ell"].unique())]
    groups = [
        "",
        *ethnic,
        *genders,
        *others,
        *(" & ".join(two) for two in product(ethnic, genders)),
    ]
    asked = product(
        ["", *sorted(atoms["provider_id"].unique())], ["", *sorted(atoms["stage"].unique())],
        sorted(atoms["year"].unique()), groups,
    )  # fmt: skip
    measure = str(atoms["measure"].iloc[0])
    return [
        Definition(RESULTS, measure, stage, int(year), int(year), provider=school, group=group)
        for school, stage, year, group in asked
    ]


def _highest(n: float) -> float:
    """The largest count of ``n`` that is shown as a number."""
    return 3 * ((n - SMALLEST_COUNT) // 3)


# The attack


def attack(
    reports: Mapping[str, Path],
    people: pd.DataFrame,
    moves: pd.DataFrame | None = None,
    *,
    seed: int = 0,
    parents: int = 60,
) -> Result:
    """Attack a set of reports together.

    ``reports``: a report's folder for each provider ("" is the community's own). ``people`` is the
    truth (as of ``regions.people``): its sizes are what a roll says, its outcomes are used to look
    whether what was worked out is right. ``moves`` is the truth of those who leave a step.
    """
    told = [one for unit, folder in reports.items() for one in numbers(folder, unit)]
    beside = [one for unit, folder in reports.items() for one in references(folder, unit)]
    if not all((folder / "tables").is_dir() for folder in reports.values()) or not told:
        raise ValueError("there is no report to attack: nothing found says nothing")
    result = Result()
    result.disagree += disagreements(told)
    for name, atoms in people.groupby("measure", sort=True):
        own = [one for one in told if one.definition.measure == name]
        block = _Block(atoms.reset_index(drop=True), own, result)
        known = [one for one in beside if one.definition.measure == name]
        block.attack_outcomes(known, np.random.default_rng([seed, 1]), parents)
        block.attack_sizes(np.random.default_rng([seed, 2]))
    if moves is not None:
        _attack_moves([one for one in told if one.definition.domain == FLOWS], moves, result)
    return result


def disagreements(told: list[Number]) -> list[tuple[object, ...]]:
    """Definitions that carry two values anywhere in a set of reports."""
    seen: dict[tuple[Definition, str], dict[object, str]] = defaultdict(dict)
    for one in told:
        # A word beside a number, or a number that one table leaves out, is no second value.
        if one.what != SHARE and (one.value is not None or one.mark in (FEW, MOST)):
            seen[one.definition, one.what].setdefault(one.value or one.mark or 0.0, one.where)
    return [(*key, values) for key, values in seen.items() if len(values) > 1]


class _Possible:
    """Whole counts in boxes whose sums lie between limits."""

    def __init__(self, rows, low, high, least, most) -> None:
        self.rows = sparse.csr_matrix(rows, dtype=float)
        self.low, self.high = np.asarray(low, float), np.asarray(high, float)
        self.least, self.most = np.asarray(least, float), np.asarray(most, float)

    def boxed(self, place: int, least: float, most: float) -> _Possible:
        """The same with one count in another box."""
        lower, upper = self.least.copy(), self.most.copy()
        lower[place], upper[place] = least, most
        other = _Possible(self.rows, self.low, self.high, lower, upper)
        other.__dict__ |= {"_held": self._held, "_columns": self._columns}
        return other

    def with_row(self, row: np.ndarray, high: float) -> _Possible:
        """The same, and one sum more that is no larger than a limit."""
        rows = sparse.vstack([self.rows, sparse.csr_matrix(row)])
        limits = np.append(self.low, -np.inf), np.append(self.high, high)
        return _Possible(rows, *limits, self.least, self.most)

    @cached_property
    def _held(self) -> tuple[sparse.csr_matrix, np.ndarray]:
        """Which rows hold a count (turned), and the largest weight with which a row holds any."""
        held = (self.rows > 0).astype(float)
        most = np.asarray(self.rows.max(axis=1).todense()).ravel() if held.shape[0] else np.zeros(0)
        return held.T.tocsr(), most

    @cached_property
    def _columns(self) -> sparse.csc_matrix:
        return self.rows.tocsc()

    def stepped(
        self, point: np.ndarray, own: np.ndarray, side: int, steps: int, chance: np.random.Generator
    ) -> np.ndarray | None:
        """Go up (or down) with some counts by one at a time, and let others give way until all holds."""
        held, weight = self._held
        point, columns = point.copy(), self._columns
        sums, good, made, repairs = self.rows @ point, None, 0, 0
        last: list[int] = []
        while True:
            over, under = sums > self.high + SAME, sums < self.low - SAME
            broken = over.any() or under.any()
            if not broken:
                good, repairs, last = (point.copy() if made else None), 0, []
                if made == steps:
                    return good
            # What a step up or down would break, less what it would mend.
            cost = np.concatenate([
                held @ ((sums + weight > self.high + SAME) - 1.0 * under),
                held @ ((sums - weight < self.low - SAME) - 1.0 * over),
            ])  # fmt: skip
            allowed = np.concatenate([point + 1 <= self.most, point - 1 >= self.least])
            along = np.concatenate(
                [own, np.zeros_like(own)] if side > 0 else [np.zeros_like(own), own]
            )
            against = np.concatenate(
                [np.zeros_like(own), own] if side > 0 else [own, np.zeros_like(own)]
            )
            allowed &= ~against & ~along if broken else along
            for place in last:
                allowed[place % len(own)] = allowed[place % len(own) + len(own)] = False
            which = np.flatnonzero(allowed)
            if not len(which) or repairs > REPAIRS:
                return good
            best = which[cost[which] <= cost[which].min() + SAME]
            move = int(chance.choice(best))
            one, way = move % len(own), 1 if move < len(own) else -1
            point[one] += way
            column = slice(columns.indptr[one], columns.indptr[one + 1])
            sums[columns.indices[column]] += way * columns.data[column]
            last.append(move)
            made, repairs = made + (not broken), repairs + broken

    def solve(self, cost: np.ndarray, *, whole: bool = False):
        limits = [LinearConstraint(self.rows, self.low, self.high)] if self.rows.shape[0] else []
        return milp(
            cost, constraints=limits, bounds=Bounds(self.least, self.most),
            integrality=np.full(len(cost), int(whole)),
            options={"time_limit": 10.0, "mip_rel_gap": 0.0},
        )  # fmt: skip

    def holds(self, point: np.ndarray) -> bool:
        sums = self.rows @ point
        inside = (sums >= self.low - SAME).all() and (sums <= self.high + SAME).all()
        return bool(
            inside and (point >= self.least - SAME).all() and (point <= self.most + SAME).all()
        )


class _Search:
    """Witnesses that could all be true, and the ends of those counts that they do not keep apart."""

    def __init__(
        self, possible: _Possible, targets, need: np.ndarray, points: list[np.ndarray]
    ) -> None:
        self.possible, self.targets, self.need = (
            possible,
            sparse.csr_matrix(targets, dtype=float),
            need,
        )
        self.points, self.values = [], []
        self.least_seen = np.full(self.targets.shape[0], np.inf)
        self.most_seen = np.full(self.targets.shape[0], -np.inf)
        if points:
            values = np.ascontiguousarray((self.targets @ np.array(points).T).T)
            self.points, self.values = list(points), list(values)
            self.least_seen, self.most_seen = values.min(axis=0), values.max(axis=0)

    def keep(self, point: np.ndarray | None) -> None:
        if point is not None:
            value = self.targets @ point
            self.points.append(point)
            self.values.append(value)
            self.least_seen = np.minimum(self.least_seen, value)
            self.most_seen = np.maximum(self.most_seen, value)

    def apart(self) -> np.ndarray:
        return self.most_seen - self.least_seen

    def wide(self, place: int) -> bool:
        return bool(self.most_seen[place] - self.least_seen[place] >= self.need[place] - SAME)

    def close(
        self, chance: np.random.Generator, limit: int = 400
    ) -> Iterator[tuple[int, float, float, bool]]:
        """Targets that can be narrowed, with their ends and whether they were solved to the end."""
        solved = 0
        for place in np.argsort(self.apart() - self.need, kind="stable"):
            if self.wide(place) or self._stepped(int(place), chance):
                continue
            solved += 1
            if solved > limit:
                yield int(place), self.least_seen[place], self.most_seen[place], False
                continue
            low, high = self.ends(int(place), chance)
            if high - low < self.need[place] - SAME:
                yield int(place), low, high, True

    def _stepped(self, place: int, chance: np.random.Generator, tries: int = TRIES) -> bool:
        """Keep a count apart by steps from the witnesses at its ends, which is quicker than to solve."""
        own = np.zeros(self.targets.shape[1], dtype=bool)
        own[self.targets[place].indices] = True
        for _ in range(tries):
            for side in (1, -1):
                at = side * np.array([value[place] for value in self.values])
                best = np.flatnonzero(at == at.max())
                start = self.points[chance.choice(best)]
                missing = self.need[place] - (self.most_seen[place] - self.least_seen[place])
                self.keep(
                    self.possible.stepped(start, own, side, math.ceil(missing - SAME), chance)
                )
                if self.wide(place):
                    return True
        return False

    def ends(self, place: int, chance: np.random.Generator) -> tuple[float, float]:
        """The ends of a count; where two witnesses turn up that keep it apart, what they say."""
        cost = self.targets[place].toarray().ravel()
        low, high = (
            side * math.ceil(self.possible.solve(side * cost).fun - SAME) for side in (1, -1)
        )
        if high - low < self.need[place] - SAME:
            return low, high
        if high - low >= self.need[place] + 1 - SAME:
            return low, high
        if self._stepped(place, chance, MORE_TRIES):
            return self.least_seen[place], self.most_seen[place]
        # Whole numbers may leave less room than the linear bound.
        for side, limit in (
            (1, self.most_seen[place] - self.need[place]),
            (-1, -self.least_seen[place] - self.need[place]),
        ):
            answer = self.possible.with_row(side * cost, limit).solve(0 * cost, whole=True)
            if answer.x is not None:
                self.keep(np.rint(answer.x))
            if self.wide(place):
                return self.least_seen[place], self.most_seen[place]
        found = [low, high]
        for which, side in enumerate((1, -1)):
            answer = self.possible.solve(side * cost, whole=True)
            if answer.status == 0:
                found[which] = side * round(answer.fun)
        return found[0], found[1]


class _Block:
    """All that is told of one measure, which nothing that is told of another can add to."""

    def __init__(self, atoms: pd.DataFrame, told: list[Number], result: Result) -> None:
        self.told, self.result = told, result
        names = list(dict.fromkeys(one.definition for one in told))
        self.place = {name: place for place, name in enumerate(names)}
        holding = Holder(atoms)
        holds = np.array([holding(one) for one in names], dtype=bool)
        holds = holds.reshape(len(names), len(atoms))
        asked = lattice(atoms)
        among = np.array([holding(one) for one in asked], dtype=bool)
        # Whom no number tells apart are one unknown.
        levels = atoms.groupby(["stage", "year", "year_level"]).ngroup().to_numpy()
        pattern = np.vstack(
            [np.packbits(np.vstack([holds, among]), axis=0), levels.astype(np.uint8)]
        )
        _, first, self.class_of = np.unique(
            pattern.T, axis=0, return_index=True, return_inverse=True
        )
        self.class_of = self.class_of.ravel()
        self.n, self.x, self.eligible = (
            np.bincount(self.class_of, atoms[name]) for name in ("n", "n_success", "eligible")
        )
        self.names, self.holds = names, holds[:, first]
        self.classes = atoms.iloc[first].reset_index(drop=True)
        self.holding = Holder(self.classes)
        self.asked, self.among = _different(asked, among[:, first], self.n + (self.eligible > 0))
        self._agree()

    def _agree(self) -> None:
        """The same learners under two definitions must carry one value."""
        seen: dict[bytes, dict[object, Number]] = defaultdict(dict)
        for one in self.told:
            if one.value is None or one.what == SHARE:
                continue
            counts = self._counts(one)
            own = np.where(self.holds[self.place[one.definition]], counts, 0)
            # Only where the counts say of each class that it is in whole or not at all, is it one set.
            kind = (one.definition.domain == ASSESSED) * (one.what == LEARNERS)
            split = one.what == SUCCEED and one.definition.domain == RESULTS
            seen[bytes([kind, split]) + own.tobytes()].setdefault(one.value, one)
        for values in seen.values():
            if len(values) > 1:
                told = {value: one.where for value, one in values.items()}
                key = next(iter(values.values()))
                found = (key.definition, key.what, told)
                if found[:2] not in [other[:2] for other in self.result.disagree]:
                    self.result.disagree.append(found)

    def _counts(self, one: Number) -> np.ndarray:
        if one.definition.domain == ASSESSED:
            return self.eligible if one.what == LEARNERS else self.n
        return self.n if one.what == LEARNERS else self.x

    # Outcomes, for somebody who holds the rolls

    def attack_outcomes(
        self, beside: list[Reference], chance: np.random.Generator, parents: int
    ) -> None:
        known = [
            *self._outcome_rows(),
            *self._share_rows(),
            *(self._reference(one) for one in beside),
        ]
        known = [row for row in known if row is not None]
        rows, low, high = self._true(known, self.x)
        here = np.flatnonzero(self.n > 0)
        possible = _Possible(rows[:, here], low, high, np.zeros(len(here)), self.n[here])
        names, targets = self._protected(here)
        n = targets @ self.n[here]
        need = np.minimum(ROOM, n)
        search = _Search(possible, targets, need, [self.x[here].copy()])
        self.result.looked_at["outcomes"] += len(names)
        leaking = np.zeros(len(names), dtype=bool)
        for place, least, most, solved in search.close(chance):
            leaking[place] = True
            truth = float(targets[place] @ self.x[here])
            leak = Leak(
                "who holds the rolls", SUCCEED, names[place], least, most, truth, int(n[place])
            )
            self._file(leak, solved, single=names[place][0] == "atom")
        self._parents(search, here, names, n, leaking, chance, parents)
        self._providers(search, here, names, n, leaking, chance)

    def _protected(self, here: np.ndarray) -> tuple[list[tuple[str, object]], np.ndarray]:
        """Counts not shown, every class, and small differences of nested published counts."""
        shown = {
            one.definition for one in self.told
            if one.what == SUCCEED and one.value is not None and one.definition.domain == RESULTS
        }  # fmt: skip
        in_words = {
            one.definition for one in self.told
            if one.mark in (FEW, MOST) and one.definition.domain == RESULTS
        }  # fmt: skip
        n = self.n[here]
        told_rows = [self.place[one] for one in [*shown, *in_words]]
        public = self.holds[told_rows][:, here] if told_rows else np.zeros((0, len(here)), bool)
        shown_sets = (
            {row.tobytes() for row in self.holds[[self.place[one] for one in shown]][:, here]}
            if shown
            else set()
        )
        names: list[tuple[str, object]] = []
        sets: list[np.ndarray] = []
        for name, own in zip(self.asked, self.among[:, here], strict=True):
            if own @ n > 0 and own.tobytes() not in shown_sets:
                names.append(("count", name))
                sets.append(own)
        for name in self.names:
            own = self.holds[self.place[name]][here]
            if name.domain == RESULTS and own @ n > 0 and own.tobytes() not in shown_sets:
                names.append(("count", name))
                sets.append(own)
        size = public @ n
        both = (public * n) @ public.T
        whole, part = np.nonzero(
            np.isclose(both, size[None, :]) & (size[:, None] > size[None, :])
            & (size[:, None] - size[None, :] < SMALLEST_TOLD)
        )  # fmt: skip
        listed = [*shown, *in_words]
        for one, other in zip(whole, part, strict=True):
            apart = public[one] & ~public[other]
            if apart.tobytes() in shown_sets:
                continue
            names.append(("difference", (listed[one], listed[other])))
            sets.append(apart)
        for place in range(len(here)):
            own = np.zeros(len(here), dtype=bool)
            own[place] = True
            if own.tobytes() in shown_sets:
                continue
            names.append(("atom", tuple(self.classes.loc[here[place], _ATOM])))
            sets.append(own)
        table = np.array(sets, dtype=bool).reshape(len(names), len(here))
        # A set of one class is named as the atom that it is; of others the first name stands.
        _, first = np.unique(np.packbits(table, axis=1)[::-1], axis=0, return_index=True)
        kept = np.sort(len(names) - 1 - first)
        return [names[place] for place in kept], table[kept].astype(float)

    def _outcome_rows(self) -> Iterator[tuple[np.ndarray, float, float, object]]:
        for one in dict.fromkeys(self.told):
            if one.definition.domain != RESULTS or one.what != SUCCEED:
                continue
            own = self.holds[self.place[one.definition]].astype(float)
            n = own @ self.n
            if one.value is not None:
                low, high = max(one.value - OFF, SMALLEST_COUNT), min(one.value + OFF, _highest(n))
                yield own, low, high, one
            elif one.mark == FEW:
                yield own, 0, SMALLEST_COUNT - 1, one
            elif one.mark == MOST:
                yield own, _highest(n) + 1, n, one

    def _share_rows(self) -> Iterator[tuple[np.ndarray, float, float, object]]:
        """A share whose counts are not shown: of counts that may each be two off."""
        for one in dict.fromkeys(self.told):
            if one.what == SHARE and one.definition.domain == RESULTS and one.value is not None:
                own = self.holds[self.place[one.definition]].astype(float)
                n = own @ self.n
                low, high = (
                    (one.value - 0.005) * (n - OFF) - OFF,
                    (one.value + 0.005) * (n + OFF) + OFF,
                )
                yield own, low, high, one

    def _reference(self, one: Reference) -> tuple[np.ndarray, float, float, object] | None:
        """The others' share, as if they were spread over steps and levels as the group is."""
        definition = one.definition
        whole = self.holding(definition._replace(group="", provider=""))
        own = self.holding(definition)
        other = whole & ~own
        stratum = self.classes.groupby(["stage", "year", "year_level"]).ngroup().to_numpy()
        mine, theirs = (np.bincount(stratum, self.n * who) for who in (own, other))
        mine = np.where(theirs > 0, mine, 0)
        if not mine.sum():
            return None
        weight = np.where(other, (mine / mine.sum() / np.maximum(theirs, 1))[stratum], 0)
        others = min(theirs.sum(), theirs[mine > 0].sum())
        of = max(math.floor(others / 3 + 0.5) * 3, 2 * SMALLEST_COUNT)
        off = 0.005 + 1.5 / of + SAME
        low = -np.inf if one.value * of <= SMALLEST_COUNT + 1 else one.value - off
        high = np.inf if one.value * of >= of - SMALLEST_COUNT - 1 else one.value + off
        return weight, low, high, one

    def _true(self, known: list, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows of what is known; what is not even true is told of and left out."""
        kept = []
        for row, low, high, one in known:
            if low - SAME <= row @ truth <= high + SAME:
                kept.append((row, low, high))
            else:
                leak = Leak("anybody", "published", one, low, high, float(row @ truth), 0)
                self.result.wrong.append(leak)
        if not kept:
            return np.zeros((0, len(truth))), np.zeros(0), np.zeros(0)
        rows, low, high = (np.array(part) for part in zip(*kept, strict=True))
        return rows, low, high

    def _file(self, leak: Leak, solved: bool, *, single: bool) -> None:
        if not solved:
            self.result.unsolved.append(leak)
            return
        if not leak.low - SAME <= leak.truth <= leak.high + SAME:
            self.result.wrong.append(leak)
        if leak.high - leak.low < SAME:
            self.result.pinned.append(leak)
        else:
            self.result.narrowed.append(leak)
        proved = leak.low >= leak.size - SAME or leak.high <= SAME
        if single and leak.what == SUCCEED and proved:
            self.result.determined.append(leak)

    def _parents(
        self, search: _Search, here: np.ndarray, names: list, n: np.ndarray,
        leaking: np.ndarray, chance: np.random.Generator, how_many: int,
    ) -> None:  # fmt: skip
        """What a parent who also holds the rolls could find out of the other children."""
        smallest = np.argsort(self.n[here], kind="stable")[: max(how_many * 2, 1)]
        smallest = chance.permutation(smallest)[: how_many * 2 // 3]
        others = chance.permutation(len(here))[: how_many - len(smallest)]
        filed = set()
        for child in dict.fromkeys([*smallest, *others]):
            succeeds = chance.random() < self.x[here][child] / self.n[here][child]
            least, most = (1, self.n[here][child]) if succeeds else (0, self.n[here][child] - 1)
            inside = search.targets[:, child].toarray().ravel()
            need = np.where(leaking, 0, np.minimum(ROOM, n - inside))
            use = [p for p in search.points if least <= p[child] <= most]
            own = _Search(search.possible.boxed(child, least, most), search.targets, need, use)
            before = len(use)
            for place, low, high, solved in own.close(chance, 60):
                truth = float(search.values[0][place])
                leak = Leak("a parent", SUCCEED, names[place], low, high, truth, int(n[place]))
                if names[place] not in filed:
                    filed.add(names[place])
                    self._file(leak, solved, single=False)
            for point in own.points[before:]:
                search.keep(point)
            self.result.looked_at["parents"] += 1

    def _providers(
        self, search: _Search, here: np.ndarray, names: list, n: np.ndarray,
        leaking: np.ndarray, chance: np.random.Generator,
    ) -> None:  # fmt: skip
        """What each school, which knows all of its own outcomes, could find out of the others'."""
        owner = self.classes.loc[here, "provider_id"].to_numpy()
        known = search.possible
        for provider in np.unique(owner):
            own, x = owner == provider, self.x[here]
            least, most = np.where(own, x, known.least), np.where(own, x, known.most)
            others = n - search.targets @ (self.n[here] * own)
            need = np.where(leaking, 0, np.minimum(ROOM, others))
            possible = _Possible(known.rows, known.low, known.high, least, most)
            use = [point for point in search.points if (point[own] == x[own]).all()]
            inside = _Search(possible, search.targets, need, use)
            self.result.looked_at["providers"] += int((need > 0).sum())
            for place, low, high, solved in inside.close(chance):
                truth = float(search.values[0][place])
                leak = Leak(provider, SUCCEED, names[place], low, high, truth, int(n[place]))
                self._file(leak, solved, single=False)

    # Sizes, for somebody who does not hold the rolls

    def attack_sizes(self, chance: np.random.Generator) -> None:
        """Unknown are, of each class, who succeeds, who does not, and who was not assessed."""
        rows, low, high = self._true(list(self._size_rows()), self._three())
        most = np.tile(2 * self.eligible + 30, 3)
        possible = _Possible(rows, low, high, np.zeros(len(most)), most)
        sized = self._told_sets(LEARNERS, RESULTS)
        listed, whole = self._told_sets(LEARNERS, ASSESSED), self._told_sets(SUCCEED, ASSESSED)
        names, sets = [], []
        zero = np.zeros(len(self.n))
        for name, own in zip(self.asked, self.among.astype(float), strict=True):
            mark = own.astype(bool).tobytes()
            for what, hidden, parts in (
                ("judged", mark not in sized | whole, (own, own, zero)),
                ("enrolled", mark not in listed, (own, own, own)),
            ):
                target = np.concatenate(parts)
                if hidden and target @ self._three() > 0:
                    names.append((what, name))
                    sets.append(target)
        if not names:
            return
        targets = np.array(sets)
        truth = targets @ self._three()
        # A group that is large enough to be told of keeps what rounding leaves, three sizes; no less.
        room = np.where(truth >= SMALLEST_GROUP, OFF, ROOM)
        search = _Search(possible, targets, np.minimum(room, truth), [self._three()])
        self.result.looked_at["sizes"] += len(names)
        for place, least, most_, solved in search.close(chance):
            leak = Leak("the public", names[place][0], names[place], least, most_, truth[place], int(truth[place]))  # fmt: skip
            self._file(leak, solved, single=False)

    def _told_sets(self, what: str, domain: str) -> set[bytes]:
        return {
            self.holds[self.place[one.definition]].tobytes() for one in self.told
            if one.what == what and one.definition.domain == domain and one.value is not None
        }  # fmt: skip

    def _three(self) -> np.ndarray:
        return np.concatenate([self.x, self.n - self.x, self.eligible - self.n])

    def _size_rows(self) -> Iterator[tuple[np.ndarray, float, float, object]]:
        by_name: dict[Definition, dict[str, Number]] = defaultdict(dict)
        for one in self.told:
            if one.what != SHARE and (one.value is not None or one.mark in (FEW, MOST)):
                by_name[one.definition][one.what] = one
        zero = np.zeros(len(self.n))
        for name, both in by_name.items():
            own = self.holds[self.place[name]].astype(float)
            if name.domain == ASSESSED:
                yes, no = np.concatenate([own, own, zero]), np.concatenate([zero, zero, own])
            else:
                yes, no = np.concatenate([own, zero, zero]), np.concatenate([zero, own, zero])
            size, count = both.get(LEARNERS), both.get(SUCCEED)
            if size is not None and size.value is not None:
                least = SMALLEST_TOLD if count else SMALLEST_GROUP
                yield yes + no, max(size.value - OFF, least), size.value + OFF, size
            if count is None:
                continue
            if count.value is not None:
                yield yes, max(count.value - OFF, SMALLEST_COUNT), count.value + OFF, count
                yield no, SMALLEST_COUNT, np.inf, count
            elif count.mark == FEW:
                yield yes, 0, SMALLEST_COUNT - 1, count
            else:
                yield no, 0, SMALLEST_COUNT + 1, count


_ATOM = ["provider_id", "stage", "year", "ethnicity", "gender", "ell"]


def _different(
    names: list[Definition], sets: np.ndarray, size: np.ndarray
) -> tuple[list[Definition], np.ndarray]:
    """Every set once, by its first name; none that nobody is in."""
    some = np.flatnonzero(sets @ size > 0)
    _, first = np.unique(np.packbits(sets[some], axis=1), axis=0, return_index=True)
    kept = some[np.sort(first)]
    return [names[place] for place in kept], sets[kept]


def _attack_moves(told: list[Number], moves: pd.DataFrame, result: Result) -> None:
    """Who leaves a step: all and each way, in whole numbers that must add up."""
    truth = moves.set_index(["stage_before", "way"])["n"]
    for stage in sorted(moves["stage_before"].unique()):
        ways = [way for way in WAYS if (stage, way) in truth.index]
        n = np.array([float(truth[stage, way]) for way in ways])
        known, shown = [], set()
        for one in dict.fromkeys(told):
            if one.definition.stages == stage and one.value is not None:
                own = np.array([float(way in one.definition.goes_to.split()) for way in ways])
                known.append((own, max(one.value - OFF, SMALLEST_COUNT), one.value + OFF, one))
                shown.add(one.definition.goes_to)
        known = [row for row in known if row[0].any()]
        right = [row for row in known if row[1] <= row[0] @ n <= row[2]]
        for row in known:
            if not row[1] <= row[0] @ n <= row[2]:
                result.wrong.append(
                    Leak("anybody", "published", row[3], row[1], row[2], row[0] @ n, 0)
                )
        hidden = [place for place, way in enumerate(ways) if way not in shown]
        if not right or not hidden:
            continue
        rows, low, high = (np.array(part) for part in list(zip(*right, strict=True))[:3])
        possible = _Possible(rows, low, high, np.zeros(len(n)), 2 * n + 30)
        targets = np.eye(len(n))[hidden]
        search = _Search(possible, targets, np.minimum(ROOM, n[hidden]), [n.copy()])
        result.looked_at["moves"] += len(hidden)
        for place, least, most, _ in search.close(np.random.default_rng(0)):
            name = (stage, ways[hidden[place]])
            leak = Leak(
                "the public", "moves", name, least, most, n[hidden[place]], int(n[hidden[place]])
            )
            (result.pinned if most - least < SAME else result.narrowed).append(leak)


# Two versions


def rerelease(
    before: Mapping[str, Path],
    after: Mapping[str, Path],
    leavers: pd.DataFrame,
) -> tuple[float, float]:
    """How often leavers' outcomes are named from two versions, and how often from the first alone.

    ``leavers``: rows of the truth (columns of ``people``), one a result that is in the first version
    only. Whoever holds the rolls adds up, over the counts that held a leaver, how much fewer succeed
    in the second version than a plain share would come to.
    """
    old, new = (
        {
            (one.definition, one.what): one.value
            for unit, folder in reports.items()
            for one in numbers(folder, unit)
            if one.value is not None and one.definition.domain == RESULTS
        }
        for reports in (before, after)
    )
    both = [name for name, what in old if what == SUCCEED and (name, what) in new]
    held = Holder(leavers.reset_index(drop=True))
    sets = np.array([held(name) for name in both], dtype=bool).reshape(len(both), len(leavers))
    sets &= np.array([[name.measure == one for one in leavers["measure"]] for name in both], dtype=bool).reshape(sets.shape)  # fmt: skip
    fewer = np.array([old[name, SUCCEED] - new[name, SUCCEED] for name in both])
    sized = {name: old.get((name, LEARNERS)) for name in both}
    rate = np.array([old[name, SUCCEED] / sized[name] if sized[name] else np.nan for name in both])
    told, guessed = [], []
    for place, truth in enumerate(leavers["n_success"] > 0):
        own = sets[:, place] & ~np.isnan(rate)
        if not own.any():
            continue
        nearest = int(np.argmin(np.where(own, sets.sum(axis=1), np.inf)))
        guess = rate[nearest] >= 0.5
        size = sets[own].sum(axis=1)
        moved = np.mean((fewer[own] - (size - 1) * rate[own]) / np.maximum(size, 1) * size.min())
        told.append((moved >= 0.5) == truth)
        guessed.append(guess == truth)
    return (float(np.mean(told)), float(np.mean(guessed))) if told else (np.nan, np.nan)
