"""What a damage is and what must come of it, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

Do = Callable[[Path], None]
ALL = -1  # every row of the file, told as one


@dataclass(frozen=True)
class Told:
    """What a check must say: its id, the file, the rows (none: the whole file) and the column."""

    check: str
    file: str
    rows: tuple[int, ...] = ()
    column: str = ""


@dataclass(frozen=True)
class Damage:
    """A named way to damage a community folder, and what must come of it.

    ``refused``: texts that the one error holds. ``told``: what checks say, and nothing else but of
    the checks that ``follows`` names. ``lost``: tables of which nothing is left. ``as_written``:
    the numbers are those of the damaged files, read as they stand; ``same``: those of the sample,
    though rows are set aside, as another says the same. ``missing``: the file, row and column of a
    cell that counts as missing, where the check does not name the column. ``heavy``: tried in a process of its own.
    """

    name: str
    do: Do
    refused: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()
    follows: frozenset[str] = frozenset()
    lost: tuple[str, ...] = ()
    as_written: bool = False
    same: bool = False
    missing: tuple[str, int, str] | None = None
    heavy: bool = False


DAMAGES: dict[str, Damage] = {}


def add(damage: Damage) -> None:
    assert damage.name not in DAMAGES, damage.name
    DAMAGES[damage.name] = damage


def _named(do: Do, **what: object) -> Do:
    add(Damage(do.__name__.replace("_", " ").strip(), do, **what))  # type: ignore[arg-type]
    return do


def harmless(do: Do) -> Do:
    return _named(do)


def heavy_and_harmless(do: Do) -> Do:
    return _named(do, heavy=True)


def refused(*texts: str, heavy: bool = False) -> Callable[[Do], Do]:
    return partial(_named, refused=texts, heavy=heavy)


def told(
    check: str, file: str, rows: int | Sequence[int] = (), column: str = "",
    *, follows: Collection[str] = (), lost: tuple[str, ...] = (), as_written: bool = False,
    same: bool = False, beside: tuple[Told, ...] = (),
    missing: tuple[str, int, str] | None = None, heavy: bool = False,
) -> Callable[[Do], Do]:  # fmt: skip
    places = (rows,) if isinstance(rows, int) else tuple(rows)
    one = Told(check, file, places, column)
    return partial(
        _named, told=(one, *beside), follows=frozenset(follows), lost=lost,
        as_written=as_written, same=same, missing=missing, heavy=heavy,
    )  # fmt: skip
