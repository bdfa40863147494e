"""Ledger: what has been published of a community, so that the next release is safe beside it.

One file in the community's folder for all of its reports and audiences: every number as it was told,
whom it was about (as marks, ``snapshot``), and which releases were withdrawn. It is sealed with the
community's key, so that what somebody else has changed in it is not believed.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from colanalysis import cells, custody, snapshot
from colanalysis.errors import ReleaseError, UsageError
from colanalysis.evidence import Evidence
from colanalysis.publishing.decide import COLUMNS, LOOKED_AT, Decided
from colanalysis.release import GOVERNANCE, PUBLIC, told_to
from colanalysis.sealed import Release
from colanalysis.terms.settings import Community

FILE, FORMAT, SUMMARY = "release-ledger.json", 1, "summary"
RULES = ("smallest_group", "smallest_count", "smallest_survey", "rounding_base")
OTHER, KEY, UNKNOWN, WITHDRAWN = OBJECTIONS = ("other", "key", "unknown", "withdrawn")

Releases = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Book:
    """The ledger of one community: what was published of which learners.

    ``entries``: for each state of the data that was published, oldest first: id, key, rules, years,
    people, cells, audit, releases (id, made, audience, provider, year, withdrawn, and ``beside``: the
    earlier release with which its page compares it, if any).
    """

    community: Community
    entries: list[dict[str, Any]] = field(default_factory=list)

    def standing(self) -> list[dict[str, Any]]:
        """The entries of which something is still out."""
        return [entry for entry in self.entries if self.telling(entry)]

    def telling(self, entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The releases still out that tell of an entry: its own, and those that are compared with them."""
        own = {one["id"] for one in entry["releases"]}
        others = [one for other in self.entries if other is not entry for one in _out(other)]
        return [*_out(entry), *(one for one in others if one.get("beside") in own)]


def read(community: Community) -> Book:
    """Open the ledger of a community; empty where nothing was published yet.

    ReleaseError when it is not whole, or is not sealed with the community's key.
    """
    path = community.folder / FILE
    if not path.is_file():
        return Book(community)
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        entries, seal = stored["entries"], str(stored["seal"])
    except (ValueError, KeyError, TypeError):
        entries, seal = [], ""
    if not hmac.compare_digest(seal.encode(), _seal(entries, community).encode()):
        raise ReleaseError(
            "this is not the ledger as it was written with the community's key",
            where=FILE,
            remedy="Put the ledger and the key back from a copy that belong together. If the key "
            "was changed, take back all that was published, then move the ledger away.",
        )
    return Book(community, entries)


def opened(community: Community, withdrawn: Sequence[str]) -> Book:
    """The ledger of a community with releases that were taken back wherever they were put."""
    book = read(community)
    for name in withdrawn:
        book = withdraw(book, name)
    return book


def admit(book: Book, evidence: Evidence) -> Decided:
    """Say what must stay as it was told, if a release of this evidence may be made beside the others.

    ReleaseError where it may not: too few learners differ from what an earlier release was about, or
    the same learners would be told of in other numbers.
    """
    if evidence.community.made_up:
        # Nobody can be recognised, so nothing is forbidden and nothing written down.
        return Decided.nothing()
    known = []
    for entry in book.standing():
        differ = snapshot.differing(_people(entry), evidence.people)
        few = differ[differ < evidence.community.settings.smallest_change]
        if len(few):
            smallest = evidence.community.settings.smallest_change
            raise _too_few(book.telling(entry), few, smallest)
        if differ.empty:
            if not _alike(entry, evidence) or entry["years"][-1:] > _years(evidence)[-1:]:
                raise _otherwise(book.telling(entry))
            known.append(entry)
    return _decided(known)


def objection(book: Book, then: Release, now: Release) -> str:
    """Say why the page of a release must not tell what an earlier one told; "" where it may.

    One of ``OBJECTIONS``. Both are out, so each was admitted beside the other; of a release that was
    taken back or never written down nobody has asked that.
    """
    if any(then.about[name] != now.about[name] for name in ("id", "audience", "provider")):
        return OTHER
    if then.about["key"] != now.about["key"]:
        return KEY
    if now.about["made_up"]:
        return ""
    name = then.about["fingerprint"]
    known = [one for entry in book.entries for one in entry["releases"] if one["id"] == name]
    if not known:
        return UNKNOWN
    return WITHDRAWN if all(one["withdrawn"] for one in known) else ""


def added(
    book: Book, evidence: Evidence, before: Decided, release: Release, *, beside: str = ""
) -> Book:
    """The ledger with a release that is about to be put where others can see it.

    ``beside``: the id of the earlier release with which its page compares it.
    """
    about = release.about
    one = _one(about["fingerprint"], about["audience"], about["provider"], about["year"])
    one |= {"beside": beside} if beside else {}
    if about["audience"] == GOVERNANCE:
        return _entered(book, evidence, one, None)
    return _entered(book, evidence, one, told_to(PUBLIC, evidence, before).decided)


def handed_over(book: Book, evidence: Evidence, told: Decided, name: str, provider: str) -> Book:
    """The ledger with a summary that is about to leave the school: its name, and all that is told."""
    return _entered(book, evidence, _one(name, SUMMARY, provider, evidence.year), told)


def withdraw(book: Book, name: str) -> Book:
    """The ledger with a release taken back wherever it was put; UsageError when there is none of it."""
    known = [r["id"] for e in book.entries for r in _out(e)]
    if name not in known:
        raise UsageError(
            f"There is no release {name} to withdraw. Still out are: {', '.join(known) or 'none'}. "
            "The id of a report stands in its release.json."
        )
    entries = [
        e
        | {
            "releases": [
                r | {"withdrawn": r["withdrawn"] or r["id"] == name} for r in e["releases"]
            ]
        }
        for e in book.entries
    ]
    return Book(book.community, entries)


def write(book: Book) -> None:
    """Write the ledger in one step, for its owner alone."""
    folder = book.community.folder
    text = json.dumps(
        {"format": FORMAT, "entries": book.entries, "seal": _seal(book.entries, book.community)},
        ensure_ascii=False,
    )
    try:
        number, name = tempfile.mkstemp(prefix=f".{FILE}-", dir=folder)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        Path(name).replace(folder / FILE)
    except OSError as error:
        raise ReleaseError(
            f"the ledger cannot be written ({error.strerror or type(error).__name__})",
            where=FILE,
            expected="a community folder into which one may write",
            remedy="Without it nobody would know what was published; nothing was.",
        ) from error


def _one(name: str, audience: str, provider: str, year: int | None) -> dict[str, Any]:
    return {
        "id": name, "made": f"{_today():%Y-%m-%d}", "audience": audience, "provider": provider,
        "year": year, "withdrawn": False,
    }  # fmt: skip


def _entered(book: Book, evidence: Evidence, one: dict[str, Any], told: Decided | None) -> Book:
    """The ledger with one more release, and with all that is told where anything is."""
    state = _state(evidence)
    entry = next((e for e in book.entries if e["id"] == state), None) or {
        "id": state, "key": custody.keys(evidence.community).id, "rules": _rules(evidence),
        "years": _years(evidence), "people": _packed(evidence.people), "releases": [],
    }  # fmt: skip
    if told is not None:
        entry = entry | {"cells": _rows(told.cells), "audit": told.looked_at.to_dict("records")}
    out = [r for r in entry["releases"] if r["id"] != one["id"] or r["withdrawn"]]
    others = [e for e in book.entries if e["id"] != state]
    return Book(book.community, [*others, entry | {"releases": [*out, one]}])


def _decided(entries: list[dict[str, Any]]) -> Decided:
    """What the same learners were told of in all of these, the latest word last."""
    told = [
        pd.DataFrame(e["cells"]["rows"], columns=e["cells"]["columns"])
        for e in entries
        if "cells" in e
    ]
    if not told:
        return Decided.nothing()
    table = pd.concat(told).drop_duplicates(cells.DEFINITION, keep="last", ignore_index=True)
    numbers = [*cells.LIMITS, "n", "n_success", "rate", "low", "high"]
    return Decided(
        table.astype(dict.fromkeys(numbers, "float64")),
        pd.DataFrame(entries[-1]["audit"], columns=LOOKED_AT),
    )


def _rows(table: pd.DataFrame) -> dict[str, Any]:
    plain = table[COLUMNS].astype(object)
    return {"columns": COLUMNS, "rows": plain.where(plain.notna(), None).to_numpy().tolist()}


def _alike(entry: Mapping[str, Any], evidence: Evidence) -> bool:
    """Whether an entry's numbers are made as the evidence's would be, by the same rules and key."""
    key = custody.keys(evidence.community).id
    return bool(entry["key"] == key and entry["rules"] == _rules(evidence))


def _rules(evidence: Evidence) -> dict[str, int]:
    return {name: getattr(evidence.community.settings, name) for name in RULES}


def _years(evidence: Evidence) -> list[int]:
    return sorted(int(year) for year in evidence.people["year"].unique())


def _state(evidence: Evidence) -> str:
    """A name for whom the evidence is about, what is known of them, and how it is told."""
    packed = json.dumps([_packed(evidence.people), _rules(evidence)], sort_keys=True)
    return hashlib.sha256(packed.encode()).hexdigest()[:12]


def _packed(people: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Marks of learners and results by provider and year, as text."""
    return {
        provider: {
            str(year): base64.b64encode(
                own[["learner", "content"]].to_numpy("<i8").tobytes()
            ).decode()
            for year, own in rows.groupby("year")
        }
        for provider, rows in people.groupby("provider_id")
    }


def _people(entry: Mapping[str, Any]) -> pd.DataFrame:
    pieces = [pd.DataFrame(columns=snapshot.COLUMNS)]
    for provider, by_year in entry["people"].items():
        for year, packed in by_year.items():
            marks = np.frombuffer(base64.b64decode(packed), dtype="<i8").reshape(-1, 2)
            own = pd.DataFrame(marks.astype(np.int64), columns=["learner", "content"])
            pieces.append(own.assign(provider_id=provider, year=int(year)))
    return pd.concat(pieces[1:] or pieces, ignore_index=True)[snapshot.COLUMNS]


def _seal(entries: list[dict[str, Any]], community: Community) -> str:
    told = json.dumps(entries, sort_keys=True, ensure_ascii=False).encode()
    return custody.mark(told, custody.keys(community).ledger)


def _today() -> datetime.date:
    return datetime.date.today()  # noqa: DTZ011 (a release is made on a local day)


def _too_few(out: Releases, few: pd.Series, smallest: int) -> ReleaseError:
    where = ", ".join(few.index)
    return ReleaseError(
        f"fewer than {smallest} learners differ at {where} from what was published in "
        f"{_named(out)}: two releases side by side would tell their results",
        expected=f"no difference, or at least {smallest} learners at every provider where any differs",
        remedy="Wait until more has changed, and keep the earlier report until then. Or take it back "
        f"wherever it was put, and say so: {_commands(out)}.",
    )


def _otherwise(out: Releases) -> ReleaseError:
    return ReleaseError(
        f"the same learners were told of in {_named(out)} by other rules, with another key or up to a "
        "later year: two numbers for the same learners can be played against one another",
        expected="the settings, the key and the years of what was published",
        remedy="Set them back. Or take the earlier report back wherever it was put, and say so: "
        f"{_commands(out)}.",
    )


def _out(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [r for r in entry["releases"] if not r["withdrawn"]]


def _named(out: Releases) -> str:
    return "release " + ", ".join(f"{r['id']} of {r['made']}" for r in out)


def _commands(out: Releases) -> str:
    return "colanalysis report FOLDER " + " ".join(f"--withdraw {r['id']}" for r in out)
