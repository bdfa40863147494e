"""Summary: the counts that a school can hand over instead of its learners' results.

What the module promises: every number is in the form in which anybody may see it, was audited beside
all that has been told of the same learners, and stands in the ledger before it leaves. A summary says
by which rules and yardsticks it was made, and whether it is still as it was written.

The table ``counts`` finds the step of a row by its year level. So each step is one row with the
first year level of the step; early childhood education and leaving have none, and are found by the
provider or the measure. Real year levels are not told: they are too fine.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from colanalysis import __version__, aggregates, custody, deliver, evidence, ledger, release
from colanalysis.errors import DataError, UsageError
from colanalysis.evidence import Evidence
from colanalysis.measure import JOINER
from colanalysis.publishing import decide, plan
from colanalysis.publishing.decide import Told
from colanalysis.terms.catalogue import Measure
from colanalysis.terms.settings import Community

__all__ = ["COLUMNS", "Summary", "definition", "digest", "read", "signed_with", "write"]

FILE, FORMAT = "summary.json", "colanalysis summary 1"
COUNTS, PROVIDERS = "counts.csv", "providers.csv"
COLUMNS = ["provider_id", "year", "measure", "year_level", "n", "n_success"]
ABOUT = ["provider_id", "name", "type"]
# Behind the name of an attribute: several of its groups, each too small to be told alone.
TOGETHER = "_together"
# What is said of a measure and changes no number.
_WORDS = ("label", "label_mi", "success_label", "success_label_mi", "judged_by", "unit", "source",
          "note", "expectation")  # fmt: skip
_COUNT = re.compile(r"c|\d{1,9}", re.ASCII)


@dataclass(frozen=True, eq=False)
class Summary:
    """A summary as it was written: what it says of itself, and its two tables as text."""

    folder: Path
    about: Mapping[str, Any]
    counts: pd.DataFrame
    providers: pd.DataFrame


def write(
    folder: Path | str,
    *,
    out: Path | str,
    provider: str = "",
    withdraw: Sequence[str] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write the counts of all of a folder's providers, or of one, and return where they are.

    ``withdraw``: releases that were taken back wherever they were put. UsageError when `out` is not a
    new or empty folder, ReleaseError where the counts could give somebody's results away, alone or
    beside what was told before.
    """
    target = deliver.outside(deliver.new_place(Path(out)), Path(folder), "counted")
    gathered = evidence.gather(folder, tell=tell)
    units = _units(gathered, provider)
    tell("Deciding what may be handed over")
    book = ledger.opened(gathered.community, withdraw)
    before = ledger.admit(book, gathered)
    planned = pd.concat([plan.handed_over(gathered, unit) for unit in units], ignore_index=True)
    rules = release.rules(release.PUBLIC, gathered.community)
    told = decide.also(gathered, rules, before, planned)
    counts = _rows(gathered, told, planned)
    with deliver.new_folder(target) as whole:
        name = _write_tables(gathered, units, counts, whole)
        # Written down first: what has left and is not known could not be taken into account.
        # (Of a made-up community nothing can be given away, and its folder stays as it came.)
        if not gathered.community.made_up:
            ledger.write(ledger.handed_over(book, gathered, told.decided, name, provider))
    return target


def read(folder: Path | str) -> Summary:
    """Read a summary; DataError when it is not one, or was changed after it was written."""
    folder = Path(folder)
    about = _about_of(folder)
    for name, known in about["files"].items():
        if not hmac.compare_digest(_sha256(_bytes(folder / name)), str(known)):
            raise _changed(folder / name)
    for name, measure in about["measures"].items():
        if digest(measure["definition"]) != measure["sha256"]:
            raise DataError(
                "found a measure that is not defined as its digest says",
                where=f"{folder / FILE} {name}",
                remedy="Ask the school to send the summary again.",
            )
    counts = _table(folder / COUNTS, COLUMNS)
    numbers = counts[["year", "n", "n_success"]]
    if not numbers.map(lambda text: bool(_COUNT.fullmatch(text))).all(axis=None):
        raise _not_one(folder / COUNTS)
    return Summary(folder, about, counts, _table(folder / PROVIDERS, ABOUT))


def signed_with(summary: Summary, community: Community) -> bool:
    """Whether the key of a community is that of a summary, which is then as it was signed.

    DataError where the key is the same and the signature is another.
    """
    keys = custody.keys(community)
    if summary.about["key"] != keys.id:
        return False
    if not hmac.compare_digest(_signature(summary.about, keys.files), summary.about["signature"]):
        raise _changed(summary.folder / FILE)
    return True


def definition(measure: Measure) -> dict[str, Any]:
    """Say all that defines a measure, in plain texts, numbers and lists; nothing that is not set."""
    told = asdict(measure) | {
        "breaks": [{"date": f"{b.date:%Y-%m-%d}", "why": b.why} for b in measure.breaks],
        "cut": {str(level): at for level, at in measure.cut.items()},
        # The lowest bound may be without end, for which there is no number in JSON.
        "levels_from": [[f"{bound:g}", name] for bound, name in measure.levels_from],
    }
    set_ = {name: value for name, value in told.items() if value not in ("", None, [], {}, ())}
    return json.loads(_canonical(set_))


def digest(defined: Mapping[str, Any]) -> str:
    """Name a definition by all that can change a number, and not by its words."""
    numbers = {name: value for name, value in defined.items() if name not in _WORDS}
    return _sha256(_canonical(numbers))


def _units(gathered: Evidence, provider: str) -> list[str]:
    known = list(gathered.providers["provider_id"])
    if provider and provider not in known:
        raise UsageError(
            f"Unknown provider {provider!r}. This community has: {', '.join(known)}. "
            "Give one of these ids, or leave the provider out for all of them."
        )
    counted = set(gathered.counted["provider_id"])
    units = [one for one in known if one in counted and provider in ("", one)]
    if not units:
        raise DataError(
            "found no results to count",
            where=str(gathered.community.folder),
            expected="results of learners that a rule can judge",
            remedy="Run colanalysis check FOLDER: it says what is wrong with the data.",
        )
    return units


def _rows(gathered: Evidence, told: Told, planned: pd.DataFrame) -> pd.DataFrame:
    """The table ``counts`` of what is told; c where a number is not."""
    shown = told.of(planned[planned.columns.drop(["smallest", "weight"])])
    # That somebody belongs to a group whose size is not told is not told either.
    shown = shown[shown["n"].notna() | (shown["group"] == "")]
    first = {step.id: step.first for step in gathered.community.stages}
    levels = [first[stage] for stage in shown["stages"]]
    table = pd.DataFrame(
        {
            "provider_id": shown["provider_id"].to_numpy(),
            "year": [f"{year:.0f}" for year in shown["year_min"]],
            "measure": shown["measure"].to_numpy(),
            "year_level": ["" if level is None else f"{level}" for level in levels],
            **{name: _told(shown[name]) for name in ("n", "n_success")},
        }
    )
    groups = pd.DataFrame(_columns(list(shown["group"]), gathered), dtype="str").fillna("")
    return table.join(groups[sorted(groups)])


def _columns(groups: list[str], gathered: Evidence) -> list[dict[str, str]]:
    """Each group as columns; several that are told together stand in a column of their own."""
    known = {part for one in gathered.counted["profile"].unique() for part in one.split(JOINER)}
    rows = []
    for group in groups:
        parts = [part for part in group.split(JOINER) if part]
        rows.append(
            {
                attribute + ("" if part in known else TOGETHER): value
                for part in parts
                for attribute, _, value in [part.partition("=")]
            }
        )
    clash = {name for row in rows for name in row} & aggregates.NOT_GROUPS
    if clash:
        raise DataError(
            f"found the attribute {', '.join(sorted(clash))}",
            where="learners",
            expected="attributes that are not called like a column of counts",
            remedy="Rename the column.",
        )
    return rows


def _told(numbers: pd.Series) -> list[str]:
    return ["c" if pd.isna(number) else f"{number:.0f}" for number in numbers]


def _write_tables(gathered: Evidence, units: list[str], counts: pd.DataFrame, whole: Path) -> str:
    """Write all files of a summary, and give its name."""
    providers = gathered.providers[gathered.providers["provider_id"].isin(units)]
    deliver.write_csv(counts, whole / COUNTS)
    deliver.write_csv(providers[ABOUT], whole / PROVIDERS)
    about = _about(gathered, units, counts, whole)
    text = json.dumps(about, ensure_ascii=False, indent=1, sort_keys=True)
    (whole / FILE).write_text(text + "\n", encoding="utf-8", newline="\n")
    return str(about["id"])


def _about(
    gathered: Evidence, units: list[str], counts: pd.DataFrame, whole: Path
) -> dict[str, Any]:
    community = gathered.community
    keys = custody.keys(community)
    defined = {
        name: definition(community.measures[name]) for name in sorted(set(counts["measure"]))
    }
    same: dict[str, Any] = {
        "format": FORMAT,
        "community": {
            "id": community.id, "name": community.name, "label": community.label,
            "made_up": community.made_up,
        },
        "providers": sorted(units),
        "years": sorted({int(year) for year in counts["year"]}),
        "measures": {
            name: {"definition": one, "sha256": digest(one)} for name, one in defined.items()
        },
        "stages": [[stage.id, stage.first, stage.last] for stage in community.stages],
        "rules": {
            name: getattr(community.settings, name) for name in (*ledger.RULES, "ethnicity")
        },
        "key": keys.id,
        "version": __version__,
        "files": {name: _sha256((whole / name).read_bytes()) for name in (COUNTS, PROVIDERS)},
    }  # fmt: skip
    today = f"{datetime.date.today():%Y-%m-%d}"  # noqa: DTZ011 (a summary is made on a local day)
    about = {**same, "id": _signature(same, keys.files)[:12], "made": today}
    return {**about, "signature": _signature(about, keys.files)}


def _about_of(folder: Path) -> dict[str, Any]:
    try:
        about = json.loads(_bytes(folder / FILE))
        whole = about["format"] != FORMAT or _is_whole(about)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _not_one(folder / FILE) from error
    if about["format"] != FORMAT:
        raise DataError(
            "found a summary in another form",
            where=str(folder / FILE),
            expected=f'the format "{FORMAT}"',
            remedy="Make it again, or merge it, with the version of colanalysis that the others have.",
        )
    if not whole:
        raise _not_one(folder / FILE)
    return about


def _is_whole(about: Mapping[str, Any]) -> bool:
    """Whether everything stands there that is asked of a summary later, in the form it has."""
    kinds = {"id": str, "made": str, "key": str, "version": str, "signature": str, "providers": list,
             "years": list, "stages": list, "rules": dict, "community": dict, "measures": dict,
             "files": dict}  # fmt: skip
    return (
        all(isinstance(about[name], kind) for name, kind in kinds.items())
        and all(len(step) == 3 for step in about["stages"])
        and set(about["files"]) == {COUNTS, PROVIDERS}
        and set(about["rules"]) == {*ledger.RULES, "ethnicity"}
        and set(about["community"]) == {"id", "name", "label", "made_up"}
        and all(isinstance(one["definition"], dict) for one in about["measures"].values())
        and all(isinstance(one["sha256"], str) for one in about["measures"].values())
    )


def _table(path: Path, columns: list[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except ValueError as error:
        raise _not_one(path) from error
    if list(table)[: len(columns)] != columns:
        raise _not_one(path)
    return table


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the file cannot be opened ({error.strerror or type(error).__name__})",
            where=str(path),
            expected="a folder that colanalysis summarise has written",
        ) from error


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _canonical(told: object) -> bytes:
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _signature(about: Mapping[str, Any], secret: bytes) -> str:
    unsigned = {name: value for name, value in about.items() if name != "signature"}
    return custody.mark(_canonical(unsigned), secret)


def _changed(path: Path) -> DataError:
    return DataError(
        "this was changed after it was written",
        where=str(path),
        expected="a summary as colanalysis summarise wrote it",
        remedy="Ask the school to send it again.",
    )


def _not_one(path: Path) -> DataError:
    return DataError(
        "this is not a summary",
        where=str(path),
        expected="what colanalysis summarise writes",
        remedy="Name the folder that holds summary.json, counts.csv and providers.csv.",
    )
