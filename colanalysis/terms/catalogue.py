"""The catalogue of measures: the ones that come with colanalysis, and how a community adds its own.

The shipped measures are data (reference/measures.toml). A definition is refused unless it says what
a success is, or says what must be filled in before anyone can know.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import files
from typing import Any

from colanalysis.errors import SettingsError
from colanalysis.terms import keys
from colanalysis.terms.keys import Kind
from colanalysis.terms.labels import plain
from colanalysis.terms.yardstick import (
    Break,
    Measure,
    level_names,
    levels,
    on_that_of,
    period,
    score,
    succeeds,
)

__all__ = [
    "DOMAINS",
    "Break",
    "Measure",
    "levels",
    "measure_from",
    "measures",
    "on_that_of",
    "period",
    "score",
    "succeeds",
]

DOMAINS = ("achievement", "attendance", "wellbeing", "engagement", "participation", "progress")
RULES = ("success_from", "at_least", "more_than", "cut", "unset")
_TIED_TO_SCALE = (*RULES, "minimum", "maximum", "levels_from")


def measures() -> dict[str, Measure]:
    """Give the shipped measures by id, in the order of the pathway."""
    return dict(_shipped())


def measure_from(entry: Mapping[str, object], *, base: Measure | None, where: str) -> Measure:
    """Make a measure of one ``[[measure]]`` table; what it leaves out comes from ``base``.

    A new rule of success replaces the old one; a new scale also drops the old rule and ranges.
    ``where`` names the file and table in errors. SettingsError when anything is wrong.
    """
    required = ("id",) if base else ("id", "domain", "scale")
    given = keys.read(entry, _FIELDS, where=where, required=required)
    values = {"label": _humanised(str(given["id"])), **_inherited(base, given), **given}
    measure = Measure(**values)
    for key, found, expected in _problems(measure):
        raise SettingsError(found, where=f'{where} "{measure.id}" {key}', expected=expected)
    return measure


@cache
def _shipped() -> Mapping[str, Measure]:
    path = files("colanalysis") / "reference" / "measures.toml"
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["measure"]
    made = (measure_from(one, base=None, where="measures.toml [[measure]]") for one in entries)
    return {measure.id: measure for measure in made}


def _inherited(base: Measure | None, given: Mapping[str, object]) -> dict[str, object]:
    if base is None:
        return {}
    kept = {one.name: getattr(base, one.name) for one in fields(base)}
    dropped: tuple[str, ...] = ()
    if given.get("scale", base.scale) != base.scale:
        dropped = _TIED_TO_SCALE
    elif any(rule in given for rule in RULES):
        dropped = RULES
    return {name: value for name, value in kept.items() if name not in dropped}


def _problems(measure: Measure) -> Iterator[tuple[str, str, str]]:
    """Yield key, what was found and what was expected for everything that contradicts itself."""
    names = [plain(name) for name in level_names(measure)]
    if not re.fullmatch(r"[a-z0-9_]+", measure.id):
        yield "id", f'found "{measure.id}"', "small letters without macrons, digits and _"
    if measure.domain not in DOMAINS:
        yield "domain", f'found "{measure.domain}"', f"one of: {', '.join(DOMAINS)}"
    if len(set(names)) < len(names):
        yield "scale", "found the same level twice", "every level once, lowest first"
    yield from _rule_problems(measure, names)
    for key in ("minimum", "maximum", "levels_from"):
        if measure.scale != "number" and getattr(measure, key) not in (None, ()):
            yield key, "found it on a scale of levels", 'it only with scale = "number"'
    bounds = [bound for bound, _ in measure.levels_from]
    if bounds != sorted(set(bounds)):
        yield "levels_from", "found bounds out of order", "each bound above the one before"
    low, high = measure.minimum, measure.maximum
    if low is not None and high is not None and low >= high:
        yield "minimum", f"found {low:g}", f"less than maximum = {high:g}"
    if measure.expectation is not None and not 0 <= measure.expectation <= 1:
        yield "expectation", f"found {measure.expectation:g}", "a share between 0 and 1"


def _rule_problems(measure: Measure, names: list[str]) -> Iterator[tuple[str, str, str]]:
    rules = [rule for rule in RULES if getattr(measure, rule) not in (None, "", {})]
    if len(rules) != 1:
        found = f"found {' and '.join(rules)}" if rules else "found no rule of success"
        yield "", found, f"exactly one of: {', '.join(RULES)}"
        return
    rule, on_number = rules[0], measure.scale == "number"
    if rule in ("at_least", "more_than") and not on_number:
        yield rule, f"found a number on {_scale(measure)}", "success_from, or cut with level names"
    if rule == "success_from" and (on_number or plain(measure.success_from) not in names):
        expected = "at_least, more_than or cut" if on_number else f"one of: {_scale(measure)}"
        yield rule, f'found "{measure.success_from}"', expected
    for year, at in measure.cut.items():
        if isinstance(at, str) and plain(at) not in names:
            expected = f"one of: {', '.join(level_names(measure))}" if names else "a number"
            yield f"cut {year}", f'found "{at}"', expected
        if not isinstance(at, str) and not on_number:
            yield f"cut {year}", f"found {at:g}", f"one of: {_scale(measure)}"


def _scale(measure: Measure) -> str:
    return ", ".join(level_names(measure))


def _humanised(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _scale_of(value: object) -> tuple[str, ...] | str:
    if value in ("number", "yes/no"):
        return str(value)
    levels = keys.TEXTS.of(value)
    if len(levels) < 2:
        raise ValueError
    return levels


def _cut_of(value: object) -> dict[int, float | str]:
    cuts = keys.TABLE.of(value)
    kind = {True: keys.TEXT, False: keys.NUMBER}
    return {int(year): kind[isinstance(at, str)].of(at) for year, at in cuts.items()}


def _year_levels_of(value: Any) -> tuple[int, int]:
    first, last = (keys.WHOLE.of(part) for part in value)
    if not 0 <= first <= last <= 15:
        raise ValueError
    return first, last


def _breaks_of(value: Any) -> tuple[Break, ...]:
    kinds = {"date": keys.DATE, "why": keys.TEXT}
    made = [{key: kind.of(one[key]) for key, kind in kinds.items()} for one in value]
    return tuple(sorted((Break(**one) for one in made), key=lambda one: one.date))


def _levels_from_of(value: Any) -> tuple[tuple[float, str], ...]:
    return tuple((keys.NUMBER.of(bound), keys.TEXT.of(name)) for bound, name in value)


_TEXT_FIELDS = ("id", "label", "label_mi", "domain", "success_from", "stage", "judged_by", "unit",
                "success_label", "success_label_mi", "source", "note", "unset")  # fmt: skip
_NUMBER_FIELDS = ("at_least", "more_than", "minimum", "maximum", "expectation")
_FIELDS: Mapping[str, Kind] = {
    **dict.fromkeys(_TEXT_FIELDS, keys.TEXT),
    **dict.fromkeys(_NUMBER_FIELDS, keys.NUMBER),
    "scale": Kind('"number", "yes/no" or two or more levels, lowest first', _scale_of),
    "cut": Kind("a number or level per year level, such as 4 = 1446", _cut_of),
    "year_levels": Kind("the first and last year level, such as [1, 8]", _year_levels_of),
    "breaks": Kind('a list such as [{ date = 2018-01-01, why = "…" }]', _breaks_of),
    "compared_with": keys.TEXTS,
    "levels_from": Kind('pairs of lower bound and name, such as [1446, "4B"]', _levels_from_of),
}
