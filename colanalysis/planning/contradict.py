"""Contradict: what published figures say against one another, and what would stand there instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from colanalysis.planning import possible, rounding, verdict
from colanalysis.planning.possible import Counts, Reading
from colanalysis.planning.published import FIGURES, Published
from colanalysis.planning.rounding import READS_AS, Percent

__all__ = ["contradictions", "follows", "larger_than_whole", "repairs", "short"]

BOUNDS = {"baseline_n": ("n_low", "n_high"), "target_n": ("needed_low", "needed_high")}


def contradictions(row: Published) -> Iterator[str]:
    """What two or three figures say against one another, whatever else is printed."""
    yield from _share("the baseline", row.baseline_n, row.baseline_of, row.baseline_percent)
    of_then = row.target_of if row.target_of is not None else row.baseline_of
    yield from _share("the target", row.target_n, of_then, row.target_percent)
    n, needed, extra = row.baseline_n, row.target_n, row.extra_learners
    if n is not None and needed is not None and extra is not None and needed - n != extra:
        yield f"From {n:,} to {needed:,} learners are {needed - n:,} more, not {extra:,}."
    yield from _points(row)


def follows(row: Published) -> Iterator[str]:
    """A share that is not printed and follows from the other one and the points between them."""
    full = possible.filled(row)
    if row.baseline_percent is None and full.baseline_percent is not None:
        yield f"The baseline that follows is {full.baseline_percent}."
    if row.target_percent is None and full.target_percent is not None:
        yield f"The target that follows is {full.target_percent}."


def _share(what: str, n: int | None, of: int | None, told: Percent | None) -> Iterator[str]:
    if n is None or of is None:
        return
    if n > of:
        yield f"In {what}, {n:,} are more than the {of:,} of whom they are part."
        return
    if told is None:
        return
    share = Percent(Fraction(100 * n, of), 1)
    apart = abs(share.share - told.share)
    up = rounding.learners(told, of)
    if apart > told.slack and n != up:
        low, high = (
            rounding.learners(told, of, rule=READS_AS),
            int((told.share + told.slack) * of),
        )
        fits = verdict.ranges(range(low, high + 1)) or "no whole number of learners"
        yield f"In {what}, {n:,} of {of:,} is {share}, not {told}, which {fits} would be."


def _points(row: Published) -> Iterator[str]:
    start, end, points = row.baseline_percent, row.target_percent, row.extra_points
    if start is None or end is None or points is None:
        return
    apart = end.share - start.share
    if abs(apart - points.share) <= start.slack + end.slack + points.slack:
        return
    said = f"From {start} to {end} are {100 * float(apart):g} points, not {float(points.value):g}."
    per_cent = apart / start.share if start.value else None
    if per_cent is not None and abs(per_cent - points.share) <= start.slack / start.share:
        said += f" It is {float(points.value):g} per cent of the baseline, which is something else."
    yield said


def repairs(row: Published) -> list[str]:
    """Which single figure the others contradict, and what would stand there if they are right."""
    said = []
    for figure, name in FIGURES.items():
        if getattr(row, figure) is None:
            continue
        way, found = verdict.first(possible.readings(row.without(figure)))
        if not found:
            continue
        would = _would(figure, list(found.values()))
        how = way.removeprefix("possible").removeprefix(" only").strip()
        with_ = f" ({how})" if how else ""
        said.append(f"Without {name} the other figures agree{with_}{would}.")
    return said


def _would(figure: str, counts: Sequence[Counts]) -> str:
    """What the other figures leave for a count that is taken out."""
    if figure == "baseline_of":
        found = verdict.learners(counts)
    elif figure in BOUNDS:
        found = verdict.count(counts, *BOUNDS[figure])
    else:
        found = ""
    return f": it would be {found}" if found else ""


def short(row: Published, counts: Sequence[Counts]) -> list[str]:
    """How many learners a target that only reads as its share is short of the share itself."""
    of = row.target_of if row.target_of is not None else row.baseline_of
    if of is None or row.target_percent is None:
        return ["The target reads as its share only after rounding; it does not reach it."]
    best = max(int(one.needed_high.max()) for one in counts)
    needed = rounding.learners(row.target_percent, of)
    if best >= needed:
        return []
    reads = Percent(Fraction(100 * best, of), 1)
    missing = f"{needed - best:,} {'learner' if needed - best == 1 else 'learners'} short"
    said = f"{best:,} of {of:,} is {reads}, which only reads as {row.target_percent}: {missing}."
    if row.extra_learners is not None:
        more = row.extra_learners + needed - best
        said += f" To reach it takes {more:,} more learners, not {row.extra_learners:,}."
    return [said]


def larger_than_whole(
    row: Published, by_name: Mapping[str, Published], solved: Mapping[str, Mapping[Reading, Counts]]
) -> str:
    """Where a part is larger than what it is part of, for any of the numbers both can have."""
    if not row.part_of or not solved[row.target] or not solved[row.part_of]:
        return ""
    whole = by_name[row.part_of]
    own = min(int(one.of.min()) for one in solved[row.target].values())
    most = max(int(one.of.max()) for one in solved[row.part_of].values())
    if own > most:
        return f"It is about {own:,} learners or more, and {whole.target}, which holds them, about at most {most:,}."
    if row.measure != whole.measure:
        return ""
    own = min(int(one.n_low.min()) for one in solved[row.target].values())
    most = max(int(one.n_high.max()) for one in solved[row.part_of].values())
    if own > most:
        return f"{own:,} or more succeed in it, and at most {most:,} in {whole.target}, which holds them."
    return ""
