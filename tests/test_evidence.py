"""From a folder to exact evidence: what little data gives, and what is refused."""

import pandas as pd
import pytest

from colanalysis import atoms, evidence, measure, release, snapshot
from colanalysis.comparing import look, rank
from colanalysis.errors import DataError, UsageError

PROVIDERS = [
    {"provider_id": "P1", "name": "One", "type": "primary"},
    {"provider_id": "P2", "name": "Two", "type": "primary"},
]
COLUMNS = {
    "inputs": ["file", "table", "sha256", "rows"],
    "rows": ["table", "rows_in", "used", "set_aside"],
    "counted": [*measure.CELL, "profile", *measure.SUMS],
    "coverage": ["measure", "stage", "year", "provider_id", "group", "eligible", "assessed"],
    "atoms": [*atoms.KEYS, *atoms.SUMS],
    "people": snapshot.COLUMNS,
    "flows": ["stage_before", "stage_after", "year", "leaving_step", "same_provider",
              "other_provider", "not_seen_again", "new_in_step"],
    "looked_at": look.COLUMNS,
    "found": [*rank.COLUMNS, *rank.EXTRA],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    text = '[community]\nid = "t"\nname = "Test"\n'
    (tmp_path / "community.toml").write_text(text, encoding="utf-8")
    return tmp_path


def put(folder, **tables):
    for name, rows in {"providers": PROVIDERS, **tables}.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


def results(years=(2025,), each=30, measure="reading_judgement"):
    return [
        {
            "learner_id": f"a{learner}",
            "provider_id": ("P1", "P2")[learner % 2],
            "year": year,
            "measure": measure,
            "value": "below" if learner % 3 == 0 else "at",
            "year_level": 4 + year - years[0],
        }
        for year in years
        for learner in range(each)
    ]


def answers(measure="wellbeing_primary_school_culture"):
    return [
        {"provider_id": "P1", "year": 2025, "measure": measure,
         "value": "agree" if n % 3 else "disagree", "year_level": 5, "gender": "mf"[n % 2]}
        for n in range(60)
    ]  # fmt: skip


def sealed(gathered, folder):
    whole = release.seal(gathered)
    whole.write(folder / "release.json")
    return whole.tables


def test_rolls_alone_give_empty_tables_with_every_column_and_a_release(folder):
    gathered = evidence.gather(put(folder))
    for name, columns in COLUMNS.items():
        table = getattr(gathered, name)
        assert list(table) == columns, name
        assert table.empty or name in ("inputs", "rows")
    assert {"claim", "provider_id", "date"} <= set(gathered.claims)
    assert {"resource", "amount"} <= set(gathered.resources)
    assert gathered.year is None
    assert list(sealed(gathered, folder)["providers"]["name"]) == ["One", "Two"]


def test_rolls_alone_are_of_the_year_that_the_community_says(folder):
    with (folder / "community.toml").open("a", encoding="utf-8") as file:
        file.write("year = 2024\n")
    assert evidence.gather(put(folder)).year == 2024


def test_a_survey_alone_is_counted_and_sealed(folder):
    gathered = evidence.gather(put(folder, survey=answers()))
    assert gathered.surveyed == {"wellbeing_primary_school_culture"}
    assert gathered.counted["n"].sum() == 60
    assert gathered.coverage.empty
    row = sealed(gathered, folder)["steps"].iloc[0]
    assert (row["n"], row["year"]) == (60, 2025)
    # 40 of them agree; rounded to a neighbouring multiple of three.
    assert row["n_success"] in (39, 42)


def test_results_without_a_list_of_learners_are_counted_and_sealed(folder):
    gathered = evidence.gather(put(folder, observations=results()))
    assert gathered.counted[["n", "n_success"]].sum().tolist() == [30, 20]
    assert set(gathered.counted["profile"]) == {""}
    row = sealed(gathered, folder)["steps"].iloc[0]
    assert row["n"] == 30
    assert row["n_success"] in (18, 21)


def test_a_measure_that_learners_were_also_observed_on_is_no_anonymous_survey(folder):
    both = put(
        folder, survey=answers("managing_self"), observations=results(measure="managing_self")
    )
    survey = pd.read_csv(both / "survey.csv").assign(value="usually")
    survey.to_csv(both / "survey.csv", index=False)
    seen = pd.read_csv(both / "observations.csv").assign(value="always")
    seen.to_csv(both / "observations.csv", index=False)
    gathered = evidence.gather(both)
    assert gathered.counted["n"].sum() == 90
    assert gathered.surveyed == frozenset()


def test_a_year_leaves_out_everything_later(folder):
    years = (2023, 2024, 2025)
    claims = [
        {"claim": text, "source": "role", "direction": "success", "date": date}
        for text, date in [("old", "2023-02-01"), ("new", "2024-02-01"), ("undated", "")]
    ]
    enrolled = [
        {"learner_id": f"a{n}", "provider_id": "P1", "year": year, "year_level": year - 2019}
        for year in years
        for n in range(30)
    ]
    put(folder, observations=results(years), local_knowledge=claims, enrolments=enrolled)
    whole, until = evidence.gather(folder), evidence.gather(folder, year=2023)
    assert set(whole.counted["year"]) == set(years)
    assert (whole.year, set(whole.people["year"]), len(whole.claims)) == (2025, set(years), 3)
    # The yardstick of reading changed in 2025.
    assert set(whole.atoms.loc[whole.atoms["goes_to"] != "", "year"]) == {2023}
    assert set(until.counted["year"]) == set(until.coverage["year"]) == {2023}
    assert (until.year, set(until.people["year"]), len(until.flows)) == (2023, {2023}, 0)
    assert set(until.atoms["goes_to"]) == {""}
    assert list(until.claims["claim"]) == ["old", "undated"]


def test_an_unknown_year_is_told_which_there_are(folder):
    put(folder, observations=results((2024, 2025)))
    with pytest.raises(UsageError, match=r"year 2023.*2024, 2025"):
        evidence.gather(folder, year=2023)


def test_without_dated_rows_no_year_can_be_asked_for(folder):
    with pytest.raises(UsageError, match=r"Years with data: none"):
        evidence.gather(put(folder), year=2025)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        evidence.gather(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "tables",
    [
        {"observations": results(measure="not_a_measure")},
        {"providers": [{"provider_id": "P1", "name": "One", "type": "castle"}]},
        {"providers": [{"name": "One", "type": "primary"}]},
        {"learners": [{"learner_id": "a1"}, {"learner_id": "a1"}]},
    ],
    ids=["unknown measure", "unknown type", "missing column", "the same learner twice"],
)
def test_data_that_blocks_is_refused_and_nothing_is_written(folder, tables):
    put(folder, **tables)
    before = {path: path.read_bytes() for path in folder.rglob("*")}
    with pytest.raises(DataError, match="found what blocks") as refused:
        evidence.gather(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*")} == before
    assert "a1" not in str(refused.value)


def test_it_tells_what_is_being_done_in_order(folder):
    told = []
    evidence.gather(put(folder), tell=told.append)
    assert told == ["Reading and checking", "Linking and counting", "Comparing"]


def test_it_says_how_much_was_found_in_how_much(folder):
    gathered = evidence.gather(put(folder, observations=results()))
    assert repr(gathered) == "Evidence(Test: 0 findings from 2 comparisons)"


def test_counts_made_elsewhere_are_shown_and_never_count_a_learner_twice(folder):
    theirs = [
        {"provider_id": place, "year": year, "measure": "reading_judgement", "year_level": 4,
         "n": 20, "n_success": 12}
        for place, year in (("P1", 2025), ("P2", 2024))
    ]  # fmt: skip
    learners = [{"learner_id": f"a{n}"} for n in range(30)]
    gathered = evidence.gather(
        put(folder, observations=results(), learners=learners, counts=theirs)
    )
    summed = gathered.counted.groupby(["provider_id", "year"])["n"].sum()
    assert summed.to_dict() == {("P1", 2025): 15, ("P2", 2025): 15, ("P2", 2024): 20}
    assert set(gathered.looked_at["n"].dropna()) <= {15.0, 30.0}
