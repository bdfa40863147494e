"""Every table of a public release, counted again from the sample's files in plain pandas."""

import dataclasses
import tomllib
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import counted as counts_of

import colanalysis
from colanalysis import release

LEVELS = {**dict.fromkeys(range(4), "years_0_3"), **dict.fromkeys(range(4, 7), "years_4_6"),
          7: "years_7_8", 8: "years_7_8", 9: "years_9_10", 10: "years_9_10",
          **dict.fromkeys(range(11, 14), "years_11_13")}  # fmt: skip
PATHWAY = ["ece", *dict.fromkeys(LEVELS.values()), "leavers"]
FIRST_DIGIT = {"1": "European/Pākehā", "2": "Māori", "3": "Pacific Peoples", "4": "Asian",
               "5": "MELAA", "6": "Other ethnicity"}  # fmt: skip
NAMED = {"Māori": "2", "Maori": "2", "Pacific Peoples": "3", "Samoan": "3", "Tongan": "3",
         "Chinese": "4", "Indian": "4", "Filipino": "4", "Middle Eastern": "5", "NZ European": "1",
         "European/Pākehā": "1"}  # fmt: skip
# Published reading cuts of the stated convention, year level by year level.
READING = {4: 1294, 5: 1376, 6: 1398, 7: 1446, 8: 1470, 9: 1556, 10: 1587}


@pytest.fixture(scope="module")
def public(gathered):
    return release.seal(gathered).tables


@pytest.fixture(scope="module")
def catalogue():
    path = Path(colanalysis.__file__).parent / "reference" / "measures.toml"
    return {m["id"]: m for m in tomllib.loads(path.read_text(encoding="utf-8"))["measure"]}


def file(folder, name):
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def ece(sample):
    providers = file(sample, "providers")
    return set(providers.loc[providers["type"] == "ece", "provider_id"])


def answers_of(folder):
    """Survey answers, each as a learner of its own."""
    answers = file(folder, "survey")
    return answers.assign(learner_id=[f"answer {row}" for row in answers.index])


@pytest.fixture(scope="module")
def results(sample, catalogue):
    """A row per result, of learners and of survey answers, with step and success."""
    learners, answers = file(sample, "observations"), answers_of(sample)
    rows = pd.concat([learners, answers], ignore_index=True)
    rows["survey"] = rows["measure"].isin(answers["measure"])
    rows["year"] = rows["year"].astype(int)
    level = rows["year_level"].astype(int)
    own = {name: m["stage"] for name, m in catalogue.items() if "stage" in m}
    rows["stage"] = rows["measure"].map(own).fillna(level.map(LEVELS))
    number = pd.to_numeric(rows["value"], errors="coerce")
    rows["success"] = False
    for name, at in rows.groupby("measure").groups.items():
        measure = catalogue[name]
        if name == "attendance":
            good = number[at] > 0.9
        elif name == "easttle_reading":
            good = number[at] >= level[at].map(READING)
        elif name == "pat_maths_stanine":
            good = number[at] >= 4
        elif measure["scale"] == "yes/no":
            good = rows.loc[at, "value"] == measure["success_from"]
        else:
            scale = measure["scale"]
            good = rows.loc[at, "value"].isin(scale[scale.index(measure["success_from"]) :])
        rows.loc[at, "success"] = good
    return rows


def ethnicities(text):
    return {FIRST_DIGIT[NAMED.get(part, part)[0]] for part in text.split(";") if part}


@pytest.fixture(scope="module")
def groups(sample):
    """A row per learner or answer and group, everybody being a group too."""
    learners = pd.concat([file(sample, "learners"), answers_of(sample)]).fillna("")
    rows = [(one, "") for one in learners["learner_id"]]
    for row in learners.itertuples():
        rows += [(row.learner_id, f"ethnicity={name}") for name in ethnicities(row.ethnicity)]
        for attribute in ("gender", "ell", "transient"):
            value = getattr(row, attribute)
            rows += [(row.learner_id, f"{attribute}={value}")] if value else []
    return pd.DataFrame(rows, columns=["learner_id", "group"])


@pytest.fixture(scope="module")
def places(sample, ece):
    """A row per learner and year: where they were last, at which step."""
    rows = file(sample, "enrolments")
    rows["from"] = pd.to_datetime(rows["start_date"], format="%d/%m/%Y")
    rows = rows.sort_values("from", kind="stable").drop_duplicates(
        ["learner_id", "year"], keep="last"
    )
    level = pd.to_numeric(rows["year_level"])
    stage = level.map(LEVELS).mask(rows["provider_id"].isin(ece), "ece")
    return rows.assign(year=rows["year"].astype(int), level=level, stage=stage)


def three(count):
    return 3 * round(count / 3)


def told(n, n_success, smallest=10):
    """What the privacy page promises to show of a count: (n, successes), None where hidden."""
    if n < smallest:
        return None, None
    both = min(n_success, n - n_success) >= 6
    return three(n), three(n_success) if both else None


def least(measure):
    return 5 if measure.startswith("wellbeing") else 10


def written(table, *columns):
    return [
        tuple(None if pd.isna(v) else v for v in row) for row in table[list(columns)].to_numpy()
    ]


def latest(rows, *keys):
    return rows[rows["year"] == rows.groupby(list(keys))["year"].transform("max")]


def test_steps_are_the_latest_years_of_the_files(public, results, catalogue):
    table = public["steps"]
    rows = latest(results, "measure", "stage").groupby(["measure", "stage", "year"])["success"]
    counted = rows.agg(["size", "sum"])
    assert len(counted) == len(table)
    for row in table.itertuples():
        n, x = counted.loc[(row.measure, row.stage, row.year)]
        assert written(table.loc[[row.Index]], "n", "n_success") == [told(n, x, least(row.measure))]
    place = [
        (PATHWAY.index(row.stage), list(catalogue).index(row.measure)) for row in table.itertuples()
    ]
    assert place == sorted(place)


def test_one_providers_steps_are_counted_among_its_own_learners(gathered, results):
    table = release.seal(gathered, provider="K1").tables["steps"]
    own = latest(results[results["provider_id"] == "K1"], "measure", "stage")
    counted = own.groupby(["measure", "stage"])["success"].agg(["size", "sum"])
    expected = {key: told(n, x, least(key[0])) for key, (n, x) in counted.iterrows()}
    keys = table[["measure", "stage"]].itertuples(index=False, name=None)
    assert dict(zip(keys, written(table, "n", "n_success"), strict=True)) == expected
    assert (None, None) in expected.values()


def test_affected_has_every_group_that_may_be_told_and_no_other(public, results, groups):
    found, table = public["findings"], public["affected"]
    hurdles = found[(found["direction"] == "hurdle") & (found["kind"] == "gap")]
    assert len(hurdles) >= 4
    for hurdle in hurdles.itertuples():
        rows = results[
            (results["measure"] == hurdle.measure)
            & results["stage"].isin(hurdle.stages.split())
            & results["year"].between(hurdle.year_min, hurdle.year_max)
        ]
        counted = (
            rows.merge(groups, on="learner_id").groupby("group")["success"].agg(["size", "sum"])
        )
        expected = {
            group: told(n, x) for group, (n, x) in counted.iterrows() if n >= 10 or group == ""
        }
        mine = table[table["rank"] == hurdle.rank]
        got = dict(zip(mine["group"], written(mine, "n", "n_success"), strict=True))
        assert got == expected


def test_a_groups_years_are_counted_year_by_year(public, results, groups):
    found, table = public["findings"].set_index("rank"), public["years"]
    assert set(table["rank"]) == set(found.index[found["kind"] == "gap"])
    assert set(table["who"]) == {"group", "all"}
    for (rank, who), mine in table.groupby(["rank", "who"]):
        finding = found.loc[rank]
        rows = results[
            (results["measure"] == finding["measure"])
            & results["stage"].isin(finding["stages"].split())
        ]
        if finding["provider_id"] and who == "group":
            rows = rows[rows["provider_id"] == finding["provider_id"]]
        for part in filter(None, finding["group"].split(" & ") if who == "group" else []):
            rows = rows[rows["learner_id"].isin(groups.loc[groups["group"] == part, "learner_id"])]
        counted = rows.groupby("year")["success"].agg(["size", "sum"])
        assert list(mine["year"]) == list(counted.index)
        assert written(mine, "n", "n_success") == [
            told(n, x, least(finding["measure"])) for n, x in counted.to_numpy()
        ]
        assert mine["period"].is_monotonic_increasing


@pytest.fixture(scope="module")
def eligible(places, results, groups, catalogue):
    """Eligible and assessed in the latest year of each measure and step, group by group."""
    pieces = []
    for name, rows in results[~results["survey"]].groupby("measure"):
        if "stage" in catalogue[name]:
            continue
        low, high = catalogue[name].get("year_levels", (0, 13))
        own = places[places["level"].between(low, high) & places["year"].isin(rows["year"])]
        assessed = set(zip(rows["learner_id"], rows["year"], strict=True))
        hit = [key in assessed for key in zip(own["learner_id"], own["year"], strict=True)]
        own = latest(own.assign(hit=hit), "stage").merge(groups, on="learner_id")
        pieces.append(own.assign(measure=name))
    rows = pd.concat(pieces)
    return rows.groupby(["measure", "stage", "group"])["hit"].agg(["size", "sum"])


def test_coverage_is_enrolled_learners_beside_learners_with_a_result(public, eligible):
    expected = {key: told(n, x) for key, (n, x) in eligible.iterrows() if n >= 10 or key[2] == ""}
    table = public["coverage"]
    keys = table[["measure", "stage", "group"]].itertuples(index=False, name=None)
    assert dict(zip(keys, written(table, "eligible", "assessed"), strict=True)) == expected
    assert len(expected) < len(eligible)


def test_transitions_pair_the_same_learners_on_one_yardstick(public, results, catalogue):
    rows = results[~results["survey"]]
    rows = rows[["learner_id", "measure", "year", "stage", "success"]]
    both = rows.merge(rows.assign(year=rows["year"] - 1), on=["learner_id", "measure", "year"])
    broken = {
        (name, b["date"].year - 1) for name, m in catalogue.items() for b in m.get("breaks", [])
    }
    whole = [key not in broken for key in zip(both["measure"], both["year"], strict=True)]
    both = both[whole]
    keys = ["measure", "stage_x", "stage_y"]
    counted = both.groupby(keys)[["success_x", "success_y"]].agg(["size", "sum"])
    expected = {}
    for (name, before, after), (n, first, _, then) in counted.iterrows():
        if (before, after) in set(pairwise(PATHWAY)):
            expected[name, before, after] = (*told(n, first), told(n, then)[1])
    table = public["transitions"]
    keys = table[["measure", "stage_before", "stage_after"]].itertuples(index=False, name=None)
    assert dict(zip(keys, written(table, "n", "before", "after"), strict=True)) == expected
    still = both[both["stage_x"] == both["stage_y"]].groupby("measure")[["success_x", "success_y"]]
    for row in table.itertuples():
        n, first, _, then = still.agg(["size", "sum"]).loc[row.measure]
        (of, one), (_, two) = told(n, first), told(n, then)
        if one is None or two is None:
            assert np.isnan(row.ordinary_change)
        else:
            assert row.ordinary_change == pytest.approx((two - one) / of, abs=0.0051)


def test_flows_follow_each_learner_from_step_to_step(public, places):
    first, last = places["year"].min(), places["year"].max()
    following = dict(pairwise(PATHWAY))
    leading = {after: before for before, after in following.items()}
    rows = places.sort_values(["learner_id", "year"])
    paths = defaultdict(list)
    for row in zip(*(rows[c] for c in ("learner_id", "year", "stage", "provider_id")), strict=True):
        paths[row[0]].append(row[1:])
    counted = Counter()
    for path in paths.values():
        if path[0][0] > first and path[0][1] in leading:
            counted[leading[path[0][1]], "new_in_step"] += 1
        for (_, step, provider), (_, then, there) in pairwise(path):
            if PATHWAY.index(then) > PATHWAY.index(step):
                counted[step, "same_provider" if there == provider else "other_provider"] += 1
        if path[-1][0] < last:
            counted[path[-1][1], "not_seen_again"] += 1
    parts = ["same_provider", "other_provider", "not_seen_again"]
    expected = {}
    for before, after in pairwise(PATHWAY):
        whole, new = sum(counted[before, part] for part in parts), counted[before, "new_in_step"]
        shown = [told(whole, counted[before, part])[1] for part in parts]
        expected[before, after] = (told(whole, 0)[0], *shown, told(new, 0)[0])
    table = public["flows"]
    keys = table[["stage_before", "stage_after"]].itertuples(index=False, name=None)
    numbers = written(table, "leaving_step", *parts, "new_in_step")
    assert dict(zip(keys, numbers, strict=True)) == expected


def test_rows_are_told_rounded_and_few_problems_not_at_all(public, gathered):
    table = public["data"]
    for row in gathered.rows.itertuples():
        mine = table[table["table"] == row.table].set_index("what")["count"]
        for what in ("rows_in", "used", "set_aside"):
            exact = getattr(row, what)
            assert mine[what] == three(exact) if exact >= 6 else np.isnan(mine[what])
    problems = table[table["table"] == ""]
    assert list(problems["severity"]) == ["warning"]
    assert problems["count"].isna().all()


def sealed_with(gathered, **tables):
    """The release of evidence in which some tables are other ones, and nothing was found."""
    return release.seal(dataclasses.replace(gathered, found=gathered.found[:0], **tables)).tables


def test_answers_of_a_survey_are_told_from_five_on_and_results_of_learners_from_ten(gathered):
    names = ["wellbeing_primary_school_culture", "reading_judgement"]
    rows = counts_of(*({"measure": name, "n": 7, "n_success": 3} for name in names))
    steps = sealed_with(gathered, counted=rows)["steps"].set_index("measure")
    assert steps.loc[names, "mark"].tolist() == ["few", "c"]


def changes(*rows):
    columns = ["stage_before", "stage_after", "n", "before", "after"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(measure="attendance", year=2024, group="", gained=0, lost=0)


def test_the_ordinary_change_comes_from_rounded_counts(gathered):
    table = changes(("years_4_6", "years_4_6", 20, 10, 14), ("years_4_6", "years_7_8", 30, 12, 15))
    row = sealed_with(gathered, transitions=table)["transitions"].iloc[0]
    assert row["ordinary_change"] == 0.29  # (15 - 9) of 21


def test_an_ordinary_change_of_too_few_is_not_told(gathered):
    table = changes(("years_4_6", "years_4_6", 20, 5, 14), ("years_4_6", "years_7_8", 30, 12, 15))
    assert np.isnan(
        sealed_with(gathered, transitions=table)["transitions"]["ordinary_change"].item()
    )


def test_a_step_says_so_where_either_side_of_it_is_not_told(gathered):
    table = changes(
        ("years_0_3", "years_4_6", 30, 3, 15),
        ("years_4_6", "years_7_8", 30, 15, 29),
        ("years_7_8", "years_9_10", 30, 15, 15),
        ("years_9_10", "years_11_13", 9, 4, 4),
    )
    done = sealed_with(gathered, transitions=table)["transitions"]["done"]
    assert [text.split(":")[0].split(";")[0] for text in done] == [
        "in words", "in words", "rounded", "hidden",
    ]  # fmt: skip


def test_new_learners_are_told_from_ten_on(gathered):
    names = ["same_provider", "other_provider", "not_seen_again"]
    flows = pd.DataFrame({"stage_before": ["ece", "years_0_3"], "new_in_step": [9, 10]})
    flows = flows.assign(stage_after=["years_0_3", "years_4_6"], year=2024, leaving_step=0)
    told = sealed_with(gathered, flows=flows.assign(**dict.fromkeys(names, 0)))["flows"]
    assert list(told["new_in_step"].fillna(-1)) == [-1, 9]


def with_plan(gathered, **changed):
    [plan] = gathered.community.plans
    community = dataclasses.replace(gathered.community, plans=({**plan, **changed},))
    return dataclasses.replace(gathered, community=community)


@pytest.mark.parametrize(
    ("n", "of", "said"),
    [
        (24, 67, (24, 66)),
        (4, 20, ("c", 21)),
        (18, 20, ("c", 21)),
        (5, 9, ("c", "c")),
        ("", "", ("x", "x")),
    ],
)
def test_an_earlier_plans_baseline_is_told_as_any_other_count(gathered, n, of, said):
    planned = with_plan(gathered, baseline_n=n, baseline_of=of)
    row = release.seal(planned).tables["plans"].iloc[0]
    assert (row["baseline_n"], row["baseline_of"]) == said


def test_a_plan_is_laid_beside_the_same_group_now(public, results, groups):
    pacific = groups.loc[groups["group"] == "ethnicity=Pacific Peoples", "learner_id"]
    rows = results[
        (results["measure"] == "writing_judgement")
        & results["year_level"].isin(["7", "8"])
        & (results["year"] == 2024)
        & results["learner_id"].isin(pacific)
    ]["success"]
    assert written(public["plans"], "n", "n_success") == [told(len(rows), rows.sum())]


def test_claims_point_to_findings_that_are_there(public):
    table = public["knowledge"]
    assert "consent" not in table
    found = public["findings"].set_index("rank")
    for row in table[table["rank"] > 0].itertuples():
        assert found.loc[row.rank, "measure"] == row.measure
        same = list(found.loc[row.rank, ["direction", "group"]]) == [row.direction, row.group]
        assert row.verdict == ("agrees" if same else "disagrees")


def test_of_a_provider_whose_hurdles_are_not_shown_nothing_is_said_to_be_absent(gathered):
    verdicts = {
        provider: release.seal(gathered, provider=provider).tables["knowledge"]["verdict"][4]
        for provider in ("", "P1", "I1")
    }
    assert gathered.claims["provider_id"][4] == "I1"
    assert verdicts == {"": "cannot be seen", "P1": "cannot be seen", "I1": "not shown"}


def test_providers_are_told_with_their_steps_and_without_their_place_on_the_map(
    public, results, sample
):
    table = public["providers"]
    assert not {"latitude", "longitude", "source_file", "source_row"} & set(table)
    assert list(table["provider_id"]) == list(file(sample, "providers")["provider_id"])
    seen = results.groupby("provider_id")["stage"].agg(set)
    for row in table.itertuples():
        expected = [step for step in PATHWAY if step in seen.get(row.provider_id, ())]
        assert row.steps.split() == expected


def test_resources_are_told_as_they_were_listed(public, sample):
    listed = file(sample, "resources")
    table = public["resources"]
    assert list(table) == list(listed)
    assert list(table["resource"]) == list(listed["resource"])
    assert list(table["amount"]) == [float(amount) for amount in listed["amount"]]


def test_candidates_are_drawn_from_the_findings_that_are_shown(public):
    found = public["findings"].set_index("rank")
    assert 3 <= len(public["candidates"]) <= 5
    for row in public["candidates"].itertuples():
        assert found.loc[row.rank, "direction"] == "hurdle"
        named = [int(rank) for rank in f"{row.build_on} {row.conditions}".split()]
        assert set(named) <= set(found.index)


def test_a_claim_is_quoted_only_where_its_consent_begins_with_yes(public, sample):
    told, given = public["knowledge"]["claim"], file(sample, "local_knowledge")
    agreed = given["consent"].str.startswith("yes")
    assert 0 < agreed.sum() < len(given)
    assert list(told[agreed]) == list(given.loc[agreed, "claim"])
    assert set(told[~agreed]) == {"A claim that is not to be quoted without asking"}
