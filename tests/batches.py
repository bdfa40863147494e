"""Small made-up communities, quick notebooks and plans for the tests of batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
from builders import put

HEADINGS = ("community", "provider", "audience", "year", "notebook", "colour", "often")
PARAMETERS = 'release: str = ""  # the release\ncolour: str = "red"  # any\noften: int = 1  # times'
SHOWS = (
    "from colanalysis import page, sealed\n"
    "ready = sealed.read(release)\n"
    "page.paragraphs([f\"{ready.about['provider']} {colour}\" for _ in range(often)])"
)


def community(folder: Path, *, providers: int = 14, learners: int = 280, more: str = "") -> Path:
    """A made-up community with two years of one measure at so many schools, and one without results."""
    chance = np.random.default_rng(5)
    ids = [f"S{number:02d}" for number in range(1, providers + 1)]
    who = [f"n{number:04d}" for number in range(learners)]
    home = [ids[number % providers] for number in range(learners)]
    stood = pd.DataFrame(
        {
            "learner_id": who * 2,
            "provider_id": home * 2,
            "year": [2024] * learners + [2025] * learners,
            "year_level": [4] * learners + [5] * learners,
        }
    )
    told = stood.assign(
        measure="reading_judgement", value=chance.choice(["at", "below"], 2 * learners)
    )
    tables = {
        "providers": pd.DataFrame(
            {
                "provider_id": [*ids, "empty"],
                "name": [f"School {one}" for one in [*ids, "empty"]],
                "type": "primary",
            }
        ),
        "learners": pd.DataFrame(
            {"learner_id": who, "gender": ["female", "male"] * (learners // 2)}
        ),
        "enrolments": stood,
        "observations": told,
    }
    head = f'[community]\nid = "{folder.name}"\nname = "{folder.name.title()}"\nmade_up = true\n'
    return put(folder, tables, head + more)


def notebook(path: Path, *cells: str, parameters: str = PARAMETERS) -> Path:
    """A notebook with one heading, such parameters and such cells."""
    tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    node = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# A quick page"),
            tagged,
            *(nbformat.v4.new_code_cell(cell) for cell in cells or (SHOWS,)),
        ],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "language_info": {"name": "python"},
        },
    )
    nbformat.write(node, path)
    return path


def plan(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """A plan in CSV with such rows; what a row does not name is blank."""
    full = [{heading: row.get(heading, "") for heading in HEADINGS} for row in rows]
    pd.DataFrame(full, columns=list(HEADINGS)).to_csv(path, index=False)
    return path


def made(out: Path) -> dict[str, bytes]:
    """Every file that a batch has left, but those that tell of seconds."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
        and path.name not in ("run.json", "batch.csv")
        and not {".batch", "logs"} & set(path.relative_to(out).parts)
    }
