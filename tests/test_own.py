"""A provider's report tells of its own learners first, beside all others together and nobody by name."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from colanalysis import evidence, own, release, show
from colanalysis.evidence import Evidence
from colanalysis.publishing import restate
from colanalysis.sealed import Release

ROOT = Path(__file__).resolve().parent.parent
PLANTED = [
    one
    for direction in ("success", "hurdle")
    for one in tomllib.loads((ROOT / "data/sample/truth.toml").read_text(encoding="utf-8"))[
        direction
    ]
    if one["provider_id"]
]


@cache
def of(gathered: Evidence, provider: str) -> Release:
    return release.seal(gathered, provider=provider)


def words(html: object) -> str:
    page = BeautifulSoup(str(html), "html.parser")
    for picture in page.find_all("picture"):
        picture.replace_with(picture.img["alt"])
    return page.get_text(" ", strip=True)


def test_a_page_of_the_whole_community_has_no_such_section(public: Release) -> None:
    assert own.here(public) == ""
    assert public.tables["others"].empty


@pytest.mark.parametrize("planted", PLANTED, ids=lambda one: one["id"])
def test_what_was_planted_at_a_provider_is_told_first_on_its_page(
    gathered: Evidence, planted: dict[str, str]
) -> None:
    ready = of(gathered, planted["provider_id"])
    name = ready.about["providers"][planted["provider_id"]]
    label = ready.about["measures"][planted["measure"]]["label"]
    first = BeautifulSoup(str(own.here(ready)), "html.parser").find("li").get_text()
    assert first.startswith(f"{label} goes well for learners in ")
    assert f" at {name}: " in first
    # So it is in the page's own words too: in short, and where successes are told.
    assert first in words(show.in_short(ready))
    assert BeautifulSoup(str(show.successes(ready)), "html.parser").li.get_text().startswith(first)


def test_the_others_are_all_learners_without_the_providers_own(gathered: Evidence) -> None:
    exact = release.seal(gathered, audience="governance", provider="P3").tables["others"]
    # By another road: the counts of all the other providers, added up.
    elsewhere = gathered.counted[gathered.counted["provider_id"] != "P3"]
    sums = elsewhere.groupby(own.STEP)[["n", "n_success"]].sum()
    assert len(exact) > 15
    for row in exact.itertuples():
        there = sums.loc[(row.measure, row.stage, row.year)]
        assert (row.n, row.n_success) == (there["n"], there["n_success"])
    # What a provider is told of them is as near as rounding leaves it.
    near = of(gathered, "P3").tables["others"].merge(exact, on=own.STEP, suffixes=("", "_exact"))
    assert len(near) > 10
    assert (near["n"] - near["n_exact"]).abs().max() <= 4
    assert (near["rate"] - near["rate_exact"]).abs().max() <= 0.04


def steps(**more: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"measure": ["m"], "stage": ["s"], "year": [2025]} | more)


@pytest.mark.parametrize(
    ("own_counts", "all_counts", "expected"),
    [
        ((60, 30), (300, 150), [(240, 120, 0.5)]),
        ((60, 30), (159, 90), []),  # 99 others: rounding would decide
        ((60, 30), (160, 90), [(100, 60, 0.6)]),
        ((60, float("nan")), (300, 150), []),
        ((60, 30), (300, float("nan")), []),
        ((60, 60), (300, 57), []),  # rounding made a part larger than the whole
    ],
)
def test_others_are_told_where_both_counts_are_and_enough_are_left(
    own_counts: tuple[float, float],
    all_counts: tuple[float, float],
    expected: list[tuple[float, float, float]],
) -> None:
    mine, every = (steps(n=[n], n_success=[x]) for n, x in (own_counts, all_counts))
    told = restate.others(mine, every)[["n", "n_success", "rate"]]
    assert list(told.itertuples(index=False, name=None)) == expected


def test_others_of_another_year_are_not_set_beside() -> None:
    mine = steps(n=[60], n_success=[30])
    assert restate.others(mine, steps(n=[300], n_success=[150]).assign(year=2024)).empty


def test_no_other_provider_is_named_beside_a_provider(gathered: Evidence) -> None:
    for provider in ("P3", "K1", "S1"):
        ready = of(gathered, provider)
        said = words(own.here(ready))
        names = ready.about["providers"]
        assert names[provider] in said
        assert [name for one, name in names.items() if one != provider and name in said] == []
        assert not re.search(r"\b(rank|best|worst|top|bottom|ahead|behind|league)\b", said, re.I)


def test_every_number_of_the_others_stands_in_the_release(gathered: Evidence) -> None:
    ready = of(gathered, "P3")
    table = own.steps(ready)
    assert len(table) == len(ready.tables["steps"])
    told = ready.tables["others"].set_index(own.STEP)
    for row in table[table["rate_others"].notna()].itertuples():
        assert told.loc[(row.measure, row.stage, row.year), "rate"] == row.rate_others
    assert table["rate_others"].notna().sum() == len(told) > 10
    said = words(own.here(ready))
    row = table[table["rate_others"].notna()].iloc[0]
    assert f"{row['n_others']:,.0f}" in said


def test_a_service_without_results_is_told_what_comes_after_it(gathered: Evidence) -> None:
    ready = of(gathered, "E1")
    said = words(own.here(ready))
    assert "There are no results of learners at Te Kōhanga o Ngā Wai Rere" in said
    assert "Early childhood education before school goes well for Pacific learners" in said
    assert "Rimu Terrace" not in said
    # What is of the whole community is still there to read.
    assert "goes well for" in words(show.successes(ready))
    assert "well yet" in words(show.hurdles(ready))
    short = words(show.in_short(ready))
    assert short.startswith("There are no results of learners at Te Kōhanga")
    assert " to build on and " in short


def test_a_provider_at_which_nothing_was_found_is_told_so(gathered: Evidence) -> None:
    ready = of(gathered, "S1")
    assert own.findings(ready).empty
    assert "Nothing at Te Awa Rere College stands out from the others by itself" in words(
        own.here(ready)
    )


def test_of_its_own_successes_stand_before_hurdles_whatever_their_rank(gathered: Evidence) -> None:
    ready = of(gathered, "P3")
    found = ready.tables["findings"]
    turned = found.assign(provider_id="P3").sort_values("direction", kind="stable")
    changed = dataclasses.replace(ready, tables={**ready.tables, "findings": turned})
    assert list(own.findings(changed)["direction"].drop_duplicates()) == ["success", "hurdle"]


def test_a_community_of_rolls_alone_has_nothing_to_set_beside(tmp_path: Path) -> None:
    (tmp_path / "community.toml").write_text('[community]\nid="t"\nname="T"\n', encoding="utf-8")
    (tmp_path / "providers.csv").write_text(
        "provider_id,name,type\n1,One,primary\n2,Two,ece\n", encoding="utf-8"
    )
    for provider in ("1", "2"):
        ready = release.seal(evidence.gather(tmp_path), provider=provider)
        assert "There are no results of learners at" in words(own.here(ready))
