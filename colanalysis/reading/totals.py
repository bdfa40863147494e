"""Compare the totals of a published table with the sums of their parts."""

from __future__ import annotations

import pandas as pd

from colanalysis.reading.crosstab import JOINER, NUMBER, Layout
from colanalysis.terms.problems import SHOWN_PER_FILE, note

__all__ = ["notes", "unequal"]


def unequal(table: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Compare the totals of a long table with the sums of their parts.

    Gives the rows that are totals with ``difference``: 0 where a total adds up, missing where some
    part is suppressed, where no parts are given and over groups that overlap.
    """
    if NUMBER in table:
        table = table[table[NUMBER].isin(["n", "n_success"])]
    hidden = (table["value"] == "") & (table["mark"] != "")
    table = table.assign(amount=pd.to_numeric(table["value"].mask(table["value"] == "")))
    table = table.assign(hidden=hidden, difference=float("nan"))
    compared = [table[table["total"] == ""].head(0)]
    for total, rows in table[table["total"] != ""].groupby("total", sort=False):
        names = str(total).split(JOINER)
        for over in [[name] for name in names] + ([names] if names[1:] else []):
            if not set(over) & set(layout.overlapping):
                rest = JOINER.join(name for name in names if name not in over)
                key = ["source_file", *(name for name in layout.says if name not in over)]
                parts = table[table["total"] == rest].groupby(key, sort=False)
                sums = parts.agg(parts=("amount", "sum"), told=("amount", "count"))
                sums = sums.assign(safe=(sums["told"] > 0) & ~parts["hidden"].any())
                beside = rows[key].join(sums, on=key)
                away = (rows["amount"] - beside["parts"]).round(6)
                away = away.where(beside["safe"].eq(True))
                wrong = rows["difference"].fillna(0) != 0
                rows = rows.assign(difference=rows["difference"].where(wrong | away.isna(), away))
        compared.append(rows)
    return pd.concat(compared).sort_index().drop(columns=["amount", "hidden"])


def notes(compared: pd.DataFrame) -> list[dict[str, object]]:
    """Note every total that does not add up: the first 50 of each sheet, then how many others."""
    found: list[dict[str, object]] = []
    for file, rows in compared[compared["difference"].fillna(0) != 0].groupby(
        "source_file", sort=False
    ):
        for row in rows.head(SHOWN_PER_FILE).to_dict("records"):
            difference = f"{row['difference']:+g}"
            found.append(
                note(
                    "total does not add up",
                    str(file),
                    row=row["row"],
                    column=row["column"],
                    difference=difference,
                )
            )
        if len(rows) > SHOWN_PER_FILE:
            others = len(rows) - SHOWN_PER_FILE
            found.append(
                note("total does not add up", str(file), count=others, difference="some amount")
            )
    return found
