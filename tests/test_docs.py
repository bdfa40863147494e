"""What the documents name exists, and what exists is named."""

import re
from dataclasses import fields
from pathlib import Path

import checks_page
import numpy as np
import pandas as pd
import pytest

from colanalysis import challenge, protect
from colanalysis.cli import parser
from colanalysis.comparing import rank
from colanalysis.executing import forked, notebooks
from colanalysis.planning import possible, published, rounding, shift
from colanalysis.terms import catalogue
from colanalysis.terms.schema import TABLES
from colanalysis.terms.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
DATA, GUIDE, METHOD, PLANS, PRIVACY, README = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in (
        "docs/data.md", "docs/guide.md", "docs/method.md", "docs/plans.md", "docs/privacy.md", "README.md"
    )
)  # fmt: skip


@pytest.mark.parametrize("table", list(TABLES))
def test_every_table_and_column_is_described(table):
    section = DATA.partition(f"\n## {table}\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `(\w+)` \|", section, re.M))
    assert named == set(TABLES[table].columns)


def test_every_shipped_measure_is_listed():
    section = DATA.partition("## Measures")[2]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.M)) == set(catalogue.measures())


def test_every_column_of_findings_is_named():
    section = METHOD.partition("## findings.csv")[2].partition("\n## ")[0]
    said = section.split("`")[1].replace("\n", " ")
    assert said.split(", ") == rank.COLUMNS


def test_numbers_in_the_documents_are_the_defaults():
    usual = Settings()
    assert f"q ≤ `false_share` ({usual.false_share:.2f})" in METHOD
    assert f"`smallest_gap` ({usual.smallest_gap * 100:.0f} points)" in METHOD
    said = " ".join(PRIVACY.split())
    assert f"under {usual.smallest_group} learners ({usual.smallest_survey} survey answers)" in said
    rules = protect.rules_for("public", usual, b"")
    assert f"only in groups of at least {rules.smallest_told}, as a number" in said
    assert f"at least {usual.smallest_count} succeed" in said
    assert f"rounded to base {usual.rounding_base} " in said
    assert f"fewer than {usual.smallest_change} learners differ" in said


def test_the_figures_of_reading_are_those_that_were_measured():
    (one,) = pd.read_csv(ROOT / "benchmarks" / "reading" / "results" / "reading.csv").to_dict(
        "records"
    )
    told = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", DATA, re.M))
    ours = one["seconds_load"] + one["seconds_check"] + one["seconds_link"]
    assert told["pandas reads the files as text"] == f"{one['seconds_pandas']:.2f} s"
    assert told["read, checked and linked"] == f"{ours:.2f} s"
    assert told["times what pandas takes"] == f"{one['ratio']:.1f}"
    assert told["a second run, from what was kept"] == f"{one['seconds_again']:.2f} s"
    assert told["size of the tables as text"] == f"{one['mib_tables']:.0f} MiB"
    assert told["most memory held, times that size"] == f"{one['memory_ratio']:.1f}"
    assert one["rows"] == 1_000_000


def test_the_figures_of_making_pages_are_those_that_were_measured():
    (one,) = pd.read_csv(ROOT / "benchmarks" / "making" / "results" / "making.csv").to_dict(
        "records"
    )
    told = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", GUIDE, re.M))
    for words, name in {
        "`papermill` and `jupyter nbconvert` as commands": "commands",
        f"this project, a batch of {one['pages']} reports": "ours",
        "the same code as plain functions, without any notebook run": "plain",
        "of that, charts": "drawing",
        "of that, from cells to the page": "exporting",
    }.items():
        assert told[words] == f"{one[f'seconds_{name}']:.2f} s"
    assert f"Commands take {one['commands_ratio']:.1f} times what this project takes" in GUIDE
    assert f"which is {one['plain_ratio']:.2f} times what plain functions take" in GUIDE
    assert one["commands_ratio"] == pytest.approx(
        one["seconds_commands"] / one["seconds_ours"], rel=0.01
    )
    assert one["plain_ratio"] == pytest.approx(one["seconds_ours"] / one["seconds_plain"], rel=0.01)


def test_the_limits_in_the_guide_are_those_that_hold():
    assert (forked.SECONDS, forked.MEMORY) == (30 * 60, 8 * 2**30)
    assert "half an hour and 8 GiB are the most" in GUIDE


def test_the_figures_of_protection_are_those_that_were_measured():
    read = {
        name: pd.read_csv(ROOT / "benchmarks" / "protection" / "results" / f"{name}.csv")
        for name in ("regions", "again", "left", "growth")
    }
    told = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", PRIVACY, re.M))
    regions = read["regions"]
    for name, columns in {
        "counts pinned, by the second attacker": ["pinned"],
        "counts narrowed further than is promised": ["narrowed"],
        "groups of whom all or none are proved to succeed": ["determined"],
        "numbers that are wrong, or told in two ways": ["wrong", "disagree"],
    }.items():
        assert told[name] == str(regions[columns].sum().sum())
    assert told["communities attacked, of regions"].split(",")[0] == str(len(regions))
    for name, what in (("school by ethnicity by gender", "school"), ("single groups of a community", "single")):  # fmt: skip
        share = regions[f"{what}_shown"].sum() / regions[f"{what}_cells"].sum()
        assert told[f"{name}: still shown"].startswith(f"{share:.0%} of ")
    error = regions["error_sum"].sum() / regions["shown"].sum()
    assert told["error of a shown count: mean, most"].startswith(f"{error:.2f}, ")
    for changed, rows in read["again"].groupby("changed"):
        assert told[str(changed)] == f"{rows['refused'].sum()} of {len(rows)}"
    for left, rows in read["left"].groupby("left"):
        named, guessed = (np.average(rows[name], weights=rows["results"]) for name in ("named", "guessed"))  # fmt: skip
        assert f"| {left} | {named:.0%} | {guessed:.0%} |" in PRIVACY
    assert f"each of {read['left']['seed'].nunique()} regions" in PRIVACY
    for row in read["growth"].itertuples():
        line = f"| {row.providers} | {row.cells:,} | {row.results:,} | {row.protected:,} | "
        assert f"{line}{row.core_seconds:.0f} |" in PRIVACY


def test_what_is_said_of_plans_is_what_there_is():
    section = PLANS.partition("(`audit`)")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.M)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(published.COLUMNS)
    told = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|$", PLANS, re.M))
    assert {name: told[name] for name in rounding.RULES} == rounding.RULES
    assert set(shift.SHIFT) <= set(told)
    keys = re.findall(
        r"^\| (`.*?) \|", PLANS.partition("key of a `[[plan]]`")[2].partition("\n\n")[0], re.M
    )
    assert {name for row in keys for name in re.findall(r"`(\w+)`", row)} == set(
        challenge.PLAN_KEYS
    )
    assert f"up to {possible.LARGEST:,}" in PLANS


def test_every_setting_is_explained_in_a_fresh_folder(tmp_path):
    from colanalysis import begin

    text = (begin.folder(tmp_path / "new") / "community.toml").read_text(encoding="utf-8")
    assert not [one.name for one in fields(Settings) if one.name not in text]


def test_the_commands_in_the_readme_exist():
    named = set(re.findall(r"python3 run\.py (\w+)", README))
    commands = set(parser()._subparsers._group_actions[0].choices)
    assert named <= commands
    assert named >= commands - {"demo"}


def test_every_table_of_a_release_is_described_as_it_is(public):
    own = (ROOT / "docs" / "own-section.md").read_text(encoding="utf-8")
    parts = re.split(r"(?m)^#{2,3} ", own.partition("\n## sealed.tables\n")[2])[1:]
    named = {
        part.partition("\n")[0]: {
            name
            for cell in re.findall(r"(?m)^\| (`[^|]*`) \|", part)
            for name in re.findall(r"`(\w+)`", cell)
        }
        for part in parts
    }
    assert named == {name: set(table.columns) for name, table in public.tables.items()}
    about = own.partition("\n## sealed.about\n")[2].partition("\n## ")[0]
    keys = [re.findall(r"`(\w+)`", cell) for cell in re.findall(r"(?m)^\| (`[^|]*`) \|", about)]
    assert sum(keys, []) == list(dict.fromkeys(sum(keys, [])))
    assert set(sum(keys, [])) == set(public.about)


def test_the_worked_example_is_the_notebook_that_is_run():
    example = ROOT / "examples" / "own-section" / "are-our-learners-here.ipynb"
    own = (ROOT / "docs" / "own-section.md").read_text(encoding="utf-8")
    told = re.findall(r"```python\n(.*?)\n```", own, re.S)
    assert told == [cell.source for cell in notebooks.read(example).cells if notebooks.runs(cell)]


def test_links_between_documents_lead_somewhere():
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert target.startswith("http") or (path.parent / target).exists(), (path.name, target)


def test_every_check_is_told_as_it_is():
    assert checks_page.PAGE.read_text(encoding="utf-8") == checks_page.text()
