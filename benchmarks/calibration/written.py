"""Numbers as they are written in the tables, with what chance leaves open."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from colanalysis.comparing import estimate


def share(count: float, of: float) -> str:
    """A share in percent with Wilson's 95 % limits; "-" where there is nothing to count."""
    if not of:
        return "-"
    low, high = estimate.wilson(np.array([of]), np.array([count]))
    return f"{100 * count / of:.1f} ({100 * low[0]:.1f} to {100 * high[0]:.1f})"


def mean(value: float, error: float) -> str:
    """A mean with 95 % limits, from 0 to 1."""
    low, high = max(value - estimate.Z95 * error, 0.0), min(value + estimate.Z95 * error, 1.0)
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def yes(number: float) -> str:
    """Say whether a number is not nought."""
    return "yes" if number else "no"


def written(head: str, rows: Iterable[tuple[object, ...]]) -> str:
    """A table in Markdown; ``head`` has the names of the columns with | between them."""
    names = head.split("|")
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
