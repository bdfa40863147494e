"""Parquet files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from damages.folder import parquet
from damages.registry import ALL, harmless, refused, told


@harmless
def parquet_of_texts(folder: Path) -> None:
    parquet(folder, "observations")


@harmless
def parquet_of_numbers(folder: Path) -> None:
    def whole(cells: list[str]) -> pa.Array:
        return pa.array([int(c) if c else None for c in cells])

    parquet(folder, "observations", learner_id=whole, year=whole, year_level=whole)


@harmless
def parquet_of_decimals_and_categories(folder: Path) -> None:
    def decimals(cells: list[str]) -> pa.Array:
        return pa.array([float(c) if c else None for c in cells])

    def categories(cells: list[str]) -> pa.Array:
        return pa.array(cells).dictionary_encode()

    parquet(folder, "observations", year=decimals, year_level=decimals, measure=categories)


@harmless
def parquet_of_booleans(folder: Path) -> None:
    def flags(cells: list[str]) -> pa.Array:
        return pa.array([{"yes": True, "no": False}.get(c) for c in cells])

    parquet(folder, "learners", ell=flags, transient=flags)


@told("unknown learner", "observations.parquet", [*range(2, 52), ALL], "learner_id",
      lost=("observations",))  # fmt: skip
def parquet_of_ids_too_large_to_be_exact(folder: Path) -> None:
    parquet(
        folder,
        "observations",
        learner_id=lambda cells: pa.array([float(c) + 1.5e16 for c in cells]),
    )


@refused("observations.parquet, column 6", "lists or raw bytes")
def parquet_of_lists(folder: Path) -> None:
    parquet(folder, "observations", value=lambda cells: pa.array([[c] for c in cells]))


@refused("observations.parquet, column 1", "lists or raw bytes")
def parquet_of_nested_columns(folder: Path) -> None:
    parquet(folder, "observations", learner_id=lambda cells: pa.array([{"nsn": c} for c in cells]))


@refused("observations.parquet, column 6", "lists or raw bytes")
def parquet_of_bytes(folder: Path) -> None:
    parquet(folder, "observations", value=lambda cells: pa.array([c.encode() for c in cells]))


@refused("observations.parquet", "the file cannot be opened", "a Parquet file")
def parquet_cut_short(folder: Path) -> None:
    path = parquet(folder, "observations")
    path.write_bytes(path.read_bytes()[:-10])


@refused("observations.parquet", "the file cannot be opened", "a Parquet file")
def parquet_with_damaged_bytes(folder: Path) -> None:
    path = parquet(folder, "observations")
    spoilt = bytearray(path.read_bytes())
    spoilt[4:200] = bytes(196)
    path.write_bytes(spoilt)


@refused("observations.parquet", "the file cannot be opened", "a Parquet file")
def parquet_with_letters_that_are_none(folder: Path) -> None:
    path = parquet(folder, "observations")
    pq.write_table(pq.read_table(path), path, compression="none")
    spoilt = path.read_bytes().replace(b"reading_judgement", b"reading_judg\xffment")
    path.write_bytes(spoilt)


@refused("observations.parquet", "the file cannot be opened", "a Parquet file")
def parquet_with_a_heading_of_letters_that_are_none(folder: Path) -> None:
    path = parquet(folder, "observations")
    path.write_bytes(path.read_bytes().replace(b"learner_id", b"learner\xffid"))


@refused("observations.parquet", "the file cannot be opened", "a Parquet file")
def csv_that_is_called_parquet(folder: Path) -> None:
    (folder / "observations.csv").rename(folder / "observations.parquet")


@refused("observations.parquet", "the file cannot be opened", "a Parquet file")
def parquet_without_a_byte(folder: Path) -> None:
    (folder / "observations.csv").unlink()
    (folder / "observations.parquet").write_bytes(b"")


@refused("observations.parquet, row 1", "columns 1 and 8", "learner_id")
def parquet_with_a_heading_twice(folder: Path) -> None:
    path = parquet(folder, "observations")
    found = pq.read_table(path)
    pq.write_table(found.append_column("Learner ID", found["learner_id"]), path)
