"""Split: a community's target as shifts of its schools, which add up to it again."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from colanalysis.errors import UsageError

__all__ = ["BY", "schools", "shared"]

BY = ("not_yet", "of")


def schools(total: int, table: pd.DataFrame, *, by: str = "not_yet") -> pd.DataFrame:
    """Share so many learners among schools; the shifts add up to them again.

    ``table`` has school, n and of (learners who succeed, of how many); no school is asked for more
    learners than are not yet there. ``by``: shifts go by learners who are not yet there, or by all
    learners (``of``). Adds the columns not_yet, shift, needed and share.
    """
    if by not in BY:
        raise UsageError(f'found shifts by "{by}"', expected=f"one of: {', '.join(BY)}")
    _sound(table)
    told = table.assign(not_yet=table["of"] - table["n"])
    # The order of the file decides nothing: ties go to the larger school, then by name.
    order = told.sort_values(["not_yet", "of", "school"], ascending=[False, False, True]).index
    row = told.loc[order]
    weights, most = [int(one) for one in row[by]], [int(one) for one in row["not_yet"]]
    told.loc[order, "shift"] = shared(total, weights, most)
    told["shift"] = told["shift"].astype("int64")
    told["needed"] = told["n"] + told["shift"]
    return told.assign(share=told["needed"] / told["of"])


def shared(total: int, weights: Sequence[int], most: Sequence[int]) -> list[int]:
    """Share a whole number by weights, by largest remainders and never above what each can take.

    Ties go to whoever stands first. What a full one cannot take is shared among the others. UsageError
    where all together cannot take it.
    """
    room = sum(most)
    if not 0 <= total <= room:
        raise UsageError(
            f"found {total} more learners to succeed, where {room} do not yet",
            expected=f"from 0 to {room}",
            remedy="Look at the target, or at whether all schools are listed.",
        )
    given = [0] * len(most)
    while left := total - sum(given):
        open_ = [place for place, all_ in enumerate(most) if given[place] < all_]
        # Schools without any weight come last, and then alike.
        weight = {place: weights[place] for place in open_}
        if not any(weight.values()):
            weight = dict.fromkeys(open_, 1)
        for place, part in zip(open_, _remainders(left, list(weight.values())), strict=True):
            given[place] += min(part, most[place] - given[place])
    return given


def _remainders(total: int, weights: list[int]) -> list[int]:
    """Largest remainders (Hamilton's method), in whole numbers throughout."""
    all_ = sum(weights)
    whole = [total * weight // all_ for weight in weights]
    first = sorted(range(len(weights)), key=lambda place: -(total * weights[place] % all_))
    for place in first[: total - sum(whole)]:
        whole[place] += 1
    return whole


def _sound(table: pd.DataFrame) -> None:
    if missing := {"school", "n", "of"} - set(table):
        raise UsageError(
            f"found no column {', '.join(sorted(missing))}", expected="school, n and of"
        )
    twice = table["school"][table["school"].duplicated()]
    if len(twice):
        raise UsageError(f'found the school "{twice.iloc[0]}" twice', expected="a row for each")
    for row in table.itertuples():
        if not 0 <= row.n <= row.of:
            raise UsageError(
                f"found {row.n} of {row.of} learners", where=str(row.school),
                expected="a whole number of learners, and at most as many who succeed",
            )  # fmt: skip
