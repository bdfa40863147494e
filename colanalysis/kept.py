"""Keep checked tables beside a community's files, so that a second run need not read them again.

They lie in ``.colanalysis`` inside the community folder, typed, with pseudonyms in the place of ids,
for their owner's eyes alone; whoever deletes the folder loses nothing but time. They are taken only
where everything is as it was: every byte of every file, the settings, the key, the program, the day.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from colanalysis import check, custody, load, program
from colanalysis.check import Checked
from colanalysis.terms import settings
from colanalysis.terms.schema import TABLES
from colanalysis.terms.settings import Community

__all__ = ["FOLDER", "checked"]

FOLDER = ".colanalysis"
_BESIDE = ("problems", "rows", "inputs")
_NEEDED = ("pandas", "pyarrow", "numpy")


def checked(folder: Path | str) -> Checked:
    """Load and check a community folder, or take what that gave before where nothing has changed.

    Of a made-up community nothing is kept, so that its folder stays as it came. Raises what
    ``load.community`` raises.
    """
    community = settings.read(Path(folder))
    if community.made_up:
        return check.tables(load.community(folder))
    place = community.folder / FOLDER / _name(community)
    found = _taken(place, community)
    if found is None:
        found = check.tables(load.community(folder))
        if found.blocking.empty:
            _keep(found, place)
    return found


def _name(community: Community) -> str:
    """Name all that the checked tables follow from, in letters that tell nothing of it."""
    told = hashlib.sha256()
    for part in _follows_from(community):
        told.update(len(part).to_bytes(8, "big") + part)
    return custody.mark(told.digest(), custody.keys(community).files)[:32]


def _follows_from(community: Community) -> Iterator[bytes]:
    yield program.digest(*_NEEDED)
    yield date.today().isoformat().encode()  # noqa: DTZ011 - no result is from later than today
    folder = community.folder
    yield "\n".join(sorted(path.name for path in folder.iterdir() if path.name != FOLDER)).encode()
    described = [*folder.glob("*.toml"), *folder.glob("profiles/*.toml")]
    for path in sorted({*described, *load.files_of(community)}):
        yield path.as_posix().encode()
        with path.open("rb") as file:
            yield hashlib.file_digest(file, "sha256").digest()


def _taken(place: Path, community: Community) -> Checked | None:
    """Read what was kept; None where there is nothing whole."""
    try:
        tables = {path.stem: _read(path) for path in sorted(place.glob("*.parquet"))}
    except (OSError, pa.ArrowException):
        return None
    if set(tables) != {*_BESIDE, *(f"table-{name}" for name in TABLES)}:
        return None
    beside = {name: tables.pop(name) for name in _BESIDE}
    frames = {name: tables[f"table-{name}"] for name in TABLES}
    return Checked(community, frames, **beside)


def _keep(found: Checked, place: Path) -> None:
    """Put checked tables in place of what was kept before; where nothing can be written, do without."""
    tables = {name: getattr(found, name) for name in _BESIDE}
    tables |= {f"table-{name}": rows for name, rows in found.frames.items()}
    with contextlib.suppress(OSError):
        place.parent.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as making:
            whole = Path(making) / place.name
            whole.mkdir()
            for name, rows in tables.items():
                _write(rows, whole / f"{name}.parquet")
            earlier = [path for path in place.parent.iterdir() if path != Path(making)]
            whole.rename(place)
        for path in earlier:
            shutil.rmtree(path, ignore_errors=True)


def _read(path: Path) -> pd.DataFrame:
    rows = pq.read_table(path, page_checksum_verification=True).to_pandas()
    days = [name for name, kind in rows.dtypes.items() if kind.kind == "M"]
    return rows.astype(dict.fromkeys(days, "datetime64[s]"))  # Parquet knows no whole seconds


def _write(rows: pd.DataFrame, path: Path) -> None:
    pq.write_table(pa.Table.from_pandas(rows), path, compression="zstd", write_page_checksum=True)
