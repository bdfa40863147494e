"""Settings: read community.toml, which says who a community is and every choice it has made.

A name that does not exist is refused rather than ignored, so a choice that someone believes they
made is a choice that was made.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colanalysis.errors import SettingsError, UsageError
from colanalysis.terms import catalogue, keys, profiles, sections
from colanalysis.terms.catalogue import Measure
from colanalysis.terms.keys import Kind
from colanalysis.terms.pathway import DEFAULT_STAGES, Stage, stages_from

__all__ = ["DEFAULT_STAGES", "Community", "Privacy", "Settings", "Source", "Stage", "read"]

FILE = "community.toml"


@dataclass(frozen=True)
class Settings:
    """Every choice that can change a number; shares are between 0 and 1."""

    false_share: float = 0.10
    smallest_gap: float = 0.05
    smallest_spread: float = 0.05
    smallest_group: int = 10
    smallest_count: int = 6
    smallest_survey: int = 5
    rounding_base: int = 3
    smallest_change: int = 20
    deepest_group: int = 3
    ethnicity: str = "total response"
    language_order: str = "en-mi"
    candidates: int = 5


@dataclass(frozen=True)
class Source:
    """A file in another shape: its reader, its columns by our names, the reader's options."""

    file: str
    reader: str
    columns: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Privacy:
    """Why the records are used, which role approved it, until when, and where the key lies."""

    purpose: str = ""
    approver: str = ""
    expires: datetime.date | None = None
    key_file: str = ""


@dataclass(frozen=True, kw_only=True)
class Community:
    """A community of learning as its community.toml describes it."""

    folder: Path
    id: str
    name: str
    label: str = "Community of Learning | Kāhui Ako"
    year: int | None = None
    attributes: tuple[str, ...] | None = None
    made_up: bool = False
    settings: Settings = Settings()
    privacy: Privacy = Privacy()
    stages: tuple[Stage, ...] = DEFAULT_STAGES
    measures: Mapping[str, Measure] = field(default_factory=catalogue.measures)
    sources: tuple[Source, ...] = ()
    plans: tuple[Mapping[str, object], ...] = ()
    sections: tuple[str, ...] | None = None

    def stage_of(self, year_level: float | None, provider_type: str | None) -> str | None:
        """Find the step of a year level at a type of provider; None when there is none."""
        if provider_type == "ece":
            return "ece" if any(stage.id == "ece" for stage in self.stages) else None
        if year_level is None:
            return None
        return next((stage.id for stage in self.stages if stage.holds(year_level)), None)


def read(folder: Path) -> Community:
    """Read community.toml of a folder.

    UsageError when the folder or the file does not exist; SettingsError when the file is wrong.
    """
    tables = keys.read(_document(Path(folder)), _TABLES, where=FILE)

    def table(name: str, kinds: Mapping[str, Kind], *required: str) -> dict[str, Any]:
        where = f"{FILE} [{name}]"
        return keys.read(tables.get(name, {}), kinds, where=where, required=required)

    stages: tuple[Stage, ...] = DEFAULT_STAGES
    if "stages" in tables:
        stages = stages_from(tables["stages"], where=f"{FILE} [stages]")
    measures = _measures(tables.get("measure", ()), stages)
    written = profiles.own(tables.get("profile", {}), Path(folder), where=FILE)

    def source(entry: Mapping[str, Any]) -> Source:
        return _source(profiles.resolved(entry, written, Path(folder), where=_SOURCE))

    return Community(
        folder=Path(folder),
        **table("community", _COMMUNITY, "id", "name"),
        settings=Settings(**table("settings", _SETTINGS)),
        privacy=Privacy(**table("privacy", _PRIVACY)),
        stages=stages,
        measures=measures,
        sources=tuple(source(one) for one in tables.get("source", ())),
        plans=tuple(_plan(one, measures) for one in tables.get("plan", ())),
        sections=_sections(table("report", _REPORT), Path(folder)),
    )


def _document(folder: Path) -> dict[str, object]:
    path = folder / FILE
    if not folder.is_dir():
        raise UsageError(f"{folder}: found no such folder", expected=f"a folder with {FILE}")
    if not path.is_file():
        raise UsageError(f"{folder}: found no {FILE}", expected=f"a folder with {FILE} in it")
    return profiles.document(path, where=FILE)


def _measures(
    entries: Sequence[Mapping[str, object]], stages: Sequence[Stage]
) -> dict[str, Measure]:
    shipped, steps = catalogue.measures(), [stage.id for stage in stages]
    own: dict[str, Measure] = {}
    for place, entry in enumerate(entries, start=1):
        where = f"{FILE} [[measure]] number {place}"
        base = shipped.get(str(entry.get("id")))
        measure = catalogue.measure_from(entry, base=base, where=where)
        if measure.id in own:
            raise SettingsError(
                f'found the id "{measure.id}" a second time',
                where=where,
                expected="one [[measure]] for each id",
            )
        if "stage" in entry and measure.stage not in steps:
            raise keys.unknown(str(measure.stage), steps, where=f"{where} stage")
        own[measure.id] = measure
    every = shipped | own
    for measure in own.values():
        _tests(measure, every)
    return every


def _tests(measure: Measure, every: Mapping[str, Measure]) -> None:
    """A judgement is compared with measures that exist and are numbers."""
    where = f'{FILE} [[measure]] "{measure.id}" compared_with'
    for name in measure.compared_with:
        if name not in every:
            raise keys.unknown(name, every, where=where)
        if every[name].scale != "number":
            raise SettingsError(
                f'found "{name}", which is no number', where=where, expected="tests with a score"
            )


def _plan(entry: object, measures: Mapping[str, Measure]) -> dict[str, Any]:
    where = f"{FILE} [[plan]]"
    needed = ("challenge", "measure", "baseline_year", "target", "target_year")
    plan = keys.read(entry, _PLAN, where=where, required=needed)
    if plan["measure"] not in measures:
        raise keys.unknown(plan["measure"], measures, where=f"{where} measure")
    if plan["target_year"] <= plan["baseline_year"]:
        raise SettingsError(
            f"found the target year {plan['target_year']}",
            where=where,
            expected=f"a year after the baseline's, {plan['baseline_year']}",
        )
    _baseline(plan, where=where)
    return plan


def _baseline(plan: Mapping[str, Any], *, where: str) -> None:
    """A baseline as it was printed can be true, and the target is above it."""
    printed = [name for name in ("baseline_n", "baseline_of") if name in plan]
    if not printed:
        return
    if len(printed) == 1:
        raise SettingsError(
            f"found {printed[0]} alone",
            where=where,
            expected="baseline_n and baseline_of, or neither",
        )
    n, of = plan["baseline_n"], plan["baseline_of"]
    if not 0 <= n <= of:
        raise SettingsError(
            f"found a baseline of {n} out of {of} learners",
            where=where,
            expected=f"0 to {of} of them",
        )
    if plan["target"] * of <= n:
        raise SettingsError(
            f"found a target of {plan['target']:g}, where {n} of {of} succeed already",
            where=where,
            expected="a target above the baseline",
        )


def _sections(table: Mapping[str, Any], folder: Path) -> tuple[str, ...] | None:
    if "sections" not in table:
        return None
    return sections.chosen(table["sections"], folder, where=f"{FILE} [report] sections")


def _source(table: Mapping[str, Any]) -> Source:
    # What else stands there belongs to the reader, which knows what it may be.
    options = {key: value for key, value in table.items() if key not in profiles.SOURCE}
    own = {key: value for key, value in table.items() if key in profiles.SOURCE}
    given = keys.read(own, profiles.SOURCE, where=_SOURCE, required=("file", "reader"))
    return Source(given["file"], given["reader"], given.get("columns", {}), options)


_TABLES = {
    **dict.fromkeys(
        ("community", "settings", "privacy", "report", "stages", "profile"), keys.TABLE
    ),
    **dict.fromkeys(("measure", "source", "plan"), keys.TABLES),
}
_COMMUNITY = {
    **dict.fromkeys(("id", "name"), keys.WORDS),
    "label": keys.TEXT,
    "year": keys.YEAR,
    "attributes": keys.TEXTS,
    "made_up": keys.FLAG,
}
_SETTINGS = {
    **dict.fromkeys(("false_share", "smallest_gap", "smallest_spread"), keys.SHARE),
    **dict.fromkeys(("smallest_group", "smallest_count", "smallest_survey"), keys.COUNT),
    **dict.fromkeys(
        ("rounding_base", "smallest_change", "deepest_group", "candidates"), keys.COUNT
    ),
    "ethnicity": keys.one_of("total response", "prioritised"),
    "language_order": keys.one_of("en-mi", "mi-en"),
}
_PLAN = {
    **dict.fromkeys(("challenge", "measure", "group", "year_levels"), keys.TEXT),
    **dict.fromkeys(("baseline_year", "target_year"), keys.YEAR),
    "baseline_n": keys.WHOLE,
    "baseline_of": keys.COUNT,
    "target": keys.SHARE,
}
_PRIVACY = {
    **dict.fromkeys(("purpose", "approver"), keys.TEXT),
    "expires": keys.DATE,
    "key_file": keys.TEXT,
}
_REPORT = {"sections": keys.TEXTS}
_SOURCE = f"{FILE} [[source]]"
