"""Merging: one community of the summaries of several schools.

What the module promises: the same summaries give the same folder in whatever order they are named,
every count stays as it was told, and nothing is merged that was changed on its way, counted twice or
made by other rules or yardsticks.

Told groups overlap and are rounded, so at some steps they add up to all learners by chance alone. A
report that took them for the parts of a whole would tell a group of some steps as if it were the
group of all. So the folder's settings choose no attribute: a report tells of all learners, and the
sums of what was told of each group stand in ``summaries/groups.csv``.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from colanalysis import check, deliver, load, summary
from colanalysis.errors import DataError, UsageError
from colanalysis.summary import ABOUT, FILE, Summary
from colanalysis.terms import catalogue, settings
from colanalysis.terms.settings import DEFAULT_STAGES, Community

__all__ = ["Merged", "groups", "merge"]

FOLDER = "summaries"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
# What has to be the same in all summaries, and how it is called.
_ALIKE = {"rules": "rules", "stages": "steps of the pathway"}


class Merged(NamedTuple):
    """The new community's folder, and what could not be made sure of."""

    folder: Path
    notes: list[str]


def merge(
    folders: Sequence[Path | str], *, out: Path | str, id: str = "", name: str = ""
) -> Merged:
    """Make a community folder of summaries; its id and name are those of the first unless given.

    UsageError when `out` is not a new or empty folder; DataError, with the folder concerned, when a
    summary was changed after it was written, holds a provider and year that another one holds, or
    differs in rules, steps or the definition of a measure.
    """
    target = deliver.new_place(Path(out))
    read = sorted(map(summary.read, folders), key=lambda one: json.dumps(one.about, sort_keys=True))
    if not read:
        raise UsageError("There is nothing to merge. Name the folders of one or more summaries.")
    for one, other in combinations(read, 2):
        _together(one, other)
    with deliver.new_folder(target) as whole:
        text = _settings(read, id, name)
        (whole / settings.FILE).write_text(text, encoding="utf-8", newline="\n")
        counts = pd.concat([one.counts for one in read], ignore_index=True).fillna("")
        providers = pd.concat([one.providers for one in read])[ABOUT].drop_duplicates("provider_id")
        deliver.write_csv(counts, whole / summary.COUNTS)
        deliver.write_csv(providers.sort_values("provider_id"), whole / summary.PROVIDERS)
        (whole / FOLDER).mkdir()
        deliver.write_csv(groups(counts), whole / FOLDER / "groups.csv")
        for place, one in enumerate(read, start=1):
            copy = f"{place:03d}-{deliver.safe(one.about['community']['id'])}.json"
            shutil.copyfile(one.folder / FILE, whole / FOLDER / copy)
        checked = check.tables(load.community(whole)).require()
        _as_defined(read, checked.community)
        notes = [
            f"{one.folder}: made with the key {one.about['key']}, which this community does not "
            "have, so nobody can say here whether it is as the school wrote it"
            for one in read
            if not summary.signed_with(one, checked.community)
        ]
    return Merged(target, notes)


def groups(counts: pd.DataFrame) -> pd.DataFrame:
    """Add up, over providers, what was told of all learners and of each group at each step and year.

    ``providers`` are those whose two numbers are told; the others are in none of the sums.
    """
    told = counts[(counts["n"] != "c") & (counts["n_success"] != "c")]
    keys = [name for name in counts if name not in ("provider_id", "n", "n_success")]
    told = told.astype({"n": "int64", "n_success": "int64"}).groupby(keys, sort=True)
    sums = told.agg(
        providers=("provider_id", "size"), n=("n", "sum"), n_success=("n_success", "sum")
    )
    return sums.reset_index()


def _together(one: Summary, other: Summary) -> None:
    """Refuse two summaries that do not go together."""
    both = f"{one.folder} and {other.folder}"
    if one.about["community"]["made_up"] != other.about["community"]["made_up"]:
        raise DataError(
            "one of them is of learners who exist and one is made up",
            where=both,
            expected="one kind alone",
        )
    for name, called in _ALIKE.items():
        if one.about[name] != other.about[name]:
            raise DataError(
                f"they were made with other {called}",
                where=both,
                expected=f"the same {called} in all summaries",
                remedy="Agree on them, and make the summaries again.",
            )
    for name in sorted(set(one.about["measures"]) & set(other.about["measures"])):
        if one.about["measures"][name]["sha256"] != other.about["measures"][name]["sha256"]:
            raise DataError(
                f'the measure "{name}" is defined in two ways',
                where=both,
                expected="the same rule for success, as else they cannot be added",
                remedy="Agree on it, and make the summaries again.",
            )
    _no_provider_twice(one, other, both)


def _no_provider_twice(one: Summary, other: Summary, both: str) -> None:
    twice = sorted(set(_held(one)) & set(_held(other)))
    if twice:
        provider, year = twice[0]
        raise DataError(
            f"both hold counts of {provider} in {year}",
            where=both,
            expected="every provider and year in one summary alone, as learners would count twice",
            remedy="Leave one of the two out.",
        )
    met = one.providers.merge(other.providers, on="provider_id", suffixes=("", "_other"))
    if (met["type"] != met["type_other"]).any():
        raise DataError(
            f"{met['provider_id'].iloc[0]} is of two types",
            where=both,
            expected="one type of each provider, as it decides the step",
            remedy="Correct it where it is wrong, and make that summary again.",
        )


def _held(one: Summary) -> Iterator[tuple[str, str]]:
    return one.counts[["provider_id", "year"]].drop_duplicates().itertuples(index=False, name=None)


def _as_defined(read: Sequence[Summary], community: Community) -> None:
    """See that the settings that were written define every measure as the summaries do."""
    for one in read:
        for name, measure in one.about["measures"].items():
            if summary.digest(summary.definition(community.measures[name])) != measure["sha256"]:
                raise DataError(
                    f'the measure "{name}" cannot be defined here as it is there',
                    where=str(one.folder / FILE),
                    remedy="Merge with the version of colanalysis that made the summary.",
                )


def _settings(read: Sequence[Summary], id: str, name: str) -> str:
    """The text of community.toml."""
    about = read[0].about
    defined: dict[str, Mapping[str, Any]] = {}
    for one in read:
        for measure, told in one.about["measures"].items():
            defined.setdefault(measure, told["definition"])
    known = {one.id: summary.definition(one) for one in catalogue.measures().values()}
    own = [defined[name] for name in sorted(defined) if defined[name] != known.get(name)]
    community = {
        "id": id or about["community"]["id"],
        "name": name or about["community"]["name"],
        "label": about["community"]["label"],
        # Groups overlap and are rounded: they are in summaries/groups.csv, and in no report.
        "attributes": [],
        **({"made_up": True} if about["community"]["made_up"] else {}),
    }
    parts = ["# Made of summaries by colanalysis merge.", _table("[community]", community)]
    parts.append(_table("[settings]", about["rules"]))
    if about["stages"] != [[one.id, one.first, one.last] for one in DEFAULT_STAGES]:
        steps = {step: step if first is None else [first, last] for step, first, last in about["stages"]}  # fmt: skip
        parts.append(_table("[stages]", steps))
    parts += [_table("[[measure]]", _given(one)) for one in own]
    return "\n".join(parts)


def _given(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A definition as a [[measure]] gives it."""
    bounds = [[float(bound), name] for bound, name in definition.get("levels_from", [])]
    return {**definition, **({"levels_from": bounds} if bounds else {})}


def _table(heading: str, values: Mapping[str, Any]) -> str:
    rows = [f"{_key(name)} = {_toml(value, name)}\n" for name, value in values.items()]
    return f"{heading}\n" + "".join(rows)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _toml(name)


def _toml(value: Any, name: str = "") -> str:
    """A value as TOML has it; dates, which JSON has as texts, without quotation marks."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_toml(v, k)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    if isinstance(value, float):
        return repr(value)  # also without end, where JSON has another word
    text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return text.strip('"') if name == "date" else text
