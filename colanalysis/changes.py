"""Changes: what this draft of a report tells otherwise than the draft before it, and what it was made from.

Both were published, so each number stands in one of the two releases; nothing exact is compared.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from colanalysis import describe, page, sealed
from colanalysis.describe import percent
from colanalysis.page import Html
from colanalysis.sealed import Release
from colanalysis.terms.labels import label

# By these a finding is the same one in two drafts.
SAME = ["kind", "direction", "measure", "group", "provider_id", "stages"]
NEW, GONE, STAYED = "new", "gone", "stayed"
NONE = "–"
WHY_NOT = {
    "withdrawn": "it was taken back",
    "unknown": "the ledger of what was published does not know it",
    "key": "its numbers were made with another key, and two roundings of one count would tell too much",
    "other": "it was made for others or of others",
    "version": "it was made by another version of the program, or is not whole",
}


def since(release: Release, earlier: str) -> Html:
    """What has changed since the draft in the file ``earlier``; "" where there is none."""
    if not earlier:
        return Html("")
    first = release.about["settings"]["language_order"].partition("-")[0]
    heading = page.heading(2, label("section.changes"), anchor="changes", first=first)
    then = sealed.read(earlier)
    if not then.tables:
        why = WHY_NOT[then.about["why"]]
        return heading + page.paragraphs(
            [f"There was an earlier draft. It is not compared with this one: {why}."]
        )
    return heading + _findings(release, then) + _made_from(release, then)


def findings(now: Release, then: Release) -> pd.DataFrame:
    """Each finding of two drafts once: ``change`` (new, gone, stayed) and both shares in words.

    Columns: change, finding, then, now; new ones first, then those that are gone.
    """
    both = _told(then).merge(
        _told(now), how="outer", on=[*SAME, "again"], suffixes=("_then", "_now"), indicator="change"
    )
    told = {"left_only": GONE, "right_only": NEW, "both": STAYED}
    table = pd.DataFrame(
        {
            "change": both["change"].astype("str").map(told),
            "finding": both["title_now"].fillna(both["title_then"]),
            "then": both["share_then"].fillna(NONE),
            "now": both["share_now"].fillna(NONE),
            "group": both["change"].astype("str").map(["right_only", "left_only", "both"].index),
            "place": both["place_now"].fillna(both["place_then"]),
        }
    )
    table = table.sort_values(["group", "place"], kind="stable", ignore_index=True)
    return table.drop(columns=["group", "place"])


def made_from(now: Release, then: Release) -> pd.DataFrame:
    """What the two drafts were not made from alike: ``what``, ``then`` and ``now``.

    Years, providers, rows read of each table, settings, yardsticks and the program.
    """
    before, after = dict(_inputs(then)), dict(_inputs(now))
    names = [*after, *(name for name in before if name not in after)]
    rows = [
        {"what": name, "then": before.get(name, NONE), "now": after.get(name, NONE)}
        for name in names
        if before.get(name) != after.get(name)
    ]
    return pd.DataFrame(rows, columns=["what", "then", "now"])


def _told(release: Release) -> pd.DataFrame:
    """The findings of a draft with title and share in words; ``again`` tells like ones apart."""
    found = release.tables["findings"]
    rows = list(found.itertuples())
    table = found[SAME].assign(
        again=found.groupby(SAME).cumcount(),
        place=range(len(found)),
        title=[describe.title(row, release.about) for row in rows],
        share=[f"{describe.share(row)}, others {percent(row.reference_rate)}" for row in rows],
    )
    texts = dict.fromkeys([*SAME, "title", "share"], "object")
    return table.astype(texts | {"again": "int64", "place": "float64"})


def _inputs(release: Release) -> Iterator[tuple[str, str]]:
    about, data = release.about, release.tables["data"]
    yield "Years", release.period
    yield "Providers", ", ".join(about["providers"].values())
    read = data[data["what"] == "rows_in"]
    for name, count in zip(read["table"], read["count"], strict=True):
        yield f"Rows read: {name.replace('_', ' ')}", _rows(count)
    for name, value in about["settings"].items():
        yield f"Setting: {name}", f"{value}"
    for one in about["measures"].values():
        breaks = "; ".join(f"changed {year}: {why}" for year, why in one["breaks"])
        yield f"Yardstick: {one['label']}", "; ".join(filter(None, [one["success"], breaks]))
    yield "Version of the program", str(about["version"])


def _rows(count: float) -> str:
    return "none or few" if pd.isna(count) else f"{count:,.0f}"


def _findings(now: Release, then: Release) -> Html:
    table = findings(now, then)
    many = table["change"].value_counts()
    told = {change: int(many.get(change, 0)) for change in (STAYED, NEW, GONE)}
    moved = table[(table["change"] != STAYED) | (table["then"] != table["now"])]
    said = [
        f"Of the findings of the last draft {told[STAYED]} are still told, {told[GONE]} are not told "
        f"any more, and {told[NEW]} are new."
    ]
    if moved.empty:
        return page.paragraphs([*said, "Each of them is told with the same share."])
    said.append(
        "A finding can come, go or move for several reasons: learners are served otherwise, others or "
        "more of them are counted, or something was set otherwise. This list cannot say which. One "
        "that is gone is not mended by that, and may stay worth watching."
    )
    headings = {"change": "What became of it", "then": "Last draft", "now": "This draft"}
    shown = moved[["finding", "change", "then", "now"]]
    told_again = f"Findings that came, went or moved, {then.period} and {now.period}"
    return page.paragraphs(said) + page.table(shown, caption=told_again, headings=headings)


def _made_from(now: Release, then: Release) -> Html:
    table = made_from(now, then)
    if table.empty:
        return page.paragraphs(["Both were made from as many rows, with the same settings."])
    headings = {"what": "Made from", "then": "Last draft", "now": "This draft"}
    return page.table(table, caption="What the two drafts were made from", headings=headings)
